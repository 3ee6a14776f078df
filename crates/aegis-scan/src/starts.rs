//! What is started: entry points, from main blocks, project files and deployment files.

use std::path::PathBuf;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::catalog::Catalog;
use crate::deploy;
use crate::facts::{self, Expr, Stmt};
use crate::govern::{self, Entries, EntryPoint, Mode};
use crate::link::values::FileIx;
use crate::program::{Origin, Program};

/// Entry points: what is started, and with which environment.
pub(crate) fn entries(
    program: &Program<'_>,
    catalog: &Catalog,
    extra: &[PathBuf],
    origin: &Origin<'_>,
) -> Entries {
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
        let Some(text) = origin.extra(path) else {
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
    let body = facts.unit(0).map(|u| u.body.as_ref()).unwrap_or_default();
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
