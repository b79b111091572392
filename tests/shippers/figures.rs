//! Figures for people, not for a machine that runs other things: `tests/shippers/real/bench.sh` runs them with an optimised build.
//! Every figure stands beside a reference of the same run, and every count is checked.

use crate::configs::VIRES;
use crate::process::{signal, until};
use crate::real::{PATIENCE, Shipper, cloudtrail, free_port, lines_in, rsyslog, syslog_ng};
use anyhow::{Context, Result, ensure};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn pipes(program: &str, args: &[&str]) -> Result<Child> {
    let mut command = Command::new(program);
    Ok(command.args(args).env_clear().current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?)
}

fn percentile(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e6
}

#[test]
#[ignore = "measures"]
fn round_trip() -> Result<()> {
    for (name, program, args) in [
        ("cat, for reference", "/bin/cat", &["-u"][..]),
        ("vires tag", VIRES, &["tag"]),
        ("vires tag --reply rsyslog", VIRES, &["tag", "--reply", "rsyslog"]),
        ("vires tag --threads 1", VIRES, &["tag", "--threads", "1"]),
    ] {
        let mut child = pipes(program, args)?;
        let mut stdin = child.stdin.take().context("stdin")?;
        let mut stdout = BufReader::new(child.stdout.take().context("stdout")?);
        let (mut times, mut answer) = (Vec::new(), Vec::new());
        for n in 0..21_000 {
            let line = cloudtrail(n, 170) + "\n";
            let asked = Instant::now();
            stdin.write_all(line.as_bytes())?;
            answer.clear();
            stdout.read_until(b'\n', &mut answer)?;
            // The first ones wait for the catalogue and warm the caches.
            if n >= 1000 {
                times.push(asked.elapsed());
            }
        }
        drop(stdin);
        child.wait()?;
        let (p50, p99, max) = (percentile(&mut times, 50), percentile(&mut times, 99), percentile(&mut times, 100));
        println!("round trip  {name:<28} p50 {p50:>6.0} us   p99 {p99:>6.0} us   max {max:>7.0} us   20,000 lines");
    }
    Ok(())
}

#[test]
#[ignore = "measures"]
fn start_up() -> Result<()> {
    for (name, program, args) in [("cat, for reference", "/bin/cat", &[][..]), ("vires tag", VIRES, &["tag"])] {
        let (mut first, mut rest) = (Vec::new(), Vec::new());
        for _ in 0..30 {
            let started = Instant::now();
            let mut child = pipes(program, args)?;
            let mut stdin = child.stdin.take().context("stdin")?;
            let mut stdout = BufReader::new(child.stdout.take().context("stdout")?);
            stdin.write_all((cloudtrail(0, 170) + "\n").as_bytes())?;
            stdout.read_until(b'\n', &mut Vec::new())?;
            first.push(started.elapsed());
            let closed = Instant::now();
            drop(stdin);
            child.wait()?;
            rest.push(closed.elapsed());
        }
        let (answer, slow, end) = (percentile(&mut first, 50), percentile(&mut first, 95), percentile(&mut rest, 50));
        println!(
            "start-up    {name:<28} to the first answer {:.1} ms (p95 {:.1} ms), to the end after EOF {:.1} ms",
            answer / 1e3,
            slow / 1e3,
            end / 1e3
        );
    }
    Ok(())
}

/// Peak and present memory in MiB.
fn memory(pid: u32) -> Result<(u64, u64)> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let of = |key: &str| status.lines().find_map(|l| l.strip_prefix(key)?.split_whitespace().next()?.parse::<u64>().ok());
    Ok((of("VmHWM:").context("VmHWM")? / 1024, of("VmRSS:").context("VmRSS")? / 1024))
}

