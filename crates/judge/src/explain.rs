//! The arithmetic of one verdict, written out so that a reader can do it again with a pocket calculator, and what would have
//! kept it quiet.

use crate::decide::decide;
use crate::score::{Piece, Score, TRUST_IMPACT, damped, is_probing, score};
use crate::surprisal::{Declared, Gauge, Standing};
use crate::time::rfc3339;
use crate::verdict::{CaseUpdate, EvidenceLine};
use crate::{Code, Disposition, Tuning};
use std::fmt;
use vires_event::Boundary;

/// Something that, had it been so, would have led to a milder verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Remedy {
    /// What.
    pub change: String,
    /// The score then.
    pub score: f64,
    /// The verdict then.
    pub verdict: Disposition,
}

/// A case record with everything that explains it.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// What is explained.
    pub record: CaseUpdate,
    /// Single changes that would have kept it below an escalation; where none would, the shortest list of changes that together
    /// do.
    pub quiet_if: Vec<Remedy>,
    score: Score,
    tuning: Tuning,
}

/// Explains a record. `tuning` must be the one it was decided with (see `tuning_sha256`).
pub fn explain(record: &CaseUpdate, tuning: &Tuning) -> Explanation {
    let pieces: Vec<Piece> = record.evidence.iter().map(EvidenceLine::piece).collect();
    Explanation {
        quiet_if: remedies(record, &pieces, tuning),
        score: score(&pieces, record.kappa, tuning),
        record: record.clone(),
        tuning: tuning.clone(),
    }
}

fn remedies(record: &CaseUpdate, pieces: &[Piece], tuning: &Tuning) -> Vec<Remedy> {
    if record.verdict < Disposition::Escalate {
        return Vec::new();
    }
    let without = |gone: &[usize]| {
        let left: Vec<Piece> = pieces.iter().enumerate().filter(|(i, _)| !gone.contains(i)).map(|(_, p)| *p).collect();
        let score = score(&left, record.kappa, tuning);
        let decision = decide(&score, &left, record.mapping, record.privileged, tuning);
        (score.d, decision.disposition)
    };
    let group = |line: &EvidenceLine| -> Vec<usize> {
        // Doors that were tried count together, so they go together.
        let same = |l: &EvidenceLine| {
            (l.code == Code::P5 && line.code == Code::P5) || (l.facet == line.facet && l.value == line.value)
        };
        record.evidence.iter().enumerate().filter(|(_, l)| same(l)).map(|(i, _)| i).collect()
    };
    let mut single = Vec::new();
    for line in &record.evidence {
        let (d, verdict) = without(&group(line));
        let change = remedy(line);
        if verdict < Disposition::Escalate && !single.iter().any(|r: &Remedy| r.change == change) {
            single.push(Remedy { change, score: d, verdict });
        }
    }
    if !single.is_empty() {
        return single;
    }
    // None suffices alone: take away the weightiest until it is quiet.
    let (mut gone, mut together): (Vec<usize>, Vec<Remedy>) = (Vec::new(), Vec::new());
    for line in &record.evidence {
        let more: Vec<usize> = group(line).into_iter().filter(|i| !gone.contains(i)).collect();
        if more.is_empty() {
            continue;
        }
        gone.extend(more);
        let (d, verdict) = without(&gone);
        together.push(Remedy {
            change: format!("{}{}", if together.is_empty() { "" } else { "and " }, remedy(line)),
            score: d,
            verdict,
        });
        if verdict < Disposition::Escalate {
            break;
        }
    }
    together
}

