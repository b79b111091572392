//! Stages that the binary does not have: one that keeps history, one that fails.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use vires_pipeline::{Codec, Framing, Log, Options, Report, Runner, Source, Stage, Summary, Target};

fn options(input: &Path, output: &Path, threads: usize) -> Options {
    Options {
        source: Source::Files(vec![input.to_owned()]),
        target: Target::File(output.to_owned()),
        framing: Framing { codec: Codec::Lines, max_line: 4096, split: false },
        threads,
        omprog: false,
        drain: Duration::from_secs(5),
        stats_file: None,
        log: Arc::new(Log::default()),
    }
}

fn through<S: Stage>(stage: S, input: &str, threads: usize) -> (String, Summary) {
    let dir = tempfile::tempdir().unwrap();
    let (source, target) = (dir.path().join("in"), dir.path().join("out"));
    std::fs::write(&source, input).unwrap();
    let options = options(&source, &target, threads);
    let summary = Runner::open(&options).unwrap().run(stage, &|_| Err("no reload in this test".to_owned())).unwrap();
    (std::fs::read_to_string(&target).unwrap(), summary)
}

/// Answers each line with the sum of all numbers up to it: wrong as soon as one block is settled out of order.
#[derive(Default)]
struct Sums {
    total: Mutex<u64>,
}

/// What a block's records leave for the ordered step: where in the draft the sum belongs, and the number or then the sum.
#[derive(Default)]
struct Draft {
    sums: Vec<(usize, u64)>,
}

impl Stage for Sums {
    type Scratch = Draft;
    const ORDERED: bool = true;

    fn record(&self, line: &[u8], draft: &mut Draft, out: &mut Vec<u8>) -> Report {
        let text = std::str::from_utf8(line).unwrap().trim();
        out.extend_from_slice(text.as_bytes());
        draft.sums.push((out.len(), text.parse().unwrap()));
        Report::default()
    }

    fn fallback(&self, _line: &[u8], draft: &mut Draft, out: &mut Vec<u8>) {
        out.extend_from_slice(b"bad");
        draft.sums.push((out.len(), 0));
    }

    fn settle(&self, draft: &mut Draft) {
        let mut total = self.total.lock().unwrap();
        for (_, n) in &mut draft.sums {
            *total += *n;
            *n = *total;
        }
    }

    fn render(&self, draft: &[u8], scratch: &mut Draft, out: &mut Vec<u8>) {
        let mut from = 0;
        for (at, sum) in scratch.sums.drain(..) {
            out.extend_from_slice(&draft[from..at]);
            out.extend_from_slice(format!(" {sum}").as_bytes());
            from = at;
        }
        out.extend_from_slice(&draft[from..]);
    }
}

#[test]
fn history_is_seen_in_order_by_any_number_of_threads() {
    let long = format!("{}\n", "9".repeat(5000));
    let mut input = String::new();
    let mut expected = String::new();
    let mut sum = 0u64;
    for n in 0..200_000u64 {
        input += &format!("{n}{}\n", " ".repeat((n % 40) as usize));
        sum += n;
        expected += &format!("{n} {sum}\n");
        if n == 100_000 {
            input += "what?\n";
            expected += &format!("bad {sum}\n");
        }
        if n % 30_000 == 0 {
            input += &long;
            expected += &long;
        }
    }
    for threads in [1, 2, 7] {
        let (output, summary) = through(Sums::default(), &input, threads);
        assert!(output == expected, "{threads} threads");
        assert_eq!((summary.counts.internal, summary.counts.lines_in), (1, 200_008));
    }
}

/// Fails in the steps that work on a whole block.
struct Fails {
    in_settle: bool,
}

impl Stage for Fails {
    type Scratch = ();
    const ORDERED: bool = true;

    fn record(&self, line: &[u8], (): &mut (), out: &mut Vec<u8>) -> Report {
        out.extend_from_slice(line);
        Report::default()
    }

    fn fallback(&self, line: &[u8], (): &mut (), out: &mut Vec<u8>) {
        out.extend_from_slice(line);
        out.extend_from_slice(b" internal");
    }

    fn settle(&self, (): &mut ()) {
        assert!(!self.in_settle, "expected by the test");
    }

    fn render(&self, _: &[u8], (): &mut (), _: &mut Vec<u8>) {
        panic!("expected by the test");
    }
}

#[test]
fn a_failure_of_the_ordered_step_costs_no_line() {
    for in_settle in [true, false] {
        let (output, summary) = through(Fails { in_settle }, "a\n\nb", 2);
        assert_eq!(output, "a internal\n internal\nb internal\n");
        assert_eq!((summary.counts.internal, summary.counts.lines_out), (3, 3));
    }
}
