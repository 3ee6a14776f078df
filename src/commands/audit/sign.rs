//! Signing a store, and handing out what is proved by it.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use aegis_audit::bundle::{self, Exported};
use aegis_audit::sqlite::{self, Filter, Reader};
use aegis_audit::{Redactor, Signer};
use anyhow::{Context, anyhow, bail};

use super::verify::missing;
use crate::cli::{CheckpointArgs, ExportArgs, KeygenArgs, ProveArgs, RotateArgs, SignerArgs};
use crate::config::Env;
use crate::exit::Exit;
use crate::output::Streams;
use crate::words;

/// The variable that may hold the signing key.
const VARIABLE: &str = "AEGIS_AUDIT_KEY";

/// The signing key, if one is given.
fn signer(args: &SignerArgs, env: &Env) -> anyhow::Result<Option<Signer>> {
    match (&args.key_file, env.audit_key()) {
        (Some(path), _) => Ok(Some(Signer::read(path)?)),
        (None, Some(text)) => Ok(Some(Signer::from_text(VARIABLE, text)?)),
        (None, None) => Ok(None),
    }
}

fn needed(args: &SignerArgs, env: &Env) -> anyhow::Result<Signer> {
    signer(args, env)?.ok_or_else(|| {
        anyhow!("there is no signing key; name its file with `--key-file`, or set {VARIABLE}; `aegis audit keygen` makes one")
    })
}

/// `aegis audit checkpoint`.
pub(super) fn checkpoint(
    args: &CheckpointArgs,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let signer = needed(&args.signer, env)?;
    let path = super::path(&args.store, env)?;
    let checkpoint = sqlite::checkpoint(&path, &signer, &Redactor::new()?)?;
    writeln!(streams.out, "{}", checkpoint.text())?;
    streams.out.flush()?;
    Ok(Exit::Fine)
}

/// `aegis audit rotate`.
pub(super) fn rotate(
    args: &RotateArgs,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let old = needed(&args.signer, env)?;
    let new = Signer::read(&args.new_key_file)?;
    let path = super::path(&args.store, env)?;
    let checkpoint = sqlite::rotate(&path, &old, &new, &Redactor::new()?)?;
    writeln!(streams.out, "{}", checkpoint.text())?;
    streams.out.flush()?;
    Ok(Exit::Fine)
}

/// `aegis audit keygen`.
pub(super) fn keygen(args: &KeygenArgs, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let public = with_pub(&args.path);
    if public.symlink_metadata().is_ok() {
        bail!("`{}` is there already", public.display());
    }
    let signer = Signer::generate()?;
    signer.write(&args.path)?;
    let text = format!("{}\n", signer.public());
    fs::write(&public, text)
        .with_context(|| format!("`{}` cannot be written", public.display()))?;
    writeln!(streams.out, "{}", signer.public())?;
    writeln!(
        streams.err,
        "signing key in `{}`, public key in `{}`",
        args.path.display(),
        public.display()
    )?;
    Ok(Exit::Fine)
}

fn with_pub(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".pub");
    name.into()
}

/// `aegis audit export`.
pub(super) fn export(
    args: &ExportArgs,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let mut reader = super::open(&args.store, env)?;
    sign_first(&args.signer, env, &reader)?;
    let filter = args.filter.filter();
    let whole = filter == Filter::default();
    let done = write(args.output.as_deref(), streams, &mut |out| {
        Ok(if whole {
            bundle::export(&reader, out)?
        } else {
            bundle::select(&mut reader, &filter, out)?
        })
    })?;
    report(done, streams)
}

/// `aegis audit prove`.
pub(super) fn prove(
    args: &ProveArgs,
    env: &Env,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Exit> {
    let mut reader = super::open(&args.store, env)?;
    sign_first(&args.signer, env, &reader)?;
    let record = reader.find(&args.id)?.ok_or_else(|| missing(&args.id))?;
    let filter = Filter {
        at: Some(record.sequence),
        ..Filter::default()
    };
    let done = write(args.output.as_deref(), streams, &mut |out| {
        Ok(bundle::select(&mut reader, &filter, out)?)
    })?;
    report(done, streams)
}

/// With a key at hand everything can be covered.
fn sign_first(args: &SignerArgs, env: &Env, reader: &Reader) -> anyhow::Result<()> {
    if let Some(signer) = signer(args, env)? {
        sqlite::checkpoint(reader.path(), &signer, &Redactor::new()?)?;
    }
    Ok(())
}

fn report(done: Exported, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let count = |n: u64| words::count(usize::try_from(n).unwrap_or(usize::MAX), "event", "events");
    writeln!(streams.err, "{} exported", count(done.events))?;
    if done.left_out > 0 {
        writeln!(
            streams.err,
            "{} left out: no checkpoint covers what came after the first {}",
            count(done.left_out),
            done.signed
        )?;
    }
    Ok(Exit::Fine)
}

type Export<'a> = &'a mut dyn FnMut(&mut dyn Write) -> anyhow::Result<Exported>;

/// Writes to a file, as a whole or not at all, or to stdout.
fn write(
    path: Option<&Path>,
    streams: &mut Streams<'_>,
    export: Export<'_>,
) -> anyhow::Result<Exported> {
    let Some(path) = path else {
        let mut out = BufWriter::with_capacity(1 << 16, &mut *streams.out);
        let done = export(&mut out)?;
        out.flush()?;
        return Ok(done);
    };
    let failed = || format!("bundle `{}` cannot be written", path.display());
    let name = path
        .file_name()
        .ok_or_else(|| anyhow!("it is no name of a file"))
        .with_context(failed)?;
    let draft = path.with_file_name(format!(
        ".{}.{}.tmp",
        name.to_string_lossy(),
        std::process::id()
    ));
    let done = draft_of(&draft, export).and_then(|done| {
        fs::rename(&draft, path).with_context(failed)?;
        Ok(done)
    });
    if done.is_err() {
        // The draft may not even exist; what matters is the first error.
        let _ = fs::remove_file(&draft);
    }
    done
}

fn draft_of(draft: &Path, export: Export<'_>) -> anyhow::Result<Exported> {
    let failed = || format!("`{}` cannot be written", draft.display());
    let file: File = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(draft)
        .with_context(failed)?;
    let mut out = BufWriter::with_capacity(1 << 16, file);
    let done = export(&mut out)?;
    out.into_inner()
        .map_err(|e| anyhow!("{}: {}", failed(), e.error()))?
        .sync_all()
        .with_context(failed)?;
    Ok(done)
}
