//! From evidence to a score: a damped sum per boundary, then the boundaries together.
//!
//! Within a boundary the greatest piece counts in full, further ones with the power `damp`: many weak novelties of a busy
//! identity must not add up to what one real crossing means. More evidence never lowers the score.

use crate::Tuning;
use crate::code::{Break, Code};
use crate::surprisal::q3;
use crate::tuning::Combine;
use serde::{Deserialize, Serialize};
use vires_event::Boundary;

/// Everything a decision rests on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The score, 0 to 100, to one decimal.
    pub d: f64,
    /// Privilege, data, trust: 0 to 1.
    pub boundaries: [f64; 3],
    /// The weightiest piece of each.
    pub strongest: [f64; 3],
    /// Unusual time and volume: 0 to 1.
    pub variance: f64,
    /// What a trust boundary weighs, given what was done across it.
    pub trust_scale: f64,
    /// Greatest impact of any event with evidence: 0 to 1.
    pub impact: f64,
    /// Tolerance of this workload.
    pub kappa: f64,
    /// What was counted, as (position in the evidence, weight), by position.
    pub counted: Vec<(usize, f64)>,
    /// How far the identity is outside what it is meant to be: declarations, ownership, origin.
    pub context: f64,
    /// How far it is outside what it usually does.
    pub habit: f64,
}

/// From here on evidence is a break of purpose, ownership or access pattern.
pub const BREAK: f64 = 0.35;
/// Trust evidence below this does not say across which requests trust was stretched.
pub(crate) const TRUST_IMPACT: f64 = 0.2;

/// One piece of evidence as it is counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piece {
    /// Which criterion.
    pub code: Code,
    /// The boundary it crosses.
    pub boundary: Option<Boundary>,
    /// What it breaks.
    pub breaks: Break,
    /// Its weight.
    pub x: f64,
    /// Greatest impact of its events.
    pub impact: f64,
    /// The surprise behind it, where history decides.
    pub v: Option<f64>,
    /// True if it contradicts something declared.
    pub declared: bool,
    /// Highest tier of its events.
    pub tier: u8,
    /// True if it came from an unknown network that is new to the workload.
    pub unknown_network: bool,
    /// True if it deviates from something of the workload's own: a declaration, or any history.
    pub grounded: bool,
    /// Where a new dataset or a newly administered target lies, by hash; 0 for all else.
    pub place: u64,
}

impl Score {
    /// The value of one boundary.
    pub fn of(&self, boundary: Boundary) -> f64 {
        let [privilege, data, trust] = self.boundaries;
        match boundary {
            Boundary::Privilege => privilege,
            Boundary::Data => data,
            Boundary::Trust => trust,
        }
    }

    /// The boundaries that are crossed, in the order of output: those that reach `disposition.min_boundary`, one piece of
    /// evidence of at least `disposition.min_piece` among them. Trifles are not a crossing, however many: a release brings a
    /// dozen new calls.
    pub fn crossed(&self, tuning: &Tuning) -> Vec<Boundary> {
        let cuts = &tuning.disposition;
        let crossed = |(boundary, strongest): (&Boundary, f64)| {
            (self.of(*boundary) >= cuts.min_boundary && strongest >= cuts.min_piece).then_some(*boundary)
        };
        Boundary::ALL.iter().zip(self.strongest).filter_map(crossed).collect()
    }

    /// What is broken, by the pieces that were counted.
    pub fn breaks(&self, pieces: &[Piece]) -> Vec<Break> {
        let broken =
            |b: &Break| self.counted.iter().any(|(at, x)| *x >= BREAK && pieces.get(*at).is_some_and(|p| p.breaks == *b));
        Break::ALL.into_iter().filter(broken).collect()
    }
}

/// One weight of a boundary: whose, where (see [`Piece::place`]), and how much.
pub(crate) type Weight = (Code, u64, f64);

/// Damped noisy-or.
fn together(xs: Vec<Weight>, combine: &Combine) -> f64 {
    1.0 - damped(xs, combine).into_iter().map(|(x, power)| (1.0 - x).powf(power)).product::<f64>()
}

/// True if one says little after the other: who moves to another region comes from its network.
fn is_one_move(known: Code, code: Code) -> bool {
    matches!((known, code), (Code::T1, Code::T6) | (Code::T6, Code::T1))
}

fn same(seen: &[(Code, u64)], code: Code) -> bool {
    seen.iter().any(|(known, _)| *known == code)
}

