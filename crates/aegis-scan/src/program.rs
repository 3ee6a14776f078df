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
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

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
use crate::sources::{self, Found, ImportLine, Options, Past, Text, Walked};

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
pub(crate) enum Origin<'o> {
    Disk(Options),
    /// From disk, as it was.
    Past(Options, Past<'o>),
    /// One text given by the caller.
    Given(Text),
}

impl Origin<'_> {
    /// The text of a file that is scanned.
    pub(crate) fn read(&self, found: &Found) -> Result<Text, SkipReason> {
        match self {
            Self::Disk(o) => sources::read(found, o),
            Self::Past(o, past) => match past.says(&found.path) {
                Some(Some(bytes)) => sources::decode_capped(bytes, found.notebook, o),
                Some(None) => Err(SkipReason::Io("it was not there".to_owned())),
                None => sources::read(found, o),
            },
            Self::Given(text) => Ok(text.clone()),
        }
    }

    /// The text of a project or deployment file, if it can be read.
    pub(crate) fn extra(&self, path: &Path) -> Option<String> {
        match self {
            Self::Past(_, past) => match past.says(path) {
                Some(said) => said.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()),
                None => std::fs::read_to_string(path).ok(),
            },
            Self::Disk(_) | Self::Given(_) => std::fs::read_to_string(path).ok(),
        }
    }

    /// Whether a file may not be what it is on disk.
    fn differs(&self, path: &Path) -> bool {
        matches!(self, Self::Past(_, past) if past.says(path).is_some())
    }
}

/// Facts of files that two analyses of the same tree share.
#[derive(Debug, Default)]
pub(crate) struct Shared(Mutex<FxHashMap<PathBuf, Parsed>>);

/// What parsing a text gives.
#[derive(Debug, Clone)]
struct Parsed {
    facts: Arc<Facts>,
    stamp: (usize, u64),
}

impl Shared {
    fn get(&self, path: &Path) -> Option<Parsed> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(path).cloned()
    }

    fn put(&self, path: &Path, parsed: Parsed) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(path.to_path_buf(), parsed);
    }
}

/// A file before linking.
#[derive(Debug, Clone)]
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

/// What every file says by itself.
#[derive(Debug)]
pub(crate) struct Look {
    files: Vec<Loaded>,
    modules: Modules,
    ground: Ground,
}

/// What in the tree is not the program.
#[derive(Debug, PartialEq, Eq)]
struct Ground {
    sdk_roots: FxHashSet<String>,
    sdks: SdkFolders,
    installed: Installed,
}

/// How texts are parsed.
struct Reader<'a> {
    origin: &'a Origin<'a>,
    shared: Option<&'a Shared>,
    language: Language,
    roles: Roles,
}

impl<'a> Reader<'a> {
    fn new(origin: &'a Origin<'a>, shared: Option<&'a Shared>) -> Self {
        let language: Language = tree_sitter_python::LANGUAGE.into();
        let roles = Roles::read(&language, aegis_queries::PYTHON_STRUCTURE);
        Self {
            origin,
            shared,
            roles: roles.unwrap_or_else(|_| Roles::empty()),
            language,
        }
    }
}

/// Reads everything and parses what meets the catalog by itself. What was looked at already is
/// taken from `earlier` where the file is the same.
pub(crate) fn look(
    catalog: &Catalog,
    walked: &Walked,
    origin: &Origin<'_>,
    earlier: Option<&Look>,
) -> Look {
    let found = &walked.files;
    let mut sdk_roots = own_sdks(catalog, &walked.extra, origin);
    sdk_roots.extend(sdks_by_layout(catalog, found));
    let sdks = SdkFolders::new(found, &sdk_roots);
    let installed = Installed::read(&walked.extra);
    let ground = Ground {
        sdk_roots,
        sdks,
        installed,
    };
    let same: FxHashMap<&Path, &Loaded> = earlier
        .filter(|look| look.ground == ground)
        .map(|look| look.files.iter().map(|f| (f.found.path.as_path(), f)))
        .into_iter()
        .flatten()
        .collect();
    let sift = Sift::new(catalog, &ground.sdks, &ground.installed);
    let reader = Reader::new(origin, None);
    let (files, modules) = rayon::join(
        || -> Vec<Loaded> {
            found
                .par_iter()
                .map_init(
                    || parser(&reader.language),
                    |p, f| {
                        let known = same.get(f.path.as_path());
                        match known.filter(|_| !origin.differs(&f.path)) {
                            Some(&known) => Loaded {
                                found: f.clone(),
                                ..known.clone()
                            },
                            None => first_look(f.clone(), &reader, &sift, p),
                        }
                    },
                )
                .collect()
        },
        || {
            Modules::new(
                found
                    .iter()
                    .map(|f| (f.root, f.module_path.as_str(), f.notebook)),
            )
        },
    );
    Look {
        files,
        modules,
        ground,
    }
}

