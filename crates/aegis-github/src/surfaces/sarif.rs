//! Code scanning: the SARIF file goes up by the API, and what GitHub makes of it is waited for.

use std::io::Write;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;
use serde_json::json;

use super::{Done, SurfaceError};
use crate::api::{Again, Client};
use crate::event::{Kind, Run};
use crate::limits::SARIF_GZIP_BYTES;
use crate::runner::Runner;

const PERMISSION: &str = "security-events: write";
/// How often the result is asked for, and the pause between.
const POLLS: u32 = 12;
const PAUSE: Duration = Duration::from_secs(2);

#[derive(Debug, Deserialize)]
struct Receipt {
    id: String,
}

#[derive(Debug, Deserialize)]
struct Status {
    #[serde(default)]
    processing_status: String,
    #[serde(default)]
    errors: Option<Vec<String>>,
}

/// Why nothing may be uploaded in this run, if so.
#[must_use]
pub fn obstacle(run: &Run) -> Option<String> {
    if run.kind == Kind::MergeGroup {
        let why = "code scanning takes no results of a merge queue, whose refs vanish";
        return Some(why.to_owned());
    }
    if run.kind == Kind::PullRequestTarget && run.scanned.1.starts_with("refs/pull/") {
        let why = "results of foreign code are not filed with the rights of the base branch";
        return Some(why.to_owned());
    }
    run.read_only.map(str::to_owned)
}

/// Uploads a SARIF file and waits until GitHub has read it.
///
/// # Errors
///
/// If it is too large, refused, or GitHub finds mistakes in it.
pub fn upload(
    sarif: &[u8],
    run: &Run,
    runner: &Runner,
    client: &mut Client,
) -> Result<Done, SurfaceError> {
    let api = |error| SurfaceError::Api(error, PERMISSION);
    let packed = gzip(sarif).map_err(|e| SurfaceError::Other(e.to_string()))?;
    if packed.len() > SARIF_GZIP_BYTES {
        let size = packed.len();
        let message = format!(
            "the SARIF file has {size} bytes after gzip, and GitHub takes {SARIF_GZIP_BYTES}"
        );
        return Err(SurfaceError::Other(message));
    }
    let (commit, git_ref) = &run.scanned;
    let body = json!({
        "commit_sha": commit,
        "ref": git_ref,
        "sarif": STANDARD.encode(&packed),
        "tool_name": "Aegis",
        "validate": true,
    });
    let path = format!("{}/code-scanning/sarifs", runner.repository.path());
    let receipt: Receipt = client
        .write("POST", &path, &body, Again::Safe)
        .map_err(api)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if receipt.id.is_empty() || !receipt.id.chars().all(plain) {
        return Err(SurfaceError::Other(
            "GitHub gave no usable id for the upload".to_owned(),
        ));
    }
    wait(&format!("{path}/{}", receipt.id), client)
}

fn wait(path: &str, client: &mut Client) -> Result<Done, SurfaceError> {
    for poll in 0..POLLS {
        if poll > 0 && !client.rest(PAUSE) {
            break;
        }
        let status: Status = match client.get(path) {
            Ok(status) => status,
            // It may not be known at once.
            Err(error) if error.status() == Some(404) => continue,
            Err(error) => return Err(SurfaceError::Api(error, PERMISSION)),
        };
        match status.processing_status.as_str() {
            "complete" => return Ok(Done::Shown(None)),
            "failed" => {
                let errors = status.errors.unwrap_or_default().join("; ");
                let errors = aegis_report::clean::short(&errors, 500);
                return Err(SurfaceError::Other(format!(
                    "GitHub rejects the SARIF file: {errors}"
                )));
            }
            _ => {}
        }
    }
    let said = "the SARIF file is uploaded, and GitHub is still reading it";
    Ok(Done::Shown(Some(said.to_owned())))
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_files_are_packed_to_equal_bytes() {
        assert_eq!(gzip(b"{}").unwrap(), gzip(b"{}").unwrap());
        assert!(gzip(&[b'x'; 100_000]).unwrap().len() < 1000);
    }
}
