//! From a program, its policy and its tree to a score: the one way that every command takes.

use std::collections::BTreeSet;

use aegis_diag::{CallKind, Finding, Report, Scorecard, Severity};
use aegis_policy::action::{Action, Hints};
use aegis_policy::decision::Decider;
use aegis_policy::glob::Glob;
use aegis_policy::model::{Approval, Effect};
use aegis_policy::policy::Policy;
use aegis_policy::suite::{self, Coverage, Suite, default_moment};
use aegis_probe::{Input, ProbeReport, Tool, probe};
use aegis_scan::{Config, ScanError};

use crate::evidence::{Evidence, Files, Tests};
use crate::score::{Better, Inputs, PolicyFacts, card, gains, is_critical, place};

/// What is assessed besides the code.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The policy; `None` if there is none, which counts as zero for its part.
    pub policy: Option<&'a Policy>,
    /// The files that evidence is read from.
    pub files: &'a Files,
    /// How the policy is probed. Of guards in it the score takes no notice.
    pub probe: &'a aegis_probe::Options,
    /// What a probe of this policy with the same tools and options found, if there was one: it is
    /// not made again.
    pub probed: Option<&'a ProbeReport>,
    /// Whether ways to raise the score are looked for; they do not change it.
    pub gains: bool,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Assessment {
    /// What the scanner found.
    pub scan: Report,
    /// What the probe found, if there is a policy.
    pub probe: Option<ProbeReport>,
    /// What was found in the tree.
    pub evidence: Evidence,
    /// The score.
    pub score: Scorecard,
}

/// Scans, probes, looks for evidence, and scores.
///
/// # Errors
/// As [`aegis_scan::scan`].
pub fn assess(
    input: &aegis_scan::Input,
    config: &Config,
    subject: &Subject<'_>,
) -> Result<Assessment, ScanError> {
    let scan = aegis_scan::scan(input, config)?;
    Ok(assess_scanned(scan, subject))
}

/// The same for code that was scanned already.
#[must_use]
pub fn assess_scanned(scan: Report, subject: &Subject<'_>) -> Assessment {
    let tools = own_tools(&scan);
    let probed = subject.policy.map(|policy| {
        let tools = &tools;
        let fresh = || probe(&Input { policy, tools }, subject.probe);
        (policy, subject.probed.cloned().unwrap_or_else(fresh))
    });
    let facts = probed
        .as_ref()
        .map(|(policy, report)| policy_facts(policy, &tools, report));
    let evidence = Evidence::of(subject.files, subject.policy);
    let inputs = Inputs {
        scan: &scan,
        policy: facts.as_ref(),
        evidence: &evidence,
    };
    let mut score = card(&inputs);
    if subject.gains {
        let better = better(&tools, subject, &evidence, probed.as_ref().map(|(_, r)| r));
        score.gains = gains(&inputs, &score, &better);
    }
    Assessment {
        probe: probed.map(|(_, report)| report),
        scan,
        evidence,
        score,
    }
}

/// The program's own tools with a known name, sorted by name; of several with one name the first
/// counts.
#[must_use]
pub fn own_tools(scan: &Report) -> Vec<Tool> {
    let sites = scan
        .sites
        .iter()
        .filter(|site| site.kind == CallKind::ToolDef);
    let tools = sites.filter_map(|site| {
        let tool = site.tool.as_ref()?;
        // A tool that runs what the model chooses does not only read, whatever its name says.
        let runs = scan.tool_runs.iter().any(|runs| runs.tool == site.span);
        Some(Tool {
            name: tool.name.clone()?,
            target: None,
            params: tool.params.iter().map(|p| p.name.clone()).collect(),
            hints: Hints {
                read_only: runs.then_some(false),
                destructive: None,
            },
            source: site.span.locator(),
            span: Some(site.span.clone()),
        })
    });
    let mut tools: Vec<Tool> = tools.collect();
    tools.sort_by(|a, b| a.name.cmp(&b.name));
    tools.dedup_by(|b, a| {
        let same = a.name == b.name;
        if same {
            a.hints.read_only = a.hints.read_only.or(b.hints.read_only);
        }
        same
    });
    tools
}

