//! P2 — an action it never took.
//!
//! # Escalates when
//! the workload does something it never did before, in proportion to the surprise and to the tier: a new metadata call weighs
//! next to nothing, a first administrative call almost fully.
//!
//! # Why
//! First use of a privilege is the common moment of misuse, from added keys to stopped logging. A list of dangerous actions
//! cannot see it, because the same calls are somebody else's daily work.
//!
//! # Stays quiet when
//! the action is a habit, is declared, is common among peers, or the workload shows new actions of that tier all the time.
//! Refused and failed requests count half; a new action within the declared `max_tier` counts `sensitivity.inside_tier`, from tier 3 on
//! only if the workload has had that kind of effect before and is no agent; the same without a profile for running
//! something on what it always runs something on. Changing or starting what bears its own name counts
//! `sensitivity.own_thing`, changing, granting on (within the house) or destroying what it made itself today or yesterday
//! `sensitivity.just_made`; handing something out to nobody but those whom the profile lists, or to services of
//! the cloud for what belongs to the own account, `sensitivity.to_declared`. One more act of
//! an administrator that is no grave one (below severity 4) counts `sensitivity.inside_tier`, if it has that effect as a habit, several
//! administrative acts, or any and a declared tier of 4; the same for making accounts (ATT&CK T1136), if it hands out rights as a habit.
//! Another's making of an account counts `sensitivity.action_severity` by the catalogue's severity: a shell that nobody holds the key to.
//! Signing in as itself `sensitivity.own_credential`; what part of the peers do counts by the part that does not. What runs or destroys,
//! and is grave by the catalogue (severity 4 and 5), weighs `sensitivity.action_grave`.
//!
//! # Tuning
//! `sensitivity.action` by tier, `action_severity`, `action_grave`, `inside_tier`, `inside_habit`, `own_thing`, `own_credential`,
//! `takes_back`, `to_declared` of the same section, `[novelty]`, `[declared]`.
//!
//! # References
//! OWASP NHI5:2025; ATT&CK T1078.004, T1098; NIST CSF 2.0 DE.CM-03.

use crate::evidence::Finding;
use crate::surprisal::{Declared, Gauge};
use crate::view::{Draft, View};
use crate::{Break, Code};
use std::borrow::Cow;
use vires_event::{Boundary, Effect, Link};
use vires_profile::baseline::Facet;

/// Severity, 1 to 5, of what gives everything away: administrators made, trust handed to outsiders, guards taken down.
const CRITICAL: u8 = 5;
/// The same of what runs code of one's choice on what belongs to others, or takes data out.
const GRAVE: u8 = 4;

/// How surprising the action is. Of what a workload never had the effect of, its habit of trying actions of that tier excuses nothing:
/// who grants something new every week still never stopped a log, nor destroyed what nobody gets back. Nor does its habit of the verb: who
/// writes policies every day never opened one to everybody.
fn surprise(view: &View<'_>) -> Option<(Gauge, Facet)> {
    let (action, facet) = (&view.action, Facet::action(view.o.tier));
    if view.o.action.is_empty() {
        return None;
    }
    let destroys = view.o.effect == Some(Effect::Destructive) && view.o.severity >= Some(GRAVE);
    if let Some(effect) = view.o.effect.filter(|_| (view.o.tier >= 4 || destroys) && !action.coadopted)
        && !view.knows_effect()
    {
        let first = view.gauge_declared(Facet::Effect, effect.as_str(), action.declared);
        if first.g > action.g {
            return Some((first, Facet::Effect));
        }
    }
    (action.g > 0.0).then(|| (action.clone(), facet))
}

/// True for taking back a right of a sort that the workload hands out as a habit: who grants it also revokes it.
fn takes_back(view: &View<'_>) -> bool {
    if view.o.effect != Some(Effect::Grant) || view.action.declared == Declared::Outside {
        return false;
    }
    let Some((service, noun)) = taken(&view.o.action) else { return false };
    let mut habit = false;
    view.memory.for_each_layer(|learned| {
        habit |= learned.of(Facet::ActionT4).iter().any(|known| {
            given(known.name()).is_some_and(|(s, n)| s.eq_ignore_ascii_case(service) && n.eq_ignore_ascii_case(noun))
        });
    });
    habit
}

