//! Answers a CloudTrail line from what lines of its shape said before.
//!
//! A trail repeats itself: of a line whose shape is known (see [`vires_source::json::Shapes`]) a few texts decide everything that is
//! said but what was touched, and few combinations of them write most lines. What they said is kept, finished but for the target.
//! Times and ids are only searched for credentials. Whatever is not clear at once goes the long way, so that no answer depends on
//! what was met before: the memory is filled by the long way alone.

mod envelope;
mod plan;

use crate::classify::Classifier;
use crate::memo::{Cache, Memo};
use crate::object::Object;
use crate::report::{Only, Report};
use crate::tags::{TELLING, Tags};
use envelope::Envelope;
use plan::{Plan, Reads};
pub(crate) use plan::{first, holds_no_beginning, is_like_an_address, refuses_addresses};
use vires_event::{Effect, Source, Text};
use vires_source::cloudtrail::{Named, service_and_operation, touched};
use vires_source::json::{Shaped, Shapes, Tape, Value};
use vires_source::{Opened, Shape};

/// What makes the short way possible, or not, with a catalogue.
#[derive(Debug)]
pub(crate) struct Quick {
    reads: Option<Reads>,
    field: String,
}

/// The memory of one thread.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    shapes: Shapes,
    plans: Plans,
    /// Envelopes that were opened, by what decides that they are some.
    opened: Cache<(), 256>,
    inner: Vec<u8>,
    said: Cache<Said, 8192>,
    /// Bytes of what was said, and of what decided it.
    bytes: usize,
    key: Vec<u8>,
    tapes: [Tape; 3],
}

/// What follows from a shape, by its number.
#[derive(Debug, Default)]
struct Plans {
    forgotten: u32,
    of: Vec<Option<Fit>>,
}

#[derive(Debug)]
enum Fit {
    /// It is that of a record.
    Record(Plan),
    /// It is that of an envelope.
    Envelope(Envelope),
    /// Its lines go the long way.
    None,
}

impl Plans {
    fn entry(&mut self, (forgotten, number): (u32, u32)) -> &mut Option<Fit> {
        if self.forgotten != forgotten {
            self.of.clear();
            self.forgotten = forgotten;
        }
        let number = number as usize;
        if self.of.len() <= number {
            self.of.resize_with(number + 1, || None);
        }
        &mut self.of[number]
    }
}

/// What is said of every line of a shape with certain texts in the places that decide.
#[derive(Debug)]
struct Said {
    /// The object up to what was touched, and what follows that.
    head: Box<[u8]>,
    tail: Box<[u8]>,
    service: Box<str>,
    operation: Box<str>,
    /// The whole is of the highest class.
    secret: bool,
    /// The action is a sensitive one, so that its own severity counts and not that of names.
    sensitive: bool,
    /// The action's row has a condition that changes its severity, which is this if the object is to be what is kept.
    condition: Option<(u32, u8)>,
    machine: bool,
    report: Report,
}

/// A finished object and what is to be counted.
pub(crate) struct Answer {
    pub report: Report,
    /// Where the brace stands that closes the line's object.
    pub brace: usize,
}

impl Quick {
    /// `field` is the member that is added.
    pub(crate) fn new(classifier: &Classifier, field: &str) -> Self {
        Quick { reads: Reads::new(classifier.catalog(), classifier.leaks()), field: field.to_owned() }
    }

