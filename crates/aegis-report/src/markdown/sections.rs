//! What the page says, one function per section.

use std::cmp::Reverse;
use std::fmt::Write;

use aegis_diag::{
    Change, Check, Finding, Loosening, Past, Report, ScorePart, Scorecard, Severity, Tenths,
    Verdict,
};

use super::page::{Block, Page};
use super::{linked, place, severity};
use crate::tally::{by_framework, new_findings};
use crate::{Options, escape, links, rule_url, words};

/// Rows of the table of findings.
const FINDINGS: usize = 50;
/// Findings with all that is known.
const DETAILED: usize = 20;
/// Rows of tables that are folded away.
const FOLDED: usize = 200;
/// Files named.
const FILES: usize = 30;

/// Whether all is well, the score, and the checks that do not hold.
pub(super) fn verdict(page: &mut Page, report: &Report) {
    let mut out = format!("## {}\n", title(report));
    if let Some(card) = &report.score {
        let _ = write!(
            out,
            "\n**{}**{}\n",
            headline(card),
            compared(card, report.change.as_ref())
        );
    }
    let checks = report.change.as_ref().map_or(&[][..], |c| &c.checks);
    let failed: Vec<&Check> = checks.iter().filter(|check| !check.passed).collect();
    if !failed.is_empty() {
        out += "\n| | failed check | |\n|---|---|---|\n";
        for check in &failed {
            let _ = writeln!(
                out,
                "| ❌ | {} | {} |",
                escape::code(check.id),
                escape::prose(&check.message)
            );
        }
    }
    page.push(Block::whole(out));
}

fn title(report: &Report) -> String {
    let Some(change) = &report.change else {
        let findings = words::count(report.findings.len(), "finding", "findings");
        let sites = words::count(report.sites.len(), "AI call site", "AI call sites");
        return format!("Aegis: {findings} in {sites}");
    };
    let failed = change.checks.iter().filter(|check| !check.passed).count();
    match failed {
        0 => "✅ Aegis: passed".to_owned(),
        n => format!(
            "❌ Aegis: {n} of {} failed",
            words::count(change.checks.len(), "check", "checks")
        ),
    }
}

/// `Governance Score: 84/100`.
fn headline(card: &Scorecard) -> String {
    match card.points() {
        Some(points) => format!("Governance Score: {points}/100"),
        None => "Governance Score: not applicable, there is nothing to govern".to_owned(),
    }
}

fn compared(card: &Scorecard, change: Option<&Change>) -> String {
    let Some(change) = change else {
        return String::new();
    };
    let Some(base) = &change.base else {
        return ", nothing to compare with".to_owned();
    };
    let base = escape::code(base);
    match (change.score_before, card.score) {
        (Some(before), Some(now)) if before == now => format!(", as in {base}"),
        (Some(before), Some(now)) => {
            let (sign, by) = match now > before {
                true => ('+', now - before),
                false => ('−', before - now),
            };
            format!(
                " ({}), {} in {base} ({sign}{})",
                tenths(now),
                tenths(before),
                tenths(by)
            )
        }
        _ => format!(", compared with {base}"),
    }
}

fn tenths(n: Tenths) -> String {
    format!("{}.{}", n / 10, n % 10)
}

/// What was not analysed: a clean result is none then.
pub(super) fn incomplete(page: &mut Page, report: &Report) {
    let n = report.skipped.len();
    if n > 0 {
        let are = words::count(n, "file was", "files were");
        let line = |skip: &aegis_diag::Skipped| {
            let reason = escape::prose(&skip.reason.to_string());
            format!("- {} {reason}\n", escape::code(&skip.path))
        };
        page.push(Block {
            open: fold(&format!("⚠️ {are} not fully analysed")),
            items: report.skipped.iter().map(line).collect(),
            close: UNFOLD.to_owned(),
            noun: ("file", "files"),
            most: FILES,
        });
    }
    let undecided = report.change.as_ref().map_or(0, |c| c.undecided);
    if undecided > 0 {
        let parts = words::count(undecided, "part", "parts");
        page.push(Block::whole(format!(
            "⚠️ {parts} of the policies could not be compared within the budget.\n"
        )));
    }
}

const UNFOLD: &str = "\n</details>\n";

/// Opens a part that is folded away. What stands in a summary is HTML, not Markdown.
fn fold(summary: &str) -> String {
    format!(
        "<details>\n<summary>{}</summary>\n\n",
        escape::summary_prose(summary)
    )
}

