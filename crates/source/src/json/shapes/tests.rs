use super::learn::{KEEP_BYTES, KEEP_SHAPES, MAX_ARMS, MAX_BYTES};
use super::*;
use crate::json::index::Tape;
use crate::json::value::{Type, Value};
use proptest::prelude::*;

/// Everything that an index says of a value.
fn said(root: Value<'_>) -> Vec<(String, String, Type, Vec<String>)> {
    let (nodes, text) = root.parts();
    let all = (0..nodes.len()).map(|at| Value::new(nodes, text, at as u32));
    all.map(|v| {
        let names = root.names_at(v.span().start).map(str::to_owned).collect();
        (v.key_raw().to_owned(), v.raw().to_owned(), v.kind(), names)
    })
    .collect()
}

/// A line that fits a shape says what its own index says; one that is no JSON fits none.
fn check(shapes: &mut Shapes, line: &str) -> bool {
    let (mut tape, mut other) = (Tape::default(), Tape::default());
    let parsed = tape.parse(line).ok();
    let mut unescaped = Vec::new();
    let Some(shaped) = shapes.find(line.as_bytes(), &mut unescaped) else {
        if let Some(root) = parsed.filter(|root| root.is_object()) {
            shapes.learn(root);
        }
        return false;
    };
    let root = parsed.unwrap_or_else(|| panic!("{line}"));
    if let Some(escaped) = shaped.escaped {
        let (text, _) = slots(root).nth(escaped).unwrap();
        assert_eq!(String::from_utf8(unescaped).unwrap(), text.str().unwrap(), "{line}");
        assert!(root.escaped_strings().count() == 1 && shaped.value(0, &mut other).is_none());
        assert_eq!(shaped.end(0), Some(root.span().end));
        return true;
    }
    assert_eq!(said(shaped.value(0, &mut other).unwrap()), said(root), "{line}");
    let places: Vec<Slot> = slots(root).map(|(_, slot)| slot).collect();
    assert_eq!(shaped.slots, places, "{line}");
    for (number, value) in root.leaves().map(|(_, v)| v).chain(root.fields().map(|(_, v)| v)).map(|v| (v.number(), v)) {
        let found = shaped.value(number, &mut other).unwrap();
        assert_eq!((found.raw(), found.span()), (value.raw(), 0..value.raw().len()));
        assert_eq!(said(found)[1..], said(alone(value, &mut Tape::default()))[1..], "{line}");
        assert_eq!(shaped.end(number), Some(value.span().end));
    }
    true
}

/// A value as a document of its own.
fn alone<'t>(value: Value<'t>, tape: &'t mut Tape) -> Value<'t> {
    tape.parse(value.raw()).unwrap()
}

