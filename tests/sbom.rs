//! The bill of materials names what is linked in, and nothing else.
#![allow(clippy::unwrap_used)]

#[path = "../dist/sbom.rs"]
#[allow(dead_code)]
mod sbom;

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

#[test]
fn the_bill_of_materials_is_that_of_the_lock_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let args = ["metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", "x86_64-unknown-linux-gnu"];
    let said = Command::new(env!("CARGO")).args(args).current_dir(root).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).unwrap();
    let text = sbom::bom(std::str::from_utf8(&said.stdout).unwrap(), &lock).unwrap();
    assert_eq!(sbom::bom(std::str::from_utf8(&said.stdout).unwrap(), &lock).unwrap(), text, "the same each time");
    let bom: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((bom["bomFormat"].as_str(), bom["specVersion"].as_str()), (Some("CycloneDX"), Some("1.5")));
    assert_eq!(bom["metadata"]["component"]["name"], "vires");

    let components = bom["components"].as_array().unwrap();
    let names: BTreeSet<&str> = components.iter().map(|c| c["name"].as_str().unwrap()).collect();
    for linked in ["vires-tag", "aho-corasick", "serde_json", "clap", "zstd-sys"] {
        assert!(names.contains(linked), "{linked} is linked in");
    }
    // Of tests, of the harness, of other systems.
    for other in ["proptest", "vires-harness", "indicatif", "windows-sys", "vires"] {
        assert!(!names.contains(other), "{other} is not linked in");
    }
    for component in components {
        let name = component["name"].as_str().unwrap();
        assert!(component["licenses"][0]["expression"].is_string(), "{component}");
        let sum = component["hashes"][0]["content"].as_str().unwrap_or_default();
        assert!(lock.contains(&format!("name = \"{name}\"")), "{component}");
        assert!(name.starts_with("vires-") || (sum.len() == 64 && lock.contains(sum)), "{component}");
    }
    let builders = components.iter().filter(|c| c["scope"] == "excluded").map(|c| c["name"].as_str().unwrap());
    assert!(builders.collect::<Vec<_>>().contains(&"cc"), "what builds zstd is no part of it");
    // Each is needed by somebody, and nothing is needed that is not named.
    let refs: BTreeSet<&str> = components.iter().map(|c| c["bom-ref"].as_str().unwrap()).collect();
    let dependencies = bom["dependencies"].as_array().unwrap();
    let needed: BTreeSet<&str> =
        dependencies.iter().flat_map(|d| d["dependsOn"].as_array().unwrap()).map(|r| r.as_str().unwrap()).collect();
    assert_eq!(needed, refs);
}
