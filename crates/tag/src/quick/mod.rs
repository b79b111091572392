//! Answers a CloudTrail line from what lines of its shape said before.
//!
//! A trail repeats itself: of a line whose shape is known (see [`vires_source::json::Shapes`]) a few texts decide everything that is
//! said but what was touched, and few combinations of them write most lines. What they said is kept, finished but for the target.
//! Times and ids are only searched for credentials. Whatever is not clear at once goes the long way, so that no answer depends on
//! what was met before: the memory is filled by the long way alone.

mod envelope;
mod met;
mod plan;
mod refuse;
mod said;

use crate::classify::Classifier;
use crate::memo::{Cache, Memo};
use crate::report::{Only, Report};
use crate::tagger::Options;
use crate::tags::{TELLING, Tags};
use aho_corasick::BuildError;
use envelope::Envelope;
pub use met::Met;
use plan::{Clear, Plan, Reads, Varies};
pub(crate) use plan::{first, holds_no_beginning, is_like_an_address, refuses_addresses};
use refuse::{Actions, Refusal};
use said::{AllSaid, Said};
use vires_event::Source;
use vires_source::cloudtrail::{Named, rests_on_parameters, service_and_operation, touched};
use vires_source::json::{Shaped, Shapes, Tape, Value, slots};
use vires_source::{Opened, Shape};

/// What makes the short way possible, or not, with a catalogue.
#[derive(Debug)]
pub struct Quick {
    reads: Option<Reads>,
    field: String,
    /// If only sensitive lines are wanted, and nothing of the others.
    refusal: Option<Refusal>,
}

/// The memory of one thread.
#[derive(Debug, Default)]
pub struct Kept {
    shapes: Shapes,
    plans: Plans,
    /// Envelopes that were opened, by what decides that they are some.
    opened: Cache<(), 256>,
    inner: Vec<u8>,
    said: AllSaid,
    /// Where it is kept what the last line said that was learned from.
    learned: Option<said::Place>,
    actions: Actions,
    key: Vec<u8>,
    texts: Vec<u8>,
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

/// A finished object and what is to be counted.
pub(crate) struct Answer {
    pub report: Report,
    /// Where the brace stands that closes the line's object.
    pub brace: usize,
}

impl Quick {
    /// `field` is the member that is added.
    pub fn new(classifier: &Classifier, field: &str) -> Self {
        Quick { reads: Reads::new(classifier.catalog(), classifier.leaks()), field: field.to_owned(), refusal: None }
    }

    /// The same for a tagger: `options` say which member is added, and what is wanted.
    pub(crate) fn for_tagger(classifier: &Classifier, options: &Options) -> Result<Self, BuildError> {
        let refusal = (options.only == Some(Only::Sensitive) && !options.counted).then(|| Refusal::new(classifier));
        Ok(Quick { refusal: refusal.transpose()?.flatten(), ..Quick::new(classifier, &options.field) })
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
        let Kept { shapes, plans, opened, inner, said, actions, key, texts, tapes: [parameters, resources, whole], .. } = kept;
        // A line that holds a record is read as it stands if that is enough, and unescaped first if not.
        if let Some(shaped) = shapes.find_wrapped(line)
            && let Some(Fit::Record(plan)) = plans.entry(shaped.id)
            && let Some(said) = said.of(plan.key(&shaped, key)?, shaped.unit)
            && let (false, names) = plan.may_leak(&shaped, classifier.leaks(), texts)
            && let Some(report) = short(&shaped, plan, said, only, classifier, (texts, names), memo, object)
        {
            return Some(Answer { report, brace: shaped.end(0)?.checked_sub(1)? });
        }
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
        if let Some(refusal) = &self.refusal
            && shaped.unit.is_some_and(|unit| said.is_clean(unit))
            && refusal.refuses(&shaped, plan, classifier, actions, (texts, key), &mut memo.texts)
        {
            return Some(Answer {
                report: Report { source: Some(Source::Cloudtrail), filtered: true, ..Report::default() },
                brace,
            });
        }
        let said = said.of(plan.key(&shaped, key)?, shaped.unit)?;
        let (leaks, names) = plan.may_leak(&shaped, classifier.leaks(), texts);
        if leaks {
            return None;
        }
        if let Some(report) = short(&shaped, plan, said, only, classifier, (texts, names), memo, object) {
            return Some(Answer { report, brace });
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
            said.write(target, data_class, markers, object)?;
        }
        Some(Answer { report, brace })
    }

