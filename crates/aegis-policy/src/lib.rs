//! The Aegis policy language.
//!
//! One straight way: text is **parsed** into [`Document`](document::Document), **checked** into
//! [`Checked`](model::Checked) (the proof that it is well formed), **compiled** into
//! [`Policy`](policy::Policy), which **decides** about an [`Action`](action::Action) at a moment.
//! Every step has its own type, so a later step never meets what an earlier one would have refused.

pub mod action;
pub mod builder;
pub mod check;
pub mod clock;
pub mod condition;
pub mod conflicts;
pub mod decision;
pub mod document;
pub mod effect;
pub mod glob;
pub mod json;
pub mod layers;
pub mod merge;
pub mod model;
pub mod name;
pub mod number;
pub mod outline;
pub mod path;
pub mod policy;
pub mod problem;
pub mod regexes;
pub mod schema;
pub mod semantic;
pub mod suite;
pub mod value;
pub mod words;

mod emit;
mod keys;
mod plain;
mod read;
#[cfg(test)]
mod reference;
mod to_yaml;
mod tree;
mod yaml;
