//! A commit status: the oldest and smallest surface, for hosts and rules that know no checks.

use serde_json::{Value, json};

use super::{Done, SurfaceError};
use crate::api::{Again, Client};
use crate::event::Run;
use crate::limits::{STATUS_DESCRIPTION_CHARS, cut_chars};
use crate::publish::Verdict;
use crate::runner::Runner;

/// Sets the status of the commit under a context.
///
/// # Errors
///
/// If the API says no.
pub fn show(
    context: &str,
    verdict: Verdict,
    title: &str,
    run: &Run,
    runner: &Runner,
    client: &mut Client,
) -> Result<Done, SurfaceError> {
    let state = match verdict {
        Verdict::Success => "success",
        Verdict::Failure => "failure",
        Verdict::NothingAnalysed | Verdict::Error => "error",
    };
    let mut body = json!({
        "state": state,
        "context": cut_chars(context, 100),
        "description": cut_chars(title, STATUS_DESCRIPTION_CHARS),
    });
    if let Some(url) = runner.run_url() {
        body["target_url"] = json!(url);
    }
    let path = format!("{}/statuses/{}", runner.repository.path(), run.commit);
    let sent = client.write::<Value>("POST", &path, &body, Again::Safe);
    sent.map_err(|error| SurfaceError::Api(error, "statuses: write"))?;
    Ok(Done::Shown(None))
}