/// What would have made this piece expected.
fn remedy(line: &EvidenceLine) -> String {
    let value = crate::view::clip(&line.value);
    match line.code {
        Code::N1 => format!("`deny.{}s` did not match {value}", line.facet),
        Code::P1 => format!("`max_tier` were at least {}, or `actions` listed {value}", line.tier),
        Code::P2 | Code::P5 => format!("{value} were a habit, or `actions` listed it"),
        Code::P3 => format!("becoming {value} were a habit"),
        Code::P4 | Code::D2 => format!("{value} were a habit, or `resources` listed it"),
        Code::P7 => "`allow_irreversible` were true".into(),
        Code::D1 => format!("`max_data_class` were at least {value}, or data of that class were a habit"),
        Code::D4 => format!("{value} were a habit, or `destinations` listed it"),
        Code::T1 | Code::C1 => format!("a zone covered {value} and `zones` listed it, or it were a habit"),
        Code::T2 => format!("{value} were a habit, or the profile listed it ({})", line.facet),
        Code::T3 => format!("credentials like {value} were a habit, or `credentials` listed them"),
        Code::T4 => "`allow_interactive` were true".into(),
        Code::T5 => "it had been active all along, or its `status` were right".into(),
        Code::T6 => format!("{value} were a habit, or `regions` listed it"),
        Code::T7 => format!("{value} were a habit"),
        Code::T8 => format!("{value} were a habit, or `delegators` listed it"),
        Code::T9 => "the request fitted one of the declared users".into(),
        Code::P6 | Code::D3 | Code::D5 | Code::V2 | Code::V4 => "there had been as much as on other days".into(),
        Code::V1 => "it had been at a usual hour".into(),
        Code::V3 => "the other product had not raised it".into(),
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let r = &self.record;
        let owner = r.owner.as_deref().unwrap_or("nobody");
        writeln!(f, "{}  {} {}  {}  owner {owner}  {}", r.case, r.verdict, r.score, r.workload, r.time)?;
        writeln!(f, "rule: {}", r.rule)?;
        if !r.missing.is_empty() {
            writeln!(f, "missing: {}", r.missing.join(", "))?;
        }
        if r.evidence.is_empty() {
            return writeln!(f, "\nno evidence: all as expected");
        }
        writeln!(f, "\nevidence")?;
        for line in &r.evidence {
            self.line(f, line)?;
        }
        self.sums(f)?;
        if !self.quiet_if.is_empty() {
            writeln!(f, "\nit would have stayed quiet if")?;
            for remedy in &self.quiet_if {
                writeln!(f, "  {}  (then {} {})", remedy.change, remedy.verdict, remedy.score)?;
            }
        }
        Ok(())
    }
}

impl Explanation {
    fn line(&self, f: &mut fmt::Formatter<'_>, line: &EvidenceLine) -> fmt::Result {
        let boundary = line.boundary.map_or("variance", Boundary::as_str);
        writeln!(
            f,
            "  {} {}  {boundary}, breaks {}  x = {}",
            line.code.as_str(),
            line.criterion,
            line.breaks.as_str(),
            line.x
        )?;
        writeln!(f, "     expected  {}", line.expected)?;
        writeln!(f, "     observed  {}", line.observed)?;
        if let Some(gauge) = line.workings.gauge.as_deref() {
            self.gauge(f, gauge)?;
        }
        let factors: Vec<String> = line.workings.factors.iter().map(|x| format!("{} {}", x.what, x.value)).collect();
        writeln!(f, "     x = {} = {}", line.workings.x(), factors.join(" * "))?;
        for event in &line.refs {
            writeln!(f, "     event {} at {}", crate::view::clip(&event.event), rfc3339(event.at))?;
        }
        Ok(())
    }

    fn gauge(&self, f: &mut fmt::Formatter<'_>, g: &Gauge) -> fmt::Result {
        let n = &self.tuning.novelty;
        match g.standing {
            Standing::Established => return writeln!(f, "     a habit: {} of {} days", g.days_seen, g.days_active),
            Standing::Rare => {
                writeln!(f, "     bits = {} = -log2(({} + 0.5) / ({} + 1))", g.bits(), g.days_seen, g.days_active)?;
            }
            Standing::Lapsed | Standing::Child | Standing::Unseen => {
                writeln!(
                    f,
                    "     bits = {} = {} + {}\n       {} = -log2(({} + {} * {}) / ({} + {})){}   something new on {} of {} days, peers' rate {}",
                    g.bits(),
                    g.bits_new,
                    g.bits_rare,
                    g.bits_new,
                    g.days_new,
                    n.alpha_days,
                    g.peer_rate,
                    g.days_settled,
                    n.alpha_days,
                    match g.new_today {
                        0 | 1 => String::new(),
                        many => format!(" + ({many} - 1) * log2({} / ({} - 1))", n.clump, n.clump),
                    },
                    g.days_new,
                    g.days_settled,
                    g.peer_rate
                )?;
                let (have, of) = g.company(n.least_peers);
                writeln!(
                    f,
                    "       {} = min({}, -log2 max(({} + 0.5) / ({} + 1), {} * ({} + 0.1) / ({} + 1)))   {} of {} peers, {} of {} in the estate",
                    g.bits_rare,
                    n.peer_cap_bits,
                    have,
                    of,
                    n.org_factor,
                    g.estate.have,
                    g.estate.of,
                    g.peers.have,
                    g.peers.of,
                    g.estate.have,
                    g.estate.of
                )?;
            }
        }
        writeln!(
            f,
            "     v = {} = clamp(({} - {}) / ({} - {})) * maturity {} * relation {}",
            g.v,
            g.bits(),
            n.bits_low,
            n.bits_high,
            n.bits_low,
            g.maturity,
            g.relation
        )?;
        match g.declared {
            Declared::Open => writeln!(f, "     g = {} = v   nothing declared", g.g),
            Declared::Inside => writeln!(f, "     g = {} = {} * v   declared", g.g, self.tuning.declared.inside),
            Declared::Outside => writeln!(f, "     g = {}   not on the declared list", g.g),
        }
    }