/// What the policy lets through now.
pub(super) fn looser(page: &mut Page, report: &Report, options: &Options) {
    let Some(change) = report.change.as_ref().filter(|c| !c.looser.is_empty()) else {
        return;
    };
    let n = change.looser.len();
    let items = change
        .looser
        .iter()
        .map(|l| loosening(l, options))
        .collect();
    page.push(Block {
        open: format!("### The policy became looser ({n})\n\n"),
        items,
        close: String::new(),
        noun: ("loosening", "loosenings"),
        most: DETAILED,
    });
}

fn loosening(loosening: &Loosening, options: &Options) -> String {
    let Loosening { before, after, .. } = loosening;
    let by = loosening.place.as_ref().map_or_else(String::new, |p| {
        format!(", decided at {}", linked(p, links::of_place(p, options)))
    });
    let witness = &loosening.witness;
    format!(
        "- **{before} → {after}**: {}{by}\n  - such as {} at {}\n  - see it: {}\n",
        escape::prose(&loosening.summary),
        escape::code(&witness.action),
        escape::code(&witness.at),
        escape::code(&witness.reproduce),
    )
}

/// The findings of a change, worst first.
fn findings_of(report: &Report, new: bool, calls: Option<bool>) -> Vec<&Finding> {
    let fresh = new_findings(report);
    let is_new = |f: &Finding| fresh.as_ref().is_some_and(|s| s.contains(&*f.fingerprint));
    let mut findings: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|f| is_new(f) == new && calls.is_none_or(|calls| f.site.is_some() == calls))
        .collect();
    findings.sort_by_key(|f| Reverse(f.severity));
    findings
}

/// Call sites that are new and not governed, with what to do.
pub(super) fn new_calls(page: &mut Page, report: &Report, options: &Options) {
    let new = findings_of(report, true, Some(true));
    if !new.is_empty() {
        let title = format!("### New ungoverned calls ({})\n\n", new.len());
        page.push(table(&title, &new, FINDINGS, options));
    }
}

/// What else is new: in policies, about suppressions.
pub(super) fn new_others(page: &mut Page, report: &Report, options: &Options) {
    let new = findings_of(report, true, Some(false));
    if !new.is_empty() {
        page.push(Block {
            open: format!(
                "### New findings in policies and settings ({})\n\n",
                new.len()
            ),
            items: new.iter().map(|f| detailed(f, options)).collect(),
            close: String::new(),
            noun: ("finding", "findings"),
            most: DETAILED,
        });
    }
}

/// What was there before.
pub(super) fn old(page: &mut Page, report: &Report, options: &Options) {
    let old = findings_of(report, false, None);
    if !old.is_empty() {
        let n = words::count(old.len(), "finding was", "findings were");
        let open = fold(&format!("{n} there before"));
        let mut block = table(&open, &old, FOLDED, options);
        block.close += UNFOLD;
        page.push(block);
    }
}

/// What is gone.
pub(super) fn fixed(page: &mut Page, report: &Report) {
    let fixed = report.change.as_ref().map_or(&[][..], |c| &c.fixed);
    if fixed.is_empty() {
        return;
    }
    let line = |past: &Past| {
        let message = escape::prose(&past.message);
        // The place is one of the base, so it is not linked.
        format!(
            "- {} {} {message} (was at {})\n",
            past.severity,
            escape::code(&past.rule),
            escape::code(&past.place)
        )
    };
    let n = words::count(fixed.len(), "finding is", "findings are");
    page.push(Block {
        open: fold(&format!("🎉 {n} fixed")),
        items: fixed.iter().map(line).collect(),
        close: UNFOLD.to_owned(),
        noun: ("finding", "findings"),
        most: FOLDED,
    });
}

/// All findings, where nothing is compared.
pub(super) fn findings(page: &mut Page, report: &Report, options: &Options) {
    let (calls, others): (Vec<_>, Vec<_>) = findings_of(report, false, None)
        .into_iter()
        .partition(|f| f.site.is_some());
    if !calls.is_empty() {
        let title = format!("### Calls that are not governed ({})\n\n", calls.len());
        page.push(table(&title, &calls, FINDINGS, options));
    }
    if !others.is_empty() {
        page.push(Block {
            open: format!("### Other findings ({})\n\n", others.len()),
            items: others.iter().map(|f| detailed(f, options)).collect(),
            close: String::new(),
            noun: ("finding", "findings"),
            most: DETAILED,
        });
    }
}

fn table(open: &str, findings: &[&Finding], most: usize, options: &Options) -> Block {
    let row = |finding: &&Finding| {
        format!(
            "| {} | [{}]({}) | {} | {} | {} |\n",
            severity(finding.severity),
            finding.rule.id,
            rule_url(finding.rule.id),
            place(&finding.primary.span, options),
            escape::prose(&finding.message),
            finding
                .help
                .as_deref()
                .map_or_else(String::new, escape::prose),
        )
    };
    Block {
        open: format!(
            "{open}| severity | rule | where | finding | how to fix it |\n|---|---|---|---|---|\n"
        ),
        items: findings.iter().map(row).collect(),
        close: String::new(),
        noun: ("finding", "findings"),
        most,
    }
}

