//! Puts together what a walk found: every file once, in a fixed order.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::visit::{At, Content};
use super::{Found, Walked};

/// A given path.
#[derive(Debug)]
pub(super) struct Place {
    /// Where it really is.
    pub(super) real: PathBuf,
    /// As shown.
    pub(super) display: String,
    pub(super) is_dir: bool,
}

/// The given paths, in their order.
#[derive(Debug, Default)]
pub(super) struct Places(pub(super) Vec<Place>);

impl Places {
    pub(super) fn finish(&self, content: Content) -> Walked {
        let overlap = self.overlap();
        let once = |files: Vec<Found>| {
            if overlap {
                self.once(files, |f| (f.root, f.module_path.as_str()))
            } else {
                files
            }
        };
        let mut files = once(content.files);
        files.extend(once(self.elsewhere(content.links, &files)));
        files.sort_unstable_by(|a, b| a.display.cmp(&b.display).then(a.root.cmp(&b.root)));
        let mut skipped = content.skipped;
        skipped.sort_by(|a, b| a.path.cmp(&b.path));
        skipped.dedup();
        let mut extra = content.extra;
        if overlap {
            extra = self.once(extra, |e| (e.root, e.rel.as_str()));
        }
        let mut extra: Vec<PathBuf> = extra.into_iter().map(|e| e.path).collect();
        extra.sort_unstable();
        Walked {
            files,
            skipped,
            excluded: self.excluded(content.excluded),
            extra,
        }
    }

    /// Whether a given path is, or lies in, another.
    fn overlap(&self) -> bool {
        let mut sorted: Vec<&Path> = self.0.iter().map(|p| p.real.as_path()).collect();
        sorted.sort_unstable();
        sorted
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if b.starts_with(a)))
    }

    /// The real place of something in a given path.
    fn real(&self, (root, rel): (usize, &str)) -> PathBuf {
        match self.0.get(root) {
            Some(place) if place.is_dir => place.real.join(rel),
            Some(place) => place.real.clone(),
            None => PathBuf::from(rel),
        }
    }

    /// Every item once, as the outermost of the given paths has it.
    fn once<T>(&self, items: Vec<T>, key: impl Fn(&T) -> (usize, &str)) -> Vec<T> {
        let depth = |root: usize| self.0.get(root).map_or(0, |p| p.real.components().count());
        let mut keyed: Vec<((PathBuf, usize, usize), T)> = items
            .into_iter()
            .map(|item| {
                let (root, rel) = key(&item);
                ((self.real((root, rel)), depth(root), root), item)
            })
            .collect();
        keyed.sort_by(|a, b| a.0.cmp(&b.0));
        keyed.dedup_by(|later, first| later.0.0 == first.0.0);
        keyed.into_iter().map(|(_, item)| item).collect()
    }

    /// The links to files that are not scanned at their own place.
    fn elsewhere(&self, links: Vec<(Found, PathBuf)>, files: &[Found]) -> Vec<Found> {
        if links.is_empty() {
            return Vec::new();
        }
        let known: HashSet<PathBuf> = files
            .iter()
            .map(|f| self.real((f.root, &f.module_path)))
            .collect();
        links
            .into_iter()
            .filter(|(_, to)| !known.contains(to))
            .map(|(f, _)| f)
            .collect()
    }

    /// What was left out, apart from what was given as a path of its own.
    fn excluded(&self, all: Vec<At>) -> Vec<String> {
        let given: HashSet<&Path> = self.0.iter().map(|p| p.real.as_path()).collect();
        let shown: HashSet<&str> = self.0.iter().map(|p| p.display.as_str()).collect();
        let asked_for = |at: &At| {
            let name = at
                .display
                .trim_end_matches(" (symbolic link)")
                .trim_end_matches('/');
            shown.contains(name) || given.contains(self.real((at.root, &at.rel)).as_path())
        };
        let mut left: Vec<String> = all
            .into_iter()
            .filter(|at| !asked_for(at))
            .map(|at| at.display)
            .collect();
        left.sort_unstable();
        left.dedup();
        left
    }
}
