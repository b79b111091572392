use std::path::{Path, PathBuf};

fn sources(folder: &Path, out: &mut String) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            *out += &std::fs::read_to_string(&path).unwrap();
        }
    }
}

/// Each message that the catalogue of errors names is one that the program can say, and each row has a remedy.
#[test]
fn the_catalogue_of_errors_names_messages_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    sources(&root.join("crates"), &mut text);
    let page = std::fs::read_to_string(root.join("docs/errors.md")).unwrap();
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|l| l.starts_with("| `"))
        .map(|l| l.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    assert!(rows.len() > 25, "{} rows", rows.len());
    for row in &rows {
        assert!(row.len() == 3 && row.iter().all(|cell| !cell.is_empty()), "{row:?}");
        if let Some(message) = row[0].strip_prefix('`').and_then(|m| m.strip_suffix('`')).filter(|m| !m.contains('`')) {
            assert!(text.contains(message), "nothing says `{message}`");
        }
    }
}
