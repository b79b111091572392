//! Structure checks of credentials: they turn a look-alike into a find.

use crate::rows::Checksum;

/// Shannon entropy in bits per character (per byte for non-ASCII text, which no credential holds).
pub(crate) fn entropy(text: &str) -> f32 {
    let mut counts = [0u32; 256];
    for byte in text.bytes() {
        counts[byte as usize] += 1;
    }
    let total = text.len() as f32;
    counts.iter().filter(|c| **c > 0).map(|c| *c as f32 / total).map(|p| -p * p.log2()).sum()
}

/// True if the candidate passes the check. `body` is the candidate without its leading literal.
pub(crate) fn holds(check: Checksum, candidate: &str, body: &str) -> bool {
    match check {
        Checksum::None => true,
        Checksum::GithubCrc32 => github(body),
        // Ids from before about 2019 start with I or J behind the prefix and carry no account.
        Checksum::AwsAccount => body.starts_with(['I', 'J']) || aws_account(candidate).is_some(),
        Checksum::Base64Header => base64_header(candidate),
        Checksum::JwtHeader => jwt_part(candidate, 0).is_some_and(|h| contains(&h, b"\"alg\"")),
        Checksum::JwtServiceAccount => {
            jwt_part(candidate, 0).is_some_and(|h| contains(&h, b"\"alg\""))
                && jwt_part(candidate, 1)
                    .is_some_and(|c| contains(&c, b"kubernetes/serviceaccount") || contains(&c, b"system:serviceaccount:"))
        }
        Checksum::Bech32 => bech32(candidate),
    }
}

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn github(body: &str) -> bool {
    let Some((payload, tail)) = body.len().checked_sub(6).and_then(|at| body.split_at_checked(at)) else { return false };
    if payload.len() < 30 {
        return false;
    }
    let mut sum = crc32fast::hash(payload.as_bytes());
    let mut want = [b'0'; 6];
    for digit in want.iter_mut().rev() {
        *digit = BASE62[(sum % 62) as usize];
        sum /= 62;
    }
    tail.as_bytes() == want
}

/// The account that an AWS access key id encodes: `(be48(base32(id[4..])[..6]) & 0x7fffffffff80) >> 7`.
/// `None` where that is no account: more than 12 digits, or hardly any.
pub(crate) fn aws_account(id: &str) -> Option<u64> {
    let body = id.get(4..20)?;
    let mut bits: u64 = 0;
    for byte in body.bytes().take(10) {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return None,
        };
        bits = bits << 5 | u64::from(value);
    }
    let be48 = bits >> 2;
    let account = (be48 & 0x7fff_ffff_ff80) >> 7;
    (1_000_000_000..=999_999_999_999).contains(&account).then_some(account)
}

/// Tokens whose body must decode to a known beginning.
fn base64_header(candidate: &str) -> bool {
    const KNOWN: &[(&str, &[u8])] = &[
        ("ABSK", b"BedrockAPIKey-"),
        ("bedrock-api-key-", b"bedrock.amazonaws.com"),
        ("AccountKey=", b""),
        ("cmVmd", b"reft"),
        ("glc_", b"{"),
        ("ops_", b"{"),
        ("sntrys_", b"{"),
        ("pypi-", b"\x02\x01\x08pypi.org"),
    ];
    let Some((prefix, begin)) = KNOWN.iter().find(|(prefix, _)| candidate.starts_with(prefix)) else { return true };
    let body = if *prefix == "cmVmd" { candidate } else { candidate.get(prefix.len()..).unwrap_or_default() };
    base64(body).is_some_and(|bytes| bytes.starts_with(begin))
}

fn jwt_part(candidate: &str, part: usize) -> Option<Vec<u8>> {
    let bytes = base64(candidate.split('.').nth(part)?)?;
    (bytes.first() == Some(&b'{') && bytes.last() == Some(&b'}')).then_some(bytes)
}

/// Decodes base64 in either alphabet, padded or not, up to the first other character.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let (mut bits, mut count) = (0u32, 0);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => break,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    (!out.is_empty()).then_some(out)
}

