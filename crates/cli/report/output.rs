//! Where reports are made, and how they get to where they belong.

use anyhow::{Context, Result};
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

/// A hidden folder beside the reports: they appear only when all are done, and what was put aside never outlives the run.
pub struct Workshop {
    dir: PathBuf,
    scratch: PathBuf,
    done: PathBuf,
}

impl Workshop {
    /// Makes the folder of the reports, and the hidden one in it.
    pub fn open(out: &Path) -> Result<Self> {
        let made =
            |dir: &Path| std::fs::create_dir_all(dir).with_context(|| format!("failed to make the folder {}", dir.display()));
        made(out)?;
        let dir = out.join(format!(".vires-report.{}", std::process::id()));
        // A killed predecessor with the same number is in the way.
        let _ = std::fs::remove_dir_all(&dir);
        let workshop = Workshop { scratch: dir.join("scratch"), done: dir.join("done"), dir };
        made(&workshop.scratch)?;
        made(&workshop.done)?;
        Ok(workshop)
    }

    /// For what does not fit into memory.
    pub fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// A new file of the report.
    pub fn file(&self, name: &str) -> Result<BufWriter<File>> {
        let path = self.path(name);
        let file = File::create(&path).with_context(|| format!("failed to write {}", path.display()))?;
        Ok(BufWriter::with_capacity(1 << 17, file))
    }

    /// Where a file of the report is made.
    pub fn path(&self, name: &str) -> PathBuf {
        self.done.join(name)
    }

    /// Puts the reports where they belong, each in one step.
    pub fn publish(self, out: &Path) -> Result<()> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.done).with_context(|| format!("failed to read {}", self.done.display()))? {
            names.push(entry.with_context(|| format!("failed to read {}", self.done.display()))?.file_name());
        }
        names.sort();
        for name in names {
            let target = out.join(&name);
            std::fs::rename(self.done.join(&name), &target).with_context(|| format!("failed to write {}", target.display()))?;
        }
        Ok(())
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
