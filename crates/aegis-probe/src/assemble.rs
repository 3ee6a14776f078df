//! Suspects -> findings: one for each cause, with its place, its words and its witnesses, each
//! decided again by the engine.

mod cause;
mod ideas;
mod place;
mod reproduce;
mod words;

use aegis_diag::{Affected, Finding, Proof, Witness};
use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::Decider;
use aegis_policy::policy::Policy;
use sha2::{Digest, Sha256};

use crate::suspect::{Idea, Suspect};
use crate::{Found, Input, rules};

pub(crate) use self::place::{head, subject, who};
pub(crate) use self::reproduce::reproduce;
pub(crate) use self::words::{category, quote, runs};

/// How many witnesses a finding shows.
const WITNESSES: usize = 5;
/// How many examples of what is concerned it names.
const EXAMPLES: usize = 8;
/// For how many earlier rules it says why they did not decide.
const EARLIER: usize = 24;

/// A finding and what may mend it.
#[derive(Debug, Clone)]
pub(crate) struct Assembled {
    pub(crate) finding: Finding,
    pub(crate) ideas: Vec<Idea>,
}

/// All findings, in report order. What cannot be reproduced is not shown, and is a bug of Aegis.
pub(crate) fn assemble(input: &Input<'_>, found: Found) -> (Vec<Assembled>, Vec<String>) {
    let mut bugs = found.bugs;
    let mut out: Vec<Assembled> = cause::group(found.suspects)
        .into_iter()
        .filter_map(|suspect| one(input, suspect, &mut bugs))
        .collect();
    sort(&mut out);
    out.dedup_by(|b, a| a.finding.fingerprint == b.finding.fingerprint);
    bugs.sort();
    bugs.dedup();
    (out, bugs)
}

/// Worst first, then from the top of the policy.
pub(crate) fn sort(findings: &mut [Assembled]) {
    findings.sort_by(|a, b| {
        let (a, b) = (&a.finding, &b.finding);
        b.severity
            .cmp(&a.severity)
            .then_with(|| a.sort_key().cmp(&b.sort_key()))
            .then_with(|| a.fingerprint.cmp(&b.fingerprint))
    });
}

fn one(input: &Input<'_>, mut suspect: Suspect, bugs: &mut Vec<String>) -> Option<Assembled> {
    let policy = input.policy;
    let witnesses = std::mem::take(&mut suspect.witnesses);
    let shown = witnesses.len();
    for (action, at) in witnesses {
        if reproduces(policy, &suspect, &action, at, bugs) {
            suspect.witnesses.push((action, at));
        }
    }
    if shown > 0 && suspect.witnesses.is_empty() {
        return None;
    }
    let chain = suspect.rule == &rules::ESCALATION;
    if !chain {
        suspect.witnesses.truncate(WITNESSES);
    }
    let witnesses: Vec<Witness> = suspect
        .witnesses
        .iter()
        .map(|(action, at)| witness(policy, action, *at))
        .collect();
    ideas::add(policy, &mut suspect);
    let mut finding = place::finding(input, &suspect);
    finding.severity = suspect.severity;
    finding.fingerprint = fingerprint(policy, &suspect);
    finding.notes = words::notes(&suspect, &witnesses);
    finding.help = Some(words::advice(suspect.rule.id).to_owned());
    let explain = suspect
        .witnesses
        .first()
        .map_or_else(Vec::new, |(a, at)| explain(policy, &suspect, a, *at));
    suspect.affected.1.truncate(EXAMPLES);
    finding.proof = Some(Box::new(Proof {
        category: category(suspect.rule),
        certainty: suspect.certainty,
        assumes: suspect.assumes,
        witnesses,
        expected: suspect.expected,
        explain,
        affected: Affected {
            count: suspect.affected.0,
            examples: suspect.affected.1,
        },
        fix: None,
    }));
    Some(Assembled {
        finding,
        ideas: suspect.ideas,
    })
}

