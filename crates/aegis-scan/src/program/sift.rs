//! Which files can meet the catalog by themselves: decided from their imports, before parsing.

use super::installed::{Installed, SdkFolders};
use crate::catalog::Catalog;
use crate::sources::ImportLine;

/// Decides from its imports whether a text can meet the catalog by itself.
pub(super) struct Sift<'c> {
    pub(super) catalog: &'c Catalog,
    /// Inside its own package an SDK is code like any other: its imports of itself are no use of it.
    sdks: &'c SdkFolders,
    pub(super) installed: &'c Installed,
    hosts: Option<aho_corasick::AhoCorasick>,
}

impl<'c> Sift<'c> {
    pub(super) fn new(
        catalog: &'c Catalog,
        sdks: &'c SdkFolders,
        installed: &'c Installed,
    ) -> Self {
        let words: Vec<&str> = catalog
            .data
            .hosts
            .iter()
            .filter_map(|(h, _)| h.split('*').max_by_key(|p| p.len()))
            .filter(|p| p.len() >= 6)
            .chain([
                "\"messages\"",
                "'messages'",
                "\"prompt\"",
                "'prompt'",
                "\"contents\"",
                "'contents'",
                "\"inputs\"",
                "'inputs'",
            ])
            .collect();
        Self {
            catalog,
            sdks,
            installed,
            hosts: aho_corasick::AhoCorasick::new(words).ok(),
        }
    }

    pub(super) fn is_seed(&self, path: &str, text: &str, imports: &[ImportLine]) -> bool {
        let mut http = false;
        let own = self.sdks.of(path);
        for line in imports.iter().filter(|l| l.level == 0) {
            let top = line.module.split('.').next().unwrap_or("");
            if self.catalog.strong.contains(top) && own != Some(top) {
                let known = match line.item.as_deref() {
                    Some("*") | None => self.known(&line.module) || self.known(top),
                    Some(item) => self.known(&format!("{}.{item}", line.module)),
                };
                if known {
                    return true;
                }
            }
            http |= self.catalog.http_roots.contains(top);
        }
        http && self.hosts.as_ref().is_some_and(|h| h.is_match(text))
    }

    pub(super) fn known(&self, path: &str) -> bool {
        self.catalog.is_prefix(path)
            || self.catalog.entry(path).is_some()
            || self.catalog.governor(path).is_some()
    }
}