    /// How many refused attempts become one weight.
    fn probing(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = || self.record.evidence.iter().filter(|l| l.code == Code::P5);
        let probes: Vec<f64> = lines().map(|l| l.x).collect();
        let (weights, n) = (&self.tuning.weights, probes.len());
        if n == 0 {
            return Ok(());
        }
        if !is_probing(n, lines().filter(|l| l.unknown_network).count(), &self.tuning) {
            return writeln!(f, "  probing = 0   {n} refused, fewer than {}", weights.probe_min);
        }
        let counts = |(at, _): &&(usize, f64)| self.record.evidence.get(*at).is_some_and(|l| l.code == Code::P5);
        let x = self.score.counted.iter().find(counts).map_or(0.0, |(_, x)| *x);
        let most = probes.into_iter().fold(0.0, f64::max);
        writeln!(f, "  probing = {x} = min(1, {} * {n} refused) * {most}, the greatest x of them", weights.probe_step)
    }

    /// The greatest impact of what stretched trust.
    fn trust_impact(&self) -> f64 {
        let lines = self.score.counted.iter().filter(|(_, x)| *x > TRUST_IMPACT);
        let lines = lines.filter_map(|(at, _)| self.record.evidence.get(*at)).filter(|l| l.boundary == Some(Boundary::Trust));
        lines.map(|l| l.impact).fold(0.0, f64::max)
    }

