//! Texts that stand for all texts, as far as needles, regular expressions and fixed texts can tell
//! them apart.
//!
//! With needles and fixed texts alone the answer is plain: any choice of needles side by side, with
//! a character between that is in none of them. With regular expressions all of them are followed
//! at once, byte by byte, by the automata of the regex engine, which gives the shortest text for
//! every combination that there is.

use std::cell::RefCell;
use std::collections::VecDeque;

use regex_automata::Input;
use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson;
use regex_syntax::hir::{Class, Hir, HirKind};
use rustc_hash::FxHashMap;

/// The walk visits at most this many places.
const MOST_NODES: usize = 2_048;

/// And takes at most this many steps.
const MOST_STEPS: usize = 120_000;

/// No more automata than this are followed at once.
const MOST_AUTOMATA: usize = 16;

/// One automaton may take this many bytes.
const AUTOMATON_BYTES: usize = 4 << 20;

/// Needles beyond this many are not combined freely.
const MOST_NEEDLES: usize = 7;

/// So many texts are spelled out for one expression.
const MOST_SPELLED: usize = 12;

/// And none longer than this.
const LONGEST_SPELLED: usize = 4_096;

/// What a text is a number by, once it is ASCII.
const NUMBER: &str = r"\A\s*[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\s*\z";

/// Bytes in the order in which they are preferred in a text that is shown.
const NICE: &[u8] = b"aeotnsrixbcdfghjklmpquvwyz0123456789 ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.,/:;@=+*!?#$%&'\"()<>[]{}|\\^`~\n\t";

/// What tells texts apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Marks {
    /// Texts looked for.
    pub(super) needles: Vec<String>,
    /// Whole texts.
    pub(super) whole: Vec<String>,
    /// Regular expressions.
    pub(super) regexes: Vec<String>,
    /// Whether numeric texts are apart too.
    pub(super) numbers: bool,
}

/// A text and what it fits: for each needle, then each whole text, then each regular expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fit {
    /// The text; `None` if none is known, and perhaps there is none.
    pub(super) text: Option<String>,
    /// What it fits.
    pub(super) fits: Vec<bool>,
    /// Whether it is, or may be, numeric.
    pub(super) number: bool,
}

/// So many answers of [`fits`] are remembered.
const MOST_REMEMBERED: usize = 256;

thread_local! {
    /// Changes of a policy that are tried leave nearly all its conditions as they are, and to follow
    /// regular expressions is most of what a trial costs.
    static REMEMBERED: RefCell<FxHashMap<Marks, (Vec<Fit>, bool)>> = RefCell::default();
}

/// So many automata are kept for the next walk, which is mostly about some of the same expressions,
/// and none that has grown beyond so many bytes: it may take more in the walk to come.
const MOST_READY: usize = 64;
const READY_BYTES: usize = AUTOMATON_BYTES / 16;

thread_local! {
    /// Automata that no walk uses now, by their pattern. What they have built so far stays true.
    static READY: RefCell<FxHashMap<String, Automaton>> = RefCell::default();
}

/// The combinations, and whether they are all.
pub(super) fn fits(marks: &Marks) -> (Vec<Fit>, bool) {
    if marks.regexes.is_empty() {
        return side_by_side(marks);
    }
    if let Some(known) = REMEMBERED.with_borrow(|all| all.get(marks).cloned()) {
        return known;
    }
    let found = followed(marks);
    REMEMBERED.with_borrow_mut(|all| {
        if all.len() >= MOST_REMEMBERED {
            all.clear();
        }
        all.insert(marks.clone(), found.clone());
    });
    found
}

/// The same, with regular expressions.
fn followed(marks: &Marks) -> (Vec<Fit>, bool) {
    let few = marks.needles.len() + marks.whole.len() + marks.regexes.len() <= MOST_AUTOMATA;
    let walk = if few { Walk::new(marks) } else { None };
    let (walked, complete) = walk.map_or((Vec::new(), false), Walk::go);
    let mut found = spoken(marks);
    found.extend(walked);
    if complete {
        return (found, true);
    }
    // What was not reached may still be: every combination that is not impossible.
    let count = marks.needles.len() + marks.whole.len() + marks.regexes.len();
    if count > MOST_NEEDLES {
        return (found, false);
    }
    for choice in 0..1_usize << count {
        let fits: Vec<bool> = (0..count).map(|i| choice >> i & 1 == 1).collect();
        let known = found
            .iter()
            .any(|fit| fit.text.is_some() && fit.fits == fits);
        if !known {
            for number in [false, true] {
                let fits = fits.clone();
                found.push(Fit {
                    text: None,
                    fits,
                    number,
                });
            }
        }
    }
    (found, true)
}

