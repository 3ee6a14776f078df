//! One folder of a walk.

use std::fs::{self, DirEntry, FileType};
use std::path::{Path, PathBuf};

use aegis_diag::{SkipReason, Skipped};

use super::Found;
use super::filter::{self, Chain, Globs, Has};
use super::load::io;

/// A given path that is a folder.
#[derive(Debug)]
pub(super) struct Root {
    pub(super) index: usize,
    /// As shown, with a trailing `/`; empty for the current folder.
    pub(super) display: String,
    /// The path ignore files are matched against leads here from the top of the repository.
    pub(super) full: String,
}

/// A folder to visit.
#[derive(Debug)]
pub(super) struct Dir {
    pub(super) path: PathBuf,
    /// Relative to the given path, with a trailing `/`; empty for that path itself.
    pub(super) rel: String,
    pub(super) chain: Chain,
}

/// What is the same for all folders of a walk.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) globs: Globs,
    pub(super) ignore_files: bool,
}

/// Something in a given path.
#[derive(Debug)]
pub(super) struct At {
    pub(super) root: usize,
    pub(super) rel: String,
    pub(super) display: String,
    pub(super) path: PathBuf,
}

/// What is in a folder.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) files: Vec<Found>,
    /// Links to files, with what they lead to.
    pub(super) links: Vec<(Found, PathBuf)>,
    pub(super) skipped: Vec<Skipped>,
    pub(super) excluded: Vec<At>,
    pub(super) extra: Vec<At>,
}

/// Whether a name is that of a notebook; `None` if it is not that of Python source at all.
pub(super) fn python(name: &str) -> Option<bool> {
    match name.rsplit_once('.')?.1 {
        "py" => Some(false),
        "ipynb" => Some(true),
        _ => None,
    }
}

/// Whether a file says something about the project or how it runs.
pub(super) fn extra(name: &str) -> bool {
    matches!(name, "pyproject.toml" | "setup.cfg" | "Procfile")
        || name.starts_with("Dockerfile")
        || (name.contains("compose") && (name.ends_with(".yml") || name.ends_with(".yaml")))
}

/// Lists a folder: what it holds goes to `out`, the folders in it are returned.
pub(super) fn visit(cx: &Context, root: &Root, dir: &Dir, out: &mut Content) -> Vec<Dir> {
    let entries = match list(dir) {
        Ok(entries) => entries,
        Err(e) => {
            out.skipped.push(Skipped {
                path: shown(root, dir),
                reason: io(&e),
            });
            return Vec::new();
        }
    };
    let Some(chain) = enter(cx, root, dir, &entries) else {
        let rel = dir.rel.clone();
        let display = shown(root, dir);
        out.excluded.push(At {
            root: root.index,
            rel,
            display,
            path: dir.path.clone(),
        });
        return Vec::new();
    };
    let here = Here {
        cx,
        root,
        dir,
        chain,
    };
    entries
        .iter()
        .filter_map(|entry| here.entry(entry, out))
        .collect()
}

fn list(dir: &Dir) -> std::io::Result<Vec<DirEntry>> {
    fs::read_dir(&dir.path)?.collect()
}

fn shown(root: &Root, dir: &Dir) -> String {
    let shown = format!("{}{}", root.display, dir.rel);
    if shown.is_empty() { ".".into() } else { shown }
}

/// The ignore files that count in a folder; `None` if all of it is left out.
fn enter(cx: &Context, root: &Root, dir: &Dir, entries: &[DirEntry]) -> Option<Chain> {
    let mut has = Has::default();
    let mut environment = false;
    for entry in entries {
        match entry.file_name().to_str() {
            Some(".gitignore") => has.git = true,
            Some(".ignore") => has.other = true,
            Some(".git") => has.repository = true,
            Some("pyvenv.cfg") => environment = true,
            _ => {}
        }
    }
    let given = dir.rel.is_empty();
    let kept = given || cx.globs.excluded(dir.rel.trim_end_matches('/'), true) == Some(false);
    let itself = cx.ignore_files && has.git && filter::ignores_itself(&dir.path);
    if (environment || itself) && !kept {
        return None;
    }
    if !cx.ignore_files {
        return Some(None);
    }
    has.git &= !itself;
    let cut = root.full.len() + dir.rel.len();
    Some(filter::extend(&dir.chain, &dir.path, cut, has))
}

/// The folder that is visited.
struct Here<'a> {
    cx: &'a Context,
    root: &'a Root,
    dir: &'a Dir,
    chain: Chain,
}

