//! `aegis scan`.

use std::path::Path;
use std::time::Instant;

use aegis_diag::Report;
use aegis_gate::Renames;
use aegis_report::{Format, Options, render};
use aegis_scan::{Config, Input, ScanError};
use anyhow::{Context, anyhow, bail};

use crate::baselines;
use crate::cli::{Place, ScanArgs};
use crate::config::{Env, Settings};
use crate::exit::Exit;
use crate::output::{self, Output, Streams};
use crate::words;

/// From arguments to an exit code, one stage per line.
pub(crate) fn run(args: &ScanArgs, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let flags = args.settings(); //                                    flags -> settings
    let mut settings = Settings::resolve(flags, &args.config, env, &args.paths)?; // and variables, aegis.yaml
    let plan = output::plan(args.format, &args.output, args.quiet)?; // which reports go where
    let options = options(args, env, &plan, &settings)?; //            how people want to see them
    let input = input(args)?; //                                       paths, or a text from stdin
    let mut report = scan(&input, &mut settings, args.why.as_ref())?; // call sites -> findings  aegis-scan
    known(&mut report, &settings, args, env, streams)?; //             findings that are new    aegis-gate
    write(&report, &plan, args, &options, streams)?; //                report -> bytes          aegis-report
    judge(&report, &settings, streams) //                              report -> exit code      exit.rs
}

/// What is scanned.
fn input(args: &ScanArgs) -> anyhow::Result<Input> {
    let stdin = args.paths.iter().any(|path| path == Path::new("-"));
    match (stdin, &args.stdin_filename) {
        (false, Some(_)) => {
            bail!("`--stdin-filename` names what comes from stdin; add `-` as the path")
        }
        (false, None) => Ok(Input::Paths(args.paths.clone())),
        (true, _) if args.paths.len() > 1 => bail!("`-` is stdin and must be the only path"),
        (true, name) => {
            let bytes = output::stdin("scan files instead")?;
            Ok(Input::Text {
                path: name.clone().unwrap_or_else(|| "<stdin>".to_owned()),
                bytes,
            })
        }
    }
}

/// The report, with the time it took.
fn scan(input: &Input, settings: &mut Settings, why: Option<&Place>) -> anyhow::Result<Report> {
    let started = Instant::now();
    settings.scan.why = why
        .map(|place| where_to_look(place, input, &settings.scan))
        .transpose()?;
    let mut report = analyse(input, &settings.scan)?;
    report.elapsed = Some(started.elapsed());
    Ok(report)
}

/// The report; errors say what to do about them.
pub(super) fn analyse(input: &Input, config: &Config) -> anyhow::Result<Report> {
    aegis_scan::scan(input, config).map_err(advised)
}

