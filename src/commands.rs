//! One file per command, each a straight line.

pub(crate) mod catalog;
pub(crate) mod completions;
pub(crate) mod explain;
pub(crate) mod man;
pub(crate) mod scan;
