//! A parsed policy: the YAML is sound, its meaning is not checked yet.

use std::sync::Arc;

use aegis_diag::{SourceFile, Span};

use crate::problem::{Problem, Problems};
use crate::tree::Tree;
use crate::yaml;

pub use crate::yaml::MAX_BYTES;

/// A parsed text.
#[derive(Debug, Clone)]
pub struct Document {
    pub(crate) file: Arc<SourceFile>,
    pub(crate) tree: Tree,
    /// Mistakes that leave a tree behind, such as a key that stands twice. Checking reports them
    /// with everything else.
    pub(crate) problems: Vec<Problem>,
}

impl Document {
    /// The text it was parsed from.
    #[must_use]
    pub fn file(&self) -> &Arc<SourceFile> {
        &self.file
    }
}

/// The bytes of a file -> its text, without a byte order mark. `name` is the path that problems
/// show.
///
/// # Errors
/// If there are more than [`MAX_BYTES`], or they are not UTF-8.
pub fn source(name: &str, bytes: &[u8]) -> Result<Arc<SourceFile>, Problems> {
    yaml::source(name, bytes).map_err(|problem| Problems::from(*problem))
}

/// Text -> document.
///
/// # Errors
/// If no tree can be made of the text: it is empty or too large, has characters that do not show,
/// is not YAML, or holds more than a policy may.
pub fn parse(file: Arc<SourceFile>) -> Result<Document, Problems> {
    let mut problems = Vec::new();
    match yaml::parse(&file, &mut problems) {
        Some(tree) if tree.root().is_some() => Ok(Document {
            file,
            tree,
            problems,
        }),
        Some(_) => {
            let start = Span::new(file, 0..0);
            problems.push(Problem::error("empty", start, "the file is empty"));
            Err(Problems::sorted(problems))
        }
        None => Err(Problems::sorted(problems)),
    }
}
