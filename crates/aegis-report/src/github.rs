//! GitHub workflow commands: annotations on the pull request, worst first, and the summary.
//!
//! A step may make ten annotations of each level; what is over is counted in a closing notice.
//! Texts of scanned files cannot start a command of their own.

use aegis_diag::Report;

use crate::paint::Paint;
use crate::remark::{Loudness, Remark};
use crate::sarif::uri;
use crate::{Options, clean, summary, words};

/// Annotations per level and step, by GitHub's limit.
const PER_LEVEL: usize = 10;
/// One notice less: the last one is the closing notice.
const LEVELS: [(&str, Loudness, usize); 3] = [
    ("error", Loudness::Error, PER_LEVEL),
    ("warning", Loudness::Warning, PER_LEVEL),
    ("notice", Loudness::Note, PER_LEVEL - 1),
];

/// See the module.
pub(crate) fn render(report: &Report, options: &Options) -> String {
    let mut ranked: Vec<_> = report.findings.iter().collect();
    ranked.sort_by_key(|f| std::cmp::Reverse(f.severity));
    let title = |f: &aegis_diag::Finding| format!("{} {}", f.rule.id, f.rule.name);
    let remarks: Vec<_> = ranked.iter().map(|f| (title(f), (*f).into())).collect();
    let mut out = annotations(&remarks, options);
    out.extend(
        summary::lines(report, Paint { on: false })
            .iter()
            .map(|line| harmless(line)),
    );
    out.join("\n") + "\n"
}

