//! T9 — a shared identity used as none of its users uses it.
//!
//! # Escalates when
//! the profile names the users of a shared identity (`[[workload.mixture]]`) and a request fits none of them; or, where they
//! are not named, network and tool are each usual, but never came together.
//!
//! # Why
//! Each value of a shared identity is somebody's habit, so single values say little. The tool of one user from the network of
//! another is nobody's habit. And what fits nobody is attributable to nobody.
//!
//! # Stays quiet when
//! a declared user fits in all that is declared of it, or the combination is a habit, or the identity is not shared.
//!
//! # Tuning
//! `weights.unattributable`, `weights.shared`, `tolerance.shared`.
//!
//! # References
//! OWASP NHI9:2025 (NHI reuse); NIST SP 800-53 AC-2; NIST CSF 2.0 DE.CM-09.

use crate::evidence::Finding;
use crate::surprisal::Declared;
use crate::view::{Draft, View, clip, misfits};
use crate::{Break, Code};
use vires_event::Boundary;
use vires_profile::Workload;
use vires_profile::baseline::{Facet, pair_value};

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    match view.profile.filter(|p| !p.mixtures.is_empty()) {
        Some(profile) => declared_users(view, profile, found),
        None if view.o.shared || view.profile.is_some_and(|p| p.shared) => unnamed_users(view, found),
        None => {}
    }
}

fn declared_users(view: &View<'_>, profile: &Workload, found: &mut Vec<Finding>) {
    let nearest = profile.mixtures.iter().map(|user| (misfits(view.o, user), user)).min_by_key(|(m, _)| m.len());
    let Some((misfits, user)) = nearest.filter(|(m, _)| !m.is_empty()) else { return };
    // Off in one aspect of several: some other user's tool or network. Off in more: nobody's.
    let share = if misfits.len() > 1 { 1.0 } else { 0.8 };
    let value = format!("{}: {}", user.name, misfits.join(", "));
    Draft::new(Code::T9, Some(Boundary::Trust), Break::Ownership, "mixture", value)
        .times("unattributable", view.tuning.weights.unattributable)
        .times(format!("{} misfits", misfits.len()), share)
        .times("outcome", view.trust_outcome())
        .says(
            format!("one of {}", profile.mixtures.iter().take(4).map(|m| clip(&m.name)).collect::<Vec<_>>().join(", ")),
            format!("none of them; nearest {}, but for its {}", clip(&user.name), misfits.join(" and ")),
        )
        .put(found);
}

fn unnamed_users(view: &View<'_>, found: &mut Vec<Finding>) {
    let (Some(pair), Some(origin)) = (pair_value(view.o), view.origin.as_ref()) else { return };
    // A new network or tool is for other criteria: here both must be known.
    let agent = view.o.ua.as_deref().map(|ua| view.gauge_declared(Facet::UserAgent, ua, Declared::Open));
    if origin.is_new() || agent.is_none_or(|a| a.is_new()) {
        return;
    }
    let gauge = view.gauge_declared(Facet::Pair, &pair, Declared::Open);
    if gauge.g == 0.0 {
        return;
    }
    Draft::new(Code::T9, Some(Boundary::Trust), Break::Ownership, "zone_user_agent", pair.as_str())
        .times("g", gauge.g)
        .times("shared", view.tuning.weights.shared)
        .times("outcome", view.trust_outcome())
        .gauge(gauge.clone())
        .says(view.expected(Facet::Pair, None), format!("the combination {}", view.observed(&pair, &gauge)))
        .put(found);
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, act};

    const USERS: &str = r#"
shared = true
[[workload.mixture]]
name = "loader"
zones = ["nat"]
user_agents = ["boto3"]
actions = ["s3:*", "dynamodb:*"]
[[workload.mixture]]
name = "reports"
zones = ["corp"]
user_agents = ["aws-sdk-java"]
"#;

    #[test]
    fn nobodys_combination_counts() {
        let bench = Bench::mature().declare(USERS);
        assert_eq!(bench.x("T9", act()), None);
        assert_eq!(bench.x("T9", act().from("corp").agent("aws-sdk-java")), None);
        assert_eq!(bench.x("T9", act().agent("aws-sdk-java")), Some(0.6));
        assert_eq!(bench.x("T9", act().from("lounge").agent("curl").action("iam:ListUsers", 0)), Some(0.75));
    }

    #[test]
    fn unnamed_users_are_told_apart_by_habit() {
        let bench = Bench::mature().declare("shared = true\n").also_daily(act().from("corp").agent("aws-sdk-java"));
        assert!(bench.x("T9", act().from("corp").agent("boto3")).unwrap() > 0.3);
        assert_eq!(bench.x("T9", act()), None);
        assert_eq!(
            Bench::mature().also_daily(act().from("corp").agent("aws-sdk-java")).x("T9", act().from("corp").agent("boto3")),
            None
        );
    }
}
