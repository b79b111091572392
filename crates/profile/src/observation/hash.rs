use sha2::{Digest, Sha256};

/// A 64-bit hash that never changes: files written today are read by later versions.
///
/// It spreads well and is fast, but resists no adversary: wherever equality decides something, the texts are compared as well.
pub fn stable_hash(bytes: &[u8]) -> u64 {
    const K: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut state = K ^ bytes.len() as u64;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let word = chunk.iter().rev().fold(0u64, |w, b| w << 8 | u64::from(*b));
        state = fold(state ^ word, K);
    }
    let tail = chunks.remainder().iter().rev().fold(0u64, |w, b| w << 8 | u64::from(*b));
    fold(fold(state ^ tail, K) ^ (bytes.len() as u64).rotate_left(32), 0xD6E8_FEB8_6659_FD93)
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
