//! The catalog and the language structure of Aegis, as data.
//!
//! `frameworks/*.yaml` says which library calls are AI calls, `governors/*.yaml` which constructs
//! govern them (formats: `docs/catalog.md`, `docs/governors.md`), `<language>/structure.scm` which
//! node kinds of a grammar play which role. This crate only carries the texts; `aegis-scan` reads
//! them.

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// Roles of the node kinds of `tree-sitter-python`.
pub static PYTHON_STRUCTURE: &str = include_str!("python/structure.scm");
