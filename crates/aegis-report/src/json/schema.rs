//! The JSON Schema of the document, for `docs/report.schema.json`: what the types of `model` borrow
//! from `aegis-diag` is described here once more, because that crate knows no schemas. A test holds
//! the two together: a full report has no key that is not described and lacks none.

#![expect(dead_code, reason = "these types are only described, never made")]

use std::path::Path;

use schemars::JsonSchema;
use serde_json::{Value, json};

use super::{Document, render};
use crate::samples::{gate, report};
use crate::{Options, Report};

/// What the report is of.
#[derive(JsonSchema)]
pub(super) enum Format {
    /// A scan, with or without a score.
    #[schemars(rename = "aegis/scan")]
    Scan,
    /// A scan that is compared with a base and judged.
    #[schemars(rename = "aegis/gate")]
    Gate,
}

/// What was looked at.
#[derive(JsonSchema)]
pub(super) struct FileStats {
    /// Python files and notebooks that were found and read.
    analysed: usize,
    /// Of these, how many could carry an AI value and were parsed.
    parsed: usize,
    /// Of the parsed files, how many were judged by what they import themselves.
    alone: usize,
    /// Bytes of all analysed files.
    bytes: u64,
    /// Folders and files left out by ignore files, built-in or configured exclusions.
    excluded: usize,
}

/// What a call site is.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum CallKind {
    /// A request to a model provider.
    LlmCall,
    /// A framework entry that drives a model.
    AgentRun,
    /// A function, class, object or schema exposed to a model.
    ToolDef,
    /// A call to, or the attachment of, an MCP server.
    McpClient,
    /// Shell or code execution handed to an agent.
    AgentExec,
}

/// Whether a call site is under governance.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum Verdict {
    /// A governor covers it on every way in.
    Governed,
    /// A governor covers it on some ways in but not on all.
    Partly,
    /// Nothing governs it.
    Ungoverned,
}

/// How bad a finding is.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum Severity {
    /// Worth knowing, nothing to do.
    Info,
    /// Small.
    Low,
    /// Should be looked at.
    Medium,
    /// Should be mended.
    High,
    /// Must be mended.
    Critical,
}

/// What keeps a finding from counting.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum SuppressedBy {
    /// A comment beside it.
    Comment,
    /// A baseline that knows it.
    Baseline,
}

/// A parameter of a tool.
#[derive(JsonSchema)]
pub(super) struct ToolParam {
    /// Its name.
    name: String,
    /// Its annotation or schema type as written; `null` if there is none.
    r#type: Option<String>,
    /// Whether the model must give it.
    required: bool,
}

/// What backs a finding about a policy.
#[derive(JsonSchema)]
pub(super) struct Proof {
    /// The family of findings, such as `missing_coverage`.
    category: String,
    /// How sure it is.
    certainty: Certainty,
    /// What must hold for it.
    assumes: Vec<String>,
    /// Actions that show it, the most telling first.
    witnesses: Vec<Witness>,
    /// What was to be expected instead; `null` if that is plain.
    expected: Option<String>,
    /// For each earlier rule why it did not decide.
    explain: Vec<String>,
    /// How many actions are concerned.
    affected: Affected,
    /// A verified change; `null` if none was found.
    fix: Option<Fix>,
}

/// How sure a finding is.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
enum Certainty {
    /// Judged by vocabulary; each decision shown is real.
    Heuristic,
    /// Proved, given what `assumes` says.
    ProvedGiven,
    /// Proved for every action there is.
    Proved,
}

/// An action and what the policy answers.
#[derive(JsonSchema)]
struct Witness {
    /// The action as canonical JSON, in a string.
    action: String,
    /// The moment, RFC 3339 in UTC.
    at: String,
    /// What is decided.
    approval: Approval,
    /// `low`, `medium`, `high` or `critical`.
    risk: String,
    /// The rule that decides; `null` if the defaults or the language do.
    rule: Option<String>,
    /// A command that reproduces it, quoted for a POSIX shell.
    reproduce: String,
}

/// What is decided about an action.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Approval {
    /// It runs unattended.
    Auto,
    /// A person is asked.
    Approve,
    /// It does not run.
    Block,
}

/// How many actions a finding speaks of.
#[derive(JsonSchema)]
struct Affected {
    /// How many of those looked at.
    count: usize,
    /// The most telling of them.
    examples: Vec<String>,
}

/// A change that was tried on a copy.
#[derive(JsonSchema)]
struct Fix {
    /// What it does, as an order.
    title: String,
    /// Replacements in the file of the finding, sorted, not overlapping.
    edits: Vec<Edit>,
    /// Whether no decision gets weaker.
    safe: bool,
    /// Fingerprints of the findings that are gone afterwards.
    closes: Vec<String>,
    /// Harmless names that the policy treats more strictly afterwards.
    restricts: Affected,
}

/// One replacement.
#[derive(JsonSchema)]
struct Edit {
    /// Bytes to replace; empty to insert.
    range: Range,
    /// What stands there afterwards.
    text: String,
}

/// Bytes of a file, the end exclusive.
#[derive(JsonSchema)]
struct Range {
    /// The first.
    start: usize,
    /// The one after the last.
    end: usize,
}

/// A score and everything it was computed from.
#[derive(JsonSchema)]
pub(super) struct Scorecard {
    /// Name and version of the formula.
    formula: String,
    /// The score in tenths of a point; `null` if there is nothing to govern.
    #[schemars(range(max = 1000))]
    score: Option<u16>,
    /// Why the score was held down; `null` if it was not.
    cap: Option<ScoreCap>,
    /// The parts, in the order of their weight.
    parts: Vec<ScorePart>,
    /// What would raise the score at the least cost, best first.
    gains: Vec<ScoreGain>,
    /// Pairs of a heading and a text.
    facts: Vec<(String, String)>,
}

