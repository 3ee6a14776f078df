//! What an annotation says about a value.

use crate::facts::{Expr, ExprId};

use super::values::{EMPTY, Set, Value};
use super::{Cx, Solver};

/// Wrappers whose parameters all are possible values.
const UNIONS: [&str; 12] = [
    "Optional",
    "Union",
    "Annotated",
    "Final",
    "ClassVar",
    "Required",
    "NotRequired",
    "Type",
    "type",
    "Awaitable",
    "Coroutine",
    "Mapped",
];
/// Wrappers whose parameters are elements.
const CONTAINERS: [&str; 26] = [
    "list",
    "List",
    "tuple",
    "Tuple",
    "set",
    "Set",
    "frozenset",
    "dict",
    "Dict",
    "Mapping",
    "MutableMapping",
    "Sequence",
    "Iterable",
    "Iterator",
    "AsyncIterator",
    "AsyncIterable",
    "Generator",
    "AsyncGenerator",
    "Collection",
    "deque",
    "defaultdict",
    "OrderedDict",
    "ContextVar",
    "FrozenSet",
    "Queue",
    "Deque",
];

impl Solver<'_> {
    /// Values an annotated name may have.
    pub(super) fn annotation(&mut self, cx: Cx<'_>, e: ExprId) -> Set {
        self.annotated(cx, e, 0)
    }

    fn annotated(&mut self, cx: Cx<'_>, e: ExprId, depth: u32) -> Set {
        if depth > 8 {
            return EMPTY;
        }
        match cx.facts.expr(e) {
            Expr::Name(_) | Expr::Attr(..) => {
                let set = self.eval(cx, e);
                self.instances(set)
            }
            Expr::Str(n) => {
                let text = cx.facts.name(*n).to_owned();
                self.written(cx, &text, depth)
            }
            Expr::Pipe(a, b) => {
                let left = self.annotated(cx, *a, depth + 1);
                let right = self.annotated(cx, *b, depth + 1);
                self.pool.union(left, right)
            }
            Expr::Index(base, index) => {
                let name = super::stmt::last_name(cx.facts, *base)
                    .unwrap_or("")
                    .to_owned();
                let parts: Vec<ExprId> = match cx.facts.expr(*index) {
                    Expr::Tuple(p) => cx.facts.items(p).to_vec(),
                    _ => vec![*index],
                };
                if UNIONS.contains(&name.as_str()) || CONTAINERS.contains(&name.as_str()) {
                    let mut out = EMPTY;
                    for p in parts {
                        // `Annotated[T, Depends(f)]` carries values in its metadata, too.
                        let one = if matches!(cx.facts.expr(p), Expr::Call(..)) {
                            self.eval(cx, p)
                        } else {
                            self.annotated(cx, p, depth + 1)
                        };
                        out = self.pool.union(out, one);
                    }
                    if CONTAINERS.contains(&name.as_str()) && out != EMPTY {
                        let b = self.box_at(cx, e, 3);
                        self.box_add(cx, b, out, e);
                        return self.pool.one(Value::Box(b));
                    }
                    return out;
                }
                let whole = self.annotated(cx, *base, depth + 1);
                if !self.pool.has(whole, |v| matches!(v, Value::Inst(..))) {
                    return whole;
                }
                // `RunContext[Deps]`: the parameters are what its context attributes hold.
                let mut inner = EMPTY;
                for p in parts {
                    let one = self.annotated(cx, p, depth + 1);
                    inner = self.pool.union(inner, one);
                }
                if inner == EMPTY {
                    return whole;
                }
                let b = self.box_at(cx, e, 12);
                self.generic_boxes.insert(b);
                self.box_add(cx, b, inner, e);
                let one = self.pool.one(Value::Box(b));
                self.pool.union(whole, one)
            }
            Expr::Tuple(p) | Expr::Choice(p) | Expr::Group(p) => {
                let mut out = EMPTY;
                for &i in cx.facts.items(p) {
                    let one = self.annotated(cx, i, depth + 1);
                    out = self.pool.union(out, one);
                }
                out
            }
            _ => EMPTY,
        }
    }

    /// A string annotation: dotted names in it are looked up, `Optional[...]` and `|` seen through.
    fn written(&mut self, cx: Cx<'_>, text: &str, depth: u32) -> Set {
        let text = text.trim().trim_matches(['\'', '"']);
        if text.len() > 200 || depth > 8 {
            return EMPTY;
        }
        if let Some((head, inner)) = text.strip_suffix(']').and_then(|t| t.split_once('[')) {
            let name = head.rsplit('.').next().unwrap_or(head);
            if !UNIONS.contains(&name) {
                return if CONTAINERS.contains(&name) {
                    EMPTY
                } else {
                    self.written(cx, head, depth + 1)
                };
            }
            let parts: Vec<String> = inner.split(',').map(str::to_owned).collect();
            let mut out = EMPTY;
            for p in parts {
                let one = self.written(cx, &p, depth + 1);
                out = self.pool.union(out, one);
            }
            return out;
        }
        if text.contains('|') {
            let parts: Vec<String> = text.split('|').map(str::to_owned).collect();
            let mut out = EMPTY;
            for p in parts {
                let one = self.written(cx, &p, depth + 1);
                out = self.pool.union(out, one);
            }
            return out;
        }
        let mut names = text.split('.');
        let Some(first) = names.next() else {
            return EMPTY;
        };
        let Some(name) = cx.facts.names.iter().position(|n| **n == *first) else {
            return EMPTY;
        };
        let Some(cell) = u32::try_from(name).ok().and_then(|n| self.resolve(cx, n)) else {
            return EMPTY;
        };
        let mut set = self.read(cx, cell);
        for n in names {
            let s = self.pool.sym(n);
            set = self.get_attr(cx, set, 0, s);
        }
        self.instances(set)
    }

    /// Instances of the classes in a set.
    pub(super) fn instances(&mut self, set: Set) -> Set {
        let mut out = EMPTY;
        for v in self.pool.values(set) {
            let inst = match v {
                Value::Class(ix) => Value::Inst(ix, 0),
                Value::OwnClass(s) => Value::Obj(s),
                Value::Governor(g) => Value::Governing(g),
                // An alias such as `Client = Annotated[OpenAI, ...]` already holds instances.
                Value::Inst(..) | Value::Obj(_) => v,
                _ => continue,
            };
            let one = self.pool.one(inst);
            out = self.pool.union(out, one);
        }
        out
    }
}
