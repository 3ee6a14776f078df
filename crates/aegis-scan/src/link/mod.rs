//! Follows values through the whole program.
//!
//! Every variable, attribute, parameter, result and container element is a cell that holds a set
//! of abstract values ([`values`]). Scopes are evaluated one by one ([`stmt`], [`expr`], [`call`],
//! [`external`]); whenever a cell grows, the scopes that read it are evaluated again, until nothing
//! changes. Sets only grow and are bounded, so this ends. What is not known stays the empty set.
//!
//! On the way, calls that meet the catalog leave [`Site`]s, and calls that lead to project
//! functions or governors leave [`CallFacts`], from which `govern` decides.

mod annotations;
mod attr;
mod call;
mod containers;
mod demand;
mod expr;
mod external;
mod governing;
mod import;
pub(crate) mod modules;
mod query;
mod shape;
mod stmt;
mod tools;
pub(crate) mod values;

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::catalog::{Catalog, Kind, MemberIx};
use crate::facts::{ExprId, Facts, UnitId, UnitKind};

use crate::program::SdkFolders;
use modules::Modules;
use values::{Cell, EMPTY, FileIx, Pool, Scope, Set, Sym, Value, ValueId};

/// A file of the program as the solver sees it.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// Present once the file was parsed.
    pub(crate) facts: Option<Arc<Facts>>,
    /// The file's names in the program's pool.
    names: Arc<[Sym]>,
    /// The scope of the module itself; its other scopes follow.
    pub(crate) first_scope: Scope,
    /// Modules whose names are imported by `*`.
    star_imports: Vec<Set>,
}

/// A scope with its cells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScopeInfo {
    pub(crate) file: FileIx,
    pub(crate) unit: UnitId,
    /// The first local; the others follow in the order of the unit's `locals`.
    locals: Cell,
    /// What calling it gives.
    result: Cell,
    /// What it yields.
    yields: Cell,
    /// Its base classes, for classes.
    bases: Cell,
}

/// A list, dictionary or other holder of values.
#[derive(Debug, Default)]
pub(crate) struct BoxInfo {
    pub(crate) file: FileIx,
    pub(crate) expr: ExprId,
    /// The scope it is made in.
    scope: Scope,
    /// Elements whose key or position is not known.
    any: Cell,
    /// Elements by literal key.
    keys: Vec<(Sym, Cell)>,
    /// Elements by position, for tuples.
    slots: Vec<Cell>,
    /// Arguments of a partial application.
    partial: Vec<(Option<Sym>, Cell)>,
}

/// A place where the program meets the catalog.
#[derive(Debug, Clone, Default)]
pub(crate) struct Site {
    /// The catalog entries that matched, sorted.
    pub(crate) members: Vec<MemberIx>,
    /// Classes it was called on, sorted.
    pub(crate) receivers: Vec<crate::catalog::ClassIx>,
    /// Path of the operation, if it is not just the member's.
    pub(crate) api: Option<String>,
    pub(crate) operation: Option<String>,
    pub(crate) provider: Option<String>,
    /// Seen with a receiver that a governor wraps; seen with one that nothing wraps.
    pub(crate) wrapped: bool,
    pub(crate) raw: bool,
    /// Recognised by shape only.
    pub(crate) by_shape: bool,
    /// A tool that carries its own governor, wherever it is used.
    pub(crate) intrinsic: bool,
    /// Raw HTTP.
    pub(crate) http: bool,
    /// The scope the call stands in.
    pub(crate) scope: Scope,
    pub(crate) tool: Option<ToolFacts>,
}

/// What is known of a tool.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ToolFacts {
    /// The name the model sees.
    pub(crate) name: Option<String>,
    /// Where the description stands: expression of the site's file.
    pub(crate) description: Option<ExprId>,
    /// The function behind it.
    pub(crate) function: Option<Scope>,
    /// The schema dictionary.
    pub(crate) schema: Option<ExprId>,
}

