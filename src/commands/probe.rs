//! `aegis probe`.

mod progress;
mod tools;

use std::path::{Path, PathBuf};

use aegis_diag::Finding;
use aegis_gate::Renames;
use aegis_gate::baseline::{Baseline, Stale};
use aegis_policy::policy::Policy;
use aegis_probe::guards::Guards;
use aegis_probe::report::{Format, render};
use aegis_probe::{Input, Mode, Options, ProbeReport, Tool, mend, probe, unified};
use anyhow::{anyhow, bail};

use self::progress::Progress;
use crate::baselines;
use crate::cli::{ProbeArgs, WhichFixes};
use crate::config::Env;
use crate::exit::Exit;
use crate::output::{self, Output, Streams, printable};
use crate::policies::{self, Desk};

/// How many rules `--fix` and `--diff` may probe again in one round.
const FIX_BUDGET: usize = 100_000;

/// From arguments to an exit code, one stage per line.
pub(crate) fn run(args: &ProbeArgs, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let path = policy(args, env)?; //                                  arguments, aegis.yaml -> a file
    let plan = output::plan(args.format, &args.output, args.quiet)?; // which reports go where
    let tools = tools::all(args, env)?; //                             code, lists -> tools   aegis-scan
    let baseline = baseline(args)?; //                                 what is known
    let options = options(args, baseline.as_ref(), env)?; //           flags -> budgets
    let policy = load(&path, args, env, streams)?; //                  YAML -> policy         aegis-policy
    if args.diff || args.fix.is_some() {
        return fixed(
            &path,
            &policy,
            &tools,
            &options,
            baseline.as_ref(),
            &plan,
            args,
            env,
            streams,
        );
    }
    report(
        &policy,
        &tools,
        &options,
        baseline.as_ref(),
        &plan,
        args,
        env,
        streams,
    ) //    policy -> findings     aegis-probe
}

/// The file that is probed.
fn policy(args: &ProbeArgs, env: &Env) -> anyhow::Result<PathBuf> {
    match &args.policy {
        Some(path) => Ok(path.clone()),
        None => policies::of_settings(&args.config, env),
    }
}

fn options(args: &ProbeArgs, baseline: Option<&Baseline>, env: &Env) -> anyhow::Result<Options> {
    let mut options = Options {
        seed: args.seed,
        all: args.all,
        today: Some(env.today()?.to_string()),
        guards: baseline.and_then(Baseline::guards).cloned(),
        ..Options::default()
    };
    if args.diff || args.fix.is_some() {
        options.fix_budget = FIX_BUDGET;
    }
    Ok(options)
}

/// The baseline; one that is to be written need not be there.
fn baseline(args: &ProbeArgs) -> anyhow::Result<Option<Baseline>> {
    match &args.baseline {
        Some(path) if args.write_baseline => baselines::read_if_there(path),
        Some(path) => baselines::read(path).map(Some),
        None => Ok(None),
    }
}

