//! Findings by module, each with its source line, the way to it, and how to mend it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use aegis_diag::{Finding, Proof, Report, Severity, Span};

use super::{chip, class, line, place};
use crate::{Options, clean, escape, rule_url, tally, words};

/// Findings shown; a page of more is of no use, and JSON has them all.
const MOST: usize = 2_000;
/// Modules that are open from the start.
const OPEN: usize = 12;
/// Longest source line shown, in characters.
const LINE: usize = 160;
/// Steps shown of a way.
const STEPS: usize = 30;

pub(super) fn render(out: &mut String, report: &Report, options: &Options) {
    *out += "<section id=\"findings\">\n<h2>Findings</h2>\n";
    if report.findings.is_empty() {
        let _ = writeln!(
            out,
            "<div class=\"card\">{}</div>",
            chip("good", "✓ no findings")
        );
    }
    let new = tally::new_findings(report);
    let mut modules: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in report.findings.iter().take(MOST) {
        let path = finding.primary.span.file.path.as_str();
        modules.entry(path).or_default().push(finding);
    }
    for (i, (path, findings)) in modules.iter().enumerate() {
        let open = if i < OPEN { " open" } else { "" };
        let _ = writeln!(
            out,
            "<details{open}><summary><span class=\"path\">{}</span>{}</summary><div class=\"body\">",
            escape::html(path),
            counts(findings)
        );
        for finding in findings {
            one(out, finding, new.as_ref(), options);
        }
        *out += "</div></details>\n";
    }
    if let Some(more) = report.findings.len().checked_sub(MOST).filter(|n| *n > 0) {
        let more = words::count(more, "more finding is", "more findings are");
        let _ = writeln!(
            out,
            "<p class=\"soft\">{more} not shown here; the JSON report has them all.</p>"
        );
    }
    *out += "</section>\n";
}

fn counts(findings: &[&Finding]) -> String {
    let mut out = String::new();
    for severity in Severity::ALL.into_iter().rev() {
        let n = findings.iter().filter(|f| f.severity == severity).count();
        if n > 0 {
            out += &chip(class(severity), &format!("{n} {severity}"));
        }
    }
    out
}

fn one(out: &mut String, finding: &Finding, new: Option<&BTreeSet<&str>>, options: &Options) {
    let is_new = new.is_some_and(|new| new.contains(&*finding.fingerprint));
    let id = finding.rule.id;
    let _ = write!(
        out,
        "<article><div class=\"head\">{} {}<a href=\"{}\">{id}</a> <span class=\"soft\">{}</span></div>\n<p>{}</p>\n",
        chip(class(finding.severity), finding.severity.as_str()),
        if is_new {
            chip("new", "new") + " "
        } else {
            String::new()
        },
        escape::html(&rule_url(id)),
        line(&finding.primary.span, options),
        escape::html_prose(&finding.message),
    );
    source(out, &finding.primary.span);
    if !finding.related.is_empty() {
        *out += "<ol class=\"soft\">";
        for label in finding.related.iter().take(STEPS) {
            let text = escape::html_prose(&label.text);
            let _ = write!(out, "<li>{} {text}</li>", place(&label.span, options));
        }
        *out += "</ol>\n";
    }
    for note in &finding.notes {
        let _ = writeln!(out, "<p class=\"soft\">{}</p>", escape::html_prose(note));
    }
    if let Some(proof) = &finding.proof {
        backing(out, proof);
    }
    if let Some(help) = &finding.help {
        let _ = writeln!(out, "<p class=\"fix\">{}</p>", escape::html_prose(help));
    }
    *out += "</article>\n";
}

/// The first line of a span with the span marked.
fn source(out: &mut String, span: &Span) {
    let (start, end) = (span.start(), span.end());
    let line = span.file.line(start.line).trim_end();
    if line.trim().is_empty() {
        return;
    }
    let text: Vec<char> = clean::source(line, usize::MAX).chars().collect();
    let indent = text.iter().take_while(|c| c.is_whitespace()).count();
    let first = (start.column.saturating_sub(1) as usize).min(text.len());
    let last = match end.line == start.line {
        true => (end.column.saturating_sub(1) as usize).clamp(first, text.len()),
        false => text.len(),
    };
    // A long line is shown around the span.
    let from = indent.min(first).max(first.saturating_sub(LINE / 2));
    let to = text.len().min(from + LINE).max(first);
    let piece = |a: usize, b: usize| -> String {
        let piece: String = text.get(a..b.max(a)).unwrap_or_default().iter().collect();
        escape::html_block(&piece)
    };
    let last = last.min(to);
    let dots = |cut: bool| if cut { "…" } else { "" };
    let _ = writeln!(
        out,
        "<pre><code><span class=\"n\">{} </span>{}{}<mark>{}</mark>{}{}</code></pre>",
        start.cell.map_or(start.line, |(_, line)| line),
        dots(from > indent),
        piece(from, first),
        piece(first, last),
        piece(last, to),
        dots(to < text.len()),
    );
}

/// What backs a finding about a policy.
fn backing(out: &mut String, proof: &Proof) {
    let _ = write!(out, "<p class=\"soft\">{}", certainty(proof));
    if let Some(expected) = &proof.expected {
        let _ = write!(out, "; expected: {}", escape::html_prose(expected));
    }
    *out += "</p>\n";
    for witness in proof.witnesses.iter().take(3) {
        let _ = write!(
            out,
            "<p><code>{}</code> is decided <b>{}</b>, risk {}</p>\n<pre><code>{}</code></pre>\n",
            escape::html(&witness.action),
            escape::html(witness.approval),
            escape::html(witness.risk),
            escape::html_block(&witness.reproduce)
        );
    }
}

fn certainty(proof: &Proof) -> String {
    let given: Vec<String> = proof
        .assumes
        .iter()
        .map(|a| escape::html_prose(a))
        .collect();
    match given.is_empty() {
        true => proof.certainty.as_str().to_owned(),
        false => format!("{}: {}", proof.certainty.as_str(), given.join("; ")),
    }
}
