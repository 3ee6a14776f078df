//! The reasons of a decision.
//!
//! They are worked out rule by rule from the patterns as they were written, beside the index that
//! decides; a test holds the two against each other.

use std::fmt;

use aegis_diag::Span;
use serde::{Serialize, Serializer};

use super::Policy;
use crate::action::Action;
use crate::clock::Moment;
use crate::condition::{Compiled, Scene};
use crate::decision::{Decider, Decision, Raised};
use crate::glob::Glob;
use crate::model::{Approval, Atom, Effect, EffectSource, Located, Risk, Rule, Test, Truth};
use crate::name::Name;
use crate::problem::shown;
use crate::value::Value;

/// A decision and its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The decision itself.
    #[serde(skip)]
    pub decision: Decision,
    /// What is to happen.
    pub approval: Approval,
    /// How bad it would be.
    pub risk: Risk,
    /// `rule`, `default` or `language`.
    pub by: &'static str,
    /// The rule that decided, if one did.
    pub rule: Option<RulePlace>,
    /// What that rule tells whoever is blocked or asked.
    pub reason: Option<String>,
    /// Why the decision is stricter than the decider says, if it is.
    pub raised: Option<Raised>,
    /// What the action does, if that is known.
    pub effect: Option<Effect>,
    /// How that is known.
    pub effect_source: EffectSource,
    /// When the decision was taken, in UTC.
    pub at: String,
    /// What the clock showed in the zone of the policy, if the policy looks at it.
    pub clock: Option<String>,
    /// The conditions of the rule that decided; none of them is false.
    pub conditions: Vec<Seen>,
    /// The rules before it, or all if none decided, and why they did not.
    pub earlier: Vec<Earlier>,
}

/// A rule and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RulePlace {
    /// Its name.
    pub name: String,
    /// Its 1-based place among the rules.
    pub number: u32,
    /// The file, if it was written in one.
    pub file: Option<String>,
    /// The 1-based line.
    pub line: Option<u32>,
    /// The 1-based column in characters.
    pub column: Option<u32>,
}

/// A rule that did not decide, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Earlier {
    /// The rule.
    pub rule: RulePlace,
    /// The first part of it that does not fit.
    pub because: WhyNot,
}

/// Why a rule did not decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "part")]
pub enum WhyNot {
    /// No pattern matches the type.
    Type {
        /// The patterns as written.
        patterns: Vec<String>,
        /// The canonical type.
        name: String,
    },
    /// No pattern matches the target.
    Target {
        /// The patterns as written.
        patterns: Vec<String>,
        /// The canonical target.
        name: String,
    },
    /// No pattern matches the agent.
    Agent {
        /// The patterns as written.
        patterns: Vec<String>,
        /// The canonical agent.
        name: String,
    },
    /// The effect is another, or unknown.
    Effect {
        /// What the rule speaks of.
        wanted: Vec<Effect>,
        /// What the action does.
        found: Option<Effect>,
    },
    /// A condition does not hold, or cannot be told where that is not enough.
    Condition(Seen),
}

/// A condition and what it saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// The condition, as it could be written.
    pub condition: String,
    /// What it looked at; `None` for a statement in words.
    pub saw: Option<String>,
    /// Whether it holds.
    #[serde(serialize_with = "truth")]
    pub truth: Truth,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn truth<S: Serializer>(truth: &Truth, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match truth {
        Truth::True => "true",
        Truth::False => "false",
        Truth::CannotTell => "cannot_tell",
    })
}

impl Policy {
    /// Decides like [`decide`](Self::decide) and says why: what decided, and for each earlier rule
    /// the first part of it that does not fit.
    #[must_use]
    pub fn explain(&self, action: &Action, at: Moment) -> Explanation {
        let decision = self.decide(action, at);
        let scene = self.scene(action, at);
        let (by, number) = match decision.by {
            Decider::Rule(number) => ("rule", Some(number)),
            Decider::Default => ("default", None),
            Decider::Language => ("language", None),
        };
        let rule = number.and_then(|number| self.rule(number));
        let tried = match decision.by {
            Decider::Rule(number) => number as usize,
            Decider::Default => self.rules.len(),
            Decider::Language => 0,
        };
        let earlier = (0_u32..).zip(&self.checked.rules).take(tried);
        let conditions = number
            .map(|number| self.conditions(number))
            .unwrap_or_default();
        Explanation {
            decision,
            approval: decision.approval,
            risk: decision.risk,
            by,
            rule: rule
                .zip(number)
                .map(|(rule, number)| RulePlace::new(rule, number)),
            reason: rule
                .and_then(|rule| rule.reason.as_ref())
                .map(|r| r.value.to_string()),
            raised: decision.raised,
            effect: decision.effect.effect,
            effect_source: decision.effect.source,
            at: at.to_string(),
            clock: self
                .uses_clock
                .then(|| format!("{} {}", scene.wall, self.zone.name())),
            conditions: conditions.iter().map(|c| Seen::new(c, &scene)).collect(),
            earlier: earlier
                .filter_map(|(number, rule)| {
                    Some(Earlier {
                        rule: RulePlace::new(rule, number),
                        because: self.unfit(rule, number, &scene)?,
                    })
                })
                .collect(),
        }
    }

