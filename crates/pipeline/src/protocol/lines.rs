use super::{Cut, Frame, Rest};

pub(super) fn cut(buffer: &[u8], seen: usize, max: usize) -> Cut {
    match memchr::memrchr(b'\n', &buffer[seen..]) {
        Some(at) => Cut::Complete(seen + at + 1),
        None if buffer.len() > max => Cut::Long(Rest::UntilLf),
        None => Cut::More,
    }
}

/// The last line of a block may lack its LF: that is how a stream may end.
#[inline]
pub(super) fn frame(block: &[u8], at: usize) -> Option<Frame<'_>> {
    let rest = block.get(at..).filter(|r| !r.is_empty())?;
    Some(match memchr::memchr(b'\n', rest) {
        Some(end) => Frame { record: &rest[..end], next: at + end + 1 },
        None => Frame { record: rest, next: block.len() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_after_the_last_line_end() {
        assert_eq!(cut(b"a\nb\nc", 0, 10), Cut::Complete(4));
        assert_eq!(cut(b"abc", 0, 3), Cut::More);
        assert_eq!(cut(b"abcd", 0, 3), Cut::Long(Rest::UntilLf));
        assert_eq!(cut(b"\n", 0, 3), Cut::Complete(1));
    }

    #[test]
    fn blank_lines_are_records() {
        let block = b"\n\r\nx";
        assert_eq!(frame(block, 0), Some(Frame { record: b"", next: 1 }));
        assert_eq!(frame(block, 1), Some(Frame { record: b"\r", next: 3 }));
        assert_eq!(frame(block, 3), Some(Frame { record: b"x", next: 4 }));
        assert_eq!(frame(block, 4), None);
    }
}
