//! Annotations: what is said about lines. By workflow command they need no token, but a step may
//! make ten of each level only, so they are ranked and what is left out is counted.

use std::io::{self, Write};

use aegis_diag::Severity;
use aegis_report::github::workflow_command;
use aegis_report::{clean, words};

use super::Done;
use crate::limits::ANNOTATIONS_PER_LEVEL;
use crate::notice::Level;
use crate::report::{Finding, Report};

/// Something said about lines of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// How loud.
    pub level: Level,
    /// In a few words.
    pub title: String,
    /// What is said.
    pub message: String,
    /// Relative to the root of the repository.
    pub path: String,
    /// 1-based line of the file on disk.
    pub line: u32,
    /// Its last line.
    pub end_line: u32,
    /// Columns, for what lies on one line: 1-based, the end exclusive.
    pub columns: Option<(u32, u32)>,
}

/// Every annotation of a report, the most important first: what the policy lets through now, then
/// new findings, worst first, then known ones. Only what is new may be loud.
#[must_use]
pub fn ranked(report: &Report, root: &str) -> Vec<Annotation> {
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|f| (f.new == Some(false), std::cmp::Reverse(f.severity)));
    let looser = report.change.iter().flat_map(|change| &change.looser);
    let looser = looser.filter_map(|l| loosening(&l.summary, l.place.as_deref()?, root));
    let findings = findings
        .into_iter()
        .map(|finding| of_finding(finding, root));
    looser.chain(findings).collect()
}

fn loosening(summary: &str, place: &str, root: &str) -> Option<Annotation> {
    let (path, line) = place.rsplit_once(':')?;
    let line = line.parse().ok().filter(|line| *line > 0)?;
    Some(Annotation {
        level: Level::Error,
        title: "Policy is looser".to_owned(),
        message: clean::block(summary),
        path: repository_path(root, path),
        line,
        end_line: line,
        columns: None,
    })
}

fn of_finding(finding: &Finding, root: &str) -> Annotation {
    let at = &finding.location;
    let level = match finding.severity {
        _ if finding.new == Some(false) => Level::Notice,
        Severity::Critical | Severity::High => Level::Error,
        Severity::Medium => Level::Warning,
        Severity::Low | Severity::Info => Level::Notice,
    };
    let one_line = at.line == at.end_line && at.cell.is_none();
    Annotation {
        level,
        title: clean::line(&format!("{} {}", finding.rule.id, finding.rule.name)).into_owned(),
        message: message(finding),
        path: repository_path(root, &at.path),
        line: at.raw_line,
        // Lines of a notebook are those of its JSON text, of which only the first is known.
        end_line: if at.cell.is_some() {
            at.raw_line
        } else {
            at.end_line.max(at.raw_line)
        },
        columns: one_line.then_some((at.column, at.end_column)),
    }
}

fn message(finding: &Finding) -> String {
    let mut lines = vec![clean::line(&finding.message).into_owned()];
    if finding.new == Some(false) {
        lines.push("known before this change".to_owned());
    }
    lines.extend(finding.notes.iter().map(|note| clean::block(note)));
    lines.extend(
        finding
            .help
            .iter()
            .map(|help| format!("help: {}", clean::block(help))),
    );
    if let Some(cell) = finding.location.cell {
        lines.push(format!("in cell {cell}"));
    }
    lines.join("\n")
}