#[test]
fn knows_a_shape_again() {
    let mut shapes = Shapes::default();
    let line = |a: &str, n: &str| format!(r#"{{"a":"{a}","type":"T","list":[{{"x":{n}}},null,"{a}"],"n":{n} }} "#);
    assert!(!check(&mut shapes, &line("x", "1")));
    for (a, n) in [("x", "1"), ("", "0"), ("a longer text, with all sorts of things ~ in it", "12345678901234567890123")] {
        assert!(check(&mut shapes, &line(a, n)), "{a} {n}");
    }
    assert!(!check(&mut shapes, &line("\\n", "1")) && !check(&mut shapes, &line("\\\"", "1")));
    let wrapped = |text: &str| format!(r#"{{"message":"{text}","n":1}}"#);
    assert!(!check(&mut shapes, &wrapped("")));
    for text in ["x", r#"\""#, r#"{\"a\":\"\\b\/c and a longer text\"}"#] {
        assert!(check(&mut shapes, &wrapped(text)), "{text}");
    }
    for (a, n) in [("é", "1"), ("\t", "1"), ("x", "01"), ("x", "1.5"), ("x", "-1"), ("x", "1e5"), ("x", "")] {
        assert!(!check(&mut shapes, &line(a, n)), "{a} {n}");
    }
    assert!(!check(&mut shapes, &line("x", "1").replace("\"T\"", "\"U\"")));
    assert!(!check(&mut shapes, &format!("{}{}", line("x", "1"), line("x", "1"))));
    assert!(!check(&mut shapes, line("x", "1").trim_end_matches([' ', '}'])));
}

#[test]
fn a_unit_is_known_again_and_changes_nothing_but_the_number() {
    let mut shapes = Shapes::default();
    let line = |who: &str, more: &str, n: u32| {
        format!(
            r#"{{"type":"T","userIdentity":{{"type":"R","id":"{who}","arn":"{}/{who}","in":{{"key":"{n}","x":7{more}}}}},"name":"{n}"}}"#,
            "long".repeat(40)
        )
    };
    let mut numbers = std::collections::BTreeMap::new();
    for round in 0..3 {
        let (z, zz, null) = (r#","y":"z""#, r#","y":"zz""#, r#","y":null"#);
        for (who, more, n) in [("a", "", 1), ("b", "", 1), ("a", "", 2), ("c", z, 1), ("c", zz, 1), ("a", null, 1)] {
            let line = line(who, more, n);
            check(&mut shapes, &line);
            if round == 0 {
                check(&mut shapes, &line);
            }
            let unit = shapes.find(line.as_bytes(), &mut Vec::new()).unwrap().unit.unwrap();
            assert_eq!(*numbers.entry((who, more, n)).or_insert(unit), unit, "{line}");
        }
    }
    let distinct: std::collections::BTreeSet<u32> = numbers.values().copied().collect();
    assert_eq!(distinct.len(), 6);
    // Also when everything was forgotten in between, no number stands for another text.
    let forgotten = shapes.forgotten;
    for n in 0.. {
        check(&mut shapes, &format!(r#"{{"{}{n}":1}}"#, "x".repeat(9000)));
        shapes.savings = SAVINGS;
        if shapes.forgotten != forgotten {
            break;
        }
    }
    let line = line("c", "", 1);
    check(&mut shapes, &line);
    check(&mut shapes, &line);
    let unit = shapes.find(line.as_bytes(), &mut Vec::new()).unwrap().unit.unwrap();
    assert!(!distinct.contains(&unit));
}

#[test]
fn a_wrapped_record_is_read_where_it_stands() {
    let mut shapes = Shapes::default();
    let record = |who: &str, n: u32| {
        format!(r#"{{"userIdentity":{{"arn":"{}{who}","n":{n}}},"name":"{who}","list":[{n},null,"{n}"]}}"#, "x".repeat(130))
    };
    let wrap = |text: &str, host: &str| format!(r#"{{"host":"{host}","message":{},"n":1}}"#, serde_json::Value::from(text));
    let line = wrap(&record("a", 1), "h");
    let (mut tape, mut inner) = (Tape::default(), Tape::default());
    let text = record("a", 1);
    shapes.learn_wrapped(tape.parse(&line).unwrap(), 1, inner.parse(&text).unwrap());
    for (who, n, host) in [("a", 1, "h"), ("b", 22, ""), ("", 0, "longer")] {
        let line = wrap(&record(who, n), host);
        for _ in 0..2 {
            let shaped = shapes.find_wrapped(line.as_bytes()).unwrap();
            assert!(shaped.is_wrapped() && shaped.unit.is_some() && shaped.value(0, &mut Tape::default()).is_none());
            let texts: Vec<&str> = (0..shaped.slots.len()).map(|slot| shaped.text(slot)).collect();
            let (arn, n) = (format!("{}{who}", "x".repeat(130)), n.to_string());
            assert_eq!(texts, [host, &arn, &n, who, &n, &n, "1"]);
            assert_eq!(shaped.end(0), Some(line.len()));
        }
    }
    // What is escaped once more, is no JSON inside, or goes on behind it is not of the shape.
    for text in
        [record("a\\\"b", 1), record("a", 1).replace("null", "nul"), record("a", 1) + "x", record("a\\n", 1), "x".into()]
    {
        assert!(shapes.find_wrapped(wrap(&text, "h").as_bytes()).is_none(), "{text}");
    }
    assert!(shapes.find_wrapped(record("a", 1).as_bytes()).is_none());
}

#[test]
fn what_is_kept_is_bounded() {
    let mut shapes = Shapes::default();
    for n in 0..20_000 {
        check(&mut shapes, &format!(r#"{{"key-{n}":"x","{}":"y"}}"#, "long".repeat(n % 700)));
        assert!(shapes.bytes < KEEP_BYTES + MAX_BYTES && shapes.shapes.len() <= KEEP_SHAPES);
    }
    assert!(shapes.branches.iter().all(|arms| arms.len() <= MAX_ARMS));
}

fn document() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        "[ -~]{0,10}".prop_map(|text| serde_json::Value::from(text).to_string()),
        "[ab]{0,3}".prop_map(|text| format!("\"{text}\"")),
        "\"[ab]\\\\[\"\\\\/n][ab]\"|é|\\t|\"|01|1\\.5|-1|0".prop_map(|text| text),
        (0..1000u32).prop_map(|n| n.to_string()),
        Just("null".to_owned()),
    ];
    let value = scalar.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(","))),
            proptest::collection::vec(("a|b|type|", inner), 0..3).prop_map(|members| {
                let members: Vec<String> = members.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    });
    proptest::collection::vec(("a|b|type|", value), 0..4).prop_map(|members| {
        let members: Vec<String> = members.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    })
}

proptest! {
    #[test]
    fn says_what_the_index_says(documents in proptest::collection::vec(document(), 1..20)) {
        let mut shapes = Shapes::default();
        for _ in 0..2 {
            documents.iter().for_each(|document| { check(&mut shapes, document); });
        }
    }
}
