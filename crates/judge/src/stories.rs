//! What the criteria are for, told as short stories: what must escalate, what must not although it looks alike, and what nobody
//! can say.

use crate::bench::{Act, Bench, act};
use crate::{Disposition, Disposition::*, Why, explain};
use vires_event::Effect;
use vires_profile::observation::Mapping;

const STRANGER: &str = "203.0.113.9";

fn secret(i: usize) -> Act {
    act().action("secretsmanager:GetSecretValue", 3).effect(Effect::SecretRead).target(&format!("secret:prod/team{i}/key"), 3)
}

/// A stolen credential: it asks who it is, from elsewhere.
fn stolen() -> Act {
    act().action("sts:GetCallerIdentity", 0).at_address(STRANGER)
}

fn text(bench: &Bench, acts: &[Act]) -> String {
    let (judge, state, _) = bench.run(acts);
    explain(&judge.ask(&state, "api", Mapping::Mapped).unwrap(), judge.tuning()).to_string()
}

#[test]
fn what_leaves_the_intended_authority_escalates() {
    let whoami = || act().action("sts:GetCallerIdentity", 0);
    let bench = Bench::mature();
    let stories: Vec<(&str, Vec<Act>)> = vec![
        ("a stolen key asks who it is", vec![whoami().at_address(STRANGER)]),
        (
            "a stolen key is refused everything",
            (0..4).map(|i| act().action(&format!("iam:List{i}"), 0).at_address(STRANGER).denied()).collect(),
        ),
        ("usual data, from elsewhere, with another tool", vec![act().at_address(STRANGER).agent("curl")]),
        ("secrets swept from the usual place", (0..8).map(secret).collect()),
        ("a user is created", vec![act().action("iam:CreateUser", 4).target("iam:eve", 1)]),
        ("logging is stopped", vec![act().action("cloudtrail:StopLogging", 4).effect(Effect::DefenseEvasion)]),
        (
            "a snapshot is shared with a stranger",
            vec![act().action("ec2:ModifySnapshotAttribute", 4).effect(Effect::Exposure).sending_to("999988887777")],
        ),
        ("payroll is read", vec![act().target("s3:payroll/2026/x", 3)]),
        ("machines in an unused region", (0..30).map(|_| act().action("ec2:RunInstances", 3).in_region("ap-east-1")).collect()),
        ("the console is used", vec![act().interactive().agent("browser:chrome").from("corp")]),
    ];
    for (story, acts) in stories {
        assert!(bench.verdict_after(&acts) >= Escalate, "{story}\n{}", text(&bench, &acts));
    }
}

#[test]
fn what_only_looks_like_it_does_not() {
    let bench = Bench::mature();
    let stories: Vec<(&str, Vec<Act>)> = vec![
        ("work as ever", (0..20).map(|_| act()).collect()),
        ("ten times the work", (0..60).map(|_| act()).collect()),
        ("at night", vec![act().at_hour(3)]),
        ("one habit refused a hundred times", (0..100).map(|_| act().denied()).collect()),
        ("another client", vec![act().agent("aws-sdk-java")]),
        ("another operator", vec![act().asn("AS64511")]),
        ("the next table of its own", vec![act().action("dynamodb:Query", 1).target("dynamodb:api-refunds", 2)]),
        ("a new ordinary action", vec![act().action("sqs:SendMessage", 2).target("sqs:jobs", 1)]),
        ("a new look around", (0..6).map(|i| act().action(&format!("ec2:Describe{i}"), 0)).collect()),
        ("another region, nothing else", vec![act().in_region("eu-central-1")]),
        ("back after a quiet month, as ever", vec![act().on_day(45)]),
        ("somebody else's finding", vec![act().detected(5)]),
    ];
    for (story, acts) in stories {
        assert!(bench.verdict_after(&acts) < Escalate, "{story}\n{}", text(&bench, &acts));
    }
}

