//! The rule pages are true: every code block behaves as its section says. The copies under `docs/`
//! are current; `AEGIS_BLESS=1` refreshes them.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use aegis_diag::Rule;
use aegis_scan::{Config, Input, RULES, scan};

/// Files that cannot be read cannot be shown as text.
const NOT_SHOWN: &str = "AEG190";

#[test]
fn every_rule_page_is_true() {
    let mut lies = Vec::new();
    for rule in RULES.iter().filter(|r| r.id != NOT_SHOWN) {
        let flagged = blocks(rule.page, "Flagged");
        let accepted = blocks(rule.page, "Accepted");
        if flagged.is_empty() || accepted.is_empty() {
            lies.push(format!(
                "{}: a page needs `## Flagged` and `## Accepted` with ```python blocks",
                rule.id
            ));
        }
        for (i, code) in flagged.iter().enumerate() {
            let found = ids(rule, code);
            if found != BTreeSet::from([rule.id.to_owned()]) {
                lies.push(format!(
                    "{} Flagged, block {}: found {found:?}",
                    rule.id,
                    i + 1
                ));
            }
        }
        for (i, code) in accepted.iter().enumerate() {
            if ids(rule, code).contains(rule.id) {
                lies.push(format!(
                    "{} Accepted, block {}: found {}",
                    rule.id,
                    i + 1,
                    rule.id
                ));
            }
        }
    }
    assert!(lies.is_empty(), "\n{}", lies.join("\n"));
}

#[test]
fn every_page_has_the_same_shape() {
    for rule in RULES {
        assert!(
            rule.page
                .starts_with(&format!("# {}: {}\n", rule.id, rule.name)),
            "{}",
            rule.id
        );
        let mut at = 0;
        for title in [
            "Why it matters",
            "Flagged",
            "Accepted",
            "What to do",
            "Suppressing",
            "References",
        ] {
            if rule.id == NOT_SHOWN && title == "Accepted" {
                continue;
            }
            let place = rule.page.find(&format!("\n## {title}\n"));
            assert!(
                place.is_some_and(|p| p > at),
                "{}: `## {title}` is missing or out of order",
                rule.id
            );
            at = place.unwrap_or(at);
        }
        for tag in rule.tags {
            let tag = tag.trim_end_matches(":2025");
            assert!(
                rule.page.contains(tag),
                "{}: the page does not explain {tag}",
                rule.id
            );
        }
        if let Some(cwe) = rule.cwe {
            assert!(
                rule.page.contains(&format!("CWE-{cwe}")),
                "{}: the page does not name CWE-{cwe}",
                rule.id
            );
        }
    }
}

#[test]
fn the_copies_under_docs_are_current() {
    let docs = root().join("docs");
    let mut want: Vec<(PathBuf, String)> = vec![(docs.join("rules.md"), index())];
    want.extend(
        RULES
            .iter()
            .map(|r| (docs.join(format!("rules/{}.md", r.id)), r.page.to_owned())),
    );
    let bless = std::env::var_os("AEGIS_BLESS").is_some();
    let mut stale = Vec::new();
    for (path, text) in &want {
        if bless {
            std::fs::write(path, text).unwrap();
        }
        let have = std::fs::read_to_string(path).unwrap_or_default();
        if have.replace("\r\n", "\n") != text.replace("\r\n", "\n") {
            stale.push(path.display().to_string());
        }
    }
    for file in std::fs::read_dir(docs.join("rules")).unwrap() {
        let path = file.unwrap().path();
        // Those of the probe, AEG2xx, are made by its own tests.
        let own = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("AEG1"));
        if own && !want.iter().any(|(p, _)| *p == path) {
            stale.push(format!("{}, which belongs to no rule", path.display()));
        }
    }
    assert!(
        stale.is_empty(),
        "run `AEGIS_BLESS=1 cargo test -p aegis-scan --test rule_pages`: {stale:#?}"
    );
}

/// Ids of the rules that a block breaks when it is scanned alone.
fn ids(rule: &Rule, code: &str) -> BTreeSet<String> {
    let config = Config {
        require_reason: rule.id == "AEG192",
        today: "2026-01-01".to_owned(),
        ..Config::default()
    };
    let input = Input::Text {
        path: "page.py".to_owned(),
        bytes: code.as_bytes().to_vec(),
    };
    match scan(&input, &config) {
        Ok(report) => report
            .findings
            .iter()
            .map(|f| f.rule.id.to_owned())
            .collect(),
        Err(e) => BTreeSet::from([e.to_string()]),
    }
}

/// The Python blocks below a heading.
fn blocks(page: &str, heading: &str) -> Vec<String> {
    let mut out = Vec::new();
    let (mut inside, mut block) = (false, None::<String>);
    for line in page.lines() {
        match &mut block {
            Some(_) if line == "```" => out.extend(block.take()),
            Some(code) => {
                code.push_str(line);
                code.push('\n');
            }
            None if line.starts_with("## ") => {
                inside = line.trim_start_matches('#').trim() == heading;
            }
            None if inside && line == "```python" => block = Some(String::new()),
            None => {}
        }
    }
    out
}

/// The table of all rules.
fn index() -> String {
    let mut out = String::from(
        "# Rules\n\n\
         `aegis explain RULE` prints the page of a rule. A call site that is governed on some ways in only is reported\n\
         one severity below the one given here. What is reported about policies is in [probe-rules.md](probe-rules.md).\n\n\
         | id | name | severity | tags | what was found |\n\
         |---|---|---|---|---|\n",
    );
    for r in RULES {
        let mut tags: Vec<String> = r.tags.iter().map(ToString::to_string).collect();
        tags.extend(r.cwe.map(|n| format!("CWE-{n}")));
        let _ = writeln!(
            out,
            "| [{0}](rules/{0}.md) | {1} | {2} | {3} | {4} |",
            r.id,
            r.name,
            r.severity,
            tags.join(", "),
            r.summary
        );
    }
    out
}

/// The workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
