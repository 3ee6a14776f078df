//! Tools: functions, classes, objects and schemas that are exposed to a model.

use crate::catalog::{Entry, GovernorEffect, Kind, MemberIx, ToolArgs};
use crate::facts::{Expr, ExprId, UnitId};

use super::call::Args;
use super::values::{Cover, EMPTY, Scope, Set, Value};
use super::{Cx, SiteKey, Solver, Spot, ToolFacts};

impl Solver<'_> {
    /// A decorator is applied to a definition; gives what else the name is then bound to.
    pub(super) fn decorate(
        &mut self,
        cx: Cx<'_>,
        decorator: Set,
        d: ExprId,
        place: usize,
        scope: Scope,
        value: Set,
    ) -> Set {
        let mut out = EMPTY;
        for v in self.pool.values(decorator) {
            let (v, cover) = self.pool.unwrap(v);
            let governed = cover.is_some_and(|c| c != Cover::Runs);
            let one = match v {
                Value::Governor(g) | Value::Governing(g) => {
                    if matches!(
                        self.catalog.governors.get(g as usize).map(|r| &r.effect),
                        Some(GovernorEffect::Wrap { .. })
                    ) {
                        self.guarded.insert(scope, place);
                    }
                    EMPTY
                }
                Value::Func(_) | Value::Bound(..) | Value::OwnClass(_) => {
                    self.decorate_with_own(cx, d, place, scope, v, value)
                }
                Value::Ext(p) => {
                    let path = self.pool.text(p).to_owned();
                    match self.catalog.entry(&path) {
                        Some(Entry::Function(m)) => {
                            self.decorate_with(cx, d, m, v, scope, value, governed)
                        }
                        _ => EMPTY,
                    }
                }
                Value::Member(ix, p) => match self.found(ix, p).member {
                    Some(m) => {
                        self.decorate_with(cx, d, m, Value::Inst(ix, 0), scope, value, governed)
                    }
                    None => EMPTY,
                },
                Value::Class(ix) => {
                    let new = self
                        .catalog
                        .search(ix, 0, &mut |c| self.catalog.class(c)?.new);
                    match new {
                        Some(m)
                            if self
                                .catalog
                                .member(m)
                                .is_some_and(|m| m.kind == Some(Kind::ToolDef)) =>
                        {
                            self.mark_tool(scope, m, governed);
                            self.pool.one(Value::Inst(ix, 0))
                        }
                        _ => EMPTY,
                    }
                }
                Value::Inst(ix, _) => {
                    // `@prompt("...")`: what calling the instance with the function gives.
                    match self
                        .catalog
                        .search(ix, 0, &mut |c| self.catalog.class(c)?.call)
                    {
                        Some(m) => self.decorate_with(cx, d, m, v, scope, value, governed),
                        None => EMPTY,
                    }
                }
                Value::Decorator(m, _) => self.decorate_with(cx, d, m, v, scope, value, governed),
                _ => EMPTY,
            };
            if matches!(v, Value::Ext(_) | Value::Member(..) | Value::Decorator(..))
                && self.is_tool(scope)
            {
                self.registered_at.entry(scope).or_insert(place);
            }
            out = self.pool.union(out, one);
        }
        out
    }

    fn is_tool(&self, scope: Scope) -> bool {
        self.info(scope).is_some_and(|i| {
            self.sites
                .contains_key(&(i.file, Spot::Def(i.unit), Kind::ToolDef))
        })
    }

    /// A decorator of the project: its result counts only where it is not just another function.
    fn decorate_with_own(
        &mut self,
        cx: Cx<'_>,
        d: ExprId,
        place: usize,
        scope: Scope,
        v: Value,
        value: Set,
    ) -> Set {
        let arg = super::call::ArgVal {
            name: None,
            star: crate::facts::Star::No,
            set: value,
            expr: d,
        };
        let args = Args { list: vec![arg] };
        let made = self.call_value(cx, d, v, &args, false, 1);
        let mut out = EMPTY;
        for v in self.pool.values(made) {
            if let (Value::Func(s), Some(_)) = self.pool.unwrap(v) {
                // It gives back what a governor makes of the function.
                if s == scope {
                    self.guarded.insert(scope, place);
                }
                continue;
            }
            if !matches!(
                v,
                Value::Func(_) | Value::Bound(..) | Value::Model | Value::Str(_)
            ) {
                let one = self.pool.one(v);
                out = self.pool.union(out, one);
            }
        }
        out
    }

    #[expect(clippy::too_many_arguments, reason = "one decorator, one definition")]
    fn decorate_with(
        &mut self,
        cx: Cx<'_>,
        d: ExprId,
        m: MemberIx,
        recv: Value,
        scope: Scope,
        value: Set,
        governed: bool,
    ) -> Set {
        let catalog = self.catalog;
        let Some(member) = catalog.member(m) else {
            return EMPTY;
        };
        match member.decorator {
            Some(Kind::ToolDef) => {
                let args = match cx.facts.expr(d) {
                    Expr::Call(_, p) => self.eval_args(cx, p),
                    _ => Args::default(),
                };
                let own = self.has_governing_argument(&member.path, &args, true);
                self.mark_tool(scope, m, governed || own);
                if governed || own {
                    let unit = self.info(scope).map_or(0, |i| i.unit);
                    if let Some(s) = self
                        .sites
                        .get_mut(&(cx.file, Spot::Def(unit), Kind::ToolDef))
                    {
                        s.intrinsic = true;
                    }
                }
                if let Some(t) = &member.tool {
                    let unit = self.info(scope).map_or(0, |i| i.unit);
                    self.describe_tool(cx, (cx.file, Spot::Def(unit), Kind::ToolDef), t, &args);
                }
            }
            Some(kind) => {
                let unit = self.info(scope).map_or(0, |i| i.unit);
                self.site(cx, Spot::Def(unit), kind, m, governed);
            }
            None => {}
        }
        match &member.returns {
            Some(ty) => {
                let arg = super::call::ArgVal {
                    name: None,
                    star: crate::facts::Star::No,
                    set: value,
                    expr: d,
                };
                self.of_type(cx, ty, recv, &Args { list: vec![arg] }, d)
            }
            None => EMPTY,
        }
    }

    /// A decorator of the catalog called like a function: `tool(f)`, or a factory `tool("name")`.
    pub(super) fn decorator_call(
        &mut self,
        e: ExprId,
        m: MemberIx,
        kind: Kind,
        args: &Args,
    ) -> Set {
        let mut out = EMPTY;
        let mut taken = false;
        for i in 0..2 {
            let Some(a) = args.positional(i) else { break };
            for v in self.pool.values(a.set) {
                if let Value::Func(s) | Value::Bound(_, s) | Value::OwnClass(s) = v {
                    taken = true;
                    if kind == Kind::ToolDef {
                        self.mark_tool(s, m, false);
                    }
                    let one = self.pool.one(v);
                    out = self.pool.union(out, one);
                }
            }
        }
        if !taken {
            out = self.pool.one(Value::Decorator(m, e));
        }
        out
    }

    /// The result of a decorator factory was called with a function.
    pub(super) fn decorated_by_call(&mut self, e: ExprId, m: MemberIx, args: &Args) -> Set {
        match self.catalog.member(m).and_then(|m| m.decorator) {
            Some(kind) => self.decorator_call(e, m, kind, args),
            None => EMPTY,
        }
    }

    /// A function or class of the project is a tool.
    pub(super) fn mark_tool(&mut self, scope: Scope, m: MemberIx, governed: bool) {
        let Some(info) = self.info(scope) else { return };
        let key = (info.file, Spot::Def(info.unit), Kind::ToolDef);
        let known = self.sites.contains_key(&key);
        let site = self.sites.entry(key).or_default();
        if let Err(i) = site.members.binary_search(&m) {
            site.members.insert(i, m);
        }
        site.wrapped |= governed;
        let tool = site.tool.get_or_insert_with(ToolFacts::default);
        tool.function = Some(scope);
        if !known {
            self.model_fills_parameters(scope);
        }
    }

    /// What a model passes to a tool is what a model wrote.
    pub(super) fn model_fills_parameters(&mut self, scope: Scope) {
        let functions = self.entered_by_framework(scope);
        let model = self.pool.one(Value::Model);
        for f in functions {
            self.activate(f);
            let Some((facts, unit)) = self.unit(f) else {
                continue;
            };
            let Some(u) = facts.unit(unit) else { continue };
            for p in &u.params {
                let name = self.sym_in(f, p.name);
                if matches!(
                    self.pool.text(name),
                    "self" | "cls" | "ctx" | "context" | "run_context" | "config" | "state"
                ) {
                    continue;
                }
                if let Some(cell) = self.local(f, name) {
                    let cx_file = self.info(f).map_or(0, |i| i.file);
                    let names = std::sync::Arc::clone(
                        &self
                            .files
                            .get(cx_file as usize)
                            .map(|m| std::sync::Arc::clone(&m.names))
                            .unwrap_or_default(),
                    );
                    let cx = Cx {
                        facts: &facts,
                        names: &names,
                        file: cx_file,
                        unit,
                        scope: f,
                    };
                    self.add(cx, cell, model, 0);
                }
            }
        }
    }

    /// A project class extends a class of the catalog.
    pub(super) fn subclassed(&mut self, cx: Cx<'_>, scope: Scope, unit: UnitId) {
        for &v in self.mro(cx, scope).iter() {
            let Value::Class(ix) = v else { continue };
            let kind = self.catalog.search(ix, 0, &mut |c| {
                self.catalog.class(c)?.subclass.map(|k| (k, c))
            });
            let Some((kind, base)) = kind else { continue };
            let site = self
                .sites
                .entry((cx.file, Spot::Def(unit), kind))
                .or_default();
            if site.api.is_none() {
                site.api = self.catalog.class(base).map(|c| c.path.clone());
                site.operation = self.catalog.class(base).map(|c| {
                    format!(
                        "subclass of {}",
                        c.path.rsplit('.').next().unwrap_or(&c.path)
                    )
                });
                site.provider = None;
            }
            if site.tool.is_none() && kind == Kind::ToolDef {
                site.tool = Some(ToolFacts {
                    function: Some(scope),
                    ..ToolFacts::default()
                });
                self.model_fills_parameters(scope);
            }
            let name = self
                .pool
                .find("name")
                .and_then(|n| self.local(scope, n))
                .map_or(EMPTY, |c| self.read(cx, c));
            let text = self.one_text(name);
            if let Some(t) = text
                && let Some(tool) = self
                    .sites
                    .get_mut(&(cx.file, Spot::Def(unit), kind))
                    .and_then(|s| s.tool.as_mut())
            {
                tool.name = Some(t);
            }
            return;
        }
    }

    /// The text among some values; of several the first in order, whichever came first. An empty one is a
    /// default that says nothing.
    pub(super) fn one_text(&self, set: Set) -> Option<String> {
        let values = self.pool.values(set).into_iter();
        let texts = values.filter_map(|v| match v {
            Value::Str(s) => Some(self.pool.text(s)).filter(|t| !t.is_empty()),
            _ => None,
        });
        texts.min().map(str::to_owned)
    }

    /// Fills in what the arguments of a tool constructor or decorator say.
    pub(super) fn describe_tool(&mut self, cx: Cx<'_>, key: SiteKey, t: &ToolArgs, args: &Args) {
        let name = self.arg(cx, args, &t.name).and_then(|a| self.one_text(a.0));
        let description = self.arg(cx, args, &t.description).map(|a| a.1);
        let function = self.arg(cx, args, &t.function).map(|a| a.0);
        let scope = function.and_then(|f| {
            self.pool
                .values(f)
                .into_iter()
                .find_map(|v| match self.pool.unwrap(v).0 {
                    Value::Func(s) | Value::Bound(_, s) => Some(s),
                    _ => None,
                })
        });
        if let Some(f) = function {
            let governed = self.pool.has(f, |v| matches!(v, Value::Governed(..)));
            let guarded = scope.is_some_and(|s| self.guarded.contains_key(&s));
            if let Some(site) = self.sites.get_mut(&key) {
                site.wrapped |= governed || guarded;
                if governed || guarded {
                    site.raw = false;
                }
            }
        }
        if let Some(s) = scope {
            self.model_fills_parameters(s);
        }
        if let Some(site) = self.sites.get_mut(&key) {
            let tool = site.tool.get_or_insert_with(ToolFacts::default);
            tool.name = name.or(tool.name.take());
            tool.description = description.or(tool.description);
            tool.function = scope.or(tool.function);
        }
    }

    /// Values that arrive in a tools parameter.
    pub(super) fn take_tools(
        &mut self,
        cx: Cx<'_>,
        set: Set,
        m: MemberIx,
        governed: bool,
        depth: u32,
    ) {
        if depth > 4 {
            return;
        }
        self.want(set);
        if set == EMPTY {
            // A function that hands its own parameter on as tools matters to its callers.
            self.make_hot(cx.scope);
        }
        for v in self.pool.values(set) {
            let (v, wrapped) = self.pool.unwrap(v);
            let governed = governed || wrapped.is_some();
            match v {
                Value::Func(s) | Value::Bound(_, s) => {
                    self.mark_tool(s, m, governed);
                    self.used_tool(s, governed);
                }
                Value::OwnClass(s) => {
                    if m != 0 {
                        self.mark_tool(s, m, governed);
                    }
                    self.used_tool(s, governed);
                }
                Value::Obj(s) => self.used_tool(s, governed),
                Value::Inst(_, alloc) => {
                    if let Some(key) = self.tool_object_key(alloc)
                        && let Some(site) = self.sites.get_mut(&key)
                    {
                        site.wrapped |= governed;
                        site.raw |= !governed;
                        if governed && !site.members.is_empty() {
                            self.object_uses.entry(key).or_default().0 = true;
                        } else {
                            self.object_uses.entry(key).or_default().1 = true;
                        }
                    }
                }
                Value::Box(b) if !self.schema(cx, b, m, governed) => {
                    let held = self.held(cx, b);
                    self.take_tools(cx, held, m, governed, depth + 1);
                }
                Value::Partial(b) => {
                    let callee = self.partial_callee(cx, b);
                    self.take_tools(cx, callee, m, governed, depth + 1);
                }
                _ => {}
            }
        }
    }

    /// Remembers how a tool is used: through a governor or not.
    fn used_tool(&mut self, s: Scope, governed: bool) {
        let Some(info) = self.info(s) else { return };
        let key = (info.file, Spot::Def(info.unit), Kind::ToolDef);
        let uses = self.object_uses.entry(key).or_default();
        if governed {
            uses.0 = true;
        } else {
            uses.1 = true;
        }
    }

    /// Whether a dictionary is a tool schema, or a hosted tool; records it.
    fn schema(&mut self, cx: Cx<'_>, b: u32, m: MemberIx, governed: bool) -> bool {
        let (file, expr, scope) = match self.boxed(b) {
            Some(i) => (i.file, i.expr, i.scope),
            None => return false,
        };
        if m == 0 || expr == 0 {
            return false;
        }
        let keys: Vec<String> = self.keys_of(cx, b).into_iter().map(str::to_owned).collect();
        let has = |k: &str| keys.iter().any(|x| x == k);
        let ty_set = self.under(cx, b, "type");
        let ty = self.one_text(ty_set);
        let mut kind = None;
        if let Some(t) = &ty
            && t != "function"
            && let Some((k, _)) = self.catalog.tool_dict(t)
        {
            kind = Some(k);
        }
        let is_tool = ty.as_deref() == Some("function")
            || has("function")
            || has("toolSpec")
            || has("function_declarations")
            || has("name")
                && (has("parameters")
                    || has("input_schema")
                    || has("inputSchema")
                    || has("description"));
        let kind = match (kind, is_tool) {
            (Some(k), _) => k,
            (None, true) => Kind::ToolDef,
            (None, false) => return ty.is_some(),
        };
        let name = self.schema_name(cx, b);
        let description = self.schema_description(b);
        let site = self
            .sites
            .entry((file, Spot::Expr(expr), kind))
            .or_default();
        if let Err(i) = site.members.binary_search(&m) {
            site.members.insert(i, m);
        }
        site.wrapped |= governed;
        site.raw |= !governed;
        site.scope = scope;
        site.operation = Some(if kind == Kind::ToolDef {
            "tool schema".to_owned()
        } else {
            ty.unwrap_or_default()
        });
        let named = name.clone().filter(|_| kind == Kind::ToolDef);
        if kind == Kind::ToolDef {
            let tool = site.tool.get_or_insert_with(ToolFacts::default);
            tool.name = name.or(tool.name.take());
            tool.description = description;
            tool.schema = Some(expr);
        }
        // A function of that name beside the schema is what the program runs for it.
        if let Some(f) = named.and_then(|n| self.function_named(file, &n))
            && self.filled.insert(f)
        {
            self.model_fills_parameters(f);
        }
        true
    }

    fn schema_name(&mut self, cx: Cx<'_>, b: u32) -> Option<String> {
        let direct = self.under(cx, b, "name");
        if let Some(t) = self.one_text(direct) {
            return Some(t);
        }
        for nested in ["function", "toolSpec"] {
            let set = self.under(cx, b, nested);
            for v in self.pool.values(set) {
                if let Value::Box(inner) = v {
                    let set = self.under(cx, inner, "name");
                    if let Some(t) = self.one_text(set) {
                        return Some(t);
                    }
                }
            }
        }
        None
    }

    /// The expression of the description in a schema dictionary.
    fn schema_description(&self, b: u32) -> Option<ExprId> {
        let info = self.boxed(b)?;
        let facts = self.files.get(info.file as usize)?.facts.as_ref()?;
        let find = |e: ExprId, key: &str| facts.entry(e, key);
        find(info.expr, "description").or_else(|| {
            let inner = find(info.expr, "function").or_else(|| find(info.expr, "toolSpec"))?;
            find(inner, "description")
        })
    }
}
