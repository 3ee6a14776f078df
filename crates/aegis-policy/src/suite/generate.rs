//! A suite that passes on its own policy: one case for each rule that can be made to decide, and
//! one for the defaults.
//!
//! Examples are built from the patterns and conditions of a rule and tried on the policy; what the
//! policy then decides is what the case expects. A rule for which no example decides is left out
//! and reported: usually earlier rules take everything it speaks of.

use std::collections::HashSet;

use crate::action::Action;
use crate::clock::{Moment, Zone};
use crate::condition::{Compiled, Scene};
use crate::decision::{Decider, Decision};
use crate::glob::{Alternative, Glob};
use crate::model::{Atom, Effect, Located, ParamPath, Rule, Test, Truth};
use crate::policy::Policy;
use crate::problem::Problems;
use crate::value::Value;

use super::instance::{self, VARIANTS};
use super::write::{parts, render};
use super::{Expect, Suite, default_moment};

/// How many actions are tried for one rule.
const MOST_TRIES: usize = 1000;
/// Types that a policy hardly speaks of, to reach its defaults.
const STRANGERS: [&str; 6] = [
    "some_other_tool",
    "unlisted",
    "ping",
    "frobnicate",
    "zz9_plural",
    "q",
];

/// A generated suite, and what it could not reach.
#[derive(Debug, Clone)]
pub struct Generated {
    /// The suite. It passes on the policy it was made from.
    pub suite: Suite,
    /// The 0-based numbers of the rules for which no action was found that they decide.
    pub unreached: Vec<u32>,
    /// Whether no action was found that the defaults decide.
    pub default_unreached: bool,
}

/// Writes a suite for a policy. `path` is where the policy lies, relative to the suite, and becomes
/// its `policy` key.
///
/// # Errors
/// If the suite becomes larger than a file may be.
pub fn generate(policy: &Policy, path: Option<&str>) -> Result<Generated, Problems> {
    let mut cases = Vec::new();
    let mut unreached = Vec::new();
    let mut names: HashSet<String> = HashSet::new();
    for (number, rule) in (0_u32..).zip(policy.checked().rules()) {
        match Search::new(policy, number, rule).find() {
            Some((action, at)) => {
                let name = unique(&mut names, &rule.name.value);
                cases.push(case(policy, &name, &action, at));
            }
            None => unreached.push(number),
        }
    }
    let default = default_case(policy);
    if let Some(action) = &default {
        let name = unique(&mut names, "anything else");
        cases.push(case(policy, &name, action, default_moment()));
    }
    let text = match cases.is_empty() {
        // A suite has cases; this one says that nothing was reached.
        true => {
            let action = Action::new("anything");
            render(path, &[case(policy, "anything", &action, default_moment())])
        }
        false => render(path, &cases),
    };
    Ok(Generated {
        suite: Suite::load("<generated suite>", &text)?,
        unreached,
        default_unreached: default.is_none(),
    })
}

fn unique(names: &mut HashSet<String>, name: &str) -> String {
    let mut candidate = name.to_owned();
    let mut n = 1;
    while !names.insert(candidate.clone()) {
        n += 1;
        candidate = format!("{name} ({n})");
    }
    candidate
}

/// A case that expects what the policy decides.
fn case(policy: &Policy, name: &str, action: &Action, at: Moment) -> crate::emit::Out {
    let Decision {
        approval, risk, by, ..
    } = policy.decide(action, at);
    let rule = match by {
        Decider::Rule(number) => policy.rule(number).map(|r| r.name.value.clone()),
        Decider::Default | Decider::Language => None,
    };
    fn plain<T>(value: T) -> Option<Located<T>> {
        Some(Located { value, span: None })
    }
    let expect = Expect {
        approval: plain(approval),
        risk: plain(risk),
        rule: plain(rule),
    };
    let at = (at != default_moment()).then(|| at.to_string());
    parts(name, action, at.as_deref(), &expect)
}

