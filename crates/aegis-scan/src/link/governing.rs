//! Governors: what calling them, or handing them to something, does to values.

use crate::catalog::{Arg, Entry, GovernorEffect};
use crate::facts::ExprId;

use super::call::Args;
use super::values::{Cover, EMPTY, Set, Value};
use super::{Cx, Solver};

impl Solver<'_> {
    /// Wraps every value of a set.
    pub(super) fn govern_set(&mut self, set: Set, cover: Cover) -> Set {
        let mut out = EMPTY;
        for &id in &self.pool.ids(set).to_vec() {
            let v = self.pool.value(id);
            let v = match v {
                Value::Governed(..)
                | Value::Str(_)
                | Value::Model
                | Value::Governor(_)
                | Value::Governing(_) => v,
                _ => Value::Governed(id, cover),
            };
            let one = self.pool.one(v);
            out = self.pool.union(out, one);
        }
        out
    }

    pub(super) fn call_governor(&mut self, cx: Cx<'_>, e: ExprId, g: u32, args: &Args) -> Set {
        let effect = self.catalog.governors.get(g as usize).map(|r| &r.effect);
        if matches!(effect, Some(GovernorEffect::Check { methods }) if !methods.is_empty()) {
            return self.pool.one(Value::Governing(g));
        }
        if self.follows_callers(cx.file) {
            self.make_hot(cx.scope);
        }
        let facts = self.facts_of(cx, e);
        if !facts.governors.contains(&g) {
            facts.governors.push(g);
        }
        let catalog = self.catalog;
        let Some(rule) = catalog.governors.get(g as usize) else {
            return EMPTY;
        };
        match &rule.effect {
            GovernorEffect::Wrap { args: which } => {
                let given = self
                    .arg(cx, args, which)
                    .or_else(|| args.positional(0).map(|a| (a.set, a.expr)));
                let functions = given.map_or(EMPTY, |g| g.0);
                if functions == EMPTY {
                    return self.pool.one(Value::Governing(g));
                }
                self.govern_deep(cx, e, functions)
            }
            GovernorEffect::Executor {
                args: which, calls, ..
            } => {
                self.hand_over_governed(cx, e, args, which, calls);
                self.pool.one(Value::Governing(g))
            }
            _ => self.pool.one(Value::Governing(g)),
        }
    }

    /// Governs a value, and the elements of a container.
    fn govern_deep(&mut self, cx: Cx<'_>, e: ExprId, set: Set) -> Set {
        let mut out = EMPTY;
        for v in self.pool.values(set) {
            let one = match v {
                Value::Box(b) => {
                    let held = self.held(cx, b);
                    let held = self.govern_set(held, Cover::All);
                    let n = self.box_at(cx, e, 8);
                    self.box_add(cx, n, held, e);
                    self.pool.one(Value::Box(n))
                }
                v => {
                    let one = self.pool.one(v);
                    self.govern_set(one, Cover::All)
                }
            };
            out = self.pool.union(out, one);
        }
        out
    }

    /// What an executor is given runs under governance.
    fn hand_over_governed(
        &mut self,
        cx: Cx<'_>,
        e: ExprId,
        args: &Args,
        which: &[Arg],
        calls: &[String],
    ) {
        let Some((set, _)) = self.arg(cx, args, which) else {
            return;
        };
        let member = 0;
        self.take_tools(cx, set, member, true, 0);
        for v in self.pool.values(set) {
            let Value::Obj(s) = v else { continue };
            for name in calls {
                let sym = self.pool.sym(name);
                let methods = self.attr_cell_methods(cx, s, sym);
                for f in methods {
                    self.governed_entry.insert(f);
                    let facts = self.facts_of(cx, e);
                    if !facts.targets.contains(&(f, true)) {
                        facts.targets.push((f, true));
                    }
                }
            }
        }
    }

    fn attr_cell_methods(&mut self, cx: Cx<'_>, class: u32, name: u32) -> Vec<u32> {
        let me = self.pool.one(Value::Obj(class));
        let set = self.get_attr(cx, me, 0, name);
        let bound = self.pool.values(set).into_iter();
        bound
            .filter_map(|v| {
                if let Value::Bound(_, f) = v {
                    Some(f)
                } else {
                    None
                }
            })
            .collect()
    }

    /// A method of a governor object was called.
    pub(super) fn call_governing(&mut self, cx: Cx<'_>, e: ExprId, g: u32, args: &Args) -> Set {
        let catalog = self.catalog;
        let Some(rule) = catalog.governors.get(g as usize) else {
            return EMPTY;
        };
        match &rule.effect {
            // `@guard(...)`: the result of the first call wraps what it is called with.
            GovernorEffect::Wrap { .. } => {
                let set = args.positional(0).map_or(EMPTY, |a| a.set);
                if set == EMPTY {
                    self.pool.one(Value::Governing(g))
                } else {
                    self.govern_deep(cx, e, set)
                }
            }
            GovernorEffect::Executor { args: which, .. } => {
                let set = args.positional(0).map_or(EMPTY, |a| a.set);
                let set = self.arg(cx, args, which).map_or(set, |a| a.0);
                self.take_tools(cx, set, 0, true, 0);
                self.pool.one(Value::Governing(g))
            }
            GovernorEffect::Check { methods } if !methods.is_empty() => {
                let facts = self.facts_of(cx, e);
                if !facts.governors.contains(&g) {
                    facts.governors.push(g);
                }
                EMPTY
            }
            _ => self.pool.one(Value::Governing(g)),
        }
    }

    /// An attribute of a governor object: its methods govern as the rule says.
    pub(super) fn governing_attr(&mut self, g: u32, name: u32) -> Set {
        let catalog = self.catalog;
        let effect = catalog.governors.get(g as usize).map(|r| &r.effect);
        let text = self.pool.text(name);
        match effect {
            Some(GovernorEffect::Executor { methods, .. } | GovernorEffect::Check { methods })
                if !methods.is_empty() && !methods.iter().any(|m| m == text) =>
            {
                EMPTY
            }
            _ => self.pool.one(Value::Governing(g)),
        }
    }

    /// Whether a governor object is passed in a parameter that makes it govern this call.
    pub(super) fn has_governing_argument(&self, path: &str, args: &Args, tools: bool) -> bool {
        args.list.iter().any(|a| {
            let Some(name) = a.name else { return false };
            let name = self.pool.text(name);
            self.governing_values(a.set).into_iter().any(|g| {
                matches!(self.catalog.governors.get(g as usize).map(|r| &r.effect),
                    Some(GovernorEffect::Argument { of, within, runs, tools: t })
                        if of.iter().any(|o| o == name)
                            && (within.is_empty() || within.iter().any(|w| self.same_path(w, path)))
                            && if tools { *t } else { *runs })
            })
        })
    }

    fn same_path(&self, a: &str, b: &str) -> bool {
        let canon = |p: &str| match self.catalog.entry(p) {
            Some(Entry::Class(ix)) => self
                .catalog
                .class(ix)
                .map_or_else(|| p.to_owned(), |c| c.path.clone()),
            Some(Entry::Function(m)) => self
                .catalog
                .member(m)
                .map_or_else(|| p.to_owned(), |m| m.path.clone()),
            _ => p.to_owned(),
        };
        a == b || canon(a) == canon(b)
    }

    fn governing_values(&self, set: Set) -> Vec<u32> {
        let mut out = Vec::new();
        for v in self.pool.values(set) {
            match v {
                Value::Governing(g) | Value::Governor(g) => out.push(g),
                Value::Box(b) => {
                    let cells = self.boxed(b).map(|i| {
                        std::iter::once(i.any)
                            .chain(i.slots.iter().copied())
                            .collect::<Vec<_>>()
                    });
                    for c in cells.unwrap_or_default() {
                        for v in self.pool.values(self.peek(c)) {
                            if let Value::Governing(g) | Value::Governor(g) = v {
                                out.push(g);
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        out
    }

    /// `Agent(middleware=[AegisMiddleware()])`: what is constructed is governed. What is built
    /// around something governed is, too: `Runner(app=governed_app)`.
    pub(super) fn governed_by_arguments(
        &mut self,
        path: &str,
        tools: &[Arg],
        args: &Args,
        made: Set,
    ) -> Set {
        let runs = self.has_governing_argument(path, args, false);
        let its_tools = self.has_governing_argument(path, args, true);
        match (runs, its_tools) {
            (true, true) => return self.govern_set(made, Cover::All),
            (true, false) => return self.govern_set(made, Cover::Runs),
            (false, true) => return self.govern_set(made, Cover::Tools),
            _ => {}
        }
        let tool_names: Vec<u32> = tools
            .iter()
            .filter_map(|t| {
                if let Arg::Named(n) = t {
                    self.pool.find(n)
                } else {
                    None
                }
            })
            .collect();
        let mut cover = None;
        for a in args
            .list
            .iter()
            .filter(|a| a.name.is_some_and(|n| !tool_names.contains(&n)))
        {
            for v in self.pool.values(a.set) {
                if let (Value::Inst(..) | Value::Obj(_), Some(c)) = self.pool.unwrap(v) {
                    cover = Some(c);
                }
            }
        }
        match cover {
            Some(c) => self.govern_set(made, c),
            None => made,
        }
    }
}
