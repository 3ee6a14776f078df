//! Lowers statements.

use tree_sitter::Node;

use super::{Kids, Lower};
use crate::facts::roles::{Part, Role};
use crate::facts::{Block, Expr, ExprId, Import, Name, Stmt, Try};

impl<'t> Lower<'t> {
    pub(super) fn block(&mut self, node: Node<'t>) -> Block {
        self.deeper(node, Block::default(), |s| {
            let mut out = Vec::new();
            for kid in s.kids(node) {
                s.stmt(kid, &mut out);
            }
            out.into()
        })
    }

    pub(super) fn body(&mut self, node: Node<'t>) -> Block {
        match self.part(node, Part::Body) {
            Some(b) if self.roles.role(b) == Role::Block => self.block(b),
            Some(b) => {
                let mut out = Vec::new();
                self.stmt(b, &mut out);
                out.into()
            }
            None => {
                let blocks: Kids<'t> = self
                    .kids(node)
                    .into_iter()
                    .filter(|&k| self.roles.role(k) == Role::Block)
                    .collect();
                let stmts = blocks.into_iter().flat_map(|b| self.block(b));
                stmts.collect()
            }
        }
    }

    fn stmt(&mut self, node: Node<'t>, out: &mut Vec<Stmt>) {
        match self.roles.role(node) {
            Role::ExpressionStatement | Role::Block => {
                for kid in self.kids(node) {
                    self.stmt(kid, out);
                }
            }
            Role::Skip | Role::Comment => {}
            Role::Assignment => self.assignment(node, out),
            Role::AugmentedAssignment => {
                let target = self.part_expr(node, Part::Target);
                let value = self.part_expr(node, Part::Value);
                self.bind_target(target);
                out.push(Stmt::Augmented { target, value });
            }
            Role::Return => {
                let kids = self.kids(node);
                let value = kids.first().map(|&k| self.expr(k));
                out.push(Stmt::Return(value));
            }
            Role::Raise => {
                let kids = self.kids(node);
                let value = kids.first().map(|&k| self.expr(k));
                out.push(Stmt::Raise(value));
            }
            Role::Break => out.push(Stmt::Break),
            Role::If => self.if_statement(node, out),
            Role::For => {
                let value = self.part_expr(node, Part::Value);
                let target = self.part_expr(node, Part::Target);
                self.bind_target(target);
                let body = self.body(node);
                let otherwise = self
                    .part(node, Part::Alternative)
                    .map(|n| self.body(n))
                    .unwrap_or_default();
                out.push(Stmt::Loop {
                    target: Some(target),
                    value,
                    body,
                    otherwise,
                });
            }
            Role::While => {
                let value = self.part_expr(node, Part::Condition);
                let body = self.body(node);
                let otherwise = self
                    .part(node, Part::Alternative)
                    .map(|n| self.body(n))
                    .unwrap_or_default();
                out.push(Stmt::Loop {
                    target: None,
                    value,
                    body,
                    otherwise,
                });
            }
            Role::With => self.with_statement(node, out),
            Role::Try => self.try_statement(node, out),
            Role::Match => {
                let value = self.part_expr(node, Part::Value);
                let mut cases = Vec::new();
                if let Some(body) = self.part(node, Part::Body) {
                    for case in self.kids(body) {
                        let consequence = self.part(case, Part::Body);
                        let stmts = consequence.map(|b| self.block(b)).unwrap_or_default();
                        cases.push(stmts);
                    }
                }
                out.push(Stmt::Match {
                    value,
                    cases: cases.into(),
                });
            }
            Role::Global | Role::Nonlocal => {
                let global = self.roles.role(node) == Role::Global;
                for kid in self.kids(node) {
                    let n = self.name_of(kid);
                    if let Some(u) = self.here() {
                        if global {
                            u.globals.push(n);
                        } else {
                            u.nonlocals.push(n);
                        }
                    }
                }
            }
            Role::Import | Role::ImportFrom => self.import(node, out),
            Role::Function | Role::Class => self.definition(node, &[], out),
            Role::Decorated => {
                let kids = self.kids(node);
                let mut decorators = Vec::new();
                for &k in kids
                    .iter()
                    .filter(|&&k| self.roles.role(k) == Role::Decorator)
                {
                    let inner = self.kids(k);
                    decorators.extend(inner.first().copied());
                }
                if let Some(def) = self.part(node, Part::Body) {
                    let decorators: Vec<ExprId> =
                        decorators.into_iter().map(|d| self.expr(d)).collect();
                    self.definition(def, &decorators, out);
                }
            }
            Role::Other if node.is_error() || self.holds_statements(node) => {
                self.deeper(node, (), |s| {
                    for kid in s.kids(node) {
                        s.stmt(kid, out);
                    }
                });
            }
            _ => {
                let e = self.expr(node);
                if *self.facts.expr(e) != Expr::Opaque {
                    out.push(Stmt::Expr(e));
                }
            }
        }
    }

