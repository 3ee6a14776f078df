//! Who imports whom.

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::Loaded;
use crate::facts::Facts;
use crate::link::Solver;
use crate::link::modules::{Modules, Place};
use crate::link::values::FileIx;
use crate::sources::ImportLine;

/// Project files that an import line runs: the module, its packages, and the item if it is a module.
pub(super) fn targets(modules: &Modules, file: FileIx, line: &ImportLine, out: &mut Vec<FileIx>) {
    let names: Vec<&str> = line.module.split('.').filter(|n| !n.is_empty()).collect();
    let (mut place, rest) = if line.level > 0 {
        match modules.relative(file, line.level) {
            Some(p) => (p, names.as_slice()),
            None => return,
        }
    } else {
        let Some((top, rest)) = names.split_first() else {
            return;
        };
        match modules.top(file, top) {
            Some(p) => (p, rest),
            None => return,
        }
    };
    let mut note = |p: &Place| {
        if let Place::Module(f) = p
            && *f != file
        {
            out.push(*f);
        }
    };
    note(&place);
    for n in rest.iter().copied().chain(line.item.as_deref()) {
        match modules.child(&place, n) {
            Some(p) => {
                note(&p);
                place = p;
            }
            None => break,
        }
    }
}

pub(super) fn resolve(modules: &Modules, files: &[Loaded], i: usize) -> Vec<FileIx> {
    let mut out = Vec::new();
    let ix = FileIx::try_from(i).unwrap_or(FileIx::MAX);
    for line in files
        .get(i)
        .map(|f| f.imports.as_slice())
        .unwrap_or_default()
    {
        targets(modules, ix, line, &mut out);
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// Project files one import statement of the facts runs, in order.
pub(crate) fn statement_targets(
    modules: &Modules,
    file: FileIx,
    facts: &Facts,
    items: &[crate::facts::Import],
) -> Vec<FileIx> {
    let mut out = Vec::new();
    for i in items {
        let line = ImportLine {
            level: i.level,
            module: facts.name(i.module).to_owned(),
            item: i.item.map(|n| facts.name(n).to_owned()),
        };
        targets(modules, file, &line, &mut out);
    }
    let mut seen = FxHashSet::default();
    out.retain(|f| seen.insert(*f));
    out
}

/// Who imports what from whom.
pub(super) struct Importers {
    /// By imported file: the importer and the name, if it takes one.
    by: Vec<Vec<(FileIx, Option<String>)>>,
}

impl Importers {
    pub(super) fn new(modules: &Modules, files: &[Loaded]) -> Self {
        let lists: Vec<Vec<(FileIx, FileIx, Option<String>)>> = (0..files.len())
            .into_par_iter()
            .map(|i| {
                let ix = FileIx::try_from(i).unwrap_or(FileIx::MAX);
                let mut out = Vec::new();
                let mut hits = Vec::new();
                for line in files
                    .get(i)
                    .map(|f| f.imports.as_slice())
                    .unwrap_or_default()
                {
                    hits.clear();
                    targets(modules, ix, line, &mut hits);
                    // The last one holds the name; the packages around it run, but give nothing.
                    if let Some(&last) = hits.last() {
                        let item = line
                            .item
                            .clone()
                            .filter(|i| i != "*" && !is_module(modules, last, i));
                        out.push((last, ix, item));
                    }
                }
                out
            })
            .collect();
        let mut by = vec![Vec::new(); files.len()];
        for (target, importer, item) in lists.into_iter().flatten() {
            if let Some(b) = by.get_mut(target as usize) {
                b.push((importer, item));
            }
        }
        Self { by }
    }

    /// Files that import a carrying name of a file that is loaded.
    pub(super) fn wanted(&self, solver: &Solver<'_>) -> Vec<FileIx> {
        let mut out = Vec::new();
        for (i, list) in self.by.iter().enumerate() {
            let Ok(file) = FileIx::try_from(i) else {
                continue;
            };
            if list.is_empty() || solver.files.get(i).is_none_or(|m| m.facts.is_none()) {
                continue;
            }
            let exports: FxHashSet<&str> = solver
                .exports_of(file)
                .into_iter()
                .map(|s| solver.pool.text(s))
                .collect();
            if exports.is_empty() {
                continue;
            }
            let takes = |item: &Option<String>| item.as_deref().is_none_or(|i| exports.contains(i));
            out.extend(list.iter().filter(|(_, item)| takes(item)).map(|(f, _)| *f));
        }
        out.sort_unstable();
        out.dedup();
        out
    }
}

/// Whether the last file of an import line is the imported item itself.
pub(super) fn is_module(modules: &Modules, last: FileIx, item: &str) -> bool {
    let key = modules.key(last);
    let key = key.strip_suffix("/__init__").unwrap_or(key);
    key.rsplit('/').next() == Some(item)
}

/// Files that import files with call sites or governors, directly or not.
pub(super) fn importers(solver: &Solver<'_>, imports: &[Vec<FileIx>]) -> Vec<FileIx> {
    let mut by: Vec<Vec<FileIx>> = vec![Vec::new(); imports.len()];
    for (i, list) in imports.iter().enumerate() {
        for &f in list {
            if let Some(b) = by.get_mut(f as usize) {
                b.push(FileIx::try_from(i).unwrap_or(FileIx::MAX));
            }
        }
    }
    let governing = solver
        .calls
        .iter()
        .filter(|(_, c)| !c.governors.is_empty())
        .map(|(k, _)| k.0);
    let mut todo: Vec<FileIx> = solver.sites.keys().map(|k| k.0).chain(governing).collect();
    todo.sort_unstable();
    todo.dedup();
    let mut seen: FxHashSet<FileIx> = todo.iter().copied().collect();
    let mut out = Vec::new();
    while let Some(f) = todo.pop() {
        for &b in by.get(f as usize).map(Vec::as_slice).unwrap_or_default() {
            if seen.insert(b) {
                out.push(b);
                todo.push(b);
            }
        }
    }
    out
}
