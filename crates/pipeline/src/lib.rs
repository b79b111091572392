//! Runs a verb over a stream: reads records, has them worked on in parallel, writes the answers in order.
//!
//! A verb is a [`Stage`]; a [`Runner`] takes it through the whole input. One engine serves request/reply shippers (one line, one answer
//! at once), free-running pipes, socket loops and batch files: see [`Source`] and [`Target`]. Each worker reads a block cut at line
//! ends, works on it and writes it when its turn comes, so memory is bounded and the output does not depend on the number of
//! threads. Only this crate spawns threads, touches sockets and listens to signals.

mod address;
mod clock;
mod counts;
mod engine;
mod gauges;
mod input;
pub mod judging;
mod listing;
mod log;
mod outlet;
mod output;
mod protocol;
mod shutdown;
mod size;
mod stage;
mod stats_file;
mod stats_writer;
mod tagging;
mod turn;
mod work;
mod year;

pub use address::Address;
pub use clock::now;
pub use counts::Counts;
pub use engine::{Error, Options, Reload, Runner, Summary};
pub use gauges::Gauges;
pub use input::{Framing, Source, open_plain};
pub use listing::{Listing, Row};
pub use log::Log;
pub use output::Target;
pub use protocol::Codec;
pub use size::parse_size;
pub use stage::{Noticed, Report, Stage};
pub use stats_file::StatsFile;
pub use tagging::Tagging;
pub use year::{YearFinder, YearRule};
