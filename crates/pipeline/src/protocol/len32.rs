use super::{Cut, Frame, Rest};

const PREFIX: usize = 4;

fn length(bytes: &[u8]) -> Option<usize> {
    let (prefix, _) = bytes.split_first_chunk::<PREFIX>()?;
    Some(u32::from_be_bytes(*prefix) as usize)
}

pub(super) fn cut(buffer: &[u8], max: usize) -> Cut {
    let mut at = 0;
    let stop = loop {
        match length(&buffer[at..]) {
            Some(length) if length > max => break Cut::Long(Rest::Bytes((PREFIX + length) as u64)),
            Some(length) if buffer.len() - at >= PREFIX + length => at += PREFIX + length,
            _ => break Cut::More,
        }
    };
    if at > 0 { Cut::Complete(at) } else { stop }
}

#[inline]
pub(super) fn frame(block: &[u8], at: usize) -> Option<Frame<'_>> {
    let rest = block.get(at..)?;
    let length = length(rest)?;
    Some(Frame { record: rest.get(PREFIX..PREFIX + length)?, next: at + PREFIX + length })
}

pub(super) fn close(out: &mut Vec<u8>, start: usize) {
    // A record is at most `--max-line` (1 GiB) and what a stage adds is far smaller than the rest of 4 GiB.
    let length = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    out.splice(start..start, length.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts() {
        assert_eq!(cut(b"\0\0\0\x01a\0\0\0\0\0\0", 9), Cut::Complete(9));
        assert_eq!(cut(b"\0\0\0\x05abcd", 9), Cut::More);
        assert_eq!(cut(b"\0\0\0", 9), Cut::More);
        assert_eq!(cut(b"\xff\0\0\0", 9), Cut::Long(Rest::Bytes(0xff00_0004)));
    }
}