/// True for a workload whose habit is to administer, from where it always is: a habit of this effect, or of several administrative acts;
/// of any, if its profile appoints it. One more that is no grave one is its trade.
fn administers_daily(view: &View<'_>) -> bool {
    const SEVERAL: usize = 3;
    // To take down guards, to open data and to destroy is nobody's trade.
    if !matches!(view.o.effect, Some(Effect::Grant | Effect::CredentialMint)) && !view.does_habitually() {
        return false;
    }
    if view.origin_is_new() || view.o.interactive == Some(true) {
        return false;
    }
    let mut known: Vec<&str> = Vec::new();
    view.memory.for_each_layer(|learned| known.extend(learned.of(Facet::ActionT4).iter().map(|known| &**known.name())));
    // What is known from before and again from these days is one.
    known.sort_unstable();
    known.dedup();
    // Who hands out rights every day may make who gets them, but no keys.
    let grants = makes_account(view) && view.is_habit(Effect::Grant);
    let appointed = view.profile.and_then(|p| p.expect.max_tier).is_some_and(|max| max >= 4);
    view.does_habitually() || grants || known.len() >= if appointed { 1 } else { SEVERAL }
}

/// True for handing something out to nobody but those whom the profile lists for that, or services of the cloud that act for the own account.
fn to_whom_it_may(view: &View<'_>) -> bool {
    let hands_out = matches!(view.o.effect, Some(Effect::Exposure | Effect::Grant | Effect::PublishExternal | Effect::CopyOut));
    if hands_out && view.o.links.iter().any(|link| matches!(link, Link::Serves { .. })) {
        return true;
    }
    let Some(list) = view.list(|e| e.destinations.as_ref()).filter(|_| hands_out) else { return false };
    // Whoever lists everybody has authorised nobody.
    let named = |whom: &str| list.iter().any(|glob| !glob.is_any() && glob.matches(whom));
    let mut receivers = view.o.destinations.iter().peekable();
    receivers.peek().is_some() && receivers.all(|whom| named(whom))
}

/// Service and noun of an action, if its verb is one of these.
fn noun_of<'a>(action: &'a str, verbs: &[&str]) -> Option<(&'a str, &'a str)> {
    let (service, name) = action.split_once(':')?;
    // Azure and Google write the verb last, Kubernetes first and apart, Amazon first and in one word.
    let (path, last) = name.rsplit_once(['/', '.']).unwrap_or(("", name));
    if !path.is_empty() && verbs.iter().any(|verb| last.eq_ignore_ascii_case(verb)) {
        return Some((service, path));
    }
    verbs.iter().find_map(|verb| {
        let noun = name.get(..verb.len()).filter(|start| start.eq_ignore_ascii_case(verb)).and(name.get(verb.len()..))?;
        (!noun.is_empty()).then(|| (service, noun.trim_start()))
    })
}

fn taken(action: &str) -> Option<(&str, &str)> {
    noun_of(action, &["Detach", "Delete", "Remove", "Revoke"])
}

fn given(action: &str) -> Option<(&str, &str)> {
    noun_of(action, &["Attach", "Put", "Add", "Create", "Grant", "Write"])
}

/// True for making an account and nothing else, as ATT&CK tells accounts (T1136) from credentials and rights (T1098): a shell, which gives
/// nothing away until something more is done with it, and that counts by itself.
fn makes_account(view: &View<'_>) -> bool {
    let minted = view.o.effect == Some(Effect::CredentialMint);
    minted && !view.o.attack.is_empty() && view.o.attack.iter().all(|technique| technique.starts_with("T1136"))
}

