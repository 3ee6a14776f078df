//! One HTML file: score dial, verdict, findings by module, a table of all call sites with filters.
//!
//! It holds all it needs and asks the network for nothing. Text of scanned files is escaped, and
//! should that ever fail, the page's own content security policy lets nothing run or load but the
//! style and the script below, by their hashes.

mod findings;
mod gate;
mod head;
mod sites;

use std::fmt::Write;

use aegis_diag::{Report, Severity, Span, Tenths, Verdict};

use crate::{Options, escape, links};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// The policy with the hashes of the two; a test makes it.
const POLICY: &str = include_str!("policy.txt");

/// See the module.
pub(crate) fn render(report: &Report, options: &Options) -> String {
    let mut out = String::new();
    begin(&mut out, report);
    head::render(&mut out, report);
    out += "<main>\n";
    gate::render(&mut out, report, options);
    findings::render(&mut out, report, options);
    sites::render(&mut out, report, options);
    head::score(&mut out, report);
    head::skipped(&mut out, report);
    out += "</main>\n";
    end(&mut out, options);
    out
}

fn begin(out: &mut String, report: &Report) {
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>Aegis: {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
        POLICY.trim_end(),
        escape::html(&head::title(report)),
    );
}

fn end(out: &mut String, options: &Options) {
    let _ = write!(
        out,
        "<footer>Made by <a href=\"{}\">Aegis</a> {}. Nothing in this page is loaded from elsewhere.</footer>\n\
         <script>{SCRIPT}</script>\n</body>\n</html>\n",
        crate::REPOSITORY,
        escape::html(&options.tool_version)
    );
}

/// A place as code, and a link if there is an address for it.
fn place(span: &Span, options: &Options) -> String {
    linked(&span.locator(), links::of_span(span, options))
}

/// A place in a file that is named already.
fn line(span: &Span, options: &Options) -> String {
    let text = match span.start().cell {
        Some((cell, line)) => format!("cell {cell}, line {line}"),
        None => format!("line {}", span.start().line),
    };
    match links::of_span(span, options) {
        Some(address) => format!("<a href=\"{}\">{text}</a>", escape::html(&address)),
        None => text,
    }
}

fn linked(text: &str, address: Option<String>) -> String {
    let text = format!("<code>{}</code>", escape::html(text));
    match address {
        Some(address) => format!("<a href=\"{}\">{text}</a>", escape::html(&address)),
        None => text,
    }
}

/// A small coloured label.
fn chip(class: &str, text: &str) -> String {
    format!("<span class=\"chip {class}\">{text}</span>")
}

/// The class of a severity.
fn class(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "bad",
        Severity::Medium => "doubtful",
        Severity::Low | Severity::Info => "calm",
    }
}

/// A verdict as a label; the mark tells it without colours.
fn verdict(verdict: Verdict) -> String {
    match verdict {
        Verdict::Governed => chip("good", "✓ governed"),
        Verdict::Partly => chip("doubtful", "~ partly governed"),
        Verdict::Ungoverned => chip("bad", "✗ ungoverned"),
    }
}

/// The class of a score.
fn class_of_score(score: Tenths) -> &'static str {
    match score {
        800.. => "good",
        500..800 => "doubtful",
        _ => "bad",
    }
}

fn tenths(n: Tenths) -> String {
    format!("{}.{}", n / 10, n % 10)
}

#[cfg(test)]
mod tests;
