//! One estate for all targets, built once per process.

use std::sync::{Arc, LazyLock};
use vires_catalog::Catalog;
use vires_judge::{Judge, Tuning};
use vires_pipeline::judging::{Estate, catalogue_hash};
use vires_profile::baseline::Baseline;
use vires_profile::{Exceptions, Inventory};
use vires_tag::Classifier;

pub static CATALOG: LazyLock<Arc<Catalog>> = LazyLock::new(|| Arc::new(Catalog::builtin().expect("the catalogue loads")));

pub static CATALOGUE: LazyLock<String> = LazyLock::new(|| catalogue_hash(&CATALOG));

const INVENTORY: &str = r#"
schema = "vires-inventory/1"
[[zone]]
name = "nat"
class = "internal"
cidrs = ["198.51.100.0/28"]
[[data]]
match = ["s3:*payroll*"]
class = 3
[[workload]]
id = "orders"
owner = { team = "shop" }
purpose = "take orders"
principals = ["aws:role/123456789012/*", "k8s:*", "okta:*"]
[workload.expect]
zones = ["nat"]
max_tier = 2
schedule = "window: Mon-Fri 08:00-19:00 tz=Europe/Berlin"
[workload.deny]
actions = ["iam:*"]
"#;

const EXCEPTIONS: &str = r#"
schema = "vires-exceptions/1"
[[exception]]
id = "CHG-1"
identities = ["orders"]
from = 2026-01-01T00:00:00Z
until = 2026-12-31T00:00:00Z
approver = "j.doe"
ticket = "CHG-1"
kind = "change"
"#;

pub static ESTATE: LazyLock<Estate> = LazyLock::new(|| Estate {
    classifier: Arc::new(Classifier::new(&CATALOG).expect("the classifier builds")),
    inventory: Arc::new(Inventory::from_toml(INVENTORY, "inventory.toml").expect("the inventory loads")),
    exceptions: Arc::new(Exceptions::from_toml(EXCEPTIONS, "exceptions.toml").expect("the exceptions load")),
    year: None,
});

pub static JUDGE: LazyLock<Judge> = LazyLock::new(|| ESTATE.judge(Tuning::default(), Baseline::new(CATALOGUE.clone())));

/// Lines that are sure to be judged.
pub const LINES: &str = include_str!("lines.ndjson");
