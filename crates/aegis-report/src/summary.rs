//! The last lines of a report for people: what was looked at, what was not, and what came out.

use aegis_diag::{Report, Severity, Verdict};

use crate::paint::{Ink, Paint};
use crate::{clean, words};

/// How many paths are listed before the rest is only counted.
const PATHS: usize = 10;
/// How many excluded trees are named.
const NAMES: usize = 5;

/// The summary, one line each.
pub(crate) fn lines(report: &Report, paint: Paint) -> Vec<String> {
    let mut out = vec![scanned(report)];
    out.extend(alone(report));
    out.extend(skipped(report, paint));
    out.extend(excluded(report));
    out.extend(findings(report, paint));
    out.push(sites(report, paint));
    if !report.suppressed.is_empty() {
        let n = words::count(report.suppressed.len(), "finding", "findings");
        out.push(format!("{n} suppressed"));
    }
    out
}

fn scanned(report: &Report) -> String {
    let files = &report.files;
    let mut line = format!("Scanned {}", words::count(files.analysed, "file", "files"));
    if files.analysed > 0 {
        line += &format!(" ({} parsed, {})", files.parsed, words::size(files.bytes));
    }
    if let Some(elapsed) = report.elapsed {
        line += &format!(" in {}", words::time(elapsed));
    }
    line
}

/// Verdicts of these files rest on less than the others do, so it is said.
fn alone(report: &Report) -> Option<String> {
    let n = report.files.alone;
    (n > 0).then(|| {
        let files = words::count(n, "file", "files");
        format!(
            "{files} judged by their own imports only (installed packages or a collection of SDKs)"
        )
    })
}

fn skipped(report: &Report, paint: Paint) -> Vec<String> {
    let total = report.skipped.len();
    if total == 0 {
        return Vec::new();
    }
    let head = format!(
        "{} not fully analysed:",
        words::count(total, "file", "files")
    );
    let mut out = vec![paint.ink(Ink::Doubtful, &head)];
    out.extend(report.skipped.iter().take(PATHS).map(|skip| {
        format!(
            "  {} {}",
            clean::line(&skip.path),
            clean::line(&skip.reason.to_string())
        )
    }));
    if total > PATHS {
        out.push(format!("  and {} more", total - PATHS));
    }
    out
}

fn excluded(report: &Report) -> Option<String> {
    let total = report.files.excluded.max(report.excluded.len());
    if total == 0 {
        return None;
    }
    let shown: Vec<_> = report
        .excluded
        .iter()
        .take(NAMES)
        .map(|name| clean::line(name))
        .collect();
    let mut names: Vec<&str> = shown.iter().map(AsRef::as_ref).collect();
    let more = format!("{} more", total - names.len());
    if total > names.len() && !names.is_empty() {
        names.push(&more);
    }
    let what = words::count(total, "file or folder", "files and folders");
    let colon = if names.is_empty() { "" } else { ": " };
    Some(format!(
        "{what} excluded{colon}{}",
        words::list(&names, "and")
    ))
}

fn findings(report: &Report, paint: Paint) -> Option<String> {
    if report.findings.is_empty() {
        return (!report.sites.is_empty()).then(|| "No findings".to_owned());
    }
    let counts: Vec<_> = Severity::ALL
        .into_iter()
        .rev()
        .map(|severity| {
            (
                severity,
                report
                    .findings
                    .iter()
                    .filter(|f| f.severity == severity)
                    .count(),
            )
        })
        .filter(|(_, n)| *n > 0)
        .map(|(severity, n)| paint.ink(Ink::of(severity), &format!("{n} {severity}")))
        .collect();
    let total = words::count(report.findings.len(), "finding", "findings");
    Some(format!("{total}: {}", counts.join(", ")))
}

fn sites(report: &Report, paint: Paint) -> String {
    let total = report.sites.len();
    if total == 0 {
        return "No AI call sites found".to_owned();
    }
    let counts: Vec<_> = [Verdict::Governed, Verdict::Partly, Verdict::Ungoverned]
        .into_iter()
        .map(|verdict| {
            let n = report.count(verdict);
            let ink = if n == 0 {
                Ink::Plain
            } else {
                Ink::of_verdict(verdict)
            };
            paint.ink(ink, &format!("{n} {}", verdict.as_str()))
        })
        .collect();
    format!(
        "{}: {} ({} governed)",
        paint.bold(&words::count(total, "call site", "call sites")),
        counts.join(", "),
        words::percent(report.count(Verdict::Governed), total)
    )
}

#[cfg(test)]
mod tests {
    use aegis_diag::{FileStats, SkipReason, Skipped};

    use super::*;
    use crate::samples;

    fn text(report: &Report) -> String {
        lines(report, Paint { on: false }).join("\n")
    }

    #[test]
    fn one_of_each_is_singular_and_long_lists_are_cut() {
        let skip = |n| Skipped {
            path: format!("f{n}.py"),
            reason: SkipReason::Link,
        };
        let mut report = samples::report();
        report.files = FileStats {
            analysed: 1,
            parsed: 1,
            alone: 2,
            bytes: 1,
            excluded: 1,
        };
        report.excluded = vec!["build".into()];
        report.findings.truncate(1);
        report.sites.truncate(1);
        report.skipped = (0..13).map(skip).collect();
        insta::assert_snapshot!(text(&report), @"
        Scanned 1 file (1 parsed, 1 byte) in 48 ms
        2 files judged by their own imports only (installed packages or a collection of SDKs)
        13 files not fully analysed:
          f0.py is a symbolic link that leads nowhere or back to itself
          f1.py is a symbolic link that leads nowhere or back to itself
          f2.py is a symbolic link that leads nowhere or back to itself
          f3.py is a symbolic link that leads nowhere or back to itself
          f4.py is a symbolic link that leads nowhere or back to itself
          f5.py is a symbolic link that leads nowhere or back to itself
          f6.py is a symbolic link that leads nowhere or back to itself
          f7.py is a symbolic link that leads nowhere or back to itself
          f8.py is a symbolic link that leads nowhere or back to itself
          f9.py is a symbolic link that leads nowhere or back to itself
          and 3 more
        1 file or folder excluded: build
        1 finding: 1 high
        1 call site: 0 governed, 0 partly governed, 1 ungoverned (0.0% governed)
        1 finding suppressed
        ");
        report.excluded = (0..9).map(|n| format!("tree{n}")).collect();
        report.skipped.truncate(1);
        insta::assert_snapshot!(text(&report), @"
        Scanned 1 file (1 parsed, 1 byte) in 48 ms
        2 files judged by their own imports only (installed packages or a collection of SDKs)
        1 file not fully analysed:
          f0.py is a symbolic link that leads nowhere or back to itself
        9 files and folders excluded: tree0, tree1, tree2, tree3, tree4 and 4 more
        1 finding: 1 high
        1 call site: 0 governed, 0 partly governed, 1 ungoverned (0.0% governed)
        1 finding suppressed
        ");
    }

    #[test]
    fn all_governed_says_so() {
        let mut report = samples::report();
        report.findings.clear();
        report.suppressed.clear();
        report.skipped.clear();
        report.excluded.clear();
        report.files.excluded = 0;
        for site in &mut report.sites {
            site.verdict = Verdict::Governed;
        }
        insta::assert_snapshot!(text(&report), @"
        Scanned 214 files (31 parsed, 2.1 MB) in 48 ms
        No findings
        3 call sites: 3 governed, 0 partly governed, 0 ungoverned (100.0% governed)
        ");
    }
}
