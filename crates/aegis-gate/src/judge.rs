//! What is asked of a change, and whether it holds. Whatever cannot be told does not hold.

use aegis_diag::{Change, Check, Finding, Report, Severity, Tenths};
use aegis_report::words;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The score must be at least this.
    pub fail_under: Option<Tenths>,
    /// Of the new and changed call sites at least this share must be governed, in tenths of a
    /// percent.
    pub fail_under_new: Option<Tenths>,
    /// By how much the score may be lower than that of the base.
    pub max_drop: Tenths,
    /// No finding may be this severe.
    pub fail_on: Option<Severity>,
    /// No new finding may be this severe.
    pub fail_on_new: Option<Severity>,
    /// Whether a policy that lets more through is refused, not only told of.
    pub refuse_looser: bool,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            fail_under: None,
            fail_under_new: None,
            max_drop: 0,
            fail_on: None,
            fail_on_new: Some(Severity::High),
            refuse_looser: true,
        }
    }
}

/// What was found out beside the report.
#[derive(Debug, Clone, Default)]
pub struct Scene {
    /// The policy as shown, and how many rules it has; or why there is none.
    pub policy: Option<Result<(String, usize), String>>,
    /// Why the probe of the policy cannot be relied on.
    pub unsound: Option<String>,
    /// What of the policies could not be compared.
    pub undecided: Option<String>,
    /// Why the score of the base cannot be relied on.
    pub score_unknown: Option<String>,
}

/// Judges a report with its score and its change; in the order in which people ask.
#[must_use]
pub fn judge(report: &Report, change: &Change, terms: &Terms, scene: &Scene) -> Vec<Check> {
    let mut checks = vec![policy(scene), complete(report, scene)];
    checks.extend(terms.fail_under.map(|least| fail_under(report, least)));
    checks.extend(terms.fail_on.map(|least| fail_on(report, least)));
    if change.base.is_some() {
        checks.extend(
            terms
                .fail_on_new
                .map(|least| fail_on_new(report, change, least)),
        );
        checks.push(max_drop(report, change, terms, scene));
        checks.extend(
            terms
                .fail_under_new
                .map(|least| fail_under_new(change, least)),
        );
        checks.push(policy_looser(change, terms, scene));
    }
    checks
}

fn check(id: &'static str, passed: bool, message: String) -> Check {
    Check {
        id,
        passed,
        message,
    }
}

fn policy(scene: &Scene) -> Check {
    match &scene.policy {
        Some(Ok((path, rules))) => {
            let rules = words::count(*rules, "rule", "rules");
            check(
                "policy",
                true,
                format!("there must be a policy: `{path}` has {rules}"),
            )
        }
        Some(Err(why)) => check("policy", false, format!("there must be a policy: {why}")),
        None => check(
            "policy",
            false,
            "there must be a policy: none is named".to_owned(),
        ),
    }
}

fn complete(report: &Report, scene: &Scene) -> Check {
    let asked = "everything must be analysed";
    if let Some(first) = report.skipped.first() {
        let n = words::count(report.skipped.len(), "file was", "files were");
        let message = format!(
            "{asked}: {n} not, or not fully; `{}` {}",
            first.path, first.reason
        );
        return check("complete", false, message);
    }
    if let Some(why) = &scene.unsound {
        return check("complete", false, format!("{asked}: {why}"));
    }
    let n = words::count(report.files.analysed, "file was", "files were");
    check("complete", true, format!("{asked}: {n}"))
}

fn fail_under(report: &Report, least: Tenths) -> Check {
    let asked = format!("the score must be at least {}", points(least));
    match score(report) {
        Some(score) => check(
            "fail-under",
            score >= least,
            format!("{asked}: it is {}", points(score)),
        ),
        None => check(
            "fail-under",
            true,
            format!("{asked}: there is nothing to govern"),
        ),
    }
}

fn fail_on(report: &Report, least: Severity) -> Check {
    let n = report
        .findings
        .iter()
        .filter(|f| f.severity >= least)
        .count();
    check(
        "fail-on",
        n == 0,
        counted("finding", least, n, report.findings.len()),
    )
}