    /// Why the rule with a 0-based number does not decide about an action, whatever the rules before
    /// it do; `None` if it would, or if there is no such rule.
    #[must_use]
    pub fn why_not(&self, number: u32, action: &Action, at: Moment) -> Option<WhyNot> {
        self.unfit(self.rule(number)?, number, &self.scene(action, at))
    }

    /// The first part of a rule that does not fit; `None` if the rule decides.
    fn unfit(&self, rule: &Rule, number: u32, scene: &Scene<'_>) -> Option<WhyNot> {
        let action = scene.action;
        if let Some((patterns, name)) = unmet(rule.matches.kind.as_deref(), &action.kind) {
            return Some(WhyNot::Type { patterns, name });
        }
        if let Some((patterns, name)) = unmet(rule.matches.target.as_deref(), &action.target) {
            return Some(WhyNot::Target { patterns, name });
        }
        if let Some((patterns, name)) = unmet(rule.matches.agent.as_deref(), &action.agent) {
            return Some(WhyNot::Agent { patterns, name });
        }
        if let Some(wanted) = &rule.matches.effect {
            let found = action.effect.effect;
            if !wanted.iter().any(|w| Some(w.value) == found) {
                let wanted = wanted.iter().map(|w| w.value).collect();
                return Some(WhyNot::Effect { wanted, found });
            }
        }
        let conditions = self.conditions(number);
        let fails = |truth: Truth| conditions.iter().find(|c| c.truth(scene) == truth);
        let failing = fails(Truth::False).or_else(|| match rule.approval.value {
            Approval::Auto => fails(Truth::CannotTell),
            Approval::Approve | Approval::Block => None,
        });
        failing.map(|condition| WhyNot::Condition(Seen::new(condition, scene)))
    }
}

/// The patterns and the name, if there are patterns and none of them matches.
fn unmet(patterns: Option<&[Located<Box<str>>]>, name: &Name) -> Option<(Vec<String>, String)> {
    let patterns = patterns?;
    let matches = |pattern: &Located<Box<str>>| {
        Glob::parse(&pattern.value).is_ok_and(|glob| glob.matches(name.canonical()))
    };
    if patterns.iter().any(matches) {
        return None;
    }
    let patterns = patterns
        .iter()
        .map(|pattern| pattern.value.to_string())
        .collect();
    Some((patterns, name.canonical().to_owned()))
}

impl RulePlace {
    fn new(rule: &Rule, number: u32) -> Self {
        let span = rule.name.span.as_ref().or(rule.span.as_ref());
        let place = span.map(Span::start);
        Self {
            name: rule.name.value.to_string(),
            number: number.saturating_add(1),
            file: span.map(|span| span.file.path.clone()),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
        }
    }
}

impl Seen {
    fn new(condition: &Compiled, scene: &Scene<'_>) -> Self {
        Self {
            condition: condition.to_string(),
            saw: saw(condition.atom(), scene),
            truth: condition.truth(scene),
        }
    }
}

fn saw(atom: &Atom, scene: &Scene<'_>) -> Option<String> {
    match atom {
        Atom::Window { .. } => Some(scene.wall.to_string()),
        Atom::Semantic(_) => None,
        Atom::Param { path, .. } => {
            const MOST: usize = 3;
            let mut values = Vec::new();
            let more = path.visit(scene.action.params(), &mut |value: &Value| {
                if values.len() < MOST {
                    values.push(shown(&value.to_json()));
                    false
                } else {
                    true
                }
            });
            if values.is_empty() {
                return Some("nothing: it is missing".to_owned());
            }
            if more {
                values.push("...".to_owned());
            }
            Some(values.join(", "))
        }
    }
}

