//! What the fuzz targets share.
//!
//! ```sh
//! cargo install cargo-fuzz
//! cargo +nightly fuzz run python_source -- -max_total_time=180 -timeout=20 -rss_limit_mb=4096
//! ```
//!
//! Targets: `python_source`, `notebook`, `catalog`, `policy_yaml`, `policy_decide`. `-s none` leaves the address sanitizer out: Aegis itself has no
//! unsafe code, and without the sanitizer a run is faster. Seeds in `fuzz/corpus` have readable names and stay few
//! and small; what a run adds has hexadecimal names and is ignored by git.

mod policy;

use aegis_scan::{Config, Input, ScanError, scan};

pub use policy::{decide, read_policy};

/// Scans a text and looks at every place that a report would print.
///
/// # Panics
/// If a text alone makes a scan fail: files that cannot be analysed are part of the report.
pub fn scan_text(path: &str, bytes: &[u8]) {
    check(
        path,
        bytes,
        &Config {
            threads: 1,
            ..Config::default()
        },
    )
    .expect("a text is no reason to fail");
}

/// Adds a catalog file to the catalog and, if it is accepted, scans a program with it.
///
/// # Panics
/// If a scan fails for another reason than mistakes in the catalog file.
pub fn scan_with_catalog(catalog: &str) {
    const PROGRAM: &[u8] = b"import acme\nfrom acme import Client as C, tool\n\n@tool\ndef f(x: int): ...\n\n\
        c = C(tools=[f])\nwith c.open() as s:\n    s.chat.create(model='m', messages=[])\nacme.ask(c)\n";
    let config = Config {
        threads: 1,
        catalog: vec![("acme.yaml".to_owned(), catalog.to_owned())],
        ..Config::default()
    };
    match check("main.py", PROGRAM, &config) {
        Ok(()) => {}
        Err(ScanError::Catalog(mistakes)) => {
            assert!(!mistakes.is_empty(), "refused without a reason");
            mistakes.iter().for_each(|m| drop(m.to_string()));
        }
        Err(e) => panic!("{e}"),
    }
}

fn check(path: &str, bytes: &[u8], config: &Config) -> Result<(), ScanError> {
    let input = Input::Text {
        path: path.to_owned(),
        bytes: bytes.to_vec(),
    };
    let report = scan(&input, config)?;
    for site in &report.sites {
        let (start, end) = (site.span.start(), site.span.end());
        assert!(start.line >= 1 && (start.line, start.column) <= (end.line, end.column));
        for step in &site.way {
            let _ = step.span.start();
        }
    }
    for finding in &report.findings {
        let _ = (finding.primary.span.start(), finding.primary.span.end());
        for label in &finding.related {
            let _ = (label.span.start(), label.span.end());
        }
    }
    Ok(())
}
