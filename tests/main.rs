//! End-to-end tests: the program as users run it. One binary, one module per subject.

mod bad_input;
mod cli;
mod config;
mod docs;
mod exit_codes;
mod formats;
mod harness;
mod layering;
