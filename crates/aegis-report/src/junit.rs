//! Test results as JUnit XML, in the dialect that CI systems agree on: valid against the schema of
//! Jenkins' xUnit plugin unless a case gives its file, which only GitLab reads.
//!
//! Of a report one suite stands for one file: its call sites are the test cases, named by what they
//! are and not by their line, so that their history goes on when code moves. A finding is a failure
//! of its call site, or a case of its own; a file that was not fully analysed is an error, what a
//! comment or a baseline suppressed is skipped. The checks of a gate are a suite of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use aegis_diag::{
    CallKind, CallSite, Check, Finding, Report, Skipped, Suppressed, SuppressedBy, Witness,
};

use crate::escape::xml;
use crate::{Options, clean, sarif::uri, words};

/// Some readers want a time (Surefire's schema, CircleCI). What is tested takes microseconds, and a
/// measured time would make two equal runs differ.
const TIME: &str = "0.000";

/// What became of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// As it should be.
    Passed,
    /// Not as it should be.
    Failed(Trouble),
    /// It could not be found out.
    Error(Trouble),
    /// It does not count.
    Skipped(String),
}

/// Why a case did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// A stable word for the sort of trouble, such as a rule id.
    pub kind: String,
    /// One line.
    pub message: String,
    /// Everything that is known, a line each.
    pub body: String,
}

/// One test case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its name, unique among those of its class.
    pub name: String,
    /// What it belongs to, such as a file.
    pub class: String,
    /// Path and 1-based line to write as attributes of the case; the schema of Jenkins has none.
    pub place: Option<(String, u32)>,
    /// What became of it.
    pub outcome: Outcome,
}

/// A suite of cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suite {
    /// Its name.
    pub name: String,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// How many cases there are, how many failed, how many are errors, how many were skipped.
fn counts<'a>(cases: impl IntoIterator<Item = &'a Case>) -> [usize; 4] {
    cases.into_iter().fold([0; 4], |[n, f, e, s], case| {
        let is = |b| usize::from(b);
        [
            n + 1,
            f + is(matches!(case.outcome, Outcome::Failed(_))),
            e + is(matches!(case.outcome, Outcome::Error(_))),
            s + is(matches!(case.outcome, Outcome::Skipped(_))),
        ]
    })
}

/// The suites as a document.
#[must_use]
pub fn document(name: &str, suites: &[Suite]) -> String {
    let [tests, failures, errors, _] = counts(suites.iter().flat_map(|s| &s.cases));
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let _ = writeln!(
        out,
        "<testsuites name=\"{}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" time=\"{TIME}\">",
        xml(name)
    );
    for suite in suites {
        write_suite(&mut out, suite);
    }
    out + "</testsuites>\n"
}

fn write_suite(out: &mut String, suite: &Suite) {
    let [tests, failures, errors, skipped] = counts(&suite.cases);
    let _ = writeln!(
        out,
        "  <testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\" time=\"{TIME}\">",
        xml(&suite.name),
    );
    for case in &suite.cases {
        write_case(out, case);
    }
    out.push_str("  </testsuite>\n");
}

fn write_case(out: &mut String, case: &Case) {
    let _ = write!(
        out,
        "    <testcase name=\"{}\" classname=\"{}\"",
        xml(&case.name),
        xml(&case.class)
    );
    if let Some((path, line)) = &case.place {
        let _ = write!(out, " file=\"{}\" line=\"{line}\"", xml(path));
    }
    let _ = write!(out, " time=\"{TIME}\"");
    let (element, trouble) = match &case.outcome {
        Outcome::Passed => return out.push_str("/>\n"),
        Outcome::Skipped(why) => {
            let _ = writeln!(
                out,
                ">\n      <skipped message=\"{}\"/>\n    </testcase>",
                xml(why)
            );
            return;
        }
        Outcome::Failed(trouble) => ("failure", trouble),
        Outcome::Error(trouble) => ("error", trouble),
    };
    let _ = writeln!(
        out,
        ">\n      <{element} message=\"{}\" type=\"{}\">{}</{element}>\n    </testcase>",
        xml(&trouble.message),
        xml(&trouble.kind),
        xml(&trouble.body)
    );
}

/// See the module.
pub(crate) fn render(report: &Report, options: &Options) -> String {
    let mut suites: Vec<Suite> = gate(report).into_iter().collect();
    let mut files = Files {
        options,
        cases: BTreeMap::new(),
        names: BTreeMap::new(),
    };
    files.findings(report);
    files.skipped(&report.skipped);
    suites.extend(files.suites());
    document("aegis", &suites)
}

/// The checks of a gate.
fn gate(report: &Report) -> Option<Suite> {
    let change = report.change.as_ref()?;
    let case = |check: &Check| {
        let message = clean::line(&check.message).into_owned();
        Case {
            name: check.id.to_owned(),
            class: "gate".to_owned(),
            place: None,
            outcome: match check.passed {
                true => Outcome::Passed,
                false => Outcome::Failed(Trouble {
                    kind: check.id.to_owned(),
                    body: message.clone(),
                    message,
                }),
            },
        }
    };
    Some(Suite {
        name: "gate".to_owned(),
        cases: change.checks.iter().map(case).collect(),
    })
}

