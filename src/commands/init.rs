//! `aegis init`.

mod propose;
mod tools;

use std::path::{Path, PathBuf};

use aegis_policies::{TEMPLATES, Template, template};
use aegis_policy::action::Action;
use aegis_policy::decision::Decider;
use aegis_policy::policy::Policy;
use aegis_policy::suite::{Suite, default_moment};
use aegis_report::clean;
use aegis_report::paint::{Ink, Paint};
use aegis_report::table::{Cell, Table};
use anyhow::{Context, anyhow, bail};
use serde::Serialize;

use self::tools::{Found, Tool};
use crate::cli::{ConfigArgs, InitArgs, Listing};
use crate::config::{self, Env};
use crate::exit::Exit;
use crate::output::{self, Streams, printable};
use crate::words;

/// The files that are written.
const POLICY: &str = "policy.yaml";
const SUITE: &str = "policy.test.yaml";

/// What is written where nothing else is asked for and no tool is found.
const STARTER: &str = "starter";

/// The settings that lead to the policy.
const SETTINGS: &str = "\
# Settings of Aegis. `aegis schema config` prints everything that can be set.
policy:
  path: policy.yaml
";

/// Tools that the text lists before it counts them.
const LISTED: usize = 25;

/// From a folder to a policy for it, one stage per line.
pub(crate) fn run(args: &InitArgs, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    if args.list_templates {
        return list(args, streams);
    }
    let place = place(args)?; //                             arguments -> where it goes
    let made = make(args, env)?; //                          code, or a template -> policy, suite    aegis-scan
    let settings = write(&place, &made)?; //                 policy, suite -> files
    let report = report(args, &place, &made, settings)?; //  what was done, and what is next
    streams.out.write_all(report.text.as_bytes())?;
    for note in &report.notes {
        writeln!(streams.err, "note: {}", printable(note, &[]))?;
    }
    Ok(Exit::Fine)
}

/// Where the files go.
struct Place {
    folder: PathBuf,
    policy: PathBuf,
    suite: PathBuf,
    settings: PathBuf,
}

/// Nothing that is there is overwritten unasked, and nothing is written if anything would be.
fn place(args: &InitArgs) -> anyhow::Result<Place> {
    let folder = args.path.clone();
    if !folder.is_dir() {
        let why = if folder.exists() {
            "it is no folder; name the folder that the policy is for"
        } else {
            "there is no such folder; make it first"
        };
        bail!("`{}` cannot be initialised: {why}", folder.display());
    }
    let place = Place {
        policy: folder.join(POLICY),
        suite: folder.join(SUITE),
        settings: folder.join(config::NAME),
        folder,
    };
    let there: Vec<String> = [&place.policy, &place.suite]
        .into_iter()
        .filter(|path| path.symlink_metadata().is_ok())
        .map(|path| format!("`{}`", output::shown(path)))
        .collect();
    if !args.force && !there.is_empty() {
        let (are, them) = if there.len() == 1 {
            ("is", "it")
        } else {
            ("are", "them")
        };
        bail!(
            "{} {are} there already; `--force` replaces {them}",
            there.join(" and ")
        );
    }
    for path in [&place.policy, &place.suite] {
        output::free(path, true)
            .with_context(|| format!("`{}` cannot be written", output::shown(path)))?;
    }
    Ok(place)
}

/// A policy and its suite, and where they come from.
struct Made {
    policy: String,
    suite: String,
    compiled: Policy,
    cases: usize,
    template: Option<&'static Template>,
    /// What the scan found; nothing if it was not asked.
    found: Option<Found>,
}

fn make(args: &InitArgs, env: &Env) -> anyhow::Result<Made> {
    if let Some(name) = &args.template {
        return from_template(find_template(name)?, None);
    }
    let found = tools::find(&args.path, env)?;
    if found.tools.is_empty() {
        return from_template(find_template(STARTER)?, Some(found));
    }
    let proposal = propose::propose(&found)?;
    Ok(Made {
        policy: proposal.text,
        suite: proposal.suite,
        compiled: proposal.policy,
        cases: proposal.cases,
        template: None,
        found: Some(found),
    })
}

fn find_template(name: &str) -> anyhow::Result<&'static Template> {
    template(name).ok_or_else(|| {
        let known = TEMPLATES.iter().map(|t| t.name);
        let advice = words::did_you_mean(name, known, "`aegis init --list-templates` lists all");
        anyhow!("`{name}` is not a template; {advice}")
    })
}

fn from_template(template: &'static Template, found: Option<Found>) -> anyhow::Result<Made> {
    let broken = |e| anyhow!("template `{}` is not well formed: {e}", template.name);
    Ok(Made {
        policy: template.policy.to_owned(),
        suite: template.suite.to_owned(),
        compiled: Policy::load(POLICY, template.policy).map_err(broken)?,
        cases: Suite::load(SUITE, template.suite)
            .map_err(broken)?
            .cases
            .len(),
        template: Some(template),
        found,
    })
}

