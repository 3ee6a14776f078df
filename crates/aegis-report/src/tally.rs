//! Counts: how many, and under which verdict.

use std::collections::{BTreeMap, BTreeSet};

use aegis_diag::{CallKind, CallSite, Finding, Report, Verdict};
use serde::Serialize;

use crate::words;

/// Call sites by verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Tally {
    /// All of them.
    pub total: usize,
    /// A governor covers them on every way in.
    pub governed: usize,
    /// A governor covers them on some ways in only.
    pub partly: usize,
    /// Nothing governs them.
    pub ungoverned: usize,
}

impl Tally {
    /// The counts of these sites.
    #[must_use]
    pub fn of<'a>(sites: impl IntoIterator<Item = &'a CallSite>) -> Self {
        sites.into_iter().fold(Self::default(), |mut tally, site| {
            tally.add(site.verdict);
            tally
        })
    }

    fn add(&mut self, verdict: Verdict) {
        self.total += 1;
        match verdict {
            Verdict::Governed => self.governed += 1,
            Verdict::Partly => self.partly += 1,
            Verdict::Ungoverned => self.ungoverned += 1,
        }
    }

    /// The share that is governed in percent, rounded down to one decimal so that 100 means all;
    /// `None` when there is nothing to govern.
    #[must_use]
    pub fn governed_percent(&self) -> Option<f64> {
        let tenths = words::tenths_of_percent(self.governed, self.total);
        (self.total > 0).then(|| f64::from(tenths) / 10.0)
    }
}

/// Call sites per kind; every kind is there.
#[must_use]
pub fn by_kind(report: &Report) -> BTreeMap<CallKind, Tally> {
    let mut tallies: BTreeMap<_, _> = CallKind::ALL
        .into_iter()
        .map(|kind| (kind, Tally::default()))
        .collect();
    for site in &report.sites {
        tallies.entry(site.kind).or_default().add(site.verdict);
    }
    tallies
}

/// Call sites per framework.
#[must_use]
pub fn by_framework(report: &Report) -> BTreeMap<&str, Tally> {
    let mut tallies = BTreeMap::<_, Tally>::new();
    for site in &report.sites {
        tallies
            .entry(site.framework.as_str())
            .or_default()
            .add(site.verdict);
    }
    tallies
}

/// Findings per rule id.
#[must_use]
pub fn by_rule(findings: &[Finding]) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.rule.id).or_default() += 1;
    }
    counts
}

/// Fingerprints of the new findings of a report that is compared with a base.
pub(crate) fn new_findings(report: &Report) -> Option<BTreeSet<&str>> {
    let change = report.change.as_ref()?;
    Some(change.new.iter().map(String::as_str).collect())
}
