//! Evaluates statements.

use crate::facts::{Expr, ExprId, Stmt, UnitId, UnitKind};

use super::values::{EMPTY, Set, Value};
use super::{Cx, Solver};

impl Solver<'_> {
    pub(super) fn block(&mut self, cx: Cx<'_>, body: &[Stmt]) {
        for s in body {
            self.stmt(cx, s);
        }
    }

    fn stmt(&mut self, cx: Cx<'_>, s: &Stmt) {
        match s {
            Stmt::Expr(e) => {
                self.eval(cx, *e);
            }
            Stmt::Assign { targets, value } => {
                let set = self.eval(cx, *value);
                for &t in cx.facts.items(targets) {
                    self.assign(cx, t, set, *value);
                }
            }
            Stmt::Annotated {
                target,
                annotation,
                value,
            } => {
                let mut set = self.annotation(cx, *annotation);
                if let Some(v) = value {
                    let given = self.eval(cx, *v);
                    self.fields_from(cx, set, given, *v);
                    set = self.pool.union(set, given);
                }
                self.assign(cx, *target, set, value.unwrap_or(*annotation));
            }
            Stmt::Augmented { target, value } => {
                let set = self.eval(cx, *value);
                self.assign(cx, *target, set, *value);
            }
            Stmt::Return(value) => {
                if let Some(v) = value {
                    let set = self.eval(cx, *v);
                    if let Some(info) = self.info(cx.scope) {
                        self.add(cx, info.result, set, *v);
                    }
                }
            }
            Stmt::Raise(value) => {
                if let Some(v) = value {
                    self.eval(cx, *v);
                }
            }
            Stmt::Break => {}
            Stmt::If {
                condition,
                then,
                otherwise,
            } => {
                self.eval(cx, *condition);
                self.block(cx, then);
                self.block(cx, otherwise);
            }
            Stmt::Loop {
                target,
                value,
                body,
                otherwise,
            } => {
                let set = self.eval(cx, *value);
                if let Some(t) = target {
                    let each = self.elements(cx, set);
                    self.assign(cx, *t, each, *value);
                }
                self.block(cx, body);
                self.block(cx, otherwise);
            }
            Stmt::With { items, body } => {
                for (manager, target) in items.iter() {
                    let set = self.eval(cx, *manager);
                    let entered = self.entered(cx, set);
                    if let Some(t) = target {
                        self.assign(cx, *t, entered, *manager);
                    }
                }
                self.block(cx, body);
            }
            Stmt::Try(attempt) => {
                self.block(cx, &attempt.body);
                for h in attempt.handlers.iter() {
                    self.block(cx, h);
                }
                self.block(cx, &attempt.otherwise);
                self.block(cx, &attempt.finally);
            }
            Stmt::Match { value, cases } => {
                self.eval(cx, *value);
                for c in cases.iter() {
                    self.block(cx, c);
                }
            }
            Stmt::Def(unit) => self.define(cx, *unit),
            Stmt::Import { span, items } => self.import(cx, *span, items),
        }
    }

    /// Gives `set` to an assignment target.
    pub(super) fn assign(&mut self, cx: Cx<'_>, target: ExprId, set: Set, from: ExprId) {
        match cx.facts.expr(target) {
            Expr::Name(n) => {
                if let Some(cell) = self.resolve(cx, *n) {
                    self.add(cx, cell, set, from);
                }
            }
            Expr::Attr(object, name) => {
                let base = self.eval(cx, *object);
                self.set_attr(cx, base, *object, cx.sym(*name), set, from);
            }
            Expr::Index(object, index) => {
                let base = self.eval(cx, *object);
                let key = self.eval(cx, *index);
                self.set_item(cx, base, key, set, from);
            }
            Expr::Tuple(p) | Expr::List(p) => {
                let targets = cx.facts.items(p).to_vec();
                for (i, t) in targets.into_iter().enumerate() {
                    let each = self.slot(cx, set, i);
                    self.assign(cx, t, each, from);
                }
            }
            Expr::Star(inner) => self.assign(cx, *inner, set, from),
            _ => {}
        }
    }

    /// A function or class definition.
    fn define(&mut self, cx: Cx<'_>, unit: UnitId) {
        let Some(u) = cx.facts.unit(unit) else { return };
        let scope = cx.scope_of(unit);
        let is_class = u.kind == UnitKind::Class;
        let value = self.pool.one(if is_class {
            Value::OwnClass(scope)
        } else {
            Value::Func(scope)
        });
        if is_class {
            let info = self.info(scope);
            for base in &u.bases {
                let set = self.eval(cx, base.value);
                if base.name.is_none()
                    && let Some(info) = info
                {
                    self.want(set);
                    self.add(cx, info.bases, set, base.value);
                }
            }
            self.subclassed(cx, scope, unit);
        } else {
            self.parameters(cx, scope, unit);
        }
        if !is_class && self.has_decorator(cx, u, "fixture") {
            self.fixture(cx, u.name, scope);
        }
        for &d in &u.decorators {
            if last_name(cx.facts, d) == Some("parametrize") {
                self.parametrized(cx, d, scope);
            }
        }
        let mut bound = value;
        for (place, &d) in u.decorators.iter().enumerate().rev() {
            let decorator = self.eval(cx, d);
            self.want(decorator);
            let more = self.decorate(cx, decorator, d, place, scope, value);
            bound = self.pool.union(bound, more);
        }
        if let Some(cell) = self.resolve(cx, u.name) {
            self.add(cx, cell, bound, 0);
        }
    }

    /// Defaults and annotations of parameters, and the annotation of the result.
    fn parameters(&mut self, cx: Cx<'_>, scope: super::values::Scope, unit: UnitId) {
        let Some(u) = cx.facts.unit(unit) else { return };
        for p in &u.params {
            let mut set = EMPTY;
            let mut at = 0;
            if let Some(a) = p.annotation {
                set = self.annotation(cx, a);
                at = a;
            }
            if let Some(d) = p.default {
                let given = self.eval(cx, d);
                set = self.pool.union(set, given);
                at = d;
            }
            if p.annotation.is_none() && p.default.is_none() {
                set = self.fixture_value(cx, cx.sym(p.name));
            }
            if let Some(cell) = self.local(scope, cx.sym(p.name)) {
                self.add(cx, cell, set, at);
            }
        }
        if let Some(r) = u.returns
            && let Some(info) = self.info(scope)
        {
            let set = self.annotation(cx, r);
            let cell = if u.is_generator {
                info.yields
            } else {
                info.result
            };
            self.add(cx, cell, set, r);
        }
        // The receiver of a method is an instance (or the class) it is defined in.
        if cx
            .facts
            .unit(cx.unit)
            .is_some_and(|c| c.kind == UnitKind::Class)
            && !self.has_decorator(cx, u, "staticmethod")
            && let Some(first) = u.params.first()
            && let Some(cell) = self.local(scope, cx.sym(first.name))
        {
            let of_class =
                self.has_decorator(cx, u, "classmethod") || cx.facts.name(u.name) == "__new__";
            let me = self.pool.one(if of_class {
                Value::OwnClass(cx.scope)
            } else {
                Value::Obj(cx.scope)
            });
            self.add(cx, cell, me, 0);
        }
    }

    /// A pytest fixture: parameters of its name in the tests below hold its result.
    fn fixture(&mut self, cx: Cx<'_>, name: u32, scope: super::values::Scope) {
        let sym = cx.sym(name);
        let list = self.fixtures.entry(sym).or_default();
        if list.contains(&(cx.file, scope)) {
            return;
        }
        list.push((cx.file, scope));
        self.activate(scope);
        let n = super::values::Scope::try_from(self.scopes.len()).unwrap_or(0);
        for s in 0..n {
            let takes = self.with_unit(s, |facts, u| {
                u.kind != UnitKind::Module
                    && u.params
                        .iter()
                        .any(|p| facts.name(p.name) == cx.facts.name(name))
            });
            if takes == Some(true)
                && let Some(parent) = self.with_unit(s, |_, u| u.parent)
                && let Some(info) = self.info(s)
            {
                self.enqueue(s - info.unit + parent);
            }
        }
    }

    /// `@pytest.mark.parametrize("a,b", [(x, y), ...])`: the parameters hold the values.
    fn parametrized(&mut self, cx: Cx<'_>, decorator: ExprId, scope: super::values::Scope) {
        let Expr::Call(_, args) = cx.facts.expr(decorator) else {
            return;
        };
        let [names, values, ..] = cx.facts.args(args) else {
            return;
        };
        let names: Vec<String> = match cx.facts.expr(names.value) {
            Expr::Str(n) => cx
                .facts
                .name(*n)
                .split(',')
                .map(|s| s.trim().to_owned())
                .collect(),
            _ => return,
        };
        let from = values.value;
        let set = self.eval(cx, from);
        let each = self.elements(cx, set);
        let single = names.len() == 1;
        for (i, name) in names.into_iter().enumerate() {
            let held = self.slot(cx, each, i);
            let held = if single {
                self.pool.union(each, held)
            } else {
                held
            };
            let sym = self.pool.sym(&name);
            if let Some(cell) = self.local(scope, sym) {
                self.add(cx, cell, held, from);
            }
        }
    }

    /// What a fixture of this name that is visible here gives.
    fn fixture_value(&mut self, cx: Cx<'_>, name: super::values::Sym) -> Set {
        let Some(list) = self.fixtures.get(&name).cloned() else {
            return EMPTY;
        };
        let mut out = EMPTY;
        for (file, scope) in list {
            if file != cx.file && !self.modules.is_conftest_above(file, cx.file) {
                continue;
            }
            let args = super::call::Args::default();
            let made = self.enter(cx, scope, None, &args, None);
            let inner = self.elements(cx, made);
            let one = if inner == EMPTY { made } else { inner };
            out = self.pool.union(out, one);
        }
        out
    }

    /// Whether a definition has a decorator whose last name is `name`.
    pub(super) fn has_decorator(&self, cx: Cx<'_>, u: &crate::facts::Unit, name: &str) -> bool {
        u.decorators
            .iter()
            .any(|&d| last_name(cx.facts, d) == Some(name))
    }
}

/// The last name of a decorator or callee: `name` of `a.b.name(...)`.
pub(crate) fn last_name(facts: &crate::facts::Facts, e: ExprId) -> Option<&str> {
    match facts.expr(e) {
        Expr::Name(n) | Expr::Attr(_, n) => Some(facts.name(*n)),
        Expr::Call(callee, _) => last_name(facts, *callee),
        _ => None,
    }
}
