//! `aegis test --generate`: a suite that passes, for a policy that has none.

use std::path::{Path, PathBuf};

use aegis_policy::suite::{Generated, generate};
use anyhow::{Context, bail};

use crate::cli::TestArgs;
use crate::config::Env;
use crate::exit::Exit;
use crate::output::{self, Streams, printable};
use crate::policies::{self, Desk};
use crate::words;

/// How many rules without a case are named.
const NAMED: usize = 5;

/// Makes a suite and prints or writes it.
pub(super) fn run(
    files: &[PathBuf],
    args: &TestArgs,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let [path] = files else {
        bail!("`--generate` makes a suite for one policy; name one file");
    };
    if let Some(output) = &args.output {
        output::free(output, args.force)
            .with_context(|| format!("test suite `{}` cannot be written", output.display()))?;
    }
    let mut desk = Desk {
        look: output::look_of_stderr(args.color.color, env)?,
        err: &mut *streams.err,
    };
    let policy = policies::load(path, &mut desk)?;
    let named = named(path, args.output.as_deref());
    let made = policies::settled(
        "policy",
        path,
        generate(&policy, named.as_deref()),
        &mut desk,
    )?;
    let text = &made.suite.file().text;
    match &args.output {
        None => streams.out.write_all(text.as_bytes())?,
        Some(output) => {
            output::write_file("test suite", output, text)?;
            let cases = words::count(made.suite.cases.len(), "case", "cases");
            writeln!(
                streams.out,
                "Wrote {} ({cases})",
                printable(&policies::shown(output), &[])
            )?;
        }
    }
    missed(&made, &policy, streams)?;
    Ok(Exit::Fine)
}

/// The policy as a suite names it: relative to where the suite lies. A suite on stdout is taken to
/// lie beside the policy.
fn named(policy: &Path, suite: Option<&Path>) -> Option<String> {
    let name = policy.file_name()?;
    if policies::is_stdin(policy) {
        return None;
    }
    let Some(suite) = suite else {
        return Some(name.to_string_lossy().into_owned());
    };
    let folder = |path: &Path| match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.canonicalize().ok(),
        _ => Path::new(".").canonicalize().ok(),
    };
    let (from, to) = (folder(suite)?, folder(policy)?);
    let shared = from
        .components()
        .zip(to.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = from.components().skip(shared).map(|_| "..".to_owned());
    let down = to.components().skip(shared);
    let down = down.map(|step| step.as_os_str().to_string_lossy().into_owned());
    let name = name.to_string_lossy().into_owned();
    Some(up.chain(down).chain([name]).collect::<Vec<_>>().join("/"))
}

/// Says which rules no case was found for.
fn missed(
    made: &Generated,
    policy: &aegis_policy::policy::Policy,
    streams: &mut Streams<'_>,
) -> anyhow::Result<()> {
    if made.unreached.is_empty() {
        return Ok(());
    }
    let rules = made.unreached.iter().filter_map(|n| policy.rule(*n));
    let mut names: Vec<String> = rules
        .take(NAMED)
        .map(|rule| format!("`{}`", rule.name.value))
        .collect();
    if let Some(more) = made.unreached.len().checked_sub(NAMED).filter(|n| *n > 0) {
        names.push(format!("{more} more"));
    }
    writeln!(
        streams.err,
        "note: no action was found that is decided by {}; usually earlier rules take everything they speak of",
        printable(&names.join(", "), &[])
    )?;
    Ok(())
}
