//! How two patterns lie to each other: whether one takes all that the other does, and whether they
//! meet.

use std::collections::VecDeque;

use super::{Alternative, Glob, Set, Token};

/// Beyond this many pairs of places two patterns are taken to meet, without an example.
const MOST_STATES: usize = 1 << 18;

/// Characters that examples are made of, the most readable first.
const READABLE: &str = "xabcdefghijklmnopqrstuvwyz0123456789_-./: ";

/// What two patterns have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meet {
    /// Nothing: no name matches both.
    Never,
    /// This name matches both, and none is shorter.
    At(String),
    /// The patterns are too long to tell; they are taken to meet.
    Perhaps,
}

impl Glob {
    /// Whether every name that `other` matches is matched by this pattern. `true` is certain;
    /// `false` may be wrong where it takes more than one place of this pattern to cover one of the
    /// other, as in `?*` and `*?`.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        // Nearly all pairs miss a literal, which is quick to see.
        let mut known: Vec<Option<Vec<Symbol<'_>>>> = Vec::new();
        other.alternatives().iter().all(|theirs| {
            let mut their_symbols = None;
            let mut mine = self.alternatives().iter().enumerate();
            mine.any(|(i, mine)| {
                if misses_literal(mine, theirs) {
                    return false;
                }
                known.resize(self.alternatives().len(), None);
                let symbols_of = |known: &mut Option<Vec<_>>| -> bool {
                    let mine = known.get_or_insert_with(|| symbols(mine));
                    covers(mine, their_symbols.get_or_insert_with(|| symbols(theirs)))
                };
                known.get_mut(i).is_some_and(symbols_of)
            })
        })
    }

    /// A shortest name that both patterns match. Exact, but for patterns whose lengths multiply to
    /// more than 262,144.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Meet {
        let mine: Vec<Vec<Symbol<'_>>> = self.alternatives().iter().map(symbols).collect();
        let theirs: Vec<Vec<Symbol<'_>>> = other.alternatives().iter().map(symbols).collect();
        let mut best: Option<String> = None;
        let mut states = 0_usize;
        for a in &mine {
            for b in &theirs {
                states = states.saturating_add((a.len() + 1).saturating_mul(b.len() + 1));
                if states > MOST_STATES {
                    return best.map_or(Meet::Perhaps, Meet::At);
                }
                let Some(name) = common(a, b) else { continue };
                if best
                    .as_ref()
                    .is_none_or(|b| name.chars().count() < b.chars().count())
                {
                    best = Some(name);
                }
            }
        }
        best.map_or(Meet::Never, Meet::At)
    }
}

/// A token, or one character of a literal.
#[derive(Debug, Clone, Copy)]
enum Symbol<'g> {
    Char(char),
    Any,
    One,
    Set(&'g Set),
}

fn symbols(alternative: &Alternative) -> Vec<Symbol<'_>> {
    let mut out = Vec::new();
    for token in alternative.tokens() {
        match token {
            Token::Literal(text) => out.extend(text.chars().map(Symbol::Char)),
            Token::Any => out.push(Symbol::Any),
            Token::One => out.push(Symbol::One),
            Token::Set(set) => out.push(Symbol::Set(set)),
        }
    }
    out
}

/// Whether a literal of `mine` stands in none of `theirs`, so that it cannot take all of them. A set
/// may stand for one of its characters.
fn misses_literal(mine: &Alternative, theirs: &Alternative) -> bool {
    let theirs = theirs.tokens();
    let stands = |literal: &str| {
        let within = |token: &Token| match token {
            Token::Literal(text) => text.len() >= literal.len() && text.contains(literal),
            Token::Set(_) => true,
            Token::Any | Token::One => false,
        };
        theirs.iter().any(within)
    };
    let misses = |token: &Token| matches!(token, Token::Literal(text) if !stands(text));
    mine.tokens().iter().any(misses)
}