/// What the catalogue's severity leaves of making an account.
fn lightness(view: &View<'_>) -> f64 {
    if view.o.tier < 4 || !makes_account(view) {
        return 1.0;
    }
    let by_severity = &view.tuning.sensitivity.action_severity;
    let at = view.o.severity.and_then(|severity| usize::from(severity).checked_sub(1));
    at.and_then(|at| by_severity.get(at)).copied().unwrap_or(1.0)
}

/// True for running or destroying what the catalogue calls grave: commands on other machines, versions of a backup. Reading is for
/// the criteria of data to weigh.
fn is_grave_execution(view: &View<'_>) -> bool {
    view.o.tier == 3 && view.o.severity >= Some(GRAVE) && matches!(view.o.effect, Some(Effect::Execute | Effect::Destructive))
}

/// The action; where its verb alone is nothing new, with what it is done for.
fn told<'a>(view: &View<'a>) -> Cow<'a, str> {
    let action = &*view.o.action;
    match view.o.effect {
        Some(effect) if view.o.tier >= 4 && !view.memory.sighting(Facet::Action, action).seen.is_empty() => {
            Cow::Owned(format!("{action} as {}", effect.as_str()))
        }
        _ => Cow::Borrowed(action),
    }
}

pub(super) fn look(view: &View<'_>, found: &mut Vec<Finding>) {
    let Some((gauge, facet)) = surprise(view) else { return };
    // Becoming another identity is one fact: `role_edge` tells it, with the identity.
    if view.o.effect == Some(Effect::Assume) && view.o.links.iter().any(|l| matches!(l, Link::Became { .. })) {
        return;
    }
    let knobs = &view.tuning.sensitivity;
    let tier = view.o.tier;
    // The declared tier says how high, not what for: it covers what is of a kind that the workload already does. Agents choose their
    // tools themselves, so what they may reach covers no first use of power.
    let agentic = view.profile.is_some_and(|p| p.agentic);
    let grave = view.o.severity >= Some(GRAVE);
    let daily = tier >= 4 && !grave && !agentic && administers_daily(view);
    let covered = tier < 3
        || daily
        || (view.knows_effect() && !agentic && view.o.severity < Some(if tier < 4 { GRAVE } else { CRITICAL }));
    let inside = covered && view.profile.and_then(|p| p.expect.max_tier).is_some_and(|max| tier <= max);
    // Where nothing is declared the habit does: another verb for what it runs every day, on what it always works on.
    let everyday = !inside
        && (tier, view.o.effect) == (3, Some(Effect::Execute))
        && view.does_habitually()
        && !grave
        && view.on_old_things()
        && !agentic;
    let plain = knobs.action.get(usize::from(tier)).copied().unwrap_or(1.0);
    let (told_tier, weight) = match is_grave_execution(view) && knobs.action_grave > plain {
        true => (format!("tier {tier}, grave"), knobs.action_grave),
        false => (format!("tier {tier}"), plain),
    };
    Draft::new(Code::P2, Some(Boundary::Privilege), Break::Purpose, "action", &*view.o.action)
        .times("g", gauge.g)
        .times(told_tier, weight)
        .times("severity", lightness(view))
        .times("within max_tier", if inside { knobs.inside_tier } else { 1.0 })
        .times("everyday effect", if everyday { knobs.inside_tier } else { 1.0 })
        .times("administers daily", if daily && !inside { knobs.inside_tier } else { 1.0 })
        // Two reasons, but not enough for it to be no news.
        .times("declared and a habit", if daily && inside && view.does_habitually() { knobs.inside_habit } else { 1.0 })
        .times("own credential", view.renewal())
        .times("own thing", view.own_thing().min(view.own_secret()))
        .times("to whom it may", if to_whom_it_may(view) { knobs.to_declared } else { 1.0 })
        .times("takes back", if takes_back(view) { knobs.takes_back } else { 1.0 })
        .times("signs in", if view.signs_in() { knobs.own_credential } else { 1.0 })
        .times("outcome", view.outcome())
        .gauge(gauge.clone())
        .says(view.expected(facet, view.list(|e| e.actions.as_ref())), view.observed(&told(view), &gauge))
        .put(found);
}

