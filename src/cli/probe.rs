//! The arguments of the commands that attack and compare policies.

use std::path::PathBuf;

use aegis_probe::report::Format;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum, ValueHint};

use super::{ConfigArgs, OUTPUT};
use crate::cli::policy::ColorArgs;
use crate::config::FailOn;
pub(crate) use crate::config::Points;
use crate::output::Output;

const INPUT: &str = "Input";
const FIXES: &str = "Fixes";
const VERDICT: &str = "Verdict";

/// Arguments of `aegis probe`.
#[derive(Debug, Args)]
pub(crate) struct ProbeArgs {
    /// Policy to attack, or `-` for stdin; the policy of `aegis.yaml` if left out
    #[arg(value_name = "POLICY", value_hint = ValueHint::FilePath)]
    pub(crate) policy: Option<PathBuf>,

    /// Take the tools of this program: their names, parameters and places
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath, help_heading = INPUT)]
    pub(crate) code: Vec<PathBuf>,
    /// Take the tools of an MCP server, from the answer to `tools/list` as JSON
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = INPUT)]
    pub(crate) tools: Vec<PathBuf>,
    /// Seed of the fuzzer: the same seed tries the same actions
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = INPUT)]
    pub(crate) seed: u64,
    /// Also report misspelt names, and names that ask a person instead of being blocked
    #[arg(long, help_heading = INPUT)]
    pub(crate) all: bool,

    /// Format of the report on stdout; text unless said otherwise
    #[arg(long, value_name = "FORMAT", value_parser = formats(), help_heading = OUTPUT)]
    pub(crate) format: Option<Format>,
    /// Write a report in a format to a file
    ///
    /// May be given several times: all reports are made in one pass. A file is replaced as a whole
    /// or not at all. `FORMAT` alone and `FORMAT=-` stand for stdout.
    #[arg(short, long, value_name = "FORMAT=PATH", value_hint = ValueHint::FilePath, help_heading = OUTPUT)]
    pub(crate) output: Vec<Output<Format>>,
    /// Show suppressed findings too
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) include_suppressed: bool,
    #[command(flatten)]
    pub(crate) color: ColorArgs,
    /// Print nothing but the reports that were asked for
    #[arg(short, long, help_heading = OUTPUT)]
    pub(crate) quiet: bool,

    /// Apply fixes to the policy, one at a time, probing again after each
    ///
    /// `safe` (the default) applies what makes no decision weaker; `unsafe` also removes rules that
    /// never decide and the like. What is reported is the policy afterwards.
    #[arg(long, value_name = "WHICH", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "safe", help_heading = FIXES)]
    pub(crate) fix: Option<WhichFixes>,
    /// Print what `--fix` would change as a unified diff, and change nothing
    #[arg(long, help_heading = FIXES, conflicts_with_all = ["format", "output"])]
    pub(crate) diff: bool,

    /// Exit with 1 if a finding is at least this severe
    #[arg(long, value_name = "SEVERITY", help_heading = VERDICT)]
    pub(crate) fail_on: Option<FailOn>,
    /// Exit with 1 if any finding is not in the baseline, however severe it is
    #[arg(long, requires = "baseline", conflicts_with = "write_baseline", help_heading = VERDICT)]
    pub(crate) fail_on_new: bool,
    /// Exit with 1 if the robustness score is lower
    #[arg(long, value_name = "N", help_heading = VERDICT)]
    pub(crate) fail_under: Option<Points>,
    /// Exit with 3 if a question could not be decided within the budget
    #[arg(long, help_heading = VERDICT)]
    pub(crate) strict: bool,
    /// Report only what is not in this baseline, and what it says was restricted and is not
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = VERDICT)]
    pub(crate) baseline: Option<PathBuf>,
    /// Write the findings, and what the policy restricts now, to the file of `--baseline`
    #[arg(long, requires = "baseline", help_heading = VERDICT)]
    pub(crate) write_baseline: bool,

    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// Which fixes `--fix` applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WhichFixes {
    /// What makes no decision weaker
    Safe,
    /// Also removals, and what makes decisions weaker
    Unsafe,
}

/// Arguments of `aegis diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// Policy before the change
    #[arg(value_name = "OLD", value_hint = ValueHint::FilePath)]
    pub(crate) old: PathBuf,
    /// Policy after the change
    #[arg(value_name = "NEW", value_hint = ValueHint::FilePath)]
    pub(crate) new: PathBuf,
    #[command(flatten)]
    pub(crate) how: CompareArgs,
}

/// Arguments of `aegis plan`.
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// Policy as it is now; the policy of `aegis.yaml` if left out
    #[arg(value_name = "POLICY", value_hint = ValueHint::FilePath)]
    pub(crate) policy: Option<PathBuf>,
    /// Git revision to compare with, such as `origin/main`
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    pub(crate) base: String,
    #[command(flatten)]
    pub(crate) how: CompareArgs,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// How two policies are compared.
#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// Count recorded actions that change: JSON lines with `at` and `action`, or an audit store
    ///
    /// Of an audit store its decisions are taken. Secrets were taken out of the parameters, so a
    /// rule about such a value decides about what stands in its place.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = INPUT)]
    pub(crate) replay: Option<PathBuf>,
    /// Format of the report
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, help_heading = OUTPUT)]
    pub(crate) format: DiffFormat,
    #[command(flatten)]
    pub(crate) color: ColorArgs,
    /// Exit with 1 if some action is decided more weakly, or any decision changes
    ///
    /// What could not be decided counts as a change; for `looser` unless it can only be stricter.
    #[arg(long, value_name = "CHANGE", value_enum, help_heading = VERDICT)]
    pub(crate) fail_on: Option<FailOnChange>,
}

/// Format of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum DiffFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
    /// For comments and summaries
    Markdown,
}

impl From<DiffFormat> for Format {
    fn from(format: DiffFormat) -> Self {
        match format {
            DiffFormat::Text => Self::Text,
            DiffFormat::Json => Self::Json,
            DiffFormat::Markdown => Self::Markdown,
        }
    }
}

/// Which changes fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOnChange {
    /// Some action is decided more weakly
    Looser,
    /// Some action is decided differently
    Any,
}

fn formats() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::as_str))
        .try_map(|word| word.parse::<Format>())
}