/// A path as GitHub wants it: from the root of the repository, with `/`.
fn repository_path(root: &str, path: &str) -> String {
    let path = clean::line(path).replace('\\', "/");
    let whole = if root.is_empty() {
        path
    } else {
        format!("{root}/{path}")
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            // Above the root there is nothing to point at; such a step is kept as it is.
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Writes workflow commands for the first ten of each level.
///
/// # Errors
///
/// If the log cannot be written to.
pub fn write(annotations: &[Annotation], out: &mut dyn Write) -> io::Result<Done> {
    let mut hidden = Vec::new();
    for level in [Level::Error, Level::Warning, Level::Notice] {
        // Errors and notices have one line each for the verdict and for notices of the run.
        let most = match level {
            Level::Error => ANNOTATIONS_PER_LEVEL - 1,
            Level::Warning => ANNOTATIONS_PER_LEVEL,
            Level::Notice => ANNOTATIONS_PER_LEVEL / 2,
        };
        let of_level: Vec<_> = annotations.iter().filter(|a| a.level == level).collect();
        for annotation in of_level.iter().take(most) {
            writeln!(out, "{}", command(annotation))?;
        }
        if let Some(over) = of_level.len().checked_sub(most).filter(|n| *n > 0) {
            let word = level.as_str();
            hidden.push(words::count(over, word, &format!("{word}s")));
        }
    }
    if hidden.is_empty() {
        return Ok(Done::Shown(None));
    }
    let hidden: Vec<_> = hidden.iter().map(String::as_str).collect();
    let what = words::list(&hidden, "and");
    Ok(Done::Shown(Some(format!(
        "{what} not shown as annotations, of which a step may make ten of each level; the step summary has all"
    ))))
}

fn command(annotation: &Annotation) -> String {
    let numbers = |n: u32| n.to_string();
    let (start, end) = annotation
        .columns
        .map_or_else(Default::default, |(start, end)| {
            (numbers(start), numbers(end))
        });
    let properties = [
        ("file", annotation.path.as_str()),
        ("line", &numbers(annotation.line)),
        ("endLine", &numbers(annotation.end_line)),
        ("col", &start),
        ("endColumn", &end),
        ("title", &annotation.title),
    ];
    workflow_command(annotation.level.as_str(), &properties, &annotation.message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::report::tests::{document, finding, report};

    fn lines(document: &serde_json::Value) -> (Vec<String>, Done) {
        let mut out = Vec::new();
        let done = write(&ranked(&report(document), "apps"), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        (text.lines().map(str::to_owned).collect(), done)
    }

    #[test]
    fn new_findings_come_first_and_known_ones_are_quiet() {
        let mut document = document(&[
            finding("critical", "old.py", 3, false),
            finding("medium", "b.py", 7, true),
            finding("high", "./a%.py", 9, true),
        ]);
        document["change"]["looser"] = json!([
            {"summary": "deletes run unattended", "place": "policy.yaml:12"},
            {"summary": "nowhere", "place": null},
        ]);
        let (lines, done) = lines(&document);
        assert_eq!(done, Done::Shown(None));
        insta::assert_snapshot!(lines.join("\n"), @"
        ::error file=apps/policy.yaml,line=12,endLine=12,title=Policy is looser::deletes run unattended
        ::error file=apps/a%25.py,line=9,endLine=9,col=5,endColumn=9,title=AEG101 ungoverned-llm-call::OpenAI call is not governed%0Ahelp: call `aegis.auto_instrument()` first
        ::warning file=apps/b.py,line=7,endLine=7,col=5,endColumn=9,title=AEG101 ungoverned-llm-call::OpenAI call is not governed%0Ahelp: call `aegis.auto_instrument()` first
        ::notice file=apps/old.py,line=3,endLine=3,col=5,endColumn=9,title=AEG101 ungoverned-llm-call::OpenAI call is not governed%0Aknown before this change%0Ahelp: call `aegis.auto_instrument()` first
        ");
    }

    #[test]
    fn no_more_than_a_step_may_make_and_the_rest_is_counted() {
        let mut findings: Vec<_> = (1..30).map(|n| finding("high", "a.py", n, true)).collect();
        findings.extend((1..14).map(|n| finding("medium", "b.py", n, true)));
        findings.push(finding("critical", "z.py", 1, true));
        let (lines, done) = lines(&document(&findings));
        let count = |start: &str| lines.iter().filter(|line| line.starts_with(start)).count();
        assert_eq!((count("::error "), count("::warning ")), (9, 10));
        assert!(
            lines[0].contains("file=apps/z.py"),
            "the critical one is first"
        );
        let Done::Shown(Some(said)) = done else {
            panic!("{done:?}")
        };
        insta::assert_snapshot!(said, @"21 errors and 3 warnings not shown as annotations, of which a step may make ten of each level; the step summary has all");
    }

    #[test]
    fn a_hostile_name_starts_no_command() {
        let mut odd = finding("high", "a\n::set-output name=x::y.py", 1, true);
        odd["message"] = json!("x\r\n::add-mask::y");
        let (lines, _) = lines(&document(&[odd]));
        assert_eq!(lines.len(), 1, "{lines:?}");
    }

    #[test]
    fn paths_are_those_of_the_repository() {
        assert_eq!(repository_path("apps/desk", "../lib/a.py"), "apps/lib/a.py");
        assert_eq!(repository_path("", "./src\\a.py"), "src/a.py");
    }
}
