//! What `aegis init` did, for people and for programs.

use std::path::Path;

use aegis_policy::action::Action;
use aegis_policy::decision::Decider;
use aegis_policy::policy::Policy;
use aegis_policy::suite::default_moment;
use aegis_report::clean;
use aegis_report::paint::{Ink, Paint};
use aegis_report::table::{Cell, Table};
use serde::Serialize;

use super::tools::{Found, Tool};
use super::{Becomes, Made, POLICY, Place};
use crate::cli::{InitArgs, Listing};
use crate::output;
use crate::words;

/// Tools that the text lists before it counts them.
const LISTED: usize = 25;

/// What is said about a run.
pub(super) struct Report {
    pub(super) text: String,
    pub(super) notes: Vec<String>,
}

/// The report in the format that was asked for.
pub(super) fn report(args: &InitArgs, place: &Place, made: &Made) -> anyhow::Result<Report> {
    let text = match args.format {
        Listing::Text => text(place, made),
        Listing::Json => json(place, made)?,
    };
    let mut notes = Vec::new();
    if let Becomes::Kept(path) = &place.becomes {
        notes.extend(settings_note(place, path.as_deref()));
    }
    if let Some(found) = &made.found {
        notes.extend(unseen(found));
    }
    Ok(Report { text, notes })
}

/// What to write into settings that were there, if they do not lead to the policy.
fn settings_note(place: &Place, path: Option<&Path>) -> Option<String> {
    let shown = output::shown(&place.settings);
    match path {
        Some(path) if path == place.policy => None,
        Some(path) => Some(format!(
            "`{shown}` was there and stays as it is; the policy it leads to is `{}`",
            output::shown(path)
        )),
        None => Some(format!(
            "`{shown}` was there and stays as it is; to use the policy by default, add `policy: {{ path: {POLICY} }}` to it"
        )),
    }
}

/// Tools that the scan knows of and cannot name.
fn unseen(found: &Found) -> Option<String> {
    let mut parts = Vec::new();
    if found.unnamed > 0 {
        let n = words::count(found.unnamed, "tool has a name", "tools have names");
        parts.push(format!("{n} that only shows at run time"));
    }
    if found.servers > 0 {
        let n = words::count(
            found.servers,
            "attached MCP server brings tools",
            "attached MCP servers bring tools",
        );
        parts.push(format!("{n} that are not in the code"));
    }
    (!parts.is_empty()).then(|| {
        format!(
            "{}; `aegis simulate NAME` shows what the policy decides about them",
            parts.join(", and ")
        )
    })
}

fn text(place: &Place, made: &Made) -> String {
    let plain = Paint { on: false };
    let mut parts = vec![origin(made)];
    let tools = made.found.as_ref().map_or(&[][..], |found| &found.tools);
    if !tools.is_empty() {
        parts.push(table(tools, &made.compiled));
    }
    let mut files = Table::default();
    let rules = made.compiled.checked().rules().len();
    let mut row = |verb: &str, path: &Path, holds: String| {
        files.row(vec![
            Cell::new(verb),
            Cell::new(clean::line(&output::shown(path))),
            Cell::new(holds),
        ]);
    };
    row("wrote", &place.policy, words::count(rules, "rule", "rules"));
    row(
        "wrote",
        &place.suite,
        words::count(made.cases, "case", "cases"),
    );
    match place.becomes {
        Becomes::Written => row("wrote", &place.settings, "settings".to_owned()),
        Becomes::Kept(_) => row("kept", &place.settings, "settings".to_owned()),
    }
    parts.push(files.lines(plain).join("\n"));
    let mut next = Table::default();
    for (command, what) in next_steps(place, made) {
        next.row(vec![Cell::new(clean::line(&command)), Cell::new(what)]);
    }
    parts.push(format!("Next\n{}", next.lines(plain).join("\n")));
    parts.join("\n\n") + "\n"
}

fn origin(made: &Made) -> String {
    match (made.template, &made.found) {
        (Some(template), None) => format!("Template {}: {}", template.name, template.summary),
        (Some(template), Some(found)) => format!(
            "No tools found in {}; this is the template `{}`: {}",
            words::count(found.files, "Python file", "Python files"),
            template.name,
            template.summary
        ),
        (None, found) => {
            let (tools, files) = found.as_ref().map_or((0, 0), |f| (f.tools.len(), f.files));
            format!(
                "{} found in {}",
                words::count(tools, "tool", "tools"),
                words::count(files, "Python file", "Python files")
            )
        }
    }
}

