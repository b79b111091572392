use crate::counts::Counts;
use crate::input::BLOCK;
use crate::protocol::{Codec, omprog};
use crate::stage::Stage;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How a block is worked on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) codec: Codec,
    pub(crate) max_line: usize,
    /// Lines that open and close a transaction are confirmed, not answered.
    pub(crate) omprog: bool,
}

/// Answers all records of `block` into `out`; returns how many answers that makes. A record on which the stage panics gets the
/// stage's fallback and the next one is worked on as if nothing had happened.
pub(crate) fn draft<S: Stage>(
    stage: &S,
    rules: Rules,
    block: &[u8],
    scratch: &mut S::Scratch,
    out: &mut Vec<u8>,
    counts: &mut Counts,
) -> u64 {
    // A huge record is as long as it may be or nearly so: at once the most, instead of a bit more each time.
    let room =
        if block.len() > 4 * BLOCK { rules.max_line.max(block.len()) + 2 * BLOCK } else { block.len() + block.len() / 2 };
    out.reserve_exact(room);
    let mut answers = 0;
    let (mut at, mut start) = (0, out.len());
    loop {
        let done = catch_unwind(AssertUnwindSafe(|| {
            while let Some(frame) = rules.codec.frame(block, at) {
                start = out.len();
                answers += u64::from(answer(stage, rules, frame.record, scratch, out, counts));
                at = frame.next;
            }
        }));
        let Some(frame) = done.err().and_then(|_| rules.codec.frame(block, at)) else { return answers };
        out.truncate(start);
        fall_back(stage, frame.record, scratch, out);
        rules.codec.close(out, start);
        counts.internal += 1;
        answers += 1;
        at = frame.next;
    }
}

/// The answer to a whole block whose ordered step or rendering panicked.
pub(crate) fn fall_back_all<S: Stage>(stage: &S, codec: Codec, block: &[u8], scratch: &mut S::Scratch, out: &mut Vec<u8>) {
    out.clear();
    let mut at = 0;
    while let Some(frame) = codec.frame(block, at) {
        let start = out.len();
        fall_back(stage, frame.record, scratch, out);
        codec.close(out, start);
        at = frame.next;
    }
}

/// The whole answer to a record that is too long to look at.
pub(crate) fn pass_by<S: Stage>(stage: &S, record: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(stage.too_long().unwrap_or(record));
}

#[inline]
fn answer<S: Stage>(
    stage: &S,
    rules: Rules,
    record: &[u8],
    scratch: &mut S::Scratch,
    out: &mut Vec<u8>,
    counts: &mut Counts,
) -> bool {
    if rules.omprog && omprog::is_control(record) {
        return false;
    }
    let start = out.len();
    counts.lines_in += 1;
    if record.len() > rules.max_line {
        counts.too_long += 1;
        stage.skip(scratch);
        pass_by(stage, record, out);
    } else {
        let report = stage.record(record, scratch, out);
        counts.note(&report);
        if report.filtered {
            out.truncate(start);
            return false;
        }
    }
    rules.codec.close(out, start);
    true
}

fn fall_back<S: Stage>(stage: &S, record: &[u8], scratch: &mut S::Scratch, out: &mut Vec<u8>) {
    let start = out.len();
    if catch_unwind(AssertUnwindSafe(|| stage.fallback(record, scratch, out))).is_err() {
        out.truncate(start);
        pass_by(stage, record, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::Report;

    /// Answers `<line>!`; panics on "boom", leaves "drop" out.
    struct Shout;

    impl Stage for Shout {
        type Scratch = ();
        fn record(&self, line: &[u8], (): &mut (), out: &mut Vec<u8>) -> Report {
            out.extend_from_slice(line);
            assert!(line != b"boom", "expected by the test");
            out.push(b'!');
            Report { filtered: line == b"drop", ..Report::default() }
        }
        fn fallback(&self, line: &[u8], (): &mut (), out: &mut Vec<u8>) {
            out.extend_from_slice(b"fallback for ");
            out.extend_from_slice(line);
        }
    }

    #[test]
    fn a_panic_costs_one_record_its_answer_and_nothing_else() {
        let rules = Rules { codec: Codec::Lines, max_line: 10, omprog: false };
        let (mut out, mut counts) = (Vec::new(), Counts::default());
        let block = b"a\nboom\n\ndrop\n12345678901\nboom\nz";
        let answers = draft(&Shout, rules, block, &mut (), &mut out, &mut counts);
        assert_eq!(std::str::from_utf8(&out).unwrap(), "a!\nfallback for boom\n!\n12345678901\nfallback for boom\nz!\n");
        assert_eq!((answers, counts.lines_in, counts.internal, counts.filtered, counts.too_long), (6, 7, 2, 1, 1));
    }

    #[test]
    fn control_lines_are_no_records() {
        let rules = Rules { codec: Codec::Lines, max_line: 10, omprog: true };
        let (mut out, mut counts) = (Vec::new(), Counts::default());
        let answers = draft(&Shout, rules, b"BEGIN TRANSACTION\na\nCOMMIT TRANSACTION\n", &mut (), &mut out, &mut counts);
        assert_eq!((answers, counts.lines_in, out.as_slice()), (1, 1, &b"a!\n"[..]));
    }
}
