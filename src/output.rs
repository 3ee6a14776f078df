//! Where reports go: stdout, or files that are replaced as a whole.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use aegis_diag::{Finding, Report, Severity};
use aegis_policy::model::{Approval, Risk};
use aegis_report::paint::Ink;
use aegis_report::{Format, Options, render};
use anyhow::{Context, bail};

use crate::cli::Color;
use crate::config::Env;
use crate::words;

/// More bytes than this on stdin are no source and no list of actions.
const MAX_STDIN: u64 = 64 << 20;

/// The streams a command writes to.
pub(crate) struct Streams<'a> {
    /// Reports.
    pub(crate) out: &'a mut dyn Write,
    /// Everything else.
    pub(crate) err: &'a mut dyn Write,
}

/// A report that was asked for: `FORMAT=PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output<F = Format> {
    /// How it is written.
    pub(crate) format: F,
    /// Where it goes; `None` is stdout.
    pub(crate) path: Option<PathBuf>,
}

/// Formats of a report.
pub(crate) trait Formats: Copy + FromStr<Err: fmt::Display> {
    /// What is printed if nobody says how.
    const DEFAULT: Self;
}

impl Formats for Format {
    const DEFAULT: Self = Self::Text;
}

impl Formats for aegis_probe::report::Format {
    const DEFAULT: Self = Self::Text;
}

impl<F: Formats> FromStr for Output<F> {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let (word, path) = s
            .split_once('=')
            .map_or((s, None), |(word, path)| (word, Some(path)));
        let format = word.parse::<F>().map_err(|e| e.to_string())?;
        match path {
            Some("") => Err(format!(
                "no path after `=`; expected `{word}=PATH`, or `{word}` for stdout"
            )),
            None | Some("-") => Ok(Self { format, path: None }),
            Some(path) => Ok(Self {
                format,
                path: Some(path.into()),
            }),
        }
    }
}

/// The reports to write: those asked for, and one on stdout unless that is not wanted.
pub(crate) fn plan<F: Formats>(
    format: Option<F>,
    asked: &[Output<F>],
    quiet: bool,
) -> anyhow::Result<Vec<Output<F>>> {
    let mut plan = asked.to_vec();
    let stdout = plan.iter().filter(|output| output.path.is_none()).count();
    if stdout + usize::from(format.is_some()) > 1 {
        bail!(
            "only one report can go to stdout; give the others a path, as in `--output sarif=aegis.sarif`"
        );
    }
    if stdout == 0 && (format.is_some() || asked.is_empty() || !quiet) {
        plan.push(Output {
            format: format.unwrap_or(F::DEFAULT),
            path: None,
        });
    }
    for (i, output) in plan.iter().enumerate() {
        let Some(path) = &output.path else { continue };
        if plan
            .iter()
            .take(i)
            .any(|earlier| earlier.path.as_ref() == Some(path))
        {
            bail!(
                "two reports would go to `{}`; give each its own path",
                path.display()
            );
        }
        writable(path).with_context(|| format!("report `{}` cannot be written", path.display()))?;
    }
    Ok(plan)
}

/// Whether a new file can be written there: what is there is kept unless it may be replaced.
pub(crate) fn free(path: &Path, replace: bool) -> anyhow::Result<()> {
    writable(path)?;
    if !replace && path.symlink_metadata().is_ok() {
        bail!("it is there already; `--force` replaces it");
    }
    Ok(())
}

/// Whether a file can be written there, as far as one can tell before.
fn writable(path: &Path) -> anyhow::Result<()> {
    if path.is_dir() {
        bail!("it is a folder; name a file in it");
    }
    let folder = folder(path);
    if !folder.is_dir() {
        bail!("there is no folder `{}`; make it first", folder.display());
    }
    Ok(())
}