fn load(
    path: &Path,
    args: &ProbeArgs,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Policy> {
    let look = output::look_of_stderr(args.color.color, env)?;
    let err = &mut *streams.err;
    policies::load(path, &mut Desk { look, err })
}

/// Applies fixes, or shows them, and reports what is left.
#[expect(clippy::too_many_arguments, reason = "the stages of `run`, handed on")]
fn fixed(
    path: &Path,
    policy: &Policy,
    tools: &[Tool],
    options: &Options,
    known: Option<&Baseline>,
    plan: &[Output<Format>],
    args: &ProbeArgs,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let mode = match args.fix {
        Some(WhichFixes::Unsafe) => Mode::All,
        _ => Mode::Safe,
    };
    let file = policy.checked().files().first();
    let file = file.ok_or_else(|| anyhow!("the policy has no file"))?;
    let progress = Progress::start(&file.path);
    let mended = mend(&file.path, &file.text, tools, options, mode);
    drop(progress);
    let mended = mended.map_err(|problems| {
        anyhow!("a fix broke the policy, which is a bug of Aegis: {problems:?}")
    })?;
    if args.diff {
        let diff = unified(&file.path, &file.text, &mended.text);
        streams.out.write_all(diff.as_bytes())?;
        return Ok(Exit::Fine);
    }
    if policies::is_stdin(path) {
        bail!("what comes from stdin cannot be fixed in place; `--diff` shows what would change");
    }
    if mended.text != file.text {
        let bom = policies::bytes("policy", path)?.starts_with(b"\xef\xbb\xbf");
        let mark = if bom { "\u{feff}" } else { "" };
        output::write_file("policy", path, &format!("{mark}{}", mended.text))?;
    }
    for title in mended.applied.iter().filter(|_| !args.quiet) {
        writeln!(streams.err, "fixed: {}", printable(title, &[]))?;
    }
    let policy = load(path, args, env, streams)?;
    report(&policy, tools, options, known, plan, args, env, streams)
}

#[expect(clippy::too_many_arguments, reason = "the stages of `run`, handed on")]
fn report(
    policy: &Policy,
    tools: &[Tool],
    options: &Options,
    known: Option<&Baseline>,
    plan: &[Output<Format>],
    args: &ProbeArgs,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let input = Input { policy, tools };
    let name = policy
        .checked()
        .files()
        .first()
        .map_or("", |file| file.path.as_str());
    let progress = Progress::start(name);
    let mut report = probe(&input, options);
    drop(progress);
    let found = report.findings.clone();
    if let Some(known) = known {
        take_out(known, &mut report, env)?; //                         findings that are new  aegis-gate
    }
    write(&input, &report, plan, args, env, streams)?; //              findings -> bytes      report.rs
    if args.write_baseline {
        let guards = Guards::of(&input, options, &report);
        return write_baseline(&found, guards, known, args, streams);
    }
    judge(&report, args, streams) //                                   findings -> exit code  exit.rs
}

/// Writes the reports: files first, so that a reader of stdout who goes away costs nothing.
fn write(
    input: &Input<'_>,
    report: &ProbeReport,
    plan: &[Output<Format>],
    args: &ProbeArgs,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<()> {
    let look = aegis_report::Options {
        include_suppressed: args.include_suppressed,
        ..output::look(args.color.color, env)?
    };
    let plain = aegis_report::Options {
        color: false,
        width: aegis_report::Options::default().width,
        ..look.clone()
    };
    for output in plan {
        match &output.path {
            Some(path) => {
                output::write_file(
                    "report",
                    path,
                    &render(input, report, output.format, &plain),
                )?;
            }
            None => {
                let text = render(input, report, output.format, &look);
                streams.out.write_all(text.as_bytes())?;
                streams.out.flush()?;
            }
        }
    }
    Ok(())
}

/// Takes out what the baseline knows.
fn take_out(known: &Baseline, report: &mut ProbeReport, env: &Env) -> anyhow::Result<()> {
    let lens = baselines::lens(&[], true, Renames::new(), env)?;
    let applied = known.apply(&mut report.findings, &mut report.suppressed, &lens);
    report.recount();
    let words = |stale: &Stale| format!("{} ({})", stale.entry.id, stale.entry.message);
    report.compared = true;
    report.gone = applied.stale.iter().map(words).collect();
    Ok(())
}

/// Writes what is known of the policy; what the file says about code stays.
fn write_baseline(
    found: &[Finding],
    guards: Guards,
    known: Option<&Baseline>,
    args: &ProbeArgs,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let path = args.baseline.as_deref();
    let path = path.ok_or_else(|| anyhow!("`--write-baseline` needs `--baseline FILE`"))?;
    let mut baseline = Baseline::of(found, Some(guards));
    if let Some(known) = known {
        let policy = baseline.with_reasons_of(known);
        baseline = known.clone().with_policy_of(policy);
    }
    baselines::write(path, &baseline)?;
    if !args.quiet {
        writeln!(
            streams.err,
            "wrote {}",
            printable(&path.to_string_lossy(), &[])
        )?;
    }
    Ok(Exit::Fine)
}

/// From a report to an exit code; what fails the run is said.
fn judge(
    report: &ProbeReport,
    args: &ProbeArgs,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let mut exit = Exit::Fine;
    let least = args.fail_on.and_then(crate::config::FailOn::severity);
    if output::too_severe(&report.findings, least, streams)? {
        exit = Exit::GateFailed;
    }
    if args.fail_on_new && !report.findings.is_empty() {
        let n = output::are(report.findings.len(), "finding", "findings");
        writeln!(
            streams.err,
            "failed: {n} not in the baseline (`--fail-on-new`)"
        )?;
        exit = Exit::GateFailed;
    }
    if let Some(points) = args.fail_under.filter(|p| report.score.tenths() < p.0) {
        let shown = |tenths: u16| format!("{}.{}", tenths / 10, tenths % 10);
        writeln!(
            streams.err,
            "failed: the robustness score is {}, under {} (`--fail-under`)",
            shown(report.score.tenths()),
            shown(points.0)
        )?;
        exit = Exit::GateFailed;
    }
    if args.strict && (report.unknown > 0 || !report.bugs.is_empty()) && exit == Exit::Fine {
        writeln!(
            streams.err,
            "failed: {} not decided (`--strict`)",
            output::are(report.unknown + report.bugs.len(), "question", "questions")
        )?;
        exit = Exit::NothingAnalysed;
    }
    Ok(exit)
}
