//! JUnit XML: each attack and each quiet scenario of the last tuning is a test.

use super::text::clean;
use crate::evaluate::Evaluation;
use crate::score::Fate;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// The report. Suites are families; an attack fails if it was not caught, a scenario without attacks if something was raised.
pub fn junit(evaluation: &Evaluation) -> Result<String, quick_junit::SerializeError> {
    let mut report = Report::new("harness");
    let Some(run) = evaluation.runs.last() else { return report.to_string() };
    for family in run.measures.by_family.keys() {
        let mut suite = TestSuite::new(tame(family));
        for (scenario, outcome) in evaluation.corpus.scenarios.iter().zip(&run.outcomes).filter(|(s, _)| s.family() == family) {
            for i in &outcome.instances {
                let status = match i.fate {
                    Fate::Caught => TestCaseStatus::success(),
                    fate => failure(fate.as_str(), i.reasons.first()),
                };
                let name = if i.name == scenario.id() { i.name.clone() } else { format!("{}: {}", scenario.id(), i.name) };
                suite.add_test_case(case(&name, family, status));
            }
            if outcome.instances.is_empty() || !outcome.false_cases.is_empty() {
                let status = match outcome.false_cases.first() {
                    None => TestCaseStatus::success(),
                    Some(first) => {
                        let text =
                            format!("{} false, first {} at {:.0}", outcome.false_cases.len(), first.identity, first.score);
                        failure(&text, first.reasons.first())
                    }
                };
                suite.add_test_case(case(&format!("{}: stays quiet", scenario.id()), family, status));
            }
        }
        report.add_test_suite(suite);
    }
    report.to_string()
}

fn case(name: &str, family: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(tame(name), status);
    case.set_classname(tame(family));
    case
}

fn failure(message: &str, reason: Option<&String>) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(tame(message));
    if let Some(reason) = reason {
        status.set_description(tame(reason));
    }
    status
}

fn tame(text: &str) -> String {
    clean(text, 500)
}
