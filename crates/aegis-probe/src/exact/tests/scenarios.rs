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
            let _ = write!(
                line,
                " | {} @ {at} -> {}",
                action.to_json(),
                decision.approval
            );
        }
        out.push(line);
    }
    out
}

#[test]
fn templates() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies/templates");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("templates")
        .filter_map(Result::ok)
        .map(|e| e.path())
        .collect();
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

/// The rule of Aegis, operator and severity of everything at or above a severity, and the rule it
/// is about.
fn suspects(text: &str, least: aegis_diag::Severity) -> Vec<String> {
    let policy = load(text);
    let mut found = Found::default();
    analyse(
        &Input {
            policy: &policy,
            tools: &[],
        },
        &Options::default(),
        &mut found,
    );
    let mut out = Vec::new();
    for suspect in found.suspects.iter().filter(|s| s.severity >= least) {
        use crate::suspect::Subject;
        let about = match suspect.subject {
            Subject::Rule(rule) | Subject::Pattern(rule, ..) | Subject::Condition(rule, _) => {
                policy.checked().rules()[rule].name.value.to_string()
            }
            Subject::Defaults => "defaults".to_owned(),
        };
        out.push(format!(
            "{} {} {} {}",
            suspect.rule.id, suspect.operator, about, suspect.severity
        ));
    }
    out
}

fn rules(rules: &str) -> String {
    format!("version: '1'\ndefaults: {{ approval: approve, risk_level: medium }}\nrules:\n{rules}")
}

#[track_caller]
fn expect(text: &str, want: &[&str]) {
    let got = suspects(text, aegis_diag::Severity::Medium);
    assert_eq!(got, want, "{text}");
}

