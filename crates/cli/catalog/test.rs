use crate::args::CatalogTest;
use crate::failure::Failure;
use crate::print::print;
use crate::tag::catalog;
use anyhow::{Context, Result};
use std::io::Read;
use std::sync::Arc;
use vires_catalog::{At, Catalog};
use vires_event::{Activity, mask};
use vires_report::clean;
use vires_source::json::Value;
use vires_source::{Opened, Scratch, open};
use vires_tag::{Classifier, Memo, Tags, field};

/// The longest event that is read.
const LIMIT: u64 = 16 << 20;

/// `vires catalog test`
pub fn run(args: &CatalogTest) -> Result<(), Failure> {
    let catalog = Arc::new(catalog(args.overlay.catalog.as_deref())?);
    let event = read(&args.event)?;
    let classifier = Classifier::new(&catalog).context("failed to build the classifier")?;
    let mut scratch = Scratch::default();
    let opened = open(sample(&event), &mut scratch);
    let tags = classifier.classify(&opened, &mut Memo::default());
    Ok(print(&explain(&catalog, &opened, &tags))?)
}

fn read(event: &str) -> Result<Vec<u8>> {
    if event.trim_start().starts_with('{') {
        return Ok(event.as_bytes().to_vec());
    }
    let mut bytes = Vec::new();
    if event == "-" {
        std::io::stdin().lock().take(LIMIT).read_to_end(&mut bytes).context("failed to read standard input")?;
    } else {
        let file = std::fs::File::open(event).with_context(|| format!("failed to read {event}"))?;
        file.take(LIMIT).read_to_end(&mut bytes).with_context(|| format!("failed to read {event}"))?;
    }
    Ok(bytes)
}

/// The whole input if it is one JSON document (it may be pretty-printed), else its first line.
fn sample(bytes: &[u8]) -> &[u8] {
    let whole = bytes.trim_ascii();
    if serde_json::from_slice::<serde::de::IgnoredAny>(whole).is_ok() {
        return whole;
    }
    whole.split(|b| *b == b'\n').next().unwrap_or_default()
}

fn explain(catalog: &Catalog, opened: &Opened<'_>, tags: &Tags<'_>) -> String {
    let mut out = Lines(String::new());
    match &opened.activity {
        Some(activity) => {
            out.say("source", tags.source.map_or("", |s| s.as_str()), "");
            who(&mut out, catalog, activity, opened.record, tags);
            what(&mut out, catalog, activity, tags);
        }
        None => out.say("source", "none", "no decoder knows this record"),
    }
    found(&mut out, catalog, tags);
    let mut object = Vec::new();
    tags.render(&mut object);
    out.say("nhi", &String::from_utf8_lossy(&object), "");
    out.0
}

fn who(out: &mut Lines, catalog: &Catalog, activity: &Activity<'_>, record: Option<Value<'_>>, tags: &Tags<'_>) {
    let (Some(identity), Some(id)) = (&activity.identity, &tags.id) else {
        return out.say("identity", "none", "the record names nobody");
    };
    out.say("identity", id, "");
    let kind = tags.kind.map(|k| format!(", {k}")).unwrap_or_default();
    out.say("actor", &format!("{}{kind}", tags.actor.map_or("ambiguous", |a| a.as_str())), "");
    out.because(&format!("the record's structure says {} ({})", identity.actor, identity.kind));
    let mut get = |name: &str| field(name, activity, record);
    for marker in catalog.identities().iter().filter(|m| m.source == activity.source) {
        if marker.holds(&mut get) {
            let fields = marker.field.join(" or ");
            out.because(&format!(
                "{} says {} with confidence {}: {fields} {} ({})",
                marker.id,
                marker.actor,
                marker.confidence,
                marker.op,
                place(&marker.at)
            ));
        }
    }
    if let Some(credential) = activity.credential.as_ref().and_then(|c| c.id.as_deref()) {
        out.say("credential", &mask(credential), "");
    }
    if let Some(user_agent) = &activity.origin.user_agent {
        for row in catalog.user_agents().iter().filter(|row| row.matches(user_agent)) {
            out.say("user agent", &row.kind, &format!("`{}` {} ({})", row.substring, row.mode, place(&row.at)));
        }
    }
}

fn what(out: &mut Lines, catalog: &Catalog, activity: &Activity<'_>, tags: &Tags<'_>) {
    let Some(action) = &tags.action else { return };
    out.say("action", action, "");
    if let Some(effect) = tags.effect {
        out.say("effect", effect.as_str(), &format!("tier {}", effect.tier()));
    }
    let spellings = std::iter::once(&activity.action).chain(&activity.also);
    let path = activity.targets.first().and_then(|t| t.name.strip_prefix("vault:"));
    let row = spellings.into_iter().find_map(|action| catalog.action(activity.source, action, path));
    match (row, &tags.sensitive) {
        (Some(row), Some(sensitive)) => {
            let boundary = sensitive.boundary.map(|b| format!(", can cross {b}")).unwrap_or_default();
            out.say("sensitive", sensitive.class.as_str(), &format!("severity {}{boundary}", sensitive.severity));
            let raised = if sensitive.severity > row.severity { ", raised by one because its condition holds" } else { "" };
            out.because(&format!("{} has severity {}{raised} ({})", row.id, row.severity, place(&row.at)));
        }
        _ => out.say("sensitive", "no", "the catalogue has no such action"),
    }
    if let Some(target) = &tags.target {
        out.say("target", target, &tags.data_class.map(|c| format!("data class {c}")).unwrap_or_default());
    }
}

fn found(out: &mut Lines, catalog: &Catalog, tags: &Tags<'_>) {
    for (name, severity) in &tags.markers {
        let row = catalog.resources().iter().find(|r| r.marker == *name);
        out.say(
            "marker",
            name,
            &format!("severity {severity}{}", row.map(|r| format!(" ({})", place(&r.at))).unwrap_or_default()),
        );
    }
    for (kind, severity) in &tags.leaks {
        let row = catalog.tokens().iter().find(|t| t.id == *kind);
        out.say(
            "leak",
            kind,
            &format!("severity {severity}{}", row.map(|r| format!(" ({})", place(&r.at))).unwrap_or_default()),
        );
    }
    out.say("tagged", if tags.tagged() { "yes" } else { "no" }, tags.error.map_or("", vires_tag::Problem::as_str));
}

/// `name  value  (remark)`, reasons indented below.
struct Lines(String);

impl Lines {
    fn say(&mut self, name: &str, value: &str, remark: &str) {
        let remark = if remark.is_empty() { String::new() } else { format!("  {}", clean(remark)) };
        self.0 += &format!("{name:<11} {}{remark}\n", clean(value));
    }

    fn because(&mut self, reason: &str) {
        self.0 += &format!("{:<11} - {}\n", "", clean(reason));
    }
}

fn place(at: &At) -> String {
    format!("{}:{}", at.file, at.line)
}
