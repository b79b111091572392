use super::step::{self, Step};
use vires_judge::Verdict;
use vires_profile::observation::Observation;
use vires_source::{Opened, Shape};
use vires_tag::object::Object;
use vires_tag::splice::{Field, splice, wrap};
use vires_tag::{Options, Problem, Raw, Reply, Tags};

/// Stands in a draft where the object belongs, which is known only once the line is judged. No JSON text holds it: control characters
/// are escaped there.
pub(super) const SLOT: u8 = 0;

/// Writes the line with a slot for the object. False if the answer has none.
pub(super) fn draft(line: &[u8], opened: &Opened<'_>, options: &Options, field: &Field, out: &mut Vec<u8>) -> bool {
    match (options.reply, &opened.shape, options.raw) {
        (Reply::Rsyslog, ..) => draft_reply(field, out),
        (Reply::Event, Shape::Text, Raw::Passthrough) => {
            out.extend_from_slice(line);
            return false;
        }
        (Reply::Event, Shape::Text, Raw::Wrap) => wrap(line, field, &[SLOT], out),
        (Reply::Event, shape, _) => splice(line, shape, field, &[SLOT], out),
    }
    true
}

/// Writes what rsyslog is answered, with a slot for the object.
pub(super) fn draft_reply(field: &Field, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"$!\":{");
    field.write_key(out);
    out.extend_from_slice(&[SLOT, b'}', b'}']);
}

/// What tags leave for the end of the object.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct End {
    cut: bool,
    tagged: bool,
    error: Option<Problem>,
}

impl End {
    /// What was left where the object stands that was begun.
    pub(super) fn of(cut: bool, tagged: bool, error: Option<Problem>) -> Self {
        End { cut, tagged, error }
    }

    /// Of an object that was not cut, with nothing to complain of.
    pub(super) fn plain(tagged: bool) -> Self {
        End { cut: false, tagged, error: None }
    }
}

/// Begins the object: everything that the line says by itself. Whoever decides will say it again: the first of two steps leaves it out.
pub(super) fn begin(tags: &Tags<'_>, step: Step, out: &mut Vec<u8>) -> End {
    let mut object = Object::open(out);
    match step {
        Step::Join => object.number("v", 1),
        Step::Both | Step::Decide => tags.write(&mut object),
    }
    End { cut: object.pause(), tagged: tags.tagged(), error: tags.error }
}

/// Ends the object that `out` holds, with the verdict if there is one, or with what the next step has to know.
pub(super) fn end(
    out: &mut Vec<u8>,
    end: End,
    verdict: Option<&Verdict>,
    joined: Option<(&Observation<'_>, &str)>,
    failed: bool,
) {
    let mut object = Object::resume(out, 0, end.cut);
    if let Some(verdict) = verdict {
        write(verdict, &mut object);
    }
    if let Some((o, stamp)) = joined {
        step::write(o, stamp, &mut object);
    }
    object.bool("tagged", end.tagged);
    if let Some(error) = end.error.or(failed.then_some(Problem::Internal)) {
        object.word("error", error.as_str());
    }
    object.close();
}

/// The judge's members. The sentences come last: they are the first that may be cut.
fn write(verdict: &Verdict, object: &mut Object<'_>) {
    object.word("verdict", verdict.verdict.as_str());
    object.decimal("score", verdict.score);
    object.word("mapping", verdict.mapping.as_str());
    object.text("workload", &verdict.workload, 256);
    if let Some(owner) = &verdict.owner {
        object.text("owner", owner, 128);
    }
    if let Some(case) = verdict.case_name() {
        object.text("case", &case, 64);
    }
    let Some(detail) = &verdict.detail else { return };
    object.list("boundaries", detail.boundaries.iter().map(|b| b.as_str()), 3, 16);
    let signals = &detail.signals;
    object.decimals(
        "signals",
        &[("context", signals.context), ("variance", signals.variance), ("sensitivity", signals.sensitivity)],
    );
    object.list("breaks", detail.breaks.iter().map(|b| b.as_str()), 3, 24);
    object.list("standards", detail.standards.iter().map(String::as_str), 12, 48);
    object.list("reasons", detail.reasons.iter().map(String::as_str), 6, 320);
}
