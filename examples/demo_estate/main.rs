//! Writes the logs of `datasets/demo`: an estate of 40 machine identities over eight log sources, 30 days that are history and
//! two that are judged. The inventory, the exceptions and the description beside them are written by hand.
//!
//! ```sh
//! cargo run --release --example demo_estate            # rewrites datasets/demo
//! cargo run --release --example demo_estate -- DIR     # writes to another folder
//! ```
//!
//! The same code gives the same lines everywhere. `*_habits` say what everybody does each day, `stories` what happened once;
//! the other files know the vendors' shapes. Names, addresses and ids are documentation values.

mod agent;
mod aws_habits;
mod clock;
mod cloudtrail;
mod gcp;
mod journal;
mod json;
mod kubernetes;
mod other_habits;
mod rng;
mod saas;
mod stories;
mod vault;

use clock::{DAYS, Day};
use std::io::Write;
use std::path::PathBuf;

fn main() -> anyhow::Result<()> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/datasets/demo");
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| default.into()));
    let mut journal = journal::Journal::default();
    for day in (0..DAYS).map(Day) {
        aws_habits::day(&mut journal, day);
        other_habits::day(&mut journal, day);
    }
    stories::tell(&mut journal);
    let summary = journal.write(&folder)?;
    std::io::stdout().write_all(summary.as_bytes())?;
    Ok(())
}
