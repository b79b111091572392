//! The judge that is shipped, as an [`Engine`].

use crate::engine::{Ablation, Case, Engine, EngineError, Prepared, Replay, Trace, TracedEvent, Tuning, Update, Verdict};
use crate::scenario::{Estate, Lines, LogSource};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use vires_catalog::Catalog;
use vires_event::Millis;
use vires_judge::tuning::DEFAULT_TOML;
use vires_judge::{CaseUpdate, Detail, Disposition, Judge, REGISTRY, Settled, explain};
use vires_pipeline::judging::{self, Judged};
use vires_pipeline::{YearFinder, YearRule};
use vires_profile::baseline::{Baseline, bounded};
use vires_profile::observation::Observation;
use vires_profile::{Exceptions, Inventory};
use vires_tag::Classifier;

/// The judge that is shipped.
#[derive(Debug, Default)]
pub struct Shipped {
    classifier: OnceLock<Result<Arc<Classifier>, String>>,
}

impl Shipped {
    /// Not loaded before it is needed.
    pub const fn new() -> Shipped {
        Shipped { classifier: OnceLock::new() }
    }

    fn classifier(&self) -> Result<Arc<Classifier>, EngineError> {
        let load = || {
            let catalog = Arc::new(Catalog::builtin().map_err(|e| e.to_string())?);
            Classifier::new(&catalog).map(Arc::new).map_err(|e| e.to_string())
        };
        self.classifier.get_or_init(load).clone().map_err(EngineError::Input)
    }
}

fn parse(tuning: &Tuning) -> Result<vires_judge::Tuning, EngineError> {
    let file = if tuning.file.is_empty() { "the shipped tuning" } else { &tuning.file };
    vires_judge::Tuning::from_toml(&tuning.text, file).map_err(|e| EngineError::Tuning(e.to_string()))
}

/// Groups of knobs that stand for an idea: name, what it is, the keys that switch it off.
const IDEAS: [(&str, &str, &str); 11] = [
    ("privilege", "the privilege boundary", "[boundaries]\nprivilege = false"),
    ("data", "the data boundary", "[boundaries]\ndata = false"),
    ("trust", "the trust boundary", "[boundaries]\ntrust = false"),
    ("declared", "declared profiles", "[declared]\nenabled = false"),
    ("peers", "rarity among peers", "[novelty]\npeer_cap_bits = 0.0"),
    ("co-adoption", "what peers take up together", "[coadopt]\nenabled = false"),
    ("exceptions", "approved changes", "[exceptions]\nfactor = 1.0"),
    ("variance", "unusual time and volume", "[combine]\nvariance_cap = 0.0"),
    ("quarantine", "not learning what escalated", "[learn]\nquarantine_days = 0\nwatch_delay_days = 0"),
    ("damping", "weak evidence adds up less", "[combine]\ndamp = 1.0"),
    ("tolerance", "privileged and agentic count more", "[tolerance]\nprivileged = 1.0\nagentic = 1.0"),
];

/// What leaves the judge nothing but habits: nothing declared, nothing approved, nothing that peers take up together.
const HABITS_ALONE: &str = "[declared]\nenabled = false\n[exceptions]\nfactor = 1.0\n[coadopt]\nenabled = false";

impl Engine for Shipped {
    fn default_tuning(&self) -> String {
        DEFAULT_TOML.to_string()
    }

    fn check(&self, tuning: &Tuning) -> Result<(), EngineError> {
        parse(tuning).map(drop)
    }

    fn catalogue(&self) -> Result<String, EngineError> {
        Ok(judging::catalogue_hash(self.classifier()?.catalog()))
    }

    fn ablations(&self) -> Vec<Ablation> {
        let criteria = REGISTRY.iter().map(|c| {
            let mut changes = toml::Table::new();
            changes.insert("criteria_off".into(), toml::Value::Array(vec![c.code.as_str().into()]));
            Ablation { name: c.code.as_str().into(), what: c.name.replace('_', " "), changes }
        });
        let ideas = IDEAS.iter().map(|(name, what, keys)| Ablation {
            name: (*name).into(),
            what: (*what).into(),
            changes: toml::from_str(keys).unwrap_or_default(),
        });
        criteria.chain(ideas).collect()
    }

