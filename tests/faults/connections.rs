use crate::common::{Running, arg, event, numbers, until};
use crate::limited;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Stdio;

fn listening(limits: &str, more: &[&str]) -> (tempfile::TempDir, Running, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("socket");
    let address = format!("unix:{}", arg(&path));
    let args = [&["tag", "--listen", &address][..], more].concat();
    let running = Running::spawn(limited(limits, &args).stdin(Stdio::null()));
    until("the socket", || UnixStream::connect(&path).is_ok());
    (dir, running, path)
}

fn finish(running: Running) -> Vec<usize> {
    running.signal("TERM");
    let mut seen = numbers(&running.finish().ok().stdout);
    seen.sort_unstable();
    seen
}

/// More connections than descriptors: those that find none wait, and are served when others are done.
#[test]
fn out_of_descriptors_connections_wait() {
    let (_dir, running, path) = listening("ulimit -n 24", &["--threads", "1"]);
    let mut open: Vec<UnixStream> = Vec::new();
    for n in 0..60 {
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.write_all(event(n).as_bytes()).unwrap();
        open.push(stream);
    }
    std::thread::sleep(std::time::Duration::from_millis(100));
    drop(open);
    assert_eq!(finish(running), (0..60).collect::<Vec<_>>());
}

/// Connections that come and go leave nothing behind. By hand: `VIRES_CHURN=1000000`.
#[test]
fn connections_that_come_and_go_leave_nothing_behind() {
    let churn: usize = std::env::var("VIRES_CHURN").ok().and_then(|n| n.parse().ok()).unwrap_or(1200);
    let (dir, mut running, path) = listening("true", &[]);
    let process = format!("/proc/{}", running.child.id());
    let descriptors = || std::fs::read_dir(format!("{process}/fd")).unwrap().count();
    let resident = || -> usize {
        let status = std::fs::read_to_string(format!("{process}/status")).unwrap();
        let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    };
    let before = descriptors();
    let mut after_some = 0;
    for n in 0..churn {
        let mut stream = UnixStream::connect(&path).unwrap();
        match n % 3 {
            // Nothing, half a line, a whole one.
            0 => {}
            1 => stream.write_all(b"{\"n\":7").unwrap(),
            _ => stream.write_all(format!("{{\"n\":{n}}}\n").as_bytes()).unwrap(),
        }
        drop(stream);
        if n % 3 != 0 {
            running.line();
        }
        if n == churn / 3 {
            after_some = resident();
        }
    }
    until("all are closed", || descriptors() <= before);
    assert!(resident() < after_some + 2048, "{} KiB, {after_some} KiB after a third", resident());
    assert!(finish(running).is_empty());
    drop(dir);
}
