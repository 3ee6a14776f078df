//! What in the tree is not the program: installed packages and copies of SDKs.

use std::path::PathBuf;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Origin;
use crate::catalog::Catalog;
use crate::link::modules::Modules;
use crate::link::values::FileIx;
use crate::sources::Found;

/// Project modules that are named like an SDK: what they bind decides which of the two is meant.
pub(super) fn named_like_sdks(
    catalog: &Catalog,
    modules: &Modules,
    sdk_roots: &FxHashSet<String>,
) -> Vec<FileIx> {
    let mut roots: Vec<&String> = catalog
        .roots
        .keys()
        .filter(|r| !sdk_roots.contains(*r))
        .collect();
    roots.sort_unstable();
    roots
        .into_iter()
        .flat_map(|r| modules.files_named(r))
        .collect()
}

/// What was installed into the tree, by the records of the `*.dist-info` folders in it. It is not
/// the program: a file of it is read if it uses an AI package by itself, and its callers are not
/// followed. What merely lies beside it is the program like anything else.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Installed {
    /// Folder that was installed into -> what lies there: top-level folders and files.
    by_folder: FxHashMap<PathBuf, FxHashSet<String>>,
}

impl Installed {
    pub(super) fn read(extra: &[PathBuf]) -> Self {
        let mut out = Self::default();
        for dist in extra
            .iter()
            .filter(|p| p.extension().is_some_and(|e| e == "dist-info"))
        {
            let Some(folder) = dist.parent() else {
                continue;
            };
            // Without a record nobody knows what belongs to it, so nothing is taken for installed.
            let Ok(record) = std::fs::read_to_string(dist.join("RECORD")) else {
                continue;
            };
            let names = out.by_folder.entry(folder.to_path_buf()).or_default();
            for line in record.lines() {
                let path = line.split(',').next().unwrap_or("").trim_matches('"');
                let top = path.split('/').next().unwrap_or("");
                if !top.is_empty() && top != ".." {
                    names.insert(top.to_owned());
                }
            }
        }
        out
    }

    pub(super) fn holds(&self, path: &std::path::Path) -> bool {
        if self.by_folder.is_empty() {
            return false;
        }
        path.ancestors().skip(1).any(|folder| {
            self.by_folder.get(folder).is_some_and(|names| {
                let rest = path
                    .strip_prefix(folder)
                    .ok()
                    .and_then(|r| r.components().next());
                rest.is_some_and(|top| names.contains(top.as_os_str().to_string_lossy().as_ref()))
            })
        })
    }
}

/// The folders of the SDKs whose own source lies in the tree.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct SdkFolders(FxHashSet<String>);

impl SdkFolders {
    /// A folder named like the import root counts where it is importable by that name: a package
    /// `agents` inside another package is not the SDK of that name.
    pub(super) fn new(found: &[Found], sdk_roots: &FxHashSet<String>) -> Self {
        let mut folders = FxHashSet::default();
        if sdk_roots.is_empty() {
            return Self(folders);
        }
        let packages: FxHashSet<&str> = found
            .iter()
            .filter_map(|f| f.module_path.strip_suffix("/__init__.py"))
            .collect();
        for f in found {
            for (at, _) in f.module_path.match_indices('/') {
                let folder = f.module_path.get(..at).unwrap_or("");
                let (above, name) = folder.rsplit_once('/').unwrap_or(("", folder));
                if sdk_roots.contains(name) && !packages.contains(above) {
                    if !folders.contains(folder) {
                        folders.insert(folder.to_owned());
                    }
                    break;
                }
            }
        }
        Self(folders)
    }

    /// The import root of the SDK that a file belongs to.
    pub(crate) fn of<'p>(&self, path: &'p str) -> Option<&'p str> {
        if self.0.is_empty() {
            return None;
        }
        path.match_indices('/').find_map(|(at, _)| {
            let folder = path.get(..at)?;
            let name = folder.rsplit('/').next()?;
            self.0.contains(folder).then_some(name)
        })
    }
}

/// Import roots whose package has the layout of the SDK: at least this many of the modules that the
/// catalog names lie below it.
const SAME_MODULES: usize = 3;

/// SDKs in the tree that nothing else gives away, such as a copy without its metadata.
pub(super) fn sdks_by_layout(catalog: &Catalog, found: &[Found]) -> Vec<String> {
    let mut modules: FxHashSet<&str> = FxHashSet::default();
    for (path, _) in &catalog.data.paths {
        if let Some((module, _)) = path.rsplit_once('.')
            && module.contains('.')
        {
            modules.insert(module);
        }
    }
    let mut hits: FxHashMap<&str, FxHashSet<String>> = FxHashMap::default();
    for f in found {
        let path = f.module_path.strip_suffix(".py").unwrap_or(&f.module_path);
        let path = path.strip_suffix("/__init__").unwrap_or(path);
        let mut names = path.split('/');
        while let Some(top) = names.next() {
            if let Some((root, _)) = catalog.roots.get_key_value(top) {
                let rest: Vec<&str> = names.clone().collect();
                let dotted = format!("{top}.{}", rest.join("."));
                if modules.contains(dotted.as_str()) {
                    hits.entry(root).or_default().insert(dotted);
                }
                break;
            }
        }
    }
    let mut roots: Vec<String> = hits
        .into_iter()
        .filter(|(_, m)| m.len() >= SAME_MODULES)
        .map(|(r, _)| r.to_owned())
        .collect();
    roots.sort_unstable();
    roots
}

/// Import roots whose own package is in the tree, by `*.dist-info` folders and project files.
pub(super) fn own_sdks(
    catalog: &Catalog,
    extra: &[PathBuf],
    origin: &Origin<'_>,
) -> FxHashSet<String> {
    let mut names: FxHashSet<String> = FxHashSet::default();
    let plain = |s: &str| s.to_lowercase().replace(['_', '.'], "-");
    for p in extra {
        let file = p
            .file_name()
            .map(|f| f.to_string_lossy().into_owned())
            .unwrap_or_default();
        if let Some(dist) = file.strip_suffix(".dist-info") {
            names.insert(plain(dist.rsplit_once('-').map_or(dist, |(n, _)| n)));
        } else if file == "pyproject.toml"
            && let Some(text) = origin.extra(p)
            && let Ok(doc) = toml::from_str::<toml::Table>(&text)
        {
            let project = doc.get("project").and_then(|t| t.get("name"));
            let poetry = doc
                .get("tool")
                .and_then(|t| t.get("poetry"))
                .and_then(|t| t.get("name"));
            names.extend(project.or(poetry).and_then(|n| n.as_str()).map(plain));
        } else if file == "setup.cfg"
            && let Some(text) = origin.extra(p)
        {
            let name = text
                .lines()
                .find_map(|l| l.split_once('=').filter(|(k, _)| k.trim() == "name"));
            names.extend(name.map(|(_, v)| plain(v.trim())));
        }
    }
    let mut roots = FxHashSet::default();
    for package in catalog.data.frameworks.iter().flat_map(|f| &f.packages) {
        // Packages that are on no index are known by their import name.
        let unlisted = package.pypi == "-"
            && !package.stdlib
            && package.imports.iter().any(|i| names.contains(&plain(i)));
        if unlisted || names.contains(&plain(&package.pypi)) {
            roots.extend(
                package
                    .imports
                    .iter()
                    .filter_map(|i| i.split('.').next().map(str::to_owned)),
            );
        }
    }
    roots
}
