//! Lowers a syntax tree to [`Facts`]. The grammar is known only through [`Roles`].
//!
//! Broken syntax does not stop it: nodes without a role are searched for what lies below them.
//! Recursion is bounded by [`MAX_DEPTH`]; operator chains, which people do write with thousands of
//! terms, are unrolled and cost no depth.

mod expr;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use tree_sitter::{Node, Parser, Tree, TreeCursor};

use super::quiet::quiet;
use super::roles::{Part, Role, Roles};
use super::{Expr, ExprId, Facts, Import, Name, Param, Pool, Star, Stmt, Unit, UnitId, UnitKind};

/// Nesting that is followed; what lies deeper is reported and left out.
pub(crate) const MAX_DEPTH: u32 = 1500;
/// Longer literal texts are not values anyone compares or calls by.
const MAX_TEXT: usize = 512;

type Kids<'t> = SmallVec<[Node<'t>; 8]>;

/// Parses and lowers a text. `None` if the parser gives up.
pub(crate) fn lower(text: &str, parser: &mut Parser, roles: &Roles) -> Option<Facts> {
    let (quiet, comments) = quiet(text);
    let tree = parser.parse(quiet.as_ref(), None)?;
    let mut facts = lower_tree(text, &tree, roles);
    let told = comments.into_iter().filter(|(_, c)| c.contains("aegis:"));
    facts
        .comments
        .extend(told.map(|(at, c)| (u32::try_from(at).unwrap_or(u32::MAX), c.into())));
    facts.comments.sort_unstable();
    Some(facts)
}

fn lower_tree(text: &str, tree: &Tree, roles: &Roles) -> Facts {
    let mut low = Lower {
        text,
        roles,
        facts: Facts::default(),
        index: FxHashMap::default(),
        unit: 0,
        depth: 0,
        cursors: Vec::new(),
    };
    low.facts.exprs.push(Expr::Opaque);
    low.facts.spans.push((0, 0));
    let empty = low.intern("");
    low.facts.units.push(Unit {
        name: empty,
        ..Unit::default()
    });
    let root = tree.root_node();
    let body = low.block(root);
    low.set_body(0, body);
    if root.has_error() {
        low.facts.syntax_error = first_error(root);
    }
    if text.contains("aegis:") {
        low.comments(root);
    }
    for u in &mut low.facts.units {
        for names in [
            &mut u.locals,
            &mut u.globals,
            &mut u.nonlocals,
            &mut u.mentions,
        ] {
            names.sort_unstable();
            names.dedup();
        }
        let (g, n) = (&u.globals, &u.nonlocals);
        u.locals
            .retain(|l| g.binary_search(l).is_err() && n.binary_search(l).is_err());
    }
    low.declare_globals();
    low.facts.exprs.shrink_to_fit();
    low.facts.spans.shrink_to_fit();
    low.facts
}

/// 1-based line of the first error or missing token.
fn first_error(root: Node<'_>) -> Option<u32> {
    let mut node = root;
    loop {
        if node.is_error() || node.is_missing() {
            return u32::try_from(node.start_position().row + 1).ok();
        }
        let mut cursor = node.walk();
        let next = node
            .children(&mut cursor)
            .find(|c| c.has_error() || c.is_missing() || c.is_error());
        match next {
            Some(n) => node = n,
            None => return u32::try_from(node.start_position().row + 1).ok(),
        }
    }
}

struct Lower<'t> {
    text: &'t str,
    roles: &'t Roles,
    facts: Facts,
    index: FxHashMap<&'t str, Name>,
    unit: UnitId,
    depth: u32,
    cursors: Vec<TreeCursor<'t>>,
}

impl<'t> Lower<'t> {
    // ---- small tools

    fn intern(&mut self, s: &'t str) -> Name {
        if let Some(&n) = self.index.get(s) {
            return n;
        }
        let n = self.push_name(s.into());
        self.index.insert(s, n);
        n
    }

    fn push_name(&mut self, s: Box<str>) -> Name {
        let n = Name::try_from(self.facts.names.len()).unwrap_or(Name::MAX);
        self.facts.names.push(s);
        n
    }

    fn str_of(&self, node: Node<'t>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or("")
    }

    fn name_of(&mut self, node: Node<'t>) -> Name {
        self.intern(self.str_of(node))
    }

    fn push(&mut self, node: Node<'t>, e: Expr) -> ExprId {
        let id = ExprId::try_from(self.facts.exprs.len()).unwrap_or(0);
        let range = node.byte_range();
        let clip = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.facts.exprs.push(e);
        self.facts.spans.push((clip(range.start), clip(range.end)));
        id
    }

    fn pool(&mut self, items: &[ExprId]) -> Pool {
        let start = u32::try_from(self.facts.items.len()).unwrap_or(u32::MAX);
        self.facts.items.extend_from_slice(items);
        start..u32::try_from(self.facts.items.len()).unwrap_or(u32::MAX)
    }

