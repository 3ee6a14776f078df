//! What the scanner can report. Docs, SARIF rules and `aegis explain` are made from this list.

use aegis_diag::{Rule, Severity};

use crate::catalog::Kind;

macro_rules! rules {
    ($($konst:ident = $id:literal $name:literal $severity:ident $cwe:expr, [$($tag:literal),*], $summary:literal;)*) => {
        $(
            #[doc = $summary]
            pub(crate) static $konst: Rule = Rule {
                id: $id,
                name: $name,
                severity: Severity::$severity,
                summary: $summary,
                tags: &[$($tag),*],
                cwe: $cwe,
                since: "0.1.0",
                page: include_str!(concat!("rules/", $id, ".md")),
            };
        )*

        /// Every rule of the scanner, sorted by id.
        pub static RULES: &[&Rule] = &[$(&$konst),*];
    };
}

rules! {
    LLM_CALL = "AEG101" "ungoverned-llm-call" High None, ["ASI01", "LLM06:2025", "LLM10:2025"], "A request to a model is not governed on every way in.";
    AGENT_RUN = "AEG102" "ungoverned-agent-run" High None, ["ASI01", "ASI02", "LLM06:2025"], "An agent or chain runs without being governed on every way in.";
    TOOL = "AEG103" "ungoverned-tool" High Some(862), ["ASI02", "ASI03", "LLM06:2025"], "A tool that a model can call is not governed.";
    MCP = "AEG104" "ungoverned-mcp-call" High Some(862), ["ASI02", "ASI04", "LLM03:2025"], "A call to, or the attachment of, an MCP server is not governed.";
    EXEC = "AEG105" "ungoverned-code-execution" Critical Some(94), ["ASI05", "LLM05:2025", "LLM06:2025"], "Code or shell commands that a model can choose run without being governed.";
    HTTP = "AEG106" "ungoverned-provider-http" High None, ["ASI01", "LLM06:2025", "LLM10:2025"], "A raw HTTP request to a model provider is not governed.";
    UNREADABLE = "AEG190" "unreadable-file" Medium None, [], "A file in scope could not be read, decoded or is too large, so it was not analysed.";
    UNPARSED = "AEG191" "unparsed-code" Low None, [], "Part of a file is not valid Python, so that part was not analysed.";
    NO_REASON = "AEG192" "suppression-without-reason" Low None, [], "A comment suppresses a finding and does not say why.";
    UNUSED = "AEG193" "unused-suppression" Low None, [], "A comment suppresses nothing, or it has expired.";
}

/// The rule for call sites of a kind.
pub(crate) fn for_kind(kind: Kind, http: bool) -> &'static Rule {
    match kind {
        Kind::LlmCall if http => &HTTP,
        Kind::LlmCall => &LLM_CALL,
        Kind::AgentRun => &AGENT_RUN,
        Kind::ToolDef => &TOOL,
        Kind::McpClient => &MCP,
        Kind::AgentExec => &EXEC,
    }
}

/// A rule by its id or name.
#[must_use]
pub fn find(word: &str) -> Option<&'static Rule> {
    RULES
        .iter()
        .copied()
        .find(|r| r.id.eq_ignore_ascii_case(word) || r.name == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_sorted_and_unique_and_names_are_kebab_case() {
        assert!(RULES.windows(2).all(|w| w[0].id < w[1].id));
        assert!(
            RULES
                .iter()
                .all(|r| r.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
        );
        assert_eq!(find("aeg101"), Some(&LLM_CALL));
        assert_eq!(find("unused-suppression"), Some(&UNUSED));
    }
}
