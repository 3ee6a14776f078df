//! Test results for people, for GitHub and for programs.

use aegis_diag::{Label, Span};
use aegis_policy::decision::{Decider, Decision};
use aegis_policy::model::Rule;
use aegis_policy::policy::Policy;
use aegis_policy::suite::{Case, Coverage, Outcome, default_moment};
use aegis_report::paint::{Ink, Paint};
use aegis_report::remark::{Loudness, Remark, annotations, harmless};
use aegis_report::table::{Cell, Table};
use aegis_report::{Options, clean};
use serde::Serialize;
use serde_json::Value;

use super::{Ran, Tested};
use crate::output;
use crate::problems::{Place, file_and_line};
use crate::words;

/// How many rules without a case are listed.
const UNTRIED: usize = 20;

/// A case that failed, as it is shown.
pub(super) struct Failure {
    /// The 0-based number of the case in its suite.
    pub(super) case: usize,
    pub(super) message: String,
    /// What was expected, in words.
    pub(super) expected: String,
    /// What was expected first, and what came.
    pub(super) primary: Label,
    /// What else was expected, and the rule that decided.
    pub(super) related: Vec<Label>,
    /// Why the rule that was expected did not decide.
    pub(super) notes: Vec<String>,
    pub(super) help: Option<String>,
}

impl Failure {
    fn remark(&self) -> Remark<'_> {
        Remark {
            loudness: Loudness::Error,
            word: "failed",
            id: "case-failed",
            message: &self.message,
            primary: &self.primary,
            related: &self.related,
            notes: &self.notes,
            help: self.help.as_deref(),
        }
    }
}

/// The cases of a suite that failed, in order.
pub(super) fn failures(tested: &Tested, ran: &Ran) -> Vec<Failure> {
    let cases = ran.suite.cases.iter().zip(&ran.results.outcomes);
    cases
        .filter(|(_, outcome)| !outcome.passed())
        .map(|(case, outcome)| failure(&tested.policy, case, outcome))
        .collect()
}

fn failure(policy: &Policy, case: &Case, outcome: &Outcome) -> Failure {
    let rule = deciding(policy, &outcome.decision);
    let Decision { approval, risk, .. } = outcome.decision;
    let decider = match (rule, outcome.decision.by) {
        (Some(rule), _) => format!("rule `{}`", rule.name.value),
        (None, Decider::Language) => "the language, as the action has no type".to_owned(),
        (None, _) => "the defaults".to_owned(),
    };
    let labels = outcome.mismatches.iter().map(|mismatch| {
        let expect = &case.expect;
        let span = match mismatch.what {
            "approval" => expect.approval.as_ref().and_then(|l| l.span.clone()),
            "risk" => expect.risk.as_ref().and_then(|l| l.span.clone()),
            _ => expect.rule.as_ref().and_then(|l| l.span.clone()),
        };
        Label {
            span: span.unwrap_or_else(|| case.span.clone()),
            text: match (mismatch.what, mismatch.found.as_str()) {
                ("rule", "null") => "no rule decides".to_owned(),
                (_, found) => format!("it is {found}"),
            },
        }
    });
    let mut labels = labels.collect::<Vec<_>>().into_iter();
    let primary = labels.next().unwrap_or_else(|| Label {
        span: case.span.clone(),
        text: String::new(),
    });
    let mut related: Vec<Label> = labels.collect();
    related.extend(rule.and_then(|rule| place(rule)).map(|span| Label {
        span: span.clone(),
        text: "this rule decides".to_owned(),
    }));
    Failure {
        case: outcome.case,
        message: format!(
            "`{}`: `{}` gets {approval}, risk {risk}, from {decider}",
            outcome.name, case.action
        ),
        expected: expected(outcome),
        primary,
        related,
        notes: notes(policy, case, outcome),
        help: outcome.mismatches.iter().find_map(|m| m.help.clone()),
    }
}

/// What a case expects and does not get: `expected approval block, rule no_deletes`.
fn expected(outcome: &Outcome) -> String {
    let each = outcome
        .mismatches
        .iter()
        .map(|m| format!("{} {}", m.what, m.expected));
    format!("expected {}", each.collect::<Vec<_>>().join(", "))
}

