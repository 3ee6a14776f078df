//! `aegis explain`.

use std::fmt::Write;

use aegis_diag::Rule;
use anyhow::anyhow;
use serde::Serialize;

use crate::cli::{ExplainArgs, Listing};
use crate::exit::Exit;
use crate::output::{Streams, json, table};
use crate::words;

/// Prints the page of a rule, or all rules.
pub(crate) fn run(args: &ExplainArgs, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let rule = args.rule.as_deref().map(find).transpose()?;
    let all = all();
    let text = match (rule, args.format) {
        (Some(rule), Listing::Text) => page(rule),
        (Some(rule), Listing::Json) => json(&Record::new(rule, true))?,
        (None, Listing::Text) => list(&all),
        (None, Listing::Json) => json(
            &all.iter()
                .map(|rule| Record::new(rule, false))
                .collect::<Vec<_>>(),
        )?,
    };
    streams.out.write_all(text.as_bytes())?;
    Ok(Exit::Fine)
}

/// The rules of the scanner and those of the probe, sorted by id.
fn all() -> Vec<&'static Rule> {
    aegis_scan::RULES
        .iter()
        .copied()
        .chain(aegis_probe::rules::RULES)
        .collect()
}

/// A rule for programs.
#[derive(Serialize)]
struct Record {
    id: &'static str,
    name: &'static str,
    severity: &'static str,
    summary: &'static str,
    tags: &'static [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    cwe: Option<String>,
    since: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<&'static str>,
}

impl Record {
    fn new(rule: &Rule, with_page: bool) -> Self {
        Self {
            id: rule.id,
            name: rule.name,
            severity: rule.severity.as_str(),
            summary: rule.summary,
            tags: rule.tags,
            cwe: rule.cwe.map(cwe),
            since: rule.since,
            page: with_page.then_some(rule.page),
        }
    }
}

fn find(word: &str) -> anyhow::Result<&'static Rule> {
    let found = aegis_scan::find_rule(word).or_else(|| aegis_probe::rules::find(word));
    found.ok_or_else(|| {
        let known = all().into_iter().flat_map(|rule| [rule.id, rule.name]);
        let advice = words::did_you_mean(word, known, "`aegis explain` lists all rules");
        anyhow!("`{word}` is not a rule; {advice}")
    })
}

fn cwe(number: u32) -> String {
    format!("CWE-{number}")
}

/// What the rule is, then its page.
fn page(rule: &Rule) -> String {
    let mut out = format!("{} {}\n\nSeverity: {}\n", rule.id, rule.name, rule.severity);
    let tags: Vec<String> = rule
        .tags
        .iter()
        .map(|t| (*t).to_owned())
        .chain(rule.cwe.map(cwe))
        .collect();
    if !tags.is_empty() {
        let _ = writeln!(out, "Tags: {}", tags.join(", "));
    }
    let _ = writeln!(out, "Since: {}", rule.since);
    // The page begins with its title, which stands above already.
    let body = match rule
        .page
        .strip_prefix("# ")
        .and_then(|page| page.split_once('\n'))
    {
        Some((_title, body)) => body,
        None => rule.page,
    };
    let body = if body.trim().is_empty() {
        rule.summary
    } else {
        body.trim()
    };
    let _ = writeln!(out, "\n{body}");
    out
}

/// All rules, one a line.
fn list(all: &[&'static Rule]) -> String {
    let row = |rule: &&Rule| {
        [rule.id, rule.severity.as_str(), rule.name, rule.summary].map(str::to_owned)
    };
    let rows: Vec<[String; 4]> = all.iter().map(row).collect();
    table(["Rule", "Severity", "Name", "What it reports"], &rows, &[])
}