    fn kids(&mut self, node: Node<'t>) -> Kids<'t> {
        let mut cursor = match self.cursors.pop() {
            Some(mut c) => {
                c.reset(node);
                c
            }
            None => node.walk(),
        };
        let mut out = Kids::new();
        if cursor.goto_first_child() {
            loop {
                let n = cursor.node();
                if n.is_named() && !n.is_extra() || n.is_error() {
                    out.push(n);
                }
                if !cursor.goto_next_sibling() {
                    break;
                }
            }
        }
        self.cursors.push(cursor);
        out
    }

    fn kids_in_field(&mut self, node: Node<'t>, part: Part) -> Kids<'t> {
        let field = self.roles.field(node, part);
        let mut cursor = node.walk();
        let mut out = Kids::new();
        if cursor.goto_first_child() {
            loop {
                if cursor.field_id().is_some_and(|f| f.get() == field) && cursor.node().is_named() {
                    out.push(cursor.node());
                }
                if !cursor.goto_next_sibling() {
                    break;
                }
            }
        }
        out
    }

    fn part(&self, node: Node<'t>, part: Part) -> Option<Node<'t>> {
        self.roles.part(node, part)
    }

    /// Runs `f` one level deeper; beyond the limit the node is noted and left out.
    fn deeper<T>(&mut self, node: Node<'t>, fallback: T, f: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth >= MAX_DEPTH {
            let line = u32::try_from(node.start_position().row + 1).unwrap_or(u32::MAX);
            self.facts.too_deep.get_or_insert(line);
            return fallback;
        }
        self.depth += 1;
        let out = f(self);
        self.depth -= 1;
        out
    }

    fn here(&mut self) -> Option<&mut Unit> {
        self.facts.units.get_mut(self.unit as usize)
    }

    fn bind(&mut self, name: Name) {
        if let Some(u) = self.here() {
            u.locals.push(name);
        }
    }

    fn mention(&mut self, name: Name) {
        if let Some(u) = self.here() {
            u.mentions.push(name);
        }
    }

    fn set_body(&mut self, unit: UnitId, body: Vec<Stmt>) {
        if let Some(u) = self.facts.units.get_mut(unit as usize) {
            u.body = body;
        }
    }

    /// A name declared `global` in a function is bound in the module.
    fn declare_globals(&mut self) {
        let declared: Vec<Name> = self
            .facts
            .units
            .iter()
            .flat_map(|u| u.globals.iter().copied())
            .collect();
        if let Some(module) = self.facts.units.first_mut() {
            module.locals.extend(declared);
            module.locals.sort_unstable();
            module.locals.dedup();
        }
    }

    fn comments(&mut self, root: Node<'t>) {
        let mut cursor = root.walk();
        loop {
            let n = cursor.node();
            if self.roles.role(n) == Role::Comment {
                let text = self.str_of(n);
                if text.contains("aegis:") {
                    self.facts.comments.push((
                        u32::try_from(n.start_byte()).unwrap_or(u32::MAX),
                        text.into(),
                    ));
                }
            }
            if cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
            }
        }
    }

    // ---- statements

    fn block(&mut self, node: Node<'t>) -> Vec<Stmt> {
        self.deeper(node, Vec::new(), |s| {
            let mut out = Vec::new();
            for kid in s.kids(node) {
                s.stmt(kid, &mut out);
            }
            out
        })
    }

    fn body(&mut self, node: Node<'t>) -> Vec<Stmt> {
        match self.part(node, Part::Body) {
            Some(b) if self.roles.role(b) == Role::Block => self.block(b),
            Some(b) => {
                let mut out = Vec::new();
                self.stmt(b, &mut out);
                out
            }
            None => {
                let blocks: Kids<'t> = self
                    .kids(node)
                    .into_iter()
                    .filter(|&k| self.roles.role(k) == Role::Block)
                    .collect();
                blocks.into_iter().flat_map(|b| self.block(b)).collect()
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
                out.push(Stmt::Match { value, cases });
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

    fn part_expr(&mut self, node: Node<'t>, part: Part) -> ExprId {
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

    fn bind_target(&mut self, e: ExprId) {
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
        let mut otherwise = Vec::new();
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
            otherwise = vec![Stmt::If {
                condition,
                then,
                otherwise,
            }];
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
        out.push(Stmt::With { items, body });
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
        let (mut handlers, mut otherwise, mut finally) = (Vec::new(), Vec::new(), Vec::new());
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
                    handlers.push(stmts);
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
        out.push(Stmt::Try {
            body,
            handlers,
            otherwise,
            finally,
        });
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
            items,
        });
    }

    // ---- definitions

    fn open(&mut self, kind: UnitKind, name: Name, span: (u32, u32)) -> UnitId {
        let id = UnitId::try_from(self.facts.units.len()).unwrap_or(UnitId::MAX);
        self.facts.units.push(Unit {
            kind,
            name,
            parent: self.unit,
            span,
            ..Unit::default()
        });
        id
    }

    fn definition(&mut self, node: Node<'t>, decorators: &[ExprId], out: &mut Vec<Stmt>) {
        let Some(name_node) = self.part(node, Part::Name) else {
            return;
        };
        let is_class = self.roles.role(node) == Role::Class;
        let name = self.name_of(name_node);
        self.bind(name);
        let range = name_node.byte_range();
        let span = (
            u32::try_from(range.start).unwrap_or(0),
            u32::try_from(range.end).unwrap_or(0),
        );
        let kind = if is_class {
            UnitKind::Class
        } else {
            UnitKind::Function
        };
        let bases = match self.part(node, Part::Arguments) {
            Some(a) if is_class => self.args(a),
            _ => Vec::new(),
        };
        let params = if is_class {
            Vec::new()
        } else {
            self.part(node, Part::Parameters)
                .map(|p| self.params(p))
                .unwrap_or_default()
        };
        let returns = if is_class {
            None
        } else {
            self.part(node, Part::Annotation).map(|a| self.expr(a))
        };
        let id = self.open(kind, name, span);
        let doc = self.docstring(node);
        if let Some(u) = self.facts.units.get_mut(id as usize) {
            u.locals.extend(params.iter().map(|p| p.name));
            u.params = params;
            u.bases = bases;
            u.decorators = decorators.to_vec();
            u.returns = returns;
            u.doc = doc;
        }
        let outer = std::mem::replace(&mut self.unit, id);
        let body = self.body(node);
        self.unit = outer;
        self.set_body(id, body);
        out.push(Stmt::Def(id));
    }

    /// Byte range of the text of the docstring.
    fn docstring(&mut self, node: Node<'t>) -> Option<(u32, u32)> {
        let body = self.part(node, Part::Body)?;
        let first = *self.kids(body).first()?;
        let expr = if self.roles.role(first) == Role::ExpressionStatement {
            *self.kids(first).first()?
        } else {
            first
        };
        if self.roles.role(expr) != Role::String {
            return None;
        }
        let content: Kids<'t> = self
            .kids(expr)
            .into_iter()
            .filter(|&k| self.roles.role(k) == Role::StringContent)
            .collect();
        let (a, b) = (content.first()?, content.last()?);
        Some((
            u32::try_from(a.start_byte()).ok()?,
            u32::try_from(b.end_byte()).ok()?,
        ))
    }

    fn params(&mut self, node: Node<'t>) -> Vec<Param> {
        let mut out: Vec<Param> = Vec::new();
        let mut keyword_only = false;
        for kid in self.kids(node) {
            let role = self.roles.role(kid);
            if role == Role::KeywordSeparator {
                keyword_only = true;
                continue;
            }
            let annotation_node = self.part(kid, Part::Annotation);
            let annotation = annotation_node.map(|a| self.expr(a));
            let written = annotation_node.map(|a| self.name_of(a));
            let (mut name_node, mut star) = match role {
                Role::Identifier => (Some(kid), Star::No),
                Role::Parameter => (self.part(kid, Part::Name), Star::No),
                Role::TypedParameter => (self.kids(kid).first().copied(), Star::No),
                Role::Splat => (Some(kid), Star::One),
                Role::DoubleSplat => (Some(kid), Star::Two),
                _ => (None, Star::No),
            };
            if let Some(n) = name_node {
                match self.roles.role(n) {
                    Role::Splat => star = Star::One,
                    Role::DoubleSplat => star = Star::Two,
                    _ => {}
                }
                if self.roles.role(n) != Role::Identifier {
                    name_node = self.kids(n).first().copied();
                }
            }
            let Some(n) = name_node else { continue };
            let default = self.part(kid, Part::Value).map(|v| self.expr(v));
            let name = self.name_of(n);
            out.push(Param {
                name,
                annotation,
                written,
                default,
                star,
                keyword_only,
            });
            keyword_only |= star == Star::One;
        }
        out
    }

    fn lambda(&mut self, node: Node<'t>) -> ExprId {
        let params = self
            .part(node, Part::Parameters)
            .map(|p| self.params(p))
            .unwrap_or_default();
        let name = self.intern("<lambda>");
        let range = node.byte_range();
        let span = (
            u32::try_from(range.start).unwrap_or(0),
            u32::try_from(range.end).unwrap_or(0),
        );
        let id = self.open(UnitKind::Lambda, name, span);
        if let Some(u) = self.facts.units.get_mut(id as usize) {
            u.locals.extend(params.iter().map(|p| p.name));
            u.params = params;
        }
        let outer = std::mem::replace(&mut self.unit, id);
        let value = self.part_expr(node, Part::Body);
        self.unit = outer;
        self.set_body(id, vec![Stmt::Return(Some(value))]);
        self.push(node, Expr::Lambda(id))
    }
}
