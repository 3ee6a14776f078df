//! Settings: flags, then `AEGIS_*` variables, then the closest `aegis.yaml`, then defaults. The
//! layer that comes first in this list decides about a setting as a whole; lists are not joined.
//!
//! This is the only place that reads the environment.

mod env;
mod file;
mod mistake;
mod values;

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;

pub(crate) use env::Env;
#[cfg(test)]
pub(crate) use file::schema;
pub(crate) use file::{NAME, SECTIONS, check};
pub(crate) use values::{
    Day, DottedPath, FailOn, FileBytes, FilePath, Glob, Looser, Points, Rebased, RuleWord, Threads,
};

use crate::cli::ConfigArgs;

/// What one layer says about a scan. `None`: it does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Scan {
    /// Only files that one of these globs matches are scanned. Written as in `.gitignore`,
    /// relative to this file.
    pub(crate) include: Option<Vec<Glob>>,
    /// Files and folders that are left out, written likewise; `!glob` keeps what would be left out.
    pub(crate) exclude: Option<Vec<Glob>>,
    /// Rules to report: ids, beginnings of ids, or names. All if left out.
    pub(crate) select: Option<Vec<RuleWord>>,
    /// Rules not to report.
    pub(crate) ignore: Option<Vec<RuleWord>>,
    /// Families of third-party governors that count.
    pub(crate) governors: Option<Vec<String>>,
    /// Dotted paths of your own decorators and wrappers that count as governors.
    pub(crate) own_governors: Option<Vec<DottedPath>>,
    /// Further catalog files, relative to this file.
    pub(crate) catalog: Option<Vec<PathBuf>>,
    /// Exit with 1 if a finding is at least this severe.
    pub(crate) fail_on: Option<FailOn>,
    /// Exit with 1 if anything in scope was not fully analysed.
    pub(crate) strict: Option<bool>,
    /// A suppression without a reason does not count and is reported.
    pub(crate) require_reason: Option<bool>,
    /// Worker threads. One per core if left out.
    pub(crate) threads: Option<Threads>,
    /// Larger Python files are skipped, and listed.
    pub(crate) max_file_bytes: Option<FileBytes>,
    /// Whether `.gitignore`, `.ignore` and `.git/info/exclude` count.
    pub(crate) respect_gitignore: Option<bool>,
}

impl Scan {
    /// The keys of the section.
    pub(crate) const KEYS: [&str; 13] = [
        "include",
        "exclude",
        "select",
        "ignore",
        "governors",
        "own_governors",
        "catalog",
        "fail_on",
        "strict",
        "require_reason",
        "threads",
        "max_file_bytes",
        "respect_gitignore",
    ];

    /// This layer where it says something, else the one below.
    fn over(self, below: Self) -> Self {
        Self {
            include: self.include.or(below.include),
            exclude: self.exclude.or(below.exclude),
            select: self.select.or(below.select),
            ignore: self.ignore.or(below.ignore),
            governors: self.governors.or(below.governors),
            own_governors: self.own_governors.or(below.own_governors),
            catalog: self.catalog.or(below.catalog),
            fail_on: self.fail_on.or(below.fail_on),
            strict: self.strict.or(below.strict),
            require_reason: self.require_reason.or(below.require_reason),
            threads: self.threads.or(below.threads),
            max_file_bytes: self.max_file_bytes.or(below.max_file_bytes),
            respect_gitignore: self.respect_gitignore.or(below.respect_gitignore),
        }
    }
}

/// What one layer says about the policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Policy {
    /// The policy that `validate`, `simulate`, `test` and `policy show` use if they are given no
    /// file, relative to this file.
    pub(crate) path: Option<PathBuf>,
}

impl Policy {
    /// The keys of the section.
    pub(crate) const KEYS: [&str; 1] = ["path"];
}

/// What one layer says about the score.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Score {
    /// Exit with 1 if the score is lower: 0 to 100.
    pub(crate) fail_under: Option<Points>,
    /// The folder that `.github` and the files of other CI lie in, relative to this file. The top of
    /// the git repository if left out.
    pub(crate) root: Option<PathBuf>,
}

