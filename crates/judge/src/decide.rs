//! Where a score becomes a decision.

use crate::score::{Piece, Score};
use crate::{Code, Disposition, Tuning};
use vires_profile::observation::Mapping;

/// What was decided, and by which rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What is done.
    pub disposition: Disposition,
    /// What the score alone would say: what learning goes by.
    pub level: Disposition,
    /// The rule that decided. Prints as a sentence.
    pub rule: Rule,
}

/// Why a score became a decision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// `disposition.page_on` names this code.
    PageOn(Code),
    /// The score reached a cut.
    Reached {
        /// The score.
        score: f64,
        /// The cut.
        cut: f64,
        /// What the cut is for.
        level: Disposition,
        /// Boundaries that were crossed.
        crossed: usize,
    },
    /// The score is below all cuts.
    Below {
        /// The score.
        score: f64,
        /// The lowest cut.
        cut: f64,
    },
    /// It would have escalated, but there is nothing of its own that it deviates from.
    Ungrounded {
        /// The score.
        score: f64,
    },
    /// `unmapped.escalate_on` names this code.
    Hard(Code, Mapping),
    /// Nobody can say.
    Unmapped {
        /// What is missing.
        mapping: Mapping,
        /// The score.
        score: f64,
    },
}

impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Rule::PageOn(code) => write!(f, "{} always pages (disposition.page_on)", code.as_str()),
            Rule::Reached { score, cut, level, crossed } => {
                write!(
                    f,
                    "score {score} >= {level} {cut}, {crossed} {} crossed",
                    if *crossed == 1 { "boundary" } else { "boundaries" }
                )
            }
            Rule::Below { score, cut } => write!(f, "score {score} below watch {cut}"),
            Rule::Ungrounded { score } => {
                write!(f, "score {score}, but without a profile or a history of its own to deviate from")
            }
            Rule::Hard(code, mapping) => {
                write!(
                    f,
                    "{} escalates even without a profile (unmapped.escalate_on; mapping {})",
                    code.as_str(),
                    mapping.as_str()
                )
            }
            Rule::Unmapped { mapping, score } => write!(f, "cannot be judged: {} (score {score})", mapping.as_str()),
        }
    }
}

/// From here on evidence of `unmapped.escalate_on` escalates.
const HARD: f64 = 0.5;

/// Decides. `pieces` are those the score was computed from.
pub fn decide(score: &Score, pieces: &[Piece], mapping: Mapping, privileged: bool, tuning: &Tuning) -> Decision {
    let cuts = &tuning.disposition;
    let delta = if privileged { cuts.privileged_delta } else { 0.0 };
    let crossed = score.crossed(tuning);
    let weight = |code: Code| {
        score
            .counted
            .iter()
            .filter(|(at, _)| pieces.get(*at).is_some_and(|p| p.code == code))
            .map(|(_, x)| *x)
            .fold(0.0, f64::max)
    };
    let paging = cuts.page_on.iter().filter_map(|word| Code::from_word(word)).find(|code| weight(*code) >= HARD);
    let reached = |level, cut| (level, Rule::Reached { score: score.d, cut, level, crossed: crossed.len() });
    let (mut level, mut rule) = if let Some(code) = paging {
        (Disposition::Page, Rule::PageOn(code))
    } else if score.d >= cuts.page + delta && crossed.len() >= usize::from(cuts.page_boundaries) {
        reached(Disposition::Page, cuts.page + delta)
    } else if score.d >= cuts.escalate + delta && !crossed.is_empty() {
        reached(Disposition::Escalate, cuts.escalate + delta)
    } else if score.d >= cuts.watch + delta {
        reached(Disposition::Watch, cuts.watch + delta)
    } else {
        (Disposition::Suppress, Rule::Below { score: score.d, cut: cuts.watch + delta })
    };
    // What nobody declared and nothing is known of cannot be broken: facts about actions alone must not escalate.
    if level >= Disposition::Escalate && paging.is_none() && pieces.iter().any(|p| !p.grounded) {
        let own: Vec<Piece> = pieces.iter().filter(|p| p.grounded).copied().collect();
        let least = crate::score::score(&own, score.kappa, tuning);
        if least.d < cuts.escalate + delta || least.crossed(tuning).is_empty() {
            (level, rule) = (Disposition::Watch, Rule::Ungrounded { score: score.d });
        }
    }
    if mapping == Mapping::Mapped || level >= Disposition::Escalate {
        return Decision { disposition: level, level, rule };
    }
    match tuning.unmapped.escalate_on.iter().find_map(|word| hard(word, score, pieces)) {
        Some(code) => {
            Decision { disposition: Disposition::Escalate, level: Disposition::Escalate, rule: Rule::Hard(code, mapping) }
        }
        None => Decision { disposition: Disposition::CannotJudge, level, rule: Rule::Unmapped { mapping, score: score.d } },
    }
}

