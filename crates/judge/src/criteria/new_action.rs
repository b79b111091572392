//! P2 — an action it never took.
//!
//! # Escalates when
//! the workload does something it never did before, in proportion to the surprise and to the tier: a new metadata call weighs
//! next to nothing, a first administrative call almost fully.
//!
//! # Why
//! First use of a privilege is the common moment of misuse, from added keys to stopped logging. A list of dangerous actions
//! cannot see it, because the same calls are somebody else's daily work.
//!
//! # Stays quiet when
//! the action is a habit, is declared, is common among peers, or the workload shows new actions of that tier all the time.
//! Refused and failed requests count half; a new action within the declared `max_tier` counts `sensitivity.inside_tier`, from tier 3 on
//! only if the workload has had that kind of effect before and is no agent. Changing or starting what bears its own name counts
//! `sensitivity.own_thing`, signing in as itself `sensitivity.own_credential`; what part of the peers do counts by the part that does
//! not.
//!
//! # Tuning
//! `sensitivity.action` by tier, `sensitivity.inside_tier`, `[novelty]`, `[declared]`.
//!
//! # References
//! OWASP NHI5:2025; ATT&CK T1078.004, T1098; NIST CSF 2.0 DE.CM-03.

use crate::evidence::Finding;
use crate::view::{Draft, View};
use crate::{Break, Code};
use vires_event::{Boundary, Effect, Link};
use vires_profile::baseline::Facet;

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    let gauge = &view.action;
    if gauge.g == 0.0 || view.o.action.is_empty() {
        return;
    }
    // Becoming another identity is one fact: `role_edge` tells it, with the identity.
    if view.o.effect == Some(Effect::Assume) && view.o.links.iter().any(|l| matches!(l, Link::Became { .. })) {
        return;
    }
    let knobs = &view.tuning.sensitivity;
    let tier = view.o.tier;
    // The declared tier says how high, not what for: it covers what is of a kind that the workload already does. Agents choose their
    // tools themselves, so what they may reach covers no first use of power.
    let covered = tier < 3 || (view.knows_effect() && !view.profile.is_some_and(|p| p.agentic));
    let inside = covered && view.profile.and_then(|p| p.expect.max_tier).is_some_and(|max| tier <= max);
    Draft::new(Code::P2, Some(Boundary::Privilege), Break::Purpose, "action", &*view.o.action)
        .times("g", gauge.g)
        .times(format!("tier {tier}"), knobs.action.get(usize::from(tier)).copied().unwrap_or(1.0))
        .times("within max_tier", if inside { knobs.inside_tier } else { 1.0 })
        .times("own credential", view.renewal())
        .times("own thing", view.own_thing())
        .times("signs in", if view.signs_in() { knobs.own_credential } else { 1.0 })
        .times("outcome", view.outcome())
        .gauge(gauge.clone())
        .says(view.expected(Facet::action(tier), view.list(|e| e.actions.as_ref())), view.observed(&view.o.action, gauge))
        .put(found);
}

#[cfg(test)]
mod tests {
    use crate::bench::{Act, Bench, act};
    use vires_event::Effect;
    use vires_profile::observation::Mapping;

    #[test]
    fn novelty_weighs_by_tier() {
        let bench = Bench::mature();
        let admin = bench.x("P2", act().action("iam:CreateUser", 4)).unwrap();
        let write = bench.x("P2", act().action("s3:PutObject", 2)).unwrap();
        assert!(admin > 0.6 && write < 0.26, "{admin} {write}");
        assert!((bench.x("P2", act().action("iam:CreateUser", 4).denied()).unwrap() - admin / 2.0).abs() < 0.001);
        assert_eq!(bench.x("P2", act()), None);
    }

    #[test]
    fn what_part_of_the_peers_do_counts_by_the_others() {
        let send = || act().action("ssm:SendCommand", 3).effect(Effect::Execute);
        let plain = Bench::mature().x("P2", send()).unwrap();
        let mut bench = Bench::mature();
        for peer in 0..3 {
            for day in -20..0 {
                bench = bench.also_on(&[day], send().by(&format!("peer{peer}")));
            }
        }
        // Three of five peers.
        let common = bench.x("P2", send()).unwrap();
        assert!(common <= 0.41 * plain, "{common} {plain}");
    }

    #[test]
    fn a_release_of_ones_own_is_no_power_over_others() {
        let release = |thing: &str| act().by("peer1").action("lambda:UpdateFunctionCode", 3).effect(Effect::Execute).target(thing, 1);
        let weight = |act: Act| {
            let (judge, state, _) = Bench::mature().run(&[act]);
            let record = judge.ask(&state, "peer1", Mapping::Mapped).unwrap();
            record.evidence.iter().find(|e| e.code == crate::Code::P2).map(|e| e.x).unwrap()
        };
        let other = weight(release("lambda:payroll-worker"));
        assert!((weight(release("lambda:peer1-worker")) - 0.5 * other).abs() < 0.002);
        // Not from elsewhere, nor by hand, nor where rights or identities are handed out.
        assert_eq!(weight(release("lambda:peer1-worker").at_address("203.0.113.9")), other);
        assert_eq!(weight(release("lambda:peer1-worker").interactive()), other);
        let lend = |thing: &str| act().by("peer1").action("iam:Lend", 3).effect(Effect::Assume).target(thing, 1);
        assert_eq!(weight(lend("iam:peer1-admin")), weight(lend("iam:other-admin")));
    }

    #[test]
    fn signing_in_as_oneself_is_no_privilege() {
        let sign = |verb: &str| act().action(verb, 3).effect(Effect::Assume);
        let weight = |act: Act| Bench::mature().x("P2", act).unwrap();
        let (own, other) = (weight(sign("salesforce:Login")), weight(sign("salesforce:LoginAs")));
        assert!((own - 0.35 * other).abs() < 0.002, "{own} {other}");
        assert_eq!(weight(sign("salesforce:Login").at_address("203.0.113.9")), other);
    }

    #[test]
    fn what_is_declared_or_usual_among_peers_weighs_little() {
        let bench = Bench::mature();
        let plain = bench.x("P2", act().action("ssm:SendCommand", 3)).unwrap();
        let declared = Bench::mature().declare("[workload.expect]\nactions = [\"ssm:*\", \"s3:*\", \"dynamodb:*\"]\n");
        assert!(declared.x("P2", act().action("ssm:SendCommand", 3)).unwrap_or(0.0) < 0.2 * plain);
        let shared = Bench::mature().peers_also(act().action("ssm:SendCommand", 3));
        assert!(shared.x("P2", act().action("ssm:SendCommand", 3)).unwrap_or(0.0) < 0.9 * plain);
    }
}
