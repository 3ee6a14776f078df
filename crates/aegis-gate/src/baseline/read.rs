//! From text to a baseline; every mistake with its line.

use std::collections::BTreeMap;

use aegis_diag::{content_fingerprint, is_date};
use aegis_probe::guards::Guards;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::{Baseline, Entry, FORMAT, VERSION};

/// What is wrong with the text of a baseline, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub struct BaselineError {
    /// 1-based line.
    pub line: usize,
    /// 1-based column, in characters.
    pub column: usize,
    /// What is wrong there.
    pub what: String,
}

impl From<serde_json::Error> for BaselineError {
    fn from(error: serde_json::Error) -> Self {
        Self {
            line: error.line().max(1),
            column: error.column().max(1),
            what: words(&error),
        }
    }
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// The first mistake in the text.
    pub fn from_json(text: &str) -> Result<Self, BaselineError> {
        head(text)?;
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File<'a> {
            #[serde(rename = "format")]
            _format: IgnoredAny,
            #[serde(rename = "version")]
            _version: IgnoredAny,
            #[serde(borrow)]
            findings: Vec<&'a RawValue>,
            #[serde(borrow, default)]
            policy: Option<&'a RawValue>,
        }
        let file: File<'_> = serde_json::from_str(text)?;
        let mut entries: Vec<Entry> = Vec::new();
        let mut lines: BTreeMap<String, usize> = BTreeMap::new();
        for raw in file.findings {
            let part = Part::new(text, raw.get());
            let entry: Entry = part.parse()?;
            check(&entry, &part)?;
            let line = part.place(&entry.id).0;
            if let Some(earlier) = lines.insert(entry.id.clone(), line) {
                let what = format!(
                    "`{}` is listed twice, first on line {earlier}; keep one and add up their counts",
                    entry.id
                );
                return Err(part.error(&entry.id, what));
            }
            entries.push(entry);
        }
        let guards = file.policy.map(|raw| guards(text, raw)).transpose()?;
        Ok(Self { entries, guards }.sorted())
    }
}

/// What the file says it is.
fn head(text: &str) -> Result<(), BaselineError> {
    #[derive(Deserialize)]
    struct Head {
        format: Option<String>,
        version: Option<u64>,
    }
    let whole = Part {
        text,
        start: 0,
        part: text,
    };
    let head: Head = whole.parse()?;
    match (head.format.as_deref(), head.version) {
        (Some(FORMAT), Some(version)) if version == u64::from(VERSION) => Ok(()),
        (Some(FORMAT), Some(version)) => {
            let what = format!("`version` is {version}, and this Aegis reads version {VERSION}");
            Err(whole.error("\"version\"", what))
        }
        (Some(FORMAT), None) => {
            let what = format!("there is no `version`; expected `\"version\": {VERSION}`");
            Err(whole.error("\"format\"", what))
        }
        (Some("aegis/probe-baseline"), _) => {
            let what = "this is a baseline of an earlier Aegis; `aegis baseline write --force` writes a new one";
            Err(whole.error("\"format\"", what.to_owned()))
        }
        (Some(other), _) => {
            let what = format!("`format` is `{other}`, not `{FORMAT}`, so this is no baseline");
            Err(whole.error("\"format\"", what))
        }
        (None, _) => {
            let what = format!("there is no `format`; expected `\"format\": \"{FORMAT}\"`");
            Err(whole.error("{", what))
        }
    }
}

fn check(entry: &Entry, part: &Part<'_>) -> Result<(), BaselineError> {
    if entry.count == 0 {
        let what = "`count` is 0; expected at least 1, or no entry".to_owned();
        return Err(part.error("\"count\"", what));
    }
    if let Some(date) = entry.expires.as_deref().filter(|date| !is_date(date)) {
        let what = format!("`{date}` is not a day; expected one such as `2027-01-31`");
        return Err(part.error(date, what));
    }
    let made = content_fingerprint(&entry.rule, &entry.path, &entry.scope, &entry.symbol, 0);
    if !entry.symbol.is_empty() && made != entry.id {
        let what = format!(
            "`id` does not fit `rule`, `path`, `scope` and `symbol`, which would be `{made}`; entries are added by `aegis baseline update`"
        );
        return Err(part.error(&entry.id, what));
    }
    Ok(())
}

fn guards(text: &str, raw: &RawValue) -> Result<Guards, BaselineError> {
    let part = Part::new(text, raw.get());
    let guards: Guards = part.parse()?;
    guards
        .check()
        .map_err(|error| part.error(&format!("\"{}\"", error.rule), error.to_string()))?;
    Ok(guards)
}

/// A value in the text.
struct Part<'a> {
    text: &'a str,
    start: usize,
    part: &'a str,
}

impl<'a> Part<'a> {
    /// `part` is a piece of `text` itself, not a copy.
    fn new(text: &'a str, part: &'a str) -> Self {
        let start = part.as_ptr().addr().saturating_sub(text.as_ptr().addr());
        Self { text, start, part }
    }

