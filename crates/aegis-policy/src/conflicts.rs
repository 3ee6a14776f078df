//! Rules of two policies that speak of the same action and want different things.
//!
//! Policies of an organisation, a team and an agent are decided together, and the strictest one
//! wins; this finds where they differ, with an example. Whether the patterns of two rules meet is
//! exact (see [`Glob::meet`]); effects meet if they share one. Conditions count as far as two of
//! them exclude each other on one parameter; any others are taken to be able to hold at once, and
//! rules before the two in their own policies are not looked at. So every real conflict is found,
//! and what is found is worth a look but can be harmless.

use aegis_diag::Span;

use crate::check::lint::contradiction;
use crate::glob::{Glob, Meet, Token};
use crate::model::{Approval, Checked, Effect, Located, Rule};

/// No list of conflicts is longer.
const MOST: usize = 1000;

/// Two rules that disagree.
#[derive(Debug, Clone)]
pub struct Conflict<'p> {
    /// The rule of the more general policy, and the number of that policy.
    pub first: (usize, &'p Rule),
    /// The other rule and the number of its policy.
    pub second: (usize, &'p Rule),
    /// An action both rules speak of; `None` if their patterns are too long to find one.
    pub example: Option<Example>,
}

/// An action that two rules speak of. What is empty can be anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Example {
    /// The action type.
    pub kind: String,
    /// The target.
    pub target: String,
    /// The agent.
    pub agent: String,
    /// The effect, if one of the rules asks for it.
    pub effect: Option<Effect>,
}

impl Conflict<'_> {
    /// The stricter of the two, which is what applies.
    #[must_use]
    pub fn stricter(&self) -> Approval {
        self.first
            .1
            .approval
            .value
            .max(self.second.1.approval.value)
    }

    /// The places of the two rules: their names, or all of them.
    #[must_use]
    pub fn spans(&self) -> [Option<&Span>; 2] {
        [self.first.1, self.second.1].map(|r| r.name.span.as_ref().or(r.span.as_ref()))
    }
}

/// The conflicts between policies, in the order of their rules; at most a thousand.
#[must_use]
pub fn conflicts<'p>(policies: &[&'p Checked]) -> Vec<Conflict<'p>> {
    let parsed: Vec<Vec<Patterns<'p>>> = policies
        .iter()
        .map(|p| p.rules.iter().map(Patterns::new).collect())
        .collect();
    let mut out = Vec::new();
    for (i, ours) in parsed.iter().enumerate() {
        for (j, theirs) in parsed.iter().enumerate().skip(i + 1) {
            for a in ours {
                for b in theirs {
                    if a.rule.approval.value == b.rule.approval.value {
                        continue;
                    }
                    let Some(example) = meet(a, b) else { continue };
                    if out.len() == MOST {
                        return out;
                    }
                    out.push(Conflict {
                        first: (i, a.rule),
                        second: (j, b.rule),
                        example,
                    });
                }
            }
        }
    }
    out
}

/// A rule with its patterns parsed; no patterns is everything.
struct Patterns<'p> {
    rule: &'p Rule,
    kind: Vec<Glob>,
    target: Vec<Glob>,
    agent: Vec<Glob>,
}

impl<'p> Patterns<'p> {
    fn new(rule: &'p Rule) -> Self {
        let parse = |patterns: &Option<Vec<Located<Box<str>>>>| -> Vec<Glob> {
            let patterns = patterns.iter().flatten();
            patterns
                .filter_map(|p| Glob::parse(&p.value).ok())
                .collect()
        };
        Self {
            rule,
            kind: parse(&rule.matches.kind),
            target: parse(&rule.matches.target),
            agent: parse(&rule.matches.agent),
        }
    }
}

/// `None` if the rules never meet, `Some(None)` if they are taken to.
fn meet(a: &Patterns<'_>, b: &Patterns<'_>) -> Option<Option<Example>> {
    let effect = effects(a.rule, b.rule)?;
    let kind = field(&a.kind, &b.kind)?;
    let target = field(&a.target, &b.target)?;
    let agent = field(&a.agent, &b.agent)?;
    if contradiction::between(a.rule, b.rule) {
        return None;
    }
    let name = |meet: Meet| match meet {
        Meet::At(name) => Some(name),
        Meet::Never | Meet::Perhaps => None,
    };
    let (Some(kind), Some(target), Some(agent)) = (name(kind), name(target), name(agent)) else {
        return Some(None);
    };
    Some(Some(Example {
        kind,
        target,
        agent,
        effect,
    }))
}

/// Where two fields meet; `None` if they do not.
fn field(a: &[Glob], b: &[Glob]) -> Option<Meet> {
    let (a, b) = match (a, b) {
        ([], []) => return Some(Meet::At(String::new())),
        ([], some) | (some, []) => {
            // One of them alone: any name it matches will do.
            let [first, ..] = some else { return None };
            return Some(first.meet(first));
        }
        both => both,
    };
    let mut perhaps = None;
    for x in a {
        for y in b.iter().filter(|y| could_meet(x, y)) {
            match x.meet(y) {
                Meet::At(name) => return Some(Meet::At(name)),
                Meet::Perhaps => perhaps = Some(Meet::Perhaps),
                Meet::Never => {}
            }
        }
    }
    perhaps
}

/// Whether the texts that two patterns start with allow them to meet. Most pairs of rules fail
/// here, before anything is built.
fn could_meet(x: &Glob, y: &Glob) -> bool {
    fn start(glob: &Glob) -> Option<&str> {
        match glob.alternatives() {
            [only] => match only.tokens() {
                [Token::Literal(text), ..] => Some(text),
                _ => None,
            },
            _ => None,
        }
    }
    match (start(x), start(y)) {
        (Some(a), Some(b)) => a.starts_with(b) || b.starts_with(a),
        _ => true,
    }
}

/// `None` if the rules ask for different effects, else one that both take, if either asks.
fn effects(a: &Rule, b: &Rule) -> Option<Option<Effect>> {
    match (&a.matches.effect, &b.matches.effect) {
        (None, None) => Some(None),
        (Some(some), None) | (None, Some(some)) => Some(some.first().map(|e| e.value)),
        (Some(a), Some(b)) => {
            let shared = a.iter().find(|x| b.iter().any(|y| y.value == x.value));
            shared.map(|e| Some(e.value))
        }
    }
}
