//! The command line: what may be typed, and what it means in the terms of the settings.

mod audit;
mod baseline;
mod gate;
mod github;
mod policy;
mod probe;
mod score;
mod values;

use std::path::PathBuf;

use aegis_report::{Format, LinkBase};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use crate::config::{FailOn, Glob, RuleWord, Scan, Threads};
use crate::output::Output;

pub(crate) use audit::{
    AuditArgs, AuditCommand, CheckpointArgs, EventFormat, ExportArgs, KeygenArgs, MonitorArgs,
    ProveArgs, RotateArgs, SignerArgs, StatsArgs, StoreArgs, VerifyArgs,
};
pub(crate) use baseline::{
    BaselineArgs, BaselineCommand, BaselineOf, BaselinePruneArgs, BaselineShowArgs,
    BaselineUpdateArgs, BaselineWhy, BaselineWriteArgs,
};
pub(crate) use gate::GateArgs;
pub(crate) use github::{EventArgs, GithubArgs, GithubCommand, PublishArgs};
pub(crate) use policy::{
    ConflictsArgs, InitArgs, MergeArgs, MergeFormat, PolicyArgs, PolicyCommand, Schema, SchemaArgs,
    ShowArgs, ShowFormat, SimulateArgs, TestArgs, TestFormat, ValidateArgs, ValidateFormat,
};
pub(crate) use values::{Param, Percent};

pub(crate) use score::{
    BadgeArgs, BadgeFormat, Given, ScoreArgs, ScoreCommand, ScoreFormat, SubjectArgs,
};

pub(crate) use probe::{CompareArgs, DiffArgs, FailOnChange, PlanArgs, ProbeArgs, WhichFixes};

const OUTPUT: &str = "Output";
const GATE: &str = "Rules and verdict";
const FILES: &str = "Files";
const SETTINGS: &str = "Settings";

/// Find every AI call in a code base and prove which ones are governed.
#[derive(Debug, Parser)]
#[command(
    name = "aegis",
    version,
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find AI call sites and say which ones are governed
    ///
    /// Reports go to stdout, everything else to stderr. Findings alone do not fail a scan:
    /// `--fail-on` and `--strict` do.
    Scan(Box<ScanArgs>),
    /// Write a policy for the tools in a code base, with its test suite and settings
    ///
    /// Nothing that is there is overwritten unless `--force` says so.
    Init(InitArgs),
    /// Check policies, test suites and settings
    ///
    /// All mistakes are shown at once, each with its line. A file with mistakes exits with 2.
    Validate(ValidateArgs),
    /// Show what a policy decides about actions, and why
    Simulate(Box<SimulateArgs>),
    /// Run the test suite of a policy, or make one
    Test(TestArgs),
    /// Attack a policy: what runs unattended, what never decides, what gets past a rule
    ///
    /// What can be known exactly is proved, the rest is searched for; every finding has an action
    /// that shows it and, where one was found, a fix that was tried.
    Probe(Box<ProbeArgs>),
    /// Say in one number how well a program and its policy are governed
    ///
    /// The score is printed with everything it was computed from, and the cheapest ways to raise it.
    Score(Box<ScoreArgs>),
    /// Show what a change of a policy opens and what it closes
    Diff(DiffArgs),
    /// Show what the policy at hand changes against a git revision
    Plan(PlanArgs),
    /// Judge a change: score, new findings and the policy, compared with a base
    ///
    /// Fails on new findings of severity high, on a policy that lets more through, on a lower score,
    /// and on whatever cannot be told: no policy, files that could not be analysed.
    Gate(Box<GateArgs>),
    /// Keep what is known from counting: write, update, prune or show the baseline
    Baseline(BaselineArgs),
    /// Merge policies, show the one that applies, or find where several disagree
    Policy(PolicyArgs),
    /// Print the JSON Schema of policies, suites or settings
    Schema(SchemaArgs),
    /// Run the gate on GitHub Actions: read the event, publish the result
    Github(GithubArgs),
    /// Show what was recorded, verify it, and prove it to others
    Audit(Box<AuditArgs>),
    /// Watch what is recorded, on a terminal; `q` ends it
    Monitor(Box<MonitorArgs>),
    /// Count what was recorded: by outcome, rule, agent, over time
    Stats(Box<StatsArgs>),
    /// Explain a rule, or list all rules
    Explain(ExplainArgs),
    /// Show which frameworks and APIs are known
    Catalog(CatalogArgs),
    /// Print a completion script for a shell
    ///
    /// For bash, for example: `source <(aegis completions bash)`.
    Completions(CompletionsArgs),
    /// Print the man page of the whole tool
    ///
    /// To read it: `aegis man | man -l -`.
    Man,
}

