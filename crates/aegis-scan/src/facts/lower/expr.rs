//! Lowers expressions.

use tree_sitter::Node;

use super::{Kids, Lower, MAX_TEXT};
use crate::facts::roles::{Part, Role};
use crate::facts::{Arg, Comp, Expr, ExprId, Loop, Pool, Star};

impl<'t> Lower<'t> {
    pub(super) fn expr(&mut self, node: Node<'t>) -> ExprId {
        self.deeper(node, 0, |s| s.expr_inner(node))
    }

    fn expr_inner(&mut self, node: Node<'t>) -> ExprId {
        match self.roles.role(node) {
            Role::Identifier => {
                let n = self.name_of(node);
                self.mention(n);
                self.push(node, Expr::Name(n))
            }
            Role::Attribute => {
                let object = self.part_expr(node, Part::Object);
                let name = self.part(node, Part::Name).map(|n| self.name_of(n));
                match name {
                    Some(n) if object != 0 => {
                        self.mention(n);
                        self.push(node, Expr::Attr(object, n))
                    }
                    _ => object,
                }
            }
            Role::Call => {
                let callee = self.part_expr(node, Part::Callee);
                let args = self
                    .part(node, Part::Arguments)
                    .map(|a| self.args(a))
                    .unwrap_or_default();
                let start = u32::try_from(self.facts.args.len()).unwrap_or(u32::MAX);
                self.facts.args.extend(args);
                let end = u32::try_from(self.facts.args.len()).unwrap_or(u32::MAX);
                self.push(node, Expr::Call(callee, start..end))
            }
            Role::Subscript => {
                let object = self.part_expr(node, Part::Object);
                let index = self.part_expr(node, Part::Index);
                if object == 0 && index == 0 {
                    0
                } else {
                    self.push(node, Expr::Index(object, index))
                }
            }
            Role::String | Role::Concatenated => self.string(node),
            Role::None => self.push(node, Expr::None),
            Role::False => self.push(node, Expr::False),
            Role::Constant | Role::True | Role::Comment => 0,
            Role::List => self.sequence(node, Expr::List),
            Role::Tuple => self.sequence(node, Expr::Tuple),
            Role::Dictionary => self.dictionary(node),
            Role::Comprehension => self.comprehension(node),
            Role::Conditional => {
                let kids = self.kids(node);
                if let [yes, condition, no] = *kids.as_slice() {
                    let (yes, condition, no) =
                        (self.expr(yes), self.expr(condition), self.expr(no));
                    let p = self.pool(&[condition]);
                    let condition = self.push(node, Expr::Group(p));
                    let p = self.pool(&[yes, no, condition]);
                    self.push(node, Expr::Choice(p))
                } else {
                    self.group(node)
                }
            }
            Role::Choice => self.chain(node, Role::Choice),
            Role::Binary => self.chain(node, Role::Binary),
            Role::Named => {
                let name = self.part(node, Part::Name).map(|n| self.name_of(n));
                let value = self.part_expr(node, Part::Value);
                match name {
                    Some(n) => {
                        self.bind(n);
                        self.push(node, Expr::Walrus(n, value))
                    }
                    None => value,
                }
            }
            Role::Transparent => {
                let kids = self.kids(node);
                if let [one] = *kids.as_slice() {
                    self.expr(one)
                } else {
                    self.group(node)
                }
            }
            Role::Splat | Role::DoubleSplat => {
                let kids = self.kids(node);
                let inner = kids.first().map_or(0, |&k| self.expr(k));
                self.push(node, Expr::Star(inner))
            }
            Role::Yield => {
                if let Some(u) = self.here() {
                    u.is_generator = true;
                }
                let kids = self.kids(node);
                let inner = kids.first().map_or(0, |&k| self.expr(k));
                self.push(node, Expr::Yield(inner))
            }
            Role::Lambda => self.lambda(node),
            Role::Interpolation => self.part_expr(node, Part::Value),
            _ => self.group(node),
        }
    }

    /// Evaluates all parts and yields nothing.
    fn group(&mut self, node: Node<'t>) -> ExprId {
        let kids = self.kids(node);
        let parts: Vec<ExprId> = kids
            .into_iter()
            .map(|k| self.expr(k))
            .filter(|&e| e != 0)
            .collect();
        if parts.is_empty() {
            return 0;
        }
        let p = self.pool(&parts);
        self.push(node, Expr::Group(p))
    }

    fn sequence(&mut self, node: Node<'t>, make: fn(Pool) -> Expr) -> ExprId {
        let kids = self.kids(node);
        let parts: Vec<ExprId> = kids.into_iter().map(|k| self.expr(k)).collect();
        let p = self.pool(&parts);
        self.push(node, make(p))
    }

    fn dictionary(&mut self, node: Node<'t>) -> ExprId {
        let mut pairs = Vec::new();
        for kid in self.kids(node) {
            if self.roles.role(kid) == Role::Pair {
                let key = self.part_expr(kid, Part::Key);
                let value = self.part_expr(kid, Part::Value);
                pairs.push((Some(key), value));
            } else {
                let e = self.expr(kid);
                let e = if let Expr::Star(inner) = self.facts.expr(e) {
                    *inner
                } else {
                    e
                };
                pairs.push((None, e));
            }
        }
        let start = u32::try_from(self.facts.pairs.len()).unwrap_or(u32::MAX);
        self.facts.pairs.extend(pairs);
        let end = u32::try_from(self.facts.pairs.len()).unwrap_or(u32::MAX);
        self.push(node, Expr::Dict(start..end))
    }

