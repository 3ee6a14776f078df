//! Other names for a deed.

use aegis_policy::glob::Glob;
use aegis_policy::model::Effect;

use super::super::rules::RuleView;
use super::super::vocabulary::{self, NAMESPACES, PREFIXES, SEPARATORS, SUFFIXES, Verb};
use super::super::words::{Piece, Shape};

/// How a name was found, the most telling first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tier {
    /// A tool that exists.
    Real,
    /// A name that a rule which allows something leaves room for.
    Sibling,
    /// Another verb, or another order.
    Synonym,
    /// Something before or after the name.
    Affix,
    /// Other separators.
    Spelling,
    /// A slip of the pen.
    Misspelt,
}

impl Tier {
    /// The word for the family of names.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Real => "real-name",
            Self::Sibling => "sibling",
            Self::Synonym => "synonym",
            Self::Affix => "affix",
            Self::Spelling => "spelling",
            Self::Misspelt => "misspelt",
        }
    }
}

/// A pattern of a rule that allows something and leaves the verb open.
#[derive(Debug)]
pub(super) struct Room(Shape);

/// Whether a pattern has a `*` and words, and none of them is surely a verb: an `issue` may be one.
pub(in crate::search) fn is_room(shape: &Shape) -> bool {
    let words = !shape.objects().is_empty() || shape.verb.is_some();
    shape.is_open()
        && words
        && shape
            .verb
            .is_none_or(|(_, verb)| !(verb.only || verb.sure && verb.effect == Effect::Read))
}

/// Whether the one word of a pattern is mostly a verb: of exports and builds much can be deleted,
/// but `build_deploy` builds and `export_pay` exports.
pub(in crate::search) fn is_deed(shape: &Shape) -> bool {
    shape.verb.is_some_and(|(_, verb)| verb.sure) && shape.objects().is_empty()
}

/// How many such patterns are looked at.
const ROOMS: usize = 64;