fn bech32(candidate: &str) -> bool {
    const CHARSET: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let text = candidate.to_ascii_lowercase();
    let Some((human, data)) = text.rsplit_once('1') else { return false };
    let mut sum: u32 = 1;
    let mut step = |value: u8| {
        let top = sum >> 25;
        sum = (sum & 0x1ff_ffff) << 5 ^ u32::from(value);
        for (i, generator) in GENERATOR.iter().enumerate() {
            if top >> i & 1 == 1 {
                sum ^= generator;
            }
        }
    };
    human.bytes().for_each(|b| step(b >> 5));
    step(0);
    human.bytes().for_each(|b| step(b & 31));
    for byte in data.bytes() {
        let Some(value) = CHARSET.iter().position(|c| *c == byte) else { return false };
        step(value as u8);
    }
    sum == 1
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|w| w == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_tells_words_from_keys() {
        assert_eq!(entropy(""), 0.0);
        assert_eq!(entropy("aaaaaaaa"), 0.0);
        assert_eq!(entropy("abababab"), 1.0);
        assert_eq!(entropy("abcdefgh"), 3.0);
    }

    #[test]
    fn github_sums() {
        // body of thirty characters and its CRC-32 in base62, computed by hand from the published rule
        let body = "0123456789abcdefghijABCDEFGHIJ";
        let mut sum = crc32fast::hash(body.as_bytes());
        let mut tail = String::new();
        for _ in 0..6 {
            tail.insert(0, BASE62[(sum % 62) as usize] as char);
            sum /= 62;
        }
        assert!(github(&format!("{body}{tail}")));
        let wrong = if tail.ends_with('0') { "1" } else { "0" };
        assert!(!github(&format!("{body}{}{wrong}", &tail[..5])));
        assert!(!github("short"));
        assert!(!github("ключключключключключключключключключ"));
    }

    #[test]
    fn aws_key_ids_carry_an_account() {
        // 123456789012 << 7 as 48 bits, in base32
        let encode = |account: u64| {
            let bits = account << 7 << 2;
            let body: String =
                (0..10).rev().map(|i| b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[(bits >> (5 * i) & 31) as usize] as char).collect();
            format!("AKIA{body}QWERTY")
        };
        assert_eq!(aws_account(&encode(123_456_789_012)), Some(123_456_789_012));
        assert_eq!(aws_account(&encode(111_122_223_333)), Some(111_122_223_333));
        assert_eq!(aws_account(&encode(7)), None);
        assert_eq!(aws_account("AKIA0000000000000000"), None);
        assert_eq!(aws_account("AKIA"), None);
    }

    #[test]
    fn web_tokens() {
        // {"alg":"RS256","typ":"JWT"} . {"iss":"kubernetes/serviceaccount","sub":"system:serviceaccount:default:ci"}
        let header = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9";
        let claims = "eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50Iiwic3ViIjoic3lzdGVtOnNlcnZpY2VhY2NvdW50OmRlZmF1bHQ6Y2kifQ";
        let token = format!("{header}.{claims}.c2lnbmF0dXJl");
        assert!(holds(Checksum::JwtHeader, &token, &token));
        assert!(holds(Checksum::JwtServiceAccount, &token, &token));
        let other = format!("{header}.eyJpc3MiOiJodHRwczovL2V4YW1wbGUuY29tIn0.c2ln");
        assert!(holds(Checksum::JwtHeader, &other, &other));
        assert!(!holds(Checksum::JwtServiceAccount, &other, &other));
        assert!(!holds(Checksum::JwtHeader, "eyJub3RqdXN0.eyJ4Ijox.eA", ""));
    }

    #[test]
    fn other_checks() {
        // "BedrockAPIKey-abcd"
        assert!(holds(Checksum::Base64Header, "ABSKQmVkcm9ja0FQSUtleS1hYmNk", ""));
        assert!(!holds(Checksum::Base64Header, "ABSKQmVkcm9jYWFBUElLZXktYWJj", ""));
        assert!(bech32("A12UEL5L"), "a test vector of BIP-173");
        assert!(!bech32("A12UEL5M"));
    }
}
