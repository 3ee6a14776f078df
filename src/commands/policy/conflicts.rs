//! `aegis policy conflicts`.

use aegis_policy::conflicts::{Conflict, Example, conflicts};
use aegis_policy::model::{Checked, Rule};
use aegis_report::paint::{Ink, Paint};
use aegis_report::table::{Cell, Table};
use aegis_report::{Options, clean};
use anyhow::bail;
use serde::Serialize;

use super::place;
use crate::cli::{ConflictsArgs, Listing};
use crate::config::Env;
use crate::exit::Exit;
use crate::output::{self, Streams};
use crate::policies::{self, Desk};
use crate::problems::{Place, file_and_line};
use crate::words;

/// Longest name, and longest example, in a table.
const NAME: usize = 48;

/// From files to where they disagree, one stage per line.
pub(super) fn run(
    args: &ConflictsArgs,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    policies::one_stdin(&args.levels.files)?;
    if args.levels.files.len() < 2 {
        bail!("conflicts are between policies; name two or more");
    }
    let mut desk = Desk {
        look: output::look_of_stderr(args.listing.color.color, env)?,
        err: &mut *streams.err,
    };
    let mut checked = Vec::new();
    for path in &args.levels.files {
        checked.push(policies::checked(path, &mut desk)?);
    }
    let found = conflicts(&checked.iter().collect::<Vec<&Checked>>());
    let text = match args.listing.format {
        Listing::Text => text(&found, &output::look(args.listing.color.color, env)?),
        Listing::Json => json(&checked, &found)?,
    };
    streams.out.write_all(text.as_bytes())?;
    streams.out.flush()?;
    judge(&found, args, streams)
}

/// The two rules of each conflict, what applies, and an action that both speak of.
fn text(found: &[Conflict<'_>], look: &Options) -> String {
    if found.is_empty() {
        return "no conflicts\n".to_owned();
    }
    let paint = Paint { on: look.color };
    let dim = |text: &str| Cell::new(text).ink(Ink::Dim);
    let mut table = Table::default();
    table.row(
        [
            "rule",
            "says",
            "place",
            "rule",
            "says",
            "place",
            "for example",
        ]
        .map(dim)
        .into(),
    );
    for conflict in found {
        let mut row = Vec::new();
        for (_, rule) in [conflict.first, conflict.second] {
            row.push(Cell::new(clean::short(&rule.name.value, NAME)));
            let approval = rule.approval.value;
            // The stricter of the two is what applies.
            row.push(
                Cell::new(approval.as_str()).ink(match approval == conflict.stricter() {
                    true => output::ink(approval),
                    false => Ink::Dim,
                }),
            );
            row.push(Cell::new(place(rule).map(file_and_line).unwrap_or_default()).ink(Ink::Calm));
        }
        row.push(Cell::new(
            conflict.example.as_ref().map(example).unwrap_or_default(),
        ));
        table.row(row);
    }
    format!(
        "{}\n\n{}; decided in layers, the stricter rule applies\n",
        table.lines(paint).join("\n"),
        words::count(found.len(), "conflict", "conflicts")
    )
}

/// `delete_file on /tmp/x by billing-bot`; what can be anything is left out.
fn example(example: &Example) -> String {
    let mut out = match (example.kind.as_str(), example.effect) {
        ("", Some(effect)) => format!("any {effect}"),
        ("", None) => "anything".to_owned(),
        (kind, Some(effect)) => format!("{kind} ({effect})"),
        (kind, None) => kind.to_owned(),
    };
    for (word, name) in [("on", &example.target), ("by", &example.agent)] {
        if !name.is_empty() {
            out += &format!(" {word} {name}");
        }
    }
    clean::short(&out, 2 * NAME)
}

/// The whole document; see docs/policy-commands.md.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    head: output::Head,
    files: Vec<&'a str>,
    conflicts: Vec<Record<'a>>,
}

#[derive(Serialize)]
struct Record<'a> {
    rules: [RuleRecord<'a>; 2],
    applies: &'static str,
    example: Option<ExampleRecord<'a>>,
}

#[derive(Serialize)]
struct RuleRecord<'a> {
    name: &'a str,
    approval: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Place<'a>>,
}

#[derive(Serialize)]
struct ExampleRecord<'a> {
    r#type: &'a str,
    target: &'a str,
    agent: &'a str,
    effect: Option<aegis_policy::model::Effect>,
}

fn json(checked: &[Checked], found: &[Conflict<'_>]) -> anyhow::Result<String> {
    let files = checked.iter().flat_map(Checked::files);
    output::json(&Document {
        head: output::Head::new("aegis/policy-conflicts"),
        files: files.map(|file| file.path.as_str()).collect(),
        conflicts: found
            .iter()
            .map(|conflict| Record {
                rules: [conflict.first.1, conflict.second.1].map(rule),
                applies: conflict.stricter().as_str(),
                example: conflict.example.as_ref().map(|example| ExampleRecord {
                    r#type: &example.kind,
                    target: &example.target,
                    agent: &example.agent,
                    effect: example.effect,
                }),
            })
            .collect(),
    })
}

fn rule(rule: &Rule) -> RuleRecord<'_> {
    RuleRecord {
        name: &rule.name.value,
        approval: rule.approval.value.as_str(),
        from: place(rule).map(Place::of),
    }
}

/// A conflict is no mistake unless it is said to be one.
fn judge(
    found: &[Conflict<'_>],
    args: &ConflictsArgs,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    if !args.strict || found.is_empty() {
        return Ok(Exit::Fine);
    }
    let n = words::count(found.len(), "conflict", "conflicts");
    writeln!(streams.err, "failed: {n} (`--strict`)")?;
    Ok(Exit::GateFailed)
}
