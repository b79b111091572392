//! T1 — from somewhere it never comes from.
//!
//! # Escalates when
//! the request comes from a zone, or a network no zone covers, that the workload never used or its profile does not list. A
//! network nobody named (`unknown`) weighs most; what peers do there discounts old work and nothing else. A new action that comes from
//! one, and another tool, make it stranger still: a share of their bits (`novelty.together`) adds to its own.
//!
//! # Why
//! A stolen credential works everywhere. That it is used elsewhere is often the only thing a thief cannot hide.
//!
//! # Stays quiet when
//! others came to the same new origin with their old work: a network that changed. Who comes first, with nothing but its old work, and
//! has peers who may follow, or others where it always is, is given `coadopt.patience` before it counts in full, and more if its own places fall silent where it would
//! have been seen: it moved. If it is seen there again after `coadopt.returns`, it counts at once: a workload moves, a copied credential
//! is in two places. So it does at an hour at which it never acts, or if it is deprecated: what moves keeps its hours, and what is given
//! up is not moved. Where the input ends and no state is kept for another run, who is alone there counts in full as well, unless it
//! moved: nobody is left to wait for. In a network that has a name it waits for
//! good, unless its profile rules that out and it goes on elsewhere as well.
//! A region that is new with it adds `combine.damp_same`: one move. The origin is a habit, or the workload comes from new networks all the time, as hosted runners do; of many new ones the strangest
//! counts. The provider's own services hardly count. Where no zones are declared, habits are kept by network, not as one word `unknown`. A refused request
//! counts almost in full, because it proves who holds the credential; a refused sign-in proves nothing and counts half.
//!
//! # Tuning
//! `[coadopt]`, `novelty.together`, `weights.origin_unknown`, `origin_declared_outside`, `origin_known`, `origin_provider`, `sensitivity.denied_trust`. An
//! exception discounts an unknown network only if it names that network and is a penetration test or a break-glass.
//!
//! # References
//! OWASP NHI2:2025 (secret leakage); ATT&CK T1078.004, T1552; NIST CSF 2.0 DE.CM-09, DE.CM-01.

use crate::evidence::Finding;
use crate::surprisal::{Declared, Gauge, q3};
use crate::view::{Draft, View};
use crate::{Break, Code};
use vires_event::Boundary;
use vires_profile::baseline::Facet;
use vires_profile::inventory::Status;
use vires_profile::zones::ZoneClass;

/// Why a new origin counts half: others may follow yet.
pub(crate) const FOR_NOW: &str = "its old work, for now";

/// What is left of a new origin because of who else came there, and how.
fn company(view: &View<'_>) -> (&'static str, f64) {
    let knobs = &view.tuning.coadopt;
    let Some(moved) = view.o.moved.as_ref().filter(|_| knobs.enabled) else { return ("", 1.0) };
    if view.in_company() {
        return ("others moved there", knobs.factor);
    }
    if !view.old_work() {
        return ("", 1.0);
    }
    if moved.enough_peers {
        return ("peers moved too", knobs.factor);
    }
    // Who comes first to a new network is alone there for a while. Whoever stays alone in one that nobody named is a stranger.
    if view.o.zone_class != ZoneClass::Unknown {
        return ("its old work", knobs.first);
    }
    // There is nothing to wait for where nobody is who could follow, or where it is in two places. What moves keeps its hours, and what
    // is given up is not moved.
    let retired = view.profile.is_some_and(|p| p.status == Status::Deprecated);
    if !view.has_peers() || moved.back || view.out_of_hours() || retired {
        return ("", 1.0);
    }
    if view.o.at.saturating_sub(moved.since) < knobs.patience.0 {
        return (FOR_NOW, knobs.first);
    }
    // Of a second new network nobody knows whether the workload left the others for it.
    if moved.watched && view.left_for_good(moved.since) {
        return ("moved there", knobs.first);
    }
    ("", 1.0)
}

