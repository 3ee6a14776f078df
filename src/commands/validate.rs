//! `aegis validate`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aegis_diag::SourceFile;
use aegis_policy::check::check;
use aegis_policy::document;
use aegis_policy::policy::Policy;
use aegis_policy::problem::{Problem, Problems};
use aegis_policy::suite::Suite;
use aegis_report::paint::{Ink, Paint};
use aegis_report::remark::harmless;
use aegis_report::table::{Cell, Table};
use aegis_report::{Options, clean};
use serde::Serialize;

use crate::cli::{ValidateArgs, ValidateFormat};
use crate::config::{self, Env};
use crate::exit::Exit;
use crate::output::{self, Streams};
use crate::policies::{self, Kind};
use crate::problems::{self, Tally};
use crate::words;

/// From files to an exit code, one stage per line.
pub(crate) fn run(
    args: &ValidateArgs,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let look = output::look(args.color.color, env)?; //                 how people want to see it
    let paths = policies::named_or_set(&args.files, &args.config, env)?; // arguments, aegis.yaml -> files
    let files = validate(&paths)?; //                                   files -> problems           aegis-policy
    streams
        .out
        .write_all(report(&files, args, &look)?.as_bytes())?; // problems -> bytes           problems.rs
    judge(&files, args, streams) //                                     problems -> exit code       exit.rs
}

/// A file and what is wrong with it.
struct Checked {
    path: String,
    kind: Kind,
    /// What is in it, such as `12 rules`; empty if it is refused.
    holds: String,
    problems: Vec<Problem>,
}

impl Checked {
    fn tally(&self) -> Tally {
        Tally::of(&self.problems)
    }
}

/// Checks every file; one that cannot be read ends the run.
fn validate(paths: &[PathBuf]) -> anyhow::Result<Vec<Checked>> {
    paths.iter().map(|path| file(path)).collect()
}

fn file(path: &Path) -> anyhow::Result<Checked> {
    let shown = policies::shown(path);
    let source = policies::source("file", path)?;
    let kind = source
        .as_ref()
        .map_or(Kind::of(&shown, ""), |file| Kind::of(&shown, &file.text));
    let (holds, problems) = match source.and_then(|file| judged(kind, file)) {
        Ok(judged) => judged,
        Err(Problems(problems)) => (String::new(), problems),
    };
    Ok(Checked {
        path: shown,
        kind,
        holds,
        problems,
    })
}

/// What is in a file and the warnings about it.
fn judged(kind: Kind, file: Arc<SourceFile>) -> Result<(String, Vec<Problem>), Problems> {
    match kind {
        Kind::Config => {
            config::check(&file)?;
            Ok((String::new(), Vec::new()))
        }
        Kind::Suite => {
            let n = Suite::read(file)?.cases.len();
            Ok((words::count(n, "case", "cases"), Vec::new()))
        }
        Kind::Policy => {
            let checked = check(document::parse(file)?)?;
            let n = words::count(checked.rules().len(), "rule", "rules");
            let warnings = checked.warnings().to_vec();
            match Policy::compile(checked) {
                Ok(_) => Ok((n, warnings)),
                // What goes wrong here does not make the warnings wrong.
                Err(Problems(errors)) => Err(Problems::sorted(
                    errors.into_iter().chain(warnings).collect(),
                )),
            }
        }
    }
}

fn report(files: &[Checked], args: &ValidateArgs, look: &Options) -> anyhow::Result<String> {
    match args.format {
        ValidateFormat::Text => Ok(text(files, args, look)),
        ValidateFormat::Json => json(files),
        ValidateFormat::Sarif => Ok(sarif(files, look)),
        ValidateFormat::Github => Ok(github(files, args, look)),
    }
}

/// All problems, then a line for each file, then the sum.
fn text(files: &[Checked], args: &ValidateArgs, look: &Options) -> String {
    let drawn = files
        .iter()
        .filter(|file| !file.problems.is_empty())
        .map(|file| problems::text(&file.problems, look));
    let mut parts: Vec<String> = drawn.collect();
    if !args.quiet {
        parts.push(summary(files, Paint { on: look.color }).join("\n") + "\n");
    }
    parts.join("\n")
}

/// One file needs no table.
fn summary(files: &[Checked], paint: Paint) -> Vec<String> {
    match files {
        [file] => vec![sentence(file, paint)],
        files => table(files, paint),
    }
}

