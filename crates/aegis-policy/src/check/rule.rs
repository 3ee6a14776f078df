//! The keys of one rule -> [`Rule`].

use std::ops::Range;

use aegis_diag::Span;

use crate::model::{Approval, Atom, Condition, Defaults, Effect, Located, Match, Rule, Test};
use crate::problem::Problem;
use crate::read::{Field, Fields, ParamOperand, Read, Reader};

use super::{approval, located, risk, text, unwritten};

/// The rule at the 0-based place `i` of its file.
pub(super) fn rule(
    reader: &mut Reader<'_>,
    i: usize,
    mut fields: Fields,
    defaults: &Defaults,
) -> Rule {
    let name = fields.take("name").and_then(|f| text(reader, f));
    let matched = fields.take("match");
    let no_match = match &matched {
        Some(field) if !field.is_empty_mapping() => None,
        Some(field) => Some(field.whole()),
        // A `match` that was refused is not missing.
        None => (!fields.has("match")).then(|| head(reader, &fields, &name)),
    };
    let matches = match matched.map(|f| f.read) {
        Some(Read::Fields(fields)) => matches(reader, fields),
        _ => Match::default(),
    };
    let conditions = match fields.take("conditions").map(|f| f.read) {
        Some(Read::Fields(fields)) => conditions(reader, fields),
        _ => Vec::new(),
    };
    let risk = fields.take("risk_level").and_then(|f| risk(reader, &f));
    let approval = fields.take("approval").and_then(|f| approval(reader, &f));
    let name = name.unwrap_or_else(|| unwritten(format!("rule-{}", i + 1).into()));
    let automatic = approval.as_ref().is_some_and(|a| a.value == Approval::Auto);
    if let (Some(at), false) = (no_match, automatic) {
        let message = format!(
            "rule `{}` has no `match`, so it speaks of every action",
            name.value
        );
        reader.push(
            Problem::warning("no-match", reader.span(at), message)
                .help("write `match: { type: \"*\" }` if that is meant"),
        );
    }
    Rule {
        name,
        span: Some(reader.span(fields.at.clone())),
        matches,
        conditions,
        risk: risk.unwrap_or_else(|| unwritten(defaults.risk.value)),
        approval: approval.unwrap_or_else(|| unwritten(Approval::Approve)),
        reason: fields.take("reason").and_then(|f| text(reader, f)),
    }
}

/// The place that stands for a rule: its name, or its first line.
fn head(reader: &Reader<'_>, fields: &Fields, name: &Option<Located<Box<str>>>) -> Range<usize> {
    if let Some(span) = name.as_ref().and_then(|n| n.span.as_ref()) {
        return span.range.clone();
    }
    let span = reader.span(fields.at.clone());
    let first = span.text().lines().next().map_or(0, str::len);
    span.range.start..span.range.start + first
}

fn matches(reader: &Reader<'_>, mut fields: Fields) -> Match {
    let mut patterns = |key: &str| match fields.take(key)?.read {
        Read::Patterns(list) => Some(
            list.into_iter()
                .map(|(value, at)| Located {
                    value,
                    span: Some(reader.span(at)),
                })
                .collect(),
        ),
        _ => None,
    };
    Match {
        kind: patterns("type"),
        target: patterns("target"),
        agent: patterns("agent"),
        effect: fields.take("effect").and_then(|f| effects(reader, f)),
    }
}

fn effects(reader: &Reader<'_>, field: Field) -> Option<Vec<Located<Effect>>> {
    let Read::Words(words) = field.read else {
        return None;
    };
    let effect = |(word, at): (usize, _)| {
        Some(Located {
            value: *Effect::ALL.get(word)?,
            span: Some(reader.span(at)),
        })
    };
    words.into_iter().map(effect).collect()
}

