//! `aegis audit`: what was recorded, whether it still is what was recorded, and proof of it for
//! others.

mod list;
mod replay;
mod sign;
mod verify;

use std::path::PathBuf;

pub(super) use self::replay::actions;
pub(super) use self::verify::is_store;

use aegis_audit::sqlite::{DEFAULT_PATH, Reader};
use anyhow::bail;

use crate::cli::{AuditArgs, AuditCommand, StoreArgs};
use crate::config::{self, Env};
use crate::exit::Exit;
use crate::output::{self, Streams};

/// The command that was asked for.
pub(crate) fn run(args: &AuditArgs, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    match &args.command {
        None => list::run(args, env, streams),
        Some(AuditCommand::Verify(args)) => verify::run(args, env, streams),
        Some(AuditCommand::Export(args)) => sign::export(args, env, streams),
        Some(AuditCommand::Prove(args)) => sign::prove(args, env, streams),
        Some(AuditCommand::Checkpoint(args)) => sign::checkpoint(args, env, streams),
        Some(AuditCommand::Keygen(args)) => sign::keygen(args, streams),
        Some(AuditCommand::Rotate(args)) => sign::rotate(args, env, streams),
    }
}

/// Where the store is.
pub(super) fn path(args: &StoreArgs, env: &Env) -> anyhow::Result<PathBuf> {
    Ok(place(args, env)?.0)
}

/// The same, with the settings file if that names it. A settings file that is not needed is not
/// read.
fn place(args: &StoreArgs, env: &Env) -> anyhow::Result<(PathBuf, Option<PathBuf>)> {
    if let Some(path) = args.db.clone().or_else(|| env.audit_db()) {
        return Ok((path, None));
    }
    Ok(match config::audit_store(&args.config, env)? {
        Some((path, file)) => (path, Some(file)),
        None => (DEFAULT_PATH.into(), None),
    })
}

/// The store, to read.
pub(super) fn open(args: &StoreArgs, env: &Env) -> anyhow::Result<Reader> {
    let (path, named_in) = place(args, env)?;
    if path.symlink_metadata().is_err() {
        let named = named_in.map(|file| format!(", which `{}` names", output::shown(&file)));
        bail!(
            "there is no audit store `{}`{}; name one with `--db`",
            output::shown(&path),
            named.unwrap_or_default()
        );
    }
    Ok(Reader::open(&path)?)
}
