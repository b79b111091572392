mod again;
mod lender;
mod record;
mod settle;

pub use settle::Settled;

pub use again::{Calm, Repeat};

use crate::case::{Step, Why, step};
use crate::clock::watermark;
use crate::criteria::{Criterion, FOR_NOW, REGISTRY};
use crate::decide::{Decision, decide};
use crate::evidence::{Best, Evidence, EvidenceRef, Factor, Finding, milli};
use crate::joins::{Joins, Plain, plain};
use crate::memory::{Memory, names_of};
use crate::score::{Score, score};
use crate::state::{Cached, JudgeState, SHARDS, Shard, WorkloadState, shard_of};
use crate::verdict::{Detail, Outcome, Verdict};
use crate::view::{View, clip};
use crate::volume::Usual;
use crate::{Code, Tuning};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use vires_event::{Boundary, Millis};
use vires_profile::Workload;
use vires_profile::baseline::{Baseline, DayCount, Known, Name, Reference, bounded, default_group};
use vires_profile::exceptions::{Claim, Exceptions};
use vires_profile::observation::{Mapping, Observation, day_of, stable_hash};
use vires_profile::zones::ZoneClass;
use vires_profile::{Inventory, WorkloadIndex};

/// Most kinds of evidence per workload; of more the weightiest stay.
const MOST_EVIDENCE: usize = 256;
/// Days that wait to be learned, above which those that are due are learned at once, even without a newer event: times in logs
/// may be anything.
const MOST_DAYS: usize = 40;
const HOUR: Millis = 3_600_000;
/// In thousandths: evidence of a kind not told of yet that is told, within an escalated case.
const WEIGHTY: u16 = 500;

/// Decides. Immutable: all threads share it.
#[derive(Debug)]
pub struct Judge {
    tuning: Tuning,
    tuning_sha256: String,
    inventory: Arc<Inventory>,
    exceptions: Arc<Exceptions>,
    reference: Reference,
    profiles: FxHashMap<Box<str>, WorkloadIndex>,
    owners: Vec<Option<Arc<str>>>,
    default_owner: Arc<str>,
    criteria: Vec<&'static Criterion>,
    /// What is said of a workload against which nothing stands, by what is missing: one bit each.
    blank: [OnceLock<Arc<Detail>>; 1 << MISSING.len()],
    /// Tells judges apart within this process, so that what one has computed is not taken for another's.
    generation: u64,
}

static GENERATION: AtomicU64 = AtomicU64::new(1);

impl Judge {
    /// Joins what was tuned, declared, excepted and learned.
    pub fn new(tuning: Tuning, inventory: Arc<Inventory>, exceptions: Arc<Exceptions>, baseline: Baseline) -> Self {
        let reference = Reference::new(baseline, &inventory, tuning.window.warmup_days);
        let numbered = || (0u32..).zip(inventory.workloads());
        let off = |c: &&Criterion| tuning.criteria_off.iter().any(|word| Code::from_word(word) == Some(c.code));
        Judge {
            profiles: numbered().map(|(n, w)| (w.id.as_str().into(), WorkloadIndex(n))).collect(),
            owners: numbered().map(|(_, w)| w.owner.as_ref().map(|o| Arc::from(o.team.as_str()))).collect(),
            default_owner: tuning.unmapped.default_owner.as_str().into(),
            criteria: REGISTRY.iter().filter(|c| !off(c)).collect(),
            blank: Default::default(),
            generation: GENERATION.fetch_add(1, Ordering::Relaxed),
            tuning_sha256: tuning.sha256(),
            tuning,
            inventory,
            exceptions,
            reference,
        }
    }

    /// The tuning it decides by.
    pub fn tuning(&self) -> &Tuning {
        &self.tuning
    }

    /// What it compares with.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// A state that remembers nothing but what the baseline says of issued credentials.
    pub fn fresh_state(&self) -> JudgeState {
        let mut state = JudgeState::default();
        state.joins = Joins::new(&self.reference);
        state
    }

    /// First step of each event, in the order of events: what concerns several workloads. See [`crate::joins`].
    pub fn join(&self, joins: &mut Joins, o: &mut Observation<'_>) {
        joins.join(o, &self.reference, &self.tuning);
    }

