//! Baselines from files, and what is said about them.

use std::io::Write;
use std::path::{Path, PathBuf};

use aegis_gate::Renames;
use aegis_gate::baseline::{Applied, Baseline, Lens, NAME};
use anyhow::{Context, anyhow};

use crate::config::Env;
use crate::output::{self, printable};
use crate::policies;
use crate::words;

/// The baseline in a file.
pub(crate) fn read(path: &Path) -> anyhow::Result<Baseline> {
    let bytes = policies::bytes("baseline", path)?;
    let failed = || format!("baseline `{}` cannot be used", path.display());
    let text = String::from_utf8(bytes).map_err(|e| {
        let before = e.as_bytes().get(..e.utf8_error().valid_up_to());
        let line = before.unwrap_or_default().split(|b| *b == b'\n').count();
        anyhow!("line {line} is not UTF-8 text")
    });
    let text = text.with_context(failed)?;
    Baseline::from_json(&text).with_context(failed)
}

/// The baseline in a file, if there is such a file.
pub(crate) fn read_if_there(path: &Path) -> anyhow::Result<Option<Baseline>> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        _ => read(path).map(Some),
    }
}

/// Writes a baseline.
pub(crate) fn write(path: &Path, baseline: &Baseline) -> anyhow::Result<()> {
    output::write_file("baseline", path, &baseline.to_json()?)
}

/// The file that is meant: the one named, that of the settings, or the usual one.
pub(crate) fn path(named: Option<&Path>, of_settings: Option<PathBuf>) -> PathBuf {
    named
        .map(Path::to_path_buf)
        .or(of_settings)
        .unwrap_or_else(|| PathBuf::from(NAME))
}

/// What was looked at.
pub(crate) fn lens(
    paths: &[PathBuf],
    policy: bool,
    renames: Renames,
    env: &Env,
) -> anyhow::Result<Lens> {
    Ok(Lens {
        paths: paths.iter().map(|path| output::shown(path)).collect(),
        policy,
        today: env.today()?.to_string(),
        renames,
    })
}

/// Says what of a baseline does not hold any more. `complete`: everything it speaks of was looked
/// for, so that what was not found is gone.
pub(crate) fn remark(
    path: &Path,
    applied: &Applied,
    complete: bool,
    err: &mut dyn Write,
) -> anyhow::Result<()> {
    let name = printable(&output::shown(path), &[]);
    let mut say = |line: String| writeln!(err, "note: {line}");
    if applied.expired > 0 {
        let n = words::count(applied.expired, "finding counts", "findings count");
        say(format!("{n} again: the day of its entry in {name} is over"))?;
    }
    if applied.worse > 0 {
        let n = words::count(applied.worse, "finding counts", "findings count");
        say(format!("{n} again: more severe than {name} accepts"))?;
    }
    if complete && !applied.stale.is_empty() {
        let n = words::count(applied.stale.len(), "entry", "entries");
        let verb = if applied.stale.len() == 1 {
            "accepts"
        } else {
            "accept"
        };
        say(format!(
            "{n} of {name} {verb} more than there is; `aegis baseline prune` drops that"
        ))?;
    }
    Ok(())
}
