//! Reads and writes attributes.

use std::sync::Arc;

use crate::catalog::{ClassIx, MemberIx};
use crate::facts::{Expr, ExprId, UnitKind};

use super::call::Args;
use super::values::{Cell, EMPTY, Scope, Set, Sym, Value};
use super::{Cx, Solver};

/// What a member path of a class is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Found {
    pub(crate) member: Option<MemberIx>,
    /// Longer paths start with it.
    pub(crate) prefix: bool,
}

/// Classes looked through for one attribute.
const MAX_MRO: usize = 40;

/// Methods of texts that give texts.
const TEXT_METHODS: [&str; 11] = [
    "format",
    "strip",
    "rstrip",
    "lstrip",
    "lower",
    "upper",
    "replace",
    "removesuffix",
    "removeprefix",
    "join",
    "title",
];

impl Solver<'_> {
    /// `base.name`; `object` is the expression of `base`, for names of unknown bases.
    pub(super) fn get_attr(&mut self, cx: Cx<'_>, base: Set, object: ExprId, name: Sym) -> Set {
        if base == EMPTY {
            return match self.loose_key(cx, object, name) {
                Some(key) => {
                    let cell = self.loose_cell(key);
                    self.read(cx, cell)
                }
                None => EMPTY,
            };
        }
        let mut out = EMPTY;
        for v in self.pool.values(base) {
            let (v, governed) = self.pool.unwrap(v);
            let mut one = self.attr_of(cx, v, name);
            if let Some(cover) = governed {
                one = self.govern_set(one, cover);
            }
            out = self.pool.union(out, one);
        }
        out
    }

    pub(super) fn attr_of(&mut self, cx: Cx<'_>, v: Value, name: Sym) -> Set {
        match v {
            Value::Ext(p) => self.ext_attr(cx, p, name),
            Value::Class(ix) => {
                let path = format!(
                    "{}.{}",
                    self.catalog.class(ix).map_or("", |c| c.path.as_str()),
                    self.pool.text(name)
                );
                if self.catalog.entry(&path).is_some() {
                    let sym = self.pool.sym(&path);
                    return self.ext(cx, sym);
                }
                self.member_attr(cx, v, ix, name)
            }
            Value::Inst(ix, _) => self.member_attr(cx, v, ix, name),
            Value::Member(ix, path) => {
                let longer = format!("{}.{}", self.pool.text(path), self.pool.text(name));
                let sym = self.pool.sym(&longer);
                self.member_attr(cx, Value::Inst(ix, 0), ix, sym)
            }
            Value::Module(f) => self.module_attr(cx, f, name, 0),
            Value::Folder(k) => self.folder_attr(k, name),
            Value::OwnClass(s) => self.class_attr(cx, v, s, name, false),
            Value::Obj(s) => self.class_attr(cx, v, s, name, false),
            Value::Super(s) => {
                let me = Value::Obj(s);
                let found = self.class_attr(cx, me, s, name, true);
                if found == EMPTY && self.pool.text(name) == "__new__" {
                    let path = self.pool.sym("builtins.object.__new__");
                    return self.pool.one(Value::Ext(path));
                }
                found
            }
            Value::Box(b) => match self.generic_attr(cx, b, name) {
                Some(set) => set,
                None => self.pool.one(Value::BoxMethod(b, name)),
            },
            Value::Model => self.pool.one(Value::Model),
            Value::Unread(f, n) => self.pool.one(Value::Unread(f, n)),
            // `task.delay`, `f.__wrapped__`, `f.remote`: the function itself.
            Value::Func(_) | Value::Bound(..) => self.pool.one(v),
            Value::Str(_) if TEXT_METHODS.contains(&self.pool.text(name)) => self.pool.one(v),
            Value::Governor(g) => {
                let paths = self
                    .catalog
                    .governors
                    .get(g as usize)
                    .map(|r| r.paths.clone())
                    .unwrap_or_default();
                let longer = paths.iter().find_map(|p| {
                    self.catalog
                        .governor(&format!("{p}.{}", self.pool.text(name)))
                });
                self.pool
                    .one(longer.map_or(Value::Governor(g), Value::Governor))
            }
            Value::Governing(g) => self.governing_attr(g, name),
            _ => EMPTY,
        }
    }

    /// `ctx.deps` of a `RunContext[Deps]`.
    fn generic_attr(&mut self, cx: Cx<'_>, b: u32, name: Sym) -> Option<Set> {
        let is_context = matches!(
            self.pool.text(name),
            "deps" | "context" | "state" | "lifespan_context" | "request_context"
        );
        if is_context && self.generic_boxes.contains(&b) {
            Some(self.held(cx, b))
        } else {
            None
        }
    }

    fn ext_attr(&mut self, cx: Cx<'_>, path: Sym, name: Sym) -> Set {
        let longer = format!("{}.{}", self.pool.text(path), self.pool.text(name));
        let sym = self.pool.sym(&longer);
        let set = self.ext(cx, sym);
        if self.pool.has(set, |v| v == Value::Ext(sym)) {
            // Someone may have stored something there: `st.session_state.client = ...`.
            let cell = self.loose_cell(sym);
            let stored = self.read(cx, cell);
            return self.pool.union(set, stored);
        }
        set
    }

    /// `os.environ["X"]`, `st.session_state["client"]`, `cl.user_session.get("agent")`
    pub(super) fn keyed_ext(&mut self, cx: Cx<'_>, store: &str, key: Set) -> Set {
        let mut out = EMPTY;
        for k in self.pool.values(key) {
            if let Value::Str(s) = k {
                let cell = self.stored_cell(store, s);
                let stored = self.read(cx, cell);
                out = self.pool.union(out, stored);
            }
        }
        out
    }

    /// The same, written.
    pub(super) fn set_keyed_ext(
        &mut self,
        cx: Cx<'_>,
        store: &str,
        key: Set,
        set: Set,
        from: ExprId,
    ) {
        for k in self.pool.values(key) {
            if let Value::Str(s) = k {
                let cell = self.stored_cell(store, s);
                self.add(cx, cell, set, from);
            }
        }
    }

    /// The cell of a key in a store outside the project. Who reads it there mentions the store, who
    /// reads it as an attribute mentions the key.
    fn stored_cell(&mut self, store: &str, key: Sym) -> Cell {
        let path = format!("{store}.{}", self.pool.text(key));
        let path = self.pool.sym(&path);
        let cell = self.loose_cell(path);
        if !self.stores.contains_key(&cell) {
            let name = store.rsplit('.').next().unwrap_or(store);
            let name = self.pool.sym(name);
            self.stores.insert(cell, name);
            self.stored(cell, name);
        }
        cell
    }

    /// The cell of `x.state.client` where `x` is not known: its last two names.
    fn loose_key(&mut self, cx: Cx<'_>, object: ExprId, name: Sym) -> Option<Sym> {
        let Expr::Attr(_, last) = cx.facts.expr(object) else {
            return None;
        };
        let key = format!("~{}.{}", cx.facts.name(*last), self.pool.text(name));
        Some(self.pool.sym(&key))
    }

    /// What a member path of a catalog class is.
    pub(super) fn found(&mut self, class: ClassIx, path: Sym) -> Found {
        if let Some(&f) = self.member_cache.get(&(class, path)) {
            return f;
        }
        let text = self.pool.text(path);
        let f = Found {
            member: self.catalog.member_of(class, text),
            prefix: self.catalog.member_prefix(class, text),
        };
        self.member_cache.insert((class, path), f);
        f
    }

    fn member_attr(&mut self, cx: Cx<'_>, recv: Value, class: ClassIx, path: Sym) -> Set {
        let found = self.found(class, path);
        let mut out = EMPTY;
        if let Some(m) = found.member {
            if let Some(ty) = self.catalog.member(m).and_then(|m| m.ty.clone()) {
                out = self.of_type(cx, &ty, recv, &Args::default(), 0);
            }
            let callable = self
                .catalog
                .member(m)
                .is_some_and(|m| m.ty.is_none() || m.kind.is_some() || m.returns.is_some());
            if callable || found.prefix {
                let one = self.pool.one(Value::Member(class, path));
                out = self.pool.union(out, one);
            }
        } else if found.prefix {
            out = self.pool.one(Value::Member(class, path));
        }
        out
    }

    /// The classes an attribute of a project class is looked up in, nearest first.
    pub(super) fn mro(&mut self, cx: Cx<'_>, class: Scope) -> Arc<[Value]> {
        if let Some((version, found)) = self.mro_cache.get(&class)
            && *version == self.bases_version
        {
            let found = Arc::clone(found);
            for v in found.iter() {
                if let Value::OwnClass(s) = v
                    && let Some(info) = self.info(*s)
                {
                    self.read(cx, info.bases);
                }
            }
            return found;
        }
        let mut out = Vec::new();
        let mut todo = vec![Value::OwnClass(class)];
        while let Some(v) = todo.pop() {
            if out.contains(&v) || out.len() >= MAX_MRO {
                continue;
            }
            out.push(v);
            if let Value::OwnClass(s) = v
                && let Some(info) = self.info(s)
            {
                let bases = self.read(cx, info.bases);
                let mut values = self.pool.values(bases);
                values.reverse();
                todo.extend(values);
            }
        }
        let out: Arc<[Value]> = out.into();
        self.mro_cache
            .insert(class, (self.bases_version, Arc::clone(&out)));
        out
    }

    fn class_attr(
        &mut self,
        cx: Cx<'_>,
        recv: Value,
        class: Scope,
        name: Sym,
        skip_own: bool,
    ) -> Set {
        let mut out = EMPTY;
        for &v in self.mro(cx, class).iter().skip(usize::from(skip_own)) {
            match v {
                Value::OwnClass(s) => {
                    let mut set = EMPTY;
                    if let Some(cell) = self.local(s, name) {
                        let held = self.read(cx, cell);
                        set = self.bind_all(cx, held, recv);
                    }
                    let cell = self.attr_cell(s, name);
                    let held = self.read(cx, cell);
                    set = self.pool.union(set, held);
                    out = self.pool.union(out, set);
                    let is_method = self.pool.has(set, |v| matches!(v, Value::Bound(..)));
                    if is_method {
                        break;
                    }
                }
                Value::Class(ix) if out == EMPTY => {
                    let found = self.found(ix, name);
                    if found.member.is_some() || found.prefix {
                        out = self.member_attr(cx, Value::Inst(ix, 0), ix, name);
                    } else if matches!(self.pool.text(name), "__init__") {
                        out = self.pool.one(Value::Member(ix, name));
                    }
                }
                Value::Unread(..) => {
                    let one = self.pool.one(v);
                    self.want(one);
                }
                _ => {}
            }
        }
        out
    }

    /// Functions found in a class become methods of the receiver; properties are read.
    fn bind_all(&mut self, cx: Cx<'_>, set: Set, recv: Value) -> Set {
        let mut out = EMPTY;
        for v in self.pool.values(set) {
            let (inner, governed) = self.pool.unwrap(v);
            let mut one = match inner {
                Value::Func(f) => match self.method_kind(f) {
                    MethodKind::Property => {
                        let made = self.enter(cx, f, Some(recv), &Args::default(), None);
                        self.pool.union(made, EMPTY)
                    }
                    MethodKind::Static => self.pool.one(inner),
                    MethodKind::OfClass => {
                        let class = match recv {
                            Value::Obj(s) => Value::OwnClass(s),
                            other => other,
                        };
                        let id = self.pool.id(class);
                        self.pool.one(Value::Bound(id, f))
                    }
                    MethodKind::Plain => match recv {
                        Value::OwnClass(_) => self.pool.one(inner),
                        _ => {
                            let id = self.pool.id(recv);
                            self.pool.one(Value::Bound(id, f))
                        }
                    },
                },
                other => self.pool.one(other),
            };
            if let Some(cover) = governed {
                one = self.govern_set(one, cover);
            }
            out = self.pool.union(out, one);
        }
        out
    }

    fn method_kind(&self, f: Scope) -> MethodKind {
        let Some((facts, unit)) = self.unit(f) else {
            return MethodKind::Plain;
        };
        let Some(u) = facts.unit(unit) else {
            return MethodKind::Plain;
        };
        if u.kind == UnitKind::Lambda {
            return MethodKind::Plain;
        }
        for &d in &u.decorators {
            match super::stmt::last_name(&facts, d) {
                Some("property" | "cached_property" | "setter" | "getter") => {
                    return MethodKind::Property;
                }
                Some("staticmethod") => return MethodKind::Static,
                Some("classmethod") => return MethodKind::OfClass,
                _ => {}
            }
        }
        MethodKind::Plain
    }

    /// `base.name = set`
    pub(super) fn set_attr(
        &mut self,
        cx: Cx<'_>,
        base: Set,
        object: ExprId,
        name: Sym,
        set: Set,
        from: ExprId,
    ) {
        if base == EMPTY {
            if set != EMPTY
                && !self.is_plain(set)
                && let Some(key) = self.loose_key(cx, object, name)
            {
                let cell = self.loose_cell(key);
                self.add(cx, cell, set, from);
            }
            return;
        }
        for v in self.pool.values(base) {
            match v {
                Value::Obj(s) | Value::OwnClass(s) => {
                    let cell = self.attr_cell(s, name);
                    self.add(cx, cell, set, from);
                }
                Value::Module(f) => {
                    let scope = self
                        .files
                        .get(f as usize)
                        .filter(|m| m.facts.is_some())
                        .map(|m| m.first_scope);
                    if let Some(cell) = scope.and_then(|s| self.local(s, name)) {
                        self.add(cx, cell, set, from);
                    } else if scope.is_none() && !self.is_plain(set) {
                        self.reads_unread.insert(cx.scope);
                        self.wanted.insert(f);
                    }
                }
                Value::Inst(ix, _) => self.set_catalog_attr(cx, ix, name, set),
                Value::Ext(p) => {
                    let longer = format!("{}.{}", self.pool.text(p), self.pool.text(name));
                    let sym = self.pool.sym(&longer);
                    let cell = self.loose_cell(sym);
                    self.add(cx, cell, set, from);
                    // `app.state.client` is written with a known `app` and read with an unknown one.
                    if !self.is_plain(set)
                        && let Some(key) = self.loose_key(cx, object, name)
                    {
                        let cell = self.loose_cell(key);
                        self.add(cx, cell, set, from);
                    }
                }
                _ => {}
            }
        }
    }

    /// `agent.tools = [...]`: an attribute named like a tools parameter takes tools.
    fn set_catalog_attr(&mut self, cx: Cx<'_>, ix: ClassIx, name: Sym, set: Set) {
        let Some(m) = self
            .catalog
            .search(ix, 0, &mut |c| self.catalog.class(c)?.new)
        else {
            return;
        };
        let text = self.pool.text(name);
        let takes = self.catalog.member(m).is_some_and(|m| {
            m.tools
                .iter()
                .any(|t| matches!(t, crate::catalog::Arg::Named(n) if n == text))
        });
        if takes {
            self.take_tools(cx, set, m, false, 0);
        }
    }

    /// Calls a method without arguments.
    pub(super) fn call_method(&mut self, cx: Cx<'_>, v: Value, name: &str) -> Set {
        let sym = self.pool.sym(name);
        let methods = self.attr_of(cx, v, sym);
        let mut out = EMPTY;
        for m in self.pool.values(methods) {
            if let Value::Bound(recv, f) = m {
                let recv = self.pool.value(recv);
                let one = self.enter(cx, f, Some(recv), &Args::default(), None);
                out = self.pool.union(out, one);
            }
        }
        out
    }

    /// What `with x as y` binds to `y`.
    pub(super) fn entered(&mut self, cx: Cx<'_>, set: Set) -> Set {
        let mut out = EMPTY;
        for v in self.pool.values(set) {
            let (inner, governed) = self.pool.unwrap(v);
            let mut one = match inner {
                Value::Inst(class, _) => {
                    let ty = self
                        .catalog
                        .search(class, 0, &mut |c| self.catalog.class(c)?.enter.clone());
                    match ty {
                        Some(t) => self.of_type(cx, &t, inner, &Args::default(), 0),
                        None => self.pool.one(inner),
                    }
                }
                Value::Box(b) => self.held(cx, b),
                Value::Obj(_) => {
                    let a = self.call_method(cx, inner, "__enter__");
                    let b = self.call_method(cx, inner, "__aenter__");
                    let both = self.pool.union(a, b);
                    if both == EMPTY {
                        self.pool.one(inner)
                    } else {
                        both
                    }
                }
                other => self.pool.one(other),
            };
            if let Some(cover) = governed {
                one = self.govern_set(one, cover);
            }
            out = self.pool.union(out, one);
        }
        out
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MethodKind {
    Plain,
    Property,
    Static,
    OfClass,
}
