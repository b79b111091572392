use super::{Fact, Names};
use crate::scenario::{Lines, LogSource};
use rustc_hash::{FxHashSet, FxHasher};
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use vires_catalog::Catalog;
use vires_event::{Activity, Actor};
use vires_pipeline::judging::Learner;
use vires_profile::Inventory;
use vires_profile::observation::{network_of, ua_family};
use vires_profile::zones::UNKNOWN;
use vires_source::json::Value;
use vires_source::{Opened, Scratch, Shape, open};
use vires_tag::{Classifier, Memo, Tags};

/// Why nothing can be decoded.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The built-in catalogue is broken.
    #[error("failed to load the catalogue: {0}")]
    Catalog(#[from] vires_catalog::CatalogError),
    /// Its literals cannot be compiled.
    #[error("failed to compile the catalogue: {0}")]
    Compile(String),
}

/// The events of a log.
#[derive(Debug, Clone, Default)]
pub struct Window {
    /// What was decoded, in file order.
    pub facts: Vec<Fact>,
    /// Lines in all, blank ones included.
    pub lines: u32,
    /// Lines that say something nobody can read.
    pub unreadable: u64,
    /// Lines on which a wanted event id stands.
    pub wanted: Vec<(u32, String)>,
}

/// Turns log lines into facts. Shared by all threads.
#[derive(Debug)]
pub struct Decoder {
    classifier: Arc<Classifier>,
    learns: bool,
}

/// Members that hold an event's own id, by source. What Azure Monitor exports keeps the id of Entra's record in `properties`.
const ID_FIELDS: [&str; 10] = [
    "eventID",
    "insertId",
    "auditID",
    "_document_id",
    "uuid",
    "correlationId",
    "id",
    "request.id",
    "properties.id",
    "properties.correlationId",
];

impl Decoder {
    /// With the built-in catalogue.
    pub fn new() -> Result<Decoder, DecodeError> {
        let catalog = Arc::new(Catalog::builtin()?);
        let classifier = Classifier::new(&catalog).map_err(|e| DecodeError::Compile(e.to_string()))?;
        Ok(Decoder { classifier: Arc::new(classifier), learns: false })
    }

    /// The same for scenarios that are to be judged: their history is learned while it is decoded, not opened once more for it.
    #[must_use]
    pub fn learning(self) -> Decoder {
        Decoder { learns: true, ..self }
    }

    /// True if histories are learned while they are decoded.
    pub fn learns(&self) -> bool {
        self.learns
    }

    /// What it classifies with.
    pub fn classifier(&self) -> &Arc<Classifier> {
        &self.classifier
    }

    /// The catalogue.
    pub fn catalog(&self) -> &Catalog {
        self.classifier.catalog()
    }

    /// Reads a whole log. `wanted` are event ids whose lines are looked for; `line:<n>` is found on every line. A `learner` of this
    /// decoder's classifier learns from each line on the way.
    pub fn read(
        &self,
        source: &LogSource,
        inventory: &Inventory,
        names: &mut Names,
        wanted: &FxHashSet<String>,
        mut learner: Option<&mut Learner<'_>>,
    ) -> std::io::Result<Window> {
        let mut window = Window::default();
        let (mut memo, mut scratch) = (Memo::default(), Scratch::default());
        let mut lines = Lines::new(source)?;
        while let Some((number, line)) = lines.next_line()? {
            window.lines = number;
            if !wanted.is_empty() {
                let by_line = format!("line:{number}");
                if wanted.contains(&by_line) {
                    window.wanted.push((number, by_line));
                }
            }
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let mut opened = open(line, &mut scratch);
            if !wanted.is_empty() {
                find_ids(&opened, number, wanted, &mut window.wanted);
            }
            match &opened.activity {
                Some(activity) => {
                    let tags = self.classifier.classify(&opened, &mut memo);
                    window.facts.push(fact(number, activity, &tags, opened.record, inventory, names));
                    if let Some(learner) = &mut learner {
                        learner.opened(&mut opened, &tags);
                    }
                }
                None => window.unreadable += 1,
            }
        }
        Ok(window)
    }
}

fn find_ids(opened: &Opened<'_>, line: u32, wanted: &FxHashSet<String>, found: &mut Vec<(u32, String)>) {
    let mut check = |id: &str| {
        if wanted.contains(id) && !found.iter().rev().take_while(|(l, _)| *l == line).any(|(_, i)| i == id) {
            found.push((line, id.to_string()));
        }
    };
    if let Some(id) = opened.activity.as_ref().and_then(|a| a.event_id.as_deref()) {
        check(id);
    }
    let outer = match opened.shape {
        Shape::Object(value) | Shape::NativeLog(value) => Some(value),
        Shape::Text => None,
    };
    for record in opened.record.into_iter().chain(outer) {
        for field in ID_FIELDS {
            if let Some(id) = record.path_text(field) {
                check(&id);
            }
        }
    }
}