#[cfg(test)]
mod tests {
    use crate::bench::{Act, Bench, act};
    use vires_event::Effect;
    use vires_profile::observation::Mapping;

    #[test]
    fn one_more_of_the_trade_is_no_leap() {
        let grant = |verb: &str| act().action(&format!("okta:{verb}"), 4).effect(Effect::Grant).severe(3);
        let bench = Bench::mature().also_daily(grant("group.member.add"));
        let (new, stranger) = (bench.x("P2", grant("app.member.add")).unwrap(), Bench::mature().x("P2", grant("app.member.add")).unwrap());
        assert!((new / stranger - 0.6).abs() < 0.01, "{new} {stranger}");
        // Grave ones, guards taken down, and what comes from elsewhere, count in full.
        let full = |act: crate::bench::Act| bench.x("P2", act).unwrap();
        assert!(full(grant("app.member.add").severe(4)) > 1.5 * new);
        assert!(full(grant("log.stop").effect(Effect::DefenseEvasion)) > 1.5 * new);
        assert!(full(grant("app.member.add").at_address("203.0.113.9")) > 1.5 * new);
        // Who hands out rights may make who gets them, but no keys.
        let make = |technique| grant("make.service").effect(Effect::CredentialMint).technique(technique);
        let (account, key) = (full(make("T1136.003")), full(make("T1098.001")));
        assert!((account / key - 0.6 * 0.85).abs() < 0.01, "{account} {key}");
        // Another effect is covered where the profile appoints an administrator who is one.
        let mint = || grant("app.make").effect(Effect::CredentialMint);
        assert!(full(mint()) > 1.5 * new);
        let appointed = bench.clone().declare("[workload.expect]\nmax_tier = 4\n").x("P2", mint()).unwrap();
        assert!((appointed / full(mint()) - 0.6).abs() < 0.01, "{appointed}");
    }

    #[test]
    fn keeping_one_sort_of_objects_is_one_work() {
        let bench = Bench::mature().also_daily(act().action("k8s:patch rolebindings", 4).effect(Effect::Grant));
        let x = |sort: &str| bench.x("P2", act().action(&format!("k8s:create {sort}"), 4).effect(Effect::Grant)).unwrap();
        assert!((x("rolebindings") / x("clusterrolebindings") - 0.4).abs() < 0.01);
    }

    #[test]
    fn who_is_listed_may_receive() {
        let share = |to: &str| act().action("rds:ModifyDBSnapshotAttribute", 4).effect(Effect::Exposure).sending_to(to);
        let x = |list: &str, to: &str| Bench::mature().declare(&format!("[workload.expect]\ndestinations = [{list}]\n")).x("P2", share(to)).unwrap();
        let open = x("\"222233334444\"", "999988887777");
        assert!((x("\"999988887777\"", "999988887777") - 0.5 * open).abs() < 0.002);
        assert_eq!((x("\"*\"", "999988887777"), x("\"*88887777\"", "")), (open, open));
    }

    #[test]
    fn a_service_of_the_cloud_that_acts_for_us_may_receive() {
        let admit = || act().action("lambda:AddPermission", 4).effect(Effect::Grant);
        let x = |act: Act| Bench::mature().x("P2", act).unwrap();
        assert!((x(admit().serving("events.amazonaws.com")) - 0.5 * x(admit())).abs() < 0.002);
    }

    #[test]
    fn novelty_weighs_by_tier() {
        let bench = Bench::mature();
        let admin = bench.x("P2", act().action("iam:CreateUser", 4)).unwrap();
        let write = bench.x("P2", act().action("s3:PutObject", 2)).unwrap();
        assert!(admin > 0.6 && write < 0.26, "{admin} {write}");
        assert!((bench.x("P2", act().action("iam:CreateUser", 4).denied()).unwrap() - admin / 2.0).abs() < 0.001);
        assert_eq!(bench.x("P2", act()), None);
    }

