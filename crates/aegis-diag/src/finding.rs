//! Findings: what any analysis reports.

use crate::{CallSite, Proof, Rule, Severity, Span};

/// A span and what to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// A short phrase, lower case, no full stop.
    pub text: String,
}

/// Something an analysis found. It cannot be built without a place.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule that was broken.
    pub rule: &'static Rule,
    /// Usually `rule.severity`.
    pub severity: Severity,
    /// What was found here: one sentence, no full stop.
    pub message: String,
    /// Where it was found and what the place is.
    pub primary: Label,
    /// Further places that explain it, in reading order.
    pub related: Vec<Label>,
    /// Plain remarks shown below the snippet.
    pub notes: Vec<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// The call site the finding is about, for findings of the scanner.
    pub site: Option<Box<CallSite>>,
    /// What backs the finding, for findings about a policy.
    pub proof: Option<Box<Proof>>,
    /// Key of the finding that survives edits elsewhere in the file; see
    /// [`content_fingerprint`](crate::content_fingerprint). Set by the analysis.
    pub fingerprint: String,
}

impl Finding {
    /// A finding of `rule` at `span`; `label` says what the place is.
    #[must_use]
    pub fn at(
        rule: &'static Rule,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            severity: rule.severity,
            message: message.into(),
            primary: Label {
                span,
                text: label.into(),
            },
            related: Vec::new(),
            notes: Vec::new(),
            help: None,
            site: None,
            proof: None,
            fingerprint: String::new(),
        }
    }

    /// Adds a place that explains the finding.
    #[must_use]
    pub fn because(mut self, span: Span, says: impl Into<String>) -> Self {
        self.related.push(Label {
            span,
            text: says.into(),
        });
        self
    }

    /// Adds a remark.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Sets what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The order of every report: path, position, rule.
    #[must_use]
    pub fn sort_key(&self) -> (&str, usize, usize, &'static str) {
        let span = &self.primary.span;
        (
            &span.file.path,
            span.range.start,
            span.range.end,
            self.rule.id,
        )
    }
}
