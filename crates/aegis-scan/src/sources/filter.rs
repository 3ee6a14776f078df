//! What a walk leaves out: built-in exclusions, ignore files, and the globs of the user.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aegis_diag::{SkipReason, Skipped};
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::Options;

/// Folders nobody wants scanned, besides hidden ones.
const FOLDERS: [&str; 5] = [
    "__pycache__",
    "__pypackages__",
    "buck-out",
    "node_modules",
    "site-packages",
];

/// Folders left out unless they are Python packages.
const UNLESS_PACKAGE: [&str; 4] = ["_build", "build", "dist", "venv"];

/// Whether a folder is left out for its name.
pub(super) fn built_in(name: &str, dir: &Path) -> bool {
    name.starts_with('.')
        || FOLDERS.contains(&name)
        || (UNLESS_PACKAGE.contains(&name) && !dir.join("__init__.py").exists())
}

/// The globs of the user.
#[derive(Debug)]
pub(super) struct Globs {
    include: Option<Gitignore>,
    exclude: Option<Gitignore>,
}

impl Globs {
    /// The globs, and a complaint about each that is none.
    pub(super) fn new(o: &Options) -> (Self, Vec<Skipped>) {
        let mut bad = Vec::new();
        let include = globs(&o.include, &mut bad);
        let exclude = globs(&o.exclude, &mut bad);
        (Self { include, exclude }, bad)
    }

    /// Whether a path relative to the given one is left out; `None`: the user does not say.
    pub(super) fn excluded(&self, rel: &str, is_dir: bool) -> Option<bool> {
        verdict(&self.exclude.as_ref()?.matched(rel, is_dir))
    }

    /// Whether a file is among those to scan.
    pub(super) fn included(&self, rel: &str) -> bool {
        let Some(globs) = &self.include else {
            return true;
        };
        globs.matched_path_or_any_parents(rel, false).is_ignore()
    }
}

fn globs(lines: &[String], bad: &mut Vec<Skipped>) -> Option<Gitignore> {
    if lines.is_empty() {
        return None;
    }
    let mut builder = GitignoreBuilder::new("");
    for line in lines {
        let line = line.strip_prefix("./").unwrap_or(line);
        if let Err(e) = builder.add_line(None, line) {
            bad.push(Skipped {
                path: line.to_owned(),
                reason: SkipReason::Io(e.to_string()),
            });
        }
    }
    // An empty matcher must still restrict what is included.
    Some(builder.build().unwrap_or_else(|_| Gitignore::empty()))
}

fn verdict<T>(found: &Match<T>) -> Option<bool> {
    match found {
        Match::None => None,
        Match::Ignore(_) => Some(true),
        Match::Whitelist(_) => Some(false),
    }
}

/// The ignore files of one folder and, through `parent`, of those it lies in.
#[derive(Debug)]
pub(super) struct Level {
    parent: Option<Arc<Level>>,
    /// How much of a full path leads to this folder.
    cut: usize,
    git: Option<Gitignore>,
    other: Option<Gitignore>,
    /// For the top of a repository; `.gitignore` files above it do not count.
    repository: Option<Option<Gitignore>>,
}

/// The chain of ignore files that counts in a folder.
pub(super) type Chain = Option<Arc<Level>>;

/// Which ignore files a folder has.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Has {
    pub(super) git: bool,
    pub(super) other: bool,
    pub(super) repository: bool,
}

impl Has {
    fn of(dir: &Path) -> Self {
        Self {
            git: dir.join(".gitignore").exists(),
            other: dir.join(".ignore").exists(),
            repository: dir.join(".git").exists(),
        }
    }

    fn any(self) -> bool {
        self.git || self.other || self.repository
    }
}

/// The chain in `dir`, whose full path has `cut` bytes, given that of the folder around it.
pub(super) fn extend(parent: &Chain, dir: &Path, cut: usize, has: Has) -> Chain {
    if !has.any() {
        return parent.clone();
    }
    let at = |there: bool, name: &str| there.then(|| dir.join(name)).and_then(|f| rules(&f));
    Some(Arc::new(Level {
        parent: parent.clone(),
        cut,
        git: at(has.git, ".gitignore"),
        other: at(has.other, ".ignore"),
        repository: has
            .repository
            .then(|| rules(&git_dir(dir).join("info/exclude"))),
    }))
}

/// The rules in an ignore file; lines that are no globs are passed over, as git does.
fn rules(file: &Path) -> Option<Gitignore> {
    let mut builder = GitignoreBuilder::new("");
    let _ = builder.add(file);
    builder.build().ok().filter(|g| !g.is_empty())
}

/// The folder git keeps its data in, also for work trees and submodules.
fn git_dir(dir: &Path) -> PathBuf {
    let dot = dir.join(".git");
    let read = |file: &Path, base: &Path| {
        let text = fs::read_to_string(file).ok()?;
        let line = text.strip_prefix("gitdir:").unwrap_or(&text).trim();
        Some(base.join(line))
    };
    if dot.is_dir() {
        return dot;
    }
    let Some(own) = read(&dot, dir) else {
        return dot;
    };
    read(&own.join("commondir"), &own).unwrap_or(own)
}

/// Whether ignore files leave out a full path.
pub(super) fn ignored(chain: &Chain, full: &str, is_dir: bool) -> bool {
    let mut git = None;
    let mut above = false;
    let mut next = chain.as_ref();
    while let Some(level) = next {
        let path = full.get(level.cut..).unwrap_or(full);
        let ask = |g: &Option<Gitignore>| verdict(&g.as_ref()?.matched(path, is_dir));
        if let Some(said) = ask(&level.other) {
            return said;
        }
        if !above {
            git = git.or_else(|| ask(&level.git));
        }
        if let (Some(exclude), false) = (&level.repository, above) {
            git = git.or_else(|| ask(exclude));
            above = true;
        }
        next = level.parent.as_ref();
    }
    git.unwrap_or(false)
}

/// Whether the ignore file of a folder leaves out all of it, as those in virtual environments and
/// caches do.
pub(super) fn ignores_itself(dir: &Path) -> bool {
    let Ok(text) = fs::read_to_string(dir.join(".gitignore")) else {
        return false;
    };
    let mut rules = text
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#'));
    rules.next().is_some_and(|l| l == "*" || l == "**") && rules.next().is_none()
}

/// The full path of `dir` (with a trailing `/`, or empty) and the chain of the folders around it,
/// up to the top of the repository it lies in. Rules that leave out `dir` itself do not count.
pub(super) fn around(dir: &Path) -> (String, Chain) {
    let outside = (String::new(), None);
    if dir.join(".git").exists() {
        return outside;
    }
    let Some(top) = dir.ancestors().skip(1).find(|d| d.join(".git").exists()) else {
        return outside;
    };
    let mut full = String::new();
    let mut here = top.to_path_buf();
    let mut chain = extend(&None, &here, 0, Has::of(&here));
    for part in dir.strip_prefix(top).unwrap_or(Path::new("")).components() {
        if !full.is_empty() {
            chain = extend(&chain, &here, full.len(), Has::of(&here));
        }
        here.push(part);
        full.push_str(&part.as_os_str().to_string_lossy());
        if ignored(&chain, &full, true) {
            return outside;
        }
        full.push('/');
    }
    (full, chain)
}