/// Texts that the expressions spell out, as a person would write them, and the fixed texts.
fn spoken(marks: &Marks) -> Vec<Fit> {
    let compiled: Vec<_> = marks
        .regexes
        .iter()
        .map(|r| aegis_policy::regexes::compile(r).ok())
        .collect();
    let expressions = marks
        .regexes
        .iter()
        .filter_map(|regex| regex_syntax::parse(regex).ok());
    let spelled = expressions.flat_map(|hir| spell(&hir));
    let texts = marks
        .whole
        .iter()
        .chain(&marks.needles)
        .cloned()
        .chain(spelled);
    texts
        .map(|text| {
            let needles = marks.needles.iter().map(|n| text.contains(n.as_str()));
            let whole = marks.whole.iter().map(|w| *w == text);
            let regexes = compiled
                .iter()
                .map(|r| r.as_ref().is_some_and(|r| r.is_match(&text) == Some(true)));
            Fit {
                fits: needles.chain(whole).chain(regexes).collect(),
                number: aegis_policy::number::is_numeric(&text),
                text: Some(text),
            }
        })
        .collect()
}

/// A few texts that an expression spells out: the least of every repetition, each of its first
/// alternatives.
fn spell(hir: &Hir) -> Vec<String> {
    let mut out = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![String::new()],
        HirKind::Literal(literal) => String::from_utf8(literal.0.to_vec()).into_iter().collect(),
        HirKind::Class(class) => nicest(class).map(String::from).into_iter().collect(),
        HirKind::Capture(capture) => spell(&capture.sub),
        HirKind::Repetition(repetition) => {
            let times = usize::try_from(repetition.min)
                .unwrap_or(usize::MAX)
                .min(LONGEST_SPELLED);
            let once = if times == 0 {
                vec![String::new()]
            } else {
                spell(&repetition.sub)
            };
            once.into_iter().map(|text| text.repeat(times)).collect()
        }
        HirKind::Alternation(branches) => branches.iter().flat_map(spell).collect(),
        HirKind::Concat(parts) => parts.iter().fold(vec![String::new()], |texts, part| {
            let next = spell(part);
            let first = next.first().cloned().unwrap_or_default();
            let mut out: Vec<String> = texts.iter().map(|text| format!("{text}{first}")).collect();
            let start = texts.first().cloned().unwrap_or_default();
            out.extend(next.iter().skip(1).map(|text| format!("{start}{text}")));
            out.truncate(MOST_SPELLED);
            out
        }),
    };
    out.retain(|text| text.len() <= LONGEST_SPELLED);
    out.truncate(MOST_SPELLED);
    out
}

/// The character of a class that reads best.
fn nicest(class: &Class) -> Option<char> {
    let has = |c: char| match class {
        Class::Unicode(class) => class.iter().any(|r| r.start() <= c && c <= r.end()),
        Class::Bytes(class) => {
            c.is_ascii()
                && class
                    .iter()
                    .any(|r| char::from(r.start()) <= c && c <= char::from(r.end()))
        }
    };
    let first = match class {
        Class::Unicode(class) => class
            .iter()
            .next()
            .map(regex_syntax::hir::ClassUnicodeRange::start),
        Class::Bytes(class) => class.iter().next().map(|r| char::from(r.start())),
    };
    NICE.iter()
        .map(|byte| char::from(*byte))
        .find(|c| has(*c))
        .or(first)
}

/// A character in none of the texts.
fn separator(marks: &Marks) -> Option<char> {
    let texts = || marks.needles.iter().chain(&marks.whole);
    " ,;x-_/|~^\u{b7}\u{2022}\u{25a1}"
        .chars()
        .chain('\u{4e00}'..'\u{4f00}')
        .find(|c| !texts().any(|text| text.contains(*c)))
}

