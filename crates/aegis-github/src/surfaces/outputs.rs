//! The outputs of the step, for the steps after it.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::path::Path;

use super::{Done, SurfaceError};

/// Appends outputs to the file of the runner, each between lines that its value cannot know.
///
/// # Errors
///
/// If the file cannot be written.
pub fn show(file: Option<&Path>, outputs: &[(&str, String)]) -> Result<Done, SurfaceError> {
    let Some(path) = file else {
        let why = "there is no place for outputs: GITHUB_OUTPUT is not set";
        return Ok(Done::Skipped(why.to_owned()));
    };
    let mut text = String::new();
    for (name, value) in outputs {
        let end = delimiter(value);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name}<<{end}\n{value}\n{end}");
    }
    let file = OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|source| {
            let path = path.to_path_buf();
            SurfaceError::File { path, source }
        })?;
    Ok(Done::Shown(None))
}

/// A random word that does not occur in the value. The keys of a hash state come from the system.
fn delimiter(value: &str) -> String {
    loop {
        let random = [RandomState::new(), RandomState::new()].map(|s| s.hash_one(value.len()));
        let word = format!("aegis_{:016x}{:016x}", random[0], random[1]);
        if !value.contains(&word) {
            return word;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_value_cannot_set_another_output() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("output");
        fs::write(&file, "a=1\n").unwrap();
        let outputs = [
            ("score", "84".to_owned()),
            ("title", "x\nEOF\nconclusion=success".to_owned()),
        ];
        show(Some(&file), &outputs).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines[0], lines[2]), ("a=1", "84"));
        let end = lines[4].strip_prefix("title<<").unwrap();
        assert_eq!(lines[5..8], ["x", "EOF", "conclusion=success"]);
        assert_eq!(lines[8], end);
        assert_ne!(delimiter("x"), delimiter("x"));
    }
}
