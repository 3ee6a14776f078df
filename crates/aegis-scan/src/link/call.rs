//! Calls: of project functions and classes, of values that call others.

use crate::facts::{Expr, ExprId, Pool as Range, Star, UnitKind};

use super::values::{Cell, Cover, EMPTY, Scope, Set, Sym, Value};
use super::{CallFacts, Cx, Solver};

/// One evaluated argument.
#[derive(Debug, Clone, Copy)]
pub(super) struct ArgVal {
    pub(super) name: Option<Sym>,
    pub(super) star: Star,
    pub(super) set: Set,
    pub(super) expr: ExprId,
}

/// The evaluated arguments of a call.
#[derive(Debug, Clone, Default)]
pub(super) struct Args {
    pub(super) list: Vec<ArgVal>,
}

impl Args {
    /// The plain positional argument at an index.
    pub(super) fn positional(&self, i: usize) -> Option<&ArgVal> {
        let mut at = 0;
        for a in &self.list {
            if a.star == Star::One {
                return None;
            }
            if a.name.is_none() && a.star == Star::No {
                if at == i {
                    return Some(a);
                }
                at += 1;
            }
        }
        None
    }

    pub(super) fn named(&self, name: Sym) -> Option<&ArgVal> {
        self.list.iter().find(|a| a.name == Some(name))
    }

    fn without_first(&self) -> Self {
        let mut skipped = false;
        let list = self
            .list
            .iter()
            .filter(|a| {
                let first = !skipped && a.name.is_none() && a.star == Star::No;
                skipped |= first;
                !first
            })
            .copied()
            .collect();
        Self { list }
    }
}

