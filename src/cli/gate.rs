//! The arguments of `aegis gate`.

use std::path::PathBuf;

use aegis_report::{Format, LinkBase};
use clap::{Args, ValueHint};

use super::policy::ColorArgs;
use super::{ConfigArgs, OUTPUT, SETTINGS, formats};
use crate::config::{FailOn, Gate, Looser, Points, Scan, Threads};
use crate::output::Output;

const INPUT: &str = "Input";
const BASE: &str = "Base";
const CHECKS: &str = "Checks";

/// Arguments of `aegis gate`.
#[derive(Debug, Args)]
pub(crate) struct GateArgs {
    /// Files and folders to judge
    #[arg(value_name = "PATHS", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
    /// Policy that governs the program; the policy of `aegis.yaml` if left out
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = INPUT)]
    pub(crate) policy: Option<PathBuf>,
    /// Do not count what this baseline knows; the baseline of `aegis.yaml` if left out
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = INPUT)]
    pub(crate) baseline: Option<PathBuf>,

    /// Compare with the merge base of HEAD and this git revision, such as `origin/main`
    #[arg(long, value_name = "REV", conflicts_with_all = ["base_report", "no_base"], help_heading = BASE)]
    pub(crate) base: Option<String>,
    /// Compare with a report that an earlier run wrote with `-o json=FILE`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "no_base", help_heading = BASE)]
    pub(crate) base_report: Option<PathBuf>,
    /// The policy at the time of `--base-report`, which holds none
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "base_report", help_heading = BASE)]
    pub(crate) base_policy: Option<PathBuf>,
    /// Compare with nothing; only what does not need a base is checked
    #[arg(long, help_heading = BASE)]
    pub(crate) no_base: bool,

    /// The score must be at least this
    #[arg(long, value_name = "N", help_heading = CHECKS)]
    pub(crate) fail_under: Option<Points>,
    /// Of the new and changed call sites at least this many percent must be governed
    #[arg(long, value_name = "N", help_heading = CHECKS)]
    pub(crate) fail_under_new: Option<Points>,
    /// The score may drop by this many points at most; 0 unless said otherwise
    #[arg(long, value_name = "N", help_heading = CHECKS)]
    pub(crate) max_drop: Option<Points>,
    /// No finding may be this severe
    #[arg(long, value_name = "SEVERITY", help_heading = CHECKS)]
    pub(crate) fail_on: Option<FailOn>,
    /// No new finding may be this severe; `high` unless said otherwise
    #[arg(long, value_name = "SEVERITY", help_heading = CHECKS)]
    pub(crate) fail_on_new: Option<FailOn>,
    /// What to do about a policy that lets through what it held up; `deny` unless said otherwise
    #[arg(long, value_name = "HOW", value_enum, help_heading = CHECKS)]
    pub(crate) policy_looser: Option<Looser>,

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
    /// Show suppressed findings too
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) include_suppressed: bool,
    /// Link places in Markdown and HTML reports to files below this address
    ///
    /// Such as `https://github.com/owner/repository/blob/COMMIT/`; in GitHub Actions and GitLab CI it
    /// is known.
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url, help_heading = OUTPUT)]
    pub(crate) link_base: Option<LinkBase>,
    #[command(flatten)]
    pub(crate) color: ColorArgs,
    /// Print no verdict on stderr, and no report that was not asked for
    #[arg(short, long, help_heading = OUTPUT)]
    pub(crate) quiet: bool,

    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Worker threads; one per core unless said otherwise
    #[arg(long, value_name = "N", help_heading = SETTINGS)]
    pub(crate) threads: Option<Threads>,
}

impl GateArgs {
    /// The flags of the analysis as settings.
    pub(crate) fn scan(&self) -> Scan {
        Scan {
            threads: self.threads,
            ..Scan::default()
        }
    }

    /// The flags of the verdict as settings.
    pub(crate) fn gate(&self) -> Gate {
        Gate {
            base: self.base.clone(),
            baseline: self.baseline.clone(),
            fail_under: self.fail_under,
            fail_under_new: self.fail_under_new,
            max_drop: self.max_drop,
            fail_on: self.fail_on,
            fail_on_new: self.fail_on_new,
            policy_looser: self.policy_looser,
        }
    }
}
