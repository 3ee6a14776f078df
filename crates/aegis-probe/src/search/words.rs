//! Patterns taken apart into words, so that other names can be made from them.

use aegis_policy::glob::{Alternative, Token};
use aegis_policy::model::Effect;

use super::vocabulary::{self, Verb};

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Letters and digits.
    Word(String),
    /// What stands between words.
    Between(String),
    /// `*`
    Any,
    /// `?` or a set; what it stands for in the shortest name.
    One(String),
}

/// One alternative of a pattern, as words.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// Its pieces.
    pub(crate) pieces: Vec<Piece>,
    /// Which of them is the verb that says what it is about.
    pub(crate) verb: Option<(usize, &'static Verb)>,
}

impl Shape {
    /// Takes an alternative apart.
    pub(crate) fn of(alternative: &Alternative) -> Self {
        let mut pieces = Vec::new();
        for token in alternative.tokens() {
            match token {
                Token::Literal(text) => split(text, &mut pieces),
                Token::Any => pieces.push(Piece::Any),
                one => pieces.push(Piece::One(super::rules::shortest(std::slice::from_ref(
                    one,
                )))),
            }
        }
        let verb = head(&pieces);
        Self { pieces, verb }
    }

    /// Takes a canonical name apart.
    pub(crate) fn of_name(name: &str) -> Self {
        let mut pieces = Vec::new();
        split(name, &mut pieces);
        let verb = head(&pieces);
        Self { pieces, verb }
    }

    /// What names of this shape do, as far as the verb tells.
    pub(crate) fn effect(&self) -> Option<Effect> {
        self.verb.map(|(_, verb)| verb.effect)
    }

    /// Its words but the verb.
    pub(crate) fn objects(&self) -> Vec<&str> {
        let pieces = self.pieces.iter().enumerate();
        pieces
            .filter(|(at, _)| self.verb.is_none_or(|(verb, _)| verb != *at))
            .filter_map(|(_, piece)| match piece {
                Piece::Word(word) => Some(word.as_str()),
                _ => None,
            })
            .collect()
    }

    /// All its words.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Word(word) => Some(word.as_str()),
            _ => None,
        })
    }

    /// Whether it has a `*`.
    pub(crate) fn is_open(&self) -> bool {
        self.pieces.contains(&Piece::Any)
    }

    /// A name of this shape, with `fill` for each `*`, which gets a separator where a word stands
    /// beside it.
    pub(crate) fn name(&self, fill: &str) -> String {
        let mut name = String::new();
        for (at, piece) in self.pieces.iter().enumerate() {
            match piece {
                Piece::Word(text) | Piece::Between(text) | Piece::One(text) => name.push_str(text),
                Piece::Any if fill.is_empty() => {}
                Piece::Any => {
                    if at > 0 && matches!(self.pieces.get(at - 1), Some(Piece::Word(_))) {
                        name.push_str(self.separator());
                    }
                    name.push_str(fill);
                    if matches!(self.pieces.get(at + 1), Some(Piece::Word(_))) {
                        name.push_str(self.separator());
                    }
                }
            }
        }
        name
    }

    /// Names of this shape, the most readable first.
    pub(crate) fn instances(&self) -> Vec<String> {
        vec![
            self.filled("record", false),
            self.name("record"),
            self.name(""),
        ]
    }

    /// A name of this shape with its first or last `*` filled and the others empty.
    pub(crate) fn filled(&self, fill: &str, first: bool) -> String {
        let mut stars = self
            .pieces
            .iter()
            .enumerate()
            .filter(|(_, p)| **p == Piece::Any);
        let kept = if first {
            stars.next()
        } else {
            stars.next_back()
        };
        let kept = kept.map(|(at, _)| at);
        let pieces = self.pieces.iter().enumerate();
        let pieces = pieces.filter(|(at, piece)| **piece != Piece::Any || Some(*at) == kept);
        let only = Self {
            pieces: pieces.map(|(_, piece)| piece.clone()).collect(),
            verb: None,
        };
        only.name(fill)
    }

    /// The separator that it uses; `_` if it has none.
    pub(crate) fn separator(&self) -> &str {
        let first = self.pieces.iter().find_map(|piece| match piece {
            Piece::Between(text) => Some(text.as_str()),
            _ => None,
        });
        first.unwrap_or("_")
    }

    /// The same with another verb.
    pub(crate) fn with_verb(&self, verb: &str) -> Self {
        let mut other = self.clone();
        if let Some((at, _)) = self.verb
            && let Some(piece) = other.pieces.get_mut(at)
        {
            *piece = Piece::Word(verb.to_owned());
        }
        other
    }
}

