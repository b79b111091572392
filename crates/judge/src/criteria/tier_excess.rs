//! P1 — above the declared tier.
//!
//! # Escalates when
//! an action lies above the profile's `max_tier` and is not a habit of the workload. Each tier of excess weighs more.
//!
//! # Why
//! `max_tier` is the plainest statement of intended authority: an identity that may write, but not grant, has no business
//! granting.
//!
//! # Stays quiet when
//! the profile declares no `max_tier`, the action is in its `actions`, or it is established: then the declaration is out of
//! date and becomes a governance finding. Tiers 0 to 2 count half, what it made itself just now
//! `sensitivity.just_made`, signing in as itself and a secret that is kept for it `sensitivity.own_credential`.
//!
//! # Tuning
//! `weights.tier_excess` (base, per tier), `sensitivity.denied`, `sensitivity.just_made`, `sensitivity.own_credential`.
//!
//! # References
//! OWASP NHI5:2025; NIST SP 800-53 AC-6(9); NIST CSF 2.0 DE.CM-03.

use crate::evidence::Finding;
use crate::surprisal::{Declared, Standing};
use crate::view::{Draft, View};
use crate::{Break, Code};
use vires_event::{Boundary, Effect};

/// True if the height of the tier is the class of the data once more: reading a secret is both, and weighed as such by `class_excess`.
fn told_by_data(view: &View<'_>) -> bool {
    let max = view.profile.and_then(|p| p.expect.max_data_class);
    view.o.effect == Some(Effect::SecretRead) && max.is_some_and(|max| view.o.data_class > Some(max))
}

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    let Some(max) = view.profile.and_then(|p| p.expect.max_tier) else { return };
    let tier = view.o.tier;
    if tier <= max || view.action.declared == Declared::Inside || view.action.standing == Standing::Established {
        return;
    }
    let [base, step] = view.tuning.weights.tier_excess;
    Draft::new(Code::P1, Some(Boundary::Privilege), Break::Purpose, "action", &*view.o.action)
        .times(format!("tier {tier} above {max}"), (base + step * f64::from(tier - max)).min(1.0))
        .times("ordinary tier", if tier < 3 { 0.5 } else { 1.0 })
        .times("with peers", view.with_peers())
        .times("seen before", if view.action.is_new() { 1.0 } else { view.tuning.declared.seen })
        .times("told by its data", if told_by_data(view) { view.tuning.declared.seen } else { 1.0 })
        .times("habitual effect", if view.does_habitually() { view.tuning.declared.drift } else { 1.0 })
        .times("own credential", view.renewal())
        .times("signs in", if view.signs_in() { view.tuning.sensitivity.own_credential } else { 1.0 })
        .times("own thing", view.just_made().min(view.own_secret()))
        .times("outcome", view.outcome())
        .says(format!("at most tier {max} (declared)"), format!("tier {tier}: {}", view.observed(&view.o.action, &view.action)))
        .put(found);
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, act};

    #[test]
    fn excess_grows_with_the_tier() {
        let bench = Bench::mature().declare("[workload.expect]\nmax_tier = 1\n");
        assert_eq!(bench.x("P1", act().action("iam:CreateUser", 4)), Some(1.0));
        assert_eq!(bench.x("P1", act().action("ssm:SendCommand", 3)), Some(0.9));
        assert_eq!(bench.x("P1", act().action("s3:PutObject", 2)), Some(0.35));
        // Within the tier, or declared by name.
        assert_eq!(bench.x("P1", act().action("s3:ListBuckets", 0)), None);
        let named = Bench::mature().declare("[workload.expect]\nmax_tier = 1\nactions = [\"ssm:*\"]\n");
        assert_eq!(named.x("P1", act().action("ssm:SendCommand", 3)), None);
        // To sign in as oneself is no power.
        let sign = |verb: &str| bench.x("P1", act().action(verb, 3).effect(vires_event::Effect::Assume)).unwrap();
        assert!((sign("entra:Sign-in activity") - 0.35 * sign("sts:AssumeRole")).abs() < 0.002);
    }
}
