//! Policies with known holes: each is found, with the right severity and place, and nothing else of
//! weight is said.

use aegis_policy::action::Hints;

use super::*;
use crate::suspect::{Field, Subject};

/// Everything of medium weight and more is exactly this: rule name and severity.
fn exactly(text: &str, want: &[&str]) -> Vec<Suspect> {
    let found = suspects(text);
    let grave: Vec<Suspect> = grave(&found).into_iter().cloned().collect();
    assert_eq!(brief(&grave), want, "{text}\n{grave:#?}");
    grave
}

/// The one suspect has this subject, and its witnesses or examples show this name.
fn one(text: &str, want: &str, subject: Subject, shows: &str) {
    let found = exactly(text, &[want]);
    let suspect = &found[0];
    assert_eq!(suspect.subject, subject, "{text}\n{suspect:#?}");
    let seen = format!("{:?} {:?}", suspect.affected.1, suspect.witnesses);
    assert!(seen.contains(shows), "{text}\n{shows} not in {seen}");
    assert!(!suspect.ideas.is_empty(), "{text}\n{suspect:#?}");
}

const fn kind(rule: usize, at: usize) -> Subject {
    Subject::Pattern(rule, Field::Type, at)
}

#[test]
fn defaults_that_let_everything_run() {
    one(
        "defaults: { approval: auto }\nrules: []",
        "default-fallthrough critical",
        Subject::Defaults,
        "delete",
    );
    one(
        "defaults: { approval: auto }
rules: [{ name: a, match: { effect: [delete, execute, pay, privilege] }, approval: approve }]",
        "default-fallthrough high",
        Subject::Defaults,
        "download",
    );
    one(
        "defaults: { approval: auto }
rules: [{ name: a, match: { effect: [delete, execute, pay, privilege, exfiltrate] }, approval: block }]",
        "default-fallthrough medium",
        Subject::Defaults,
        "send",
    );
    let with_block = exactly(
        "defaults: { approval: auto }
rules: [{ name: a, match: { type: 'delete*' }, approval: block }]",
        &["default-fallthrough critical", "glob-bypass critical"],
    );
    let bypass = with_block
        .iter()
        .find(|s| s.rule.id == "AEG202")
        .expect("bypass");
    assert!(
        bypass.affected.1.contains(&"file_delete".to_owned()),
        "{bypass:#?}"
    );
    // A pattern that has its verb anywhere is as good as the default lets it be.
    exactly(
        "defaults: { approval: auto }
rules: [{ name: a, match: { type: '*delete*' }, approval: block }]",
        &["default-fallthrough critical"],
    );
}

#[test]
fn wildcards() {
    for (rule, want) in [
        ("match: { type: '*' }", "wildcard-rule critical"),
        ("match: { type: '?*' }", "wildcard-rule critical"),
        ("match: { target: '*' }", "wildcard-rule critical"),
        (
            "match: { type: '*', target: 'prod*' }",
            "wildcard-rule high",
        ),
        ("match: { type: '*', agent: bot }", "wildcard-rule medium"),
        (
            "match: { type: '*' }, conditions: { weekdays: [6, 7] }",
            "wildcard-rule high",
        ),
    ] {
        exactly(
            &format!("rules: [{{ name: a, {rule}, approval: auto }}]"),
            &[want],
        );
    }
    // After rules about all effects that do harm there is nothing to say.
    exactly(
        "rules:
  - { name: a, match: { effect: [delete, execute, send, pay, deploy, privilege, exfiltrate] }, approval: approve }
  - { name: b, match: { type: '*' }, approval: auto }",
        &[],
    );
}

#[test]
fn rules_that_allow_too_much() {
    for (pattern, want, shows) in [
        ("pods_*", "missing-coverage critical", "pods_exec"),
        ("create_*", "missing-coverage critical", "create_access_key"),
        ("kubectl_*", "missing-coverage critical", "kubectl_delete"),
        ("*_file", "missing-coverage critical", "delete_file"),
        ("run_*", "missing-coverage critical", "run_sql"),
        ("*", "wildcard-rule critical", "delete"),
        ("*payment*", "missing-coverage critical", "capture_payment"),
        ("browser_*", "missing-coverage critical", "browser_evaluate"),
    ] {
        one(
            &format!("rules: [{{ name: a, match: {{ type: '{pattern}' }}, approval: auto }}]"),
            want,
            kind(0, 0),
            shows,
        );
    }
    // Which of several patterns it is.
    one(
        "rules: [{ name: a, match: { type: ['get_*', 'pods_*'] }, approval: auto }]",
        "missing-coverage critical",
        kind(0, 1),
        "pods_delete",
    );
    // A rule about an effect that does harm is as broad as one can be.
    one(
        "rules: [{ name: a, match: { effect: [read, delete] }, approval: auto }]",
        "missing-coverage critical",
        Subject::Rule(0),
        "delete_file",
    );
}

