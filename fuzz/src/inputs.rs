//! How one input stands for several.

/// Cuts at NUL bytes; the last piece keeps the rest. `None` if there are not enough.
pub fn pieces<const N: usize>(data: &[u8]) -> Option<[&[u8]; N]> {
    let parts: Vec<&[u8]> = data.splitn(N, |b| *b == 0).collect();
    parts.try_into().ok()
}

/// The lines of an input, without their ends.
pub fn lines(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    data.split(|b| *b == b'\n')
}