    /// Writes the object for `line` to `object`, which must be empty, if what was met before says what it is. It is not written if
    /// `only` leaves the line out.
    pub(crate) fn answer(
        &self,
        line: &[u8],
        only: Option<Only>,
        classifier: &Classifier,
        kept: &mut Kept,
        memo: &mut Memo,
        object: &mut Vec<u8>,
    ) -> Option<Answer> {
        let Kept { shapes, plans, opened, inner, said, key, tapes: [parameters, resources, whole], .. } = kept;
        let mut shaped = shapes.find(line, inner)?;
        let brace = shaped.end(0)?.checked_sub(1)?;
        if shaped.escaped.is_some() {
            let Some(Fit::Envelope(envelope)) = plans.entry(shaped.id) else { return None };
            opened.get(envelope.key(&shaped, key)?)?;
            if !envelope.holds(&shaped) || envelope.may_leak(&shaped, classifier.leaks()) {
                return None;
            }
            shaped = shapes.find(inner, &mut Vec::new())?;
        }
        let Some(Fit::Record(plan)) = plans.entry(shaped.id).as_ref().filter(|_| shaped.escaped.is_none()) else { return None };
        let said = said.get(plan.key(&shaped, key)?)?;
        if plan.may_leak(&shaped, classifier.leaks()) {
            return None;
        }
        // A line that is left out unless it names something need not be taken apart to see that it does not.
        let left_out =
            |only: Only| said.condition.is_none() && !only.keeps_one(said.report.tagged, said.report.sensitive, said.machine);
        if only.is_some_and(left_out)
            && plan.marks_nothing(&shaped, &said.service, |text| classifier.may_mark(text, &mut memo.texts))
        {
            return Some(Answer { report: Report { filtered: true, ..said.report }, brace });
        }
        if let Some((row, severity)) = said.condition
            && classifier.severity(row, shaped.value(0, whole)?) != severity
        {
            return None;
        }
        let named = Named {
            parameters: member(&shaped, plan.parameters, parameters)?,
            resources: member(&shaped, plan.resources, resources)?,
        };
        let (targets, mentions) = touched(named, &said.service, &said.operation);
        let (markers, named_class) = classifier.markers(&targets, &mentions, None, &mut memo.texts);
        let target = targets.first().map(|target| &*target.name);
        let spoilt = target.is_some_and(|target| classifier.leaks().any_begins(target.as_bytes()));
        // Only where the action says how grave it is, names do not.
        if spoilt || (!markers.is_empty() && !said.sensitive) {
            return None;
        }
        let telling = markers.iter().any(|(_, severity)| *severity >= TELLING);
        let mut report = Report { sensitive: said.report.sensitive || telling, ..said.report };
        report.filtered = only.is_some_and(|only| !only.keeps_one(report.tagged, report.sensitive, said.machine));
        if !report.filtered {
            let data_class = if said.secret { Some(3) } else { classifier.data_class(named_class, target) };
            object.extend_from_slice(&said.head);
            let touched = Tags { target: target.map(Text::Borrowed), data_class, markers, ..Tags::default() };
            let mut open = Object::resume(object, 0, false);
            touched.write_touched(&mut open);
            if open.pause() {
                return None;
            }
            object.extend_from_slice(&said.tail);
        }
        Some(Answer { report, brace })
    }

