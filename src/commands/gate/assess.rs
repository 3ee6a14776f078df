//! The findings about the policy, and the score, of both sides.

use aegis_diag::Report;
use aegis_gate::baseline::Baseline;
use aegis_policy::policy::Policy;
use aegis_probe::guards::Guards;
use aegis_probe::{Input, Options, probe, rules};

use super::policy::Policies;
use crate::config::Env;
use crate::words;

/// Adds to both reports what is found in the policies. Answers with why the probe of the present
/// policy cannot be relied on.
pub(super) fn both(
    policies: &Policies,
    known: Option<&Baseline>,
    now: &mut Report,
    was: &mut Report,
    env: &Env,
) -> anyhow::Result<Option<String>> {
    let today = env.today()?.to_string();
    let guards = known.and_then(Baseline::guards);
    let unsound = policies
        .now
        .as_ref()
        .ok()
        .and_then(|policy| add(now, policy, guards, &today));
    if let Some(policy) = policies.before() {
        add(was, policy, guards, &today);
    }
    Ok(unsound)
}

fn add(
    report: &mut Report,
    policy: &Policy,
    guards: Option<&Guards>,
    today: &str,
) -> Option<String> {
    let options = Options {
        today: Some(today.to_owned()),
        guards: guards.cloned(),
        fixes: false,
        ..Options::default()
    };
    let input = Input { policy, tools: &[] };
    let found = probe(&input, &options);
    report.findings.extend(found.findings);
    report.suppressed.extend(found.suppressed);
    report.rules.extend(rules::RULES);
    report.rules.sort_by_key(|rule| rule.id);
    report.rules.dedup_by_key(|rule| rule.id);
    report
        .findings
        .sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    report
        .suppressed
        .sort_by(|a, b| a.finding.sort_key().cmp(&b.finding.sort_key()));
    let bug = found.bugs.first()?;
    let n = words::count(found.bugs.len(), "time", "times");
    Some(format!(
        "Aegis disagrees with itself {n} about the policy, which is a bug: {bug}"
    ))
}
