//! Lowers definitions: functions, classes, lambdas and their parameters.

use tree_sitter::Node;

use super::{Kids, Lower};
use crate::facts::roles::{Part, Role};
use crate::facts::{Expr, ExprId, Name, Param, Star, Stmt, Unit, UnitId, UnitKind};

impl<'t> Lower<'t> {
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

    pub(super) fn definition(
        &mut self,
        node: Node<'t>,
        decorators: &[ExprId],
        out: &mut Vec<Stmt>,
    ) {
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

    pub(super) fn lambda(&mut self, node: Node<'t>) -> ExprId {
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
        self.set_body(id, Box::new([Stmt::Return(Some(value))]));
        self.push(node, Expr::Lambda(id))
    }
}
