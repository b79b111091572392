use super::Fault;
use globset::{GlobBuilder, GlobMatcher};
use std::collections::BTreeMap;
use std::fmt;
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

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_ref().map_or("*", |glob| glob.glob().glob()))
    }
}

/// The scenario folders at or below the given ones, sorted. A folder below whose name starts with `_` or `.` is left out; one that is
/// reached on two ways, by a link or because it was named twice, is one. The `scenario.toml` of a folder stands for the folder.
pub fn find(roots: &[PathBuf]) -> Result<Vec<PathBuf>, Fault> {
    let mut found = Vec::new();
    for root in roots {
        let root = match root.parent() {
            Some(folder) if root.is_file() && root.file_name().is_some_and(|n| n == "scenario.toml") => folder,
            _ => root,
        };
        let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
        if !root.is_dir() {
            let message = if root.exists() { "is no folder" } else { "no such folder" };
            return Err(Fault::at(root, 0, "no_folder", message, "name a scenario folder or a folder of them"));
        }
        let before = found.len();
        walk(root, &mut Vec::new(), &mut found)?;
        if found.len() == before {
            let message = "no scenario.toml at or below this folder";
            return Err(Fault::at(root, 0, "no_scenario", message, "copy scenarios/_template to start one"));
        }
    }
    // The shortest way names it.
    found.sort_by(|a, b| a.components().count().cmp(&b.components().count()).then_with(|| a.cmp(b)));
    let mut ways: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    for dir in found {
        let place = std::fs::canonicalize(&dir).map_err(|e| Fault::read(&dir, e))?;
        ways.entry(place).or_insert(dir);
    }
    let mut dirs: Vec<PathBuf> = ways.into_values().collect();
    dirs.sort();
    Ok(dirs)
}

/// Deeper folders hold no scenarios.
const DEEPEST: usize = 12;

/// `above` are the places of the folders that lead here: a link back to one of them leads nowhere.
fn walk(dir: &Path, above: &mut Vec<PathBuf>, found: &mut Vec<PathBuf>) -> Result<(), Fault> {
    if dir.join("scenario.toml").is_file() {
        found.push(dir.to_path_buf());
        return Ok(());
    }
    let place = std::fs::canonicalize(dir).map_err(|e| Fault::read(dir, e))?;
    if above.len() >= DEEPEST || above.contains(&place) {
        return Ok(());
    }
    above.push(place);
    let entries = std::fs::read_dir(dir).map_err(|e| Fault::read(dir, e))?;
    for entry in entries {
        let path = entry.map_err(|e| Fault::read(dir, e))?.path();
        let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(['_', '.']));
        if path.is_dir() && !hidden {
            walk(&path, above, found)?;
        }
    }
    above.pop();
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
        assert_eq!(find(&[root.join("a/one/scenario.toml")]).unwrap(), [root.join("a/one")]);
        assert!(find(&[root.join("a/one/labels.csv")]).unwrap_err().to_string().contains("no such folder"));
        assert!(find(&[root.join("none")]).unwrap_err().to_string().contains("no such folder"));
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_is_reached_on_two_ways_is_one() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().to_path_buf();
        std::fs::create_dir_all(root.join("a/one")).unwrap();
        std::fs::write(root.join("a/one/scenario.toml"), "").unwrap();
        for (to, link) in [("a", "z"), ("a/one", "a/two"), (".", "a/loop")] {
            std::os::unix::fs::symlink(root.join(to), root.join(link)).unwrap();
        }
        for roots in [vec![root.clone()], vec![root.join("a"), root.join("z"), root.join("a/two")]] {
            assert_eq!(find(&roots).unwrap(), [root.join("a/one")], "{roots:?}");
        }
        assert_eq!(find(&[root.join("z")]).unwrap(), [root.join("z/one")]);
    }

    #[test]
    fn filters_by_glob() {
        let filter = Filter::new("oauth*").unwrap();
        assert!(filter.accepts("oauth/bulk") && !filter.accepts("cred_reuse/x"));
        assert!(Filter::default().accepts("x"));
        assert!(Filter::new("[").is_err());
    }
}