fn side_by_side(marks: &Marks) -> (Vec<Fit>, bool) {
    let Some(separator) = separator(marks) else {
        return (Vec::new(), false);
    };
    let mut texts: Vec<String> = marks.whole.clone();
    let take = marks.needles.len().min(MOST_NEEDLES);
    let chosen = marks.needles.get(..take).unwrap_or_default();
    for choice in 0..1_usize << take {
        let parts: Vec<&str> = chosen
            .iter()
            .enumerate()
            .filter(|(i, _)| choice >> i & 1 == 1)
            .map(|(_, needle)| needle.as_str())
            .collect();
        let joined = parts.join(&separator.to_string());
        if parts.is_empty() {
            texts.push("other".to_owned());
            texts.push(separator.to_string());
        }
        texts.push(format!("{joined}{separator}"));
        texts.push(joined);
    }
    for needle in marks.needles.iter().skip(take) {
        texts.push(format!("{needle}{separator}"));
    }
    let whole = |text: &str| {
        let needles = marks.needles.iter().map(|n| text.contains(n.as_str()));
        needles
            .chain(marks.whole.iter().map(|w| w == text))
            .collect()
    };
    let mut out: Vec<Fit> = texts
        .into_iter()
        .map(|text| Fit {
            fits: whole(&text),
            number: aegis_policy::number::is_numeric(&text),
            text: Some(text),
        })
        .collect();
    if marks.numbers {
        numeric_needles(marks, chosen, &mut out);
    }
    (out, take == marks.needles.len())
}

/// Needles that a number can contain: which numbers do is not worked out, so they may.
fn numeric_needles(marks: &Marks, chosen: &[String], out: &mut Vec<Fit>) {
    let numeric: Vec<bool> = chosen
        .iter()
        .map(|needle| {
            needle
                .chars()
                .all(|c| c.is_ascii_digit() || "+-.eE \t".contains(c))
        })
        .collect();
    for choice in 0..1_usize << chosen.len() {
        let with = |i: usize| choice >> i & 1 == 1;
        if !(0..chosen.len()).any(|i| with(i) && numeric.get(i) != Some(&true)) {
            let mut fits: Vec<bool> = (0..chosen.len()).map(with).collect();
            fits.extend(marks.whole.iter().map(|_| false));
            out.push(Fit {
                text: None,
                fits,
                number: true,
            });
        }
    }
}

/// Where one automaton is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    At(LazyStateID),
    /// It has found something, and more text does not change that.
    Yes,
    /// It can find nothing any more.
    No,
}

struct Automaton {
    dfa: DFA,
    cache: Cache,
}

struct Walk {
    /// What the automata are of.
    patterns: Vec<String>,
    automata: Vec<Automaton>,
    /// One byte for each class of bytes that are all the same to all automata.
    bytes: Vec<u8>,
    /// How many of the automata are marks; then come the number and the check of UTF-8.
    marks: usize,
    steps: usize,
    complete: bool,
}

impl Walk {
    fn new(marks: &Marks) -> Option<Self> {
        let mut patterns: Vec<String> = Vec::new();
        patterns.extend(marks.needles.iter().map(|n| regex_syntax::escape(n)));
        let whole = marks
            .whole
            .iter()
            .map(|w| format!(r"\A(?:{})\z", regex_syntax::escape(w)));
        patterns.extend(whole);
        patterns.extend(marks.regexes.iter().cloned());
        let count = patterns.len();
        patterns.push(NUMBER.to_owned());
        patterns.push(r"(?s)\A.*\z".to_owned());
        let ready = |p: &String| READY.with_borrow_mut(|all| all.remove(p));
        let automata: Option<Vec<_>> = patterns
            .iter()
            .map(|p| ready(p).or_else(|| automaton(p)))
            .collect();
        let automata = automata?;
        let classes = |byte: u8| -> Vec<u8> {
            automata
                .iter()
                .map(|a| a.dfa.byte_classes().get(byte))
                .collect()
        };
        let mut seen: FxHashMap<Vec<u8>, ()> = FxHashMap::default();
        let bytes = NICE
            .iter()
            .copied()
            .chain(0..=u8::MAX)
            .filter(|byte| seen.insert(classes(*byte), ()).is_none())
            .collect();
        Some(Self {
            patterns,
            automata,
            bytes,
            marks: count,
            steps: 0,
            complete: true,
        })
    }

    fn go(mut self) -> (Vec<Fit>, bool) {
        let found = self.follow();
        READY.with_borrow_mut(|ready| {
            for (pattern, automaton) in self.patterns.into_iter().zip(self.automata) {
                if ready.len() < MOST_READY && automaton.cache.memory_usage() <= READY_BYTES {
                    ready.insert(pattern, automaton);
                }
            }
        });
        found
    }

