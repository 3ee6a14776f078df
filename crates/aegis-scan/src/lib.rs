//! x
mod catalog;
mod facts;
mod link;
