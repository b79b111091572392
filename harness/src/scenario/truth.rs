//! Labels joined to the lines they speak of.

use super::{Fault, Label, Labels};
use crate::decode::Window;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::path::Path;
use vires_event::{Boundary, Millis};

/// One attack: what has to be caught once.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// Its name in the labels; the scenario's id where they give none.
    pub name: String,
    /// Who did it, as the labels say.
    pub identity: String,
    /// Boundaries it crosses, as the labels say.
    pub boundaries: Vec<Boundary>,
    /// Its lines, ascending.
    pub lines: Vec<u32>,
    /// Time of its first event; `None` if no line of it can be read.
    pub first: Option<Millis>,
    /// Time of its last event.
    pub last: Option<Millis>,
    /// How much was at stake, 0–1: the highest of its events.
    pub impact: f64,
}

/// What a labelled line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Part of the attack instance of this number.
    Malicious(usize),
    /// Looks like one and is none.
    Benign,
    /// Counted on neither side.
    Ambiguous,
}

/// What is known to be true of a test window. A line that is not listed is benign background.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Truth {
    /// Attack instances in the order of their first label.
    pub instances: Vec<Instance>,
    /// Labelled lines.
    pub marks: BTreeMap<u32, Mark>,
}

impl Truth {
    /// Joins labels to lines by event id.
    ///
    /// # Errors
    /// For each label of an event that does not exist, and each line with labels that contradict each other.
    pub fn join(labels: &Labels, path: &Path, window: &Window, scenario: &str) -> Result<Truth, Vec<Fault>> {
        let mut lines_of: FxHashMap<&str, Vec<u32>> = FxHashMap::default();
        for (line, id) in &window.wanted {
            lines_of.entry(id).or_default().push(*line);
        }
        let (mut truth, mut faults) = (Truth::default(), Vec::new());
        let mut numbers: FxHashMap<&str, usize> = FxHashMap::default();
        for row in &labels.rows {
            let Some(lines) = lines_of.get(row.event_id.as_str()) else {
                let message = format!("no event `{}` in events.ndjson", row.event_id);
                let remedy = "use the source's own id of an event of the test window, or `line:<n>`";
                faults.push(Fault::at(path, row.line, "label_event", message, remedy));
                continue;
            };
            let mark = match row.label {
                Label::Benign => Mark::Benign,
                Label::Ambiguous => Mark::Ambiguous,
                Label::Malicious => {
                    let name = if row.instance.is_empty() { scenario } else { &row.instance };
                    let next = truth.instances.len();
                    let number = *numbers.entry(name).or_insert(next);
                    if number == next {
                        truth.instances.push(Instance {
                            name: name.to_string(),
                            identity: row.identity.clone(),
                            boundaries: Vec::new(),
                            lines: Vec::new(),
                            first: None,
                            last: None,
                            impact: 0.0,
                        });
                    }
                    if let Some(instance) = truth.instances.get_mut(number) {
                        instance.lines.extend(lines);
                        instance.boundaries.extend(&row.boundaries);
                    }
                    Mark::Malicious(number)
                }
            };
            for line in lines {
                if truth.marks.insert(*line, mark).is_some_and(|before| before != mark) {
                    let message = format!("event `{}` (line {line}) is labelled twice, differently", row.event_id);
                    faults.push(Fault::at(path, row.line, "label_conflict", message, "leave one of the two rows"));
                }
            }
        }
        truth.measure(window);
        if faults.is_empty() { Ok(truth) } else { Err(faults) }
    }

    fn measure(&mut self, window: &Window) {
        for instance in &mut self.instances {
            instance.lines.sort_unstable();
            instance.lines.dedup();
            instance.boundaries.sort_unstable();
            instance.boundaries.dedup();
            for line in &instance.lines {
                let Ok(at) = window.facts.binary_search_by_key(line, |f| f.line) else { continue };
                let Some(fact) = window.facts.get(at) else { continue };
                instance.impact = instance.impact.max(fact.impact());
                if let Some(at) = fact.at {
                    instance.first = Some(instance.first.map_or(at, |first| first.min(at)));
                    instance.last = Some(instance.last.map_or(at, |last| last.max(at)));
                }
            }
        }
    }

    /// What a line is labelled.
    pub fn mark(&self, line: u32) -> Option<Mark> {
        self.marks.get(&line).copied()
    }

    /// Number of lines labelled neither malicious nor ambiguous, out of `events`.
    pub fn quiet(&self, window: &Window) -> u64 {
        let loud = |line: &u32| matches!(self.mark(*line), Some(Mark::Malicious(_) | Mark::Ambiguous));
        window.facts.iter().filter(|f| !loud(&f.line)).count() as u64
    }
}