/// Cuts a text into words and what stands between them. A verb that is written together with its
/// object is cut off.
fn split(text: &str, pieces: &mut Vec<Piece>) {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = first.is_alphanumeric();
        let end = rest
            .find(|c: char| c.is_alphanumeric() != word)
            .unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        if word {
            split_run(run, pieces);
        } else {
            pieces.push(Piece::Between(run.to_owned()));
        }
        rest = after;
    }
}

fn split_run(run: &str, pieces: &mut Vec<Piece>) {
    if vocabulary::verb(run).is_some() || !run.is_ascii() {
        pieces.push(Piece::Word(run.to_owned()));
        return;
    }
    let verb =
        |text: &str| text.len() >= 4 && vocabulary::verb(text).is_some_and(|v| v.sure && v.grave);
    let starts = (4..run.len().saturating_sub(2))
        .rev()
        .find(|&at| verb(&run[..at]));
    let ends = (3..run.len().saturating_sub(3)).find(|&at| verb(&run[at..]));
    match starts.or(ends) {
        Some(at) => {
            let (a, b) = run.split_at(at);
            pieces.push(Piece::Word(a.to_owned()));
            pieces.push(Piece::Word(b.to_owned()));
        }
        None => pieces.push(Piece::Word(run.to_owned())),
    }
}

/// The verb that says what a pattern is about: the first that does more than read, one that is
/// hardly a noun before one that may be; else the first that reads.
fn head(pieces: &[Piece]) -> Option<(usize, &'static Verb)> {
    let verbs: Vec<(usize, &'static Verb)> = pieces
        .iter()
        .enumerate()
        .filter_map(|(at, piece)| match piece {
            Piece::Word(word) => Some((at, known(word)?)),
            _ => None,
        })
        .collect();
    let find = |wanted: &dyn Fn(&Verb) -> bool| verbs.iter().find(|(_, v)| wanted(v)).copied();
    // `get_order`: a verb that reads at the start decides.
    if let Some(&(0, first)) = verbs.first()
        && first.sure
    {
        return Some((0, first));
    }
    find(&|v| v.sure && v.effect != Effect::Read)
        .or_else(|| find(&|v| v.sure))
        .or_else(|| find(&|v| v.effect != Effect::Read))
}

/// The verb of a word or of its third person.
fn known(word: &str) -> Option<&'static Verb> {
    vocabulary::verb(word).or_else(|| vocabulary::verb(word.strip_suffix('s')?))
}

#[cfg(test)]
mod tests {
    use aegis_policy::glob::Glob;

    use super::*;

    fn shape(pattern: &str) -> Shape {
        Shape::of(&Glob::parse(pattern).expect(pattern).alternatives()[0])
    }

    #[test]
    fn patterns_are_read_as_words() {
        for (pattern, verb, objects, name) in [
            ("delete*", Some("delete"), vec![], "delete_it"),
            ("delete_*", Some("delete"), vec![], "delete_it"),
            ("*_delete", Some("delete"), vec![], "it_delete"),
            ("*delete*", Some("delete"), vec![], "it_delete_it"),
            (
                "crm_delete_contact*",
                Some("delete"),
                vec!["crm", "contact"],
                "crm_delete_contact_it",
            ),
            (
                "s3:DeleteObject",
                Some("delete"),
                vec!["s", "3", "object"],
                "s3:deleteobject",
            ),
            ("get_order", Some("get"), vec!["order"], "get_order"),
            ("crm_*", None, vec!["crm"], "crm_it"),
            ("?un", None, vec!["un"], "xun"),
        ] {
            let shape = shape(pattern);
            assert_eq!(shape.verb.map(|(_, v)| v.text), verb, "{pattern}");
            if pattern != "s3:DeleteObject" {
                assert_eq!(shape.objects(), objects, "{pattern}");
            }
            assert_eq!(shape.name("it"), name, "{pattern}");
        }
        assert_eq!(shape("delete-*").with_verb("drop").name("x"), "drop-x");
    }
}
