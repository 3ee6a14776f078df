//! The arguments of the score and its badge.

use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum, ValueHint};

use super::policy::ColorArgs;
use super::{ConfigArgs, FILES, GATE, OUTPUT, SETTINGS, given};
use crate::config::{Glob, Points, Scan, Threads};
use crate::output::{Formats, Output};

const VERDICT: &str = "Verdict";

/// Arguments of `aegis score`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct ScoreArgs {
    #[command(subcommand)]
    pub(crate) command: Option<ScoreCommand>,

    #[command(flatten)]
    pub(crate) subject: SubjectArgs,

    /// Format of the report on stdout; text unless said otherwise
    #[arg(long, value_name = "FORMAT", value_parser = formats(), help_heading = OUTPUT)]
    pub(crate) format: Option<ScoreFormat>,
    /// Write a report in a format to a file
    ///
    /// May be given several times: all reports are made in one pass. A file is replaced as a whole
    /// or not at all. `FORMAT` alone and `FORMAT=-` stand for stdout.
    #[arg(short, long, value_name = "FORMAT=PATH", value_hint = ValueHint::FilePath, help_heading = OUTPUT)]
    pub(crate) output: Vec<Output<ScoreFormat>>,
    #[command(flatten)]
    pub(crate) color: ColorArgs,
    /// Print nothing but the reports that were asked for
    #[arg(short, long, help_heading = OUTPUT)]
    pub(crate) quiet: bool,

    /// Exit with 1 if the score is lower
    ///
    /// Where there is nothing to govern there is no score, and nothing fails.
    #[arg(long, value_name = "N", help_heading = VERDICT)]
    pub(crate) fail_under: Option<Points>,
    /// Exit with 1 if anything in scope was not fully analysed
    #[arg(long, help_heading = VERDICT)]
    pub(crate) strict: bool,
}

/// The commands of `aegis score`.
#[derive(Debug, Subcommand)]
pub(crate) enum ScoreCommand {
    /// Draw the score as a badge, or print where one is
    Badge(BadgeArgs),
}

/// Arguments of `aegis score badge`.
#[derive(Debug, Args)]
pub(crate) struct BadgeArgs {
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,

    /// Scan nothing: draw this score, or `n/a`
    #[arg(long, value_name = "N", conflicts_with = "paths")]
    pub(crate) score: Option<Given>,
    /// What the badge is
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, help_heading = OUTPUT)]
    pub(crate) format: BadgeFormat,
    /// Write it to a file, which is replaced as a whole or not at all
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = OUTPUT)]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) color: ColorArgs,
}

/// What is scored: code, a policy, and the settings of both.
#[derive(Debug, Args)]
pub(crate) struct SubjectArgs {
    /// Files and folders to scan
    #[arg(value_name = "PATHS", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
    /// Policy to score, or `-` for stdin; the policy of `aegis.yaml` if left out
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) policy: Option<PathBuf>,

    /// Count a family of third-party governors, such as `nemo-guardrails`
    #[arg(long, value_name = "ID", value_delimiter = ',', help_heading = GATE)]
    pub(crate) governor: Vec<String>,
    /// Scan only what matches, written as in `.gitignore`
    #[arg(long, value_name = "GLOB", help_heading = FILES)]
    pub(crate) include: Vec<Glob>,
    /// Leave out what matches; `!GLOB` keeps what would be left out
    #[arg(long, value_name = "GLOB", help_heading = FILES)]
    pub(crate) exclude: Vec<Glob>,
    /// Scan what `.gitignore`, `.ignore` and `.git/info/exclude` leave out
    #[arg(long, help_heading = FILES)]
    pub(crate) no_gitignore: bool,

    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Worker threads; one per core unless said otherwise
    #[arg(long, value_name = "N", help_heading = SETTINGS)]
    pub(crate) threads: Option<Threads>,
}

impl SubjectArgs {
    /// The flags as settings of a scan.
    pub(crate) fn settings(&self) -> Scan {
        Scan {
            include: given(&self.include),
            exclude: given(&self.exclude),
            governors: given(&self.governor),
            threads: self.threads,
            respect_gitignore: self.no_gitignore.then_some(false),
            ..Scan::default()
        }
    }
}

/// Format of a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScoreFormat {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

impl ScoreFormat {
    const ALL: [(&str, Self); 2] = [("text", Self::Text), ("json", Self::Json)];
}

impl FromStr for ScoreFormat {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|(word, _)| *word == s);
        known
            .map(|(_, format)| format)
            .ok_or_else(|| format!("`{s}` is not a format; expected text or json"))
    }
}

impl Formats for ScoreFormat {
    const DEFAULT: Self = Self::Text;
}

fn formats() -> impl TypedValueParser<Value = ScoreFormat> {
    PossibleValuesParser::new(ScoreFormat::ALL.map(|(word, _)| word))
        .try_map(|word| word.parse::<ScoreFormat>())
}

/// What a badge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum BadgeFormat {
    /// An image that needs nothing else
    #[default]
    Svg,
    /// What an endpoint of shields.io answers
    Json,
    /// The address of a static badge on shields.io
    Url,
    /// An image for a README, from there
    Markdown,
}

/// A score that was given, in tenths; `None` if there is nothing to govern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Given(pub(crate) Option<u16>);

impl FromStr for Given {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        match s {
            "n/a" => Ok(Self(None)),
            _ => s
                .parse::<Points>()
                .map(|points| Self(Some(points.0)))
                .map_err(|e| format!("{e}, or `n/a`")),
        }
    }
}
