//! From what the solver found to call sites with verdicts.

mod runs;

use std::sync::Arc;

use aegis_diag::{CallKind, CallSite, SourceFile, Span, Step, Tool, ToolParam, Verdict};
use rustc_hash::FxHashMap;

use crate::catalog::{Arg, Catalog, Kind, Member};
use crate::facts::{Expr, ExprId, Facts, Star, Stmt, UnitId, UnitKind};
use crate::govern::state::{GUARD, State};
use crate::govern::{Govern, Standing, WayStep};
use crate::link::values::{FileIx, Scope};
use crate::link::{Site, SiteKey, Solver, Spot, ToolFacts};

/// Covers code execution inside a tool whose calls are intercepted.
const TOOL_RUN: u128 = 1 << 126;

/// Longest callee shown.
const MAX_SYMBOL: usize = 80;

/// The bits that cover a site, and how a governor wraps it.
pub(crate) fn bits_of(catalog: &Catalog, key: &SiteKey, site: &Site) -> u128 {
    let mut bits = site.api.as_deref().map_or(0, |a| catalog.targets_of(a));
    for &m in &site.members {
        let Some(member) = catalog.member(m) else {
            continue;
        };
        let is_tool = member.kind == Some(Kind::ToolDef) || member.decorator == Some(Kind::ToolDef);
        if key.2 != Kind::ToolDef || is_tool {
            bits |= catalog.targets_of_class(&member.path);
            if site.receivers.is_empty() {
                bits |= catalog.targets_of(&member.path);
            }
            bits |= site
                .receivers
                .iter()
                .fold(0, |b, &r| b | catalog.targets_on(r, &member.path));
        }
        if key.2 == Kind::ToolDef {
            for t in &member.tools {
                let name = match t {
                    Arg::Named(n) => n.clone(),
                    Arg::At(_) => "tools".to_owned(),
                };
                bits |= catalog.targets_of(&format!("{}({name})", member.path));
            }
        }
    }
    if key.2 == Kind::AgentExec {
        bits |= TOOL_RUN;
    }
    bits
}

/// How each tool stands, and what that means for the functions behind it.
pub(crate) fn judge_tools(
    solver: &Solver<'_>,
    govern: &Govern<'_, '_>,
) -> (FxHashMap<SiteKey, Standing>, FxHashMap<Scope, State>) {
    let mut keys: Vec<&SiteKey> = solver
        .sites
        .keys()
        .filter(|k| k.2 == Kind::ToolDef)
        .collect();
    keys.sort_unstable();
    let mut verdicts = FxHashMap::default();
    let mut functions: FxHashMap<Scope, State> = FxHashMap::default();
    for key in keys {
        let Some(site) = solver.sites.get(key) else {
            continue;
        };
        let function = site.tool.as_ref().and_then(|t| t.function);
        let ambient = govern.when_up(key.0, bits_of(solver.catalog, key, site));
        let guarded = function.is_some_and(|f| solver.is_guarded_tool(f));
        let (through, raw) = solver
            .object_uses
            .get(key)
            .copied()
            .unwrap_or((site.wrapped, false));
        let standing = match (
            guarded || site.intrinsic || site.wrapped && !raw,
            through,
            raw,
        ) {
            (true, ..) | (_, true, false) => Standing::Governed,
            (_, true, true) if ambient == Standing::Governed => Standing::Governed,
            (_, true, true) => Standing::Partly,
            _ => ambient,
        };
        verdicts.insert(*key, standing);
        if let Some(f) = function {
            let bit = if through || guarded { GUARD } else { TOOL_RUN };
            let state = match standing {
                Standing::Governed => State::on(bit | TOOL_RUN),
                Standing::Partly => State {
                    must: 0,
                    may: bit | TOOL_RUN,
                },
                Standing::Ungoverned => State::default(),
            };
            for f in solver.entered_by_framework(f) {
                functions.insert(f, state);
            }
        }
    }
    (verdicts, functions)
}

/// Keywords under which SDKs take the name of a model.
const MODEL_KEYWORDS: [&str; 4] = ["model", "model_id", "modelId", "model_name"];

/// Makes the call sites of one file.
pub(crate) struct Describe<'a, 'c> {
    pub(crate) solver: &'a Solver<'c>,
    pub(crate) govern: &'a Govern<'a, 'c>,
    pub(crate) tools: &'a FxHashMap<SiteKey, Standing>,
    pub(crate) sources: &'a FxHashMap<FileIx, Arc<SourceFile>>,
}