fn default_case(policy: &Policy) -> Option<Action> {
    let decides = |action: &Action| policy.decide(action, default_moment()).by == Decider::Default;
    let named = STRANGERS.iter().map(|name| Action::new(name));
    let plain = named.clone().find(decides);
    plain.or_else(|| {
        let mut with_effect =
            named.flat_map(|a| Effect::ALL.iter().map(move |e| a.clone().effect(*e)));
        with_effect.find(decides)
    })
}

/// The parameters of an action.
type Params = Vec<(String, Value)>;

/// The search for an action that one rule decides.
struct Search<'p> {
    policy: &'p Policy,
    number: u32,
    rule: &'p Rule,
    tries: usize,
}

impl<'p> Search<'p> {
    fn new(policy: &'p Policy, number: u32, rule: &'p Rule) -> Self {
        Self {
            policy,
            number,
            rule,
            tries: 0,
        }
    }

    fn find(&mut self) -> Option<(Action, Moment)> {
        let kinds = names(self.rule.matches.kind.as_deref(), &STRANGERS);
        let targets = names(self.rule.matches.target.as_deref(), &[""]);
        let agents = names(self.rule.matches.agent.as_deref(), &[""]);
        let effects: Vec<Option<Effect>> = match &self.rule.matches.effect {
            Some(effects) => effects.iter().map(|e| Some(e.value)).collect(),
            None => std::iter::once(None)
                .chain(Effect::ALL.iter().copied().map(Some))
                .collect(),
        };
        let params = self.params();
        let times = self.times();
        // The effect is stated only if it must be, and parameters are added only if they must be.
        for effect in effects {
            for params in &params {
                for agent in &agents {
                    for target in &targets {
                        for kind in &kinds {
                            let action = build(kind, target, agent, effect, params);
                            for at in &times {
                                self.tries += 1;
                                if self.tries > MOST_TRIES {
                                    return None;
                                }
                                if self.decides(&action, *at) {
                                    return Some((action, *at));
                                }
                            }
                        }
                    }
                }
            }
        }
        None
    }

    fn decides(&self, action: &Action, at: Moment) -> bool {
        self.policy.decide(action, at).by == Decider::Rule(self.number)
    }

    /// The parameters that the rule asks for, and then those with more of them: an earlier rule may
    /// take actions that have not got a parameter.
    fn params(&self) -> Vec<Params> {
        let asked = self.asked();
        let mut wanted: Vec<&ParamPath> = Vec::new();
        let mut bounds: Vec<(&ParamPath, &Test)> = Vec::new();
        for rule in self
            .policy
            .checked()
            .rules()
            .iter()
            .take(self.number as usize)
        {
            for condition in &rule.conditions {
                match &condition.atom {
                    Atom::Param {
                        path,
                        test: Test::Missing,
                    } => wanted.push(path),
                    Atom::Param { path, test } => bounds.push((path, test)),
                    _ => {}
                }
            }
        }
        wanted.dedup_by(|a, b| a.steps == b.steps);
        let mut out = vec![asked.clone()];
        if wanted.is_empty() || wanted.len() > 20 {
            return out;
        }
        for n in 0..6 {
            let mut params = asked.clone();
            for path in &wanted {
                let tests: Vec<&Test> = bounds
                    .iter()
                    .filter(|(p, _)| p.steps == path.steps)
                    .map(|(_, test)| *test)
                    .collect();
                let mut values = vec![Value::from(1), Value::from("example")];
                values.extend(instance::values(&tests));
                if let Some(value) = values.into_iter().nth(n) {
                    instance::put(&mut params, path, value);
                }
            }
            if !out.contains(&params) {
                out.push(params);
            }
        }
        out
    }

