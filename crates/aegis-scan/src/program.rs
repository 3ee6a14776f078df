//! From paths to a program whose values are known: reads, prefilters, parses what can matter,
//! follows values.
//!
//! Only files that can carry or receive an AI value are parsed: those that import something of the
//! catalog, those that import such files, directly or not, and those that values are handed to.

mod imports;
mod installed;
mod reach;
mod sift;

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
use crate::link::modules::Modules;
use crate::link::values::FileIx;
use crate::sources::{self, Found, ImportLine, Options, Text};

pub(crate) use imports::statement_targets;
use imports::{Importers, importers, resolve};
pub(crate) use installed::SdkFolders;
use installed::{Installed, named_like_sdks, own_sdks, sdks_by_layout};
use reach::Reach;
use sift::Sift;

/// Rounds of reading files that values turned out to be handed to.
const MAX_ROUNDS: usize = 24;

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
    /// Whether it was installed into the tree; see [`installed`].
    installed: bool,
    /// Length and hash of the text that was parsed.
    pub(crate) stamp: (usize, u64),
}

/// A program with its values.
pub(crate) struct Program<'c> {
    pub(crate) solver: Solver<'c>,
    pub(crate) files: Vec<Loaded>,
    /// Project files each file imports.
    pub(crate) imports: Vec<Vec<FileIx>>,
    /// Files with AI imports that were judged by themselves.
    pub(crate) alone: usize,
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
        lower(text, parser, roles)
            .ok_or_else(|| SkipReason::Panicked("the parser gave no tree".to_owned()))
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
    let sdks = SdkFolders::new(&found, &sdk_roots);
    let installed = Installed::read(extra);
    let sift = Sift::new(catalog, &sdks, &installed);
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
        .map(|i| resolve(&modules, &files, i))
        .collect();
    let wanted = named_like_sdks(catalog, &modules, &sdk_roots);
    parse_more(&mut files, &wanted, origin, &roles, &language);

    let by = Importers::new(&modules, &files);
    let mut reach = Reach::new(&files, &imports, &sdks);
    let mut solver = Solver::new(catalog, modules, files.len(), sdk_roots, sdks);
    if why {
        solver.origins = Some(FxHashMap::default());
    }
    solver.follow_callers = std::mem::take(&mut reach.callers);
    load_new(&mut solver, &files);
    solver.run();
    let mut spread = !files.iter().any(|f| f.governs);
    for _ in 0..MAX_ROUNDS {
        let mut wanted: Vec<FileIx> = std::mem::take(&mut solver.wanted).into_iter().collect();
        wanted.extend(by.wanted(&solver));
        let unread = |&f: &FileIx| {
            let file = files.get(f as usize);
            file.is_some_and(|l| {
                reach.whole(f) && l.facts.is_none() && l.problem.is_none() && !l.installed
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
        imports,
        alone: reach.alone + files.iter().filter(|f| f.installed && f.seed).count(),
        files,
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
        installed: sift.installed.holds(&found.path),
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
            if out.installed {
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
