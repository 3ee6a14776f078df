//! `aegis gate`: one verdict on a change.

mod assess;
mod base;
mod policy;

use std::time::Instant;

use aegis_diag::{Change, Report};
use aegis_gate::Renames;
use aegis_gate::baseline::Baseline;
use aegis_gate::compare::{Before, compare_findings, compare_policies, compare_sites};
use aegis_gate::judge::{Scene, Terms, judge};
use aegis_report::{Format, Options, change, render};
use aegis_scan::{Input, Overlay, scan_pair};
use anyhow::Context;

use self::base::Compared;
use self::policy::Policies;
use super::scan;
use crate::baselines;
use crate::cli::GateArgs;
use crate::config::{self, Env, FailOn, Gate, Looser, Settings};
use crate::exit::Exit;
use crate::output::{self, Output, Streams};

/// From arguments to an exit code, one stage per line.
pub(crate) fn run(args: &GateArgs, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let started = Instant::now();
    let settings = Settings::resolve(args.scan(), &args.config, env, &args.paths)?; // flags, variables, aegis.yaml
    let asked = args
        .gate()
        .over(config::gate(&args.config, env, &args.paths)?);
    let plan = output::plan(args.format, &args.output, args.quiet)?; // which reports go where
    let options = options(args, env, &plan, &settings)?; //            how people want to see them
    let known = known(&asked)?; //                                     what is accepted
    let compared = base::compared(args, &asked)?; //                   revision -> what differed      git
    let policies = policy::both(args, &compared, env, streams)?; //    YAML -> policies               aegis-policy
    let (mut now, mut was) = sides(args, &settings, &compared)?; //    code -> findings, twice        aegis-scan
    let unsound = assess::both(
        args,
        &compared,
        &policies,
        known.as_ref(),
        &mut now,
        &mut was,
        env,
    )?; // findings -> scores
    let renames = compared.renames(&args.paths); //                    files that have another name
    if let Some(known) = &known {
        take_out(
            known, &policies, &renames, &mut now, args, &asked, env, streams,
        )?; // findings that count
    }
    let before = compared.before(&was); //                             what it was
    let (mut change, scene) = compare(&now, &compared, &before, &renames, &policies, unsound); // both -> change
    change.checks = judge(&now, &change, &terms(&asked), &scene); //   change -> checks
    now.change = Some(change);
    now.elapsed = Some(started.elapsed());
    compared.remark(&was, args, env, streams.err)?; //                 what was not compared
    write(&now, &plan, args, &options, streams)?; //                   report -> bytes                aegis-report
    verdict(&now, &settings, streams) //                               report -> exit code            exit.rs
}

/// How people want to see it.
fn options(
    args: &GateArgs,
    env: &Env,
    plan: &[Output],
    settings: &Settings,
) -> anyhow::Result<Options> {
    let look = output::look(args.color.color, env)?;
    Ok(Options {
        include_suppressed: args.include_suppressed,
        link_base: args.link_base.clone().or(look.link_base),
        packages: output::packages(plan, &settings.scan)?,
        ..look
    })
}

/// The baseline.
fn known(asked: &Gate) -> anyhow::Result<Option<Baseline>> {
    asked.baseline.as_deref().map(baselines::read).transpose()
}

/// The program as it is and as it was; the latter is empty if there is no commit to compare with.
fn sides(
    args: &GateArgs,
    settings: &Settings,
    compared: &Compared,
) -> anyhow::Result<(Report, Report)> {
    let input = Input::Paths(args.paths.clone());
    match compared.overlay() {
        Some(overlay) => pair(&input, overlay, settings),
        None => Ok((scan::analyse(&input, &settings.scan)?, Report::default())),
    }
}

fn pair(input: &Input, overlay: &Overlay, settings: &Settings) -> anyhow::Result<(Report, Report)> {
    scan_pair(input, overlay, &settings.scan).map_err(scan::advised)
}

/// Takes out what the baseline knows.
#[expect(clippy::too_many_arguments, reason = "the stages of `run`, handed on")]
fn take_out(
    known: &Baseline,
    policies: &Policies,
    renames: &Renames,
    now: &mut Report,
    args: &GateArgs,
    asked: &Gate,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<()> {
    let lens = baselines::lens(&args.paths, policies.now.is_ok(), renames.clone(), env)?;
    let applied = known.apply(&mut now.findings, &mut now.suppressed, &lens);
    let path = asked.baseline.as_deref().context("there is no baseline")?;
    if !args.quiet {
        baselines::remark(path, &applied, !now.is_incomplete(), streams.err)?;
    }
    Ok(())
}

/// What is new, what is fixed, what the policy lets through; and what could not be told.
fn compare(
    now: &Report,
    compared: &Compared,
    before: &Before,
    renames: &Renames,
    policies: &Policies,
    unsound: Option<String>,
) -> (Change, Scene) {
    let findings = compare_findings(now, before, renames);
    let sites = compare_sites(now, before, renames);
    let of_policy = compare_policies(policies.now.as_ref().ok(), &policies.before);
    let scene = Scene {
        policy: Some(policies.words()),
        unsound,
        undecided: of_policy.undecided_words(),
        score_unknown: policies.unknown_before(compared),
    };
    let change = Change {
        base: compared.name(),
        score_before: before.score,
        new: findings.new,
        fixed: findings.fixed,
        score_new: sites.governed.filter(|_| compared.name().is_some()),
        new_sites: sites.new,
        undecided: of_policy.undecided.len(),
        looser: of_policy.looser,
        stricter: of_policy.stricter,
        checks: Vec::new(),
    };
    (change, scene)
}

/// What is asked, with what holds where nothing is said.
fn terms(asked: &Gate) -> Terms {
    let default = Terms::default();
    Terms {
        fail_under: asked.fail_under.map(|points| points.0),
        fail_under_new: asked.fail_under_new.map(|points| points.0),
        max_drop: asked.max_drop.map_or(default.max_drop, |points| points.0),
        fail_on: asked.fail_on.and_then(FailOn::severity),
        fail_on_new: asked
            .fail_on_new
            .map_or(default.fail_on_new, FailOn::severity),
        refuse_looser: asked.policy_looser != Some(Looser::Warn),
    }
}

/// Writes the reports, and the verdict where they do not say it to people.
fn write(
    report: &Report,
    plan: &[Output],
    args: &GateArgs,
    options: &Options,
    streams: &mut Streams<'_>,
) -> anyhow::Result<()> {
    let to_stdout = |format| render(report, format, options);
    let stdout = output::write_reports(report, plan, options, to_stdout, streams.out)?;
    if stdout != Some(Format::Text) && !args.quiet {
        let verdict = change::verdict(report, &output::note_look(options));
        streams.err.write_all(verdict.as_bytes())?;
    }
    Ok(())
}

/// From a report to an exit code.
fn verdict(
    report: &Report,
    settings: &Settings,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    if let Some(exit) = scan::nothing(report, settings, streams)? {
        return Ok(exit);
    }
    Ok(match &report.change {
        Some(change) if change.passed() => Exit::Fine,
        _ => Exit::GateFailed,
    })
}