fn conditions(reader: &mut Reader<'_>, mut fields: Fields) -> Vec<Condition> {
    let mut out = Vec::new();
    let after = fields.take("time_after");
    let before = fields.take("time_before");
    let weekdays = fields.take("weekdays");
    out.extend(window(
        reader,
        after.as_ref(),
        before.as_ref(),
        weekdays.as_ref(),
    ));
    for key in [
        "param_eq",
        "param_gt",
        "param_gte",
        "param_lt",
        "param_lte",
        "param_contains",
        "param_matches",
    ] {
        let Some(Read::Params(params)) = fields.take(key).map(|f| f.read) else {
            continue;
        };
        for param in params {
            let span = Some(reader.span(param.at));
            let Some(test) = test(key, param.operand) else {
                continue;
            };
            let path = param.path;
            let atom = Atom::Param { path, test };
            out.push(Condition { atom, span });
        }
    }
    for (key, test) in [
        ("param_present", Test::Present),
        ("param_missing", Test::Missing),
    ] {
        let Some(Read::Paths(paths)) = fields.take(key).map(|f| f.read) else {
            continue;
        };
        for (path, at) in paths {
            let test = test.clone();
            let span = Some(reader.span(at));
            let atom = Atom::Param { path, test };
            out.push(Condition { atom, span });
        }
    }
    if let Some(statement) = fields.take("semantic").and_then(|f| text(reader, f)) {
        out.push(Condition {
            atom: Atom::Semantic(statement.value),
            span: statement.span,
        });
    }
    out
}

fn test(key: &str, operand: ParamOperand) -> Option<Test> {
    Some(match (key, operand) {
        ("param_eq", ParamOperand::Value(value)) => Test::Eq(value),
        ("param_gt", ParamOperand::Number(number)) => Test::Gt(number),
        ("param_gte", ParamOperand::Number(number)) => Test::Gte(number),
        ("param_lt", ParamOperand::Number(number)) => Test::Lt(number),
        ("param_lte", ParamOperand::Number(number)) => Test::Lte(number),
        ("param_contains", ParamOperand::Contains(values)) => Test::Contains(values),
        ("param_matches", ParamOperand::Regex(regex)) => Test::Matches(regex),
        _ => return None,
    })
}

/// The three keys about time are one window. Refuses a window that no moment lies in.
fn window(
    reader: &mut Reader<'_>,
    after: Option<&Field>,
    before: Option<&Field>,
    weekdays: Option<&Field>,
) -> Option<Condition> {
    let seconds = |field: Option<&Field>| match field?.read {
        Read::Time(seconds) => Some(seconds),
        _ => None,
    };
    let (from, until) = (seconds(after), seconds(before));
    let days = match weekdays.map(|f| &f.read) {
        Some(Read::Weekdays(days)) => *days,
        _ => 0b111_1111,
    };
    let place = |reader: &Reader<'_>, field: Option<&Field>| -> Option<Span> {
        field.map(|f| reader.span(f.at.clone()))
    };
    if let (Some(0), Some(at)) = (until, place(reader, before)) {
        let problem = Problem::error("empty-window", at, "no time of day is before midnight")
            .help("leave `time_before` out: the window then ends at midnight");
        reader.push(problem);
    } else if let (Some(from), Some(until)) = (from, until)
        && from == until
        && let (Some(first), Some(second)) = (place(reader, after), place(reader, before))
    {
        let message = "a window that starts and ends at the same time is empty";
        let problem = Problem::error("empty-window", second, message)
            .label("ends here")
            .because(first, "starts here")
            .help("leave both out if the whole day is meant");
        reader.push(problem);
    }
    let written: Vec<&Field> = [after, before, weekdays].into_iter().flatten().collect();
    let first = written.iter().min_by_key(|f| f.key_at.start)?;
    let span = located(reader, first, ()).span.map(|s| Span {
        range: first.whole(),
        ..s
    });
    Some(Condition {
        atom: Atom::Window {
            after: from,
            before: until,
            weekdays: days,
        },
        span,
    })
}
