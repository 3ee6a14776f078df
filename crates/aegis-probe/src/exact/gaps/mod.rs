//! Restrictions that end where their condition does not hold, while what is left runs unattended.
//!
//! For each condition on a parameter of a rule that restricts, an action that the rule decides is
//! changed in that parameter only, in the ways in which people and agents write such things
//! differently; the engine says what becomes of it. Small amounts that run while large ones are
//! asked about are meant; amounts that are left out, a bound that lies between two rules, or another
//! spelling are not.

mod allow;
mod keys;

use aegis_diag::{Certainty, Severity};
use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::Decider;
use aegis_policy::model::{Approval, Atom, Effect, Test};
use aegis_policy::name::Name;
use aegis_policy::value::{Number, Value};

use super::analyse::{is_critical, is_sensitive, suspect};
use super::world::View;
use super::{Exact, Reach, numbers, witness};
use crate::suspect::{Idea, Subject};
use crate::{Found, Options, Tool, rules};

/// A way to get past a condition.
struct Way {
    operator: &'static str,
    /// In words, after "runs unattended".
    how: String,
    /// The changed action.
    action: Action,
    severity: Severity,
    idea: Option<Idea>,
}

/// An action without a parameter.
pub(super) fn without(action: &Action, path: &str) -> Option<Action> {
    let path = aegis_policy::path::parse(path).ok()?;
    let key = path.first_key()?;
    let kept = action.params().iter().filter(|(name, _)| name != key);
    let mut out = Action::new(action.kind_name().original())
        .target(action.target_name().original())
        .agent(action.agent_name().original());
    for (name, value) in kept {
        out = out.param(name.clone(), value.clone());
    }
    Some(match action.stated_effect() {
        Some(effect) => out.effect(effect),
        None => out,
    })
}

/// An action with another value for a parameter.
pub(super) fn with(action: &Action, path: &str, value: Value) -> Option<Action> {
    Some(witness::set(without(action, path)?, path, vec![value]))
}

/// The last step of a path, in lower case: the name of what it holds.
pub(super) fn last_key(path: &str) -> String {
    path.rsplit('.').next().unwrap_or(path).to_lowercase()
}

/// Whether a name has one of these words in it.
pub(super) fn speaks_of(name: &str, words: &[&str]) -> bool {
    let mut parts = name.split(|c: char| !c.is_alphanumeric());
    parts.any(|part| words.contains(&part) || words.contains(&part.trim_end_matches('s')))
}

/// Parameters that hold code or commands, whose letter case and spacing seldom matter.
pub(super) const CODE: &[&str] = &[
    "sql",
    "query",
    "statement",
    "command",
    "cmd",
    "script",
    "code",
    "shell",
    "args",
    "expression",
];

