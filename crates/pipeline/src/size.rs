/// Reads a number of bytes: digits with an optional suffix `k` (1024) or `m` (1024²).
pub fn parse_size(text: &str) -> Result<usize, String> {
    let (digits, unit) = match text.as_bytes().last() {
        Some(b'k' | b'K') => (&text[..text.len() - 1], 1 << 10),
        Some(b'm' | b'M') => (&text[..text.len() - 1], 1 << 20),
        _ => (text, 1),
    };
    let wrong = || format!("`{text}` is not a size: write bytes, or a number with k or m, e.g. 512k");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    match digits.parse::<usize>().ok().and_then(|n| n.checked_mul(unit)) {
        Some(bytes @ 1..=0x4000_0000) => Ok(bytes),
        Some(_) => Err(format!("{text} is out of range: 1 byte to 1024m")),
        None => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::parse_size;

    #[test]
    fn sizes() {
        assert_eq!(parse_size("1"), Ok(1));
        assert_eq!(parse_size("100k"), Ok(102_400));
        assert_eq!(parse_size("4m"), Ok(4 << 20));
        assert_eq!(parse_size("4M"), Ok(4 << 20));
        for bad in ["", "k", "-1", "4g", "0", "2048m", "1.5m", "99999999999999999999", "é", "4é"] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }
}
