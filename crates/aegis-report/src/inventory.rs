//! The table of all call sites.

use aegis_diag::{CallSite, Report, Verdict};

use crate::clean;
use crate::paint::{Ink, Paint};
use crate::table::{Cell, Table};

/// Longest operation or tool name shown.
const NAME: usize = 44;

/// A heading, then per file its path and one line per call site. `None` without call sites.
pub(crate) fn render(report: &Report, paint: Paint) -> Option<String> {
    if report.sites.is_empty() {
        return None;
    }
    let mut table = Table::default();
    for site in &report.sites {
        table.row(row(site));
    }
    let mut out = vec![paint.bold("Call sites")];
    let mut path = None;
    for (site, line) in report.sites.iter().zip(table.lines(paint)) {
        if path != Some(&site.span.file.path) {
            path = Some(&site.span.file.path);
            out.push(paint.bold(&clean::line(&site.span.file.path)));
        }
        out.push(line);
    }
    Some(out.join("\n"))
}

fn row(site: &CallSite) -> Vec<Cell> {
    let place = site.span.start();
    let line = match place.cell {
        Some((cell, line)) => format!("cell {cell}:{line}"),
        None => place.line.to_string(),
    };
    let tool = site
        .tool
        .as_ref()
        .and_then(|tool| tool.name.as_deref())
        .unwrap_or("");
    vec![
        Cell::new(line).right().ink(Ink::Dim),
        Cell::new(site.kind.as_str()),
        Cell::new(clean::short(&site.framework, NAME)),
        Cell::new(clean::short(&site.operation, NAME)),
        mark(site.verdict),
        Cell::new(clean::short(tool, NAME)),
    ]
}

fn mark(verdict: Verdict) -> Cell {
    let text = match verdict {
        Verdict::Governed => "✓ governed",
        Verdict::Partly => "~ partly",
        Verdict::Ungoverned => "✗ ungoverned",
    };
    Cell::new(text).ink(Ink::of_verdict(verdict))
}