    /// Parameters that meet the conditions one by one; together they may not, which trying shows.
    fn asked(&self) -> Params {
        let mut out = Vec::new();
        let mut groups: Vec<(&ParamPath, Vec<usize>)> = Vec::new();
        for (i, condition) in self.rule.conditions.iter().enumerate() {
            match &condition.atom {
                Atom::Param { path, .. } => {
                    match groups.iter_mut().find(|(p, _)| p.steps == path.steps) {
                        Some((_, tests)) => tests.push(i),
                        None => groups.push((path, vec![i])),
                    }
                }
                Atom::Semantic(statement) => {
                    // The words of the statement: what the built-in evaluator looks for.
                    let words = statement.split_once(' ').map_or("", |(_, words)| words);
                    out.push(("text".to_owned(), Value::Text(words.to_owned())));
                }
                Atom::Window { .. } => {}
            }
        }
        let compiled = self.policy.conditions(self.number);
        for (path, conditions) in groups {
            let tests: Vec<&Test> = conditions
                .iter()
                .filter_map(|i| match &self.rule.conditions.get(*i)?.atom {
                    Atom::Param { test, .. } => Some(test),
                    _ => None,
                })
                .collect();
            let holds = |value: &Value| {
                let mut all = conditions.iter().filter_map(|i| compiled.get(*i));
                all.all(|c: &Compiled| c.test_value(Some(value)) == Truth::True)
            };
            if let Some(value) = instance::values(&tests).into_iter().find(holds) {
                instance::put(&mut out, path, value);
            }
        }
        out
    }

    /// Moments at which the window of the rule is open; the usual one if it has none.
    fn times(&self) -> Vec<Moment> {
        let windows: Vec<&Compiled> = self
            .policy
            .conditions(self.number)
            .iter()
            .filter(|c| matches!(c.atom(), Atom::Window { .. }))
            .collect();
        let usual = default_moment();
        let mut moments = vec![usual];
        for window in &windows {
            if let Atom::Window { after, before, .. } = window.atom() {
                moments.extend(around(self.policy.zone(), *after, *before));
            }
        }
        let action = Action::new("");
        let open = |at: &Moment| {
            let scene = Scene {
                action: &action,
                wall: self.policy.zone().wall(*at),
                evaluator: self.policy.evaluator(),
            };
            windows.iter().all(|w| w.truth(&scene) == Truth::True)
        };
        moments.retain(open);
        moments.truncate(3);
        moments
    }
}

/// Moments of eight days at which the clock shows the start, the middle and the end of a window.
fn around(zone: &Zone, after: Option<u32>, before: Option<u32>) -> Vec<Moment> {
    const DAY: u32 = 86_400;
    let start = after.unwrap_or(0);
    let end = before.unwrap_or(DAY);
    let length = if end > start {
        end - start
    } else {
        end + DAY - start
    };
    let mut out = Vec::new();
    for day in 0..8_i64 {
        let noon = default_moment().seconds() + day * i64::from(DAY);
        let shown = zone.wall(Moment::new(noon, 0)).second;
        for wanted in [start + length / 2, start, start + length - 1] {
            let shift = i64::from(wanted % DAY) - i64::from(shown);
            out.push(Moment::new(noon + shift, 0));
        }
    }
    out
}

/// Examples of the patterns of a field; `absent` if it has none.
fn names(patterns: Option<&[Located<Box<str>>]>, absent: &[&str]) -> Vec<String> {
    let Some(patterns) = patterns else {
        return absent.iter().map(ToString::to_string).collect();
    };
    let globs: Vec<Glob> = patterns
        .iter()
        .filter_map(|p| Glob::parse(&p.value).ok())
        .collect();
    let alternatives: Vec<&Alternative> = globs.iter().flat_map(Glob::alternatives).collect();
    let mut out: Vec<String> = Vec::new();
    for variant in 0..VARIANTS {
        for alternative in alternatives.iter().take(40) {
            let name = instance::name(alternative, variant);
            if !out.contains(&name) {
                out.push(name);
            }
        }
    }
    out
}

fn build(
    kind: &str,
    target: &str,
    agent: &str,
    effect: Option<Effect>,
    params: &[(String, Value)],
) -> Action {
    let mut action = Action::new(kind).target(target).agent(agent);
    if let Some(effect) = effect {
        action = action.effect(effect);
    }
    for (name, value) in params {
        action = action.param(name.clone(), value.clone());
    }
    action
}