#[test]
fn shadowed_rules() {
    // Hidden by a broad allow, whole and in part.
    expect(
        &rules(
            "
  - { name: db, match: { type: 'db_*' }, approval: auto }
  - { name: no_drop, match: { type: db_drop_table }, approval: block }
",
        ),
        &["AEG207 one no_drop high"],
    );
    expect(
        &rules(
            "
  - { name: db, match: { type: 'db_*' }, approval: auto }
  - { name: no_drop, match: { type: [db_drop, truncate_table] }, approval: block }
",
        ),
        &["AEG207 one no_drop high"],
    );
    // By several together.
    expect(&rules("
  - { name: small, match: { type: pay }, conditions: { param_lte: { amount: 100 }, param_gte: { amount: 0 } }, approval: auto }
  - { name: negative, match: { type: pay }, conditions: { param_lt: { amount: 0 } }, approval: block }
  - { name: large, match: { type: pay }, conditions: { param_gt: { amount: 100 } }, approval: approve }
  - { name: none, match: { type: pay }, conditions: { param_missing: amount }, approval: approve }
  - { name: rest, match: { type: pay }, approval: block }
"), &["AEG207 union rest medium"]);
    // A stricter rule in front is no defect worth more than a word.
    expect(
        &rules(
            "
  - { name: none, match: { type: 'delete_*' }, approval: block }
  - { name: some, match: { type: delete_temp }, approval: auto }
",
        ),
        &[],
    );
}

#[test]
fn contradictions() {
    expect(&rules("
  - { name: odd, match: { type: 'transfer*' }, conditions: { param_gt: { amount: 100 }, param_lt: { amount: 50 } }, approval: block }
  - { name: rest, match: { type: 'transfer*' }, conditions: { param_gte: { amount: 0 } }, approval: auto }
"), &["AEG211 contradiction odd high"]);
    expect(&rules("
  - { name: fine, match: { type: 'transfer*' }, conditions: { param_gt: { amount: 50 }, param_lt: { amount: 100 } }, approval: block }
"), &[]);
}

#[test]
fn defaults() {
    expect(
        "defaults: { approval: auto }\nrules:\n  - { name: a, match: { type: 'delete*' }, approval: block }\n",
        &["AEG203 default defaults high"],
    );
    expect(
        "defaults: { approval: auto }\nrules:\n  - { name: a, match: { type: '*' }, approval: approve }\n",
        &[],
    );
}

#[test]
fn conflicts() {
    expect(
        &rules(
            "
  - { name: files, match: { type: '*_file' }, approval: auto }
  - { name: no_delete, match: { type: 'delete_*' }, approval: block }
",
        ),
        &["AEG209 overlap no_delete high"],
    );
    expect(
        &rules(
            "
  - { name: writes, match: { type: 'update_*' }, approval: auto }
  - { name: production, match: { type: '*', target: 'prod*' }, approval: block }
",
        ),
        &["AEG209 overlap production medium"],
    );
    // Two verbs make no name, and reading is let through on purpose.
    expect(
        &rules(
            "
  - { name: reads, match: { type: 'read_*' }, approval: auto }
  - { name: no_delete, match: { type: '*delete*' }, approval: block }
  - { name: production, match: { target: 'prod*' }, approval: block }
",
        ),
        &[],
    );
    // An exception.
    expect(
        &rules(
            "
  - { name: temp, match: { type: delete_temp }, approval: auto }
  - { name: no_delete, match: { type: 'delete_*' }, approval: block }
",
        ),
        &[],
    );
}

#[test]
fn amounts() {
    // Nothing for a missing amount.
    expect(&rules("
  - { name: large, match: { type: refund }, conditions: { param_gt: { amount: 100 } }, approval: block }
  - { name: refunds, match: { type: refund }, approval: auto }
"), &["AEG210 missing large high"]);
    // Exactly 100 lies between two rules.
    expect("
defaults: { approval: auto }
rules:
  - { name: all, match: { type: '[!r]*' }, approval: approve }
  - { name: large, match: { type: refund }, conditions: { param_gt: { amount: 100 } }, approval: block }
  - { name: small, match: { type: refund }, conditions: { param_lt: { amount: 100 } }, approval: approve }
  - { name: none, match: { type: refund }, conditions: { param_missing: amount }, approval: approve }
", &["AEG203 default defaults high", "AEG210 boundary large high"]);
    // Closed: what is left is asked about.
    expect(&rules("
  - { name: large, match: { type: refund }, conditions: { param_gt: { amount: 100 } }, approval: block }
  - { name: small, match: { type: refund }, conditions: { param_gte: { amount: 0 }, param_lte: { amount: 100 } }, approval: auto }
"), &[]);
    // No lower bound.
    expect(&rules("
  - { name: small, match: { type: refund }, conditions: { param_lt: { amount: 100 } }, approval: auto }
"), &["AEG210 lower-bound small high"]);
    // One cause, one suspect, although two rules restrict by the amount.
    expect(&rules("
  - { name: huge, match: { type: refund }, conditions: { param_gt: { amount: 1000 } }, approval: block }
  - { name: large, match: { type: refund }, conditions: { param_gt: { amount: 100 } }, approval: approve }
  - { name: refunds, match: { type: refund }, approval: auto }
"), &["AEG210 missing huge high"]);
}

#[test]
fn texts() {
    expect(&rules("
  - { name: ours, match: { type: http_post }, conditions: { param_contains: { url: example.com } }, approval: auto }
"), &["AEG210 substring ours high"]);
    expect(&rules("
  - { name: ours, match: { type: http_post }, conditions: { param_matches: { url: example.com } }, approval: auto }
"), &["AEG210 unanchored ours high"]);
    expect(&rules("
  - { name: ours, match: { type: http_post }, conditions: { param_matches: { url: '^https://api\\.example\\.com' } }, approval: auto }
"), &["AEG210 open-end ours high"]);
    expect(&rules("
  - { name: ours, match: { type: http_post }, conditions: { param_matches: { url: '^https://api.example\\.com/' } }, approval: auto }
"), &["AEG210 dot ours medium"]);
    expect(&rules("
  - { name: ours, match: { type: http_post }, conditions: { param_matches: { url: '^https://api\\.example\\.com/' } }, approval: auto }
"), &[]);
    expect(&rules("
  - { name: temp, match: { type: write_file }, conditions: { param_matches: { path: '^/tmp/' } }, approval: auto }
"), &["AEG210 traversal temp high"]);
    expect(&rules("
  - { name: status, match: { type: run_command }, conditions: { param_matches: { command: '^git status' } }, approval: auto }
"), &["AEG210 open-end status high"]);
    expect(&rules("
  - { name: no_drop, match: { type: run_sql }, conditions: { param_contains: { sql: DROP TABLE } }, approval: block }
  - { name: sql, match: { type: run_sql }, approval: auto }
"), &["AEG210 case no_drop medium"]);
    expect(&rules("
  - { name: no_drop, match: { type: run_sql }, conditions: { param_matches: { sql: '(?i)\\bdrop\\s+table\\b' } }, approval: block }
  - { name: sql, match: { type: run_sql }, approval: auto }
"), &[]);
    expect(&rules("
  - { name: labelled, match: { type: create_issue }, conditions: { param_contains: { labels: safe } }, approval: auto }
"), &[]);
    expect(&rules("
  - { name: force, match: { type: push }, conditions: { param_eq: { force: true } }, approval: block }
  - { name: push, match: { type: push }, approval: auto }
"), &["AEG210 type force medium"]);
}

#[test]
fn keys() {
    expect(&rules("
  - { name: large, match: { type: refund }, conditions: { param_gt: { Amount: 100 } }, approval: block }
  - { name: small, match: { type: refund }, conditions: { param_lte: { amount: 100 }, param_gte: { amount: 0 } }, approval: auto }
"), &["AEG210 key large medium"]);
}

#[test]
fn times() {
    // A minute at the end of the day.
    expect(&rules("
  - { name: night, match: { type: deploy }, conditions: { time_after: '18:00', time_before: '23:59' }, approval: block }
  - { name: morning, match: { type: deploy }, conditions: { time_before: '09:00' }, approval: block }
  - { name: day, match: { type: deploy }, approval: auto }
"), &["AEG210 between-windows night medium"]);
    // Sunday.
    expect(
        &rules(
            "
  - { name: saturday, match: { type: deploy }, conditions: { weekdays: [6] }, approval: block }
  - { name: rest, match: { type: deploy }, approval: auto }
",
        ),
        &["AEG210 forgotten-day saturday medium"],
    );
    expect(&rules("
  - { name: days, match: { type: deploy }, conditions: { weekdays: [1, 2, 3, 4, 5, 6] }, approval: block }
  - { name: rest, match: { type: deploy }, approval: auto }
"), &["AEG210 forgotten-day days medium"]);
    // Working hours only.
    expect(&rules("
  - { name: hours, match: { type: deploy }, conditions: { weekdays: [1, 2, 3, 4, 5], time_after: '09:00', time_before: '17:00' }, approval: auto }
"), &[]);
    expect(&rules("
  - { name: hours, match: { type: deploy }, conditions: { time_after: '22:00', time_before: '06:00' }, approval: block }
  - { name: rest, match: { type: deploy }, approval: auto }
"), &[]);
    // What is open at times is only a part of what the rule speaks of; a hole at night and a day.
    expect(&rules("
  - { name: saturday, match: { type: 'deploy_*' }, conditions: { weekdays: [6] }, approval: block }
  - { name: evening, match: { type: 'deploy_*' }, conditions: { time_after: '18:00', time_before: '23:00' }, approval: block }
  - { name: night, match: { type: 'deploy_*' }, conditions: { time_after: '23:30', time_before: '07:00' }, approval: block }
  - { name: rest, match: { type: [deploy_app, deploy_service] }, approval: auto }
"), &["AEG210 between-windows evening medium", "AEG210 forgotten-day saturday medium"]);
    expect(&rules("
  - { name: berlin_hours, match: { type: deploy }, conditions: { time_after: '09:00', time_before: '17:00' }, approval: auto }
"), &["AEG210 zone berlin_hours medium"]);
}

#[test]
fn agents() {
    expect(
        &rules(
            "
  - { name: interns, match: { type: 'deploy*', agent: 'intern-*' }, approval: block }
  - { name: deploys, match: { type: 'deploy*' }, approval: auto }
",
        ),
        &["AEG215 agent interns medium"],
    );
    expect(
        &rules(
            "
  - { name: interns, match: { type: 'deploy*', agent: 'intern-*' }, approval: block }
  - { name: seniors, match: { type: 'deploy*', agent: 'senior-*' }, approval: auto }
",
        ),
        &[],
    );
}
