//! Arbitrary bytes as a policy and as a test suite.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| aegis_fuzz::read_policy(bytes));
