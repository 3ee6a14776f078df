//! Decisions as a table, as reasons, and as JSON.

use aegis_diag::Span;
use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::{Decider, Raised};
use aegis_policy::layers::{Layer, Layers};
use aegis_policy::model::{Approval, Effect, EffectSource};
use aegis_policy::policy::{Earlier, Explanation, Policy, WhyNot};
use aegis_report::paint::{Ink, Paint};
use aegis_report::table::{Cell, Table};
use aegis_report::{Options, clean};
use anyhow::anyhow;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::Ruled;
use crate::cli::SimulateArgs;
use crate::output::{self, are};
use crate::problems::file_and_line;

/// Longest name in a table, in characters.
const NAME: usize = 60;
/// Longest reason why a rule did not decide.
const WHY_NOT: usize = 120;
/// Rules about other types that an explanation lists before it counts them.
const OTHER_TYPES: usize = 10;

/// What everything is decided by, a table or an explanation of each action, and the reasons.
pub(super) fn text(
    layers: &Layers,
    ruled: &[Ruled<'_>],
    at: Moment,
    explain: bool,
    look: &Options,
) -> String {
    let paint = Paint { on: look.color };
    let mut parts = vec![head(layers, ruled, at)];
    if explain {
        parts.extend(ruled.iter().map(|r| explained(layers, r, at, paint)));
    } else {
        parts.push(table(layers, ruled, paint));
        parts.extend(reasons(layers, ruled, paint));
        parts.extend(raised(ruled, paint));
    }
    parts.join("\n\n") + "\n"
}

fn head(layers: &Layers, ruled: &[Ruled<'_>], at: Moment) -> String {
    let mut each = layers.iter().map(|layer| {
        let path = clean::line(&path(&layer.policy)).into_owned();
        match &*layer.name {
            "" => path,
            name => format!("{} ({path})", clean::line(name)),
        }
    });
    let first = each.next().unwrap_or_default();
    let rest: Vec<String> = each.collect();
    let clock = ruled.first().and_then(|r| {
        let layer = layers.get(0).filter(|_| rest.is_empty())?;
        layer.policy.explain(r.action, at).clock
    });
    let clock = clock.map_or_else(String::new, |clock| format!(", {clock}"));
    let policies = [vec![first], rest].concat().join(", ");
    format!("{policies} at {at}{clock}")
}

fn path(policy: &Policy) -> String {
    let files = policy.checked().files();
    files.first().map_or_else(String::new, |f| f.path.clone())
}

fn table(layers: &Layers, ruled: &[Ruled<'_>], paint: Paint) -> String {
    let targets = ruled
        .iter()
        .any(|r| !r.action.target_name().original().is_empty());
    let several = layers.iter().count() > 1;
    let mut table = Table::default();
    let dim = |text: &str| Cell::new(text).ink(Ink::Dim);
    let mut head = vec![dim("type")];
    head.extend(targets.then(|| dim("target")));
    head.extend(["decision", "risk"].map(dim));
    head.extend(several.then(|| dim("layer")));
    head.extend(["rule", "place", "effect"].map(dim));
    table.row(head);
    for r in ruled {
        let layer = layers.get(r.layer);
        let (rule, place) = decider(layer, r);
        let mut row = vec![Cell::new(name(r.action.kind_name().original()))];
        row.extend(targets.then(|| Cell::new(name(r.action.target_name().original()))));
        let decision = match r.decision.raised {
            Some(_) => format!("{} (raised)", r.decision.approval),
            None => r.decision.approval.to_string(),
        };
        row.push(Cell::new(decision).ink(output::ink(r.decision.approval)));
        row.push(Cell::new(r.decision.risk.to_string()).ink(output::ink_of_risk(r.decision.risk)));
        let layer = layer.map_or("", |layer| &*layer.name);
        row.extend(several.then(|| Cell::new(clean::line(layer))));
        row.push(Cell::new(rule));
        row.push(Cell::new(place).ink(Ink::Calm));
        row.push(Cell::new(effect(
            r.decision.effect.effect,
            r.decision.effect.source,
        )));
        table.row(row);
    }
    table.lines(paint).join("\n")
}

/// Who decided, and where that is written.
fn decider(layer: Option<&Layer>, ruled: &Ruled<'_>) -> (String, String) {
    let place = |span: Option<&Span>| span.map(file_and_line).unwrap_or_default();
    let policy = layer.map(|layer| &layer.policy);
    match ruled.decision.by {
        Decider::Rule(number) => {
            let rule = policy.and_then(|p| p.rule(number));
            let (name_of, span) = rule.map_or(("", None), |rule| {
                let span = rule.name.span.as_ref().or(rule.span.as_ref());
                (&rule.name.value, span)
            });
            (name(name_of), place(span))
        }
        Decider::Default => {
            let span = policy.and_then(|p| p.checked().defaults().approval.span.as_ref());
            ("(defaults)".to_owned(), place(span))
        }
        Decider::Language => ("(no type)".to_owned(), String::new()),
    }
}

/// The reasons of the rules that decided, each once.
fn reasons(layers: &Layers, ruled: &[Ruled<'_>], paint: Paint) -> Option<String> {
    let mut table = Table::default();
    let mut seen = Vec::new();
    for r in ruled {
        let Decider::Rule(number) = r.decision.by else {
            continue;
        };
        let rule = layers.get(r.layer).and_then(|l| l.policy.rule(number));
        let reason = rule.and_then(|rule| Some((rule, rule.reason.as_ref()?)));
        let Some((rule, reason)) = reason.filter(|_| !seen.contains(&(r.layer, number))) else {
            continue;
        };
        seen.push((r.layer, number));
        table.row(vec![
            Cell::new(name(&rule.name.value)),
            Cell::new(clean::line(&reason.value)),
        ]);
    }
    section("Reasons", &table, seen.is_empty(), paint)
}

/// Why decisions are stricter than their rules.
fn raised(ruled: &[Ruled<'_>], paint: Paint) -> Option<String> {
    let mut table = Table::default();
    let mut none = true;
    for r in ruled {
        if let Some(raised) = r.decision.raised {
            none = false;
            let shown = clean::cut(&clean::line(&r.action.to_string()), NAME);
            table.row(vec![Cell::new(shown), Cell::new(raised.message())]);
        }
    }
    section("Raised from auto", &table, none, paint)
}

fn section(title: &str, table: &Table, empty: bool, paint: Paint) -> Option<String> {
    (!empty).then(|| format!("{}\n{}", paint.bold(title), table.lines(paint).join("\n")))
}

/// One action: the decision, everything it rests on, and the rules that were passed over.
fn explained(layers: &Layers, ruled: &Ruled<'_>, at: Moment, paint: Paint) -> String {
    let Some(layer) = layers.get(ruled.layer) else {
        return String::new();
    };
    let why = layer.policy.explain(ruled.action, at);
    let (rule, place) = decider(Some(layer), ruled);
    let decision = paint.ink(output::ink(why.approval), why.approval.as_str());
    let risk = paint.ink(output::ink_of_risk(why.risk), why.risk.as_str());
    let action = clean::cut(&clean::line(&ruled.action.to_string()), 2 * NAME);
    let mut lines = vec![format!("{}: {decision}, risk {risk}", paint.bold(&action))];
    let mut table = Table::default();
    let mut row = |key: &str, value: String| {
        if !value.is_empty() {
            table.row(vec![Cell::new(key).ink(Ink::Dim), Cell::new(value)]);
        }
    };
    if !layer.name.is_empty() {
        row("layer", clean::line(&layer.name).into_owned());
    }
    row(
        "rule",
        match place.as_str() {
            "" => rule,
            place => format!("{rule} at {place}"),
        },
    );
    row("effect", effect(why.effect, why.effect_source));
    row("agent", name(ruled.action.agent_name().original()));
    row("params", params(ruled.action));
    for seen in &why.conditions {
        row("condition", clean::line(&seen.to_string()).into_owned());
    }
    row(
        "reason",
        why.reason
            .as_deref()
            .map(clean::line)
            .unwrap_or_default()
            .into_owned(),
    );
    row(
        "raised",
        why.raised
            .map(Raised::message)
            .unwrap_or_default()
            .to_owned(),
    );
    lines.extend(table.lines(paint));
    lines.extend(passed_over(&why, paint));
    lines.join("\n")
}

fn params(action: &Action) -> String {
    if action.params().is_empty() {
        return String::new();
    }
    let object = aegis_policy::value::Value::Object(action.params().to_vec());
    clean::short(&object.to_json(), 4 * NAME)
}

/// Why each earlier rule did not decide.
fn passed_over(why: &Explanation, paint: Paint) -> Vec<String> {
    let other_type = |e: &&Earlier| matches!(e.because, WhyNot::Type { .. });
    let others = why.earlier.iter().filter(other_type).count();
    let mut left = if others > OTHER_TYPES {
        OTHER_TYPES
    } else {
        others
    };
    let mut table = Table::default();
    for earlier in &why.earlier {
        if other_type(&earlier) {
            if left == 0 {
                continue;
            }
            left -= 1;
        }
        table.row(vec![
            Cell::new(earlier.rule.number.to_string()).right(),
            Cell::new(name(&earlier.rule.name)),
            Cell::new(place_of(earlier)).ink(Ink::Calm),
            Cell::new(clean::short(&earlier.because.to_string(), WHY_NOT)),
        ]);
    }
    let mut lines = table.lines(paint);
    if let Some(more) = others.checked_sub(OTHER_TYPES).filter(|more| *more > 0) {
        lines.push(format!(
            "  {} about other types; `--format json` has all",
            are(more, "more rule", "more rules")
        ));
    }
    if !lines.is_empty() {
        lines.insert(0, paint.ink(Ink::Dim, "passed over"));
    }
    lines.iter().map(|line| format!("  {line}")).collect()
}

fn place_of(earlier: &Earlier) -> String {
    match (&earlier.rule.file, earlier.rule.line) {
        (Some(file), Some(line)) => format!("{}:{line}", clean::line(file)),
        _ => String::new(),
    }
}

/// A name as it can be shown: nothing in it is hidden.
fn name(text: &str) -> String {
    let shown: String = text
        .chars()
        .flat_map(|c| {
            let plain = matches!(c, '\'' | '"' | '\\');
            let escaped = (!plain).then(|| c.escape_debug());
            let itself = plain.then_some(c);
            itself.into_iter().chain(escaped.into_iter().flatten())
        })
        .collect();
    clean::short(&shown, NAME)
}

fn effect(effect: Option<Effect>, source: EffectSource) -> String {
    match effect {
        Some(effect) => format!("{effect} (from {})", from(source)),
        None => "unknown".to_owned(),
    }
}

fn from(source: EffectSource) -> &'static str {
    match source {
        EffectSource::Caller => "the caller",
        EffectSource::Hints => "its hints",
        EffectSource::Catalogue => "the catalogue",
        EffectSource::Name => "its name",
        EffectSource::Nothing => "nothing",
    }
}

/// The whole document; see docs/policy-commands.md.
#[derive(Serialize)]
struct Document {
    #[serde(flatten)]
    head: output::Head,
    at: String,
    policies: Vec<PolicyRecord>,
    summary: Summary,
    actions: Vec<ActionRecord>,
}

#[derive(Serialize)]
struct PolicyRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    layer: Option<String>,
    path: String,
    rules: usize,
}

#[derive(Serialize)]
struct Summary {
    actions: usize,
    auto: usize,
    approve: usize,
    block: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    as_expected: Option<bool>,
}

#[derive(Serialize)]
struct ActionRecord {
    action: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    layer: Option<String>,
    #[serde(flatten)]
    decision: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    layers: Option<Vec<Map<String, Value>>>,
}

/// The decisions for programs.
pub(super) fn json(
    layers: &Layers,
    ruled: &[Ruled<'_>],
    at: Moment,
    args: &SimulateArgs,
) -> anyhow::Result<String> {
    let count = |approval| {
        let those = ruled.iter().filter(|r| r.decision.approval == approval);
        those.count()
    };
    let layer_name = |layer: &Layer| (!layer.name.is_empty()).then(|| layer.name.to_string());
    output::json(&Document {
        head: output::Head::new("aegis/simulate"),
        at: at.to_string(),
        policies: layers
            .iter()
            .map(|layer| PolicyRecord {
                layer: layer_name(layer),
                path: path(&layer.policy),
                rules: layer.policy.checked().rules().len(),
            })
            .collect(),
        summary: Summary {
            actions: ruled.len(),
            auto: count(Approval::Auto),
            approve: count(Approval::Approve),
            block: count(Approval::Block),
            as_expected: args.expect.map(|expected| count(expected) == ruled.len()),
        },
        actions: ruled
            .iter()
            .map(|r| record(layers, r, at, args.explain))
            .collect::<anyhow::Result<_>>()?,
    })
}

fn record(
    layers: &Layers,
    ruled: &Ruled<'_>,
    at: Moment,
    explain: bool,
) -> anyhow::Result<ActionRecord> {
    let decision = |layer: &Layer| reasons_of(&layer.policy, ruled.action, at, explain);
    let several = layers.iter().count() > 1;
    let all = layers.iter().map(|layer| {
        let mut record = Map::new();
        record.insert("layer".to_owned(), layer.name.to_string().into());
        record.append(&mut decision(layer)?);
        Ok(record)
    });
    let layer = layers
        .get(ruled.layer)
        .ok_or_else(|| anyhow!("there is no layer {}", ruled.layer))?;
    Ok(ActionRecord {
        action: json_of(ruled.action)?,
        layer: (!layer.name.is_empty()).then(|| layer.name.to_string()),
        decision: decision(layer)?,
        layers: several
            .then(|| all.collect::<anyhow::Result<_>>())
            .transpose()?,
    })
}

/// The action; as text if it holds a number that JSON cannot write, such as NaN.
fn json_of(action: &Action) -> anyhow::Result<Box<RawValue>> {
    let json = action.to_json();
    let text = serde_json::to_string(&json)?;
    let raw = RawValue::from_string(json).or_else(|_| RawValue::from_string(text));
    Ok(raw?)
}

/// An explanation as keys; why each earlier rule did not decide only if it was asked for.
fn reasons_of(
    policy: &Policy,
    action: &Action,
    at: Moment,
    explain: bool,
) -> anyhow::Result<Map<String, Value>> {
    let Value::Object(mut keys) = serde_json::to_value(policy.explain(action, at))? else {
        return Err(anyhow!("an explanation is an object"));
    };
    // The time is the same for all, and stands above them.
    keys.shift_remove("at");
    if !explain {
        keys.shift_remove("earlier");
    }
    Ok(keys)
}
