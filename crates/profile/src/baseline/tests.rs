use super::collapse::LAST_LEVEL;
use super::*;
use crate::inventory::Inventory;
use crate::observation::{Facts, Mapping, Observation, Proof, Setting};
use proptest::prelude::*;
use vires_event::{Activity, Actor, CredentialKind, Effect, Identity, Kind, Link, Outcome, Source, Target};

/// 2026-01-01.
const START: i64 = 1_767_225_600_000;

#[derive(Debug, Clone)]
struct Step {
    workload: u8,
    minute: i64,
    action: u8,
    target: u8,
    tier: u8,
    denied: bool,
}

fn observe(s: &Step) -> Observation<'static> {
    let mut a = Activity::new(Source::Cloudtrail, format!("svc:Act{}", s.action));
    a.time = Some((START + s.minute * 60_000).to_string().into());
    a.identity = Some(Identity {
        id: format!("aws:role/123456789012/w{}", s.workload).into(),
        kind: if s.action == 2 { Kind::Bot } else { Kind::Role },
        actor: Actor::Machine,
        name: "w".into(),
        raw: None,
    });
    a.targets = vec![Target { name: format!("s3:bucket-{}/x/y", s.target).into() }];
    a.outcome = s.denied.then_some(Outcome::Denied);
    a.origin.ip = Some(format!("203.0.113.{}", s.target).into());
    if s.action == 3 {
        a.links = vec![Link::Alias { id: format!("aws:role/123456789012/w{}", s.target % 3).into() }];
    }
    if s.action == 4 {
        a.links = vec![Link::Issued { credential: format!("AKIA{}", s.target).into(), owner: None }];
    }
    let setting = Setting {
        workload: format!("w{}", s.workload).into(),
        mapping: Mapping::Mapped,
        peer_group: (s.action == 1).then(|| "declared".into()),
        shared: false,
        zone: None,
        data_class: Some(s.target % 4),
        labels: vec![],
        env: None,
    };
    let facts = Facts { tier: Some(s.tier), effect: Some(Effect::ReadData), ..Facts::default() };
    let mut o = Observation::new(a, facts, setting).unwrap();
    o.origin = Some(format!("net:203.0.{}.0/24", s.target).into());
    o.credential = Some(Proof { kind: CredentialKind::AccessKey, hash: None, issuer: None, age_s: None });
    o
}

fn learn<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Baseline {
    let mut baseline = Baseline::new("cat");
    for step in steps {
        baseline.learn(&observe(step));
    }
    baseline
}

fn step() -> impl Strategy<Value = Step> {
    (0u8..3, 0i64..300 * 1440, 0u8..6, 0u8..9, 0u8..5, any::<bool>())
        .prop_map(|(workload, minute, action, target, tier, denied)| Step { workload, minute, action, target, tier, denied })
}

