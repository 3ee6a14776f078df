//! Lowers a syntax tree to [`Facts`]. The grammar is known only through [`Roles`].
//!
//! Broken syntax does not stop it: nodes without a role are searched for what lies below them.
//! Recursion is bounded by [`MAX_DEPTH`]; operator chains, which people do write with thousands of
//! terms, are unrolled and cost no depth.

mod definition;
mod expr;
mod statement;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use tree_sitter::{Node, Parser, Tree, TreeCursor};

use super::quiet::quiet;
use super::roles::{Part, Role, Roles};
use super::{Block, Expr, ExprId, Facts, Name, Pool, Unit, UnitId};

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
    let mut facts = low.facts;
    facts.shrink();
    facts
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

    fn set_body(&mut self, unit: UnitId, body: Block) {
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
}
