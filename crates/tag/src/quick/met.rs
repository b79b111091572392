//! A line that says what another said, for whoever wants to know more of it than the finished object.

use super::said::{Place, Said};
use super::{Fit, Kept, Quick, member};
use crate::classify::Classifier;
use crate::memo::Memo;
use crate::quick::plan::Clear;
use crate::report::Report;
use crate::tags::TELLING;
use std::borrow::Cow;
use vires_event::Target;
use vires_source::cloudtrail::{Named, touched};
use vires_source::json::{Shaped, Tape, Value};

/// A line that says what another said, but for what was touched.
#[derive(Debug)]
pub struct Met<'k, 'l> {
    said: &'k Said,
    shaped: Shaped<'k, 'l>,
    /// Stands for all that decides: lines with equal numbers differ only in places that pass or name what was touched. No number is
    /// given twice. See [`Kept::learned`].
    pub number: (u32, u32),
    /// What is to be counted.
    pub report: Report,
    /// Where the brace stands that closes the line's object.
    pub brace: usize,
    /// True if a machine acted.
    pub machine: bool,
    /// True if what is around the record may bear another product's mark.
    pub marked: bool,
    parameters: Parameters<'k>,
    /// What was touched.
    pub targets: Vec<Target<'k>>,
    /// Class of the data touched, as tags say it.
    pub data_class: Option<u8>,
    markers: Vec<(Cow<'k, str>, u8)>,
}

/// The request's parameters: most lines say all there is to say without them.
#[derive(Debug)]
enum Parameters<'k> {
    Read(Option<Value<'k>>),
    /// The node at which they stand.
    Unread(Option<usize>, &'k mut Tape),
}

impl<'k, 'l: 'k> Met<'k, 'l> {
    /// The request's parameters, if there are any. `None` if they cannot be had.
    #[allow(clippy::option_option)]
    pub fn parameters(&mut self) -> Option<Option<Value<'k>>> {
        let value = match std::mem::replace(&mut self.parameters, Parameters::Read(None)) {
            Parameters::Read(value) => value,
            Parameters::Unread(node, tape) => member(&self.shaped, node, tape)?,
        };
        self.parameters = Parameters::Read(value);
        Some(value)
    }

    /// The variable places of the record, which has the shape of the one that was learned from.
    pub fn shaped(&self) -> &Shaped<'k, 'l> {
        &self.shaped
    }

    /// Appends the object as far as [`crate::Tags::write`] writes it. `None` if it had to be cut.
    pub fn begin(&self, object: &mut Vec<u8>) -> Option<()> {
        let target = self.targets.first().map(|target| &*target.name);
        self.said.begin(target, self.data_class, self.markers.clone(), object)
    }

    /// The action, as service and operation.
    pub fn action(&self) -> (&'k str, &'k str) {
        (&self.said.service, &self.said.operation)
    }
}

impl Kept {
    /// The number of lines like the last one that was learned from, see [`Met::number`]; `None` if none will be met.
    pub fn learned(&self) -> Option<Place> {
        self.learned
    }
}

impl Quick {
    /// Calls `then` with what `line` says, if what was met before says what that is.
    pub fn meet<R>(
        &self,
        line: &[u8],
        classifier: &Classifier,
        kept: &mut Kept,
        memo: &mut Memo,
        then: impl FnOnce(Met<'_, '_>) -> Option<R>,
    ) -> Option<R> {
        let Kept { shapes, plans, opened, inner, said, key, texts, tapes: [parameters, resources, whole], .. } = kept;
        let mut shaped = shapes.find(line, inner)?;
        let brace = shaped.end(0)?.checked_sub(1)?;
        let mut marked = false;
        if shaped.escaped.is_some() {
            let Some(Fit::Envelope(envelope)) = plans.entry(shaped.id) else { return None };
            opened.get(envelope.key(&shaped, key)?)?;
            if !envelope.holds(&shaped) || envelope.may_leak(&shaped, classifier.leaks()) {
                return None;
            }
            marked = envelope.marks;
            shaped = shapes.find(inner, &mut Vec::new())?;
        }
        let Some(Fit::Record(plan)) = plans.entry(shaped.id).as_ref().filter(|_| shaped.escaped.is_none()) else { return None };
        let number = said.seat(plan.key(&shaped, key)?, shaped.unit)?;
        let said = said.at(number)?;
        let (leaks, names) = plan.may_leak(&shaped, classifier.leaks(), texts);
        if leaks {
            return None;
        }
        if let Some((row, severity)) = said.condition
            && classifier.severity(row, shaped.value(0, whole)?) != severity
        {
            return None;
        }
        // Most lines name nothing that is marked, and then their parameters need not be taken apart.
        let request = (&*said.service, &*said.operation);
        let first = match plan.names(&shaped, request, classifier, (texts, names), &mut memo.texts) {
            Clear::Target(first) => Some(first),
            Clear::No => None,
        };
        let clear = first.is_some();
        let (targets, parameters, markers, named_class) = match first.and_then(|first| plan.targets(&shaped, request, first)) {
            Some(targets) => (targets, Parameters::Unread(plan.parameters, parameters), Vec::new(), None),
            None => {
                let parameters = member(&shaped, plan.parameters, parameters)?;
                let named = Named { parameters, resources: member(&shaped, plan.resources, resources)? };
                let (targets, mentions) = touched(named, request.0, request.1);
                let (markers, named_class) = match clear {
                    true => (Vec::new(), None),
                    false => classifier.markers(&targets, &mentions, None, &mut memo.texts),
                };
                (targets, Parameters::Read(parameters), markers, named_class)
            }
        };
        let target = targets.first().map(|target| &*target.name);
        let spoilt = target.is_some_and(|target| classifier.leaks().any_begins(target.as_bytes()));
        // Only where the action says how grave it is, names do not.
        if spoilt || (!markers.is_empty() && !said.sensitive) {
            return None;
        }
        let telling = markers.iter().any(|(_, severity)| *severity >= TELLING);
        let report = Report { sensitive: said.report.sensitive || telling, ..said.report };
        let data_class = if said.secret { Some(3) } else { classifier.data_class(named_class, target) };
        let machine = said.machine;
        then(Met { said, shaped, number, report, brace, machine, marked, parameters, targets, data_class, markers })
    }
}