#[test]
fn what_peers_do_together_is_a_change() {
    let bench = Bench::mature();
    let moved = |w: &str| act().by(w).from("corp").in_region("eu-central-1").agent("aws-sdk-java");
    let mut acts: Vec<Act> = (0..4).map(|i| moved(&format!("peer{i}"))).collect();
    acts.push(moved("api"));
    let outcomes = bench.run(&acts).2;
    assert!(outcomes[4].verdict.verdict < Escalate);
    // A stranger's network is no fashion.
    let mut acts: Vec<Act> = (0..4).map(|i| stolen().by(&format!("peer{i}"))).collect();
    acts.push(stolen());
    let (judge, state, outcomes) = bench.run(&acts);
    assert!(outcomes[4].verdict.verdict >= Escalate);
    assert!(judge.ask(&state, "api", Mapping::Mapped).unwrap().reasons.iter().any(|r| r.contains("4 other identities")));
}

/// Catalogue facts alone: nobody declared anything, nothing was learned.
#[test]
fn without_profile_and_history_nobody_can_say() {
    let everything: Vec<Act> = vec![
        act().action("iam:CreateUser", 4).target("iam:eve", 1),
        act().action("cloudtrail:StopLogging", 4).effect(Effect::DefenseEvasion),
        act().at_address(STRANGER).interactive(),
        secret(1),
        secret(2),
        act().action("ec2:ModifySnapshotAttribute", 4).sending_to("999988887777"),
        act().action("iam:List1", 0).denied(),
        act().action("iam:List2", 0).denied(),
        act().action("iam:List3", 0).denied(),
        act().action("iam:List4", 0).denied(),
    ];
    for mapping in [Mapping::Ghost, Mapping::NoProfile, Mapping::NoOwner, Mapping::NoWorkload] {
        let acts: Vec<Act> = everything.iter().map(|a| a.clone().by("newcomer").mapping(mapping)).collect();
        for bench in [Bench::unknown(), Bench::mature()] {
            let outcomes = bench.run(&acts).2;
            assert!(
                outcomes.iter().all(|o| o.verdict.verdict == CannotJudge),
                "{:?}",
                outcomes.iter().map(|o| o.verdict.verdict).collect::<Vec<_>>()
            );
            let told: Vec<Why> = outcomes.iter().filter_map(|o| o.update.as_ref().map(|u| u.update)).collect();
            assert_eq!(told, [Why::Opened]);
        }
    }
}

#[test]
fn a_resource_used_now_and_then_is_no_stranger() {
    // Three of thirty days, and the list forgot it: lists of resources are never complete.
    let read = || act().target("secret:prod/stock/db", 3);
    let bench = Bench::mature()
        .declare("[workload.expect]\nresources = [\"s3:api-data/*\", \"dynamodb:api-*\"]\nmax_data_class = 3\n")
        .also_on(&[-20, -12], read());
    assert!(bench.verdict_after(&[read()]) < Escalate, "{}", text(&bench, &[read()]));
    let stranger = act().target("secret:prod/payroll/db", 3);
    assert!(bench.verdict_after(&[stranger]) >= Watch);
}