/// Why the expected rule did not decide, and what the clock showed.
fn notes(policy: &Policy, case: &Case, outcome: &Outcome) -> Vec<String> {
    let at = case.at.unwrap_or_else(default_moment);
    let why = policy.explain(&case.action, at);
    let wanted = case.expect.rule.as_ref().and_then(|l| l.value.as_deref());
    let wanted = wanted.filter(|_| outcome.mismatches.iter().any(|m| m.what == "rule"));
    let passed_over = why
        .earlier
        .iter()
        .find(|earlier| Some(earlier.rule.name.as_str()) == wanted)
        .map(|e| format!("rule `{}` does not decide: {}", e.rule.name, e.because));
    let behind = || {
        let wanted = policy
            .checked()
            .rules()
            .iter()
            .find(|r| Some(&*r.name.value) == wanted)?;
        Some(format!(
            "rule `{}` stands behind the one that decides",
            wanted.name.value
        ))
    };
    // Where the case says when, the time is part of the reason.
    let clock = why.clock.filter(|_| case.at.is_some());
    let clock = clock.map(|clock| format!("the clock shows {clock}"));
    passed_over
        .or_else(behind)
        .into_iter()
        .chain(clock)
        .collect()
}

fn deciding<'p>(policy: &'p Policy, decision: &Decision) -> Option<&'p Rule> {
    match decision.by {
        Decider::Rule(number) => policy.rule(number),
        Decider::Default | Decider::Language => None,
    }
}

fn place(rule: &Rule) -> Option<&Span> {
    rule.name.span.as_ref().or(rule.span.as_ref())
}

/// The failures with their source, the rules that no case tries, and a line for each suite.
pub(super) fn text(tested: &[Tested], quiet: bool, look: &Options) -> String {
    let paint = Paint { on: look.color };
    let mut parts = Vec::new();
    for t in tested {
        for ran in &t.suites {
            let drawn = failures(t, ran);
            parts.extend(drawn.iter().map(|f| f.remark().snippet(look)));
        }
    }
    if !quiet {
        parts.extend(tested.iter().filter_map(|t| untried(t, paint)));
        parts.push(summary(tested, paint).join("\n"));
    }
    if parts.is_empty() {
        return String::new();
    }
    parts.join("\n\n") + "\n"
}

/// The failures as annotations, then the summary.
pub(super) fn github(tested: &[Tested], quiet: bool, look: &Options) -> String {
    let all = tested
        .iter()
        .flat_map(|t| t.suites.iter().flat_map(|ran| failures(t, ran)));
    // An annotation shows no source, so what was expected is said.
    let all = all.map(|mut failure| {
        failure.notes.insert(0, failure.expected.clone());
        failure
    });
    let all: Vec<Failure> = all.collect();
    let remarks = all.iter().map(|f| ("case-failed".to_owned(), f.remark()));
    let mut lines = annotations(remarks, look);
    if !quiet {
        let plain = summary(tested, Paint { on: false });
        lines.extend(plain.iter().map(|line| harmless(line)));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// The rules of a policy that decide no case.
fn untried(tested: &Tested, paint: Paint) -> Option<String> {
    let untried = tested.coverage().untried();
    if untried.is_empty() {
        return None;
    }
    let title = format!(
        "{} of {} {} no case",
        words::count(untried.len(), "rule", "rules"),
        clean::line(&tested.path),
        if untried.len() == 1 {
            "decides"
        } else {
            "decide"
        }
    );
    let mut table = Table::default();
    for rule in untried
        .iter()
        .take(UNTRIED)
        .filter_map(|n| tested.policy.rule(*n))
    {
        table.row(vec![
            Cell::new(clean::line(&rule.name.value)),
            Cell::new(place(rule).map(file_and_line).unwrap_or_default()).ink(Ink::Calm),
        ]);
    }
    let mut lines = vec![paint.bold(&title)];
    lines.extend(table.lines(paint));
    if let Some(more) = untried.len().checked_sub(UNTRIED).filter(|n| *n > 0) {
        lines.push(format!("  and {more} more; `--format json` has all"));
    }
    Some(lines.join("\n"))
}

/// A line for each suite, and the share of the rules that decide a case.
fn summary(tested: &[Tested], paint: Paint) -> Vec<String> {
    let mut table = Table::default();
    for t in tested {
        for ran in &t.suites {
            let (n, failed) = (ran.results.outcomes.len(), ran.results.failed());
            let (mark, ink) = match failed {
                0 => ("✓", Ink::Good),
                _ => ("✗", Ink::Bad),
            };
            let verdict = match failed {
                0 => format!("{} passed", words::count(n, "case", "cases")),
                _ => format!("{failed} of {} failed", words::count(n, "case", "cases")),
            };
            table.row(vec![
                Cell::new(mark).ink(ink),
                Cell::new(clean::line(&ran.path)),
                Cell::new(verdict).ink(ink),
                Cell::new(if t.suites.len() == 1 {
                    covered(&t.coverage())
                } else {
                    String::new()
                }),
            ]);
        }
        if t.suites.len() > 1 {
            let all = Cell::new(format!("all of {}", clean::line(&t.path)));
            table.row(vec![
                Cell::new(""),
                all.ink(Ink::Dim),
                Cell::new(""),
                Cell::new(covered(&t.coverage())),
            ]);
        }
    }
    let mut lines = table.lines(paint);
    if tested.iter().map(|t| t.suites.len()).sum::<usize>() > 1 {
        let cases = tested.iter().map(Tested::cases).sum();
        let failed: usize = tested.iter().map(Tested::failed).sum();
        lines.push(String::new());
        lines.push(match failed {
            0 => format!("{} passed", words::count(cases, "case", "cases")),
            _ => format!(
                "{failed} of {} failed",
                words::count(cases, "case", "cases")
            ),
        });
    }
    lines
}

/// `8 of 9 rules decide a case (88%)`.
fn covered(coverage: &Coverage) -> String {
    match coverage.percent() {
        None => "no rules".to_owned(),
        Some(percent) => format!(
            "{} of {} rules tried ({percent}%)",
            coverage.tried(),
            coverage.rules.len()
        ),
    }
}

/// The whole document; see docs/policy-commands.md.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    head: output::Head,
    passed: bool,
    summary: Summary,
    policies: Vec<PolicyRecord<'a>>,
}

#[derive(Serialize)]
struct Summary {
    cases: usize,
    passed: usize,
    failed: usize,
}

#[derive(Serialize)]
struct PolicyRecord<'a> {
    path: &'a str,
    coverage: CoverageRecord<'a>,
    suites: Vec<SuiteRecord<'a>>,
}