fn fact(
    line: u32,
    activity: &Activity<'_>,
    tags: &Tags<'_>,
    record: Option<Value<'_>>,
    inventory: &Inventory,
    names: &mut Names,
) -> Fact {
    let origin = &activity.origin;
    let zone = inventory.zones.lookup(origin.ip.as_deref(), origin.asn.as_deref(), origin.service.as_deref());
    let foreign = zone.is_some_and(|z| z.name == UNKNOWN);
    let zone = match zone {
        Some(zone) if !foreign => Some(names.put(zone.name)),
        Some(_) => network_of(origin.ip.as_deref(), origin.network.as_deref(), origin.asn.as_deref()).map(|n| names.put(&n)),
        None => None,
    };
    let declared = activity.targets.iter().filter_map(|t| inventory.data.class_of(&t.name).map(|(class, _)| class)).max();
    let put = |names: &mut Names, text: Option<&str>| text.filter(|t| !t.is_empty()).map(|t| names.put(t));
    Fact {
        line,
        at: activity.at(),
        source: activity.source,
        identity: put(names, activity.identity.as_ref().map(|i| &*i.id)),
        kind: tags.kind,
        human: tags.actor == Some(Actor::Human),
        action: names.put(&activity.action),
        effect: tags.effect,
        tier: tags.effect.map_or(2, |e| e.tier()),
        severity: tags.sensitive.map(|s| s.severity),
        data_class: declared.or(tags.data_class),
        target: put(names, activity.targets.first().map(|t| &*t.name)),
        zone,
        foreign,
        asn: put(names, origin.asn.as_deref()),
        ua: put(names, origin.user_agent.as_deref().map(ua_family).as_deref()),
        region: put(names, activity.place.region.as_deref()),
        account: put(names, activity.place.account.as_deref()),
        outcome: activity.outcome,
        event: activity.event_id.as_deref().map(hash),
        shape: shape(activity, record),
    }
}

fn hash<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

/// What a record looks like: the names of its top-level members and the form of its id (`0` for digits, `a` for letters).
fn shape(activity: &Activity<'_>, record: Option<Value<'_>>) -> u64 {
    let mut keys: Vec<&str> = record.iter().flat_map(|r| r.fields()).map(|(_, v)| v.key_raw()).take(256).collect();
    keys.sort_unstable();
    let form: String = activity
        .event_id
        .as_deref()
        .unwrap_or_default()
        .chars()
        .take(80)
        .map(|c| match c {
            // Hexadecimal digits are one class: which of them are letters is chance.
            '0'..='9' | 'a'..='f' => '0',
            'g'..='z' => 'a',
            'A'..='Z' => 'A',
            c => c,
        })
        .collect();
    hash(&(activity.source.as_str(), keys, form))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::decoder;
    use proptest::prelude::*;

    fn read(bytes: Vec<u8>, wanted: &[&str]) -> Window {
        let wanted = wanted.iter().map(ToString::to_string).collect();
        let source = LogSource::Memory(Arc::new(bytes));
        decoder().read(&source, &Inventory::default(), &mut Names::default(), &wanted, None).unwrap()
    }

    proptest! {
        #[test]
        fn no_bytes_break_it_and_no_line_is_lost(lines in prop::collection::vec(prop::collection::vec(any::<u8>().prop_filter("no line end", |b| *b != b'\n'), 0..200), 0..20)) {
            let blank = lines.iter().filter(|l| l.iter().all(u8::is_ascii_whitespace)).count();
            let mut bytes = lines.join(&b'\n');
            bytes.push(b'\n');
            let window = read(bytes, &["line:1"]);
            let count = lines.len().max(1);
            prop_assert_eq!(window.lines as usize, count);
            let blank = if lines.is_empty() { 1 } else { blank };
            prop_assert_eq!(window.facts.len() + window.unreadable as usize + blank, count);
            prop_assert_eq!(window.wanted.len(), 1);
        }
    }

    #[test]
    fn an_id_that_stands_twice_in_a_line_is_found_once() {
        let line =
            crate::testing::event("e1 2026-03-01T10:00:00Z web s3:GetObject 198.51.100.1").replacen('{', "{\"id\":\"e1\",", 1);
        assert_eq!(read(line.into_bytes(), &["e1"]).wanted, [(1, "e1".to_string())]);
    }

    #[test]
    fn a_sign_in_is_found_by_its_own_id_and_by_the_one_it_shares() {
        let line = |id: &str| {
            format!(
                r#"{{"time":"2026-03-02T08:00:00Z","category":"ServicePrincipalSignInLogs","operationName":"Sign-in activity","correlationId":"c","properties":{{"id":"{id}","correlationId":"c","appId":"a","createdDateTime":"2026-03-02T08:00:00Z"}}}}"#
            ) + "\n"
        };
        let wanted = read((line("i1") + &line("i2")).into_bytes(), &["i2", "c"]).wanted;
        assert_eq!(wanted, [(1, "c".to_string()), (2, "c".to_string()), (2, "i2".to_string())]);
    }

    #[test]
    fn records_look_alike_if_they_differ_only_in_what_they_say() {
        let event = |text: &str| crate::testing::event(text) + "\n";
        let a = event("3f2a 2026-03-01T10:00:00Z web s3:GetObject 198.51.100.1")
            + &event("91bc 2026-03-02T10:00:00Z job iam:CreateUser 203.0.113.9");
        let facts = read(a.into_bytes(), &[]).facts;
        assert_eq!(facts[0].shape, facts[1].shape);
        let b = event("zz-x 2026-03-01T10:00:00Z web s3:GetObject 198.51.100.1");
        assert_ne!(read(b.into_bytes(), &[]).facts[0].shape, facts[0].shape);
    }
}
