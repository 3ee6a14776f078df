//! `aegis policy show`.

use aegis_policy::condition::Compiled;
use aegis_policy::merge::Merged;
use aegis_policy::model::{Atom, Condition, Located, Match, Rule, Test};
use aegis_policy::value::{Number, Value as Operand};
use aegis_report::paint::{Ink, Paint};
use aegis_report::table::{Cell, Table};
use aegis_report::{Options, clean};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{merged, place};
use crate::cli::{ShowArgs, ShowFormat};
use crate::config::Env;
use crate::exit::Exit;
use crate::output::{self, Streams};
use crate::policies::{self, Desk};
use crate::problems::{Place, file_and_line};
use crate::words;

/// Longest name, and longest description of what a rule is about, in a table.
const NAME: usize = 48;
const ABOUT: usize = 120;

/// From files to a table, one stage per line.
pub(super) fn run(args: &ShowArgs, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let files = policies::named_or_set(&args.files, &args.config, env)?;
    let mut desk = Desk {
        look: output::look_of_stderr(args.color.color, env)?,
        err: &mut *streams.err,
    };
    let merged = merged(&files, &mut desk)?;
    let text = match args.format {
        ShowFormat::Text => text(&merged, &output::look(args.color.color, env)?),
        ShowFormat::Yaml => merged.policy.to_yaml(),
        ShowFormat::Json => super::json("aegis/policy-show", &merged)?,
    };
    streams.out.write_all(text.as_bytes())?;
    streams.out.flush()?;
    let warnings = merged.policy.warnings().len();
    if warnings > 0 {
        writeln!(
            streams.err,
            "note: {}; `--format json` has them",
            words::count(warnings, "warning", "warnings")
        )?;
    }
    Ok(Exit::Fine)
}

fn text(merged: &Merged, look: &Options) -> String {
    let paint = Paint { on: look.color };
    let policy = &merged.policy;
    let files: Vec<_> = policy
        .files()
        .iter()
        .map(|f| clean::line(&f.path))
        .collect();
    let head = format!(
        "{}: {}, time zone {}",
        files.join(" + "),
        words::count(policy.rules().len(), "rule", "rules"),
        policy.timezone()
    );
    let mut parts = vec![head, rules(merged, paint)];
    parts.extend(replaced(merged, paint));
    parts.join("\n\n") + "\n"
}

fn rules(merged: &Merged, paint: Paint) -> String {
    let dim = |text: &str| Cell::new(text).ink(Ink::Dim);
    let mut table = Table::default();
    table.row(vec![
        dim("").right(),
        dim("rule"),
        dim("decision"),
        dim("risk"),
        dim("place"),
        dim("speaks of"),
    ]);
    for (number, rule) in (1..).zip(merged.policy.rules()) {
        table.row(vec![
            Cell::number(number),
            Cell::new(clean::short(&rule.name.value, NAME)),
            Cell::new(rule.approval.value.as_str()).ink(output::ink(rule.approval.value)),
            Cell::new(rule.risk.value.as_str()).ink(output::ink_of_risk(rule.risk.value)),
            Cell::new(place(rule).map(file_and_line).unwrap_or_default()).ink(Ink::Calm),
            Cell::new(clean::short(&about(rule), ABOUT)),
        ]);
    }
    let defaults = merged.policy.defaults();
    let from = defaults
        .approval
        .span
        .as_ref()
        .or(defaults.risk.span.as_ref());
    table.row(vec![
        Cell::new(""),
        dim("(defaults)"),
        Cell::new(defaults.approval.value.as_str()).ink(output::ink(defaults.approval.value)),
        Cell::new(defaults.risk.value.as_str()).ink(output::ink_of_risk(defaults.risk.value)),
        Cell::new(from.map(file_and_line).unwrap_or_default()).ink(Ink::Calm),
        Cell::new("everything else"),
    ]);
    table.lines(paint).join("\n")
}

fn replaced(merged: &Merged, paint: Paint) -> Option<String> {
    let mut table = Table::default();
    for replaced in &merged.replaced {
        let from = place(&replaced.rule).map(file_and_line).unwrap_or_default();
        let by = replaced.by.as_ref().map(file_and_line).unwrap_or_default();
        table.row(vec![
            Cell::new(clean::short(&replaced.rule.name.value, NAME)),
            Cell::new(from).ink(Ink::Calm),
            Cell::new("by").ink(Ink::Dim),
            Cell::new(by).ink(Ink::Calm),
        ]);
    }
    let lines = table.lines(paint);
    (!lines.is_empty()).then(|| format!("{}\n{}", paint.bold("Replaced"), lines.join("\n")))
}