/// Arguments of `aegis scan`.
#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// Files and folders to scan, or `-` for stdin
    #[arg(value_name = "PATHS", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,

    /// Format of the report on stdout
    ///
    /// Text unless said otherwise. With `--quiet` and only files in `--output`, nothing.
    #[arg(long, value_name = "FORMAT", value_parser = formats(), help_heading = OUTPUT)]
    pub(crate) format: Option<Format>,
    /// Write a report in a format to a file
    ///
    /// May be given several times: all reports are made in one pass. A file is replaced as a whole
    /// or not at all. `FORMAT` alone and `FORMAT=-` stand for stdout.
    #[arg(short, long, value_name = "FORMAT=PATH", value_hint = ValueHint::FilePath, help_heading = OUTPUT)]
    pub(crate) output: Vec<Output>,
    /// List all call sites with their verdict
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) inventory: bool,
    /// Count findings per rule, and call sites per framework and kind
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) statistics: bool,
    /// Explain the verdicts on a line, step by step
    ///
    /// The text report then holds the chain of values that led to each verdict, and the summary.
    /// Any place that a report prints works, such as `app.py:12:5` or `book.ipynb:cell 3:5`.
    #[arg(long, value_name = "FILE:LINE", help_heading = OUTPUT)]
    pub(crate) why: Option<Place>,
    /// Show suppressed findings too
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) include_suppressed: bool,
    /// Link places in Markdown and HTML reports to files below this address
    ///
    /// Such as `https://github.com/owner/repository/blob/COMMIT/`; in GitHub Actions and GitLab CI it
    /// is known.
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url, help_heading = OUTPUT)]
    pub(crate) link_base: Option<LinkBase>,
    /// When to use colours
    ///
    /// `auto`: on a terminal, unless `NO_COLOR` is set.
    #[arg(long, value_name = "WHEN", help_heading = OUTPUT)]
    pub(crate) color: Option<Color>,
    /// Print no summary on stderr, and no report that was not asked for
    #[arg(short, long, help_heading = OUTPUT)]
    pub(crate) quiet: bool,

    /// Report only these rules: ids, beginnings of ids, or names
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = GATE)]
    pub(crate) select: Vec<RuleWord>,
    /// Do not report these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = GATE)]
    pub(crate) ignore: Vec<RuleWord>,
    /// Count a family of third-party governors, such as `nemo-guardrails`
    #[arg(long, value_name = "ID", value_delimiter = ',', help_heading = GATE)]
    pub(crate) governor: Vec<String>,
    /// Exit with 1 if a finding is at least this severe
    #[arg(long, value_name = "SEVERITY", help_heading = GATE)]
    pub(crate) fail_on: Option<FailOn>,
    /// Exit with 1 if anything in scope was not fully analysed
    #[arg(long, help_heading = GATE)]
    pub(crate) strict: bool,
    /// Report only what this baseline does not know
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = GATE)]
    pub(crate) baseline: Option<PathBuf>,

    /// Scan only what matches, written as in `.gitignore`
    #[arg(long, value_name = "GLOB", help_heading = FILES)]
    pub(crate) include: Vec<Glob>,
    /// Leave out what matches; `!GLOB` keeps what would be left out
    #[arg(long, value_name = "GLOB", help_heading = FILES)]
    pub(crate) exclude: Vec<Glob>,
    /// Scan what `.gitignore`, `.ignore` and `.git/info/exclude` leave out
    #[arg(long, help_heading = FILES)]
    pub(crate) no_gitignore: bool,
    /// Name to show for stdin; one that ends in `.ipynb` makes it a notebook
    #[arg(long, value_name = "NAME", help_heading = FILES)]
    pub(crate) stdin_filename: Option<String>,

    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Worker threads; one per core unless said otherwise
    #[arg(long, value_name = "N", help_heading = SETTINGS)]
    pub(crate) threads: Option<Threads>,
}