#[test]
fn what_is_named_is_meant() {
    for text in [
        "rules: [{ name: a, match: { type: [drop-database, execute_sql] }, approval: auto }]",
        "rules:
  - { name: a, match: { type: delete_temp_file }, approval: auto }
  - { name: b, match: { type: '*delete*' }, approval: block }",
        "rules:
  - { name: a, match: { type: remove_label }, approval: auto }
  - { name: b, match: { type: 'delete_*' }, approval: block }",
        "rules:
  - { name: b, match: { type: 'delete_*' }, approval: block }
  - { name: a, match: { type: 'remove_label*' }, approval: auto }",
    ] {
        exactly(text, &[]);
    }
    let policy = Policy::load(
        "p",
        "rules: [{ name: a, match: { type: execute_sql }, approval: auto }]",
    );
    let policy = policy.expect("policy");
    let input = Input {
        policy: &policy,
        tools: &[],
    };
    let mut found = Found::default();
    let options = Options {
        all: true,
        ..Options::default()
    };
    analyse(&input, &options, &mut found);
    assert_eq!(brief(&found.suspects), ["missing-coverage low"]);
}

#[test]
fn near_misses() {
    for (block, allow, want, shows) in [
        ("crm_delete_*", "crm_*", "glob-bypass high", "crm_remove"),
        (
            "*delete*",
            "*contact*",
            "glob-bypass high",
            "remove_contact",
        ),
        (
            "delete_*",
            "*contact*",
            "glob-bypass high",
            "contact_delete",
        ),
        ("*drop*", "db_*", "glob-bypass high", "db_delete"),
        ("s3:Delete*", "s3:*", "glob-bypass high", "s3:remove"),
        (
            "crm_delete_contact",
            "crm_*",
            "glob-bypass high",
            "crm_remove_contact",
        ),
        (
            "get_secret*",
            "{get,read,fetch}_*",
            "glob-bypass high",
            "read_secret",
        ),
        (
            "invoice_refund",
            "invoice_*",
            "glob-bypass high",
            "invoice_reimburse",
        ),
    ] {
        let text = format!(
            "rules:
  - {{ name: b, match: {{ type: '{block}' }}, approval: block }}
  - {{ name: a, match: {{ type: '{allow}' }}, approval: auto }}"
        );
        one(&text, want, kind(0, 0), shows);
        // What only asks is missed less badly.
        let found = suspects(&text.replace("block }", "approve }"));
        let grave = grave(&found);
        assert_eq!(
            brief(&grave.into_iter().cloned().collect::<Vec<_>>()),
            ["glob-bypass medium"],
            "{text}"
        );
    }
}

#[test]
fn a_name_that_asks_is_no_bypass() {
    for rules in [
        "- { name: b, match: { type: 'crm_delete_*' }, approval: block }",
        "- { name: b, match: { type: 'crm_delete_*' }, approval: block }
  - { name: a, match: { type: 'crm_*' }, approval: approve }",
        "- { name: b, match: { effect: delete }, approval: block }
  - { name: a, match: { type: 'crm_get_*' }, approval: auto }",
        "- { name: b, match: { type: '*{delete,remove}*', target: 'prod*' }, approval: block }",
    ] {
        exactly(&format!("rules:\n  {rules}"), &[]);
    }
}

#[test]
fn several_rules_that_miss_one_name_are_one_cause() {
    let found = exactly(
        "rules:
  - { name: a, match: { type: 'delete_*' }, approval: block }
  - { name: b, match: { type: 'remove_*' }, approval: block }
  - { name: c, match: { type: '*page*' }, approval: auto }",
        &["glob-bypass high", "glob-bypass high"],
    );
    let names = |at: usize| found[at].affected.1.clone();
    assert!(
        names(0).iter().all(|name| !name.contains("remove")),
        "{:?}",
        names(0)
    );
    assert!(
        names(1).iter().all(|name| name.contains("remove")),
        "{:?}",
        names(1)
    );
}

