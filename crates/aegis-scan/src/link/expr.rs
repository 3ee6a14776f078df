//! Evaluates expressions to sets of values.

use crate::facts::{Comp, Expr, ExprId, UnitKind};

use super::values::{EMPTY, Set, Value};
use super::{Cx, Solver};

/// A text assembled from parts keeps at most this many alternatives.
const MAX_JOINED: usize = 6;
/// Stands for a part that is not known.
pub(crate) const UNKNOWN_PART: char = '\u{0}';

impl Solver<'_> {
    /// What an expression may stand for. Calls inside it are analysed on the way.
    pub(super) fn eval(&mut self, cx: Cx<'_>, e: ExprId) -> Set {
        match cx.facts.expr(e) {
            Expr::Opaque | Expr::None | Expr::False => EMPTY,
            Expr::Name(n) => self.name(cx, *n),
            Expr::Attr(object, name) => {
                let base = self.eval(cx, *object);
                self.get_attr(cx, base, *object, cx.sym(*name))
            }
            Expr::Call(callee, args) => self.call_expr(cx, e, *callee, args),
            Expr::Str(n) => {
                let s = cx.sym(*n);
                self.pool.one(Value::Str(s))
            }
            Expr::Join(p) => self.join(cx, cx.facts.items(p)),
            Expr::Index(object, index) => {
                let base = self.eval(cx, *object);
                let key = self.eval(cx, *index);
                self.get_item(cx, base, key)
            }
            Expr::Tuple(p) | Expr::List(p) => {
                let tuple = matches!(cx.facts.expr(e), Expr::Tuple(_));
                self.sequence(cx, e, cx.facts.items(p), tuple)
            }
            Expr::Dict(p) => self.dict(cx, e, cx.facts.pairs(p)),
            Expr::Choice(p) => {
                let mut set = EMPTY;
                for &i in cx.facts.items(p) {
                    let one = self.eval(cx, i);
                    set = self.pool.union(set, one);
                }
                set
            }
            Expr::Group(p) => {
                for &i in cx.facts.items(p) {
                    self.eval(cx, i);
                }
                EMPTY
            }
            Expr::Pipe(a, b) => {
                let left = self.eval(cx, *a);
                let right = self.eval(cx, *b);
                self.pipe(left, right)
            }
            Expr::Lambda(unit) => {
                let scope = cx.scope_of(*unit);
                self.parameters_of_lambda(cx, scope, *unit);
                self.pool.one(Value::Func(scope))
            }
            Expr::Comp(ix) => {
                let Some(Comp {
                    element,
                    key,
                    loops,
                }) = cx.facts.comp(*ix)
                else {
                    return EMPTY;
                };
                for l in cx.facts.loops(loops) {
                    let set = self.eval(cx, l.iter);
                    if l.target != 0 {
                        let each = self.elements(cx, set);
                        self.assign(cx, l.target, each, l.iter);
                    }
                }
                if let Some(k) = key {
                    self.eval(cx, *k);
                }
                let set = self.eval(cx, *element);
                if set == EMPTY {
                    return EMPTY;
                }
                let b = self.box_at(cx, e, 0);
                self.box_add(cx, b, set, *element);
                self.pool.one(Value::Box(b))
            }
            Expr::Walrus(name, value) => {
                let set = self.eval(cx, *value);
                if let Some(cell) = self.resolve(cx, *name) {
                    self.add(cx, cell, set, *value);
                }
                set
            }
            Expr::Star(inner) => {
                let set = self.eval(cx, *inner);
                self.elements(cx, set)
            }
            Expr::Yield(inner) => {
                let set = self.eval(cx, *inner);
                if let Some(info) = self.info(cx.scope) {
                    self.add(cx, info.yields, set, *inner);
                }
                EMPTY
            }
        }
    }

    fn parameters_of_lambda(&mut self, cx: Cx<'_>, scope: super::values::Scope, unit: u32) {
        let Some(u) = cx.facts.unit(unit) else { return };
        debug_assert_eq!(u.kind, UnitKind::Lambda);
        for p in &u.params {
            if let Some(d) = p.default {
                let set = self.eval(cx, d);
                if let Some(cell) = self.local(scope, cx.sym(p.name)) {
                    self.add(cx, cell, set, d);
                }
            }
        }
    }

    /// A name: a local, a name of an enclosing scope or the module, a starred import, a built-in.
    fn name(&mut self, cx: Cx<'_>, name: u32) -> Set {
        if let Some(cell) = self.resolve(cx, name) {
            return self.read(cx, cell);
        }
        let sym = cx.sym(name);
        let starred = self.starred(cx, cx.file, sym, 0);
        if starred != EMPTY {
            return starred;
        }
        let text = self.pool.text(sym);
        if cx.facts.name(name).starts_with("__") && text != "__import__" {
            return EMPTY;
        }
        let path = format!("builtins.{text}");
        let path = self.pool.sym(&path);
        self.pool.one(Value::Ext(path))
    }

    /// Literal texts where all parts are known; what a model wrote stays what a model wrote;
    /// joined containers stay containers.
    fn join(&mut self, cx: Cx<'_>, parts: &[ExprId]) -> Set {
        let mut texts = vec![String::new()];
        let mut rest = EMPTY;
        let mut model = false;
        for &p in parts {
            let set = self.eval(cx, p);
            let values = self.pool.values(set);
            model |= values.contains(&Value::Model);
            let mut options: Vec<String> = Vec::new();
            for v in values {
                match v {
                    Value::Str(s) => options.push(self.pool.text(s).to_owned()),
                    Value::Box(_) => {
                        let one = self.pool.one(v);
                        rest = self.pool.union(rest, one);
                    }
                    _ => {}
                }
            }
            if options.is_empty() {
                options.push(UNKNOWN_PART.to_string());
            }
            let mut next = Vec::new();
            for t in &texts {
                for o in &options {
                    if next.len() < MAX_JOINED && t.len() + o.len() <= 1024 {
                        next.push(format!("{t}{o}"));
                    }
                }
            }
            texts = next;
        }
        for t in texts {
            if t.chars().all(|c| c == UNKNOWN_PART) {
                continue;
            }
            let s = self.pool.sym(&t);
            let one = self.pool.one(Value::Str(s));
            rest = self.pool.union(rest, one);
        }
        if model {
            let one = self.pool.one(Value::Model);
            rest = self.pool.union(rest, one);
        }
        rest
    }
}
