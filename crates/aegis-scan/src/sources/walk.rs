//! Finds the files to scan, in parallel and with the same result every time.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use aegis_diag::{SkipReason, Skipped};
use rayon::Scope;

use super::filter::{self, Globs};
use super::load::io;
use super::places::{Place, Places};
use super::visit::{self, At, Content, Context, Dir, Root};
use super::{Found, Options, Walked};

/// Finds the Python files and notebooks in the given paths. A path that is given is scanned even
/// if the rules would leave it out. Runs on the current rayon pool.
pub(crate) fn walk(paths: &[PathBuf], o: &Options) -> Walked {
    let (globs, bad) = Globs::new(o);
    let cx = Context {
        globs,
        ignore_files: o.respect_gitignore,
    };
    let mut given = Given::default();
    given.content.skipped = bad;
    for path in paths {
        given.add(path, o.respect_gitignore);
    }
    let Given {
        places,
        dirs,
        content,
    } = given;
    let all = Mutex::new(vec![content]);
    rayon::scope(|scope| {
        for (root, dir) in &dirs {
            spawn(scope, &cx, root, dir, &all);
        }
    });
    let mut merged = Content::default();
    for part in all.into_inner().unwrap_or_else(PoisonError::into_inner) {
        merged.files.extend(part.files);
        merged.links.extend(part.links);
        merged.skipped.extend(part.skipped);
        merged.excluded.extend(part.excluded);
        merged.extra.extend(part.extra);
    }
    places.finish(merged)
}

fn spawn<'s>(
    scope: &Scope<'s>,
    cx: &'s Context,
    root: &'s Root,
    dir: &Dir,
    all: &'s Mutex<Vec<Content>>,
) {
    let mut out = Content::default();
    for inner in visit::visit(cx, root, dir, &mut out) {
        scope.spawn(move |scope| spawn(scope, cx, root, &inner, all));
    }
    all.lock().unwrap_or_else(PoisonError::into_inner).push(out);
}

/// The given paths, sorted out.
#[derive(Debug, Default)]
struct Given {
    places: Places,
    dirs: Vec<(Root, Dir)>,
    content: Content,
}

impl Given {
    fn add(&mut self, path: &Path, ignore_files: bool) {
        let display = typed(path);
        let found = path
            .canonicalize()
            .and_then(|real| Ok((fs::metadata(&real)?, real)));
        let (is_dir, real) = match found {
            Ok((meta, real)) if meta.is_dir() => {
                self.folder(path, &display, &real, ignore_files);
                (true, real)
            }
            Ok((meta, real)) => {
                self.file(path, &display, meta.is_file());
                (false, real)
            }
            Err(e) => {
                let path_shown = if display.is_empty() {
                    ".".into()
                } else {
                    display.clone()
                };
                self.content.skipped.push(Skipped {
                    path: path_shown,
                    reason: io(&e),
                });
                (false, path.to_path_buf())
            }
        };
        self.places.0.push(Place {
            real,
            display,
            is_dir,
        });
    }

    fn folder(&mut self, path: &Path, display: &str, real: &Path, ignore_files: bool) {
        let (full, chain) = if ignore_files {
            filter::around(real)
        } else {
            (String::new(), None)
        };
        let slash = if display.is_empty() || display.ends_with('/') {
            ""
        } else {
            "/"
        };
        let root = Root {
            index: self.places.0.len(),
            display: format!("{display}{slash}"),
            full,
        };
        self.dirs.push((
            root,
            Dir {
                path: path.to_path_buf(),
                rel: String::new(),
                chain,
            },
        ));
    }

    fn file(&mut self, path: &Path, display: &str, regular: bool) {
        let root = self.places.0.len();
        let display = display.to_owned();
        if !regular {
            let reason = SkipReason::Io("not a regular file".into());
            return self.content.skipped.push(Skipped {
                path: display,
                reason,
            });
        }
        let name = path
            .file_name()
            .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let path = path.to_path_buf();
        if visit::extra(&name) {
            return self.content.extra.push(At {
                root,
                rel: name,
                display,
                path,
            });
        }
        let notebook = visit::python(&name) == Some(true);
        self.content.files.push(Found {
            path,
            display,
            module_path: name,
            root,
            notebook,
        });
    }
}

/// A given path as the user would type it; empty for the current folder.
pub(super) fn typed(path: &Path) -> String {
    let mut shown = String::new();
    for part in path.components() {
        if part == Component::CurDir {
            continue;
        }
        if !shown.is_empty() && !shown.ends_with('/') && part != Component::RootDir {
            shown.push('/');
        }
        match part {
            Component::RootDir => shown.push('/'),
            part => shown.push_str(&part.as_os_str().to_string_lossy()),
        }
    }
    shown
}
