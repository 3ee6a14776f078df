//! Which scopes are worth evaluating.
//!
//! Most functions of a program never touch an AI value. Module and class bodies are always
//! evaluated; a function only once it can matter: when something it mentions, or a parameter of
//! it, carries an AI value. *Carrying* is a property of cells, *hot* one of functions, classes and
//! containers that give carrying values to whoever has them. Both only ever grow, so the result
//! does not depend on the order in which they are found.

use crate::catalog::Entry;
use crate::facts::{Facts, UnitKind};

use super::Solver;
use super::values::{Cell, FileIx, Scope, Set, Sym, Value};

/// What a cell belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Owner {
    #[default]
    Nobody,
    /// A local of a scope.
    Local(Scope, Sym),
    /// An attribute of a project class.
    Attr(Scope, Sym),
    /// The result, or what is yielded, or the bases of a scope.
    Part(Scope),
    /// A part of a container.
    Box(u32),
    /// A name outside the project, by its last segment.
    Loose(Sym),
}

/// A function this short is evaluated when it is called: getters, factories, constants.
const SHORT: usize = 3;

/// Names whose mention alone makes a function worth a look: it may run what a model wrote, or
/// import at run time.
const TELLING: [&str; 16] = [
    "exec",
    "eval",
    "subprocess",
    "Popen",
    "check_output",
    "check_call",
    "getoutput",
    "popen",
    "system",
    "create_subprocess_shell",
    "create_subprocess_exec",
    "import_module",
    "__import__",
    "exec_run",
    "exec_command",
    "runcode",
];

