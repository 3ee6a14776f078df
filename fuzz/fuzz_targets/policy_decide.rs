//! A policy, a line `===`, and the JSON of an action.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| aegis_fuzz::decide(text));
