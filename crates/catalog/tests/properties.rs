//! Invariants under hostile input: nothing an attacker writes makes a look-up panic or disagree with itself.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail like the test")]

use proptest::prelude::*;
use std::borrow::Cow;
use std::sync::OnceLock;
use vires_catalog::{Catalog, Condition};
use vires_event::Source;

fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| Catalog::builtin().unwrap())
}

fn source() -> impl Strategy<Value = Source> {
    (0..Source::ALL.len()).prop_map(|i| Source::ALL[i])
}

fn action() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "(vault|gcp|entra|m365|k8s|s3):[ -~]{0,40}",
        "gcp:io\\.k8s\\.[a-z.]{0,20}v1[a-z.]{0,30}",
        "[a-zé]{1,6}:[A-Za-z0-9é]{0,600}",
    ]
}

proptest! {
    #[test]
    fn look_ups_never_panic(source in source(), action in action(), path in proptest::option::of(any::<String>())) {
        let _ = catalog().action(source, &action, path.as_deref());
        let _ = catalog().effect_at(source, &action, path.as_deref());
        let _ = catalog().effect(source, &action);
        let _ = catalog().data_class_of_name(&action);
    }

    #[test]
    fn letter_case_does_not_matter(n in 0usize..2400, upper in any::<bool>()) {
        let row = &catalog().actions()[n];
        if !row.id.starts_with("vault:") {
            let spelled = if upper { row.id.to_ascii_uppercase() } else { row.id.to_ascii_lowercase() };
            // The prefixes of the contract are lower case; only what follows varies.
            let (prefix, _) = row.id.split_once(':').unwrap();
            let spelled = format!("{prefix}{}", &spelled[prefix.len()..]);
            prop_assert_eq!(catalog().action(Source::Cloudtrail, &spelled, None).map(|r| &r.id), Some(&row.id));
        }
    }

    #[test]
    fn conditions_never_panic(text in "[a-z.|()~!=^$ ]{0,20}( in | exists| empty| AND | OR |)[a-z(),. 0-9]{0,20}", value in any::<String>()) {
        if let Ok(condition) = Condition::parse(&text) {
            let once = condition.eval(catalog().roles(), &mut |_| Some(Cow::Borrowed(value.as_str())));
            let again = condition.eval(catalog().roles(), &mut |_| Some(Cow::Borrowed(value.as_str())));
            prop_assert_eq!(once, again);
            let _ = condition.eval(catalog().roles(), &mut |_| None);
        }
    }

    #[test]
    fn markers_never_panic(text in any::<String>()) {
        for marker in catalog().identities() {
            let _ = marker.holds(&mut |_| Some(Cow::Borrowed(text.as_str())));
        }
        for agent in catalog().user_agents() {
            let _ = agent.matches(&text);
        }
    }
}
