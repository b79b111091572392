/// From this length on four characters at either end tell credentials apart and give nothing away (an AWS key id has 20).
const LONG: usize = 20;

/// A credential id made safe to print: its first and last four characters around `…` (`AKIA…7Q3F`).
///
/// Of a shorter one at most a third is kept, of fewer than 12 characters only the first one or two, of fewer than 5 none.
pub fn mask(credential: &str) -> String {
    let chars = credential.chars().count();
    let (head, tail) = match chars {
        LONG.. => (4, 4),
        12.. => (chars / 3 - chars / 6, chars / 6),
        5.. => (chars / 3, 0),
        _ => (0, 0),
    };
    let head = head.min(if chars < 12 { 2 } else { 4 });
    let (before, after) = (offset(credential, head), offset(credential, chars - tail));
    [&credential[..before], "…", &credential[after..]].concat()
}

/// Where the character of that number begins; the end if there are no more.
fn offset(text: &str, number: usize) -> usize {
    if text.is_ascii() {
        return number.min(text.len());
    }
    text.char_indices().nth(number).map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn keeps_only_the_ends() {
        for (credential, shown) in [
            ("AKIAIOSFODNN7EXA7Q3F", "AKIA…7Q3F"),
            ("0123456789abcdefghijklmnopqrstuvwxyz", "0123…wxyz"),
            ("0123456789abcdefghi", "012…ghi"),
            ("0123456789ab", "01…ab"),
            ("abcdefghijk", "ab…"),
            ("abcde", "a…"),
            ("abcd", "…"),
            ("", "…"),
            ("ключ-доступа-к-api", "клю…api"),
        ] {
            assert_eq!(mask(credential), shown, "{credential}");
        }
    }

    /// Twenty to twenty-three characters keep the eight that the contract writes.
    #[test]
    fn shows_no_more_than_a_third_of_a_short_one() {
        for length in (1..20).chain(24..60) {
            let shown = mask(&"x".repeat(length)).chars().count() - 1;
            assert!(shown * 3 <= length, "{shown} of {length}");
        }
    }
}
