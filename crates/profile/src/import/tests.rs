use super::*;
use crate::inventory::Inventory;
use crate::lint;
use std::path::{Path, PathBuf};

fn samples(importer: Importer) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/inventory").join(importer.as_str())
}

/// Name and text of the input files of a sample, by name.
fn inputs(importer: Importer) -> Vec<(String, String)> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(samples(importer)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .iter()
        .filter(|path| path.file_name().is_some_and(|name| name != "inventory.toml"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap()))
        .collect()
}

fn import(importer: Importer, files: &[(String, String)]) -> Result<String, Error> {
    importer.toml(&files.iter().map(|(name, text)| Input { name, text }).collect::<Vec<_>>())
}

#[test]
fn each_sample_gives_its_inventory() {
    for importer in Importer::ALL {
        let written = import(*importer, &inputs(*importer)).unwrap();
        let golden = samples(*importer).join("inventory.toml");
        // To renew after a change: write the files with VIRES_BLESS set, and read the difference.
        if std::env::var_os("VIRES_BLESS").is_some() {
            std::fs::write(&golden, &written).unwrap();
        }
        assert_eq!(written, std::fs::read_to_string(&golden).unwrap(), "{}", golden.display());
    }
}

#[test]
fn an_entry_without_a_name_is_left_out_and_told() {
    let entries = r#"{"entries":[{"id":"e-1","spiffe_id":"spiffe://example.org/   "},
        {"id":"e-2","spiffe_id":{"trust_domain":"example.org","path":"/ns/shop/sa/cart"}}]}"#;
    let written = import(Importer::Spire, &[("entries.json".to_owned(), entries.to_owned())]).unwrap();
    assert!(written.contains("# Left out, 1 without a name:\n# - entries.json, entry e-1\n"), "{written}");
    assert_eq!(Inventory::from_toml(&written, "draft.toml").unwrap().workloads().len(), 1);
}

#[test]
fn what_is_imported_loads_and_holds_no_secret() {
    for importer in Importer::ALL {
        let written = import(*importer, &inputs(*importer)).unwrap();
        let inventory = Inventory::from_toml(&written, "i").unwrap_or_else(|error| panic!("{}: {error}", importer.as_str()));
        assert!(!inventory.workloads().is_empty());
        assert!(!written.contains("not-to-be-read"), "{written}");
        let findings = lint::inventory(&inventory, &lint::Context::at(0));
        let expected = ["no_owner", "no_purpose", "no_profile", "no_principals"];
        assert!(findings.iter().all(|f| expected.contains(&f.code)), "{findings:?}");
    }
}

#[test]
fn a_byte_order_mark_and_repetition_change_nothing() {
    for importer in Importer::ALL {
        let mut files = inputs(*importer);
        let once = import(*importer, &files).unwrap();
        let marked: Vec<_> = files.iter().map(|(name, text)| (name.clone(), format!("\u{feff}{text}"))).collect();
        assert_eq!(import(*importer, &marked).unwrap(), once);
        files.extend(files.clone());
        let twice = importer.drafts(&files.iter().map(|(name, text)| Input { name, text }).collect::<Vec<_>>()).unwrap();
        assert_eq!(twice.len(), Inventory::from_toml(&once, "i").unwrap().workloads().len());
    }
}

#[test]
fn foreign_files_are_refused_by_name() {
    for (importer, text, expected) in [
        (Importer::AwsIam, "a,b\n1,2\n", "f:1: no credential report"),
        (Importer::AwsIam, "{\"Roles\": [}", "f:1: not the JSON that was expected"),
        (Importer::AwsIam, "{\"Buckets\": []}", "f: no role or user with an ARN"),
        (Importer::Kubernetes, "a: b\n", "f: no Kubernetes object"),
        (Importer::Kubernetes, "a: b\n c: d\n", "f:2: not valid YAML"),
        (Importer::Backstage, "- a\n", "f: no catalogue entity"),
        (Importer::Terraform, "{\"version\": 3, \"resources\": []}", "f: not a state of version 4"),
        (Importer::Terraform, "{\n\"resources\": [1]}", "f:2: not the JSON that was expected"),
        (Importer::Spire, "{\"a\": 1}", "f: no `entries`"),
        (Importer::Spire, "", "f:1: not the JSON that was expected"),
    ] {
        let error = import(importer, &[("f".into(), text.into())]).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    let both = [("a".into(), "{".into()), ("b".into(), "{".into())];
    assert_eq!(import(Importer::Spire, &both).unwrap_err().places().len(), 2);
}

#[test]
fn damaged_samples_never_panic() {
    for importer in Importer::ALL {
        for (name, text) in inputs(*importer) {
            for cut in (0..text.len()).step_by(7) {
                let _ = import(*importer, &[(name.clone(), text[..cut].to_string())]);
                // Types change, structure stays.
                let changed = format!("{}{}", &text[..cut], text[cut..].replacen('"', "", 2).replacen('{', "[", 1));
                let _ = import(*importer, &[(name.clone(), changed)]);
            }
        }
    }
}
