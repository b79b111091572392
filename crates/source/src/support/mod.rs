//! Small helpers that several decoders share.

pub(crate) mod aws;
pub(crate) mod azure;
pub(crate) mod cloud;
pub(crate) mod command;
pub(crate) mod exact;
pub(crate) mod fields;
pub(crate) mod k8s;
pub(crate) mod line;
pub(crate) mod names;
pub(crate) mod network;
pub(crate) mod service_name;
pub(crate) mod sql;
#[cfg(test)]
pub(crate) mod testing;
