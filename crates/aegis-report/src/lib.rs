//! Every output format of Aegis: pure functions from a [`Report`] to text.
//!
//! | format | for | deterministic |
//! |---|---|---|
//! | [`Format::Text`] | people at a terminal: snippets, tables, a summary | all but the wall time |
//! | [`Format::Concise`] | people and editors: one line per finding, a summary | all but the wall time |
//! | [`Format::Json`] | programs: one document, see [`json`] | yes |
//! | [`Format::Jsonl`] | programs: one object per line, see [`jsonl`] | yes |
//! | [`Format::Sarif`] | code scanning: SARIF 2.1.0, see [`sarif`] | yes |
//! | [`Format::Github`] | GitHub Actions: annotations by workflow command | all but the wall time |
//! | [`Format::Gitlab`] | the merge request widget of GitLab: Code Quality | yes |
//! | [`Format::Junit`] | test reports of any CI: JUnit XML, see [`junit`] | yes |
//! | [`Format::Markdown`] | comments on pull requests, summaries of jobs | yes |
//! | [`Format::Html`] | people in a browser: one file that needs nothing else | yes |
//! | [`Format::Cyclonedx`] | inventories: an AI bill of materials, CycloneDX 1.6 | yes |
//!
//! Nothing here reads files, asks for the time or writes to a stream. Scanned files are hostile:
//! every text that comes from one is neutralised before it reaches a terminal or a runner.
//!
//! The parts are there for other reports of the tool as well: [`remark`] draws anything that is
//! said about a place, [`table`], [`paint`] and [`clean`] make the rest look alike.
//!
//! ```
//! use aegis_diag::Report;
//! use aegis_report::{Format, Options, render};
//!
//! let format: Format = "concise".parse()?;
//! assert_eq!(
//!     render(&Report::default(), format, &Options::default()),
//!     "Scanned 0 files\nNo AI call sites found\n"
//! );
//! # Ok::<(), aegis_report::UnknownFormat>(())
//! ```

pub mod change;
pub mod clean;
mod concise;
mod cyclonedx;
pub mod escape;
pub mod github;
mod gitlab;
mod html;
mod inventory;
pub mod json;
pub mod jsonl;
pub mod junit;
mod links;
mod markdown;
pub mod paint;
pub mod remark;
pub mod sarif;
pub mod score;
mod snippet;
mod statistics;
mod summary;
pub mod table;
pub mod tally;
mod text;
pub mod words;

#[cfg(test)]
mod samples;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use aegis_diag::Report;

pub use links::{BadLinkBase, LinkBase};

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Source snippets, tables and a summary, for people.
    Text,
    /// One line per finding and a summary.
    Concise,
    /// One JSON document.
    Json,
    /// One JSON object per line.
    Jsonl,
    /// SARIF 2.1.0.
    Sarif,
    /// GitHub workflow commands.
    Github,
    /// GitLab Code Quality.
    Gitlab,
    /// JUnit XML.
    Junit,
    /// Markdown for a comment or a summary.
    Markdown,
    /// One self-contained HTML file.
    Html,
    /// CycloneDX 1.6 JSON.
    Cyclonedx,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 11] = [
        Self::Text,
        Self::Concise,
        Self::Json,
        Self::Jsonl,
        Self::Sarif,
        Self::Github,
        Self::Gitlab,
        Self::Junit,
        Self::Markdown,
        Self::Html,
        Self::Cyclonedx,
    ];

    /// The word used in options and configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Concise => "concise",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Junit => "junit",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Cyclonedx => "cyclonedx",
        }
    }

    /// Whether a report in the format says itself what was looked at and what came out, so that
    /// nobody has to say it beside it.
    #[must_use]
    pub fn has_summary(self) -> bool {
        matches!(
            self,
            Self::Text | Self::Concise | Self::Github | Self::Markdown
        )
    }

    /// Whether the format is meant for people, so that colours and tables make sense.
    #[must_use]
    pub fn is_for_people(self) -> bool {
        matches!(self, Self::Text | Self::Concise)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word is not a format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not a format; {}expected {}", did_you_mean(*.nearest), expected())]
pub struct UnknownFormat {
    /// What was written.
    pub word: String,
    /// The format that was probably meant.
    pub nearest: Option<Format>,
}

fn did_you_mean(nearest: Option<Format>) -> String {
    nearest.map_or_else(String::new, |f| format!("did you mean `{f}`? "))
}

fn expected() -> String {
    words::list(&Format::ALL.map(Format::as_str), "or")
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        if let Some(format) = Self::ALL.into_iter().find(|f| f.as_str() == s) {
            return Ok(format);
        }
        let lower = s.to_lowercase();
        let nearest = Self::ALL
            .into_iter()
            .map(|f| (strsim::damerau_levenshtein(&lower, f.as_str()), f))
            .filter(|(distance, f)| *distance <= 2 && *distance < f.as_str().len() - 1)
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, f)| f);
        Err(UnknownFormat {
            word: s.to_owned(),
            nearest,
        })
    }
}

