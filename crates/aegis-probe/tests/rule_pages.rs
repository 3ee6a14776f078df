//! The rule pages are true: every policy on them behaves as its section says.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what is missing fails the test"
)]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use aegis_policy::policy::Policy;
use aegis_probe::guards::Guards;
use aegis_probe::rules::RULES;
use aegis_probe::{Input, Options, ProbeReport, probe};

/// Rules of which no policy is known that breaks them.
const NOT_SHOWN: [&str; 2] = ["AEG212", "AEG214"];

fn options() -> Options {
    Options {
        all: true,
        today: Some("2026-01-01".to_owned()),
        ..Options::default()
    }
}

fn report(text: &str, options: &Options) -> ProbeReport {
    let policy =
        Policy::load("policy.yaml", text).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
    let input = Input {
        policy: &policy,
        tools: &[],
    };
    probe(&input, options)
}

fn ids(text: &str, options: &Options) -> BTreeSet<&'static str> {
    let report = report(text, options);
    assert!(report.bugs.is_empty(), "{:?}\n{text}", report.bugs);
    report.findings.iter().map(|f| f.rule.id).collect()
}

/// The ids found in a policy with the guards of another.
fn against(baseline: &str, text: &str) -> BTreeSet<&'static str> {
    let policy = Policy::load("policy.yaml", baseline).unwrap();
    let input = Input {
        policy: &policy,
        tools: &[],
    };
    let guards = Guards::of(&input, &options(), &report(baseline, &options()));
    guards.check().unwrap();
    let options = Options {
        guards: Some(guards),
        ..options()
    };
    ids(text, &options)
}

#[test]
fn every_rule_page_is_true() {
    let mut lies = Vec::new();
    for rule in RULES {
        let (flagged, accepted) = (blocks(rule.page, "Flagged"), blocks(rule.page, "Accepted"));
        if accepted.is_empty() || (flagged.is_empty() && !NOT_SHOWN.contains(&rule.id)) {
            lies.push(format!(
                "{}: a page needs policies in both sections",
                rule.id
            ));
        }
        if rule.id == "AEG213" {
            if !against(&flagged[0], &flagged[1]).contains(rule.id) {
                lies.push("AEG213 Flagged".to_owned());
            }
            if against(&accepted[0], &accepted[1]).contains(rule.id) {
                lies.push("AEG213 Accepted".to_owned());
            }
            continue;
        }
        for (i, text) in flagged.iter().enumerate() {
            let found = ids(text, &options());
            if !found.contains(rule.id) {
                lies.push(format!("{} Flagged, policy {}: {found:?}", rule.id, i + 1));
            }
        }
        for (i, text) in accepted.iter().enumerate() {
            let options = Options {
                all: false,
                ..options()
            };
            if ids(text, &options).contains(rule.id) {
                lies.push(format!("{} Accepted, policy {}", rule.id, i + 1));
            }
        }
    }
    assert!(lies.is_empty(), "\n{}", lies.join("\n"));
}

#[test]
fn every_page_has_the_same_shape() {
    for rule in RULES {
        let head = format!("# {}: {}\n\n{}.\n", rule.id, rule.name, rule.summary);
        assert!(rule.page.starts_with(&head), "{}", rule.id);
        let mut at = 0;
        for title in [
            "Why it matters",
            "Flagged",
            "Accepted",
            "What to do",
            "Suppressing",
            "References",
        ] {
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
    }
}

#[test]
fn a_question_beyond_the_budget_is_reported() {
    let mut text =
        "version: \"1\"\ndefaults: {risk_level: medium, approval: approve}\nrules:\n".to_owned();
    for i in 0..12 {
        text += &format!(
            "  - name: r{i}\n    match: {{type: pay}}\n    conditions: {{param_gt: {{a{i}: 1}}, param_lt: {{b{i}: 1}}}}\n    approval: block\n"
        );
    }
    text += "  - name: last\n    match: {type: pay}\n    approval: block\n";
    let options = Options {
        box_budget: 1,
        ..options()
    };
    let report = report(&text, &options);
    assert!(report.unknown > 0, "{:?}", report.findings);
}

#[test]
fn the_copies_under_docs_are_current() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let pages = RULES.iter().map(|rule| {
        let path = docs.join(format!("rules/{}.md", rule.id));
        (path, rule.page.to_owned())
    });
    let bless = std::env::var_os("AEGIS_BLESS").is_some();
    let mut stale = Vec::new();
    for (path, text) in pages.chain([(docs.join("probe-rules.md"), index())]) {
        if bless {
            std::fs::write(&path, &text).unwrap();
        }
        let have = std::fs::read_to_string(&path).unwrap_or_default();
        if have.replace("\r\n", "\n") != text.replace("\r\n", "\n") {
            stale.push(path);
        }
    }
    assert!(
        stale.is_empty(),
        "run `AEGIS_BLESS=1 cargo test -p aegis-probe --test rule_pages`: {stale:#?}"
    );
}

/// The table of all rules.
fn index() -> String {
    let mut out = String::from(
        "# Rules about policies\n\n\
         What `aegis probe` reports. `aegis explain RULE` prints the page of a rule. The severity of a finding depends on\n\
         what really happens; the one given here is the usual.\n\n\
         | id | name | severity | tags | what was found |\n\
         |---|---|---|---|---|\n",
    );
    for r in RULES {
        let tags = r.tags.join(", ");
        let _ = writeln!(
            out,
            "| [{0}](rules/{0}.md) | {1} | {2} | {tags} | {3} |",
            r.id, r.name, r.severity, r.summary
        );
    }
    out
}

/// The YAML blocks below a heading.
fn blocks(page: &str, title: &str) -> Vec<String> {
    let page = page.replace("\r\n", "\n");
    let Some((_, rest)) = page.split_once(&format!("\n## {title}\n")) else {
        return Vec::new();
    };
    let section = rest.split("\n## ").next().unwrap_or("");
    section
        .split("```yaml\n")
        .skip(1)
        .filter_map(|block| block.split("```").next().map(str::to_owned))
        .collect()
}
