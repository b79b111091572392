//! Learns from the lines of standard input (`learn`, which writes the baseline to standard output), or judges them by a baseline
//! (`judge FILE`), on one thread: for counting instructions.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use vires_catalog::Catalog;
use vires_judge::Tuning;
use vires_pipeline::judging::{Answers, Estate, Judging, Live, Step, catalogue_hash, learn};
use vires_pipeline::{Codec, Framing, Options, Runner, Source, Target};
use vires_profile::baseline::Baseline;
use vires_profile::{Exceptions, Inventory};
use vires_tag::Classifier;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let catalog = Arc::new(Catalog::builtin()?);
    let estate = Estate {
        classifier: Arc::new(Classifier::new(&catalog)?),
        inventory: Arc::new(Inventory::default()),
        exceptions: Arc::new(Exceptions::default()),
        year: None,
    };
    let options = Options {
        source: Source::Stdin,
        target: Target::Stdout,
        framing: Framing { codec: Codec::Lines, max_line: 4 << 20, split: false },
        threads: 1,
        omprog: false,
        drain: Duration::from_secs(5),
        stats_file: None,
        log: Arc::default(),
    };
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("learn"), None) => {
            let learned = learn(&options, &estate, &catalogue_hash(&catalog))?;
            std::io::stdout().write_all(learned.baseline.to_json()?.as_bytes())?;
        }
        (Some("judge"), Some(file)) => {
            let baseline = Baseline::from_json(&std::fs::read(&file)?, &file)?;
            let judge = estate.judge(Tuning::default(), baseline);
            let live = Live::new(judge.fresh_state(), 0, String::new(), Box::new(|_| ()));
            let answers = Answers { tag: vires_tag::Options::default(), least: None, codec: Codec::Lines, step: Step::Both };
            let runner = Runner::open(&options)?;
            runner.run(Judging::new(estate, judge, answers, Arc::new(live)), &|_| Err("nothing to reload".to_owned()))?;
        }
        _ => return Err("usage: judged learn | judge BASELINE".into()),
    }
    Ok(())
}
