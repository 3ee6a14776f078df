//! One file per command, each a straight line.

pub(crate) mod audit;
pub(crate) mod baseline;
pub(crate) mod catalog;
pub(crate) mod completions;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod gate;
pub(crate) mod github;
pub(crate) mod init;
pub(crate) mod man;
pub(crate) mod monitor;
pub(crate) mod plan;
pub(crate) mod policy;
pub(crate) mod probe;
pub(crate) mod scan;
pub(crate) mod schema;
pub(crate) mod score;
pub(crate) mod simulate;
pub(crate) mod stats;
pub(crate) mod test;
pub(crate) mod validate;
