//! One finding for one cause: suspects that say the same thing are joined, and those that only
//! follow from another are left to it.

use std::collections::BTreeMap;

use aegis_diag::Severity;
use aegis_policy::decision::Decider;

use crate::rules;
use crate::suspect::Suspect;

/// Suspects, one for each cause, in a fixed order.
pub(super) fn group(suspects: Vec<Suspect>) -> Vec<Suspect> {
    let mut groups: BTreeMap<Key, Vec<Suspect>> = BTreeMap::new();
    for suspect in suspects {
        groups.entry(key(&suspect)).or_default().push(suspect);
    }
    let joined: Vec<Suspect> = groups.into_values().filter_map(join).collect();
    let follows: Vec<bool> = joined
        .iter()
        .map(|suspect| joined.iter().any(|root| follows(suspect, root)))
        .collect();
    let mut kept = Vec::new();
    for (suspect, follows) in joined.into_iter().zip(follows) {
        if !follows {
            kept.push(suspect);
        }
    }
    kept
}

/// What makes two suspects one: the rule of Aegis, the rule of the policy, who decides, and the
/// family of changes.
type Key = (&'static str, Option<usize>, Decider, &'static str, String);

fn key(suspect: &Suspect) -> Key {
    // Chains have no rule of the policy; each pair of ends is a finding.
    let chain = suspect.rule == &rules::ESCALATION || suspect.rule == &rules::UNKNOWN;
    let apart = match chain {
        true => suspect.message.clone(),
        false => String::new(),
    };
    (
        suspect.rule.id,
        suspect.subject.rule(),
        suspect.decider,
        suspect.operator,
        apart,
    )
}

/// The worst of a group speaks for it; the others add their witnesses and what they concern.
fn join(mut group: Vec<Suspect>) -> Option<Suspect> {
    group.sort_by(|a, b| {
        b.severity
            .cmp(&a.severity)
            .then_with(|| b.certainty.cmp(&a.certainty))
            .then_with(|| first(a).cmp(&first(b)))
            .then_with(|| a.subject.cmp(&b.subject))
            .then_with(|| a.message.cmp(&b.message))
    });
    let mut rest = group.into_iter();
    let mut best = rest.next()?;
    for other in rest {
        for witness in other.witnesses {
            if !best.witnesses.contains(&witness) {
                best.witnesses.push(witness);
            }
        }
        best.affected.0 += other.affected.0;
        for name in other.affected.1 {
            if !best.affected.1.contains(&name) {
                best.affected.1.push(name);
            }
        }
        for idea in other.ideas {
            if !best.ideas.contains(&idea) {
                best.ideas.push(idea);
            }
        }
    }
    Some(best)
}

/// Short witnesses tell more, then those that come first in the alphabet.
fn first(suspect: &Suspect) -> (usize, String) {
    match suspect.witnesses.first() {
        Some((action, _)) => {
            let json = action.to_json();
            (json.len(), json)
        }
        None => (usize::MAX, String::new()),
    }
}

/// Whether a suspect is there only because of another.
fn follows(suspect: &Suspect, root: &Suspect) -> bool {
    let (own, of) = (suspect.subject.rule(), root.subject.rule());
    let same_rule = own.is_some() && own == of;
    let loses = |root: &'static aegis_diag::Rule| same_rule && root.id != suspect.rule.id;
    match root.rule.id {
        // A rule that never decides is not redundant as well, nor in conflict.
        "AEG207" | "AEG211" => {
            let weaker = matches!(suspect.rule.id, "AEG207" | "AEG208" | "AEG209");
            weaker && loses(root.rule) && !(root.rule.id == "AEG207" && suspect.rule.id == "AEG211")
        }
        // The default that lets everything through is the cause of what falls through it.
        "AEG203" if root.severity >= Severity::Medium => {
            suspect.rule == &rules::MISSING_COVERAGE && suspect.decider == Decider::Default
        }
        // A rule that lets everything through is the cause of what it lets through unnamed.
        "AEG206" => {
            let decided = root.subject.rule().and_then(|r| u32::try_from(r).ok());
            suspect.rule == &rules::MISSING_COVERAGE
                && decided.is_some_and(|number| suspect.decider == Decider::Rule(number))
        }
        _ => false,
    }
}
