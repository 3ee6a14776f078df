//! What a change does, for people: the score before and after, what is new, what the policy lets
//! through now, what was checked, and the verdict.

use aegis_diag::{Change, Check, Finding, Loosening, Past, Report};

use crate::paint::{Ink, Paint};
use crate::score::{self, decimal};
use crate::{Options, clean, concise, snippet, summary, words};

/// How many fixed findings are listed.
const FIXED: usize = 10;

/// The text report of a gate, the verdict last.
pub(crate) fn render(report: &Report, change: &Change, options: &Options) -> String {
    let paint = Paint { on: options.color };
    let mut parts = vec![score(report, change, options)];
    let new = report
        .findings
        .iter()
        .filter(|f| change.is_new(&f.fingerprint));
    parts.extend(new.map(|finding| snippet::render(&finding.into(), options)));
    if options.include_suppressed && !report.suppressed.is_empty() {
        let lines = report.suppressed.iter();
        let lines = lines.map(|s| concise::suppressed_line(s, paint));
        parts.push(lines.collect::<Vec<_>>().join("\n"));
    }
    parts.push(findings(report, change, paint).join("\n"));
    parts.extend(policy(change, paint));
    parts.push(summary::lines(report, paint).join("\n"));
    parts.push(checks(&change.checks, paint).join("\n"));
    parts.join("\n\n") + "\n"
}

/// The checks that do not hold, and the verdict: what is said beside a report for programs.
#[must_use]
pub fn verdict(report: &Report, options: &Options) -> String {
    let paint = Paint { on: options.color };
    let Some(change) = &report.change else {
        return String::new();
    };
    let failed = change.checks.iter().filter(|check| !check.passed);
    let mut lines: Vec<String> = failed.map(|check| line(check, 0, paint)).collect();
    lines.push(last(&change.checks, paint));
    lines.join("\n") + "\n"
}

/// The score with what is said about the run, and the one before.
fn score(report: &Report, change: &Change, options: &Options) -> String {
    let paint = Paint { on: options.color };
    let head = match &report.score {
        Some(card) => score::summary(card, options),
        None => "Governance Score: n/a".to_owned(),
    };
    let now = report.score.as_ref().and_then(|card| card.score);
    let Some(base) = &change.base else {
        return format!("{head}\nCompared with nothing");
    };
    let base = clean::line(base);
    let beside = match (now, change.score_before) {
        (_, None) => format!("Compared with {base}, which has no score"),
        (None, Some(before)) => format!("Compared with {base}: {}", decimal(before)),
        (Some(now), Some(before)) => {
            let by = decimal(now.abs_diff(before));
            let by = match now.cmp(&before) {
                std::cmp::Ordering::Less => paint.ink(Ink::Bad, &format!("-{by}")),
                std::cmp::Ordering::Equal => "no change".to_owned(),
                std::cmp::Ordering::Greater => paint.ink(Ink::Good, &format!("+{by}")),
            };
            format!(
                "Compared with {base}: {} -> {} ({by})",
                decimal(before),
                decimal(now)
            )
        }
    };
    format!("{head}\n{beside}")
}

fn findings(report: &Report, change: &Change, paint: Paint) -> Vec<String> {
    if change.base.is_none() {
        let n = words::count(report.findings.len(), "finding", "findings");
        return vec![format!("{n} that no baseline knows")];
    }
    let is_new = |f: &&Finding| change.is_new(&f.fingerprint);
    let new = report.findings.iter().filter(is_new).count();
    let old = report.findings.len() - new;
    let mut lines = vec![format!(
        "{}, {} fixed, {} there before",
        words::count(new, "new finding", "new findings"),
        change.fixed.len(),
        old
    )];
    lines.extend(
        change
            .fixed
            .iter()
            .take(FIXED)
            .map(|past| fixed(past, paint)),
    );
    if change.fixed.len() > FIXED {
        lines.push(format!("  and {} more fixed", change.fixed.len() - FIXED));
    }
    if change.new_sites > 0 {
        lines.push(words::count(
            change.new_sites,
            "new call site",
            "new call sites",
        ));
    }
    if let Some(share) = change.score_new {
        let share = decimal(share);
        lines.push(format!(
            "{share} % of the new and changed call sites governed"
        ));
    }
    lines
}

