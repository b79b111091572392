//! P4 — administering what it never administered.
//!
//! # Escalates when
//! a tier 4 action (granting, minting credentials, exposing, tampering with defences) hits a target the workload never touched.
//!
//! # Why
//! For identities whose daily work is administration (infrastructure as code, vaults, CI) the action itself is no news; the
//! object is.
//!
//! # Stays quiet when
//! the target is a habit, is declared, lies within what the workload already administers (`novelty.child`), or the workload administers
//! something new all the time, as infrastructure as code does. Only what it administered counts, not what it read or wrote. Data that
//! is exposed is for `new_dataset` to weigh, the object of a new action for `new_action`: one fact is not counted twice.
//! What it made itself just now counts `sensitivity.just_made`.
//!
//! Of several targets in one folder, mount or namespace the strangest counts.
//!
//! # Tuning
//! `weights.t4_target`, `[novelty]`, `[declared]`.
//!
//! # References
//! OWASP NHI5:2025; ATT&CK T1098; NIST CSF 2.0 DE.CM-03.

use crate::evidence::Finding;
use crate::surprisal::Declared;
use crate::view::{Draft, View, declared};
use crate::{Break, Code};
use vires_event::Boundary;
use vires_profile::baseline::Facet;
use vires_profile::observation::lists_target;

/// True for policies and roles of the vendors that give everything: whoever hands one out for the first time does not do what it does
/// daily, however many others it hands out.
fn gives_everything(target: &str) -> bool {
    const NAMES: [&str; 9] = [
        "administratoraccess",
        "administratoraccess-amplify",
        "iamfullaccess",
        "owner",
        "roles/owner",
        "cluster-admin",
        "accountadmin",
        "global administrator",
        "user access administrator",
    ];
    let name = target.split_once(':').map_or(target, |(_, name)| name);
    let last = name.rsplit('/').next().unwrap_or(name);
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known) || last.eq_ignore_ascii_case(known))
}

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    // Whoever never administered anything has a new action, which says the same.
    if !view.administers() || !view.memory.knows_any(Facet::Admin) {
        return;
    }
    let list = view.list(|e| e.resources.as_ref());
    let facet = Facet::Admin;
    for (target, dataset) in view.o.targets.iter().zip(&view.o.datasets) {
        let gauge = view.gauge_declared(facet, dataset, declared(list.map(|l| lists_target(l, &target.name))));
        // An undeclared target of an administrator is for `new_dataset` to weigh; here only the surprise counts.
        let measure = if gauge.declared == Declared::Outside { gauge.v } else { gauge.g };
        let everything = gauge.is_new() && gives_everything(&target.name);
        let measure = if everything { measure.max(gauge.maturity) } else { measure };
        // The object of a new action is new with it: one fact, told by whichever says it louder.
        if measure == 0.0 || (view.action.is_new() && view.action.g >= measure) {
            continue;
        }
        let weights = &view.tuning.weights;
        let (what, weight) =
            if everything { ("gives everything", weights.role_edge_admin) } else { ("t4_target", weights.t4_target) };
        let measured = match (everything, gauge.declared) {
            (true, _) => "new",
            (false, Declared::Outside) => "v",
            (false, _) => "g",
        };
        Draft::new(Code::P4, Some(Boundary::Privilege), Break::Purpose, "resource", &*target.name)
            .times(measured, measure)
            .times(what, weight)
            .times("own credential", view.renewal())
            .times("own thing", view.just_made().min(view.own_target(dataset)))
            .times("outcome", view.outcome())
            .gauge(gauge.clone())
            .says(view.expected(facet, list), format!("administered {}", view.observed(&target.name, &gauge)))
            .put(found);
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, act};

    #[test]
    fn a_loop_over_one_folder_is_one_fact() {
        let put = |target: &str| act().action("vault:write", 4).target(target, 1);
        let bench = Bench::mature().also_daily(put("vault:sys/policies/acl/web"));
        let score = |targets: &[&str]| bench.run(&targets.iter().map(|t| put(t)).collect::<Vec<_>>()).2.last().unwrap().verdict.score;
        let one = score(&["vault:db/roles/a"]);
        assert!(one > 10.0);
        assert_eq!(score(&["vault:db/roles/a", "vault:db/roles/b", "vault:db/roles/c"]), one);
        assert!(score(&["vault:db/roles/a", "vault:pki/roles/b"]) > one);
    }

    #[test]
    fn a_habitual_administrator_surprises_with_the_object() {
        let bench = Bench::mature().also_daily(act().action("iam:PutRolePolicy", 4).target("iam:web-role", 1));
        assert_eq!(bench.x("P4", act().action("iam:PutRolePolicy", 4).target("iam:web-role", 1)), None);
        assert!(bench.x("P4", act().action("iam:PutRolePolicy", 4).target("iam:finance-admin", 1)).unwrap() > 0.2);
        // Who meets new ones every day still never gave everything.
        let daily = (0..30).fold(bench.clone(), |b, n| b.also_on(&[-n], act().action("iam:PutRolePolicy", 4).target(&format!("iam:{n}x-web"), 1)));
        let put = |target: &str| daily.x("P4", act().action("iam:PutRolePolicy", 4).target(target, 1)).unwrap_or(0.0);
        assert!(put("iam:ReadOnlyAccess") < 0.2 && put("iam:AdministratorAccess") == 0.75);
        assert_eq!(bench.x("P4", act().action("iam:GetRole", 0).target("iam:finance-admin", 1)), None);
        // The object of a new action is no second surprise, unless the action is declared and says little.
        let attach = || act().action("iam:AttachRolePolicy", 4).target("iam:finance-admin", 1);
        assert_eq!(bench.x("P4", attach()), None);
        assert!(bench.declare("[workload.expect]\nactions = [\"iam:*\", \"s3:*\", \"dynamodb:*\"]\n").x("P4", attach()).unwrap() > 0.2);
    }
}
