//! GitLab Code Quality: a JSON array of issues, as the merge request widget reads it.
//!
//! GitLab compares reports by fingerprint and shows only the first issue of each, so fingerprints
//! are made unique within a report; they hold no line. What is suppressed is left out: the format
//! has no word for it.

use std::collections::BTreeMap;

use aegis_diag::{Finding, Report, Severity, content_fingerprint};
use serde::Serialize;

use crate::{Options, clean, json, sarif::uri, words};

/// Longest description, in characters.
const MAX_DESCRIPTION: usize = 1_024;

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

/// See the module.
pub(crate) fn render(report: &Report, options: &Options) -> String {
    let mut seen = BTreeMap::new();
    let issues: Vec<Issue> = report
        .findings
        .iter()
        .map(|finding| issue(finding, options, &mut seen))
        .collect();
    json::to_string(&issues, true) + "\n"
}

fn issue(finding: &Finding, options: &Options, seen: &mut BTreeMap<String, usize>) -> Issue {
    let span = &finding.primary.span;
    let (start, end) = (span.start(), span.end());
    let path = uri::repository_path(&options.root, &span.file.path);
    Issue {
        description: description(finding),
        check_name: finding.rule.id,
        fingerprint: fingerprint(finding, seen),
        severity: severity(finding.severity),
        location: Location {
            path,
            lines: Lines {
                begin: start.raw_line,
                end: end.raw_line.max(start.raw_line),
            },
        },
    }
}

/// The message and what to do about it; GitLab shows nothing else.
fn description(finding: &Finding) -> String {
    let help = finding
        .help
        .iter()
        .map(|help| format!("to mend it, {help}"));
    let sentences: Vec<_> = std::iter::once(finding.message.clone())
        .chain(help)
        .map(|text| words::sentence(&words::capital(&clean::line(&text))))
        .collect();
    clean::cut(&sentences.join(" "), MAX_DESCRIPTION)
}

/// The key of the finding; of equal ones all but the first are counted.
fn fingerprint(finding: &Finding, seen: &mut BTreeMap<String, usize>) -> String {
    let (rule, path) = (finding.rule.id, &finding.primary.span.file.path);
    let own = match finding.fingerprint.as_str() {
        "" => content_fingerprint(rule, path, "", &finding.message, 0),
        own => own.to_owned(),
    };
    let n = seen.entry(own.clone()).or_insert(0);
    *n += 1;
    match *n {
        1 => own,
        n => content_fingerprint(rule, path, &own, &finding.message, n),
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
        Severity::Info => "info",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::samples::{gate, report};

    /// The report, checked against what GitLab documents.
    fn checked(report: &Report, options: &Options) -> Vec<Value> {
        let issues: Vec<Value> = serde_json::from_str(&render(report, options)).unwrap();
        let mut prints = BTreeSet::new();
        for issue in &issues {
            let text = |key: &str| issue[key].as_str().filter(|s| !s.is_empty()).unwrap();
            assert!(!text("description").contains('\n'));
            assert!(text("check_name").starts_with("AEG"));
            assert!(["info", "minor", "major", "critical", "blocker"].contains(&text("severity")));
            assert!(prints.insert(text("fingerprint").to_owned()), "{issue}");
            let path = issue["location"]["path"].as_str().unwrap();
            assert!(!path.starts_with("./") && !path.starts_with('/') && !path.contains('\\'));
            assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
        }
        issues
    }

    #[test]
    fn findings_become_issues() {
        let options = Options {
            root: "apps".into(),
            ..Options::default()
        };
        checked(&report(), &options);
        insta::assert_snapshot!(render(&report(), &options), @r#"
        [
          {
            "description": "OpenAI call is not governed. To mend it, call `aegis.auto_instrument()` before `answer` in desk/cli.py.",
            "check_name": "AEG101",
            "fingerprint": "be8bedd942c7cf541abb4160ec0aba1e",
            "severity": "critical",
            "location": {
              "path": "apps/desk/agent.py",
              "lines": {
                "begin": 7,
                "end": 7
              }
            }
          },
          {
            "description": "Anthropic call is partly governed.",
            "check_name": "AEG103",
            "fingerprint": "878466a2adbb2032d97edd354a6ee8f2",
            "severity": "major",
            "location": {
              "path": "apps/desk/try.ipynb",
              "lines": {
                "begin": 31,
                "end": 31
              }
            }
          }
        ]
        "#);
    }

    #[test]
    fn fingerprints_are_unique_and_do_not_depend_on_the_line() {
        let mut report = gate();
        let again = report.findings.clone();
        report.findings.extend(again);
        report.findings[0].fingerprint.clear();
        let issues = checked(&report, &Options::default());
        assert_eq!(issues.len(), report.findings.len());
        let mut moved = report.clone();
        for finding in &mut moved.findings {
            let file = &finding.primary.span.file;
            let text = format!("\n\n{}", file.text);
            let range = &finding.primary.span.range;
            let span = range.start + 2..range.end + 2;
            finding.primary.span =
                aegis_diag::Span::new(crate::samples::file(&file.path, &text), span);
        }
        let prints = |issues: &[Value]| -> Vec<Value> {
            issues.iter().map(|i| i["fingerprint"].clone()).collect()
        };
        assert_eq!(
            prints(&issues),
            prints(&checked(&moved, &Options::default()))
        );
    }

    #[test]
    fn nothing_found_is_an_empty_list() {
        assert_eq!(render(&Report::default(), &Options::default()), "[]\n");
    }
}
