//! From paths to a program whose values are known: reads, prefilters, parses what can matter,
//! follows values.
//!
//! Only files that can carry or receive an AI value are parsed: those that import something of the
//! catalog, those that import such files, directly or not, and those that values are handed to.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use aegis_diag::SkipReason;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use tree_sitter::{Language, Parser};

use crate::catalog::Catalog;
use crate::facts::Facts;
use crate::facts::lower::{MAX_DEPTH, lower};
use crate::facts::roles::Roles;
use crate::link::Solver;
use crate::link::modules::{Modules, Place};
use crate::link::values::FileIx;
use crate::sources::{self, Found, ImportLine, Options, Text};

/// Rounds of reading files that values turned out to be handed to.
const MAX_ROUNDS: usize = 24;
/// With more than this in such files it is a collection of SDKs rather than a program: each file is
/// judged by what it imports itself, and nobody's importers are followed.
const COLLECTION: u64 = 16 << 20;
/// Programs with less than this many bytes in files that import AI packages are small.
const SMALL: u64 = 8 << 20;

/// Where texts come from.
#[derive(Debug)]
pub(crate) enum Origin {
    Disk(Options),
    /// One text given by the caller.
    Given(Text),
}

/// A file before linking.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) found: Found,
    pub(crate) imports: Vec<ImportLine>,
    facts: Option<Arc<Facts>>,
    pub(crate) problem: Option<SkipReason>,
    pub(crate) bytes: u64,
    seed: bool,
    /// Whether it imports a governor.
    governs: bool,
    /// Length and hash of the text that was parsed.
    pub(crate) stamp: (usize, u64),
}

/// A program with its values.
pub(crate) struct Program<'c> {
    pub(crate) solver: Solver<'c>,
    pub(crate) files: Vec<Loaded>,
    /// Project files each file imports.
    pub(crate) imports: Vec<Vec<FileIx>>,
}

/// A hash of a text that is the same on every machine.
pub(crate) fn stamp(text: &str) -> (usize, u64) {
    use std::hash::Hasher;
    let mut h = rustc_hash::FxHasher::default();
    h.write(text.as_bytes());
    (text.len(), h.finish())
}

pub(crate) fn read(found: &Found, origin: &Origin) -> Result<Text, SkipReason> {
    match origin {
        Origin::Disk(o) => sources::read(found, o),
        Origin::Given(t) => Ok(t.clone()),
    }
}

/// Parses and lowers one text. A bug in it costs that file, not the scan.
fn parse(text: &str, roles: &Roles, parser: &mut Parser) -> Result<Facts, SkipReason> {
    catch_unwind(AssertUnwindSafe(|| {
        let tree = parser
            .parse(text, None)
            .ok_or_else(|| SkipReason::Panicked("the parser gave no tree".to_owned()))?;
        Ok(lower(text, &tree, roles))
    }))
    .unwrap_or_else(|_| Err(SkipReason::Panicked("see standard error".to_owned())))
}

fn parser(language: &Language) -> Parser {
    let mut p = Parser::new();
    // The grammar is compiled in and its version is checked by a test.
    let _ = p.set_language(language);
    p
}