    #[test]
    fn a_shell_is_no_key_yet() {
        let x = |act: Act| Bench::mature().x("P2", act).unwrap();
        let make = |technique, severity| act().action("iam:Make", 4).effect(Effect::CredentialMint).technique(technique).severe(severity);
        let full = x(act().action("iam:Make", 4).effect(Effect::CredentialMint));
        for (severity, part) in [(1, 0.7), (2, 0.7), (3, 0.85), (4, 1.0), (5, 1.0)] {
            let account = x(make("T1136.003", severity));
            assert!((account - part * full).abs() < 0.002, "{severity} {account} {full}");
            // A key is one however light the catalogue calls it, and so is a membership.
            assert_eq!(x(make("T1098.001", severity)), full);
            assert_eq!(x(make("T1136.003", severity).effect(Effect::Grant)), full);
        }
    }

    #[test]
    fn to_run_and_to_destroy_weigh_by_how_grave_it_is() {
        let x = |effect, severity| Bench::mature().x("P2", act().action("ssm:SendCommand", 3).effect(effect).severe(severity)).unwrap();
        let light = x(Effect::Execute, 3);
        assert!((x(Effect::Execute, 4) / light - 0.72 / 0.6).abs() < 0.01);
        assert_eq!(x(Effect::SecretRead, 4), x(Effect::SecretRead, 3));
    }

    #[test]
    fn declared_and_a_habit_are_two_reasons() {
        let grant = |verb: &str| act().action(&format!("iam:{verb}"), 4).effect(Effect::Grant).severe(3);
        let bench = Bench::mature().also_daily(grant("AttachRolePolicy"));
        let habit = bench.x("P2", grant("CreatePolicy")).unwrap();
        let both = bench.clone().declare("[workload.expect]\nmax_tier = 4\n");
        assert!((both.x("P2", grant("CreatePolicy")).unwrap() - 0.7 * habit).abs() < 0.002);
        let mint = || act().action("iam:CreateLoginProfile", 4).effect(Effect::CredentialMint).severe(3);
        let appointed = both.x("P2", mint()).unwrap();
        assert!((appointed - 0.6 * bench.x("P2", mint()).unwrap()).abs() < 0.002, "one reason alone");
    }

    #[test]
    fn the_first_grave_destruction_is_a_first_whatever_else_is_new() {
        // Something new every few days: one more is no surprise.
        let restless = (1..9).fold(Bench::mature(), |bench, n| bench.also_on(&[-3 * n], act().action(&format!("sqs:Do{n}"), 3)));
        let destroy = |severity| act().action("kms:ScheduleKeyDeletion", 3).effect(Effect::Destructive).severe(severity);
        let (light, grave) = (restless.x("P2", destroy(3)).unwrap(), restless.x("P2", destroy(4)).unwrap());
        assert!(grave > 0.55 && grave > light + 0.1, "{grave} {light}");
        let used = restless.also_daily(act().action("s3:DeleteObjects", 3).effect(Effect::Destructive));
        // Of who destroys daily it is one more action, which weighs by how grave it is.
        assert!((used.x("P2", destroy(4)).unwrap() / used.x("P2", destroy(3)).unwrap() - 0.72 / 0.6).abs() < 0.01);
    }

    #[test]
    fn a_verb_that_serves_for_everything_excuses_nothing() {
        let renew = || act().action("vault:update", 3).effect(Effect::Assume);
        let bench = Bench::mature().also_daily(renew()).peers_also(renew());
        let grant = || act().action("vault:update", 4).effect(Effect::Grant);
        let first = bench.x("P2", grant()).unwrap();
        assert!(first > 0.6, "{first}");
        let told = bench.told("P2", grant()).unwrap();
        assert!(told.contains("vault:update as grant, never seen"), "{told}");
        // Whoever grants with it every day does nothing new, until it does something else with it.
        let bench = bench.also_daily(grant());
        assert_eq!(bench.x("P2", grant()), None);
        assert!(bench.x("P2", grant().effect(Effect::DefenseEvasion)).unwrap() > 0.6);
        assert_eq!(bench.x("P2", renew()), None);
    }