    fn habits_alone(&self) -> toml::Table {
        toml::from_str(HABITS_ALONE).unwrap_or_default()
    }

    fn accepts(&self, estate: &Estate) -> Result<(), EngineError> {
        declared(estate).map(drop)
    }

    fn prepare<'a>(&'a self, estate: &'a Estate) -> Result<Box<dyn Prepared + 'a>, EngineError> {
        let (inventory, exceptions) = declared(estate)?;
        let known = judging::Estate {
            classifier: self.classifier()?,
            inventory: Arc::new(inventory),
            exceptions: Arc::new(exceptions),
            year: year_of(estate)?,
        };
        let baseline = match &estate.baseline {
            Some(learned) => Arc::clone(learned),
            None => Arc::new(learn(&known, estate.history.as_ref())?),
        };
        Ok(Box::new(Replayed { logs: estate, known: known.joined(&baseline), baseline }))
    }
}

/// What is declared and what was approved.
fn declared(estate: &Estate) -> Result<(Inventory, Exceptions), EngineError> {
    let name = |path: &std::path::Path| path.display().to_string();
    let inventory = match &estate.inventory {
        Some(d) => Inventory::parse(&d.text, &name(&d.path)).map_err(|e| EngineError::Input(e.to_string()))?,
        None => Inventory::default(),
    };
    let exceptions = match &estate.exceptions {
        Some(d) => Exceptions::from_toml(&d.text, &name(&d.path)).map_err(|e| EngineError::Input(e.to_string()))?,
        None => Exceptions::default(),
    };
    Ok((inventory, exceptions))
}

struct Replayed<'a> {
    logs: &'a Estate,
    known: judging::Estate,
    baseline: Arc<Baseline>,
}

fn learn(known: &judging::Estate, history: Option<&LogSource>) -> Result<Baseline, EngineError> {
    let mut learner = known.learner("");
    if let Some(history) = history {
        each(history, |_, line| learner.line(line))?;
    }
    Ok(learner.finish())
}

/// Lines that are looked at before a log counts as one in which no line says a year.
const UNDATED: u32 = 10_000;

/// The year of lines that say none, from the other lines of the test window, else of the history.
fn year_of(estate: &Estate) -> Result<Option<YearRule>, EngineError> {
    let mut finder = YearFinder::default();
    for source in std::iter::once(&estate.events).chain(&estate.history) {
        let failed = |e: std::io::Error| EngineError::Input(format!("failed to read the log: {e}"));
        let mut lines = Lines::new(source).map_err(failed)?;
        while let Some((number, line)) = lines.next_line().map_err(failed)? {
            if finder.see(line) {
                return Ok(finder.rule());
            }
            if number >= UNDATED {
                break;
            }
        }
    }
    Ok(finder.rule())
}

/// Hands on every line with its number.
fn each(source: &LogSource, mut visit: impl FnMut(u32, &[u8])) -> Result<(), EngineError> {
    let failed = |e: std::io::Error| EngineError::Input(format!("failed to read the log: {e}"));
    let mut lines = Lines::new(source).map_err(failed)?;
    while let Some((number, line)) = lines.next_line().map_err(failed)? {
        visit(number, line);
    }
    Ok(())
}

impl Replayed<'_> {
    fn judge(&self, tuning: &Tuning) -> Result<Judge, EngineError> {
        Ok(self.known.judge(parse(tuning)?, Baseline::clone(&self.baseline)))
    }
}

/// Lines by the id under which evidence names them.
#[derive(Default)]
struct ByEvent(FxHashMap<String, Vec<(Millis, u32)>>);

impl ByEvent {
    fn note(&mut self, o: &Observation<'_>) {
        let line = u32::try_from(o.event_ref.line).unwrap_or(u32::MAX);
        // In the form in which evidence keeps ids.
        let id = o.event_id.as_deref().filter(|id| !id.is_empty());
        let id = id.map_or_else(|| format!("line:{line}"), |id| bounded(id).into_owned());
        self.0.entry(id).or_default().push((o.at, line));
    }

