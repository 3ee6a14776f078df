//! Where the parts of a policy text lie, for whoever changes the text and keeps its comments.

use std::ops::Range;

use crate::document::Document;
use crate::tree::{Node, Style, View};

/// A part of a text and where it lies, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Where it is written; for an alias the alias itself.
    pub at: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

/// What a part is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A scalar with escapes resolved.
    Scalar {
        /// The value.
        text: String,
        /// Whether it is written without quotes.
        plain: bool,
    },
    /// A sequence.
    List {
        /// Whether it is written in brackets.
        flow: bool,
        /// The items in order.
        items: Vec<Outline>,
    },
    /// A mapping.
    Map {
        /// Whether it is written in braces.
        flow: bool,
        /// The entries that are written here; what `<<` merges is left out.
        entries: Vec<Entry>,
    },
    /// Stands for a part that is written elsewhere: to change it would change that part.
    Alias,
}

/// An entry of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key with escapes resolved.
    pub key: String,
    /// Where the key is written.
    pub key_at: Range<usize>,
    /// The value.
    pub value: Outline,
}

impl Outline {
    /// The value of a key, if this is a mapping that writes it itself.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of a key, if this is a mapping that writes it itself.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.kind {
            Kind::Map { entries, .. } => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// The items, if this is a sequence.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match &self.kind {
            Kind::List { items, .. } => items,
            _ => &[],
        }
    }

    /// Whether it is a collection in brackets or braces.
    #[must_use]
    pub fn is_flow(&self) -> bool {
        matches!(
            self.kind,
            Kind::List { flow: true, .. } | Kind::Map { flow: true, .. }
        )
    }
}

impl Document {
    /// Where the parts of the text lie. The parts of an aliased node appear once, where they are
    /// written.
    #[must_use]
    pub fn outline(&self) -> Option<Outline> {
        let text = &self.file.text;
        self.tree.root().map(|root| outline(root, text))
    }
}

/// Recursion ends at the depth that parsing allows.
fn outline(node: Node<'_>, text: &str) -> Outline {
    let at = node.at();
    if node.origin().is_some() {
        let kind = Kind::Alias;
        return Outline { at, kind };
    }
    let flow = |open: char| text.get(at.clone()).is_some_and(|t| t.starts_with(open));
    let kind = match node.view() {
        View::Scalar(value, style) => Kind::Scalar {
            text: value.to_owned(),
            plain: style == Style::Plain,
        },
        View::List(list) => Kind::List {
            flow: flow('['),
            items: list.iter().map(|item| outline(item, text)).collect(),
        },
        View::Map(map) => Kind::Map {
            flow: flow('{'),
            entries: map
                .iter()
                .filter(|(key, _)| key.at().start >= at.start && key.at().end <= at.end)
                .map(|(key, value)| Entry {
                    key: key.text().unwrap_or_default().to_owned(),
                    key_at: key.at(),
                    value: outline(value, text),
                })
                .collect(),
        },
        View::Refused => Kind::Alias,
    };
    Outline { at, kind }
}

#[cfg(test)]
mod tests {
    use crate::document;

    #[test]
    fn every_part_has_its_place() {
        let text = "defaults: &d {approval: auto}\nrules:\n  - name: a\n    match: {type: [x, \"y z\"]}\n  - *d\n  - <<: *d\n    name: b # last\n";
        let file = document::source("p.yaml", text.as_bytes()).unwrap();
        let root = document::parse(file).unwrap().outline().unwrap();
        let rules = root.get("rules").unwrap();
        assert!(!rules.is_flow() && root.get("defaults").unwrap().is_flow());
        let [first, alias, merged] = rules.items() else {
            panic!("{rules:?}");
        };
        let types = first.get("match").and_then(|m| m.get("type")).unwrap();
        assert_eq!(&text[types.at.clone()], "[x, \"y z\"]");
        assert_eq!(&text[types.items()[1].at.clone()], "\"y z\"");
        assert_eq!(alias.kind, super::Kind::Alias);
        assert_eq!(&text[alias.at.clone()], "*d");
        assert!(
            merged.get("approval").is_none(),
            "merged keys lie elsewhere"
        );
        assert_eq!(&text[merged.at.clone()], "<<: *d\n    name: b");
    }
}
