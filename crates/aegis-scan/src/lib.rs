//! Finds every AI call site of a Python program and decides for each whether it is governed.
//!
//! One straight way: `sources` (walk, decode, notebooks to cells) → `facts` (per
//! file, from tree-sitter) → `link` (values followed through the program) → `classify` (values that
//! meet the catalog: call sites) → `govern` (call sites meet governors and entry points) →
//! `findings`. [`scan`] is that way; each stage is a module of the same name.

mod catalog;
mod classify;
mod config;
mod deploy;
mod facts;
mod findings;
mod govern;
mod link;
mod listing;
mod program;
mod rules;
mod sources;
mod suppress;
mod why;

use std::collections::BTreeMap;
use std::sync::Arc;

use aegis_diag::{FileStats, Report, SkipReason, Skipped, SourceFile};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use catalog::Catalog;
use classify::Describe;
use facts::{Expr, Stmt};
use findings::{Comments, Judged};
use govern::{Entries, EntryPoint, Govern, Mode};
use link::values::FileIx;
use link::{SiteKey, Spot};
use program::{Origin, Program};

pub use catalog::CatalogError;
pub use config::{Config, Input, ScanError};
pub use listing::{CatalogEntry, FrameworkInfo, list_frameworks, list_packages, show_framework};
pub use rules::{RULES, find as find_rule};

/// Stack of the worker threads, in bytes. Expressions are followed to a bounded depth; this is
/// enough for that depth in a debug build.
const STACK: usize = 256 << 20;

/// Scans and judges.
///
/// # Errors
/// A path that cannot be scanned, catalog files with mistakes, an unknown setting. Files that
/// cannot be analysed are no error: they are part of the report.
pub fn scan(input: &Input, config: &Config) -> Result<Report, ScanError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(config.threads)
        .stack_size(STACK)
        .build()
        .map_err(|e| ScanError::Threads(e.to_string()))?;
    pool.install(|| scan_here(input, config))
}

fn scan_here(input: &Input, config: &Config) -> Result<Report, ScanError> {
    let catalog = Catalog::new(config)?;
    let (walked, origin) = collect(input, config)?;
    let mut report = Report {
        rules: RULES.to_vec(),
        excluded: walked.excluded,
        skipped: walked.skipped,
        ..Report::default()
    };
    let extra = walked.extra;
    let program = program::analyse(
        &catalog,
        walked.files,
        &extra,
        &origin,
        config.why.is_some(),
    );
    count(&program, &mut report);
    let imports = statement_imports(&program);
    let entries = entries(&program, &catalog, &extra);
    let wanted = points_of_interest(&program);
    let mut govern = Govern::new(&program.solver, &entries, &wanted, &imports);
    let (tools, functions) = classify::judge_tools(&program.solver, &govern);
    govern.flow(&functions);
    let sources = sources_of(&program, &govern, &origin, &mut report);
    let judged = judge(&program, &govern, &tools, &sources);
    report.why = why::explain(&program, &judged, &sources, config);
    let comments = comments(&program, &sources);
    findings::report(judged, &comments, config, &mut report);
    Ok(report)
}

/// Files to scan, and how their texts are read.
fn collect(input: &Input, config: &Config) -> Result<(sources::Walked, Origin), ScanError> {
    let options = sources::Options {
        max_bytes: config.max_bytes,
        include: config.include.clone(),
        exclude: config.exclude.clone(),
        respect_gitignore: config.respect_gitignore,
        ..sources::Options::default()
    };
    match input {
        Input::Paths(paths) => {
            for p in paths {
                if let Err(e) = std::fs::symlink_metadata(p) {
                    return Err(ScanError::Path {
                        path: p.display().to_string(),
                        reason: e.to_string(),
                    });
                }
            }
            Ok((sources::walk(paths, &options), Origin::Disk(options)))
        }
        Input::Text { path, bytes } => {
            let notebook = path.ends_with(".ipynb");
            let found = sources::Found {
                path: path.into(),
                display: path.clone(),
                module_path: path.rsplit('/').next().unwrap_or(path).to_owned(),
                root: 0,
                notebook,
            };
            match sources::decode(bytes.clone(), notebook, &options) {
                Ok(text) => Ok((
                    sources::Walked {
                        files: vec![found],
                        ..sources::Walked::default()
                    },
                    Origin::Given(text),
                )),
                Err(reason) => {
                    let skipped = vec![Skipped {
                        path: path.clone(),
                        reason,
                    }];
                    let none = sources::Text {
                        text: String::new(),
                        cells: None,
                        bytes: 0,
                    };
                    Ok((
                        sources::Walked {
                            skipped,
                            ..sources::Walked::default()
                        },
                        Origin::Given(none),
                    ))
                }
            }
        }
    }
}