    #[test]
    fn another_form_of_running_containers_is_half_news() {
        let bench = Bench::mature().also_daily(act().action("k8s:create deployments", 3));
        let weight = |action: &str| bench.x("P2", act().action(action, 3)).unwrap();
        let other = weight("k8s:create pods");
        assert!(weight("k8s:create daemonsets") < 0.5 * other);
        for stranger in ["k8s:patch daemonsets", "k8s:create daemonsets/status", "k8s:create pods"] {
            assert_eq!(weight(stranger), other, "{stranger}");
        }
    }

    #[test]
    fn what_is_critical_is_covered_by_no_number() {
        let bench = Bench::mature().also_daily(act().action("okta:group.user_membership.add", 4)).declare("[workload.expect]\nmax_tier = 4\n");
        let grant = |severity| act().action("okta:user.account.privilege.grant", 4).severe(severity);
        let (plain, critical) = (bench.x("P2", grant(4)).unwrap(), bench.x("P2", grant(5)).unwrap());
        assert!((plain - 0.6 * critical).abs() < 0.002, "{plain} {critical}");
    }

    #[test]
    fn running_what_it_always_runs_under_another_name_is_half_news() {
        let run = |action: &str| act().action(action, 3).effect(Effect::Execute).target("github:org/repo", 1);
        let bench = Bench::mature().also_daily(run("github:workflows.created_workflow_run"));
        let (here, elsewhere) = (run("github:workflows.rerun_workflow_run"), act().action("github:workflows.rerun_workflow_run", 3));
        let here = bench.x("P2", here).unwrap();
        let elsewhere = bench.x("P2", elsewhere.effect(Effect::Execute).target("github:org/other", 1)).unwrap();
        assert!((here - 0.6 * elsewhere).abs() < 0.002, "{here} {elsewhere}");
        // What cannot be undone is not everyday work, and agents have no everyday work of their own.
        let destroy = |action: &str| act().action(action, 3).effect(Effect::Destructive).target("rds:db", 1);
        let bench = Bench::mature().also_daily(destroy("rds:DeleteDBSnapshot"));
        assert!((bench.x("P2", destroy("rds:DeleteDBCluster")).unwrap() - elsewhere).abs() < 0.002);
    }

    #[test]
    fn what_part_of_the_peers_do_counts_by_the_others() {
        let send = || act().action("ssm:SendCommand", 3).effect(Effect::Execute);
        let plain = Bench::mature().x("P2", send()).unwrap();
        let mut bench = Bench::mature();
        for peer in 0..3 {
            for day in -20..0 {
                bench = bench.also_on(&[day], send().by(&format!("peer{peer}")));
            }
        }
        // Three of five peers.
        let common = bench.x("P2", send()).unwrap();
        assert!(common <= 0.41 * plain, "{common} {plain}");
    }

    #[test]
    fn a_release_of_ones_own_is_no_power_over_others() {
        let release = |thing: &str| act().by("peer1").action("lambda:UpdateFunctionCode", 3).effect(Effect::Execute).target(thing, 1);
        let weight = |act: Act| {
            let (judge, state, _) = Bench::mature().run(&[act]);
            let record = judge.ask(&state, "peer1", Mapping::Mapped).unwrap();
            record.evidence.iter().find(|e| e.code == crate::Code::P2).map(|e| e.x).unwrap()
        };
        let other = weight(release("lambda:payroll-worker"));
        assert!((weight(release("lambda:peer1-worker")) - 0.5 * other).abs() < 0.002);
        // Not from elsewhere, nor by hand, nor where rights or identities are handed out.
        assert_eq!(weight(release("lambda:peer1-worker").at_address("203.0.113.9")), other);
        assert_eq!(weight(release("lambda:peer1-worker").interactive()), other);
        let lend = |thing: &str| act().by("peer1").action("iam:Lend", 3).effect(Effect::Assume).target(thing, 1);
        assert_eq!(weight(lend("iam:peer1-admin")), weight(lend("iam:other-admin")));
    }

