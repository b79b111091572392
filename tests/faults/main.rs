//! What goes wrong around the program: it is killed, stopped, starved of descriptors and disk, read slowly or not at all.
#![allow(clippy::unwrap_used)]

mod catalogue;
#[path = "../common/mod.rs"]
mod common;
mod connections;
mod disk;
#[path = "../judge/estate.rs"]
#[allow(dead_code)]
mod estate;
mod kills;
mod names;
mod pauses;

use std::process::{Command, Stdio};

/// `vires` with these arguments, under limits that a shell sets first (`ulimit …`).
fn limited(limits: &str, args: &[&str]) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &format!("{limits}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_vires")]).args(args);
    command.env_clear().current_dir("/").stdin(Stdio::piped());
    command
}
