//! Counts per rule, per framework and per kind.

use aegis_diag::{Report, Severity};

use crate::clean;
use crate::paint::{Ink, Paint};
use crate::table::{Cell, Table};
use crate::tally::{self, Tally};

/// Up to three tables, each with a heading. `None` when there is nothing to count.
pub(crate) fn render(report: &Report, paint: Paint) -> Option<String> {
    let mut parts = Vec::new();
    if !report.findings.is_empty() {
        parts.push(rules(report, paint));
    }
    if !report.sites.is_empty() {
        let kinds = tally::by_kind(report);
        let kinds = kinds.iter().filter(|(_, tally)| tally.total > 0);
        let frameworks = tally::by_framework(report);
        let frameworks = frameworks
            .iter()
            .map(|(name, tally)| (clean::short(name, 44), *tally));
        parts.push(verdicts("Frameworks", frameworks, paint));
        parts.push(verdicts(
            "Kinds",
            kinds.map(|(kind, t)| (kind.to_string(), *t)),
            paint,
        ));
    }
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}

fn rules(report: &Report, paint: Paint) -> String {
    let mut table = Table::default();
    for (id, count) in tally::by_rule(&report.findings) {
        let of_rule = || report.findings.iter().filter(|f| f.rule.id == id);
        let name = of_rule().next().map_or("", |f| f.rule.name);
        let worst = of_rule()
            .map(|f| f.severity)
            .max()
            .unwrap_or(Severity::Info);
        table.row(vec![
            Cell::new(id),
            Cell::new(name),
            Cell::new(worst.as_str()).ink(Ink::of(worst)),
            Cell::number(count),
        ]);
    }
    let mut lines = vec![paint.bold("Rules")];
    lines.extend(table.lines(paint));
    lines.join("\n")
}

fn verdicts(title: &str, rows: impl Iterator<Item = (String, Tally)>, paint: Paint) -> String {
    let mut table = Table::default();
    // The title stands in the head, where the first column keeps room for it.
    let mut head = vec![Cell::new(" ".repeat(title.len().saturating_sub(2)))];
    let columns = ["sites", "governed", "partly", "ungoverned"];
    head.extend(columns.map(|column| Cell::new(column).right().ink(Ink::Dim)));
    table.row(head);
    for (name, tally) in rows {
        let counts = [tally.total, tally.governed, tally.partly, tally.ungoverned];
        let mut row = vec![Cell::new(name)];
        row.extend(counts.map(Cell::number));
        table.row(row);
    }
    let mut lines = table.lines(paint);
    if let Some(first) = lines.first_mut() {
        let rest = first.get(title.len()..).unwrap_or("").to_owned();
        *first = paint.bold(title) + &rest;
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_leaves_room_for_the_title() {
        let row = (
            "mcp".to_owned(),
            Tally {
                total: 1234,
                governed: 1234,
                ..Tally::default()
            },
        );
        insta::assert_snapshot!(verdicts("Frameworks", [row].into_iter(), Paint { on: false }), @"
        Frameworks  sites  governed  partly  ungoverned
          mcp        1234      1234       0           0
        ");
    }
}
