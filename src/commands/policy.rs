//! `aegis policy`.

mod conflicts;
mod merge;
mod show;

use std::path::PathBuf;

use aegis_policy::merge::{Merged, merge};
use aegis_policy::model::Rule;
use anyhow::bail;
use serde::Serialize;

use crate::cli::{PolicyArgs, PolicyCommand};
use crate::config::Env;
use crate::exit::Exit;
use crate::output::{self, Streams};
use crate::policies::{self, Desk};
use crate::problems::{Place, Record};

/// Merges policies, or shows what applies.
pub(crate) fn run(args: &PolicyArgs, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    match &args.command {
        PolicyCommand::Merge(args) => merge::run(args, env, streams),
        PolicyCommand::Show(args) => show::run(args, env, streams),
        PolicyCommand::Conflicts(args) => conflicts::run(args, env, streams),
    }
}

/// Files -> one policy.
fn merged(files: &[PathBuf], desk: &mut Desk<'_>) -> anyhow::Result<Merged> {
    let mut all = Vec::new();
    for path in files {
        all.push(policies::checked(path, desk)?);
    }
    let mut all = all.into_iter();
    let Some(base) = all.next() else {
        bail!("no policy is named");
    };
    Ok(merge(base, all))
}

/// A merged policy for programs; see docs/policy-commands.md.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    head: output::Head,
    files: Vec<&'a str>,
    timezone: &'a str,
    defaults: DefaultsRecord<'a>,
    rules: Vec<show::RuleRecord<'a>>,
    replaced: Vec<ReplacedRecord<'a>>,
    warnings: Vec<Record<'a>>,
    yaml: String,
}

#[derive(Serialize)]
struct DefaultsRecord<'a> {
    risk_level: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    risk_level_from: Option<Place<'a>>,
    approval: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    approval_from: Option<Place<'a>>,
}

#[derive(Serialize)]
struct ReplacedRecord<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Place<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<Place<'a>>,
}

fn json(format: &'static str, merged: &Merged) -> anyhow::Result<String> {
    let policy = &merged.policy;
    let defaults = policy.defaults();
    output::json(&Document {
        head: output::Head::new(format),
        files: policy.files().iter().map(|f| f.path.as_str()).collect(),
        timezone: policy.timezone(),
        defaults: DefaultsRecord {
            risk_level: defaults.risk.value.as_str(),
            risk_level_from: defaults.risk.span.as_ref().map(Place::of),
            approval: defaults.approval.value.as_str(),
            approval_from: defaults.approval.span.as_ref().map(Place::of),
        },
        rules: (1..)
            .zip(policy.rules())
            .map(|(number, rule)| show::RuleRecord::new(number, rule))
            .collect::<anyhow::Result<_>>()?,
        replaced: merged
            .replaced
            .iter()
            .map(|replaced| ReplacedRecord {
                name: &replaced.rule.name.value,
                from: place(&replaced.rule).map(Place::of),
                by: replaced.by.as_ref().map(Place::of),
            })
            .collect(),
        warnings: policy.warnings().iter().map(Record::new).collect(),
        yaml: policy.to_yaml(),
    })
}

fn place(rule: &Rule) -> Option<&aegis_diag::Span> {
    rule.name.span.as_ref().or(rule.span.as_ref())
}
