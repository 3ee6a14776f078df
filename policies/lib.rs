//! Ready-made policies and reference data, embedded as text. No code lives here.

/// Tool names as published in public MCP servers and agent frameworks, with their effects: names
/// only, the sources and commits are in the file.
pub const REAL_TOOLS: &str = include_str!("reference/real-tools.json");

/// Verbs, object nouns, targets, affixes and synonyms with their effects; sources in the file.
pub const VOCABULARY: &str = include_str!("reference/vocabulary.json");
