//! Walks the statements of a scope in the order they run and notes how the state stands at every
//! call, relative to where the scope was entered.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::catalog::{GovernorEffect, Targets};
use crate::facts::{Comp, Expr, ExprId, Facts, Stmt, Try, UnitId, UnitKind};
use crate::link::values::{FileIx, Scope, Value};
use crate::link::{CallFacts, Solver};

use super::state::{Change, GUARD, either};

/// Whether a module runs as the program or because it is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Mode {
    /// Functions, and modules that are imported.
    Plain,
    /// A module that is run: its `__main__` block runs, too.
    Script,
}

/// A scope in a mode.
pub(crate) type Body = (Scope, Mode);

/// Something that enters another scope.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Edge {
    pub(crate) to: Scope,
    /// The call, or 0 for an import.
    pub(crate) expr: ExprId,
    /// Byte offset of what enters, for explanations.
    pub(crate) offset: u32,
    pub(crate) change: Change,
    /// Entered through a governor.
    pub(crate) governed: bool,
    pub(crate) import: bool,
}

/// What a walk found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Walked {
    /// State change up to each call expression of interest.
    pub(crate) points: Vec<(ExprId, Change)>,
    pub(crate) edges: Vec<Edge>,
    /// Change from entry to exit; `None` if it never returns.
    pub(crate) exit: Option<Change>,
    /// Change up to the first `yield`.
    pub(crate) yielded: Option<Change>,
    /// Functions defined in it that are scopes of their own.
    pub(crate) nested: Vec<Scope>,
}

/// Reads what the solver found while walking.
pub(crate) struct Walker<'a, 'c> {
    pub(crate) solver: &'a Solver<'c>,
    pub(crate) facts: &'a Facts,
    pub(crate) file: FileIx,
    pub(crate) first: Scope,
    pub(crate) mode: Mode,
    pub(crate) summaries: &'a FxHashMap<Body, Option<Change>>,
    /// Changes up to the `yield` of generator functions.
    pub(crate) yields: &'a FxHashMap<Scope, Change>,
    /// Calls at which something is to be known.
    pub(crate) wanted: &'a FxHashSet<(FileIx, ExprId)>,
    /// What each import statement of the file runs, by its offset.
    pub(crate) imports: &'a FxHashMap<(FileIx, u32), Vec<FileIx>>,
    pub(crate) out: Walked,
    exits: Option<Change>,
    /// State change at calls that end the program; counts only if nothing else ends the scope.
    left: Option<Change>,
    /// The expression of the statement under way, if its value is dropped.
    dropped: Option<ExprId>,
}

