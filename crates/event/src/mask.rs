/// A credential id made safe to print: its first and last four characters around `…` (`AKIA…7Q3F`).
///
/// Too short to hide anything that way (fewer than 12 characters): only the first two characters are kept.
pub fn mask(credential: &str) -> String {
    let chars = credential.chars().count();
    if chars < 12 {
        let mut out: String = credential.chars().take(if chars > 4 { 2 } else { 0 }).collect();
        out.push('…');
        return out;
    }
    let head: String = credential.chars().take(4).collect();
    let tail: String = credential.chars().skip(chars - 4).collect();
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn keeps_only_the_ends() {
        assert_eq!(mask("AKIAIOSFODNN7EXA7Q3F"), "AKIA…7Q3F");
        assert_eq!(mask("abcdefghijk"), "ab…");
        assert_eq!(mask("abc"), "…");
        assert_eq!(mask("ключ-доступа-к-api"), "ключ…-api");
    }
}
