//! What is known of words and of published tools, compiled in: nothing is read or parsed when a
//! program starts. The build script makes the tables from `policies/reference/`.

use super::hash;
use crate::model::Effect;

/// How surely a word is a verb where it stands in a tool's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Use {
    /// A verb only as the first word: `flag_comment`, `group_items`.
    First,
    /// Mostly a noun: `comment`, `log`.
    Noun,
    /// A verb found in letters written together, which may be the name of a product as well.
    Guess,
    /// As often a noun: `list`, `update`, `run`.
    Both,
    /// Hardly ever anything else: `create`, `delete`, `get`.
    Verb,
}

/// What a word does besides being a verb or an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Nothing: a thing or a quality.
    Plain,
    /// Says nothing about the effect: `mcp`, `api`, `tool`, `bulk`.
    Skip,
    /// What follows is a circumstance: `by`, `for`, `in`.
    Cut,
    /// What follows is a second deed: `and`, `or`, `then`.
    Join,
    /// A name that ends in it and has no verb shows the state of something: `status`, `info`.
    State,
}

/// What is known of one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    /// What it does as a verb.
    pub(super) verb: Option<(Effect, Use)>,
    /// What writing becomes when this is its object: writing a `payment` pays.
    pub(super) raises: Option<Effect>,
    /// What else it does.
    pub(super) role: Role,
    /// Whether two words of a name are read as this one: `pull_request`, `log_in`.
    pub(super) compound: bool,
}

impl Word {
    /// A word nothing is known of.
    pub(super) const UNKNOWN: Self = Self {
        verb: None,
        raises: None,
        role: Role::Plain,
        compound: false,
    };

    /// How surely it is a verb.
    pub(super) fn used(self) -> Option<Use> {
        self.verb.map(|(_, used)| used)
    }

    /// Whether it is a verb, at least this surely, of something else than reading.
    pub(super) fn restricts(self, at_least: Use) -> bool {
        self.verb
            .is_some_and(|(effect, used)| effect != Effect::Read && used >= at_least)
    }
}

/// One word of the table.
struct Entry {
    text: &'static str,
    word: Word,
}

/// Shorthands for the generated file.
const fn w(
    text: &'static str,
    verb: Option<(Effect, Use)>,
    raises: Option<Effect>,
    role: Role,
    compound: bool,
) -> Entry {
    Entry {
        text,
        word: Word {
            verb,
            raises,
            role,
            compound,
        },
    }
}

include!(concat!(env!("OUT_DIR"), "/effect_tables.rs"));

/// What is known of a word in lower case.
pub(super) fn word(text: &[u8]) -> Option<Word> {
    word_hashed(text, hash::of(text))
}

/// The same with its hash at hand.
pub(super) fn word_hashed(text: &[u8], state: u32) -> Option<Word> {
    let mut slot = hash::slot(state, WORD_SLOTS.len());
    loop {
        let entry = WORDS.get(usize::from(WORD_SLOTS[slot]).wrapping_sub(1))?;
        if entry.text.as_bytes() == text {
            return Some(entry.word);
        }
        slot = (slot + 1) & (WORD_SLOTS.len() - 1);
    }
}

/// The effect of the published tools of this name: its letters and digits in lower case, without
/// anything between them.
pub(super) fn tool(text: &[u8]) -> Option<Effect> {
    let mut slot = hash::slot(hash::of(text), TOOL_SLOTS.len());
    loop {
        let (name, effect) = TOOLS.get(usize::from(TOOL_SLOTS[slot]).wrapping_sub(1))?;
        if name.as_bytes() == text {
            return Some(*effect);
        }
        slot = (slot + 1) & (TOOL_SLOTS.len() - 1);
    }
}
