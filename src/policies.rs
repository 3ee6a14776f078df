//! Policies from files: found, read and loaded. What is wrong with one is shown on stderr.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aegis_diag::SourceFile;
use aegis_policy::check::check;
use aegis_policy::document;
use aegis_policy::model::Checked;
use aegis_policy::policy::Policy;
use aegis_policy::problem::Problems;
use aegis_report::Options;
use anyhow::{Context, anyhow, bail};
use serde::Serialize;

use crate::cli::ConfigArgs;
use crate::config::{self, Env};
use crate::output;
use crate::problems::{self, Tally};

/// More than any policy or suite may have, so that what is refused is told its real size.
const MAX_BYTES: u64 = 64 << 20;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// A policy.
    Policy,
    /// A test suite.
    Suite,
    /// Settings.
    Config,
}

impl Kind {
    /// What the keys of a text say it is; if they say nothing, its name does.
    pub(crate) fn of(path: &str, text: &str) -> Self {
        let key = |line: &str| {
            let (key, _) = line.split_once(':')?;
            Some(key.trim_end().trim_matches(['"', '\'']).to_owned())
        };
        let keys: Vec<String> = text.lines().filter_map(key).collect();
        let has = |names: &[&str]| keys.iter().any(|key| names.contains(&key.as_str()));
        let name = path.rsplit('/').next().unwrap_or(path);
        let named = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
        if has(&["rules", "defaults", "timezone"]) {
            Self::Policy
        } else if has(&["cases"]) {
            Self::Suite
        } else if name == config::NAME || has(&config::SECTIONS) && !has(&["version"]) {
            Self::Config
        } else if named(&[".test.yaml", ".test.yml"]) {
            Self::Suite
        } else {
            Self::Policy
        }
    }

    /// For people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Suite => "test suite",
            Self::Config => "settings",
        }
    }
}

/// Where problems are shown, and how.
pub(crate) struct Desk<'a> {
    /// How they look.
    pub(crate) look: Options,
    /// Where they go.
    pub(crate) err: &'a mut dyn Write,
}

/// The files that were named, or the policy of the settings.
pub(crate) fn named_or_set(
    named: &[PathBuf],
    args: &ConfigArgs,
    env: &Env,
) -> anyhow::Result<Vec<PathBuf>> {
    if named.is_empty() {
        return Ok(vec![of_settings(args, env)?]);
    }
    one_stdin(named)?;
    Ok(named.to_vec())
}

/// Stdin can be read once.
pub(crate) fn one_stdin<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> anyhow::Result<()> {
    if paths.into_iter().filter(|path| is_stdin(path)).count() > 1 {
        bail!("`-` is stdin and can be read once only");
    }
    Ok(())
}

/// The policy of the settings.
pub(crate) fn of_settings(args: &ConfigArgs, env: &Env) -> anyhow::Result<PathBuf> {
    let Some(path) = of_settings_for(args, env, &[])? else {
        bail!(
            "no policy is named; name its file, or set `policy: {{ path: policy.yaml }}` in `{}` (`aegis init` writes both)",
            config::NAME
        );
    };
    Ok(path)
}

/// The policy that the settings name, looked for from the first path. One that is named must be
/// there.
pub(crate) fn of_settings_for(
    args: &ConfigArgs,
    env: &Env,
    paths: &[PathBuf],
) -> anyhow::Result<Option<PathBuf>> {
    let path = config::policy_for(args, env, paths)?;
    if let Some(path) = path.as_ref().filter(|path| !path.exists()) {
        bail!(
            "policy `{}`, which the settings name, does not exist; `aegis init` writes one",
            output::shown(path)
        );
    }
    Ok(path)
}

/// Whether a path stands for stdin.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// A file as problems and tables show it.
pub(crate) fn shown(path: &Path) -> String {
    if is_stdin(path) {
        "<stdin>".to_owned()
    } else {
        output::shown(path)
    }
}

/// The bytes of a file or of stdin; `what` is in it.
pub(crate) fn bytes(what: &str, path: &Path) -> anyhow::Result<Vec<u8>> {
    if is_stdin(path) {
        return output::stdin("name a file instead");
    }
    let failed = || format!("{what} `{}` cannot be read", path.display());
    if path.is_dir() {
        return Err(anyhow!("it is a folder; name a file in it")).with_context(failed);
    }
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(bytes),
        Err(error) if path.is_relative() => match std::env::current_dir() {
            Ok(here) => Err(anyhow!(
                "{}: {error}; it is looked for in `{}`",
                failed(),
                here.display()
            )),
            Err(_) => Err(error).with_context(failed),
        },
        Err(error) => Err(error).with_context(failed),
    }
}

/// The text of a file, or why it is none.
pub(crate) fn source(what: &str, path: &Path) -> anyhow::Result<Result<Arc<SourceFile>, Problems>> {
    Ok(document::source(&shown(path), &bytes(what, path)?))
}

/// The policy in a file, ready to decide.
pub(crate) fn load(path: &Path, desk: &mut Desk<'_>) -> anyhow::Result<Policy> {
    loaded(path, source("policy", path)?, desk)
}

/// The policy in a text that was read from a file, ready to decide.
pub(crate) fn loaded(
    path: &Path,
    source: Result<Arc<SourceFile>, Problems>,
    desk: &mut Desk<'_>,
) -> anyhow::Result<Policy> {
    let policy = source
        .and_then(document::parse)
        .and_then(check)
        .and_then(Policy::compile);
    let policy = settled("policy", path, policy, desk)?;
    remark_warnings(path, policy.checked().warnings().len(), desk)?;
    Ok(policy)
}

/// The policy in a file, to work with its rules.
pub(crate) fn checked(path: &Path, desk: &mut Desk<'_>) -> anyhow::Result<Checked> {
    let checked = source("policy", path)?
        .and_then(document::parse)
        .and_then(check);
    settled("policy", path, checked, desk)
}

/// What was loaded; if it is refused, its mistakes are shown and the run ends.
pub(crate) fn settled<T>(
    what: &str,
    path: &Path,
    loaded: Result<T, Problems>,
    desk: &mut Desk<'_>,
) -> anyhow::Result<T> {
    match loaded {
        Ok(loaded) => Ok(loaded),
        Err(Problems(found)) => {
            let text = problems::text(&found, &desk.look);
            writeln!(desk.err, "{text}")?;
            let tally = Tally::of(&found).words();
            bail!("{what} `{}` cannot be used: {tally}", shown(path))
        }
    }
}

/// Says that there are warnings, which another command shows.
fn remark_warnings(path: &Path, n: usize, desk: &mut Desk<'_>) -> anyhow::Result<()> {
    if n > 0 {
        writeln!(
            desk.err,
            "note: {} has {}; `aegis validate` shows them",
            output::printable(&shown(path), &[]),
            crate::words::count(n, "warning", "warnings")
        )?;
    }
    Ok(())
}
