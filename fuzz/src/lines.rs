//! Targets that look at one line at a time.

use super::estate::CATALOG;
use super::inputs::pieces;
use serde_json::Value as Json;
use std::cell::RefCell;
use std::sync::LazyLock;
use vires_source::json::{Tape, Type, Value};
use vires_source::{Hints, JSON, open};
use vires_tag::{Memo, Options, Raw, Reply, Scratch, Tagger, reference};

static TAGGER: LazyLock<Tagger> = LazyLock::new(|| tagger(Options::default()));
static OTHERS: LazyLock<[Tagger; 2]> = LazyLock::new(|| {
    [
        tagger(Options { reply: Reply::Rsyslog, ..Options::default() }),
        tagger(Options { raw: Raw::Passthrough, field: "a \"field\"".into(), ..Options::default() }),
    ]
});

fn tagger(options: Options) -> Tagger {
    Tagger::new(&CATALOG, options).expect("the tagger builds")
}

thread_local! {
    // Kept from line to line, as in production: what one line leaves behind must not change the next.
    static KEPT: RefCell<(vires_source::Scratch, Memo, Scratch)> = RefCell::default();
}

/// The fast path says what the plain evaluator says, and the answer keeps the line.
pub fn line(data: &[u8]) {
    for line in data.split(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        KEPT.with_borrow_mut(|(buffers, memo, scratch)| {
            let plain = {
                let mut fresh = vires_source::Scratch::default();
                let opened = open(line, &mut fresh);
                format!("{:?} {:?}", reference::classify(&CATALOG, &opened), opened.activity)
            };
            for _ in 0..2 {
                let opened = open(line, buffers);
                let fast = TAGGER.classifier().classify(&opened, memo);
                assert_eq!(format!("{fast:?} {:?}", opened.activity), plain);
            }
            kept(&TAGGER, line, scratch);
            for other in &*OTHERS {
                let mut out = Vec::new();
                other.line(line, scratch, &mut out);
                assert!(!out.contains(&b'\n'), "one line, one answer");
            }
            let mut out = Vec::new();
            TAGGER.fallback(line, &mut out);
            assert!(!out.contains(&b'\n'), "one line, one answer");
        });
    }
}

fn answer(tagger: &Tagger, line: &[u8], scratch: &mut Scratch) -> Vec<u8> {
    let mut out = Vec::new();
    tagger.line(line, scratch, &mut out);
    assert!(!out.contains(&b'\n'), "one line, one answer");
    out
}

fn kept(tagger: &Tagger, line: &[u8], scratch: &mut Scratch) {
    let once = answer(tagger, line, scratch);
    let twice = answer(tagger, &once, scratch);
    assert_eq!(String::from_utf8_lossy(&twice), String::from_utf8_lossy(&once), "a second pass changes nothing");
    let Some(whole) = parse(&once) else { return };
    let object = whole.get("nhi").or_else(|| whole.get("log")?.get("nhi")).expect("an object");
    assert!(object.to_string().len() <= 4096, "at most 4 KiB");
    assert!(object["v"] == 1 && object["tagged"].is_boolean(), "{object}");
    assert!(object.as_object().expect("an object").values().all(|v| !v.is_null() && v.as_str() != Some("")), "{object}");
    // Nothing else of a JSON object changes.
    let Some(Json::Object(before)) = parse(line) else { return };
    if before.contains_key("nhi") || (before.len() == 1 && before.get("log").is_some_and(Json::is_object)) {
        return;
    }
    let end = line.iter().rposition(|b| *b == b'}').expect("an object has an end");
    assert!(once.starts_with(line[..end].trim_ascii_end()) && once.ends_with(&line[end..]), "bytes preserved");
}

fn parse(text: &[u8]) -> Option<Json> {
    std::str::from_utf8(text).ok().and_then(|text| serde_json::from_str(text).ok())
}