/// The folder a file is in.
fn folder(path: &Path) -> &Path {
    path.parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Replaces a file as a whole or not at all. What is no file, such as a pipe, is written to.
/// `what` is in it.
pub(crate) fn write_file(what: &str, path: &Path, text: &str) -> anyhow::Result<()> {
    let failed = || format!("{what} `{}` cannot be written", path.display());
    let there = fs::metadata(path).ok();
    if there.as_ref().is_some_and(|m| !m.is_file()) {
        let mut file = OpenOptions::new()
            .write(true)
            .open(path)
            .with_context(failed)?;
        return file.write_all(text.as_bytes()).with_context(failed);
    }
    // A link stays a link: what it leads to is replaced.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let name = target
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let draft = target.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let done = replace(&draft, &target, there.map(|m| m.permissions()), text);
    if done.is_err() {
        // The draft may not even exist; what matters is the first error.
        let _ = fs::remove_file(&draft);
    }
    done.with_context(failed)
}

fn replace(
    draft: &Path,
    target: &Path,
    permissions: Option<fs::Permissions>,
    text: &str,
) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(draft)?;
    file.write_all(text.as_bytes())?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    drop(file);
    fs::rename(draft, target)
}

/// How people want to see it, as far as all commands share it.
pub(crate) fn look(color: Option<Color>, env: &Env) -> anyhow::Result<Options> {
    let default = Options::default();
    let color = match color.or(env.color()?).unwrap_or(Color::Auto) {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => io::stdout().is_terminal() && !env.no_color,
    };
    Ok(Options {
        color,
        width: terminal_size::terminal_size()
            .map_or(default.width, |(width, _)| usize::from(width.0)),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        root: repository_path().unwrap_or_default(),
        link_base: env.link_base(),
        ..default
    })
}

/// The look of what is no terminal.
pub(crate) fn plain(options: &Options) -> Options {
    Options {
        color: false,
        width: Options::default().width,
        ..options.clone()
    }
}

/// Writes the reports: files first, so that a reader of stdout who goes away costs nothing. `to_stdout`
/// makes the one for stdout, whose format is the answer.
pub(crate) fn write_reports(
    report: &Report,
    plan: &[Output],
    options: &Options,
    to_stdout: impl FnOnce(Format) -> String,
    out: &mut dyn Write,
) -> anyhow::Result<Option<Format>> {
    let plain = plain(options);
    for output in plan {
        if let Some(path) = &output.path {
            write_file("report", path, &render(report, output.format, &plain))?;
        }
    }
    let stdout = plan.iter().find(|output| output.path.is_none());
    if let Some(output) = stdout {
        out.write_all(to_stdout(output.format).as_bytes())?;
        out.flush()?;
    }
    Ok(stdout.map(|output| output.format))
}

/// The look of a note on stderr about a report that looks like `options`.
pub(crate) fn note_look(options: &Options) -> Options {
    Options {
        color: options.color && io::stderr().is_terminal(),
        ..plain(options)
    }
}

/// The packages that import paths come from, if a report among `plan` names packages.
pub(crate) fn packages(
    plan: &[Output],
    config: &aegis_scan::Config,
) -> anyhow::Result<BTreeMap<String, String>> {
    match plan.iter().any(|o| o.format == Format::Cyclonedx) {
        true => Ok(aegis_scan::list_packages(config)?.into_iter().collect()),
        false => Ok(BTreeMap::new()),
    }
}

/// The look of stderr, which may be a terminal when stdout is not, and the other way round.
pub(crate) fn look_of_stderr(color: Option<Color>, env: &Env) -> anyhow::Result<Options> {
    let look = look(color, env)?;
    let color = match color.or(env.color()?).unwrap_or(Color::Auto) {
        Color::Auto => io::stderr().is_terminal() && !env.no_color,
        _ => look.color,
    };
    Ok(Options { color, ..look })
}

/// The way from the top of the repository to here.
fn repository_path() -> Option<String> {
    let here = std::env::current_dir().ok()?;
    let top = here.ancestors().find(|dir| dir.join(".git").exists())?;
    Some(shown(here.strip_prefix(top).ok()?))
}

/// All of stdin; `advice` is what to do if that is too much.
pub(crate) fn stdin(advice: &str) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(MAX_STDIN + 1)
        .read_to_end(&mut bytes)
        .context("stdin cannot be read")?;
    if bytes.len() as u64 > MAX_STDIN {
        bail!("stdin holds more than {MAX_STDIN} bytes; {advice}");
    }
    Ok(bytes)
}

/// The last lines of a report for people: what was looked at, what was not, and what came out.
pub(crate) fn summary(report: &Report, options: &Options) -> String {
    let options = Options {
        include_suppressed: false,
        ..options.clone()
    };
    let concise = render(report, Format::Concise, &options);
    // One line per finding comes first.
    concise
        .split_inclusive('\n')
        .skip(report.findings.len())
        .collect()
}

