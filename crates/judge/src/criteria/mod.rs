//! The criteria, one file each. The head of a file is its reference page: when it escalates, why, when it stays quiet, how it
//! is tuned, and what it goes back to. `vires explain <criterion>` prints it.
//!
//! To add one: a file here, a row in [`REGISTRY`], a code, its weight in the tuning.

pub(crate) use credential::NOBODY;
pub(crate) use origin::FOR_NOW;
pub(crate) use place::account_of;
pub(crate) use role_edge::has_power;

use crate::Code;
use crate::evidence::Finding;
use crate::view::View;

/// One way in which activity can be out of line.
#[derive(Debug)]
pub struct Criterion {
    /// Its evidence code.
    pub code: Code,
    /// Its name.
    pub name: &'static str,
    /// Standards it answers to: `owasp:…`, `csf:…`.
    pub standards: &'static [&'static str],
    /// The source file, whose head is the documentation: see [`Criterion::doc`].
    source: &'static str,
    look: fn(&View<'_>, &mut Vec<Finding>),
}

impl Criterion {
    /// The reference page, in Markdown.
    pub fn doc(&self) -> String {
        let lines = self.source.lines().map_while(|l| l.strip_prefix("//!"));
        lines.map(|l| l.strip_prefix(' ').unwrap_or(l)).collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn look(&self, view: &View<'_>, found: &mut Vec<Finding>) {
        (self.look)(view, found);
    }
}

/// The criterion of a code or a name.
pub fn criterion(word: &str) -> Option<&'static Criterion> {
    REGISTRY.iter().find(|c| c.name.eq_ignore_ascii_case(word) || c.code.as_str().eq_ignore_ascii_case(word))
}

macro_rules! registry {
    ($($code:ident $name:ident [$($standard:literal),*];)+) => {
        $(pub(crate) mod $name;)+

        /// All criteria, in the order of their codes.
        pub static REGISTRY: &[Criterion] = &[$(Criterion {
            code: Code::$code,
            name: stringify!($name),
            standards: &[$($standard),*],
            source: include_str!(concat!(stringify!($name), ".rs")),
            look: $name::look,
        }),+];
    };
}

registry! {
    N1 forbidden ["owasp:NHI5:2025", "csf:DE.CM-03"];
    P1 tier_excess ["owasp:NHI5:2025", "csf:DE.CM-03"];
    P2 new_action ["owasp:NHI5:2025", "csf:DE.CM-03"];
    P3 role_edge ["owasp:NHI5:2025", "csf:DE.CM-09"];
    P4 admin_target ["owasp:NHI5:2025", "csf:DE.CM-03"];
    P5 probing ["owasp:NHI5:2025", "csf:DE.CM-03"];
    P6 privileged_volume ["owasp:NHI5:2025", "csf:DE.CM-03"];
    P7 irreversible ["owasp:NHI5:2025", "csf:DE.CM-03"];
    D1 class_excess ["owasp:NHI5:2025", "csf:DE.CM-03"];
    D2 new_dataset ["owasp:NHI5:2025", "csf:DE.CM-03"];
    D3 sensitive_volume ["csf:DE.CM-03"];
    D4 egress ["owasp:NHI3:2025", "csf:DE.CM-06"];
    D5 slow_change ["csf:DE.CM-03"];
    T1 origin ["owasp:NHI2:2025", "csf:DE.CM-09"];
    C1 campaign ["owasp:NHI2:2025", "csf:DE.AE-03"];
    T2 place ["owasp:NHI8:2025", "csf:DE.CM-09"];
    T3 credential ["owasp:NHI4:2025", "csf:DE.CM-09"];
    T4 interactive ["owasp:NHI10:2025", "csf:DE.CM-03"];
    T5 lifecycle ["owasp:NHI1:2025", "csf:DE.CM-09"];
    T6 region ["owasp:NHI8:2025", "csf:DE.CM-01"];
    T7 soft_origin ["owasp:NHI2:2025", "csf:DE.CM-01"];
    T8 delegation ["owasp:NHI5:2025", "csf:DE.CM-03"];
    T9 shared_use ["owasp:NHI9:2025", "csf:DE.CM-09"];
    V1 off_hours ["csf:DE.CM-03"];
    V2 total_volume ["csf:DE.CM-03"];
    V3 detection ["csf:DE.AE-03"];
    V4 fan_out ["csf:DE.CM-03"];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_one_documented_criterion() {
        assert_eq!(REGISTRY.iter().map(|c| c.code).collect::<Vec<_>>(), Code::ALL);
        for criterion in REGISTRY {
            let doc = criterion.doc();
            for heading in ["# Escalates when", "# Why", "# Stays quiet when", "# Tuning", "# References"] {
                assert!(doc.contains(heading), "{} has no heading `{heading}`", criterion.name);
            }
            assert!(doc.lines().next().is_some_and(|l| l.starts_with(criterion.code.as_str())), "{}", criterion.name);
            assert!(!criterion.standards.is_empty());
        }
        assert_eq!(criterion("p2").map(|c| c.name), Some("new_action"));
        assert_eq!(criterion("Origin").map(|c| c.code), Some(Code::T1));
        assert!(criterion("nonsense").is_none());
    }
}
