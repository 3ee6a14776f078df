//! What a change is compared with.

use std::io::Write;
use std::path::{Path, PathBuf};

use aegis_diag::Report;
use aegis_gate::Renames;
use aegis_gate::base::Base;
use aegis_gate::compare::Before;
use aegis_scan::Overlay;
use anyhow::{Context, anyhow, bail};

use crate::cli::GateArgs;
use crate::config::{self, Env, Gate, NAME};
use crate::output::{self, printable};
use crate::policies;
use crate::words;

/// What a change is compared with.
pub(super) enum Compared {
    /// A commit.
    Commit(Box<Base>),
    /// A report of an earlier run.
    Stored {
        /// The file as shown.
        name: String,
        /// What it says.
        before: Box<Before>,
    },
    /// Nothing, because that was asked for.
    Nothing,
}

/// What the arguments and the settings name.
pub(super) fn compared(args: &GateArgs, asked: &Gate) -> anyhow::Result<Compared> {
    if args.no_base {
        return Ok(Compared::Nothing);
    }
    if let Some(path) = &args.base_report {
        return stored(path);
    }
    let Some(revision) = &asked.base else {
        bail!(
            "nothing to compare with is named; use `--base origin/main` (or set `gate: {{ base: origin/main }}` in `{NAME}`), `--base-report FILE`, or `--no-base` to check only what needs no base"
        );
    };
    let base = Base::at(revision, &args.paths)
        .with_context(|| format!("base `{}` cannot be used", printable(revision, &[])))?;
    Ok(Compared::Commit(Box::new(base)))
}

fn stored(path: &Path) -> anyhow::Result<Compared> {
    let bytes = policies::bytes("report", path)?;
    let failed = || format!("report `{}` cannot be used as the base", path.display());
    let text = String::from_utf8(bytes)
        .map_err(|_| anyhow!("it is not UTF-8 text"))
        .with_context(failed)?;
    let before = Before::from_json(&text).with_context(failed)?;
    Ok(Compared::Stored {
        name: format!("report {}", policies::shown(path)),
        before: Box::new(before),
    })
}

impl Compared {
    /// As shown to people; `None` if there is nothing.
    pub(super) fn name(&self) -> Option<String> {
        match self {
            Self::Commit(base) => Some(base.name.clone()),
            Self::Stored { name, .. } => Some(name.clone()),
            Self::Nothing => None,
        }
    }

    /// What was otherwise on disk.
    pub(super) fn overlay(&self) -> Option<&Overlay> {
        match self {
            Self::Commit(base) => Some(&base.overlay),
            _ => None,
        }
    }

    /// What the program was; `was` is the report of the commit.
    pub(super) fn before(&self, was: &Report) -> Before {
        match self {
            Self::Commit(_) => Before::of(was),
            Self::Stored { before, .. } => before.as_ref().clone(),
            Self::Nothing => Before::default(),
        }
    }

    /// Files that have another name, as reports over `roots` show them.
    pub(super) fn renames(&self, roots: &[PathBuf]) -> Renames {
        let Self::Commit(base) = self else {
            return Renames::new();
        };
        let roots: Vec<(PathBuf, &PathBuf)> = roots
            .iter()
            .filter_map(|root| Some((root.canonicalize().ok()?, root)))
            .collect();
        let shown = |full: &Path| {
            roots.iter().find_map(|(real, root)| {
                let rest = full.strip_prefix(real).ok()?;
                Some(match rest.as_os_str().is_empty() {
                    true => output::shown(root),
                    false => output::shown(&root.join(rest)),
                })
            })
        };
        let both = base.renames.iter();
        both.filter_map(|(now, before)| Some((shown(now)?, shown(before)?)))
            .collect()
    }

    /// Says what was not compared.
    pub(super) fn remark(
        &self,
        was: &Report,
        args: &GateArgs,
        env: &Env,
        err: &mut dyn Write,
    ) -> anyhow::Result<()> {
        let Self::Commit(base) = self else {
            return Ok(());
        };
        let mut notes = base.remarks.clone();
        if let Some(first) = was.skipped.first() {
            let n = words::count(was.skipped.len(), "file", "files");
            notes.push(format!(
                "{n} of the base could not be analysed, so what is in there counts as new: `{}` {}",
                first.path, first.reason
            ));
        }
        let settings = config::settings_file(&args.config, env, &args.paths);
        if let Some(settings) = settings.filter(|settings| base.is_changed(settings)) {
            notes.push(format!(
                "`{}` is changed; what it says now about scan and gate holds for both sides",
                output::shown(&settings)
            ));
        }
        for note in notes {
            writeln!(err, "note: {}", printable(&note, &[]))?;
        }
        Ok(())
    }
}
