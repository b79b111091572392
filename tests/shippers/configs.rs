//! The configurations of `integrations/` and `dist/`, with this machine's paths put in.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

pub const VIRES: &str = env!("CARGO_BIN_EXE_vires");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A configuration with each `from` replaced, all of which must be in it: a test must not go on with a path of the real system.
pub fn config(path: &str, replace: &[(&str, &str)]) -> Result<String> {
    let mut text = std::fs::read_to_string(root().join(path)).with_context(|| path.to_owned())?;
    for (from, to) in [("/usr/local/bin/vires", VIRES)].iter().chain(replace) {
        ensure!(text.contains(from), "{path} does not hold {from}");
        text = text.replace(from, to);
    }
    Ok(text)
}

/// Every command line of vires in a text: what follows its path up to the end of the shell word list.
fn commands(text: &str) -> Vec<Vec<String>> {
    const PATH: &str = "/usr/local/bin/vires";
    let mut found = Vec::new();
    for (at, _) in text.match_indices(PATH) {
        let rest = text[at + PATH.len()..].lines().next().unwrap_or_default();
        // In YAML the words are a list; elsewhere they end with the quotation, a redirection or a placeholder.
        let words: Vec<String> = match rest.strip_prefix("\",") {
            Some(list) => serde_json::from_str(&format!("[{}", list.trim_end())).unwrap_or_default(),
            None => {
                let end = rest.find(['"', '`', '>', ')', '|', '<', ';', '%']).unwrap_or(rest.len());
                // `1<>` redirects the output; the digit belongs to it.
                let line = if rest[end..].starts_with('<') { rest[..end].trim_end_matches('1') } else { &rest[..end] };
                line.split_whitespace().map(str::to_owned).collect()
            }
        };
        if words.first().is_some_and(|w| w == "tag") {
            found.push(words);
        }
    }
    found
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            files(&entry.path(), found);
        } else {
            found.push(entry.path());
        }
    }
}

#[test]
fn every_command_that_is_shown_is_one_that_vires_takes() {
    let mut paths = Vec::new();
    for dir in ["integrations", "dist"] {
        files(&root().join(dir), &mut paths);
    }
    let mut tried = 0;
    for path in paths {
        for words in commands(&std::fs::read_to_string(&path).unwrap()) {
            let mut command = Command::new(VIRES);
            let output = command.args(&words).arg("--help").output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}: vires {}: {said}", path.display(), words.join(" "));
            tried += 1;
        }
    }
    assert!(tried >= 12, "only {tried} commands found");
}

#[test]
fn service_configurations_are_valid() {
    let dir = tempfile::tempdir().unwrap();
    let logs = dir.path().to_str().unwrap();
    for name in ["vector", "fluent-bit"] {
        let text = std::fs::read_to_string(root().join("dist").join(format!("{name}.toml"))).unwrap();
        let file = dir.path().join(format!("{name}.toml"));
        std::fs::write(&file, text.replace("/var/log/vires", logs)).unwrap();
        let output = Command::new(VIRES).args(["config", "check", "--config"]).arg(&file).output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The loop of Vector, from the command in its configuration: its exec source and its socket sink, played by this test.
#[test]
fn vectors_loop_runs_from_its_configuration() -> Result<()> {
    use crate::conformance::subject::{all, event};
    use crate::process::{Process, until};
    use std::io::Write;
    use std::os::unix::net::UnixStream;
    let dir = tempfile::tempdir()?;
    let socket = dir.path().join("vires.sock");
    let text = config("integrations/vector/loop.yaml", &[("/run/vector/vires.sock", socket.to_str().context("UTF-8")?)])?;
    let list = text.lines().find_map(|l| l.trim().strip_prefix("command: ")).context("a command")?;
    let words: Vec<String> = serde_json::from_str(list)?;
    let sink = text.lines().find_map(|l| l.trim().strip_prefix("path: ")).context("a path")?;
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).stdin(std::process::Stdio::null());
    let patience = std::time::Duration::from_secs(20);
    let process = Process::start(&mut command, patience)?;
    until("listening", patience, || UnixStream::connect(sink).is_ok())?;
    let mut stream = UnixStream::connect(sink)?;
    for n in 0..1000 {
        // As Vector writes an event of its file source: the record is a string within.
        let message = serde_json::to_string(event(n).trim_end())?;
        writeln!(
            stream,
            "{{\"file\":\"/var/log/audit/a.ndjson\",\"host\":\"web-1\",\"message\":{message},\"n\":{n},\"source_type\":\"file\"}}"
        )?;
    }
    drop(stream);
    process.signal("TERM")?;
    let out = process.end_by_itself()?;
    all(&out, 0..1000)?;
    let first: serde_json::Value = serde_json::from_slice(out.split(|b| *b == b'\n').next().context("a line")?)?;
    ensure!(first["nhi"]["source"] == "cloudtrail" && first["host"] == "web-1", "{first}");
    Ok(())
}

/// systemd itself reads the unit, with an instance of each configuration beside it.
#[test]
fn the_service_unit_is_one_that_systemd_takes() -> Result<()> {
    let text = config("dist/vires@.service", &[])?;
    let dir = tempfile::tempdir()?;
    for instance in ["vector", "fluent-bit"] {
        let unit = dir.path().join(format!("vires@{instance}.service"));
        std::fs::write(&unit, &text)?;
        let Ok(output) = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&unit).output() else {
            eprintln!("SKIPPED: no systemd-analyze, so the unit was not looked at");
            return Ok(());
        };
        let said = String::from_utf8_lossy(&output.stderr);
        // What other units of this machine are like is none of ours.
        let ours: Vec<&str> = said.lines().filter(|l| l.contains("vires@")).collect();
        ensure!(ours.is_empty(), "{ours:#?}");
        let broken = unit.with_file_name("vires@broken.service");
        std::fs::write(&broken, text.replace("Type=exec", "Type=exe"))?;
        let output = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&broken).output()?;
        ensure!(String::from_utf8_lossy(&output.stderr).contains("vires@broken"), "a mistake would not be seen");
        std::fs::remove_file(broken)?;
    }
    Ok(())
}
