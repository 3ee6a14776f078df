//! The baseline: findings that are known and accepted, and actions that must stay restricted.
//!
//! It is a JSON file that people read and change: a reason and a date of expiry may be added to an
//! accepted finding. The guards are what each restrictive rule stopped when the baseline was
//! written; a later policy that decides one of them more weakly is reported whatever became of the
//! rule.

use std::collections::{BTreeMap, BTreeSet};

use aegis_diag::{
    Affected, Certainty, Finding, Proof, Suppressed, SuppressedBy, content_fingerprint, is_date,
};
use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::Decider;
use aegis_policy::model::Approval;
use aegis_policy::policy::Policy;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::assemble::{self, Assembled, category, quote, runs};
use crate::suspect::Subject;
use crate::{Input, Options, ProbeReport, compare, rules};

/// What `format` says.
const FORMAT: &str = "aegis/probe-baseline";
/// What `version` says.
const VERSION: u32 = 1;

/// A baseline.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    format: String,
    version: u32,
    /// SHA-256 of the policy it was written from.
    policy_sha256: String,
    /// The set of names its score refers to.
    reference: String,
    findings: Vec<Known>,
    guards: Vec<Guard>,
}

/// A finding that is accepted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    /// Its fingerprint.
    id: String,
    rule: String,
    severity: String,
    message: String,
    /// Why it is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The last day it is accepted, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    /// Who accepted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
}

/// An action that a rule stopped.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Guard {
    /// The rule that stopped it.
    rule: String,
    action: Box<RawValue>,
    at: String,
    /// What was decided: `approve` or `block`.
    approval: String,
}

/// Why a text is no baseline.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BaselineError {
    /// It is not JSON, or of another shape.
    #[error("it is not a baseline")]
    Shape(#[from] serde_json::Error),
    /// It is some other file.
    #[error("it is not a baseline: `format` is `{0}`, not `aegis/probe-baseline`")]
    Format(String),
    /// It was written by a later version.
    #[error("its version is {0}, and this Aegis reads version 1")]
    Version(u32),
    /// One of its entries is wrong.
    #[error("{0}")]
    Entry(String),
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// A text that is none.
    pub fn from_json(text: &str) -> Result<Self, BaselineError> {
        #[derive(Deserialize)]
        struct Head {
            format: Option<String>,
            version: Option<u32>,
        }
        let head: Head = serde_json::from_str(text)?;
        match (head.format.as_deref(), head.version) {
            (Some(FORMAT), Some(VERSION)) => {}
            (Some(FORMAT), version) => return Err(BaselineError::Version(version.unwrap_or(0))),
            (other, _) => return Err(BaselineError::Format(other.unwrap_or("").to_owned())),
        }
        let baseline: Self = serde_json::from_str(text)?;
        for known in &baseline.findings {
            if let Some(date) = known.expires.as_deref().filter(|date| !is_date(date)) {
                let message = format!("`expires` of {} is `{date}`, not YYYY-MM-DD", known.id);
                return Err(BaselineError::Entry(message));
            }
        }
        for guard in &baseline.guards {
            guard.read()?;
        }
        Ok(baseline)
    }

    /// The baseline as JSON, entries sorted, with a line ending at the end.
    ///
    /// # Errors
    /// Never in practice: nothing in it cannot be written.
    pub fn to_json(&self) -> Result<String, BaselineError> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// The baseline of a report: all its findings are known, and what each restrictive rule stops
    /// now is guarded. Reasons, dates and owners are taken over from an earlier one.
    #[must_use]
    pub fn write(
        input: &Input<'_>,
        options: &Options,
        report: &ProbeReport,
        earlier: Option<&Self>,
    ) -> Self {
        let said: BTreeMap<&str, &Known> = earlier
            .iter()
            .flat_map(|b| &b.findings)
            .map(|known| (known.id.as_str(), known))
            .collect();
        let of_baseline = |s: &&Suppressed| said.contains_key(s.finding.fingerprint.as_str());
        let again = report
            .suppressed
            .iter()
            .filter(of_baseline)
            .map(|s| &s.finding);
        let mut findings: Vec<Known> = report
            .findings
            .iter()
            .chain(again)
            .filter(|finding| !is_about_comments(finding))
            .map(|finding| {
                let known = said.get(finding.fingerprint.as_str());
                Known {
                    id: finding.fingerprint.clone(),
                    rule: finding.rule.id.to_owned(),
                    severity: finding.severity.to_string(),
                    message: finding.message.clone(),
                    reason: known.and_then(|k| k.reason.clone()),
                    expires: known.and_then(|k| k.expires.clone()),
                    owner: known.and_then(|k| k.owner.clone()),
                }
            })
            .collect();
        findings.sort_by(|a, b| a.id.cmp(&b.id));
        findings.dedup_by(|a, b| a.id == b.id);
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            policy_sha256: digest(input.policy),
            reference: report.score.reference.to_owned(),
            findings,
            guards: guards(input, options),
        }
    }

    /// Takes out what is known, adds what is no longer stopped; answers with the entries that
    /// nothing corresponds to.
    pub(crate) fn apply(
        &self,
        policy: &Policy,
        today: Option<&str>,
        findings: &mut Vec<Assembled>,
        suppressed: &mut Vec<Suppressed>,
    ) -> Vec<String> {
        let known: BTreeMap<&str, &Known> =
            self.findings.iter().map(|k| (k.id.as_str(), k)).collect();
        let mut met: BTreeSet<String> = suppressed
            .iter()
            .map(|s| s.finding.fingerprint.clone())
            .collect();
        findings.retain_mut(|assembled| {
            let finding = &mut assembled.finding;
            let Some(known) = known.get(finding.fingerprint.as_str()) else {
                return true;
            };
            met.insert(known.id.clone());
            let over = today
                .zip(known.expires.as_deref())
                .filter(|(today, end)| end < today);
            if let Some((_, end)) = over {
                finding
                    .notes
                    .push(format!("the baseline accepted it until {end}"));
                return true;
            }
            suppressed.push(Suppressed {
                finding: finding.clone(),
                by: SuppressedBy::Baseline,
                reason: known.reason.clone(),
            });
            false
        });
        findings.extend(self.removed(policy));
        let gone = self.findings.iter().filter(|k| !met.contains(&k.id));
        gone.map(|k| format!("{} ({})", k.id, k.message)).collect()
    }

    /// What was stopped and is decided more weakly now: one finding for each rule.
    fn removed(&self, policy: &Policy) -> Vec<Assembled> {
        let mut rules: BTreeMap<&str, Vec<(&Guard, Action, Moment)>> = BTreeMap::new();
        for guard in &self.guards {
            let Ok((action, at, approval)) = guard.read() else {
                continue;
            };
            if policy.decide(&action, at).approval < approval {
                let weaker = rules.entry(guard.rule.as_str()).or_default();
                weaker.push((guard, action, at));
            }
        }
        rules
            .into_iter()
            .filter_map(|(rule, weaker)| removed(policy, rule, &weaker))
            .collect()
    }
}