/// By how much an unnamed network surprises more because of what else is new in what comes from there. A workload of which little is
/// known may well show a new network, or a new action, or another tool; all at once is what a stranger shows.
fn together(view: &View<'_>, gauge: &Gauge) -> f64 {
    let novelty = &view.tuning.novelty;
    // Where others of the estate are at home it is not the network that is strange.
    let strange = view.o.zone_class == ZoneClass::Unknown && gauge.peers.have + gauge.estate.have == 0;
    if !strange || !gauge.is_new() || !view.action.is_new() || gauge.surprise == 0.0 || gauge.g != gauge.v {
        return 1.0;
    }
    let agent = view.o.ua.as_deref().filter(|ua| !ua.is_empty());
    let agent = agent.map_or(0.0, |ua| view.gauge_declared(Facet::UserAgent, ua, Declared::Open).bits());
    let bits = gauge.bits() + novelty.together * (view.action.bits() + agent);
    let surprise = ((bits - novelty.bits_low) / (novelty.bits_high - novelty.bits_low)).clamp(0.0, 1.0);
    q3((surprise / gauge.surprise).max(1.0))
}

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    stayed_alone(view, found);
    let (Some(origin), Some(gauge)) = (view.o.origin.as_deref(), view.origin.as_ref()) else { return };
    if gauge.g == 0.0 {
        return;
    }
    let weights = &view.tuning.weights;
    let (what, weight) = match view.o.zone_class {
        ZoneClass::Unknown => ("unknown network", weights.origin_unknown),
        ZoneClass::ProviderService => ("provider service", weights.origin_provider),
        _ if gauge.declared == Declared::Outside => ("not declared", weights.origin_declared_outside),
        _ => ("known network", weights.origin_known),
    };
    let (with_whom, company) = company(view);
    let together = if company == 1.0 { together(view, gauge) } else { 1.0 };
    let list = view.list(|e| e.zones.as_ref());
    let from = match view.o.ip.as_deref() {
        Some(ip) => format!("from {ip} in {}", view.observed(origin, gauge)),
        None => format!("from {}", view.observed(origin, gauge)),
    };
    Draft::new(Code::T1, Some(Boundary::Trust), Break::AccessPattern, "zone", origin)
        .times("g", gauge.g)
        .times("new work there", together)
        .times(what, weight)
        .times(with_whom, company)
        .times("outcome", view.trust_outcome())
        .gauge(gauge.clone())
        .says(view.expected(Facet::Zone, list), from)
        .put(found);
}

