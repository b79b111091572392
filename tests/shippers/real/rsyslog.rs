//! `integrations/rsyslog/` in the real rsyslog.

use super::{PATIENCE, Shipper, cloudtrail, free_port, lines_in, missing, read, same_but_for_the_object};
use crate::configs::config;
use crate::process::until;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Write;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn rsyslogd() -> Option<PathBuf> {
    ["/usr/sbin/rsyslogd", "/usr/local/sbin/rsyslogd", "/sbin/rsyslogd"].iter().map(PathBuf::from).find(|p| p.exists())
}

/// Starts rsyslog with that configuration, which must listen on `port`.
pub fn start(binary: &Path, dir: &Path, conf: &str, port: u16) -> Result<Shipper> {
    let (file, pid) = (dir.join("rsyslog.conf"), dir.join("pid"));
    std::fs::write(&file, conf)?;
    let shipper = Shipper::start(Command::new(binary).arg("-n").arg("-f").arg(file).arg("-i").arg(pid))?;
    until("rsyslog", PATIENCE, || TcpStream::connect(("127.0.0.1", port)).is_ok())?;
    Ok(shipper)
}

fn send(port: u16, lines: &[String]) -> Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    for line in lines {
        stream.write_all(line.as_bytes())?;
        stream.write_all(b"\n")?;
    }
    Ok(())
}

struct Place {
    dir: tempfile::TempDir,
    out: PathBuf,
    port: u16,
}

impl Place {
    fn new() -> Result<Self> {
        let dir = tempfile::tempdir()?;
        Ok(Place { out: dir.path().join("out.ndjson"), port: free_port()?, dir })
    }

    fn config(&self, name: &str, port: &str, out: &str) -> Result<String> {
        let (dir, to) = (self.dir.path().display().to_string(), self.out.display().to_string());
        config(
            &format!("integrations/rsyslog/{name}"),
            &[("/var/spool/rsyslog", &dir), (&format!("\"{port}\""), &format!("\"{}\"", self.port)), (out, &to)],
        )
    }
}

/// Sends `name` to vires while 20,000 events flow: how many are lost, untagged and there twice.
pub fn lost(binary: &Path, name: &str, signal_name: &str) -> Result<(usize, usize, usize)> {
    const LINES: usize = 20_000;
    let place = Place::new()?;
    let port = if name == "omprog.conf" { "15516" } else { "15514" };
    // Also what came out untagged shall be counted.
    let conf = place.config(name, port, "/var/log/nhi.ndjson")?.replace("if $!nhi != \"\" then", "if $!n != \"\" then");
    let shipper = start(binary, place.dir.path(), &conf, place.port)?;
    send(place.port, &(0..LINES).map(|n| cloudtrail(n, 170)).collect::<Vec<_>>())?;
    until("a third", PATIENCE, || lines_in(&place.out) > LINES / 3)?;
    shipper.signal_vires(signal_name)?;
    let mut last = 0;
    until("silence", PATIENCE, || {
        std::thread::sleep(std::time::Duration::from_secs(2));
        let before = std::mem::replace(&mut last, lines_in(&place.out));
        last >= LINES || before == last
    })?;
    shipper.stop()?;
    let text = read(&place.out);
    let events: Vec<Value> = text.lines().filter_map(|l| serde_json::from_str(l).ok()).collect();
    let distinct: BTreeSet<u64> = events.iter().filter_map(|e| e["n"].as_u64()).collect();
    let untagged = events.iter().filter(|e| e["nhi"]["source"] != "cloudtrail").count();
    Ok((LINES - distinct.len(), untagged, events.len() - distinct.len()))
}

