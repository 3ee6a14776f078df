//! Tests of the store as its users have it: files, threads, processes.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod format;
mod samples;
mod store;
mod tampering;