/// The patterns of automatic rules that leave the verb open: `crm_*`, `*contact*`.
pub(super) fn rooms(rules: &[RuleView<'_>]) -> Vec<Room> {
    let autos = rules.iter().filter(|rule| rule.is_auto());
    let globs = autos.flat_map(|rule| rule.kinds.iter().flatten());
    globs
        .flat_map(Glob::alternatives)
        .map(Shape::of)
        .filter(is_room)
        .take(ROOMS)
        .map(Room)
        .collect()
}

/// Whether a published name with the effect of a verb does what a pattern with that verb is about.
pub(super) fn does_the_same(shape: &Shape, verb: &Verb, name: &str, lower: &str) -> bool {
    let objects = shape.objects();
    let singular = |object: &str| object.strip_suffix('s').unwrap_or(object).len();
    if !objects
        .iter()
        .all(|object| lower.contains(&object[..singular(object)]))
    {
        return false; // most names end here
    }
    let words = words(name);
    let has = |object: &&str| {
        words.iter().any(|word| {
            word == object
                || word.strip_suffix('s') == Some(object)
                || object.strip_suffix('s') == Some(word)
        })
    };
    if !objects.iter().all(has) {
        return false;
    }
    // What destroys, destroys, whatever the verb; other effects have deeds that differ.
    let same = vocabulary::synonyms(verb);
    let says = |word: &String| {
        same.iter().any(|s| {
            word == s || word.strip_suffix('s') == Some(*s) || word.starts_with(*s) && s.len() > 4
        })
    };
    match verb.effect {
        Effect::Delete => true,
        Effect::Read => !objects.is_empty() && words.iter().any(says),
        _ => words.iter().any(|word| word == verb.text) || words.iter().any(says),
    }
}

/// The words of a published name, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() || (small && c.is_ascii_uppercase()) {
            words.push(String::new());
        }
        small = c.is_ascii_lowercase();
        if c.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(c.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A way to make names up.
pub(super) type Stage = fn(&Shape, &[Room], &mut Vec<(String, Tier)>);

/// All ways to make names up for what a shape is about, the most telling first.
pub(super) const STAGES: [Stage; 5] = [siblings, synonyms, order, affixes, spellings];

/// How many names one way makes up at most.
const NAMES: usize = 96;

/// `crm_*` has room for `crm_delete_contact`.
fn siblings(shape: &Shape, rooms: &[Room], names: &mut Vec<(String, Tier)>) {
    let Some((at, verb)) = shape.verb else { return };
    if verb.effect == Effect::Read {
        return;
    }
    let objects = shape.objects();
    let before = shape.pieces[..at]
        .iter()
        .filter(|p| matches!(p, Piece::Word(_)))
        .count();
    let (namespace, rest) = objects.split_at(before.min(objects.len()));
    for Room(room) in rooms {
        let owns = |word: &&str| room.words().any(|own| own == *word);
        if !namespace.iter().all(owns) || (is_deed(room) && verb.effect != Effect::Delete) {
            continue;
        }
        if names.len() >= NAMES {
            return;
        }
        let separator = room.separator();
        let missing: Vec<&str> = rest.iter().filter(|word| !owns(word)).copied().collect();
        for verb in said(verb).take(3) {
            let mut fill = vec![verb];
            fill.extend(&missing);
            let fill = fill.join(separator);
            let first = room.filled(&fill, true);
            let last = room.filled(&fill, false);
            if last != first {
                names.push((last, Tier::Sibling));
            }
            names.push((first, Tier::Sibling));
            if missing.is_empty() {
                let fill = format!("{verb}{separator}record");
                names.push((room.filled(&fill, true), Tier::Sibling));
            }
        }
    }
}

/// The verb and others that say the same.
fn said(verb: &'static Verb) -> impl Iterator<Item = &'static str> {
    let others = vocabulary::synonyms(verb).iter().copied();
    std::iter::once(verb.text).chain(others.filter(|other| *other != verb.text))
}

/// `remove_x` for `delete_*`.
fn synonyms(shape: &Shape, _: &[Room], names: &mut Vec<(String, Tier)>) {
    let Some((_, verb)) = shape.verb else { return };
    if verb.effect == Effect::Read && shape.objects().is_empty() {
        return;
    }
    for other in said(verb).skip(1) {
        let other = shape.with_verb(other);
        names.push((other.name("record"), Tier::Synonym));
        if shape.objects().is_empty() {
            names.push((other.name(""), Tier::Synonym));
        }
    }
}

/// `record_delete` for `delete_*`, `x_file_upload` for `x_upload_file`.
fn order(shape: &Shape, _: &[Room], names: &mut Vec<(String, Tier)>) {
    let Some((_, verb)) = shape.verb else { return };
    if verb.effect == Effect::Read {
        return;
    }
    let separator = shape.separator();
    let objects = shape.objects();
    if objects.is_empty() {
        for name in [
            format!("record{separator}{}", verb.text),
            format!("{}{separator}record", verb.text),
            format!("my{separator}record{separator}{}", verb.text),
        ] {
            names.push((name, Tier::Synonym));
        }
        return;
    }
    for at in 0..=objects.len() {
        let mut words = objects.clone();
        words.insert(at, verb.text);
        names.push((words.join(separator), Tier::Synonym));
    }
}

fn affixes(shape: &Shape, _: &[Room], names: &mut Vec<(String, Tier)>) {
    // Without a verb or a whole name it is not known what an affix would be put to.
    if shape.effect() == Some(Effect::Read) || (shape.verb.is_none() && shape.is_open()) {
        return;
    }
    let separator = shape.separator();
    let (name, bare) = (shape.name("record"), shape.name(""));
    for prefix in PREFIXES {
        names.push((format!("{prefix}{separator}{name}"), Tier::Affix));
    }
    for namespace in NAMESPACES {
        names.push((format!("{namespace}{name}"), Tier::Affix));
    }
    for suffix in SUFFIXES {
        names.push((format!("{bare}{separator}{suffix}"), Tier::Affix));
        names.push((format!("{name}{separator}{suffix}"), Tier::Affix));
    }
}

fn spellings(shape: &Shape, _: &[Room], names: &mut Vec<(String, Tier)>) {
    if !shape
        .pieces
        .iter()
        .any(|piece| matches!(piece, Piece::Between(_)))
    {
        return;
    }
    let own = shape.separator().to_owned();
    for separator in SEPARATORS.iter().filter(|s| **s != own) {
        let mut other = shape.clone();
        for piece in &mut other.pieces {
            if let Piece::Between(text) = piece {
                *text = (*separator).to_owned();
            }
        }
        names.push((other.name("record"), Tier::Spelling));
    }
}

/// `delte_record`: one or two neighbouring letters lost, swapped, replaced or added. What a pattern does with a letter
/// it does not spell, it does with every such letter, so that one of them stands for all.
pub(super) fn misspellings(shape: &Shape, _: &[Room], names: &mut Vec<(String, Tier)>) {
    if shape.effect() == Some(Effect::Read) {
        return;
    }
    let name: Vec<char> = shape.name("record").chars().collect();
    let Some(strange) = ('a'..='z').rev().find(|c| !name.contains(c)) else {
        return;
    };
    for length in [1, 2] {
        for (at, here) in name.windows(length).enumerate() {
            if !here.iter().all(char::is_ascii_alphanumeric) {
                continue; // other separators are a family of their own
            }
            let (before, after) = (&name[..at], &name[at + length..]);
            let with = |middle: &[char]| [before, middle, after].concat().into_iter().collect();
            let mut add = |name: String| names.push((name, Tier::Misspelt));
            add(with(&[]));
            add(with(&[strange; 2][..length]));
            match here {
                [a] => add(with(&[*a, strange])),
                [a, b] if a != b => add(with(&[*b, *a])),
                _ => {}
            }
        }
    }
}
