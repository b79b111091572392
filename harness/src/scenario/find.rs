use super::Fault;
use globset::{GlobBuilder, GlobMatcher};
use std::path::{Path, PathBuf};

/// Which scenarios are used, by id.
#[derive(Debug, Clone, Default)]
pub struct Filter(Option<GlobMatcher>);

impl Filter {
    /// A glob over scenario ids; `*` matches `/` too.
    pub fn new(glob: &str) -> Result<Filter, globset::Error> {
        Ok(Filter(Some(GlobBuilder::new(glob).literal_separator(false).build()?.compile_matcher())))
    }

    /// True if the scenario is wanted.
    pub fn accepts(&self, id: &str) -> bool {
        self.0.as_ref().is_none_or(|glob| glob.is_match(id))
    }
}

/// The scenario folders at or below the given ones, sorted. A folder below whose name starts with `_` or `.` is left out.
pub fn find(roots: &[PathBuf]) -> Result<Vec<PathBuf>, Fault> {
    let mut found = Vec::new();
    for root in roots {
        if !root.is_dir() {
            return Err(Fault::at(root, 0, "no_folder", "no such folder", "name a scenario folder or a folder of them"));
        }
        let before = found.len();
        walk(root, 0, &mut found)?;
        if found.len() == before {
            let message = "no scenario.toml at or below this folder";
            return Err(Fault::at(root, 0, "no_scenario", message, "copy scenarios/_template to start one"));
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// Deeper folders hold no scenarios; a loop of links ends here.
const DEEPEST: usize = 12;

fn walk(dir: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Fault> {
    if dir.join("scenario.toml").is_file() {
        found.push(dir.to_path_buf());
        return Ok(());
    }
    if depth == DEEPEST {
        return Ok(());
    }
    let entries = std::fs::read_dir(dir).map_err(|e| Fault::read(dir, e))?;
    for entry in entries {
        let path = entry.map_err(|e| Fault::read(dir, e))?.path();
        let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(['_', '.']));
        if path.is_dir() && !hidden {
            walk(&path, depth + 1, found)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_scenarios_sorted_and_leaves_templates_out() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b/two", "a/one", "_template", ".git/x"] {
            std::fs::create_dir_all(dir.path().join(name)).unwrap();
            std::fs::write(dir.path().join(name).join("scenario.toml"), "").unwrap();
        }
        let root = dir.path().to_path_buf();
        assert_eq!(find(std::slice::from_ref(&root)).unwrap(), [root.join("a/one"), root.join("b/two")]);
        assert_eq!(find(&[root.join("_template")]).unwrap(), [root.join("_template")]);
        assert_eq!(find(&[root.join("a"), root.clone()]).unwrap().len(), 2);
        std::fs::create_dir(root.join("empty")).unwrap();
        assert!(find(&[root.join("empty")]).unwrap_err().to_string().contains("no scenario.toml"));
        assert!(find(&[root.join("none")]).unwrap_err().to_string().contains("no such folder"));
    }

    #[test]
    fn filters_by_glob() {
        let filter = Filter::new("oauth*").unwrap();
        assert!(filter.accepts("oauth/bulk") && !filter.accepts("cred_reuse/x"));
        assert!(Filter::default().accepts("x"));
        assert!(Filter::new("[").is_err());
    }
}
