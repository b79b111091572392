//! The sample logs of cloud sources: every line decodes to its folder's source, and no mangled line panics.

use proptest::prelude::*;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use vires_event::{Activity, Actor, Source};
use vires_source::json::Tape;
use vires_source::{Hints, decode_json};

const SOURCES: &[Source] = &[
    Source::Cloudtrail,
    Source::GcpAudit,
    Source::AzureActivity,
    Source::AzureResource,
    Source::EntraSignin,
    Source::EntraAudit,
    Source::GraphActivity,
    Source::Kubernetes,
    Source::M365,
    Source::Bedrock,
    Source::Guardduty,
    Source::Ocsf,
    Source::OtelGenai,
];

fn folder(source: Source) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/logs").join(source.as_str())
}

fn lines(source: Source) -> Vec<String> {
    let path = folder(source).join(format!("{source}.ndjson"));
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())).lines().map(str::to_owned).collect()
}

fn decoded<T>(record: &str, look: impl FnOnce(Option<Activity<'_>>) -> T) -> T {
    let mut tape = Tape::default();
    look(decode_json(tape.parse(record).expect("JSON"), &Hints::default()))
}

#[test]
fn every_line_decodes_to_its_source_with_an_identity() {
    for &source in SOURCES {
        let lines = lines(source);
        assert!((10..=25).contains(&lines.len()), "{source}: {} lines", lines.len());
        let (mut machines, mut others) = (0, 0);
        for (number, line) in lines.iter().enumerate().map(|(i, line)| (i + 1, line)) {
            decoded(line, |found| {
                let a = found.unwrap_or_else(|| panic!("{source}:{number}: not decoded"));
                assert_eq!(a.source, source, "line {number}");
                let identity = a.identity.as_ref().unwrap_or_else(|| panic!("{source}:{number}: no identity"));
                assert!(!a.action.is_empty() && a.at().is_some() && a.event_id.is_some(), "{source}:{number}: {a:?}");
                *(if identity.actor == Actor::Machine { &mut machines } else { &mut others }) += 1;
            });
        }
        assert!(machines > 0 && (others > 0 || source == Source::OtelGenai), "{source}: {machines} machines, {others} others");
        assert!(folder(source).join("README.md").is_file(), "{source}");
    }
}

#[test]
fn a_delivered_file_holds_records() {
    let text = std::fs::read_to_string(folder(Source::Cloudtrail).join("records.json")).expect("readable");
    let file: Json = serde_json::from_str(&text).expect("JSON");
    let records = file["Records"].as_array().expect("an array");
    assert!(!records.is_empty());
    for record in records {
        decoded(&record.to_string(), |found| {
            assert!(found.is_some_and(|a| a.source == Source::Cloudtrail && a.identity.is_some()))
        });
    }
}

static SAMPLES: LazyLock<Vec<Json>> =
    LazyLock::new(|| SOURCES.iter().flat_map(|&s| lines(s)).map(|line| serde_json::from_str(&line).expect("JSON")).collect());

/// The `at`-th value of the document, counted in depth, becomes `with`.
fn replace(value: &mut Json, at: &mut usize, with: &Json) {
    if *at == 0 {
        *value = with.clone();
    }
    let Some(left) = at.checked_sub(1) else {
        // Replaced: nothing that follows is the one.
        *at = usize::MAX;
        return;
    };
    *at = left;
    match value {
        Json::Array(items) => items.iter_mut().for_each(|v| {
            if *at < usize::MAX / 2 {
                replace(v, at, with)
            }
        }),
        Json::Object(members) => members.iter_mut().for_each(|(_, v)| {
            if *at < usize::MAX / 2 {
                replace(v, at, with)
            }
        }),
        _ => {}
    }
}

fn count(value: &Json) -> usize {
    1 + match value {
        Json::Array(items) => items.iter().map(count).sum(),
        Json::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<String>().prop_map(Json::from),
        "(arn:aws:|projects/|/subscriptions/|https://|system:|é|:|/|\\[|\\]|@|\\{\"Statement\":|\"Principal\"|\\*| |\\.)*"
            .prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec(("[a-zA-Z.]{0,8}", inner), 0..4).prop_map(|m| Json::Object(m.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn no_value_in_any_place_panics(sample in any::<prop::sample::Index>(), places in prop::collection::vec((any::<prop::sample::Index>(), any_json()), 1..4)) {
        let mut record = sample.get(&SAMPLES).clone();
        for (place, with) in &places {
            let mut at = place.index(count(&record));
            replace(&mut record, &mut at, with);
        }
        decoded(&record.to_string(), |found| {
            if let Some(a) = found {
                // What is unknown is absent, never empty.
                prop_assert!(a.identity.as_ref().is_none_or(|i| !i.id.is_empty()), "{:?}", a);
                prop_assert!(a.identity.is_some() || !a.action.is_empty(), "{:?}", a);
                prop_assert!(a.targets.iter().all(|t| !t.name.is_empty()), "{:?}", a);
                let own = a.clone().into_owned();
                prop_assert_eq!(own, a);
            }
            Ok(())
        })?;
    }
}
