//! Arbitrary text as a file of the catalog.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| aegis_fuzz::scan_with_catalog(text));
