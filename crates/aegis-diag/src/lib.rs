//! The words every Aegis analysis shares: source files and spans, severities, rules, findings,
//! call sites and the report that carries them to a renderer.
//!
//! Nothing here reads files, parses code or prints: analyses produce these values and
//! `aegis-report` turns them into bytes.

mod callsite;
mod change;
mod finding;
mod fingerprint;
mod proof;
mod report;
mod rule;
mod scorecard;
mod source;
mod suppression;

pub use callsite::{CallKind, CallSite, ModelUse, Step, Tool, ToolParam, ToolRuns, Verdict};
pub use change::{Change, Check, Loosening, Past};
pub use finding::{Finding, Label};
pub use fingerprint::{content_fingerprint, line_hashes};
pub use proof::{Affected, Certainty, Edit, Fix, Proof, Witness};
pub use report::{FileStats, Report, SkipReason, Skipped, Suppressed, SuppressedBy};
pub use rule::{Rule, Severity};
pub use scorecard::{ScoreCap, ScoreGain, ScoreInput, ScorePart, Scorecard, Tenths};
pub use source::{Cell, Cells, Place, SourceFile, Span};
pub use suppression::{Suppression, SuppressionMistake, is_date};
