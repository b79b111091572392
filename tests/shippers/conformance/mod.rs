//! The exec contract, rule by rule, against any program that answers lines. See `integrations/README.md` for how to run it.

mod lines;
mod protocols;
mod signals;
mod sockets;
pub mod subject;

use anyhow::Result;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use subject::Subject;

/// One rule as it is tried.
struct Row {
    rules: &'static str,
    what: &'static str,
    /// Who relies on it.
    family: &'static str,
    /// What a program must offer for it: see [`Subject::without`].
    needs: &'static str,
    /// Does it; says a figure worth knowing, or what went wrong.
    check: fn(&Subject) -> Result<String>,
}

const fn row(
    rules: &'static str,
    what: &'static str,
    family: &'static str,
    needs: &'static str,
    check: fn(&Subject) -> Result<String>,
) -> Row {
    Row { rules, what, family, needs, check }
}

const ROWS: &[Row] = &[
    row("1 2 3 8", "each line is answered before the next one is sent", "rsyslog, Redpanda", "", lines::half_duplex),
    row("1", "one line out for each line in, in order", "all", "", lines::one_for_one),
    row("3 8 15", "the first answer", "all", "", lines::first_answer),
    row("4", "SIGTERM twice in the middle of a chunk", "Fluentd", "", signals::fluentd_stop),
    row("4", "SIGTERM or SIGINT while idle, half a line pending", "all", "", signals::idle_stop),
    row("5", "a last line without line end; no input", "pipes, NiFi, Spark", "", lines::tail_without_lf),
    row("5", "bad usage is refused before input is read", "all", "usage", protocols::bad_usage),
    row("6", "the reader goes away", "pipes", "", lines::closed_output),
    row("7", "SIGHUP in the middle of a stream", "all", "", signals::hup_mid_stream),
    row("9", "bytes of the event stay as they are", "all", "", lines::verbatim),
    row("9", "a second pass changes nothing", "all", "", lines::second_pass),
    row("10", "text is wrapped", "all", "", lines::wraps_text),
    row("10", "Vector's json and native_json decoders keep every event", "Vector", "", lines::vector_decoders),
    row("10", "a reply changes nothing of the message", "rsyslog mmexternal", "reply", protocols::mmexternal),
    row("10", "netstrings", "Redpanda", "codec", protocols::netstring),
    row("10", "length-prefixed records with line ends in them", "Redpanda", "codec", protocols::len32),
    row("10", "confirmed when written", "rsyslog omprog", "ack", protocols::omprog),
    row("12", "a line that is too long", "all", "", lines::too_long),
    row("12", "what is added is bounded", "Redpanda", "", lines::bounded_growth),
    row("14", "SIGTERM while a connection is being written", "Vector", "listen", sockets::vector_stop),
    row("14", "connections in the backlog at SIGTERM", "Vector", "listen", sockets::backlog),
    row("14", "a stale socket file", "Vector", "listen", sockets::stale_socket),
    row("14", "many connections, whole lines", "Vector, Fluent Bit", "listen", sockets::whole_lines),
    row("14", "from one socket to another that is not there yet", "Fluent Bit, Logstash", "connect", sockets::fluent_bit_loop),
    row("14", "addresses that must not or cannot be used", "all", "connect", sockets::refusals),
    row("15", "the same bytes, however the input comes in", "all", "", lines::same_bytes),
];

/// What came of a row: `None` where the program does not offer it.
type Outcome = Option<Result<String, String>>;

fn check(row: &Row, subject: &Subject) -> Outcome {
    if subject.without.iter().any(|w| w == row.needs) {
        return None;
    }
    let outcome = catch_unwind(AssertUnwindSafe(|| (row.check)(subject)));
    Some(match outcome {
        Ok(result) => result.map_err(|error| format!("{error:#}")),
        Err(_) => Err("the check itself panicked".into()),
    })
}

fn table(outcomes: &[(&Row, Outcome)]) -> String {
    let mut table = format!("{:<8} {:<58} {:<22} {}\n", "rules", "what", "who relies on it", "result");
    for (row, outcome) in outcomes {
        let result = match outcome {
            Some(Ok(detail)) if detail.is_empty() => "ok".to_owned(),
            Some(Ok(detail)) => format!("ok      {detail}"),
            Some(Err(error)) => format!("FAILED  {error}"),
            None => "not offered".to_owned(),
        };
        let _ = writeln!(table, "{:<8} {:<58} {:<22} {result}", row.rules, row.what, row.family);
    }
    table
}

#[test]
fn conformance() {
    let subject = Subject::from_env();
    let outcomes: Vec<_> = ROWS.iter().map(|row| (row, check(row, &subject))).collect();
    let table = table(&outcomes);
    println!("\n{} {}\n{table}", subject.program.display(), subject.args.join(" "));
    let failed = outcomes.iter().filter(|(_, outcome)| matches!(outcome, Some(Err(_)))).count();
    assert_eq!(failed, 0, "rows that failed of\n{table}");
}

/// A suite that passes everything proves nothing: these stand-ins break one rule each, and the row for it must say so.
#[test]
fn the_suite_fails_programs_that_break_a_rule() {
    const TAG: &str = r#"s/}$/,"nhi":{"tagged":false}}/"#;
    let cases = [
        ("no object is added", "exec cat".to_owned(), "9", "changed"),
        ("an answer waits in a buffer", format!("exec sed '{TAG}'"), "1 2 3 8", "no answer within"),
        ("a word on standard error", format!("echo up >&2; exec sed -u '{TAG}'"), "3 8 15", "standard error: up"),
        ("blank lines are skipped", format!("exec sed -u -e '/^$/d' -e '{TAG}'"), "1 2 3 8", "no answer within"),
        ("text is not wrapped", format!("exec sed -u '{TAG}'"), "10", "no JSON"),
        ("a second object on a second pass", format!("exec sed -u '{TAG}'"), "9", "a second pass changes"),
        ("SIGTERM ends it at once", format!("exec sed -u '{TAG}'"), "4", "signal: 15"),
        ("SIGHUP ends it", format!("exec sed -u '{TAG}'"), "7", "signal: 1 "),
        ("SIGTERM is ignored for ever", format!("trap '' TERM; exec sed -u '{TAG}'"), "4", "does not end within"),
        ("a failure for a bad line", format!("sed -u '{TAG}'; exit 1"), "5", "exit status: 1"),
        (
            "numbers are rounded",
            format!("exec sed -u -e 's/12345678901234567890/1.2345678901234567e19/' -e '{TAG}'"),
            "9",
            "changed",
        ),
        ("lines are dropped", format!("exec sed -u -e '/\"n\":77,/d' -e '{TAG}'"), "1", "out"),
        ("the order is lost", format!("exec sed -u -e '/\"n\":77,/{{h;d}}' -e '/\"n\":78,/G' -e '{TAG}'"), "1", "should be"),
    ];
    for (fault, script, rules, says) in cases {
        let subject = Subject {
            program: "/bin/sh".into(),
            args: vec!["-c".into(), script],
            without: ["listen", "connect", "reply", "codec", "ack", "usage"].map(str::to_owned).into(),
            // Only who must be seen to hang is worth waiting for; the others answer when the machine lets them.
            patience: Duration::from_secs(if says.ends_with("within") { 2 } else { 20 }),
        };
        let rows = ROWS.iter().filter(|row| row.rules == rules);
        let found: Vec<String> = rows.filter_map(|row| check(row, &subject)?.err()).collect();
        assert!(found.iter().any(|f| f.contains(says)), "{fault}: {found:?} does not say {says:?}");
    }
}
