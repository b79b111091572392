//! The real shippers that a CI machine can have: rsyslog and syslog-ng. Each test says aloud when it cannot run.
//!
//! `rsyslogd` is looked for in the usual places. For syslog-ng, which cannot be installed beside rsyslog, `VIRES_SYSLOG_NG` names the
//! folder into which its package was unpacked; `.ci/run` does that. With `VIRES_SHIPPERS=required` a missing shipper is a failure.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod common;

use common::{arg, until};
use serde_json::Value;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A shipper that is stopped at the end, whatever happens.
struct Shipper(Child);

impl Drop for Shipper {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        for _ in 0..400 {
            if self.0.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(25));
        }
        let _ = self.0.kill();
    }
}

fn missing(what: &str) {
    assert!(std::env::var_os("VIRES_SHIPPERS").is_none_or(|v| v != "required"), "{what} is required but not there");
    eprintln!("SKIPPED: {what} is not installed, so nothing was tested with it");
}

fn rsyslogd() -> Option<PathBuf> {
    ["/usr/sbin/rsyslogd", "/usr/local/sbin/rsyslogd", "/sbin/rsyslogd"].iter().map(PathBuf::from).find(|p| p.exists())
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// Starts rsyslog with this configuration and one TCP input; returns the port.
fn rsyslog(binary: &Path, dir: &Path, ruleset: &str) -> (Shipper, u16) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let conf = dir.join("rsyslog.conf");
    let text = format!(
        "global(workDirectory=\"{dir}\" maxMessageSize=\"512k\")\n\
         module(load=\"imptcp\") module(load=\"mmjsonparse\") module(load=\"mmexternal\") module(load=\"omprog\")\n\
         input(type=\"imptcp\" address=\"127.0.0.1\" port=\"{port}\" ruleset=\"nhi\")\n{ruleset}\n",
        dir = dir.display()
    );
    std::fs::write(&conf, text).unwrap();
    let pid = dir.join("pid");
    let mut command = Command::new(binary);
    command.args(["-n", "-f", arg(&conf), "-i", arg(&pid)]).stdout(Stdio::null()).stderr(Stdio::null());
    let shipper = Shipper(command.spawn().unwrap());
    until("rsyslog", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    (shipper, port)
}

fn send(port: u16, lines: &[String]) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    for line in lines {
        stream.write_all(line.as_bytes()).unwrap();
        stream.write_all(b"\n").unwrap();
    }
}

fn cloudtrail(n: usize, pad: usize) -> String {
    format!(
        "{{\"eventVersion\":\"1.11\",\"userIdentity\":{{\"type\":\"AWSService\",\"invokedBy\":\"ec2.amazonaws.com\"}},\
         \"eventTime\":\"2026-03-02T08:00:00Z\",\"eventSource\":\"sts.amazonaws.com\",\"eventName\":\"AssumeRole\",\
         \"source\":\"aws/cloudtrail\",\"awsRegion\":\"eu-west-1\",\"eventID\":\"e{n}\",\"n\":{n},\"pad\":\"{}\"}}",
        "x".repeat(pad)
    )
}

#[test]
fn rsyslog_mmexternal_merges_the_object_into_each_message() {
    let Some(binary) = rsyslogd() else { return missing("rsyslogd") };
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out.ndjson");
    let ruleset = format!(
        "template(name=\"ev\" type=\"string\" string=\"%hostname%\\t%$!%\\n\")\n\
         ruleset(name=\"nhi\") {{\n\
           action(type=\"mmjsonparse\" cookie=\"\" useRawMsg=\"on\")\n\
           action(type=\"mmexternal\" binary=\"{vires} tag --reply rsyslog\" interface.input=\"rawmsg\")\n\
           action(type=\"omfile\" file=\"{out}\" template=\"ev\")\n\
         }}",
        vires = env!("CARGO_BIN_EXE_vires"),
        out = out.display()
    );
    let (shipper, port) = rsyslog(&binary, dir.path(), &ruleset);
    let mut lines: Vec<String> = (0..200).map(|n| cloudtrail(n, n)).collect();
    lines.push("{\"n\": broken".into());
    lines.push(" ".into());
    lines.push(cloudtrail(200, 200_000));
    lines.push(cloudtrail(201, 0));
    send(port, &lines);
    until("the last event", || read(&out).contains("\"e201\""));
    drop(shipper);
    let text = read(&out);
    let mut seen = Vec::new();
    for line in text.lines() {
        let (host, json) = line.split_once('\t').unwrap();
        assert_ne!(host, "aws/cloudtrail", "the reply changed the message's own properties");
        let event: Value = serde_json::from_str(json).unwrap();
        // Off by one would give an event the object of its neighbour: text has an error, CloudTrail has a source.
        match event["n"].as_u64() {
            Some(n) => {
                assert_eq!(event["nhi"]["source"], "cloudtrail", "{n}");
                seen.push(n);
            }
            None => assert_eq!(event["nhi"]["error"], "not_json", "{json}"),
        }
    }
    assert_eq!(seen, (0..=201).collect::<Vec<u64>>());
}

