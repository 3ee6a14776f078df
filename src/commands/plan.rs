//! `aegis plan`: what the policy at hand changes against a git revision.

use std::path::{Path, PathBuf};
use std::process::Command;

use aegis_policy::document;
use anyhow::{Context, anyhow, bail};

use super::diff;
use crate::cli::PlanArgs;
use crate::config::Env;
use crate::exit::Exit;
use crate::output::{self, Streams, printable};
use crate::policies::{self, Desk};

/// From a file and a revision to an exit code, one stage per line.
pub(crate) fn run(args: &PlanArgs, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let path = policy(args, env)?; //                                arguments, aegis.yaml -> a file
    let bytes = at_revision(&path, &args.base)?; //                  revision -> bytes      git
    let look = output::look_of_stderr(args.how.color.color, env)?;
    let err = &mut *streams.err;
    let mut desk = Desk { look, err };
    let name = format!("{}:{}", args.base, policies::shown(&path));
    let source = document::source(&name, &bytes);
    let old = policies::loaded(Path::new(&name), source, &mut desk)?; // YAML -> policy      aegis-policy
    let new = policies::load(&path, &mut desk)?;
    let shown = policies::shown(&path);
    diff::show(&old, &new, (&name, &shown), &args.how, env, streams) // policies -> regions  aegis-probe
}

fn policy(args: &PlanArgs, env: &Env) -> anyhow::Result<PathBuf> {
    let path = match &args.policy {
        Some(path) => path.clone(),
        None => policies::of_settings(&args.config, env)?,
    };
    if policies::is_stdin(&path) {
        bail!("what comes from stdin is at no revision; name a file, or use `aegis diff`");
    }
    if !path.exists() {
        bail!("policy `{}` does not exist", path.display());
    }
    Ok(path)
}

/// The file as it is at a revision.
fn at_revision(path: &Path, revision: &str) -> anyhow::Result<Vec<u8>> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let name = path
        .file_name()
        .ok_or_else(|| anyhow!("`{}` is no file", path.display()))?;
    let name = name
        .to_str()
        .ok_or_else(|| anyhow!("the name of `{}` is not UTF-8", path.display()))?;
    if git(folder, &["rev-parse", "--is-inside-work-tree"])?.is_err() {
        bail!(
            "`{}` is not in a git repository; `aegis diff OLD NEW` compares two files",
            path.display()
        );
    }
    if revision.starts_with('-') {
        bail!("`{}` is not a revision", printable(revision, &[]));
    }
    let commit = format!("{revision}^{{commit}}");
    if git(folder, &["rev-parse", "--verify", "--quiet", &commit])?.is_err() {
        bail!(
            "git knows no revision `{}`; fetch it first (a shallow clone in CI has only one)",
            printable(revision, &[])
        );
    }
    match git(folder, &["show", &format!("{revision}:./{name}")])? {
        Ok(bytes) => Ok(bytes),
        Err(_) => bail!(
            "`{}` does not exist at `{}`; there is nothing to compare with",
            path.display(),
            printable(revision, &[])
        ),
    }
}

/// What git answers, or what it says is wrong.
fn git(folder: &Path, args: &[&str]) -> anyhow::Result<Result<Vec<u8>, String>> {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(args)
        .output()
        .context("git cannot be run; it is needed to read the policy at a revision")?;
    Ok(match output.status.success() {
        true => Ok(output.stdout),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    })
}
