use crate::common::{arg, run};
use crate::estate::objects;

const LOGIN: &str = "web1 sshd[12]: Accepted publickey for deploy from 192.0.2.1 port 22 ssh2: RSA SHA256:abc";

/// Half of all syslog says no year. Its lines are not judged by a guess, and not left out in silence.
#[test]
fn lines_without_a_year_are_judged_when_told_which_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("auth.log");
    std::fs::write(&log, format!("Mar  2 10:00:00 {LOGIN}\nMar  3 10:00:00 {LOGIN}\n")).unwrap();
    let log = arg(&log);
    let first = |more: &[&str]| {
        let args = [&["judge", "--format", "ndjson", log], more].concat();
        objects(&run(&args, b"").ok().stdout).swap_remove(0)
    };
    assert!(first(&[]).get("verdict").is_none());
    assert_eq!(first(&["--year", "2026"])["verdict"], "cannot_judge");
    assert_eq!(first(&["--year", "clock"])["verdict"], "cannot_judge");

    let told = |args: &[&str]| {
        let done = run(args, b"");
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        String::from_utf8_lossy(&done.stdout).into_owned() + &done.stderr
    };
    let remark = "2 lines were left out";
    for verb in [vec!["judge", "--format", "table"], vec!["learn"]] {
        assert!(told(&[&verb[..], &[log]].concat()).contains(remark), "{verb:?}");
        assert!(!told(&[&verb[..], &["--year", "2026", log]].concat()).contains("left out"), "{verb:?}");
    }
    let baseline = told(&["learn", "--year", "2026", log]);
    assert!(baseline.contains("host:web1:deploy"), "{baseline}");
    assert!(!told(&["learn", log]).contains("host:web1:deploy"));
    let wrong = run(&["judge", "--year", "26", log], b"");
    assert!(wrong.stderr.contains("`26` is no year"), "{}", wrong.stderr);
}
