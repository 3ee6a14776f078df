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
mod starts;
mod suppress;
mod why;

use std::collections::BTreeMap;
use std::sync::Arc;

use aegis_diag::{FileStats, Report, SkipReason, Skipped, SourceFile};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use catalog::Catalog;
use classify::Describe;
use facts::Stmt;
use findings::{Comments, Judged};
use govern::Govern;
use link::values::FileIx;
use link::{SiteKey, Spot};
use program::{Look, Origin, Program, Shared};
use sources::Past;

pub use catalog::CatalogError;
pub use config::{Config, Input, ScanError};
pub use listing::{CatalogEntry, FrameworkInfo, list_frameworks, list_packages, show_framework};
pub use rules::{RULES, find as find_rule};
pub use sources::Overlay;

/// Stack of the worker threads, in bytes. Expressions are followed to a bounded depth; this is
/// enough for that depth in a debug build.
const STACK: usize = 256 << 20;

/// Scans and judges.
///
/// # Errors
/// A path that cannot be scanned, catalog files with mistakes, an unknown setting. Files that
/// cannot be analysed are no error: they are part of the report.
pub fn scan(input: &Input, config: &Config) -> Result<Report, ScanError> {
    pool(config)?.install(|| scan_here(input, config))
}

/// One analysis of the tree as it is and one of the tree as it was: `(now, before)`. What did not
/// change is read and parsed once. The second report is that which [`scan`] would have given then,
/// except that ignore files count as they are now, and what is out of scope is listed as it is now.
///
/// # Errors
/// Those of [`scan`].
pub fn scan_pair(
    input: &Input,
    overlay: &Overlay,
    config: &Config,
) -> Result<(Report, Report), ScanError> {
    pool(config)?.install(|| pair_here(input, overlay, config))
}

fn pool(config: &Config) -> Result<rayon::ThreadPool, ScanError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(config.threads)
        .stack_size(STACK)
        .build()
        .map_err(|e| ScanError::Threads(e.to_string()))
}

fn scan_here(input: &Input, config: &Config) -> Result<Report, ScanError> {
    let catalog = Catalog::new(config)?;
    let scope = collect(input, config)?;
    let look = program::look(&catalog, &scope.walked, &scope.origin, None);
    Ok(judged(&catalog, scope, look, None, config))
}

fn pair_here(
    input: &Input,
    overlay: &Overlay,
    config: &Config,
) -> Result<(Report, Report), ScanError> {
    let catalog = Catalog::new(config)?;
    let scope = collect(input, config)?;
    let look = program::look(&catalog, &scope.walked, &scope.origin, None);
    let Some(past) = before(input, overlay, &scope) else {
        let report = judged(&catalog, scope, look, None, config);
        return Ok((report.clone(), report));
    };
    let past_look = program::look(&catalog, &past.walked, &past.origin, Some(&look));
    let shared = Shared::default();
    let follow = |scope, look| judged(&catalog, scope, look, Some(&shared), config);
    Ok(rayon::join(
        || follow(scope, look),
        || follow(past, past_look),
    ))
}

/// What a scan covers.
struct Scope<'o> {
    walked: sources::Walked,
    origin: Origin<'o>,
}

/// The scope as it was; `None` if it is the same as now.
fn before<'o>(input: &Input, overlay: &'o Overlay, now: &Scope<'_>) -> Option<Scope<'o>> {
    let (Input::Paths(roots), Origin::Disk(options)) = (input, &now.origin) else {
        return None;
    };
    let past = Past::new(overlay);
    let walked = past.walked(&now.walked, roots, options);
    let files = walked.files.iter().map(|f| &f.path);
    let touched = files
        .chain(&walked.extra)
        .any(|path| past.says(path).is_some());
    if !touched && walked == now.walked {
        return None;
    }
    Some(Scope {
        walked,
        origin: Origin::Past(options.clone(), past),
    })
}

/// From what every file says by itself to a report.
fn judged(
    catalog: &Catalog,
    scope: Scope<'_>,
    look: Look,
    shared: Option<&Shared>,
    config: &Config,
) -> Report {
    let Scope { walked, origin } = scope;
    let mut report = Report {
        rules: RULES.to_vec(),
        excluded: walked.excluded,
        skipped: walked.skipped,
        ..Report::default()
    };
    let program = program::follow(catalog, look, &origin, shared, config.why.is_some());
    count(&program, &mut report);
    let imports = statement_imports(&program);
    let entries = starts::entries(&program, catalog, &walked.extra, &origin);
    let wanted = points_of_interest(&program);
    let mut govern = Govern::new(&program.solver, &entries, &wanted, &imports);
    let (tools, functions) = classify::judge_tools(&program.solver, &govern);
    govern.flow(&functions);
    let sources = sources_of(&program, &govern, &origin, &mut report);
    let describe = Describe {
        solver: &program.solver,
        govern: &govern,
        tools: &tools,
        sources: &sources,
    };
    let judged = judge(&program, &describe);
    report.tool_runs = describe.tools_that_run();
    report.why = why::explain(&program, &judged, &sources, config);
    let comments = comments(&program, &sources);
    findings::report(judged, &comments, config, &mut report);
    report
}

/// Files to scan, and how their texts are read.
fn collect(input: &Input, config: &Config) -> Result<Scope<'static>, ScanError> {
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
            Ok(Scope {
                walked: sources::walk(paths, &options),
                origin: Origin::Disk(options),
            })
        }
        Input::Text { path, bytes } => Ok(given(path, bytes, &options)),
    }
}

/// The scope of one text.
fn given(path: &str, bytes: &[u8], options: &sources::Options) -> Scope<'static> {
    let notebook = path.ends_with(".ipynb");
    let mut walked = sources::Walked::default();
    let text = match sources::decode(bytes.to_vec(), notebook, options) {
        Ok(text) => {
            walked.files.push(sources::Found {
                path: path.into(),
                display: path.to_owned(),
                module_path: path.rsplit('/').next().unwrap_or(path).to_owned(),
                root: 0,
                notebook,
            });
            text
        }
        Err(reason) => {
            walked.skipped.push(Skipped {
                path: path.to_owned(),
                reason,
            });
            sources::Text {
                text: String::new(),
                cells: None,
                bytes: 0,
            }
        }
    };
    Scope {
        walked,
        origin: Origin::Given(text),
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
            Stmt::Try(attempt) => {
                visit(&attempt.body, f);
                attempt.handlers.iter().for_each(|h| visit(h, f));
                visit(&attempt.otherwise, f);
                visit(&attempt.finally, f);
            }
            Stmt::Match { cases, .. } => cases.iter().for_each(|c| visit(c, f)),
            _ => {}
        }
    }
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
    origin: &Origin<'_>,
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
                match origin.read(&loaded.found) {
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

fn judge(program: &Program<'_>, describe: &Describe<'_, '_>) -> Vec<Judged> {
    let mut keys: Vec<&SiteKey> = program.solver.sites.keys().collect();
    keys.sort_unstable();
    let mut out: Vec<Judged> = keys
        .par_iter()
        .filter_map(|key| {
            let site = program.solver.sites.get(*key)?;
            let call_site = describe.site(key, site)?;
            let facts = program.solver.files.get(key.0 as usize)?.facts.as_ref()?;
            let source = describe.sources.get(&key.0)?;
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