fn fixed(past: &Past, paint: Paint) -> String {
    let word = paint.ink(Ink::Good, "fixed");
    format!(
        "  {word} {} {}: {}",
        past.rule,
        clean::line(&past.place),
        clean::line(&past.message)
    )
}

fn policy(change: &Change, paint: Paint) -> Option<String> {
    let mut said = Vec::new();
    for (n, word) in [
        (change.looser.len(), "looser"),
        (change.stricter, "stricter"),
    ] {
        if n > 0 {
            said.push(format!("{word} in {}", words::count(n, "case", "cases")));
        }
    }
    if change.undecided > 0 {
        said.push("not compared in full".to_owned());
    }
    if said.is_empty() {
        return None;
    }
    let mut lines = vec![format!("The policy is {}", said.join(", "))];
    lines.extend(change.looser.iter().flat_map(|l| looser(l, paint)));
    Some(lines.join("\n"))
}

fn looser(loosening: &Loosening, paint: Paint) -> Vec<String> {
    let place = loosening.place.as_deref();
    let place = place.map_or_else(String::new, |place| format!(" ({})", clean::line(place)));
    vec![
        format!(
            "  {} {}{place}",
            paint.ink(Ink::Bad, "looser"),
            clean::line(&loosening.summary)
        ),
        format!("    see: {}", clean::line(&loosening.witness.reproduce)),
    ]
}

fn checks(checks: &[Check], paint: Paint) -> Vec<String> {
    let width = checks.iter().map(|check| check.id.len()).max().unwrap_or(0);
    let mut lines = vec!["Checks".to_owned()];
    lines.extend(
        checks
            .iter()
            .map(|check| format!("  {}", line(check, width, paint))),
    );
    lines.push(String::new());
    lines.push(last(checks, paint));
    lines
}

/// `FAIL max-drop: the score may not drop: it dropped by 2.0, from 86.0 to 84.0`.
fn line(check: &Check, width: usize, paint: Paint) -> String {
    let word = match check.passed {
        true => paint.ink(Ink::Good, "ok  "),
        false => paint.ink(Ink::Bad, "FAIL"),
    };
    let gap = if width == 0 { ": " } else { "  " };
    format!(
        "{word} {:width$}{gap}{}",
        check.id,
        clean::line(&check.message)
    )
}

fn last(checks: &[Check], paint: Paint) -> String {
    let failed = checks.iter().filter(|check| !check.passed).count();
    let all = words::count(checks.len(), "check", "checks");
    match failed {
        0 => paint.ink(Ink::Good, &format!("Gate passed: {all}")),
        1 => paint.ink(Ink::Bad, &format!("Gate failed: 1 of {all} does not hold")),
        n => paint.ink(Ink::Bad, &format!("Gate failed: {n} of {all} do not hold")),
    }
}

#[cfg(test)]
mod tests {
    use aegis_diag::{Scorecard, Severity, Witness};

    use super::*;
    use crate::samples;

