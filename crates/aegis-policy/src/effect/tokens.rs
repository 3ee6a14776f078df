//! A name taken apart into words.
//!
//! Case says nothing: an action's type is compared without it, so `createIssue`, `createissue` and
//! `CREATEISSUE` must be one name here too. Words that are written together are therefore found
//! with the word list, not with capitals. Everything lies in fixed buffers.

use super::hash;
use super::tables::{self, Role, Use, Word};
use crate::model::Effect;

/// Letters and digits of the longest name that is looked at; a longer one is never called reading.
const MAX_LETTERS: usize = 192;
/// Words of the longest name that is looked at.
const MAX_WORDS: usize = 32;
/// Letters of the longest word in the tables, with some to spare.
const MAX_WORD: usize = 20;
/// Letters of the longest run that is searched for words written together.
const MAX_RUN: usize = 64;
/// The most words that are found in one run.
const MAX_JOINED: usize = 5;

/// The letters of a name, in lower case and without what stands between them.
pub(super) struct Letters {
    buffer: [u8; MAX_LETTERS],
    len: usize,
    /// Where each word starts, and the end of the last one.
    bounds: [u8; MAX_WORDS + 1],
    words: usize,
    /// Where the part after the last `/`, `:`, `.`, `#` or `__` starts: what a client or gateway
    /// puts before a tool's name is separated by one of these.
    tail: usize,
    /// Whether the name could not be taken in whole.
    pub(super) cut_short: bool,
    /// Whether there are letters beyond ASCII, which no table knows.
    pub(super) foreign: bool,
}

impl Letters {
    /// Takes a name apart. ASCII letters are lowered here, so that any spelling may be given.
    pub(super) fn of(name: &str) -> Self {
        let mut letters = Self {
            buffer: [0; MAX_LETTERS],
            len: 0,
            bounds: [0; MAX_WORDS + 1],
            words: 0,
            tail: 0,
            cut_short: false,
            foreign: false,
        };
        let mut inside = false;
        let mut before = 0;
        for &byte in name.as_bytes() {
            if byte.is_ascii_alphanumeric() || byte >= 0x80 {
                if !letters.push(byte, inside) {
                    letters.cut_short = true;
                    break;
                }
                inside = true;
            } else {
                inside = false;
                if matches!(byte, b'/' | b':' | b'.' | b'#') || (byte == b'_' && before == b'_') {
                    letters.tail = letters.len;
                }
            }
            before = byte;
        }
        letters
    }

    /// Takes one letter in, unless there is no room; `inside` a word or at the start of one.
    fn push(&mut self, byte: u8, inside: bool) -> bool {
        if self.len == MAX_LETTERS || (!inside && self.words == MAX_WORDS) {
            return false;
        }
        if !inside {
            self.words += 1;
        }
        self.foreign |= byte >= 0x80;
        self.buffer[self.len] = byte.to_ascii_lowercase();
        self.len += 1;
        self.bounds[self.words] = u8::try_from(self.len).unwrap_or(u8::MAX);
        true
    }

    /// All letters.
    pub(super) fn all(&self) -> &[u8] {
        &self.buffer[..self.len]
    }

    /// The letters of the tool's own name, if a prefix stands before it.
    pub(super) fn tail(&self) -> Option<&[u8]> {
        (0 < self.tail && self.tail < self.len).then(|| &self.buffer[self.tail..self.len])
    }

    /// The letters of `count` words from the word `first` on.
    fn span(&self, first: usize, count: usize) -> &[u8] {
        let (from, to) = (self.bounds[first], self.bounds[first + count]);
        &self.buffer[usize::from(from)..usize::from(to)]
    }

    /// The words.
    pub(super) fn words(&self) -> Words {
        self.words_from(0)
    }

    /// The words of the tool's own name, if a prefix stands before it.
    pub(super) fn tail_words(&self) -> Option<Words> {
        self.tail()?;
        let first = (0..self.words).find(|i| usize::from(self.bounds[*i]) == self.tail)?;
        Some(self.words_from(first))
    }

    fn words_from(&self, first: usize) -> Words {
        let mut words = Words::default();
        let mut i = first;
        while i < self.words {
            if i + 1 < self.words
                && let Some(word) = tables::word(self.span(i, 2)).filter(|w| w.compound)
            {
                words.push(word);
                i += 2;
                continue;
            }
            words.read(self.span(i, 1));
            i += 1;
        }
        words
    }
}

/// The words of a name in their order.
#[derive(Debug)]
pub(super) struct Words {
    list: [Word; MAX_WORDS],
    len: usize,
    /// Whether there were more.
    pub(super) cut_short: bool,
}

impl Default for Words {
    fn default() -> Self {
        Self {
            list: [Word::UNKNOWN; MAX_WORDS],
            len: 0,
            cut_short: false,
        }
    }
}

impl Words {
    /// The words.
    pub(super) fn list(&self) -> &[Word] {
        &self.list[..self.len]
    }

    fn push(&mut self, word: Word) {
        if self.len == MAX_WORDS {
            self.cut_short = true;
        } else {
            self.list[self.len] = word;
            self.len += 1;
        }
    }