/// What a call does besides being a site.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallFacts {
    /// Project functions it enters; `true` if a governor wraps that value.
    pub(crate) targets: Vec<(Scope, bool)>,
    /// Project functions handed over, to be called by someone else.
    pub(crate) escapes: Vec<(Scope, bool)>,
    /// Governor rules it calls.
    pub(crate) governors: Vec<u32>,
}

/// The key of a site: file, expression (or name span of a definition), kind.
pub(crate) type SiteKey = (FileIx, Spot, Kind);

/// What a site is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Spot {
    /// A call or schema expression.
    Expr(ExprId),
    /// A function or class definition.
    Def(UnitId),
}

/// The state of the analysis.
#[derive(Debug)]
pub(crate) struct Solver<'c> {
    pub(crate) catalog: &'c Catalog,
    pub(crate) modules: Modules,
    pub(crate) files: Vec<Module>,
    pub(crate) pool: Pool,
    pub(crate) scopes: Vec<ScopeInfo>,
    /// Import roots whose own source lies in the tree.
    sdk_roots: FxHashSet<String>,
    sdks: SdkFolders,
    cells: Vec<Set>,
    readers: Vec<Vec<Scope>>,
    /// The readers of cells with many of them, for a quick look.
    many_readers: FxHashSet<(Cell, Scope)>,
    mro_cache: FxHashMap<Scope, (u32, Arc<[Value]>)>,
    /// Grows whenever some class gets another base.
    bases_version: u32,
    queue: Vec<Scope>,
    queued: Vec<bool>,
    boxes: Vec<BoxInfo>,
    box_ix: FxHashMap<(FileIx, ExprId, u32), u32>,
    attrs: FxHashMap<(Scope, Sym), Cell>,
    loose: FxHashMap<Sym, Cell>,
    /// By loose cell: the name of the store that it lies in under a key.
    stores: FxHashMap<Cell, Sym>,
    ext_cache: FxHashMap<Sym, Set>,
    member_cache: FxHashMap<(u32, Sym), attr::Found>,
    import_cache: FxHashMap<(FileIx, u32, u32), Set>,
    /// Where tool objects were made.
    tool_objects: Vec<SiteKey>,
    pub(crate) sites: FxHashMap<SiteKey, Site>,
    pub(crate) calls: FxHashMap<(FileIx, ExprId), CallFacts>,
    /// Functions that a governor decorates, and at which place among the decorators.
    pub(crate) guarded: FxHashMap<Scope, usize>,
    /// Functions that a tool decorator takes, and at which place among the decorators.
    pub(crate) registered_at: FxHashMap<Scope, usize>,
    /// Methods entered governed, by an executor.
    pub(crate) governed_entry: FxHashSet<Scope>,
    /// pytest fixtures by name: the file and the function.
    /// Functions whose parameters a model fills because a schema names them.
    filled: FxHashSet<Scope>,
    /// Boxes that stand for the parameters of a generic annotation.
    generic_boxes: FxHashSet<u32>,
    fixtures: FxHashMap<Sym, Vec<(FileIx, Scope)>>,
    /// Tools and tool objects in tools parameters: used through a governor, used without.
    pub(crate) object_uses: FxHashMap<SiteKey, (bool, bool)>,
    /// Files whose code is needed although nothing AI reaches them by imports.
    pub(crate) wanted: BTreeSet<FileIx>,
    /// Scopes that met a name of an unread file.
    reads_unread: FxHashSet<Scope>,
    /// Where each value first came into a cell, if that is asked for.
    pub(crate) origins: Option<FxHashMap<(Cell, ValueId), (FileIx, ExprId)>>,
    steps: u64,
    /// By scope: whether it is evaluated, whether it gives carrying values; by cell: whether it
    /// carries, and whose it is. See [`demand`].
    active: Vec<bool>,
    hot: Vec<bool>,
    carrying: Vec<bool>,
    owners: Vec<demand::Owner>,
    mentions: FxHashMap<Sym, Vec<Scope>>,
    activated: FxHashSet<(Sym, FileIx)>,
    holders: FxHashMap<Scope, Vec<Cell>>,
    box_holders: FxHashMap<u32, Vec<Cell>>,
    hot_boxes: FxHashSet<u32>,
    callers: FxHashMap<Scope, Vec<Scope>>,
    newly_carrying: Vec<Cell>,
    draining: bool,
    ext_carrying: FxHashMap<Sym, bool>,
    shape_names: Vec<Vec<Sym>>,
    /// By file: whether callers of functions with call sites matter, too.
    pub(crate) follow_callers: Vec<bool>,
}

