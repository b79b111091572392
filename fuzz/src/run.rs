//! The engine itself: framing, documents that are taken apart, compressed files, threads.

use super::estate::CATALOG;
use std::io::Read;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use vires_pipeline::{Codec, Framing, Log, Options, Report, Runner, Source, Stage, Target};
use vires_tag::{Scratch, Tagger};

static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));

/// Tagging with a tagger that outlives the run: building one takes longer than a run.
struct Tagging;

static TAGGER: LazyLock<Tagger> =
    LazyLock::new(|| Tagger::new(&CATALOG, vires_tag::Options::default()).expect("the tagger builds"));

impl Stage for Tagging {
    type Scratch = Scratch;

    fn record(&self, line: &[u8], scratch: &mut Scratch, out: &mut Vec<u8>) -> Report {
        TAGGER.line(line, scratch, out)
    }

    fn fallback(&self, line: &[u8], _: &mut Scratch, out: &mut Vec<u8>) {
        TAGGER.fallback(line, out);
    }
}

/// One record in, one record out, whatever the framing and the number of threads.
pub fn engine(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let codec = [Codec::Lines, Codec::Netstring, Codec::Len32][usize::from(choice % 3)];
    let (max_line, split) = ([4096, 16][usize::from(choice / 3 % 2)], choice / 6 % 2 == 1);
    let input = FOLDER.path().join(format!("in-{}", std::process::id()));
    std::fs::write(&input, rest).expect("a file");
    let run = |threads: usize| {
        let output = FOLDER.path().join(format!("out-{}", std::process::id()));
        let _ = std::fs::remove_file(&output);
        let options = Options {
            source: Source::Files(vec![input.clone()]),
            target: Target::File(output.clone()),
            framing: Framing { codec, max_line, split },
            threads,
            omprog: false,
            drain: Duration::from_secs(5),
            stats_file: None,
            log: Arc::new(Log::default()),
        };
        let runner = Runner::open(&options).expect("it opens");
        let summary = runner.run(Tagging, &|_| Err(String::new())).expect("it runs");
        let mut bytes = Vec::new();
        std::fs::File::open(&output).and_then(|mut f| f.read_to_end(&mut bytes)).expect("an output");
        assert_eq!(summary.counts.lines_in, summary.counts.lines_out, "{:?}", summary.counts);
        assert_eq!((summary.counts.undelivered, summary.counts.internal), (0, 0));
        assert_eq!(summary.counts.bytes_out, bytes.len() as u64);
        if codec == Codec::Lines {
            assert_eq!(bytes.iter().filter(|b| **b == b'\n').count() as u64, summary.counts.lines_out);
        }
        bytes
    };
    let alone = run(1);
    if rest.len() > 1000 || choice / 12 % 2 == 1 {
        assert!(run(2) == alone, "the number of threads shows nowhere");
    }
}
