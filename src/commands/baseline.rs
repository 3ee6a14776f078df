//! `aegis baseline`: what is known and accepted.

mod show;

use std::path::{Path, PathBuf};

use aegis_diag::{Finding, Report, Suppressed};
use aegis_gate::baseline::{Applied, Baseline};
use aegis_gate::{Renames, own_tools};
use aegis_probe::guards::Guards;
use aegis_probe::{Input, Options, Tool, probe};
use anyhow::{Context, bail};

use crate::baselines;
use crate::cli::{
    BaselineArgs, BaselineCommand, BaselineOf, BaselinePruneArgs, BaselineShowArgs,
    BaselineUpdateArgs, BaselineWhy, BaselineWriteArgs,
};
use crate::config::{self, Env, Scan, Settings};
use crate::exit::Exit;
use crate::output::{self, Streams, printable};
use crate::policies::{self, Desk};
use crate::words;

/// The four commands.
pub(crate) fn run(
    args: &BaselineArgs,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    match &args.command {
        BaselineCommand::Write(args) => write(args, env, streams),
        BaselineCommand::Update(args) => update(args, env, streams),
        BaselineCommand::Prune(args) => prune(args, env, streams),
        BaselineCommand::Show(args) => show(args, env, streams),
    }
}

fn write(args: &BaselineWriteArgs, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let path = file(&args.of, env)?;
    output::free(&path, args.force)
        .with_context(|| format!("baseline `{}` cannot be written", path.display()))?;
    let found = find(&args.of, env, streams)?; //                    code, policy -> findings
    // What is replaced may be broken: that is one reason to replace it.
    let earlier = baselines::read(&path).ok();
    let mut baseline = Baseline::of(&found.findings, found.guards);
    if let Some(earlier) = &earlier {
        baseline = baseline.with_reasons_of(earlier);
    }
    let baseline = explained(baseline, &args.why, None);
    baselines::write(&path, &baseline)?;
    let n = words::count(baseline.count(), "finding", "findings");
    say(&args.of, &path, &format!("accepts {n} now"), streams)
}

fn update(args: &BaselineUpdateArgs, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let path = file(&args.of, env)?;
    let earlier = baselines::read(&path)?;
    let found = find(&args.of, env, streams)?;
    let now = Baseline::of(&found.findings, found.guards);
    let (baseline, added) = earlier.clone().updated(now);
    baselines::write(&path, &explained(baseline, &args.why, Some(&earlier)))?;
    let n = words::count(added, "finding", "findings");
    say(&args.of, &path, &format!("accepts {n} more"), streams)
}

fn prune(args: &BaselinePruneArgs, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let path = file(&args.of, env)?;
    let baseline = baselines::read(&path)?;
    let applied = apply(&baseline, &args.of, env, streams)?;
    let gone: u32 = applied.stale.iter().map(|stale| stale.gone).sum();
    if gone > 0 {
        baselines::write(&path, &baseline.pruned(&applied.stale))?;
    }
    let n = words::count(gone as usize, "finding", "findings");
    say(&args.of, &path, &format!("accepts {n} less"), streams)
}

fn show(args: &BaselineShowArgs, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let path = file(&args.of, env)?;
    let baseline = baselines::read(&path)?;
    let applied = apply(&baseline, &args.of, env, streams)?;
    let today = env.today()?.to_string();
    let text = show::render(&path, &baseline, &applied, &today, args.format)?;
    streams.out.write_all(text.as_bytes())?;
    streams.out.flush()?;
    Ok(Exit::Fine)
}

/// The file of the baseline.
fn file(of: &BaselineOf, env: &Env) -> anyhow::Result<PathBuf> {
    let gate = config::gate(&of.config, env, &of.paths)?;
    Ok(baselines::path(of.baseline.as_deref(), gate.baseline))
}

/// What is found now, without any baseline.
struct Found {
    findings: Vec<Finding>,
    suppressed: Vec<Suppressed>,
    guards: Option<Guards>,
    policy: bool,
}

fn find(of: &BaselineOf, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Found> {
    let settings = Settings::resolve(Scan::default(), &of.config, env, &of.paths)?;
    let input = aegis_scan::Input::Paths(of.paths.clone());
    let report = super::scan::analyse(&input, &settings.scan)?; //      code -> findings        aegis-scan
    if report.is_incomplete() {
        bail!(
            "not everything could be analysed, so what is known cannot be told: {}",
            first_skipped(&report)
        );
    }
    let tools = own_tools(&report);
    let mut found = Found {
        findings: report.findings,
        suppressed: report.suppressed,
        guards: None,
        policy: false,
    };
    let named = match &of.policy {
        Some(path) => Some(path.clone()),
        None => config::policy(&of.config, env)?,
    };
    if let Some(path) = named {
        add_policy(&path, &tools, &mut found, env, streams)?; //       policy -> findings      aegis-probe
    }
    Ok(found)
}

fn add_policy(
    path: &Path,
    tools: &[Tool],
    found: &mut Found,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<()> {
    let look = output::look_of_stderr(None, env)?;
    let err = &mut *streams.err;
    let policy = policies::load(path, &mut Desk { look, err })?;
    let options = Options {
        today: Some(env.today()?.to_string()),
        fixes: false,
        ..Options::default()
    };
    let input = Input {
        policy: &policy,
        tools,
    };
    let report = probe(&input, &options);
    found.guards = Some(Guards::of(&input, &options, &report));
    found.findings.extend(report.findings);
    found.suppressed.extend(report.suppressed);
    found.policy = true;
    Ok(())
}

/// What a baseline knows of what is found now.
fn apply(
    baseline: &Baseline,
    of: &BaselineOf,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Applied> {
    let Found {
        mut findings,
        mut suppressed,
        policy,
        ..
    } = find(of, env, streams)?;
    let lens = baselines::lens(&of.paths, policy, Renames::new(), env)?;
    Ok(baseline.apply(&mut findings, &mut suppressed, &lens))
}

fn explained(baseline: Baseline, why: &BaselineWhy, earlier: Option<&Baseline>) -> Baseline {
    let expires = why.expires.as_ref().map(ToString::to_string);
    baseline.explained(
        why.reason.as_deref(),
        expires.as_deref(),
        why.owner.as_deref(),
        earlier,
    )
}

fn say(
    of: &BaselineOf,
    path: &Path,
    what: &str,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    if !of.quiet {
        writeln!(
            streams.err,
            "{} {what}",
            printable(&output::shown(path), &[])
        )?;
    }
    Ok(Exit::Fine)
}

fn first_skipped(report: &Report) -> String {
    let first = report.skipped.first();
    first.map_or_else(String::new, |skip| {
        format!("`{}` {}", skip.path, skip.reason)
    })
}
