//! D1 — data of a class it has no business with.
//!
//! # Escalates when
//! it touches data above the profile's `max_data_class`; or, where none is declared, confidential or restricted data for the
//! first time after a week of history.
//!
//! # Why
//! Reaching the crown jewels is the point of most intrusions, and the class of data is what owners know best about a workload.
//!
//! # Stays quiet when
//! that class is a habit of the workload. Looking at a dataset's description without reading it counts `sensitivity.metadata`,
//! writing to it `sensitivity.written_class`; a Kubernetes secret in the own namespace that is called after the account
//! `sensitivity.own_credential`. Tokens of a session of its own are no data.
//!
//! # Tuning
//! `weights.class_excess`, `weights.class_new`, `sensitivity.metadata`, `sensitivity.written_class`,
//! `sensitivity.denied`.
//!
//! # References
//! OWASP NHI5:2025; ATT&CK T1530, T1555.006; NIST CSF 2.0 DE.CM-03.

use crate::evidence::Finding;
use crate::surprisal::{Declared, Standing};
use crate::view::{Draft, View, class_name};
use crate::{Break, Code};
use vires_event::Boundary;
use vires_profile::baseline::Facet;
use vires_profile::observation::lists_target;

/// Active days before a first contact says anything.
const SETTLED: u32 = 7;

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    let Some(class) = view.o.data_class else { return };
    let name = class_name(class);
    let max = view.profile.and_then(|p| p.expect.max_data_class);
    if max.is_none() && class < 2 || max.is_some_and(|max| class <= max) {
        return;
    }
    let gauge = view.gauge_declared(Facet::DataClass, name, Declared::Open);
    // The token of a session of one's own is no data.
    if gauge.standing == Standing::Established || view.signs_in() {
        return;
    }
    let target = view.o.targets.first().map_or("", |t| &t.name);
    // A profile that lists the thing itself has said of what class its data may be.
    if let Some(list) = view.list(|e| e.resources.as_ref()).filter(|_| max.is_some())
        && view.o.targets.first().is_some_and(|t| lists_target(list, &t.name))
    {
        return;
    }
    let (what, weight, expected) = match max {
        Some(max) => {
            (format!("class {class} above {max}"), view.tuning.weights.class_excess, format!("at most class {max} (declared)"))
        }
        None if view.memory.days >= SETTLED && gauge.standing != Standing::Rare => (
            format!("first contact with class {class}"),
            view.tuning.weights.class_new.get(usize::from(class)).copied().unwrap_or(0.0),
            "no data of this class so far".into(),
        ),
        None => return,
    };
    Draft::new(Code::D1, Some(Boundary::Data), Break::Purpose, "data_class", name)
        .times(what, weight)
        .times("seen before", if gauge.is_new() { 1.0 } else { view.tuning.declared.seen })
        .times("with peers", view.together(&view.action))
        .times("peers touch it", if max.is_none() { view.rest_of_peers(&gauge) } else { 1.0 })
        .times("metadata only", view.metadata())
        .times("own secret", view.own_secret())
        .times("written", if view.writes() { view.tuning.sensitivity.written_class } else { 1.0 })
        .times("outcome", view.outcome())
        .says(expected, format!("class {class}: {}", view.observed(target, &gauge)))
        .put(found);
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, act};

    #[test]
    fn a_class_above_the_declared_or_the_usual_counts() {
        let declared = Bench::mature().declare("[workload.expect]\nmax_data_class = 1\n");
        assert_eq!(declared.x("D1", act().target("s3:payroll/x/y", 3)), Some(0.8));
        assert_eq!(declared.x("D1", act().target("s3:other/x/y", 1)), None);
        let learned = Bench::mature();
        assert_eq!(learned.x("D1", act().target("s3:payroll/x/y", 3)), Some(0.7));
        assert_eq!(learned.x("D1", act().action("s3:ListBucket", 0).target("s3:payroll/x/y", 3)), Some(0.28));
        let habit = Bench::mature().also_daily(act().target("s3:payroll/x/y", 3));
        assert_eq!(habit.x("D1", act().target("s3:payroll/z/y", 3)), None);
        assert_eq!(Bench::young().x("D1", act().target("s3:payroll/x/y", 3)), None);
    }
}