/// A call site as a key: its place and what it is.
type Key<'a> = (&'a str, usize, usize, CallKind);

/// The call site that a finding is about.
fn about(finding: &Finding) -> Option<Key<'_>> {
    finding.site.as_deref().map(CallSite::sort_key)
}

/// Cases per file.
struct Files<'a> {
    options: &'a Options,
    cases: BTreeMap<String, Vec<Case>>,
    /// How often a file has a name.
    names: BTreeMap<(String, String), usize>,
}

impl Files<'_> {
    /// Adds a case; a second one of the same name in a file gets a number.
    fn add(&mut self, path: &str, name: &str, outcome: Outcome) {
        let path = clean::line(&uri::repository_path(&self.options.root, path)).into_owned();
        let name = clean::line(name).into_owned();
        let n = self.names.entry((path.clone(), name.clone())).or_insert(0);
        *n += 1;
        let name = match *n {
            1 => name,
            n => format!("{name} #{n}"),
        };
        self.cases.entry(path.clone()).or_default().push(Case {
            name,
            class: path,
            place: None,
            outcome,
        });
    }

    /// Call sites with what is said about them, and what is found beside them: in policies, about
    /// suppressions.
    fn findings(&mut self, report: &Report) {
        let mut outcomes: BTreeMap<Key<'_>, Outcome> = BTreeMap::new();
        let sites: BTreeSet<Key<'_>> = report.sites.iter().map(CallSite::sort_key).collect();
        let all = report.findings.iter().map(|f| (f, failed(f)));
        let suppressed = report.suppressed.iter().map(|s| (&s.finding, skipped(s)));
        let mut beside = Vec::new();
        for (finding, outcome) in all.chain(suppressed) {
            match about(finding).filter(|key| sites.contains(key)) {
                // What counts comes first and stays.
                Some(key) => drop(outcomes.entry(key).or_insert(outcome)),
                None => beside.push((finding, outcome)),
            }
        }
        for site in &report.sites {
            let outcome = outcomes.remove(&site.sort_key());
            let path = &site.span.file.path;
            self.add(path, &title(site), outcome.unwrap_or(Outcome::Passed));
        }
        for (finding, outcome) in beside {
            self.add(&finding.primary.span.file.path, &of_rule(finding), outcome);
        }
    }

    fn skipped(&mut self, skipped: &[Skipped]) {
        for skip in skipped {
            let message = clean::line(&format!("{} {}", skip.path, skip.reason)).into_owned();
            let trouble = Trouble {
                kind: skip.reason.code().to_owned(),
                body: message.clone(),
                message,
            };
            self.add(&skip.path, "is fully analysed", Outcome::Error(trouble));
        }
    }

    fn suites(self) -> impl Iterator<Item = Suite> {
        let suite = |(name, cases)| Suite { name, cases };
        self.cases.into_iter().map(suite)
    }
}

/// `chat.completions.create (openai) in desk.agent:answer`.
fn title(site: &CallSite) -> String {
    let what = match site.tool.as_ref().and_then(|tool| tool.name.as_deref()) {
        Some(tool) => format!("tool {tool}"),
        None => site.operation.clone(),
    };
    let scope = match site.scope.is_empty() {
        true => String::new(),
        false => format!(" in {}", site.scope),
    };
    format!("{what} ({}){scope}", site.framework)
}

fn of_rule(finding: &Finding) -> String {
    format!(
        "{} {}: {}",
        finding.rule.id, finding.rule.name, finding.message
    )
}

fn skipped(suppressed: &Suppressed) -> Outcome {
    let by = match suppressed.by {
        SuppressedBy::Comment => "a comment",
        SuppressedBy::Baseline => "the baseline",
    };
    let reason = suppressed.reason.as_deref();
    let reason = reason.map_or_else(String::new, |r| format!(": {}", clean::line(r)));
    Outcome::Skipped(format!(
        "{} suppressed by {by}{reason}",
        suppressed.finding.rule.id
    ))
}

fn failed(finding: &Finding) -> Outcome {
    let message = clean::line(&finding.message).into_owned();
    Outcome::Failed(Trouble {
        kind: finding.rule.id.to_owned(),
        message: format!("{}: {message}", finding.severity),
        body: body(finding),
    })
}

/// Everything that is known about a finding, a line each.
fn body(finding: &Finding) -> String {
    let labels = std::iter::once(&finding.primary).chain(&finding.related);
    let places = labels.map(|label| format!("{}: {}", label.span.locator(), label.text));
    let proof = finding.proof.as_deref();
    let witness = proof.and_then(|proof| proof.witnesses.first());
    let reproduce = |w: &Witness| format!("reproduce: {}", w.reproduce);
    let lines = std::iter::once(words::sentence(&words::capital(&finding.message)))
        .chain(places)
        .chain(finding.notes.iter().cloned())
        .chain(witness.map(reproduce))
        .chain(finding.help.iter().map(|help| format!("help: {help}")));
    let lines: Vec<String> = lines.map(|line| clean::block(&line)).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests;
