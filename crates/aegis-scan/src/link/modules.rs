//! The modules of the project: which file an import means.
//!
//! Follows Python's rules as far as a tree of files allows: relative imports, packages, namespace
//! packages, `src/` layouts, scripts that import their neighbours.

use rustc_hash::{FxHashMap, FxHashSet};

use super::values::FileIx;

/// Where an import leads inside the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A module or package with `__init__`.
    Module(FileIx),
    /// A folder without `__init__`, by its key.
    Folder(String),
}

/// The module index. Keys are `root index/path without suffix`.
#[derive(Debug, Default)]
pub(crate) struct Modules {
    by_key: FxHashMap<String, FileIx>,
    folders: FxHashSet<String>,
    /// First name of a module path -> folders that can be import roots for it.
    tops: FxHashMap<String, Vec<String>>,
    keys: Vec<String>,
}

/// Folders below an ancestor that commonly are import roots.
const SOURCE_FOLDERS: [&str; 4] = ["src", "lib", "python", "app"];

impl Modules {
    /// Indexes files given as `(root, path relative to it, notebook)`.
    pub(crate) fn new<'a>(files: impl Iterator<Item = (usize, &'a str, bool)>) -> Self {
        let mut m = Self::default();
        for (i, (root, path, notebook)) in files.enumerate() {
            let ix = FileIx::try_from(i).unwrap_or(FileIx::MAX);
            let stem = path
                .strip_suffix(".py")
                .or_else(|| path.strip_suffix(".pyw"))
                .unwrap_or(path);
            let key = format!("{root}/{stem}");
            if !notebook {
                m.by_key.insert(key.clone(), ix);
                let mut folder = parent(&key);
                while m.folders.insert(folder.to_owned()) && folder.contains('/') {
                    folder = parent(folder);
                }
            }
            m.keys.push(key);
        }
        let mut tops: FxHashMap<String, FxHashSet<String>> = FxHashMap::default();
        for key in m.by_key.keys().chain(&m.folders) {
            let Some((folder, name)) = key.rsplit_once('/') else {
                continue;
            };
            if name != "__init__" && !m.by_key.contains_key(&format!("{folder}/__init__")) {
                tops.entry(name.to_owned())
                    .or_default()
                    .insert(folder.to_owned());
            }
        }
        m.tops = tops
            .into_iter()
            .map(|(name, folders)| {
                let mut folders: Vec<String> = folders.into_iter().collect();
                folders.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
                (name, folders)
            })
            .collect();
        m
    }

    /// The key of a file.
    pub(crate) fn key(&self, file: FileIx) -> &str {
        self.keys.get(file as usize).map_or("", |k| k)
    }

    /// Its path below the root it was found in, without the ending.
    pub(crate) fn path(&self, file: FileIx) -> &str {
        self.key(file).split_once('/').map_or("", |(_, path)| path)
    }

    /// Whether a file is the `conftest` of a folder that another file lies in.
    pub(crate) fn is_conftest_above(&self, file: FileIx, other: FileIx) -> bool {
        let Some((folder, "conftest")) = self.key(file).rsplit_once('/') else {
            return false;
        };
        self.key(other)
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
    }

    /// Whether a place is a module beside a file of a package: not what an absolute import means.
    pub(crate) fn is_neighbour_in_package(&self, file: FileIx, place: &Place) -> bool {
        let Place::Module(other) = place else {
            return false;
        };
        let folder = parent(self.key(file));
        parent(self.key(*other)) == folder
            && self.by_key.contains_key(&format!("{folder}/__init__"))
    }

    /// The file of a dotted module name, wherever its import root is.
    pub(crate) fn by_dotted(&self, dotted: &str) -> Option<FileIx> {
        let mut names = dotted.split('.');
        let top = names.next()?;
        let rest: Vec<&str> = names.collect();
        self.tops.get(top)?.iter().find_map(|folder| {
            let (place, used) =
                self.descend(self.at(&format!("{folder}/{top}"))?, rest.iter().copied());
            match place {
                Place::Module(f) if used == rest.len() => Some(f),
                _ => None,
            }
        })
    }

    /// Modules and packages of a top-level name anywhere in the project.
    pub(crate) fn files_named(&self, name: &str) -> Vec<FileIx> {
        let folders = self.tops.get(name).map(Vec::as_slice).unwrap_or_default();
        let places = folders
            .iter()
            .filter_map(|f| self.at(&format!("{f}/{name}")));
        places
            .filter_map(|p| {
                if let Place::Module(f) = p {
                    Some(f)
                } else {
                    None
                }
            })
            .collect()
    }

    /// The `__init__` files of the packages around a file, outermost first.
    pub(crate) fn packages_of(&self, file: FileIx) -> Vec<FileIx> {
        let mut out = Vec::new();
        let mut folder = parent(self.key(file));
        while let Some(&f) = self.by_key.get(&format!("{folder}/__init__")) {
            if f != file {
                out.push(f);
            }
            folder = parent(folder);
        }
        out.reverse();
        out
    }

    /// The dotted name people would import a file by, from its topmost package.
    pub(crate) fn dotted(&self, file: FileIx) -> String {
        let key = self.key(file);
        let mut parts: Vec<&str> = Vec::new();
        let mut at = key;
        while let Some((folder, name)) = at.rsplit_once('/') {
            if !(name == "__init__" && parts.is_empty()) {
                parts.push(name);
            }
            if !self.by_key.contains_key(&format!("{folder}/__init__")) {
                break;
            }
            at = folder;
        }
        parts.reverse();
        if parts.is_empty() {
            "__init__".to_owned()
        } else {
            parts.join(".")
        }
    }

    /// What lies at a key: a module, a package, a folder.
    pub(crate) fn at(&self, key: &str) -> Option<Place> {
        if let Some(&f) = self.by_key.get(&format!("{key}/__init__")) {
            return Some(Place::Module(f));
        }
        if let Some(&f) = self.by_key.get(key) {
            return Some(Place::Module(f));
        }
        self.folders
            .contains(key)
            .then(|| Place::Folder(key.to_owned()))
    }

    /// A submodule of a module or folder.
    pub(crate) fn child(&self, place: &Place, name: &str) -> Option<Place> {
        let folder = match place {
            Place::Module(f) => self.key(*f).strip_suffix("/__init__")?,
            Place::Folder(k) => k,
        };
        self.at(&format!("{folder}/{name}"))
    }

    /// The place a relative import starts from: the file's package, `level - 1` folders up.
    pub(crate) fn relative(&self, file: FileIx, level: u8) -> Option<Place> {
        let mut folder = parent(self.key(file));
        for _ in 1..level {
            folder = folder.rsplit_once('/')?.0;
        }
        Some(
            self.at(folder)
                .unwrap_or_else(|| Place::Folder(folder.to_owned())),
        )
    }

    /// The project's module or folder for the first name of an absolute import, seen from `file`.
    pub(crate) fn top(&self, file: FileIx, name: &str) -> Option<Place> {
        let mut folder = parent(self.key(file));
        // Inside a package, absolute imports start above it.
        while self.by_key.contains_key(&format!("{folder}/__init__")) {
            folder = match folder.rsplit_once('/') {
                Some((up, _)) => up,
                None => return None,
            };
        }
        let own = |p: &Place| *p == Place::Module(file);
        loop {
            if let Some(p) = self.at(&format!("{folder}/{name}")).filter(|p| !own(p)) {
                return Some(p);
            }
            for s in SOURCE_FOLDERS {
                if let Some(p) = self.at(&format!("{folder}/{s}/{name}")).filter(|p| !own(p)) {
                    return Some(p);
                }
            }
            match folder.rsplit_once('/') {
                Some((up, _)) => folder = up,
                None => break,
            }
        }
        // A script imports its neighbours, also where its folder happens to be a package.
        if let Some(p) = self
            .at(&format!("{}/{name}", parent(self.key(file))))
            .filter(|p| !own(p))
        {
            return Some(p);
        }
        match self.tops.get(name)?.as_slice() {
            [only] => self.at(&format!("{only}/{name}")).filter(|p| !own(p)),
            _ => None,
        }
    }

    /// Follows the remaining names of a dotted path from `place` as far as modules go; returns the
    /// deepest place and how many names were used.
    pub(crate) fn descend<'a>(
        &self,
        mut place: Place,
        names: impl Iterator<Item = &'a str>,
    ) -> (Place, usize) {
        let mut used = 0;
        for n in names {
            match self.child(&place, n) {
                Some(next) => place = next,
                None => break,
            }
            used += 1;
        }
        (place, used)
    }
}

