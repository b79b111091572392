//! T1 — from somewhere it never comes from.
//!
//! # Escalates when
//! the request comes from a zone, or a network no zone covers, that the workload never used or its profile does not list. A
//! network nobody named (`unknown`) weighs most and is never discounted by what peers do.
//!
//! # Why
//! A stolen credential works everywhere. That it is used elsewhere is often the only thing a thief cannot hide.
//!
//! # Stays quiet when
//! the origin is a habit, or the workload comes from new networks all the time, as hosted runners do. The provider's own
//! services hardly count. Where no zones are declared, habits are kept by network, not as one word `unknown`. A refused request
//! counts almost in full, because it proves who holds the credential; a refused sign-in proves nothing and counts half.
//!
//! # Tuning
//! `weights.origin_unknown`, `origin_declared_outside`, `origin_known`, `origin_provider`, `sensitivity.denied_trust`. An
//! exception discounts an unknown network only if it names that network and is a penetration test or a break-glass.
//!
//! # References
//! OWASP NHI2:2025 (secret leakage); ATT&CK T1078.004, T1552; NIST CSF 2.0 DE.CM-09, DE.CM-01.

use crate::evidence::Finding;
use crate::surprisal::Declared;
use crate::view::{Draft, View};
use crate::{Break, Code};
use vires_event::Boundary;
use vires_profile::baseline::Facet;
use vires_profile::zones::ZoneClass;

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
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
    let list = view.list(|e| e.zones.as_ref());
    let from = match view.o.ip.as_deref() {
        Some(ip) => format!("from {ip} in {}", view.observed(origin, gauge)),
        None => format!("from {}", view.observed(origin, gauge)),
    };
    Draft::new(Code::T1, Some(Boundary::Trust), Break::AccessPattern, "zone", origin)
        .times("g", gauge.g)
        .times(what, weight)
        .times("outcome", view.trust_outcome())
        .gauge(gauge.clone())
        .says(view.expected(Facet::Zone, list), from)
        .put(found);
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, act};
    use vires_event::Effect;

    #[test]
    fn strangers_networks_weigh_most() {
        let bench = Bench::mature();
        let unknown = bench.x("T1", act().at_address("203.0.113.9")).unwrap();
        let known = bench.x("T1", act().from("corp")).unwrap();
        assert!(unknown > 0.6 && known < unknown, "{unknown} {known}");
        assert_eq!(bench.x("T1", act()), None);
        // A refused request proves its sender; a refused sign-in does not.
        let refused = bench.x("T1", act().at_address("203.0.113.9").denied()).unwrap();
        let sign_in = bench.x("T1", act().at_address("203.0.113.9").effect(Effect::Assume).denied()).unwrap();
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
        assert_eq!(bench.x("T1", act().at_address("203.0.113.9")), Some(0.9));
        assert_eq!(bench.x("T1", act().from("corp")), Some(0.75));
    }
}
