use crate::common::{arg, run};
use crate::estate::{Estate, refs};
use std::collections::BTreeSet;

/// A folder of logs, a file per source or hour, is one history: judged as if it had come in one stream.
#[test]
fn files_are_judged_in_the_order_of_time() {
    let estate = Estate::new();
    let dir = tempfile::tempdir().unwrap();
    let lines: Vec<&str> = estate.today.lines().filter(|line| line.contains("eventID")).collect();
    let time = |line: &str| line.split_once("eventTime\":\"").unwrap().1[..20].to_owned();
    let mut sorted = lines.clone();
    sorted.sort_by_key(|line| time(line));
    for (n, line) in sorted.iter().enumerate() {
        let path = dir.path().join(format!("{}.ndjson", 2 - n % 3));
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        std::fs::write(&path, format!("{before}{line}\n")).unwrap();
    }
    let whole = dir.path().join(".whole");
    std::fs::write(&whole, sorted.join("\n") + "\n").unwrap();
    let judge = |more: &[&str]| String::from_utf8(run(&refs(&estate.args(more)), b"").ok().stdout).unwrap();
    let (folder, whole) = (arg(dir.path()), arg(&whole));

    let cases = judge(&["--format", "cases", whole]);
    assert!(cases.contains("billing"), "{cases}");
    assert_eq!(judge(&["--format", "cases", folder]), cases);
    // Of lines with the same time, that of the earlier file comes first.
    let set = |text: String| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    assert!(set(judge(&["--order", "time", folder])) == set(judge(&[whole])));

    // Lines come back as they were given, unless another order is asked for.
    let of_files = judge(&[folder]);
    assert!(of_files != judge(&["--order", "time", folder]));
    let given: String = (0..3).map(|n| std::fs::read_to_string(dir.path().join(format!("{n}.ndjson"))).unwrap()).collect();
    let ids = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split_once("eventID\":\"").unwrap().1.split('"').next().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&of_files), ids(&given));
}