/// Of a role that nobody knows there is nothing to say, but there is of who puts it on.
#[test]
fn a_mask_is_no_fresh_start() {
    let became = |act: Act| act.action("sts:AssumeRole", 3).effect(Effect::Assume).becoming("aws:role/999988887777/ops");
    let issue = || became(act()).issuing("ASIAEXAMPLE1");
    let masked = |act: Act| act.by("ops").holding("ASIAEXAMPLE1").mapping(Mapping::Ghost);
    let read = || masked(secret(1)).in_account("999988887777");
    let highest = |bench: &Bench, acts: &[Act]| bench.run(acts).2.last().unwrap().verdict.score;
    let listed = "principals = [\"aws:role/123456789012/api\"]\n[[workload]]\nid = \"door\"\nprincipals = [\"aws:role/123456789012/door\"]\n";
    let bench = Bench::mature().declare(listed);
    let known = highest(&bench, &[issue(), read()]);
    // The same credential, but nobody saw who got it.
    let unknown = highest(&bench, &[became(act()), read()]);
    assert!(known > 50.0 && unknown < 0.8 * known, "{known} {unknown}");
    assert!(bench.verdict_after(&[issue(), read()]) >= Escalate);
    // What bears the mask's own name is its own, whoever wears it.
    let own = masked(secret(1)).target("secret:prod/opsdesk/key", 3);
    let named = |act: Act| act.by("opsdesk").mapping(Mapping::Ghost);
    assert!(highest(&bench, &[issue(), named(own.clone())]) < highest(&bench, &[issue(), own]));
    // A mask excuses nothing: not what the one behind it always does, nor what is beyond the profile of who is declared.
    let hands_out = || act().action("iam:AttachRolePolicy", 4);
    let trusted = bench.clone().also_daily(hands_out());
    assert!(highest(&trusted, &[issue(), masked(hands_out())]) >= highest(&trusted, &[became(act()), masked(hands_out())]));
    let declared = trusted
        .declare("[[workload]]\nid = \"ops\"\nowner = { team = \"x\" }\npurpose = \"y\"\n[workload.expect]\nmax_tier = 2\n");
    let beyond = |act: Act| masked(act).mapping(Mapping::Mapped);
    let score = |first: Act| declared.run(&[first, beyond(hands_out())]).2.last().unwrap().verdict.score;
    assert_eq!(score(issue()), score(became(act())));
    // Who works under several names, or does nothing but sign others in, has no habits that say anything of one more.
    let many = bench
        .clone()
        .also_daily(act().action("sts:AssumeRole", 3).effect(Effect::Assume).becoming("aws:role/123456789012/deploy"));
    assert_eq!(highest(&many, &[issue(), read()]), highest(&many, &[became(act()), read()]));
    // Whoever only looks around never had such effects.
    let door = |act: Act| act.by("door");
    let scanner = (-30..0).fold(bench.clone(), |bench, day| bench.also_on(&[day], door(act()).action("iam:ListRoles", 0)));
    let made = |act: Act| masked(act).action("iam:CreateUser", 4);
    assert!(highest(&scanner, &[door(issue()), made(act())]) > highest(&scanner, &[door(became(act())), made(act())]));
    let idle = (-30..0).fold(bench, |bench, day| {
        bench.also_on(&[day], door(act()).action("sts:AssumeRoleWithSAML", 3).effect(Effect::Assume))
    });
    assert_eq!(highest(&idle, &[door(issue()), read()]), highest(&idle, &[door(became(act())), read()]));
}

/// One more secret beside its own is growth, a dozen is a harvest.
#[test]
fn who_goes_through_a_folder_of_secrets_does_not_grow() {
    let folder = |n: usize| {
        act()
            .action("secretsmanager:GetSecretValue", 3)
            .effect(Effect::SecretRead)
            .target(&format!("secret:prod/store{n}x/key{n}"), 3)
    };
    let beside = |n: usize| {
        act().action("secretsmanager:GetSecretValue", 3).effect(Effect::SecretRead).target(&format!("secret:orders/key{n}k"), 3)
    };
    let bench = Bench::mature().also_daily(beside(99)).also_daily(folder(99));
    let score = |n: usize| bench.run(&(0..n).map(beside).collect::<Vec<_>>()).2.last().unwrap().verdict.score;
    assert!(score(3) < 40.0 && score(3) == score(2), "{} {}", score(2), score(3));
    assert!(score(14) > 1.5 * score(3), "{} {}", score(3), score(14));
    assert_eq!(bench.verdict_after(&(0..14).map(beside).collect::<Vec<_>>()), Escalate);
}

/// Where every bucket bears the company's name, one more that does is not thereby near to one's own.
#[test]
fn what_everybodys_things_are_called_makes_no_neighbours() {
    let own = |bench: Bench| {
        ["site", "drafts"].iter().fold(bench, |b, n| b.also_daily(act().target(&format!("s3:orchard-{n}/x"), 3)))
    };
    let alone = own(Bench::mature());
    let company = (0..5)
        .fold(alone.clone(), |b, n| b.also_daily(act().by(&format!("peer{n}")).target(&format!("s3:orchard-peer{n}/x"), 1)));
    let weight = |bench: &Bench| bench.x("D2", act().target("s3:orchard-payroll/x", 3)).unwrap();
    assert!(weight(&company) > 1.5 * weight(&alone), "{} {}", weight(&company), weight(&alone));
}

