//! One number and one verdict for a program and its policy.
//!
//! What the analyses found is turned into a score by a published formula, compared with a base, and
//! judged. Nothing here prints or exits: the command line and whatever publishes a result use the
//! same values, so that all of them show the same number. [`assess`] is the one way to it.

mod assess;
pub mod badge;
pub mod base;
pub mod baseline;
pub mod compare;
pub mod evidence;
mod identity;
pub mod judge;
pub mod score;

pub use assess::{Assessment, Subject, assess, assess_scanned, own_tools};
pub use identity::Renames;
