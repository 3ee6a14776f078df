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
    /// It reads, but is also a thing that deeds are done to: `board_list_update`.
    Listing,
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
    /// Whether it brings something about: creating a `message` sends it, editing one does not.
    pub(super) makes: bool,
    /// Whether two words of a name are read as this one: `pull_request`, `log_in`.
    pub(super) compound: bool,
}

impl Word {
    /// A word nothing is known of.
    pub(super) const UNKNOWN: Self = Self {
        verb: None,
        raises: None,
        role: Role::Plain,
        makes: false,
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

/// One word of the table. Texts lie in one string: a table of references would have to be patched
/// at every start of the program.
struct Entry {
    at: u32,
    len: u8,
    word: Word,
}

/// One name of the tool table.
struct Tool {
    at: u32,
    len: u8,
    effect: Effect,
}

/// A slot of a table: the number of an entry, counted from 1 as 0 is empty, and some bits of its
/// hash, so that hardly any wrong entry is looked at.
struct Slot {
    number: u16,
    check: u16,
}

/// Shorthands for the generated file.
const fn w(
    at: u32,
    len: u8,
    verb: Option<(Effect, Use)>,
    raises: Option<Effect>,
    role: Role,
    (makes, compound): (bool, bool),
) -> Entry {
    Entry {
        at,
        len,
        word: Word {
            verb,
            raises,
            role,
            makes,
            compound,
        },
    }
}

const fn t(at: u32, len: u8, effect: Effect) -> Tool {
    Tool { at, len, effect }
}

const fn s(number: u16, check: u16) -> Slot {
    Slot { number, check }
}

include!(concat!(env!("OUT_DIR"), "/effect_tables.rs"));

/// What is known of a word in lower case.
pub(super) fn word(text: &[u8]) -> Option<Word> {
    word_hashed(text, hash::of(text))
}

/// The same with its hash at hand.
pub(super) fn word_hashed(text: &[u8], state: u32) -> Option<Word> {
    let number = find(&WORD_SLOTS, state, |number| {
        let entry = &WORDS[number];
        is_text(WORD_TEXT, entry.at, entry.len, text)
    })?;
    Some(WORDS[number].word)
}

/// The effect of the published tools of this name: its letters and digits in lower case, without
/// anything between them; `state` is their hash.
pub(super) fn tool(text: &[u8], state: u32) -> Option<Effect> {
    let number = find(&TOOL_SLOTS, state, |number| {
        let tool = &TOOLS[number];
        is_text(TOOL_TEXT, tool.at, tool.len, text)
    })?;
    Some(TOOLS[number].effect)
}

/// The letters of the longest word that starts with these three; 0 if none does. It saves most
/// look-ups when words that are written together are told apart.
pub(super) fn longest(three: &[u8; 3]) -> usize {
    let index = three.iter().try_fold(0, |index, byte| {
        let letter = byte.wrapping_sub(b'a');
        (letter < 26).then_some(index * 26 + usize::from(letter))
    });
    index.map_or(0, |i| usize::from(LONGEST[i]))
}

fn is_text(all: &str, at: u32, len: u8, text: &[u8]) -> bool {
    let at = at as usize;
    all.as_bytes().get(at..at + usize::from(len)) == Some(text)
}

/// Looks through the slots of a hash. A table is at most half full, so there is an empty slot.
fn find(slots: &[Slot], state: u32, is_it: impl Fn(usize) -> bool) -> Option<usize> {
    let mut at = hash::slot(state, slots.len());
    loop {
        let slot = &slots[at];
        let number = usize::from(slot.number).checked_sub(1)?;
        if slot.check == hash::check(state) && is_it(number) {
            return Some(number);
        }
        at = (at + 1) & (slots.len() - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_found_and_nothing_else() {
        for entry in &WORDS {
            let text = &WORD_TEXT.as_bytes()[entry.at as usize..][..usize::from(entry.len)];
            assert_eq!(word(text), Some(entry.word));
            assert!(
                text.iter()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            );
        }
        for entry in &TOOLS {
            let text = &TOOL_TEXT.as_bytes()[entry.at as usize..][..usize::from(entry.len)];
            assert_eq!(tool(text, hash::of(text)), Some(entry.effect));
        }
        assert_eq!(word(b"frobnicate"), None);
        assert_eq!(word(b""), None);
        assert_eq!(tool(b"", hash::of(b"")), None);
    }

    #[test]
    fn the_longest_word_by_its_start() {
        assert!(longest(b"del") >= "deletecollection".len());
        assert_eq!(longest(b"xzq"), 0);
        assert_eq!(longest(b"a1b"), 0);
    }
}
