//! How a baseline follows the program: more is accepted, or less.

use std::collections::BTreeMap;

use super::{Baseline, Entry, Stale};
use crate::identity::Key;

impl Baseline {
    /// This baseline with the reasons, days and owners that an earlier one gives for the same.
    #[must_use]
    pub fn with_reasons_of(mut self, earlier: &Self) -> Self {
        let mut said: BTreeMap<Key, &Entry> =
            earlier.entries.iter().map(|e| (e.key(), e)).collect();
        for entry in &mut self.entries {
            if let Some(was) = said.remove(&entry.key()) {
                entry.reason.clone_from(&was.reason);
                entry.expires.clone_from(&was.expires);
                entry.owner.clone_from(&was.owner);
            }
        }
        self
    }

    /// This baseline, and what is known of it now: what is new is added, nothing is taken away.
    /// Guards are kept and those of new rules added. Answers with how many findings were added.
    #[must_use]
    pub fn updated(mut self, now: Self) -> (Self, usize) {
        let before = self.count();
        let mut known: BTreeMap<Key, Entry> =
            self.entries.into_iter().map(|e| (e.key(), e)).collect();
        for entry in now.entries {
            match known.get_mut(&entry.key()) {
                Some(was) => {
                    was.count = was.count.max(entry.count);
                    was.severity = was.severity.max(entry.severity);
                    was.message = entry.message;
                }
                None => {
                    known.insert(entry.key(), entry);
                }
            }
        }
        self.entries = known.into_values().collect();
        self.guards = match (self.guards, now.guards) {
            (Some(was), Some(now)) => Some(now.joined(&was)),
            (was, now) => now.or(was),
        };
        let added = self.count() - before;
        (self.sorted(), added)
    }

    /// This baseline without what is no longer found.
    #[must_use]
    pub fn pruned(mut self, stale: &[Stale]) -> Self {
        let gone: BTreeMap<Key, u32> = stale.iter().map(|s| (s.entry.key(), s.gone)).collect();
        for entry in &mut self.entries {
            let gone = gone.get(&entry.key()).copied().unwrap_or(0);
            entry.count = entry.count.saturating_sub(gone);
        }
        self.entries.retain(|entry| entry.count > 0);
        self
    }

    /// Says why these entries are accepted, wherever nothing is said yet.
    #[must_use]
    pub fn explained(
        mut self,
        reason: Option<&str>,
        expires: Option<&str>,
        owner: Option<&str>,
        earlier: Option<&Self>,
    ) -> Self {
        let known: Vec<Key> = earlier
            .iter()
            .flat_map(|b| b.entries.iter().map(Entry::key))
            .collect();
        for entry in self
            .entries
            .iter_mut()
            .filter(|e| !known.contains(&e.key()))
        {
            entry.reason = entry.reason.take().or(reason.map(str::to_owned));
            entry.expires = entry.expires.take().or(expires.map(str::to_owned));
            entry.owner = entry.owner.take().or(owner.map(str::to_owned));
        }
        self
    }

    /// This baseline with everything about the policy from another one, as `aegis probe` writes it.
    #[must_use]
    pub fn with_policy_of(mut self, other: Self) -> Self {
        self.entries.retain(|entry| !entry.is_about_policy());
        self.entries.extend(other.entries);
        self.guards = other.guards;
        self.sorted()
    }
}