    /// The object that it is.
    fn parse<T: Deserialize<'a>>(&self) -> Result<T, BaselineError> {
        // A list would be taken for the values of an object, in order.
        let start = self.part.trim_ascii_start();
        if !start.is_empty() && !start.starts_with('{') {
            let first = start.get(..1).unwrap_or("");
            return Err(self.error(first, "expected an object, in braces".to_owned()));
        }
        serde_json::from_str(self.part).map_err(|error| {
            let (line, column) = self.at(self.start);
            let inside = error.line().max(1);
            let column = match inside {
                1 => column + error.column().max(1) - 1,
                _ => error.column().max(1),
            };
            BaselineError {
                line: line + inside - 1,
                column,
                what: words(&error),
            }
        })
    }

    /// Line and column of the first `word` in it.
    fn place(&self, word: &str) -> (usize, usize) {
        self.at(self.start + self.part.find(word).unwrap_or(0))
    }

    fn at(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or("");
        let line = before.matches('\n').count() + 1;
        let last = before.rsplit('\n').next().unwrap_or("");
        (line, last.chars().count() + 1)
    }

    fn error(&self, word: &str, what: String) -> BaselineError {
        let (line, column) = self.place(word);
        BaselineError { line, column, what }
    }
}

/// What serde says, without the place, and with the word that was probably meant.
fn words(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let said = said.strip_suffix(&place).unwrap_or(&said).to_owned();
    let mut quoted = said.split('`').skip(1).step_by(2);
    let nearest = match (said.starts_with("unknown "), quoted.next()) {
        (true, Some(word)) => quoted
            .map(|known| (strsim::damerau_levenshtein(word, known), known))
            .filter(|(distance, _)| *distance <= 2)
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, known)| format!("; did you mean `{known}`?")),
        _ => None,
    };
    format!("{said}{}", nearest.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = r#"{
      "id": "0c9e9b3f5cd0f0a4b0c7e1a5d2f3c4b5",
      "rule": "AEG193",
      "severity": "low",
      "path": "a.py",
      "message": "this suppression suppresses nothing",
      "count": 1
    }"#;

    fn file(entries: &str) -> String {
        format!(
            "{{\n  \"format\": \"aegis/baseline\",\n  \"version\": 1,\n  \"findings\": [{entries}]\n}}\n"
        )
    }

    fn refused(text: &str) -> String {
        Baseline::from_json(text).unwrap_err().to_string()
    }

    #[test]
    fn what_was_written_is_read() {
        let baseline = Baseline::from_json(&file(ENTRY)).unwrap();
        let again = Baseline::from_json(&baseline.to_json().unwrap()).unwrap();
        assert_eq!(baseline.entries(), again.entries());
        assert_eq!(baseline.count(), 1);
    }

    #[test]
    fn every_mistake_has_its_line() {
        insta::assert_snapshot!(refused(""), @"line 1, column 1: EOF while parsing a value");
        insta::assert_snapshot!(refused("{\n  \"findings\": [,]\n}"), @"line 2, column 16: expected value");
        insta::assert_snapshot!(refused("{}"), @"line 1, column 1: there is no `format`; expected `\"format\": \"aegis/baseline\"`");
        insta::assert_snapshot!(refused("{\"format\": \"aegis/scan\", \"version\": 1}"), @"line 1, column 2: `format` is `aegis/scan`, not `aegis/baseline`, so this is no baseline");
        insta::assert_snapshot!(refused(&file("").replace("\"version\": 1", "\"version\": 7")), @"line 3, column 3: `version` is 7, and this Aegis reads version 1");
        let with = |from: &str, to: &str| refused(&file(&ENTRY.replace(from, to)));
        insta::assert_snapshot!(with("\"count\": 1", "\"count\": 0"), @"line 10, column 7: `count` is 0; expected at least 1, or no entry");
        insta::assert_snapshot!(with("\"count\": 1", "\"count\": 1, \"expiers\": 1"), @"line 10, column 27: unknown field `expiers`, expected one of `id`, `rule`, `severity`, `path`, `scope`, `symbol`, `message`, `count`, `reason`, `expires`, `owner`; did you mean `expires`?");
        insta::assert_snapshot!(with("\"count\": 1", "\"count\": 1,\n      \"expires\": \"2027-02-30\""), @"line 11, column 19: `2027-02-30` is not a day; expected one such as `2027-01-31`");
        insta::assert_snapshot!(with("\"low\"", "\"lwo\""), @"line 7, column 23: unknown variant `lwo`, expected one of `info`, `low`, `medium`, `high`, `critical`; did you mean `low`?");
        insta::assert_snapshot!(with("\"count\"", "\"symbol\": \"x\", \"count\""), @"line 5, column 14: `id` does not fit `rule`, `path`, `scope` and `symbol`, which would be `4b161b6e8aa35c7e58cd44c6b0ec1d3e`; entries are added by `aegis baseline update`");
        insta::assert_snapshot!(refused(&file(&format!("{ENTRY},\n{ENTRY}"))), @"line 13, column 14: `0c9e9b3f5cd0f0a4b0c7e1a5d2f3c4b5` is listed twice, first on line 5; keep one and add up their counts");
    }
}
