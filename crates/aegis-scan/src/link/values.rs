//! The abstract values that flow through a program, sets of them, and the cells that hold them.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::catalog::{ClassIx, MemberIx};

/// A globally interned text.
pub(crate) type Sym = u32;
/// An interned [`Value`].
pub(crate) type ValueId = u32;
/// An interned, sorted set of values.
pub(crate) type Set = u32;
/// A variable, attribute, element or result.
pub(crate) type Cell = u32;
/// A scope, numbered over all files.
pub(crate) type Scope = u32;
/// A file of the program.
pub(crate) type FileIx = u32;

/// The empty set: nothing is known.
pub(crate) const EMPTY: Set = 0;
/// Sets do not grow beyond this; a value that can be anything says nothing.
const MAX_SET: usize = 24;
/// The value that stands for a set that grew beyond that.
const ANYTHING: ValueId = 0;
/// Literal texts kept per set.
const MAX_TEXTS: usize = 4;

/// What an expression may stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Value {
    /// Too many values to tell apart.
    Anything,
    /// Something outside the project, by its dotted path.
    Ext(Sym),
    /// A class of the catalog.
    Class(ClassIx),
    /// An instance of a catalog class; the second part tells apart tool objects by where they were
    /// made (index into the tool objects, 0 for none).
    Inst(ClassIx, u32),
    /// An attribute path on an instance (or class) of the catalog, complete or not.
    Member(ClassIx, Sym),
    /// A module of the project.
    Module(FileIx),
    /// A folder of the project without `__init__`.
    Folder(Sym),
    /// A function, method or lambda of the project.
    Func(Scope),
    /// A class of the project.
    OwnClass(Scope),
    /// An instance of a class of the project.
    Obj(Scope),
    /// A method of the project bound to its receiver.
    Bound(ValueId, Scope),
    /// `super()` in a method of this class.
    Super(Scope),
    /// A list, tuple, dictionary or generator, by where it was made.
    Box(u32),
    /// A method of a container.
    BoxMethod(u32, Sym),
    /// `functools.partial(...)`, by where it was made.
    Partial(u32),
    /// A literal text.
    Str(Sym),
    /// A decorator factory of the catalog after it was called, and where.
    Decorator(MemberIx, u32),
    /// What a model wrote, and everything made of it.
    Model,
    /// A governor, by index over all governor rules.
    Governor(u32),
    /// An instance or result of a governor.
    Governing(u32),
    /// A value that a governor wraps: all of it, its runs only, its tools only.
    Governed(ValueId, Cover),
    /// A name of a project file that was not parsed because nothing AI can reach it by imports.
    Unread(FileIx, Sym),
}

/// What of a value a governor covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Cover {
    All,
    Runs,
    Tools,
}

/// Interned texts, values and sets.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    texts: Vec<Box<str>>,
    text_ix: FxHashMap<Box<str>, Sym>,
    values: Vec<Value>,
    value_ix: FxHashMap<Value, ValueId>,
    sets: Vec<Box<[ValueId]>>,
    set_ix: FxHashMap<Box<[ValueId]>, Set>,
    unions: FxHashMap<(Set, Set), Set>,
    /// The set of just this value, by value.
    singles: Vec<Set>,
}

impl Pool {
    pub(crate) fn new() -> Self {
        let mut p = Self::default();
        p.sets.push(Box::new([]));
        p.set_ix.insert(Box::new([]), EMPTY);
        p.sym("");
        p.id(Value::Anything);
        p
    }

    pub(crate) fn sym(&mut self, s: &str) -> Sym {
        if let Some(&n) = self.text_ix.get(s) {
            return n;
        }
        let n = Sym::try_from(self.texts.len()).unwrap_or(Sym::MAX);
        self.texts.push(s.into());
        self.text_ix.insert(s.into(), n);
        n
    }

    pub(crate) fn find(&self, s: &str) -> Option<Sym> {
        self.text_ix.get(s).copied()
    }

    pub(crate) fn text(&self, s: Sym) -> &str {
        self.texts.get(s as usize).map_or("", |t| t)
    }

    pub(crate) fn id(&mut self, v: Value) -> ValueId {
        if let Some(&n) = self.value_ix.get(&v) {
            return n;
        }
        let n = ValueId::try_from(self.values.len()).unwrap_or(ValueId::MAX);
        self.values.push(v);
        self.value_ix.insert(v, n);
        n
    }

    pub(crate) fn value(&self, v: ValueId) -> Value {
        self.values.get(v as usize).copied().unwrap_or(Value::Model)
    }

    pub(crate) fn one(&mut self, v: Value) -> Set {
        let id = self.id(v);
        match self.singles.get(id as usize) {
            Some(&s) if s != EMPTY => s,
            _ => {
                let s = self.intern(vec![id]);
                if self.singles.len() <= id as usize {
                    self.singles.resize(id as usize + 1, EMPTY);
                }
                if let Some(slot) = self.singles.get_mut(id as usize) {
                    *slot = s;
                }
                s
            }
        }
    }

    fn intern(&mut self, ids: Vec<ValueId>) -> Set {
        if let Some(&s) = self.set_ix.get(ids.as_slice()) {
            return s;
        }
        let s = Set::try_from(self.sets.len()).unwrap_or(EMPTY);
        let boxed: Box<[ValueId]> = ids.into();
        self.set_ix.insert(boxed.clone(), s);
        self.sets.push(boxed);
        s
    }

    /// The values of a set.
    pub(crate) fn values(&self, s: Set) -> SmallVec<[Value; 8]> {
        self.ids(s).iter().map(|&v| self.value(v)).collect()
    }

    pub(crate) fn ids(&self, s: Set) -> &[ValueId] {
        self.sets.get(s as usize).map_or(&[], |v| v)
    }

    pub(crate) fn union(&mut self, a: Set, b: Set) -> Set {
        if a == b || b == EMPTY {
            return a;
        }
        if a == EMPTY {
            return b;
        }
        let key = (a.min(b), a.max(b));
        if let Some(&s) = self.unions.get(&key) {
            return s;
        }
        let mut ids: Vec<ValueId> = self.ids(a).to_vec();
        for &v in self.ids(b) {
            if ids.binary_search(&v).is_err() {
                let at = ids.partition_point(|&x| x < v);
                ids.insert(at, v);
            }
        }
        let mut texts = 0;
        let values = &self.values;
        ids.retain(|&v| {
            let is_text = matches!(values.get(v as usize), Some(Value::Str(_)));
            texts += usize::from(is_text);
            !is_text || texts <= MAX_TEXTS
        });
        if ids.len() > MAX_SET || ids.contains(&ANYTHING) {
            ids = vec![ANYTHING];
        }
        let s = self.intern(ids);
        self.unions.insert(key, s);
        s
    }

    pub(crate) fn has(&self, s: Set, f: impl Fn(Value) -> bool) -> bool {
        self.ids(s).iter().any(|&v| f(self.value(v)))
    }

    /// A value without the governor around it, and what that covers.
    pub(crate) fn unwrap(&self, v: Value) -> (Value, Option<Cover>) {
        match v {
            Value::Governed(inner, cover) => (self.value(inner), Some(cover)),
            v => (v, None),
        }
    }
}