fn sentence(file: &Checked, paint: Paint) -> String {
    let (_, ink) = mark(file.tally());
    let verdict = file.tally().words();
    format!(
        "{} ({}): {}",
        clean::line(&file.path),
        [file.kind.words(), file.holds.as_str()]
            .map(str::to_owned)
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(", "),
        paint.ink(
            ink,
            if verdict.is_empty() {
                "no problems"
            } else {
                &verdict
            }
        )
    )
}

fn table(files: &[Checked], paint: Paint) -> Vec<String> {
    let mut table = Table::default();
    for file in files {
        let (mark, ink) = mark(file.tally());
        table.row(vec![
            Cell::new(mark).ink(ink),
            Cell::new(clean::line(&file.path)),
            Cell::new(file.kind.words()).ink(Ink::Dim),
            Cell::new(&file.holds),
            Cell::new(file.tally().words()).ink(ink),
        ]);
    }
    let refused = files.iter().filter(|f| f.tally().errors > 0).count();
    let sum = sum(files).words();
    let last = [
        Some(words::count(files.len(), "file", "files")),
        (refused > 0).then(|| format!("{refused} refused")),
        Some(if sum.is_empty() {
            "no problems".to_owned()
        } else {
            sum
        }),
    ];
    let mut lines = table.lines(paint);
    lines.push(String::new());
    lines.push(last.into_iter().flatten().collect::<Vec<_>>().join(", "));
    lines
}

fn mark(tally: Tally) -> (&'static str, Ink) {
    match (tally.errors, tally.warnings) {
        (0, 0) => ("✓", Ink::Good),
        (0, _) => ("!", Ink::Doubtful),
        _ => ("✗", Ink::Bad),
    }
}

fn sum(files: &[Checked]) -> Tally {
    let each = files.iter().map(Checked::tally);
    each.fold(Tally::default(), Tally::and)
}

fn github(files: &[Checked], args: &ValidateArgs, look: &Options) -> String {
    let all: Vec<Problem> = files.iter().flat_map(|f| f.problems.clone()).collect();
    let mut lines = problems::github(&all, look);
    if !args.quiet {
        let plain = summary(files, Paint { on: false });
        lines.extend(plain.iter().map(|line| harmless(line)));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn sarif(files: &[Checked], look: &Options) -> String {
    let all = files.iter().flat_map(|file| &file.problems);
    problems::sarif(all, look, Summary::of(files))
}

fn json(files: &[Checked]) -> anyhow::Result<String> {
    output::json(&Document {
        head: output::Head::new("aegis/validate"),
        valid: files.iter().all(|f| f.tally().errors == 0),
        summary: Summary::of(files),
        files: files.iter().map(FileRecord::new).collect(),
    })
}

/// The whole document; see docs/policy-commands.md.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    head: output::Head,
    valid: bool,
    summary: Summary,
    files: Vec<FileRecord<'a>>,
}

#[derive(Serialize)]
struct Summary {
    files: usize,
    refused: usize,
    #[serde(flatten)]
    tally: Tally,
}

impl Summary {
    fn of(files: &[Checked]) -> Self {
        Self {
            files: files.len(),
            refused: files.iter().filter(|f| f.tally().errors > 0).count(),
            tally: sum(files),
        }
    }
}

#[derive(Serialize)]
struct FileRecord<'a> {
    path: &'a str,
    kind: Kind,
    valid: bool,
    problems: Vec<problems::Record<'a>>,
}

impl<'a> FileRecord<'a> {
    fn new(file: &'a Checked) -> Self {
        Self {
            path: &file.path,
            kind: file.kind,
            valid: file.tally().errors == 0,
            problems: file.problems.iter().map(problems::Record::new).collect(),
        }
    }
}

/// Refused files are an error, warnings only if they were asked to be.
fn judge(
    files: &[Checked],
    args: &ValidateArgs,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let sum = sum(files);
    if sum.errors > 0 {
        return Ok(Exit::Error);
    }
    if args.strict && sum.warnings > 0 {
        writeln!(
            streams.err,
            "failed: {} (`--strict`)",
            words::count(sum.warnings, "warning", "warnings")
        )?;
        return Ok(Exit::GateFailed);
    }
    Ok(Exit::Fine)
}