/// Takes out what the baseline knows.
fn known(
    report: &mut Report,
    settings: &Settings,
    args: &ScanArgs,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<()> {
    let Some(path) = &args.baseline else {
        return Ok(());
    };
    let baseline = baselines::read(path)?;
    let lens = baselines::lens(&args.paths, false, Renames::new(), env)?;
    let applied = baseline.apply(&mut report.findings, &mut report.suppressed, &lens);
    let all = settings.scan.select.is_empty() && settings.scan.ignore.is_empty();
    let complete = all && !report.is_incomplete();
    if !args.quiet {
        baselines::remark(path, &applied, complete, streams.err)?;
    }
    Ok(())
}

/// Errors of a scan with what to do about them.
pub(super) fn advised(error: ScanError) -> anyhow::Error {
    match &error {
        ScanError::Path { path, .. } if Path::new(path).is_relative() => {
            match std::env::current_dir() {
                Ok(here) => anyhow!("{error}; it is looked for in `{}`", here.display()),
                Err(_) => error.into(),
            }
        }
        _ => error.into(),
    }
}

/// A place in the words of the scanner: the path as it will be shown, and a line.
fn where_to_look(place: &Place, input: &Input, config: &Config) -> anyhow::Result<(String, u32)> {
    let path = match input {
        Input::Text { path, .. } => path.clone(),
        Input::Paths(roots) => {
            let full = Path::new(&place.file)
                .canonicalize()
                .with_context(|| format!("`--why`: `{}` cannot be read", place.file))?;
            let shown = roots.iter().find_map(|root| shown_below(root, &full));
            shown.ok_or_else(|| anyhow!("`--why`: `{}` is not in the scanned paths", place.file))?
        }
    };
    let Some(cell) = place.cell else {
        return Ok((path, place.line));
    };
    // Cells are known to a report only, so one is made to look the line up.
    let report = analyse(input, config)?;
    let starts = report
        .sites
        .iter()
        .filter(|s| s.span.file.path == path)
        .map(|s| s.span.start());
    let line = starts
        .filter(|start| start.cell == Some((cell, place.line)))
        .map(|start| start.line)
        .next();
    Ok((path, line.unwrap_or(0)))
}

/// The path of a file below a given path, as reports show it.
fn shown_below(root: &Path, full: &Path) -> Option<String> {
    let rest = full.strip_prefix(root.canonicalize().ok()?).ok()?;
    Some(output::shown(&if rest.as_os_str().is_empty() {
        root.to_path_buf()
    } else {
        root.join(rest)
    }))
}

/// How people want to see it.
fn options(
    args: &ScanArgs,
    env: &Env,
    plan: &[Output],
    settings: &Settings,
) -> anyhow::Result<Options> {
    let look = output::look(args.color, env)?;
    Ok(Options {
        inventory: args.inventory,
        statistics: args.statistics,
        include_suppressed: args.include_suppressed,
        link_base: args.link_base.clone().or(look.link_base),
        packages: output::packages(plan, &settings.scan)?,
        ..look
    })
}

/// Writes the reports, and what they do not say to people.
fn write(
    report: &Report,
    plan: &[Output],
    args: &ScanArgs,
    options: &Options,
    streams: &mut Streams<'_>,
) -> anyhow::Result<()> {
    let to_stdout = |format| match format {
        Format::Text if args.why.is_some() => output::explanation(report, options),
        _ => render(report, format, options),
    };
    let stdout = output::write_reports(report, plan, options, to_stdout, streams.out)?;
    if !stdout.is_some_and(Format::has_summary) && !args.quiet {
        let summary = output::summary(report, &output::note_look(options));
        streams.err.write_all(summary.as_bytes())?;
    }
    if let Some(place) = args.why.as_ref().filter(|_| report.why.is_empty()) {
        writeln!(
            streams.err,
            "note: {}",
            output::printable(&nothing_to_explain(report, place), &[])
        )?;
    }
    Ok(())
}

/// What to say if there is no call site where the user looks.
fn nothing_to_explain(report: &Report, place: &Place) -> String {
    let file = output::shown(Path::new(&place.file));
    let ends = |path: &str| {
        path == file || file.ends_with(&format!("/{path}")) || path.ends_with(&format!("/{file}"))
    };
    let mut places: Vec<String> = report
        .sites
        .iter()
        .filter(|s| ends(&s.span.file.path))
        .map(|s| s.span.locator())
        .collect();
    places.dedup();
    let there = match places.as_slice() {
        [] => "there is none in this file".to_owned(),
        some => format!("there is one at {}", some.join(", ")),
    };
    format!("no AI call site on line {} of {file}; {there}", place.line)
}

/// From a report to an exit code; what fails the run is said.
fn judge(report: &Report, settings: &Settings, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    if let Some(exit) = nothing(report, settings, streams)? {
        return Ok(exit);
    }
    let mut exit = Exit::Fine;
    let least = settings.fail_on.severity();
    if output::too_severe(&report.findings, least, streams)? {
        exit = Exit::GateFailed;
    }
    if settings.strict && report.is_incomplete() {
        writeln!(
            streams.err,
            "failed: {} not fully analysed (`--strict`)",
            output::are(report.skipped.len(), "file", "files")
        )?;
        exit = Exit::GateFailed;
    }
    Ok(exit)
}

/// The exit code if no file was analysed; why is said.
pub(super) fn nothing(
    report: &Report,
    settings: &Settings,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Option<Exit>> {
    if report.files.analysed > 0 {
        return Ok(None);
    }
    writeln!(
        streams.err,
        "error: nothing was analysed: {}",
        output::printable(&why_nothing(report, settings), &[])
    )?;
    Ok(Some(Exit::NothingAnalysed))
}

/// Why no file was analysed.
pub(super) fn why_nothing(report: &Report, settings: &Settings) -> String {
    if let Some(first) = report.skipped.first() {
        let n = words::count(
            report.skipped.len(),
            "file was found and it",
            "files were found and each",
        );
        return format!("{n} was skipped; `{}` {}", first.path, first.reason);
    }
    if let Some(first) = report.excluded.first() {
        let n = words::count(
            report.excluded.len(),
            "file or folder is",
            "files and folders are",
        );
        return format!(
            "no Python file is left; {n} excluded, such as `{first}` (see `--exclude`, `--include` and `--no-gitignore`)"
        );
    }
    if !settings.scan.include.is_empty() {
        return "no Python file matches `--include`".to_owned();
    }
    "there is no `.py` file and no `.ipynb` notebook in the given paths".to_owned()
}