/// Reads and follows everything.
pub(crate) fn analyse<'c>(
    catalog: &'c Catalog,
    found: Vec<Found>,
    extra: &[PathBuf],
    origin: &Origin,
    why: bool,
) -> Program<'c> {
    let language: Language = tree_sitter_python::LANGUAGE.into();
    let roles =
        Roles::read(&language, aegis_queries::PYTHON_STRUCTURE).unwrap_or_else(|_| Roles::empty());
    let mut sdk_roots = own_sdks(catalog, extra);
    sdk_roots.extend(sdks_by_layout(catalog, &found));
    let installed = Installed::read(extra);
    let sift = Sift::new(catalog, &sdk_roots, &installed);
    let paths: Vec<(usize, String, bool)> = found
        .iter()
        .map(|f| (f.root, f.module_path.clone(), f.notebook))
        .collect();
    let (mut files, modules) = rayon::join(
        || -> Vec<Loaded> {
            found
                .into_par_iter()
                .map_init(
                    || parser(&language),
                    |p, f| first_look(f, origin, &sift, &roles, p),
                )
                .collect()
        },
        || {
            Modules::new(
                paths
                    .iter()
                    .map(|(root, path, notebook)| (*root, path.as_str(), *notebook)),
            )
        },
    );
    let imports: Vec<Vec<FileIx>> = (0..files.len())
        .into_par_iter()
        .map(|i| {
            if is_installed(&installed, &files, i) {
                Vec::new()
            } else {
                resolve(&modules, &files, i)
            }
        })
        .collect();
    let wanted = named_like_sdks(catalog, &modules, &sdk_roots);
    parse_more(&mut files, &wanted, origin, &roles, &language);

    let by = Importers::new(&modules, &files, &installed);
    let mut solver = Solver::new(catalog, modules, files.len(), sdk_roots);
    if why {
        solver.origins = Some(FxHashMap::default());
    }
    // Ways in matter where something governs; where nothing does, they only explain, which is
    // worth its time in programs of ordinary size.
    let seeds: u64 = files.iter().filter(|f| f.seed).map(|f| f.bytes).sum();
    solver.follow_callers = seeds <= SMALL || files.iter().any(|f| f.governs);
    load_new(&mut solver, &files);
    solver.run();
    let mut spread = !files.iter().any(|f| f.governs);
    for _ in 0..MAX_ROUNDS {
        let mut wanted: Vec<FileIx> = std::mem::take(&mut solver.wanted).into_iter().collect();
        let collection = seeds > COLLECTION && !files.iter().any(|f| f.governs);
        if collection {
            break;
        }
        wanted.extend(by.wanted(&solver));
        let unread = |&f: &FileIx| {
            let file = files.get(f as usize);
            file.is_some_and(|l| {
                l.facts.is_none() && l.problem.is_none() && !installed.holds(&l.found.path)
            })
        };
        wanted.retain(unread);
        if wanted.is_empty() && !spread {
            spread = true;
            wanted = importers(&solver, &imports);
            wanted.retain(unread);
        }
        if wanted.is_empty() {
            break;
        }
        parse_more(&mut files, &wanted, origin, &roles, &language);
        load_new(&mut solver, &files);
        solver.requeue_all();
        solver.run();
    }
    Program {
        solver,
        files,
        imports,
    }
}

/// Gives the solver every parsed file it does not have yet.
fn load_new(solver: &mut Solver<'_>, files: &[Loaded]) {
    for (i, f) in files.iter().enumerate() {
        let missing = solver.files.get(i).is_some_and(|m| m.facts.is_none());
        if let Some(facts) = f.facts.as_ref().filter(|_| missing) {
            solver.load(FileIx::try_from(i).unwrap_or(FileIx::MAX), facts);
        }
    }
}

/// Reads a file, looks at its imports, and parses it if they meet the catalog.
fn first_look(
    found: Found,
    origin: &Origin,
    sift: &Sift<'_>,
    roles: &Roles,
    parser: &mut Parser,
) -> Loaded {
    let mut out = Loaded {
        found,
        imports: Vec::new(),
        facts: None,
        problem: None,
        bytes: 0,
        seed: false,
        governs: false,
        stamp: (0, 0),
    };
    match read(&out.found, origin) {
        Ok(text) => {
            out.bytes = text.bytes;
            out.imports = sources::imports(&text.text);
            out.seed = sift.is_seed(&out.found.module_path, &text.text, &out.imports);
            out.governs = out
                .imports
                .iter()
                .any(|l| sift.catalog.imports_governor(&l.module));
            if sift.installed.holds(&out.found.path) {
                // Nobody follows who imports what there.
                out.imports = Vec::new();
            }
            if out.seed {
                take(&mut out, &text.text, roles, parser);
            }
        }
        Err(e) => out.problem = Some(e),
    }
    out
}

fn take(out: &mut Loaded, text: &str, roles: &Roles, parser: &mut Parser) {
    out.stamp = stamp(text);
    match parse(text, roles, parser) {
        Ok(facts) => {
            if let Some(line) = facts.syntax_error {
                out.problem = Some(SkipReason::Syntax { line });
            }
            if let Some(line) = facts.too_deep {
                out.problem = Some(SkipReason::TooDeep {
                    limit: MAX_DEPTH,
                    line,
                });
            }
            out.facts = Some(Arc::new(facts));
        }
        Err(e) => out.problem = Some(e),
    }
}

fn parse_more(
    files: &mut [Loaded],
    wanted: &[FileIx],
    origin: &Origin,
    roles: &Roles,
    language: &Language,
) {
    let wanted: FxHashSet<FileIx> = wanted.iter().copied().collect();
    files.par_iter_mut().enumerate().for_each_init(
        || parser(language),
        |p, (i, f)| {
            let asked = FileIx::try_from(i).is_ok_and(|i| wanted.contains(&i));
            if !asked || f.facts.is_some() || f.problem.is_some() {
                return;
            }
            match read(&f.found, origin) {
                Ok(text) => take(f, &text.text, roles, p),
                Err(e) => f.problem = Some(e),
            }
        },
    );
}