fn fail_on_new(report: &Report, change: &Change, least: Severity) -> Check {
    let new = |f: &&Finding| change.is_new(&f.fingerprint);
    let all = report.findings.iter().filter(new).count();
    let n = report
        .findings
        .iter()
        .filter(new)
        .filter(|f| f.severity >= least)
        .count();
    check("fail-on-new", n == 0, counted("new finding", least, n, all))
}

/// `no new finding may be high or worse: 2 of 3 are`.
fn counted(what: &str, least: Severity, n: usize, of: usize) -> String {
    let or_worse = match least {
        Severity::Critical => "",
        _ => " or worse",
    };
    let found = match (n, of) {
        (_, 0) => format!("there is no {what}"),
        (n, of) if n == of => format!("{} {}", all(n, what), if n == 1 { "is" } else { "are" }),
        (0, of) => format!("none of {of} is"),
        (n, of) => format!("{n} of {of} {}", if n == 1 { "is" } else { "are" }),
    };
    format!("no {what} may be {least}{or_worse}: {found}")
}

fn all(n: usize, what: &str) -> String {
    match n {
        1 => format!("the only {what}"),
        n => format!("all {n}"),
    }
}

fn max_drop(report: &Report, change: &Change, terms: &Terms, scene: &Scene) -> Check {
    let asked = match terms.max_drop {
        0 => "the score may not drop".to_owned(),
        most => format!("the score may drop by at most {}", points(most)),
    };
    let done = |passed, found: String| check("max-drop", passed, format!("{asked}: {found}"));
    if let Some(why) = &scene.score_unknown {
        return done(false, format!("what it was cannot be told: {why}"));
    }
    match (change.score_before, score(report)) {
        (None, _) => done(true, "the base has nothing to govern".to_owned()),
        (_, None) => done(true, "there is nothing to govern any more".to_owned()),
        (Some(before), Some(now)) => {
            let found = match now.cmp(&before) {
                std::cmp::Ordering::Less => "it dropped",
                std::cmp::Ordering::Equal => {
                    return done(true, format!("it is {}, as before", points(now)));
                }
                std::cmp::Ordering::Greater => "it rose",
            };
            let by = points(now.abs_diff(before));
            let found = format!(
                "{found} by {by}, from {} to {}",
                points(before),
                points(now)
            );
            done(before.saturating_sub(now) <= terms.max_drop, found)
        }
    }
}

fn fail_under_new(change: &Change, least: Tenths) -> Check {
    let asked = format!(
        "of new and changed call sites {} % must be governed",
        points(least)
    );
    match change.score_new {
        Some(share) => check(
            "fail-under-new",
            share >= least,
            format!("{asked}: {} % are", points(share)),
        ),
        None => check("fail-under-new", true, format!("{asked}: there are none")),
    }
}

fn policy_looser(change: &Change, terms: &Terms, scene: &Scene) -> Check {
    let asked = "the policy may not let through what it held up";
    let warned = if terms.refuse_looser {
        ""
    } else {
        ", which is only told of (`--policy-looser warn`)"
    };
    let n = change.looser.len();
    let found = if n > 0 {
        format!("it does in {}", words::count(n, "case", "cases"))
    } else if let Some(what) = &scene.undecided {
        format!("that cannot be told: {what}")
    } else {
        return check("policy-looser", true, format!("{asked}: it does not"));
    };
    check(
        "policy-looser",
        !terms.refuse_looser,
        format!("{asked}: {found}{warned}"),
    )
}

fn score(report: &Report) -> Option<Tenths> {
    report.score.as_ref().and_then(|card| card.score)
}