impl Describe<'_, '_> {
    pub(crate) fn site(&self, key: &SiteKey, site: &Site) -> Option<CallSite> {
        let source = self.sources.get(&key.0)?;
        let facts = self.solver.files.get(key.0 as usize)?.facts.clone()?;
        let catalog = self.solver.catalog;
        let member = site.members.iter().find_map(|&m| catalog.member(m));
        let (span, symbol, scope) = self.place(key, site, &facts, source)?;
        let bits = bits_of(catalog, key, site);
        let standing = self.standing(key, site, bits);
        let verdict = match standing {
            Standing::Governed => Verdict::Governed,
            Standing::Partly => Verdict::Partly,
            Standing::Ungoverned => Verdict::Ungoverned,
        };
        let framework = member
            .map(|m| m.framework)
            .or_else(|| self.framework_of_path(site.api.as_deref()))
            .and_then(|f| catalog.framework(f));
        let way = self.way(key, site, scope, bits, standing);
        let reason = self.reason(key, site, member, standing, &way, bits);
        Some(CallSite {
            span,
            kind: kind(key.2),
            framework: framework.map_or_else(String::new, |f| f.id.clone()),
            operation: self.operation(key, site, member, &symbol),
            api: site
                .api
                .clone()
                .or_else(|| member.map(|m| m.path.clone()))
                .unwrap_or_default(),
            provider: site
                .provider
                .clone()
                .or_else(|| member.map(|m| m.provider.clone()))
                .unwrap_or_default(),
            symbol,
            scope: self.scope_name(key.0, scope),
            verdict,
            reason,
            remedy: if verdict == Verdict::Governed {
                String::new()
            } else {
                self.remedy(key, bits, &way)
            },
            way: way.iter().filter_map(|w| self.step(w)).collect(),
            tool: site
                .tool
                .as_ref()
                .map(|t| self.tool(key, t, &facts, source)),
            by_shape: site.by_shape,
        })
    }

    /// The model that a call names by keyword: as a literal, or by the name of a constant of its
    /// module that has one value. Where it depends on the run it stays unknown.
    pub(crate) fn model(&self, key: &SiteKey, site: &Site) -> Option<String> {
        let (Spot::Expr(e), Kind::LlmCall | Kind::AgentRun) = (key.1, key.2) else {
            return None;
        };
        let facts = self.solver.files.get(key.0 as usize)?.facts.as_ref()?;
        let Expr::Call(_, args) = facts.expr(e) else {
            return None;
        };
        let named = |name| MODEL_KEYWORDS.contains(&facts.name(name));
        let argument = facts
            .args(args)
            .iter()
            .find(|a| a.name.is_some_and(named))?;
        let text = self
            .solver
            .constant_text(key.0, site.scope, argument.value)?;
        let plain = |c: char| !c.is_whitespace() && !c.is_control();
        let is_name = !text.is_empty() && text.len() <= 200 && text.chars().all(plain);
        is_name.then_some(text)
    }

    /// What people call it: for constructors the class as written, which may be a twin of the one
    /// the catalog names.
    fn operation(
        &self,
        key: &SiteKey,
        site: &Site,
        member: Option<&Member>,
        symbol: &str,
    ) -> String {
        if let Some(o) = &site.operation {
            return o.clone();
        }
        let Some(m) = member else {
            return String::new();
        };
        let is_class = matches!(
            self.solver.catalog.entry(&m.path),
            Some(crate::catalog::Entry::Class(_))
        );
        let written = symbol.rsplit('.').next().unwrap_or(symbol);
        if is_class && matches!(key.1, Spot::Expr(_)) && written.starts_with(char::is_uppercase) {
            return written.to_owned();
        }
        m.operation.clone()
    }

    fn framework_of_path(&self, path: Option<&str>) -> Option<u16> {
        let catalog = self.solver.catalog;
        match catalog.entry(path?)? {
            crate::catalog::Entry::Class(ix) => catalog.class(ix).map(|c| c.framework),
            crate::catalog::Entry::Function(m) => catalog.member(m).map(|m| m.framework),
            crate::catalog::Entry::Value(_) => None,
        }
    }

