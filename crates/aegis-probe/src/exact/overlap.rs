//! A weaker rule before a stricter one, where neither is an exception of the other.

use aegis_diag::Severity;
use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::Decider;
use aegis_policy::effect;
use aegis_policy::glob::Token;
use aegis_policy::model::{Approval, Effect};

use super::analyse::{is_critical, suspect, unknown};
use super::reach::{Left, rule_number};
use super::world::View;
use super::{Exact, Reach, boxes};
use crate::suspect::{Idea, Subject, Suspect};
use crate::{Found, rules};

/// Words that make looking at something more than looking.
const SECRET: &[&str] = &[
    "secret",
    "credential",
    "password",
    "passwd",
    "token",
    "key",
    "private",
    "pii",
    "ssn",
    "vault",
];

/// Rules whose common names with one stricter rule are worked out.
const MOST_PAIRS: usize = 128;

/// And with all of them.
const MOST_TOTAL: usize = 40_000;

/// Of one rule this many are counted.
const MOST_CONFLICTS: usize = 3;

impl Exact<'_> {
    /// Stricter rules from which an earlier weaker one takes actions that were probably theirs.
    pub(super) fn conflicts(&self, reaches: &[Reach], found: &mut Found) {
        let rules = &self.world.rules;
        // Only what runs unattended is worth a word: asking instead of blocking is weaker, and
        // still a person decides.
        let weak: Vec<usize> = (0..rules.len())
            .filter(|rule| self.approval(*rule) == Approval::Auto)
            .filter(|rule| reaches.get(*rule).is_some_and(|reach| !reach.is_dead()))
            .collect();
        let (mut total, mut open) = (0, Vec::new());
        let kinds: Vec<Kind> = rules.iter().map(|rule| self.kind(rule)).collect();
        for (later, strict) in rules.iter().enumerate() {
            if strict.approval == Approval::Auto || reaches.get(later).is_none_or(Reach::is_dead) {
                continue;
            }
            let before = weak.iter().copied().take_while(|rule| *rule < later);
            let near = before.filter(|rule| {
                let weak = rules.get(*rule).zip(kinds.get(*rule)).zip(kinds.get(later));
                weak.is_some_and(|((weak, kind), other)| {
                    kind.may_take(other, strict.approval) && self.world.near(weak, strict)
                })
            });
            let (mut worst, mut others, mut pairs): (Option<Suspect>, usize, usize) = (None, 0, 0);
            self.world.steps.were_exceeded();
            for earlier in near {
                pairs += 1;
                total += 1;
                if pairs > MOST_PAIRS || total > MOST_TOTAL {
                    break;
                }
                let Some(conflict) = self.conflict(earlier, later, &kinds, found) else {
                    continue;
                };
                // What only comes about if a caller states another effect than the name says is meant.
                let mut stated = conflict.witnesses.iter();
                if stated.any(|(action, _)| action.stated_effect().is_some()) {
                    continue;
                }
                others += 1;
                if worst
                    .as_ref()
                    .is_none_or(|worst| worst.severity < conflict.severity)
                {
                    worst = Some(conflict);
                }
                let enough = worst.as_ref().is_some_and(|w| w.severity >= Severity::High);
                if enough || others >= MOST_CONFLICTS {
                    break;
                }
            }
            match worst {
                Some(mut worst) => {
                    worst.affected = (others, Vec::new());
                    for (action, at) in &mut worst.witnesses {
                        (*action, *at) = self.named(action, *at);
                        worst.message = self.taken(worst.decider, later, action);
                    }
                    found.suspects.push(worst);
                }
                None if pairs > MOST_PAIRS || (pairs > 0 && total > MOST_TOTAL) => {
                    found.suspects.push(unknown(
                        Subject::Rule(later),
                        "conflict",
                        format!(
                            "too many rules stand before rule `{}` to hold each against it",
                            self.name(later)
                        ),
                    ));
                }
                None if self.world.steps.were_exceeded() => open.push(later),
                None => {}
            }
        }
        found.suspects.extend(self.too_long(
            &open,
            "conflict",
            [
                "whether earlier rules take from rule {}",
                "whether earlier rules take from {}",
            ],
        ));
    }

    /// Whether the names of one rule lie in those of another, field by field.
    fn within(&self, inner: &View, outer: &View) -> [bool; 3] {
        [0, 1, 2].map(|field| {
            let (Some(p), Some(q)) = (inner.patterns.get(field), outer.patterns.get(field)) else {
                return false;
            };
            p.iter().all(|x| {
                let words = self.world.words(field, x.alternative);
                words.words.iter().all(|word| {
                    let mut outer = q.iter();
                    outer.any(|y| {
                        let outer = self.world.alternative(field, y.alternative);
                        outer.is_some_and(|outer| outer.matches(word))
                    })
                })
            })
        })
    }

    fn conflict(
        &self,
        earlier: usize,
        later: usize,
        kinds: &[Kind],
        found: &mut Found,
    ) -> Option<Suspect> {
        let (Some(weak), Some(strict)) =
            (self.world.rules.get(earlier), self.world.rules.get(later))
        else {
            return None;
        };
        let (own, other) = (kinds.get(earlier)?, kinds.get(later)?);
        let inner = self.within(weak, strict);
        if !inner[0] && own.clashes(other) {
            return None;
        }
        if inner == [true; 3] {
            // An exception, or a band of the same names: meant.
            return None;
        }
        let strict_inside = self.within(strict, weak) == [true; 3];
        if strict_inside && weak.tests.is_empty() && weak.effects == super::world::EVERY_EFFECT {
            return None;
        }
        let (instances, _) = self.world.common(weak, strict);
        // A pattern that is taken whole never decides, which is said elsewhere.
        let [kinds, targets, agents] = &strict.patterns;
        let whole = match weak.is_plain() {
            true => self.world.instances([kinds, targets, agents]).0,
            false => Vec::new(),
        };
        for names in instances
            .iter()
            .filter(|names| !whole.contains(names))
            .take(8)
        {
            let Some(effect) = self.plausible(strict, names) else {
                continue;
            };
            let Some((action, at)) = self.taken_at(earlier, later, names).ok().flatten() else {
                continue;
            };
            let decision = self.decide(found, &action, at);
            if decision.approval != Approval::Auto {
                continue;
            }
            let by = decision.by;
            let message = String::new();
            let mut out = suspect(
                &rules::RULE_CONFLICT,
                Subject::Rule(later),
                "overlap",
                message,
            );
            out.decider = by;
            out.severity = if is_critical(effect) {
                Severity::High
            } else {
                Severity::Medium
            };
            out.certainty = aegis_diag::Certainty::Heuristic;
            out.expected = Some(format!(
                "`{}` by rule `{}`",
                strict.approval.as_str(),
                self.name(later)
            ));
            out.witnesses.push((action, at));
            out.ideas.push(Idea::Move {
                rule: later,
                before: earlier,
            });
            return Some(out);
        }
        None
    }

    /// An action at these names that one rule decides and a later one speaks of as well; `Err` if
    /// there may be one that is not shown.
    pub(super) fn taken_at(
        &self,
        earlier: usize,
        later: usize,
        names: &[String; 3],
    ) -> Result<Option<(Action, Moment)>, ()> {
        let (Some(first), Some(second)) =
            (self.world.rules.get(earlier), self.world.rules.get(later))
        else {
            return Ok(None);
        };
        self.world.steps.ask();
        let refs = [names[0].as_str(), &names[1], &names[2]];
        let matching = self.world.matching(0, &refs);
        let before: Vec<usize> = matching.into_iter().take_while(|j| *j < earlier).collect();
        let (space, pieces, whole) = match self.world.left_with(first, &before, &[later]) {
            Left::Some(space, pieces, whole) => (space, pieces, whole),
            Left::None(_) => return Ok(None),
            Left::Unknown => return Err(()),
        };
        let takes = space.may(second);
        let regions = pieces.iter().filter_map(|piece| boxes::meet(piece, &takes));
        let by = Decider::Rule(rule_number(earlier));
        let mut none = whole;
        for region in regions {
            none = false;
            let mut actions = self.world.actions(0, refs, &space, &region);
            let shown = actions.find(|(action, at)| self.policy.decide(action, *at).by == by);
            if shown.is_some() {
                return Ok(shown);
            }
        }
        if none { Ok(None) } else { Err(()) }
    }

    /// Whether a rule decides anything that a later one speaks of as well.
    #[cfg(test)]
    pub(super) fn takes_from(&self, earlier: usize, later: usize) -> Reach {
        let (Some(first), Some(second)) =
            (self.world.rules.get(earlier), self.world.rules.get(later))
        else {
            return Reach::Dead { by: Vec::new() };
        };
        let (instances, mut all) = self.world.common(first, second);
        for names in &instances {
            match self.taken_at(earlier, later, names) {
                Ok(Some((action, at))) => return Reach::Live(action, at),
                Ok(None) => {}
                Err(()) => all = false,
            }
        }
        if all {
            Reach::Dead { by: Vec::new() }
        } else {
            Reach::Unknown
        }
    }

    /// What is said of a conflict.
    fn taken(&self, by: Decider, later: usize, action: &Action) -> String {
        format!(
            "{} makes `{action}` automatic before rule `{}` can {} it",
            self.by(by),
            self.name(later),
            if self.approval(later) == Approval::Block {
                "block"
            } else {
                "ask about"
            },
        )
    }

    /// What the names that two rules have in common do, if that is worth a word: not where a rule
    /// lets something be read on purpose.
    fn plausible(&self, strict: &View, names: &[String; 3]) -> Option<Option<Effect>> {
        let filler = self.world.names[0].alphabet.filler.unwrap_or('\0');
        let effect = effect::by_words(&names[0].replace(filler, ""));
        let secret = SECRET
            .iter()
            .any(|word| names[0].contains(word) || names[1].contains(word));
        let looks = matches!(effect, None | Some(Effect::Read));
        (!looks || (secret && strict.approval == Approval::Block)).then_some(effect)
    }

    /// What the patterns of a rule on the type say by themselves.
    fn kind(&self, view: &View) -> Kind {
        let filler = self.world.names[0].alphabet.filler.unwrap_or('\0');
        let all = |fits: fn(&[Token]) -> bool| {
            view.patterns[0].iter().all(|pattern| {
                let alternative = self.world.alternative(0, pattern.alternative);
                alternative.is_some_and(|alternative| fits(alternative.tokens()))
            })
        };
        let first = view.patterns[0]
            .first()
            .map(|p| self.world.words(0, p.alternative));
        let word = first.as_ref().and_then(|words| words.words.first());
        let mut texts = (0..2).flat_map(|field| {
            let list = view.patterns.get(field).into_iter().flatten();
            list.filter_map(move |p| {
                self.world
                    .alternative(field, p.alternative)?
                    .longest_literal()
            })
        });
        Kind {
            effect: word.and_then(|word| effect::by_words(&word.replace(filler, ""))),
            starts: all(|tokens| matches!(tokens.first(), Some(Token::Literal(_)))),
            noun: all(|tokens| matches!(tokens, [Token::Any, Token::Literal(_)])),
            secret: texts.any(|text| SECRET.iter().any(|word| text.contains(word))),
        }
    }
}

/// What the patterns of a rule on the type say by themselves.
struct Kind {
    /// What such tools do.
    effect: Option<Effect>,
    /// They start with a text.
    starts: bool,
    /// They are `*` and then a text: a noun.
    noun: bool,
    /// It speaks of secrets, in type or target.
    secret: bool,
}

impl Kind {
    /// Whether a name with both would press two verbs together, which makes no name of a tool.
    fn clashes(&self, strict: &Self) -> bool {
        let both = self.effect.is_some() && strict.effect.is_some() && self.effect != strict.effect;
        both && (self.effect == Some(Effect::Read) || self.starts) && !self.noun
    }

    /// Whether it can be a defect that a rule of this kind takes actions from a stricter one.
    fn may_take(&self, strict: &Self, approval: Approval) -> bool {
        let reads = self.starts && self.effect == Some(Effect::Read);
        !reads || (approval == Approval::Block && (self.secret || strict.secret))
    }
}