impl Score {
    /// The keys of the section.
    pub(crate) const KEYS: [&str; 2] = ["fail_under", "root"];
}

/// What the settings say about the score; those of the file are looked for from the first path.
pub(crate) fn score(args: &ConfigArgs, env: &Env, paths: &[PathBuf]) -> anyhow::Result<Score> {
    let said = env.score()?;
    let Some(file) = config_file(args, env, paths) else {
        return Ok(said);
    };
    let folder = file.parent().unwrap_or(Path::new(""));
    let below = file::read(&file)?.score.unwrap_or_default();
    Ok(Score {
        fail_under: said.fail_under.or(below.fail_under),
        root: said
            .root
            .or_else(|| below.root.map(|root| folder.join(root))),
    })
}

/// What one layer says about a gate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Gate {
    /// Git revision to compare with, such as `origin/main`.
    pub(crate) base: Option<String>,
    /// Baseline of findings that are known, relative to this file.
    pub(crate) baseline: Option<PathBuf>,
    /// The least score, 0 to 100.
    pub(crate) fail_under: Option<Points>,
    /// The least share of new and changed call sites that is governed, in percent.
    pub(crate) fail_under_new: Option<Points>,
    /// By how many points the score may drop; 0 if left out.
    pub(crate) max_drop: Option<Points>,
    /// No finding may be this severe.
    pub(crate) fail_on: Option<FailOn>,
    /// No new finding may be this severe; `high` if left out.
    pub(crate) fail_on_new: Option<FailOn>,
    /// Whether a policy that lets more through fails the gate; `deny` if left out.
    pub(crate) policy_looser: Option<Looser>,
}

impl Gate {
    /// The keys of the section.
    pub(crate) const KEYS: [&str; 8] = [
        "base",
        "baseline",
        "fail_under",
        "fail_under_new",
        "max_drop",
        "fail_on",
        "fail_on_new",
        "policy_looser",
    ];

    /// This layer where it says something, else the one below.
    pub(crate) fn over(self, below: Self) -> Self {
        Self {
            base: self.base.or(below.base),
            baseline: self.baseline.or(below.baseline),
            fail_under: self.fail_under.or(below.fail_under),
            fail_under_new: self.fail_under_new.or(below.fail_under_new),
            max_drop: self.max_drop.or(below.max_drop),
            fail_on: self.fail_on.or(below.fail_on),
            fail_on_new: self.fail_on_new.or(below.fail_on_new),
            policy_looser: self.policy_looser.or(below.policy_looser),
        }
    }
}

/// What the variables and the settings file say about a gate over `paths`.
pub(crate) fn gate(args: &ConfigArgs, env: &Env, paths: &[PathBuf]) -> anyhow::Result<Gate> {
    let of_file = match config_file(args, env, paths) {
        Some(path) => {
            let mut gate = file::read(&path)?.gate.unwrap_or_default();
            let folder = path.parent().unwrap_or(Path::new(""));
            gate.baseline = gate.baseline.map(|baseline| folder.join(baseline));
            gate
        }
        None => Gate::default(),
    };
    Ok(env.gate()?.over(of_file))
}

/// What the settings file says about evidence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Audit {
    /// Whether an audit trail is kept, for the score: `true` without a path says that it is kept at
    /// `aegis_audit.db`, `false` that none is.
    pub(crate) enabled: Option<bool>,
    /// The audit store that `audit`, `stats` and `monitor` use if neither `--db` nor
    /// `AEGIS_AUDIT_DB` names one, relative to this file.
    pub(crate) path: Option<FilePath>,
}

impl Audit {
    /// The keys of the section.
    #[cfg(test)]
    pub(crate) const KEYS: [&str; 2] = ["enabled", "path"];
}

/// The audit store that the settings file names, and that file; it is looked for from here.
pub(crate) fn audit_store(
    args: &ConfigArgs,
    env: &Env,
) -> anyhow::Result<Option<(PathBuf, PathBuf)>> {
    let Some(file) = config_file(args, env, &[]) else {
        return Ok(None);
    };
    let path = file::read(&file)?.audit.and_then(|audit| audit.path);
    Ok(path.map(|path| (file.with_file_name(String::from(path)), file)))
}

