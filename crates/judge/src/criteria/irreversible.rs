//! P7 — what cannot be undone, by who may not.
//!
//! # Escalates when
//! an agent, or a workload whose profile says `allow_irreversible = false`, destroys something or sends something outside, and
//! that is not its habit.
//!
//! # Why
//! Agents choose their tools themselves, and can be talked into them. What can be undone may be tried; what cannot needs
//! somebody who allowed it.
//!
//! # Stays quiet when
//! the profile says `allow_irreversible = true`, or the action is established.
//!
//! # Tuning
//! `weights.irreversible`, `sensitivity.denied`, `tolerance.agentic`.
//!
//! # References
//! OWASP NHI5:2025 and Top 10 for Agentic Applications ASI02, ASI03; NIST AI RMF MANAGE 4.1.

use crate::evidence::Finding;
use crate::surprisal::Standing;
use crate::view::{Draft, View};
use crate::{Break, Code};
use vires_event::Boundary;

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    let Some(profile) = view.profile else { return };
    let allowed = profile.expect.allow_irreversible;
    if !view.irreversible() || !(allowed == Some(false) || (allowed.is_none() && profile.agentic)) {
        return;
    }
    if view.action.standing == Standing::Established {
        return;
    }
    Draft::new(Code::P7, Some(Boundary::Privilege), Break::Purpose, "action", &*view.o.action)
        .times("irreversible", view.tuning.weights.irreversible)
        .times("outcome", view.outcome())
        .says("nothing that cannot be undone", view.observed(&view.o.action, &view.action))
        .put(found);
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, act};
    use vires_event::Effect;

    #[test]
    fn agents_need_leave_to_destroy() {
        let drop = || act().action("sql:DropTable", 3).effect(Effect::Destructive);
        let agent = Bench::mature().declare("agentic = true\n");
        assert_eq!(agent.x("P7", drop()), Some(0.8));
        assert_eq!(agent.x("P7", act().action("sql:Insert", 2)), None);
        assert_eq!(
            Bench::mature().declare("agentic = true\n[workload.expect]\nallow_irreversible = true\n").x("P7", drop()),
            None
        );
        assert_eq!(Bench::mature().x("P7", drop()), None);
        assert_eq!(Bench::mature().declare("[workload.expect]\nallow_irreversible = false\n").x("P7", drop()), Some(0.8));
    }
}
