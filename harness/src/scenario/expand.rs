//! Writes a scenario in its literal form.

use super::{LogSource, Parts};
use flate2::{Compression, GzBuilder};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Whether logs are written as they are or gzipped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Form {
    /// As lines.
    #[default]
    Plain,
    /// Gzipped.
    Gzip,
}

/// Writes the folder: the same bytes for the same scenario. Logs are streamed, so that an estate larger than memory can be written.
pub fn write_literal(parts: &Parts, dir: &Path, form: Form) -> anyhow::Result<()> {
    std::fs::create_dir_all(dir)?;
    std::fs::write(dir.join("scenario.toml"), toml::to_string(&parts.manifest.literal())?)?;
    std::fs::write(dir.join("labels.csv"), parts.labels.to_csv())?;
    // What an earlier expansion left here in another form, or had and this one has not, would be read instead or besides.
    for stale in ["inventory.toml", "inventory.csv", "exceptions.toml"] {
        remove(&dir.join(stale))?;
    }
    for log in ["events.ndjson", "history.ndjson"] {
        remove(&dir.join(log))?;
        remove(&dir.join(format!("{log}.gz")))?;
    }
    copy(&parts.estate.events, dir, "events.ndjson", form)?;
    if let Some(history) = &parts.estate.history {
        copy(history, dir, "history.ndjson", form)?;
    }
    for (document, stem) in [(&parts.estate.inventory, "inventory"), (&parts.estate.exceptions, "exceptions")] {
        if let Some(document) = document {
            let ending = if document.path.extension().is_some_and(|e| e == "csv") { "csv" } else { "toml" };
            std::fs::write(dir.join(format!("{stem}.{ending}")), &document.text)?;
        }
    }
    Ok(())
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn copy(source: &LogSource, dir: &Path, name: &str, form: Form) -> io::Result<()> {
    let mut reader = source.open()?;
    match form {
        Form::Plain => {
            let mut out = BufWriter::with_capacity(1 << 18, File::create(dir.join(name))?);
            io::copy(&mut reader, &mut out)?;
            out.flush()
        }
        Form::Gzip => {
            let file = BufWriter::with_capacity(1 << 18, File::create(dir.join(format!("{name}.gz")))?);
            // No time and no name in the header: equal bytes for equal lines.
            let mut out = GzBuilder::new().mtime(0).write(file, Compression::fast());
            io::copy(&mut reader, &mut out)?;
            out.finish()?.flush()
        }
    }
}