fn count(program: &Program<'_>, report: &mut Report) {
    let mut stats = FileStats {
        excluded: report.excluded.len(),
        alone: program.alone,
        ..FileStats::default()
    };
    for (i, f) in program.files.iter().enumerate() {
        if let Some(reason) = &f.problem {
            report.skipped.push(Skipped {
                path: f.found.display.clone(),
                reason: reason.clone(),
            });
        }
        if f.problem.as_ref().is_none_or(SkipReason::is_partial) {
            stats.analysed += 1;
            stats.bytes += f.bytes;
        }
        stats.parsed += usize::from(
            program
                .solver
                .files
                .get(i)
                .is_some_and(|m| m.facts.is_some()),
        );
    }
    report.skipped.sort_by(|a, b| a.path.cmp(&b.path));
    report.files = stats;
}

/// What each import statement of the parsed files runs, by file and offset.
fn statement_imports(program: &Program<'_>) -> FxHashMap<(FileIx, u32), Vec<FileIx>> {
    let mut out = FxHashMap::default();
    for (i, module) in program.solver.files.iter().enumerate() {
        let (Some(facts), Ok(file)) = (&module.facts, FileIx::try_from(i)) else {
            continue;
        };
        for unit in &facts.units {
            visit(&unit.body, &mut |s| {
                if let Stmt::Import { span, items } = s {
                    let targets =
                        program::statement_targets(&program.solver.modules, file, facts, items);
                    if !targets.is_empty() {
                        out.insert((file, *span), targets);
                    }
                }
            });
        }
    }
    out
}

/// Calls `f` for every statement, nested ones included.
fn visit(body: &[Stmt], f: &mut dyn FnMut(&Stmt)) {
    for s in body {
        f(s);
        match s {
            Stmt::If {
                then, otherwise, ..
            } => {
                visit(then, f);
                visit(otherwise, f);
            }
            Stmt::Loop {
                body, otherwise, ..
            } => {
                visit(body, f);
                visit(otherwise, f);
            }
            Stmt::With { body, .. } => visit(body, f),
            Stmt::Try {
                body,
                handlers,
                otherwise,
                finally,
            } => {
                visit(body, f);
                handlers.iter().for_each(|h| visit(h, f));
                visit(otherwise, f);
                visit(finally, f);
            }
            Stmt::Match { cases, .. } => cases.iter().for_each(|c| visit(c, f)),
            _ => {}
        }
    }
}

