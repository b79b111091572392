use super::again::{Again, Seen};
use super::answer::{self, End, SLOT};
use super::estate::Estate;
use super::live::{Live, Turns};
use super::memory::Memory;
use super::observe::{is_undated, seen};
use super::others::{Others, Told as ToldOf};
use super::packed::{Texts, Told};
use super::step::{Joined, Step};
use crate::protocol::Codec;
use crate::stage::{Noticed, Report, Stage};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use vires_judge::{Disposition, Judge, Outcome, Shard};
use vires_profile::observation::Mapping;
use vires_source::open;
use vires_tag::object::is_cut;
use vires_tag::splice::{Field, insert, mask, wrap};
use vires_tag::{Only, Options, Places, Problem, Quick, Raw, Reply, Tags};

/// How judged lines are answered.
#[derive(Debug, Clone)]
pub struct Answers {
    /// As for tagging.
    pub tag: Options,
    /// Leave out lines whose case is not at least this grave.
    pub least: Option<Disposition>,
    /// How answers are framed.
    pub codec: Codec,
    /// Which of the judge's steps are done here.
    pub step: Step,
}

/// `vires judge` as a stage: tags lines in parallel, joins workloads in order, judges each workload's events in order.
#[derive(Debug)]
pub struct Judging {
    estate: Estate,
    quick: Quick,
    judge: Judge,
    answers: Answers,
    field: Field,
    /// What both steps must have been started with.
    stamp: String,
    live: Arc<Live>,
}

impl Judging {
    /// Judges lines of `estate` and remembers them in `live`.
    pub fn new(estate: Estate, judge: Judge, answers: Answers, live: Arc<Live>) -> Self {
        let field = Field::new(&answers.tag.field);
        let stamp = answers.step.stamp(live.inputs());
        let quick = Quick::new(&estate.classifier, &answers.tag.field);
        Judging { estate, quick, judge, answers, field, stamp, live }
    }

    /// Where it remembers.
    pub fn live(&self) -> &Arc<Live> {
        &self.live
    }

    /// The judge.
    pub fn judge(&self) -> &Judge {
        &self.judge
    }
}

/// What the records of a block leave for the steps that follow.
#[derive(Debug, Default)]
pub struct JudgingScratch {
    open: vires_source::Scratch,
    memory: Memory,
    again: Again,
    others: Others,
    masked: Vec<u8>,
    /// Objects as far as they are known, one after the other.
    heads: Vec<u8>,
    /// Where in a record its object belongs.
    slots: Vec<usize>,
    /// One for each record of the block.
    pending: Vec<Pending>,
    /// What the observations of the block are made of.
    texts: Texts,
    /// How many records came before the one that is being looked at.
    before: usize,
    turns: Turns,
    object: Vec<u8>,
    left_out: u64,
    noticed: Noticed,
}

#[derive(Debug)]
struct Pending {
    /// Where its frame starts in the draft, and where the answer ended before it was framed.
    start: usize,
    stop: usize,
    /// False if the record was left out.
    shown: bool,
    head: Range<usize>,
    slots: Range<usize>,
    end: End,
    seen: Option<Seen>,
    outcome: Option<Outcome>,
    failed: bool,
}

impl Pending {
    /// A record that nothing is said of: it has its number all the same.
    fn unseen(start: usize) -> Self {
        Pending {
            start,
            stop: start,
            shown: false,
            head: 0..0,
            slots: 0..0,
            end: End::default(),
            seen: None,
            outcome: None,
            failed: false,
        }
    }
}

impl JudgingScratch {
    fn forget(&mut self) {
        self.heads.clear();
        self.slots.clear();
        self.pending.clear();
        self.texts.clear();
    }
}

impl Stage for Judging {
    type Scratch = JudgingScratch;
    const ORDERED: bool = true;

    fn begin(&self, _: usize, scratch: &mut JudgingScratch) {
        // What a block left that failed as a whole.
        scratch.forget();
    }