/// Wildcard matching with the other pattern as the text: its symbols are letters that `*` may take.
fn covers(mine: &[Symbol<'_>], theirs: &[Symbol<'_>]) -> bool {
    let (mut i, mut j) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    loop {
        match (mine.get(i), theirs.get(j)) {
            (Some(Symbol::Any), _) => {
                back = Some((i + 1, j));
                i += 1;
                continue;
            }
            (Some(a), Some(b)) if includes(*a, *b) => {
                i += 1;
                j += 1;
                continue;
            }
            (None, None) => return true,
            _ => {}
        }
        let Some((after, from)) = back else {
            return false;
        };
        if from >= theirs.len() {
            return false;
        }
        back = Some((after, from + 1));
        (i, j) = (after, from + 1);
    }
}

/// Whether the first symbol, which is not `*`, takes whatever single character the second does.
fn includes(a: Symbol<'_>, b: Symbol<'_>) -> bool {
    match (a, b) {
        (_, Symbol::Any) | (Symbol::Any, _) => false,
        (Symbol::One, _) => true,
        (Symbol::Char(a), Symbol::Char(b)) => a == b,
        (Symbol::Set(set), Symbol::Char(c)) => set.contains(c),
        (Symbol::Char(_) | Symbol::Set(_), Symbol::One) => false,
        (Symbol::Char(c), Symbol::Set(set)) => !set.negated && set.ranges == [(c, c)],
        (Symbol::Set(a), Symbol::Set(b)) => subset(b, a),
    }
}

/// Whether every character of `a` is in `b`: where a range of either begins or has just ended is
/// where that would change.
fn subset(a: &Set, b: &Set) -> bool {
    !borders(a, b).any(|c| a.contains(c) && !b.contains(c))
}

fn borders<'s>(a: &'s Set, b: &'s Set) -> impl Iterator<Item = char> + 's {
    let after = |c: char| {
        // The code points after U+D7FF are no characters.
        char::from_u32(u32::from(c) + 1).or((c == '\u{d7ff}').then_some('\u{e000}'))
    };
    let ranges = a.ranges.iter().chain(&b.ranges);
    std::iter::once('\0')
        .chain(ranges.flat_map(move |&(low, high)| std::iter::once(low).chain(after(high))))
}

/// A character that both symbols take; `*` takes any.
fn shared(a: Symbol<'_>, b: Symbol<'_>) -> Option<char> {
    let takes = |s: Symbol<'_>, c: char| match s {
        Symbol::Char(own) => own == c,
        Symbol::Any | Symbol::One => true,
        Symbol::Set(set) => set.contains(c),
    };
    let both = |c: &char| takes(a, *c) && takes(b, *c);
    match (a, b) {
        (Symbol::Char(c), _) | (_, Symbol::Char(c)) => Some(c).filter(both),
        (Symbol::Set(set), Symbol::Set(other)) => {
            READABLE.chars().chain(borders(set, other)).find(both)
        }
        (Symbol::Set(set), _) | (_, Symbol::Set(set)) => {
            READABLE.chars().chain(borders(set, set)).find(both)
        }
        _ => READABLE.chars().next(),
    }
}

/// A shortest text that both sequences match: breadth first over pairs of places, going past `*`
/// before taking a character.
fn common(a: &[Symbol<'_>], b: &[Symbol<'_>]) -> Option<String> {
    let width = b.len() + 1;
    let state = |i: usize, j: usize| i * width + j;
    let mut from: Vec<Option<(usize, Option<char>)>> = vec![None; (a.len() + 1) * width];
    let mut done = vec![false; from.len()];
    let mut queue = VecDeque::from([(0, 0, 0, None)]);
    while let Some((i, j, before, taken)) = queue.pop_front() {
        let here = state(i, j);
        match done.get_mut(here) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        if let Some(slot) = from.get_mut(here) {
            *slot = Some((before, taken));
        }
        let (x, y) = match (a.get(i), b.get(j)) {
            (None, None) => return Some(trace(&from, here)),
            (x, y) => (x.copied(), y.copied()),
        };
        if let Some(Symbol::Any) = x {
            queue.push_front((i + 1, j, here, None));
        }
        if let Some(Symbol::Any) = y {
            queue.push_front((i, j + 1, here, None));
        }
        let (Some(x), Some(y)) = (x, y) else { continue };
        let (next_i, next_j) = match (x, y) {
            (Symbol::Any, Symbol::Any) => continue,
            (Symbol::Any, _) => (i, j + 1),
            (_, Symbol::Any) => (i + 1, j),
            _ => (i + 1, j + 1),
        };
        if let Some(c) = shared(x, y) {
            queue.push_back((next_i, next_j, here, Some(c)));
        }
    }
    None
}