/// See [`crate::remark::annotations`].
pub(crate) fn annotations(remarks: &[(String, Remark<'_>)], options: &Options) -> Vec<String> {
    let mut out = Vec::new();
    let mut hidden = Vec::new();
    for (level, loudness, most) in LEVELS {
        let of_level = || remarks.iter().filter(|(_, r)| r.loudness == loudness);
        out.extend(
            of_level()
                .take(most)
                .map(|(title, remark)| command(level, title, remark, options)),
        );
        if let Some(over) = of_level().count().checked_sub(most).filter(|n| *n > 0) {
            hidden.push(words::count(over, level, &format!("{level}s")));
        }
    }
    if !hidden.is_empty() {
        let hidden: Vec<_> = hidden.iter().map(String::as_str).collect();
        let what = words::list(&hidden, "and");
        out.push(format!(
            "::notice::{} not shown as annotations; see the full report",
            data(&what)
        ));
    }
    out
}

/// Columns are given only for a span on one line, as GitHub wants it, and never for notebooks,
/// whose lines are those of the JSON file.
fn command(level: &str, title: &str, remark: &Remark<'_>, options: &Options) -> String {
    let span = &remark.primary.span;
    let (start, end) = (span.start(), span.end());
    let path = uri::repository_path(&options.root, &span.file.path);
    let mut properties = vec![
        ("file", clean::line(&path).into_owned()),
        ("line", start.raw_line.to_string()),
        ("endLine", end.raw_line.max(start.raw_line).to_string()),
    ];
    if start.line == end.line && start.cell.is_none() {
        properties.push(("col", start.column_utf16.to_string()));
        properties.push(("endColumn", end.column_utf16.to_string()));
    }
    properties.push(("title", title.to_owned()));
    let properties: Vec<_> = properties.iter().map(|(k, v)| (*k, v.as_str())).collect();
    workflow_command(level, &properties, &message(remark))
}

fn message(remark: &Remark<'_>) -> String {
    let mut lines = vec![clean::line(remark.message).into_owned()];
    lines.extend(remark.notes.iter().map(|note| clean::block(note)));
    lines.extend(
        remark
            .help
            .iter()
            .map(|help| format!("help: {}", clean::block(help))),
    );
    if let Some((cell, line)) = remark.primary.span.start().cell {
        lines.push(format!("in cell {cell}, line {line}"));
    }
    lines.join("\n")
}

/// A workflow command: `::error file=a.py,line=3::message`. Properties and message are escaped; a
/// property without a value is left out.
#[must_use]
pub fn workflow_command(name: &str, properties: &[(&str, &str)], message: &str) -> String {
    let given = properties.iter().filter(|(_, value)| !value.is_empty());
    let properties: Vec<_> = given
        .map(|(key, value)| format!("{key}={}", property(value)))
        .collect();
    let gap = if properties.is_empty() { "" } else { " " };
    format!("::{name}{gap}{}::{}", properties.join(","), data(message))
}

/// Escapes the message of a command.
fn data(s: &str) -> String {
    s.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes a property of a command.
fn property(s: &str) -> String {
    data(s).replace(':', "%3A").replace(',', "%2C")
}

/// The line as one that the runner takes for no command: it looks for `::` at the start, white
/// space left out, and for `##[` anywhere.
#[must_use]
pub fn harmless(line: &str) -> String {
    let line = line.replace("##[", "## [");
    let text = line.trim_start();
    if !text.starts_with("::") {
        return line;
    }
    format!("{}./{text}", &" ".repeat(line.len() - text.len()))
}

#[cfg(test)]
mod tests {
    use aegis_diag::{Finding, Severity};

    use super::*;
    use crate::samples::{LLM, at, file, report};

    #[test]
    fn findings_become_annotations_and_the_summary_follows() {
        let options = Options {
            root: "apps".into(),
            ..Options::default()
        };
        insta::assert_snapshot!(render(&report(), &options), @"
        ::error file=apps/desk/agent.py,line=7,endLine=7,col=12,endColumn=42,title=AEG101 ungoverned-llm-call::OpenAI call is not governed%0Ano governor runs before it on this way%0Ahelp: call `aegis.auto_instrument()` before `answer` in desk/cli.py
        ::warning file=apps/desk/try.ipynb,line=31,endLine=31,title=AEG103 partly-governed::Anthropic call is partly governed%0Ain cell 3, line 2
        Scanned 214 files (31 parsed, 2.1 MB) in 48 ms
        2 files not fully analysed:
          desk/big.py is larger than 5000000 bytes
          desk/old.py has a syntax error on line 3; the rest was analysed
        7 files and folders excluded: .venv, node_modules and 5 more
        2 findings: 1 high, 1 medium
        3 call sites: 1 governed, 1 partly governed, 1 ungoverned (33.3% governed)
        1 finding suppressed
        ");
    }

    #[test]
    fn special_characters_are_escaped() {
        let source = file("a:b,c%.py", "call()");
        let finding =
            Finding::at(&LLM, at(&source, "call"), "50%, really: yes", "x").note("a\r\nb");
        insta::assert_snapshot!(command("error", "AEG101 ungoverned-llm-call", &(&finding).into(), &Options::default()), @"::error file=a%3Ab%2Cc%25.py,line=1,endLine=1,col=1,endColumn=5,title=AEG101 ungoverned-llm-call::50%25, really: yes%0Aa%0Ab");
    }

    #[test]
    fn the_worst_ten_of_a_level_are_shown_and_the_rest_is_counted() {
        let source = file("a.py", "call()");
        let finding = |n: usize, severity| {
            let mut finding = Finding::at(&LLM, at(&source, "call"), format!("finding {n}"), "");
            finding.severity = severity;
            finding
        };
        let severities = [
            Severity::High,
            Severity::Medium,
            Severity::Info,
            Severity::Critical,
        ];
        let findings = (0..48).map(|n| finding(n, severities[n % 4])).collect();
        let out = render(
            &Report {
                findings,
                ..Report::default()
            },
            &Options::default(),
        );
        let count = |start: &str| out.lines().filter(|line| line.starts_with(start)).count();
        assert_eq!((count("::error "), count("::warning ")), (10, 10));
        assert_eq!(count("::notice "), 9);
        assert!(
            out.starts_with("::error") && out.lines().take(10).all(|l| l.contains("::finding"))
        );
        let first = out.lines().next().unwrap();
        assert!(
            first.ends_with("::finding 3"),
            "a critical one comes first: {first}"
        );
        let notice = out
            .lines()
            .find(|line| line.starts_with("::notice::"))
            .unwrap();
        insta::assert_snapshot!(notice, @"::notice::14 errors, 2 warnings and 3 notices not shown as annotations; see the full report");
    }

    #[test]
    fn no_path_can_start_a_command() {
        let mut report = report();
        report.findings.clear();
        report.skipped[0].path = "::add-mask::x".into();
        report.skipped[1].path = "a\n::error::x ##[add-path]y".into();
        let out = render(&report, &Options::default());
        assert!(
            out.lines().all(|line| !line.trim_start().starts_with("::")),
            "{out}"
        );
        assert!(!out.contains("##["), "{out}");
    }
}
