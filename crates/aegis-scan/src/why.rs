//! `--why FILE:LINE`: the chain of values and ways that led to a verdict, step by step.

use std::sync::Arc;

use aegis_diag::{SourceFile, Span, Step};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::config::Config;
use crate::facts::{Expr, ExprId};
use crate::findings::Judged;
use crate::link::values::{Cell, FileIx};
use crate::link::{SiteKey, Solver, Spot};
use crate::program::Program;

/// Steps of one chain of values.
const MAX_STEPS: usize = 16;

/// Explains every site on the line that was asked for.
pub(crate) fn explain(
    program: &Program<'_>,
    judged: &[Judged],
    sources: &FxHashMap<FileIx, Arc<SourceFile>>,
    config: &Config,
) -> Vec<(String, Vec<Step>)> {
    let Some((path, line)) = &config.why else {
        return Vec::new();
    };
    let mut keys: Vec<&SiteKey> = program.solver.sites.keys().collect();
    keys.sort_unstable();
    let mut out = Vec::new();
    for j in judged {
        let s = &j.site;
        let start = s.span.start();
        let hit = s.span.file.path == *path
            && ((j.lines.0..=j.lines.1).contains(line) || start.raw_line == *line);
        if !hit {
            continue;
        }
        let heading = format!(
            "{} {}: `{}` ({}) is {}",
            s.span.locator(),
            s.kind,
            s.operation,
            s.framework,
            s.verdict.as_str()
        );
        let mut steps = Vec::new();
        let key = keys.iter().find(|k| is_site(program, k, s));
        if let Some((file, Spot::Expr(e), _)) = key.map(|k| **k) {
            values(program, file, e, sources, &mut steps);
        }
        let api = if s.api.is_empty() {
            s.operation.clone()
        } else {
            s.api.clone()
        };
        steps.push(Step {
            span: s.span.clone(),
            text: format!("so this is `{api}`"),
        });
        steps.extend(s.way.iter().cloned());
        steps.push(Step {
            span: s.span.clone(),
            text: s.reason.clone(),
        });
        if !s.remedy.is_empty() {
            steps.push(Step {
                span: s.span.clone(),
                text: format!("to govern it: {}", s.remedy),
            });
        }
        out.push((heading, steps));
    }
    out
}

fn is_site(program: &Program<'_>, key: &SiteKey, s: &aegis_diag::CallSite) -> bool {
    let Spot::Expr(e) = key.1 else { return false };
    let file = program
        .files
        .get(key.0 as usize)
        .map(|f| f.found.display.as_str());
    let facts = program
        .solver
        .files
        .get(key.0 as usize)
        .and_then(|m| m.facts.as_ref());
    file == Some(s.span.file.path.as_str())
        && facts.is_some_and(|f| f.span(e).0 as usize == s.span.range.start)
}

/// Follows the receiver of a call back to where its value was made.
fn values(
    program: &Program<'_>,
    file: FileIx,
    e: ExprId,
    sources: &FxHashMap<FileIx, Arc<SourceFile>>,
    out: &mut Vec<Step>,
) {
    let solver = &program.solver;
    let mut chain = Vec::new();
    let mut seen: FxHashSet<(FileIx, ExprId)> = FxHashSet::default();
    let mut at = Some((file, e));
    while let Some((f, e)) = at {
        if !seen.insert((f, e)) || chain.len() >= MAX_STEPS {
            break;
        }
        let Some(facts) = solver.files.get(f as usize).and_then(|m| m.facts.clone()) else {
            break;
        };
        let base = base_of(&facts, e);
        let Some(next) = origin(solver, f, base) else {
            break;
        };
        chain.push(next);
        at = Some(next);
    }
    chain.reverse();
    for (f, e) in chain {
        let Some(source) = sources.get(&f) else {
            continue;
        };
        let Some(facts) = solver.files.get(f as usize).and_then(|m| m.facts.as_ref()) else {
            continue;
        };
        let (a, b) = facts.span(e);
        let span = Span::new(Arc::clone(source), a as usize..b as usize);
        let text = match facts.expr(e) {
            Expr::Call(..) => "the value is made here",
            Expr::Name(_) | Expr::Attr(..) => "the value passes through here",
            _ => "the value comes from here",
        };
        out.push(Step {
            span,
            text: text.to_owned(),
        });
    }
}

/// The name or attribute a call or attribute chain starts with.
fn base_of(facts: &crate::facts::Facts, e: ExprId) -> ExprId {
    let mut at = e;
    loop {
        at = match facts.expr(at) {
            Expr::Call(callee, _) => *callee,
            Expr::Attr(object, _) if !matches!(facts.expr(*object), Expr::Name(_)) => *object,
            Expr::Attr(object, _) if facts.expr(*object) != &Expr::Opaque => *object,
            Expr::Index(object, _) => *object,
            Expr::Pipe(left, _) => *left,
            _ => return at,
        };
    }
}

/// Where the value of a name first came from.
fn origin(solver: &Solver<'_>, file: FileIx, e: ExprId) -> Option<(FileIx, ExprId)> {
    let origins = solver.origins.as_ref()?;
    let facts = solver.files.get(file as usize)?.facts.clone()?;
    let Expr::Name(name) = facts.expr(e) else {
        return None;
    };
    let cells: Vec<Cell> = solver.cells_of_name(file, *name);
    for c in cells {
        for &v in solver.pool.ids(solver.peek(c)) {
            if let Some(&(f, from)) = origins.get(&(c, v))
                && from != 0
            {
                return Some((f, from));
            }
        }
    }
    None
}