impl Guard {
    fn read(&self) -> Result<(Action, Moment, Approval), BaselineError> {
        let wrong = |what: String| {
            BaselineError::Entry(format!("a guard of rule `{}` {what}", quote(&self.rule)))
        };
        let action = Action::from_json(self.action.get()).map_err(|e| wrong(format!("is {e}")))?;
        let at = Moment::parse(&self.at);
        let at = at.ok_or_else(|| wrong(format!("has `{}` for a time", quote(&self.at))))?;
        let approval = self
            .approval
            .parse()
            .map_err(|e| wrong(format!("is wrong: {e}")))?;
        Ok((action, at, approval))
    }
}

fn removed(policy: &Policy, rule: &str, weaker: &[(&Guard, Action, Moment)]) -> Option<Assembled> {
    let number = policy
        .checked()
        .rules()
        .iter()
        .position(|r| &*r.name.value == rule);
    let (first, action, at) = weaker.first()?;
    let decision = policy.decide(action, *at);
    let subject = match (number, decision.by) {
        (Some(number), _) => Subject::Rule(number),
        (None, Decider::Rule(number)) => Subject::Rule(number as usize),
        (None, _) => Subject::Defaults,
    };
    let (span, label) = assemble::subject(policy, subject);
    let now = runs(decision.approval.as_str());
    let message = format!(
        "`{}` was stopped by rule `{}` and {now} now, decided by {}",
        quote(&action.to_string()),
        quote(rule),
        assemble::who(policy, decision.by),
    );
    let mut finding = Finding::at(&rules::GUARD_REMOVED, span, message, label)
        .help("bring the rule back, or write a new baseline if the change is meant");
    let was = first.approval.as_str();
    finding.notes.push(format!(
        "the baseline says `{was}`; {} of its actions are decided more weakly",
        weaker.len()
    ));
    finding.fingerprint = content_fingerprint("AEG213", "", rule, &action.to_json(), 0);
    let witnesses: Vec<(Action, Moment)> = weaker
        .iter()
        .map(|(_, action, at)| (action.clone(), *at))
        .collect();
    finding.proof = Some(Box::new(Proof {
        category: category(&rules::GUARD_REMOVED),
        certainty: Certainty::Proved,
        assumes: Vec::new(),
        witnesses: witnesses
            .iter()
            .take(5)
            .map(|(action, at)| assemble::witness(policy, action, *at))
            .collect(),
        expected: Some(format!("at least as strict as `{was}`")),
        explain: Vec::new(),
        affected: Affected {
            count: witnesses.len(),
            examples: witnesses
                .iter()
                .take(8)
                .map(|(a, _)| a.to_string())
                .collect(),
        },
        fix: None,
    }));
    Some(Assembled {
        finding,
        ideas: Vec::new(),
    })
}

fn is_about_comments(finding: &Finding) -> bool {
    finding.rule.id >= "AEG290"
}

/// What each restrictive rule stops: an action of its own, and real names that it meets.
fn guards(input: &Input<'_>, options: &Options) -> Vec<Guard> {
    let policy = input.policy;
    let mut out = Vec::new();
    for (action, at) in compare::guards(input, options) {
        let decision = policy.decide(&action, at);
        let Decider::Rule(number) = decision.by else {
            continue;
        };
        let (Some(rule), Ok(json)) = (policy.rule(number), RawValue::from_string(action.to_json()))
        else {
            continue;
        };
        out.push((
            number,
            Guard {
                rule: rule.name.value.to_string(),
                action: json,
                at: at.to_string(),
                approval: decision.approval.to_string(),
            },
        ));
    }
    out.sort_by(|(a, x), (b, y)| (a, x.action.get(), &x.at).cmp(&(b, y.action.get(), &y.at)));
    out.dedup_by(|(a, x), (b, y)| a == b && x.action.get() == y.action.get() && x.at == y.at);
    out.into_iter().map(|(_, guard)| guard).collect()
}

fn digest(policy: &Policy) -> String {
    let mut hash = Sha256::new();
    for file in policy.checked().files() {
        hash.update(file.text.as_bytes());
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}
