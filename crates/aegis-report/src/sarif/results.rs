//! The results of a run.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aegis_diag::{Finding, Report, Span, Suppressed, SuppressedBy, line_hashes};

use super::model::{
    ArtifactChange, CodeFlow, Fix, Location, PhysicalLocation, Region, Replacement,
    ResultProperties, RunResult, SiteProperties, Suppression, Text, ThreadFlow, ThreadFlowLocation,
};
use super::rules::Rules;
use super::{MAX_MESSAGE, artifact, level};
use crate::{Options, clean, words};

/// Locations GitHub keeps of a result, and steps of a code flow worth reading.
const MAX_LOCATIONS: usize = 100;
/// Longest text of a region that is repeated in the log, in bytes.
const MAX_SNIPPET: usize = 2_000;

/// A finding and, if it does not count, why.
pub(super) type Entry<'a> = (&'a Finding, Option<&'a Suppressed>);

/// What becomes a result, worst first; what is suppressed comes last, whatever its severity.
pub(super) fn ranked<'a>(report: &'a Report, options: &Options) -> Vec<Entry<'a>> {
    let mut entries: Vec<Entry<'a>> = report.findings.iter().map(|f| (f, None)).collect();
    if options.include_suppressed {
        entries.extend(report.suppressed.iter().map(|s| (&s.finding, Some(s))));
    }
    entries.sort_by_key(|(finding, suppressed)| (suppressed.is_some(), Reverse(finding.severity)));
    entries
}

/// The results, in the given order.
pub(super) fn build<'a>(
    entries: &[Entry<'a>],
    rules: &Rules,
    new: Option<&BTreeSet<&str>>,
    options: &Options,
    compared: bool,
) -> Vec<RunResult<'a>> {
    let mut hashes = LineHashes::default();
    entries
        .iter()
        .map(|(finding, suppressed)| RunResult {
            rule_id: finding.rule.id,
            rule_index: rules.index(finding.rule),
            level: level(finding.severity),
            message: Text::plain(message(finding)),
            locations: [location(&finding.primary.span, options)],
            related_locations: related(finding, options),
            code_flows: code_flow(finding, options).into_iter().collect(),
            partial_fingerprints: fingerprints(finding, &mut hashes),
            baseline_state: match new {
                Some(new) if new.contains(&*finding.fingerprint) => Some("new"),
                Some(_) => Some("unchanged"),
                None => compared.then(|| state(*suppressed)),
            },
            suppressions: suppressed.iter().map(|s| suppression(s)).collect(),
            fixes: fix(finding, options).into_iter().collect(),
            properties: properties(finding),
        })
        .collect()
}

/// Where space is short GitHub shows the first sentence, so that is the message itself.
fn message(finding: &Finding) -> String {
    let sentences: Vec<_> = std::iter::once(&finding.message)
        .chain(&finding.notes)
        .chain(&finding.help)
        .map(|text| words::sentence(&words::capital(text)))
        .filter(|text| !text.is_empty())
        .collect();
    clean::cut(&sentences.join(" "), MAX_MESSAGE)
}

fn location(span: &Span, options: &Options) -> Location {
    Location {
        id: None,
        physical_location: PhysicalLocation {
            artifact_location: artifact(options, &span.file.path),
            region: Some(region(span)),
        },
        message: None,
    }
}

fn location_with(span: &Span, text: &str, options: &Options) -> Location {
    let text = words::capital(text);
    let message = (!text.is_empty()).then(|| Text::plain(clean::cut(&text, MAX_MESSAGE)));
    Location {
        message,
        ..location(span, options)
    }
}

/// Whole lines of the JSON file for notebooks, the exact range for everything else.
fn region(span: &Span) -> Region {
    let (start, end) = (span.start(), span.end());
    let end_line = end.raw_line.max(start.raw_line);
    if span.file.cells.is_some() {
        return Region {
            start_line: start.raw_line,
            start_column: None,
            end_line,
            end_column: None,
            snippet: None,
        };
    }
    let text = span.text();
    let quoted = !text.is_empty() && text.len() <= MAX_SNIPPET;
    Region {
        start_line: start.raw_line,
        start_column: Some(start.column_utf16),
        end_line,
        end_column: Some(end.column_utf16),
        snippet: quoted.then(|| Text::plain(text)),
    }
}

fn related(finding: &Finding, options: &Options) -> Vec<Location> {
    let labels = finding.related.iter().take(MAX_LOCATIONS).enumerate();
    labels
        .map(|(i, label)| Location {
            id: Some(i + 1),
            ..location_with(&label.span, &label.text, options)
        })
        .collect()
}