/// The other half of patience: a workload was in a network that is not its own, nobody followed, and it goes on elsewhere. Networks that
/// change take their workloads along for good; a copied credential is used in two places.
fn stayed_alone(view: &View<'_>, found: &mut Vec<Finding>) {
    let Some(stay) = view.o.stayed_alone.as_ref() else { return };
    let (origin, list) = (&*stay.origin, view.list(|e| e.zones.as_ref()));
    let gauge = view.gauge_origin(origin, list);
    let (what, weight) = match stay.class {
        ZoneClass::Unknown => ("unknown network", view.tuning.weights.origin_unknown),
        _ if gauge.declared == Declared::Outside => ("not declared", view.tuning.weights.origin_declared_outside),
        _ => return,
    };
    Draft::new(Code::T1, Some(Boundary::Trust), Break::AccessPattern, "zone", origin)
        .times("g", gauge.g)
        .times(what, weight)
        .gauge(gauge.clone())
        .elsewhere()
        .says(view.expected(Facet::Zone, list), format!("from {}; nobody else moved there", view.observed(origin, &gauge)))
        .put(found);
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, act};
    use vires_event::Effect;

    #[test]
    fn strangers_networks_weigh_most() {
        let bench = Bench::mature();
        let whoami = || act().action("sts:GetCallerIdentity", 0);
        let unknown = bench.x("T1", whoami().at_address("203.0.113.9")).unwrap();
        let known = bench.x("T1", whoami().from("corp")).unwrap();
        assert!(unknown > 0.6 && known < unknown, "{unknown} {known}");
        assert_eq!(bench.x("T1", act()), None);
        // A refused request proves its sender; a refused sign-in does not.
        let refused = bench.x("T1", whoami().at_address("203.0.113.9").denied()).unwrap();
        let sign_in = bench.x("T1", whoami().at_address("203.0.113.9").effect(Effect::Assume).denied()).unwrap();
        assert!((refused - 0.9 * unknown).abs() < 0.002 && (sign_in - 0.5 * unknown).abs() < 0.002);
    }

    #[test]
    fn an_address_habit_needs_no_zone() {
        let bench = Bench::mature().also_daily(act().at_address("203.0.113.9"));
        assert_eq!(bench.x("T1", act().at_address("203.0.113.77")), None);
        assert!(bench.x("T1", act().at_address("192.0.2.9")).is_some());
    }

    #[test]
    fn a_closed_list_needs_no_history() {
        let bench = Bench::young().declare("[workload.expect]\nzones = [\"nat\"]\n");
        let whoami = || act().action("sts:GetCallerIdentity", 0);
        assert_eq!(bench.x("T1", whoami().at_address("203.0.113.9")), Some(0.9));
        assert_eq!(bench.x("T1", whoami().from("corp")), Some(0.75));
    }

    #[test]
    fn a_list_that_was_left_all_along_is_no_longer_believed() {
        let roams = |networks: i64| {
            let days = (0..networks).map(|n| (-26 + 4 * n, act().at_address(&format!("192.0.{n}.9"))));
            days.fold(Bench::mature(), |bench, (day, away)| bench.also_on(&[day], away))
        };
        let strange = || act().action("sts:GetCallerIdentity", 0).at_address("203.0.113.9");
        let listed = "[workload.expect]\nzones = [\"nat\"]\n";
        assert_eq!(roams(3).declare(listed).x("T1", strange()), Some(0.9));
        let habit = roams(6).x("T1", strange()).unwrap();
        let left = roams(6).declare(listed).x("T1", strange()).unwrap();
        assert!((left - habit.max(0.25 * 0.9)).abs() < 0.002, "{left} {habit}");
        // Many of one day refute nothing.
        let burst = (0..9).fold(Bench::mature(), |bench, n| bench.also_on(&[-6], act().at_address(&format!("192.0.{n}.9"))));
        assert_eq!(burst.declare(listed).x("T1", strange()), Some(0.9));
    }

    #[test]
    fn a_known_network_outside_the_profile_is_forgiven_for_a_while_only() {
        let bench = Bench::mature().declare("[workload.expect]\nzones = [\"nat\"]\n");
        let full = bench.x("T1", act().from("corp").agent("curl")).unwrap();
        let first = bench.x("T1", act().from("corp")).unwrap();
        assert!((first - 0.5 * full).abs() < 0.002, "{first} {full}");
        let alone = bench.found_after(&[act().from("corp")], act().at_hour(16));
        assert!(alone.iter().any(|(code, x)| code == "T1" && *x == full), "in two places: {alone:?}");
        let moved = bench.found_after(&[act().from("corp")], act().from("corp").at_hour(16));
        assert!(moved.iter().all(|(code, x)| code != "T1" || *x < full), "moved for good: {moved:?}");
        // Where nothing is declared, old work in a known network stays half a surprise.
        let once = Bench::mature().x("T1", act().from("corp")).unwrap();
        let alone = Bench::mature().found_after(&[act().from("corp")], act().at_hour(16));
        assert!(alone.iter().all(|(code, x)| code != "T1" || *x <= once), "{once}: {alone:?}");
    }

    #[test]
    fn who_shares_a_network_may_be_followed_without_peers() {
        let weight = |home: &str| {
            let lone = || act().by("lone").in_group("nobody else").from(home);
            let (judge, state, _) = Bench::mature().also_daily(lone()).run(&[lone().at_address("203.0.113.9")]);
            let record = judge.ask(&state, "lone", vires_profile::observation::Mapping::Mapped).unwrap();
            record.evidence.iter().filter(|e| e.code == crate::Code::T1).map(|e| e.x).fold(0.0, f64::max)
        };
        let (shared, own) = (weight("nat"), weight("cellar"));
        assert!(shared > 0.2 && (own - 2.0 * shared).abs() < 0.004, "{shared} {own}");
    }

    #[test]
    fn what_moves_keeps_its_hours() {
        let bench = Bench::mature();
        let strange = |hour| act().at_address("203.0.113.9").at_hour(hour);
        let (usual, night) = (bench.x("T1", strange(10)).unwrap(), bench.x("T1", strange(3)).unwrap());
        assert!((night - 2.0 * usual).abs() < 0.004, "{usual} {night}");
    }

    #[test]
    fn who_moves_leaves_and_who_is_copied_stays() {
        // Active around the clock.
        let bench = (0..24).fold(Bench::mature(), |bench, hour| bench.also_daily_times(act().at_hour(hour), 2));
        let strange = |hour| act().at_address("203.0.113.9").at_hour(hour);
        let t1 = |before: &[crate::bench::Act], last| {
            bench.found_after(before, last).into_iter().filter(|(code, _)| code == "T1").map(|(_, x)| x).fold(0.0, f64::max)
        };
        let full = bench.x("T1", strange(11).agent("curl")).unwrap();
        let half = bench.x("T1", strange(11)).unwrap();
        assert!(half < 0.6 * full, "{half} {full}");
        // Seen where it always is an hour later: it is in two places.
        assert_eq!(t1(&[strange(11)], act().at_hour(12)), full);
        assert_eq!(t1(&[strange(11), act().at_hour(12)], strange(13)), full, "and stays so");
        // Hours later in the new network, and never again in the old one: it moved.
        assert_eq!(t1(&[strange(11)], strange(18)), half);
        assert_eq!(t1(&[strange(11), strange(18)], act().at_hour(19)), full, "until it is seen there");
        // It moved, and then somebody else comes from a third network: that is no second move.
        let third = |hour| act().at_address("192.0.2.9").at_hour(hour);
        assert_eq!(t1(&[strange(9), strange(12), third(13), strange(14)], third(19)), full);
    }

    #[test]
    fn one_of_many_addresses_counts() {
        let one = Bench::mature().verdict_after(&[act().at_address("203.0.113.9").action("sts:GetCallerIdentity", 0)]);
        let many: Vec<_> = (0..40).map(|n| act().at_address(&format!("198.51.{n}.7")).action("sts:GetCallerIdentity", 0)).collect();
        let weight = |acts: &[crate::bench::Act]| Bench::mature().weight_of("T1", acts);
        assert_eq!(weight(&many[..1]), weight(&many));
        assert_eq!(Bench::mature().verdict_after(&many), one);
    }

    #[test]
    fn new_work_and_another_tool_make_a_strange_network_stranger() {
        // A network that nobody knows may still be a chance.
        let mut bench = Bench::mature();
        bench.tuning.novelty.bits_high = 24.0;
        let strange = |agent: Option<&str>, action: &str| {
            let act = act().at_address("203.0.113.9").action(action, 0);
            bench.x("T1", agent.map_or(act.clone(), |agent| act.agent(agent))).unwrap()
        };
        let (tool, work) = (strange(Some("curl"), "s3:GetObject"), strange(None, "iam:ListUsers"));
        let both = strange(Some("curl"), "iam:ListUsers");
        assert!(tool < work && work < both, "{tool} {work} {both}");
        // Where peers are at home it is not the network that is strange.
        let peers = bench.clone().peers_also(act().at_address("203.0.113.9"));
        let known = |action: &str| peers.x("T1", act().at_address("203.0.113.9").agent("curl").action(action, 0)).unwrap_or(0.0);
        assert_eq!(known("s3:GetObject"), known("iam:ListUsers"));
    }

    #[test]
    fn what_is_given_up_is_not_moved() {
        let at = |bench: Bench| bench.x("T1", act().at_address("203.0.113.9")).unwrap();
        let waits = at(Bench::mature());
        assert!((at(Bench::mature().declare("status = \"deprecated\"\n")) - 2.0 * waits).abs() < 0.002, "{waits}");
    }

    #[test]
    fn old_work_from_a_new_network_waits_for_company() {
        let bench = Bench::mature();
        let moved = || act().at_address("203.0.113.9");
        let full = bench.x("T1", moved().agent("curl")).unwrap();
        let first = bench.x("T1", moved()).unwrap();
        assert!((first - 0.5 * full).abs() < 0.002, "{first} {full}");
        // Three others came with their old work: the network changed.
        let others: Vec<_> = (1..4).map(|i| moved().by(&format!("peer{i}"))).collect();
        let together = bench.found_after(&others, moved());
        assert!(together.iter().any(|(code, x)| code == "T1" && *x < 0.4 * full), "{together:?}");
        // Data of a class it never had is not its old work.
        assert!(bench.x("T1", moved().target("s3:api-data/payroll", 3)).unwrap() > 1.9 * first);
        // Nobody came: hours later it counts in full, wherever the workload is by then.
        for later in [moved().at_hour(16), act().at_hour(16)] {
            let alone = bench.found_after(&[moved()], later);
            assert!(alone.iter().any(|(code, x)| code == "T1" && *x == full), "{alone:?}");
        }
    }
}
