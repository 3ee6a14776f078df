//! `aegis policy merge`.

use std::fmt::Write;

use aegis_policy::merge::Merged;
use aegis_report::clean;
use anyhow::Context;

use super::{json, merged, place};
use crate::cli::{MergeArgs, MergeFormat};
use crate::config::Env;
use crate::exit::Exit;
use crate::output::{self, Streams};
use crate::policies::{self, Desk};
use crate::problems::{self, file_and_line};

/// From files to one policy, one stage per line.
pub(super) fn run(args: &MergeArgs, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let mut desk = Desk {
        look: output::look_of_stderr(args.color.color, env)?,
        err: &mut *streams.err,
    };
    policies::one_stdin(&args.levels.files)?;
    if let Some(path) = &args.output {
        output::free(path, true)
            .with_context(|| format!("policy `{}` cannot be written", path.display()))?;
    }
    let merged = merged(&args.levels.files, &mut desk)?;
    if !args.quiet {
        said(&merged, &mut desk)?;
    }
    let text = match args.format {
        MergeFormat::Yaml => yaml(&merged),
        MergeFormat::Json => json("aegis/policy-merge", &merged)?,
    };
    match &args.output {
        Some(path) => output::write_file("policy", path, &text)?,
        None => streams.out.write_all(text.as_bytes())?,
    }
    Ok(Exit::Fine)
}

/// What was replaced, and what is suspicious about the whole.
fn said(merged: &Merged, desk: &mut Desk<'_>) -> anyhow::Result<()> {
    let warnings = merged.policy.warnings();
    if !warnings.is_empty() {
        writeln!(desk.err, "{}", problems::text(warnings, &desk.look))?;
    }
    for replaced in &merged.replaced {
        let from = place(&replaced.rule).map(file_and_line);
        let by = replaced.by.as_ref().map(file_and_line);
        writeln!(
            desk.err,
            "note: rule `{}` at {} is replaced by the one at {}",
            clean::line(&replaced.rule.name.value),
            from.unwrap_or_default(),
            by.unwrap_or_default()
        )?;
    }
    Ok(())
}

/// The policy, each rule below where it comes from.
fn yaml(merged: &Merged) -> String {
    let policy = &merged.policy;
    let text = policy.to_yaml();
    let files: Vec<_> = policy
        .files()
        .iter()
        .map(|f| clean::line(&f.path))
        .collect();
    let mut out = format!("# Merged by `aegis policy merge {}`.\n", files.join(" "));
    let start = |line: &str| line.starts_with("  - name: ");
    let starts = text.lines().filter(|line| start(line)).count();
    let mut rules = policy
        .rules()
        .iter()
        .filter(|_| starts == policy.rules().len());
    for line in text.lines() {
        let from = Some(line)
            .filter(|line| start(line))
            .and_then(|_| place(rules.next()?));
        if let Some(from) = from {
            let _ = writeln!(out, "  # {}", file_and_line(from));
        }
        out += line;
        out.push('\n');
    }
    out
}