#[test]
#[ignore = "measures"]
fn memory_after_ten_million_lines() -> Result<()> {
    const LINES: usize = 10_000_000;
    let mut child = pipes(VIRES, &["tag"])?;
    let mut stdin = child.stdin.take().context("stdin")?;
    let mut stdout = child.stdout.take().context("stdout")?;
    let reader = std::thread::spawn(move || {
        let (mut buffer, mut lines) = (vec![0; 1 << 20], 0);
        while let Ok(n @ 1..) = stdout.read(&mut buffer) {
            lines += buffer[..n].iter().filter(|b| **b == b'\n').count();
        }
        lines
    });
    let started = Instant::now();
    let mut block = String::new();
    for n in 0..LINES {
        // New names all the time, so that nothing that is remembered can stay small by repetition.
        let line = match n % 4 {
            0 => format!(
                "{{\"eventVersion\":\"1.11\",\"userIdentity\":{{\"type\":\"AssumedRole\",\"arn\":\"arn:aws:sts::123456789012:assumed-role/role-{n}/s{n}\",\"accountId\":\"123456789012\"}},\"eventTime\":\"2026-03-02T08:00:00Z\",\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"GetObject\",\"awsRegion\":\"eu-west-1\",\"eventID\":\"e{n}\",\"requestParameters\":{{\"bucketName\":\"bucket-{n}\"}}}}\n"
            ),
            1 => {
                format!("Mar  2 08:00:00 web-{n} sshd[811]: Accepted publickey for deploy{n} from 192.0.2.10 port 50122 ssh2\n")
            }
            2 => format!("{{\"message\":\"event {n}\",\"host\":\"web-1\"}}\n"),
            _ => format!("text {n}\n"),
        };
        block.push_str(&line);
        if block.len() > 256 << 10 || n + 1 == LINES {
            stdin.write_all(block.as_bytes())?;
            block.clear();
        }
        if n + 1 == LINES / 10 || n + 1 == LINES {
            let (peak, now) = memory(child.id())?;
            println!("memory      after {:>10} lines: peak {peak} MiB, now {now} MiB", n + 1);
        }
    }
    drop(stdin);
    child.wait()?;
    let (lines, seconds) = (reader.join().expect("reader"), started.elapsed().as_secs_f64());
    ensure!(lines == LINES, "{lines} lines out");
    println!("memory      {LINES} lines in {seconds:.0} s, two cores shared with the test that writes and reads them");
    Ok(())
}

const MESSAGES: usize = 200_000;

fn rate(what: &str, started: Instant) {
    let seconds = started.elapsed().as_secs_f64();
    println!("throughput  {what:<52} {:>8.0} messages/s", MESSAGES as f64 / seconds);
}

#[test]
#[ignore = "measures"]
fn throughput_of_rsyslog() -> Result<()> {
    let Some(binary) = rsyslog::rsyslogd() else { return crate::real::missing("rsyslogd") };
    let lines: String = (0..MESSAGES).map(|n| cloudtrail(n, 170) + "\n").collect();
    let head = "global(workDirectory=\"DIR\" maxMessageSize=\"512k\")\nmodule(load=\"imptcp\") module(load=\"mmjsonparse\") module(load=\"mmexternal\") module(load=\"omprog\")\n\
        template(name=\"ev\" type=\"list\") { property(name=\"$!\") constant(value=\"\\n\") }\ntemplate(name=\"raw\" type=\"string\" string=\"%rawmsg%\\n\")\n\
        input(type=\"imptcp\" address=\"127.0.0.1\" port=\"PORT\" ruleset=\"nhi\")\n";
    let parse = "action(type=\"mmjsonparse\" cookie=\"\" useRawMsg=\"on\")";
    let ask = "action(type=\"mmexternal\" binary=\"VIRES tag --reply rsyslog\" interface.input=\"rawmsg\")";
    let prog = |args: &str, more: &str| {
        format!("action(type=\"omprog\" binary=\"{args}\" template=\"raw\" signalOnClose=\"on\" closeTimeout=\"6000\" {more})")
    };
    let file = |template: &str| format!("action(type=\"omfile\" file=\"OUT\" template=\"{template}\")");
    for (what, actions) in [
        ("rsyslog, lines to a file", file("raw")),
        ("rsyslog, mmexternal", format!("{ask} {}", file("raw"))),
        ("rsyslog, JSON to a file", format!("{parse} {}", file("ev"))),
        ("rsyslog, JSON, mmexternal (mmexternal.conf)", format!("{parse} {ask} {}", file("ev"))),
        ("rsyslog, omprog", prog("VIRES tag --output OUT", "")),
        (
            "rsyslog, omprog confirmed (omprog.conf)",
            prog("VIRES tag --ack omprog --output OUT", "confirmMessages=\\\"on\\\" useTransactions=\\\"on\\\"")
                .replace('\\', ""),
        ),
    ] {
        let dir = tempfile::tempdir()?;
        let (out, port) = (dir.path().join("out"), free_port()?);
        let conf = format!("{head}ruleset(name=\"nhi\") {{ {actions} }}\n").replace("VIRES", VIRES);
        let conf = conf.replace("OUT", &out.display().to_string()).replace("DIR", &dir.path().display().to_string());
        let shipper = rsyslog::start(&binary, dir.path(), &conf.replace("PORT", &port.to_string()), port)?;
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        let started = Instant::now();
        stream.write_all(lines.as_bytes())?;
        drop(stream);
        wait_for(&out, MESSAGES)?;
        rate(what, started);
        shipper.stop()?;
    }
    Ok(())
}

