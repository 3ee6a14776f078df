//! Rules that an earlier rule without conditions leaves nothing for.
//!
//! Whether one rule takes all that another does is asked pattern by pattern, so this finds what a
//! reader could see; rules that only several earlier ones cover together are left to the probe.

use std::collections::HashMap;

use crate::glob::{Alternative, Glob, Token};
use crate::model::{Approval, Checked, Effect, Located, Rule};
use crate::problem::{Problem, shown};

use super::head;

/// How many rules of unusual patterns, and how many of the same prefix, each rule is held against.
const MOST_COMPARED: usize = 48;

/// A rule with its patterns parsed.
struct Globs<'p> {
    rule: &'p Rule,
    kind: Option<Vec<Glob>>,
    target: Option<Vec<Glob>>,
    agent: Option<Vec<Glob>>,
    /// Characters that every name its types match has, one bit for several.
    needs: u64,
    /// Characters that the first of its types has for certain or may have.
    has: u64,
}

/// Earlier rules without conditions, by the text that the types they match start with.
#[derive(Default)]
struct Earlier<'p> {
    /// Types that are one literal, followed by `*` or not.
    literal: HashMap<String, Vec<usize>>,
    /// Everything else.
    other: Vec<usize>,
    rules: Vec<Globs<'p>>,
    /// The first that matches every action; nothing behind it needs another reason.
    everything: Option<usize>,
}

/// The warnings about rules that are never reached.
pub(super) fn find(policy: &Checked) -> Vec<Problem> {
    let mut earlier = Earlier::default();
    let mut out = Vec::new();
    for rule in &policy.rules {
        let globs = Globs::new(rule);
        out.extend(earlier.before(&globs).and_then(|b| unreached(rule, b)));
        if rule.conditions.is_empty() {
            earlier.add(globs);
        }
    }
    out
}

fn unreached(rule: &Rule, before: &Globs<'_>) -> Option<Problem> {
    let name = shown(&rule.name.value);
    let earlier = shown(&before.rule.name.value);
    let why = match before.is_everything() {
        true => "matches every action",
        false => "matches everything that it could",
    };
    Some(
        Problem::warning(
            "unreachable",
            head(rule)?,
            format!("rule `{name}` is never reached: rule `{earlier}` before it {why}"),
        )
        .because(head(before.rule)?, "this rule decides first")
        .help("move it before the other rule, or leave it out"),
    )
}

impl<'p> Globs<'p> {
    fn new(rule: &'p Rule) -> Self {
        let parse = |patterns: &Option<Vec<Located<Box<str>>>>| -> Option<Vec<Glob>> {
            let patterns = patterns.as_ref()?;
            let globs: Vec<Glob> = patterns
                .iter()
                .filter_map(|p| Glob::parse(&p.value).ok())
                .collect();
            let universal = |g: &Glob| g.alternatives().iter().any(Alternative::is_universal);
            // A field that takes everything is as good as none.
            (!globs.iter().any(universal)).then_some(globs)
        };
        let kind = parse(&rule.matches.kind);
        let alternatives = || kind.iter().flatten().flat_map(Glob::alternatives);
        Self {
            rule,
            needs: alternatives()
                .map(|a| letters(a, 0))
                .reduce(|all, next| all & next)
                .unwrap_or(0),
            has: alternatives()
                .next()
                .map_or(u64::MAX, |a| letters(a, u64::MAX)),
            kind,
            target: parse(&rule.matches.target),
            agent: parse(&rule.matches.agent),
        }
    }

    fn is_everything(&self) -> bool {
        self.kind.is_none()
            && self.target.is_none()
            && self.agent.is_none()
            && self.rule.matches.effect.is_none()
    }

