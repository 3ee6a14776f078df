//! The rules of a policy as the search sees them: their patterns parsed, and what they are for.

use std::cell::OnceCell;

use aegis_policy::glob::{Glob, Token};
use aegis_policy::model::{Approval, Effect, Located, Rule};
use aegis_policy::policy::Policy;

use super::words::Shape;

/// A rule.
#[derive(Debug)]
pub(crate) struct RuleView<'p> {
    /// Its 0-based number.
    pub(crate) number: usize,
    /// As it was checked.
    pub(crate) rule: &'p Rule,
    /// Its patterns on types; `None` for every type.
    pub(crate) kinds: Option<Vec<Glob>>,
    /// Its patterns on targets.
    pub(crate) targets: Option<Vec<Glob>>,
    /// Its patterns on agents.
    pub(crate) agents: Option<Vec<Glob>>,
    /// See [`deeds`](Self::deeds).
    deeds: OnceCell<Vec<Deed>>,
}

/// What an alternative of a pattern on types says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deed {
    /// What its verb does, if it has one.
    pub(crate) effect: Option<Effect>,
    /// Whether it names what that is done to.
    pub(crate) objects: bool,
}

/// The rules of a policy, in order.
pub(crate) fn views(policy: &Policy) -> Vec<RuleView<'_>> {
    let rules = policy.checked().rules().iter().enumerate();
    rules
        .map(|(number, rule)| RuleView {
            number,
            rule,
            kinds: globs(rule.matches.kind.as_deref()),
            targets: globs(rule.matches.target.as_deref()),
            agents: globs(rule.matches.agent.as_deref()),
            deeds: OnceCell::new(),
        })
        .collect()
}

fn globs(patterns: Option<&[Located<Box<str>>]>) -> Option<Vec<Glob>> {
    let patterns = patterns?.iter();
    // Compiled policies have no pattern that does not parse.
    Some(
        patterns
            .filter_map(|p| Glob::parse(&p.value).ok())
            .collect(),
    )
}

impl RuleView<'_> {
    /// What it does with what it decides.
    pub(crate) fn approval(&self) -> Approval {
        self.rule.approval.value
    }

    /// Whether it makes what it decides automatic.
    pub(crate) fn is_auto(&self) -> bool {
        self.approval() == Approval::Auto
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.rule.name.value
    }

    /// Whether it speaks of every type, and of every effect.
    pub(crate) fn is_wild(&self) -> bool {
        self.rule.matches.effect.is_none() && speaks_of_all(self.kinds.as_deref())
    }

    /// Whether it is restricted to some effects, this one among them.
    pub(crate) fn names_effect(&self, effect: Effect) -> bool {
        let effects = self.rule.matches.effect.iter().flatten();
        effects.into_iter().any(|e| e.value == effect)
    }

    /// Whether one of its patterns is this name, letter for letter: the name was meant.
    pub(crate) fn spells(&self, canonical: &str) -> bool {
        let globs = self.kinds.iter().flatten();
        let mut alternatives = globs.flat_map(Glob::alternatives);
        alternatives.any(|alternative| match alternative.tokens() {
            [Token::Literal(text)] => **text == *canonical,
            _ => false,
        })
    }

    /// Whether it speaks of a type, by its canonical name.
    pub(crate) fn speaks_of(&self, canonical: &str) -> bool {
        match &self.kinds {
            Some(globs) => globs.iter().any(|glob| glob.matches(canonical)),
            None => true,
        }
    }

    /// What those of its alternatives say that match a name.
    pub(crate) fn deeds(&self, canonical: &str) -> impl Iterator<Item = Deed> {
        let alternatives = || self.kinds.iter().flatten().flat_map(Glob::alternatives);
        let deeds = self.deeds.get_or_init(|| {
            let shapes = alternatives().map(Shape::of);
            let deed = |shape: Shape| Deed {
                effect: shape.effect(),
                objects: !shape.objects().is_empty(),
            };
            shapes.map(deed).collect()
        });
        let matching = alternatives().zip(deeds);
        matching
            .filter(move |(alternative, _)| alternative.matches(canonical))
            .map(|(_, deed)| *deed)
    }

    /// The first of its patterns on types that matches a name.
    pub(crate) fn pattern_for(&self, canonical: &str) -> Option<usize> {
        let globs = self.kinds.as_deref()?;
        globs.iter().position(|glob| glob.matches(canonical))
    }
}

/// Whether patterns, or their absence, speak of every name.
pub(crate) fn speaks_of_all(globs: Option<&[Glob]>) -> bool {
    globs.is_none_or(|globs| {
        let mut alternatives = globs.iter().flat_map(Glob::alternatives);
        // `?*` leaves only the empty name out.
        alternatives.any(|a| {
            let any = |t: &Token| matches!(t, Token::Any);
            a.tokens().iter().any(any)
                && a.tokens().iter().all(|t| any(t) || matches!(t, Token::One))
        })
    })
}

/// The shortest name that an alternative of a pattern matches: every `*` empty, one letter for the
/// rest.
pub(crate) fn shortest(tokens: &[Token]) -> String {
    let mut name = String::new();
    for token in tokens {
        match token {
            Token::Literal(text) => name.push_str(text),
            Token::Any => {}
            Token::One => name.push('x'),
            Token::Set(set) => {
                let letters = ('a'..='z')
                    .chain('0'..='9')
                    .chain(['_', '-', '/', '.', ' ', '~']);
                let ends = set.ranges.iter().flat_map(|&(low, high)| [low, high]);
                let c = letters.chain(ends).find(|&c| set.contains(c));
                name.push(c.unwrap_or('x'));
            }
        }
    }
    name
}