    fn record(&self, line: &[u8], scratch: &mut JudgingScratch, out: &mut Vec<u8>) -> Report {
        scratch.before = scratch.pending.len();
        let (line, cr) = line.split_at(line.len() - usize::from(line.ends_with(b"\r")));
        let repeats = self.answers.step == Step::Both;
        if repeats && let Some(report) = self.other(line, cr, scratch, out) {
            return report;
        }
        if repeats && let Some(report) = self.again(line, cr, scratch, out) {
            return report;
        }
        let JudgingScratch { open: buffers, memory, again, others, masked, heads, slots, pending, texts, .. } = scratch;
        let mut as_it_came = true;
        let mut opened = open(line, buffers);
        let joined = (self.answers.step == Step::Decide).then(|| Joined::read(&opened.shape, &self.field, &self.stamp));
        if mask(line, &opened.shape, &self.field, masked) {
            // What is about to be replaced says nothing of the line.
            drop(opened);
            opened = open(masked, buffers);
            as_it_came = false;
        }
        let mut tags = self.estate.classifier.classify(&opened, &mut memory.memo);
        if repeats && as_it_came {
            again.learn(&self.quick, &self.estate, &opened, &tags, memory);
            others.learn(&self.estate, &opened, &tags, &self.answers.tag.field, memory);
        }
        let mut seen = seen(&self.estate, &mut opened, &tags, memory);
        if let (Some(joined), Some(o)) = (joined, &mut seen)
            && !joined.tell(o)
        {
            // Judged without it, the verdict would be another one, and nobody would know.
            seen = None;
            tags.error = Some(Problem::NotJoined);
            self.live.note_unjoined();
        }
        let undated = seen.is_none() && is_undated(&opened);
        if undated {
            self.live.note_undated();
        }
        let (start, first_slot, first_byte) = (out.len(), slots.len(), heads.len());
        let mut head = std::mem::take(&mut scratch.object);
        head.clear();
        let end = answer::begin(&tags, self.answers.step, &mut head);
        heads.extend_from_slice(&head);
        scratch.object = head;
        let filtered = match self.answers.tag.only {
            None => false,
            Some(Only::Tagged) => !tags.tagged(),
            Some(Only::Sensitive) => !tags.touches_sensitive(),
            Some(Only::Machine) => !tags.by_machine(),
        };
        if !filtered && answer::draft(line, &opened, &self.answers.tag, &self.field, out) {
            slots.extend(memchr::memchr_iter(SLOT, &out[start..]));
        }
        out.extend_from_slice(cr);
        let decides = self.answers.step != Step::Join;
        let report = Report {
            source: tags.source,
            tagged: tags.tagged(),
            sensitive: tags.touches_sensitive(),
            not_json: tags.error == Some(Problem::NotJson),
            invalid_utf8: !opened.valid_utf8,
            unknown_source: tags.error == Some(Problem::UnknownSource)
                || (tags.source.is_none() && tags.error == Some(Problem::InvalidUtf8)),
            filtered,
            truncated: false,
            undated,
            judged: decides && seen.is_some(),
            unmapped: decides && seen.as_ref().is_some_and(|o| o.mapping != Mapping::Mapped),
        };
        let (head, slots) = (first_byte..heads.len(), first_slot..slots.len());
        let seen = seen.map(|o| Seen::whole(o, &self.judge, texts));
        pending.push(Pending { stop: out.len(), shown: !filtered, head, slots, end, seen, ..Pending::unseen(start) });
        report
    }

    fn fallback(&self, line: &[u8], scratch: &mut JudgingScratch, out: &mut Vec<u8>) {
        (scratch.open, scratch.memory, scratch.again, scratch.others) = Default::default();
        scratch.pending.truncate(scratch.before);
        scratch.pending.push(Pending::unseen(out.len()));
        let (line, cr) = line.split_at(line.len() - usize::from(line.ends_with(b"\r")));
        let mut object = Vec::new();
        Tags::failed(Problem::Internal).render(&mut object);
        let opened = open(line, &mut scratch.open);
        let start = out.len();
        if answer::draft(line, &opened, &self.answers.tag, &self.field, out) {
            let drafted = out.split_off(start);
            fill(&drafted, memchr::memchr_iter(SLOT, &drafted), &object, out);
        }
        out.extend_from_slice(cr);
    }

