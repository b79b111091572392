//! The lines of all sources, and where they are written.

use crate::clock::{Day, HISTORY};
use anyhow::Context;
use flate2::{Compression, GzBuilder};
use std::fs;
use std::io::Write;
use std::path::Path;

/// A log source of the estate: the name of its files.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    Cloudtrail,
    EntraSignin,
    GcpAudit,
    Github,
    Kubernetes,
    Okta,
    OtelGenai,
    Vault,
}

const SOURCES: [(Source, &str); 8] = [
    (Source::Cloudtrail, "cloudtrail"),
    (Source::EntraSignin, "entra_signin"),
    (Source::GcpAudit, "gcp_audit"),
    (Source::Github, "github"),
    (Source::Kubernetes, "kubernetes"),
    (Source::Okta, "okta"),
    (Source::OtelGenai, "otel_genai"),
    (Source::Vault, "vault"),
];

/// Everything that happened.
#[derive(Default)]
pub struct Journal(Vec<(i64, Source, String)>);

impl Journal {
    pub fn add(&mut self, source: Source, at: i64, line: String) {
        self.0.push((at, source, line));
    }

    /// Writes `history/<source>.ndjson.gz` and `logs/<source>.ndjson`, each in order of time, and says how many lines each has.
    pub fn write(mut self, folder: &Path) -> anyhow::Result<String> {
        // Stable: what was told of the same moment stays in the order of the story.
        self.0.sort_by_key(|(at, ..)| *at);
        let cut = Day(HISTORY).start();
        let mut summary = String::new();
        for part in ["history", "logs"] {
            let path = folder.join(part);
            fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
        }
        for (source, name) in SOURCES {
            let lines = |later: bool| self.0.iter().filter(move |(at, of, _)| *of == source && (*at >= cut) == later);
            let (before, during) = (text(lines(false)), text(lines(true)));
            // No name and no time in the header: the same bytes each time.
            let mut packed = GzBuilder::new().write(Vec::new(), Compression::best());
            packed.write_all(before.as_bytes())?;
            save(&folder.join(format!("history/{name}.ndjson.gz")), &packed.finish()?)?;
            save(&folder.join(format!("logs/{name}.ndjson")), during.as_bytes())?;
            summary.push_str(&format!("{name:<14}{:>7}{:>7}\n", lines(false).count(), lines(true).count()));
        }
        Ok(summary)
    }
}

fn text<'a>(lines: impl Iterator<Item = &'a (i64, Source, String)>) -> String {
    lines.flat_map(|(_, _, line)| [line.as_str(), "\n"]).collect()
}

fn save(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