#[test]
fn a_declaration_needs_no_history() {
    let bench = Bench::unknown().declare("[workload.expect]\nzones = [\"nat\"]\nmax_tier = 2\nmax_data_class = 1\n");
    assert_eq!(bench.verdict_after(&[act()]), Suppress);
    assert!(bench.verdict_after(&[stolen()]) >= Escalate);
    assert!(bench.verdict_after(&[act().action("iam:CreateUser", 4)]) >= Escalate);
    assert!(bench.verdict_after(&[act().target("s3:payroll/x/y", 3)]) >= Escalate);
}

#[test]
fn the_unmapped_escalate_on_hard_signs_only() {
    let bench = Bench::mature();
    let ghost = |a: Act| a.mapping(Mapping::Ghost);
    assert_eq!(bench.verdict_after(&[ghost(act())]), CannotJudge);
    assert_eq!(bench.verdict_after(&[ghost(act().in_region("ap-east-1"))]), CannotJudge);
    let (_, _, outcomes) = bench.run(&[ghost(stolen())]);
    let (verdict, update) = (&outcomes[0].verdict, outcomes[0].update.as_ref().unwrap());
    assert_eq!(verdict.verdict, Escalate);
    assert_eq!(update.missing, ["profile"]);
    assert!(update.urgency.is_some());
    let orphan = bench.run(&[stolen().by("peer1").mapping(Mapping::Ghost)]).2;
    assert_eq!(orphan[0].verdict.owner.as_deref(), Some("secops"));
}

const PENTEST: &str = r#"
[[exception]]
id = "PT-1"
identities = ["api"]
facet = "zone"
values = ["203.0.113.0/24"]
from = 2026-03-01T00:00:00Z
until = 2026-03-05T00:00:00Z
approver = "j.doe"
kind = "KIND"
"#;

#[test]
fn exceptions_excuse_what_they_name() {
    let stolen = [stolen()];
    let pentest = Bench::mature().except(&PENTEST.replace("KIND", "pentest"));
    assert!(pentest.verdict_after(&stolen) < Escalate);
    let outcome = &pentest.run(&stolen).2[0];
    assert_eq!(outcome.excused_by, ["PT-1"]);
    // A planned change does not excuse a stranger's network, nor does a test from elsewhere.
    assert!(Bench::mature().except(&PENTEST.replace("KIND", "change")).verdict_after(&stolen) >= Escalate);
    assert!(pentest.verdict_after(&[act().action("sts:GetCallerIdentity", 0).at_address("192.0.2.9")]) >= Escalate);
    // Nor a test that is over.
    assert!(pentest.verdict_after(&[self::stolen().on_day(9)]) >= Escalate);
}

#[test]
fn what_comes_of_an_excused_event_is_excused_too() {
    // Its old work from the network of the exception, which ends at midnight; by the next morning nobody has followed.
    let acts = [act().at_address("203.0.113.9"), act().on_day(1)];
    let until = |end: &str| PENTEST.replace("KIND", "pentest").replace("2026-03-05T00:00:00Z", end);
    let weight = |exceptions: &str| {
        let outcome = Bench::mature().except(exceptions).run(&acts).2.pop().unwrap();
        (outcome.verdict.score, outcome.excused_by)
    };
    let (alone, none) = weight("");
    assert!(alone > 20.0 && none.is_empty(), "{alone}");
    let (score, by) = weight(&until("2026-03-02T00:00:00Z"));
    assert!(score < 0.4 * alone && by == ["PT-1"], "{score} {by:?}");
}

#[test]
fn those_of_one_sort_take_things_up_together_declared_peers_or_not() {
    // Two that nobody listed run what nobody ran before; then the group's own does.
    let run = || act().action("ec2:RunInstances", 3);
    let others: Vec<_> = (1..3).map(|n| run().by(&format!("unlisted{n}")).mapping(Mapping::Ghost)).collect();
    let weight = |before: &[Act]| {
        let found = Bench::mature().found_after(before, run());
        found.into_iter().filter(|(code, _)| code == "P2").map(|(_, x)| x).fold(0.0, f64::max)
    };
    let (alone, together) = (weight(&others[..1]), weight(&others));
    assert!(together < 0.4 * alone, "{together} {alone}");
}