#[test]
#[ignore = "measures"]
fn throughput_of_syslog_ng() -> Result<()> {
    let Some(root) = syslog_ng::root() else { return crate::real::missing("syslog-ng") };
    for vires in [false, true] {
        let dir = tempfile::tempdir()?;
        std::fs::write(dir.path().join("in.ndjson"), (0..MESSAGES).map(|n| cloudtrail(n, 170) + "\n").collect::<String>())?;
        ensure!(Command::new("mkfifo").arg(dir.path().join("fifo")).status()?.success(), "mkfifo");
        let mut conf = syslog_ng::conf(dir.path())?;
        if !vires {
            let direct = "log { source(s_audit); destination(d_out); flags(flow-control); };";
            conf = conf.lines().filter(|l| !l.starts_with("log {")).collect::<Vec<_>>().join("\n") + "\n" + direct + "\n";
        }
        let started = Instant::now();
        let shipper = syslog_ng::start(&root, dir.path(), &conf)?;
        wait_for(&dir.path().join("out.ndjson"), MESSAGES)?;
        rate(if vires { "syslog-ng, program() and fifo (nhi.conf)" } else { "syslog-ng, file to file" }, started);
        shipper.stop()?;
    }
    Ok(())
}

/// Waits without reading the whole file all the time, which would take the cores from what is measured.
fn wait_for(path: &Path, lines: usize) -> Result<()> {
    let (mut seen, mut file, mut buffer) = (0, None, vec![0; 1 << 20]);
    until("the last message", Duration::from_secs(180), || {
        if file.is_none() {
            file = std::fs::File::open(path).ok();
        }
        while let Some(n @ 1..) = file.as_mut().and_then(|f| f.read(&mut buffer).ok()) {
            seen += buffer[..n].iter().filter(|b| **b == b'\n').count();
        }
        seen >= lines
    })
}

/// Sends `name` to vires while lines flow; how many of those that the system took from the writer came out.
fn lost_in_pipe(name: &str) -> Result<(usize, usize)> {
    let mut child = pipes(VIRES, &["tag"])?;
    let (stdin, stdout) = (child.stdin.take().context("stdin")?, child.stdout.take().context("stdout")?);
    let reader = std::thread::spawn(move || BufReader::new(stdout).split(b'\n').map_while(Result::ok).count());
    let (pid, name) = (child.id(), name.to_owned());
    let sent = feed(stdin, move || signal(pid, &name))?;
    child.wait()?;
    let got = reader.join().expect("reader");
    Ok((sent, sent.saturating_sub(got)))
}

