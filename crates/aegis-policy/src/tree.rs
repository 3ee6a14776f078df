//! The nodes of a YAML text with their places.
//!
//! Nodes lie in one list and point at each other by number, so an alias is a second way to one node
//! and costs nothing, however large that node is; what reading it once more would cost is counted
//! while the tree is built.

use std::ops::Range;

/// How a scalar was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Without quotes: the reader may take it for a number, a boolean or nothing.
    Plain,
    /// In quotes, or as a block: always text.
    Text,
}

/// The number of a node in its tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NodeId(u32);

/// What a node is.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// A scalar with escapes resolved.
    Scalar(Box<str>, Style),
    /// A sequence.
    List(Vec<NodeId>),
    /// A mapping in the order written; keys are scalars and unique.
    Map(Vec<(NodeId, NodeId)>),
    /// A part that was refused already; a reader passes over it in silence.
    Refused,
}

#[derive(Debug, Clone)]
struct Slot {
    kind: Kind,
    at: Range<usize>,
    /// For an alias: the node it stands for.
    target: Option<NodeId>,
    cost: Cost,
}

/// What reading a node with everything below it takes, aliases read in full.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Nodes.
    pub(crate) nodes: u64,
    /// Bytes of scalars.
    pub(crate) bytes: u64,
    /// Levels.
    pub(crate) depth: u32,
}

/// All nodes of one text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tree {
    slots: Vec<Slot>,
    root: Option<NodeId>,
}

impl Tree {
    /// Adds a node whose children are there already.
    pub(crate) fn push(&mut self, kind: Kind, at: Range<usize>) -> NodeId {
        let mut cost = Cost {
            nodes: 1,
            ..Cost::default()
        };
        match &kind {
            Kind::Scalar(text, _) => cost.bytes = text.len() as u64,
            Kind::List(items) => items.iter().for_each(|i| cost.add(self.cost(*i))),
            Kind::Map(entries) => {
                for (key, value) in entries {
                    cost.add(self.cost(*key));
                    cost.add(self.cost(*value));
                }
            }
            Kind::Refused => {}
        }
        cost.depth += 1;
        self.slot(Slot {
            kind,
            at,
            target: None,
            cost,
        })
    }

    /// Adds an alias of a node that is there already.
    pub(crate) fn push_alias(&mut self, target: NodeId, at: Range<usize>) -> NodeId {
        let cost = self.cost(target);
        self.slot(Slot {
            kind: Kind::Refused,
            at,
            target: Some(target),
            cost,
        })
    }

    fn slot(&mut self, slot: Slot) -> NodeId {
        // A text is at most 1 MiB, and every node takes a byte of it.
        let id = NodeId(u32::try_from(self.slots.len()).unwrap_or(u32::MAX));
        self.slots.push(slot);
        id
    }

    /// What reading this node takes.
    pub(crate) fn cost(&self, id: NodeId) -> Cost {
        self.slots
            .get(id.0 as usize)
            .map(|s| s.cost)
            .unwrap_or_default()
    }

    /// Says which node is the whole text.
    pub(crate) fn set_root(&mut self, id: NodeId) {
        self.root = Some(id);
    }

    /// The node that is the whole text, if there is one.
    pub(crate) fn root(&self) -> Option<Node<'_>> {
        self.root.map(|id| self.node(id))
    }

    /// A node with the tree it lies in.
    pub(crate) fn node(&self, id: NodeId) -> Node<'_> {
        Node { tree: self, id }
    }
}

impl Cost {
    fn add(&mut self, child: Self) {
        self.nodes = self.nodes.saturating_add(child.nodes);
        self.bytes = self.bytes.saturating_add(child.bytes);
        self.depth = self.depth.max(child.depth);
    }
}

/// A node to read. Whether it is an alias shows in [`origin`](Self::origin) only.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node<'t> {
    tree: &'t Tree,
    pub(crate) id: NodeId,
}

/// What a node is, for matching.
#[derive(Debug, Clone, Copy)]
pub(crate) enum View<'t> {
    Scalar(&'t str, Style),
    List(List<'t>),
    Map(Map<'t>),
    Refused,
}

/// The items of a sequence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct List<'t> {
    tree: &'t Tree,
    items: &'t [NodeId],
}

/// The entries of a mapping.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Map<'t> {
    tree: &'t Tree,
    entries: &'t [(NodeId, NodeId)],
}

impl<'t> Node<'t> {
    fn slot(self) -> Option<&'t Slot> {
        self.tree.slots.get(self.id.0 as usize)
    }

    /// The node that an alias stands for, or else the node itself.
    fn resolved(self) -> Self {
        match self.slot().and_then(|s| s.target) {
            Some(id) => Self { id, ..self },
            None => self,
        }
    }

    /// What it is.
    pub(crate) fn view(self) -> View<'t> {
        let tree = self.tree;
        match self.resolved().slot().map(|s| &s.kind) {
            Some(Kind::Scalar(text, style)) => View::Scalar(text, *style),
            Some(Kind::List(items)) => View::List(List { tree, items }),
            Some(Kind::Map(entries)) => View::Map(Map { tree, entries }),
            Some(Kind::Refused) | None => View::Refused,
        }
    }

    /// Where it is written; for an alias the alias.
    pub(crate) fn at(self) -> Range<usize> {
        self.slot().map(|s| s.at.clone()).unwrap_or_default()
    }

    /// For an alias: where the node it stands for is written.
    pub(crate) fn origin(self) -> Option<Range<usize>> {
        self.slot()?.target?;
        Some(self.resolved().at())
    }

    /// The text, if it is a scalar.
    pub(crate) fn text(self) -> Option<&'t str> {
        match self.view() {
            View::Scalar(text, _) => Some(text),
            _ => None,
        }
    }
}

impl<'t> List<'t> {
    pub(crate) fn iter(self) -> impl ExactSizeIterator<Item = Node<'t>> {
        self.items.iter().map(move |id| self.tree.node(*id))
    }

    pub(crate) fn is_empty(self) -> bool {
        self.items.is_empty()
    }
}

impl<'t> Map<'t> {
    /// Keys and values in the order written.
    pub(crate) fn iter(self) -> impl ExactSizeIterator<Item = (Node<'t>, Node<'t>)> {
        self.entries
            .iter()
            .map(move |(k, v)| (self.tree.node(*k), self.tree.node(*v)))
    }

    pub(crate) fn is_empty(self) -> bool {
        self.entries.is_empty()
    }
}
