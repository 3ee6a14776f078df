//! The part of SARIF 2.1.0 that Aegis writes. Names and meaning are those of the OASIS standard.
#![expect(
    missing_docs,
    reason = "the fields are documented by the SARIF standard"
)]

use std::collections::BTreeMap;

use serde::Serialize;

use crate::json::Summary;

/// `sarifLog`.
#[derive(Debug, Serialize)]
pub struct Log<'a, P> {
    #[serde(rename = "$schema")]
    pub schema: &'static str,
    pub version: &'static str,
    pub runs: [Run<'a, P>; 1],
}

/// `run`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Run<'a, P> {
    pub tool: Tool,
    pub invocations: [Invocation; 1],
    pub original_uri_base_ids: BTreeMap<&'static str, UriBase>,
    pub column_kind: &'static str,
    pub results: Vec<RunResult<'a>>,
    pub properties: P,
}

/// `run.properties`.
#[derive(Debug, Serialize)]
pub struct RunProperties<'a> {
    /// The summary of the JSON format.
    pub summary: Summary<'a>,
    /// The trees that were left out.
    pub excluded: &'a [String],
}

/// `artifactLocation` of a base: known by its description only.
#[derive(Debug, Serialize)]
pub struct UriBase {
    pub description: Text,
}

/// `tool`.
#[derive(Debug, Serialize)]
pub struct Tool {
    pub driver: Driver,
}

/// `toolComponent`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Driver {
    pub name: &'static str,
    pub information_uri: &'static str,
    pub version: String,
    pub semantic_version: String,
    pub rules: Vec<Descriptor>,
}

/// `reportingDescriptor`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    pub id: &'static str,
    pub name: String,
    pub short_description: Text,
    pub full_description: Text,
    pub help: Text,
    pub help_uri: String,
    pub default_configuration: Configuration,
    pub properties: RuleProperties,
}

/// `reportingConfiguration`.
#[derive(Debug, Serialize)]
pub struct Configuration {
    pub level: Level,
}

/// `reportingDescriptor.properties`, as GitHub reads them.
#[derive(Debug, Serialize)]
pub struct RuleProperties {
    pub tags: Vec<String>,
    pub precision: &'static str,
    #[serde(rename = "security-severity")]
    pub security_severity: &'static str,
    #[serde(rename = "problem.severity")]
    pub problem_severity: &'static str,
}

/// `level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Error,
    Warning,
    Note,
}

/// `message` and `multiformatMessageString`.
#[derive(Debug, Serialize)]
pub struct Text {
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub markdown: Option<String>,
}

impl Text {
    /// Plain text.
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            markdown: None,
        }
    }
}

/// `invocation`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Invocation {
    pub execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_execution_notifications: Vec<Notification>,
}

/// `notification`.
#[derive(Debug, Serialize)]
pub struct Notification {
    pub descriptor: DescriptorReference,
    pub level: Level,
    pub message: Text,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<Location>,
}

/// `reportingDescriptorReference`.
#[derive(Debug, Serialize)]
pub struct DescriptorReference {
    pub id: &'static str,
}

/// `result`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunResult<'a> {
    pub rule_id: &'static str,
    pub rule_index: usize,
    pub level: Level,
    pub message: Text,
    pub locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related_locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub code_flows: Vec<CodeFlow>,
    pub partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline_state: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suppressions: Vec<Suppression<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<Fix>,
    pub properties: ResultProperties<'a>,
}

/// `suppression`.
#[derive(Debug, Serialize)]
pub struct Suppression<'a> {
    pub kind: &'static str,
    pub status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub justification: Option<&'a str>,
}

/// `fix`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fix {
    pub description: Text,
    pub artifact_changes: [ArtifactChange; 1],
}

/// `artifactChange`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactChange {
    pub artifact_location: ArtifactLocation,
    pub replacements: Vec<Replacement>,
}

/// `replacement`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Replacement {
    pub deleted_region: Region,
    pub inserted_content: Text,
}

/// `location`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<usize>,
    pub physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Text>,
}

/// `physicalLocation`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PhysicalLocation {
    pub artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
}

/// `artifactLocation`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactLocation {
    pub uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri_base_id: Option<&'static str>,
}

/// `region`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Region {
    pub start_line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_column: Option<u32>,
    pub end_line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snippet: Option<Text>,
}

/// `codeFlow`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CodeFlow {
    pub thread_flows: [ThreadFlow; 1],
}

/// `threadFlow`.
#[derive(Debug, Serialize)]
pub struct ThreadFlow {
    pub locations: Vec<ThreadFlowLocation>,
}

/// `threadFlowLocation`.
#[derive(Debug, Serialize)]
pub struct ThreadFlowLocation {
    pub location: Location,
}

/// `result.properties`.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResultProperties<'a> {
    pub severity: &'static str,
    /// What is known of the call site.
    #[serde(flatten)]
    pub site: Option<SiteProperties<'a>>,
    /// What backs a finding about a policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<&'a aegis_diag::Proof>,
    /// For notebooks: 0-based index of the cell over all cells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell: Option<u32>,
    /// For notebooks: 1-based line in the cell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell_line: Option<u32>,
}

/// The call site in `result.properties`.
#[derive(Debug, Serialize)]
pub struct SiteProperties<'a> {
    pub kind: aegis_diag::CallKind,
    pub framework: &'a str,
    pub operation: &'a str,
    pub api: &'a str,
    pub provider: &'a str,
    pub symbol: &'a str,
    pub scope: &'a str,
    pub verdict: aegis_diag::Verdict,
    pub reason: &'a str,
    pub remedy: &'a str,
}