#[test]
fn mmexternal_merges_the_object_into_each_message() -> Result<()> {
    let Some(binary) = rsyslogd() else { return missing("rsyslogd") };
    let place = Place::new()?;
    let conf = place.config("mmexternal.conf", "15514", "/var/log/nhi.ndjson")?;
    // The same file with the host in front, to see that no reply touches it.
    let conf =
        conf.replace("property(name=\"$!\")", "property(name=\"hostname\") constant(value=\"\\t\") property(name=\"$!\")");
    let shipper = start(&binary, place.dir.path(), &conf, place.port)?;
    let mut lines: Vec<String> = (0..300).map(|n| cloudtrail(n, n)).collect();
    lines.insert(100, "{\"n\": broken".into());
    lines.insert(200, " ".into());
    lines.push(cloudtrail(300, 200_000));
    lines.push(cloudtrail(301, 0));
    send(place.port, &lines)?;
    until("the last event", PATIENCE, || read(&place.out).contains("\"e301\""))?;
    shipper.stop()?;
    let mut seen = Vec::new();
    let mut others = 0;
    for line in read(&place.out).lines() {
        let (host, json) = line.split_once('\t').context("host and event")?;
        ensure!(host != "aws/cloudtrail", "the reply changed the message's own properties");
        let event: Value = serde_json::from_str(json)?;
        // Off by one would give an event the object of its neighbour: text has an error, CloudTrail has a source.
        match event["n"].as_u64() {
            Some(n) => {
                ensure!(event["nhi"]["source"] == "cloudtrail", "{n}: {}", event["nhi"]);
                seen.push(n);
            }
            None => {
                ensure!(event["nhi"]["error"] == "not_json", "{json}");
                others += 1;
            }
        }
    }
    ensure!(seen == (0..=301).collect::<Vec<u64>>(), "{} events", seen.len());
    ensure!(others >= 1, "the line that is no JSON went missing");
    Ok(())
}

#[test]
fn mmexternal_survives_its_helper() -> Result<()> {
    let Some(binary) = rsyslogd() else { return missing("rsyslogd") };
    let place = Place::new()?;
    let conf = place.config("mmexternal.conf", "15514", "/var/log/nhi.ndjson")?;
    let conf = conf.replace("if $!nhi != \"\" then", "if $!n != \"\" then");
    let shipper = start(&binary, place.dir.path(), &conf, place.port)?;
    let lines: Vec<String> = (0..4000).map(|n| cloudtrail(n, 50)).collect();
    for (i, part) in lines.chunks(1000).enumerate() {
        send(place.port, part)?;
        until("some events", PATIENCE, || lines_in(&place.out) >= i * 1000 + 500)?;
        shipper.signal_vires(if i == 1 { "HUP" } else { "KILL" })?;
    }
    until("all events", PATIENCE, || lines_in(&place.out) >= 4000)?;
    shipper.stop()?;
    let text = read(&place.out);
    let events: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    ensure!(events.len() == 4000, "{} events", events.len());
    let untagged = events.iter().filter(|e| e["nhi"]["source"] != "cloudtrail").count();
    ensure!(untagged <= 6, "{untagged} events untagged after three kills");
    Ok(())
}

#[test]
fn mmexternal_reads_classic_syslog_as_fulljson() -> Result<()> {
    let Some(binary) = rsyslogd() else { return missing("rsyslogd") };
    let place = Place::new()?;
    let conf = place.config("mmexternal-syslog.conf", "15515", "/var/log/nhi-syslog.ndjson")?;
    let shipper = start(&binary, place.dir.path(), &conf, place.port)?;
    send(
        place.port,
        &[
            "<38>Mar  2 08:00:00 web-1 sshd[811]: Accepted publickey for deploy from 192.0.2.10 port 50122 ssh2: ED25519 SHA256:x".into(),
            "<13>Mar  2 08:00:01 web-1 app: nothing of note, \"quoted\"".into(),
            "<85>Mar  2 08:00:02 web-1 sudo:  backup : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id".into(),
        ],
    )?;
    until("three events", PATIENCE, || lines_in(&place.out) >= 3)?;
    shipper.stop()?;
    let text = read(&place.out);
    let events: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    ensure!(events.len() == 3, "{} events", events.len());
    for (event, (program, source)) in events.iter().zip([("sshd", "sshd"), ("app", "syslog"), ("sudo", "sudo")]) {
        ensure!(event["host"] == "web-1" && event["program"] == program, "{event}");
        ensure!(event["nhi"]["source"] == source || (source == "syslog" && event["nhi"]["v"] == 1), "{event}");
    }
    Ok(())
}

#[test]
fn omprog_gets_every_byte_through_and_follows_rotation() -> Result<()> {
    let Some(binary) = rsyslogd() else { return missing("rsyslogd") };
    let place = Place::new()?;
    let conf = place.config("omprog.conf", "15516", "/var/log/nhi.ndjson")?;
    let shipper = start(&binary, place.dir.path(), &conf, place.port)?;
    let lines: Vec<String> = (0..500).map(|n| cloudtrail(n, n * 7)).chain([cloudtrail(500, 200_000)]).collect();
    send(place.port, &lines)?;
    until("the first half", PATIENCE, || lines_in(&place.out) >= lines.len())?;
    same_but_for_the_object(&lines, &read(&place.out))?;
    let rotated = place.dir.path().join("out.1");
    std::fs::rename(&place.out, &rotated)?;
    shipper.signal("HUP")?;
    let mut sent = 0;
    until("the new file", PATIENCE, || {
        let _ = send(place.port, &[cloudtrail(1000 + sent, 0)]);
        sent += 1;
        std::thread::sleep(std::time::Duration::from_millis(20));
        place.out.exists()
    })?;
    // What rsyslog has not read from its own socket yet would be lost with it.
    until("the rest", PATIENCE, || lines_in(&place.out) + lines_in(&rotated) >= lines.len() + sent)?;
    shipper.stop()?;
    ensure!(lines_in(&place.out) + lines_in(&rotated) == lines.len() + sent, "events came twice");
    Ok(())
}