    fn holds_statements(&mut self, node: Node<'t>) -> bool {
        self.kids(node).iter().any(|&k| {
            matches!(
                self.roles.role(k),
                Role::Block
                    | Role::ExpressionStatement
                    | Role::Function
                    | Role::Class
                    | Role::Decorated
            )
        })
    }

    pub(super) fn part_expr(&mut self, node: Node<'t>, part: Part) -> ExprId {
        self.part(node, part).map_or(0, |n| self.expr(n))
    }

    fn assignment(&mut self, node: Node<'t>, out: &mut Vec<Stmt>) {
        let mut targets = Vec::new();
        let mut last = node;
        loop {
            targets.push(self.part_expr(last, Part::Target));
            match self.part(last, Part::Value) {
                Some(v) if self.roles.role(v) == Role::Assignment => last = v,
                _ => break,
            }
        }
        for &t in &targets {
            self.bind_target(t);
        }
        let value = self.part(last, Part::Value);
        if let Some(annotation) = self.part(last, Part::Annotation) {
            let annotation = self.expr(annotation);
            let value = value.map(|v| self.expr(v));
            let target = targets.first().copied().unwrap_or(0);
            out.push(Stmt::Annotated {
                target,
                annotation,
                value,
            });
            return;
        }
        let value = value.map_or(0, |v| self.expr(v));
        self.note_exports(&targets, value);
        let targets = self.pool(&targets);
        out.push(Stmt::Assign { targets, value });
    }

    fn note_exports(&mut self, targets: &[ExprId], value: ExprId) {
        let is_all = self.unit == 0
            && targets.iter().any(|&t| matches!(self.facts.expr(t), Expr::Name(n) if self.facts.name(*n) == "__all__"));
        if !is_all {
            return;
        }
        if let Expr::List(p) | Expr::Tuple(p) = self.facts.expr(value).clone() {
            let names = self
                .facts
                .items(&p)
                .iter()
                .filter_map(|&i| match self.facts.expr(i) {
                    Expr::Str(n) => Some(*n),
                    _ => None,
                });
            let names: Vec<Name> = names.collect();
            self.facts.exports.get_or_insert_default().extend(names);
        }
    }

    pub(super) fn bind_target(&mut self, e: ExprId) {
        match self.facts.expr(e).clone() {
            Expr::Name(n) => self.bind(n),
            Expr::Star(inner) => self.bind_target(inner),
            Expr::Tuple(p) | Expr::List(p) => {
                for i in self.facts.items(&p).to_vec() {
                    self.bind_target(i);
                }
            }
            _ => {}
        }
    }

    fn if_statement(&mut self, node: Node<'t>, out: &mut Vec<Stmt>) {
        let condition = self.part_expr(node, Part::Condition);
        let then = self.body(node);
        let mut branches = Vec::new();
        let mut otherwise = Block::default();
        for alt in self.kids_in_field(node, Part::Alternative) {
            if self.roles.role(alt) == Role::Elif {
                let c = self.part_expr(alt, Part::Condition);
                let b = self.body(alt);
                branches.push((c, b));
            } else {
                otherwise = self.body(alt);
            }
        }
        for (condition, then) in branches.into_iter().rev() {
            otherwise = Box::new([Stmt::If {
                condition,
                then,
                otherwise,
            }]);
        }
        out.push(Stmt::If {
            condition,
            then,
            otherwise,
        });
    }

