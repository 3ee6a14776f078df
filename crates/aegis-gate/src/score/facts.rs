//! What is said about a run in one line each.

use aegis_diag::{Scorecard, Severity};
use aegis_report::words;

use super::{Inputs, PolicyFacts, sites};
use crate::badge::Badge;
use crate::evidence::Evidence;

/// The lines, in the order they are shown.
pub(super) fn facts(inputs: &Inputs<'_>, card: &Scorecard) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    let mut say = |heading: &str, text: String| out.push((heading.to_owned(), text));
    say("Governed calls", governed(inputs));
    say("Policy coverage", coverage(inputs.policy));
    say("Robustness", robustness(inputs.policy));
    if let Some((decided, all)) = inputs.policy.map(|p| p.tools).filter(|(_, all)| *all > 0) {
        say(
            "Own tools",
            format!("{decided}/{all} decided by a rule, the rest by the defaults"),
        );
    }
    let Evidence {
        audit,
        anomaly,
        tests,
        gate,
        ..
    } = inputs.evidence;
    say("Audit trail", audit.note.clone());
    if let Some(anomaly) = anomaly {
        say("Anomaly detection", anomaly.clone());
    }
    say("Policy tests", tests.note());
    say("Gate in CI", gate.note.clone());
    if inputs.scan.is_incomplete() {
        say("Not fully analysed", incomplete(inputs));
    }
    if let Some(hidden) = suppressed(inputs) {
        say("Suppressed", hidden);
    }
    for problem in &inputs.evidence.problems {
        say("Not read", problem.clone());
    }
    say("Badge", Badge::new(card.score).static_url());
    out
}

fn governed(inputs: &Inputs<'_>) -> String {
    let (governed, partly, all) = sites(&inputs.scan.sites);
    if all == 0 {
        return "0/0 (nothing to govern: no AI call site was found)".to_owned();
    }
    let percent = governed * 100 / all;
    let partly = match partly {
        0 => String::new(),
        n => format!(", {n} partly"),
    };
    format!("{governed}/{all} ({percent}%){partly}")
}

fn coverage(policy: Option<&PolicyFacts>) -> String {
    let Some(policy) = policy else {
        return "no policy, which counts as zero; `aegis init` writes one".to_owned();
    };
    format!(
        "{} covering {}",
        words::count(policy.rules, "rule", "rules"),
        words::count(policy.types, "action type", "action types")
    )
}

fn robustness(policy: Option<&PolicyFacts>) -> String {
    let Some(policy) = policy else {
        return "0/100 (no policy)".to_owned();
    };
    let tenths = policy.robustness;
    let mut text = format!("{}.{}/100", tenths / 10, tenths % 10);
    let counts: Vec<String> = Severity::ALL
        .into_iter()
        .zip(policy.findings)
        .rev()
        .filter(|(_, n)| *n > 0)
        .map(|(severity, n)| format!("{n} {severity}"))
        .collect();
    let n = policy.findings.iter().sum();
    if n > 0 {
        let findings = words::count(n, "finding", "findings");
        text += &format!(" ({findings}: {})", counts.join(", "));
    }
    if policy.undecided > 0 {
        let n = words::count(policy.undecided, "question", "questions");
        text += &format!(", {n} could not be decided within the budget");
    }
    text
}

fn incomplete(inputs: &Inputs<'_>) -> String {
    let skipped = &inputs.scan.skipped;
    let first = skipped.first().map_or_else(String::new, |s| {
        format!(", such as {}, which {}", s.path, s.reason)
    });
    format!(
        "{}{first}: the score says nothing about what is in there",
        words::count(skipped.len(), "file", "files")
    )
}

fn suppressed(inputs: &Inputs<'_>) -> Option<String> {
    let n = inputs.scan.suppressed.len() + inputs.policy.map_or(0, |p| p.suppressed);
    let all = words::count(n, "finding", "findings");
    (n > 0).then(|| format!("{all}, which count all the same"))
}