impl ScanArgs {
    /// The flags as settings.
    pub(crate) fn settings(&self) -> Scan {
        Scan {
            include: given(&self.include),
            exclude: given(&self.exclude),
            select: given(&self.select),
            ignore: given(&self.ignore),
            governors: given(&self.governor),
            own_governors: None,
            catalog: None,
            fail_on: self.fail_on,
            strict: self.strict.then_some(true),
            require_reason: None,
            threads: self.threads,
            max_file_bytes: None,
            respect_gitignore: self.no_gitignore.then_some(false),
        }
    }
}

/// A list that was given; a flag that is absent says nothing.
fn given<T: Clone>(list: &[T]) -> Option<Vec<T>> {
    (!list.is_empty()).then(|| list.to_vec())
}

/// Which settings file counts.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// Read settings from this file
    ///
    /// Otherwise from the closest `aegis.yaml`, looking upwards from the first path of a scan, else
    /// from here.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "no_config", help_heading = SETTINGS)]
    pub(crate) config: Option<PathBuf>,
    /// Read no settings file
    #[arg(long, help_heading = SETTINGS)]
    pub(crate) no_config: bool,
}

/// Arguments of `aegis explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Id or name of a rule, such as `AEG101` or `ungoverned-tool`; all rules if left out
    pub(crate) rule: Option<String>,
    /// Text or JSON
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) format: Listing,
}

/// Arguments of `aegis catalog`.
#[derive(Debug, Args)]
pub(crate) struct CatalogArgs {
    /// What to show.
    #[command(subcommand)]
    pub(crate) command: CatalogCommand,
}

/// The commands of `aegis catalog`.
#[derive(Debug, Subcommand)]
pub(crate) enum CatalogCommand {
    /// List all frameworks with how much of each is known
    List(CatalogListArgs),
    /// List the APIs that are known of a framework
    Show(CatalogShowArgs),
}

/// Arguments of `aegis catalog list`.
#[derive(Debug, Args)]
pub(crate) struct CatalogListArgs {
    /// Text or JSON
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) format: Listing,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// Arguments of `aegis catalog show`.
#[derive(Debug, Args)]
pub(crate) struct CatalogShowArgs {
    /// Id of a framework, such as `openai`
    pub(crate) framework: String,
    /// Text or JSON
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) format: Listing,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// Arguments of `aegis completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// Which shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// Format of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Listing {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

fn formats() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::as_str))
        .try_map(|word| word.parse::<Format>())
}

/// A line of a file, as typed or pasted from a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The file.
    pub(crate) file: String,
    /// For notebooks: the cell that `line` counts in.
    pub(crate) cell: Option<u32>,
    /// 1-based line.
    pub(crate) line: u32,
}

impl std::str::FromStr for Place {
    type Err = String;

    /// `FILE:LINE`, `FILE:LINE:COLUMN`, `FILE:cell N:LINE` and `FILE:cell N:LINE:COLUMN`.
    fn from_str(s: &str) -> Result<Self, String> {
        let mut rest = s;
        let mut numbers = Vec::new();
        while let Some((head, number)) = rest.rsplit_once(':').filter(|_| numbers.len() < 2)
            && let Ok(number) = number.parse::<u32>()
        {
            numbers.push(number);
            rest = head;
        }
        let (file, cell) = match rest
            .rsplit_once(":cell ")
            .map(|(file, n)| (file, n.parse().ok()))
        {
            Some((file, Some(cell))) => (file, Some(cell)),
            _ => (rest, None),
        };
        match numbers.last() {
            Some(&line) if line > 0 && !file.is_empty() => Ok(Self {
                file: file.to_owned(),
                cell,
                line,
            }),
            _ => Err("expected a file and a line, such as `app.py:12`".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn places_are_read_as_reports_print_them() {
        let place = |s: &str| s.parse::<Place>().map(|p| (p.file, p.cell, p.line));
        let of = |file: &str, cell, line| Ok((file.to_owned(), cell, line));
        assert_eq!(place("app.py:12"), of("app.py", None, 12));
        assert_eq!(place("./a b/app.py:12:5"), of("./a b/app.py", None, 12));
        assert_eq!(place("C:\\x\\app.py:3"), of("C:\\x\\app.py", None, 3));
        assert_eq!(place("nb.ipynb:cell 3:5"), of("nb.ipynb", Some(3), 5));
        assert_eq!(place("nb.ipynb:cell 3:5:9"), of("nb.ipynb", Some(3), 5));
        for bad in ["app.py", "app.py:0", "app.py:x", ":3", ""] {
            assert!(place(bad).is_err(), "{bad}");
        }
    }
}
