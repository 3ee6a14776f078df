//! Which findings a baseline knows.

use std::collections::BTreeMap;

use aegis_diag::{Finding, Suppressed, SuppressedBy};

use super::{Baseline, Entry, can_be_known};
use crate::identity::{Key, Renames};

/// What was looked at, so that an entry about something else is not taken for stale.
#[derive(Debug, Clone, Default)]
pub struct Lens {
    /// The files and folders that were scanned, as shown; empty if no code was.
    pub paths: Vec<String>,
    /// Whether the policy was probed.
    pub policy: bool,
    /// The day, `YYYY-MM-DD`.
    pub today: String,
    /// Files that have another name than before.
    pub renames: Renames,
}

impl Lens {
    /// Whether an entry speaks of something that was looked at.
    #[must_use]
    pub fn covers(&self, entry: &Entry) -> bool {
        if entry.is_about_policy() {
            return self.policy;
        }
        let below = |root: &String| {
            let root = root.trim_end_matches('/');
            let rest = entry.path.strip_prefix(root);
            let here = matches!(root, "" | ".");
            here && !entry.path.starts_with('/') && !entry.path.starts_with("../")
                || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.paths.iter().any(below)
    }
}

/// An entry that accepts more than there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// The entry.
    pub entry: Entry,
    /// How many of its count are no longer found.
    pub gone: u32,
}

/// What a baseline did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// How many findings it knows.
    pub known: usize,
    /// How many findings count again because the day of their entry is over.
    pub expired: usize,
    /// How many findings count again because they got worse.
    pub worse: usize,
    /// Entries that accept more than there is, in the order of the file.
    pub stale: Vec<Stale>,
}

impl Baseline {
    /// Moves what is known from the findings to the suppressed ones. What is known but expired, or
    /// worse than accepted, stays and says so.
    pub fn apply(
        &self,
        findings: &mut Vec<Finding>,
        suppressed: &mut Vec<Suppressed>,
        lens: &Lens,
    ) -> Applied {
        let mut left: BTreeMap<Key, (u32, &Entry)> = self
            .entries()
            .iter()
            .map(|entry| (entry.key(), (entry.count, entry)))
            .collect();
        let mut applied = Applied::default();
        let commented: Vec<Vec<Key>> = suppressed
            .iter()
            .map(|s| Key::both(&s.finding, &lens.renames))
            .collect();
        let kept = std::mem::take(findings);
        for mut finding in kept {
            let keys = Key::both(&finding, &lens.renames);
            let entry = can_be_known(&finding)
                .then(|| take(&mut left, &keys))
                .flatten();
            let Some(entry) = entry else {
                findings.push(finding);
                continue;
            };
            if entry.is_over(&lens.today) {
                let end = entry.expires.as_deref().unwrap_or("");
                let note = format!("the baseline accepted it until {end}");
                finding.notes.push(note);
                applied.expired += 1;
                findings.push(finding);
            } else if finding.severity > entry.severity {
                let note = format!("the baseline accepted it as {}", entry.severity);
                finding.notes.push(note);
                applied.worse += 1;
                findings.push(finding);
            } else {
                applied.known += 1;
                suppressed.push(Suppressed {
                    finding,
                    by: SuppressedBy::Baseline,
                    reason: entry.reason.clone(),
                });
            }
        }
        suppressed.sort_by(|a, b| a.finding.sort_key().cmp(&b.finding.sort_key()));
        // What a comment suppresses is still there.
        for keys in commented {
            take(&mut left, &keys);
        }
        applied.stale = self.stale(&left, lens);
        applied
    }

    fn stale(&self, left: &BTreeMap<Key, (u32, &Entry)>, lens: &Lens) -> Vec<Stale> {
        let gone = |entry: &Entry| left.get(&entry.key()).map_or(0, |(n, _)| *n);
        self.entries()
            .iter()
            .filter(|entry| lens.covers(entry))
            .map(|entry| Stale {
                entry: entry.clone(),
                gone: gone(entry),
            })
            .filter(|stale| stale.gone > 0)
            .collect()
    }
}

/// One of what an entry under one of these keys accepts.
fn take<'a>(left: &mut BTreeMap<Key, (u32, &'a Entry)>, keys: &[Key]) -> Option<&'a Entry> {
    for key in keys {
        if let Some((n, entry)) = left.get_mut(key).filter(|(n, _)| *n > 0) {
            *n -= 1;
            return Some(entry);
        }
    }
    None
}