/// What became of the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SettingsFile {
    Written,
    /// One was there, and it stays as it is.
    Kept,
}

fn write(place: &Place, made: &Made) -> anyhow::Result<SettingsFile> {
    output::write_file("policy", &place.policy, &made.policy)?;
    output::write_file("test suite", &place.suite, &made.suite)?;
    if place.settings.symlink_metadata().is_ok() {
        return Ok(SettingsFile::Kept);
    }
    output::write_file("settings file", &place.settings, SETTINGS)?;
    Ok(SettingsFile::Written)
}

/// What is said about a run.
struct Report {
    text: String,
    notes: Vec<String>,
}

fn report(
    args: &InitArgs,
    place: &Place,
    made: &Made,
    settings: SettingsFile,
) -> anyhow::Result<Report> {
    let text = match args.format {
        Listing::Text => text(place, made, settings),
        Listing::Json => json(place, made, settings)?,
    };
    let mut notes = Vec::new();
    if settings == SettingsFile::Kept {
        notes.extend(settings_note(place));
    }
    if let Some(found) = &made.found {
        notes.extend(unseen(found));
    }
    Ok(Report { text, notes })
}

/// What to write into settings that were there, if they do not lead to the policy.
fn settings_note(place: &Place) -> Option<String> {
    let args = ConfigArgs {
        config: Some(place.settings.clone()),
        no_config: false,
    };
    let shown = output::shown(&place.settings);
    match config::policy(&args, &Env::default()) {
        Ok(Some(path)) if path == place.policy => None,
        Ok(Some(path)) => Some(format!(
            "`{shown}` was there and stays as it is; its policy is `{}`",
            output::shown(&path)
        )),
        _ => Some(format!(
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

fn text(place: &Place, made: &Made, settings: SettingsFile) -> String {
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
    match settings {
        SettingsFile::Written => row("wrote", &place.settings, "settings".to_owned()),
        SettingsFile::Kept => row("kept", &place.settings, "settings".to_owned()),
    }
    parts.push(files.lines(plain).join("\n"));
    let mut next = Table::default();
    for (command, what) in next_steps(place, made, settings) {
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
                tool.effect
                    .effect
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
fn next_steps(place: &Place, made: &Made, settings: SettingsFile) -> Vec<(String, &'static str)> {
    // Without settings that lead to it, the policy has to be named.
    let here = output::shown(&place.folder)
        .trim_end_matches(['/', '.'])
        .is_empty();
    let policy = match (here, settings) {
        (true, SettingsFile::Written) => String::new(),
        _ => format!(" {}", quoted(&output::shown(&place.policy))),
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
    effect_source: aegis_policy::model::EffectSource,
    approval: &'static str,
    risk: &'static str,
    rule: String,
    params: &'a [String],
    places: Vec<PlaceRecord<'a>>,
}

#[derive(Serialize)]
struct PlaceRecord<'a> {
    path: &'a str,
    line: u32,
}

fn json(place: &Place, made: &Made, settings: SettingsFile) -> anyhow::Result<String> {
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
            file(&place.settings, "config", settings == SettingsFile::Written),
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
                    effect: tool.effect.effect,
                    effect_source: tool.effect.source,
                    approval: decision.approval.as_str(),
                    risk: decision.risk.as_str(),
                    rule: rule(&made.compiled, decision.by),
                    params: &tool.params,
                    places: places
                        .map(|(path, line)| PlaceRecord { path, line: *line })
                        .collect(),
                }
            })
            .collect(),
        unnamed_tools: made.found.as_ref().map_or(0, |f| f.unnamed),
        mcp_servers: made.found.as_ref().map_or(0, |f| f.servers),
        next: next_steps(place, made, settings)
            .into_iter()
            .map(|(command, _)| command)
            .collect(),
    })
}

/// The templates that there are.
fn list(args: &InitArgs, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let text = match args.format {
        Listing::Json => output::json(&Templates {
            head: output::Head::new("aegis/templates"),
            templates: TEMPLATES
                .iter()
                .map(|t| TemplateRecord {
                    name: t.name,
                    summary: t.summary,
                })
                .collect(),
        })?,
        Listing::Text => {
            let rows: Vec<[String; 2]> = TEMPLATES
                .iter()
                .map(|t| [t.name, t.summary].map(str::to_owned))
                .collect();
            output::table(["Template", "For"], &rows, &[])
        }
    };
    streams.out.write_all(text.as_bytes())?;
    Ok(Exit::Fine)
}

#[derive(Serialize)]
struct Templates {
    #[serde(flatten)]
    head: output::Head,
    templates: Vec<TemplateRecord>,
}

#[derive(Serialize)]
struct TemplateRecord {
    name: &'static str,
    summary: &'static str,
}