/// The settings file that counts, if any.
pub(crate) fn settings_file(args: &ConfigArgs, env: &Env, paths: &[PathBuf]) -> Option<PathBuf> {
    config_file(args, env, paths)
}

/// The path of the policy that the settings name; those of the file are looked for from here.
pub(crate) fn policy(args: &ConfigArgs, env: &Env) -> anyhow::Result<Option<PathBuf>> {
    policy_for(args, env, &[])
}

/// The same, looked for from the first path.
pub(crate) fn policy_for(
    args: &ConfigArgs,
    env: &Env,
    paths: &[PathBuf],
) -> anyhow::Result<Option<PathBuf>> {
    if let Some(path) = env.policy()?.path {
        return Ok(Some(path));
    }
    let Some(file) = config_file(args, env, paths) else {
        return Ok(None);
    };
    let folder = file.parent().unwrap_or(Path::new(""));
    let path = file::read(&file)?.policy.and_then(|policy| policy.path);
    Ok(path.map(|path| folder.join(path)))
}

/// The path of the policy that the text of a settings file names; none if the text is broken.
pub(crate) fn policy_in(path: &Path, text: &str) -> Option<PathBuf> {
    let policy = file::of_text(path, text).ok()?.policy?;
    Some(path.parent().unwrap_or(Path::new("")).join(policy.path?))
}

/// The settings of a run.
#[derive(Debug)]
pub(crate) struct Settings {
    /// What the scanner is told.
    pub(crate) scan: aegis_scan::Config,
    /// The least severity that fails the run.
    pub(crate) fail_on: FailOn,
    /// Whether an incomplete run fails.
    pub(crate) strict: bool,
}

impl Settings {
    /// The settings for a scan of `paths`; those of the file are looked for from the first of them.
    pub(crate) fn resolve(
        flags: Scan,
        args: &ConfigArgs,
        env: &Env,
        paths: &[PathBuf],
    ) -> anyhow::Result<Self> {
        let file = match config_file(args, env, paths) {
            Some(path) => {
                let scan = file::read(&path)?.scan.unwrap_or_default();
                scan.rebased(&path, paths)
            }
            None => Scan::default(),
        };
        let said = flags.over(env.scan()?).over(file);
        let default = aegis_scan::Config::default();
        Ok(Self {
            scan: aegis_scan::Config {
                include: texts(said.include),
                exclude: texts(said.exclude),
                select: texts(said.select),
                ignore: texts(said.ignore),
                governors: said.governors.unwrap_or_default(),
                own_governors: texts(said.own_governors),
                catalog: catalog(said.catalog.as_deref().unwrap_or_default())?,
                require_reason: said.require_reason.unwrap_or(default.require_reason),
                threads: said.threads.map_or(default.threads, Threads::get),
                max_bytes: said
                    .max_file_bytes
                    .map_or(default.max_bytes, FileBytes::get),
                respect_gitignore: said.respect_gitignore.unwrap_or(default.respect_gitignore),
                today: env.today()?.to_string(),
                why: None,
            },
            fail_on: said.fail_on.unwrap_or(FailOn::None),
            strict: said.strict.unwrap_or(false),
        })
    }
}

fn texts<T: Into<String>>(list: Option<Vec<T>>) -> Vec<String> {
    list.unwrap_or_default()
        .into_iter()
        .map(Into::into)
        .collect()
}

/// The settings file that counts, if any.
fn config_file(args: &ConfigArgs, env: &Env, paths: &[PathBuf]) -> Option<PathBuf> {
    if args.no_config {
        return None;
    }
    let named = args.config.clone().or_else(|| env.config());
    named.or_else(|| file::find(paths.first().map_or(Path::new("."), PathBuf::as_path)))
}

/// The user's catalog files: path as shown, and text.
fn catalog(paths: &[PathBuf]) -> anyhow::Result<Vec<(String, String)>> {
    let read = |path: &PathBuf| {
        let text = file::text(path).with_context(|| {
            format!(
                "catalog file `{}`, which the settings name, cannot be read",
                path.display()
            )
        })?;
        Ok((path.display().to_string().replace('\\', "/"), text))
    };
    paths.iter().map(read).collect()
}