fn json(baseline: &Baseline) -> String {
    baseline.to_json().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn merging_shards_is_learning_everything(steps in prop::collection::vec(step(), 0..60), cut in 0usize..60, shuffle in any::<u64>()) {
        let whole = learn(&steps);
        // By position, which after a shuffle is neither time nor identity.
        let mut mixed = steps.clone();
        let n = mixed.len().max(1) as u64;
        for i in 0..mixed.len() {
            mixed.swap(i, (shuffle.rotate_left(i as u32) % n) as usize);
        }
        let (a, b) = mixed.split_at(cut.min(mixed.len()));
        let (early, late): (Vec<_>, Vec<_>) = steps.iter().partition(|s| s.minute < 150 * 1440);
        let ab = learn(a).merge(learn(b)).unwrap();
        let ba = learn(b).merge(learn(a)).unwrap();
        let times = learn(late).merge(learn(early)).unwrap();
        prop_assert_eq!(json(&ab), json(&whole));
        prop_assert_eq!(json(&ba), json(&whole));
        prop_assert_eq!(json(&times), json(&whole));
    }

    #[test]
    fn merging_is_associative(a in prop::collection::vec(step(), 0..20), b in prop::collection::vec(step(), 0..20), c in prop::collection::vec(step(), 0..20)) {
        let left = learn(&a).merge(learn(&b)).unwrap().merge(learn(&c)).unwrap();
        let right = learn(&a).merge(learn(&b).merge(learn(&c)).unwrap()).unwrap();
        prop_assert_eq!(json(&left), json(&right));
        prop_assert!(left == right);
    }

    #[test]
    fn days_survive_repetition(steps in prop::collection::vec(step(), 0..40)) {
        let twice = learn(&steps).merge_presence(learn(&steps)).unwrap();
        prop_assert_eq!(json(&twice), json(&learn(&steps)));
    }

    #[test]
    fn a_file_holds_everything(steps in prop::collection::vec(step(), 0..40)) {
        let mut baseline = learn(&steps);
        baseline.add_input("ab12", Input { bytes: 7, days: Some((1, 2)) });
        let text = json(&baseline);
        let read = Baseline::from_json(text.as_bytes(), "b.json").unwrap();
        prop_assert!(read == baseline);
        prop_assert_eq!(json(&read), text);
    }

    #[test]
    fn no_bytes_crash_the_reader(mut text in prop::collection::vec(any::<u8>(), 0..80), at in 0usize..400, byte in any::<u8>()) {
        let _ = Baseline::from_json(&text, "x");
        text = json(&learn(&[Step { workload: 0, minute: 5, action: 3, target: 1, tier: 3, denied: false }])).into_bytes();
        let at = at % text.len();
        text[at] = byte;
        let _ = Baseline::from_json(&text, "x");
    }
}

fn plain(workload: u8, day: i64, action: u8, target: u8) -> Step {
    Step { workload, minute: day * 1440, action, target, tier: 1, denied: false }
}