#[test]
fn open_namespaces() {
    one(
        "rules:
  - { name: s, match: { type: 'shop_legal_*' }, approval: block }
  - { name: a, match: { type: 'shop_*' }, approval: auto }",
        "missing-coverage medium",
        kind(1, 0),
        "shop_delete",
    );
    exactly(
        "rules: [{ name: a, match: { type: 'weather_*' }, approval: auto }]",
        &[],
    );
}

#[test]
fn targets() {
    let target = |rule| Subject::Pattern(rule, Field::Target, 0);
    for (pattern, shows) in [
        ("prod*", "eu-prod"),
        ("prod", "prod-eu"),
        ("*prod*", "live"),
        ("/etc/*", "/tmp/../etc/"),
        ("vault", "eu-vault"),
    ] {
        one(
            &format!(
                "rules:
  - {{ name: b, match: {{ effect: delete, target: '{pattern}' }}, approval: block }}
  - {{ name: a, match: {{ type: '*delete*' }}, approval: auto }}"
            ),
            "target-gap high",
            target(0),
            shows,
        );
    }
    one(
        "rules:
  - { name: b, match: { type: 'browser_*', target: 'https://admin.example.com/*' }, approval: block }
  - { name: a, match: { type: [browser_navigate, browser_click] }, approval: auto }",
        "target-gap high",
        target(0),
        "http://admin.example.com/",
    );
    for (pattern, name, want, shows) in [
        (
            "/workspace/*",
            "write_file",
            "target-gap high",
            "/workspace/../../etc/passwd",
        ),
        (
            "/workspace*",
            "write_file",
            "target-gap high",
            "/workspace-other",
        ),
        (
            "/docs/*",
            "read_file",
            "target-gap medium",
            "/docs/../../etc",
        ),
        (
            "https://example.com*",
            "fetch",
            "target-gap medium",
            "https://example.com.evil.example/",
        ),
        (
            "*example.com*",
            "fetch",
            "target-gap medium",
            "https://example.com.evil.example/",
        ),
        (
            "*docs.example.com/*",
            "fetch",
            "target-gap medium",
            "https://evil.example/docs.example.com/",
        ),
        (
            "*@example.com*",
            "send_email",
            "target-gap high",
            "someone@example.com.evil.example/",
        ),
        (
            "*example.com",
            "send_email",
            "target-gap high",
            "evilexample.com",
        ),
    ] {
        one(
            &format!(
                "rules: [{{ name: a, match: {{ type: {name}, target: '{pattern}' }}, approval: auto }}]"
            ),
            want,
            target(0),
            shows,
        );
    }
    // Patterns cannot say what was meant, so there is nothing to propose.
    for (pattern, shows) in [
        (
            "https://*.example.com*",
            "https://www.example.com.evil.example/",
        ),
        (
            "https://*.example.com/*",
            "https://evil.example/x.example.com/",
        ),
        ("*intranet*", "https://intranet.evil.example/intranet"),
    ] {
        let found = exactly(
            &format!(
                "rules: [{{ name: a, match: {{ type: http_post, target: '{pattern}' }}, approval: auto }}]"
            ),
            &["target-gap high"],
        );
        assert_eq!(found[0].affected.1, [shows]);
    }
    for sound in [
        "rules: [{ name: a, match: { type: fetch, target: 'https://example.com/*' }, approval: auto }]",
        "rules: [{ name: a, match: { type: send_email, target: '*@example.com' }, approval: auto }]",
        "rules: [{ name: a, match: { type: fetch, target: '*.example.com' }, approval: auto }]",
        "rules: [{ name: a, match: { type: write_file, target: '*draft*' }, approval: auto }]",
        "rules: [{ name: a, match: { type: create_issue, target: 'acme/*' }, approval: auto }]",
        "rules: [{ name: a, match: { type: [list_issues, get_file_contents], target: 'acme/*' }, approval: auto }]",
        "rules: [{ name: a, match: { type: rollout_restart, target: 'staging/*' }, approval: auto }]",
        "rules:
  - { name: b, match: { type: create_issue, target: 'acme/secrets' }, approval: approve }
  - { name: a, match: { type: create_issue }, approval: auto }",
        "rules:
  - { name: c, match: { target: ['*/../*', '*/..'] }, approval: block }
  - { name: a, match: { type: write_file, target: '/workspace/*' }, approval: auto }",
        "rules:
  - { name: b, match: { effect: delete, target: 'prod*' }, approval: block }
  - { name: c, match: { effect: delete }, approval: approve }
  - { name: a, match: { effect: read }, approval: auto }",
    ] {
        exactly(sound, &[]);
    }
}

