use sha2::{Digest, Sha256};

/// A 64-bit hash that never changes: files written today are read by later versions.
///
/// It spreads well and is fast, but resists no adversary: wherever equality decides something, the texts are compared as well.
#[inline]
pub fn stable_hash(bytes: &[u8]) -> u64 {
    const K: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut state = K ^ bytes.len() as u64;
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        state = fold(state ^ u64::from_le_bytes(*word), K);
    }
    fold(fold(state ^ tail(bytes, rest), K) ^ (bytes.len() as u64).rotate_left(32), 0xD6E8_FEB8_6659_FD93)
}

/// The up to seven bytes behind the last whole word, as a number; from one load where there is a word that ends with them.
#[inline]
fn tail(bytes: &[u8], rest: &[u8]) -> u64 {
    match bytes.last_chunk::<8>() {
        _ if rest.is_empty() => 0,
        Some(last) => u64::from_le_bytes(*last) >> (64 - 8 * rest.len()),
        None => rest.iter().rev().fold(0u64, |w, b| w << 8 | u64::from(*b)),
    }
}

/// The two halves of the full product: every input bit reaches every output bit.
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64) ^ a.rotate_left(29)
}

/// The form in which a credential id is kept: the first 64 bits of its SHA-256. The id itself is never stored.
pub fn credential_hash(id: &str) -> u64 {
    let digest = Sha256::digest(id.as_bytes());
    digest.iter().take(8).fold(0u64, |h, b| h << 8 | u64::from(*b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_changes() {
        // Files hold these numbers: if this test fails, every stored baseline and state is void.
        assert_eq!(credential_hash("AKIAIOSFODNN7EXAMPLE"), 0x1a5d44a2dca19669);
        assert_eq!((stable_hash(b""), stable_hash(b"s3:GetObject")), (10542658325212277814, 8470461324426983579));
    }

    /// The hash said plainly, byte by byte.
    fn plain(bytes: &[u8]) -> u64 {
        let word = |bytes: &[u8]| bytes.iter().rev().fold(0u64, |w, b| w << 8 | u64::from(*b));
        const K: u64 = 0x9E37_79B9_7F4A_7C15;
        let chunks = bytes.chunks_exact(8);
        let tail = word(chunks.remainder());
        let state = chunks.fold(K ^ bytes.len() as u64, |state, chunk| fold(state ^ word(chunk), K));
        fold(fold(state ^ tail, K) ^ (bytes.len() as u64).rotate_left(32), 0xD6E8_FEB8_6659_FD93)
    }

    #[test]
    fn is_what_it_is_byte_by_byte() {
        let text: Vec<u8> = (0..100u8).map(|n| n.wrapping_mul(37)).collect();
        for end in 0..text.len() {
            assert_eq!(stable_hash(&text[..end]), plain(&text[..end]), "{end} bytes");
        }
    }

    #[test]
    fn spreads() {
        let mut seen = std::collections::BTreeSet::new();
        for i in 0..20_000u32 {
            assert!(seen.insert(stable_hash(format!("s3:bucket-{i}").as_bytes()) >> 24), "{i}");
        }
        assert_ne!(stable_hash(b"a"), stable_hash(b"a\0"));
        assert_ne!(stable_hash(b"12345678"), stable_hash(b"12345678\0\0\0\0\0\0\0\0"));
    }
}
