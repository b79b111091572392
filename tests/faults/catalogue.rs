use std::path::{Path, PathBuf};

/// The sources of the program without their tests.
fn sources(folder: &Path, out: &mut Vec<String>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            // The library for shippers has no messages; tests have their own.
            if !matches!(&*name, "tests" | "examples" | "ffi") {
                sources(&path, out);
            }
        } else if name.ends_with(".rs") && name != "tests.rs" {
            let text = std::fs::read_to_string(&path).unwrap();
            out.push(text.split("#[cfg(test)]\nmod tests").next().unwrap().to_owned());
        }
    }
}

fn program() -> Vec<String> {
    let mut texts = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("crates"), &mut texts);
    texts
}

fn page() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors.md")).unwrap()
}

/// The rows of a page: fragments of messages, and what is said of them.
fn rows(page: &str) -> Vec<(Vec<String>, Vec<String>)> {
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|c| c.trim().to_owned()).collect::<Vec<_>>();
    let rows = page.lines().filter(|l| l.starts_with("| ") && !l.starts_with("| message") && !l.starts_with("| `nhi.error"));
    rows.map(|line| {
        let cells = cells(line);
        (cells[0].split('`').skip(1).step_by(2).map(str::to_owned).collect(), cells)
    })
    .collect()
}

/// The text of the literal that starts at `from`, and where it ends.
fn literal(text: &str, from: usize) -> Option<(String, usize)> {
    let (mut at, bytes) = (from + 1, text.as_bytes());
    while *bytes.get(at)? != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    Some((text[from + 1..at].replace("\\\"", "\""), at + 1))
}

/// What the program may say: the first text in each call that makes an error; of `ensure!`, whose condition may hold texts, the longest.
fn messages(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (call, first) in [
        ("#[error(", true),
        ("bail!(", true),
        ("anyhow!(", true),
        ("context(", true),
        ("Incomplete(vec![format!(", true),
        ("ensure!(", false),
    ] {
        for (at, _) in text.match_indices(call) {
            let (mut at, mut texts, mut depth) = (at + call.len(), Vec::new(), 1);
            while depth > 0 && at < text.len() {
                match text.as_bytes()[at] {
                    b'"' => {
                        let Some((said, end)) = literal(text, at) else { break };
                        texts.push(said);
                        at = end;
                        continue;
                    }
                    b'(' => depth += 1,
                    b')' => depth -= 1,
                    _ => {}
                }
                at += 1;
            }
            found.extend(if first { texts.into_iter().next() } else { texts.into_iter().max_by_key(String::len) });
        }
    }
    found
}

/// The words of a message that are its own, without what is put in.
fn own_words(message: &str) -> String {
    let mut depth = 0;
    let own = message.chars().filter(|c| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => return depth == 0 && c.is_alphabetic(),
        }
        false
    });
    own.collect()
}

/// Each message that the catalogue of errors names is one that the program can say, and each row has a remedy.
#[test]
fn the_catalogue_of_errors_names_messages_that_exist() {
    let text = program().concat();
    let rows = rows(&page());
    assert!(rows.len() > 35, "{} rows", rows.len());
    for (fragments, cells) in &rows {
        assert!(cells.len() == 3 && cells.iter().all(|cell| !cell.is_empty()), "{cells:?}");
        // A cell of words, in which a fragment is an example.
        if cells[0].starts_with('`') && cells[0].replace("`, `", "").matches('`').count() == 2 {
            for fragment in fragments {
                assert!(text.contains(fragment), "nothing says `{fragment}`");
            }
        }
    }
}

/// Each message of the program stands there.
#[test]
fn every_error_of_the_program_is_in_the_catalogue() {
    let page = page();
    let (errors, _) = page.split_once("\n## On lines").unwrap();
    let fragments: Vec<String> = rows(errors).into_iter().flat_map(|(fragments, _)| fragments).collect();
    let all: Vec<String> = program().iter().flat_map(|text| messages(text)).collect();
    assert!(all.len() > 120, "{} messages", all.len());
    // What consists of what is put in is said by those who put it in.
    let missing: Vec<&String> = all
        .iter()
        .filter(|message| own_words(message).len() >= 12)
        .filter(|message| !fragments.iter().any(|fragment| message.contains(fragment.as_str())))
        .collect();
    assert!(missing.is_empty(), "docs/errors.md lacks {missing:#?}");
}
