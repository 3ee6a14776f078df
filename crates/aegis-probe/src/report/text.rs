//! The report for people at a terminal.

use aegis_diag::Finding;
use aegis_report::paint::{Ink, Paint};
use aegis_report::remark::Remark;
use aegis_report::{Options, clean};

use super::{head, tail};
use crate::ProbeReport;
use crate::assemble::category;

/// Head, findings with their source, and the counts, with an empty line between the parts.
pub(super) fn render(report: &ProbeReport, look: &Options) -> String {
    let paint = Paint { on: look.color };
    let mut top = head(report);
    if let Some(first) = top.first_mut() {
        *first = paint.bold(first);
    }
    let mut parts = vec![top.join("\n")];
    parts.extend(report.findings.iter().map(|f| finding(f, look, paint)));
    if look.include_suppressed && !report.suppressed.is_empty() {
        let lines = report.suppressed.iter().map(|s| {
            let reason = s.reason.as_deref().unwrap_or("no reason");
            let line = format!("{} (suppressed: {reason})", title(&s.finding));
            paint.ink(Ink::Dim, &clean::line(&line))
        });
        parts.push(lines.collect::<Vec<_>>().join("\n"));
    }
    parts.push(
        tail(report)
            .iter()
            .map(|l| clean::line(l).into_owned())
            .collect::<Vec<_>>()
            .join("\n"),
    );
    parts.join("\n\n") + "\n"
}

fn title(finding: &Finding) -> String {
    let severity = finding.severity.as_str().to_uppercase();
    let category = category(finding.rule);
    format!(
        "{severity} [{category}] {} ({})",
        finding.message, finding.rule.id
    )
}

fn finding(finding: &Finding, look: &Options, paint: Paint) -> String {
    let severity = finding.severity.as_str().to_uppercase();
    let title = title(finding);
    let rest = title.strip_prefix(&*severity).unwrap_or(&title);
    let head = format!(
        "{}{}",
        paint.ink(Ink::of(finding.severity), &severity),
        paint.bold(&clean::line(rest))
    );
    let mut notes = finding.notes.clone();
    if let Some(proof) = &finding.proof {
        notes.extend(
            proof
                .witnesses
                .first()
                .map(|w| format!("reproduce: {}", w.reproduce)),
        );
    }
    let remark = Remark {
        notes: &notes,
        help: None,
        ..finding.into()
    };
    let snippet = remark.snippet(look);
    // Its first line is the title in the words of other commands.
    let body = snippet.split_once('\n').map_or("", |(_, body)| body);
    let mut out = format!("{head}\n{body}");
    if let Some(help) = &finding.help {
        out += &format!("\n  -> {}", paint.ink(Ink::Good, &clean::line(help)));
    }
    out
}
