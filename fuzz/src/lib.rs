//! What must hold for any bytes, one function per target. `cargo fuzz` looks for bytes for which it does not; a test of the
//! workspace runs each function over the committed corpora, without the nightly toolchain.

mod estate;
mod files;
mod inputs;
mod lines;
mod run;
mod settings;
mod streams;

pub use files::{baseline, cases, import, inventory, overlay, state, tuning};
pub use lines::{decoders, envelope, json, line, splice};
pub use run::engine;
pub use settings::config;
pub use streams::{merge, stream};

/// A target: looks at the bytes and panics if something does not hold that must.
pub type Target = fn(&[u8]);

/// Every target with the name of its corpus, but the one of the harness (`scenarios.rs`), which its own tests run.
pub const TARGETS: [(&str, Target); 16] = [
    ("line", line),
    ("splice", splice),
    ("json", json),
    ("decoders", decoders),
    ("envelope", envelope),
    ("inventory", inventory),
    ("import", import),
    ("tuning", tuning),
    ("overlay", overlay),
    ("baseline", baseline),
    ("state", state),
    ("stream", stream),
    ("merge", merge),
    ("engine", engine),
    ("cases", cases),
    ("config", config),
];
