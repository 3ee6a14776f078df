//! The places where people see a result, one module each.

pub mod annotations;
pub mod check_run;
pub mod comment;
pub mod outputs;
pub mod sarif;
pub mod status;
pub mod summary;

use std::io;
use std::path::PathBuf;

use crate::api::ApiError;

/// How a surface ended that did not fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// It shows the result; what is worth saying about it.
    Shown(Option<String>),
    /// It was left out, and why.
    Skipped(String),
}

/// Why a surface does not show the result. It never changes the verdict.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SurfaceError {
    /// The API said no.
    #[error("{}{}", .0.full(), advice(.0, .1))]
    Api(#[source] ApiError, &'static str),
    /// A file of the runner cannot be written.
    #[error("`{}` cannot be written: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
}

/// What to do about a refusal; `permission` is the one that the surface needs.
fn advice(error: &ApiError, permission: &str) -> String {
    match error.status() {
        Some(401) => "; the token is not valid".to_owned(),
        // GitHub answers 404 to a token that may not even know that the thing exists.
        Some(403 | 404) => format!("; the job needs `permissions: {{ {permission} }}`"),
        _ => String::new(),
    }
}