    /// Looks at an event before its turn: if nothing of it is new, [`Joins::join_plain`] does for [`Judge::join`].
    pub fn plain(&self, o: &Observation<'_>) -> Option<Plain> {
        plain(o, &self.reference)
    }

    /// Both steps for one event.
    pub fn judge(&self, state: &mut JudgeState, o: &mut Observation<'_>) -> Outcome {
        self.join(&mut state.joins, o);
        let at = shard_of(&bounded(&o.workload));
        #[expect(clippy::indexing_slicing, reason = "shard_of is below SHARDS, of which there are as many")]
        self.observe(&mut state.shards_mut()[at], o)
    }

    fn profile(&self, workload: &str) -> Option<(WorkloadIndex, &Workload)> {
        self.profiles.get(workload).map(|index| (*index, self.inventory.workload(*index)))
    }

    fn subject(&self, workload: &str, mapping: Mapping) -> Subject<'_> {
        let profile = self.profile(workload);
        let owner = profile.and_then(|(index, _)| self.owners.get(index.0 as usize)).cloned().flatten();
        let profile = profile.map(|(_, profile)| profile);
        Subject { profile, owner, mapping, privileged: profile.is_some_and(|p| p.privileged) }
    }

    fn kappa(&self, profile: Option<&Workload>) -> f64 {
        let knobs = &self.tuning.tolerance;
        let Some(profile) = profile else { return 1.0 };
        [(profile.privileged, knobs.privileged), (profile.agentic, knobs.agentic), (profile.shared, knobs.shared)]
            .into_iter()
            .filter_map(|(is, kappa)| is.then_some(kappa))
            .fold(1.0, f64::max)
    }

    /// Second step of each event, on the shard of its workload: judges it by what is known of the workload, and remembers it.
    ///
    /// Depends on this workload's state, the observation and the judge alone, so that shards may be judged on any threads.
    pub fn observe(&self, shard: &mut Shard, o: &Observation<'_>) -> Outcome {
        self.observe_noting(shard, o).0
    }

    /// The same, and what stands for there being nothing to say of such events, if that is so: see [`Judge::observe_again`].
    pub fn observe_noting(&self, shard: &mut Shard, o: &Observation<'_>) -> (Outcome, Option<Calm>) {
        let workload = bounded(&o.workload);
        let state = shard.entry(&workload);
        let was_stranger = state.stranger;
        state.stranger = o.mapping == Mapping::Ghost && self.reference.slot(&workload).is_none();
        let is_stranger = state.stranger;
        let (mut outcome, calm) = self.on(state, &workload, o);
        let heats = !state.cache.warm && (state.cache.score.is_some() || state.cache.usual.is_some());
        state.cache.warm |= heats;
        if let Some(name) = state.cache.name.clone().filter(|_| heats) {
            shard.keep_warm(name);
        }
        if was_stranger != is_stranger {
            let most = (self.tuning.unmapped.most as usize).div_ceil(SHARDS);
            outcome.forgotten = shard.note_stranger(was_stranger, is_stranger, most);
        }
        (outcome, calm)
    }

    fn on(&self, state: &mut WorkloadState, workload: &str, o: &Observation<'_>) -> (Outcome, Option<Calm>) {
        if state.cache.of != self.generation {
            (state.cache.usual, state.cache.score, state.cache.of) = (None, None, self.generation);
        }
        let subject = self.subject(workload, o.mapping);
        let late = self.tuning.window.late.0;
        let latest = watermark(state.watermark, o.at, o.stream);
        let mut finding_only = o.detection.as_ref().is_some_and(|d| d.alone);
        if let Some(id) = o.event_id.as_deref().filter(|id| !id.is_empty()) {
            let key = event_key(id, o.at, deed_key(o));
            let repeated = state.recent.repeats(key, latest, late);
            // An event that comes again with another product's mark on it is known; the mark is not.
            let mark = o.detection.as_ref().map(|d| key ^ stable_hash(d.title.as_bytes()));
            let news = mark.is_some_and(|mark| !state.recent.repeats(mark, latest, late));
            if repeated && !news {
                return (self.repeated(state, &subject, o.at), None);
            }
            finding_only |= repeated;
        }
        self.pass_on(state, latest, o.at, subject.privileged);
        let was_quiet = state.evidence.is_empty();
        let known = self.reference.slot(workload).and_then(|slot| self.reference.at(slot));
        // A finding is no deed of the identity: nothing is learned from it, and no other criterion looks at it.
        let noted = if finding_only { Noted::default() } else { note(state, known, o) };
        let looked = self.look(state, known, subject.profile, noted, o, finding_only);
        let calm = looked.calm_hours.and_then(|hours| self.calm(state, known.is_some(), looked.visible, hours, o));
        let (new_evidence, excused_by) = self.remember(state, &subject, workload, o, looked.findings);
        let (verdict, told) = self.conclude(state, &subject, workload, o.at, was_quiet, new_evidence);
        let update = told.map(|(why, score, decision)| Box::new(self.update(state, &subject, &score, &decision, o, why)));
        self.leave(state, o.at);
        (Outcome { verdict, update, duplicate: false, excused_by, forgotten: 0 }, calm)
    }

    /// What is said of an event that was seen before.
    fn repeated(&self, state: &mut WorkloadState, subject: &Subject<'_>, at: Millis) -> Outcome {
        let (score, decision) = self.stand(state, subject, at);
        let verdict = self.verdict(state, subject, &score, &decision, at);
        Outcome { verdict, update: None, duplicate: true, excused_by: Vec::new(), forgotten: 0 }
    }

    /// Goes on to the time of an event: learns what has become due, forgets what has run out.
    fn pass_on(&self, state: &mut WorkloadState, latest: Millis, at: Millis, privileged: bool) {
        state.cache.ahead = (at > latest).then_some(at);
        if latest != state.watermark || state.days.len() > MOST_DAYS {
            state.watermark = latest;
            state.settle(&self.tuning, privileged);
            state.forget_days(MOST_DAYS);
        }
        self.forget(state);
    }

    /// Where the workload stands after an event whose evidence was put to the rest; and, if its case has to speak, why.
    fn conclude(
        &self,
        state: &mut WorkloadState,
        subject: &Subject<'_>,
        workload: &str,
        at: Millis,
        was_quiet: bool,
        new_evidence: bool,
    ) -> (Verdict, Option<(Why, Score, Decision)>) {
        let (score, decision) = self.stand(state, subject, at);
        let day = state.day_mut(day_of(at));
        if decision.level > day.level {
            day.level = decision.level;
            // It will be known later.
            state.cache.known.change();
        }
        let step_of = Step {
            workload,
            now: state.watermark,
            decision: &decision,
            boundaries: bits(&score.crossed(&self.tuning)),
            new_evidence,
            codes: weighty(state, hour_of(self.now(state, at)), self.tuning.window.score.in_hours()),
            has_evidence: !score.counted.is_empty(),
            was_quiet,
            mapped: subject.mapping == Mapping::Mapped,
        };
        let why = step(&mut state.case, &mut state.closed, &step_of, &self.tuning);
        let verdict = self.verdict(state, subject, &score, &decision, at);
        (verdict, why.map(|why| (why, score, decision)))
    }

    /// Asks all criteria.
    fn look(
        &self,
        state: &mut WorkloadState,
        known: Option<&Known>,
        profile: Option<&Workload>,
        noted: Noted,
        o: &Observation<'_>,
        finding_only: bool,
    ) -> Looked {
        let group = known.map(|k| k.group).or_else(|| {
            let name = profile
                .and_then(|p| p.peer_group.as_deref())
                .or(o.peer_group.as_deref())
                .map_or_else(|| Cow::Owned(default_group(o)), Cow::Borrowed);
            self.reference.group(&name)
        });
        let mut cache = state.cache.usual.take();
        let privileged = profile.is_some_and(|p| p.privileged);
        // What claims to come from far ahead is judged by what is known now: its own word makes nobody new or long silent.
        let at = o.stream.map_or(o.at, |now| o.at.min(now));
        let mut memory = Memory::new(
            &self.reference,
            &self.tuning,
            known,
            group,
            state.overlay.as_deref(),
            &state.days,
            privileged,
            at,
            day_of(at),
        );
        memory.inventory = Some(&self.inventory);
        memory.names = names_of(o);
        let visible = memory.layers();
        if cache.as_ref().is_none_or(|c| (c.0, c.1) != (memory.day, visible)) {
            cache = Some(Box::new((memory.day, visible, Usual::of(&memory))));
        }
        let (mut findings, mut calm_hours) = (Vec::new(), None);
        if let Some(usual) = &cache {
            let view = View::new(o, memory, profile, noted.today, &usual.2);
            // Of no use unless the event taught nothing.
            let mut counted = !noted.nothing_else || view.today.take_looked();
            for criterion in self.criteria.iter().filter(|c| !finding_only || c.code == Code::V3) {
                criterion.look(&view, &mut findings);
                counted = counted || (view.today.take_looked() && !Usual::is_measured_by(criterion.code));
            }
            let calm = findings.is_empty() && !counted && !view.memory.looked_at_today();
            calm_hours = calm.then(|| view.memory.hours() | 1 << o.hour());
            for finding in &mut findings {
                finding.impact = view.impact();
                finding.unknown_network = match &view.o.stayed_alone {
                    Some(stay) if finding.elsewhere => stay.class == ZoneClass::Unknown,
                    _ => view.unknown_network(),
                };
                finding.grounded = view.memory.days > 0 || view.rests_on_declaration(finding);
            }
        }
        // Of a stranger there is nothing to keep.
        state.cache.usual = cache.filter(|_| visible > 0);
        if let Some(lender) = self.lender(known, profile, o).filter(|_| !finding_only) {
            self.look_behind(lender, state, noted.today, o, &mut findings);
        }
        Looked { findings, visible, calm_hours }
    }

    /// Puts findings to the evidence; says whether any is of a new kind, and which exceptions excused something.
    fn remember(
        &self,
        state: &mut WorkloadState,
        subject: &Subject<'_>,
        workload: &str,
        o: &Observation<'_>,
        findings: Vec<Finding>,
    ) -> (bool, Vec<String>) {
        let (mut new, mut excused) = (false, Vec::new());
        let oldest = self.oldest(state);
        let mut changed = false;
        for finding in findings {
            if finding.code == Code::T1 && finding.workings.factors.iter().any(|f| f.what == FOR_NOW) {
                state.cache.waits = Some((bounded(&o.identity).into(), o.mapping));
            }
            // What is told later of an event that was excused is excused with it.
            let earlier = (finding.code == Code::T1 && o.stayed_alone.as_ref().map(|s| &*s.origin) == Some(&*finding.value))
                .then(|| state.evidence.binary_search_by(|e| e.key().cmp(&(finding.code, finding.facet, &finding.value))).ok())
                .flatten()
                .and_then(|at| state.evidence.get(at)?.best.excused_by.clone());
            let evidence = self.evidence(subject, workload, o, finding, earlier);
            if let Some(id) = &evidence.best.excused_by
                && !excused.contains(id)
            {
                excused.push(id.clone());
            }
            match state.evidence.binary_search_by(|e| e.key().cmp(&evidence.key())) {
                Ok(at) => {
                    if let Some(known) = state.evidence.get_mut(at) {
                        changed |= known.join(evidence, oldest, self.tuning.window.score.in_hours());
                    }
                }
                Err(at) => {
                    changed = true;
                    new |= evidence.best.excused_by.is_none();
                    state.evidence.reserve_exact(1);
                    state.evidence.insert(at, evidence);
                }
            }
        }
        while state.evidence.len() > MOST_EVIDENCE {
            let lightest =
                state.evidence.iter().enumerate().min_by(|(_, a), (_, b)| (a.best.x, b.key()).cmp(&(b.best.x, a.key())));
            let Some((at, _)) = lightest else { break };
            state.evidence.remove(at);
        }
        // Most of what is found was found before: what was made of it stands.
        if changed {
            state.cache.score = None;
        }
        (new, excused)
    }

    fn evidence(
        &self,
        subject: &Subject<'_>,
        workload: &str,
        o: &Observation<'_>,
        mut finding: Finding,
        earlier: Option<String>,
    ) -> Evidence {
        let excused_by = earlier.or_else(|| self.excuse(subject, workload, o, &finding).map(str::to_string));
        if let Some(id) = &excused_by {
            let factor = Factor { what: format!("excused by {id}"), value: self.tuning.exceptions.factor };
            finding.workings.factors.push(factor);
        }
        if let Some(issuer) = &o.issued_by {
            finding.observed.push_str(&format!(", with a credential issued by {}", clip(issuer)));
        }
        let x = milli(finding.workings.x());
        let event = match o.event_id.as_deref().filter(|id| !id.is_empty()) {
            Some(id) => bounded(id).into_owned(),
            None => format!("line:{}", o.event_ref.line),
        };
        let target = o.targets.first().map_or(String::new(), |t| bounded(&t.name).into_owned());
        let mut attack: Vec<String> =
            if finding.boundary.is_some() { o.attack.iter().map(|a| a.to_string()).collect() } else { Vec::new() };
        attack.sort_unstable();
        attack.dedup();
        Evidence {
            code: finding.code,
            facet: finding.facet.into(),
            value: bounded(&finding.value).into_owned(),
            boundary: finding.boundary,
            breaks: finding.breaks,
            hours: vec![(hour_of(o.at), x)],
            first: o.at,
            last: o.at,
            count: o.count,
            impact: milli(finding.impact),
            tier: o.tier,
            data_class: o.data_class,
            refs: vec![EvidenceRef { at: o.at, event: event.clone() }],
            attack,
            unknown_network: finding.unknown_network,
            grounded: finding.grounded,
            best: Best {
                x,
                at: o.at,
                event,
                workings: finding.workings,
                expected: finding.expected,
                observed: finding.observed,
                action: bounded(&o.action).into_owned(),
                target,
                excused_by,
            },
        }
    }

    /// The exception that excuses a finding.
    fn excuse(&self, subject: &Subject<'_>, workload: &str, o: &Observation<'_>, finding: &Finding) -> Option<&str> {
        if self.exceptions.is_empty() {
            return None;
        }
        let claim = Claim {
            workload,
            identity: &o.identity,
            peer_group: subject.profile.and_then(|p| p.peer_group.as_deref()).or(o.peer_group.as_deref()),
            code: finding.code.as_str(),
            facet: finding.facet,
            value: &finding.value,
            ip: o.ip.as_deref().filter(|_| !finding.elsewhere),
            zone: if finding.elsewhere { Some(&finding.value) } else { o.origin.as_deref() },
            unknown_network: finding.unknown_network,
            at: o.at,
        };
        let found = self.exceptions.matches(&claim)?;
        let too_long = found.days().is_none_or(|days| days > i64::from(self.tuning.exceptions.privileged_days));
        (!(subject.privileged && too_long)).then_some(found.id.as_str())
    }

    /// The hour from which on evidence is kept.
    fn oldest(&self, state: &WorkloadState) -> u32 {
        let keep = self.tuning.window.score.in_hours().max(self.tuning.case.idle_close.in_hours()) + 1;
        hour_of(state.watermark).saturating_sub(keep)
    }

    /// Forgets what has run out, before the next event is looked at: when it comes again, that is news.
    fn forget(&self, state: &mut WorkloadState) {
        let oldest = self.oldest(state);
        if state.cache.forgot == oldest || state.evidence.is_empty() {
            return;
        }
        state.cache.forgot = oldest;
        let before = state.evidence.len();
        state.evidence.retain_mut(|e| e.forget_before(oldest));
        if state.evidence.len() != before {
            state.cache.score = None;
        }
    }

    /// The same after an event that came so late that what it showed has run out already: it was judged by that, and what comes next
    /// must not depend on whether the state was saved in between.
    fn leave(&self, state: &mut WorkloadState, at: Millis) {
        if hour_of(at) < self.oldest(state) {
            state.cache.forgot = 0;
            state.cache.score = None;
            self.forget(state);
        }
    }

    /// The moment at which an event is judged. One that comes later than late, or from a future that nothing bears out, belongs to
    /// its own day, not to today's.
    fn now(&self, state: &WorkloadState, at: Millis) -> Millis {
        let latest = state.watermark;
        if at <= latest && at.saturating_add(self.tuning.window.late.0) >= latest { latest } else { at }
    }

    /// Where a workload stands at the time of an event.
    fn stand(&self, state: &mut WorkloadState, subject: &Subject<'_>, at: Millis) -> (Score, Decision) {
        let hour = hour_of(self.now(state, at));
        if state.evidence.is_empty() {
            let score = Score { kappa: 1.0, trust_scale: self.tuning.combine.trust_floor, ..Score::default() };
            let decision = decide(&score, &[], subject.mapping, subject.privileged, &self.tuning);
            return (score, decision);
        }
        if let Some(cached) = state.cache.score.as_deref().filter(|c| c.hour == hour && c.mapping == subject.mapping) {
            return (cached.score.clone(), cached.decision.clone());
        }
        // What an event shows counts for itself, however late it comes.
        let oldest = self.oldest(state).min(hour);
        state.evidence.retain_mut(|e| e.forget_before(oldest));
        let pieces = self.pieces(state, hour);
        let score = score(&pieces, self.kappa(subject.profile), &self.tuning);
        let decision = decide(&score, &pieces, subject.mapping, subject.privileged, &self.tuning);
        state.cache.score = Some(Box::new(Cached {
            hour,
            mapping: subject.mapping,
            score: score.clone(),
            decision: decision.clone(),
            detail: None,
        }));
        (score, decision)
    }
}