impl Here<'_> {
    fn entry(&self, entry: &DirEntry, out: &mut Content) -> Option<Dir> {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => return self.folder(entry, &name, out),
            Ok(kind) => self.file(entry, &name, kind, out),
            Err(e) => self.skip(&name, io(&e), out),
        }
        None
    }

    fn folder(&self, entry: &DirEntry, name: &str, out: &mut Content) -> Option<Dir> {
        let path = entry.path();
        let mut rel = format!("{}{name}", self.dir.rel);
        if self.left_out(&rel, Some((name, &path))) {
            out.excluded.push(self.at(&path, name, "/"));
            return None;
        }
        if name.ends_with(".dist-info") {
            out.extra.push(self.at(&path, name, ""));
        }
        rel.push('/');
        Some(Dir {
            path,
            rel,
            chain: self.chain.clone(),
        })
    }

    fn file(&self, entry: &DirEntry, name: &str, kind: FileType, out: &mut Content) {
        if kind.is_symlink() {
            return self.link(&entry.path(), name, out);
        }
        let notebook = python(name);
        if notebook.is_none() && !extra(name) {
            return;
        }
        let path = entry.path();
        let rel = format!("{}{name}", self.dir.rel);
        if self.left_out(&rel, None) {
            return out.excluded.push(self.at(&path, name, ""));
        }
        match notebook {
            _ if !kind.is_file() => {
                self.skip(name, SkipReason::Io("not a regular file".into()), out);
            }
            Some(notebook) => out.files.push(self.found(path, rel, notebook)),
            None => out.extra.push(self.at(&path, name, "")),
        }
    }

    /// A symbolic link: to a folder, which is not followed, or to a file.
    fn link(&self, path: &Path, name: &str, out: &mut Content) {
        let notebook = python(name);
        let target = path.canonicalize();
        let meta = target.as_ref().ok().and_then(|t| fs::metadata(t).ok());
        if meta.as_ref().is_some_and(fs::Metadata::is_dir) {
            return out.excluded.push(self.at(path, name, "/ (symbolic link)"));
        }
        if notebook.is_none() && !extra(name) {
            return;
        }
        let rel = format!("{}{name}", self.dir.rel);
        if self.left_out(&rel, None) {
            return out.excluded.push(self.at(path, name, ""));
        }
        let regular = meta.is_some_and(|m| m.is_file());
        match (target, notebook) {
            (Err(e), Some(_)) if e.kind() == std::io::ErrorKind::PermissionDenied => {
                self.skip(name, io(&e), out);
            }
            (Err(_), Some(_)) => self.skip(name, SkipReason::Link, out),
            (Ok(target), Some(notebook)) if regular => {
                out.links
                    .push((self.found(path.to_path_buf(), rel, notebook), target));
            }
            (Ok(_), Some(_)) => {
                self.skip(name, SkipReason::Io("not a regular file".into()), out);
            }
            (Ok(_), None) if regular => out.extra.push(self.at(path, name, "")),
            (_, None) => {}
        }
    }

    /// Whether something is left out; of a folder, its name and place are given.
    fn left_out(&self, rel: &str, folder: Option<(&str, &Path)>) -> bool {
        if let Some(said) = self.cx.globs.excluded(rel, folder.is_some()) {
            return said;
        }
        if folder.is_some_and(|(name, path)| filter::built_in(name, path)) {
            return true;
        }
        if self.chain.is_some() {
            let full = format!("{}{rel}", self.root.full);
            if filter::ignored(&self.chain, &full, folder.is_some()) {
                return true;
            }
        }
        let name = rel.rsplit_once('/').map_or(rel, |(_, name)| name);
        folder.is_none() && python(name).is_some() && !self.cx.globs.included(rel)
    }

    fn found(&self, path: PathBuf, rel: String, notebook: bool) -> Found {
        let display = format!("{}{rel}", self.root.display);
        Found {
            path,
            display,
            module_path: rel,
            root: self.root.index,
            notebook,
        }
    }

    fn at(&self, path: &Path, name: &str, suffix: &str) -> At {
        let rel = format!("{}{name}", self.dir.rel);
        let display = format!("{}{rel}{suffix}", self.root.display);
        At {
            root: self.root.index,
            rel,
            display,
            path: path.to_path_buf(),
        }
    }

    fn skip(&self, name: &str, reason: SkipReason, out: &mut Content) {
        let path = format!("{}{}{name}", self.root.display, self.dir.rel);
        out.skipped.push(Skipped { path, reason });
    }
}
