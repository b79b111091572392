//! `integrations/redpanda-connect/` in the real Redpanda Connect, as the Python package `mq-bridge-connect` carries it.

use super::{PATIENCE, Shipper, cloudtrail, lines_in, missing, read, same_but_for_the_object, unpacked};
use crate::configs::config;
use crate::process::until;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs what comes before the output of a configuration; the output is a file of the bridge.
const HOST: &str = "
import json, sys, mq_bridge, mq_bridge_connect
mq_bridge_connect.register()
document = open(sys.argv[1]).read()
mq_bridge.Route.from_str(json.dumps({'r': {
    'input': {'custom': {'name': 'connect', 'config': {'yaml': document}}},
    'output': {'file': {'path': sys.argv[2]}},
}}), 'r').run()
";

/// The interpreter that has the packages.
fn python() -> Option<PathBuf> {
    unpacked("VIRES_REDPANDA", "redpanda").map(|folder| folder.join("bin/python")).filter(|p| p.exists())
}

fn run(python: &Path, lines: &[String], change: impl Fn(String) -> String) -> Result<String> {
    let dir = tempfile::tempdir()?;
    let path = |name: &str| dir.path().join(name);
    std::fs::write(path("in.ndjson"), lines.join("\n") + "\n")?;
    let input = path("in.ndjson").display().to_string();
    let text = config("integrations/redpanda-connect/connect.yaml", &[("/var/log/audit/*.ndjson", &input)])?;
    let (text, _) = text.split_once("\noutput:").context("an output")?;
    std::fs::write(path("connect.yaml"), change(text.to_owned()))?;
    std::fs::write(path("host.py"), HOST)?;
    let mut command = Command::new(python);
    let mut host = Shipper::start(command.arg(path("host.py")).arg(path("connect.yaml")).arg(path("out")))?;
    until("the end of Redpanda Connect", PATIENCE, || host.0.try_wait().is_ok_and(|s| s.is_some()))?;
    ensure!(lines_in(&path("out")) == lines.len(), "{} events in, {} out", lines.len(), lines_in(&path("out")));
    let mut messages = Vec::new();
    for line in read(&path("out")).lines() {
        let record: Value = serde_json::from_str(line)?;
        let message = record["payload"].as_str().context("a payload")?.to_owned();
        messages.push((serde_json::from_str::<Value>(&message)?["n"].as_u64(), message));
    }
    // The bridge around Redpanda Connect reads its batches out of order, also without any processor.
    messages.sort();
    Ok(messages.into_iter().map(|(_, message)| message + "\n").collect())
}

#[test]
fn every_message_is_answered() -> Result<()> {
    let Some(python) = python() else { return missing("Redpanda Connect") };
    // The last ones are longer than the 64 KiB at which an untuned subprocess dies.
    let lines: Vec<String> =
        (0..300).map(|n| cloudtrail(n, n * 7)).chain([cloudtrail(300, 64_900), cloudtrail(301, 200_000)]).collect();
    same_but_for_the_object(&lines, &run(&python, &lines, |text| text)?)?;
    let as_lines = |text: String| text.replace(", \"--codec\", \"len32\"", "").replace("length_prefixed_uint32_be", "lines");
    same_but_for_the_object(&lines, &run(&python, &lines, as_lines)?)?;
    let as_netstrings =
        |text: String| text.replace("\"len32\"", "\"netstring\"").replace("length_prefixed_uint32_be", "netstring");
    same_but_for_the_object(&lines, &run(&python, &lines, as_netstrings)?)
}