/// The explanation that `--why` asked for, and the summary.
pub(crate) fn explanation(report: &Report, options: &Options) -> String {
    let alone = Report {
        why: report.why.clone(),
        ..Report::default()
    };
    let text = render(
        &alone,
        Format::Text,
        &Options {
            inventory: false,
            statistics: false,
            ..options.clone()
        },
    );
    // The parts of a text are separated by empty lines; the last is the summary, here of nothing.
    let why = text.rsplit_once("\n\n").map_or("", |(why, _)| why);
    let gap = if why.is_empty() { "" } else { "\n\n" };
    format!("{why}{gap}{}", summary(report, options))
}

/// A text without anything that could draw on a terminal: names of files are not ours.
pub(crate) fn printable(text: &str, keep: &[char]) -> String {
    let hidden = |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    let shown = |c: char| match c {
        _ if keep.contains(&c) => c,
        '\0'..='\u{1f}' => {
            char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        _ if c.is_control() || hidden(c) => char::REPLACEMENT_CHARACTER,
        _ => c,
    };
    text.chars().map(shown).collect()
}

/// The colour of an approval.
pub(crate) fn ink(approval: Approval) -> Ink {
    match approval {
        Approval::Auto => Ink::Good,
        Approval::Approve => Ink::Doubtful,
        Approval::Block => Ink::Bad,
    }
}

/// The colour of a risk.
pub(crate) fn ink_of_risk(risk: Risk) -> Ink {
    match risk {
        Risk::Low => Ink::Plain,
        Risk::Medium => Ink::Calm,
        Risk::High => Ink::Doubtful,
        Risk::Critical => Ink::Bad,
    }
}

/// How every JSON document of the policy commands begins. Keys are added without a new version; one
/// that changes its meaning or goes away gets a new one.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub(crate) struct Head {
    format: &'static str,
    version: u32,
    tool: Tool,
}

#[derive(Debug, Clone, Copy, serde::Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

impl Head {
    /// The head of a document of that format.
    pub(crate) fn new(format: &'static str) -> Self {
        Self {
            format,
            version: 1,
            tool: Tool {
                name: "aegis",
                version: env!("CARGO_PKG_VERSION"),
            },
        }
    }
}

/// A value as indented JSON with a line ending.
pub(crate) fn json(value: &impl serde::Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// Columns as wide as their widest cell; those in `right` are aligned to the right.
pub(crate) fn table<const N: usize>(
    head: [&str; N],
    rows: &[[String; N]],
    right: &[usize],
) -> String {
    let rows: Vec<[&str; N]> = std::iter::once(head)
        .chain(rows.iter().map(|r| r.each_ref().map(String::as_str)))
        .collect();
    let width = |i: usize| {
        rows.iter()
            .filter_map(|r| r.get(i))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(i, (cell, &w))| {
            if right.contains(&i) {
                format!("{cell:>w$}")
            } else {
                format!("{cell:<w$}")
            }
        });
        out += cells.collect::<Vec<_>>().join("  ").trim_end();
        out.push('\n');
    }
    out
}

/// A path with `/` between its steps and without a leading `./`, as reports show it.
pub(crate) fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    let mut rest = text.as_str();
    while let Some(shorter) = rest.strip_prefix("./") {
        rest = shorter;
    }
    rest.to_owned()
}

/// Says how many findings are as severe as `--fail-on` allows none to be; whether there are any.
pub(crate) fn too_severe(
    findings: &[Finding],
    least: Option<Severity>,
    streams: &mut Streams<'_>,
) -> anyhow::Result<bool> {
    let Some(least) = least else {
        return Ok(false);
    };
    let n = findings.iter().filter(|f| f.severity >= least).count();
    if n == 0 {
        return Ok(false);
    }
    let or_worse = match least {
        Severity::Critical => "",
        _ => " or worse",
    };
    writeln!(
        streams.err,
        "failed: {} {least}{or_worse} (`--fail-on {least}`)",
        are(n, "finding", "findings")
    )?;
    Ok(true)
}

/// `n findings are`, `1 finding is`.
pub(crate) fn are(n: usize, one: &str, many: &str) -> String {
    format!(
        "{} {}",
        words::count(n, one, many),
        if n == 1 { "is" } else { "are" }
    )
}
