//! What a user of Vector would write instead: parses each line of a file as JSON, adds the same tags with a VRL program and encodes
//! the event again. Prints the events to standard output and the number of tagged lines to standard error.
//!
//! `vires-peer-vrl tags.vrl FILE`

use anyhow::{Context as _, anyhow};
use std::fs::{File, read_to_string};
use std::io::{BufRead, BufReader, BufWriter, Write};
use vrl::compiler::{TargetValue, TimeZone, compile, runtime::Runtime, state::RuntimeState};
use vrl::path;
use vrl::value::{KeyString, ObjectMap, Secrets, Value};

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let (Some(program), Some(file)) = (args.next(), args.next()) else { anyhow::bail!("usage: vires-peer-vrl PROGRAM FILE") };
    let source = read_to_string(&program).with_context(|| format!("failed to read {program}"))?;
    let program = compile(&source, &vrl::stdlib::all()).map_err(|e| anyhow!("{e:?}"))?.program;
    let mut runtime = Runtime::new(RuntimeState::default());
    let zone = TimeZone::default();
    let mut out = BufWriter::with_capacity(1 << 18, std::io::stdout().lock());
    let (mut lines, mut tagged) = (0u64, 0u64);
    for line in BufReader::with_capacity(1 << 18, File::open(&file)?).split(b'\n') {
        let mut event = ObjectMap::new();
        event.insert(KeyString::from("message"), Value::from(line?.as_slice()));
        let mut target = TargetValue { value: Value::Object(event), metadata: Value::Object(ObjectMap::new()), secrets: Secrets::new() };
        runtime.resolve(&mut target, &program, &zone).map_err(|e| anyhow!("line {}: {e:?}", lines + 1))?;
        lines += 1;
        tagged += u64::from(target.value.get(path!("nhi", "tagged")) == Some(&Value::Boolean(true)));
        serde_json::to_writer(&mut out, &target.value)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    eprintln!("lines {lines} tagged {tagged}");
    Ok(())
}

