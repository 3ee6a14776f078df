//! How far values are followed in which part of the tree.
//!
//! A program of ordinary size is followed whole. Where very much code imports AI packages, most of
//! it is SDKs and their integrations, and following all of them into each other costs minutes and
//! tells nothing; there each file is judged by what it imports itself. What a governor can have a say in is
//! followed whole at any size, since a verdict needs every way in.

use super::Loaded;
use super::installed::SdkFolders;
use crate::link::values::FileIx;

/// With more than this in files that import AI packages, files without a governor in their part of
/// the tree are judged one by one.
const COLLECTION: u64 = 16 << 20;
/// Up to this much, ways in are followed even where nothing governs: they explain a finding.
const SMALL: u64 = 8 << 20;

/// How far each file is followed.
pub(super) struct Reach {
    /// By file: whether values are followed from it into its importers and what it hands them to.
    whole: Vec<bool>,
    /// By file: whether callers of functions with call sites matter.
    pub(super) callers: Vec<bool>,
    /// Files that import AI packages and are judged one by one; installed packages always are.
    pub(super) alone: usize,
}

impl Reach {
    pub(super) fn new(files: &[Loaded], imports: &[Vec<FileIx>], sdks: &SdkFolders) -> Self {
        let bytes: u64 = files.iter().filter(|f| f.seed).map(|f| f.bytes).sum();
        let governed = if files.iter().any(|f| f.governs) {
            governed_parts(files, imports, sdks)
        } else {
            vec![false; files.len()]
        };
        let up_to = |limit: u64| governed.iter().map(|&g| g || bytes <= limit).collect();
        let whole: Vec<bool> = up_to(COLLECTION);
        let alone = files
            .iter()
            .zip(&whole)
            .filter(|(f, w)| f.seed && (f.installed || !**w));
        Self {
            callers: up_to(SMALL),
            alone: alone.count(),
            whole,
        }
    }

    /// Whether values are followed out of a file.
    pub(super) fn whole(&self, file: FileIx) -> bool {
        self.whole.get(file as usize).copied().unwrap_or(false)
    }
}

/// By file: whether imports connect it with a governor. Only files that lead to an AI package
/// count, and no import of an SDK that lies in the tree: what uses the same SDK is not thereby one
/// program.
fn governed_parts(files: &[Loaded], imports: &[Vec<FileIx>], sdks: &SdkFolders) -> Vec<bool> {
    let sdk = |f: FileIx| {
        let file = files.get(f as usize)?;
        sdks.of(&file.found.module_path)
    };
    let mut by: Vec<Vec<FileIx>> = vec![Vec::new(); files.len()];
    for (i, list) in imports.iter().enumerate() {
        let importer = FileIx::try_from(i).unwrap_or(FileIx::MAX);
        let own = sdk(importer);
        for &f in list {
            let theirs = sdk(f);
            if (theirs.is_none() || theirs == own)
                && let Some(b) = by.get_mut(f as usize)
            {
                b.push(importer);
            }
        }
    }
    // Files that lead to an AI package or a governor.
    let mut leads: Vec<bool> = files.iter().map(|f| f.seed || f.governs).collect();
    let mut parts = Parts::new(files.len());
    let mut todo: Vec<usize> = (0..files.len())
        .filter(|&i| leads.get(i) == Some(&true))
        .collect();
    while let Some(i) = todo.pop() {
        for &b in by.get(i).map(Vec::as_slice).unwrap_or_default() {
            parts.join(i, b as usize);
            if let Some(l) = leads.get_mut(b as usize)
                && !*l
            {
                *l = true;
                todo.push(b as usize);
            }
        }
    }
    let mut governed = vec![false; files.len()];
    for (i, _) in files.iter().enumerate().filter(|(_, f)| f.governs) {
        if let Some(g) = governed.get_mut(parts.root(i)) {
            *g = true;
        }
    }
    (0..files.len())
        .map(|i| governed.get(parts.root(i)).copied().unwrap_or(false))
        .collect()
}

/// Sets of connected files.
struct Parts(Vec<usize>);

impl Parts {
    fn new(n: usize) -> Self {
        Self((0..n).collect())
    }

    fn up(&self, i: usize) -> usize {
        self.0.get(i).copied().unwrap_or(i)
    }

    fn root(&mut self, mut i: usize) -> usize {
        while self.up(i) != i {
            let over = self.up(self.up(i));
            if let Some(p) = self.0.get_mut(i) {
                *p = over;
            }
            i = over;
        }
        i
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        if let Some(p) = self.0.get_mut(a.max(b)) {
            *p = a.min(b);
        }
    }
}