/// Weights of one boundary, the greatest first, with the power with which each counts: in full, damped, or, where an earlier one is of
/// the same kind, damped more: the tenth new region says hardly more than the second.
pub(crate) fn damped(mut xs: Vec<Weight>, combine: &Combine) -> Vec<(f64, f64)> {
    xs.sort_by(|a, b| b.2.total_cmp(&a.2).then_with(|| (a.0, a.1).cmp(&(b.0, b.1))));
    let mut seen: Vec<(Code, u64)> = Vec::new();
    xs.into_iter()
        .map(|(code, place, x)| {
            let again = seen.iter().any(|(known, _)| *known == code || is_one_move(*known, code));
            let power = match seen.is_empty() {
                true => 1.0,
                // One tool brings another, who speaks for a team brings the team, hosted runners have many addresses, and a new folder
                // has files: only the strangest counts.
                false if same(&seen, code) && matches!(code, Code::T1 | Code::T7 | Code::T8) => 0.0,
                false if place != 0 && seen.contains(&(code, place)) => 0.0,
                false if again => combine.damp_same,
                false => combine.damp,
            };
            seen.push((code, place));
            (x, power)
        })
        .collect()
}

/// Adds up pieces of evidence. `kappa` is the tolerance of the workload.
pub fn score(pieces: &[Piece], kappa: f64, tuning: &Tuning) -> Score {
    let mut counted: Vec<(usize, f64)> = Vec::with_capacity(pieces.len());
    let mut probes: Vec<(usize, f64)> = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        if piece.code == Code::P5 { probes.push((at, piece.x)) } else { counted.push((at, piece.x)) }
    }
    // Probing is one piece of evidence, however many doors were tried; its weight is their number.
    let strange = probes.iter().filter(|(at, _)| pieces.get(*at).is_some_and(|p| p.unknown_network)).count();
    if is_probing(probes.len(), strange, tuning) {
        let most = probes.iter().map(|(_, x)| *x).fold(0.0, f64::max);
        let x = q3((tuning.weights.probe_step * probes.len() as f64).min(1.0) * most);
        if let Some((first, _)) = probes.first() {
            counted.push((*first, x));
        }
    }
    let piece = |at: &usize| pieces.get(*at);
    let of = |boundary: Option<Boundary>| -> Vec<Weight> {
        let coded = |(at, x): &(usize, f64)| piece(at).filter(|p| p.boundary == boundary).map(|p| (p.code, p.place, *x));
        counted.iter().filter_map(coded).collect()
    };
    let impact = |least: f64, only_trust: bool| {
        counted
            .iter()
            .filter(|(at, x)| *x > least && piece(at).is_some_and(|p| !only_trust || p.boundary == Some(Boundary::Trust)))
            .filter_map(|(at, _)| piece(at).map(|p| p.impact))
            .fold(0.0, f64::max)
    };
    let combine = &tuning.combine;
    let (mut boundaries, mut strongest) = ([0.0; 3], [0.0; 3]);
    let on = [tuning.boundaries.privilege, tuning.boundaries.data, tuning.boundaries.trust];
    for (((slot, most), boundary), on) in boundaries.iter_mut().zip(&mut strongest).zip(Boundary::ALL).zip(on) {
        if on {
            let xs = of(Some(*boundary));
            *most = xs.iter().map(|(_, _, x)| *x).fold(0.0, f64::max);
            *slot = q3((kappa * together(xs, combine)).min(1.0));
        }
    }
    let trust_scale = q3(combine.trust_floor + (1.0 - combine.trust_floor) * impact(TRUST_IMPACT, true));
    let variance = q3(1.0 - of(None).iter().map(|(_, _, x)| 1.0 - x).product::<f64>());
    let [privilege, data, trust] = boundaries;
    let cap = combine.boundary_cap;
    let rest = (1.0 - cap * privilege)
        * (1.0 - cap * data)
        * (1.0 - cap * trust_scale * trust)
        * (1.0 - combine.variance_cap * variance);
    let d = ((100.0 * (1.0 - rest)).clamp(0.0, 100.0) * 10.0).round() / 10.0;
    let (context, habit) = signals(pieces, &counted, combine);
    Score { d, boundaries, strongest, variance, trust_scale, impact: q3(impact(0.0, false)), kappa, counted, context, habit }
}

/// True if so many refused attempts are probing, `strange` of them from a network that nobody knows.
pub(crate) fn is_probing(all: usize, strange: usize, tuning: &Tuning) -> bool {
    let weights = &tuning.weights;
    all > 0 && (all >= usize::from(weights.probe_min) || strange >= usize::from(weights.probe_strange))
}