#[test]
fn refuses_what_it_must_not_join_or_read() {
    let mut a = learn(&[plain(0, 0, 0, 0)]);
    let mut b = learn(&[plain(1, 0, 0, 0)]);
    a.add_input("feed", Input { bytes: 1, days: None });
    b.add_input("feed", Input { bytes: 1, days: None });
    assert_eq!(a.clone().merge(b.clone()), Err(BaselineError::Overlap { sha256: "feed".into() }));
    assert!(a.clone().merge_presence(b).is_ok());
    let text = json(&a);
    let message = |r: Result<Baseline, BaselineError>| r.unwrap_err().to_string();
    assert!(message(Baseline::new("other").merge(a.clone())).contains("learned with catalogue cat, not other"));
    assert!(message(Baseline::from_json(&text.as_bytes()[..text.len() / 2], "b.json")).starts_with("b.json:"));
    assert!(
        message(Baseline::from_json(text.replace("\"first\":20454", "\"first\":20455").as_bytes(), "b.json"))
            .contains("checksum")
    );
    assert!(
        message(Baseline::from_json(text.replace("vires-baseline/1", "vires-baseline/9").as_bytes(), "b.json"))
            .contains("vires-baseline/9")
    );
    assert!(message(Baseline::from_json(br#"{"schema":"vires-state/1","x":1}"#, "b.json")).contains("vires-state/1"));
}

#[test]
fn a_probe_does_not_make_its_success_familiar() {
    let mut baseline = Baseline::new("cat");
    baseline.learn(&observe(&Step { workload: 0, minute: 0, action: 1, target: 1, tier: 4, denied: true }));
    let learned = baseline.get("w0").unwrap();
    assert!(learned.find(Facet::ActionT4, "svc:Act1").is_none());
    assert!(learned.find(Facet::Denied, "svc:Act1").is_some());
    assert!(learned.find(Facet::Resource, "s3:bucket-1/x/").is_none());
    assert!(learned.find(Facet::Zone, "net:203.0.1.0/24").is_some());
}

#[test]
fn many_values_collapse_to_what_they_share() {
    let mut baseline = Baseline::new("cat");
    let mut o = observe(&plain(0, 0, 0, 0));
    o.data_class = None;
    for i in 0..2000 {
        o.set_targets(vec![Target { name: format!("dynamodb:tables/t{}/p{}", i % 40, i / 40).into() }]);
        baseline.learn(&o);
    }
    let learned = baseline.get("w0").unwrap();
    assert!(learned.of(Facet::Resource).len() <= MAX_VALUES);
    assert_eq!(learned.level(Facet::Resource), 2);
    assert_eq!(&**learned.find(Facet::Resource, "dynamodb:tables/t7/p999").unwrap().name(), "dynamodb:tables/t7/*");
    assert!(learned.find(Facet::Resource, "dynamodb:tables/t99/p1").is_none());
    // The other strata are not touched.
    assert_eq!(learned.level(Facet::Action), 0);
}

#[test]
fn novelty_counts_days_after_the_warm_up() {
    let steps: Vec<Step> =
        (0..40).map(|day| plain(0, day, 0, if day == 20 || day == 3 { 5 + (day % 7) as u8 } else { 1 })).collect();
    let baseline = learn(&steps);
    let learned = baseline.get("w0").unwrap();
    assert_eq!((learned.settled_days(7), learned.novelty(Facet::Zone, 7), learned.novelty(Facet::Zone, 0)), (33, 1, 3));
    for facet in Facet::ALL {
        assert_eq!(learned.novelties(7)[*facet as usize], learned.novelty(*facet, 7));
    }
}

#[test]
fn a_record_of_next_year_erases_no_history() {
    let steps: Vec<Step> = (0..28).map(|day| plain(0, day, 0, 1)).collect();
    let ahead = [plain(0, 400, 0, 1)];
    let end = u16::try_from(START / 86_400_000).unwrap() + 27;
    for baseline in [learn(steps.iter().chain(&ahead)), learn(&ahead).merge(learn(&steps)).unwrap()] {
        let learned = baseline.get("w0").unwrap();
        assert_eq!(learned.active().within(end, 90).count(), 28);
        assert_eq!(learned.find(Facet::Action, "svc:Act0").unwrap().seen().within(end, 90).count(), 28);
        assert_eq!(learned.settled_days(7), 21);
        assert_eq!(Baseline::from_json(json(&baseline).as_bytes(), "b.json").unwrap(), baseline);
    }
}

#[test]
fn the_last_level_keeps_no_value_of_one_character() {
    let name = |text: &str| Name::from(text);
    let seen = Presence::on(7);
    let mut early = Learned::default();
    early.put(Facet::Platform, &name("x"), 7, seen);
    early.put(Facet::Platform, &name("aws"), 7, seen);
    let mut late = Learned::default();
    late.levels[Facet::Platform as usize] = LAST_LEVEL;
    late.put(Facet::Platform, &name("x"), 7, seen);
    for learned in [late.clone(), {
        early.merge(&late, DayCount::plus);
        early
    }] {
        let kept: Vec<&str> = learned.of(Facet::Platform).iter().map(|v| &**v.name()).collect();
        assert_eq!(kept, ["*"]);
        assert!(learned.find(Facet::Platform, "y").is_some());
    }
}

#[test]
fn the_reference_sees_the_baseline_through_todays_inventory() {
    let mut baseline = Baseline::new("cat");
    for day in 0..20 {
        let mut o = observe(&plain(0, day, 0, 1));
        o.workload = "aws:role/123456789012/w0".into();
        baseline.learn(&o);
        for peer in 1..4 {
            baseline.learn(&observe(&plain(peer, day, 0, peer)));
        }
    }
    let inventory = Inventory::from_toml(
        r#"
schema = "vires-inventory/1"
[[zone]]
name = "nat"
class = "internal"
cidrs = ["203.0.1.0/28"]
[[workload]]
id = "api"
peer_group = "web"
principals = ["aws:role/123456789012/w0"]
[[workload]]
id = "w1"
peer_group = "web"
"#,
        "i.toml",
    )
    .unwrap();
    let reference = Reference::new(baseline, &inventory, 7);
    let api = reference.at(reference.slot("api").unwrap()).unwrap();
    assert!(reference.slot("aws:role/123456789012/w0").is_none());
    // The network it came from is a zone now.
    assert_eq!(api.learned.find(Facet::Zone, "nat").unwrap().seen().count(), 20);
    let group = reference.group("web");
    assert_eq!(Some(api.group), group);
    assert_eq!(reference.peers(group, Some(&api.learned), Facet::Action, "svc:Act0"), Share { have: 1, of: 1 });
    assert_eq!(reference.peers(group, None, Facet::Zone, "net:203.0.1.0/24"), Share { have: 2, of: 2 });
    assert_eq!(reference.estate(Some(&api.learned), Facet::Zone, "net:203.0.3.0/24"), Share { have: 1, of: 3 });
    assert_eq!(reference.peer_novelty(group, Some(&api.learned), Facet::Zone), Novelty { days_new: 0, days: 13 });
}

#[test]
fn what_a_credential_alone_did_is_its_owners() {
    let mut baseline = Baseline::new("cat");
    let mut creator = observe(&plain(0, 0, 0, 0));
    creator.links = vec![
        Link::Issued { credential: "AKIAIOSFODNN7EXAMPLE".into(), owner: Some("aws:user/123456789012/ci".into()) },
        Link::Alias { id: "w0".into() },
    ];
    baseline.learn(&creator);
    let mut user = observe(&plain(1, 1, 2, 0));
    user.workload = format!("credential:{:016x}", crate::observation::credential_hash("AKIAIOSFODNN7EXAMPLE")).into();
    baseline.learn(&user);
    let reference = Reference::new(baseline, &Inventory::default(), 7);
    let owner = reference.at(reference.slot("aws:user/123456789012/ci").unwrap()).unwrap();
    assert!(owner.learned.find(Facet::Action, "svc:Act2").is_some());
    assert!(reference.slot("aws:role/123456789012/w0").is_some(), "the alias is kept under its smallest name");
}

#[test]
fn whom_nobody_lists_is_known_by_each_of_its_names() {
    // The unique number sorts before the address, which is what records carry.
    let (address, number) = ("gcp:sa:app@shop.iam.gserviceaccount.com", "gcp:sa:104857600000000000001");
    let mut baseline = Baseline::new("cat");
    for (workload, links) in [(address, vec![Link::Alias { id: number.into() }]), (number, vec![]), ("other", vec![])] {
        let mut o = observe(&plain(0, 0, 0, 0));
        (o.identity, o.workload, o.links) = (workload.into(), workload.into(), links);
        baseline.learn(&o);
    }
    let reference = Reference::new(baseline, &Inventory::default(), 7);
    assert!(reference.slot(address).is_some() && reference.slot(address) == reference.slot(number));
    assert_ne!(reference.slot("other"), reference.slot(number));
    assert_eq!((reference.len(), reference.sorted_keys().len()), (2, 2), "one identity is one workload");
}

#[test]
fn a_typical_workload_is_small() {
    let mut steps = Vec::new();
    for day in 0..90 {
        for i in 0..12u8 {
            steps.push(plain(0, day, i % 6, (i + (day % 3) as u8) % 9));
        }
    }
    let baseline = learn(&steps);
    let line = serde_json::to_string(baseline.get("w0").unwrap()).unwrap();
    assert!(line.len() < 8192, "{} bytes", line.len());
    let values = std::mem::size_of::<Value>();
    assert!(values <= 48, "{values} bytes per value");
}