    #[test]
    fn what_was_just_made_is_its_makers() {
        let make = |thing: &str| act().action("s3:CreateBucket", 2).effect(Effect::Write).target(thing, 1);
        let admit = |thing: &str| act().action("s3:PutBucketPolicy", 4).effect(Effect::Grant).target(thing, 1);
        let destroy = |thing: &str| act().action("s3:DeleteBucket", 3).effect(Effect::Destructive).severe(4).target(thing, 1);
        let after = |made: Act, then: Act| {
            let (judge, state, outcomes) = Bench::mature().run(&[made, then]);
            let record = judge.ask(&state, "api", Mapping::Mapped).unwrap();
            assert_eq!(outcomes.len(), 2);
            record.evidence.iter().filter(|e| e.code == crate::Code::P2).map(|e| (e.last, e.x)).max_by_key(|(at, _)| *at).unwrap().1
        };
        for (then, of_another) in [
            (admit("s3:new"), admit("s3:old")),
            (destroy("s3:new"), destroy("s3:old")),
        ] {
            let other = after(make("s3:new"), of_another.clone());
            assert!((after(make("s3:new"), then.clone()) - 0.3 * other).abs() < 0.002);
            // Not if the request failed, nor a copy, nor what runs, nor long ago.
            assert_eq!(after(make("s3:new").failed(), then.clone()), other);
            assert_eq!(after(make("s3:new").effect(Effect::CopyOut), then.clone()), other);
            assert_eq!(after(make("s3:new").effect(Effect::Execute), then.clone()), other);
            assert_eq!(Bench::mature().also_on(&[-3], make("s3:new")).x("P2", then.clone()).unwrap(), other);
        }
        // What lies in a namespace that was just made lies in nobody else's.
        let bind = |ns: &str| act().action("k8s:create rolebindings", 4).effect(Effect::Grant).target(&format!("k8s:{ns}/rolebindings/x"), 1);
        let space = act().action("k8s:create namespaces", 2).effect(Effect::Write).target("k8s:new/namespaces/new", 1);
        assert!((after(space.clone(), bind("new")) - 0.3 * after(space, bind("old"))).abs() < 0.002);
        // What was there before is not new because something was made on it, or because it was made once more.
        let tag = act().action("ec2:CreateTags", 2).effect(Effect::Write).target("s3:new", 1);
        assert_eq!(after(tag, admit("s3:new")), after(make("s3:new"), admit("s3:old")));
        let used = Bench::mature().peers_also(act().target("s3:new", 1));
        let (judge, state, _) = used.run(&[make("s3:new"), admit("s3:new")]);
        let record = judge.ask(&state, "api", Mapping::Mapped).unwrap();
        let again = record.evidence.iter().find(|e| e.code == crate::Code::P2 && e.tier == 4).map(|e| e.x).unwrap();
        assert_eq!(again, after(make("s3:new"), admit("s3:old")));
        // Whoever makes more than can be kept has made nothing of what others have.
        let many = (0..600).map(|n| make(&format!("s3:b{n}")));
        let (judge, state, _) = Bench::mature().run(&many.chain([admit("s3:old")]).collect::<Vec<_>>());
        let record = judge.ask(&state, "api", Mapping::Mapped).unwrap();
        let flood = record.evidence.iter().find(|e| e.code == crate::Code::P2 && e.tier == 4).map(|e| e.x).unwrap();
        assert_eq!(flood, after(make("s3:new"), admit("s3:old")));
        // Nor where somebody outside gets something, nor the key with which other things are locked by now.
        let outside = |thing: &str| admit(thing).sending_to("999988887777");
        assert_eq!(after(make("s3:new"), outside("s3:new")), after(make("s3:new"), outside("s3:old")));
        assert_eq!(after(make("kms:new"), destroy("kms:new")), after(make("kms:new"), destroy("kms:old")));
        let open = |thing: &str| act().action("s3:PutBucketAcl", 4).effect(Effect::Exposure).target(thing, 1);
        assert_eq!(after(make("s3:new"), open("s3:new")), after(make("s3:new"), open("s3:old")));
    }

