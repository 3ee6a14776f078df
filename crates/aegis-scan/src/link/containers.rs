//! Lists, tuples, dictionaries, generators and other holders of values.

use crate::facts::ExprId;

use super::call::Args;
use super::values::{EMPTY, Set, Sym, Value};
use super::{BoxInfo, Cx, Solver};

/// A dictionary keeps this many literal keys apart.
const MAX_KEYS: usize = 64;
/// A tuple keeps this many positions apart.
const MAX_SLOTS: usize = 32;

impl Solver<'_> {
    /// The container made at an expression; `part` tells apart several of one expression.
    pub(super) fn box_at(&mut self, cx: Cx<'_>, e: ExprId, part: u32) -> u32 {
        let key = (cx.file, e, part);
        if let Some(&b) = self.box_ix.get(&key) {
            return b;
        }
        let b = u32::try_from(self.boxes.len()).unwrap_or(u32::MAX);
        let any = self.new_cells(1, super::demand::Owner::Box(b));
        self.boxes.push(BoxInfo {
            file: cx.file,
            expr: e,
            scope: cx.scope,
            any,
            ..BoxInfo::default()
        });
        self.box_ix.insert(key, b);
        b
    }

    pub(super) fn boxed(&self, b: u32) -> Option<&BoxInfo> {
        self.boxes.get(b as usize)
    }

    /// Adds elements of unknown position.
    pub(super) fn box_add(&mut self, cx: Cx<'_>, b: u32, set: Set, from: ExprId) {
        if let Some(any) = self.boxed(b).map(|i| i.any) {
            self.add(cx, any, set, from);
        }
    }

    fn key_cell(&mut self, b: u32, key: Sym) -> Option<u32> {
        let info = self.boxed(b)?;
        if let Some(&(_, c)) = info.keys.iter().find(|(k, _)| *k == key) {
            return Some(c);
        }
        let any = info.any;
        if info.keys.len() >= MAX_KEYS {
            return Some(any);
        }
        let c = self.new_cells(1, super::demand::Owner::Box(b));
        self.boxes.get_mut(b as usize)?.keys.push((key, c));
        self.wake(any);
        Some(c)
    }

    /// The cell of a key, if something was put there. Who finds none must read what has no key, to
    /// be told when there is one.
    fn key_known(&self, b: u32, key: Sym) -> Option<u32> {
        let keys = &self.boxed(b)?.keys;
        keys.iter().find(|(k, _)| *k == key).map(|(_, c)| *c)
    }

    fn slot_cell(&mut self, b: u32, i: usize) -> Option<u32> {
        if i >= MAX_SLOTS {
            return self.boxed(b).map(|x| x.any);
        }
        while self.boxed(b)?.slots.len() <= i {
            let c = self.new_cells(1, super::demand::Owner::Box(b));
            let info = self.boxes.get_mut(b as usize)?;
            info.slots.push(c);
            let any = info.any;
            self.wake(any);
        }
        self.boxed(b)?.slots.get(i).copied()
    }

    /// Adds at a position.
    pub(super) fn set_slot(&mut self, cx: Cx<'_>, b: u32, i: usize, set: Set, from: ExprId) {
        if let Some(c) = self.slot_cell(b, i) {
            self.add(cx, c, set, from);
        }
    }

    pub(super) fn sequence(&mut self, cx: Cx<'_>, e: ExprId, items: &[ExprId], tuple: bool) -> Set {
        let b = self.box_at(cx, e, 0);
        for (i, &item) in items.iter().enumerate() {
            let set = self.eval(cx, item);
            if set == EMPTY {
                continue;
            }
            let cell = if tuple {
                self.slot_cell(b, i)
            } else {
                self.boxed(b).map(|x| x.any)
            };
            if let Some(c) = cell {
                self.add(cx, c, set, item);
            }
        }
        self.pool.one(Value::Box(b))
    }

    pub(super) fn dict(
        &mut self,
        cx: Cx<'_>,
        e: ExprId,
        pairs: &[(Option<ExprId>, ExprId)],
    ) -> Set {
        let b = self.box_at(cx, e, 0);
        for &(key, value) in pairs {
            let set = self.eval(cx, value);
            match key {
                Some(k) => {
                    let keys = self.eval(cx, k);
                    self.put(cx, b, keys, set, value);
                }
                None => self.merge(cx, b, set, value),
            }
        }
        self.pool.one(Value::Box(b))
    }

    /// Stores under literal keys, or anywhere.
    fn put(&mut self, cx: Cx<'_>, b: u32, keys: Set, set: Set, from: ExprId) {
        let mut named = false;
        for k in self.pool.values(keys) {
            if let Value::Str(s) = k
                && let Some(c) = self.key_cell(b, s)
            {
                named = true;
                self.add(cx, c, set, from);
            }
        }
        if !named {
            self.box_add(cx, b, set, from);
        }
    }

    /// Takes over what other containers hold.
    pub(super) fn merge(&mut self, cx: Cx<'_>, b: u32, set: Set, from: ExprId) {
        for v in self.pool.values(set) {
            match v {
                Value::Box(o) if o != b => {
                    let (any, keys) = match self.boxed(o) {
                        Some(i) => (i.any, i.keys.clone()),
                        None => continue,
                    };
                    for (k, c) in keys {
                        let held = self.read(cx, c);
                        if let Some(cell) = self.key_cell(b, k) {
                            self.add(cx, cell, held, from);
                        }
                    }
                    let held = self.read(cx, any);
                    self.box_add(cx, b, held, from);
                    let slots = self.boxed(o).map(|i| i.slots.clone()).unwrap_or_default();
                    for c in slots {
                        let held = self.read(cx, c);
                        self.box_add(cx, b, held, from);
                    }
                }
                Value::Box(_) => {}
                other => {
                    let one = self.pool.one(other);
                    self.box_add(cx, b, one, from);
                }
            }
        }
    }

    /// Everything a container holds.
    pub(super) fn held(&mut self, cx: Cx<'_>, b: u32) -> Set {
        let Some(info) = self.boxed(b) else {
            return EMPTY;
        };
        let cells: Vec<u32> = std::iter::once(info.any)
            .chain(info.keys.iter().map(|k| k.1))
            .chain(info.slots.iter().copied())
            .collect();
        let mut set = EMPTY;
        for c in cells {
            let held = self.read(cx, c);
            set = self.pool.union(set, held);
        }
        set
    }

    /// What is under a literal key of a container, without what has no key.
    pub(super) fn under(&mut self, cx: Cx<'_>, b: u32, key: &str) -> Set {
        let key = self.pool.sym(key);
        if let Some(c) = self.key_known(b, key) {
            return self.read(cx, c);
        }
        let any = self.boxed(b).map_or(0, |i| i.any);
        self.read(cx, any);
        EMPTY
    }

    /// The literal keys of a container.
    pub(super) fn keys_of(&mut self, cx: Cx<'_>, b: u32) -> Vec<&str> {
        let any = self.boxed(b).map_or(0, |i| i.any);
        self.read(cx, any);
        self.boxed(b)
            .map(|i| i.keys.iter().map(|k| self.pool.text(k.0)).collect())
            .unwrap_or_default()
    }

    /// What iterating gives.
    pub(super) fn elements(&mut self, cx: Cx<'_>, set: Set) -> Set {
        let mut out = EMPTY;
        for v in self.pool.values(set) {
            let (v, governed) = self.pool.unwrap(v);
            let mut one = match v {
                Value::Box(b) => self.held(cx, b),
                Value::Inst(class, _) => {
                    let ty = self
                        .catalog
                        .search(class, 0, &mut |c| self.catalog.class(c)?.iter.clone());
                    match ty {
                        Some(t) => self.of_type(cx, &t, v, &Args::default(), 0),
                        None => EMPTY,
                    }
                }
                Value::Model | Value::Unread(..) => self.pool.one(v),
                Value::Obj(_) => {
                    let made = self.call_method(cx, v, "__iter__");
                    let made = if made == EMPTY {
                        self.call_method(cx, v, "__aiter__")
                    } else {
                        made
                    };
                    if made == set {
                        EMPTY
                    } else {
                        self.elements_once(cx, made)
                    }
                }
                _ => EMPTY,
            };
            if let Some(cover) = governed {
                one = self.govern_set(one, cover);
            }
            out = self.pool.union(out, one);
        }
        out
    }

    fn elements_once(&mut self, cx: Cx<'_>, set: Set) -> Set {
        let mut out = EMPTY;
        for v in self.pool.values(set) {
            if let Value::Box(b) = v {
                let one = self.held(cx, b);
                out = self.pool.union(out, one);
            }
        }
        out
    }

    /// What unpacking gives at a position.
    pub(super) fn slot(&mut self, cx: Cx<'_>, set: Set, i: usize) -> Set {
        let mut out = EMPTY;
        for v in self.pool.values(set) {
            let one = match v {
                Value::Box(b) => {
                    let (slot, any, has_slots) = match self.boxed(b) {
                        Some(info) => {
                            (info.slots.get(i).copied(), info.any, !info.slots.is_empty())
                        }
                        None => continue,
                    };
                    let mut set = self.read(cx, any);
                    if let Some(c) = slot {
                        let more = self.read(cx, c);
                        set = self.pool.union(set, more);
                    } else if !has_slots {
                        let more = self.held(cx, b);
                        set = self.pool.union(set, more);
                    }
                    set
                }
                other => {
                    let one = self.pool.one(other);
                    self.elements(cx, one)
                }
            };
            out = self.pool.union(out, one);
        }
        out
    }

    /// `x[key]`
    pub(super) fn get_item(&mut self, cx: Cx<'_>, base: Set, key: Set) -> Set {
        let mut out = EMPTY;
        for v in self.pool.values(base) {
            let (v, governed) = self.pool.unwrap(v);
            let mut one = match v {
                Value::Box(b) => self.lookup_key(cx, b, key),
                Value::Inst(class, _) => {
                    let ty = self
                        .catalog
                        .search(class, 0, &mut |c| self.catalog.class(c)?.item.clone());
                    match ty {
                        Some(t) => self.of_type(cx, &t, v, &Args::default(), 0),
                        None => EMPTY,
                    }
                }
                Value::Class(_) | Value::OwnClass(_) => self.pool.one(v),
                Value::Model => self.pool.one(Value::Model),
                Value::Ext(p) => {
                    let store = self.pool.text(p).to_owned();
                    self.keyed_ext(cx, &store, key)
                }
                Value::Obj(_) => {
                    let made = self.call_method(cx, v, "__getitem__");
                    let field = self.field(cx, v, key);
                    self.pool.union(made, field)
                }
                _ => EMPTY,
            };
            if let Some(cover) = governed {
                one = self.govern_set(one, cover);
            }
            out = self.pool.union(out, one);
        }
        out
    }

    /// The fields of a typed dictionary that a key names.
    fn field(&mut self, cx: Cx<'_>, object: Value, key: Set) -> Set {
        let mut out = EMPTY;
        for k in self.pool.values(key) {
            if let Value::Str(name) = k {
                let one = self.attr_of(cx, object, name);
                out = self.pool.union(out, one);
            }
        }
        out
    }

    /// A dictionary is given where instances of a class of the project are expected: what is under
    /// its literal keys are the fields of the class.
    pub(super) fn fields_from(&mut self, cx: Cx<'_>, expected: Set, given: Set, from: ExprId) {
        for v in self.pool.values(expected) {
            let Value::Obj(class) = v else { continue };
            for d in self.pool.values(given) {
                let Value::Box(b) = d else { continue };
                let keys = self.boxed(b).map(|i| i.keys.clone()).unwrap_or_default();
                for (key, cell) in keys {
                    let set = self.read(cx, cell);
                    let field = self.attr_cell(class, key);
                    self.add(cx, field, set, from);
                }
            }
        }
    }

    fn lookup_key(&mut self, cx: Cx<'_>, b: u32, key: Set) -> Set {
        let literal: Vec<Sym> = self
            .pool
            .values(key)
            .into_iter()
            .filter_map(|k| if let Value::Str(s) = k { Some(s) } else { None })
            .collect();
        if literal.is_empty() {
            return self.held(cx, b);
        }
        let any = self.boxed(b).map_or(0, |i| i.any);
        let mut out = self.read(cx, any);
        for s in literal {
            if let Some(c) = self.key_known(b, s) {
                let more = self.read(cx, c);
                out = self.pool.union(out, more);
            }
        }
        out
    }

    /// `x[key] = set`
    pub(super) fn set_item(&mut self, cx: Cx<'_>, base: Set, key: Set, set: Set, from: ExprId) {
        for v in self.pool.values(base) {
            match v {
                Value::Box(b) => self.put(cx, b, key, set, from),
                Value::Obj(class) => {
                    for k in self.pool.values(key) {
                        if let Value::Str(name) = k {
                            let field = self.attr_cell(class, name);
                            self.add(cx, field, set, from);
                        }
                    }
                }
                Value::Ext(p) => {
                    let store = self.pool.text(p).to_owned();
                    self.set_keyed_ext(cx, &store, key, set, from);
                }
                _ => {}
            }
        }
    }

    /// A method of a container.
    pub(super) fn box_method(
        &mut self,
        cx: Cx<'_>,
        b: u32,
        name: &str,
        args: &Args,
        e: ExprId,
    ) -> Set {
        let me = self.pool.one(Value::Box(b));
        let first = args.positional(0);
        match name {
            "append" | "add" | "insert" | "appendleft" | "put" | "put_nowait" | "set" => {
                for a in &args.list {
                    self.box_add(cx, b, a.set, a.expr);
                }
                EMPTY
            }
            "extend" | "update" => {
                for a in &args.list {
                    match a.name {
                        Some(n) => {
                            if let Some(c) = self.key_cell(b, n) {
                                self.add(cx, c, a.set, a.expr);
                            }
                        }
                        None => self.merge(cx, b, a.set, a.expr),
                    }
                }
                EMPTY
            }
            "get" | "get_nowait" | "pop" | "setdefault" | "popleft" | "popitem" => {
                let key = first.map_or(EMPTY, |a| a.set);
                let mut out = self.lookup_key(cx, b, key);
                if let Some(d) = args.positional(1) {
                    if name == "setdefault" {
                        self.put(cx, b, key, d.set, d.expr);
                    }
                    out = self.pool.union(out, d.set);
                }
                out
            }
            "items" => {
                let held = self.held(cx, b);
                let pairs = self.box_at(cx, e, 1);
                let pair = self.box_at(cx, e, 2);
                if let Some(c) = self.slot_cell(pair, 1) {
                    self.add(cx, c, held, e);
                }
                let one = self.pool.one(Value::Box(pair));
                self.box_add(cx, pairs, one, e);
                self.pool.one(Value::Box(pairs))
            }
            "values" | "copy" | "__iter__" => me,
            _ => EMPTY,
        }
    }
}