    fn with_statement(&mut self, node: Node<'t>, out: &mut Vec<Stmt>) {
        let mut items = Vec::new();
        let mut stack = self.kids(node);
        stack.reverse();
        while let Some(n) = stack.pop() {
            match self.roles.role(n) {
                Role::WithClause => {
                    let mut kids = self.kids(n);
                    kids.reverse();
                    stack.extend(kids);
                }
                Role::WithItem => {
                    if let Some(v) = self.part(n, Part::Value) {
                        items.push(self.with_item(v));
                    }
                }
                _ => {}
            }
        }
        let body = self.body(node);
        out.push(Stmt::With {
            items: items.into(),
            body,
        });
    }

    fn with_item(&mut self, value: Node<'t>) -> (ExprId, Option<ExprId>) {
        if self.roles.role(value) != Role::AsPattern {
            return (self.expr(value), None);
        }
        let kids = self.kids(value);
        let manager = kids.first().map_or(0, |&k| self.expr(k));
        let target = self.part(value, Part::Alias).map(|a| {
            let inner = self.kids(a);
            inner.first().map_or(0, |&k| self.expr(k))
        });
        if let Some(t) = target {
            self.bind_target(t);
        }
        (manager, target)
    }

    fn try_statement(&mut self, node: Node<'t>, out: &mut Vec<Stmt>) {
        let body = self.body(node);
        let (mut handlers, mut otherwise, mut finally) = (Vec::new(), Block::default(), Vec::new());
        for kid in self.kids(node) {
            match self.roles.role(kid) {
                Role::Except => {
                    let mut stmts = Vec::new();
                    for k in self.kids(kid) {
                        match self.roles.role(k) {
                            Role::Block => stmts.extend(self.block(k)),
                            Role::AsPattern => {
                                let item = self.with_item(k);
                                stmts.push(Stmt::Expr(item.0));
                            }
                            _ => {}
                        }
                    }
                    handlers.push(stmts.into());
                }
                Role::Else => otherwise = self.body(kid),
                Role::Finally => {
                    for k in self.kids(kid) {
                        finally.extend(self.block(k));
                    }
                }
                _ => {}
            }
        }
        out.push(Stmt::Try(Box::new(Try {
            body,
            handlers: handlers.into(),
            otherwise,
            finally: finally.into(),
        })));
    }

    fn import(&mut self, node: Node<'t>, out: &mut Vec<Stmt>) {
        let mut items = Vec::new();
        let from = self.roles.role(node) == Role::ImportFrom;
        let (mut level, mut module) = (0u8, self.intern(""));
        if from && let Some(m) = self.part(node, Part::Module) {
            if self.roles.role(m) == Role::Relative {
                for k in self.kids(m) {
                    match self.roles.role(k) {
                        Role::RelativeDots => {
                            level = u8::try_from(self.str_of(k).matches('.').count())
                                .unwrap_or(u8::MAX);
                        }
                        _ => module = self.name_of(k),
                    }
                }
            } else {
                module = self.name_of(m);
            }
        }
        for kid in self.kids_in_field(node, Part::Name) {
            let (path, alias) = if self.roles.role(kid) == Role::Aliased {
                let path = self.part(kid, Part::Name);
                (path.unwrap_or(kid), self.part(kid, Part::Alias))
            } else {
                (kid, None)
            };
            let text = self.str_of(path);
            let bound = match alias {
                Some(a) => self.name_of(a),
                None if from => self.intern(text),
                None => self.intern(text.split('.').next().unwrap_or(text)),
            };
            let target = self.intern(text);
            let item = from.then_some(target);
            let module = if from { module } else { target };
            items.push(Import {
                level,
                module,
                item,
                bound,
                renamed: alias.is_some(),
                star: false,
            });
            self.bind(bound);
        }
        if from
            && self
                .kids(node)
                .iter()
                .any(|&k| self.roles.role(k) == Role::Wildcard)
        {
            let bound = self.intern("*");
            items.push(Import {
                level,
                module,
                item: None,
                bound,
                renamed: false,
                star: true,
            });
        }
        if let Some(u) = self.here() {
            u.has_import = true;
        }
        out.push(Stmt::Import {
            span: u32::try_from(node.start_byte()).unwrap_or(u32::MAX),
            items: items.into(),
        });
    }
}