/// Members of the tagger's own name are replaced wherever they stand and however they are written.
pub fn splice(data: &[u8]) {
    let Some([members, old, more]) = pieces(data) else { return };
    let (Ok(members), Ok(old), Ok(more)) = (std::str::from_utf8(members), std::str::from_utf8(old), std::str::from_utf8(more))
    else {
        return;
    };
    let forms = [
        format!("{{{members},\"nhi\":{old},{more}}}"),
        format!("{{\"log\":{{\"nhi\":{old},{members}}}}}"),
        format!("{{{members},\"\\u006ehi\":{old},\"nhi\" : {more}}}"),
        format!("{{\"message\":{members},\"nhi\":{old}}}"),
    ];
    for line in forms.iter().map(|f| f.as_bytes()).filter(|l| !l.contains(&b'\n') && !l.contains(&b'\r')) {
        KEPT.with_borrow_mut(|(_, _, scratch)| kept(&TAGGER, line, scratch));
    }
}

/// The index accepts what `serde_json` accepts, and reads the same in it.
pub fn json(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut tape = Tape::default();
    let ours = tape.parse(text);
    let theirs = serde_json::from_str::<serde::de::IgnoredAny>(text);
    if let Err(error) = &theirs
        && error.to_string().contains("recursion limit")
    {
        return;
    }
    assert_eq!(ours.is_ok(), theirs.is_ok(), "{text}");
    if let (Ok(ours), Ok(theirs)) = (ours, serde_json::from_str::<Json>(text)) {
        same(ours, &theirs);
    }
}

fn same(ours: Value<'_>, theirs: &Json) {
    match theirs {
        Json::Object(members) => {
            assert!(ours.is_object());
            for (key, value) in members {
                same(ours.get(key).expect("the member"), value);
            }
        }
        Json::Array(items) => {
            assert_eq!(ours.items().count(), items.len());
            ours.items().zip(items).for_each(|(ours, theirs)| same(ours, theirs));
        }
        Json::String(text) => assert_eq!(ours.str().as_deref(), Some(text.as_str())),
        Json::Number(number) => {
            assert_eq!(ours.kind(), Type::Number);
            if let Some(n) = number.as_u64().filter(|_| ours.raw().bytes().all(|b| b.is_ascii_digit())) {
                assert_eq!(ours.u64(), Some(n));
            }
        }
        Json::Bool(truth) => assert_eq!(ours.bool(), Some(*truth)),
        Json::Null => assert!(ours.is_null()),
    }
}

/// Each decoder reads records of any other source without harm, not only those that it recognises.
pub fn decoders(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let mut tape = Tape::default();
    let Ok(record) = tape.parse(text) else { return };
    if !record.is_object() {
        return;
    }
    let decoder = &JSON[usize::from(*choice) % JSON.len()];
    let hints = Hints { host: Some("host".into()), time: Some("2026-03-01T00:00:00Z".into()), cluster: Some("c".into()) };
    for hints in [Hints::default(), hints] {
        if let Some(activity) = (decoder.decode)(record, &hints) {
            let _ = activity.at();
            assert!(format!("{activity:?}").len() < 64 * (text.len() + 4096), "no more is said than was read");
        }
    }
}

/// A record says the same inside an envelope as outside.
pub fn envelope(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut tape = Tape::default();
    if !text.starts_with('{') || text.contains('\n') || tape.parse(text).is_err() {
        return;
    }
    let said = |line: &str| {
        let mut scratch = vires_source::Scratch::default();
        open(line.as_bytes(), &mut scratch).activity.map(|a| format!("{a:?}"))
    };
    let mut scratch = vires_source::Scratch::default();
    let opened = open(text.as_bytes(), &mut scratch);
    // What stands at the top of the line: further envelopes have further rules.
    let bare = match (&opened.activity, opened.layers.is_empty()) {
        (Some(activity), true) if opened.record.is_some_and(|r| r.raw() == text) => format!("{activity:?}"),
        _ => return,
    };
    let quoted = serde_json::to_string(text).expect("text");
    for wrapped in [
        format!("{{\"stream\":\"stdout\",\"message\":{quoted}}}"),
        format!("{{\"log\":{text},\"x\":1}}"),
        format!("{{\"log\":{text}}}"),
        format!("{{\"event\":{{\"original\":{quoted}}}}}"),
        format!("{{\"message\":{}}}", quoted.replace('e', "\\u0065").replace('/', "\\/")),
        format!("{{\"msg\":{{\"message\":{quoted}}}}}"),
    ] {
        if let Some(said) = said(&wrapped) {
            assert_eq!(said, bare, "{wrapped}");
        } else {
            panic!("not found in {wrapped}");
        }
    }
}
