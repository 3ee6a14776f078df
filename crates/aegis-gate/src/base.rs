//! What the program was before: a commit, read through git's command line.
//!
//! Compared is with the *merge base* of a revision and `HEAD`, not with the revision itself: what
//! others did since is no change of ours. The present side is the files as they lie on disk, so a
//! tree with uncommitted changes is judged as it is. Nothing is checked out; what differs becomes
//! an [`Overlay`] over the files on disk.

mod changes;
mod git;
mod submodules;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use aegis_scan::Overlay;
use git::Git;

pub use git::GitError;

/// A commit to compare with, and what differs from it on disk.
#[derive(Debug, Clone, Default)]
pub struct Base {
    /// As shown to people: `origin/main (1a2b3c4)`.
    pub name: String,
    /// The id of the commit: the merge base.
    pub commit: String,
    /// What was otherwise: absolute paths.
    pub overlay: Overlay,
    /// Files that have another name than before: absolute paths, now and before.
    pub renames: BTreeMap<PathBuf, PathBuf>,
    /// What could not be compared, in words.
    pub remarks: Vec<String>,
    top: PathBuf,
    links: BTreeSet<PathBuf>,
}

/// A file as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Was {
    /// As it is now.
    Same,
    /// It had this content, under this path.
    Other(PathBuf, Vec<u8>),
    /// There was no such file.
    Absent,
    /// It cannot be told, and why.
    Unknown(String),
}

/// Why there is no base.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BaseError {
    /// git failed or is not there.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The folder is in no repository.
    #[error("`{folder}` is not in a git repository ({said}); {ELSE}")]
    NoRepository {
        /// The folder.
        folder: String,
        /// What git says.
        said: String,
    },
    /// `HEAD` is no commit.
    #[error("there is no commit yet, so there is nothing to compare with; {ELSE}")]
    NoCommit,
    /// What git sends for "there was nothing".
    #[error("`{0}` stands for no commit, as in the first push of a branch; {ELSE}")]
    Nothing(String),
    /// The revision is not known.
    #[error("git knows no revision `{revision}`{hint}")]
    Unknown {
        /// As asked for.
        revision: String,
        /// What to do.
        hint: String,
    },
    /// The history ends before the revision and `HEAD` meet.
    #[error("the history of this shallow clone ends before `{revision}` and HEAD meet; {DEPTH}")]
    Shallow {
        /// As asked for.
        revision: String,
    },
    /// The revision and `HEAD` have nothing in common.
    #[error("`{revision}` and HEAD have no commit in common; {ELSE}")]
    Unrelated {
        /// As asked for.
        revision: String,
    },
    /// A path lies elsewhere.
    #[error("`{path}` is not in the repository `{top}`, so what it was is not known; {ELSE}")]
    Outside {
        /// As given.
        path: String,
        /// The top of the repository.
        top: String,
    },
}

/// What else there is.
const ELSE: &str =
    "compare with a stored report (`--base-report FILE`), or judge without a base (`--no-base`)";
/// What a shallow clone needs.
const DEPTH: &str = "fetch all of it: `fetch-depth: 0` for actions/checkout, `GIT_DEPTH: 0` for GitLab, `git fetch --unshallow` at hand; or more of it, as in `git fetch --deepen=100`";

impl Base {
    /// The merge base of a revision and `HEAD`, in the repository that all of `paths` lie in.
    ///
    /// # Errors
    /// No git, no repository, no such revision, a history that is too short, a path elsewhere.
    pub fn at(revision: &str, paths: &[PathBuf]) -> Result<Self, BaseError> {
        let folder = paths.first().map_or(Path::new("."), PathBuf::as_path);
        let folder = if folder.is_dir() {
            folder
        } else {
            parent(folder)
        };
        let git = Git::at(folder);
        let top = top(&git, folder)?;
        inside(&top, paths)?;
        let commit = merge_base(&git, revision)?;
        let git = Git::at(&top);
        let mut base = Self {
            name: format!("{revision} ({})", commit.get(..7).unwrap_or(&commit)),
            commit,
            top,
            ..Self::default()
        };
        changes::read(&git, &mut base)?;
        Ok(base)
    }