/// The two signals that are views on the same evidence: who it is meant to be, and what it usually does.
fn signals(pieces: &[Piece], counted: &[(usize, f64)], combine: &Combine) -> (f64, f64) {
    let (mut context, mut habit) = (Vec::new(), Vec::new());
    for (at, x) in counted {
        let Some(piece) = pieces.get(*at) else { continue };
        if piece.boundary.is_some()
            && (piece.declared || piece.breaks == Break::Ownership || piece.boundary == Some(Boundary::Trust))
        {
            context.push((piece.code, piece.place, *x));
        }
        match piece.v {
            Some(v) => habit.push((piece.code, piece.place, v)),
            None if piece.boundary.is_none() => habit.push((piece.code, piece.place, *x)),
            None => {}
        }
    }
    (q3(together(context, combine)), q3(together(habit, combine)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_piece_counts_less() {
        let combine = Combine { damp: 0.3, damp_same: 0.15, ..Combine::default() };
        let together = |xs: Vec<(Code, f64)>| super::together(xs.into_iter().map(|(code, x)| (code, 0, x)).collect(), &combine);
        assert_eq!(together(vec![]), 0.0);
        assert_eq!(together(vec![(Code::P2, 0.5)]), 0.5);
        let two = together(vec![(Code::P2, 0.5), (Code::P4, 0.5)]);
        assert!(together(vec![(Code::P2, 0.5), (Code::P2, 0.5)]) < two, "the second of a kind adds less");
        assert!((two - (1.0 - 0.5 * 0.5f64.powf(0.3))).abs() < 1e-12);
        assert!(together(vec![(Code::P2, 0.1); 40]) < 0.8);
        let (move_, two) = (together(vec![(Code::T1, 0.5), (Code::T6, 0.5)]), together(vec![(Code::T1, 0.5), (Code::T3, 0.5)]));
        assert!(move_ < two, "a region and its network are one move: {move_} {two}");
        // What lies in one place counts once, what lies in several counts on.
        let lie = |places: &[u64]| super::together(places.iter().map(|p| (Code::D2, *p, 0.4)).collect(), &combine);
        assert_eq!(lie(&[7; 40]), lie(&[7]));
        assert!(lie(&[7, 8]) > lie(&[7]));
    }

    proptest::proptest! {
        #[test]
        fn more_evidence_never_counts_less(xs in proptest::collection::vec((0usize..4, 0.0f64..=1.0), 0..12), more in (0usize..4, 0.0f64..=1.0), damp in 0.0f64..=1.0, same in 0.0f64..=1.0) {
            let combine = Combine { damp, damp_same: damp * same, ..Combine::default() };
            let coded = |(code, x): (usize, f64)| (Code::ALL[code], (x * 1000.0) as u64 % 3, x);
            let mut all: Vec<super::Weight> = xs.into_iter().map(coded).collect();
            let less = together(all.clone(), &combine);
            all.push(coded(more));
            proptest::prop_assert!(together(all, &combine) >= less - 1e-12);
        }
    }

    fn piece(code: usize, boundary: usize, x: u16, impact: u16) -> Piece {
        let boundary = Boundary::ALL.get(boundary).copied();
        Piece {
            code: Code::ALL[code % Code::ALL.len()],
            boundary,
            breaks: Break::Purpose,
            x: f64::from(x) / 1000.0,
            impact: f64::from(impact) / 1000.0,
            v: None,
            declared: false,
            tier: 0,
            unknown_network: false,
            grounded: true,
            place: 0,
        }
    }

    proptest::proptest! {
        #[test]
        fn the_score_stays_in_range_and_grows_with_evidence(
            parts in proptest::collection::vec((0usize..27, 0usize..4, 0u16..=1000, 0u16..=1000), 0..15),
            more in (0usize..27, 0usize..4, 0u16..=1000, 0u16..=1000),
            kappa in 1.0f64..1.3,
        ) {
            let tuning = Tuning::default();
            let mut pieces: Vec<Piece> = parts.iter().map(|(c, b, x, i)| piece(*c, *b, *x, *i)).collect();
            let less = score(&pieces, kappa, &tuning);
            pieces.push(piece(more.0, more.1, more.2, more.3));
            let all = score(&pieces, kappa, &tuning);
            proptest::prop_assert!(all.d >= less.d, "{} {}", less.d, all.d);
            for value in all.boundaries.iter().chain([&all.variance, &all.trust_scale, &all.impact, &all.context, &all.habit]) {
                proptest::prop_assert!((0.0..=1.0).contains(value));
            }
            proptest::prop_assert!((0.0..=100.0).contains(&all.d));
        }
    }

    /// A worked example, recomputed step by step as a reader would.
    #[test]
    fn the_arithmetic_can_be_done_by_hand() {
        let tuning = Tuning::default();
        let trust = |code, x, impact| Piece { boundary: Some(Boundary::Trust), ..piece(code, 2, x, impact) };
        let data = |x| Piece { boundary: Some(Boundary::Data), ..piece(9, 1, x, 1000) };
        let variance = Piece { boundary: None, ..piece(23, 9, 500, 0) };
        let result = score(&[trust(13, 900, 750), trust(15, 350, 750), data(700), variance], 1.0, &tuning);
        // Trust: 1 - (1 - .9) * (1 - .35)^.3 = 1 - .1 * .87878 = .912; its scale: .75 + .25 * .75 = .938 (rounded).
        // Data: .7. Variance: .5.
        assert_eq!(result.boundaries, [0.0, 0.7, 0.912]);
        assert_eq!((result.trust_scale, result.variance, result.impact), (0.938, 0.5, 1.0));
        // D = 100 * (1 - (1 - .85*0) * (1 - .85*.7) * (1 - .85*.938*.912) * (1 - .25*.5))
        //   = 100 * (1 - .405 * .2729 * .875) = 90.3
        assert_eq!(result.d, 90.3);
    }
}