    fn lines(&self, record: &CaseUpdate) -> Vec<u32> {
        let mut lines: Vec<u32> = Vec::new();
        for wanted in record.evidence.iter().flat_map(|e| &e.refs) {
            let known = self.0.get(&wanted.event).map_or(&[][..], Vec::as_slice);
            let exact = known.iter().filter(|(at, _)| *at == wanted.at);
            lines.extend(exact.map(|(_, line)| *line));
        }
        lines.sort_unstable();
        lines.dedup();
        lines
    }
}

fn verdict_of(disposition: Disposition) -> Verdict {
    match disposition {
        Disposition::Suppress => Verdict::Suppress,
        Disposition::Watch => Verdict::Watch,
        Disposition::CannotJudge => Verdict::CannotJudge,
        Disposition::Escalate => Verdict::Escalate,
        Disposition::Page => Verdict::Page,
    }
}

fn update_of(at: Millis, record: &CaseUpdate, events: &ByEvent) -> Update {
    let mut codes: Vec<String> = record.evidence.iter().filter(|e| e.x > 0.0).map(|e| e.code.as_str().to_string()).collect();
    codes.sort_unstable();
    codes.dedup();
    Update {
        at,
        verdict: verdict_of(record.verdict),
        score: record.score,
        boundaries: record.boundaries.clone(),
        lines: events.lines(record),
        codes,
        reasons: record.reasons.clone(),
    }
}

/// What was said of a workload. It holds the detail: an address that is free may be the next one's.
struct Standing {
    score: f64,
    detail: Option<Arc<Detail>>,
}

impl Standing {
    /// True if nothing changed in between.
    fn is(&self, other: &Standing) -> bool {
        let same = match (&self.detail, &other.detail) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        same && self.score.to_bits() == other.score.to_bits()
    }
}

