//! The report for a comment on a pull request or the summary of a job.

use std::fmt::Write;

use aegis_diag::Finding;
use aegis_report::escape::{code, prose, summary_prose};

use super::{head, tail};
use crate::assemble::category;
use crate::{Input, ProbeReport};

/// Findings shown with their details.
const DETAILED: usize = 50;

pub(super) fn render(input: &Input<'_>, report: &ProbeReport) -> String {
    let path = input.policy.checked().files().first();
    let path = path.map_or("", |file| file.path.as_str());
    let mut out = format!("## Aegis Policy Probe: {}\n\n", code(path));
    for line in head(report).iter().skip(1) {
        let _ = writeln!(out, "{}  ", prose(line));
    }
    let _ = writeln!(out, "{} decisions evaluated\n", report.probes);
    if !report.findings.is_empty() {
        out += "| severity | category | finding | place |\n|---|---|---|---|\n";
        for finding in &report.findings {
            let _ = writeln!(
                out,
                "| {} | {} {} | {} | {} |",
                finding.severity,
                finding.rule.id,
                category(finding.rule),
                prose(&finding.message),
                code(&finding.primary.span.locator()),
            );
        }
        out.push('\n');
    }
    for finding in report.findings.iter().take(DETAILED) {
        details(&mut out, finding);
    }
    for line in tail(report) {
        let _ = writeln!(out, "{}  ", prose(&line));
    }
    out.trim_end().to_owned() + "\n"
}

fn details(out: &mut String, finding: &Finding) {
    let _ = writeln!(
        out,
        "<details><summary>{}: {}</summary>\n",
        finding.rule.id,
        summary_prose(&finding.message)
    );
    for note in &finding.notes {
        let _ = writeln!(out, "- {}", prose(note));
    }
    if let Some(proof) = &finding.proof {
        let _ = writeln!(out, "- certainty: {}", proof.certainty.as_str());
        if let Some(witness) = proof.witnesses.first() {
            let _ = writeln!(out, "- reproduce: {}", code(&witness.reproduce));
        }
    }
    if let Some(help) = &finding.help {
        let _ = writeln!(out, "- **fix:** {}", prose(help));
    }
    out.push_str("\n</details>\n\n");
}