    /// Learns from a line that went the long way.
    pub(crate) fn learn(&self, line: &Opened<'_>, tags: &Tags<'_>, classifier: &Classifier, kept: &mut Kept, memo: &mut Memo) {
        let (Some(reads), Shape::Object(root), Some(record)) = (&self.reads, line.shape, line.record) else { return };
        let Some(activity) = line.activity.as_ref().filter(|a| a.source == Source::Cloudtrail) else { return };
        if record.number() != 0 || !line.valid_utf8 || tags.error.is_some() {
            return;
        }
        let Kept { shapes, plans, opened, inner, said, bytes, key, .. } = kept;
        if let [layer] = &line.layers[..] {
            let Some(shaped) = shapes.find(line.text.as_bytes(), inner) else { return shapes.learn(root) };
            let Some(escaped) = shaped.escaped else { return };
            let text = shaped.slots.get(escaped).map(|slot| slot.range().start - 1..slot.range().end + 1);
            if text.as_ref() != Some(&layer.inner) || *inner != record.document().as_bytes() {
                return;
            }
            let fit = plans.entry(shaped.id).get_or_insert_with(|| {
                Envelope::new(root, escaped, &self.field, classifier.leaks()).map_or(Fit::None, Fit::Envelope)
            });
            let Fit::Envelope(envelope) = fit else { return };
            let Some(key) = envelope.key(&shaped, key).filter(|_| envelope.holds(&shaped)) else { return };
            if opened.get(key).is_none() {
                opened.put(key, ());
            }
        } else if !line.layers.is_empty() {
            return;
        }
        let Some(shaped) = shapes.find(record.document().as_bytes(), inner) else { return shapes.learn(record) };
        let fit = plans
            .entry(shaped.id)
            .get_or_insert_with(|| Plan::new(record, &self.field, reads, classifier.leaks()).map_or(Fit::None, Fit::Record));
        let Fit::Record(plan) = fit else { return };
        if shaped.escaped.is_some() {
            return;
        }
        let Some(key) = plan.key(&shaped, key) else { return };
        if said.get(key).is_some() || plan.may_leak_where_it_decides(record, classifier.leaks()) {
            return;
        }
        let (source, name) = (shaped.text(plan.event_source), shaped.text(plan.event_name));
        // What the agent is marked with would have to be merged with what names are.
        let agent = activity.origin.user_agent.as_deref();
        if source.is_empty() || name.is_empty() || agent.is_some_and(|agent| classifier.is_marked(agent)) {
            return;
        }
        // Of a target only what stands behind the service is looked at, which the first colon tells.
        if source.contains(':') {
            return;
        }
        let condition = classifier.condition(activity, memo).zip(tags.sensitive.map(|s| s.severity));
        if let Some(new) = Said::new(tags, service_and_operation(source, name), condition) {
            // Few combinations write most lines; who writes others all the time gets no more memory by it.
            if *bytes > MAX_KEPT {
                (*said, *bytes) = (Cache::default(), 0);
            }
            *bytes += key.len() + new.head.len() + new.tail.len() + new.service.len() + new.operation.len();
            said.put(key, new);
        }
    }
}

impl Said {
    /// `None` if the object is too long to leave room for what is touched.
    fn new(tags: &Tags<'_>, (service, operation): (&str, &str), condition: Option<(u32, u8)>) -> Option<Self> {
        let own = Tags { target: None, data_class: None, markers: Vec::new(), leaks: Vec::new(), ..tags.clone() };
        let mut bytes = Vec::new();
        let mut object = Object::open(&mut bytes);
        own.write_head(&mut object);
        let cut = object.pause();
        let middle = bytes.len();
        let mut object = Object::resume(&mut bytes, 0, cut);
        own.write_rest(&mut object);
        own.write_end(&mut object);
        object.close();
        if cut || bytes.len() > MAX_SAID {
            return None;
        }
        let (head, tail) = bytes.split_at(middle);
        let report =
            Report { source: tags.source, tagged: own.tagged(), sensitive: own.touches_sensitive(), ..Report::default() };
        Some(Said {
            head: head.into(),
            tail: tail.into(),
            service: service.into(),
            operation: operation.into(),
            secret: tags.effect == Some(Effect::SecretRead),
            sensitive: tags.sensitive.is_some(),
            machine: own.by_machine(),
            condition,
            report,
        })
    }
}

/// So much is kept; then it is forgotten and learned anew.
const MAX_KEPT: usize = 4 << 20;

/// A longer object is not kept: there must be room for what is touched.
const MAX_SAID: usize = 2048;

/// The value of a node, if there is one. `None` if it cannot be had.
#[allow(clippy::option_option)]
fn member<'t, 'a: 't>(shaped: &Shaped<'_, 'a>, node: Option<usize>, tape: &'t mut Tape) -> Option<Option<Value<'t>>> {
    match node {
        Some(node) => shaped.value(node, tape).map(Some),
        None => Some(None),
    }
}
