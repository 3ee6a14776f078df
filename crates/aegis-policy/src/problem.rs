//! What is wrong, or suspicious, about a policy: values that a renderer shows beside the source.

use std::fmt;

use aegis_diag::{Label, Span};

/// How serious a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Legal, but probably not what was meant.
    Warning,
    /// The policy is refused.
    Error,
}

impl Severity {
    /// The lower-case word used in output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Every code, and what it says; sorted. Those marked as warnings leave the policy valid.
pub const CODES: &[(&str, &str)] = &[
    (
        "alias-bomb",
        "aliases stand for more than a policy may hold",
    ),
    (
        "alias-loop",
        "an alias stands inside the part that it stands for",
    ),
    (
        "ambiguous-value",
        "readers of YAML disagree about what a value without quotes is",
    ),
    (
        "auto-default",
        "*warning:* what no rule speaks of runs unasked",
    ),
    (
        "auto-everything",
        "*warning:* a rule lets every action run unasked",
    ),
    ("bad-moment", "a moment is not written as in RFC 3339"),
    (
        "bad-name",
        "a name is empty, too long, or has characters that do not show",
    ),
    ("bad-path", "a parameter path is malformed"),
    ("bad-pattern", "a pattern is empty or malformed"),
    (
        "bad-regex",
        "a regular expression is empty, malformed or too large",
    ),
    (
        "bad-text",
        "a text is empty or has characters that do not show",
    ),
    ("bad-time", "a time is malformed or there is no such time"),
    ("bad-weekday", "a weekday is not a number from 1 to 7"),
    (
        "case-failed",
        "the policy decides a case of a test suite otherwise than expected",
    ),
    (
        "dotted-key",
        "*warning:* a parameter path looks like one key with a dot in it",
    ),
    ("duplicate-case", "two cases have the same name"),
    ("duplicate-key", "a key stands twice in one mapping"),
    ("duplicate-rule", "two rules have the same name"),
    ("empty", "the file holds nothing"),
    ("empty-list", "a list is empty"),
    ("empty-mapping", "a mapping is empty"),
    ("empty-window", "no time of day lies in a window"),
    (
        "forbidden-character",
        "the file has a character that does not show, or that readers disagree about",
    ),
    (
        "key-not-text",
        "a key is no text, or some reader would take it for something else",
    ),
    (
        "looks-like-list",
        "*warning:* one pattern looks like several, joined by commas",
    ),
    (
        "looks-like-regex",
        "*warning:* a pattern looks like a regular expression",
    ),
    (
        "merge-not-mapping",
        "`<<` merges something that is not a mapping",
    ),
    ("missing-key", "a key that is needed is missing"),
    (
        "never-matches",
        "*warning:* conditions of a rule exclude each other",
    ),
    (
        "no-approval",
        "*warning:* a rule has no `approval`, so a person is asked",
    ),
    (
        "no-match",
        "*warning:* a rule has no `match`, so it speaks of every action",
    ),
    (
        "no-rules",
        "*warning:* the policy has no rules, so the defaults decide everything",
    ),
    ("no-value", "a key has no value"),
    (
        "not-a-number",
        "an order is asked of something that is not a number",
    ),
    ("not-utf8", "the file is not UTF-8 text"),
    (
        "quoted-number",
        "a number in quotes where a number is compared; in `param_eq` *a warning*",
    ),
    ("repeated-effect", "*warning:* an effect is listed twice"),
    ("repeated-pattern", "*warning:* a pattern is listed twice"),
    ("repeated-weekday", "*warning:* a weekday is listed twice"),
    ("several-documents", "the file holds a second document"),
    ("syntax", "the text is not YAML"),
    ("tag", "a YAML tag"),
    (
        "timezone-changed",
        "*warning:* merging moves a time into another zone",
    ),
    ("too-deep", "the text nests deeper than 64 levels"),
    (
        "too-large",
        "the file is larger than 1 MiB, or its patterns together are too large",
    ),
    (
        "too-many-problems",
        "only the first 1,000 problems are reported",
    ),
    ("unknown-alias", "an alias without an anchor before it"),
    ("unknown-key", "a key that does not exist, or not here"),
    ("unknown-timezone", "not the name of a time zone"),
    (
        "unknown-version",
        "a version of the language that this release does not read",
    ),
    ("unknown-word", "not one of the words that the key takes"),
    (
        "unquoted-time",
        "a time without quotes, which some readers take for a number",
    ),
    (
        "unreachable",
        "*warning:* an earlier rule leaves nothing for a rule",
    ),
    ("unreadable", "the file cannot be read"),
    ("wrong-type", "a value of another kind than the key takes"),
];

/// One problem. It cannot be built without a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Whether the policy is refused because of it.
    pub severity: Severity,
    /// A stable kebab-case word for machines, such as `unknown-key`.
    pub code: &'static str,
    /// What is wrong: one sentence, lower case, no full stop.
    pub message: String,
    /// Where, and what was expected there.
    pub primary: Label,
    /// Further places that explain it, in reading order.
    pub related: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Problem {
    /// A mistake: the policy is refused.
    #[must_use]
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, span, message.into())
    }

    /// Something legal that was probably not meant.
    #[must_use]
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, span, message.into())
    }

    fn new(severity: Severity, code: &'static str, span: Span, message: String) -> Self {
        let text = String::new();
        Self {
            severity,
            code,
            message,
            primary: Label { span, text },
            related: Vec::new(),
            help: None,
        }
    }

    /// Says what the underlined text is, or what was expected in its place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Adds a place that explains it.
    #[must_use]
    pub fn because(mut self, span: Span, says: impl Into<String>) -> Self {
        let text = says.into();
        self.related.push(Label { span, text });
        self
    }

    /// Sets what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Whether the policy is refused because of it.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The order in which problems are shown: file, position, code, message.
    #[must_use]
    pub fn sort_key(&self) -> (&str, usize, usize, &'static str, &str) {
        let span = &self.primary.span;
        (
            &span.file.path,
            span.range.start,
            span.range.end,
            self.code,
            &self.message,
        )
    }
}

