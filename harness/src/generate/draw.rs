use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A generator that depends on these numbers alone.
pub(super) fn generator(seed: u64, purpose: Purpose, a: u64, b: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(
        seed ^ (purpose as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ a.rotate_left(32).wrapping_mul(0xd6e8_feb8_6659_fd93),
    );
    rng.set_stream(b.wrapping_add(1));
    rng
}

/// What is drawn: each purpose has numbers of its own.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Member = 1,
    Day = 2,
    Drift = 3,
    Rollout = 4,
    Profile = 5,
    Inject = 6,
    Shift = 7,
    Stranger = 8,
}

/// In [0, 1).
pub(super) fn unit(rng: &mut ChaCha8Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// True this often.
pub(super) fn chance(rng: &mut ChaCha8Rng, p: f64) -> bool {
    unit(rng) < p
}

/// Below `n`, which must not be 0.
pub(super) fn below(rng: &mut ChaCha8Rng, n: usize) -> usize {
    ((u128::from(rng.next_u64()) * n as u128) >> 64) as usize
}

/// One of a list; `None` if it is empty.
pub(super) fn pick<'a, T>(rng: &mut ChaCha8Rng, list: &'a [T]) -> Option<&'a T> {
    if list.is_empty() { None } else { list.get(below(rng, list.len())) }
}

/// An index, each as likely as its weight. 0 if all weights are 0.
pub(super) fn weighted(rng: &mut ChaCha8Rng, weights: impl Iterator<Item = f64> + Clone) -> usize {
    let total: f64 = weights.clone().sum();
    let mut at = unit(rng) * total;
    let mut last = 0;
    for (n, weight) in weights.enumerate() {
        if weight > 0.0 {
            last = n;
            if at < weight {
                return n;
            }
            at -= weight;
        }
    }
    last
}

/// Normal with mean 0 and deviation 1 (Box and Muller).
pub(super) fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let u = 1.0 - unit(rng);
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * unit(rng)).cos()
}

/// Poisson; for large means a rounded normal.
pub(super) fn poisson(rng: &mut ChaCha8Rng, mean: f64) -> u32 {
    if mean > 60.0 {
        return (mean + mean.sqrt() * normal(rng)).round().max(0.0) as u32;
    }
    let limit = (-mean).exp();
    let (mut product, mut n) = (unit(rng), 0);
    while product > limit {
        product *= unit(rng);
        n += 1;
    }
    n
}

/// A version 4 UUID.
pub(super) fn uuid(rng: &mut ChaCha8Rng) -> String {
    let n = (u128::from(rng.next_u64()) << 64) | u128::from(rng.next_u64());
    let n = (n & !(0xf_u128 << 76) & !(0x3_u128 << 62)) | (0x4_u128 << 76) | (0x2_u128 << 62);
    let mut out = String::with_capacity(36);
    for digit in 0..32_u32 {
        if matches!(digit, 8 | 12 | 16 | 20) {
            out.push('-');
        }
        out.extend(char::from_digit((n >> (124 - 4 * digit)) as u32 & 0xf, 16));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_what_it_says() {
        let mut rng = generator(1, Purpose::Day, 2, 3);
        let n = 20_000;
        let mean = |f: &mut dyn FnMut(&mut ChaCha8Rng) -> f64, rng: &mut ChaCha8Rng| {
            (0..n).map(|_| f(rng)).sum::<f64>() / f64::from(n)
        };
        assert!((mean(&mut |r| f64::from(poisson(r, 3.0)), &mut rng) - 3.0).abs() < 0.1);
        assert!((mean(&mut |r| f64::from(poisson(r, 200.0)), &mut rng) - 200.0).abs() < 1.0);
        assert!(mean(&mut normal, &mut rng).abs() < 0.05);
        assert!((mean(&mut |r| weighted(r, [1.0, 0.0, 3.0].into_iter()) as f64, &mut rng) - 1.5).abs() < 0.05);
        assert!(below(&mut rng, 1) == 0 && pick::<u8>(&mut rng, &[]).is_none());
        let id = uuid(&mut rng);
        assert!(id.len() == 36 && id.as_bytes()[14] == b'4' && b"89ab".contains(&id.as_bytes()[19]), "{id}");
    }

    #[test]
    fn purposes_and_days_do_not_share_numbers() {
        let first = |purpose, a, b| generator(7, purpose, a, b).next_u64();
        let all =
            [first(Purpose::Day, 1, 1), first(Purpose::Day, 1, 2), first(Purpose::Day, 2, 1), first(Purpose::Drift, 1, 1)];
        for (n, x) in all.iter().enumerate() {
            assert!(!all[n + 1..].contains(x));
        }
        assert_eq!(first(Purpose::Day, 1, 1), first(Purpose::Day, 1, 1));
    }
}