/// Whether the engine decides a witness as the analysis says: by the decider it names; for a
/// step of a chain, automatically. What rests on an assumption cannot be held against the engine,
/// which does not make it.
fn reproduces(
    policy: &Policy,
    suspect: &Suspect,
    action: &Action,
    at: Moment,
    bugs: &mut Vec<String>,
) -> bool {
    if suspect.rule == &rules::UNKNOWN || !suspect.assumes.is_empty() {
        return true;
    }
    let decision = policy.decide(action, at);
    let fits = match suspect.rule == &rules::ESCALATION {
        true => decision.approval == aegis_policy::model::Approval::Auto,
        false => decision.by == suspect.decider,
    };
    if !fits {
        bugs.push(format!(
            "{} said that {} decides `{}`, and {} does: {}",
            suspect.rule.id,
            who(policy, suspect.decider),
            quote(&action.to_string()),
            who(policy, decision.by),
            reproduce(policy, action, at),
        ));
    }
    fits
}

/// An action with what the engine answers.
pub(crate) fn witness(policy: &Policy, action: &Action, at: Moment) -> Witness {
    let decision = policy.decide(action, at);
    let rule = match decision.by {
        Decider::Rule(number) => policy.rule(number).map(|rule| rule.name.value.to_string()),
        Decider::Default | Decider::Language => None,
    };
    Witness {
        action: action.to_json(),
        at: at.to_string(),
        approval: decision.approval.as_str(),
        risk: decision.risk.as_str(),
        rule,
        reproduce: reproduce(policy, action, at),
    }
}

/// Why the rule in question, and the rules before the one that decided, did not decide.
fn explain(policy: &Policy, suspect: &Suspect, action: &Action, at: Moment) -> Vec<String> {
    let end = match policy.decide(action, at).by {
        Decider::Rule(number) => number,
        Decider::Default => u32::try_from(policy.checked().rules().len()).unwrap_or(u32::MAX),
        Decider::Language => 0,
    };
    let own = suspect.subject.rule().and_then(|r| u32::try_from(r).ok());
    let own = own.filter(|&number| number < end);
    let rest = (0..end).filter(|&number| Some(number) != own);
    let line = |number| {
        let because = policy.why_not(number, action, at)?;
        let rule = policy.rule(number)?;
        Some(format!("not `{}`: {because}", quote(&rule.name.value)))
    };
    let mut lines: Vec<String> = own
        .into_iter()
        .chain(rest)
        .take(EARLIER)
        .filter_map(line)
        .collect();
    if let Some(more) = (end as usize).checked_sub(EARLIER).filter(|more| *more > 0) {
        lines.push(format!("and {more} more rules"));
    }
    lines
}

/// The key of a finding: made of what it says, never of where it stands.
fn fingerprint(policy: &Policy, suspect: &Suspect) -> String {
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        hash.update(text.as_bytes());
        hash.update([0]);
    };
    part(suspect.rule.id);
    part(suspect.operator);
    part(&place::stable_name(policy, suspect.subject.rule()));
    part(&match suspect.decider {
        Decider::Rule(number) => place::stable_name(policy, Some(number as usize)),
        Decider::Default => "defaults".to_owned(),
        Decider::Language => "language".to_owned(),
    });
    let first = suspect.witnesses.first();
    part(first.map_or("", |(action, _)| action.kind_name().canonical()));
    part(first.map_or("", |(action, _)| action.target_name().canonical()));
    part(first.map_or("", |(action, _)| action.agent_name().canonical()));
    let params = first.map_or(&[][..], |(action, _)| action.params());
    let mut params: Vec<String> = params
        .iter()
        .map(|(name, value)| format!("{name}={}", value.to_canonical_json()))
        .collect();
    params.sort();
    part(&params.join("\n"));
    let digest = hash.finalize();
    let hex: String = digest.iter().take(6).map(|b| format!("{b:02x}")).collect();
    format!("{}-{hex}", suspect.rule.id)
}