/// The tools with what the policy decides about them.
fn table(tools: &[Tool], policy: &Policy) -> String {
    let dim = |text: &str| Cell::new(text).ink(Ink::Dim);
    let mut table = Table::default();
    table.row(
        ["tool", "effect", "decision", "rule", "place"]
            .map(dim)
            .into(),
    );
    for tool in tools.iter().take(LISTED) {
        let decision = policy.decide(&Action::new(&tool.name), default_moment());
        let place = tool.places.first();
        table.row(vec![
            Cell::new(clean::short(&tool.name, 60)),
            Cell::new(
                tool.effect()
                    .map_or("unknown", aegis_policy::model::Effect::as_str),
            ),
            Cell::new(decision.approval.as_str()),
            Cell::new(rule(policy, decision.by)),
            Cell::new(place.map_or_else(String::new, |(path, line)| {
                format!("{}:{line}", clean::line(path))
            })),
        ]);
    }
    let mut lines = table.lines(Paint { on: false });
    if let Some(more) = tools.len().checked_sub(LISTED).filter(|more| *more > 0) {
        lines.push(format!("  and {more} more"));
    }
    lines.join("\n")
}

fn rule(policy: &Policy, by: Decider) -> String {
    match by {
        Decider::Rule(number) => policy
            .rule(number)
            .map_or_else(String::new, |r| r.name.value.to_string()),
        Decider::Default | Decider::Language => "(defaults)".to_owned(),
    }
}

/// What to do next. Commands are as they work from here.
fn next_steps(place: &Place, made: &Made) -> Vec<(String, &'static str)> {
    // Without settings that lead to it, the policy has to be named.
    let here = output::shown(&place.folder)
        .trim_end_matches(['/', '.'])
        .is_empty();
    let policy = match here && place.becomes.lead_to(&place.policy) {
        true => String::new(),
        false => format!(" {}", quoted(&output::shown(&place.policy))),
    };
    let tool = made.found.as_ref().and_then(|f| f.tools.first());
    let tool = tool.map_or("delete_user", |t| t.name.as_str());
    vec![
        (format!("aegis validate{policy}"), "check it after a change"),
        (format!("aegis test{policy}"), "run its test suite"),
        (
            format!("aegis simulate{policy} {}", quoted(tool)),
            "ask what it decides, and why with `--explain`",
        ),
    ]
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    match word.chars().all(plain) && !word.starts_with('-') {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// The whole document; see docs/policy-commands.md.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    head: output::Head,
    template: Option<&'a str>,
    files: Vec<FileRecord>,
    tools: Vec<ToolRecord<'a>>,
    unnamed_tools: usize,
    mcp_servers: usize,
    next: Vec<String>,
}

#[derive(Serialize)]
struct FileRecord {
    path: String,
    kind: &'static str,
    written: bool,
}

#[derive(Serialize)]
struct ToolRecord<'a> {
    name: &'a str,
    effect: Option<aegis_policy::model::Effect>,
    effect_source: &'static str,
    approval: &'static str,
    risk: &'static str,
    rule: String,
    params: &'a [String],
    places: Vec<PlaceRecord<'a>>,
    runs: Option<RunsRecord<'a>>,
}

#[derive(Serialize)]
struct RunsRecord<'a> {
    api: &'a str,
    path: &'a str,
    line: u32,
}

#[derive(Serialize)]
struct PlaceRecord<'a> {
    path: &'a str,
    line: u32,
}

fn json(place: &Place, made: &Made) -> anyhow::Result<String> {
    let tools = made.found.as_ref().map_or(&[][..], |found| &found.tools);
    let file = |path: &Path, kind, written| FileRecord {
        path: output::shown(path),
        kind,
        written,
    };
    output::json(&Document {
        head: output::Head::new("aegis/init"),
        template: made.template.map(|t| t.name),
        files: vec![
            file(&place.policy, "policy", true),
            file(&place.suite, "suite", true),
            file(&place.settings, "config", place.becomes == Becomes::Written),
        ],
        tools: tools
            .iter()
            .map(|tool| {
                let decision = made
                    .compiled
                    .decide(&Action::new(&tool.name), default_moment());
                let places = tool.places.iter();
                ToolRecord {
                    name: &tool.name,
                    effect: tool.effect(),
                    effect_source: tool.effect_source(),
                    approval: decision.approval.as_str(),
                    risk: decision.risk.as_str(),
                    rule: rule(&made.compiled, decision.by),
                    params: &tool.params,
                    places: places
                        .map(|(path, line)| PlaceRecord { path, line: *line })
                        .collect(),
                    runs: tool.runs.as_ref().map(|runs| RunsRecord {
                        api: &runs.api,
                        path: &runs.place.0,
                        line: runs.place.1,
                    }),
                }
            })
            .collect(),
        unnamed_tools: made.found.as_ref().map_or(0, |f| f.unnamed),
        mcp_servers: made.found.as_ref().map_or(0, |f| f.servers),
        next: next_steps(place, made)
            .into_iter()
            .map(|(command, _)| command)
            .collect(),
    })
}
