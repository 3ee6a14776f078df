//! Publishes the verdict of `aegis gate` on GitHub.
//!
//! One straight way, [`publish()`]: what the gate wrote is read ([`report`]), what the runner says is
//! read ([`runner`], [`event`]), and each surface ([`surfaces`]) gets its share in a fixed order:
//! step summary, annotations, code scanning, pull-request comment, check run, commit status, outputs.
//! A surface that fails says so in a notice and stops nothing; the verdict is that of the gate alone.
//!
//! Nothing here reads the environment: [`runner::Runner::read`] is given a look-up. The token goes
//! into requests and nowhere else ([`api`]).

pub mod api;
pub mod event;
pub mod limits;
pub mod notice;
pub mod publish;
pub mod report;
pub mod runner;
pub mod surfaces;

pub use crate::publish::{Published, Settings, publish};