    /// Learns from a line that went the long way.
    pub fn learn(&self, line: &Opened<'_>, tags: &Tags<'_>, classifier: &Classifier, kept: &mut Kept, memo: &mut Memo) {
        kept.learned = None;
        let (Some(reads), Shape::Object(root), Some(record)) = (&self.reads, line.shape, line.record) else { return };
        let Some(activity) = line.activity.as_ref().filter(|a| a.source == Source::Cloudtrail) else { return };
        if record.number() != 0 || !line.valid_utf8 || tags.error.is_some() {
            return;
        }
        let Kept { shapes, plans, opened, inner, said, actions, learned, key, .. } = kept;
        let mut holder = None;
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
            holder = Some(escaped);
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
        let Some(decides) = plan.key(&shaped, key) else { return };
        let (source, name) = (shaped.text(plan.event_source), shaped.text(plan.event_name));
        // What the agent is marked with would have to be merged with what names are.
        let agent = activity.origin.user_agent.as_deref();
        // Of a target only what stands behind the service is looked at, which the first colon tells.
        if source.is_empty()
            || name.is_empty()
            || source.contains(':')
            || agent.is_some_and(|agent| classifier.is_marked(agent))
        {
            return;
        }
        let leaks = classifier.leaks();
        let may_leak = || plan.may_leak_where_it_decides(record, leaks) || plan.may_leak_in_unit(&shaped, leaks);
        let condition = classifier.condition(activity, memo).zip(tags.sensitive.map(|s| s.severity));
        // What is the same in all lines for which this is said need not be looked at again.
        let mut varies = Varies::Nothing;
        if let Some((row, _)) = condition {
            classifier.condition_reads(row, record, |value| varies = varies.max(plan.varies(record, value)));
        }
        let is_calm = condition.is_some_and(|(_, severity)| severity < TELLING) && varies == Varies::Nothing && plan.says_all;
        let condition = condition.filter(|_| varies == Varies::More);
        let request = service_and_operation(source, name);
        if rests_on_parameters(request.0, request.1) {
            return;
        }
        if said.of(decides, shaped.unit).is_none() {
            let Some(place) = said.place(decides, shaped.unit, may_leak) else { return };
            said.put(place, tags, request, condition);
        }
        *learned = said.seat(decides, shaped.unit);
        if is_calm {
            actions.note_calm(&shaped, plan, key);
        }
        let Some(holder) = holder else { return };
        // The same once more by what the line looks like from outside.
        let Some(shaped) = shapes.find_wrapped(line.text.as_bytes()) else {
            return shapes.learn_wrapped(root, holder, record);
        };
        let fit = plans.entry(shaped.id).get_or_insert_with(|| {
            let plan = Plan::new(record, &self.field, reads, leaks);
            let envelope = Envelope::new(root, holder, &self.field, leaks);
            let plan = plan.zip(envelope).map(|(plan, envelope)| plan.wrapped(holder, slots(record).count(), &envelope));
            plan.map_or(Fit::None, Fit::Record)
        });
        let Fit::Record(plan) = fit else { return };
        let Some(decides) = plan.key(&shaped, key) else { return };
        if said.of(decides, shaped.unit).is_none()
            && let Some(place) = said.place(decides, shaped.unit, || false)
        {
            said.put(place, tags, request, condition);
        }
    }
}

/// What is said of a line that names nothing that is marked. `texts`: what [`Plan::may_leak`] left. `None` if that is not clear.
#[allow(clippy::too_many_arguments)]
fn short(
    shaped: &Shaped<'_, '_>,
    plan: &Plan,
    said: &Said,
    only: Option<Only>,
    classifier: &Classifier,
    texts: (&mut Vec<u8>, usize),
    memo: &mut Memo,
    object: &mut Vec<u8>,
) -> Option<Report> {
    if said.condition.is_some() {
        return None;
    }
    let request = (&*said.service, &*said.operation);
    let Clear::Target(target) = plan.names(shaped, request, classifier, texts, &mut memo.texts) else { return None };
    if only.is_some_and(|only| !only.keeps_one(said.report.tagged, said.report.sensitive, said.machine)) {
        return Some(Report { filtered: true, ..said.report });
    }
    if target.as_ref().is_some_and(|target| classifier.leaks().any_begins(target.as_bytes())) {
        return None;
    }
    let data_class = if said.secret { Some(3) } else { classifier.data_class(None, target.as_deref()) };
    said.write(target.as_deref(), data_class, Vec::new(), object)?;
    Some(said.report)
}

/// The value of a node, if there is one. `None` if it cannot be had.
#[allow(clippy::option_option)]
fn member<'t, 'a: 't>(shaped: &Shaped<'_, 'a>, node: Option<usize>, tape: &'t mut Tape) -> Option<Option<Value<'t>>> {
    match node {
        Some(node) => shaped.value(node, tape).map(Some),
        None => Some(None),
    }
}