/// Entry points: what is started, and with which environment.
fn entries(program: &Program<'_>, catalog: &Catalog, extra: &[std::path::PathBuf]) -> Entries {
    let modules = &program.solver.modules;
    let mut out = Entries::default();
    for (i, f) in program.files.iter().enumerate() {
        let Ok(ix) = FileIx::try_from(i) else {
            continue;
        };
        out.packages.push(modules.packages_of(ix));
        if govern::is_test_path(&f.found.module_path) {
            out.tests.insert(ix);
        }
    }
    let mut imported: FxHashSet<FileIx> = FxHashSet::default();
    for (i, list) in program.imports.iter().enumerate() {
        let from = FileIx::try_from(i).unwrap_or(FileIx::MAX);
        imported.extend(
            list.iter()
                .filter(|&&t| !out.is_test(from) || out.is_test(t)),
        );
    }
    let mut scripts: FxHashMap<FileIx, Vec<u32>> = FxHashMap::default();
    let mut starts = Vec::new();
    for path in extra {
        let Ok(text) = std::fs::read_to_string(path) else {
            continue;
        };
        for target in deploy::console_scripts(path, &text) {
            let (module, function) = target.split_once(':').unwrap_or((&target, ""));
            if let Some(file) = modules.by_dotted(module) {
                let name = function.split(['[', ' ', '.']).next().unwrap_or("").trim();
                let scope = program.solver.function_named(file, name);
                scripts.entry(file).or_default().extend(scope);
            }
        }
        starts.extend(
            deploy::starts(catalog, path, &text)
                .into_iter()
                .filter(|s| s.bits != 0),
        );
    }
    for (i, f) in program.files.iter().enumerate() {
        let Ok(ix) = FileIx::try_from(i) else {
            continue;
        };
        let Some(facts) = program.solver.files.get(i).and_then(|m| m.facts.as_ref()) else {
            continue;
        };
        let is_main = f.found.module_path.ends_with("__main__.py");
        let has_main = has_main_block(facts);
        let functions = scripts.get(&ix).cloned().unwrap_or_default();
        let alone = !imported.contains(&ix) && !f.found.module_path.ends_with("__init__.py");
        if has_main || is_main {
            out.points.push(EntryPoint {
                file: ix,
                mode: Mode::Script,
                functions: Vec::new(),
                environment: 0,
            });
        }
        if !functions.is_empty() || alone && !has_main && !is_main {
            out.points.push(EntryPoint {
                file: ix,
                mode: Mode::Plain,
                functions,
                environment: 0,
            });
        }
    }
    set_environment(program, &mut out, &starts);
    out
}

/// A variable set in a deployment file counts for what its command starts, or for everything.
fn set_environment(program: &Program<'_>, entries: &mut Entries, starts: &[deploy::Start]) {
    for s in starts {
        let hits: Vec<usize> = entries
            .points
            .iter()
            .enumerate()
            .filter(|(_, p)| {
                let path = program
                    .files
                    .get(p.file as usize)
                    .map_or("", |f| f.found.module_path.as_str());
                deploy::command_starts(&s.command, &program.solver.modules.dotted(p.file), path)
            })
            .map(|(i, _)| i)
            .collect();
        for (i, p) in entries.points.iter_mut().enumerate() {
            if hits.is_empty() || hits.contains(&i) {
                p.environment |= s.bits;
            }
        }
    }
}

fn has_main_block(facts: &facts::Facts) -> bool {
    let body = facts.unit(0).map(|u| u.body.as_slice()).unwrap_or_default();
    body.iter().any(|s| {
        let Stmt::If { condition, .. } = s else {
            return false;
        };
        let Expr::Group(p) = facts.expr(*condition) else {
            return false;
        };
        facts
            .items(p)
            .iter()
            .any(|&i| matches!(facts.expr(i), Expr::Name(n) if facts.name(*n) == "__name__"))
    })
}

/// Expressions at which the state of instrumentation must be known.
fn points_of_interest(program: &Program<'_>) -> FxHashSet<(FileIx, u32)> {
    program
        .solver
        .sites
        .keys()
        .filter_map(|k| {
            if let Spot::Expr(e) = k.1 {
                Some((k.0, e))
            } else {
                None
            }
        })
        .collect()
}

