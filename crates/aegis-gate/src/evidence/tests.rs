use super::*;

fn file(path: &str, text: &str) -> Text {
    Text {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

fn ci(files: &[(&str, &str)]) -> Seen {
    let files: Vec<Text> = files.iter().map(|(path, text)| file(path, text)).collect();
    let mut problems = Vec::new();
    let seen = ci::gate(&files, &mut problems);
    assert_eq!(problems, [""; 0]);
    seen
}

const WORKFLOW: &str = ".github/workflows/ci.yml";

fn workflow(on: &str, job: &str) -> u8 {
    let text = format!("on: {on}\njobs:\n  gate:\n    runs-on: ubuntu-latest\n{job}");
    ci(&[(WORKFLOW, &text)]).halves
}

#[test]
fn a_job_that_runs_on_changes_and_can_fail_is_a_gate() {
    let run =
        "    steps:\n      - uses: actions/checkout@v4\n      - run: |\n          aegis gate\n";
    for on in [
        "pull_request",
        "[push, workflow_dispatch]",
        "{merge_group: {}}",
        "\n  pull_request:\n    branches: [main]",
    ] {
        assert_eq!(workflow(on, run), 2, "{on}");
    }
    for on in [
        "workflow_dispatch",
        "schedule",
        "{workflow_call: {}}",
        "[issues]",
    ] {
        assert_eq!(workflow(on, run), 0, "{on}");
    }
    let action = |step: &str| workflow("push", &format!("    steps:\n      - {step}\n"));
    assert_eq!(action("uses: someone/aegis@v1"), 2);
    assert_eq!(action("uses: someone/aegis/gate@0123456789"), 2);
    assert_eq!(
        action("{uses: someone/aegis@v1, if: 'github.actor != 0'}"),
        2
    );
    for step in [
        "run: echo",
        "uses: someone/aegis-viewer@v1",
        "uses: docker://someone/aegis:1",
        "run: aegis score . # --fail-under 80",
        "{run: aegis gate, continue-on-error: true}",
        "{run: aegis gate, if: false}",
        "{run: aegis gate, if: '${{ false }}'}",
        "run: \"# aegis gate\"",
    ] {
        assert_eq!(action(step), 0, "{step}");
    }
    let tolerant = format!("    continue-on-error: true\n{run}");
    assert_eq!(workflow("push", &tolerant), 0);
    let commented = run.replace(
        "          aegis gate",
        "          # aegis gate\n          true",
    );
    assert_eq!(workflow("push", &commented), 0);
}

#[test]
fn what_a_workflow_calls_counts() {
    let called = "on: {workflow_call: {}}\njobs:\n  it:\n    steps:\n      - uses: ./.github/actions/check\n";
    let action = "runs:\n  using: composite\n  steps:\n    - run: aegis score . --fail-under 70\n      shell: bash\n";
    let caller = "on: push\njobs:\n  gate:\n    uses: ./.github/workflows/gate.yml\n";
    let rest = [
        (".github/workflows/gate.yml", called),
        (".github/actions/check/action.yml", action),
    ];
    assert_eq!(ci(&rest).halves, 0);
    let seen = ci(&[(WORKFLOW, caller), rest[0], rest[1]]);
    assert_eq!(seen.halves, 2);
    assert_eq!(seen.note, "runs in .github/workflows/gate.yml, job `it`");
    let own = "on: push\njobs:\n  gate:\n    steps:\n      - uses: ./\n";
    assert_eq!(ci(&[(WORKFLOW, own), ("action.yml", action)]).halves, 2);
    assert_eq!(ci(&[(WORKFLOW, own)]).halves, 0);
}

#[test]
fn other_pipelines_are_read() {
    let gitlab = |text: &str| ci(&[(".gitlab-ci.yml", text)]).halves;
    assert_eq!(
        gitlab(
            "stages: [test]\ngate:\n  script:\n    - pip install agent-aegis\n    - [aegis gate]\n"
        ),
        2
    );
    assert_eq!(
        gitlab(".gate: &g\n  script: aegis gate\ncheck:\n  extends: .gate\n  stage: test\n"),
        2
    );
    for none in [
        ".gate:\n  script: aegis gate\n",
        "gate:\n  script: aegis gate\n  allow_failure: true\n",
        "gate:\n  script: aegis gate\n  when: manual\n",
        "gate:\n  after_script: [aegis gate]\n  script: [true]\n",
        "# gate:\n#   script: aegis gate\nother: {script: make}\n",
    ] {
        assert_eq!(gitlab(none), 0, "{none}");
    }
    let bitbucket = |text: &str| ci(&[("bitbucket-pipelines.yml", text)]).halves;
    let pull = "pipelines:\n  pull-requests:\n    '**':\n      - step:\n          script:\n            - aegis gate\n";
    assert_eq!(bitbucket(pull), 2);
    assert_eq!(bitbucket(&pull.replace("pull-requests", "custom")), 0);
    assert_eq!(
        bitbucket(&pull.replace("script:", "trigger: manual\n          script:")),
        0
    );
    let azure = |text: &str| ci(&[("azure-pipelines.yml", text)]).halves;
    assert_eq!(
        azure("trigger: [main]\njobs:\n- job: a\n  steps:\n  - script: aegis gate\n"),
        2
    );
    assert_eq!(
        azure("steps:\n- script: aegis gate\n  continueOnError: true\n"),
        0
    );
}

#[test]
fn a_hook_can_be_skipped_and_counts_half() {
    let hook = |text: &str| ci(&[(".pre-commit-config.yaml", text)]).halves;
    assert_eq!(
        hook(
            "repos:\n- repo: https://github.com/someone/aegis\n  rev: v1\n  hooks:\n  - id: aegis-gate\n"
        ),
        1
    );
    assert_eq!(
        hook(
            "repos:\n- repo: local\n  hooks:\n  - {id: gate, entry: aegis gate, language: system}\n"
        ),
        1
    );
    assert_eq!(
        hook(
            "repos:\n- repo: local\n  hooks:\n  - {id: gate, entry: aegis gate, language: system, stages: [manual]}\n"
        ),
        0
    );
    assert_eq!(
        hook("repos:\n- repo: https://github.com/other/tool\n  hooks:\n  - id: aegis-gate\n"),
        0
    );
}

#[test]
fn a_broken_file_is_named_and_hides_nothing() {
    let files = [
        file(WORKFLOW, "on: [push\n"),
        file(".gitlab-ci.yml", "gate: {script: aegis gate}\n"),
    ];
    let mut problems = Vec::new();
    assert_eq!(ci::gate(&files, &mut problems).halves, 2);
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0].starts_with(".github/workflows/ci.yml: "),
        "{problems:?}"
    );
}