    /// Adds what one run of letters and digits holds.
    fn read(&mut self, run: &[u8]) {
        if let Some(word) = tables::word(run) {
            return self.push(word);
        }
        let bare = without_digits(run);
        if bare.is_empty() {
            return; // a number
        }
        if bare.len() != run.len()
            && let Some(word) = tables::word(bare)
        {
            return self.push(word);
        }
        self.push_joined(bare);
    }

    /// Adds the words of a run that is no word itself.
    fn push_joined(&mut self, run: &[u8]) {
        let mut found = [Word::UNKNOWN; MAX_JOINED];
        if let Some(count) = cover(run, &mut found, 0) {
            for i in 0..count {
                let first = i == 0 || found[i - 1].role == Role::Join;
                self.push(joined(found[i], first, i + 1 == count));
            }
        } else if let Some(word) = leading_verb(run) {
            self.push(word);
            self.push(Word::UNKNOWN);
        } else {
            self.push(Word::UNKNOWN);
            if let Some(word) = trailing_verb(run) {
                self.push(word);
            }
        }
    }
}

/// The run without digits at its ends.
fn without_digits(run: &[u8]) -> &[u8] {
    let digit = |b: &u8| !b.is_ascii_digit();
    let Some(from) = run.iter().position(digit) else {
        return &[];
    };
    let to = run.iter().rposition(digit).map_or(from, |last| last + 1);
    &run[from..to]
}

/// Whether a word of this length may be a part of a run.
fn may_join(word: Word, len: usize) -> bool {
    len >= 3 || (len == 2 && word.role == Role::Cut)
}

/// Fills `found` from `depth` on with words that make up the whole run, the longest first; how many
/// there are then.
fn cover(run: &[u8], found: &mut [Word; MAX_JOINED], depth: usize) -> Option<usize> {
    if run.is_empty() {
        return Some(depth);
    }
    if depth == MAX_JOINED || run.len() > MAX_RUN {
        return None;
    }
    let mut known = [None; MAX_WORD + 1];
    let mut state = hash::START;
    for (i, &byte) in run.iter().enumerate().take(MAX_WORD) {
        state = hash::step(state, byte);
        known[i + 1] = tables::word_hashed(&run[..=i], state).filter(|w| may_join(*w, i + 1));
    }
    for len in (1..known.len()).rev() {
        if let Some(word) = known[len] {
            found[depth] = word;
            if let Some(count) = cover(&run[len..], found, depth + 1) {
                return Some(count);
            }
        }
    }
    None
}

/// A word found in a run: a verb is believed at the start, and at the end if it is hardly ever a
/// noun (`userdelete`, but `dataset`).
fn joined(word: Word, first: bool, last: bool) -> Word {
    let (effect, used) = match word.verb {
        Some(verb) => verb,
        None => return word,
    };
    let believed = match used {
        Use::Verb => first || (last && effect != Effect::Read),
        Use::Both => first,
        Use::First | Use::Noun | Use::Guess => false,
    };
    guessed(word, believed)
}

/// The word with its verb as a guess, or without it.
fn guessed(word: Word, believed: bool) -> Word {
    let verb = word
        .verb
        .filter(|_| believed)
        .map(|(effect, _)| (effect, Use::Guess));
    Word { verb, ..word }
}

/// Endings that make a noun or adjective of a verb: an `assignment` assigns nothing.
const ENDINGS: [&[u8]; 19] = [
    b"ment", b"ments", b"able", b"ible", b"ion", b"ions", b"ation", b"ations", b"ance", b"ence",
    b"ers", b"ors", b"age", b"ages", b"ure", b"ive", b"ives", b"ity", b"ness",
];

/// The longest verb the run starts with, if what follows can be a word. A verb that reads is not
/// believed where another one may follow.
fn leading_verb(run: &[u8]) -> Option<Word> {
    let mut state = hash::START;
    let mut best = None;
    for (i, &byte) in run.iter().enumerate().take(MAX_WORD) {
        state = hash::step(state, byte);
        let (head, rest) = run.split_at(i + 1);
        if head.len() >= 3
            && rest.len() >= 3
            && let Some(word) = tables::word_hashed(head, state)
            && word.used() >= Some(Use::Both)
            && (head.len() >= 4 || !word.restricts(Use::Both))
        {
            best = Some((word, rest));
        }
    }
    let (word, rest) = best?;
    let believed = !ENDINGS.contains(&rest) && (word.restricts(Use::Both) || !hides_a_deed(rest));
    believed.then(|| guessed(word, true))
}

/// Whether a verb that does more than read stands anywhere in the run.
fn hides_a_deed(run: &[u8]) -> bool {
    (0..run.len()).any(|from| {
        let mut state = hash::START;
        run[from..]
            .iter()
            .enumerate()
            .take(MAX_WORD)
            .any(|(i, &byte)| {
                state = hash::step(state, byte);
                i >= 3
                    && tables::word_hashed(&run[from..=from + i], state)
                        .is_some_and(|w| w.restricts(Use::Both))
            })
    })
}

/// A verb that does more than read at the end of the run.
fn trailing_verb(run: &[u8]) -> Option<Word> {
    (3..=MAX_WORD)
        .rev()
        .filter_map(|len| run.len().checked_sub(len))
        .filter(|from| *from >= 2)
        .find_map(|from| tables::word(&run[from..]).filter(|w| w.restricts(Use::Verb)))
        .filter(|_| run.len() >= 7)
        .map(|word| guessed(word, true))
}
