//! A name taken apart into words.
//!
//! Case says nothing: an action's type is compared without it, so `createIssue`, `createissue` and
//! `CREATEISSUE` must be one name here too. Words that are written together are therefore found
//! with the word list, not with capitals. Everything lies in fixed buffers.

use super::tables::{self, Role, Use, Word};
use super::{endings, hash};
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
    /// The hash of all letters.
    state: u32,
    /// Where each word starts.
    starts: [u8; MAX_WORDS],
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
            state: hash::START,
            starts: [0; MAX_WORDS],
            words: 0,
            tail: 0,
            cut_short: false,
            foreign: false,
        };
        let mut before = b' ';
        let mut inside = false;
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
            self.starts[self.words] = u8::try_from(self.len).unwrap_or(u8::MAX);
            self.words += 1;
        }
        let byte = byte.to_ascii_lowercase();
        self.foreign |= byte >= 0x80;
        self.buffer[self.len] = byte;
        self.state = hash::step(self.state, byte);
        self.len += 1;
        true
    }

    /// The effect of the published tools of this name.
    pub(super) fn published(&self) -> Option<Effect> {
        tables::tool(&self.buffer[..self.len], self.state)
    }

    /// The effect of the published tools of the part that is the tool's own name, if a prefix
    /// stands before it.
    pub(super) fn published_without_prefix(&self) -> Option<Effect> {
        let own = &self.buffer[self.tail..self.len];
        (self.tail > 0 && !own.is_empty())
            .then(|| tables::tool(own, hash::of(own)))
            .flatten()
    }

    /// The letters from the word `from` up to the word `to`.
    fn span(&self, from: usize, to: usize) -> &[u8] {
        let at = |word: usize| match self.starts[..self.words].get(word) {
            Some(start) => usize::from(*start),
            None => self.len,
        };
        &self.buffer[at(from)..at(to)]
    }

    /// The words.
    pub(super) fn words(&self) -> Words {
        let mut words = Words {
            list: [Word::UNKNOWN; MAX_WORDS],
            len: 0,
            own: 0,
            cut_short: false,
        };
        let mut i = 0;
        while i < self.words {
            let start = usize::from(self.starts[i]);
            if start == self.tail {
                words.own = words.len;
            }
            let compound = (i + 1 < self.words && usize::from(self.starts[i + 1]) != self.tail)
                .then(|| tables::word(self.span(i, i + 2)))
                .flatten()
                .filter(|w| w.compound);
            if let Some(word) = compound {
                words.push(word);
                i += 2;
            } else {
                words.read(self.span(i, i + 1));
                i += 1;
            }
        }
        words
    }
}

/// The words of a name in their order.
pub(super) struct Words {
    list: [Word; MAX_WORDS],
    len: usize,
    /// Where the tool's own name starts.
    own: usize,
    /// Whether there were more.
    pub(super) cut_short: bool,
}

impl Words {
    /// The words.
    pub(super) fn list(&self) -> &[Word] {
        &self.list[..self.len]
    }