impl fmt::Display for Compiled {
    /// The condition as it could be written in a policy, on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.atom() {
            Atom::Window {
                after,
                before,
                weekdays,
            } => {
                let mut parts = Vec::new();
                for (key, second) in [("time_after", after), ("time_before", before)] {
                    if let Some(s) = second {
                        let clock = format!("{:02}:{:02}", s / 3600, s / 60 % 60);
                        let seconds = if s % 60 == 0 {
                            String::new()
                        } else {
                            format!(":{:02}", s % 60)
                        };
                        parts.push(format!("{key}: \"{clock}{seconds}\""));
                    }
                }
                if *weekdays & 0x7f != 0x7f {
                    let days: Vec<String> = (1..=7)
                        .filter(|day| weekdays >> (day - 1) & 1 == 1)
                        .map(|day| day.to_string())
                        .collect();
                    parts.push(format!("weekdays: [{}]", days.join(", ")));
                }
                f.write_str(&parts.join(", "))
            }
            Atom::Semantic(statement) => write!(f, "semantic: \"{}\"", shown(statement)),
            Atom::Param { path, test } => {
                let (key, operand) = match test {
                    Test::Eq(value) => ("param_eq", value.to_json()),
                    Test::Gt(bound) => ("param_gt", bound.to_string()),
                    Test::Lt(bound) => ("param_lt", bound.to_string()),
                    Test::Gte(bound) => ("param_gte", bound.to_string()),
                    Test::Lte(bound) => ("param_lte", bound.to_string()),
                    Test::Contains(values) => (
                        "param_contains",
                        match values.as_slice() {
                            [one] => one.to_json(),
                            several => Value::List(several.to_vec()).to_json(),
                        },
                    ),
                    Test::Matches(regex) => ("param_matches", Value::from(&**regex).to_json()),
                    Test::Present => return write!(f, "param_present: {}", shown(&path.text)),
                    Test::Missing => return write!(f, "param_missing: {}", shown(&path.text)),
                };
                write!(f, "{key}: {{ {}: {} }}", shown(&path.text), shown(&operand))
            }
        }
    }
}

impl fmt::Display for RulePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", shown(&self.name))?;
        match (&self.file, self.line, self.column) {
            (Some(file), Some(line), Some(column)) => write!(f, " ({file}:{line}:{column})"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let truth = match self.truth {
            Truth::True => "holds",
            Truth::False => "does not hold",
            Truth::CannotTell => "cannot be told",
        };
        write!(f, "`{}` {truth}", self.condition)?;
        match &self.saw {
            Some(saw) => write!(f, ", it saw {saw}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for WhyNot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |patterns: &[String]| {
            let each: Vec<_> = patterns.iter().map(|p| format!("`{}`", shown(p))).collect();
            each.join(" or ")
        };
        match self {
            Self::Type { patterns, name } => {
                write!(f, "the type `{}` is not {}", shown(name), list(patterns))
            }
            Self::Target { patterns, name } if name.is_empty() => {
                write!(
                    f,
                    "there is no target, and the rule wants {}",
                    list(patterns)
                )
            }
            Self::Target { patterns, name } => {
                write!(f, "the target `{}` is not {}", shown(name), list(patterns))
            }
            Self::Agent { patterns, name } if name.is_empty() => {
                write!(
                    f,
                    "there is no agent, and the rule wants {}",
                    list(patterns)
                )
            }
            Self::Agent { patterns, name } => {
                write!(f, "the agent `{}` is not {}", shown(name), list(patterns))
            }
            Self::Effect { wanted, found } => {
                let wanted: Vec<_> = wanted.iter().map(|effect| effect.as_str()).collect();
                let wanted = wanted.join(" or ");
                match found {
                    Some(found) => write!(f, "the effect is {found}, not {wanted}"),
                    None => write!(f, "the effect is not known, and the rule is about {wanted}"),
                }
            }
            Self::Condition(seen) => write!(f, "{seen}"),
        }
    }
}

impl fmt::Display for Explanation {
    /// Several lines for people. Of the earlier rules about other types only the first few are
    /// shown; [`earlier`](Self::earlier) has all.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const OTHER_TYPES: usize = 10;
        write!(f, "{} (risk {}): ", self.approval, self.risk)?;
        match (&self.rule, self.by) {
            (Some(rule), _) => writeln!(f, "rule {rule}")?,
            (None, "language") => writeln!(f, "an action without a type is never allowed")?,
            (None, _) => writeln!(f, "no rule decided, so the defaults apply")?,
        }
        if let Some(reason) = &self.reason {
            writeln!(f, "  reason: {}", shown(reason))?;
        }
        if let Some(raised) = self.raised {
            writeln!(f, "  raised from auto: {}", raised.message())?;
        }
        match self.effect {
            Some(effect) => writeln!(f, "  effect: {effect} (from {})", self.effect_source)?,
            None => writeln!(f, "  effect: not known")?,
        }
        if let Some(clock) = &self.clock {
            writeln!(f, "  clock: {clock}")?;
        }
        for seen in &self.conditions {
            writeln!(f, "  condition {seen}")?;
        }
        let mut other_types = 0;
        for earlier in &self.earlier {
            if matches!(earlier.because, WhyNot::Type { .. }) {
                other_types += 1;
                if other_types > OTHER_TYPES {
                    continue;
                }
            }
            writeln!(f, "  not {}: {}", earlier.rule, earlier.because)?;
        }
        if other_types > OTHER_TYPES {
            writeln!(
                f,
                "  and {} more rules about other types",
                other_types - OTHER_TYPES
            )?;
        }
        Ok(())
    }
}
