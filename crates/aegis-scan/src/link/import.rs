//! Evaluates imports and looks names up in modules.

use crate::catalog::Entry;
use crate::facts::Import;

use super::call::Args;
use super::modules::Place;
use super::values::{EMPTY, FileIx, Set, Sym, Value};
use super::{Cx, Solver};

/// Longer dotted paths are not paths of anything we know.
const MAX_SEGMENTS: usize = 10;

impl Solver<'_> {
    pub(super) fn import(&mut self, cx: Cx<'_>, span: u32, items: &[Import]) {
        for (i, item) in items.iter().enumerate() {
            let key = (cx.file, span, u32::try_from(i).unwrap_or(u32::MAX));
            let set = match self.import_cache.get(&key) {
                // Modules may bind more by now, so only what lies outside is kept.
                Some(&s) => s,
                None => {
                    let (set, fixed) = self.imported(cx, item);
                    if fixed {
                        self.import_cache.insert(key, set);
                    }
                    set
                }
            };
            if item.star {
                if set != EMPTY
                    && let Some(m) = self.files.get_mut(cx.file as usize)
                    && !m.star_imports.contains(&set)
                {
                    m.star_imports.push(set);
                }
            } else if let Some(cell) = self.resolve(cx, item.bound) {
                self.add(cx, cell, set, 0);
            }
        }
    }

    /// What an import binds, and whether that can never change.
    fn imported(&mut self, cx: Cx<'_>, item: &Import) -> (Set, bool) {
        let module = cx.facts.name(item.module).to_owned();
        let member = item.item.map(|n| cx.facts.name(n).to_owned());
        if item.level > 0 {
            let Some(start) = self.modules.relative(cx.file, item.level) else {
                return (EMPTY, true);
            };
            let names: Vec<&str> = module.split('.').filter(|n| !n.is_empty()).collect();
            let (place, used) = self.modules.descend(start, names.iter().copied());
            if used < names.len() {
                return (EMPTY, true);
            }
            return (self.place_member(cx, &place, member.as_deref()), false);
        }
        let full = match &member {
            Some(m) => format!("{module}.{m}"),
            None => module.clone(),
        };
        if let Some(place) = self.project_place(cx, &module, &full, member.as_deref()) {
            let top_only = member.is_none() && !item.renamed && !item.star;
            let names: Vec<&str> = module.split('.').skip(1).collect();
            if top_only {
                let v = self.place_value(&place);
                return (self.pool.one(v), true);
            }
            let (deep, used) = self.modules.descend(place, names.iter().copied());
            if used == names.len() {
                return (self.place_member(cx, &deep, member.as_deref()), false);
            }
            // `from package.attribute import x` is not a thing; the name is simply not there.
            return (EMPTY, true);
        }
        let path = if item.star || item.renamed || member.is_some() {
            full
        } else {
            module.split('.').next().unwrap_or("").to_owned()
        };
        let path = if item.star { module } else { path };
        let sym = self.pool.sym(&path);
        (self.ext(cx, sym), true)
    }

    /// The project's place for an absolute import, unless a known SDK is meant.
    fn project_place(
        &mut self,
        cx: Cx<'_>,
        module: &str,
        full: &str,
        member: Option<&str>,
    ) -> Option<Place> {
        let mut names = module.split('.');
        let top = names.next().unwrap_or("");
        let place = self.modules.top(cx.file, top)?;
        if self.catalog.roots.contains_key(top) && self.is_known(full) {
            if self.modules.is_neighbour_in_package(cx.file, &place) {
                return None;
            }
            if self.sdk_roots.contains(top) && self.sdks.of(self.modules.path(cx.file)) != Some(top)
            {
                return None;
            }
            // The project has a module named like an SDK: it counts only if it has the name.
            let (deep, used) = self.modules.descend(place.clone(), names.clone());
            let all = used == names.count();
            let has = match member {
                None => all,
                Some(m) => all && self.binds(&deep, m),
            };
            return has.then_some(place);
        }
        Some(place)
    }

    /// Whether a full path is, or leads to, something in the catalog.
    pub(super) fn is_known(&self, path: &str) -> bool {
        self.catalog.entry(path).is_some()
            || self.catalog.is_prefix(path)
            || self.catalog.governor(path).is_some()
    }

    /// Whether a module binds a name or has a submodule of that name.
    fn binds(&self, place: &Place, name: &str) -> bool {
        if self.modules.child(place, name).is_some() {
            return true;
        }
        let Place::Module(f) = place else {
            return false;
        };
        let Some(facts) = self.files.get(*f as usize).and_then(|m| m.facts.as_ref()) else {
            return false;
        };
        let Some(unit) = facts.unit(0) else {
            return false;
        };
        unit.locals.iter().any(|&l| facts.name(l) == name)
            || unit.body.iter().any(|s| matches!(s, crate::facts::Stmt::Import { items, .. } if items.iter().any(|i| i.star)))
    }

    fn place_value(&mut self, place: &Place) -> Value {
        match place {
            Place::Module(f) => Value::Module(*f),
            Place::Folder(k) => Value::Folder(self.pool.sym(k)),
        }
    }

    fn place_member(&mut self, cx: Cx<'_>, place: &Place, member: Option<&str>) -> Set {
        match (place, member) {
            (_, None | Some("*")) => {
                let v = self.place_value(place);
                self.pool.one(v)
            }
            (Place::Module(f), Some(m)) => {
                let sym = self.pool.sym(m);
                self.module_attr(cx, *f, sym, 0)
            }
            (Place::Folder(_), Some(m)) => match self.modules.child(place, m) {
                Some(p) => {
                    let v = self.place_value(&p);
                    self.pool.one(v)
                }
                None => EMPTY,
            },
        }
    }

    /// An attribute of a project module: what it binds, its submodule, what it imports by `*`.
    pub(super) fn module_attr(&mut self, cx: Cx<'_>, file: FileIx, name: Sym, depth: u32) -> Set {
        if depth > 8 {
            return EMPTY;
        }
        let loaded = self
            .files
            .get(file as usize)
            .filter(|m| m.facts.is_some())
            .map(|m| m.first_scope);
        let mut out = EMPTY;
        if let Some(scope) = loaded
            && let Some(cell) = self.local(scope, name)
        {
            out = self.read(cx, cell);
        }
        if out == EMPTY {
            let text = self.pool.text(name).to_owned();
            if let Some(p) = self.modules.child(&Place::Module(file), &text) {
                let v = self.place_value(&p);
                return self.pool.one(v);
            }
            if loaded.is_none() {
                self.reads_unread.insert(cx.scope);
                return self.pool.one(Value::Unread(file, name));
            }
            out = self.starred(cx, file, name, depth + 1);
        }
        out
    }

    /// A submodule of a folder without `__init__`.
    pub(super) fn folder_attr(&mut self, folder: Sym, name: Sym) -> Set {
        let place = Place::Folder(self.pool.text(folder).to_owned());
        let text = self.pool.text(name).to_owned();
        match self.modules.child(&place, &text) {
            Some(p) => {
                let v = self.place_value(&p);
                self.pool.one(v)
            }
            None => EMPTY,
        }
    }

    /// A name that a file gets by `from x import *`.
    pub(super) fn starred(&mut self, cx: Cx<'_>, file: FileIx, name: Sym, depth: u32) -> Set {
        let stars = self
            .files
            .get(file as usize)
            .map(|m| m.star_imports.clone())
            .unwrap_or_default();
        let mut out = EMPTY;
        for star in stars {
            for v in self.pool.values(star) {
                let one = match v {
                    Value::Module(f) if self.exports(f, name) => {
                        self.module_attr(cx, f, name, depth + 1)
                    }
                    Value::Ext(p) => {
                        let path = format!("{}.{}", self.pool.text(p), self.pool.text(name));
                        if self.is_known(&path) {
                            let sym = self.pool.sym(&path);
                            self.ext(cx, sym)
                        } else {
                            EMPTY
                        }
                    }
                    _ => EMPTY,
                };
                out = self.pool.union(out, one);
            }
        }
        out
    }

    fn exports(&self, file: FileIx, name: Sym) -> bool {
        let text = self.pool.text(name);
        let facts = self.files.get(file as usize).and_then(|m| m.facts.as_ref());
        match facts.and_then(|f| f.exports.as_ref().map(|e| (f, e))) {
            Some((f, names)) => names.iter().any(|&n| f.name(n) == text),
            None => !text.starts_with('_'),
        }
    }

    /// What a dotted path outside the project stands for.
    pub(super) fn ext(&mut self, cx: Cx<'_>, path: Sym) -> Set {
        if let Some(&s) = self.ext_cache.get(&path) {
            return s;
        }
        let text = self.pool.text(path).to_owned();
        let set = if let Some(g) = self.catalog.governor(&text) {
            self.pool.one(Value::Governor(g))
        } else {
            match self.catalog.entry(&text) {
                Some(Entry::Class(ix)) => self.pool.one(Value::Class(ix)),
                Some(Entry::Value(ty)) => {
                    self.of_type(cx, &ty, Value::Ext(path), &Args::default(), 0)
                }
                Some(Entry::Function(m)) => {
                    let one = self.pool.one(Value::Ext(path));
                    // `from interpreter import interpreter`: not a function but an object.
                    let ty = self.catalog.member(m).and_then(|m| m.ty.clone());
                    match ty {
                        Some(t) => self.of_type(cx, &t, Value::Ext(path), &Args::default(), 0),
                        None => one,
                    }
                }
                None if text.split('.').count() > MAX_SEGMENTS => EMPTY,
                None => self.pool.one(Value::Ext(path)),
            }
        };
        self.ext_cache.insert(path, set);
        set
    }
}
