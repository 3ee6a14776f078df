//! The policy as it is and as it was.

use std::path::{Path, PathBuf};

use aegis_gate::base::{Base, Was};
use aegis_gate::compare::PolicyBefore;
use aegis_policy::policy::Policy;
use aegis_policy::problem::Problems;
use aegis_policy::{check::check, document};

use super::base::Compared;
use crate::cli::GateArgs;
use crate::config::{self, Env};
use crate::output::{self, Streams};
use crate::policies::{self, Desk};
use crate::problems::Tally;

/// The policy on both sides.
pub(super) struct Policies {
    /// As it is, or why there is none.
    pub(super) now: Result<Policy, String>,
    /// As it was.
    pub(super) before: PolicyBefore,
    /// Where it is, if one is named.
    pub(super) path: Option<PathBuf>,
}

/// Reads the policy and what it was. One that is there and has mistakes ends the run.
pub(super) fn both(
    args: &GateArgs,
    compared: &Compared,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Policies> {
    let named = match &args.policy {
        Some(path) => Some(path.clone()),
        None => config::policy_for(&args.config, env, &args.paths)?,
    };
    let look = output::look_of_stderr(args.color.color, env)?;
    let err = &mut *streams.err;
    let mut desk = Desk { look, err };
    let now = match &named {
        None => Err("none is named; use `--policy FILE`, or `aegis init` to write one".to_owned()),
        Some(path) if path.symlink_metadata().is_err() => {
            Err(format!("`{}` does not exist", policies::shown(path)))
        }
        Some(path) => Ok(policies::load(path, &mut desk)?),
    };
    let before = match compared {
        Compared::Nothing => PolicyBefore::Same,
        Compared::Stored { .. } => match &args.base_policy {
            Some(path) => PolicyBefore::Was(Box::new(policies::load(path, &mut desk)?)),
            None => PolicyBefore::Unknown(
                "a stored report holds no policy; `--base-policy FILE` names it".to_owned(),
            ),
        },
        Compared::Commit(base) => match named_before(args, base, named.as_deref(), env)? {
            None => PolicyBefore::Absent,
            Some(path) => before(&path, named.as_deref(), base, &mut desk)?,
        },
    };
    Ok(Policies {
        now,
        before,
        path: named,
    })
}

/// The file that was the policy: settings that are changed may have named another one.
fn named_before(
    args: &GateArgs,
    base: &Base,
    named: Option<&Path>,
    env: &Env,
) -> anyhow::Result<Option<PathBuf>> {
    let named = named.map(Path::to_path_buf);
    if args.policy.is_some() || env.policy()?.path.is_some() {
        return Ok(named);
    }
    let Some(settings) = config::settings_file(&args.config, env, &args.paths) else {
        return Ok(named);
    };
    let Was::Other(_, bytes) = base.file(&settings)? else {
        return Ok(named);
    };
    let text = String::from_utf8_lossy(&bytes);
    Ok(config::policy_in(&settings, &text).or(named))
}

/// The policy that a file was; `now` is the one that is the policy now.
fn before(
    path: &Path,
    now: Option<&Path>,
    base: &Base,
    desk: &mut Desk<'_>,
) -> anyhow::Result<PolicyBefore> {
    let shown = policies::shown(path);
    Ok(match base.file(path)? {
        Was::Same if now == Some(path) => PolicyBefore::Same,
        Was::Same => PolicyBefore::Was(Box::new(policies::load(path, desk)?)),
        Was::Absent => PolicyBefore::Absent,
        Was::Unknown(why) => PolicyBefore::Unknown(why),
        Was::Other(_, bytes) => match load(&shown, &bytes) {
            Ok(policy) => PolicyBefore::Was(Box::new(policy)),
            Err(Problems(found)) => PolicyBefore::Unknown(format!(
                "`{shown}` at {} is no policy ({})",
                base.name,
                Tally::of(&found).words()
            )),
        },
    })
}

fn load(name: &str, bytes: &[u8]) -> Result<Policy, Problems> {
    document::source(name, bytes)
        .and_then(document::parse)
        .and_then(check)
        .and_then(Policy::compile)
}

impl Policies {
    /// The policy of the base, if it is known.
    pub(super) fn before(&self) -> Option<&Policy> {
        match &self.before {
            PolicyBefore::Same => self.now.as_ref().ok(),
            PolicyBefore::Was(policy) => Some(policy),
            PolicyBefore::Absent | PolicyBefore::Unknown(_) => None,
        }
    }

    /// Why the policy of the base, and with it its score, is not known. A stored report has its
    /// score with it.
    pub(super) fn unknown_before(&self, compared: &Compared) -> Option<String> {
        match (&self.before, compared) {
            (PolicyBefore::Unknown(why), Compared::Commit(_)) => Some(why.clone()),
            _ => None,
        }
    }

    /// The policy as shown and how many rules it has, or why there is none.
    pub(super) fn words(&self) -> Result<(String, usize), String> {
        let path = self.path.as_deref().map(policies::shown);
        match &self.now {
            Ok(policy) => Ok((path.unwrap_or_default(), policy.checked().rules().len())),
            Err(why) if matches!(self.before, PolicyBefore::Was(_)) => {
                Err(format!("{why}, and the base has it"))
            }
            Err(why) => Err(why.clone()),
        }
    }
}