    fn comprehension(&mut self, node: Node<'t>) -> ExprId {
        let (mut loops, mut conditions) = (Vec::new(), Vec::new());
        for kid in self.kids(node) {
            match self.roles.role(kid) {
                Role::ForIn => {
                    let target = self.part_expr(kid, Part::Target);
                    let iter = self.part_expr(kid, Part::Value);
                    self.bind_target(target);
                    loops.push(Loop { target, iter });
                }
                Role::IfClause => {
                    let c = self.group(kid);
                    conditions.push(c);
                }
                _ => {}
            }
        }
        let (key, element) = match self.part(node, Part::Body) {
            Some(b) if self.roles.role(b) == Role::Pair => (
                Some(self.part_expr(b, Part::Key)),
                self.part_expr(b, Part::Value),
            ),
            Some(b) => (None, self.expr(b)),
            None => (None, 0),
        };
        let start = u32::try_from(self.facts.loops.len()).unwrap_or(u32::MAX);
        self.facts.loops.extend(loops);
        for c in conditions {
            self.facts.loops.push(Loop { target: 0, iter: c });
        }
        let end = u32::try_from(self.facts.loops.len()).unwrap_or(u32::MAX);
        let ix = u32::try_from(self.facts.comps.len()).unwrap_or(u32::MAX);
        self.facts.comps.push(Comp {
            element,
            key,
            loops: start..end,
        });
        self.push(node, Expr::Comp(ix))
    }

    /// An operator chain, unrolled along its left spine.
    fn chain(&mut self, node: Node<'t>, role: Role) -> ExprId {
        let mut right = Vec::new();
        let (mut pipe, mut join) = (role == Role::Binary, role == Role::Binary);
        let mut spine = node;
        while self.roles.role(spine) == role {
            let op = self
                .part(spine, Part::Operator)
                .map_or("", |o| self.str_of(o));
            pipe &= op == "|";
            join &= matches!(op, "+" | "%");
            right.extend(self.part(spine, Part::Right));
            match self.part(spine, Part::Left) {
                Some(l) => spine = l,
                None => break,
            }
        }
        let first = if self.roles.role(spine) == role {
            0
        } else {
            self.expr(spine)
        };
        let mut parts = vec![first];
        for r in right.into_iter().rev() {
            let e = self.expr(r);
            parts.push(e);
        }
        if !pipe && !join && role == Role::Binary {
            parts.retain(|&e| e != 0);
            if parts.is_empty() {
                return 0;
            }
        }
        let p = self.pool(&parts);
        let e = match role {
            Role::Choice => Expr::Choice(p),
            _ if pipe && parts.len() <= 1000 => {
                let mut parts = parts.into_iter();
                let mut left = parts.next().unwrap_or(0);
                for r in parts.by_ref() {
                    left = self.push(node, Expr::Pipe(left, r));
                }
                return left;
            }
            _ if join => Expr::Join(p),
            _ => Expr::Group(p),
        };
        self.push(node, e)
    }

    /// A literal text, or a text made of parts.
    fn string(&mut self, node: Node<'t>) -> ExprId {
        let mut parts: Vec<ExprId> = Vec::new();
        let mut plain = String::new();
        let mut whole: Option<&'t str> = None;
        let mut pieces = 0usize;
        let strings = if self.roles.role(node) == Role::Concatenated {
            self.kids(node)
        } else {
            Kids::from_slice(&[node])
        };
        for s in strings {
            for kid in self.kids(s) {
                match self.roles.role(kid) {
                    Role::StringContent => {
                        let text = self.str_of(kid);
                        whole = if pieces == 0 { Some(text) } else { None };
                        pieces += 1;
                        if plain.len() < MAX_TEXT {
                            plain.push_str(text);
                        }
                    }
                    Role::Interpolation => {
                        self.flush_text(node, &mut plain, &mut parts);
                        let e = self.expr(kid);
                        parts.push(e);
                    }
                    _ => {}
                }
            }
        }
        if parts.is_empty() {
            if plain.len() >= MAX_TEXT {
                return self.push(node, Expr::Opaque);
            }
            let n = match whole {
                Some(text) if pieces == 1 => self.intern(text),
                _ => self.push_name(plain.into()),
            };
            return self.push(node, Expr::Str(n));
        }
        self.flush_text(node, &mut plain, &mut parts);
        let p = self.pool(&parts);
        self.push(node, Expr::Join(p))
    }

    fn flush_text(&mut self, node: Node<'t>, plain: &mut String, parts: &mut Vec<ExprId>) {
        if plain.is_empty() {
            return;
        }
        let n = self.push_name(std::mem::take(plain).into());
        let e = self.push(node, Expr::Str(n));
        parts.push(e);
    }

    pub(super) fn args(&mut self, node: Node<'t>) -> Vec<Arg> {
        if self.roles.role(node) == Role::Comprehension {
            let value = self.expr(node);
            return vec![Arg {
                name: None,
                star: Star::No,
                value,
            }];
        }
        let mut out = Vec::new();
        for kid in self.kids(node) {
            let arg = match self.roles.role(kid) {
                Role::Keyword => {
                    let name = self.part(kid, Part::Name).map(|n| self.name_of(n));
                    let value = self.part_expr(kid, Part::Value);
                    Arg {
                        name,
                        star: Star::No,
                        value,
                    }
                }
                role @ (Role::Splat | Role::DoubleSplat) => {
                    let inner = self.kids(kid);
                    let value = inner.first().map_or(0, |&k| self.expr(k));
                    let star = if role == Role::Splat {
                        Star::One
                    } else {
                        Star::Two
                    };
                    Arg {
                        name: None,
                        star,
                        value,
                    }
                }
                Role::Comment => continue,
                _ => Arg {
                    name: None,
                    star: Star::No,
                    value: self.expr(kid),
                },
            };
            out.push(arg);
        }
        out
    }
}