/// Follows values through everything.
pub(crate) fn follow<'c>(
    catalog: &'c Catalog,
    look: Look,
    origin: &Origin<'_>,
    shared: Option<&Shared>,
    why: bool,
) -> Program<'c> {
    let Look {
        mut files,
        modules,
        ground,
    } = look;
    let Ground {
        sdk_roots, sdks, ..
    } = ground;
    let reader = Reader::new(origin, shared);
    let imports: Vec<Vec<FileIx>> = (0..files.len())
        .into_par_iter()
        .map(|i| resolve(&modules, &files, i))
        .collect();
    let wanted = named_like_sdks(catalog, &modules, &sdk_roots);
    parse_more(&mut files, &wanted, &reader);

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
        parse_more(&mut files, &wanted, &reader);
        load_new(&mut solver, &files);
        solver.requeue_all();
        solver.run();
    }
    Program {
        solver,
        imports,
        alone: reach.alone,
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
fn first_look(found: Found, reader: &Reader<'_>, sift: &Sift<'_>, parser: &mut Parser) -> Loaded {
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
    match reader.origin.read(&out.found) {
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
                take(&mut out, &text.text, &reader.roles, parser);
            }
        }
        Err(e) => out.problem = Some(e),
    }
    out
}

fn take(out: &mut Loaded, text: &str, roles: &Roles, parser: &mut Parser) {
    match parse(text, roles, parser) {
        Ok(facts) => out.set(Parsed {
            facts: Arc::new(facts),
            stamp: stamp(text),
        }),
        Err(e) => out.problem = Some(e),
    }
}

impl Loaded {
    fn set(&mut self, parsed: Parsed) {
        let Parsed { facts, stamp } = parsed;
        if let Some(line) = facts.syntax_error {
            self.problem = Some(SkipReason::Syntax { line });
        }
        if let Some(line) = facts.too_deep {
            self.problem = Some(SkipReason::TooDeep {
                limit: MAX_DEPTH,
                line,
            });
        }
        self.stamp = stamp;
        self.facts = Some(facts);
    }

    fn parsed(&self) -> Option<Parsed> {
        Some(Parsed {
            facts: Arc::clone(self.facts.as_ref()?),
            stamp: self.stamp,
        })
    }
}

fn parse_more(files: &mut [Loaded], wanted: &[FileIx], reader: &Reader<'_>) {
    let wanted: FxHashSet<FileIx> = wanted.iter().copied().collect();
    files.par_iter_mut().enumerate().for_each_init(
        || parser(&reader.language),
        |p, (i, f)| {
            let asked = FileIx::try_from(i).is_ok_and(|i| wanted.contains(&i));
            if asked && f.facts.is_none() && f.problem.is_none() {
                parse_later(f, reader, p);
            }
        },
    );
}

/// Parses a file that was only looked at, or takes what another analysis of the tree made of it.
fn parse_later(f: &mut Loaded, reader: &Reader<'_>, parser: &mut Parser) {
    let shared = reader
        .shared
        .filter(|_| !reader.origin.differs(&f.found.path));
    if let Some(parsed) = shared.and_then(|s| s.get(&f.found.path)) {
        return f.set(parsed);
    }
    match reader.origin.read(&f.found) {
        Ok(text) => take(f, &text.text, &reader.roles, parser),
        Err(e) => f.problem = Some(e),
    }
    if let (Some(shared), Some(parsed)) = (shared, f.parsed()) {
        shared.put(&f.found.path, parsed);
    }
}