/// A word of `unmapped.escalate_on`: a code, with `u` for unknown networks only, with `@4` for a tier.
pub(crate) struct HardSign {
    code: Code,
    unknown_only: bool,
    tier: u8,
}

impl HardSign {
    /// Reads a word; `None` if it is none.
    pub(crate) fn read(word: &str) -> Option<HardSign> {
        let (code, tier) = match word.split_once('@') {
            Some((code, tier)) => (code, ["0", "1", "2", "3", "4"].iter().position(|known| *known == tier)?),
            None => (word, 0),
        };
        let (code, unknown_only) = code.strip_suffix('u').map_or((code, false), |code| (code, true));
        Some(HardSign { code: Code::from_word(code)?, unknown_only, tier: u8::try_from(tier).ok()? })
    }
}

/// The code of a word of `unmapped.escalate_on`, if it applies.
fn hard(word: &str, score: &Score, pieces: &[Piece]) -> Option<Code> {
    if pieces.is_empty() {
        return None;
    }
    let HardSign { code, unknown_only, tier } = HardSign::read(word)?;
    let applies = score.counted.iter().any(|(at, x)| {
        *x >= HARD && pieces.get(*at).is_some_and(|p| p.code == code && p.tier >= tier && (!unknown_only || p.unknown_network))
    });
    applies.then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Break;
    use crate::score::score;
    use vires_event::Boundary;

    fn piece(code: Code, boundary: Boundary, x: f64) -> Piece {
        Piece {
            code,
            boundary: Some(boundary),
            breaks: Break::Purpose,
            x,
            impact: 1.0,
            v: None,
            declared: false,
            tier: 4,
            unknown_network: false,
            grounded: true,
            place: 0,
        }
    }

    #[test]
    fn cuts_decide_in_order() {
        let tuning = Tuning::default();
        let p = |x| piece(Code::P2, Boundary::Privilege, x);
        let d = |x| piece(Code::D2, Boundary::Data, x);
        for (pieces, expected) in [
            (vec![], Disposition::Suppress),
            (vec![p(0.2)], Disposition::Suppress),
            (vec![p(0.4)], Disposition::Watch),
            (vec![p(0.6)], Disposition::Escalate),
            (vec![p(1.0)], Disposition::Escalate),
            (vec![p(0.9), d(0.9)], Disposition::Page),
            // Much from each side, but no boundary really crossed.
            (vec![p(0.45), d(0.45), piece(Code::T6, Boundary::Trust, 0.45)], Disposition::Watch),
            // Trifles do not become a crossing by their number.
            (vec![p(0.25); 30], Disposition::Watch),
        ] {
            let decision = decide(&score(&pieces, 1.0, &tuning), &pieces, Mapping::Mapped, false, &tuning);
            assert_eq!(decision.disposition, expected, "{pieces:?} {}", decision.rule);
        }
    }

    #[test]
    fn the_unmapped_are_never_suppressed() {
        let tuning = Tuning::default();
        let decide =
            |pieces: &[Piece], mapping| decide(&score(pieces, 1.0, &tuning), pieces, mapping, false, &tuning).disposition;
        for mapping in [Mapping::NoProfile, Mapping::NoOwner, Mapping::NoWorkload, Mapping::Ghost] {
            assert_eq!(decide(&[], mapping), Disposition::CannotJudge);
            assert_eq!(decide(&[piece(Code::P2, Boundary::Privilege, 0.3)], mapping), Disposition::CannotJudge);
            assert_eq!(decide(&[piece(Code::P2, Boundary::Privilege, 0.55)], mapping), Disposition::Escalate);
            let origin = piece(Code::T1, Boundary::Trust, 0.5);
            assert_eq!(decide(&[Piece { impact: 0.0, ..origin }], mapping), Disposition::CannotJudge);
            assert_eq!(decide(&[Piece { impact: 0.0, unknown_network: true, ..origin }], mapping), Disposition::Escalate);
        }
        // P2 only from tier 4 on.
        let minor = Piece { tier: 3, ..piece(Code::P2, Boundary::Privilege, 0.55) };
        assert_eq!(decide(&[minor], Mapping::Ghost), Disposition::CannotJudge);
    }

    #[test]
    fn some_codes_always_page() {
        let mut tuning = Tuning::default();
        tuning.disposition.page_on = vec!["N1".into()];
        let pieces = [piece(Code::N1, Boundary::Privilege, 0.6)];
        assert_eq!(
            decide(&score(&pieces, 1.0, &tuning), &pieces, Mapping::Mapped, false, &tuning).disposition,
            Disposition::Page
        );
    }
}