#[derive(Serialize)]
struct CoverageRecord<'a> {
    rules: usize,
    tried: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<u8>,
    default_cases: usize,
    by_rule: Vec<RuleRecord<'a>>,
}

#[derive(Serialize)]
struct RuleRecord<'a> {
    rule: &'a str,
    #[serde(flatten)]
    at: Option<Place<'a>>,
    cases: usize,
}

#[derive(Serialize)]
struct SuiteRecord<'a> {
    path: &'a str,
    cases: Vec<CaseRecord<'a>>,
}

#[derive(Serialize)]
struct CaseRecord<'a> {
    name: &'a str,
    line: u32,
    passed: bool,
    approval: &'static str,
    risk: &'static str,
    rule: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mismatches: Vec<MismatchRecord<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

#[derive(Serialize)]
struct MismatchRecord<'a> {
    part: &'static str,
    expected: Value,
    found: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
}

/// The results for programs.
pub(super) fn json(tested: &[Tested]) -> anyhow::Result<String> {
    let cases: usize = tested.iter().map(Tested::cases).sum();
    let failed: usize = tested.iter().map(Tested::failed).sum();
    output::json(&Document {
        head: output::Head::new("aegis/test"),
        passed: failed == 0,
        summary: Summary {
            cases,
            passed: cases - failed,
            failed,
        },
        policies: tested.iter().map(policy_record).collect(),
    })
}

fn policy_record(t: &Tested) -> PolicyRecord<'_> {
    let coverage = t.coverage();
    let rules = t.policy.checked().rules();
    PolicyRecord {
        path: &t.path,
        coverage: CoverageRecord {
            rules: rules.len(),
            tried: coverage.tried(),
            percent: coverage.percent(),
            default_cases: coverage.default,
            by_rule: rules
                .iter()
                .zip(&coverage.rules)
                .map(|(rule, cases)| RuleRecord {
                    rule: &rule.name.value,
                    at: place(rule).map(Place::of),
                    cases: *cases,
                })
                .collect(),
        },
        suites: t.suites.iter().map(|ran| suite_record(t, ran)).collect(),
    }
}

fn suite_record<'a>(t: &'a Tested, ran: &'a Ran) -> SuiteRecord<'a> {
    let cases = ran.suite.cases.iter().zip(&ran.results.outcomes);
    SuiteRecord {
        path: &ran.path,
        cases: cases
            .map(|(case, outcome)| CaseRecord {
                name: &outcome.name,
                line: case.span.start().line,
                passed: outcome.passed(),
                approval: outcome.decision.approval.as_str(),
                risk: outcome.decision.risk.as_str(),
                rule: outcome.rule.as_deref(),
                mismatches: outcome
                    .mismatches
                    .iter()
                    .map(|m| MismatchRecord {
                        part: m.what,
                        expected: word(m.what, &m.expected),
                        found: word(m.what, &m.found),
                        help: m.help.as_deref(),
                    })
                    .collect(),
                notes: match outcome.passed() {
                    true => Vec::new(),
                    false => notes(&t.policy, case, outcome),
                },
            })
            .collect(),
    }
}

/// No rule is `null`.
fn word(part: &str, text: &str) -> Value {
    match (part, text) {
        ("rule", "null") => Value::Null,
        _ => text.into(),
    }
}