/// What the score needs to know about a policy.
fn policy_facts(policy: &Policy, tools: &[Tool], report: &ProbeReport) -> PolicyFacts {
    let hidden = report.suppressed.iter().map(|s| &s.finding);
    let all: Vec<&Finding> = report.findings.iter().chain(hidden).collect();
    // A near miss of a restriction is there only as long as the restriction is, so it cannot hold
    // the score down: deleting the restriction would raise it. What runs unattended does.
    let counts = |f: &&&Finding| is_critical(f) && f.rule != &aegis_probe::rules::GLOB_BYPASS;
    let critical = all.iter().filter(counts).map(|f| place(f));
    let mut critical: Vec<String> = critical.collect();
    if critical.is_empty() {
        critical.extend(unattended(policy, tools, report));
    }
    let by_rule = |tool: &&Tool| {
        let decision = policy.decide(&Action::new(&tool.name), default_moment());
        matches!(decision.by, Decider::Rule(_))
    };
    PolicyFacts {
        path: path(policy).to_owned(),
        robustness: report.score.tenths(),
        reference: report.score.reference,
        rules: policy.checked().rules().len(),
        types: types(policy),
        tools: (tools.iter().filter(by_rule).count(), tools.len()),
        critical,
        findings: Severity::ALL.map(|severity| {
            report
                .findings
                .iter()
                .filter(|f| f.severity == severity)
                .count()
        }),
        suppressed: report.suppressed.len(),
        undecided: report.unknown,
    }
}

/// What is critical whatever the findings say of it: which findings there are depends on the rules,
/// and what runs unattended must not look better because a rule names it or one that held it back
/// is gone.
fn unattended(policy: &Policy, tools: &[Tool], report: &ProbeReport) -> Vec<String> {
    let worst = |tool: &&Tool| {
        let effect = aegis_policy::effect::find(&tool.name, None, Hints::default()).effect;
        let hard = [
            Effect::Delete,
            Effect::Execute,
            Effect::Pay,
            Effect::Privilege,
        ];
        let decision = policy.decide(&Action::new(&tool.name), default_moment());
        effect.is_some_and(|e| hard.contains(&e)) && decision.approval == Approval::Auto
    };
    let own = tools
        .iter()
        .filter(worst)
        .map(|tool| format!("tool `{}` ({}) runs unattended", tool.name, tool.source));
    let mut all: Vec<String> = own.collect();
    if let Some((name, target)) = &report.score.unattended {
        all.push(format!("`{name}` on `{target}` runs unattended"));
    }
    all
}

fn path(policy: &Policy) -> &str {
    let file = policy.checked().files().first();
    file.map_or("the policy", |file| file.path.as_str())
}

/// How many different patterns on action types the rules have; `{a,b}` is two.
fn types(policy: &Policy) -> usize {
    let kinds = policy
        .checked()
        .rules()
        .iter()
        .filter_map(|r| r.matches.kind.as_ref());
    let mut seen = BTreeSet::new();
    for pattern in kinds.flatten() {
        if let Ok(glob) = Glob::parse(&pattern.value) {
            let each = glob.alternatives().iter();
            seen.extend(each.map(|alternative| format!("{:?}", alternative.tokens())));
        }
    }
    seen.len()
}