/// What a rendering may be told. The defaults are those of a pipe: no colours, 100 columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Whether [`Format::Text`] and [`Format::Concise`] may use colours.
    pub color: bool,
    /// Whether [`Format::Text`] lists all call sites.
    pub inventory: bool,
    /// Whether [`Format::Text`] prints counts per rule, framework and kind.
    pub statistics: bool,
    /// Columns available to [`Format::Text`]; long source lines are trimmed to it.
    pub width: usize,
    /// Whether suppressed findings are shown by the formats that leave them out otherwise: text,
    /// concise and SARIF. JSON always carries them, apart from the findings.
    pub include_suppressed: bool,
    /// The version to name as the producer.
    pub tool_version: String,
    /// The way from the root of the repository to where the scan was started, `/`-separated and
    /// empty if they are the same. It is put before the paths in SARIF and in GitHub annotations,
    /// which must be relative to the root of the repository.
    pub root: String,
    /// Where the files of the repository can be read on the web, for links in Markdown and HTML.
    pub link_base: Option<LinkBase>,
    /// For import paths the package on PyPI that they come from, for [`Format::Cyclonedx`].
    pub packages: BTreeMap<String, String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            color: false,
            inventory: false,
            statistics: false,
            width: 100,
            include_suppressed: false,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            root: String::new(),
            link_base: None,
            packages: BTreeMap::new(),
        }
    }
}

/// The report in a format. The text ends with a line ending.
#[must_use]
pub fn render(report: &Report, format: Format, options: &Options) -> String {
    match format {
        Format::Text => text::render(report, options),
        Format::Concise => concise::render(report, options),
        Format::Json => json::render(report, options),
        Format::Jsonl => jsonl::render(report, options),
        Format::Sarif => sarif::render(report, options),
        Format::Github => github::render(report, options),
        Format::Gitlab => gitlab::render(report, options),
        Format::Junit => junit::render(report, options),
        Format::Markdown => markdown::render(report, options),
        Format::Html => html::render(report, options),
        Format::Cyclonedx => cyclonedx::render(report, options),
    }
}

/// Where the project lives.
pub(crate) const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// The page of a rule; what is wrong with a policy file stands on one page.
pub(crate) fn rule_url(id: &str) -> String {
    if id.starts_with("AEG") {
        format!("{REPOSITORY}/blob/main/docs/rules/{id}.md")
    } else {
        format!("{REPOSITORY}/blob/main/docs/policy.md#what-is-refused")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_its_word() {
        for format in Format::ALL {
            assert_eq!(format.as_str().parse(), Ok(format));
        }
    }

    #[test]
    fn a_wrong_word_is_answered_with_the_nearest_and_with_all() {
        let message = |word: &str| word.parse::<Format>().unwrap_err().to_string();
        insta::assert_snapshot!(message("sarfi"), @"`sarfi` is not a format; did you mean `sarif`? expected text, concise, json, jsonl, sarif, github, gitlab, junit, markdown, html or cyclonedx");
        insta::assert_snapshot!(message("JSON"), @"`JSON` is not a format; did you mean `json`? expected text, concise, json, jsonl, sarif, github, gitlab, junit, markdown, html or cyclonedx");
        insta::assert_snapshot!(message("xml"), @"`xml` is not a format; did you mean `html`? expected text, concise, json, jsonl, sarif, github, gitlab, junit, markdown, html or cyclonedx");
    }

    #[test]
    fn every_format_ends_with_a_line_ending_even_for_an_empty_report() {
        for format in Format::ALL {
            let out = render(&Report::default(), format, &Options::default());
            assert!(
                out.ends_with('\n') && !out.ends_with("\n\n"),
                "{format}: {out:?}"
            );
        }
    }
}
