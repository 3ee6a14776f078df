//! The formula, and the properties it promises, over made-up programs and real policies.

use std::sync::Arc;

use aegis_diag::{Finding, SourceFile, Span, Suppressed, SuppressedBy, Tool};
use aegis_policy::policy::Policy;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::gains::{Better, gains};
use super::*;
use crate::evidence::{DANGEROUS, Files, Seen, Tests, Text};
use crate::{Subject, assess_scanned};

/// A call site of a kind with a verdict; tools have a name.
type Draft = (CallKind, Verdict, &'static str);

fn site(at: usize, (kind, verdict, name): Draft) -> CallSite {
    let file = Arc::new(SourceFile::new("app.py", "x\n".repeat(at + 1), None));
    CallSite {
        span: Span::new(file, 2 * at..2 * at + 1),
        kind,
        framework: "openai".to_owned(),
        operation: "run".to_owned(),
        api: String::new(),
        provider: String::new(),
        symbol: "run".to_owned(),
        scope: String::new(),
        verdict,
        reason: String::new(),
        way: Vec::new(),
        remedy: if verdict == Verdict::Governed {
            String::new()
        } else {
            format!("guard {name}")
        },
        tool: (kind == CallKind::ToolDef).then(|| Tool {
            name: Some(name.to_owned()),
            ..Tool::default()
        }),
        by_shape: false,
    }
}

fn scanned(drafts: &[Draft]) -> Report {
    Report {
        sites: drafts
            .iter()
            .enumerate()
            .map(|(at, draft)| site(at, *draft))
            .collect(),
        ..Report::default()
    }
}

fn facts(robustness: Tenths, critical: usize) -> PolicyFacts {
    PolicyFacts {
        path: "policy.yaml".to_owned(),
        robustness,
        reference: "probe-ref/1",
        rules: 3,
        types: 2,
        tools: (0, 0),
        critical: (0..critical)
            .map(|n| format!("AEG201 at policy.yaml:{n}:1"))
            .collect(),
        findings: [0, 0, 0, 0, critical],
        suppressed: 0,
        undecided: 0,
    }
}

fn seen(audit: u8, held: usize, gate: u8) -> Evidence {
    let seen = |halves| Seen {
        halves,
        note: "somewhere".to_owned(),
    };
    Evidence {
        audit: seen(audit),
        tests: Tests {
            held: DANGEROUS.into_iter().take(held).collect(),
            ..Tests::default()
        },
        gate: seen(gate),
        ..Evidence::default()
    }
}

fn score_of(scan: &Report, policy: Option<&PolicyFacts>, evidence: &Evidence) -> Option<Tenths> {
    let inputs = Inputs {
        scan,
        policy,
        evidence,
    };
    card(&inputs).score
}

const GOVERNED: Verdict = Verdict::Governed;
const UNGOVERNED: Verdict = Verdict::Ungoverned;

#[test]
fn the_examples_of_the_documentation() {
    use CallKind::{AgentRun, LlmCall, ToolDef};
    let program = [
        (LlmCall, GOVERNED, ""),
        (LlmCall, UNGOVERNED, ""),
        (AgentRun, Verdict::Partly, ""),
        (ToolDef, GOVERNED, "delete_user"),
        (ToolDef, UNGOVERNED, "get_user"),
    ];
    // (1·1 + 1·0 + 2·½ + 5·1 + 1·0) / (1 + 1 + 2 + 5 + 1) = 7/10
    let scan = scanned(&program);
    let none = seen(0, 0, 0);
    assert_eq!(score_of(&scan, None, &none), Some(350));
    // 50·0.7 + 35·0.968 = 68.88
    let policy = facts(968, 0);
    assert_eq!(score_of(&scan, Some(&policy), &none), Some(688));
    // + 15·(8·1 + 4 + 8·0.5)/24 = 10, with the share rounded down to 66.6 %
    assert_eq!(score_of(&scan, Some(&policy), &seen(2, 4, 1)), Some(788));
    // All of it.
    let all = scanned(&[(LlmCall, GOVERNED, "")]);
    assert_eq!(
        score_of(&all, Some(&facts(1000, 0)), &seen(2, 8, 2)),
        Some(1000)
    );
    assert_eq!(
        score_of(&all, Some(&facts(1000, 1)), &seen(2, 8, 2)),
        Some(CAP)
    );
}

#[test]
fn nothing_to_govern_is_not_applicable() {
    let best = (facts(1000, 0), seen(2, 8, 2));
    assert_eq!(score_of(&Report::default(), Some(&best.0), &best.1), None);
    let card = card(&Inputs {
        scan: &Report::default(),
        policy: Some(&best.0),
        evidence: &best.1,
    });
    assert_eq!((card.points(), card.cap), (None, None));
    assert!(
        card.facts[0].1.contains("nothing to govern"),
        "{:?}",
        card.facts
    );
}

#[test]
fn a_call_that_runs_code_holds_the_score_down_even_if_its_rule_is_off() {
    let mut drafts = vec![(CallKind::LlmCall, GOVERNED, ""); 400];
    drafts.push((CallKind::AgentExec, UNGOVERNED, ""));
    let scan = scanned(&drafts);
    assert!(scan.findings.is_empty());
    let policy = facts(1000, 0);
    let evidence = seen(2, 8, 2);
    let card = card(&Inputs {
        scan: &scan,
        policy: Some(&policy),
        evidence: &evidence,
    });
    assert_eq!(card.score, Some(CAP));
    let because = card.cap.unwrap().because;
    assert_eq!(
        because,
        "a critical finding is open: AEG105 at app.py:401:1"
    );
}

fn draft() -> impl Strategy<Value = Draft> {
    let names = [
        "delete_user",
        "get_user",
        "send_email",
        "frobnicate",
        "deploy_app",
        "add_note",
    ];
    let verdicts = vec![GOVERNED, Verdict::Partly, UNGOVERNED];
    (
        select(CallKind::ALL.to_vec()),
        select(verdicts),
        select(names.to_vec()),
    )
}

fn program() -> impl Strategy<Value = Vec<Draft>> {
    prop::collection::vec(draft(), 1..40)
}

fn policy() -> impl Strategy<Value = Option<PolicyFacts>> {
    prop::option::of((0_u16..=1000, 0_usize..3).prop_map(|(r, c)| facts(r, c)))
}

fn evidence() -> impl Strategy<Value = Evidence> {
    (0_u8..=2, 0_usize..=8, 0_u8..=2).prop_map(|(a, t, g)| seen(a, t, g))
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

static RULE: aegis_diag::Rule = aegis_diag::Rule {
    id: "AEG999",
    name: "made-up",
    severity: Severity::Critical,
    summary: "",
    tags: &[],
    cwe: None,
    since: "0.1.0",
    page: "",
};

proptest! {
    #![proptest_config(config(512))]

    /// Governing one more call site never lowers it, whether wholly or partly.
    #[test]
    fn governing_never_lowers(mut drafts in program(), p in policy(), e in evidence(), at in any::<Index>()) {
        let before = score_of(&scanned(&drafts), p.as_ref(), &e);
        let at = at.index(drafts.len());
        drafts[at].1 = if drafts[at].1 == UNGOVERNED { Verdict::Partly } else { GOVERNED };
        let partly = score_of(&scanned(&drafts), p.as_ref(), &e);
        prop_assert!(partly >= before);
        drafts[at].1 = GOVERNED;
        prop_assert!(score_of(&scanned(&drafts), p.as_ref(), &e) >= partly);
    }

    /// Closing a finding never lowers it; suppressing one changes nothing.
    #[test]
    fn findings_count_whether_suppressed_or_not(drafts in program(), p in policy(), e in evidence()) {
        let mut scan = scanned(&drafts);
        let closed = score_of(&scan, p.as_ref(), &e);
        let finding = Finding::at(&RULE, scan.sites[0].span.clone(), "made up", "here");
        scan.findings.push(finding.clone());
        let open = score_of(&scan, p.as_ref(), &e);
        prop_assert!(closed >= open && open <= Some(CAP));
        scan.findings.clear();
        for by in [SuppressedBy::Comment, SuppressedBy::Baseline] {
            scan.suppressed = vec![Suppressed { finding: finding.clone(), by, reason: None }];
            prop_assert_eq!(score_of(&scan, p.as_ref(), &e), open);
        }
    }

    /// More evidence, a more robust policy, or any policy at all never lowers it.
    #[test]
    fn evidence_and_robustness_never_lower(drafts in program(), p in policy(), e in evidence(), more in 0_u16..200) {
        let scan = scanned(&drafts);
        let before = score_of(&scan, p.as_ref(), &e);
        let mut better = e.clone();
        better.audit.halves = 2;
        better.gate.halves = 2;
        better.tests.held = DANGEROUS.to_vec();
        prop_assert!(score_of(&scan, p.as_ref(), &better) >= before);
        let critical = p.as_ref().map_or(0, |p| p.critical.len());
        let robust = facts((p.as_ref().map_or(0, |p| p.robustness) + more).min(1000), critical);
        prop_assert!(score_of(&scan, Some(&robust), &e) >= before);
    }

    /// It can be computed again from what the card says.
    #[test]
    fn the_card_holds_everything(drafts in program(), p in policy(), e in evidence()) {
        let scan = scanned(&drafts);
        let card = card(&Inputs { scan: &scan, policy: p.as_ref(), evidence: &e });
        let mut sum = 0;
        for part in &card.parts {
            let got: f64 = part.inputs.iter().map(|i| i.weight * i.got).sum();
            let of: f64 = part.inputs.iter().map(|i| i.weight * i.of).sum();
            let exact = 1000.0 * got / of;
            prop_assert!((exact - 1.0..=exact + 1e-6).contains(&f64::from(part.score)), "{part:?}");
            sum += u32::from(part.weight) * u32::from(part.score);
        }
        let score = u32::from(card.score.unwrap());
        let held = card.cap.as_ref().map(|cap| u32::from(cap.at));
        prop_assert_eq!(score, held.unwrap_or(sum / 100));
        prop_assert_eq!(card.parts.iter().map(|p| p.weight).sum::<u16>(), 100);
    }

    /// A gain is what the score rises by if that is done: here, if the group is governed.
    #[test]
    fn gains_are_what_they_say(drafts in program(), p in policy(), e in evidence()) {
        let scan = scanned(&drafts);
        let inputs = Inputs { scan: &scan, policy: p.as_ref(), evidence: &e };
        let now = card(&inputs);
        let ways = gains(&inputs, &now, &Better::default());
        prop_assert!(ways.len() <= 3);
        for way in ways {
            prop_assert!(way.gain > 0);
            let Some(remedy) = way.help.as_deref().filter(|help| help.starts_with("guard ")) else {
                continue;
            };
            let mut after = scan.clone();
            for site in after.sites.iter_mut().filter(|site| site.remedy == remedy) {
                site.verdict = GOVERNED;
            }
            let then = score_of(&after, p.as_ref(), &e).unwrap();
            prop_assert_eq!(then - now.score.unwrap(), way.gain, "{}", way.action);
        }
    }
}

// ---- real policies

/// A rule as YAML without its name, and its approval.
type Written = (String, &'static str, &'static str);

fn rule() -> impl Strategy<Value = Written> {
    let matches = vec![
        "type: '*'",
        "type: 'delete*'",
        "type: '*delete*'",
        "type: delete_user",
        "type: 'get_*'",
        "type: 'drop_*'",
        "type: '*pay*'",
        "type: send_email",
        "effect: delete",
        "effect: [write, send]",
        "type: 'run*', target: 'prod*'",
        "type: 'remove_*', target: 'staging*'",
        "type: '{grant,revoke}*'",
    ];
    let conditions = vec![
        "",
        "",
        "",
        "conditions: {param_lt: {amount: 50}},",
        "conditions: {weekdays: [1, 2, 3, 4, 5]},",
    ];
    let approvals = vec!["auto", "approve", "block"];
    (select(matches), select(conditions), select(approvals))
        .prop_map(|(m, c, a)| (m.to_owned(), c, a))
}

fn text(default: &str, rules: &[Written]) -> String {
    let mut out = format!("defaults: {{approval: {default}}}\nrules:\n");
    for (i, (matches, conditions, approval)) in rules.iter().enumerate() {
        out += &format!(
            "  - {{name: r{i}, match: {{{matches}}}, {conditions} approval: {approval}}}\n"
        );
    }
    if rules.is_empty() {
        out.replace("rules:\n", "rules: []\n")
    } else {
        out
    }
}

const SUITE: &str = "\
cases:
  - {action: {type: delete_user}, expect: {approval: approve}}
  - {action: {type: drop_table}, expect: {approval: block}}
  - {action: {type: send_email}, expect: {approval: approve}}
  - {action: {type: run_command, target: prod-1}, expect: {approval: approve}}
  - {action: {type: pay_invoice, params: {amount: 900}}, expect: {approval: block}}
  - {action: {type: update_record}, expect: {approval: auto}}
";

/// The whole way, with everything governed so that the cap would be seen.
fn whole(policy: &str) -> Tenths {
    let policy = Policy::load("policy.yaml", policy).unwrap_or_else(|e| panic!("{e}\n{policy}"));
    let files = Files {
        settings: Some(Text {
            path: "aegis.yaml".to_owned(),
            text: "audit: {path: x}".to_owned(),
        }),
        suites: vec![Text {
            path: "policy.test.yaml".to_owned(),
            text: SUITE.to_owned(),
        }],
        ..Files::default()
    };
    let options = aegis_probe::Options {
        fixes: false,
        fuzz_cases: 0,
        near_budget: 20_000,
        ..aegis_probe::Options::default()
    };
    let subject = Subject {
        probed: None,
        policy: Some(&policy),
        files: &files,
        probe: &options,
        gains: false,
    };
    let drafts = [
        (CallKind::LlmCall, GOVERNED, ""),
        (CallKind::ToolDef, GOVERNED, "delete_user"),
        (CallKind::ToolDef, GOVERNED, "get_user"),
    ];
    assess_scanned(scanned(&drafts), &subject)
        .score
        .score
        .unwrap()
}

fn rules() -> impl Strategy<Value = Vec<Written>> {
    prop::collection::vec(rule(), 0..6)
}

const DEFAULTS: [&str; 3] = ["auto", "approve", "block"];

proptest! {
    #![proptest_config(config(24))]

    /// An automatic rule never raises it, wherever it stands and whatever it names.
    #[test]
    fn an_automatic_rule_never_raises(default in select(DEFAULTS.to_vec()), mut rules in rules(), new in rule(), at in any::<Index>()) {
        let before = whole(&text(default, &rules));
        let at = at.index(rules.len() + 1);
        rules.insert(at, (new.0, new.1, "auto"));
        prop_assert!(whole(&text(default, &rules)) <= before);
    }

    /// Deleting a rule that blocks never raises it.
    #[test]
    fn deleting_a_rule_never_raises(default in select(DEFAULTS.to_vec()), rules in rules(), old in rule(), at in any::<Index>()) {
        let mut with = rules.clone();
        with.insert(at.index(rules.len() + 1), (old.0, old.1, "block"));
        prop_assert!(whole(&text(default, &rules)) <= whole(&text(default, &with)));
    }

    /// Nor does deleting one of any kind that no action depends on: the rest looks no better for it.
    #[test]
    fn deleting_a_dead_rule_changes_nothing(default in select(DEFAULTS.to_vec()), mut rules in rules(), at in any::<Index>()) {
        prop_assume!(!rules.is_empty());
        let at = at.index(rules.len());
        let twin = rules[at].clone();
        let before = whole(&text(default, &rules));
        rules.insert(at + 1, twin);
        prop_assert_eq!(whole(&text(default, &rules)), before);
    }
}
