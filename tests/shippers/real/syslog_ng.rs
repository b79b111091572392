//! `integrations/syslog-ng/` in the real syslog-ng.

use super::{PATIENCE, Shipper, cloudtrail, lines_in, missing, read, same_but_for_the_object, unpacked};
use crate::configs::config;
use crate::process::until;
use anyhow::{Context, Result, ensure};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder into which its package was unpacked, or `/` if it is installed.
pub fn root() -> Option<PathBuf> {
    unpacked("VIRES_SYSLOG_NG", "syslog-ng").or_else(|| Path::new("/usr/sbin/syslog-ng").exists().then(|| "/".into()))
}

/// Starts syslog-ng with that configuration, whose first line may name another version.
pub fn start(root: &Path, dir: &Path, conf: &str) -> Result<Shipper> {
    let libraries = ["usr/lib/syslog-ng", "usr/lib64/syslog-ng"].iter().map(|l| root.join(l)).find(|l| l.exists());
    let libraries = libraries.context("syslog-ng's libraries")?;
    let names = std::fs::read_dir(&libraries)?.flatten().filter_map(|e| e.file_name().into_string().ok());
    let version = names.into_iter().find(|v| v.starts_with(|c: char| c.is_ascii_digit())).context("a version")?;
    let file = dir.join("syslog-ng.conf");
    std::fs::write(&file, conf.replace("@version: 3.38", &format!("@version: {version}")))?;
    let mut command = Command::new(root.join("usr/sbin/syslog-ng"));
    command.arg("-F").arg("-f").arg(file).arg("--persist-file").arg(dir.join("persist")).arg("--control").arg(dir.join("ctl"));
    command.arg("--pidfile").arg(dir.join("pid")).arg("--module-path").arg(libraries.join(&version));
    Shipper::start(command.env("LD_LIBRARY_PATH", libraries))
}

/// The configuration with its files in `dir`.
pub fn conf(dir: &Path) -> Result<String> {
    let path = |name: &str| dir.join(name).display().to_string();
    config(
        "integrations/syslog-ng/nhi.conf",
        &[
            ("/var/log/audit.ndjson", &path("in.ndjson")),
            ("/run/vires.fifo", &path("fifo")),
            ("/var/log/nhi.ndjson", &path("out.ndjson")),
        ],
    )
}

#[test]
fn events_loop_through_the_fifo() -> Result<()> {
    let Some(root) = root() else { return missing("syslog-ng") };
    let dir = tempfile::tempdir()?;
    let (input, out) = (dir.path().join("in.ndjson"), dir.path().join("out.ndjson"));
    let mut lines: Vec<String> = (0..500).map(|n| cloudtrail(n, n * 7)).chain([cloudtrail(500, 200_000)]).collect();
    std::fs::write(&input, lines.join("\n") + "\n")?;
    ensure!(Command::new("mkfifo").arg(dir.path().join("fifo")).status()?.success(), "mkfifo");
    let shipper = start(&root, dir.path(), &conf(dir.path())?)?;
    until("the last event", PATIENCE, || lines_in(&out) >= lines.len())?;
    same_but_for_the_object(&lines, &read(&out))?;
    // A reload keeps the child and loses nothing.
    shipper.signal("HUP")?;
    let more: Vec<String> = (501..700).map(|n| cloudtrail(n, 10)).collect();
    // Appended, as programs do: a file that shrinks for a moment is read from its start again.
    std::fs::OpenOptions::new().append(true).open(&input)?.write_all((more.join("\n") + "\n").as_bytes())?;
    lines.extend(more);
    until("what came after a reload", PATIENCE, || lines_in(&out) >= lines.len())?;
    shipper.stop()?;
    same_but_for_the_object(&lines, &read(&out))
}
