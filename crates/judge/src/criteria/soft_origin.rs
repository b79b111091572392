//! T7 — another network operator, another tool.
//!
//! # Escalates when
//! the autonomous system or the user agent is new to the workload. Only the greater of the two counts: they change together. It
//! never escalates alone.
//!
//! # Why
//! Both are easily forged and change with every upgrade, so they are weak; but they cost nothing to check, and sloppy thieves
//! give themselves away.
//!
//! # Stays quiet when
//! either is a habit, or the operator changed together with the network. Versions are not compared, only products and
//! operators.
//!
//! # Tuning
//! `weights.asn`, `weights.ua`, `[coadopt]`.
//!
//! # References
//! ATT&CK T1078.004; NIST CSF 2.0 DE.CM-01. User agents alone must never excuse anything: they are an easy bypass.

use crate::evidence::Finding;
use crate::surprisal::Declared;
use crate::view::{Draft, View};
use crate::{Break, Code};
use vires_event::Boundary;
use vires_profile::baseline::Facet;
use vires_profile::zones::ZoneClass;

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    // The provider's services bring their own network and tools.
    if view.o.zone_class == ZoneClass::ProviderService {
        return;
    }
    let weights = &view.tuning.weights;
    let draft = |facet: Facet, value: Option<&str>, what: &'static str, weight: f64| {
        let value = value.filter(|v| !v.is_empty())?;
        let gauge = view.gauge_declared(facet, value, Declared::Open);
        (gauge.v > 0.0).then(|| {
            let x = gauge.v * weight;
            let draft = Draft::new(Code::T7, Some(Boundary::Trust), Break::AccessPattern, facet.word(), value)
                .times("v", gauge.v)
                .times(what, weight)
                .times("outcome", view.trust_outcome())
                .gauge(gauge.clone())
                .says(view.expected(facet, None), format!("with {}", view.observed(value, &gauge)));
            (x, draft)
        })
    };
    // Another network mostly has another operator: that is one fact, and `origin` weighs it already.
    let asn = view.o.asn.as_deref().filter(|_| !view.origin_is_new());
    let asn = draft(Facet::Asn, asn, "asn", weights.asn);
    let agent = draft(Facet::UserAgent, view.o.ua.as_deref(), "ua", weights.ua);
    let greater = match (asn, agent) {
        (Some(a), Some(b)) => Some(if a.0 >= b.0 { a } else { b }),
        (a, b) => a.or(b),
    };
    if let Some((_, draft)) = greater {
        draft.put(found);
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, act};

    #[test]
    fn one_weak_sign_however_much_changes() {
        let bench = Bench::mature();
        let agent = bench.x("T7", act().agent("curl")).unwrap();
        let both = bench.x("T7", act().agent("curl").asn("AS64511")).unwrap();
        assert!(agent <= 0.3 && both <= 0.35 && both >= agent, "{agent} {both}");
        assert_eq!(bench.found(act().agent("curl").asn("AS64511")).iter().filter(|(c, _)| c == "T7").count(), 1);
        assert_eq!(bench.x("T7", act()), None);
        assert_eq!(bench.x("T7", act().asn("AS64511").at_address("203.0.113.9")), None);
    }
}
