//! The summary of the step: the whole report, without any permission.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use super::{Done, SurfaceError};
use crate::limits::{STEP_SUMMARY_BYTES, Unit, cut_markdown};

/// Appends Markdown to the summary file; what does not fit is cut, because GitHub drops a summary
/// that is too long as a whole.
///
/// # Errors
///
/// If the file cannot be written.
pub fn show(file: Option<&Path>, markdown: &str) -> Result<Done, SurfaceError> {
    let Some(path) = file else {
        let why = "there is no step summary: GITHUB_STEP_SUMMARY is not set";
        return Ok(Done::Skipped(why.to_owned()));
    };
    append(path, markdown).map_err(|source| {
        let path = path.to_path_buf();
        SurfaceError::File { path, source }
    })
}

fn append(path: &Path, markdown: &str) -> io::Result<Done> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    let there = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    // One byte for the line ending below.
    let left = STEP_SUMMARY_BYTES.saturating_sub(there.saturating_add(1));
    let rest = "The full report is in the log and in the report file.";
    let text = cut_markdown(markdown, left, Unit::Bytes, rest);
    if text.len() > left {
        let why = "the step summary is full: it holds a mebibyte at most";
        return Ok(Done::Skipped(why.to_owned()));
    }
    let cut = text.len() < markdown.len();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    file.write_all(format!("{text}{end}").as_bytes())?;
    Ok(Done::Shown(cut.then(|| {
        "the step summary was cut to a mebibyte".to_owned()
    })))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_summary_is_appended_and_never_over_the_limit() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("summary.md");
        fs::write(&file, "before\n").unwrap();
        assert_eq!(show(Some(&file), "# Aegis").unwrap(), Done::Shown(None));
        assert_eq!(fs::read_to_string(&file).unwrap(), "before\n# Aegis\n");
        let long = "a line of text\n".repeat(100_000);
        assert!(matches!(
            show(Some(&file), &long).unwrap(),
            Done::Shown(Some(_))
        ));
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.len() <= STEP_SUMMARY_BYTES, "{}", text.len());
        assert!(text.len() > STEP_SUMMARY_BYTES - 200 && text.contains("**Cut:**"));
        assert!(matches!(
            show(Some(&file), &long).unwrap(),
            Done::Skipped(_)
        ));
    }
}
