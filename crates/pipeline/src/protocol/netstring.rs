use super::{Cut, Frame, Rest};

/// Longer lengths than this many digits are not believed.
const DIGITS: usize = 10;

enum Header {
    Length { prefix: usize, length: usize },
    Short,
    Bad,
}

fn header(bytes: &[u8]) -> Header {
    let head = &bytes[..bytes.len().min(DIGITS + 1)];
    let digits = head.iter().take_while(|b| b.is_ascii_digit()).count();
    let canonical = digits > 0 && !(digits > 1 && head[0] == b'0');
    match head.get(digits) {
        None if head.len() <= DIGITS && (digits == 0 || canonical) => Header::Short,
        Some(b':') if canonical => {
            let length = head[..digits].iter().fold(0usize, |n, d| n * 10 + usize::from(d - b'0'));
            Header::Length { prefix: digits + 1, length }
        }
        _ => Header::Bad,
    }
}

pub(super) fn cut(buffer: &[u8], max: usize) -> Cut {
    let mut at = 0;
    let stop = loop {
        match header(&buffer[at..]) {
            Header::Length { length, prefix } if length > max => break Cut::Long(Rest::Bytes((prefix + length + 1) as u64)),
            Header::Length { prefix, length } => match buffer.get(at + prefix + length) {
                None => break Cut::More,
                Some(b',') => at += prefix + length + 1,
                Some(_) => break Cut::Broken,
            },
            Header::Short => break Cut::More,
            Header::Bad => break Cut::Broken,
        }
    };
    if at > 0 { Cut::Complete(at) } else { stop }
}

#[inline]
pub(super) fn frame(block: &[u8], at: usize) -> Option<Frame<'_>> {
    let rest = block.get(at..)?;
    let Header::Length { prefix, length } = header(rest) else { return None };
    Some(Frame { record: rest.get(prefix..prefix + length)?, next: at + prefix + length + 1 })
}

pub(super) fn close(out: &mut Vec<u8>, start: usize) {
    let prefix = format!("{}:", out.len() - start);
    out.splice(start..start, prefix.into_bytes());
    out.push(b',');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts() {
        for (bytes, cut_at) in [
            (&b"3:abc,2:de,1:"[..], Cut::Complete(11)),
            (b"0:,", Cut::Complete(3)),
            (b"", Cut::More),
            (b"12", Cut::More),
            (b"3:abc", Cut::More),
            (b"21:", Cut::Long(Rest::Bytes(25))),
            (b"3:abcd", Cut::Broken),
            (b"03:abc,", Cut::Broken),
            (b"x", Cut::Broken),
            (b":,", Cut::Broken),
            (b"12345678901:", Cut::Broken),
        ] {
            assert_eq!(cut(bytes, 20), cut_at, "{}", String::from_utf8_lossy(bytes));
        }
    }
}