fn parent(key: &str) -> &str {
    key.rsplit_once('/').map_or("", |(p, _)| p)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules(paths: &[&'static str]) -> Modules {
        Modules::new(paths.iter().map(|p| (0, *p, false)))
    }

    #[test]
    fn absolute_imports_inside_a_package_start_above_it() {
        let m = modules(&[
            "llms/__init__.py",
            "llms/openai.py",
            "llms/base.py",
            "main.py",
        ]);
        assert_eq!(m.top(1, "openai"), None);
        // Only what the neighbour binds decides then; see `project_place`.
        assert_eq!(m.top(2, "openai"), Some(Place::Module(1)));
        assert_eq!(m.top(3, "llms"), Some(Place::Module(0)));
    }

    #[test]
    fn a_script_never_imports_itself() {
        let m = modules(&["openai.py"]);
        assert_eq!(m.top(0, "openai"), None);
    }

    #[test]
    fn src_layouts_and_namespace_folders_are_found() {
        let m = modules(&["src/shop/cart.py", "tests/test_cart.py"]);
        let top = m.top(1, "shop").unwrap();
        assert_eq!(top, Place::Folder("0/src/shop".into()));
        assert_eq!(
            m.descend(top, ["cart", "Cart"].into_iter()),
            (Place::Module(0), 1)
        );
        assert_eq!(m.dotted(0), "cart");
    }

    #[test]
    fn relative_imports_climb_folders() {
        let m = modules(&["p/__init__.py", "p/a/__init__.py", "p/a/x.py", "p/b.py"]);
        assert_eq!(m.relative(2, 1), Some(Place::Module(1)));
        assert_eq!(m.relative(2, 2), Some(Place::Module(0)));
        assert_eq!(m.child(&Place::Module(0), "b"), Some(Place::Module(3)));
        assert_eq!(m.dotted(2), "p.a.x");
    }
}
