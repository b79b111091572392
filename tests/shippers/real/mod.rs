//! The real shippers that a machine can have. `run.sh` installs them; a test whose shipper is missing says so aloud, and with
//! `VIRES_SHIPPERS=required` it fails.

pub mod redpanda;
pub mod rsyslog;
pub mod syslog_ng;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Far more than anything takes; only a hang gets here.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A shipper that is stopped at the end, whatever happens.
pub struct Shipper(pub Child);

impl Shipper {
    pub fn start(command: &mut Command) -> Result<Self> {
        let name = command.get_program().display().to_string();
        Ok(Shipper(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().context(name)?))
    }

    pub fn signal(&self, name: &str) -> Result<()> {
        crate::process::signal(self.0.id(), name)
    }

    /// Stops it and waits for its end.
    pub fn stop(mut self) -> Result<()> {
        self.signal("TERM")?;
        crate::process::until("the shipper's end", PATIENCE, || self.0.try_wait().is_ok_and(|s| s.is_some()))
    }

    /// Sends a signal to the vires it started.
    pub fn signal_vires(&self, name: &str) -> Result<()> {
        self.vires()?.into_iter().try_for_each(|pid| crate::process::signal(pid, name))
    }

    /// Memory of the vires it started, in KiB.
    pub fn resident(&self) -> Result<u64> {
        let sizes = self.vires()?.into_iter().filter_map(|pid| {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
            let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
            line.trim().trim_end_matches(" kB").parse::<u64>().ok()
        });
        sizes.max().context("no memory is told")
    }

    /// The vires it started. Right after one was killed there may be none for a moment.
    fn vires(&self) -> Result<Vec<u32>> {
        let of = |parent: u32| -> Vec<u32> {
            let output = Command::new("pgrep").args(["-P", &parent.to_string(), "-x", "vires"]).output();
            let text = output.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
            text.lines().filter_map(|l| l.trim().parse().ok()).collect()
        };
        let mut found = Vec::new();
        crate::process::until("a vires", PATIENCE, || {
            found = of(self.0.id());
            !found.is_empty()
        })?;
        Ok(found)
    }
}

impl Drop for Shipper {
    fn drop(&mut self) {
        if self.0.try_wait().is_ok_and(|status| status.is_none()) {
            let _ = self.signal("TERM");
            let _ = crate::process::until("the end", Duration::from_secs(10), || self.0.try_wait().is_ok_and(|s| s.is_some()));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where `run.sh` puts what it unpacks: beside what cargo builds.
pub fn unpacked(variable: &str, name: &str) -> Option<PathBuf> {
    let default = || Path::new(env!("CARGO_TARGET_TMPDIR")).parent().map(|target| target.join("shippers").join(name));
    std::env::var_os(variable).map(PathBuf::from).or_else(default).filter(|path| path.exists())
}

pub fn missing(what: &str) -> Result<()> {
    ensure!(std::env::var_os("VIRES_SHIPPERS").is_none_or(|v| v != "required"), "{what} is required but not there");
    eprintln!("SKIPPED: {what} is not installed, so nothing was tested with it");
    Ok(())
}

pub fn read(path: &Path) -> String {
    std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

pub fn lines_in(path: &Path) -> usize {
    std::fs::read(path).map_or(0, |bytes| bytes.iter().filter(|b| **b == b'\n').count())
}

pub fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// An event of CloudTrail with a number, padding, and a key that must not become the host name.
pub fn cloudtrail(n: usize, pad: usize) -> String {
    format!(
        "{{\"eventVersion\":\"1.11\",\"userIdentity\":{{\"type\":\"AWSService\",\"invokedBy\":\"ec2.amazonaws.com\"}},\
         \"eventTime\":\"2026-03-02T08:00:00Z\",\"eventSource\":\"sts.amazonaws.com\",\"eventName\":\"AssumeRole\",\
         \"source\":\"aws/cloudtrail\",\"awsRegion\":\"eu-west-1\",\"eventID\":\"e{n}\",\"n\":{n},\"pad\":\"{}\"}}",
        "x".repeat(pad)
    )
}

/// Each line is the line that was sent with an object before its last brace.
pub fn same_but_for_the_object(sent: &[String], got: &str) -> Result<()> {
    let got: Vec<&str> = got.lines().collect();
    ensure!(got.len() == sent.len(), "{} events in, {} out", sent.len(), got.len());
    for (sent, got) in sent.iter().zip(got) {
        let start = format!("{},\"nhi\":{{", sent.strip_suffix('}').context("an object")?);
        ensure!(got.starts_with(&start), "{got} does not start as {sent}");
        ensure!(serde_json::from_str::<Value>(got)?["nhi"]["source"] == "cloudtrail", "{got}");
    }
    Ok(())
}
