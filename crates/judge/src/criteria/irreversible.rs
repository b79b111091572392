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
//! the profile says `allow_irreversible = true`, or the action is established. A tool that takes statements does what they say: its action
//! is established only as far as what it does is, and destroying where it never touched anything is no habit.
//!
//! # Tuning
//! `weights.irreversible`, `sensitivity.denied`, `tolerance.agentic`.
//!
//! # References
//! OWASP NHI5:2025 and Top 10 for Agentic Applications ASI02, ASI03; NIST AI RMF MANAGE 4.1.

use crate::evidence::Finding;
use crate::surprisal::{Declared, Standing};
use crate::view::{Draft, View};
use crate::{Break, Code};
use vires_event::{Boundary, Effect};
use vires_profile::baseline::Facet;

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    let Some(profile) = view.profile else { return };
    let allowed = profile.expect.allow_irreversible;
    if !view.irreversible() || !(allowed == Some(false) || (allowed.is_none() && profile.agentic)) {
        return;
    }
    let of_a_statement = view.o.datasets.iter().any(|d| d.starts_with("sql:"));
    let as_ever = !of_a_statement || (view.does_habitually() && !on_new_ground(view));
    if view.action.standing == Standing::Established && as_ever {
        return;
    }
    Draft::new(Code::P7, Some(Boundary::Privilege), Break::Purpose, "action", &*view.o.action)
        .times("irreversible", view.tuning.weights.irreversible)
        .times("outcome", view.outcome())
        .says("nothing that cannot be undone", view.observed(&view.o.action, &view.action))
        .put(found);
}

/// True if what is destroyed lies where the workload touched nothing so far.
fn on_new_ground(view: &View<'_>) -> bool {
    view.o.effect == Some(Effect::Destructive)
        && view.o.datasets.iter().filter(|d| !d.starts_with("tool:")).any(|dataset| {
            let facet = Facet::resource(view.o.data_class);
            let gauge = view.gauge_declared(facet, dataset, Declared::Open);
            gauge.standing == Standing::Unseen && !view.memory.knows_place(facet, dataset)
        })
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
        // A tool for statements that never dropped anything, or only elsewhere.
        let run = |effect: Effect, table: &str| act().action("mcp:run_sql", 3).effect(effect).target(table, 1);
        let reader = agent.clone().also_daily(run(Effect::Execute, "sql:scratch/orders"));
        assert_eq!(reader.x("P7", run(Effect::Destructive, "sql:scratch/orders")), Some(0.8));
        let cleaner = reader.also_daily(run(Effect::Destructive, "sql:scratch/orders"));
        assert_eq!(cleaner.x("P7", run(Effect::Destructive, "sql:scratch/parcels")), None);
        assert_eq!(cleaner.x("P7", run(Effect::Destructive, "sql:shop/orders")), Some(0.8));
        assert_eq!(Bench::mature().declare("[workload.expect]\nallow_irreversible = false\n").x("P7", drop()), Some(0.8));
    }
}