    fn skip(&self, scratch: &mut JudgingScratch) {
        scratch.pending.push(Pending::unseen(0));
    }

    fn skip_long(&self) {
        self.live.gate().line();
    }

    fn too_long(&self) -> Option<&[u8]> {
        match self.answers.tag.reply {
            Reply::Event => None,
            Reply::Rsyslog => Some(b"{}"),
        }
    }

    fn settle(&self, scratch: &mut JudgingScratch) {
        let mut gate = self.live.gate();
        let JudgingScratch { pending, texts, .. } = scratch;
        for pending in &mut *pending {
            let line = gate.line();
            let decides = self.answers.step == Step::Decide;
            let Some(seen) = pending.seen.as_mut().filter(|_| !decides) else { continue };
            if let Seen::Again(repeated) = seen {
                repeated.line = line;
                match gate.joins.join_plain(&repeated.plain()) {
                    Some((None, unwatched)) => {
                        repeated.unwatched = unwatched;
                        continue;
                    }
                    told => {
                        let mut packed = repeated.to_whole(texts);
                        let plain = told.map(|(stream, unwatched)| packed.tell_time(stream, unwatched)).is_some();
                        *seen = Seen::Whole(Box::new(packed), None, repeated.deed.shard());
                        if plain {
                            continue;
                        }
                    }
                }
            }
            let Seen::Whole(packed, plain, _) = seen else { continue };
            packed.set_line(line);
            if let Some((stream, unwatched)) = plain.as_ref().and_then(|plain| gate.joins.join_plain(plain)) {
                packed.tell_time(stream, unwatched);
                continue;
            }
            // What fails here fails for one event: the tickets must be drawn whatever happens.
            let told = catch_unwind(AssertUnwindSafe(|| {
                let mut o = packed.unpack(texts);
                self.judge.join(&mut gate.joins, &mut o);
                Told::of(o)
            }));
            match told {
                Ok(told) => packed.tell(told, texts),
                Err(_) => pending.failed = true,
            }
        }
        let judged = self.answers.step != Step::Join;
        let seen = pending.iter().enumerate().filter(|(_, p)| judged && !p.failed);
        scratch.turns = gate.turns(seen.filter_map(|(at, p)| Some((at, p.seen.as_ref()?.shard()))));
    }

    fn render(&self, draft: &[u8], scratch: &mut JudgingScratch, out: &mut Vec<u8>) {
        self.look(scratch);
        let told = scratch.pending.iter().filter_map(|p| p.outcome.as_ref()?.update.as_deref());
        self.live.tell(&scratch.turns, told);
        self.write(draft, scratch, out);
        scratch.forget();
    }

    fn over(&self) {
        // What concerns several workloads and what is known of each lie apart where the steps do.
        if self.answers.step == Step::Both {
            self.live.settle(&self.judge);
        }
    }

    fn left_out(&self, scratch: &mut JudgingScratch) -> u64 {
        std::mem::take(&mut scratch.left_out)
    }

    fn noticed(&self, scratch: &mut JudgingScratch) -> Noticed {
        std::mem::take(&mut scratch.noticed)
    }
}