#[test]
fn chains() {
    // A name that is spelled out is no oversight.
    one(
        "rules:
  - { name: secrets, match: { type: get_secret_value }, approval: auto }
  - { name: hooks, match: { type: [list_hooks, http_post] }, approval: auto }",
        "escalation high",
        Subject::Rule(1),
        "http_post",
    );
    one(
        "rules:
  - { name: files, match: { type: read_file }, approval: auto }
  - { name: hooks, match: { type: http_post }, approval: auto }",
        "escalation medium",
        Subject::Rule(1),
        "read_file",
    );
    exactly(
        "rules:
  - { name: files, match: { type: read_file }, approval: auto }
  - { name: fetch, match: { type: http_get }, approval: auto }
  - { name: hooks, match: { type: http_post, target: 'https://example.com/*' }, approval: auto }
  - { name: mail, match: { type: send_email }, approval: auto }",
        &[],
    );
    one(
        "rules:
  - { name: reads, match: { effect: read }, approval: auto }
  - { name: mail, match: { type: send_email }, approval: auto }",
        "escalation high",
        Subject::Rule(1),
        "send_email",
    );
    exactly(
        "rules:
  - { name: secrets, match: { type: '*{secret,credential,token,passw,key}*' }, approval: approve }
  - { name: reads, match: { effect: read }, approval: auto }
  - { name: mail, match: { type: send_email }, approval: auto }",
        &[],
    );
}

fn tool(name: &str, source: &str) -> Tool {
    Tool {
        name: name.to_owned(),
        target: None,
        params: vec!["amount".to_owned()],
        hints: Hints::default(),
        span: None,
        source: source.to_owned(),
    }
}

#[test]
fn own_tools() {
    let text = "rules:
  - { name: crm, match: { type: 'crm_*' }, approval: auto }
  - { name: reads, match: { effect: read }, approval: auto }";
    let tools = [
        tool("crm_get_contact", "a.py:1"),
        tool("crm_purge_contact", "a.py:9"),
        tool("send_email", "a.py:20"),
    ];
    let found = suspects_with(text, &tools);
    assert_eq!(brief(&found), ["missing-coverage critical"], "{found:#?}");
    assert_eq!(found[0].subject, kind(0, 0));
    assert!(
        found[0]
            .message
            .starts_with("`crm_purge_contact` (a.py:9) runs unattended"),
        "{}",
        found[0].message
    );
    // Nothing of the program does harm, so what might is not worth a word.
    let found = suspects_with(text, &tools[..1]);
    assert!(found.is_empty(), "{found:#?}");
    // A hint of the server is believed where it makes things worse.
    let mut hinted = tool("crm_get_contact", "tools.json");
    hinted.hints.destructive = Some(true);
    let found = suspects_with(text, &[hinted]);
    assert_eq!(brief(&found), ["missing-coverage critical"], "{found:#?}");
    // A bounded band is meant; without its bound it would not be.
    let band = "rules: [{ name: a, match: { type: '*refund*' }, conditions: { param_lte: { amount: 50 } }, approval: auto }]";
    assert!(suspects_with(band, &[tool("issue_refund", "a.py:3")]).is_empty());
}

#[test]
fn the_same_policy_gives_the_same_suspects() {
    for template in aegis_policies::TEMPLATES {
        let text = template
            .policy
            .replace("approval: approve", "approval: auto");
        let once = format!("{:?}", suspects(&text));
        assert!(
            once == format!("{:?}", suspects(&text)),
            "{}",
            template.name
        );
    }
}

#[test]
fn a_spent_budget_is_said() {
    let policy = Policy::load(
        "p",
        "defaults: { approval: auto }\nrules: [{ name: a, match: { type: 'delete*' }, approval: block }, { name: b, match: { type: 'drop*' }, approval: block }]",
    );
    let policy = policy.expect("policy");
    let input = Input {
        policy: &policy,
        tools: &[],
    };
    let mut found = Found::default();
    analyse(
        &input,
        &Options {
            near_budget: 3,
            ..Options::default()
        },
        &mut found,
    );
    assert!(found.suspects.iter().any(|s| s.rule.id == "AEG214"));
}
