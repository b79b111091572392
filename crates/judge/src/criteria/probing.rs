//! P5 — trying doors.
//!
//! # Escalates when
//! at least `weights.probe_min` distinct actions that the workload never tried, or roles, secrets and datasets that it never touched, are
//! refused within the window, or things that it wants to look into and was never refused such a look; or `weights.probe_strange` from a network that nobody knows. Each weighs
//! `weights.probe_step`.
//!
//! # Why
//! Software that works as meant is refused the same few things over and over; whoever holds a stolen credential has to find out
//! what it can do.
//!
//! # Stays quiet when
//! one action is refused a thousand times (a broken deployment, an expired token), or the refused actions were tried before. A refused
//! look of who never did anything but look, as an inventory scanner, counts `sensitivity.metadata`.
//!
//! # Tuning
//! `weights.probe_step`, `weights.probe_min`, `weights.probe_strange`.
//!
//! # References
//! ATT&CK T1580, T1526; OWASP NHI5:2025; NIST CSF 2.0 DE.CM-03.

use crate::evidence::Finding;
use crate::surprisal::{Declared, Standing};
use crate::view::{Draft, View, clip};
use crate::{Break, Code};
use vires_event::{Boundary, Effect};
use vires_profile::baseline::Facet;

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    if !view.o.denied() || !view.o.proven() || view.o.action.is_empty() {
        return;
    }
    if view.action.declared == Declared::Inside {
        return;
    }
    // What it is refused on things of its own name is a right that was forgotten.
    let own = |dataset: &str| view.memory.bears_name(dataset);
    if !view.o.datasets.is_empty() && view.o.datasets.iter().all(|d| own(d)) && !view.origin_is_new() {
        return;
    }
    let fresh = |action: &str| view.memory.sighting(Facet::Denied, action).seen.is_empty();
    // One finding per door; `score` turns their number into one weight. Where one action opens many doors (roles, secrets, data), each
    // target is one: a grant that is broken fails for one of them, not for all in alphabetical order.
    let doors = matches!(view.o.effect, Some(Effect::Assume | Effect::SecretRead))
        || (view.o.effect == Some(Effect::ReadData) && view.o.data_class >= Some(2))
        // Looking into one thing after the other is trying doors for who was never refused a look.
        || (view.o.effect == Some(Effect::Discover) && !view.action.is_new() && fresh(&view.o.action));
    let door = view.o.datasets.first().filter(|_| doors);
    let strange = match door {
        Some(dataset) => {
            let facet = Facet::resource(view.o.data_class);
            view.gauge_declared(facet, dataset, Declared::Open).standing == Standing::Unseen
                && view.gauge_declared(Facet::Role, dataset, Declared::Open).standing == Standing::Unseen
        }
        None => view.action.is_new() && fresh(&view.o.action),
    };
    if !strange || (door.is_some() && view.action.is_new() && !fresh(&view.o.action)) {
        return;
    }
    let value = door.map_or_else(|| view.o.action.to_string(), |dataset| format!("{} {dataset}", view.o.action));
    let seen = format!("refused: {}", if door.is_some() { clip(&value).into_owned() } else { view.observed(&value, &view.action) });
    Draft::new(Code::P5, Some(Boundary::Privilege), Break::AccessPattern, "action", value)
        .times("maturity", view.memory.maturity())
        .times("looks around", if view.o.tier == 0 && view.only_looks() { view.tuning.sensitivity.metadata } else { 1.0 })
        .says("no refused attempts at new doors", seen)
        .put(found);
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, act};

    #[test]
    fn distinct_new_doors_count_and_one_door_does_not() {
        let bench = Bench::mature();
        let tries = |n: usize| (0..n).map(|i| act().action(&format!("iam:List{i}"), 0).denied()).collect::<Vec<_>>();
        assert_eq!(bench.weight_of("P5", &tries(2)), 0.0);
        assert_eq!(bench.weight_of("P5", &tries(3)), 0.6);
        assert_eq!(bench.weight_of("P5", &tries(9)), 1.0);
        // Two are enough from where nobody knows it, one is not.
        let strange = |n: usize| tries(n).into_iter().map(|a| a.at_address("203.0.113.9")).collect::<Vec<_>>();
        assert_eq!((bench.weight_of("P5", &strange(1)), bench.weight_of("P5", &strange(2))), (0.0, 0.4));
        let mixed: Vec<_> = strange(2).into_iter().take(1).chain(tries(2).into_iter().skip(1)).collect();
        assert_eq!(bench.weight_of("P5", &mixed), 0.0);
        // A right that was forgotten for a thing of its own.
        let own = |n: usize| (0..n).map(|i| act().named("aws:role/123456789012/parcels").action(&format!("sqs:Receive{i}"), 1).target(&format!("sqs:parcels-{i}x"), 1).denied());
        assert_eq!(bench.weight_of("P5", &own(9).collect::<Vec<_>>()), 0.0);
        // One look after the other into what it does not know, by who was never refused one.
        let looks = |n: usize| (0..n).map(|i| act().action("s3:ListObjects", 0).target(&format!("s3:{i}z-archive"), 1).denied()).collect::<Vec<_>>();
        let looking = bench.clone().also_daily(act().action("s3:ListObjects", 0));
        assert_eq!((looking.weight_of("P5", &looks(4)), looking.weight_of("P5", &looks(2))), (0.8, 0.0));
        let used_to_it = looking.also_daily(act().action("s3:ListObjects", 0).target("s3:elsewhere", 1).denied());
        assert_eq!(used_to_it.weight_of("P5", &looks(4)), 0.0);
        // Who does nothing but look around and is refused a look tries no doors.
        let scanner = |n: usize| tries(n).into_iter().map(|a| a.by("scanner")).collect::<Vec<_>>();
        let looks_around = bench.clone().also_daily(act().by("scanner").action("iam:ListRoles", 0));
        let does_more = looks_around.clone().also_daily(act().by("scanner").action("sqs:SendMessage", 2));
        let score = |bench: &Bench| bench.run(&scanner(5)).2.last().unwrap().verdict.score;
        assert!(score(&looks_around) < 0.6 * score(&does_more), "{} {}", score(&looks_around), score(&does_more));
        // Once is no habit, and from elsewhere it is somebody else.
        let once = bench.clone().also_on(&[-20], act().by("scanner").action("iam:ListRoles", 0));
        assert!(score(&once) > score(&looks_around));
        let elsewhere = |bench: &Bench| {
            let acts: Vec<_> = scanner(5).into_iter().map(|a| a.at_address("203.0.113.9")).collect();
            bench.run(&acts).2.last().unwrap().verdict.score
        };
        assert_eq!(elsewhere(&looks_around), elsewhere(&does_more));
        let same: Vec<_> = (0..50).map(|_| act().action("s3:GetObject", 1).denied()).collect();
        assert_eq!(bench.weight_of("P5", &same), 0.0);
    }
}
