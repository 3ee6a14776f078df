//! Questions other stages ask once the values are known.

use crate::facts::{Expr, ExprId, Unit};

use super::Solver;
use super::values::{EMPTY, FileIx, Scope, Set, Value};

impl Solver<'_> {
    /// Whether a governor guards a function wherever it is entered by name.
    pub(crate) fn guards(&self, f: Scope) -> bool {
        self.guarded.contains_key(&f)
    }

    /// Whether a governor guards what a tool decorator registers: it stands below that decorator.
    pub(crate) fn is_guarded_tool(&self, f: Scope) -> bool {
        match (self.guarded.get(&f), self.registered_at.get(&f)) {
            (Some(&guard), Some(&tool)) => guard > tool,
            (Some(_), None) => true,
            _ => self.governed_entry.contains(&f),
        }
    }

    /// A function at module level of a file.
    pub(crate) fn function_named(&self, file: FileIx, name: &str) -> Option<Scope> {
        let sym = self.pool.find(name)?;
        let scope = self
            .files
            .get(file as usize)
            .filter(|m| m.facts.is_some())?
            .first_scope;
        let cell = self.local(scope, sym)?;
        self.pool
            .values(self.peek(cell))
            .into_iter()
            .find_map(|v| match self.pool.unwrap(v).0 {
                Value::Func(s) => Some(s),
                _ => None,
            })
    }

    /// The text of a literal, or of a name that is no local of its scope and stands for one text
    /// in its module.
    pub(crate) fn constant_text(&self, file: FileIx, scope: Scope, e: ExprId) -> Option<String> {
        let module = self.files.get(file as usize)?;
        let facts = module.facts.as_ref()?;
        let name = match facts.expr(e) {
            Expr::Str(text) => return Some(facts.name(*text).to_owned()),
            Expr::Name(name) => self.sym_in(module.first_scope, *name),
            _ => return None,
        };
        let first = module.first_scope;
        if scope != first && self.local(scope, name).is_some() {
            return None;
        }
        match self
            .pool
            .values(self.peek(self.local(first, name)?))
            .as_slice()
        {
            [Value::Str(text)] => Some(self.pool.text(*text).to_owned()),
            _ => None,
        }
    }

    /// Files that hold functions of tools.
    pub(crate) fn tool_files(&self) -> Vec<FileIx> {
        let mut files: Vec<FileIx> = self
            .sites
            .values()
            .filter_map(|s| s.tool.as_ref()?.function)
            .filter_map(|f| Some(self.info(f)?.file))
            .collect();
        files.sort_unstable();
        files.dedup();
        files
    }

    /// What a name at module level, or a local of any scope of the file, stands for.
    pub(crate) fn value_of_name(&self, file: FileIx, first: Scope, e: ExprId) -> Set {
        let Some(facts) = self.files.get(file as usize).and_then(|m| m.facts.as_ref()) else {
            return EMPTY;
        };
        let Expr::Name(n) = facts.expr(e) else {
            return EMPTY;
        };
        let sym = self.sym_in(first, *n);
        let scopes = (0..facts.units.len()).map(|u| first + Scope::try_from(u).unwrap_or(0));
        scopes
            .filter_map(|s| self.local(s, sym))
            .map(|c| self.peek(c))
            .find(|&s| s != EMPTY)
            .unwrap_or(EMPTY)
    }

    /// The cells a name of a file may mean, innermost scopes first.
    pub(crate) fn cells_of_name(&self, file: FileIx, name: u32) -> Vec<super::values::Cell> {
        let Some(module) = self.files.get(file as usize) else {
            return Vec::new();
        };
        let Some(facts) = &module.facts else {
            return Vec::new();
        };
        let sym = self.sym_in(module.first_scope, name);
        let scopes = (0..facts.units.len())
            .rev()
            .map(|u| module.first_scope + Scope::try_from(u).unwrap_or(0));
        scopes
            .filter_map(|s| self.local(s, sym))
            .filter(|&c| self.peek(c) != EMPTY)
            .collect()
    }

    /// The texts of a list of literal texts.
    pub(crate) fn literal_texts(&self, b: u32) -> Option<Vec<String>> {
        let info = self.boxed(b)?;
        let cells = std::iter::once(info.any).chain(info.slots.iter().copied());
        let mut out = Vec::new();
        for v in cells.flat_map(|c| self.pool.values(self.peek(c))) {
            match v {
                Value::Str(s) => out.push(self.pool.text(s).to_owned()),
                _ => return None,
            }
        }
        Some(out)
    }

    /// The dotted name of a scope inside its file, such as `Agent.answer`.
    pub(crate) fn qualified(&self, scope: Scope) -> String {
        let Some((facts, mut unit)) = self.unit(scope) else {
            return String::new();
        };
        let mut names = Vec::new();
        while unit != 0 {
            let Some(u) = facts.unit(unit) else { break };
            names.push(facts.name(u.name).to_owned());
            unit = u.parent;
        }
        names.reverse();
        names.join(".")
    }

    /// The innermost scope of a file whose source range holds a definition, by its unit.
    pub(crate) fn scope_of_unit(&self, file: FileIx, unit: u32) -> Option<Scope> {
        Some(
            self.files
                .get(file as usize)
                .filter(|m| m.facts.is_some())?
                .first_scope
                + unit,
        )
    }

    /// A unit of a scope.
    pub(crate) fn with_unit<T>(
        &self,
        scope: Scope,
        f: impl FnOnce(&crate::facts::Facts, &Unit) -> T,
    ) -> Option<T> {
        let (facts, unit) = self.unit(scope)?;
        let u = facts.unit(unit)?;
        Some(f(&facts, u))
    }
}