/// The scope under evaluation.
#[derive(Clone, Copy)]
pub(crate) struct Cx<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) names: &'a [Sym],
    pub(crate) file: FileIx,
    pub(crate) unit: UnitId,
    pub(crate) scope: Scope,
}

impl<'a> Cx<'a> {
    pub(crate) fn sym(&self, n: u32) -> Sym {
        self.names.get(n as usize).copied().unwrap_or(0)
    }

    pub(crate) fn scope_of(&self, unit: UnitId) -> Scope {
        self.scope - self.unit + unit
    }
}

impl<'c> Solver<'c> {
    pub(crate) fn new(
        catalog: &'c Catalog,
        modules: Modules,
        files: usize,
        sdk_roots: FxHashSet<String>,
        sdks: SdkFolders,
    ) -> Self {
        let mut s = Self {
            catalog,
            modules,
            files: Vec::new(),
            pool: Pool::new(),
            scopes: Vec::new(),
            sdk_roots,
            sdks,
            cells: vec![EMPTY],
            readers: vec![Vec::new()],
            many_readers: FxHashSet::default(),
            mro_cache: FxHashMap::default(),
            bases_version: 0,
            queue: Vec::new(),
            queued: Vec::new(),
            boxes: vec![BoxInfo::default()],
            box_ix: FxHashMap::default(),
            attrs: FxHashMap::default(),
            loose: FxHashMap::default(),
            stores: FxHashMap::default(),
            ext_cache: FxHashMap::default(),
            member_cache: FxHashMap::default(),
            import_cache: FxHashMap::default(),
            tool_objects: vec![(0, Spot::Expr(0), Kind::ToolDef)],
            sites: FxHashMap::default(),
            calls: FxHashMap::default(),
            guarded: FxHashMap::default(),
            registered_at: FxHashMap::default(),
            governed_entry: FxHashSet::default(),
            filled: FxHashSet::default(),
            generic_boxes: FxHashSet::default(),
            fixtures: FxHashMap::default(),
            object_uses: FxHashMap::default(),
            wanted: BTreeSet::new(),
            reads_unread: FxHashSet::default(),
            origins: None,
            steps: 0,
            active: Vec::new(),
            hot: Vec::new(),
            carrying: vec![true],
            owners: vec![demand::Owner::Nobody],
            mentions: FxHashMap::default(),
            activated: FxHashSet::default(),
            holders: FxHashMap::default(),
            box_holders: FxHashMap::default(),
            hot_boxes: FxHashSet::default(),
            callers: FxHashMap::default(),
            newly_carrying: Vec::new(),
            draining: false,
            ext_carrying: FxHashMap::default(),
            shape_names: Vec::new(),
            follow_callers: Vec::new(),
        };
        let mut shapes: Vec<&Vec<String>> = catalog
            .shapes
            .values()
            .flatten()
            .map(|(path, _)| path)
            .collect();
        shapes.sort_unstable();
        shapes.dedup();
        s.shape_names = shapes
            .into_iter()
            .map(|path| path.iter().map(|n| s.pool.sym(n)).collect())
            .collect();
        s.files.resize_with(files, Module::default);
        s
    }

