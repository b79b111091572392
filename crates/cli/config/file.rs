use super::{Judge, Run, Tag, tuning};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Read without being asked for, if it exists.
pub const DEFAULT_PATH: &str = "/etc/vires/vires.toml";

/// What a configuration file calls itself.
pub const SCHEMA: &str = "vires-config/1";

/// A configuration file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    pub schema: Option<String>,
    pub run: Run,
    pub tag: Tag,
    pub judge: Judge,
    /// Read by [`tuning::extract`], which can say in which line a mistake is.
    #[serde(skip_serializing)]
    pub tuning: Option<toml::Table>,
}

/// Reads `path`, or the default file if there is one. Also returns the path that was read.
pub fn load(path: Option<&Path>) -> Result<(File, Option<PathBuf>)> {
    let path = match path {
        Some(path) => path,
        None if Path::new(DEFAULT_PATH).exists() => Path::new(DEFAULT_PATH),
        None => return Ok((File::default(), None)),
    };
    let text = std::fs::read_to_string(path).with_context(|| format!("failed to read the configuration {}", path.display()))?;
    Ok((parse(&text, path)?, Some(path.to_owned())))
}

fn parse(text: &str, path: &Path) -> Result<File> {
    let file: File = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => bail!("failed to read the configuration {}:\n{}", path.display(), error.to_string().trim_end()),
    };
    match &file.schema {
        Some(schema) if schema != SCHEMA => {
            bail!("failed to read the configuration {}: schema is `{schema}`, this program reads `{SCHEMA}`", path.display())
        }
        _ => {
            if let Some(text) = tuning::extract(text) {
                vires_judge::Tuning::from_toml(&text, &path.display().to_string())?;
            }
            Ok(file)
        }
    }
}

/// True if a text calls itself a configuration file.
pub fn is_config(text: &str) -> bool {
    let head = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    head.is_some_and(|line| line.starts_with("schema") && line.contains(SCHEMA))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        format!("{:#}", parse(text, Path::new("vires.toml")).unwrap_err())
    }

    #[test]
    fn mistakes_are_shown_where_they_are() {
        let text = error("[run]\nthreads = 2\nthread = 3\n");
        assert!(text.contains("vires.toml") && text.contains("line 3, column 1") && text.contains("^^^^^^"), "{text}");
        assert!(text.contains("unknown field `thread`"), "{text}");
        let text = error("[run]\nmax_line = \"4x\"\n");
        assert!(text.contains("line 2") && text.contains("is not a size"), "{text}");
        assert!(error("[run]\nlisten = \"udp:1\"\n").contains("unix:PATH"));
        assert!(error("[tag]\nraw = \"no\"\n").contains("wrap"));
        assert!(error("schema = \"vires-tuning/1\"\n").contains("this program reads"));
    }

    #[test]
    fn every_key_is_read() {
        let text = "schema = \"vires-config/1\"\n[run]\nmax_line = 100\nlisten = \"unix:/run/x\"\nstats = true\n[tag]\nonly = \"machine\"\n";
        let file = parse(text, Path::new("x")).unwrap();
        assert_eq!(toml::to_string(&file).unwrap().lines().count(), 11);
    }
}