#[test]
fn omprog_sends_again_what_a_killed_helper_did_not_confirm() -> Result<()> {
    let Some(binary) = rsyslogd() else { return missing("rsyslogd") };
    let place = Place::new()?;
    let conf = place.config("omprog.conf", "15516", "/var/log/nhi.ndjson")?;
    let shipper = start(&binary, place.dir.path(), &conf, place.port)?;
    let lines: Vec<String> = (0..6000).map(|n| cloudtrail(n, 50)).collect();
    for (i, part) in lines.chunks(2000).enumerate() {
        send(place.port, part)?;
        until("some events", PATIENCE, || lines_in(&place.out) > i * 2000)?;
        if i < 2 {
            shipper.signal_vires("KILL")?;
        }
    }
    let numbers = || -> BTreeSet<u64> {
        let text = read(&place.out);
        text.lines().filter_map(|l| serde_json::from_str::<Value>(l).ok()?["n"].as_u64()).collect()
    };
    until("all events", PATIENCE, || lines_in(&place.out) >= 6000 && numbers().len() == 6000)?;
    shipper.stop()
}

/// A while at the speed of a real shipper: what comes out is what went in, and memory stays where it is. Longer by hand, in seconds:
/// `VIRES_SOAK=600`.
#[test]
fn omprog_keeps_count_and_memory_for_long() -> Result<()> {
    let Some(binary) = rsyslogd() else { return missing("rsyslogd") };
    let seconds = std::env::var("VIRES_SOAK").ok().and_then(|n| n.parse().ok()).unwrap_or(5u64);
    let place = Place::new()?;
    let conf = place.config("omprog.conf", "15516", "/var/log/nhi.ndjson")?;
    let shipper = start(&binary, place.dir.path(), &conf, place.port)?;
    let (begun, mut sent, mut settled) = (std::time::Instant::now(), 0, None);
    let mut waits: Vec<std::time::Duration> = Vec::new();
    while begun.elapsed() < std::time::Duration::from_secs(seconds) || settled.is_none() {
        let lines: Vec<String> = (sent..sent + 500).map(|n| cloudtrail(n, n % 700)).collect();
        let asked = std::time::Instant::now();
        send(place.port, &lines)?;
        sent += lines.len();
        // No more on the way than rsyslog's own queue holds.
        until("most answers", PATIENCE, || lines_in(&place.out) + 2000 >= sent)?;
        waits.push(asked.elapsed());
        if settled.is_none() && begun.elapsed() > std::time::Duration::from_secs(seconds) / 2 {
            settled = Some(shipper.resident()?);
        }
    }
    until("the last answer", PATIENCE, || lines_in(&place.out) >= sent)?;
    let (settled, end) = (settled.context("half-way")?, shipper.resident()?);
    shipper.stop()?;
    let middle = |waits: &mut [std::time::Duration]| {
        waits.sort_unstable();
        waits.get(waits.len() / 2).copied().unwrap_or_default()
    };
    let half = waits.len() / 2;
    let (first, last) = waits.split_at_mut(half);
    println!(
        "{sent} events, 500 are through after {:?} in the first half, {:?} in the second, {settled} KiB half-way, {end} KiB",
        middle(first),
        middle(last)
    );
    let mut seen: Vec<u64> = Vec::new();
    for line in read(&place.out).lines() {
        let event: Value = serde_json::from_str(line)?;
        ensure!(event["nhi"]["source"] == "cloudtrail", "{line}");
        seen.extend(event["n"].as_u64());
    }
    seen.sort_unstable();
    ensure!(seen == (0..sent as u64).collect::<Vec<_>>(), "{} of {sent} events", seen.len());
    ensure!(end < settled + settled / 4 + 4096, "{end} KiB at the end, {settled} KiB half-way, after {sent} events");
    Ok(())
}