    /// Adds a parsed file and queues its scopes.
    pub(crate) fn load(&mut self, file: FileIx, facts: &Arc<Facts>) {
        let names: Arc<[Sym]> = facts.names.iter().map(|n| self.pool.sym(n)).collect();
        let first = Scope::try_from(self.scopes.len()).unwrap_or(Scope::MAX);
        for (i, unit) in facts.units.iter().enumerate() {
            let scope = first + Scope::try_from(i).unwrap_or(0);
            let locals = self.new_cells(unit.locals.len(), demand::Owner::Nobody);
            for (k, &l) in unit.locals.iter().enumerate() {
                let name = names.get(l as usize).copied().unwrap_or(0);
                if let Some(o) = self.owners.get_mut(locals as usize + k) {
                    *o = demand::Owner::Local(scope, name);
                }
            }
            let rest = self.new_cells(3, demand::Owner::Part(scope));
            self.active.push(false);
            self.hot.push(false);
            self.scopes.push(ScopeInfo {
                file,
                unit: UnitId::try_from(i).unwrap_or(0),
                locals,
                result: rest,
                yields: rest + 1,
                bases: rest + 2,
            });
            self.queued.push(false);
        }
        let was_unread = self
            .files
            .get(file as usize)
            .is_some_and(|f| f.facts.is_none());
        if let Some(slot) = self.files.get_mut(file as usize) {
            slot.first_scope = first;
            slot.names = names;
            slot.facts = Some(Arc::clone(facts));
        }
        self.index_mentions(first, facts);
        if was_unread {
            self.wanted.remove(&file);
        }
    }

    /// Forgets what was concluded about unread files, so that newly loaded ones are seen.
    pub(crate) fn requeue_all(&mut self) {
        self.import_cache.clear();
        let n = Scope::try_from(self.scopes.len()).unwrap_or(0);
        for s in 0..n {
            if self.reads_unread.contains(&s)
                || self.with_unit(s, |_, u| u.kind == UnitKind::Module || u.has_import)
                    == Some(true)
            {
                self.enqueue(s);
            }
        }
    }

    /// Evaluates until nothing changes.
    pub(crate) fn run(&mut self) {
        let bound = 60 * self.scopes.len() as u64 + 10_000;
        // In rounds: what several scopes add to a cell is seen by its readers at once.
        while !self.queue.is_empty() && self.steps < bound {
            let mut round = std::mem::take(&mut self.queue);
            round.sort_unstable();
            for scope in round {
                if let Some(q) = self.queued.get_mut(scope as usize) {
                    *q = false;
                }
                self.steps += 1;
                self.scope(scope);
            }
        }
    }

    fn scope(&mut self, scope: Scope) {
        let Some(&info) = self.scopes.get(scope as usize) else {
            return;
        };
        let Some(module) = self.files.get(info.file as usize) else {
            return;
        };
        let Some(facts) = module.facts.clone() else {
            return;
        };
        let names = Arc::clone(&module.names);
        let cx = Cx {
            facts: &facts,
            names: &names,
            file: info.file,
            unit: info.unit,
            scope,
        };
        if let Some(unit) = facts.unit(info.unit) {
            self.block(cx, &unit.body);
        }
    }

    fn enqueue(&mut self, scope: Scope) {
        if !self.is_active(scope) {
            return;
        }
        if let Some(q) = self.queued.get_mut(scope as usize)
            && !*q
        {
            *q = true;
            self.queue.push(scope);
        }
    }

    // ---- cells

    fn new_cells(&mut self, n: usize, owner: demand::Owner) -> Cell {
        let first = Cell::try_from(self.cells.len()).unwrap_or(Cell::MAX);
        self.cells.resize(self.cells.len() + n, EMPTY);
        self.readers.resize_with(self.cells.len(), Vec::new);
        self.carrying.resize(self.cells.len(), false);
        self.owners.resize(self.cells.len(), owner);
        first
    }

    pub(crate) fn peek(&self, cell: Cell) -> Set {
        self.cells.get(cell as usize).copied().unwrap_or(EMPTY)
    }

    fn read(&mut self, cx: Cx<'_>, cell: Cell) -> Set {
        if cell == 0 {
            return EMPTY;
        }
        if let Some(r) = self.readers.get_mut(cell as usize)
            && r.last() != Some(&cx.scope)
        {
            let known = if r.len() < 16 {
                r.contains(&cx.scope)
            } else {
                !self.many_readers.insert((cell, cx.scope))
            };
            if !known {
                r.push(cx.scope);
            }
        }
        self.peek(cell)
    }

