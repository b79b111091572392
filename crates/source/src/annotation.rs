//! Another product's mark on an event: a Sigma match that carries the event, or an event in ECS that was made an alert.
//!
//! A mark is a member of the record itself or of an envelope around it. Looked at when judging only: tags do not say it.

use crate::Opened;
use crate::json::Value;
use crate::support::cloud::bounded;
use vires_event::{Detection, Text};

/// Members without which there is no mark.
pub const MARKS: [&str; 3] = ["rule_title", "event", "event.kind"];

/// The gravest mark on an event, if there is any.
pub fn annotation<'a>(opened: &Opened<'a>) -> Option<Detection<'a>> {
    let record = opened.record;
    let around = opened.layers.iter().filter_map(|layer| layer.root);
    let root = record.map(|r| r.root()).filter(|root| record.is_some_and(|r| r.number() != root.number()));
    let objects = record.into_iter().chain(root).chain(around);
    objects.filter_map(mark).max_by_key(|found| found.severity)
}

fn mark(object: Value<'_>) -> Option<Detection<'_>> {
    let (mut rule, mut level, mut event, mut alert, mut flat) = (None, None, None, None, false);
    for (key, value) in object.fields() {
        match key {
            "rule_title" => rule = value.text(),
            "level" => level = value.text(),
            "event" if value.is_object() => event = Some(value),
            "event.kind" => flat = true,
            "kibana.alert.severity" => alert = value.text(),
            // Whatever is escaped may be anything.
            _ => flat |= key.contains('\\'),
        }
    }
    if let (Some(title), Some(severity)) = (rule, level.as_deref().and_then(step)) {
        return Some(found(severity, title));
    }
    // Nearly no record has either.
    if event.is_none() && !flat {
        return None;
    }
    let kind = event.and_then(|e| e.get_text("kind")).or_else(|| event.is_none().then(|| object.get_text("event.kind"))?);
    if !matches!(kind.as_deref(), Some("alert" | "signal")) {
        return None;
    }
    // Severities of ECS have no scale of their own: only words are believed.
    let words = [alert, object.path_text("kibana.alert.severity"), object.path_text("signal.rule.severity")];
    let severity = words.into_iter().flatten().find_map(|word| step(&word)).unwrap_or(3);
    let names = ["rule.name", "kibana.alert.rule.name", "signal.rule.name"];
    let title = names.iter().find_map(|name| object.get_text(name).or_else(|| object.path_text(name)));
    Some(found(severity, title.unwrap_or("alert".into())))
}

fn found(severity: u8, title: Text<'_>) -> Detection<'_> {
    Detection { severity, title: bounded(title, 256), alone: false }
}

/// 1–5 of the five words that Sigma and Elastic have.
fn step(word: &str) -> Option<u8> {
    let words = ["informational", "low", "medium", "high", "critical"];
    (1u8..).zip(words).find(|(_, w)| w.eq_ignore_ascii_case(word)).map(|(n, _)| n)
}

#[cfg(test)]
mod tests {
    use super::annotation;
    use crate::{Scratch, open};

    const EVENT: &str = r#"{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","accountId":"123456789012","userName":"ci"},"eventTime":"2026-11-23T18:44:41Z","eventSource":"sts.amazonaws.com","eventName":"GetCallerIdentity","eventID":"e-1"}"#;

    fn said(line: &str) -> Option<(u8, String)> {
        let mut scratch = Scratch::default();
        let opened = open(line.as_bytes(), &mut scratch);
        assert!(opened.activity.as_ref().is_some_and(|a| a.identity.is_some()), "{line}");
        annotation(&opened).map(|d| (d.severity, d.title.into_owned()))
    }

    #[test]
    fn marks_are_found_on_the_event_and_around_it() {
        let quoted = serde_json::to_string(EVENT).unwrap();
        let open_end = &EVENT[..EVENT.len() - 1];
        let sigma =
            |level: &str| format!(r#"{{"rule_title":"Keys","rule_id":"r","level":"{level}","tags":[],"event":{EVENT}}}"#);
        let some = |severity, title: &str| Some((severity, title.to_owned()));
        assert_eq!(said(EVENT), None);
        assert_eq!(said(&sigma("informational")), some(1, "Keys"));
        assert_eq!(said(&sigma("Critical")), some(5, "Keys"));
        assert_eq!(said(&sigma("loud")), None);
        assert_eq!(said(&format!(r#"{open_end},"rule_title":"Keys","level":"high"}}"#)), some(4, "Keys"));
        for (mark, expected) in [
            (r#""event":{"kind":"event"}"#, None),
            (r#""event":{"kind":"alert"}"#, some(3, "alert")),
            (r#""event":{"kind":"signal"},"rule":{"name":"R"},"kibana.alert.severity":"high""#, some(4, "R")),
            (r#""event.kind":"signal","kibana":{"alert":{"severity":"low","rule":{"name":"R"}}}"#, some(2, "R")),
        ] {
            assert_eq!(said(&format!(r#"{{{mark},"message":{quoted}}}"#)), expected, "{mark}");
        }
    }
}
