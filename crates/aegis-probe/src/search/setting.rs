//! Circumstances in which the conditions of a rule hold, so that it can be watched deciding.

use aegis_policy::action::Action;
use aegis_policy::clock::{Moment, Zone};
use aegis_policy::condition::window;
use aegis_policy::model::{Atom, Condition, Test};
use aegis_policy::value::{Number, Value};

use super::scenes;

/// Parameters and a moment that meet conditions as far as that is easily done. Whether they do is
/// for the engine to say.
pub(crate) fn meeting(conditions: &[Condition], zone: &Zone) -> (Vec<(String, Value)>, Moment) {
    let mut params = Vec::new();
    for condition in conditions {
        if let Atom::Param { path, test } = &condition.atom
            && let Some(value) = satisfying(test)
        {
            let steps = steps(&path.text);
            if let Some((first, rest)) = steps.split_first() {
                put_entry(&mut params, first, rest, value);
            }
        }
    }
    (params, moment(conditions, zone))
}

/// The same with parameters of which nothing can be told: what restricts holds for them.
pub(crate) fn unclear(conditions: &[Condition], zone: &Zone) -> (Vec<(String, Value)>, Moment) {
    let mut params = Vec::new();
    for condition in conditions {
        if let Atom::Param { path, test } = &condition.atom
            && !matches!(test, Test::Missing)
        {
            let steps = steps(&path.text);
            if let Some((first, rest)) = steps.split_first() {
                put_entry(&mut params, first, rest, Value::Null);
            }
        }
    }
    (params, moment(conditions, zone))
}

/// An action with these parameters.
pub(crate) fn with_params(mut action: Action, params: &[(String, Value)]) -> Action {
    for (name, value) in params {
        action = action.param(name.as_str(), value.clone());
    }
    action
}

fn satisfying(test: &Test) -> Option<Value> {
    Some(match test {
        Test::Eq(value) => value.clone(),
        Test::Gt(bound) => moved(bound, 1.0),
        Test::Lt(bound) => moved(bound, -1.0),
        Test::Gte(bound) | Test::Lte(bound) => Value::Number(bound.clone()),
        Test::Contains(needles) => match needles.as_slice() {
            [Value::Text(text)] => Value::from(format!("a {text} b")),
            needles => Value::List(needles.to_vec()),
        },
        Test::Matches(regex) => Value::from(sample(regex)),
        Test::Present => Value::from("x"),
        Test::Missing => return None,
    })
}

/// A number a little beyond another, or the number itself if it is too large to have neighbours.
fn moved(bound: &Number, by: f64) -> Value {
    match bound.text().parse::<f64>() {
        Ok(n) if n.is_finite() && n.abs() < 1e15 => Value::from(n + by),
        _ => Value::Number(bound.clone()),
    }
}

/// A text that simple expressions match: their own letters, without what is special.
fn sample(regex: &str) -> String {
    let inner = regex
        .trim_start_matches("(?i)")
        .trim_start_matches('^')
        .trim_end_matches('$');
    let first = inner.split('|').next().unwrap_or(inner);
    let plain = first
        .replace("\\b", "")
        .replace("\\s+", " ")
        .replace("\\s*", "")
        .replace(".*", "");
    plain
        .chars()
        .filter(|c| {
            !matches!(
                c,
                '(' | ')' | '[' | ']' | '?' | '+' | '*' | '^' | '$' | '\\'
            )
        })
        .collect()
}

/// A moment inside every window of the conditions, if half-hours of a week have one; else noon.
fn moment(conditions: &[Condition], zone: &Zone) -> Moment {
    let noon = scenes::moment(zone, 3, 43_200);
    let windows = conditions.iter().filter_map(|c| match c.atom {
        Atom::Window {
            after,
            before,
            weekdays,
        } => Some((after, before, weekdays)),
        _ => None,
    });
    let windows: Vec<_> = windows.collect();
    if windows.is_empty() {
        return noon;
    }
    let half_hours = (1..=7_u8).flat_map(|day| (0..48_u32).map(move |half| (day, half * 1800)));
    let starts = windows.iter().filter_map(|(after, _, _)| *after);
    let starts = starts.flat_map(|start| (1..=7_u8).map(move |day| (day, start)));
    half_hours
        .chain(starts)
        .map(|(day, second)| scenes::moment(zone, day, second))
        .find(|at| {
            let wall = zone.wall(*at);
            windows
                .iter()
                .all(|(after, before, days)| window(*after, *before, *days, wall))
        })
        .unwrap_or(noon)
}

