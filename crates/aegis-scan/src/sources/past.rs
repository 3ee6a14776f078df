//! The tree as it was: the files on disk, apart from those that are known to differ.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::filter::{Globs, built_in};
use super::visit;
use super::{Found, Options, Walked};

/// How a tree differs from what is on disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overlay {
    /// By absolute path without symbolic links: the bytes of the file, or `None` if it is not there.
    pub files: BTreeMap<PathBuf, Option<Vec<u8>>>,
}

/// An overlay that files on disk can be looked up in.
#[derive(Debug)]
pub(crate) struct Past<'o> {
    files: &'o BTreeMap<PathBuf, Option<Vec<u8>>>,
    /// The names of its files: most files on disk have another and need no look at the disk.
    names: BTreeSet<&'o OsStr>,
}

impl<'o> Past<'o> {
    pub(crate) fn new(overlay: &'o Overlay) -> Self {
        Self {
            files: &overlay.files,
            names: overlay.files.keys().filter_map(|p| p.file_name()).collect(),
        }
    }

    /// What the overlay says of a file; `None` if it says nothing.
    pub(crate) fn says(&self, path: &Path) -> Option<Option<&'o [u8]>> {
        if !self.names.contains(path.file_name()?) {
            return None;
        }
        let known = self.files.get(path);
        let known = known.or_else(|| self.files.get(&path.canonicalize().ok()?))?;
        Some(known.as_deref())
    }

    /// What a walk of the tree as it was would have found. Ignore files count as they are now, and
    /// a file that is there now but out of scope was so before.
    pub(crate) fn walked(&self, now: &Walked, roots: &[PathBuf], options: &Options) -> Walked {
        let hidden = |path: &Path| self.says(path) == Some(None);
        let mut then = now.clone();
        then.files.retain(|f| !hidden(&f.path));
        then.extra.retain(|p| !hidden(p));
        then.skipped
            .retain(|s| self.says(Path::new(&s.path)).is_none());
        let (globs, _) = Globs::new(options);
        let places = places(roots);
        let gone = self
            .files
            .iter()
            .filter(|(path, bytes)| bytes.is_some() && fs::symlink_metadata(path).is_err());
        for (path, _) in gone {
            let inside = places.iter().find_map(|(index, root, real)| {
                let rest = path.strip_prefix(real).ok()?;
                Some((*index, root, rest))
            });
            let Some((index, root, rest)) = inside else {
                continue;
            };
            let rel = slashed(rest);
            let name = rel.rsplit('/').next().unwrap_or(&rel);
            if left_out(&globs, &rel, path) {
                continue;
            }
            match visit::python(name) {
                Some(_) if !globs.included(&rel) => {}
                Some(notebook) => then.files.push(Found {
                    path: path.clone(),
                    display: super::walk::typed(&root.join(rest)),
                    module_path: rel,
                    root: index,
                    notebook,
                }),
                None if visit::extra(name) => then.extra.push(path.clone()),
                None => {}
            }
        }
        then.files
            .sort_unstable_by(|a, b| a.display.cmp(&b.display).then(a.root.cmp(&b.root)));
        then.extra.sort_unstable();
        then
    }
}

/// The given folders: index, as given, and where each really is, the outermost first.
fn places(roots: &[PathBuf]) -> Vec<(usize, &PathBuf, PathBuf)> {
    let mut places: Vec<(usize, &PathBuf, PathBuf)> = roots
        .iter()
        .enumerate()
        .filter_map(|(i, root)| Some((i, root, root.canonicalize().ok()?)))
        .filter(|(_, _, real)| real.is_dir())
        .collect();
    places.sort_by_key(|(i, _, real)| (real.components().count(), *i));
    places
}

/// Whether the globs of the user or the name of a folder leave a file out that is gone.
fn left_out(globs: &Globs, rel: &str, path: &Path) -> bool {
    if let Some(said) = globs.excluded(rel, false) {
        return said;
    }
    let depth = rel.matches('/').count();
    let folders: Vec<&Path> = path.ancestors().skip(1).take(depth).collect();
    rel.match_indices('/')
        .zip(folders.into_iter().rev())
        .any(|((at, _), folder)| {
            let rel = rel.get(..at).unwrap_or(rel);
            let name = rel.rsplit('/').next().unwrap_or(rel);
            globs
                .excluded(rel, true)
                .unwrap_or_else(|| built_in(name, folder))
        })
}

fn slashed(path: &Path) -> String {
    path.to_string_lossy()
        .replace(std::path::MAIN_SEPARATOR, "/")
}