    /// The span shown, the callee as written, and the scope it stands in.
    fn place(
        &self,
        key: &SiteKey,
        site: &Site,
        facts: &Facts,
        source: &Arc<SourceFile>,
    ) -> Option<(Span, String, Option<Scope>)> {
        let scope =
            Some(site.scope).filter(|&s| self.solver.info(s).is_some_and(|i| i.file == key.0));
        match key.1 {
            Spot::Expr(e) => {
                let (start, end) = facts.span(e);
                let callee = match facts.expr(e) {
                    Expr::Call(c, _) => facts.span(*c).1.max(start),
                    _ => self.first_line(source, start, end),
                };
                let text = source
                    .text
                    .get(start as usize..callee as usize)
                    .unwrap_or("");
                let span = Span::new(Arc::clone(source), start as usize..callee as usize);
                let symbol = if matches!(facts.expr(e), Expr::Dict(_)) {
                    "{...}".to_owned()
                } else {
                    shorten(text)
                };
                Some((span, symbol, scope))
            }
            Spot::Def(unit) => {
                let u = facts.unit(unit)?;
                let span = Span::new(Arc::clone(source), u.span.0 as usize..u.span.1 as usize);
                let name = if u.kind == UnitKind::Lambda {
                    "lambda".to_owned()
                } else {
                    facts.name(u.name).to_owned()
                };
                let span = if u.kind == UnitKind::Lambda {
                    let end = self.first_line(source, u.span.0, u.span.1);
                    Span::new(Arc::clone(source), u.span.0 as usize..end as usize)
                } else {
                    span
                };
                Some((span, name, self.solver.scope_of_unit(key.0, unit)))
            }
        }
    }

    fn first_line(&self, source: &SourceFile, start: u32, end: u32) -> u32 {
        let text = source.text.get(start as usize..end as usize).unwrap_or("");
        let n = text.find(['\n', '\r']).unwrap_or(text.len());
        start + u32::try_from(n).unwrap_or(0)
    }

    fn standing(&self, key: &SiteKey, site: &Site, bits: u128) -> Standing {
        if key.2 == Kind::ToolDef {
            return self.tools.get(key).copied().unwrap_or(Standing::Ungoverned);
        }
        let ambient = match key.1 {
            Spot::Expr(e) => self.govern.call(key.0, e, bits),
            Spot::Def(_) => self.govern.when_up(key.0, bits),
        };
        match (site.wrapped, site.raw, ambient) {
            (true, false, _) | (_, _, Standing::Governed) => Standing::Governed,
            (true, true, _) => Standing::Partly,
            (_, _, other) => other,
        }
    }

    fn way(
        &self,
        key: &SiteKey,
        site: &Site,
        scope: Option<Scope>,
        bits: u128,
        standing: Standing,
    ) -> Vec<WayStep> {
        if key.2 == Kind::ToolDef || site.wrapped && !site.raw {
            return Vec::new();
        }
        match (key.1, scope) {
            (Spot::Expr(e), Some(s)) => {
                self.govern
                    .way_in(key.0, e, s, bits, standing == Standing::Governed)
            }
            _ => Vec::new(),
        }
    }

    fn reason(
        &self,
        key: &SiteKey,
        site: &Site,
        member: Option<&Member>,
        standing: Standing,
        way: &[WayStep],
        bits: u128,
    ) -> String {
        let operation = site
            .operation
            .clone()
            .or_else(|| member.map(|m| m.operation.clone()))
            .unwrap_or_default();
        let from = way.first().and_then(|w| self.locator(w));
        let from = from.map_or_else(String::new, |f| format!(" from {f}"));
        if key.2 == Kind::ToolDef {
            return match standing {
                Standing::Governed => "a governor decides on every use of this tool".to_owned(),
                Standing::Partly => {
                    "some uses of this tool go through a governor, others do not".to_owned()
                }
                Standing::Ungoverned if self.govern.any_ambient && bits == 0 => {
                    "the instrumentation that runs does not intercept tools of this kind".to_owned()
                }
                Standing::Ungoverned => {
                    "nothing decides whether the model may use this tool".to_owned()
                }
            };
        }
        let on = match key.1 {
            Spot::Expr(e) => self.govern.switched_on(key.0, e),
            Spot::Def(_) => Vec::new(),
        };
        match standing {
            Standing::Governed if site.wrapped && !site.raw => {
                "what it is called on is wrapped by a governor".to_owned()
            }
            Standing::Governed => "a governor runs before it on every way in".to_owned(),
            Standing::Partly if site.wrapped => {
                "some values it is called on are wrapped by a governor, others are not".to_owned()
            }
            Standing::Partly => format!(
                "a governor runs before it on some ways in only; it is also reached{from} without one"
            ),
            Standing::Ungoverned if !on.is_empty() => {
                let what = if on.len() > 3 {
                    "the instrumentation that runs before it".to_owned()
                } else {
                    format!("instrumentation of {}", on.join(", "))
                };
                format!("{what} does not intercept `{operation}`")
            }
            Standing::Ungoverned if self.govern.any_ambient => {
                format!("reached{from} before or without any governor that covers it")
            }
            Standing::Ungoverned if way.is_empty() => {
                "nothing in the program governs it".to_owned()
            }
            Standing::Ungoverned => format!("reached{from}, and nothing in the program governs it"),
        }
    }

