//! A check run of its own, which may carry more annotations than a step.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::annotations::Annotation;
use super::{Done, SurfaceError};
use crate::api::{Again, ApiError, Client};
use crate::event::Run;
use crate::limits::{
    ANNOTATION_MESSAGE_BYTES, ANNOTATION_TITLE_CHARS, CHECK_ANNOTATIONS,
    CHECK_ANNOTATIONS_PER_REQUEST, CHECK_SUMMARY_BYTES, Unit, cut_bytes, cut_chars, cut_markdown,
};
use crate::notice::Level;
use crate::publish::Verdict;
use crate::runner::Runner;

const PERMISSION: &str = "checks: write";
/// GitHub asks for a second between writes.
const PAUSE: Duration = Duration::from_secs(1);

/// What the check run says.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The name that branch protection can ask for.
    pub name: &'a str,
    /// The outcome.
    pub verdict: Verdict,
    /// The outcome in one line.
    pub title: &'a str,
    /// The report.
    pub markdown: &'a str,
    /// Said about lines, the most important first.
    pub annotations: &'a [Annotation],
}

#[derive(Debug, Deserialize)]
struct Created {
    id: u64,
}

/// Makes the check run. It is completed by the last request, so that nobody merges on half of it.
///
/// # Errors
///
/// If the API says no.
pub fn show(
    wanted: &Wanted<'_>,
    run: &Run,
    runner: &Runner,
    client: &mut Client,
) -> Result<Done, SurfaceError> {
    create(wanted, run, runner, client).map_err(|error| SurfaceError::Api(error, PERMISSION))
}

fn create(
    wanted: &Wanted<'_>,
    run: &Run,
    runner: &Runner,
    client: &mut Client,
) -> Result<Done, ApiError> {
    let shown = wanted
        .annotations
        .get(..CHECK_ANNOTATIONS)
        .unwrap_or(wanted.annotations);
    let mut batches = shown.chunks(CHECK_ANNOTATIONS_PER_REQUEST).peekable();
    let output = output(wanted, wanted.annotations.len() - shown.len());
    let list = format!("{}/check-runs", runner.repository.path());
    let first = batches.next().unwrap_or(&[]);
    let mut body = state(wanted.verdict, batches.peek().is_none());
    body.insert("name".into(), json!(cut_chars(wanted.name, 100)));
    body.insert("head_sha".into(), json!(run.commit));
    if let Some(url) = runner.run_url() {
        body.insert("details_url".into(), json!(url));
    }
    body.insert("output".into(), with_annotations(&output, first));
    // Made twice, the later one counts.
    let created: Created = client.write("POST", &list, &Value::Object(body), Again::Safe)?;
    while let Some(batch) = batches.next() {
        client.rest(PAUSE);
        let mut body = state(wanted.verdict, batches.peek().is_none());
        body.insert("output".into(), with_annotations(&output, batch));
        let path = format!("{list}/{}", created.id);
        // Annotations are appended, so once more would show them twice.
        client.write::<Value>("PATCH", &path, &Value::Object(body), Again::IfRefused)?;
    }
    Ok(Done::Shown(None))
}

fn state(verdict: Verdict, last: bool) -> Map<String, Value> {
    let mut state = Map::new();
    if last {
        let conclusion = if verdict == Verdict::Success {
            "success"
        } else {
            "failure"
        };
        state.insert("status".into(), json!("completed"));
        state.insert("conclusion".into(), json!(conclusion));
    } else {
        state.insert("status".into(), json!("in_progress"));
    }
    state
}

fn output(wanted: &Wanted<'_>, hidden: usize) -> Map<String, Value> {
    let hidden = match hidden {
        0 => String::new(),
        n => format!("**{n} more annotations are not shown.**\n\n"),
    };
    let most = CHECK_SUMMARY_BYTES - hidden.len();
    let rest = "The full report is in the summary of the run.";
    let summary = hidden + &cut_markdown(wanted.markdown, most, Unit::Bytes, rest);
    let mut output = Map::new();
    output.insert(
        "title".into(),
        json!(cut_chars(wanted.title, ANNOTATION_TITLE_CHARS)),
    );
    output.insert("summary".into(), json!(summary));
    output
}

fn with_annotations(output: &Map<String, Value>, batch: &[Annotation]) -> Value {
    let mut output = output.clone();
    if !batch.is_empty() {
        output.insert("annotations".into(), batch.iter().map(annotation).collect());
    }
    Value::Object(output)
}

fn annotation(annotation: &Annotation) -> Value {
    let level = match annotation.level {
        Level::Notice => "notice",
        Level::Warning => "warning",
        Level::Error => "failure",
    };
    let mut value = json!({
        "path": annotation.path,
        "start_line": annotation.line,
        "end_line": annotation.end_line,
        "annotation_level": level,
        "title": cut_chars(&annotation.title, ANNOTATION_TITLE_CHARS),
        "message": cut_bytes(&annotation.message, ANNOTATION_MESSAGE_BYTES),
    });
    // GitHub wants columns only for what lies on one line.
    if let Some((start, end)) = annotation.columns
        && annotation.line == annotation.end_line
    {
        value["start_column"] = json!(start);
        value["end_column"] = json!(end);
    }
    value
}
