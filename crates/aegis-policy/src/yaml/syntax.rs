//! Why a text is not YAML.

use std::sync::Arc;

use aegis_diag::{SourceFile, Span};
use granit_parser::{ErrorKind, ScanError};

use super::too_deep;
use crate::problem::Problem;

/// A syntax error in words for people who do not know the grammar of YAML.
pub(super) fn problem(file: &Arc<SourceFile>, error: &ScanError) -> Box<Problem> {
    use ErrorKind as E;
    let start = error.marker().byte_offset().unwrap_or_default();
    let next = file.text.get(start..).and_then(|rest| rest.chars().next());
    let width = next
        .filter(|c| !c.is_whitespace())
        .map_or(0, char::len_utf8);
    let at = Span::new(Arc::clone(file), start..start + width);
    let quote = "put the text into double quotes";
    let (message, help): (String, &str) = match error.kind() {
        E::RecursionLimitExceeded => return too_deep(at),
        E::DirectiveDisallowed => (
            "a line that starts with `%` is a YAML directive, which a policy cannot have".into(),
            "leave the line out",
        ),
        E::MissingAnchorOrAliasName => (
            "a text that starts with `*` or `&` must be quoted".into(),
            "write `\"*\"`",
        ),
        E::UnexpectedCharacter { character } => {
            (format!("a text cannot start with `{character}`"), quote)
        }
        E::MappingValueNotAllowed => (
            "a `:` is not expected here".into(),
            "quote a text that contains a colon; keys of one mapping start in the same column",
        ),
        E::UnclosedQuotedScalar => ("a quote is opened here and never closed".into(), ""),
        E::UnclosedFlowCollection { open } => {
            (format!("`{open}` is opened here and never closed"), "")
        }
        E::MismatchedFlowCollectionEnd { open, close } => {
            (format!("`{open}` is closed by `{close}`"), "")
        }
        E::MisplacedFlowCollectionEnd => ("a bracket is closed that was not opened".into(), quote),
        E::InvalidTrailingSingleQuotedScalar | E::InvalidTrailingDoubleQuotedScalar => (
            "nothing can follow the closing quote here".into(),
            "put the whole text into quotes; a quote inside double quotes is written `\\\"`",
        ),
        E::UnknownQuotedScalarEscape => (
            "this is no escape that double quotes know".into(),
            "write `\\\\` for a backslash, or use single quotes, which have no escapes",
        ),
        E::TabNotAllowed | E::TabInIndentation | E::TabInBlockIndentation => {
            ("a tab cannot indent a line".into(), "indent with spaces")
        }
        E::ExpectedFlowMappingSeparator => (
            "a `,` or `}` is expected here".into(),
            "a text with braces, brackets or commas is quoted inside `{}`",
        ),
        E::ExpectedFlowSequenceSeparator => (
            "a `,` or `]` is expected here".into(),
            "a text with braces, brackets or commas is quoted inside `[]`",
        ),
        E::BlockSequenceEntryNotAllowed | E::BlockEntryInFlowCollection => (
            "a list cannot start here".into(),
            "put every `- ` on a line of its own",
        ),
        E::ExpectedBlockSequenceEntry => (
            "a `- ` is expected here".into(),
            "items of one list start in the same column",
        ),
        E::ExpectedBlockMappingKey
        | E::InvalidIndentation
        | E::SimpleKeyExpected
        | E::InvalidSimpleKey => (
            "a key with a `:` is expected here".into(),
            "keys of one mapping start in the same column, and a space follows the `:`",
        ),
        other => (other.to_string(), ""),
    };
    let problem = Problem::error("syntax", at, message).label("the text cannot be read from here");
    Box::new(match help {
        "" => problem,
        help => problem.help(help),
    })
}
