//! Arbitrary bytes as a notebook.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| aegis_fuzz::scan_text("main.ipynb", bytes));
