//! What the analyses say of policies as people write them.

use std::fmt::Write as _;

use aegis_policy::policy::Policy;

use super::generate::load;
use crate::exact::analyse;
use crate::{Found, Input, Options, Tool};

/// One line for each suspect: rule of Aegis, operator, severity, message.
fn said(policy: &Policy, tools: &[Tool]) -> Vec<String> {
    let mut found = Found::default();
    let input = Input { policy, tools };
    analyse(&input, &Options::default(), &mut found);
    let mut out = Vec::new();
    for suspect in &found.suspects {
        let mut line = format!(
            "{} {} {} {}",
            suspect.rule.id, suspect.operator, suspect.severity, suspect.message
        );
        if let Some((action, at)) = suspect.witnesses.first() {
            let decision = policy.decide(action, *at);
            let _ = write!(line, " | {} @ {at} -> {}", action.to_json(), decision.approval);
        }
        out.push(line);
    }
    out
}

#[test]
fn templates() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies/templates");
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("templates").filter_map(Result::ok).map(|e| e.path()).collect();
    files.sort();
    for file in files {
        let name = file.to_string_lossy().into_owned();
        if !name.ends_with(".yaml") || name.ends_with(".test.yaml") {
            continue;
        }
        let policy = load(&std::fs::read_to_string(&file).expect("a file"));
        println!("== {name}");
        for line in said(&policy, &[]) {
            println!("{line}");
        }
    }
}