/// What comes back after a silence is told again, however often it comes.
#[test]
fn the_same_attack_every_week_is_a_case_every_week() {
    let bench = Bench::mature().declare("[workload.deny]\nactions = [\"iam:CreateUser\"]\n");
    let acts: Vec<Act> = (0..6).map(|week| act().action("iam:CreateUser", 4).on_day(7 * week)).collect();
    let outcomes = bench.run(&acts).2;
    let told: Vec<_> = outcomes.iter().map(|o| o.update.as_ref().map(|u| (u.update, u.verdict >= Escalate))).collect();
    assert_eq!(told, vec![Some((Why::Opened, true)); 6]);
    let mut cases: Vec<_> = outcomes.iter().map(|o| o.verdict.case.unwrap()).collect();
    cases.dedup();
    assert_eq!(cases.len(), 6);
    // Within days it is one case.
    let acts: Vec<Act> = (0..6).map(|day| act().action("iam:CreateUser", 4).on_day(day)).collect();
    let outcomes = bench.run(&acts).2;
    assert!(outcomes.iter().all(|o| o.verdict.case == outcomes[0].verdict.case));
}

/// A judge that was read again with another tuning decides by it at once, not from what the one before has computed.
#[test]
fn another_judge_goes_on_with_the_state_and_not_with_the_cache() {
    let mut bench = Bench::mature();
    let judge = bench.judge();
    let mut state = judge.fresh_state();
    let first = judge.judge(&mut state, &mut act().from("corp").made(0));
    assert!(first.verdict.score > 5.0, "{:?}", first.verdict);
    let cuts = &mut bench.tuning.disposition;
    (cuts.watch, cuts.escalate, cuts.min_boundary, cuts.min_piece) = (1.0, 2.0, 0.01, 0.01);
    let other = bench.judge();
    let again = other.judge(&mut state, &mut act().made(1000));
    assert!(again.verdict.verdict >= Escalate, "{:?}", again.verdict);
    assert!(first.verdict.verdict < Escalate, "{:?}", first.verdict);
}

/// Who holds several credentials can do something usual with each, to look like a network that moved.
#[test]
fn company_in_a_strangers_network_covers_nothing_new_that_can_do_harm() {
    let bench = Bench::mature();
    let usual = |who: &str| act().by(who).at_address(STRANGER);
    let probe = |who: &str| usual(who).action("lambda:UpdateFunctionCode", 3);
    let names: Vec<String> = (1..5).map(|n| format!("peer{n}")).chain(["api".into()]).collect();
    let mut acts: Vec<Act> = names.iter().map(|who| usual(who)).collect();
    acts.extend(names.iter().map(|who| probe(who)));
    let (alone, covered) = (bench.weight_of("T1", &[probe("api")]), bench.weight_of("T1", &acts));
    assert!(covered >= alone, "{covered} {alone}");
    assert!(bench.weight_of("C1", &acts) > 0.0);
    // What really moved does old work there, and nothing is said of it.
    let moved: Vec<Act> = names.iter().map(|who| usual(who)).collect();
    assert!(bench.weight_of("T1", &moved) < 0.5 * alone && bench.weight_of("C1", &moved) == 0.0);
}

/// However large a group is, what a dozen and more of it take up together is no longer one's own.
#[test]
fn large_groups_take_things_up_together_as_well() {
    let mut bench = Bench::mature();
    for n in 0..200 {
        bench = bench.also_on(&[-3, -2, -1], act().by(&format!("twin{n}")));
    }
    let run = || act().action("ec2:RunInstances", 3);
    let others: Vec<_> = (0..20).map(|n| run().by(&format!("twin{n}"))).collect();
    let weight = |before: &[Act]| {
        let found = bench.found_after(before, run());
        found.into_iter().filter(|(code, _)| code == "P2").map(|(_, x)| x).fold(0.0, f64::max)
    };
    let (few, many) = (weight(&others[..1]), weight(&others));
    assert!(many < 0.4 * few, "{many} {few}");
}

