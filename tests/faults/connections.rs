use crate::common::{Running, arg, event, numbers, until};
use crate::limited;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many connect at the same time.
const CLIENTS: usize = 8;

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
    // Several at a time: each alone would measure how long two processes take to wake each other.
    let next = Arc::new(AtomicUsize::new(0));
    for _ in 0..CLIENTS {
        let (next, path) = (Arc::clone(&next), path.clone());
        std::thread::spawn(move || {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= churn {
                    return;
                }
                let mut stream = UnixStream::connect(&path).unwrap();
                match n % 3 {
                    // Nothing, half a line, a whole one.
                    0 => {}
                    1 => stream.write_all(b"{\"half\":7").unwrap(),
                    _ => stream.write_all(format!("{{\"n\":{n}}}\n").as_bytes()).unwrap(),
                }
            }
        });
    }
    let answers = (0..churn).filter(|n| n % 3 != 0).count();
    let (mut after_some, mut halves, mut whole) = (0, 0, Vec::new());
    for answer in 0..answers {
        let line: serde_json::Value = serde_json::from_str(&running.line()).unwrap();
        match line["n"].as_u64() {
            Some(n) => whole.push(n),
            None => halves += usize::from(line["message"] == "{\"half\":7"),
        }
        if answer == answers / 3 {
            after_some = resident();
        }
    }
    whole.sort_unstable();
    assert!(whole.iter().copied().eq((0..churn as u64).filter(|n| n % 3 == 2)), "each whole line is answered once");
    assert_eq!(halves, (0..churn).filter(|n| n % 3 == 1).count());
    until("all are closed", || descriptors() <= before);
    assert!(resident() < after_some + 2048, "{} KiB, {after_some} KiB after a third", resident());
    assert!(finish(running).is_empty());
    drop(dir);
}