    /// What a file was.
    ///
    /// # Errors
    /// git failed.
    pub fn file(&self, path: &Path) -> Result<Was, BaseError> {
        let unknown = |why: &str| Ok(Was::Unknown(format!("`{}` {why}", path.display())));
        let Ok(lexical) = std::path::absolute(path) else {
            return unknown("cannot be found");
        };
        // A link that leads elsewhere now is a change that its target does not show.
        let real = match parent(&lexical).canonicalize() {
            Ok(folder) => folder.join(lexical.file_name().unwrap_or_default()),
            Err(_) => lexical.clone(),
        };
        for link in [&lexical, &real] {
            if link.ancestors().any(|part| self.links.contains(part)) {
                return unknown("is, or was, a symbolic link, and that changed");
            }
        }
        let path_now = real.canonicalize().unwrap_or(real);
        let Ok(inside) = path_now.strip_prefix(&self.top) else {
            return unknown("is not in the repository");
        };
        let before = self.renames.get(&path_now).unwrap_or(&path_now);
        match self.overlay.files.get(before) {
            Some(Some(bytes)) => Ok(Was::Other(before.clone(), bytes.clone())),
            Some(None) => Ok(Was::Absent),
            None if Git::at(&self.top).has(&self.commit, inside)? => Ok(Was::Same),
            None if path_now.exists() => unknown("is not under version control"),
            None => Ok(Was::Absent),
        }
    }

    /// The files that are no longer there, with what they held.
    pub fn gone(&self) -> impl Iterator<Item = (&Path, &[u8])> {
        let files = self.overlay.files.iter();
        let held = files.filter_map(|(path, bytes)| Some((path.as_path(), bytes.as_deref()?)));
        held.filter(|(path, _)| path.symlink_metadata().is_err())
    }

    /// Whether a file is not what it was.
    #[must_use]
    pub fn is_changed(&self, path: &Path) -> bool {
        let full = path.canonicalize().or_else(|_| std::path::absolute(path));
        full.is_ok_and(|full| self.overlay.files.contains_key(&full))
    }
}

fn parent(path: &Path) -> &Path {
    path.parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// The top of the working tree.
fn top(git: &Git, folder: &Path) -> Result<PathBuf, BaseError> {
    match git.run(&["rev-parse", "--show-toplevel"])? {
        Ok(out) => {
            let top = git::path(out.strip_suffix(b"\n").unwrap_or(&out));
            Ok(top.canonicalize().unwrap_or(top))
        }
        Err(said) => Err(BaseError::NoRepository {
            folder: folder.display().to_string(),
            said,
        }),
    }
}

fn inside(top: &Path, paths: &[PathBuf]) -> Result<(), BaseError> {
    for path in paths {
        let full = path.canonicalize().unwrap_or_else(|_| path.clone());
        if !full.starts_with(top) {
            return Err(BaseError::Outside {
                path: path.display().to_string(),
                top: top.display().to_string(),
            });
        }
    }
    Ok(())
}

fn merge_base(git: &Git, revision: &str) -> Result<String, BaseError> {
    let Some(head) = git.commit("HEAD")? else {
        return Err(BaseError::NoCommit);
    };
    if revision.len() >= 7 && revision.bytes().all(|b| b == b'0') {
        return Err(BaseError::Nothing(revision.to_owned()));
    }
    let shallow = git.is_shallow()?;
    let Some(other) = git.commit(revision)? else {
        return Err(BaseError::Unknown {
            revision: revision.to_owned(),
            hint: hint(git, revision, shallow)?,
        });
    };
    match git.run(&["merge-base", &other, &head])? {
        Ok(out) => Ok(String::from_utf8_lossy(&out).trim().to_owned()),
        Err(_) if shallow => Err(BaseError::Shallow {
            revision: revision.to_owned(),
        }),
        Err(_) => Err(BaseError::Unrelated {
            revision: revision.to_owned(),
        }),
    }
}

/// What to do about a revision that is not known.
fn hint(git: &Git, revision: &str, shallow: bool) -> Result<String, BaseError> {
    let remote = format!("origin/{revision}");
    if git.commit(&remote)?.is_some() {
        return Ok(format!("; did you mean `{remote}`?"));
    }
    if shallow {
        return Ok(format!(", and this is a shallow clone; {DEPTH}"));
    }
    Ok(format!("; fetch it first (`git fetch origin`), or {ELSE}"))
}