#[test]
fn rsyslog_omprog_gets_every_byte_through() {
    let Some(binary) = rsyslogd() else { return missing("rsyslogd") };
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out.ndjson");
    let ruleset = format!(
        "template(name=\"raw\" type=\"string\" string=\"%rawmsg%\\n\")\n\
         ruleset(name=\"nhi\") {{\n\
           action(type=\"omprog\" binary=\"{vires} tag --ack omprog --output {out}\" template=\"raw\"\n\
             confirmMessages=\"on\" useTransactions=\"on\" signalOnClose=\"on\" closeTimeout=\"5000\" hup.signal=\"HUP\")\n\
         }}",
        vires = env!("CARGO_BIN_EXE_vires"),
        out = out.display()
    );
    let (shipper, port) = rsyslog(&binary, dir.path(), &ruleset);
    let lines: Vec<String> = (0..500).map(|n| cloudtrail(n, n * 7)).collect();
    send(port, &lines);
    until("the last event", || read(&out).lines().count() >= lines.len());
    drop(shipper);
    same_but_for_the_object(&lines, &read(&out));
}

#[test]
fn syslog_ng_loops_through_a_fifo() {
    let Some(root) = std::env::var_os("VIRES_SYSLOG_NG").map(PathBuf::from).filter(|p| p.exists()) else {
        return missing("syslog-ng (VIRES_SYSLOG_NG)");
    };
    let libraries = root.join("usr/lib/syslog-ng");
    let version = std::fs::read_dir(&libraries).unwrap().flatten().map(|e| e.file_name().into_string().unwrap());
    let version = version.into_iter().find(|v| v.starts_with(|c: char| c.is_ascii_digit())).expect("a version");
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let lines: Vec<String> = (0..500).map(|n| cloudtrail(n, n * 7)).chain([cloudtrail(500, 200_000)]).collect();
    std::fs::write(path("in.ndjson"), lines.join("\n") + "\n").unwrap();
    assert!(Command::new("mkfifo").arg(path("fifo")).status().unwrap().success());
    let conf = format!(
        "@version: {version}\n\
         options {{ log-msg-size(524288); }};\n\
         source s_in {{ file(\"{d}/in.ndjson\" flags(no-parse)); }};\n\
         destination d_vires {{ program(\"exec {vires} tag > {d}/fifo\" template(\"${{MSG}}\\n\") flush-lines(100) keep-alive(yes)); }};\n\
         source s_back {{ pipe(\"{d}/fifo\" flags(no-parse)); }};\n\
         destination d_out {{ file(\"{d}/out.ndjson\" template(\"${{MSG}}\\n\")); }};\n\
         log {{ source(s_in); destination(d_vires); }};\n\
         log {{ source(s_back); destination(d_out); }};\n",
        d = dir.path().display(),
        vires = env!("CARGO_BIN_EXE_vires"),
    );
    std::fs::write(path("sng.conf"), conf).unwrap();
    let mut command = Command::new(root.join("usr/sbin/syslog-ng"));
    command.args(["-F", "-f", arg(&path("sng.conf")), "--persist-file", arg(&path("persist"))]);
    command.args(["--control", arg(&path("ctl")), "--pidfile", arg(&path("pid"))]);
    command.args(["--module-path", arg(&libraries.join(&version))]);
    command.env("LD_LIBRARY_PATH", &libraries).stdout(Stdio::null()).stderr(Stdio::null());
    let shipper = Shipper(command.spawn().unwrap());
    until("the last event", || read(&path("out.ndjson")).lines().count() >= lines.len());
    drop(shipper);
    same_but_for_the_object(&lines, &read(&path("out.ndjson")));
}

/// Each line is the line that was sent with an object before its last brace.
fn same_but_for_the_object(sent: &[String], got: &str) {
    let got: Vec<&str> = got.lines().collect();
    assert_eq!(got.len(), sent.len());
    for (sent, got) in sent.iter().zip(got) {
        let start = format!("{},\"nhi\":{{", sent.strip_suffix('}').unwrap());
        assert!(got.starts_with(&start), "{got}");
        assert_eq!(serde_json::from_str::<Value>(got).unwrap()["nhi"]["source"], "cloudtrail");
    }
}
