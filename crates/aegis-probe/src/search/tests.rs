//! Small policies with known truths.

use aegis_diag::Severity;
use aegis_policy::policy::Policy;

use super::*;
use crate::Tool;

mod clean;
mod every;
mod holes;

/// What is suspected: rule, severity, subject, and the names.
fn suspects_with(text: &str, tools: &[Tool]) -> Vec<Suspect> {
    let policy = Policy::load("p.yaml", text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let input = Input {
        policy: &policy,
        tools,
    };
    let mut found = Found::default();
    analyse(&input, &Options::default(), &mut found);
    for suspect in &found.suspects {
        for (action, at) in &suspect.witnesses {
            let decision = policy.decide(action, *at);
            assert_eq!(
                decision.approval,
                aegis_policy::model::Approval::Auto,
                "{suspect:#?}"
            );
            if suspect.rule.id != "AEG204" {
                assert_eq!(decision.by, suspect.decider, "{suspect:#?}");
            }
        }
    }
    assert!(found.bugs.is_empty(), "{:?}", found.bugs);
    found.suspects
}

fn suspects(text: &str) -> Vec<Suspect> {
    suspects_with(text, &[])
}

/// `id severity` of each, sorted.
fn brief(suspects: &[Suspect]) -> Vec<String> {
    let mut all: Vec<String> = suspects
        .iter()
        .map(|s| format!("{} {}", s.rule.name, s.severity))
        .collect();
    all.sort();
    all
}

fn grave(suspects: &[Suspect]) -> Vec<&Suspect> {
    suspects
        .iter()
        .filter(|s| s.severity >= Severity::Medium)
        .collect()
}
