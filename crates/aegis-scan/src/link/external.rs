//! Calls of what lies outside the project: the catalog, governors, built-ins with a meaning for
//! the analysis.

use crate::catalog::{Arg, ClassIx, Entry, Kind, MemberIx, Type};
use crate::facts::{Expr, ExprId, Star};

use super::call::Args;
use super::values::{Cover, EMPTY, Set, Value};
use super::{Cx, Site, SiteKey, Solver, Spot};

/// Programs whose arguments are programs.
const SHELLS: [&str; 12] = [
    "sh",
    "bash",
    "zsh",
    "dash",
    "python",
    "python3",
    "node",
    "perl",
    "ruby",
    "cmd",
    "powershell",
    "pwsh",
];

impl Solver<'_> {
    /// Calls a value that is not of the project.
    pub(super) fn call_external(
        &mut self,
        cx: Cx<'_>,
        e: ExprId,
        v: Value,
        args: &Args,
        governed: bool,
    ) -> Set {
        match v {
            Value::Class(ix) => {
                self.hand_over(cx, e, args);
                let alloc = self.new_of_base(cx, e, ix, args, governed);
                let inst = self.pool.one(Value::Inst(ix, alloc));
                let path = self
                    .catalog
                    .class(ix)
                    .map(|c| c.path.clone())
                    .unwrap_or_default();
                let new = self
                    .catalog
                    .search(ix, 0, &mut |c| self.catalog.class(c)?.new);
                let tools = new
                    .and_then(|m| self.catalog.member(m))
                    .map(|m| m.tools.clone())
                    .unwrap_or_default();
                self.governed_by_arguments(&path, &tools, args, inst)
            }
            Value::Inst(ix, _) => {
                self.hand_over(cx, e, args);
                let member = self
                    .catalog
                    .search(ix, 0, &mut |c| self.catalog.class(c)?.call);
                match member {
                    Some(m) => self.apply(cx, e, m, v, args, governed),
                    None => self.through(args),
                }
            }
            Value::Member(ix, path) => {
                self.hand_over(cx, e, args);
                if self.pool.text(path) == "__init__" {
                    self.new_of_base(cx, e, ix, args, governed);
                    return EMPTY;
                }
                match self.found(ix, path).member {
                    Some(m) => self.apply(cx, e, m, Value::Inst(ix, 0), args, governed),
                    None => self.through(args),
                }
            }
            Value::Ext(path) => self.call_path(cx, e, path, args, governed),
            Value::Decorator(m, _) => self.decorated_by_call(e, m, args),
            Value::Governor(g) => self.call_governor(cx, e, g, args),
            Value::Governing(g) => self.call_governing(cx, e, g, args),
            _ => {
                self.hand_over(cx, e, args);
                self.through(args)
            }
        }
    }

    /// A call of something by its dotted path.
    fn call_path(&mut self, cx: Cx<'_>, e: ExprId, path: u32, args: &Args, governed: bool) -> Set {
        let text = self.pool.text(path).to_owned();
        match text.as_str() {
            "builtins.getattr" => return self.call_getattr(cx, args),
            "importlib.import_module" | "builtins.__import__" => return self.call_import(cx, args),
            "functools.partial" | "functools.partialmethod" => {
                return self.make_partial(cx, e, args);
            }
            "builtins.dict" => {
                let b = self.box_at(cx, e, 0);
                self.box_method(cx, b, "update", args, e);
                return self.pool.one(Value::Box(b));
            }
            // What is put in comes out; that is all that is known of them.
            "asyncio.Queue"
            | "collections.OrderedDict"
            | "collections.defaultdict"
            | "collections.deque"
            | "contextvars.ContextVar"
            | "queue.LifoQueue"
            | "queue.Queue"
            | "queue.SimpleQueue" => {
                let b = self.box_at(cx, e, 0);
                for a in &args.list {
                    match a.name {
                        Some(_) => self.box_add(cx, b, a.set, a.expr),
                        None => self.merge(cx, b, a.set, a.expr),
                    }
                }
                return self.pool.one(Value::Box(b));
            }
            "builtins.object.__new__" => {
                let set = args.positional(0).map_or(EMPTY, |a| a.set);
                return self.instances(set);
            }
            "os.getenv" | "os.environ.get" => return args.positional(1).map_or(EMPTY, |a| a.set),
            "builtins.next" | "random.choice" | "secrets.choice" => {
                let set = args.positional(0).map_or(EMPTY, |a| a.set);
                return self.elements(cx, set);
            }
            "pytest.param" => {
                let b = self.box_at(cx, e, 2);
                let sets: Vec<Set> = args
                    .list
                    .iter()
                    .filter(|a| a.name.is_none())
                    .map(|a| a.set)
                    .collect();
                for (i, set) in sets.into_iter().enumerate() {
                    self.set_slot(cx, b, i, set, e);
                }
                return self.pool.one(Value::Box(b));
            }
            "builtins.enumerate" | "builtins.zip" => return self.paired(cx, e, &text, args),
            // Numbers and truth values are nothing a model can put commands into.
            "builtins.int" | "builtins.len" | "builtins.float" | "builtins.bool"
            | "builtins.abs" | "builtins.round" => {
                return EMPTY;
            }
            "builtins.isinstance" => {
                self.narrow(cx, args);
                return EMPTY;
            }
            _ => {}
        }
        if let Some(Entry::Function(m)) = self.catalog.entry(&text) {
            self.hand_over(cx, e, args);
            return self.apply(cx, e, m, Value::Ext(path), args, governed);
        }
        self.hand_over(cx, e, args);
        let given = self.through(args);
        let stored = self.call_store(cx, &text, args);
        self.pool.union(given, stored)
    }

    /// `cl.user_session.set("agent", agent)` and `cl.user_session.get("agent")`.
    fn call_store(&mut self, cx: Cx<'_>, path: &str, args: &Args) -> Set {
        let (Some((store, method)), Some(key)) = (path.rsplit_once('.'), args.positional(0)) else {
            return EMPTY;
        };
        // A function of a package, such as `requests.get`, is no method of a store in it.
        if !store.contains('.') {
            return EMPTY;
        }
        let (key, value) = (key.set, args.positional(1));
        match (method, value) {
            ("set", Some(value)) => {
                self.set_keyed_ext(cx, store, key, value.set, value.expr);
                EMPTY
            }
            ("get", default) => {
                let stored = self.keyed_ext(cx, store, key);
                let default = default.map_or(EMPTY, |d| d.set);
                self.pool.union(stored, default)
            }
            _ => EMPTY,
        }
    }

    /// `enumerate(x)` and `zip(x, y)`: tuples of elements.
    fn paired(&mut self, cx: Cx<'_>, e: ExprId, which: &str, args: &Args) -> Set {
        let each: Vec<Set> = args.list.iter().map(|a| self.elements(cx, a.set)).collect();
        let first = usize::from(which == "builtins.enumerate");
        let pair = self.box_at(cx, e, 2);
        for (i, set) in each.into_iter().enumerate() {
            self.set_slot(cx, pair, i + first, set, e);
        }
        let all = self.box_at(cx, e, 1);
        let one = self.pool.one(Value::Box(pair));
        self.box_add(cx, all, one, e);
        self.pool.one(Value::Box(all))
    }

    fn call_getattr(&mut self, cx: Cx<'_>, args: &Args) -> Set {
        let (Some(base), Some(name)) = (args.positional(0), args.positional(1)) else {
            return EMPTY;
        };
        let mut out = args.positional(2).map_or(EMPTY, |d| d.set);
        for v in self.pool.values(name.set) {
            if let Value::Str(s) = v {
                let mut set = base.set;
                let parts: Vec<String> = self.pool.text(s).split('.').map(str::to_owned).collect();
                for p in parts {
                    let n = self.pool.sym(&p);
                    set = self.get_attr(cx, set, base.expr, n);
                }
                out = self.pool.union(out, set);
            }
        }
        out
    }

    fn call_import(&mut self, cx: Cx<'_>, args: &Args) -> Set {
        let named = self.pool.find("name").and_then(|n| args.named(n).copied());
        let Some(name) = args.positional(0).copied().or(named) else {
            return EMPTY;
        };
        let mut out = EMPTY;
        for v in self.pool.values(name.set) {
            let Value::Str(s) = v else { continue };
            let path = self.pool.text(s).to_owned();
            let mut names = path.split('.');
            let top = names.next().unwrap_or("");
            let place = self
                .modules
                .top(cx.file, top)
                .map(|p| self.modules.descend(p, names));
            let one = match place {
                Some((super::modules::Place::Module(f), used))
                    if used + 1 == path.split('.').count() =>
                {
                    self.pool.one(Value::Module(f))
                }
                _ => self.ext(cx, s),
            };
            out = self.pool.union(out, one);
        }
        out
    }

    // ---- arguments

    /// The value of the first of several parameters that is given.
    pub(super) fn arg(&mut self, cx: Cx<'_>, args: &Args, which: &[Arg]) -> Option<(Set, ExprId)> {
        for w in which {
            let found = match w {
                Arg::At(i) => args.positional(*i as usize).map(|a| (a.set, a.expr)),
                Arg::Named(n) => {
                    let sym = self.pool.find(n);
                    sym.and_then(|s| args.named(s)).map(|a| (a.set, a.expr))
                }
            };
            if found.is_some() {
                return found;
            }
        }
        for a in args.list.iter().filter(|a| a.star == Star::Two) {
            for v in self.pool.values(a.set) {
                let Value::Box(b) = v else { continue };
                for w in which {
                    if let Arg::Named(n) = w {
                        let set = self.under(cx, b, n);
                        if set != EMPTY {
                            return Some((set, a.expr));
                        }
                    }
                }
            }
        }
        None
    }

    // ---- the catalog

    /// What constructing a catalog class does; gives the number of a tool object, or 0.
    pub(super) fn new_of_base(
        &mut self,
        cx: Cx<'_>,
        e: ExprId,
        ix: ClassIx,
        args: &Args,
        governed: bool,
    ) -> u32 {
        let Some(m) = self
            .catalog
            .search(ix, 0, &mut |c| self.catalog.class(c)?.new)
        else {
            return 0;
        };
        self.apply(cx, e, m, Value::Class(ix), args, governed);
        if self
            .catalog
            .member(m)
            .is_some_and(|m| m.kind == Some(Kind::ToolDef))
        {
            self.tool_object(cx, e)
        } else {
            0
        }
    }

    /// The number of the tool object made at an expression.
    fn tool_object(&mut self, cx: Cx<'_>, e: ExprId) -> u32 {
        let key = (cx.file, Spot::Expr(e), Kind::ToolDef);
        let i = match self.tool_objects.iter().skip(1).position(|k| *k == key) {
            Some(i) => i + 1,
            None => {
                self.tool_objects.push(key);
                self.tool_objects.len() - 1
            }
        };
        u32::try_from(i).unwrap_or(0)
    }

    pub(super) fn tool_object_key(&self, i: u32) -> Option<SiteKey> {
        if i == 0 {
            None
        } else {
            self.tool_objects.get(i as usize).copied()
        }
    }

    /// Everything a catalog entry says about a call.
    pub(super) fn apply(
        &mut self,
        cx: Cx<'_>,
        e: ExprId,
        ix: MemberIx,
        recv: Value,
        args: &Args,
        governed: bool,
    ) -> Set {
        let catalog = self.catalog;
        let Some(m) = catalog.member(ix) else {
            return EMPTY;
        };
        // Of a decorator it is the definition below that is the tool.
        if let Some(kind) = m.kind.filter(|&k| m.decorator != Some(k)) {
            let receiver = if let Value::Inst(c, _) | Value::Class(c) = recv {
                Some(c)
            } else {
                None
            };
            let site = self.site(cx, Spot::Expr(e), kind, ix, governed);
            if let Some(c) = receiver
                && let Err(i) = site.receivers.binary_search(&c)
            {
                site.receivers.insert(i, c);
            }
            if kind == Kind::ToolDef && site.tool.is_none() {
                site.tool = Some(super::ToolFacts::default());
            }
            if let Some(t) = &m.tool {
                self.executing_tool(cx, e, &t.function, args, governed);
                self.describe_tool(cx, (cx.file, Spot::Expr(e), kind), t, args);
            }
        }
        for t in &m.tools {
            if let Some((set, expr)) = self.arg(cx, args, std::slice::from_ref(t)) {
                let covered = governed || self.has_governing_argument(&m.path, args, true);
                self.take_tools(cx, set, ix, covered, 0);
                self.library_tools(cx, expr, covered);
            }
        }
        if m.kind == Some(Kind::AgentExec) {
            self.executors(args);
        }
        for (param, kind) in &m.options {
            let sym = self.pool.find(param);
            if let Some(a) = sym.and_then(|s| args.named(s))
                && !matches!(cx.facts.expr(a.expr), Expr::None | Expr::False)
            {
                self.site(cx, Spot::Expr(e), *kind, ix, governed);
            }
        }
        if !m.exec.is_empty()
            && let Some((set, expr)) = self.arg(cx, args, &m.exec)
            && self.is_written_by_model(cx, set, expr)
        {
            self.site(cx, Spot::Expr(e), Kind::AgentExec, ix, governed);
        }
        if let Some(h) = &m.http {
            self.http(cx, e, ix, h, args, governed);
        }
        let mut out = EMPTY;
        if !m.calls.is_empty()
            && let Some((callees, called)) = self.arg(cx, args, &m.calls)
        {
            let rest = self.after(args, called);
            for c in self.pool.values(callees) {
                let one = self.call_value(cx, e, c, &rest, governed, 2);
                out = self.pool.union(out, one);
            }
        }
        if let Some(kind) = m.decorator {
            out = self.decorator_call(e, ix, kind, args);
        }
        if let Some(ty) = &m.returns {
            let one = self.of_type(cx, ty, recv, args, e);
            out = self.pool.union(out, one);
        } else if matches!(m.kind, Some(Kind::LlmCall | Kind::AgentRun)) {
            out = self.pool.one(Value::Model);
        } else if out == EMPTY {
            out = self.through(args);
        }
        if m.kind == Some(Kind::ToolDef) && out != EMPTY {
            out = self.number_tool_objects(cx, e, out);
        }
        if matches!(recv, Value::Class(_)) {
            return EMPTY;
        }
        let out = self.governed_by_arguments(&m.path, &m.tools, args, out);
        if governed {
            self.govern_set(out, Cover::All)
        } else {
            out
        }
    }

    /// `tools=[shell]`: library functions that run code, at their mention.
    fn library_tools(&mut self, cx: Cx<'_>, list: ExprId, governed: bool) {
        let (Expr::List(p) | Expr::Tuple(p)) = cx.facts.expr(list) else {
            return;
        };
        for &item in cx.facts.items(p) {
            let set = self.eval(cx, item);
            for v in self.pool.values(set) {
                let Value::Ext(path) = v else { continue };
                if let Some(Entry::Function(f)) = self.catalog.entry(self.pool.text(path))
                    && self
                        .catalog
                        .member(f)
                        .is_some_and(|m| m.kind == Some(Kind::AgentExec))
                {
                    self.site(cx, Spot::Expr(item), Kind::AgentExec, f, governed);
                }
            }
        }
    }

    /// `Tool(func=repl.run)`: the tool runs code.
    fn executing_tool(
        &mut self,
        cx: Cx<'_>,
        e: ExprId,
        function: &[Arg],
        args: &Args,
        governed: bool,
    ) {
        let Some((set, _)) = self.arg(cx, args, function) else {
            return;
        };
        for v in self.pool.values(set) {
            let Value::Member(ix, path) = v else { continue };
            if let Some(m) = self.found(ix, path).member
                && self
                    .catalog
                    .member(m)
                    .is_some_and(|m| m.kind == Some(Kind::AgentExec) || !m.exec.is_empty())
            {
                self.site(cx, Spot::Expr(e), Kind::AgentExec, m, governed);
            }
        }
    }

    /// Functions and objects given to something that executes code get what a model wrote.
    fn executors(&mut self, args: &Args) {
        let values: Vec<Value> = args
            .list
            .iter()
            .flat_map(|a| self.pool.values(a.set))
            .collect();
        for v in values {
            match v {
                Value::Func(s) | Value::Bound(_, s) if self.filled.insert(s) => {
                    self.model_fills_parameters(s);
                }
                Value::Obj(s) if self.filled.insert(s) => self.model_fills_parameters(s),
                _ => {}
            }
        }
    }

    fn number_tool_objects(&mut self, cx: Cx<'_>, e: ExprId, set: Set) -> Set {
        let mut out = EMPTY;
        for v in self.pool.values(set) {
            let v = match v {
                Value::Inst(ix, 0) => Value::Inst(ix, self.tool_object(cx, e)),
                v => v,
            };
            let one = self.pool.one(v);
            out = self.pool.union(out, one);
        }
        out
    }

    /// Whether code or a command can come from a model: as a whole, or as the words of a list.
    fn is_written_by_model(&mut self, cx: Cx<'_>, set: Set, expr: ExprId) -> bool {
        if self.pool.has(set, |v| v == Value::Model) {
            return true;
        }
        // Of a list of words only the program counts: what follows is data to it.
        if let Expr::List(p) | Expr::Tuple(p) = cx.facts.expr(expr) {
            let items = cx.facts.items(p);
            let text = |i: usize| match items.get(i).map(|&e| cx.facts.expr(e)) {
                Some(Expr::Str(n)) => Some(cx.facts.name(*n)),
                _ => None,
            };
            let shell = match text(0) {
                Some(program) => SHELLS.contains(&program.rsplit('/').next().unwrap_or(program)),
                // `[sys.executable, "-c", code]`
                None => matches!(text(1), Some("-c" | "-e" | "/c")),
            };
            let looked_at = if shell { items.len() } else { 1 };
            return items.iter().take(looked_at).any(|&i| {
                let set = self.eval(cx, i);
                self.pool.has(set, |v| v == Value::Model)
            });
        }
        false
    }

    /// Records a site.
    pub(super) fn site(
        &mut self,
        cx: Cx<'_>,
        spot: Spot,
        kind: Kind,
        member: MemberIx,
        governed: bool,
    ) -> &mut Site {
        if self.follows_callers(cx.file) {
            self.make_hot(cx.scope);
        }
        let site = self.sites.entry((cx.file, spot, kind)).or_default();
        if let Err(i) = site.members.binary_search(&member) {
            site.members.insert(i, member);
        }
        site.wrapped |= governed;
        site.raw |= !governed;
        site.by_shape = false;
        site.scope = cx.scope;
        site
    }

    // ---- types

    /// Values of a catalog type.
    pub(super) fn of_type(
        &mut self,
        cx: Cx<'_>,
        ty: &Type,
        recv: Value,
        args: &Args,
        e: ExprId,
    ) -> Set {
        match ty {
            Type::Nothing => EMPTY,
            Type::Class(ix) => self.pool.one(Value::Inst(*ix, 0)),
            Type::ClassObject(ix) => self.pool.one(Value::Class(*ix)),
            Type::Receiver => match recv {
                Value::Class(ix) => self.pool.one(Value::Inst(ix, 0)),
                v => self.pool.one(v),
            },
            Type::Arg(which) => self.arg(cx, args, which).map_or(EMPTY, |a| a.0),
            Type::Result(which) => {
                let Some((set, _)) = self.arg(cx, args, which) else {
                    return EMPTY;
                };
                let mut out = EMPTY;
                for v in self.pool.values(set) {
                    let made = self.call_value(cx, e, v, &Args::default(), false, 3);
                    // A generator dependency gives what it yields.
                    let inner = self.elements(cx, made);
                    out = self.pool.union(out, made);
                    out = self.pool.union(out, inner);
                }
                out
            }
            Type::List(t) | Type::Dict(t) => {
                let each = self.of_type(cx, t, recv, args, e);
                let b = self.box_at(cx, e, 6);
                self.box_add(cx, b, each, e);
                self.pool.one(Value::Box(b))
            }
            Type::Tuple(ts) => {
                let b = self.box_at(cx, e, 7);
                for t in ts {
                    let each = self.of_type(cx, t, recv, args, e);
                    self.box_add(cx, b, each, e);
                }
                self.pool.one(Value::Box(b))
            }
            Type::Union(ts) => {
                let mut out = EMPTY;
                for t in ts {
                    let one = self.of_type(cx, t, recv, args, e);
                    out = self.pool.union(out, one);
                }
                out
            }
            Type::Select {
                args: which,
                cases,
                otherwise,
            } => {
                let given = self.arg(cx, args, which).map_or(EMPTY, |a| a.0);
                let mut out = EMPTY;
                let mut known = false;
                for v in self.pool.values(given) {
                    if let Value::Str(s) = v {
                        known = true;
                        let text = self.pool.text(s).to_owned();
                        if let Some((_, t)) = cases.iter().find(|(k, _)| *k == text) {
                            let one = self.of_type(cx, t, recv, args, e);
                            out = self.pool.union(out, one);
                        }
                    }
                }
                if !known || out == EMPTY {
                    out = otherwise
                        .as_ref()
                        .map_or(out, |t| self.of_type(cx, t, recv, args, e));
                }
                out
            }
        }
    }

    /// `a | b`
    pub(super) fn pipe(&mut self, left: Set, right: Set) -> Set {
        let mut out = EMPTY;
        for set in [left, right] {
            for v in self.pool.values(set) {
                let (v, _) = self.pool.unwrap(v);
                let class = match v {
                    Value::Inst(ix, _) => Some(ix),
                    Value::Obj(_) => None,
                    _ => None,
                };
                let ty = class.and_then(|ix| {
                    self.catalog
                        .search(ix, 0, &mut |c| self.catalog.class(c)?.pipe.clone())
                });
                if let Some(Type::Class(ix)) = ty {
                    let one = self.pool.one(Value::Inst(ix, 0));
                    out = self.pool.union(out, one);
                }
            }
        }
        if out == EMPTY {
            self.pool.union(left, right)
        } else {
            out
        }
    }

    // ---- raw HTTP

    fn http(
        &mut self,
        cx: Cx<'_>,
        e: ExprId,
        ix: MemberIx,
        h: &crate::catalog::HttpArgs,
        args: &Args,
        governed: bool,
    ) {
        let url = self.arg(cx, args, &h.url).map_or(EMPTY, |a| a.0);
        let body = self.arg(cx, args, &h.body).map_or(EMPTY, |a| a.0);
        let is_request = self.is_model_request(cx, body);
        for v in self.pool.values(url) {
            let Value::Str(s) = v else { continue };
            let text = self.pool.text(s).to_owned();
            if let Some(host) = super::shape::host_of(&text)
                && let Some(p) = self.catalog.provider_of_host(&host).map(str::to_owned)
            {
                if super::shape::generates_nothing(&text) && !is_request {
                    continue;
                }
                let site = self.site(cx, Spot::Expr(e), Kind::LlmCall, ix, governed);
                site.http = true;
                site.api = Some(format!("https://{host}"));
                site.operation = Some(format!("HTTP request to {host}"));
                site.provider = Some(p);
                return;
            }
        }
        if is_request {
            let site = self.site(cx, Spot::Expr(e), Kind::LlmCall, ix, governed);
            site.http = true;
            site.operation = Some("HTTP request with a model request as body".to_owned());
        }
    }

    /// Whether a body has the keys that only requests to models have.
    fn is_model_request(&mut self, cx: Cx<'_>, body: Set) -> bool {
        self.pool.values(body).into_iter().any(|v| match v {
            Value::Box(b) => {
                let keys = self.keys_of(cx, b);
                let has = |k: &str| keys.contains(&k);
                has("model") && (has("messages") || has("prompt") || has("input"))
                    || has("inputs") && (has("parameters") || has("options"))
                    || has("contents") && (has("generationConfig") || has("generation_config"))
                    || has("messages") && (has("max_tokens") || has("temperature"))
            }
            _ => false,
        })
    }

    /// `isinstance(x, C)`: `x` may be a `C`.
    fn narrow(&mut self, cx: Cx<'_>, args: &Args) {
        let (Some(what), Some(class)) = (args.positional(0).copied(), args.positional(1).copied())
        else {
            return;
        };
        if !matches!(cx.facts.expr(what.expr), Expr::Name(_)) {
            return;
        }
        let all = self.elements(cx, class.set);
        let all = self.pool.union(all, class.set);
        let mut known = EMPTY;
        for v in self.pool.values(all) {
            if let Value::Class(_) | Value::OwnClass(_) = v {
                let one = self.pool.one(v);
                known = self.pool.union(known, one);
            }
        }
        let known = self.instances(known);
        self.assign(cx, what.expr, known, class.expr);
    }
}
