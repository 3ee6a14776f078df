//! Entry points: what runs first.

use rustc_hash::FxHashSet;

use crate::link::values::{FileIx, Scope};

use super::Mode;

/// A module that is started.
#[derive(Debug, Clone)]
pub(crate) struct EntryPoint {
    pub(crate) file: FileIx,
    pub(crate) mode: Mode,
    /// Functions that are called once the module is loaded (console scripts).
    pub(crate) functions: Vec<Scope>,
    /// Targets the environment switches on.
    pub(crate) environment: u128,
}

/// All entry points of the program.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    pub(crate) points: Vec<EntryPoint>,
    pub(crate) tests: FxHashSet<FileIx>,
    /// For each file, the `__init__` files of the packages around it, outermost first.
    pub(crate) packages: Vec<Vec<FileIx>>,
}

impl Entries {
    pub(crate) fn is_test(&self, file: FileIx) -> bool {
        self.tests.contains(&file)
    }

    pub(crate) fn packages_of(&self, file: FileIx) -> &[FileIx] {
        self.packages.get(file as usize).map_or(&[], |v| v)
    }

    pub(crate) fn any_environment(&self) -> bool {
        self.points.iter().any(|p| p.environment != 0)
    }
}

/// Whether a file is a test, by its path relative to the scan root.
pub(crate) fn is_test_path(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with("test_")
        || name.ends_with("_test.py")
        || name == "conftest.py"
        || path
            .split('/')
            .rev()
            .skip(1)
            .any(|d| matches!(d, "test" | "tests"))
}
