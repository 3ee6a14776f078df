//! Tools whose work ends in code or a command that the model chooses.

use aegis_diag::{Span, ToolRuns};
use rustc_hash::FxHashMap;

use super::Describe;
use crate::catalog::Kind;
use crate::facts::UnitKind;
use crate::link::values::Scope;
use crate::link::{Site, SiteKey, Solver};

impl Solver<'_> {
    /// Whether a scope is the body of a function, and not of a module or a class.
    fn is_function(&self, scope: Scope) -> bool {
        let kind = self.with_unit(scope, |_, unit| unit.kind);
        kind.is_some_and(|kind| !matches!(kind, UnitKind::Module | UnitKind::Class))
    }

    /// The scope that a scope stands in, unless it is a module.
    fn scope_around(&self, scope: Scope) -> Option<Scope> {
        let unit = self.info(scope)?.unit;
        let parent = self.with_unit(scope, |_, unit| unit.parent)?;
        (unit != 0).then(|| scope - unit + parent)
    }
}

impl Describe<'_, '_> {
    /// All of them in the order of the tools; of several calls the first counts.
    pub(crate) fn tools_that_run(&self) -> Vec<ToolRuns> {
        let first = self.first_runs();
        let mut out: Vec<ToolRuns> = Vec::new();
        for (key, site) in self.sites(Kind::ToolDef) {
            let function = site.tool.as_ref().and_then(|tool| tool.function);
            let entered = function.map(|f| self.solver.entered_by_framework(f));
            let call = entered.iter().flatten().find_map(|scope| first.get(scope));
            let call = call.and_then(|key| Some((*key, self.solver.sites.get(key)?)));
            let spans = call.and_then(|(k, s)| Some((self.span(key, site)?, self.span(k, s)?)));
            let (Some((call_key, call)), Some((tool, at))) = (call, spans) else {
                continue;
            };
            if out.last().is_none_or(|known| known.tool != tool) {
                out.push(ToolRuns {
                    tool,
                    call: at,
                    api: self.api(call_key, call),
                });
            }
        }
        out
    }

    /// For every scope that leads to a call which runs something: the first such call. A function
    /// inside another counts for it too, since it is what its code may hand to somebody else.
    fn first_runs(&self) -> FxHashMap<Scope, &SiteKey> {
        let mut first: FxHashMap<Scope, &SiteKey> = FxHashMap::default();
        for (key, site) in self.sites(Kind::AgentExec) {
            let mut todo = vec![site.scope];
            while let Some(scope) = todo.pop() {
                if self.solver.is_function(scope) && !first.contains_key(&scope) {
                    first.insert(scope, key);
                    todo.extend(self.govern.callers_of(scope));
                    todo.extend(self.solver.scope_around(scope));
                }
            }
        }
        first
    }

    /// The sites of a kind, in their order.
    fn sites(&self, kind: Kind) -> Vec<(&SiteKey, &Site)> {
        let sites = self.solver.sites.iter();
        let mut sites: Vec<_> = sites.filter(|(key, _)| key.2 == kind).collect();
        sites.sort_unstable_by_key(|(key, _)| *key);
        sites
    }

    fn span(&self, key: &SiteKey, site: &Site) -> Option<Span> {
        let source = self.sources.get(&key.0)?;
        let facts = self.solver.files.get(key.0 as usize)?.facts.as_ref()?;
        let (span, ..) = self.place(key, site, facts, source)?;
        Some(span)
    }

    fn api(&self, key: &SiteKey, site: &Site) -> String {
        let member = site
            .members
            .iter()
            .find_map(|&m| self.solver.catalog.member(m));
        let api = site.api.clone().or_else(|| member.map(|m| m.path.clone()));
        let written = || self.span(key, site).map(|span| span.text().to_owned());
        api.or_else(written).unwrap_or_default()
    }
}