/// What a rule speaks of, on one line.
fn about(rule: &Rule) -> String {
    let mut parts = Vec::new();
    for (key, patterns) in patterns(&rule.matches) {
        let each: Vec<&str> = patterns.iter().map(|p| &*p.value).collect();
        parts.push(format!("{key} {}", each.join(", ")));
    }
    if let Some(effects) = &rule.matches.effect {
        let each: Vec<&str> = effects.iter().map(|e| e.value.as_str()).collect();
        parts.push(format!("effect {}", each.join(", ")));
    }
    let conditions = rule.conditions.iter();
    parts.extend(conditions.filter_map(|c| Some(Compiled::new(&c.atom).ok()?.to_string())));
    if parts.is_empty() {
        return "everything".to_owned();
    }
    parts.join("; ")
}

fn patterns(of: &Match) -> impl Iterator<Item = (&'static str, &Vec<Located<Box<str>>>)> {
    let fields = [
        ("type", &of.kind),
        ("target", &of.target),
        ("agent", &of.agent),
    ];
    let given = fields.into_iter();
    given.filter_map(|(key, patterns)| Some((key, patterns.as_ref()?)))
}

/// A rule with the keys of a policy; patterns and effects are always lists, conditions are listed one
/// by one.
#[derive(Serialize)]
pub(super) struct RuleRecord<'a> {
    number: usize,
    name: &'a str,
    #[serde(rename = "match")]
    matches: Map<String, Value>,
    conditions: Vec<Box<RawValue>>,
    risk_level: &'static str,
    approval: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Place<'a>>,
}

impl<'a> RuleRecord<'a> {
    /// The record of the rule with a 1-based number.
    pub(super) fn new(number: usize, rule: &'a Rule) -> anyhow::Result<Self> {
        let mut matches = Map::new();
        for (key, patterns) in patterns(&rule.matches) {
            let each: Vec<&str> = patterns.iter().map(|p| &*p.value).collect();
            matches.insert(key.to_owned(), each.into());
        }
        if let Some(effects) = &rule.matches.effect {
            let each: Vec<&str> = effects.iter().map(|e| e.value.as_str()).collect();
            matches.insert("effect".to_owned(), each.into());
        }
        Ok(Self {
            number,
            name: &rule.name.value,
            matches,
            conditions: rule
                .conditions
                .iter()
                .map(|c| Ok(RawValue::from_string(condition(c).to_json())?))
                .collect::<anyhow::Result<_>>()?,
            risk_level: rule.risk.value.as_str(),
            approval: rule.approval.value.as_str(),
            reason: rule.reason.as_ref().map(|r| &*r.value),
            from: place(rule).map(Place::of),
        })
    }
}

/// A condition as a policy writes it. Numbers keep their text, which `serde_json` would not.
fn condition(condition: &Condition) -> Operand {
    let object = |entries: Vec<(String, Operand)>| Operand::Object(entries);
    match &condition.atom {
        Atom::Window {
            after,
            before,
            weekdays,
        } => {
            let mut out = Vec::new();
            for (key, second) in [("time_after", after), ("time_before", before)] {
                if let Some(s) = second {
                    let mut clock = format!("{:02}:{:02}", s / 3600, s / 60 % 60);
                    if s % 60 > 0 {
                        clock += &format!(":{:02}", s % 60);
                    }
                    out.push((key.to_owned(), clock.into()));
                }
            }
            let days: Vec<Operand> = (1..=7_i64)
                .filter(|d| weekdays >> (d - 1) & 1 == 1)
                .map(Operand::from)
                .collect();
            if days.len() < 7 || out.is_empty() {
                out.push(("weekdays".to_owned(), days.into()));
            }
            object(out)
        }
        Atom::Semantic(statement) => object(vec![("semantic".to_owned(), (&**statement).into())]),
        Atom::Param { path, test } => {
            let (key, operand) = operand(test);
            let path = path.text.to_string();
            let value = match operand {
                Some(operand) => object(vec![(path, operand)]),
                None => path.into(),
            };
            object(vec![(key.to_owned(), value)])
        }
    }
}

fn operand(test: &Test) -> (&'static str, Option<Operand>) {
    let number = |n: &Number| Some(Operand::Number(n.clone()));
    match test {
        Test::Eq(value) => ("param_eq", Some(value.clone())),
        Test::Gt(n) => ("param_gt", number(n)),
        Test::Lt(n) => ("param_lt", number(n)),
        Test::Gte(n) => ("param_gte", number(n)),
        Test::Lte(n) => ("param_lte", number(n)),
        Test::Contains(all) => match all.as_slice() {
            [one] => ("param_contains", Some(one.clone())),
            all => ("param_contains", Some(all.to_vec().into())),
        },
        Test::Matches(regex) => ("param_matches", Some((&**regex).into())),
        Test::Present => ("param_present", None),
        Test::Missing => ("param_missing", None),
    }
}