    fn sums(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (s, c) = (&self.score, &self.tuning.combine);
        writeln!(f, "\nscore")?;
        self.probing(f)?;
        let of = |boundary: Option<Boundary>| -> Vec<(f64, f64)> {
            let lines = |at: &usize| self.record.evidence.get(*at).filter(|l| l.boundary == boundary);
            damped(s.counted.iter().filter_map(|(at, x)| lines(at).map(|l| (l.code, l.place(), *x))).collect(), c)
        };
        for boundary in Boundary::ALL {
            let xs = of(Some(*boundary));
            if let Some(((first, _), rest)) = xs.split_first() {
                let rest: String = rest.iter().map(|(x, power)| format!(" * (1 - {x})^{power}")).collect();
                writeln!(f, "  {boundary} = {} = min(1, {} * (1 - (1 - {first}){rest}))", s.of(*boundary), s.kappa)?;
            }
        }
        let xs = of(None);
        if !xs.is_empty() {
            let product: Vec<String> = xs.iter().map(|(x, _)| format!("(1 - {x})")).collect();
            writeln!(f, "  variance = {} = 1 - {}", s.variance, product.join(" * "))?;
        }
        writeln!(
            f,
            "  trust scale = {} = {} + {} * {}   the greatest impact (tier / 4, class / 3) of trust evidence above {TRUST_IMPACT}",
            s.trust_scale,
            c.trust_floor,
            1.0 - c.trust_floor,
            self.trust_impact()
        )?;
        let [p, d, t] = s.boundaries;
        writeln!(
            f,
            "  D = {} = 100 * (1 - (1 - {cap} * {p}) * (1 - {cap} * {d}) * (1 - {cap} * {} * {t}) * (1 - {} * {}))",
            s.d,
            s.trust_scale,
            c.variance_cap,
            s.variance,
            cap = c.boundary_cap
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Bench, act};
    use vires_profile::observation::Mapping;

    fn explained(bench: &Bench, acts: &[crate::bench::Act]) -> Explanation {
        let (judge, state, _) = bench.run(acts);
        explain(&judge.ask(&state, "api", Mapping::Mapped).unwrap(), judge.tuning())
    }

    #[test]
    fn the_text_holds_every_step_and_a_way_out() {
        let e = explained(&Bench::mature(), &[act().at_address("203.0.113.9").agent("curl").event("e-1")]);
        let text = e.to_string();
        assert_eq!(e.record.verdict, Disposition::Escalate, "{text}");
        for part in [
            "T1 origin  trust, breaks access_pattern  x = 0.9",
            "bits = 14.03 = 10.45 + 3.58",
            "10.45 = -log2((0 + 5 * 0.004) / (23 + 5))",
            "v = 1 = clamp((14.03 - 4) / (12 - 4)) * maturity 1 * relation 1",
            "x = 0.9 = g 1 * unknown network 0.9",
            "trust = 0.91 = min(1, 1 * (1 - (1 - 0.9) * (1 - 0.3)^0.3))",
            "event e-1 at 2026-03-01T10:00:00Z",
            "a zone covered net:203.0.113.0/24",
        ] {
            assert!(text.contains(part), "no `{part}` in\n{text}");
        }
        assert_eq!(e.quiet_if.len(), 1);
        assert!(text.contains("trust scale = 0.833 = 0.75 + 0.25 * 0.333   the greatest impact"), "{text}");
    }

    #[test]
    fn what_is_counted_together_says_how() {
        let refused = |what: &str| act().action(what, 0).denied();
        let doors = ["iam:ListUsers", "iam:ListRoles", "iam:ListKeys", "iam:ListGroups"].map(refused);
        let text = |n: usize| explained(&Bench::mature(), &doors[..n]).to_string();
        assert!(text(2).contains("  probing = 0   2 refused, fewer than 3\n"), "{}", text(2));
        assert!(text(4).contains("  probing = 0.8 = min(1, 0.2 * 4 refused) * 1, the greatest x of them\n"), "{}", text(4));
        assert!(text(4).contains("privilege = 0.8"), "{}", text(4));
        let declared = Bench::mature().declare("[workload.expect]\nregions = [\"eu-*\", \"us-*\"]\n");
        let text = explained(&declared, &[act().in_region("us-west-2"), act().in_region("ap-east-1")]).to_string();
        for part in ["g = 0.15 = 0.15 * v   declared", "not on the declared list"] {
            assert!(text.contains(part), "no `{part}` in\n{text}");
        }
    }

    /// Recomputes bits, measure, weight and score of a record from its printed numbers alone.
    #[test]
    fn a_reader_gets_the_same_numbers() {
        let acts = [
            act().at_address("203.0.113.9").action("iam:CreateUser", 4).target("iam:eve", 1),
            act().action("s3:GetObject", 1).target("s3:payroll/x/y", 3),
            act().at_hour(3),
        ];
        let e = explained(&Bench::mature(), &acts);
        let mut by_boundary = [Vec::new(), Vec::new(), Vec::new()];
        let (mut variance, mut impact) = (1.0, 0.0f64);
        for line in &e.record.evidence {
            if let Some(g) = line.workings.gauge.as_deref() {
                let bits = ((g.bits_new + g.bits_rare) * 100.0).round() / 100.0;
                let p = (f64::from(g.days_new) + 5.0 * g.peer_rate) / (f64::from(g.days_settled) + 5.0);
                let sweep = f64::from(g.new_today.saturating_sub(1));
                assert!((g.bits_new - sweep + p.log2()).abs() < 0.005, "{line:?}");
                let surprise = ((bits - 4.0) / 8.0).clamp(0.0, 1.0);
                assert!((g.v - surprise * g.maturity * g.relation).abs() < 0.001, "{line:?}");
            }
            let product: f64 = line.workings.factors.iter().map(|f| f.value).product();
            assert!((line.x - product.min(1.0)).abs() < 0.0006, "{line:?}");
            match line.boundary {
                Some(b) => by_boundary[b as usize].push(line.x),
                None => variance *= 1.0 - line.x,
            }
            if line.boundary == Some(Boundary::Trust) && line.x > 0.2 {
                impact = impact.max(line.impact);
            }
        }
        let [p, d, t] = by_boundary.map(|mut xs| {
            xs.sort_by(|a, b| b.total_cmp(a));
            let rest: f64 = xs.iter().skip(1).map(|x| (1.0 - x).powf(0.3)).product();
            xs.first().map_or(0.0, |first| 1.0 - (1.0 - first) * rest)
        });
        let trust_scale = 0.75 + 0.25 * impact;
        let score = 100.0
            * (1.0 - (1.0 - 0.85 * p) * (1.0 - 0.85 * d) * (1.0 - 0.85 * trust_scale * t) * (1.0 - 0.25 * (1.0 - variance)));
        assert!((score - e.record.score).abs() < 0.1, "{score} {}", e.record.score);
        assert_eq!(e.record.verdict, Disposition::Page);
        assert!(e.quiet_if.len() > 1, "no single change suffices");
        assert!(e.quiet_if.last().is_some_and(|r| r.verdict < Disposition::Escalate));
    }

    #[test]
    fn a_quiet_workload_is_explained_too() {
        let e = explained(&Bench::mature(), &[act()]);
        assert!(e.to_string().contains("no evidence"));
        assert!(e.quiet_if.is_empty());
    }
}