fn lost_in_loop(name: &str) -> Result<(usize, usize)> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("s");
    let mut child = pipes(VIRES, &["tag", "--listen", &format!("unix:{}", path.display())])?;
    let stdout = child.stdout.take().context("stdout")?;
    let reader = std::thread::spawn(move || BufReader::new(stdout).split(b'\n').map_while(Result::ok).count());
    until("listening", PATIENCE, || UnixStream::connect(&path).is_ok())?;
    let (pid, last) = (child.id(), name != "KILL");
    let signalled = name.to_owned();
    let sent = feed(UnixStream::connect(&path)?, move || signal(pid, &signalled))?;
    if name == "HUP" {
        signal(pid, "TERM")?;
    }
    ensure!(child.wait()?.success() == last, "an unexpected end");
    let got = reader.join().expect("reader");
    Ok((sent, sent.saturating_sub(got)))
}

/// Writes as fast as it can, interrupts after a third, and stops when nobody reads any more; the number of lines that were taken.
fn feed(mut to: impl Write, interrupt: impl FnOnce() -> Result<()>) -> Result<usize> {
    const LINES: usize = 60_000;
    let mut interrupt = Some(interrupt);
    for n in 0..LINES {
        if n == LINES / 3 {
            interrupt.take().context("once")?()?;
        }
        if to.write_all((cloudtrail(n, 170) + "\n").as_bytes()).is_err() {
            return Ok(n);
        }
    }
    Ok(LINES)
}

#[test]
#[ignore = "measures"]
fn lost_lines() -> Result<()> {
    for name in ["TERM", "HUP", "KILL"] {
        let (sent, lost) = lost_in_pipe(name)?;
        println!("lost        free-running pipe           SIG{name:<5} {lost:>6} of {sent}");
        let (sent, lost) = lost_in_loop(name)?;
        println!("lost        loop through a socket       SIG{name:<5} {lost:>6} of {sent}");
    }
    if let Some(binary) = rsyslog::rsyslogd() {
        for (mode, conf) in [("rsyslog mmexternal", "mmexternal.conf"), ("rsyslog omprog confirmed", "omprog.conf")] {
            for name in ["TERM", "HUP", "KILL"] {
                let (lost, untagged, twice) = rsyslog::lost(&binary, conf, name)?;
                println!("lost        {mode:<27} SIG{name:<5} {lost:>6} of 20000, untagged {untagged}, twice {twice}");
            }
        }
    }
    if let Some(root) = syslog_ng::root() {
        for name in ["TERM", "HUP", "KILL"] {
            println!("lost        syslog-ng program() and fifo SIG{name:<5} {:>5} of 20000", lost_in_syslog_ng(&root, name)?);
        }
    }
    Ok(())
}

fn lost_in_syslog_ng(root: &Path, name: &str) -> Result<usize> {
    const LINES: usize = 20_000;
    let dir = tempfile::tempdir()?;
    let (input, out) = (dir.path().join("in.ndjson"), dir.path().join("out.ndjson"));
    std::fs::write(&input, "")?;
    ensure!(Command::new("mkfifo").arg(dir.path().join("fifo")).status()?.success(), "mkfifo");
    let shipper: Shipper = syslog_ng::start(root, dir.path(), &syslog_ng::conf(dir.path())?)?;
    let lines: String = (0..LINES).map(|n| cloudtrail(n, 170) + "\n").collect();
    std::fs::write(&input, lines)?;
    until("a third", PATIENCE, || lines_in(&out) > LINES / 3)?;
    shipper.signal_vires(name)?;
    let mut last = 0;
    until("silence", PATIENCE, || {
        std::thread::sleep(Duration::from_secs(2));
        let before = std::mem::replace(&mut last, lines_in(&out));
        last == LINES || before == last
    })?;
    shipper.stop()?;
    Ok(LINES - lines_in(&out).min(LINES))
}