impl Exact<'_> {
    /// Conditions of rules that restrict, and what is left beside them.
    pub(super) fn condition_gaps(
        &self,
        reaches: &[Reach],
        _tools: &[Tool],
        options: &Options,
        found: &mut Found,
    ) {
        let mut seen: Vec<(String, String, &'static str)> = Vec::new();
        // The strictest rule of several about the same is the one to speak of.
        let mut order: Vec<usize> = (0..self.world.rules.len()).collect();
        order.sort_by_key(|rule| std::cmp::Reverse(self.approval(*rule)));
        for rule in order {
            let (Some(view), Some(Reach::Live(action, at))) =
                (self.world.rules.get(rule), reaches.get(rule))
            else {
                continue;
            };
            if view.approval == Approval::Auto || view.tests.is_empty() {
                continue;
            }
            let (action, at) = self.named(action, *at);
            let Some((action, at)) = self.natural(rule, view, &action, at) else {
                continue;
            };
            for (condition, path) in self.paths(rule) {
                let mut ways = self.ways(rule, condition, &path, &action, at);
                ways.retain(|way| options.all || way.severity > Severity::Info);
                let ways: Vec<(Way, Decider)> = ways
                    .into_iter()
                    .filter_map(|way| {
                        let decision = self.decide(found, &way.action, at);
                        let open = decision.approval == Approval::Auto;
                        open.then_some((way, decision.by))
                    })
                    .collect();
                let group = format!("{:?}{:?}", view.patterns[0], view.patterns[1]);
                self.report(
                    rule,
                    condition,
                    &path,
                    at,
                    ways,
                    &mut |operator| {
                        let key = (group.clone(), path.clone(), operator);
                        let new = !seen.contains(&key);
                        seen.push(key);
                        new
                    },
                    found,
                );
            }
        }
    }

    /// One suspect for the worst way past a condition, with the others as further witnesses.
    #[expect(clippy::too_many_arguments, reason = "what a suspect is made of")]
    fn report(
        &self,
        rule: usize,
        condition: usize,
        path: &str,
        at: Moment,
        mut ways: Vec<(Way, Decider)>,
        new: &mut dyn FnMut(&'static str) -> bool,
        found: &mut Found,
    ) {
        ways.sort_by_key(|(way, _)| std::cmp::Reverse(way.severity));
        let Some((worst, decider)) = ways.first() else {
            return;
        };
        if !new(worst.operator) {
            return;
        }
        let message = format!(
            "rule `{}` restricts by `{path}`, and `{}` runs unattended {}",
            self.name(rule),
            worst.action.kind_name().original(),
            worst.how,
        );
        let mut out = suspect(
            &rules::CONDITION_GAP,
            Subject::Condition(rule, condition),
            worst.operator,
            message,
        );
        out.decider = *decider;
        out.severity = worst.severity;
        out.certainty = match worst.operator {
            "missing" | "boundary" => Certainty::Proved,
            _ => Certainty::Heuristic,
        };
        out.expected = Some(format!(
            "`{}`, as by rule `{}`",
            self.approval(rule).as_str(),
            self.name(rule)
        ));
        out.affected = (
            ways.len(),
            ways.iter()
                .map(|(way, _)| way.operator.to_owned())
                .collect(),
        );
        for (way, _) in &ways {
            out.witnesses.push((way.action.clone(), at));
            out.ideas.extend(way.idea.clone());
        }
        found.suspects.push(out);
    }

    /// The conditions of a rule on parameters: one for each path, the first.
    fn paths(&self, rule: usize) -> Vec<(usize, String)> {
        let conditions = self
            .policy
            .checked()
            .rules()
            .get(rule)
            .map(|rule| &rule.conditions);
        let mut out: Vec<(usize, String)> = Vec::new();
        for (at, condition) in conditions.into_iter().flatten().enumerate() {
            if let Atom::Param { path, .. } = &condition.atom
                && out.iter().all(|(_, known)| *known != *path.text)
                && !path.has_any()
            {
                out.push((at, path.text.to_string()));
            }
        }
        out
    }

    /// An action that a rule decides with every condition true, so that its values are the ones
    /// the rule speaks of.
    fn natural(
        &self,
        rule: usize,
        view: &View,
        action: &Action,
        at: Moment,
    ) -> Option<(Action, Moment)> {
        let conditions = self.policy.conditions(super::reach::rule_number(rule));
        let holds = |action: &Action| {
            conditions.iter().all(|condition| match condition.atom() {
                Atom::Param { path, .. } => {
                    let mut held = false;
                    let any = path.visit(action.params(), &mut |value| {
                        held |=
                            condition.test_value(Some(value)) == aegis_policy::model::Truth::True;
                        false
                    });
                    let _ = any;
                    held || condition.test_value(None) == aegis_policy::model::Truth::True
                }
                _ => true,
            })
        };
        if holds(action) {
            return Some((action.clone(), at));
        }
        let names = [
            action.kind_name(),
            action.target_name(),
            action.agent_name(),
        ];
        let names = names.map(Name::canonical);
        self.world.steps.ask();
        let space = self.world.space(&[rule]);
        let mut region = space.may(view);
        for (axis, bits) in space.axes.iter().zip(region.iter_mut().skip(1)) {
            *bits = bits.and(axis.holds(view));
        }
        let by = Decider::Rule(super::reach::rule_number(rule));
        self.world
            .actions(0, names, &space, &region)
            .find(|(action, at)| self.policy.decide(action, *at).by == by && holds(action))
    }

    fn ways(
        &self,
        rule: usize,
        condition: usize,
        path: &str,
        action: &Action,
        at: Moment,
    ) -> Vec<Way> {
        let conditions = self
            .policy
            .checked()
            .rules()
            .get(rule)
            .map(|rule| &rule.conditions);
        let mut out = Vec::new();
        for (number, written) in conditions.into_iter().flatten().enumerate() {
            let Atom::Param { path: of, test } = &written.atom else {
                continue;
            };
            if *of.text != *path {
                continue;
            }
            let number = number.max(condition);
            match test {
                Test::Gt(bound) | Test::Gte(bound) | Test::Lt(bound) | Test::Lte(bound) => {
                    self.past_bound((rule, number), path, test, bound, action, at, &mut out);
                }
                Test::Eq(value) => past_value(path, value, action, &mut out),
                Test::Contains(operands) => past_needles(path, operands, action, &mut out),
                Test::Matches(regex) => self.past_regex(path, regex, action, &mut out),
                Test::Present | Test::Missing => {}
            }
        }
        out
    }

    /// A missing amount, and a bound that only its two sides restrict.
    #[expect(clippy::too_many_arguments, reason = "what a way is made of")]
    fn past_bound(
        &self,
        (rule, condition): (usize, usize),
        path: &str,
        test: &Test,
        bound: &Number,
        action: &Action,
        at: Moment,
        out: &mut Vec<Way>,
    ) {
        let effect = action.effect_found().effect;
        if out.iter().all(|way| way.operator != "missing") {
            out.extend(without(action, path).map(|action| Way {
                operator: "missing",
                how: format!("when `{path}` is missing"),
                action,
                severity: graded(effect),
                idea: self.catch_all(rule, path),
            }));
        }
        let sides = match test {
            Test::Gt(_) | Test::Lt(_) => numbers::stand_ins(std::slice::from_ref(bound)).0,
            _ => return,
        };
        let restricted = |side: std::cmp::Ordering| {
            let value = sides.iter().find(|n| n.compare(bound) == Some(side));
            let changed = value.and_then(|n| with(action, path, Value::Number(n.clone())));
            changed.is_some_and(|action| self.policy.decide(&action, at).approval != Approval::Auto)
        };
        if restricted(std::cmp::Ordering::Less) && restricted(std::cmp::Ordering::Greater) {
            out.extend(
                with(action, path, Value::Number(bound.clone())).map(|action| Way {
                    operator: "boundary",
                    how: format!("when `{path}` is exactly {bound}"),
                    action,
                    severity: graded(effect).max(Severity::Medium),
                    idea: Some(Idea::Condition {
                        rule,
                        at: condition,
                        key: Some(match test {
                            Test::Gt(_) => "param_gte",
                            _ => "param_lte",
                        }),
                        operand: None,
                    }),
                }),
            );
        }
    }

    /// A rule that takes what has no such parameter.
    fn catch_all(&self, rule: usize, path: &str) -> Option<Idea> {
        let written = self.policy.checked().rules().get(rule)?;
        let list = |patterns: &Option<Vec<aegis_policy::model::Located<Box<str>>>>| {
            let all: Vec<String> = patterns
                .as_ref()?
                .iter()
                .map(|p| Value::from(&*p.value).to_json())
                .collect();
            Some(format!("[{}]", all.join(", ")))
        };
        let m = &written.matches;
        let mut matches = Vec::new();
        for (key, patterns) in [
            ("type", &m.kind),
            ("target", &m.target),
            ("agent", &m.agent),
        ] {
            matches.extend(list(patterns).map(|list| format!("{key}: {list}")));
        }
        if let Some(effects) = &m.effect {
            let all: Vec<&str> = effects.iter().map(|e| e.value.as_str()).collect();
            matches.push(format!("effect: [{}]", all.join(", ")));
        }
        let name = format!("{}_without_{}", written.name.value, last_key(path));
        let yaml = format!(
            "- name: {}\n  match: {{ {} }}\n  conditions: {{ param_missing: {} }}\n  risk_level: {}\n  approval: {}\n",
            Value::from(name).to_json(),
            matches.join(", "),
            Value::from(path).to_json(),
            written.risk.value.as_str(),
            written.approval.value.as_str(),
        );
        Some(Idea::Insert {
            yaml,
            before: Some(rule + 1).filter(|at| *at < self.world.rules.len()),
        })
    }

    /// Other spellings past a regular expression.
    fn past_regex(&self, path: &str, regex: &str, action: &Action, out: &mut Vec<Way>) {
        let Some(text) = text_at(action, path) else {
            return;
        };
        let key = last_key(path);
        // The word as people write it, not the shortest text that fits.
        let sample = literal(regex).unwrap_or(text);
        past_text(path, &key, &sample, action, out);
        if regex.starts_with('^') || regex.starts_with(r"\A") {
            let front = if speaks_of(&key, CODE) { "  " } else { " " };
            let changed = with(action, path, Value::Text(format!("{front}{sample}")));
            out.extend(changed.map(|action| Way {
                operator: "anchor",
                how: format!("when `{path}` starts with a space"),
                severity: if speaks_of(&key, CODE) {
                    Severity::Medium
                } else {
                    Severity::Low
                },
                action,
                idea: None,
            }));
        }
    }
}

/// How bad a hole is by what runs through it.
fn graded(effect: Option<Effect>) -> Severity {
    match effect {
        effect if is_critical(effect) => Severity::High,
        effect if is_sensitive(effect) => Severity::Medium,
        None => Severity::Medium,
        _ => Severity::Low,
    }
}

/// Other values that mean the same as the one a rule speaks of.
fn past_value(path: &str, value: &Value, action: &Action, out: &mut Vec<Way>) {
    let effect = action.effect_found().effect;
    let mut add = |operator, how: String, value: Option<Value>, severity| {
        let action = match value {
            Some(value) => with(action, path, value),
            None => without(action, path),
        };
        out.extend(action.map(|action| Way {
            operator,
            how,
            action,
            severity,
            idea: None,
        }));
    };
    match value {
        Value::Bool(true) => {
            for other in [Value::from("true"), Value::from(1_i64), Value::from("yes")] {
                let how = format!("when `{path}` is {}", other.to_json());
                add("type", how, Some(other), Severity::Medium);
            }
        }
        Value::Bool(false) => {
            add(
                "missing",
                format!("when `{path}` is missing"),
                None,
                graded(effect),
            );
            for other in [Value::from("false"), Value::from(0_i64)] {
                let how = format!("when `{path}` is {}", other.to_json());
                add("type", how, Some(other), Severity::Medium);
            }
        }
        Value::Text(text) if !aegis_policy::number::is_numeric(text) => {
            add(
                "missing",
                format!("when `{path}` is missing"),
                None,
                Severity::Low,
            );
            let list = Value::List(vec![value.clone()]);
            add(
                "list",
                format!("when `{path}` is a list"),
                Some(list),
                Severity::Low,
            );
            for other in recased(text) {
                let how = format!("when `{path}` is `{other}`");
                add("case", how, Some(Value::Text(other)), Severity::Low);
            }
        }
        _ => {}
    }
}

/// The other ways to use letter case.
fn recased(text: &str) -> Vec<String> {
    let title: String = text
        .chars()
        .enumerate()
        .flat_map(|(i, c)| {
            if i == 0 {
                c.to_uppercase().collect::<Vec<_>>()
            } else {
                vec![c]
            }
        })
        .collect();
    let mut out = vec![text.to_lowercase(), text.to_uppercase(), title];
    out.retain(|other| other != text);
    out.dedup();
    out
}

/// Other spellings past a text that is looked for.
fn past_needles(path: &str, operands: &[Value], action: &Action, out: &mut Vec<Way>) {
    let key = last_key(path);
    for operand in operands {
        if let Value::Text(needle) = operand {
            past_text(path, &key, needle, action, out);
        }
    }
}

/// A text in other letter case and with other spaces.
fn past_text(path: &str, key: &str, text: &str, action: &Action, out: &mut Vec<Way>) {
    let code = speaks_of(key, CODE);
    // Where case tells names of files apart, another case is another file.
    let is_path = text.contains('/') || text.starts_with('.');
    let severity = match (code, is_path) {
        (true, _) => Severity::Medium,
        (false, true) => Severity::Info,
        (false, false) => Severity::Low,
    };
    let mut add = |operator, how: String, text: String, severity| {
        out.extend(with(action, path, Value::Text(text)).map(|action| Way {
            operator,
            how,
            action,
            severity,
            idea: None,
        }));
    };
    for other in recased(text).into_iter().take(2) {
        add(
            "case",
            format!("when `{path}` says `{other}`"),
            other,
            severity,
        );
    }
    if code && text.trim().contains(' ') {
        let other = text.trim().replace(' ', "  ");
        add(
            "spacing",
            format!("when `{path}` says `{other}`"),
            other,
            Severity::Medium,
        );
    }
}

/// The text at a path of an action.
pub(super) fn text_at(action: &Action, path: &str) -> Option<String> {
    let path = aegis_policy::path::parse(path).ok()?;
    let mut found = None;
    path.visit(action.params(), &mut |value| {
        if let Value::Text(text) = value {
            found = Some(text.clone());
        }
        true
    });
    found
}

/// The first text that a regular expression spells, if it is a plain one: `drop table` of
/// `\bdrop\s+table\b`.
fn literal(regex: &str) -> Option<String> {
    let mut out = String::new();
    let plain = regex.trim_start_matches('^').trim_end_matches('$');
    let mut chars = plain.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next()? {
                'b' | 'B' => {}
                's' => {
                    if matches!(chars.peek(), Some('+' | '*')) {
                        chars.next();
                    }
                    out.push(' ');
                }
                c if c.is_ascii_punctuation() => out.push(c),
                _ => return None,
            },
            c if c.is_alphanumeric() || " _-/@:=;,".contains(c) => out.push(c),
            _ => return None,
        }
    }
    (!out.trim().is_empty()).then_some(out)
}