/// A ceiling that took effect.
#[derive(JsonSchema)]
struct ScoreCap {
    /// The score cannot be above this, in tenths of a point.
    at: u16,
    /// Why.
    because: String,
}

/// One weighted part of the score.
#[derive(JsonSchema)]
struct ScorePart {
    /// A stable word, such as `coverage`.
    id: String,
    /// What it is called in reports.
    title: String,
    /// Its weight in percent.
    weight: u16,
    /// How much of it is reached, in tenths of a point.
    score: u16,
    /// What it was computed from.
    inputs: Vec<ScoreInput>,
}

/// One input of a part.
#[derive(JsonSchema)]
struct ScoreInput {
    /// A stable word.
    id: String,
    /// What it is called in reports.
    title: String,
    /// How much one unit of it counts within its part.
    weight: f64,
    /// How many units are reached.
    got: f64,
    /// How many units there are.
    of: f64,
    /// Anything a reader should know; `null` if there is nothing.
    note: Option<String>,
}

/// A way to raise the score.
#[derive(JsonSchema)]
struct ScoreGain {
    /// By how much it rises if only this is done, in tenths of a point.
    gain: u16,
    /// What to do.
    action: String,
    /// The page or command that helps; `null` if there is none.
    help: Option<String>,
}

/// A program and its policy beside what they were before.
#[derive(JsonSchema)]
pub(super) struct Change {
    /// What it is compared with; `null` if there is nothing to compare with.
    base: Option<String>,
    /// The score of the base in tenths of a point; `null` if it had none.
    score_before: Option<u16>,
    /// Fingerprints of the findings that the base does not have.
    new: Vec<String>,
    /// Findings of the base that are gone.
    fixed: Vec<Past>,
    /// Share of the new and changed call sites that is governed, in tenths of a percent; `null` if
    /// there are none.
    score_new: Option<u16>,
    /// New call sites.
    new_sites: usize,
    /// What the policy lets through now that it held up before.
    looser: Vec<Loosening>,
    /// How many regions of actions the policy holds up now that it let through before.
    stricter: usize,
    /// How many parts of the policies could not be compared within the budget.
    undecided: usize,
    /// What was asked of the change and whether it holds.
    checks: Vec<Check>,
}

/// A finding that is no longer there.
#[derive(JsonSchema)]
struct Past {
    /// Id of its rule.
    rule: String,
    /// How severe it was.
    severity: Severity,
    /// What it said.
    message: String,
    /// Where it was, as shown to people.
    place: String,
    /// Its key.
    fingerprint: String,
}

/// Actions that a policy decides more weakly than before.
#[derive(JsonSchema)]
struct Loosening {
    /// What changed.
    summary: String,
    /// What was decided before.
    before: Approval,
    /// What is decided now.
    after: Approval,
    /// An action that shows it.
    witness: Witness,
    /// Where the rule that decides now stands, `path:line`; `null` if no rule does.
    place: Option<String>,
}

/// One condition of the gate.
#[derive(JsonSchema)]
struct Check {
    /// The option that asks for it, without dashes.
    id: String,
    /// Whether it holds.
    passed: bool,
    /// What was asked and what was found.
    message: String,
}

fn schema() -> Value {
    let mut schema = schemars::schema_for!(Document<'_>).to_value();
    let top = schema.as_object_mut().unwrap();
    top.insert("title".into(), "Report of Aegis, version 1".into());
    top.insert(
        "description".into(),
        "What `--format json` writes. Keys may be added without a new version; one that goes away \
         or changes its meaning gets one."
            .into(),
    );
    schema
}

#[test]
fn the_published_schema_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/report.schema.json");
    let want = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::vars_os().any(|(name, _)| name == "AEGIS_BLESS") {
        std::fs::write(&path, &want).unwrap();
    }
    let have = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        have == want,
        "docs/report.schema.json is stale: run `AEGIS_BLESS=1 cargo test`"
    );
}

/// The schema with every object closed.
fn strict(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.values_mut().for_each(strict);
            if map.contains_key("properties") {
                map.insert("unevaluatedProperties".into(), json!(false));
            }
        }
        Value::Array(list) => list.iter_mut().for_each(strict),
        _ => {}
    }
}

fn document(report: &Report) -> Value {
    serde_json::from_str(&render(report, &Options::default())).unwrap()
}

fn errors(schema: &Value, document: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).unwrap();
    let errors = validator.iter_errors(document);
    errors
        .map(|e| format!("{}: {e}", e.instance_path()))
        .collect()
}

#[test]
fn reports_have_exactly_the_keys_of_the_schema() {
    let mut strict_schema = schema();
    strict(&mut strict_schema);
    for report in [report(), gate(), Report::default()] {
        let document = document(&report);
        assert_eq!(errors(&schema(), &document), [""; 0]);
        assert_eq!(errors(&strict_schema, &document), [""; 0]);
    }
    // The check is one: a key that is not described is seen, at the top and deep down.
    for place in [
        "",
        "/findings/0",
        "/change/looser/0/witness",
        "/score/parts/0",
    ] {
        let mut odd = document(&gate());
        let object = odd.pointer_mut(place).unwrap().as_object_mut().unwrap();
        object.insert("odd".into(), json!(1));
        assert!(!errors(&strict_schema, &odd).is_empty(), "{place}");
    }
}