    fn add(&mut self, cx: Cx<'_>, cell: Cell, set: Set, at: ExprId) {
        if cell == 0 || set == EMPTY {
            return;
        }
        let old = self.peek(cell);
        let new = self.pool.union(old, set);
        if new == old {
            return;
        }
        if let Some(origins) = &mut self.origins {
            let known = self.pool.ids(old).to_vec();
            for &v in self.pool.ids(new) {
                if !known.contains(&v) {
                    origins.entry((cell, v)).or_insert((cx.file, at));
                }
            }
        }
        if let Some(c) = self.cells.get_mut(cell as usize) {
            *c = new;
        }
        if let Some(&demand::Owner::Part(s)) = self.owners.get(cell as usize)
            && self.info(s).is_some_and(|i| i.bases == cell)
        {
            self.bases_version += 1;
        }
        self.check_carry(cell, new);
        self.wake(cell);
    }

    /// Those who read a cell are evaluated again.
    fn wake(&mut self, cell: Cell) {
        let readers = self.readers.get(cell as usize).cloned().unwrap_or_default();
        for r in readers {
            self.enqueue(r);
        }
    }

    fn attr_cell(&mut self, class: Scope, name: Sym) -> Cell {
        if let Some(&c) = self.attrs.get(&(class, name)) {
            return c;
        }
        let c = self.new_cells(1, demand::Owner::Attr(class, name));
        self.attrs.insert((class, name), c);
        c
    }

    fn loose_cell(&mut self, name: Sym) -> Cell {
        if let Some(&c) = self.loose.get(&name) {
            return c;
        }
        let last = self
            .pool
            .text(name)
            .rsplit('.')
            .next()
            .unwrap_or("")
            .to_owned();
        let last = self.pool.sym(&last);
        let c = self.new_cells(1, demand::Owner::Loose(last));
        self.loose.insert(name, c);
        c
    }

    // ---- scopes and names

    pub(crate) fn info(&self, scope: Scope) -> Option<ScopeInfo> {
        self.scopes.get(scope as usize).copied()
    }

    /// The facts and unit of a scope.
    pub(crate) fn unit(&self, scope: Scope) -> Option<(Arc<Facts>, UnitId)> {
        let info = self.info(scope)?;
        Some((
            self.files.get(info.file as usize)?.facts.clone()?,
            info.unit,
        ))
    }

    /// A context for reading in another scope while `cx` is the one that depends on it.
    fn sym_in(&self, scope: Scope, name: u32) -> Sym {
        self.info(scope)
            .and_then(|i| self.files.get(i.file as usize))
            .and_then(|f| f.names.get(name as usize))
            .copied()
            .unwrap_or(0)
    }

    /// The cell of a local of a scope.
    fn local(&self, scope: Scope, name: Sym) -> Option<Cell> {
        let info = self.info(scope)?;
        let module = self.files.get(info.file as usize)?;
        let unit = module.facts.as_ref()?.unit(info.unit)?;
        // Locals are sorted by file-local name; names are few, so look them up by text.
        let i = unit
            .locals
            .iter()
            .position(|&l| module.names.get(l as usize) == Some(&name))?;
        Some(info.locals + Cell::try_from(i).ok()?)
    }

    /// The cell a name of the current scope means, if some scope of the file binds it.
    fn resolve(&self, cx: Cx<'_>, name: u32) -> Option<Cell> {
        let mut unit = cx.unit;
        loop {
            let u = cx.facts.unit(unit)?;
            if unit == cx.unit || u.kind != UnitKind::Class {
                if let Ok(i) = u.locals.binary_search(&name) {
                    let info = self.info(cx.scope_of(unit))?;
                    return Some(info.locals + Cell::try_from(i).ok()?);
                }
                if u.globals.binary_search(&name).is_ok() {
                    unit = 0;
                    continue;
                }
            }
            if unit == 0 {
                return None;
            }
            unit = u.parent;
        }
    }

    /// Whether a set holds nothing that could matter to anyone.
    fn is_plain(&self, set: Set) -> bool {
        !self.pool.has(set, |v| {
            !matches!(v, Value::Str(_) | Value::Unread(..) | Value::Ext(_))
        })
    }
}