impl Judging {
    /// Works on a line that repeats what another said. `None`, and nothing done, if it is not plain that it does.
    fn again(&self, line: &[u8], cr: &[u8], scratch: &mut JudgingScratch, out: &mut Vec<u8>) -> Option<Report> {
        let JudgingScratch { memory, again, heads, slots, pending, texts, object, .. } = scratch;
        let (Memory { memo, habits, .. }, Again { kept, templates }) = (memory, again);
        self.quick.meet(line, &self.estate.classifier, kept, memo, |met| {
            let template = templates.of(&met)?;
            object.clear();
            met.begin(object)?;
            let (Report { source, tagged, sensitive, .. }, brace, machine) = (met.report, met.brace, met.machine);
            let seen = template.judged(&self.estate, met, habits, (&self.judge, texts, templates.kept()))?;
            let filtered = self.answers.tag.only.is_some_and(|only| !only.keeps_one(tagged, sensitive, machine));
            let (start, first_slot, first_byte) = (out.len(), slots.len(), heads.len());
            heads.extend_from_slice(object);
            if !filtered {
                match self.answers.tag.reply {
                    Reply::Rsyslog => {
                        answer::draft_reply(&self.field, out);
                        slots.extend(memchr::memchr_iter(SLOT, &out[start..]));
                    }
                    Reply::Event => slots.push(insert(line, brace, &self.field, &[SLOT], out) - start),
                }
            }
            out.extend_from_slice(cr);
            let unmapped = seen.as_ref().is_some_and(|seen| seen.mapping() != Mapping::Mapped);
            let report = Report { source, tagged, sensitive, filtered, judged: seen.is_some(), unmapped, ..Report::default() };
            let (head, slots) = (first_byte..heads.len(), first_slot..slots.len());
            let end = End::plain(tagged);
            pending.push(Pending { stop: out.len(), shown: !filtered, head, slots, end, seen, ..Pending::unseen(start) });
            Some(report)
        })
    }

    /// The same for a line of text, and for a record of another source than CloudTrail.
    fn other(&self, line: &[u8], cr: &[u8], scratch: &mut JudgingScratch, out: &mut Vec<u8>) -> Option<Report> {
        let JudgingScratch { memory, others, heads, slots, pending, texts, .. } = scratch;
        others.meet(line, &self.estate, |other, template, kept| {
            let told = template.judged(&self.estate, other.places, &mut memory.habits, (&self.judge, texts, kept))?;
            let undated = matches!(told, ToldOf::Undated);
            let seen = if let ToldOf::Seen(seen) = told { Some(seen) } else { None };
            #[cfg(debug_assertions)]
            self.check(line, other, (undated, seen.as_ref()), texts);
            if undated {
                self.live.note_undated();
            }
            let said = other.report(self.answers.tag.only);
            let (start, first_slot, first_byte) = (out.len(), slots.len(), heads.len());
            let (head, cut) = other.head();
            heads.extend_from_slice(head);
            if !said.filtered {
                match (self.answers.tag.reply, other.places, self.answers.tag.raw) {
                    (Reply::Event, Places::Record { brace, .. }, _) => {
                        slots.push(insert(line, brace, &self.field, &[SLOT], out) - start);
                    }
                    (Reply::Event, Places::Text { .. }, Raw::Passthrough) => out.extend_from_slice(line),
                    (reply, ..) => {
                        match reply {
                            Reply::Rsyslog => answer::draft_reply(&self.field, out),
                            Reply::Event => wrap(line, &self.field, &[SLOT], out),
                        }
                        slots.extend(memchr::memchr_iter(SLOT, &out[start..]));
                    }
                }
            }
            out.extend_from_slice(cr);
            let unmapped = seen.as_ref().is_some_and(|seen| seen.mapping() != Mapping::Mapped);
            let report = Report { truncated: false, undated, judged: seen.is_some(), unmapped, ..said };
            let (head, slots) = (first_byte..heads.len(), first_slot..slots.len());
            let end = End::of(cut, said.tagged, other.error());
            pending.push(Pending { stop: out.len(), shown: !said.filtered, head, slots, end, seen, ..Pending::unseen(start) });
            Some(report)
        })
    }

    /// What was left out would have come to the same.
    #[cfg(debug_assertions)]
    fn check(&self, line: &[u8], other: &vires_tag::Other<'_, '_>, told: (bool, Option<&Seen>), texts: &Texts) {
        let (mut scratch, mut memory, mut head) = (vires_source::Scratch::default(), Memory::default(), Vec::new());
        let mut opened = open(line, &mut scratch);
        let tags = self.estate.classifier.classify(&opened, &mut memory.memo);
        answer::begin(&tags, Step::Both, &mut head);
        let seen = seen(&self.estate, &mut opened, &tags, &mut memory);
        let undated = seen.is_none() && is_undated(&opened);
        let short = (told.0, told.1.map(|seen| seen.unpack(texts)), other.head().0);
        assert_eq!(short, (undated, seen, &*head), "a line that repeats another says what it says: {}", opened.text);
    }

