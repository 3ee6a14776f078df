//! `aegis diff`: what a change of a policy opens and what it closes.

use std::path::Path;

use aegis_policy::policy::Policy;
use aegis_probe::Options;
use aegis_probe::diff::{PolicyDiff, RecordedAction, diff, read_replay};
use aegis_probe::report::render_diff;
use anyhow::{Context, bail};

use super::audit;
use crate::cli::{CompareArgs, DiffArgs, FailOnChange};
use crate::config::Env;
use crate::exit::Exit;
use crate::output::{self, Streams};
use crate::policies::{self, Desk};
use crate::words;

/// From two files to an exit code, one stage per line.
pub(crate) fn run(args: &DiffArgs, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let look = output::look_of_stderr(args.how.color.color, env)?;
    let err = &mut *streams.err;
    let mut desk = Desk { look, err };
    if policies::is_stdin(&args.old) && policies::is_stdin(&args.new) {
        bail!("only one of the two policies can come from stdin; name a file for the other");
    }
    let old = policies::load(&args.old, &mut desk)?; //       YAML -> policy         aegis-policy
    let new = policies::load(&args.new, &mut desk)?;
    let names = (policies::shown(&args.old), policies::shown(&args.new));
    show(&old, &new, (&names.0, &names.1), &args.how, env, streams)
}

/// Compares, reports and judges.
pub(super) fn show(
    old: &Policy,
    new: &Policy,
    names: (&str, &str),
    args: &CompareArgs,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let replay = args.replay.as_deref().map(recorded).transpose()?; // JSON lines -> actions
    let diff = diff(old, new, replay.as_deref(), &Options::default()); // policies -> regions  aegis-probe
    let look = output::look(args.color.color, env)?;
    let text = render_diff(&diff, names, args.format.into(), &look);
    streams.out.write_all(text.as_bytes())?; //                     regions -> bytes       report.rs
    streams.out.flush()?;
    judge(&diff, args, streams)
}

/// Recorded actions, from a file of JSON lines or an audit store.
fn recorded(path: &Path) -> anyhow::Result<Vec<RecordedAction>> {
    let failed = || format!("record `{}` cannot be used", path.display());
    if audit::is_store(path) {
        return audit::actions(path).with_context(failed);
    }
    let bytes = policies::bytes("record", path)?;
    let text = String::from_utf8(bytes)
        .context("it is not UTF-8 text")
        .with_context(failed)?;
    read_replay(&text).with_context(failed)
}

fn judge(diff: &PolicyDiff, args: &CompareArgs, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let why = match args.fail_on {
        None => None,
        Some(_) if diff.is_looser() => Some("some actions are decided more weakly".to_owned()),
        Some(change)
            if change == FailOnChange::Any && !diff.unknown.is_empty()
                || !diff.looser_are_known =>
        {
            let n = words::count(diff.unknown.len(), "part", "parts");
            Some(format!("{n} could not be compared"))
        }
        Some(FailOnChange::Any) if !diff.is_same() => Some("decisions change".to_owned()),
        Some(_) => None,
    };
    let Some(why) = why else {
        return Ok(Exit::Fine);
    };
    writeln!(streams.err, "failed: {why} (`--fail-on`)")?;
    Ok(Exit::GateFailed)
}
