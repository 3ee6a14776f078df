//! Automatic actions that are harmless one by one and not together.
//!
//! Only what is not reported already: a chain whose last step is itself a finding says nothing new.

use aegis_diag::{Certainty, Severity};
use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::Decider;
use aegis_policy::model::{Approval, Effect};

use super::board::NO_TARGET;
use super::reference::{Entry, Form};
use super::{Search, scenes};
use crate::rules;
use crate::suspect::{Subject, Suspect};

/// A way from something to be had to something to be done with it.
struct Chain {
    name: &'static str,
    source: fn(&Entry) -> bool,
    sink: fn(&Entry) -> bool,
    severity: Severity,
    says: &'static str,
    expected: &'static str,
}

const CHAINS: [Chain; 3] = [
    Chain {
        name: "secret-to-outside",
        source: |entry| entry.secret && entry.form == Form::Real,
        sink: |entry| entry.effect == Effect::Send && is_outside(entry.name),
        severity: Severity::High,
        says: "secrets can be read and sent out without anybody being asked",
        expected: "a person is asked before secrets are read or before something is sent out",
    },
    Chain {
        name: "download-to-execute",
        source: |entry| entry.effect == Effect::Exfiltrate && entry.name.contains("download"),
        sink: |entry| entry.effect == Effect::Execute,
        severity: Severity::Medium,
        says: "something can be fetched and run without anybody being asked",
        expected: "a person is asked before what was fetched is run",
    },
    Chain {
        name: "grant-to-execute",
        source: |entry| entry.effect == Effect::Privilege,
        sink: |entry| entry.effect == Effect::Execute,
        severity: Severity::Medium,
        says: "rights can be given and used without anybody being asked",
        expected: "a person is asked before rights are given",
    },
];

/// Whether a tool that sends reaches people outside.
fn is_outside(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["email", "gmail", "sms", "whatsapp", "webhook", "tweet"]
        .iter()
        .any(|word| name.contains(word))
}

/// A step: who allows it, and the action.
type Step = (Decider, Action, Moment);

/// Reports the shortest chains.
pub(crate) fn paths(search: &mut Search<'_>) {
    let mut suspects = Vec::new();
    for chain in CHAINS {
        // One source that a restriction forgot is no source that is open.
        if !is_common(search, chain.source) {
            continue;
        }
        let Some(source) = step(search, chain.source) else {
            continue;
        };
        let Some(sink) = step(search, chain.sink) else {
            continue;
        };
        // Either step alone is known already.
        let known = |step: &Step| search.is_reported(step.0);
        if !known(&source) && !known(&sink) {
            suspects.push(suspect(search, &chain, source, sink));
        }
    }
    search.found.extend(suspects);
}

/// Whether at least half of the published tools of a kind run unattended.
fn is_common(search: &Search<'_>, wanted: fn(&Entry) -> bool) -> bool {
    let (mut automatic, mut all) = (0, 0);
    for (at, group) in search.board.groups.iter().enumerate() {
        let members = group
            .members
            .iter()
            .filter(|e| e.form == Form::Real && wanted(e))
            .count();
        let outcome = search.board.outcome(at, &NO_TARGET);
        if outcome.is_some_and(|o| o[scenes::BARE].approval == Approval::Auto) {
            automatic += members;
        }
        all += members;
    }
    automatic > 0 && automatic * 2 >= all
}

/// Names that say it plainly, and short ones, show most.
fn rank(name: &str) -> (bool, usize) {
    let plain = ["secret", "credential", "email", "run", "exec"];
    (!plain.iter().any(|word| name.contains(word)), name.len())
}

/// The first published tool of a kind, or one of the program's own, that runs unattended.
fn step(search: &Search<'_>, wanted: fn(&Entry) -> bool) -> Option<Step> {
    let plain = |entry: &&&Entry| entry.form == Form::Real && wanted(entry);
    let mut found: Option<((bool, usize), Step)> = None;
    for group in &search.board.groups {
        let members = group.members.iter().filter(plain);
        let there = members.filter(|entry| is_there(search, entry.name));
        let Some(entry) = there.min_by_key(|entry| rank(entry.name)) else {
            continue;
        };
        let rank = rank(entry.name);
        if found.as_ref().is_some_and(|(known, _)| *known <= rank) {
            continue;
        }
        let (action, at) = search.board.action(entry.name, "", scenes::BARE);
        let decision = search.board.decide(&action, at);
        if decision.approval == Approval::Auto {
            found = Some((rank, (decision.by, action, at)));
        }
    }
    found.map(|(_, step)| step)
}

/// Whether the program has a tool of this name, as far as is known.
fn is_there(search: &Search<'_>, name: &str) -> bool {
    !search.knows_tools() || search.input.tools.iter().any(|tool| tool.name == name)
}

fn suspect(search: &Search<'_>, chain: &Chain, source: Step, sink: Step) -> Suspect {
    let subject = match sink.0 {
        Decider::Rule(number) => Subject::Rule(number as usize),
        _ => Subject::Defaults,
    };
    let by = |step: &Step| match step.0 {
        Decider::Rule(number) => search
            .rules
            .get(number as usize)
            .map_or_else(String::new, |rule| format!("rule `{}`", rule.name())),
        _ => "the default".to_owned(),
    };
    let message = format!(
        "{}: `{}` by {}, then `{}` by {}",
        chain.says,
        source.1,
        by(&source),
        sink.1,
        by(&sink)
    );
    let effect = sink.1.effect_found().effect.unwrap_or(Effect::Send);
    let before = match sink.0 {
        Decider::Rule(number) => Some(number as usize),
        _ => None,
    };
    Suspect {
        rule: &rules::ESCALATION,
        subject,
        decider: sink.0,
        operator: chain.name,
        severity: chain.severity,
        certainty: Certainty::Heuristic,
        assumes: vec!["the agent has both tools".to_owned()],
        message,
        expected: Some(chain.expected.to_owned()),
        affected: (2, vec![source.1.to_string(), sink.1.to_string()]),
        witnesses: vec![(source.1, source.2), (sink.1, sink.2)],
        ideas: vec![super::coverage::restrict(&[effect], before)],
    }
}
