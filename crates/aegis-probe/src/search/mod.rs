//! What cannot be proved from the text of a policy alone, because it depends on what names mean, is
//! searched for: over a fixed set of names with known effects, over other names for what a rule
//! speaks of, and at random.
//!
//! Every decision shown is one the engine took; what is judged by vocabulary is only which actions
//! are worth looking at.

pub(crate) mod board;
pub(crate) mod reference;
pub(crate) mod scenes;
pub(crate) mod vocabulary;