    /// Judges the events of a block, shard by shard. Every ticket is used, or the blocks behind this one would wait for ever.
    fn look(&self, scratch: &mut JudgingScratch) {
        for (number, ticket, events) in std::mem::take(&mut scratch.turns.shards) {
            self.live.shard(number, ticket, |shard| {
                for at in events {
                    let Some(pending) = scratch.pending.get_mut(at) else { continue };
                    let Some(seen) = &pending.seen else { continue };
                    match catch_unwind(AssertUnwindSafe(|| self.decide(shard, seen, &scratch.texts))) {
                        Ok(outcome) => {
                            self.live.note_forgotten(outcome.forgotten);
                            scratch.noticed.forgotten += u64::from(outcome.forgotten);
                            pending.outcome = Some(outcome);
                        }
                        Err(_) => pending.failed = true,
                    }
                }
            });
        }
    }

    /// The second step for one event.
    fn decide(&self, shard: &mut Shard, seen: &Seen, texts: &Texts) -> Outcome {
        let Seen::Again(repeated) = seen else { return self.judge.observe(shard, &seen.unpack(texts)) };
        let deed = &repeated.deed;
        let mut calm = deed.calm();
        if let Some(calm) = &*calm {
            let id = repeated.event_id.as_ref().map(|id| texts.get(id));
            let repeat = repeated.repeat(id.as_deref());
            let whole = || repeated.unpack(texts);
            if let Some(outcome) = self.judge.observe_again(shard, calm, deed.workload(), &repeat, whole) {
                return outcome;
            }
        }
        let (outcome, found) = self.judge.observe_noting(shard, &repeated.unpack(texts));
        *calm = found;
        outcome
    }

    fn write(&self, draft: &[u8], scratch: &mut JudgingScratch, out: &mut Vec<u8>) {
        let JudgingScratch { heads, slots, pending, texts, object, left_out, noticed, .. } = scratch;
        let codec = self.answers.codec;
        let mut judged = pending.iter().filter(|p| p.shown).peekable();
        let mut at = 0;
        loop {
            let known = judged.next_if(|p| p.start == at);
            let frame = match known {
                Some(p) => codec.frame_of(draft, at, p.stop - p.start),
                None => codec.frame(draft, at),
            };
            let Some(frame) = frame else { break };
            let start = out.len();
            match known {
                // Too long to be looked at, or one on which the program failed: as it stands.
                None => out.extend_from_slice(frame.record),
                Some(p) => {
                    let verdict = p.outcome.as_ref().map(|outcome| &outcome.verdict);
                    if self.answers.least.is_some_and(|least| verdict.is_none_or(|v| v.verdict < least)) {
                        *left_out += 1;
                        at = frame.next;
                        continue;
                    }
                    object.clear();
                    object.extend_from_slice(heads.get(p.head.clone()).unwrap_or_default());
                    let joined = p.seen.as_ref().filter(|_| self.answers.step == Step::Join && !p.failed);
                    let joined = joined.map(|seen| seen.unpack(texts));
                    answer::end(object, p.end, verdict, joined.as_ref().map(|o| (o, &*self.stamp)), p.failed);
                    noticed.truncated += u64::from(is_cut(object));
                    fill(frame.record, slots.get(p.slots.clone()).unwrap_or_default().iter().copied(), object, out);
                }
            }
            codec.close(out, start);
            at = frame.next;
        }
    }
}

/// Copies a draft with the object in every slot.
fn fill(draft: &[u8], slots: impl Iterator<Item = usize>, object: &[u8], out: &mut Vec<u8>) {
    let mut done = 0;
    for slot in slots {
        out.extend_from_slice(draft.get(done..slot).unwrap_or_default());
        out.extend_from_slice(object);
        done = slot + 1;
    }
    out.extend_from_slice(draft.get(done..).unwrap_or_default());
}
