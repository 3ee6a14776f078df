//! Ready-made policies and reference data, embedded as text. No code lives here: a template is a
//! policy and its suite in `templates/`, and the build script lists them.

/// Tool names as published in public MCP servers and agent frameworks, with their effects: names
/// only, the sources and commits are in the file.
pub const REAL_TOOLS: &str = include_str!("reference/real-tools.json");

/// Verbs, object nouns, targets, affixes and synonyms with their effects; sources in the file.
pub const VOCABULARY: &str = include_str!("reference/vocabulary.json");

/// A ready-made policy with the suite that shows what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// The name to ask for it by, such as `crm-agent`.
    pub name: &'static str,
    /// What it is for, in one sentence: the first of the policy's own comment.
    pub summary: &'static str,
    /// The policy.
    pub policy: &'static str,
    /// Its test suite.
    pub suite: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// The template of this name.
#[must_use]
pub fn template(name: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|t| t.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_sorted_and_found_by_name() {
        assert!(TEMPLATES.len() >= 10);
        assert!(TEMPLATES.is_sorted_by(|a, b| a.name < b.name));
        for t in TEMPLATES {
            assert_eq!(template(t.name), Some(t));
            assert!(
                t.summary.len() > 20 && t.summary.len() < 160,
                "{}: {}",
                t.name,
                t.summary
            );
            assert!(!t.summary.contains('\n'));
        }
        assert_eq!(template("Starter"), None);
    }
}
