//! Log lines as facts: what the harness itself must know of each event to join labels, to count identity-days and to run the
//! reference detectors. The judge gets the raw lines, never this.

mod fact;
mod names;
mod reader;

pub use fact::{Fact, day_of, format_time};
pub use names::{Name, Names};
pub use reader::{DecodeError, Decoder, Window};
