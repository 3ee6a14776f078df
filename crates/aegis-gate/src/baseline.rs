//! The baseline: findings that are known and accepted, and actions that must stay restricted.
//!
//! One JSON file, `aegis-baseline.json`, that people read and change: a `reason`, an `owner` and a
//! day on which it `expires` may be added to an entry. Entries are found by what they are about
//! and counted, never by line: two equal calls in a function are one entry with a count of 2, and
//! a third one is new. The guards of a policy are those of `aegis-probe`.

mod apply;
mod edit;
mod read;

use std::collections::BTreeMap;

use aegis_diag::{Finding, Severity, content_fingerprint};
use aegis_probe::guards::Guards;
use serde::{Deserialize, Serialize};

use crate::identity::Key;

pub use apply::{Applied, Lens, Stale};
pub use read::BaselineError;

/// What `format` says.
pub const FORMAT: &str = "aegis/baseline";
/// What `version` says.
pub const VERSION: u32 = 1;
/// What the file is called unless something else is said.
pub const NAME: &str = "aegis-baseline.json";

/// A baseline.
#[derive(Debug, Clone, Default)]
pub struct Baseline {
    entries: Vec<Entry>,
    guards: Option<Guards>,
}

/// Findings that are accepted, all of one kind at one place in the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The fingerprint of the first of them.
    pub id: String,
    /// Id of the rule.
    pub rule: String,
    /// How severe they may be. A finding that got worse counts again.
    pub severity: Severity,
    /// The file, as shown to people.
    pub path: String,
    /// The enclosing function or class of a call site.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// The callee of a call site as written; empty for what is not about one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub symbol: String,
    /// What was found, for readers.
    pub message: String,
    /// How many there are.
    pub count: u32,
    /// Why they are accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The last day they are accepted, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// Who accepted them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

impl Entry {
    /// What the findings are about.
    pub(crate) fn key(&self) -> Key {
        if self.symbol.is_empty() {
            return Key::other(&self.rule, &self.id);
        }
        Key::site(&self.rule, &self.path, &self.scope, &self.symbol)
    }

    /// Whether it speaks of a policy, not of code.
    #[must_use]
    pub fn is_about_policy(&self) -> bool {
        is_about_policy(&self.rule)
    }

    /// Whether it ended before that day, `YYYY-MM-DD`.
    #[must_use]
    pub fn is_over(&self, today: &str) -> bool {
        self.expires.as_deref().is_some_and(|end| end < today)
    }

    fn order(&self) -> (&str, &str, &str, &str, &str) {
        (&self.path, &self.rule, &self.scope, &self.symbol, &self.id)
    }
}

impl Baseline {
    /// A baseline that knows these findings, and guards what a policy restricts.
    #[must_use]
    pub fn of(findings: &[Finding], guards: Option<Guards>) -> Self {
        let mut entries: BTreeMap<Key, Entry> = BTreeMap::new();
        for finding in findings.iter().filter(|f| can_be_known(f)) {
            let entry = entries
                .entry(Key::of(finding))
                .or_insert_with(|| entry(finding));
            entry.count += 1;
            entry.severity = entry.severity.max(finding.severity);
        }
        Self {
            entries: entries.into_values().collect(),
            guards,
        }
        .sorted()
    }

    /// What is accepted, sorted by path, rule and scope.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many findings are accepted.
    #[must_use]
    pub fn count(&self) -> usize {
        self.entries.iter().map(|entry| entry.count as usize).sum()
    }

    /// What the policy must go on restricting.
    #[must_use]
    pub fn guards(&self) -> Option<&Guards> {
        self.guards.as_ref()
    }

    /// The baseline as JSON, with a line ending at the end.
    ///
    /// # Errors
    /// Never in practice: nothing in it cannot be written.
    pub fn to_json(&self) -> Result<String, BaselineError> {
        #[derive(Serialize)]
        struct File<'a> {
            format: &'static str,
            version: u32,
            findings: &'a [Entry],
            #[serde(skip_serializing_if = "Option::is_none")]
            policy: Option<&'a Guards>,
        }
        let file = File {
            format: FORMAT,
            version: VERSION,
            findings: &self.entries,
            policy: self.guards.as_ref(),
        };
        Ok(serde_json::to_string_pretty(&file)? + "\n")
    }

    fn sorted(mut self) -> Self {
        self.entries.sort_by(|a, b| a.order().cmp(&b.order()));
        self
    }
}

/// The entry of a finding, not counted yet.
fn entry(finding: &Finding) -> Entry {
    let path = finding.primary.span.file.path.clone();
    let site = finding.site.as_deref();
    let scope = site.map(|s| s.scope.clone()).unwrap_or_default();
    let symbol = site.map(|s| s.symbol.clone()).unwrap_or_default();
    let id = match site {
        Some(_) => content_fingerprint(finding.rule.id, &path, &scope, &symbol, 0),
        None => finding.fingerprint.clone(),
    };
    Entry {
        id,
        rule: finding.rule.id.to_owned(),
        severity: finding.severity,
        path,
        scope,
        symbol,
        message: finding.message.clone(),
        count: 0,
        reason: None,
        expires: None,
        owner: None,
    }
}

/// Whether a baseline may accept it. Remarks on waivers in a policy are to be mended, and that a
/// guard is gone is what the baseline itself reports.
fn can_be_known(finding: &Finding) -> bool {
    let rule = finding.rule.id;
    rule < "AEG290" && finding.rule != &aegis_probe::rules::GUARD_REMOVED
}

fn is_about_policy(rule: &str) -> bool {
    aegis_probe::rules::RULES.iter().any(|r| r.id == rule)
}