/// What the criteria said of an event.
struct Looked {
    findings: Vec<Finding>,
    /// How many parts of what is known were visible.
    visible: usize,
    /// If they found nothing in an event that taught nothing, and what else the workload does today changes nothing of that but by counts
    /// that are too high: the hours at which they would not either, one bit each.
    calm_hours: Option<u32>,
}

/// What became of an event that was added to its day.
#[derive(Default)]
struct Noted {
    /// The day's counts.
    today: DayCount,
    /// It taught nothing else.
    nothing_else: bool,
}

/// Adds the event to its day.
fn note(state: &mut WorkloadState, known: Option<&Known>, o: &Observation<'_>) -> Noted {
    let day = o.day();
    let learned = &mut state.day_mut(day).learned;
    // Names that the baseline holds already are shared with it.
    let taught = learned.learn(o, |facet, text| {
        let found = facet.and_then(|facet| known?.learned.find(facet, text)).filter(|found| &**found.name() == text);
        found.map_or_else(|| Name::from(text), |found| found.name().clone())
    });
    let today = learned.daily().on(day).copied().unwrap_or_default();
    if taught && state.days.last().is_some_and(|last| last.day != day) {
        // Events of later days may be judged by it.
        state.cache.known.change();
    }
    Noted { today, nothing_else: !taught }
}