    #[test]
    fn a_secret_that_is_kept_for_its_reader_is_its_own() {
        let weight = |code: crate::Code, secret: &str| {
            let read = act().by("peer1").named("k8s:-:certs:peer1").action("k8s:get secrets", 3).effect(Effect::SecretRead);
            let (judge, state, _) = Bench::mature().run(&[read.target(secret, 3)]);
            let record = judge.ask(&state, "peer1", Mapping::Mapped).unwrap();
            record.evidence.iter().find(|e| e.code == code).map(|e| e.x).unwrap()
        };
        for code in [crate::Code::P2, crate::Code::D1] {
            let other = weight(code, "k8s:certs/secrets/payroll-db");
            assert!((weight(code, "k8s:certs/secrets/peer1-webhook-ca") - 0.35 * other).abs() < 0.002, "{code:?}");
            for stranger in ["k8s:shop/secrets/peer1-webhook-ca", "k8s:certs/secrets/peer12"] {
                assert_eq!(weight(code, stranger), other, "{code:?} {stranger}");
            }
        }
    }

    #[test]
    fn who_hands_out_a_right_takes_it_back() {
        let admin = |name: &str| act().action(name, 4).effect(Effect::Grant);
        for (habit, new, less) in [
            ("iam:AttachRolePolicy", "iam:DetachRolePolicy", true),
            ("azure:microsoft.authorization/roleassignments/write", "azure:microsoft.authorization/roleassignments/delete", true),
            ("k8s:create rolebindings", "k8s:delete rolebindings", true),
            ("iam:AttachRolePolicy", "iam:AttachUserPolicy", false),
            ("iam:DetachRolePolicy", "iam:AttachRolePolicy", false),
            ("iam:AttachRolePolicy", "iam:DeleteUserPolicy", false),
        ] {
            let weight = |daily: Act| Bench::mature().also_daily(daily).x("P2", admin(new)).unwrap();
            let (with, without) = (weight(admin(habit)), weight(admin("iam:TagThing")));
            assert_eq!(with < 0.5 * without, less, "{new} after {habit}: {with} {without}");
        }
    }

    #[test]
    fn signing_in_as_oneself_is_no_privilege() {
        let sign = |verb: &str| act().action(verb, 3).effect(Effect::Assume);
        let weight = |act: Act| Bench::mature().x("P2", act).unwrap();
        let (own, other) = (weight(sign("salesforce:Login")), weight(sign("salesforce:LoginAs")));
        assert!((own - 0.35 * other).abs() < 0.002, "{own} {other}");
        assert_eq!(weight(sign("salesforce:Login").at_address("203.0.113.9")), other);
    }

    #[test]
    fn what_is_declared_or_usual_among_peers_weighs_little() {
        let bench = Bench::mature();
        let plain = bench.x("P2", act().action("ssm:SendCommand", 3)).unwrap();
        let declared = Bench::mature().declare("[workload.expect]\nactions = [\"ssm:*\", \"s3:*\", \"dynamodb:*\"]\n");
        assert!(declared.x("P2", act().action("ssm:SendCommand", 3)).unwrap_or(0.0) < 0.2 * plain);
        let shared = Bench::mature().peers_also(act().action("ssm:SendCommand", 3));
        assert!(shared.x("P2", act().action("ssm:SendCommand", 3)).unwrap_or(0.0) < 0.9 * plain);
    }
}
