//! T4 — a person behind it.
//!
//! # Escalates when
//! an identity made for software is used with a person's tool: the console, a browser, a shell.
//!
//! # Why
//! People borrow service accounts because they may more than they do, and so do thieves. Either way nobody can say who acted.
//!
//! # Stays quiet when
//! interactive use is a habit, or the profile says `allow_interactive = true`. Without profile or history it counts in part.
//!
//! # Tuning
//! `weights.interactive`, `novelty.young`.
//!
//! # References
//! OWASP NHI10:2025 (human use of NHI); ATT&CK T1078.004; NIST SP 800-53 AC-2(12); NIST CSF 2.0 DE.CM-03.

use crate::evidence::Finding;
use crate::surprisal::{Declared, Standing};
use crate::view::{Draft, View};
use crate::{Break, Code};
use vires_event::{Boundary, Kind};
use vires_profile::Workload;
use vires_profile::baseline::Facet;

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    // A record of a sign-in looks like a person's whoever signs in; the inventory knows who is software.
    let person = view.is_person() || (view.o.kind == Kind::Human && view.profile.is_none());
    if view.o.interactive != Some(true) || person {
        return;
    }
    let allowed = view.profile.and_then(|p| p.expect.allow_interactive);
    let gauge = view.gauge_declared(Facet::Interactive, "yes", Declared::Open);
    if allowed == Some(true) || (allowed.is_none() && gauge.standing == Standing::Established) {
        return;
    }
    let declared = allowed == Some(false) || view.profile.is_some_and(Workload::has_profile);
    Draft::new(Code::T4, Some(Boundary::Trust), Break::Ownership, "interactive", "yes")
        .times("interactive", view.tuning.weights.interactive)
        .times("maturity", if declared { 1.0 } else { view.memory.maturity() })
        .times("outcome", view.trust_outcome())
        .says("software only", format!("used by hand, with {}", view.o.ua.as_deref().unwrap_or("an interactive tool")))
        .put(found);
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, act};

    #[test]
    fn hands_on_a_service_account_count() {
        assert_eq!(Bench::mature().x("T4", act().interactive()), Some(0.85));
        assert_eq!(Bench::mature().x("T4", act()), None);
        assert_eq!(Bench::mature().also_daily(act().interactive()).x("T4", act().interactive()), None);
        assert_eq!(Bench::mature().declare("[workload.expect]\nallow_interactive = true\n").x("T4", act().interactive()), None);
        // The record of a console sign-in is that of a person, unless the inventory knows better.
        let sign_in = || act().interactive().kind(vires_event::Kind::Human);
        assert_eq!(Bench::mature().x("T4", sign_in()), Some(0.85));
        // Nothing known, nothing declared: not enough to escalate on.
        assert!(Bench::young().x("T4", act().interactive()).unwrap() < 0.5);
    }
}
