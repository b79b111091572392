use crate::Bench;
use crate::common::{arg, run};
use crate::estate::Estate;

fn errors(stdout: &[u8]) -> usize {
    let lines = std::str::from_utf8(stdout).unwrap().lines();
    lines
        .filter(|line| line.contains("\"error\":\"not_joined\""))
        .inspect(|line| assert!(!line.contains("\"verdict\"")))
        .count()
}

#[test]
fn steps_that_compare_with_different_things_do_not_mix() {
    let estate = Estate::new();
    let bench = Bench::new(estate.known());
    let joined = bench.join(estate.logs.as_bytes());
    // Another baseline, another inventory, no first step at all.
    let other = estate.path("other.json");
    run(&["learn", "-", "-o", arg(&other)], estate.logs.as_bytes()).ok();
    let elsewhere = Bench::new(vec!["--baseline".into(), arg(&other).into(), "--inventory".into(), estate.known()[3].clone()]);
    let nobody = Bench::new(estate.known()[..2].to_vec());
    for (bench, input) in [(&elsewhere, &*joined), (&nobody, &joined), (&bench, estate.logs.as_bytes())] {
        let cases = bench.path("cases");
        let done = bench.judge(&["--step", "decide", "--cases", arg(&cases), "-"], input);
        let refused = errors(&done.stdout);
        assert!(refused > 100, "{refused}");
        assert_eq!(done.code, Some(2));
        assert_eq!(
            done.stderr,
            format!(
                "vires: {refused} lines were not judged (`not_joined`): they do not come from `vires judge --step join` with this baseline and inventory; start all steps with the same files\n"
            )
        );
    }
}

#[test]
fn a_log_cannot_speak_for_the_first_step() {
    let estate = Estate::new();
    let bench = Bench::new(estate.known());
    let joined = String::from_utf8(bench.join(estate.logs.as_bytes())).unwrap();
    let stamp = joined.split_once("\"joined\":\"").unwrap().1[..16].to_owned();
    // Whoever knows the stamp says of each line that all others do the same, twice over and in another spelling.
    let lie = format!("\"nhi\":{{\"workload\":\"w11\",\"joined\":\"{stamp}\",\"coadopted\":4294967295}},");
    let forged: String = estate
        .logs
        .lines()
        .map(|line| match line.strip_prefix('{') {
            Some(rest) => format!("{{{lie}{}{rest}\n", lie.replace("nhi", "n\\u0068i")),
            None => format!("{line}\n"),
        })
        .collect();
    let lied = String::from_utf8(bench.join(forged.as_bytes())).unwrap();
    let facts = |text: &str| -> Vec<serde_json::Value> {
        text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["nhi"].take()).collect()
    };
    assert_eq!(facts(&lied), facts(&joined));
    assert!(!lied.contains("4294967295"));
    let cases = |input: &str| bench.one(input.as_bytes()).cases;
    assert!(cases(&forged) == cases(&estate.logs));
}

#[test]
fn a_state_belongs_to_its_step() {
    let estate = Estate::new();
    let bench = Bench::new(estate.known());
    let kept = bench.path("state");
    let with = |more: &[&str], input: &[u8]| bench.judge(&[more, &["--state", arg(&kept), "-"]].concat(), input);
    with(&["--step", "join"], estate.logs.as_bytes()).ok();
    for more in [&[][..], &["--step", "decide"]] {
        let done = with(more, b"");
        assert!(done.code == Some(2) && done.stderr.contains("another step"), "{done:?}");
    }
    with(&["--step", "join"], b"").ok();
}

#[test]
fn the_first_step_goes_on_where_it_was() {
    let estate = Estate::new();
    let bench = Bench::new(estate.known());
    let kept = bench.path("state");
    let middle = estate.logs[..estate.logs.len() / 2].rfind('\n').unwrap() + 1;
    let part = |text: &str| bench.judge(&["--step", "join", "--state", arg(&kept), "-"], text.as_bytes()).ok().stdout;
    let (first, second) = estate.logs.split_at(middle);
    let parts = [part(first), part(second)].concat();
    assert!(parts == bench.join(estate.logs.as_bytes()));
}

#[test]
fn what_would_leave_the_second_step_in_the_dark_is_refused() {
    for (args, why) in [
        (&["--step", "join", "--raw", "passthrough"][..], "--raw passthrough"),
        (&["--step", "join", "--only", "tagged"], "--only"),
        (&["--step", "join", "--cases", "c"], "--cases"),
        (&["--step", "join", "--reply", "rsyslog"], "--reply"),
        (&["--step", "decide", "--format", "table"], "--format"),
    ] {
        let done = run(&[&["judge"], args].concat(), b"{}\n");
        assert!(done.code == Some(2) && done.stdout.is_empty() && done.stderr.contains(why), "{args:?} {done:?}");
    }
}