/// `84.0`.
fn points(tenths: Tenths) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use aegis_diag::{FileStats, Scorecard, SkipReason, Skipped};

    use super::*;

    fn report(score: Option<Tenths>) -> Report {
        Report {
            files: FileStats {
                analysed: 3,
                ..FileStats::default()
            },
            score: Some(Scorecard {
                formula: "aegis-score/1",
                score,
                cap: None,
                parts: Vec::new(),
                gains: Vec::new(),
                facts: Vec::new(),
            }),
            ..Report::default()
        }
    }

    fn change(before: Option<Tenths>) -> Change {
        Change {
            base: Some("main (1a2b3c4)".into()),
            score_before: before,
            new: Vec::new(),
            fixed: Vec::new(),
            score_new: None,
            new_sites: 0,
            looser: Vec::new(),
            stricter: 0,
            undecided: 0,
            checks: Vec::new(),
        }
    }

    fn scene() -> Scene {
        Scene {
            policy: Some(Ok(("policy.yaml".into(), 3))),
            ..Scene::default()
        }
    }

    fn said(checks: &[Check]) -> String {
        let line = |c: &Check| {
            format!(
                "{} {}: {}",
                if c.passed { "ok  " } else { "FAIL" },
                c.id,
                c.message
            )
        };
        checks.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn nothing_asked_still_asks_for_something() {
        let checks = judge(
            &report(Some(840)),
            &change(Some(840)),
            &Terms::default(),
            &scene(),
        );
        insta::assert_snapshot!(said(&checks), @"
        ok   policy: there must be a policy: `policy.yaml` has 3 rules
        ok   complete: everything must be analysed: 3 files were
        ok   fail-on-new: no new finding may be high or worse: there is no new finding
        ok   max-drop: the score may not drop: it is 84.0, as before
        ok   policy-looser: the policy may not let through what it held up: it does not
        ");
        let checks = judge(
            &report(Some(839)),
            &change(Some(840)),
            &Terms::default(),
            &scene(),
        );
        assert_eq!(checks.iter().filter(|c| !c.passed).count(), 1);
    }

    #[test]
    fn what_cannot_be_told_fails() {
        let mut report = report(None);
        report.skipped.push(Skipped {
            path: "a.py".into(),
            reason: SkipReason::Syntax { line: 3 },
        });
        let scene = Scene {
            policy: None,
            unsound: None,
            undecided: Some("`policy.yaml` is not under version control".into()),
            score_unknown: Some("the policy at the base has 1 error".into()),
        };
        let checks = judge(&report, &change(None), &Terms::default(), &scene);
        insta::assert_snapshot!(said(&checks), @"
        FAIL policy: there must be a policy: none is named
        FAIL complete: everything must be analysed: 1 file was not, or not fully; `a.py` has a syntax error on line 3; the rest was analysed
        ok   fail-on-new: no new finding may be high or worse: there is no new finding
        FAIL max-drop: the score may not drop: what it was cannot be told: the policy at the base has 1 error
        FAIL policy-looser: the policy may not let through what it held up: that cannot be told: `policy.yaml` is not under version control
        ");
    }

    #[test]
    fn without_a_base_only_what_is_absolute_is_asked() {
        let terms = Terms {
            fail_under: Some(900),
            fail_on: Some(Severity::Critical),
            fail_under_new: Some(1000),
            ..Terms::default()
        };
        let alone = Change {
            base: None,
            ..change(None)
        };
        let checks = judge(&report(Some(840)), &alone, &terms, &scene());
        let ids: Vec<&str> = checks.iter().map(|c| c.id).collect();
        assert_eq!(ids, ["policy", "complete", "fail-under", "fail-on"]);
        let checks = judge(&report(Some(840)), &change(None), &terms, &scene());
        insta::assert_snapshot!(said(&checks), @"
        ok   policy: there must be a policy: `policy.yaml` has 3 rules
        ok   complete: everything must be analysed: 3 files were
        FAIL fail-under: the score must be at least 90.0: it is 84.0
        ok   fail-on: no finding may be critical: there is no finding
        ok   fail-on-new: no new finding may be high or worse: there is no new finding
        ok   max-drop: the score may not drop: the base has nothing to govern
        ok   fail-under-new: of new and changed call sites 100.0 % must be governed: there are none
        ok   policy-looser: the policy may not let through what it held up: it does not
        ");
    }
}
