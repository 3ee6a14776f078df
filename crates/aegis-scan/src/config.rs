//! What a scan is asked to do.

use crate::catalog::CatalogError;

/// Settings of a scan. Paths and globs come from the caller; nothing is read from the environment.
#[derive(Debug, Clone)]
pub struct Config {
    /// Only files that one of these globs matches are scanned; empty means all.
    pub include: Vec<String>,
    /// Files and folders left out, written as in `.gitignore`.
    pub exclude: Vec<String>,
    /// Whether ignore files count.
    pub respect_gitignore: bool,
    /// Python files over this many bytes are skipped.
    pub max_bytes: u64,
    /// Rule ids to report; empty means all.
    pub select: Vec<String>,
    /// Rule ids not to report.
    pub ignore: Vec<String>,
    /// Ids of third-party governor families that count.
    pub governors: Vec<String>,
    /// Dotted paths of the user's own decorators and wrappers that count as governors.
    pub own_governors: Vec<String>,
    /// Further catalog files: path and text.
    pub catalog: Vec<(String, String)>,
    /// Suppressions without a reason are findings.
    pub require_reason: bool,
    /// Today, as `YYYY-MM-DD`: suppressions that ended before no longer count. Empty: none ends.
    pub today: String,
    /// Where to explain verdicts: path as shown and 1-based line.
    pub why: Option<(String, u32)>,
    /// Worker threads; 0 means one per core.
    pub threads: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            include: Vec::new(),
            exclude: Vec::new(),
            respect_gitignore: true,
            max_bytes: 8 << 20,
            select: Vec::new(),
            ignore: Vec::new(),
            governors: Vec::new(),
            own_governors: Vec::new(),
            catalog: Vec::new(),
            require_reason: false,
            today: String::new(),
            why: None,
            threads: 0,
        }
    }
}

/// What is scanned.
#[derive(Debug, Clone)]
pub enum Input {
    /// Files and folders.
    Paths(Vec<std::path::PathBuf>),
    /// One text, such as standard input, and the path it is shown under.
    Text {
        /// As shown; a path that ends in `.ipynb` makes it a notebook.
        path: String,
        /// The bytes.
        bytes: Vec<u8>,
    },
}

/// Why a scan could not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScanError {
    /// A given path does not exist or cannot be read.
    #[error("`{path}` cannot be scanned: {reason}")]
    Path {
        /// As given.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// Catalog files have mistakes.
    #[error("the catalog has mistakes:\n{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Catalog(Vec<CatalogError>),
    /// A name in the settings is not known.
    #[error("{0}")]
    Setting(String),
    /// The worker threads could not be started.
    #[error("worker threads could not be started: {0}")]
    Threads(String),
}