    /// Whether this rule, if it has no conditions, takes every action that `other` could.
    fn covers(&self, other: &Self) -> bool {
        // Nearly all pairs of rules speak of different words.
        self.needs & !other.has == 0
            && field(self.kind.as_deref(), other.kind.as_deref())
            && field(self.target.as_deref(), other.target.as_deref())
            && field(self.agent.as_deref(), other.agent.as_deref())
            && self.effect_covers(other)
    }

    /// An automatic rule on an effect passes over actions whose effect is not known; a stricter one
    /// takes them.
    fn effect_covers(&self, other: &Self) -> bool {
        let effects =
            |rule: &'p Rule| -> Option<&'p [Located<Effect>]> { rule.matches.effect.as_deref() };
        let Some(mine) = effects(self.rule) else {
            return true;
        };
        let stays = self.rule.approval.value != Approval::Auto
            || other.rule.approval.value == Approval::Auto;
        stays
            && other.rule.matches.effect.as_deref().is_some_and(|theirs| {
                theirs
                    .iter()
                    .all(|t| mine.iter().any(|m| m.value == t.value))
            })
    }
}

/// The characters of the literals of a pattern, one bit for several characters; a set, which may
/// stand for one of its characters, counts as `set`.
fn letters(alternative: &Alternative, set: u64) -> u64 {
    let tokens = alternative.tokens().iter();
    tokens.fold(0, |all, token| match token {
        Token::Literal(text) => text.bytes().fold(all, |all, b| all | 1 << (b % 64)),
        Token::Set(_) => all | set,
        Token::Any | Token::One => all,
    })
}

/// Whether any of the patterns `mine` takes each of `theirs`; none is everything.
fn field(mine: Option<&[Glob]>, theirs: Option<&[Glob]>) -> bool {
    match (mine, theirs) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(mine), Some(theirs)) => theirs.iter().all(|t| mine.iter().any(|m| m.covers(t))),
    }
}

impl<'p> Earlier<'p> {
    /// The first rule that leaves nothing for this one.
    fn before(&self, globs: &Globs<'p>) -> Option<&Globs<'p>> {
        let mut candidates: Vec<usize> = self.everything.into_iter().collect();
        candidates.extend(self.other.iter().take(MOST_COMPARED));
        if let Some(text) = globs.kind.as_deref().and_then(first_literal) {
            let ends = text.char_indices().map(|(i, c)| i + c.len_utf8());
            for end in ends {
                let known = text.get(..end).and_then(|prefix| self.literal.get(prefix));
                candidates.extend(known.into_iter().flatten().take(MOST_COMPARED));
            }
        }
        candidates.sort_unstable();
        candidates.dedup();
        candidates
            .into_iter()
            .filter_map(|i| self.rules.get(i))
            .find(|rule| rule.covers(globs))
    }

    fn add(&mut self, globs: Globs<'p>) {
        let index = self.rules.len();
        if globs.is_everything() {
            self.everything.get_or_insert(index);
        }
        match globs.kind.as_deref() {
            Some(kind) if kind.iter().all(|g| starts(g).is_some()) => {
                for text in kind.iter().filter_map(starts).flatten() {
                    let same = self.literal.entry(text.to_owned()).or_default();
                    if same.len() < MOST_COMPARED && same.last() != Some(&index) {
                        same.push(index);
                    }
                }
            }
            _ => self.other.push(index),
        }
        self.rules.push(globs);
    }
}

/// The literals that the alternatives of a pattern start with, if each starts with one.
fn starts(glob: &Glob) -> Option<Vec<&str>> {
    glob.alternatives()
        .iter()
        .map(|a| match a.tokens() {
            [Token::Literal(text), ..] => Some(&**text),
            _ => None,
        })
        .collect()
}

/// What the first name that a rule speaks of starts with: a rule that takes all of its names has an
/// alternative that starts with a part of this.
fn first_literal(kind: &[Glob]) -> Option<&str> {
    match kind.first()?.alternatives().first()?.tokens() {
        [Token::Literal(text), ..] => Some(text),
        _ => None,
    }
}
