//! The runtime as an agent embeds it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod approvals;
mod audit;
mod decisions;
mod embedding;
mod limits;
mod pipeline;
mod plans;
mod processes;
mod support;
mod watching;
