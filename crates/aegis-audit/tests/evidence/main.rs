//! Tests of the store as its users have it: files, threads, processes.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod crash;
mod format;
mod samples;
mod sinks;
mod store;
mod tampering;