/// What the policy and its tests would be after changes, tried on copies.
fn better(
    tools: &[Tool],
    subject: &Subject<'_>,
    evidence: &Evidence,
    report: Option<&ProbeReport>,
) -> Better {
    let (Some(policy), Some(report)) = (subject.policy, report) else {
        return Better {
            starter: starter(tools, subject),
            ..Better::default()
        };
    };
    let generated = evidence.tests.files.is_empty().then(|| {
        let suite = suite::generate(policy, None).ok()?.suite;
        let mut tests = Tests::default();
        tests.add("generated", &suite, policy, &mut Coverage::new(policy));
        Some(tests)
    });
    Better {
        mended: mended(policy, tools, report, subject),
        starter: None,
        generated: generated.flatten(),
        showable: showable(policy, &evidence.tests),
    }
}

/// The policy with every safe fix that the probe has tried, as far as they do not overlap.
fn mended(
    policy: &Policy,
    tools: &[Tool],
    report: &ProbeReport,
    subject: &Subject<'_>,
) -> Option<(PolicyFacts, u32)> {
    let [file] = policy.checked().files() else {
        return None;
    };
    let fixes = report.findings.iter().filter_map(|finding| {
        let fix = finding.proof.as_ref()?.fix.as_ref()?;
        fix.safe.then_some(&fix.edits)
    });
    let mut text = file.text.clone();
    let mut done = 0;
    // From the end, so that the places of the others stay true.
    let mut left = text.len() + 1;
    let mut fixes: Vec<_> = fixes.filter(|edits| !edits.is_empty()).collect();
    fixes.sort_by_key(|edits| std::cmp::Reverse(edits.last().map(|e| e.range.end)));
    for edits in fixes {
        if edits.last().is_some_and(|edit| edit.range.end >= left) {
            continue;
        }
        for edit in edits.iter().rev() {
            text.get(edit.range.clone())?;
            text.replace_range(edit.range.clone(), &edit.text);
        }
        left = edits.first().map_or(left, |edit| edit.range.start);
        done += 1;
    }
    let policy = Policy::load(&file.path, &text).ok().filter(|_| done > 0)?;
    Some((facts_of(&policy, tools, subject), done))
}

/// The facts of a policy that was made up to see what it would give.
fn facts_of(policy: &Policy, tools: &[Tool], subject: &Subject<'_>) -> PolicyFacts {
    let options = aegis_probe::Options {
        fixes: false,
        guards: None,
        ..subject.probe.clone()
    };
    policy_facts(policy, tools, &probe(&Input { policy, tools }, &options))
}

/// The policy and the tests that `aegis init` writes where it finds no tools.
fn starter(tools: &[Tool], subject: &Subject<'_>) -> Option<(PolicyFacts, Tests)> {
    let template = aegis_policies::template("starter")?;
    let policy = Policy::load("policy.yaml", template.policy).ok()?;
    let suite = Suite::load("policy.test.yaml", template.suite).ok()?;
    let mut tests = Tests::default();
    tests.add(
        "policy.test.yaml",
        &suite,
        &policy,
        &mut Coverage::new(&policy),
    );
    Some((facts_of(&policy, tools, subject), tests))
}

/// The effects that no case shows to be held back and that the policy would hold back in one.
fn showable(policy: &Policy, tests: &Tests) -> Vec<Effect> {
    let held = |effect: &Effect| {
        let action = Action::new(plain_name(*effect));
        action.effect_found().effect == Some(*effect)
            && policy.decide(&action, default_moment()).approval > Approval::Auto
    };
    tests.missing().into_iter().filter(held).collect()
}

/// A plain name of an action with an effect.
fn plain_name(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "read_file",
        Effect::Write => "update_record",
        Effect::Delete => "delete_record",
        Effect::Execute => "execute_command",
        Effect::Send => "send_email",
        Effect::Pay => "pay_invoice",
        Effect::Deploy => "deploy_service",
        Effect::Privilege => "grant_role",
        Effect::Exfiltrate => "export_database",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::DANGEROUS;

    #[test]
    fn plain_names_have_their_effect() {
        for effect in DANGEROUS {
            let found = Action::new(plain_name(effect)).effect_found().effect;
            assert_eq!(found, Some(effect), "{}", plain_name(effect));
        }
    }
}
