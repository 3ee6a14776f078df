//! Checked policy -> canonical YAML: the same decisions, names and reasons, everything spelled out.

use crate::emit::{Out, key};
use crate::model::{Atom, Checked, Condition, Located, Match, Rule, Test};
use crate::value::Value;

impl Checked {
    /// The policy as YAML. Defaults, names, risks and approvals are written even where the source
    /// left them out, so that the text says all that decides.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let mut entries = vec![("version".into(), Out::quoted("1"))];
        if self.timezone.span.is_some() || &*self.timezone.value != "UTC" {
            entries.push(("timezone".into(), Out::text(&self.timezone.value)));
        }
        entries.push((
            "defaults".into(),
            Out::Map(vec![
                ("risk_level".into(), Out::word(self.defaults.risk.value)),
                ("approval".into(), Out::word(self.defaults.approval.value)),
            ]),
        ));
        if !self.rules.is_empty() {
            let rules = self.rules.iter().map(rule).collect();
            entries.push(("rules".into(), Out::Items(rules)));
        }
        Out::Block(entries).render()
    }
}

fn rule(rule: &Rule) -> Out {
    let mut entries = vec![("name".into(), Out::text(&rule.name.value))];
    let matches = matches(&rule.matches);
    if !matches.is_empty() {
        entries.push(("match".into(), Out::Map(matches)));
    }
    if !rule.conditions.is_empty() {
        entries.push(("conditions".into(), Out::Map(conditions(&rule.conditions))));
    }
    entries.push(("risk_level".into(), Out::word(rule.risk.value)));
    entries.push(("approval".into(), Out::word(rule.approval.value)));
    if let Some(reason) = &rule.reason {
        entries.push(("reason".into(), Out::text(&reason.value)));
    }
    Out::Block(entries)
}

fn matches(m: &Match) -> Vec<(String, Out)> {
    let mut out = Vec::new();
    for (key, patterns) in [
        ("type", &m.kind),
        ("target", &m.target),
        ("agent", &m.agent),
    ] {
        if let Some(patterns) = patterns {
            let items = patterns.iter().map(|p| Out::quoted(&p.value)).collect();
            out.push((key.into(), Out::one_or_list(items)));
        }
    }
    if let Some(effects) = &m.effect {
        let word = |e: &Located<_>| Out::word(e.value);
        let items = effects.iter().map(word).collect();
        out.push(("effect".into(), Out::one_or_list(items)));
    }
    out
}

/// Conditions of the same key are gathered below it, in the order in which they stand.
fn conditions(conditions: &[Condition]) -> Vec<(String, Out)> {
    let mut out: Vec<(String, Out)> = Vec::new();
    let mut params: Vec<(&str, Vec<(String, Out)>)> = Vec::new();
    let mut paths: Vec<(&str, Vec<Out>)> = Vec::new();
    for condition in conditions {
        match &condition.atom {
            Atom::Window {
                after,
                before,
                weekdays,
            } => out.extend(window(*after, *before, *weekdays)),
            Atom::Semantic(statement) => out.push(("semantic".into(), Out::text(statement))),
            Atom::Param { path, test } => {
                let (name, operand) = operand(test);
                match operand {
                    Some(operand) => push(&mut params, name, (key(&path.text), operand)),
                    None => push(&mut paths, name, Out::text(&path.text)),
                }
            }
        }
    }
    out.extend(params.into_iter().map(|(k, v)| (k.into(), Out::Map(v))));
    out.extend(
        paths
            .into_iter()
            .map(|(k, v)| (k.into(), Out::one_or_list(v))),
    );
    out
}

fn push<'a, T>(groups: &mut Vec<(&'a str, Vec<T>)>, name: &'a str, item: T) {
    match groups.iter_mut().find(|(n, _)| *n == name) {
        Some((_, items)) => items.push(item),
        None => groups.push((name, vec![item])),
    }
}

fn operand(test: &Test) -> (&'static str, Option<Out>) {
    match test {
        Test::Eq(value) => ("param_eq", Some(Out::value(value))),
        Test::Gt(n) => ("param_gt", Some(Out::number(n))),
        Test::Gte(n) => ("param_gte", Some(Out::number(n))),
        Test::Lt(n) => ("param_lt", Some(Out::number(n))),
        Test::Lte(n) => ("param_lte", Some(Out::number(n))),
        Test::Contains(values) => {
            let items = values.iter().map(Out::value).collect();
            ("param_contains", Some(Out::one_or_list(items)))
        }
        Test::Matches(regex) => ("param_matches", Some(Out::quoted(regex))),
        Test::Present => ("param_present", None),
        Test::Missing => ("param_missing", None),
    }
}

fn window(after: Option<u32>, before: Option<u32>, weekdays: u8) -> Vec<(String, Out)> {
    let mut out = Vec::new();
    for (key, seconds) in [("time_after", after), ("time_before", before)] {
        if let Some(seconds) = seconds {
            out.push((key.into(), Out::quoted(&clock_time(seconds))));
        }
    }
    // A window of all days at all times says nothing but that the clock can be told.
    if weekdays != 0b111_1111 || out.is_empty() {
        let days = (1..=7).filter(|d| weekdays & (1 << (d - 1)) != 0);
        out.push(("weekdays".into(), Out::List(days.map(Out::word).collect())));
    }
    out
}

/// `HH:MM`, or `HH:MM:SS` if the seconds count.
pub(crate) fn clock_time(seconds: u32) -> String {
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match s {
        0 => format!("{h:02}:{m:02}"),
        s => format!("{h:02}:{m:02}:{s:02}"),
    }
}

/// What a test compares with, as text; nothing for presence.
pub(crate) fn operand_text(test: &Test) -> Option<String> {
    match test {
        Test::Eq(value) => Some(value.to_json()),
        Test::Gt(n) | Test::Gte(n) | Test::Lt(n) | Test::Lte(n) => Some(n.text().to_owned()),
        Test::Contains(values) => match &values[..] {
            [one] => Some(one.to_json()),
            all => Some(Value::List(all.to_vec()).to_json()),
        },
        Test::Matches(regex) => Some(regex.to_string()),
        Test::Present | Test::Missing => None,
    }
}
