//! End-to-end tests: the program as users run it. One binary, one module per subject.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod action;
mod audit;
mod bad_input;
mod baseline;
mod cli;
mod config;
mod diff;
mod docs;
mod exit_codes;
mod formats;
mod gate;
mod harness;
mod init;
mod layering;
mod policy_docs;
mod policy_files;
mod probe;
mod score;
mod simulate;
mod suite;
mod validate;