impl Solver<'_> {
    pub(super) fn eval_args(&mut self, cx: Cx<'_>, args: &Range) -> Args {
        let list = cx
            .facts
            .args(args)
            .iter()
            .map(|a| {
                let set = self.eval(cx, a.value);
                ArgVal {
                    name: a.name.map(|n| cx.sym(n)),
                    star: a.star,
                    set,
                    expr: a.value,
                }
            })
            .collect();
        Args { list }
    }

    pub(super) fn call_expr(&mut self, cx: Cx<'_>, e: ExprId, callee: ExprId, args: &Range) -> Set {
        let what = self.eval(cx, callee);
        let args = self.eval_args(cx, args);
        if let Expr::Name(n) = cx.facts.expr(callee)
            && cx.facts.name(*n) == "super"
        {
            return self.super_value(cx);
        }
        if what == EMPTY {
            self.by_shape(cx, e, callee, &args);
            self.hand_over(cx, e, &args);
            return self.through(&args);
        }
        self.forget_shape(cx, e);
        let mut out = EMPTY;
        for v in self.pool.values(what) {
            let one = self.call_value(cx, e, v, &args, false, 0);
            out = self.pool.union(out, one);
        }
        out
    }

    fn super_value(&mut self, cx: Cx<'_>) -> Set {
        let mut unit = cx.unit;
        while let Some(u) = cx.facts.unit(unit) {
            if u.kind == UnitKind::Class {
                let scope = cx.scope_of(unit);
                return self.pool.one(Value::Super(scope));
            }
            if unit == 0 {
                break;
            }
            unit = u.parent;
        }
        EMPTY
    }

    /// What an unknown call gives: what a model wrote stays what a model wrote.
    pub(super) fn through(&mut self, args: &Args) -> Set {
        let model = args
            .list
            .iter()
            .any(|a| self.pool.has(a.set, |v| v == Value::Model));
        if model {
            self.pool.one(Value::Model)
        } else {
            EMPTY
        }
    }

    pub(super) fn facts_of(&mut self, cx: Cx<'_>, e: ExprId) -> &mut CallFacts {
        self.calls.entry((cx.file, e)).or_default()
    }

    /// Functions given to a call that may call them.
    pub(super) fn hand_over(&mut self, cx: Cx<'_>, e: ExprId, args: &Args) {
        for a in &args.list {
            self.hand_over_set(cx, e, a.set, 0);
        }
    }

    pub(super) fn hand_over_set(&mut self, cx: Cx<'_>, e: ExprId, set: Set, depth: u32) {
        for v in self.pool.values(set) {
            let (v, cover) = self.pool.unwrap(v);
            let governed = cover.is_some();
            match v {
                Value::Func(s) | Value::Bound(_, s) => {
                    let facts = self.facts_of(cx, e);
                    if !facts.escapes.contains(&(s, governed)) {
                        facts.escapes.push((s, governed));
                    }
                }
                Value::Box(b) if depth < 2 => {
                    let held = self.held(cx, b);
                    self.hand_over_set(cx, e, held, depth + 1);
                }
                Value::Partial(b) if depth < 2 => {
                    let callee = self.partial_callee(cx, b);
                    self.hand_over_set(cx, e, callee, depth + 1);
                }
                _ => {}
            }
        }
    }

    /// Calls one value.
    pub(super) fn call_value(
        &mut self,
        cx: Cx<'_>,
        e: ExprId,
        v: Value,
        args: &Args,
        governed: bool,
        depth: u32,
    ) -> Set {
        if depth > 6 {
            return EMPTY;
        }
        match v {
            Value::Governed(inner, cover) => {
                let inner = self.pool.value(inner);
                let out = self.call_value(cx, e, inner, args, cover != Cover::Tools, depth + 1);
                self.govern_set(out, cover)
            }
            Value::Func(s) => self.enter(cx, s, None, args, Some((e, governed))),
            Value::Bound(recv, s) => {
                let recv = self.pool.value(recv);
                self.enter(cx, s, Some(recv), args, Some((e, governed)))
            }
            Value::OwnClass(s) => self.construct(cx, e, s, args, governed),
            Value::Obj(s) => self.call_object(cx, e, s, args, governed, depth),
            Value::Partial(b) => {
                let callee = self.partial_callee(cx, b);
                let all = self.partial_args(cx, b, args);
                let mut out = EMPTY;
                for c in self.pool.values(callee) {
                    let one = self.call_value(cx, e, c, &all, governed, depth + 1);
                    out = self.pool.union(out, one);
                }
                out
            }
            Value::BoxMethod(b, name) => {
                let name = self.pool.text(name).to_owned();
                self.box_method(cx, b, &name, args, e)
            }
            Value::Model => self.pool.one(Value::Model),
            Value::Str(_) => {
                let model = self.through(args);
                let one = self.pool.one(v);
                self.pool.union(one, model)
            }
            Value::Unread(..) => {
                let interesting = args.list.iter().any(|a| !self.is_plain(a.set));
                if interesting {
                    let one = self.pool.one(v);
                    self.want(one);
                }
                self.hand_over(cx, e, args);
                self.through(args)
            }
            other => self.call_external(cx, e, other, args, governed),
        }
    }

    /// Values whose files must be read for the analysis to go on.
    pub(super) fn want(&mut self, set: Set) {
        for v in self.pool.values(set) {
            if let Value::Unread(f, _) = v {
                self.wanted.insert(f);
            }
        }
    }

    /// Enters a project function: arguments flow in, its result flows out.
    pub(super) fn enter(
        &mut self,
        cx: Cx<'_>,
        f: Scope,
        recv: Option<Value>,
        args: &Args,
        at: Option<(ExprId, bool)>,
    ) -> Set {
        if let Some((e, governed)) = at {
            let facts = self.facts_of(cx, e);
            if !facts.targets.contains(&(f, governed)) {
                facts.targets.push((f, governed));
            }
        }
        let with_model = args
            .list
            .iter()
            .any(|a| self.pool.has(a.set, |v| v == Value::Model));
        self.called(f, with_model);
        self.note_caller(cx.scope, f);
        self.bind_args(cx, f, recv, args);
        let Some(info) = self.info(f) else {
            return EMPTY;
        };
        let mut out = self.read(cx, info.result);
        let yields = self
            .unit(f)
            .and_then(|(facts, u)| Some(facts.unit(u)?.is_generator))
            .unwrap_or(false);
        if yields {
            let set = self.read(cx, info.yields);
            let b = self.generator(f);
            self.box_add(cx, b, set, 0);
            let one = self.pool.one(Value::Box(b));
            out = self.pool.union(out, one);
        }
        out
    }

    /// The container a generator function gives.
    fn generator(&mut self, f: Scope) -> u32 {
        let info = self.info(f).map_or((0, 0), |i| (i.file, i.unit));
        // Unit numbers are apart from expression numbers by the part.
        let key = (info.0, info.1, 9);
        if let Some(&b) = self.box_ix.get(&key) {
            return b;
        }
        let b = u32::try_from(self.boxes.len()).unwrap_or(u32::MAX);
        let any = self.new_cells(1, super::demand::Owner::Box(b));
        self.boxes.push(super::BoxInfo {
            file: info.0,
            any,
            ..super::BoxInfo::default()
        });
        self.box_ix.insert(key, b);
        b
    }

    fn bind_args(&mut self, cx: Cx<'_>, f: Scope, recv: Option<Value>, args: &Args) {
        let Some((facts, unit)) = self.unit(f) else {
            return;
        };
        let Some(u) = facts.unit(unit) else { return };
        let mut params = u.params.iter();
        let cell = |s: &Self, p: &crate::facts::Param| s.local(f, s.sym_in(f, p.name));
        if let Some(r) = recv
            && let Some(first) = params.next()
        {
            let set = self.pool.one(r);
            if let Some(c) = cell(self, first) {
                self.add(cx, c, set, 0);
            }
        }
        let rest: Vec<&crate::facts::Param> = params.collect();
        let mut at = rest
            .iter()
            .filter(|p| !p.keyword_only && p.star == Star::No);
        let var_args = rest.iter().find(|p| p.star == Star::One);
        let var_named = rest.iter().find(|p| p.star == Star::Two);
        for a in &args.list {
            match (a.star, a.name) {
                (Star::No, None) => match at.next() {
                    Some(p) => {
                        if let Some(c) = cell(self, p) {
                            self.add(cx, c, a.set, a.expr);
                        }
                    }
                    None => {
                        if let Some(c) = var_args.and_then(|p| cell(self, p)) {
                            self.add_boxed(cx, f, c, None, a.set, a.expr);
                        }
                    }
                },
                (Star::No, Some(name)) => {
                    let param = rest
                        .iter()
                        .find(|p| p.star == Star::No && self.sym_in(f, p.name) == name);
                    match param {
                        Some(p) => {
                            if let Some(c) = cell(self, p) {
                                self.add(cx, c, a.set, a.expr);
                            }
                        }
                        None => {
                            if let Some(c) = var_named.and_then(|p| cell(self, p)) {
                                self.add_boxed(cx, f, c, Some(name), a.set, a.expr);
                            }
                        }
                    }
                }
                (Star::One, _) => {
                    let each = self.elements(cx, a.set);
                    for p in at.by_ref() {
                        if let Some(c) = cell(self, p) {
                            self.add(cx, c, each, a.expr);
                        }
                    }
                    if let Some(c) = var_args.and_then(|p| cell(self, p)) {
                        self.add_boxed(cx, f, c, None, each, a.expr);
                    }
                }
                (Star::Two, _) => self.spread(cx, f, &rest, a),
            }
        }
    }

    /// `**kwargs`: literal keys go to the parameters of that name.
    fn spread(&mut self, cx: Cx<'_>, f: Scope, rest: &[&crate::facts::Param], a: &ArgVal) {
        for v in self.pool.values(a.set) {
            if v == Value::Model {
                // Arguments a model chose: any of them may be anything.
                let one = self.pool.one(v);
                for p in rest {
                    if let Some(c) = self.local(f, self.sym_in(f, p.name)) {
                        self.add(cx, c, one, a.expr);
                    }
                }
            }
            let Value::Box(b) = v else { continue };
            for p in rest {
                let name = self.sym_in(f, p.name);
                let Some(c) = self.local(f, name) else {
                    continue;
                };
                if p.star == Star::Two {
                    let one = self.pool.one(v);
                    self.add(cx, c, one, a.expr);
                } else {
                    let text = self.pool.text(name).to_owned();
                    let set = self.under(cx, b, &text);
                    self.add(cx, c, set, a.expr);
                }
            }
        }
    }

    /// Adds to the container that `*args` or `**kwargs` holds.
    fn add_boxed(
        &mut self,
        cx: Cx<'_>,
        f: Scope,
        cell: Cell,
        key: Option<Sym>,
        set: Set,
        from: ExprId,
    ) {
        if set == EMPTY {
            return;
        }
        let info = self.info(f).map_or((0, 0), |i| (i.file, i.unit));
        let part = if key.is_some() { 11 } else { 10 };
        let b = match self.box_ix.get(&(info.0, info.1, part)) {
            Some(&b) => b,
            None => {
                let b = u32::try_from(self.boxes.len()).unwrap_or(u32::MAX);
                let any = self.new_cells(1, super::demand::Owner::Box(b));
                self.boxes.push(super::BoxInfo {
                    file: info.0,
                    any,
                    ..super::BoxInfo::default()
                });
                self.box_ix.insert((info.0, info.1, part), b);
                b
            }
        };
        let one = self.pool.one(Value::Box(b));
        self.add(cx, cell, one, from);
        match key {
            Some(k) => {
                let keys = self.pool.one(Value::Str(k));
                self.set_item(cx, one, keys, set, from);
            }
            None => self.box_add(cx, b, set, from),
        }
    }

    /// Makes an instance of a project class.
    fn construct(
        &mut self,
        cx: Cx<'_>,
        e: ExprId,
        class: Scope,
        args: &Args,
        governed: bool,
    ) -> Set {
        let init = self.pool.sym("__init__");
        let me = Value::Obj(class);
        let mut found = false;
        for &v in self.mro(cx, class).iter() {
            match v {
                Value::OwnClass(s) => {
                    let methods = match self.local(s, init) {
                        Some(cell) => self.read(cx, cell),
                        None => EMPTY,
                    };
                    for m in self.pool.values(methods) {
                        if let Value::Func(f) = m {
                            found = true;
                            self.enter(cx, f, Some(me), args, Some((e, governed)));
                        }
                    }
                }
                Value::Class(ix) if !found => {
                    self.new_of_base(cx, e, ix, args, governed);
                }
                _ => {}
            }
            if found {
                break;
            }
        }
        if !found {
            self.fields(cx, class, args);
        }
        self.pool.one(me)
    }

    /// Dataclasses and the like: arguments are fields.
    fn fields(&mut self, cx: Cx<'_>, class: Scope, args: &Args) {
        let mut order: Vec<Sym> = Vec::new();
        if args.list.iter().any(|a| a.name.is_none()) {
            let mut classes = self.mro(cx, class).to_vec();
            classes.reverse();
            for v in classes {
                let Value::OwnClass(s) = v else { continue };
                let Some((facts, unit)) = self.unit(s) else {
                    continue;
                };
                for stmt in facts
                    .unit(unit)
                    .map(|u| u.body.as_ref())
                    .unwrap_or_default()
                {
                    if let crate::facts::Stmt::Annotated { target, .. } = stmt
                        && let Expr::Name(n) = facts.expr(*target)
                    {
                        order.push(self.sym_in(s, *n));
                    }
                }
            }
        }
        let mut at = order.into_iter();
        for a in &args.list {
            let name = match (a.name, a.star) {
                (Some(n), _) => Some(n),
                (None, Star::No) => at.next(),
                _ => None,
            };
            if let Some(n) = name {
                let cell = self.attr_cell(class, n);
                self.add(cx, cell, a.set, a.expr);
            }
        }
    }

    /// Calls an instance of a project class: its `__call__`, or what its catalog base does.
    fn call_object(
        &mut self,
        cx: Cx<'_>,
        e: ExprId,
        class: Scope,
        args: &Args,
        governed: bool,
        depth: u32,
    ) -> Set {
        let name = self.pool.sym("__call__");
        let me = self.pool.one(Value::Obj(class));
        let methods = self.get_attr(cx, me, 0, name);
        let mut out = EMPTY;
        for m in self.pool.values(methods) {
            if matches!(m, Value::Bound(..) | Value::Func(_)) {
                let one = self.call_value(cx, e, m, args, governed, depth + 1);
                out = self.pool.union(out, one);
            }
        }
        if out == EMPTY && !self.pool.has(methods, |v| matches!(v, Value::Bound(..))) {
            for &v in self.mro(cx, class).iter() {
                if let Value::Class(ix) = v {
                    out = self.call_external(cx, e, Value::Inst(ix, 0), args, governed);
                    // The framework calls back: `forward` of a DSPy module.
                    for own in ["forward", "aforward", "run", "_run"] {
                        self.call_method(cx, Value::Obj(class), own);
                        self.note_callback(cx, e, class, own);
                    }
                    break;
                }
            }
        }
        out
    }

    /// A method of a project class that a framework calls while `e` runs.
    pub(super) fn note_callback(&mut self, cx: Cx<'_>, e: ExprId, class: Scope, name: &str) {
        let sym = self.pool.sym(name);
        let me = self.pool.one(Value::Obj(class));
        let methods = self.get_attr(cx, me, 0, sym);
        for m in self.pool.values(methods) {
            if let Value::Bound(_, f) = m {
                let facts = self.facts_of(cx, e);
                if !facts.targets.contains(&(f, false)) {
                    facts.targets.push((f, false));
                }
            }
        }
    }

    // ---- functools.partial

    pub(super) fn make_partial(&mut self, cx: Cx<'_>, e: ExprId, args: &Args) -> Set {
        let b = self.box_at(cx, e, 5);
        if let Some(first) = args.positional(0) {
            self.box_add(cx, b, first.set, first.expr);
        }
        let rest = args.without_first();
        if self.boxed(b).is_some_and(|i| i.partial.is_empty()) {
            for a in &rest.list {
                let c = self.new_cells(1, super::demand::Owner::Box(b));
                if let Some(info) = self.boxes.get_mut(b as usize) {
                    info.partial.push((a.name, c));
                }
            }
        }
        for (i, a) in rest.list.iter().enumerate() {
            if let Some(c) = self.boxed(b).and_then(|x| x.partial.get(i)).map(|p| p.1) {
                self.add(cx, c, a.set, a.expr);
            }
        }
        self.pool.one(Value::Partial(b))
    }

    pub(super) fn partial_callee(&mut self, cx: Cx<'_>, b: u32) -> Set {
        let any = self.boxed(b).map_or(0, |i| i.any);
        self.read(cx, any)
    }

    fn partial_args(&mut self, cx: Cx<'_>, b: u32, more: &Args) -> Args {
        let stored = self.boxed(b).map(|i| i.partial.clone()).unwrap_or_default();
        let mut list: Vec<ArgVal> = stored
            .into_iter()
            .map(|(name, c)| ArgVal {
                name,
                star: Star::No,
                set: self.read(cx, c),
                expr: 0,
            })
            .collect();
        list.extend(more.list.iter().copied());
        Args { list }
    }

    /// Arguments after the first positional one, for functions that call their first argument.
    pub(super) fn after(&self, args: &Args, called: ExprId) -> Args {
        let mut past = false;
        let list = args
            .list
            .iter()
            .filter(|a| {
                let is = a.expr == called;
                let keep = !is && (past || a.name.is_some() || a.star != Star::No);
                past |= is;
                keep
            })
            .copied()
            .collect();
        Args { list }
    }
}