impl Solver<'_> {
    /// Notes what the scopes of a new file mention, and activates those that matter by themselves.
    pub(super) fn index_mentions(&mut self, first: Scope, facts: &Facts) {
        let telling: Vec<Sym> = TELLING.iter().map(|t| self.pool.sym(t)).collect();
        for (i, unit) in facts.units.iter().enumerate() {
            let scope = first + Scope::try_from(i).unwrap_or(0);
            let mentions: Vec<Sym> = unit
                .mentions
                .iter()
                .map(|&n| self.sym_in(scope, n))
                .collect();
            for &m in &mentions {
                self.mentions.entry(m).or_default().push(scope);
            }
            let always = !matches!(unit.kind, UnitKind::Function | UnitKind::Lambda);
            let by_itself = unit.has_import
                || mentions.iter().any(|m| telling.contains(m))
                || self.has_shape(&mentions);
            if always || by_itself {
                self.activate(scope);
            }
        }
    }

    /// Whether the names of some distinctive call path are all mentioned.
    fn has_shape(&self, mentions: &[Sym]) -> bool {
        self.shape_names
            .iter()
            .any(|path| path.iter().all(|n| mentions.contains(n)))
    }

    /// Evaluates a scope from now on, and the functions around it.
    pub(super) fn activate(&mut self, scope: Scope) {
        let Some(a) = self.active.get_mut(scope as usize) else {
            return;
        };
        if *a {
            return;
        }
        *a = true;
        self.enqueue(scope);
        if let Some((facts, unit)) = self.unit(scope)
            && let Some(u) = facts.unit(unit)
            && unit != 0
        {
            self.activate(scope - unit + u.parent);
        }
    }

    pub(crate) fn is_active(&self, scope: Scope) -> bool {
        self.active.get(scope as usize).copied().unwrap_or(false)
    }

    /// A function that is called: short ones are looked into.
    pub(super) fn called(&mut self, f: Scope, with_model: bool) {
        if self.is_active(f) {
            return;
        }
        let short = self
            .with_unit(f, |_, u| u.body.len() <= SHORT)
            .unwrap_or(false);
        if short || with_model {
            self.activate(f);
        }
    }

    /// Whether a value is, gives or leads to something of the catalog.
    pub(super) fn carries(&mut self, v: Value) -> bool {
        match v {
            Value::Class(_)
            | Value::Inst(..)
            | Value::Member(..)
            | Value::Governor(_)
            | Value::Governing(_)
            | Value::Governed(..)
            | Value::Decorator(..) => true,
            Value::Ext(p) => self.ext_carries(p),
            Value::Module(f) => self
                .files
                .get(f as usize)
                .is_some_and(|m| m.facts.is_some()),
            Value::Func(s) | Value::OwnClass(s) | Value::Obj(s) | Value::Super(s) => self.is_hot(s),
            Value::Bound(_, f) => self.is_hot(f),
            Value::Box(b) | Value::BoxMethod(b, _) | Value::Partial(b) => {
                self.hot_boxes.contains(&b)
            }
            Value::Anything
            | Value::Folder(_)
            | Value::Str(_)
            | Value::Model
            | Value::Unread(..) => false,
        }
    }

    fn ext_carries(&mut self, path: Sym) -> bool {
        if let Some(&known) = self.ext_carrying.get(&path) {
            return known;
        }
        let text = self.pool.text(path);
        let root = text.split('.').next().unwrap_or("");
        let known = (self.catalog.strong.contains(root) || self.catalog.http_roots.contains(root))
            && (self.catalog.is_prefix(text)
                || matches!(
                    self.catalog.entry(text),
                    Some(Entry::Function(_) | Entry::Class(_) | Entry::Value(_))
                ));
        self.ext_carrying.insert(path, known);
        known
    }

    pub(super) fn is_hot(&self, s: Scope) -> bool {
        self.hot.get(s as usize).copied().unwrap_or(false)
    }

    /// A cell got new values: does it carry now?
    pub(super) fn check_carry(&mut self, cell: Cell, new: Set) {
        if self.carrying.get(cell as usize).copied().unwrap_or(true) {
            return;
        }
        let mut carries = false;
        for v in self.pool.values(new) {
            if self.carries(v) {
                carries = true;
                continue;
            }
            match v {
                Value::Func(s) | Value::OwnClass(s) | Value::Obj(s) | Value::Bound(_, s) => {
                    self.holders.entry(s).or_default().push(cell);
                }
                Value::Box(b) | Value::Partial(b) => {
                    self.box_holders.entry(b).or_default().push(cell);
                }
                _ => {}
            }
        }
        if carries {
            self.carry(cell);
        }
    }

    /// A cell carries from now on.
    fn carry(&mut self, cell: Cell) {
        let mut todo = vec![cell];
        while let Some(cell) = todo.pop() {
            match self.carrying.get_mut(cell as usize) {
                Some(c) if !*c => *c = true,
                _ => continue,
            }
            match self.owners.get(cell as usize).copied().unwrap_or_default() {
                Owner::Nobody => {}
                Owner::Local(scope, name) => self.local_carries(scope, name),
                Owner::Attr(class, name) => {
                    self.make_hot(class);
                    self.activate_mentions(name, None);
                }
                Owner::Part(scope) => {
                    self.make_hot(scope);
                    if self.info(scope).is_some_and(|i| i.bases == cell) {
                        self.activate_methods(scope);
                    }
                }
                Owner::Loose(name) => {
                    self.activate_mentions(name, None);
                    if let Some(&store) = self.stores.get(&cell) {
                        self.activate_mentions(store, None);
                    }
                }
                Owner::Box(b) => {
                    if self.hot_boxes.insert(b) {
                        todo.extend(self.box_holders.remove(&b).unwrap_or_default());
                    }
                }
            }
            todo.append(&mut self.newly_carrying);
        }
    }

    /// A cell is known to lie in a store of this name.
    pub(super) fn stored(&mut self, cell: Cell, store: Sym) {
        if self.carrying.get(cell as usize) == Some(&true) {
            self.activate_mentions(store, None);
        }
    }

    /// Methods of a class that inherits from the catalog may use what they inherit.
    fn activate_methods(&mut self, class: Scope) {
        let Some((facts, unit)) = self.unit(class) else {
            return;
        };
        let methods = facts.units.iter().enumerate().skip(unit as usize + 1);
        for (i, _) in methods.filter(|(_, u)| u.parent == unit && u.kind == UnitKind::Function) {
            self.activate(class - unit + Scope::try_from(i).unwrap_or(0));
        }
    }

    fn local_carries(&mut self, scope: Scope, name: Sym) {
        let Some(info) = self.info(scope) else { return };
        let kind = self.with_unit(scope, |_, u| u.kind);
        match kind {
            Some(UnitKind::Module) => self.activate_mentions(name, Some(info.file)),
            Some(UnitKind::Class) => {
                self.make_hot(scope);
                self.activate_mentions(name, None);
            }
            _ => {
                // The receiver of a method alone says nothing: what matters of it is mentioned.
                if !self.is_receiver(scope, name) {
                    self.activate(scope);
                }
                self.activate_mentions(name, Some(info.file));
            }
        }
    }

    fn is_receiver(&self, scope: Scope, name: Sym) -> bool {
        let Some((facts, unit)) = self.unit(scope) else {
            return false;
        };
        let Some(u) = facts.unit(unit) else {
            return false;
        };
        let in_class = facts
            .unit(u.parent)
            .is_some_and(|p| p.kind == UnitKind::Class);
        in_class
            && u.params
                .first()
                .is_some_and(|p| self.sym_in(scope, p.name) == name)
    }

    /// Activates the scopes that mention a name, in one file or everywhere.
    fn activate_mentions(&mut self, name: Sym, file: Option<FileIx>) {
        let key = (name, file.unwrap_or(FileIx::MAX));
        if !self.activated.insert(key) {
            return;
        }
        for s in self.mentions.get(&name).cloned().unwrap_or_default() {
            if file.is_none_or(|f| self.info(s).is_some_and(|i| i.file == f)) {
                self.activate(s);
            }
        }
    }

    /// A function or class gives carrying values to whoever has it.
    pub(super) fn make_hot(&mut self, scope: Scope) {
        match self.hot.get_mut(scope as usize) {
            Some(h) if !*h => *h = true,
            _ => return,
        }
        let holders = self.holders.remove(&scope).unwrap_or_default();
        self.newly_carrying.extend(holders);
        let Some((facts, unit)) = self.unit(scope) else {
            return;
        };
        let Some(u) = facts.unit(unit) else { return };
        let parent_is_class = facts
            .unit(u.parent)
            .is_some_and(|p| p.kind == UnitKind::Class);
        if unit != 0 && parent_is_class && u.kind == UnitKind::Function {
            let name = self.sym_in(scope, u.name);
            self.activate_mentions(name, None);
            let class = scope - unit + u.parent;
            self.make_hot(class);
        }
        for c in self.callers.remove(&scope).unwrap_or_default() {
            self.make_hot(c);
        }
        if !self.draining {
            self.draining = true;
            while let Some(c) = self.newly_carrying.pop() {
                self.carry(c);
            }
            self.draining = false;
        }
    }

    pub(crate) fn follows_callers(&self, file: FileIx) -> bool {
        self.follow_callers
            .get(file as usize)
            .copied()
            .unwrap_or(false)
    }

    /// Where ways in matter, whoever calls a hot function is hot.
    pub(super) fn note_caller(&mut self, caller: Scope, f: Scope) {
        if !self
            .info(caller)
            .is_some_and(|i| self.follows_callers(i.file))
        {
            return;
        }
        if self.is_hot(f) {
            self.make_hot(caller);
        } else {
            let list = self.callers.entry(f).or_default();
            if list.last() != Some(&caller) {
                list.push(caller);
            }
        }
    }

    /// Names of a file that carry: what makes its importers worth reading.
    pub(crate) fn exports_of(&self, file: FileIx) -> Vec<Sym> {
        let Some(m) = self.files.get(file as usize).filter(|m| m.facts.is_some()) else {
            return Vec::new();
        };
        let Some(info) = self.info(m.first_scope) else {
            return Vec::new();
        };
        let names = m
            .facts
            .as_ref()
            .and_then(|f| f.unit(0))
            .map(|u| u.locals.clone())
            .unwrap_or_default();
        let carrying = |i: usize| {
            let cell = info.locals as usize + i;
            self.carrying.get(cell).copied().unwrap_or(false)
        };
        names
            .iter()
            .enumerate()
            .filter(|(i, _)| carrying(*i))
            .map(|(_, &n)| self.sym_in(m.first_scope, n))
            .collect()
    }
}