/// The verified change of a finding about a policy.
fn fix(finding: &Finding, options: &Options) -> Option<Fix> {
    let fix = finding.proof.as_ref()?.fix.as_ref()?;
    let file = &finding.primary.span.file;
    let replacement = |edit: &aegis_diag::Edit| {
        let region = region(&Span::new(Arc::clone(file), edit.range.clone()));
        Replacement {
            deleted_region: Region {
                snippet: None,
                ..region
            },
            inserted_content: Text::plain(edit.text.clone()),
        }
    };
    Some(Fix {
        description: Text::plain(words::sentence(&words::capital(&fix.title))),
        artifact_changes: [ArtifactChange {
            artifact_location: artifact(options, &file.path),
            replacements: fix.edits.iter().map(replacement).collect(),
        }],
    })
}

/// The rules that decide the steps of a chain.
fn chain(finding: &Finding, options: &Options) -> Option<CodeFlow> {
    let proof = finding.proof.as_ref()?;
    if proof.category != "escalation" || finding.related.is_empty() {
        return None;
    }
    let step = |label: &aegis_diag::Label| ThreadFlowLocation {
        location: location_with(&label.span, &label.text, options),
    };
    let steps = finding.related.iter().take(MAX_LOCATIONS).map(step);
    Some(CodeFlow {
        thread_flows: [ThreadFlow {
            locations: steps.collect(),
        }],
    })
}

/// The way to the call site, and the place of the finding as its last step; the steps of a chain.
fn code_flow(finding: &Finding, options: &Options) -> Option<CodeFlow> {
    if let Some(chain) = chain(finding, options) {
        return Some(chain);
    }
    let way = &finding.site.as_ref()?.way;
    let step = |span, text| ThreadFlowLocation {
        location: location_with(span, text, options),
    };
    let mut locations: Vec<_> = way
        .iter()
        .take(MAX_LOCATIONS)
        .map(|at| step(&at.span, &at.text))
        .collect();
    let end = &finding.primary;
    if way.last()?.span != end.span {
        locations.push(step(&end.span, &end.text));
    }
    Some(CodeFlow {
        thread_flows: [ThreadFlow { locations }],
    })
}

/// Line hashes are computed once per file.
#[derive(Default)]
struct LineHashes<'a> {
    of: BTreeMap<&'a str, Vec<String>>,
}

impl<'a> LineHashes<'a> {
    fn get(&mut self, span: &'a Span) -> Option<String> {
        let hashes = self
            .of
            .entry(&span.file.path)
            .or_insert_with(|| line_hashes(&span.file.text));
        hashes
            .get(span.start().line.checked_sub(1)? as usize)
            .cloned()
    }
}

/// GitHub hashes the file as it lies on disk; of a notebook only the cells are known here, so it
/// is left to GitHub there.
fn fingerprints<'a>(
    finding: &'a Finding,
    hashes: &mut LineHashes<'a>,
) -> BTreeMap<&'static str, String> {
    let span = &finding.primary.span;
    let mut prints = BTreeMap::new();
    if span.file.cells.is_none() {
        prints.extend(
            hashes
                .get(span)
                .map(|hash| ("primaryLocationLineHash", hash)),
        );
    }
    if !finding.fingerprint.is_empty() {
        prints.insert("aegis/v1", finding.fingerprint.clone());
    }
    prints
}

/// How a result lies to the baseline it was held against.
fn state(suppressed: Option<&Suppressed>) -> &'static str {
    match suppressed.map(|s| s.by) {
        Some(SuppressedBy::Baseline) => "unchanged",
        Some(SuppressedBy::Comment) | None => "new",
    }
}

fn suppression(suppressed: &Suppressed) -> Suppression<'_> {
    Suppression {
        kind: match suppressed.by {
            SuppressedBy::Comment => "inSource",
            SuppressedBy::Baseline => "external",
        },
        status: "accepted",
        justification: suppressed.reason.as_deref(),
    }
}

fn properties(finding: &Finding) -> ResultProperties<'_> {
    let cell = finding.primary.span.start().cell;
    ResultProperties {
        severity: finding.severity.as_str(),
        site: finding.site.as_deref().map(|site| SiteProperties {
            kind: site.kind,
            framework: &site.framework,
            operation: &site.operation,
            api: &site.api,
            provider: &site.provider,
            symbol: &site.symbol,
            scope: &site.scope,
            verdict: site.verdict,
            reason: &site.reason,
            remedy: &site.remedy,
        }),
        proof: finding.proof.as_deref(),
        cell: cell.map(|(cell, _)| cell),
        cell_line: cell.map(|(_, line)| line),
    }
}
