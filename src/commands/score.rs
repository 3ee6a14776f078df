//! `aegis score`.

mod badge;
mod subject;

use std::path::Path;

use aegis_diag::{Scorecard, Tenths};
use aegis_gate::Assessment;
use aegis_report::{Options, score};
use anyhow::bail;
use serde::Serialize;

use crate::cli::{ScoreArgs, ScoreCommand, ScoreFormat};
use crate::config::{self, Env};
use crate::exit::Exit;
use crate::output::{self, Head, Output, Streams};

pub(crate) use subject::{Subject, files, root};

/// From arguments to an exit code, one stage per line.
pub(crate) fn run(args: &ScoreArgs, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    if let Some(ScoreCommand::Badge(args)) = &args.command {
        return badge::run(args, env, streams);
    }
    let plan = output::plan(args.format, &args.output, args.quiet)?; //      which reports go where
    let subject = Subject::load(&args.subject, args.color.color, env, streams)?; // settings, policy, evidence
    let assessed = subject.assess(true)?; //                                 code -> score         aegis-gate
    if let Some(exit) = subject.nothing(&assessed, streams)? {
        return Ok(exit);
    }
    if !args.quiet {
        subject.note_missing_policy(streams)?;
    }
    write(&assessed, &subject, &plan, args, env, streams)?; //               score -> bytes        aegis-report
    judge(&assessed, &subject, args, env, streams) //                        score -> exit code    exit.rs
}

/// The score as JSON.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    head: Head,
    /// Whole points, rounded down; `null` if there is nothing to govern.
    points: Option<u16>,
    /// The file of the policy, if there is one.
    policy: Option<&'a str>,
    /// Whether everything in scope was analysed.
    complete: bool,
    /// How many files were analysed.
    files: usize,
    scorecard: &'a Scorecard,
}

fn json(assessed: &Assessment, subject: &Subject) -> anyhow::Result<String> {
    output::json(&Document {
        head: Head::new("aegis/score"),
        points: assessed.score.points(),
        policy: subject.policy_path(),
        complete: !assessed.scan.is_incomplete(),
        files: assessed.scan.files.analysed,
        scorecard: &assessed.score,
    })
}

/// Writes the reports: files first, so that a reader of stdout who goes away costs nothing.
fn write(
    assessed: &Assessment,
    subject: &Subject,
    plan: &[Output<ScoreFormat>],
    args: &ScoreArgs,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<()> {
    let look = output::look(args.color.color, env)?;
    let plain = Options {
        color: false,
        ..look.clone()
    };
    let text = |format, look: &Options| match format {
        ScoreFormat::Text => Ok(score::render(&assessed.score, look)),
        ScoreFormat::Json => json(assessed, subject),
    };
    let files = plan
        .iter()
        .filter_map(|o| Some((o.format, o.path.as_deref()?)));
    for (format, path) in files {
        let path: &Path = path;
        output::write_file("report", path, &text(format, &plain)?)?;
    }
    if let Some(stdout) = plan.iter().find(|output| output.path.is_none()) {
        let text = text(stdout.format, &look)?;
        streams.out.write_all(text.as_bytes())?;
        streams.out.flush()?;
    }
    Ok(())
}

/// From a score to an exit code; what fails the run is said.
fn judge(
    assessed: &Assessment,
    subject: &Subject,
    args: &ScoreArgs,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let mut exit = Exit::Fine;
    let settings = config::score(&args.subject.config, env, &args.subject.paths)?;
    let least = args.fail_under.or(settings.fail_under);
    if let (Some(least), Some(tenths)) = (least, assessed.score.score)
        && tenths < least.0
    {
        writeln!(
            streams.err,
            "failed: the Governance Score is {}, under {} (`--fail-under`)",
            shown(tenths),
            shown(least.0)
        )?;
        exit = Exit::GateFailed;
    }
    if (args.strict || subject.is_strict()) && assessed.scan.is_incomplete() {
        writeln!(
            streams.err,
            "failed: {} not fully analysed (`--strict`)",
            output::are(assessed.scan.skipped.len(), "file", "files")
        )?;
        exit = Exit::GateFailed;
    }
    Ok(exit)
}

fn shown(tenths: Tenths) -> String {
    score::decimal(tenths)
}

/// A command that scores needs files.
fn no_stdin(paths: &[std::path::PathBuf]) -> anyhow::Result<()> {
    if paths.iter().any(|path| crate::policies::is_stdin(path)) {
        bail!("a text from stdin has no tree around it; name files and folders");
    }
    Ok(())
}