#[test]
fn a_change_record_excuses_the_change() {
    let change = r#"
[[exception]]
id = "CHG-1"
identities = ["group:web"]
facet = "action"
values = ["iam:*"]
until = 2026-03-05T00:00:00Z
approver = "j.doe"
kind = "change"
"#;
    let grant = [act().action("iam:PutRolePolicy", 4)];
    assert!(Bench::mature().verdict_after(&grant) >= Escalate);
    let excused = Bench::mature().declare("").except(change);
    assert!(excused.verdict_after(&grant) < Escalate);
    let record = {
        let (judge, state, _) = excused.run(&grant);
        judge.ask(&state, "api", Mapping::Mapped).unwrap()
    };
    assert!(record.evidence.iter().all(|e| e.excused_by.as_deref() == Some("CHG-1")), "the evidence stays on record");
    // For privileged workloads an exception without a beginning, or of more than a week, does not hold.
    assert!(Bench::mature().declare("privileged = true\n").except(change).verdict_after(&grant) >= Escalate);
}

/// It was in a stranger's network and went on from its own: an exception that does not name that network does not excuse it, from
/// wherever the event comes that brings it to light.
#[test]
fn a_change_record_does_not_excuse_a_strangers_network() {
    let change = "[[exception]]\nid = \"CHG-2\"\nidentities = [\"group:web\"]\nuntil = 2026-03-05T00:00:00Z\napprover = \"j.doe\"\nkind = \"change\"\n";
    let story = [act().at_address(STRANGER), act().at_hour(16)];
    let weight = |bench: Bench| bench.weight_of("T1", &story);
    let plain = weight(Bench::mature());
    assert!(plain > 0.5 && weight(Bench::mature().except(change)) == plain);
}

#[test]
fn tolerance_is_lower_for_the_powerful() {
    let odd = [act().in_region("ap-east-1").action("s3:PutObject", 2).target("s3:orders/x/y", 2)];
    let score = |bench: Bench| bench.run(&odd).2[0].verdict.score;
    let (plain, privileged) = (score(Bench::mature()), score(Bench::mature().declare("privileged = true\n")));
    assert!(privileged > plain, "{privileged} {plain}");
}

#[test]
fn what_escalated_is_not_learned_and_what_is_quiet_is() {
    let bench = Bench::mature();
    // A new quiet habit: after some days it is established.
    let queue = |day| act().action("sqs:SendMessage", 2).target("sqs:jobs", 1).on_day(day);
    let days: Vec<Act> = (0..8).map(queue).collect();
    let (judge, state, _) = bench.run(&days);
    assert_eq!(
        judge
            .ask(&state, "api", Mapping::Mapped)
            .unwrap()
            .evidence
            .iter()
            .filter(|e| e.action == "sqs:SendMessage" && e.code == crate::Code::P2)
            .map(|e| e.x)
            .fold(0.0, f64::max),
        0.0
    );
    // A stranger who comes every day remains a stranger for two weeks.
    let visits: Vec<Act> = (0..12).map(|day| stolen().on_day(day)).collect();
    let outcomes = bench.run(&visits).2;
    assert!(outcomes.iter().all(|o| o.verdict.verdict >= Escalate));
    // Told once, not twelve times: nothing new for three days, then once more.
    let told = outcomes.iter().filter(|o| o.update.is_some()).count();
    assert!(told <= 4, "{told}");
}

#[test]
fn a_case_goes_quiet_when_its_evidence_is_old() {
    let bench = Bench::mature();
    let acts = vec![stolen(), act().at_hour(11), act().on_day(2), act().on_day(5)];
    let outcomes = bench.run(&acts).2;
    let verdicts: Vec<Disposition> = outcomes.iter().map(|o| o.verdict.verdict).collect();
    assert_eq!(verdicts, [Escalate, Escalate, Suppress, Suppress]);
    assert!(outcomes[0].verdict.case.is_some());
    assert_eq!(outcomes[0].verdict.case, outcomes[1].verdict.case);
    assert_eq!(outcomes[3].verdict.case, None);
}

#[test]
fn ablation_switches_take_their_boundary_out() {
    let stolen = [stolen()];
    let mut bench = Bench::mature();
    bench.tuning.boundaries.trust = false;
    assert!(bench.verdict_after(&stolen) < Escalate);
    let mut bench = Bench::mature();
    bench.tuning.criteria_off = vec!["T1".into(), "T7".into()];
    assert_eq!(bench.verdict_after(&stolen), Suppress);
}