#[test]
fn only_files_that_ci_reads_are_looked_at() {
    for path in [
        WORKFLOW,
        ".gitlab-ci.yml",
        "action.yml",
        ".github/actions/a/action.yaml",
    ] {
        assert!(is_ci_file(path), "{path}");
    }
    for path in [
        "ci.yml",
        ".github/workflows/sub/ci.yml",
        ".github/workflows/readme.md",
        "x/action.yml",
        ".github/actions/action.yml",
    ] {
        assert!(!is_ci_file(path), "{path}");
    }
}

fn settings(text: &str) -> Evidence {
    let files = Files {
        settings: Some(file("aegis.yaml", text)),
        ..Files::default()
    };
    Evidence::of(&files, None)
}

#[test]
fn an_audit_trail_is_configured_or_not() {
    for on in [
        "audit: {path: audit.db}",
        "audit: {enabled: true}",
        "audit: {enabled: true, path: audit.db}",
    ] {
        assert!(settings(on).audit.is_full(), "{on}");
    }
    for off in [
        "",
        "audit:",
        "audit: {}",
        "audit: {path: }",
        "audit: {path: ''}",
        "audit: {pth: audit.db}",
        "audit: {enabled: false}",
        "audit: {enabled: false, path: x}",
        "# audit: {path: x}",
        "scan: {strict: true}",
    ] {
        assert_eq!(settings(off).audit.halves, 0, "{off}");
    }
    assert!(!Evidence::of(&Files::default(), None).audit.is_full());
    assert_eq!(
        settings("guardrails: {anomaly: {window: 60}}")
            .anomaly
            .as_deref(),
        Some("configured in `guardrails.anomaly` of aegis.yaml")
    );
    assert_eq!(settings("guardrails: {anomaly: false}").anomaly, None);
}

const POLICY: &str = "\
defaults: {risk_level: medium, approval: approve}
rules:
  - {name: no-deletes, match: {effect: delete}, risk_level: high, approval: block}
  - {name: reads, match: {type: 'get_*'}, risk_level: low, approval: auto}
  - {name: mail, match: {type: send_email}, risk_level: low, approval: auto}
";

#[test]
fn a_case_counts_if_it_wants_something_held_back_and_it_is() {
    let policy = Policy::load("p.yaml", POLICY).unwrap();
    let run = |cases: &str| {
        let files = Files {
            suites: vec![file("p.test.yaml", &format!("cases:\n{cases}"))],
            ..Files::default()
        };
        Evidence::of(&files, Some(&policy)).tests
    };
    let held = |cases: &str| run(cases).held;
    let case = |kind: &str, expect: &str| {
        format!("  - {{action: {{type: {kind}}}, expect: {{{expect}}}}}\n")
    };
    assert_eq!(
        held(&case("delete_user", "approval: block")),
        [Effect::Delete]
    );
    assert_eq!(
        held(&case("delete_user", "approval: approve")),
        [Effect::Delete],
        "stricter than asked for"
    );
    assert_eq!(
        held(&case("deploy_service", "approval: block")),
        [],
        "it only asks"
    );
    assert_eq!(held(&case("send_email", "approval: auto")), []);
    assert_eq!(
        held(&case("send_email", "approval: block")),
        [],
        "the case fails"
    );
    assert_eq!(
        held(&case("delete_user", "rule: no-deletes")),
        [],
        "says nothing of holding back"
    );
    assert_eq!(held(&case("get_user", "approval: auto")), []);
    let tests =
        run(&(case("delete_user", "approval: block") + &case("get_user", "approval: block")));
    insta::assert_snapshot!(tests.note(), @"p.test.yaml: 2 cases, 2/3 rules decide one, 1/8 dangerous effects shown to be held back; 1 case fails");
    assert_eq!(tests.missing().len(), 7);
}

use aegis_policy::model::Effect;
