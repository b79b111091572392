//! What is linked into the program, as a CycloneDX bill of materials on standard output:
//!
//! `cargo metadata --locked --format-version 1 --filter-platform x86_64-unknown-linux-gnu | cargo run --locked --example sbom > vires.cdx.json`
//!
//! Made of nothing but what cargo knows, so that it needs no further tool and is the same for the same `Cargo.lock`.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};

fn main() -> Result<()> {
    let mut metadata = String::new();
    std::io::stdin().read_to_string(&mut metadata)?;
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock");
    let lock = std::fs::read_to_string(lock).with_context(|| format!("failed to read {lock}"))?;
    Ok(std::io::stdout().write_all(bom(&metadata, &lock)?.as_bytes())?)
}

/// A package as `cargo metadata` tells of it.
struct Package<'a> {
    name: &'a str,
    version: &'a str,
    licence: Option<String>,
    /// The packages it needs, by id, and whether it needs them only to be built.
    needs: Vec<(&'a str, bool)>,
}

/// The bill of materials of the package at the root of `metadata`, with the checksums of `lock`.
pub fn bom(metadata: &str, lock: &str) -> Result<String> {
    let metadata: Value = serde_json::from_str(metadata).context("failed to read what `cargo metadata` says")?;
    let packages = packages(&metadata)?;
    let root =
        metadata["resolve"]["root"].as_str().context("`cargo metadata` names no root: run it in the root of the workspace")?;
    let sums = checksums(lock)?;

    // Linked in, and needed for the build alone.
    let (mut linked, mut built) = (BTreeSet::from([root]), BTreeSet::new());
    let mut next = vec![(root, false)];
    while let Some((id, build)) = next.pop() {
        for (need, build_only) in packages.get(id).map_or(&[][..], |p| &p.needs) {
            let build = build || *build_only;
            let known = linked.contains(need) || (build && built.contains(need));
            if !known {
                if build {
                    built.insert(*need)
                } else {
                    linked.insert(*need)
                };
                next.push((need, build));
            }
        }
    }
    built.retain(|id| !linked.contains(id));

    let component = |id: &str, sort: &str| -> Result<Value> {
        let package = packages.get(id).with_context(|| format!("`cargo metadata` does not know {id}"))?;
        let purl = purl(package);
        let mut component =
            json!({"type": sort, "bom-ref": purl, "name": package.name, "version": package.version, "purl": purl});
        if let Some(licence) = &package.licence {
            component["licenses"] = json!([{"expression": licence}]);
        }
        if let Some(sum) = sums.get(&(package.name.to_owned(), package.version.to_owned())) {
            component["hashes"] = json!([{"alg": "SHA-256", "content": sum}]);
        }
        Ok(component)
    };
    let (mut components, mut dependencies) = (Vec::new(), Vec::new());
    for (ids, scope) in [(&linked, "required"), (&built, "excluded")] {
        for id in ids.iter().filter(|id| **id != root) {
            let mut one = component(id, "library")?;
            one["scope"] = scope.into();
            components.push(one);
        }
    }
    for id in linked.iter().chain(&built) {
        let Some(package) = packages.get(id) else { continue };
        let needs = package.needs.iter().filter(|(need, _)| linked.contains(need) || built.contains(need));
        let needs: BTreeSet<String> = needs.filter_map(|(need, _)| packages.get(need)).map(purl).collect();
        dependencies.push(json!({"ref": purl(package), "dependsOn": needs}));
    }
    components.sort_by_key(|c| c["bom-ref"].to_string());
    dependencies.sort_by_key(|d| d["ref"].to_string());
    let whole = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": component(root, "application")?},
        "components": components,
        "dependencies": dependencies,
    });
    Ok(serde_json::to_string_pretty(&whole)? + "\n")
}

fn packages(metadata: &Value) -> Result<BTreeMap<&str, Package<'_>>> {
    let text = |value: &'_ Value| value.as_str().map(str::to_owned);
    let mut packages = BTreeMap::new();
    for package in metadata["packages"].as_array().context("`cargo metadata` names no packages")? {
        let (Some(id), Some(name), Some(version)) =
            (package["id"].as_str(), package["name"].as_str(), package["version"].as_str())
        else {
            continue;
        };
        // Old packages write `MIT/Apache-2.0`.
        let licence = text(&package["license"]).map(|licence| licence.replace('/', " OR "));
        packages.insert(id, Package { name, version, licence, needs: Vec::new() });
    }
    for node in metadata["resolve"]["nodes"].as_array().context("run `cargo metadata` without --no-deps")? {
        let Some(package) = node["id"].as_str().and_then(|id| packages.get_mut(id)) else { continue };
        for need in node["deps"].as_array().into_iter().flatten() {
            let kinds: Vec<&Value> = need["dep_kinds"].as_array().into_iter().flatten().map(|kind| &kind["kind"]).collect();
            let of = |kind: Option<&str>| kinds.iter().any(|k| k.as_str() == kind);
            if let Some(id) = need["pkg"].as_str().filter(|_| of(None) || of(Some("build"))) {
                package.needs.push((id, !of(None)));
            }
        }
    }
    Ok(packages)
}

fn purl(package: &Package<'_>) -> String {
    format!("pkg:cargo/{}@{}", package.name, package.version)
}

/// By name and version.
fn checksums(lock: &str) -> Result<BTreeMap<(String, String), String>> {
    let lock: toml::Table = lock.parse().context("failed to read Cargo.lock")?;
    let mut sums = BTreeMap::new();
    for package in lock.get("package").and_then(toml::Value::as_array).context("Cargo.lock names no packages")? {
        let of = |key: &str| package.get(key).and_then(toml::Value::as_str).map(str::to_owned);
        if let (Some(name), Some(version), Some(sum)) = (of("name"), of("version"), of("checksum")) {
            sums.insert((name, version), sum);
        }
    }
    Ok(sums)
}