/// What may be missing for a judgement, in the words of [`Workload::missing`].
const MISSING: [&str; 4] = ["workload", "owner", "purpose", "profile"];

/// Whom an event is held against.
struct Subject<'a> {
    profile: Option<&'a Workload>,
    owner: Option<Arc<str>>,
    mapping: Mapping,
    privileged: bool,
}

impl Subject<'_> {
    /// What is missing for a judgement.
    fn missing(&self, at: Millis) -> Vec<&'static str> {
        match (self.mapping, self.profile) {
            (Mapping::Mapped, _) => Vec::new(),
            (_, Some(profile)) => profile.missing(at),
            (_, None) => MISSING.to_vec(),
        }
    }
}

/// Hours since 1970; times before it fall on its first hour.
fn hour_of(at: Millis) -> u32 {
    u32::try_from(at.div_euclid(HOUR).max(0)).unwrap_or(u32::MAX)
}

/// An event's identity: several records may share an id (stages, correlation ids), repeated deliveries share everything.
fn event_key(id: &str, at: Millis, deed: u64) -> u64 {
    stable_hash(id.as_bytes()) ^ (at as u64).rotate_left(48) ^ deed
}

/// The part of an event's identity that says what was done.
fn deed_key(o: &Observation<'_>) -> u64 {
    let target = o.targets.first().map_or(0, |t| stable_hash(t.name.as_bytes()));
    let outcome = o.outcome.map_or(0, |outcome| outcome as u64 + 1);
    stable_hash(o.action.as_bytes()).rotate_left(17) ^ target.rotate_left(33) ^ outcome
}

/// Kinds of evidence that weigh enough to be told of, as bits.
fn weighty(state: &WorkloadState, hour: u32, window: u32) -> u64 {
    let weighs = |e: &&Evidence| e.boundary.is_some() && e.weight(hour, window).is_some_and(|x| x >= WEIGHTY);
    state.evidence.iter().filter(weighs).fold(0, |bits, e| bits | 1 << e.code as u64)
}

fn bits(boundaries: &[Boundary]) -> u8 {
    boundaries.iter().fold(0, |bits, b| bits | 1 << *b as u8)
}