impl Prepared for Replayed<'_> {
    fn replay(&self, tuning: &Tuning) -> Result<Replay, EngineError> {
        let judge = self.judge(tuning)?;
        let mut replay = self.known.replay(&judge);
        let mut events = ByEvent::default();
        let mut order: Vec<String> = Vec::new();
        let mut cases: FxHashMap<String, Case> = FxHashMap::default();
        // What was last said of a workload: an event that changes nothing needs no look.
        let mut standing: BTreeMap<String, Standing> = BTreeMap::new();
        let mut look = |judged: Judged<'_>| {
            let (o, outcome) = (judged.observation, &judged.outcome);
            events.note(o);
            let verdict = &outcome.verdict;
            let Some(name) = verdict.case_name() else { return };
            let now = Standing { score: verdict.score, detail: verdict.detail.clone() };
            let changed = standing.get(&*o.workload).is_none_or(|known| !known.is(&now));
            let record = match &outcome.update {
                Some(update) => Some((**update).clone()),
                None if changed && !outcome.duplicate && verdict.verdict >= Disposition::Watch => judged.ask(),
                None => None,
            };
            standing.insert(o.workload.to_string(), now);
            let Some(record) = record else { return };
            let case = cases.entry(name.clone()).or_insert_with(|| {
                order.push(name.clone());
                Case { id: name, identity: o.identity.to_string(), workload: o.workload.to_string(), updates: Vec::new() }
            });
            let update = update_of(o.at, &record, &events);
            if case.updates.last().is_none_or(|last| last.verdict < update.verdict) {
                case.identity = o.identity.to_string();
            }
            case.updates.push(update);
        };
        each(&self.logs.events, |number, line| {
            replay.line(u64::from(number), line, &mut look);
        })?;
        for Settled { at, record, .. } in replay.settle() {
            if record.case.is_empty() || record.verdict < Disposition::Watch {
                continue;
            }
            let case = cases.entry(record.case.clone()).or_insert_with(|| {
                order.push(record.case.clone());
                let (identity, workload) = (record.identity.clone(), record.workload.clone());
                Case { id: record.case.clone(), identity, workload, updates: Vec::new() }
            });
            let update = update_of(at, &record, &events);
            if case.updates.last().is_none_or(|last| last.verdict < update.verdict) {
                case.identity.clone_from(&record.identity);
            }
            case.updates.push(update);
        }
        Ok(Replay { cases: order.iter().filter_map(|name| cases.remove(name)).collect() })
    }

    fn trace(&self, tuning: &Tuning, line: Option<u32>) -> Result<Trace, EngineError> {
        let judge = self.judge(tuning)?;
        let mut replay = self.known.replay(&judge);
        let mut trace = Trace::default();
        let mut look = |judged: Judged<'_>| {
            let (o, outcome) = (judged.observation, &judged.outcome);
            let number = u32::try_from(o.event_ref.line).unwrap_or(u32::MAX);
            if line == Some(number) {
                trace.workings = judged.ask().map(|record| explain(&record, judge.tuning()).to_string());
            }
            trace.events.push(TracedEvent {
                line: number,
                verdict: verdict_of(outcome.verdict.verdict),
                score: outcome.verdict.score,
                reasons: outcome.verdict.detail.as_ref().map(|d| d.reasons.clone()).unwrap_or_default(),
            });
        };
        each(&self.logs.events, |number, line| {
            replay.line(u64::from(number), line, &mut look);
        })?;
        Ok(trace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::evaluate;
    use crate::testing::corpus;

    #[test]
    fn catches_the_example_and_spares_its_twin() {
        let engine = Shipped::new();
        let tuning = Tuning::new(engine.default_tuning(), "");
        let evaluation = evaluate(&engine, corpus(), &[tuning], 1, &|| {}).unwrap();
        let m = &evaluation.runs[0].measures;
        assert_eq!((m.instances.caught, m.false_cases), (1, 0), "{}", crate::report::table(&evaluation));
    }

    #[test]
    fn a_detail_that_was_freed_is_not_taken_for_its_successor() {
        let said = |detail: Option<Arc<Detail>>| Standing { score: 40.0, detail };
        let detail = Arc::new(Detail::default());
        let known = said(Some(Arc::clone(&detail)));
        assert!(known.is(&said(Some(Arc::clone(&detail)))) && said(None).is(&said(None)));
        assert!(!known.is(&said(None)) && !known.is(&Standing { score: 41.0, ..said(Some(Arc::clone(&detail))) }));
        // What is known keeps its detail: nothing new can come to stand where it stands.
        drop(detail);
        for _ in 0..100 {
            assert!(!known.is(&said(Some(Arc::new(Detail::default())))));
        }
    }

    #[test]
    fn a_history_teaches_the_same_while_it_is_decoded() {
        use crate::decode::Decoder;
        use crate::scenario::{Filter, find, load_all};
        let decoder = Decoder::new().unwrap().learning();
        let corpus = load_all(&find(&[crate::testing::fixtures()]).unwrap(), &Filter::default(), &decoder).unwrap();
        for scenario in &corpus.scenarios {
            let known = judging::Estate {
                classifier: Arc::clone(decoder.classifier()),
                inventory: Arc::clone(&scenario.inventory),
                exceptions: Arc::default(),
                year: None,
            };
            let apart = learn(&known, scenario.estate.history.as_ref()).unwrap();
            let on_the_way = scenario.estate.baseline.as_deref().unwrap();
            assert!(!apart.is_empty(), "{}", scenario.id());
            assert_eq!(on_the_way.to_json().unwrap(), apart.to_json().unwrap(), "{}", scenario.id());
        }
    }

    #[test]
    fn every_ablation_is_a_valid_tuning() {
        let engine = Shipped::new();
        let base = Tuning::new(engine.default_tuning(), "");
        for ablation in engine.ablations() {
            assert!(!ablation.changes.is_empty(), "{}", ablation.name);
            engine.check(&base.with(&ablation.name, &ablation.changes).unwrap()).unwrap();
        }
    }

    #[test]
    fn a_wrong_tuning_is_named_with_file_and_line() {
        let error = Shipped::new().check(&Tuning::new("schema = \"vires-tuning/1\"\n[windo]\n", "x.toml")).unwrap_err();
        assert!(error.to_string().starts_with("x.toml:2:"), "{error}");
    }
}
