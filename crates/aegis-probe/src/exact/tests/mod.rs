//! The exact part held against the engine, action by action.

mod change;
mod generate;
mod parts;
mod reach;
mod scenarios;
mod speed;

/// How much of a long test to run: one part in ten in an unoptimised build.
fn share(full: u64) -> u64 {
    if cfg!(debug_assertions) {
        full.div_ceil(5)
    } else {
        full
    }
}
