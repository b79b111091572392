use crate::counts::Counts;
use crate::gauges::Gauges;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file that always holds the latest counters: JSON, or the Prometheus text format if its name ends in `.prom`.
#[derive(Debug, Clone)]
pub struct StatsFile {
    path: PathBuf,
    gauges: Arc<Gauges>,
}

impl StatsFile {
    /// Names the file; nothing is written yet.
    pub fn new(path: PathBuf) -> Self {
        StatsFile { path, gauges: Arc::default() }
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is shown beside the counters.
    pub fn gauges(&self) -> &Arc<Gauges> {
        &self.gauges
    }

    /// What the file says of these counters now.
    pub(crate) fn render(&self, counts: &Counts) -> String {
        let prometheus = self.path.extension().is_some_and(|e| e == "prom");
        if prometheus { counts.to_prometheus(&self.gauges) } else { counts.to_json(&self.gauges) }
    }

    /// Replaces the content by these counters.
    pub fn write(&self, counts: &Counts) -> io::Result<()> {
        self.put(&self.render(counts))
    }

    /// Replaces the content. A reader sees the old or the new one, never a part; a file that is not a regular one (a device, a
    /// fifo) is written to instead of being replaced.
    pub(crate) fn put(&self, text: &str) -> io::Result<()> {
        if std::fs::metadata(&self.path).is_ok_and(|m| !m.is_file()) {
            return std::fs::OpenOptions::new().write(true).open(&self.path)?.write_all(text.as_bytes());
        }
        let mut name = OsString::from(".");
        name.push(self.path.file_name().ok_or(io::ErrorKind::InvalidInput)?);
        name.push(format!(".{}.tmp", std::process::id()));
        let temporary = self.path.with_file_name(name);
        let written = File::create(&temporary)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .and_then(|()| std::fs::rename(&temporary, &self.path));
        if written.is_err() {
            let _ = std::fs::remove_file(&temporary);
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_the_content_and_leaves_nothing_else_behind() {
        let dir = tempfile::tempdir().unwrap();
        for (name, start) in [("stats.json", "{"), ("stats.prom", "# HELP")] {
            let file = StatsFile::new(dir.path().join(name));
            file.write(&Counts::default()).unwrap();
            file.write(&Counts { lines_in: 77, ..Counts::default() }).unwrap();
            let text = std::fs::read_to_string(file.path()).unwrap();
            assert!(text.starts_with(start) && text.contains("77"), "{text}");
        }
        assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 2);
    }

    #[test]
    fn a_device_stays_a_device() {
        assert!(StatsFile::new("/dev/full".into()).write(&Counts::default()).is_err());
        StatsFile::new("/dev/null".into()).write(&Counts::default()).unwrap();
        assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn a_missing_folder_is_an_error() {
        assert!(StatsFile::new("/nonexistent/stats.json".into()).write(&Counts::default()).is_err());
    }
}
