//! The difference of two policies as text, JSON and Markdown.

use std::fmt::Write;

use aegis_report::escape::{code, prose};
use aegis_report::json::{Tool, to_string};
use aegis_report::paint::{Ink, Paint};
use aegis_report::{Options, clean, words};
use serde::Serialize;

use super::Format;
use crate::assemble::runs;
use crate::diff::{Direction, Edited, PolicyDiff, Region, Replayed, Side, Written};

/// What `format` says in JSON.
pub const DIFF_FORMAT: &str = "aegis/policy-diff";

/// The difference in a format; only text, JSON and Markdown are there for it, everything else is
/// text. The result ends with a line ending.
#[must_use]
pub fn render_diff(
    diff: &PolicyDiff,
    names: (&str, &str),
    format: Format,
    look: &Options,
) -> String {
    match format {
        Format::Json => json(diff, names, look),
        Format::Markdown => markdown(diff, names),
        Format::Text | Format::Sarif | Format::Github => text(diff, names, look),
    }
}

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    version: u32,
    tool: Tool<'a>,
    old: &'a str,
    new: &'a str,
    /// Whether the regions are all there are.
    complete: bool,
    looser: usize,
    stricter: usize,
    #[serde(flatten)]
    diff: &'a PolicyDiff,
}

fn json(diff: &PolicyDiff, (old, new): (&str, &str), look: &Options) -> String {
    let document = Document {
        format: DIFF_FORMAT,
        version: 1,
        tool: Tool {
            name: "aegis",
            version: &look.tool_version,
        },
        old,
        new,
        complete: diff.unknown.is_empty(),
        looser: diff.count(Direction::Looser),
        stricter: diff.count(Direction::Stricter),
        diff,
    };
    to_string(&document, true) + "\n"
}

fn text(diff: &PolicyDiff, (old, new): (&str, &str), look: &Options) -> String {
    let paint = Paint { on: look.color };
    let title = format!("Aegis policy diff: {old} -> {new}");
    let mut parts = vec![format!(
        "{}\n{}",
        paint.bold(&clean::line(&title)),
        verdict(diff)
    )];
    parts.extend(diff.regions.iter().map(|r| region(r, paint)));
    if !diff.unknown.is_empty() {
        let mut lines = vec![paint.ink(Ink::Doubtful, "Not decided:")];
        lines.extend(diff.unknown.iter().map(|u| format!("  {}", clean::line(u))));
        parts.push(lines.join("\n"));
    }
    if !diff.written.is_empty() {
        let mut lines = vec!["Written differently:".to_owned()];
        lines.extend(
            diff.written
                .iter()
                .map(|w| format!("  {}", clean::line(&written(w)))),
        );
        parts.push(lines.join("\n"));
    }
    if let Some(replay) = &diff.replay {
        let mut lines = vec![replayed(replay)];
        for example in &replay.examples {
            lines.push(format!("  {}", clean::line(&one_line(example))));
        }
        parts.push(lines.join("\n"));
    }
    parts.join("\n\n") + "\n"
}

/// What came out, in one line.
fn verdict(diff: &PolicyDiff) -> String {
    if diff.is_same() {
        return "No decision changes: proved for every action".to_owned();
    }
    let (looser, stricter) = (
        diff.count(Direction::Looser),
        diff.count(Direction::Stricter),
    );
    let risk = diff.count(Direction::Risk);
    let mut said = Vec::new();
    for (n, word) in [
        (looser, "looser"),
        (stricter, "stricter"),
        (risk, "of another risk"),
    ] {
        if n > 0 {
            said.push(format!("{} {word}", words::count(n, "region", "regions")));
        }
    }
    let all = match said.is_empty() {
        true => "No change found".to_owned(),
        false => said.join(", "),
    };
    match diff.unknown.is_empty() {
        true => format!("{all}; nothing else changes"),
        false => format!("{all}; not everything could be compared"),
    }
}

fn region(region: &Region, paint: Paint) -> String {
    let ink = match region.direction {
        Direction::Looser => Ink::Bad,
        Direction::Stricter => Ink::Good,
        Direction::Risk => Ink::Calm,
    };
    let word = paint.ink(ink, &region.direction.as_str().to_uppercase());
    let lines = [
        format!("{word} {} -> {}", answer(&region.old), answer(&region.new)),
        format!(
            "  action:  {} at {}",
            clean::short(&region.witness.action, 300),
            region.witness.at
        ),
        format!("  before:  {}", clean::line(&by(&region.old))),
        format!("  now:     {}", clean::line(&by(&region.new))),
        format!("  see:     {}", clean::line(&region.witness.reproduce)),
    ];
    lines.join("\n")
}

fn answer(side: &Side) -> String {
    format!("{} (risk {})", side.approval, side.risk)
}

fn by(side: &Side) -> String {
    let runs = runs(side.approval);
    match (&side.rule, side.line) {
        (Some(rule), Some(line)) => format!("{runs}, by rule `{rule}` on line {line}"),
        (Some(rule), None) => format!("{runs}, by rule `{rule}`"),
        (None, _) => format!("{runs}, by the defaults"),
    }
}

fn one_line(region: &Region) -> String {
    format!(
        "{}: {} at {}: {} -> {}",
        region.direction.as_str(),
        region.witness.action,
        region.witness.at,
        by(&region.old),
        by(&region.new)
    )
}

fn written(written: &Written) -> String {
    let name = &written.name;
    match &written.change {
        Edited::Added => format!("+ `{name}` added"),
        Edited::Removed => format!("- `{name}` removed"),
        Edited::Renamed { from } => format!("~ `{name}` was called `{from}`"),
        Edited::Modified { parts } => format!("~ `{name}` modified: {}", parts.join(", ")),
        Edited::Moved { from, to } => format!("~ `{name}` moved from place {from} to {to}"),
    }
}

fn replayed(replay: &Replayed) -> String {
    format!(
        "Replayed {}: {} looser, {} stricter",
        words::count(replay.actions, "action", "actions"),
        replay.looser,
        replay.stricter
    )
}

fn markdown(diff: &PolicyDiff, (old, new): (&str, &str)) -> String {
    let mut out = format!(
        "## Policy diff: {} → {}\n\n{}\n\n",
        code(old),
        code(new),
        verdict(diff)
    );
    if !diff.regions.is_empty() {
        out += "| | action | before | now |\n|---|---|---|---|\n";
        for region in &diff.regions {
            let _ = writeln!(
                out,
                "| **{}** | {} at {} | {} | {} |",
                region.direction.as_str(),
                code(&region.witness.action),
                region.witness.at,
                prose(&by(&region.old)),
                prose(&by(&region.new)),
            );
        }
        out.push('\n');
    }
    let list = |out: &mut String, title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let _ = writeln!(out, "**{title}**\n");
            for line in lines {
                let _ = writeln!(out, "- {}", prose(&line));
            }
            out.push('\n');
        }
    };
    list(
        &mut out,
        "Not compared within the budget",
        diff.unknown.clone(),
    );
    let lines = diff.written.iter().map(written);
    let lines = lines.map(|l| l.trim_start_matches(['+', '-', '~', ' ']).to_owned());
    list(&mut out, "Written differently", lines.collect());
    if let Some(replay) = &diff.replay {
        list(
            &mut out,
            &replayed(replay),
            replay.examples.iter().map(one_line).collect(),
        );
    }
    out.trim_end().to_owned() + "\n"
}