    fn locator(&self, w: &WayStep) -> Option<String> {
        let step = self.step(w)?;
        let place = step.span.start();
        Some(match place.cell {
            Some((cell, line)) => format!("{}:cell {cell}:{line}", step.span.file.path),
            None => format!("{}:{}", step.span.file.path, place.line),
        })
    }

    fn step(&self, w: &WayStep) -> Option<Step> {
        let source = self.sources.get(&w.file)?;
        let start = (w.offset as usize).min(source.text.len());
        let rest = source.text.get(start..).unwrap_or("");
        let end = start + rest.find(['\n', '\r']).unwrap_or(rest.len());
        Some(Step {
            span: Span::new(Arc::clone(source), start..end),
            text: w.text.clone(),
        })
    }

    fn remedy(&self, key: &SiteKey, bits: u128, way: &[WayStep]) -> String {
        let entry = way
            .first()
            .and_then(|w| self.sources.get(&w.file))
            .map(|s| s.path.clone());
        let covered = bits & !(GUARD | TOOL_RUN) != 0;
        match (key.2, covered) {
            (Kind::ToolDef, true) => "call `aegis.auto_instrument()` where the program starts, or pass the tool through `aegis.govern_tools(...)`".to_owned(),
            (Kind::ToolDef, false) => "decorate the function with `@aegis.guard` below the tool decorator, or pass it through `aegis.govern_tools(...)`".to_owned(),
            (Kind::McpClient, _) => "ask `AegisMCPToolFilter` before the call, or make it in a function decorated with `@aegis.guard`".to_owned(),
            (Kind::AgentExec, _) => "run it through `aegis.Runtime`, or in a function decorated with `@aegis.guard`".to_owned(),
            (_, true) => match entry {
                Some(e) => format!("call `aegis.auto_instrument()` before it in `{e}`"),
                None => "call `aegis.auto_instrument()` where the program starts".to_owned(),
            },
            (_, false) => "no instrumentation intercepts this API: make the call in a function decorated with `@aegis.guard`".to_owned(),
        }
    }

    fn scope_name(&self, file: FileIx, scope: Option<Scope>) -> String {
        let module = self.solver.modules.dotted(file);
        match scope
            .map(|s| self.solver.qualified(s))
            .filter(|q| !q.is_empty())
        {
            Some(q) => format!("{module}:{q}"),
            None => module,
        }
    }

    // ---- tools

    fn tool(&self, key: &SiteKey, t: &ToolFacts, facts: &Facts, source: &SourceFile) -> Tool {
        let mut tool = Tool {
            name: t.name.clone(),
            ..Tool::default()
        };
        if let Some(f) = t.function.and_then(|f| self.function_of_tool(f)) {
            self.describe_function(&mut tool, f, t.function);
        }
        if let Some(d) = t.function.and_then(|c| self.class_description(c)) {
            tool.description = Some(d);
        }
        if let Some(d) = t.description {
            tool.description = text_at(facts, source, d).or(tool.description);
        }
        if let Some(schema) = t.schema {
            tool.params = schema_params(facts, source, schema);
        }
        if tool.name.is_none()
            && let Spot::Def(unit) = key.1
        {
            tool.name = facts
                .unit(unit)
                .map(|u| facts.name(u.name).to_owned())
                .filter(|n| n != "<lambda>");
        }
        tool
    }

    /// The function a model's arguments go to: the function itself, or the run method of a class.
    fn function_of_tool(&self, f: Scope) -> Option<Scope> {
        self.solver.entered_by_framework(f).into_iter().next()
    }

    /// What a tool class says of itself in its attribute `description`.
    fn class_description(&self, class: Scope) -> Option<String> {
        let (facts, unit) = self.solver.unit(class)?;
        let source = self.sources.get(&self.solver.info(class)?.file)?;
        let unit = facts.unit(unit).filter(|u| u.kind == UnitKind::Class)?;
        let named =
            |&e: &ExprId| matches!(facts.expr(e), Expr::Name(n) if facts.name(*n) == "description");
        unit.body.iter().find_map(|s| match s {
            Stmt::Assign { targets, value } if facts.items(targets).iter().any(named) => {
                text_at(&facts, source, *value)
            }
            Stmt::Annotated {
                target,
                value: Some(value),
                ..
            } if named(target) => text_at(&facts, source, *value),
            _ => None,
        })
    }