/// Project files that an import line runs: the module, its packages, and the item if it is a module.
fn targets(modules: &Modules, file: FileIx, line: &ImportLine, out: &mut Vec<FileIx>) {
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

fn resolve(modules: &Modules, files: &[Loaded], i: usize) -> Vec<FileIx> {
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
struct Importers {
    /// By imported file: the importer and the name, if it takes one.
    by: Vec<Vec<(FileIx, Option<String>)>>,
}

impl Importers {
    fn new(modules: &Modules, files: &[Loaded], installed: &Installed) -> Self {
        let lists: Vec<Vec<(FileIx, FileIx, Option<String>)>> = (0..files.len())
            .into_par_iter()
            .map(|i| {
                let ix = FileIx::try_from(i).unwrap_or(FileIx::MAX);
                let mut out = Vec::new();
                let mut hits = Vec::new();
                if is_installed(installed, files, i) {
                    return out;
                }
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
    fn wanted(&self, solver: &Solver<'_>) -> Vec<FileIx> {
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
fn is_module(modules: &Modules, last: FileIx, item: &str) -> bool {
    let key = modules.key(last);
    let key = key.strip_suffix("/__init__").unwrap_or(key);
    key.rsplit('/').next() == Some(item)
}

/// Files that import files with call sites or governors, directly or not.
fn importers(solver: &Solver<'_>, imports: &[Vec<FileIx>]) -> Vec<FileIx> {
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

/// Project modules that are named like an SDK: what they bind decides which of the two is meant.
fn named_like_sdks(
    catalog: &Catalog,
    modules: &Modules,
    sdk_roots: &FxHashSet<String>,
) -> Vec<FileIx> {
    let mut roots: Vec<&String> = catalog
        .roots
        .keys()
        .filter(|r| !sdk_roots.contains(*r))
        .collect();
    roots.sort_unstable();
    roots
        .into_iter()
        .flat_map(|r| modules.files_named(r))
        .collect()
}

/// What was installed into the tree, by the records of the `*.dist-info` folders in it. It is not
/// the program: a file of it is read if it uses an AI package by itself, and its callers are not
/// followed. What merely lies beside it is the program like anything else.
#[derive(Debug, Default)]
struct Installed {
    /// Folder that was installed into -> what lies there: top-level folders and files.
    by_folder: FxHashMap<PathBuf, FxHashSet<String>>,
}

impl Installed {
    fn read(extra: &[PathBuf]) -> Self {
        let mut out = Self::default();
        for dist in extra
            .iter()
            .filter(|p| p.extension().is_some_and(|e| e == "dist-info"))
        {
            let Some(folder) = dist.parent() else {
                continue;
            };
            // Without a record nobody knows what belongs to it, so nothing is taken for installed.
            let Ok(record) = std::fs::read_to_string(dist.join("RECORD")) else {
                continue;
            };
            let names = out.by_folder.entry(folder.to_path_buf()).or_default();
            for line in record.lines() {
                let path = line.split(',').next().unwrap_or("").trim_matches('"');
                let top = path.split('/').next().unwrap_or("");
                if !top.is_empty() && top != ".." {
                    names.insert(top.to_owned());
                }
            }
        }
        out
    }

    fn holds(&self, path: &std::path::Path) -> bool {
        if self.by_folder.is_empty() {
            return false;
        }
        path.ancestors().skip(1).any(|folder| {
            self.by_folder.get(folder).is_some_and(|names| {
                let rest = path
                    .strip_prefix(folder)
                    .ok()
                    .and_then(|r| r.components().next());
                rest.is_some_and(|top| names.contains(top.as_os_str().to_string_lossy().as_ref()))
            })
        })
    }
}

/// Import roots whose package has the layout of the SDK: at least this many of the modules that the
/// catalog names lie below it.
const SAME_MODULES: usize = 3;

/// SDKs in the tree that nothing else gives away, such as a copy without its metadata.
fn sdks_by_layout(catalog: &Catalog, found: &[Found]) -> Vec<String> {
    let mut modules: FxHashSet<&str> = FxHashSet::default();
    for (path, _) in &catalog.data.paths {
        if let Some((module, _)) = path.rsplit_once('.')
            && module.contains('.')
        {
            modules.insert(module);
        }
    }
    let mut hits: FxHashMap<&str, FxHashSet<String>> = FxHashMap::default();
    for f in found {
        let path = f.module_path.strip_suffix(".py").unwrap_or(&f.module_path);
        let path = path.strip_suffix("/__init__").unwrap_or(path);
        let mut names = path.split('/');
        while let Some(top) = names.next() {
            if let Some((root, _)) = catalog.roots.get_key_value(top) {
                let rest: Vec<&str> = names.clone().collect();
                let dotted = format!("{top}.{}", rest.join("."));
                if modules.contains(dotted.as_str()) {
                    hits.entry(root).or_default().insert(dotted);
                }
                break;
            }
        }
    }
    let mut roots: Vec<String> = hits
        .into_iter()
        .filter(|(_, m)| m.len() >= SAME_MODULES)
        .map(|(r, _)| r.to_owned())
        .collect();
    roots.sort_unstable();
    roots
}

fn is_installed(installed: &Installed, files: &[Loaded], i: usize) -> bool {
    files.get(i).is_some_and(|f| installed.holds(&f.found.path))
}

/// Import roots whose own package is in the tree, by `*.dist-info` folders and project files.
fn own_sdks(catalog: &Catalog, extra: &[PathBuf]) -> FxHashSet<String> {
    let mut names: FxHashSet<String> = FxHashSet::default();
    let plain = |s: &str| s.to_lowercase().replace(['_', '.'], "-");
    for p in extra {
        let file = p
            .file_name()
            .map(|f| f.to_string_lossy().into_owned())
            .unwrap_or_default();
        if let Some(dist) = file.strip_suffix(".dist-info") {
            names.insert(plain(dist.rsplit_once('-').map_or(dist, |(n, _)| n)));
        } else if file == "pyproject.toml"
            && let Ok(text) = std::fs::read_to_string(p)
            && let Ok(doc) = toml::from_str::<toml::Table>(&text)
        {
            let project = doc.get("project").and_then(|t| t.get("name"));
            let poetry = doc
                .get("tool")
                .and_then(|t| t.get("poetry"))
                .and_then(|t| t.get("name"));
            names.extend(project.or(poetry).and_then(|n| n.as_str()).map(plain));
        } else if file == "setup.cfg"
            && let Ok(text) = std::fs::read_to_string(p)
        {
            let name = text
                .lines()
                .find_map(|l| l.split_once('=').filter(|(k, _)| k.trim() == "name"));
            names.extend(name.map(|(_, v)| plain(v.trim())));
        }
    }
    let mut roots = FxHashSet::default();
    for package in catalog.data.frameworks.iter().flat_map(|f| &f.packages) {
        // Packages that are on no index are known by their import name.
        let unlisted = package.pypi == "-"
            && !package.stdlib
            && package.imports.iter().any(|i| names.contains(&plain(i)));
        if unlisted || names.contains(&plain(&package.pypi)) {
            roots.extend(
                package
                    .imports
                    .iter()
                    .filter_map(|i| i.split('.').next().map(str::to_owned)),
            );
        }
    }
    roots
}

/// Whether a path leads through a folder.
fn lies_in(path: &str, folder: &str) -> bool {
    path.split('/').rev().skip(1).any(|p| p == folder)
}

/// Decides from its imports whether a text can meet the catalog by itself.
struct Sift<'c> {
    catalog: &'c Catalog,
    /// Inside its own package an SDK is code like any other: its imports of itself are no use of it.
    sdk_roots: &'c FxHashSet<String>,
    installed: &'c Installed,
    hosts: Option<aho_corasick::AhoCorasick>,
}

impl<'c> Sift<'c> {
    fn new(
        catalog: &'c Catalog,
        sdk_roots: &'c FxHashSet<String>,
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
            sdk_roots,
            installed,
            hosts: aho_corasick::AhoCorasick::new(words).ok(),
        }
    }

    fn is_seed(&self, path: &str, text: &str, imports: &[ImportLine]) -> bool {
        let mut http = false;
        for line in imports.iter().filter(|l| l.level == 0) {
            let top = line.module.split('.').next().unwrap_or("");
            if self.catalog.strong.contains(top)
                && !(self.sdk_roots.contains(top) && lies_in(path, top))
            {
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

    fn known(&self, path: &str) -> bool {
        self.catalog.is_prefix(path)
            || self.catalog.entry(path).is_some()
            || self.catalog.governor(path).is_some()
    }
}