/// A finding with what backs it and how to mend it.
fn detailed(finding: &Finding, options: &Options) -> String {
    let mut out = format!(
        "- {} {} {}, at {}\n",
        severity(finding.severity),
        escape::code(finding.rule.id),
        escape::prose(&finding.message),
        place(&finding.primary.span, options)
    );
    for note in &finding.notes {
        let _ = writeln!(out, "  - {}", escape::prose(note));
    }
    if let Some(proof) = &finding.proof
        && let Some(witness) = proof.witnesses.first()
    {
        let _ = writeln!(out, "  - see it: {}", escape::code(&witness.reproduce));
    }
    if let Some(help) = &finding.help {
        let _ = writeln!(out, "  - **fix:** {}", escape::prose(help));
    }
    out
}

/// What the score was computed from, and what raises it.
pub(super) fn score(page: &mut Page, report: &Report) {
    let Some(card) = &report.score else { return };
    let mut open = fold("How the score was computed, and what raises it");
    open += "| part | weight | reached | from |\n|---|---|---|---|\n";
    let mut close = format!("\nFormula {}.", escape::code(card.formula));
    if let Some(cap) = &card.cap {
        let because = escape::prose(&cap.because);
        let _ = write!(close, " Held at {}: {because}.", tenths(cap.at));
    }
    close += "\n";
    for gain in &card.gains {
        let help = gain
            .help
            .as_deref()
            .map_or_else(String::new, |h| format!(" ({})", escape::code(h)));
        let _ = write!(
            close,
            "\n- **+{}**: {}{help}",
            tenths(gain.gain),
            escape::prose(&gain.action)
        );
    }
    if !card.gains.is_empty() {
        close += "\n";
    }
    page.push(Block {
        open,
        items: card.parts.iter().map(part).collect(),
        close: close + UNFOLD,
        noun: ("part", "parts"),
        most: FOLDED,
    });
}

fn part(part: &ScorePart) -> String {
    let inputs: Vec<String> = part
        .inputs
        .iter()
        .map(|i| escape::prose(&format!("{} {}/{}", i.title, i.got, i.of)))
        .collect();
    format!(
        "| {} | {} % | {} | {} |\n",
        part.title,
        part.weight,
        tenths(part.score),
        inputs.join(", ")
    )
}

/// Call sites per framework.
pub(super) fn sites(page: &mut Page, report: &Report) {
    if report.sites.is_empty() {
        return;
    }
    let governed = report.count(Verdict::Governed);
    let total = report.sites.len();
    let summary = format!(
        "{governed} of {} governed ({})",
        words::count(total, "call site", "call sites"),
        words::percent(governed, total)
    );
    let row = |(framework, t): (&str, crate::tally::Tally)| {
        let framework = escape::code(framework);
        format!(
            "| {framework} | {} | {} | {} | {} |\n",
            t.total, t.governed, t.partly, t.ungoverned
        )
    };
    page.push(Block {
        open: fold(&summary)
            + "| framework | call sites | governed | partly | ungoverned |\n|---|---:|---:|---:|---:|\n",
        items: by_framework(report).into_iter().map(row).collect(),
        close: UNFOLD.to_owned(),
        noun: ("framework", "frameworks"),
        most: FOLDED,
    });
}

/// Counts, and who says all this.
pub(super) fn end(page: &mut Page, report: &Report, options: &Options) {
    let mut said = vec![format!(
        "{} scanned",
        words::count(report.files.analysed, "file", "files")
    )];
    for least in Severity::ALL.into_iter().rev() {
        let n = report
            .findings
            .iter()
            .filter(|f| f.severity == least)
            .count();
        said.extend((n > 0).then(|| format!("{n} {least}")));
    }
    if !report.suppressed.is_empty() {
        said.push(format!("{} suppressed", report.suppressed.len()));
    }
    if let Some(change) = report
        .change
        .as_ref()
        .filter(|c| c.checks.iter().any(|c| c.passed))
    {
        let passed = change.checks.iter().filter(|c| c.passed).count();
        said.push(format!(
            "{} passed",
            words::count(passed, "check", "checks")
        ));
    }
    let version = escape::prose(&options.tool_version);
    page.push(Block::whole(format!(
        "<sub>{}. [Aegis]({}) {version}</sub>\n",
        said.join(", "),
        crate::REPOSITORY
    )));
}