    fn describe_function(&self, tool: &mut Tool, f: Scope, outer: Option<Scope>) {
        let Some((facts, unit)) = self.solver.unit(f) else {
            return;
        };
        let Some(u) = facts.unit(unit) else { return };
        let file = self.solver.info(f).map_or(0, |i| i.file);
        let is_lambda = u.kind == UnitKind::Lambda;
        if tool.name.is_none() && outer == Some(f) && !is_lambda {
            tool.name = Some(facts.name(u.name).to_owned());
        }
        if let Some(source) = self.sources.get(&file) {
            let doc = outer
                .and_then(|o| self.solver.with_unit(o, |_, u| u.doc).flatten())
                .or(u.doc);
            tool.description = doc
                .and_then(|(a, b)| source.text.get(a as usize..b as usize))
                .map(clean);
        }
        for p in &u.params {
            let name = facts.name(p.name);
            if matches!(name, "self" | "cls") || p.star != Star::No {
                continue;
            }
            tool.params.push(ToolParam {
                name: name.to_owned(),
                ty: p.written.map(|w| facts.name(w).to_owned()),
                required: p.default.is_none(),
            });
        }
    }
}

fn clean(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shorten(text: &str) -> String {
    let mut out: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if out.chars().count() > MAX_SYMBOL {
        let tail: String = out
            .chars()
            .skip(out.chars().count() - MAX_SYMBOL + 1)
            .collect();
        out = format!("…{tail}");
    }
    out
}

/// A literal text in the source, quotes and prefix taken off.
fn text_at(facts: &Facts, source: &SourceFile, e: ExprId) -> Option<String> {
    if let Expr::Str(n) = facts.expr(e) {
        return Some(clean(facts.name(*n)));
    }
    let (a, b) = facts.span(e);
    let raw = source.text.get(a as usize..b as usize)?;
    let inner = raw.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    inner
        .starts_with(['"', '\''])
        .then(|| clean(inner.trim_matches(['"', '\''])))
}

/// Parameters in a tool schema dictionary.
fn schema_params(facts: &Facts, source: &SourceFile, schema: ExprId) -> Vec<ToolParam> {
    let get = |e: ExprId, key: &str| facts.entry(e, key);
    let inner = get(schema, "function")
        .or_else(|| get(schema, "toolSpec"))
        .unwrap_or(schema);
    let parameters = ["parameters", "input_schema", "inputSchema"]
        .iter()
        .find_map(|k| get(inner, k));
    let parameters = parameters.map(|p| get(p, "json").unwrap_or(p));
    let Some(parameters) = parameters else {
        return Vec::new();
    };
    let required: Vec<String> = match get(parameters, "required").map(|r| facts.expr(r)) {
        Some(Expr::List(p)) => facts
            .items(p)
            .iter()
            .filter_map(|&i| text_at(facts, source, i))
            .collect(),
        _ => Vec::new(),
    };
    let Some(Expr::Dict(p)) = get(parameters, "properties").map(|p| facts.expr(p).clone()) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    for (k, v) in facts.pairs(&p) {
        if let Some(name) = k.and_then(|k| text_at(facts, source, k)) {
            let ty = get(*v, "type").and_then(|t| text_at(facts, source, t));
            out.push(ToolParam {
                required: required.contains(&name),
                name,
                ty,
            });
        }
    }
    out
}

fn kind(k: Kind) -> CallKind {
    match k {
        Kind::LlmCall => CallKind::LlmCall,
        Kind::AgentRun => CallKind::AgentRun,
        Kind::ToolDef => CallKind::ToolDef,
        Kind::McpClient => CallKind::McpClient,
        Kind::AgentExec => CallKind::AgentExec,
    }
}

impl Solver<'_> {
    /// The functions a framework enters when it runs a tool: the function itself, or the methods
    /// of a tool class that do the work.
    pub(crate) fn entered_by_framework(&self, tool: Scope) -> Vec<Scope> {
        let Some((facts, unit)) = self.unit(tool) else {
            return Vec::new();
        };
        if facts.unit(unit).is_none_or(|u| u.kind != UnitKind::Class) {
            return vec![tool];
        }
        let first = tool - unit;
        let is_entry = |n: &str| {
            matches!(
                n,
                "_run"
                    | "_arun"
                    | "run"
                    | "arun"
                    | "forward"
                    | "__call__"
                    | "execute"
                    | "_execute"
                    | "call"
                    | "acall"
            )
        };
        let units = facts.units.iter().enumerate().skip(unit as usize);
        units
            .filter(|(_, u)| {
                u.parent == unit && u.kind == UnitKind::Function && is_entry(facts.name(u.name))
            })
            .filter_map(|(i, _)| UnitId::try_from(i).ok().map(|i| first + i))
            .collect()
    }
}