/// The texts of files that something is said about, read again; a file that changed is listed.
fn sources_of(
    program: &Program<'_>,
    govern: &Govern<'_, '_>,
    origin: &Origin,
    report: &mut Report,
) -> FxHashMap<FileIx, Arc<SourceFile>> {
    let mut files: Vec<FileIx> = program.solver.sites.keys().map(|k| k.0).collect();
    files.extend(govern.files_on_ways());
    files.extend(program.solver.tool_files());
    for (i, m) in program.solver.files.iter().enumerate() {
        let has_comments = m
            .facts
            .as_ref()
            .is_some_and(|f| !f.comments.is_empty() || f.syntax_error.is_some());
        if has_comments {
            files.extend(FileIx::try_from(i).ok());
        }
    }
    files.sort_unstable();
    files.dedup();
    let read: Vec<(FileIx, Result<Arc<SourceFile>, Skipped>)> = files
        .into_par_iter()
        .filter_map(|f| {
            let loaded = program.files.get(f as usize)?;
            let fail = |reason| Skipped {
                path: loaded.found.display.clone(),
                reason,
            };
            Some((
                f,
                match program::read(&loaded.found, origin) {
                    Ok(t) if program::stamp(&t.text) == loaded.stamp => Ok(Arc::new(
                        SourceFile::new(loaded.found.display.clone(), t.text, t.cells),
                    )),
                    Ok(_) => Err(fail(SkipReason::Changed)),
                    Err(e) => Err(fail(e)),
                },
            ))
        })
        .collect();
    let mut out = FxHashMap::default();
    for (f, r) in read {
        match r {
            Ok(s) => {
                out.insert(f, s);
            }
            Err(s) => report.skipped.push(s),
        }
    }
    report.skipped.sort_by(|a, b| a.path.cmp(&b.path));
    out
}

fn judge(
    program: &Program<'_>,
    govern: &Govern<'_, '_>,
    tools: &FxHashMap<SiteKey, govern::Standing>,
    sources: &FxHashMap<FileIx, Arc<SourceFile>>,
) -> Vec<Judged> {
    let describe = Describe {
        solver: &program.solver,
        govern,
        tools,
        sources,
    };
    let mut keys: Vec<&SiteKey> = program.solver.sites.keys().collect();
    keys.sort_unstable();
    let mut out: Vec<Judged> = keys
        .par_iter()
        .filter_map(|key| {
            let site = program.solver.sites.get(*key)?;
            let call_site = describe.site(key, site)?;
            let facts = program.solver.files.get(key.0 as usize)?.facts.as_ref()?;
            let source = sources.get(&key.0)?;
            let lines = lines_of(facts, source, key.1);
            Some(Judged {
                site: call_site,
                rule: rules::for_kind(key.2, site.http),
                model: describe.model(key, site),
                lines,
            })
        })
        .collect();
    out.sort_by(|a, b| a.site.sort_key().cmp(&b.site.sort_key()));
    out.dedup_by(|a, b| a.site.sort_key() == b.site.sort_key());
    out
}

/// First and last line of what a site is about.
fn lines_of(facts: &facts::Facts, source: &SourceFile, spot: Spot) -> (u32, u32) {
    let line = |offset: u32| source.place(offset as usize).line;
    match spot {
        Spot::Expr(e) => {
            let (a, b) = facts.span(e);
            (line(a), line(b))
        }
        Spot::Def(u) => {
            let unit = facts.unit(u);
            let (a, b) = unit.map_or((0, 0), |u| u.span);
            let first = unit
                .and_then(|u| u.decorators.first())
                .map_or(a, |&d| facts.span(d).0.min(a));
            (line(first), line(b))
        }
    }
}

fn comments(
    program: &Program<'_>,
    sources: &FxHashMap<FileIx, Arc<SourceFile>>,
) -> BTreeMap<String, Comments> {
    let mut out = BTreeMap::new();
    for (i, m) in program.solver.files.iter().enumerate() {
        let Some(facts) = &m.facts else { continue };
        let Some(source) = FileIx::try_from(i).ok().and_then(|f| sources.get(&f)) else {
            continue;
        };
        let list = suppress::of(facts);
        if !list.is_empty() || facts.syntax_error.is_some() {
            out.insert(
                source.path.clone(),
                Comments {
                    source: Arc::clone(source),
                    list,
                },
            );
        }
    }
    out
}