/// The steps of a path: `a.b\.c.0` has `a`, `b.c` and `0`.
fn steps(path: &str) -> Vec<String> {
    let mut steps = vec![String::new()];
    let mut chars = path.chars();
    while let Some(c) = chars.next() {
        match (c, steps.last_mut()) {
            ('.', _) => steps.push(String::new()),
            ('\\', Some(step)) => step.extend(chars.next()),
            (c, Some(step)) => step.push(c),
            _ => {}
        }
    }
    steps
}

/// More elements than this are not made up to reach an index.
const LONGEST_LIST: usize = 1_000;

fn put(into: &mut Value, steps: &[String], value: Value) {
    let Some((first, rest)) = steps.split_first() else {
        *into = value;
        return;
    };
    let index = if first == "*" {
        Some(0)
    } else {
        first.parse::<usize>().ok()
    };
    match index {
        Some(index) if index < LONGEST_LIST => {
            if !matches!(into, Value::List(_)) {
                *into = Value::List(Vec::new());
            }
            if let Value::List(items) = into {
                while items.len() <= index {
                    items.push(Value::from("x"));
                }
                if let Some(item) = items.get_mut(index) {
                    put(item, rest, value);
                }
            }
        }
        _ => {
            if !matches!(into, Value::Object(_)) {
                *into = Value::Object(Vec::new());
            }
            if let Value::Object(entries) = into {
                put_entry(entries, first, rest, value);
            }
        }
    }
}

fn put_entry(entries: &mut Vec<(String, Value)>, key: &str, rest: &[String], value: Value) {
    if let Some((_, old)) = entries.iter_mut().find(|(known, _)| known == key) {
        put(old, rest, value);
        return;
    }
    let mut new = Value::Null;
    put(&mut new, rest, value);
    entries.push((key.to_owned(), new));
}

#[cfg(test)]
mod tests {
    use aegis_policy::decision::Decider;
    use aegis_policy::policy::Policy;

    use super::*;

    #[test]
    fn a_rule_can_be_watched_deciding() {
        for conditions in [
            "param_gt: { a: 5 }",
            "param_lt: { a.b: -5.5 }, param_present: [c, a.c.2]",
            "param_eq: { a: { x: [1] } }",
            "param_contains: { a: drop }",
            "param_contains: { a: [x, y] }",
            r"param_matches: { a: '(?i)^drop\s+table|truncate' }",
            "param_gte: { items.*.n: 3 }, param_missing: x",
            r"param_lte: { 'a\.b': 3 }",
            "time_after: '22:00', time_before: '06:00', weekdays: [6]",
            "time_after: '09:10', time_before: '09:20'",
        ] {
            let text = format!(
                "timezone: Asia/Tokyo\nrules: [{{ match: {{ type: x }}, conditions: {{ {conditions} }}, approval: block }}]"
            );
            let policy = Policy::load("p", &text).unwrap_or_else(|e| panic!("{e}"));
            let rule = policy.rule(0).expect("rule");
            for (params, at) in [
                meeting(&rule.conditions, policy.zone()),
                unclear(&rule.conditions, policy.zone()),
            ] {
                let action = with_params(Action::new("x"), &params);
                let by = policy.decide(&action, at).by;
                let unclear = params.iter().any(|(_, v)| *v == Value::Null);
                assert!(
                    by == Decider::Rule(0) || unclear,
                    "{conditions}: {}",
                    action.to_json()
                );
            }
        }
    }
}