    /// The words before the tool's own name, and those of it.
    pub(super) fn halves(&self) -> (&[Word], &[Word]) {
        self.list().split_at(self.own.min(self.len))
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
        if let Some(count) = cover(run, &mut found) {
            for i in 0..count {
                let first = i == 0 || matches!(found[i - 1].role, Role::Join | Role::Skip);
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

/// Fills `found` with words that make up the whole run, the longest first; how many there are.
fn cover(run: &[u8], found: &mut [Word; MAX_JOINED]) -> Option<usize> {
    // Bit `n`: nothing makes up the rest from the letter `n` on. It keeps the search linear; that
    // fewer words might have been left for another way there is not worth a second look.
    let mut dead = 0;
    (run.len() <= MAX_RUN)
        .then(|| cover_from(run, 0, found, 0, &mut dead))
        .flatten()
}

fn cover_from(
    run: &[u8],
    at: usize,
    found: &mut [Word; MAX_JOINED],
    depth: usize,
    dead: &mut u64,
) -> Option<usize> {
    let rest = &run[at..];
    if rest.is_empty() {
        return Some(depth);
    }
    if depth == MAX_JOINED || *dead >> at & 1 == 1 {
        return None;
    }
    let mut known = [None; MAX_WORD + 1];
    let longest = parts(rest, &mut known);
    for len in (2..=longest).rev() {
        if let Some(word) = known[len] {
            found[depth] = word;
            if let Some(count) = cover_from(run, at + len, found, depth + 1, dead) {
                return Some(count);
            }
        }
    }
    *dead |= 1 << at;
    None
}

/// The words the letters start with, by their length; the length of the longest there can be. Of
/// two letters only what stands between other words counts (`getuserbyid`).
fn parts(rest: &[u8], known: &mut [Option<Word>; MAX_WORD + 1]) -> usize {
    let most = match rest.first_chunk() {
        Some(three) => tables::longest(three).clamp(2, MAX_WORD).min(rest.len()),
        None => rest.len(),
    };
    let mut state = hash::START;
    for len in 1..=most {
        state = hash::step(state, rest[len - 1]);
        if len >= 2 {
            known[len] = tables::word_hashed(&rest[..len], state).filter(|w| {
                (len >= 3 || matches!(w.role, Role::Cut | Role::Join))
                    && (!w.compound || w.verb.is_none())
            });
        }
    }
    most
}

/// A word found in a run: a verb is believed at the start, and at the end if it is hardly ever a
/// noun (`userdelete`, but `dataset`).
fn joined(word: Word, first: bool, last: bool) -> Word {
    let Some((effect, used)) = word.verb else {
        return word;
    };
    let believed = match used {
        Use::Verb => first || (last && effect != Effect::Read),
        Use::Both => first,
        // `tagresource`; but `logmetric` need not read a log.
        Use::First | Use::Noun => first && !last && effect != Effect::Read,
        Use::Guess => false,
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

/// The longest verb the run starts with, if what follows can be a word. A verb that reads is not
/// believed where another one may follow.
fn leading_verb(run: &[u8]) -> Option<Word> {
    let run = run.strip_prefix(b"batch").unwrap_or(run);
    let mut known = [None; MAX_WORD + 1];
    let longest = parts(run, &mut known);
    let (len, word) = (3..=longest).rev().find_map(|len| {
        let word = known[len].filter(|w| w.used() >= Some(Use::Both))?;
        let rest = run.len() - len;
        (rest >= 6 || (rest >= 3 && (len >= 4 || !word.restricts(Use::Both))))
            .then_some((len, word))
    })?;
    let rest = &run[len..];
    let believed = !endings::is_ending(rest) && (word.restricts(Use::Both) || !hides_a_deed(rest));
    believed.then(|| guessed(word, true))
}

/// Whether `and`, `or` or `then` and a verb that does more than read stand in the run, as in
/// `getorcreatelabel`.
fn hides_a_deed(run: &[u8]) -> bool {
    let joins: [&[u8]; 3] = [b"and", b"or", b"then"];
    (0..run.len()).any(|at| {
        joins.iter().any(|join| {
            run[at..].strip_prefix(*join).is_some_and(|rest| {
                let mut known = [None; MAX_WORD + 1];
                parts(rest, &mut known);
                known.iter().flatten().any(|w| w.restricts(Use::Both))
            })
        })
    })
}

/// A verb that does more than read and is hardly ever a noun, at the end of the run.
fn trailing_verb(run: &[u8]) -> Option<Word> {
    (2..run.len().saturating_sub(2))
        .filter(|at| run.len() - at <= MAX_WORD && run.len() >= 7)
        .find_map(|at| {
            let most = run[at..].first_chunk().map_or(0, tables::longest);
            (most >= run.len() - at).then(|| tables::word(&run[at..]))?
        })
        .filter(|w| w.restricts(Use::Verb))
        .map(|word| guessed(word, true))
}