    fn follow(&mut self) -> (Vec<Fit>, bool) {
        let Some(start) = self.start() else {
            return (Vec::new(), false);
        };
        let mut nodes: Vec<(Vec<Place>, usize, u8)> = vec![(start.clone(), 0, 0)];
        let mut seen: FxHashMap<Vec<Place>, ()> = FxHashMap::default();
        seen.insert(start, ());
        let mut found: FxHashMap<Vec<bool>, ()> = FxHashMap::default();
        let mut out = Vec::new();
        let mut queue = VecDeque::from([0_usize]);
        while let Some(at) = queue.pop_front() {
            let Some((places, _, _)) = nodes.get(at).cloned() else {
                continue;
            };
            if let Some(ends) = self.ends(&places)
                && ends.last() == Some(&true)
                && found.insert(ends.clone(), ()).is_none()
            {
                let text = String::from_utf8(spelled(&nodes, at)).ok();
                out.push(Fit {
                    text,
                    number: ends.get(self.marks) == Some(&true),
                    fits: ends.into_iter().take(self.marks).collect(),
                });
            }
            for byte in self.bytes.clone() {
                let Some(next) = self.step(&places, byte) else {
                    continue;
                };
                if next.last() == Some(&Place::No) || seen.contains_key(&next) {
                    continue;
                }
                if nodes.len() >= MOST_NODES || self.steps >= MOST_STEPS {
                    return (out, false);
                }
                seen.insert(next.clone(), ());
                queue.push_back(nodes.len());
                nodes.push((next, at, byte));
            }
        }
        (out, self.complete)
    }

    fn start(&mut self) -> Option<Vec<Place>> {
        let mut places = Vec::with_capacity(self.automata.len());
        for automaton in &mut self.automata {
            let input = Input::new("");
            let state = automaton
                .dfa
                .start_state_forward(&mut automaton.cache, &input);
            places.push(Place::At(state.ok()?));
        }
        Some(places)
    }

    /// Where a byte leads; `None` where that cannot be told.
    fn step(&mut self, places: &[Place], byte: u8) -> Option<Vec<Place>> {
        self.steps += places.len();
        let mut next = Vec::with_capacity(places.len());
        for (automaton, place) in self.automata.iter_mut().zip(places) {
            let Place::At(state) = place else {
                next.push(*place);
                continue;
            };
            let to = automaton.dfa.next_state(&mut automaton.cache, *state, byte);
            match to {
                Ok(to) if to.is_quit() => {
                    self.complete = false;
                    return None;
                }
                Ok(to) if to.is_match() => next.push(Place::Yes),
                Ok(to) if to.is_dead() => next.push(Place::No),
                Ok(to) => next.push(Place::At(to)),
                Err(_) => {
                    self.complete = false;
                    return None;
                }
            }
        }
        Some(next)
    }

    /// What fits if the text ends here.
    fn ends(&mut self, places: &[Place]) -> Option<Vec<bool>> {
        let mut ends = Vec::with_capacity(places.len());
        for (automaton, place) in self.automata.iter_mut().zip(places) {
            ends.push(match place {
                Place::Yes => true,
                Place::No => false,
                Place::At(state) => {
                    let end = automaton.dfa.next_eoi_state(&mut automaton.cache, *state);
                    match end {
                        Ok(end) if !end.is_quit() => end.is_match(),
                        _ => {
                            self.complete = false;
                            return None;
                        }
                    }
                }
            });
        }
        Some(ends)
    }
}

fn automaton(pattern: &str) -> Option<Automaton> {
    let config = DFA::config()
        .unicode_word_boundary(true)
        .cache_capacity(AUTOMATON_BYTES)
        .skip_cache_capacity_check(true)
        .minimum_cache_clear_count(Some(0));
    let dfa = DFA::builder()
        .configure(config)
        .thompson(thompson::Config::new().nfa_size_limit(Some(AUTOMATON_BYTES)))
        .build(pattern)
        .ok()?;
    let cache = dfa.create_cache();
    Some(Automaton { dfa, cache })
}

fn spelled(nodes: &[(Vec<Place>, usize, u8)], mut at: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while at != 0 {
        let Some((_, before, byte)) = nodes.get(at) else {
            break;
        };
        bytes.push(*byte);
        at = *before;
    }
    bytes.reverse();
    bytes
}