impl<'a, 'c> Walker<'a, 'c> {
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of one walk, passed once"
    )]
    pub(crate) fn new(
        solver: &'a Solver<'c>,
        facts: &'a Facts,
        file: FileIx,
        mode: Mode,
        summaries: &'a FxHashMap<Body, Option<Change>>,
        yields: &'a FxHashMap<Scope, Change>,
        wanted: &'a FxHashSet<(FileIx, ExprId)>,
        imports: &'a FxHashMap<(FileIx, u32), Vec<FileIx>>,
    ) -> Self {
        let first = solver.files.get(file as usize).map_or(0, |m| m.first_scope);
        Self {
            solver,
            facts,
            file,
            first,
            mode,
            summaries,
            yields,
            wanted,
            imports,
            out: Walked::default(),
            exits: None,
            left: None,
            dropped: None,
        }
    }

    pub(crate) fn run(mut self, unit: UnitId) -> Walked {
        let body = self
            .facts
            .unit(unit)
            .map(|u| u.body.as_ref())
            .unwrap_or_default();
        let end = self.block(body, Some(Change::NONE));
        self.out.exit = either(end, self.exits)
            .or(self.left)
            .map(Change::without_guard);
        self.out
    }

    fn block(&mut self, body: &[Stmt], mut now: Option<Change>) -> Option<Change> {
        for s in body {
            now = self.stmt(s, now);
        }
        now
    }

    fn stmt(&mut self, s: &Stmt, now: Option<Change>) -> Option<Change> {
        // Code after a return is walked as if it ran: it holds calls that must be judged.
        let base = now.unwrap_or(Change::NONE);
        let after = match s {
            Stmt::Expr(e) => {
                self.dropped = Some(*e);
                let c = self.expr(*e, base);
                self.dropped = None;
                if self.leaves(*e) {
                    self.left = either(self.left, Some(c));
                    None
                } else {
                    Some(c)
                }
            }
            Stmt::Assign { targets, value } => {
                let mut c = self.expr(*value, base);
                for &t in self.facts.items(targets) {
                    c = self.expr(t, c);
                }
                Some(c)
            }
            Stmt::Annotated { target, value, .. } => {
                let c = value.map_or(base, |v| self.expr(v, base));
                Some(self.expr(*target, c))
            }
            Stmt::Augmented { target, value } => {
                let c = self.expr(*value, base);
                Some(self.expr(*target, c))
            }
            Stmt::Return(value) => {
                let c = value.map_or(base, |v| self.expr(v, base));
                if now.is_some() {
                    self.exits = either(self.exits, Some(c));
                }
                None
            }
            Stmt::Raise(value) => {
                let c = value.map_or(base, |v| self.expr(v, base));
                self.left = either(self.left, Some(c));
                None
            }
            Stmt::Break => Some(base),
            Stmt::If {
                condition,
                then,
                otherwise,
            } => self.branch(*condition, then, otherwise, base),
            Stmt::Loop {
                target,
                value,
                body,
                otherwise,
            } => {
                let c = self.expr(*value, base);
                let always = target.is_none() && *value == 0;
                // Twice, so that what one turn switches on counts for the next.
                let mut once = self.block(body, Some(c));
                let again = either(Some(c), once);
                if again != Some(c) {
                    once = either(once, self.block(body, again));
                }
                let zero = if always { None } else { Some(c) };
                let c = either(zero, once);
                match c {
                    Some(c) => self.block(otherwise, Some(c)),
                    None => None,
                }
            }
            Stmt::With { items, body } => {
                let mut c = base;
                let mut leave: Vec<Change> = Vec::new();
                for (manager, _) in items.iter() {
                    let before = c;
                    c = self.expr(*manager, c);
                    if let Some(y) = self.yields_of(*manager) {
                        // What stands before the `yield` runs on the way in, the rest on the way out.
                        leave.push(c);
                        c = before.then(y);
                    }
                }
                let inside = self.block(body, Some(c));
                match leave.first() {
                    Some(&out) => inside.map(|_| out),
                    None => inside,
                }
            }
            Stmt::Try(attempt) => {
                let Try {
                    body,
                    handlers,
                    otherwise,
                    finally,
                } = attempt.as_ref();
                let outer = self.exits.take();
                let done = self.block(body, Some(base));
                let broken = either(Some(base), done);
                let mut after = match done {
                    Some(d) => self.block(otherwise, Some(d)),
                    None => None,
                };
                for h in handlers.iter() {
                    let handled = self.block(h, broken);
                    after = either(after, handled);
                }
                // Who returns from inside runs `finally` on the way out.
                let inner = self.exits.take();
                let returned = inner.and_then(|c| self.block(finally, Some(c)));
                self.exits = either(either(outer, returned), self.exits);
                match after {
                    Some(c) => self.block(finally, Some(c)),
                    None => {
                        if inner.is_none() {
                            self.block(finally, broken);
                        }
                        None
                    }
                }
            }
            Stmt::Match { value, cases } => {
                let c = self.expr(*value, base);
                let mut after = Some(c);
                for case in cases {
                    let one = self.block(case, Some(c));
                    after = either(after, one);
                }
                after
            }
            Stmt::Def(unit) => Some(self.define(*unit, base)),
            Stmt::Import { span, .. } => Some(self.import(*span, base)),
        };
        if now.is_none() { None } else { after }
    }

    fn branch(
        &mut self,
        condition: ExprId,
        then: &[Stmt],
        otherwise: &[Stmt],
        base: Change,
    ) -> Option<Change> {
        let c = self.expr(condition, base);
        match self.guard_of(condition) {
            Guard::Main if self.mode == Mode::Script => self.block(then, Some(c)),
            Guard::Main => self.block(otherwise, Some(c)),
            Guard::TypesOnly => self.block(otherwise, Some(c)),
            Guard::Other => {
                let a = self.block(then, Some(c));
                let b = self.block(otherwise, Some(c));
                either(a, b)
            }
        }
    }

    /// `if __name__ == "__main__"`, `if TYPE_CHECKING`.
    fn guard_of(&self, condition: ExprId) -> Guard {
        let is_name = |e: ExprId, n: &str| matches!(self.facts.expr(e), Expr::Name(x) if self.facts.name(*x) == n);
        match self.facts.expr(condition) {
            Expr::Group(p) => {
                let items = self.facts.items(p);
                let text = |e: &ExprId| matches!(self.facts.expr(*e), Expr::Str(n) if self.facts.name(*n) == "__main__");
                if items.iter().any(|&e| is_name(e, "__name__")) && items.iter().any(text) {
                    Guard::Main
                } else {
                    Guard::Other
                }
            }
            Expr::Name(_) if is_name(condition, "TYPE_CHECKING") => Guard::TypesOnly,
            Expr::Attr(_, n) if self.facts.name(*n) == "TYPE_CHECKING" => Guard::TypesOnly,
            _ => Guard::Other,
        }
    }

    /// The change up to the `yield` of the generator that a context manager is made of.
    fn yields_of(&self, manager: ExprId) -> Option<Change> {
        let facts = self.solver.calls.get(&(self.file, manager))?;
        facts
            .targets
            .iter()
            .find_map(|(to, _)| self.yields.get(to).copied())
    }

    /// Whether a statement ends the program.
    fn leaves(&self, e: ExprId) -> bool {
        let Expr::Call(callee, _) = self.facts.expr(e) else {
            return false;
        };
        match self.facts.expr(*callee) {
            Expr::Name(n) => matches!(self.facts.name(*n), "exit" | "quit"),
            Expr::Attr(base, n) => {
                matches!(self.facts.name(*n), "exit" | "_exit")
                    && matches!(self.facts.expr(*base), Expr::Name(b) if matches!(self.facts.name(*b), "sys" | "os"))
            }
            _ => false,
        }
    }

    fn define(&mut self, unit: UnitId, base: Change) -> Change {
        let Some(u) = self.facts.unit(unit) else {
            return base;
        };
        let mut c = base;
        for &d in &u.decorators {
            c = self.expr(d, c);
        }
        for p in &u.params {
            if let Some(d) = p.default {
                c = self.expr(d, c);
            }
        }
        if u.kind == UnitKind::Class {
            for b in &u.bases {
                c = self.expr(b.value, c);
            }
            return self.block(&u.body, Some(c)).unwrap_or(c);
        }
        self.out.nested.push(self.first + unit);
        c
    }

    fn import(&mut self, span: u32, base: Change) -> Change {
        let mut c = base;
        let files = self
            .imports
            .get(&(self.file, span))
            .cloned()
            .unwrap_or_default();
        for f in files {
            let Some(to) = self
                .solver
                .files
                .get(f as usize)
                .filter(|m| m.facts.is_some())
                .map(|m| m.first_scope)
            else {
                continue;
            };
            self.out.edges.push(Edge {
                to,
                expr: 0,
                offset: span,
                change: c,
                governed: false,
                import: true,
            });
            if let Some(Some(s)) = self.summaries.get(&(to, Mode::Plain)) {
                c = c.then(*s);
            }
        }
        c
    }

    // ---- expressions, in the order they are evaluated

    fn expr(&mut self, e: ExprId, now: Change) -> Change {
        match self.facts.expr(e) {
            Expr::Call(callee, args) => {
                let mut c = self.expr(*callee, now);
                for a in self.facts.args(args) {
                    c = self.expr(a.value, c);
                }
                self.call(e, c)
            }
            Expr::Attr(o, _) => {
                let c = self.expr(*o, now);
                self.call(e, c)
            }
            Expr::Index(a, b) => {
                let c = self.expr(*a, now);
                self.expr(*b, c)
            }
            Expr::Pipe(a, b) => {
                let c = self.expr(*a, now);
                self.expr(*b, c)
            }
            Expr::Join(p) | Expr::Tuple(p) | Expr::List(p) | Expr::Group(p) => self
                .facts
                .items(p)
                .iter()
                .fold(now, |c, &i| self.expr(i, c)),
            Expr::Choice(p) => {
                let mut out = None;
                let mut c = now;
                for &i in self.facts.items(p) {
                    c = self.expr(i, c);
                    out = either(out, Some(c));
                }
                out.unwrap_or(now)
            }
            Expr::Dict(p) => {
                let mut c = now;
                for &(k, v) in self.facts.pairs(p) {
                    if let Some(k) = k {
                        c = self.expr(k, c);
                    }
                    c = self.expr(v, c);
                }
                self.note(e, c);
                c
            }
            Expr::Comp(ix) => {
                let mut c = now;
                let Some(Comp {
                    element,
                    key,
                    loops,
                }) = self.facts.comp(*ix)
                else {
                    return c;
                };
                for l in self.facts.loops(loops) {
                    c = self.expr(l.iter, c);
                }
                if let Some(k) = key {
                    c = self.expr(*k, c);
                }
                let inner = self.expr(*element, c);
                c.join(inner)
            }
            Expr::Yield(v) => {
                let c = self.expr(*v, now);
                self.out.yielded.get_or_insert(c);
                c
            }
            Expr::Walrus(_, v) | Expr::Star(v) => self.expr(*v, now),
            Expr::Lambda(unit) => {
                self.out.nested.push(self.first + unit);
                now
            }
            Expr::Name(_) => {
                self.note(e, now);
                now
            }
            _ => now,
        }
    }

    fn note(&mut self, e: ExprId, c: Change) {
        if self.wanted.contains(&(self.file, e)) {
            self.out.points.push((e, c));
        }
    }

    /// A call (or a property that is read): what it enters, and what it changes.
    fn call(&mut self, e: ExprId, now: Change) -> Change {
        self.note(e, now);
        let Some(facts) = self.solver.calls.get(&(self.file, e)) else {
            return now;
        };
        let mut change = None;
        for &(to, governed) in &facts.targets {
            let governed = governed || self.solver.guards(to);
            let offset = self.facts.span(e).0;
            self.out.edges.push(Edge {
                to,
                expr: e,
                offset,
                change: now,
                governed,
                import: false,
            });
            let summary = self
                .summaries
                .get(&(to, Mode::Plain))
                .copied()
                .unwrap_or(Some(Change::NONE));
            change = either(change, summary);
        }
        let mut c = change.map_or(now, |s| now.then(s));
        for &g in &facts.governors {
            c = c.then(self.governor(e, g, facts));
        }
        c
    }

    /// What calling a governor switches.
    fn governor(&self, e: ExprId, g: u32, _facts: &CallFacts) -> Change {
        let catalog = self.solver.catalog;
        let Some(rule) = catalog.governors.get(g as usize) else {
            return Change::NONE;
        };
        let args = match self.facts.expr(e) {
            Expr::Call(_, p) => self.facts.args(p),
            _ => &[],
        };
        let named = |n: &str| {
            args.iter()
                .find(|a| a.name.is_some_and(|x| self.facts.name(x) == n))
                .map(|a| a.value)
        };
        match &rule.effect {
            GovernorEffect::On {
                targets,
                select,
                always,
                unless_false,
            } => {
                if unless_false
                    .iter()
                    .any(|p| named(p).is_some_and(|v| matches!(self.facts.expr(v), Expr::False)))
                {
                    return Change::NONE;
                }
                let fixed = catalog.named_bits(always.iter().map(String::as_str));
                let chosen = select.as_deref().and_then(named);
                match chosen.map(|v| self.literal_list(v)) {
                    None | Some(Selected::Nothing) => Change::on(catalog.bits(targets) | fixed),
                    Some(Selected::Names(names)) => {
                        Change::on(catalog.named_bits(names.iter().map(String::as_str)) | fixed)
                    }
                    Some(Selected::Unknown) => {
                        Change::on(fixed).then(Change::perhaps_on(catalog.bits(targets)))
                    }
                }
            }
            GovernorEffect::Off { targets, .. } => match targets {
                Targets::All => Change::off(!GUARD),
                some => Change::off(catalog.bits(some)),
            },
            // An answer that nobody looks at decides nothing.
            GovernorEffect::Check { .. } if self.dropped == Some(e) => Change::NONE,
            GovernorEffect::Check { .. } => Change::on(GUARD),
            _ => Change::NONE,
        }
    }

    /// A literal list of names, directly or through a variable.
    fn literal_list(&self, e: ExprId) -> Selected {
        match self.facts.expr(e) {
            Expr::None => Selected::Nothing,
            Expr::List(p) | Expr::Tuple(p) => {
                let mut names = Vec::new();
                for &i in self.facts.items(p) {
                    match self.facts.expr(i) {
                        Expr::Str(n) => names.push(self.facts.name(*n).to_owned()),
                        _ => return Selected::Unknown,
                    }
                }
                if names.is_empty() {
                    Selected::Nothing
                } else {
                    Selected::Names(names)
                }
            }
            Expr::Name(_) => {
                let set = self.solver.value_of_name(self.file, self.first, e);
                let mut names = Vec::new();
                for v in self.solver.pool.values(set) {
                    let Value::Box(b) = v else {
                        return Selected::Unknown;
                    };
                    let Some(texts) = self.solver.literal_texts(b) else {
                        return Selected::Unknown;
                    };
                    names.extend(texts);
                }
                if names.is_empty() {
                    Selected::Unknown
                } else {
                    Selected::Names(names)
                }
            }
            _ => Selected::Unknown,
        }
    }
}

enum Guard {
    Main,
    TypesOnly,
    Other,
}

enum Selected {
    Nothing,
    Names(Vec<String>),
    Unknown,
}