/// The characters taken on the way to a state.
fn trace(from: &[Option<(usize, Option<char>)>], mut here: usize) -> String {
    let mut out = Vec::<char>::new();
    while here != 0 {
        let Some(Some((before, taken))) = from.get(here) else {
            break;
        };
        out.extend(taken);
        here = *before;
    }
    out.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn glob(text: &str) -> Glob {
        Glob::parse(text).unwrap()
    }

    fn meet(a: &str, b: &str) -> Option<String> {
        match glob(a).meet(&glob(b)) {
            Meet::At(name) => Some(name),
            Meet::Never => None,
            Meet::Perhaps => panic!("{a} and {b} are short"),
        }
    }

    #[test]
    fn patterns_meet_at_a_shortest_name() {
        for (a, b, want) in [
            ("delete*", "*_file", Some("delete_file")),
            ("delete*", "read*", None),
            ("*", "*", Some("")),
            ("?*", "*", Some("x")),
            ("a*c", "ab*", Some("abc")),
            ("*ab*", "*ba*", Some("bab")),
            ("[a-c]x", "[b-z]?", Some("bx")),
            ("[!a]", "[a]", None),
            ("[!a-y]", "[!z]", Some("0")),
            ("{read,list}_*", "*_{files,mail}", Some("read_mail")),
            ("exact", "exact", Some("exact")),
            ("exact", "exactly", None),
            ("???", "????*", None),
        ] {
            assert_eq!(meet(a, b).as_deref(), want, "{a} and {b}");
            assert_eq!(meet(b, a).is_some(), want.is_some(), "{b} and {a}");
        }
    }

    #[test]
    fn a_pattern_covers_another() {
        for (a, b) in [
            ("read*", "read_secret"),
            ("*", "{a,b}?[c-d]*"),
            ("read*", "read_*"),
            ("*file*", "read_file_*"),
            ("{read,list}*", "list_?"),
            ("[a-z]?", "[b-c]x"),
            ("[!x]", "[a-c]"),
            ("a*b*c", "a?b*bc"),
        ] {
            assert!(glob(a).covers(&glob(b)), "{a} covers {b}");
        }
        for (a, b) in [
            ("read_*", "read*"),
            ("read", "read*"),
            ("?", "*"),
            ("[b-c]", "[a-c]"),
            ("[b-c]", "?"),
            ("read*", "{read,list}*"),
        ] {
            assert!(!glob(a).covers(&glob(b)), "{a} does not cover {b}");
        }
    }

    #[test]
    fn long_patterns_are_taken_to_meet() {
        let (a, b) = ("?a".repeat(600), "a?".repeat(600));
        assert_eq!(glob(&a).meet(&glob(&b)), Meet::Perhaps);
    }

    proptest! {
        #[test]
        fn the_relations_agree_with_matching(
            a in "[ab*?]{1,5}|\\[!?[ab]\\][ab*]{0,3}|\\{a,b\\}[ab*?]{0,3}",
            b in "[ab*?]{1,5}|\\[!?[ab]\\][ab*]{0,3}",
            names in prop::collection::vec("[abx]{0,6}", 30),
        ) {
            let (p, q) = (glob(&a), glob(&b));
            let covers = p.covers(&q);
            let met = p.meet(&q);
            if let Meet::At(name) = &met {
                prop_assert!(p.matches(name) && q.matches(name), "{a} {b} {name}");
            }
            for name in &names {
                let (one, other) = (p.matches(name), q.matches(name));
                prop_assert!(!covers || one || !other, "{a} covers {b} but not {name}");
                prop_assert!(!(one && other) || met != Meet::Never, "{a} and {b} meet at {name}");
                if let (true, true, Meet::At(shortest)) = (one, other, &met) {
                    prop_assert!(shortest.len() <= name.len());
                }
            }
        }
    }
}