impl fmt::Display for Problem {
    /// `path:line:column: error: message; help`, for logs; people get the rendered source.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.primary.span.locator();
        write!(f, "{at}: {}: {}", self.severity, self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

/// Everything that is wrong with one text, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Puts problems in order and leaves out repetitions: a part that an alias uses twice has its
    /// mistakes once.
    #[must_use]
    pub fn sorted(mut problems: Vec<Problem>) -> Self {
        problems.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        problems.dedup();
        Self(problems)
    }

    /// Whether there is one for which the policy is refused.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(Problem::is_error)
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// User input as messages quote it: characters that would not show, or would reach into the
/// terminal, are spelled out, and a long text is cut.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut out = String::new();
    for (i, c) in text.chars().enumerate() {
        if i == LONGEST {
            out.push_str("...");
            break;
        }
        if c == '\n' {
            out.push_str("\\n");
        } else if invisible(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether a character does not show by itself: controls, format characters, line separators.
pub(crate) fn invisible(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            0xAD | 0x34F | 0x61C | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F
            | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F
            | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A
            | 0xE0000..=0xE0FFF)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aegis_diag::SourceFile;

    use super::*;

    #[test]
    fn a_problem_reads_as_one_line_with_its_place() {
        let file = Arc::new(SourceFile::new("p.yaml", "a: 1\nb: 2\n", None));
        let problem = Problem::error("unknown-key", Span::new(file, 5..6), "`b` is unknown")
            .help("did you mean `a`?");
        assert_eq!(
            Problems::from(problem).to_string(),
            "p.yaml:2:1: error: `b` is unknown; did you mean `a`?"
        );
    }

    #[test]
    fn what_does_not_show_is_spelled_out() {
        assert_eq!(shown("a\u{200b}b\u{1b}[1m\nc"), "a\\u{200b}b\\u{1b}[1m\\nc");
        assert_eq!(shown(&"x".repeat(100)), format!("{}...", "x".repeat(60)));
    }
}
