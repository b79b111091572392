//! Each identity's remit: what its owners declared (inventory, zones, data classes, exceptions) and what was learned of it.

pub mod baseline;
pub mod observation;