    fn gated() -> Report {
        let mut report = samples::report();
        let mut n = 0;
        for finding in &mut report.findings {
            n += 1;
            finding.fingerprint = format!("f{n}");
        }
        report.score = Some(Scorecard {
            formula: "aegis-score/1",
            score: Some(841),
            cap: None,
            parts: Vec::new(),
            gains: Vec::new(),
            facts: Vec::new(),
        });
        report.change = Some(Change {
            base: Some("origin/main (1a2b3c4)".into()),
            score_before: Some(860),
            new: vec!["f2".into()],
            fixed: vec![Past {
                rule: "AEG105".into(),
                severity: Severity::Critical,
                message: "shell tool is not governed".into(),
                place: "desk/\u{1b}[2Jtools.py:3:1".into(),
                fingerprint: "f0".into(),
            }],
            score_new: Some(333),
            new_sites: 3,
            looser: vec![Loosening {
                summary: "`delete_user` was blocked by rule `a`, now runs unattended by rule `b`"
                    .into(),
                before: "block",
                after: "auto",
                witness: Witness {
                    action: "{}".into(),
                    at: "2026-03-02T12:00:00Z".into(),
                    approval: "auto",
                    risk: "low",
                    rule: Some("b".into()),
                    reproduce: "aegis simulate policy.yaml --type delete_user".into(),
                },
                place: Some("policy.yaml:4".into()),
            }],
            stricter: 2,
            undecided: 1,
            checks: vec![
                Check {
                    id: "policy",
                    passed: true,
                    message: "there must be a policy: `policy.yaml` has 3 rules".into(),
                },
                Check {
                    id: "max-drop",
                    passed: false,
                    message: "the score may not drop: it dropped by 1.9".into(),
                },
            ],
        });
        report
    }

    #[test]
    fn new_findings_are_shown_and_the_verdict_comes_last() {
        let report = gated();
        let change = report.change.as_ref().unwrap();
        insta::assert_snapshot!(render(&report, change, &Options::default()), @"
        Governance Score: 84/100
        Compared with origin/main (1a2b3c4): 86.0 -> 84.1 (-1.9)

        medium[AEG103]: Anthropic call is partly governed
         --> desk/try.ipynb:cell 3:2:1
          |
        2 | c.messages.create(model=m)
          | ^^^^^^^^^^^^^^^^^ this call
          |
         ::: desk/try.ipynb:cell 1:2:5
          |
        2 | c = anthropic.Anthropic()
          |     --------------------- the client is made here

        1 new finding, 1 fixed, 1 there before
          fixed AEG105 desk/␛[2Jtools.py:3:1: shell tool is not governed
        3 new call sites
        33.3 % of the new and changed call sites governed

        The policy is looser in 1 case, stricter in 2 cases, not compared in full
          looser `delete_user` was blocked by rule `a`, now runs unattended by rule `b` (policy.yaml:4)
            see: aegis simulate policy.yaml --type delete_user

        Scanned 214 files (31 parsed, 2.1 MB) in 48 ms
        2 files not fully analysed:
          desk/big.py is larger than 5000000 bytes
          desk/old.py has a syntax error on line 3; the rest was analysed
        7 files and folders excluded: .venv, node_modules and 5 more
        2 findings: 1 high, 1 medium
        3 call sites: 1 governed, 1 partly governed, 1 ungoverned (33.3% governed)
        1 finding suppressed

        Checks
          ok   policy    there must be a policy: `policy.yaml` has 3 rules
          FAIL max-drop  the score may not drop: it dropped by 1.9

        Gate failed: 1 of 2 checks does not hold
        ");
        insta::assert_snapshot!(verdict(&report, &Options::default()), @"
        FAIL max-drop: the score may not drop: it dropped by 1.9
        Gate failed: 1 of 2 checks does not hold
        ");
    }

    #[test]
    fn nothing_to_compare_with_is_said() {
        let mut report = Report::default();
        let change = Change {
            base: None,
            score_before: None,
            new: Vec::new(),
            fixed: Vec::new(),
            score_new: None,
            new_sites: 0,
            looser: Vec::new(),
            stricter: 0,
            undecided: 0,
            checks: Vec::new(),
        };
        report.change = Some(change.clone());
        insta::assert_snapshot!(render(&report, &change, &Options::default()), @"
        Governance Score: n/a
        Compared with nothing

        0 findings that no baseline knows

        Scanned 0 files
        No AI call sites found

        Checks

        Gate passed: 0 checks
        ");
    }
}
