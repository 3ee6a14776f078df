//! Markdown for a comment on a pull request or the summary of a job: verdict and score first, then
//! what is new and what got looser with how to mend it, the rest folded away.
//!
//! Text of scanned files goes through [`escape`](crate::escape), so that it cannot be markup, a
//! link or a mention. A comment has a limit: lists are cut from the end of the page, and every cut
//! says how much it left out.

mod page;
mod sections;

use aegis_diag::{Report, Severity, Span};

use self::page::Page;
use crate::{Options, escape, links};

/// Most characters of a page: GitHub refuses comments of more than 65,536, and whoever posts it
/// adds a line or two.
const LIMIT: usize = 60_000;

/// See the module.
pub(crate) fn render(report: &Report, options: &Options) -> String {
    let mut page = Page::default();
    sections::verdict(&mut page, report);
    sections::incomplete(&mut page, report);
    if report.change.is_some() {
        sections::looser(&mut page, report, options);
        sections::new_calls(&mut page, report, options);
        sections::new_others(&mut page, report, options);
        sections::fixed(&mut page, report);
        sections::old(&mut page, report, options);
    } else {
        sections::findings(&mut page, report, options);
    }
    sections::score(&mut page, report);
    sections::sites(&mut page, report);
    sections::end(&mut page, report, options);
    page.fit(LIMIT)
}

/// A place as code, without the column, and a link if there is an address for it.
fn place(span: &Span, options: &Options) -> String {
    let path = &span.file.path;
    let start = span.start();
    let text = match start.cell {
        Some((cell, line)) => format!("{path}:cell {cell}:{line}"),
        None => format!("{path}:{}", start.line),
    };
    linked(&text, links::of_span(span, options))
}

fn linked(text: &str, address: Option<String>) -> String {
    let text = escape::code(text);
    match address {
        Some(address) => format!("[{text}]({address})"),
        None => text,
    }
}

/// A severity with a mark that is seen at a glance.
fn severity(severity: Severity) -> String {
    let mark = match severity {
        Severity::Critical | Severity::High => "🔴",
        Severity::Medium => "🟠",
        Severity::Low | Severity::Info => "🔵",
    };
    format!("{mark} {severity}")
}

#[cfg(test)]
mod tests;
