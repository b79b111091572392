//! Rules 4 and 7: SIGTERM drains, SIGHUP reloads, neither loses a line.

use super::subject::{Subject, all, event, tagged};
use anyhow::Result;
use std::io::Write;
use std::time::{Duration, Instant};

/// Feeds `lines` events slowly from another thread.
fn feed(mut stdin: std::process::ChildStdin, lines: std::ops::Range<usize>) -> std::thread::JoinHandle<std::io::Result<()>> {
    std::thread::spawn(move || {
        for n in lines {
            stdin.write_all(event(n).as_bytes())?;
            if n % 4 == 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        Ok(())
    })
}

pub fn fluentd_stop(subject: &Subject) -> Result<String> {
    let mut process = subject.start(&[])?;
    process.send(event(0).as_bytes())?;
    process.line()?;
    // Fluentd writes a chunk and sends SIGTERM twice within 0.3 s before the chunk is through.
    let feeder = feed(process.take_stdin()?, 1..1500);
    std::thread::sleep(Duration::from_millis(60));
    process.signal("TERM")?;
    std::thread::sleep(Duration::from_millis(200));
    let _ = process.signal("TERM");
    let fed = feeder.join().expect("feeder");
    let out = process.end()?;
    fed?;
    all(&out, 1..1500)?;
    Ok("1,499 of 1,499 lines".into())
}

pub fn idle_stop(subject: &Subject) -> Result<String> {
    let mut slowest = Duration::ZERO;
    for name in ["TERM", "INT"] {
        let mut process = subject.start(&[])?;
        process.send(event(0).as_bytes())?;
        process.line()?;
        // What has no line end yet is not thrown away.
        process.send(event(1).trim_end().as_bytes())?;
        let asked = Instant::now();
        process.signal(name)?;
        let _open = process.take_stdin()?;
        all(&process.end_by_itself()?, 1..2)?;
        slowest = slowest.max(asked.elapsed());
    }
    Ok(format!("ends after {} ms", slowest.as_millis()))
}

pub fn hup_mid_stream(subject: &Subject) -> Result<String> {
    let mut process = subject.start(&[])?;
    process.send(event(0).as_bytes())?;
    tagged(&process.line()?)?;
    let feeder = feed(process.take_stdin()?, 1..800);
    for _ in 0..5 {
        std::thread::sleep(Duration::from_millis(30));
        let _ = process.signal("HUP");
    }
    let fed = feeder.join().expect("feeder");
    let out = process.end()?;
    fed?;
    all(&out, 1..800)?;
    Ok("799 of 799 lines".into())
}
