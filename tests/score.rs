//! `aegis score` and `aegis score badge`.

use std::fs;

use crate::harness::{CALL, GOVERNED, ODD, POLICY, SUITE, Tree, at_home, repository};

/// The numbers of a score: whole points, tenths, and the tenths of each part.
fn numbers(document: &serde_json::Value) -> (Option<u64>, Option<u64>, Vec<u64>) {
    let card = &document["scorecard"];
    let parts = card["parts"].as_array().unwrap().iter();
    (
        document["points"].as_u64(),
        card["score"].as_u64(),
        parts.map(|p| p["score"].as_u64().unwrap()).collect(),
    )
}

fn input(document: &serde_json::Value, id: &str) -> serde_json::Value {
    let parts = document["scorecard"]["parts"].as_array().unwrap();
    let mut inputs = parts.iter().flat_map(|p| p["inputs"].as_array().unwrap());
    inputs.find(|i| i["id"] == id).unwrap().clone()
}

#[test]
fn the_page_of_the_score_says_what_is_printed() {
    let path = repository().join("docs/score.md");
    let page = fs::read_to_string(&path).unwrap();
    let tree = Tree::new(&[]);
    let mut blessed = page.clone();
    for block in page.split("\n```").skip(1).step_by(2) {
        let (head, body) = block.split_once('\n').unwrap();
        if let Some((_, file)) = head.split_once(' ') {
            tree.write(file, format!("{body}\n"));
        } else if head == "console" {
            let (command, printed) = body.split_once('\n').unwrap_or((body, ""));
            let line = command.strip_prefix("$ aegis ").unwrap();
            let out = tree.aegis(line).ok();
            if std::env::var_os("AEGIS_BLESS").is_some() {
                blessed = blessed.replace(body, &format!("{command}\n{}", out.trim_end()));
            } else {
                assert_eq!(printed, out.trim_end(), "run with AEGIS_BLESS=1");
            }
        }
    }
    if blessed != page {
        fs::write(path, blessed).unwrap();
    }
}

#[test]
fn the_product_in_the_fixtures_is_scored() {
    let run = at_home(
        "score fixtures/projects/support-desk --policy fixtures/projects/support-desk/policy.yaml --no-config --format json",
    );
    assert_eq!(run.code, 0, "{}", run.all());
    let document = run.json();
    assert_eq!(
        (document["format"].as_str(), document["version"].as_u64()),
        (Some("aegis/score"), Some(1))
    );
    assert_eq!(document["scorecard"]["formula"], "aegis-score/1");
    // `expected.yaml` beside it has the verdicts: of weight 5 the tools that pay and run code and
    // the execution, of weight 3 the MCP calls and `ping`.
    let exec = input(&document, "agent_exec");
    assert_eq!(
        (exec["got"].as_f64(), exec["of"].as_f64()),
        (Some(0.0), Some(1.0))
    );
    let calls = input(&document, "llm_call");
    assert_eq!(
        (calls["got"].as_f64(), calls["of"].as_f64()),
        (Some(4.5), Some(10.0))
    );
    let mcp = input(&document, "mcp_client");
    assert_eq!(
        (mcp["got"].as_f64(), mcp["of"].as_f64()),
        (Some(1.0), Some(2.0))
    );
    let gains = document["scorecard"]["gains"].as_array().unwrap();
    assert_eq!(gains.len(), 3);
    let text = at_home("score fixtures/projects/support-desk --policy fixtures/projects/support-desk/policy.yaml --no-config").ok();
    let (points, ..) = numbers(&document);
    let headline = format!("Governance Score: {}/100\n", points.unwrap());
    assert!(text.starts_with(&headline), "{text}");
    assert!(
        text.contains("\nGoverned calls: 14/25 (56%), 1 partly\n"),
        "{text}"
    );
    assert!(
        text.contains("\nPolicy coverage: 3 rules covering 4 action types\n"),
        "{text}"
    );
    let badge = at_home("score badge fixtures/projects/support-desk --policy fixtures/projects/support-desk/policy.yaml --no-config --format url").ok();
    assert!(
        text.contains(&format!("\nBadge: {badge}")),
        "{text}\n{badge}"
    );
    assert!(
        badge.contains(&format!("-{}%2F100-", points.unwrap())),
        "{badge}"
    );
}

#[test]
fn evidence_is_taken_from_the_tree() {
    let tree = Tree::new(&[("src/app.py", GOVERNED), ("policy.yaml", POLICY)]);
    let score = || {
        let run = tree.aegis("score src --policy policy.yaml --format json");
        assert_eq!(run.code, 0, "{}", run.all());
        numbers(&run.json())
    };
    let (_, bare, parts) = score();
    assert_eq!((parts[0], parts[2]), (1000, 0));
    tree.write("aegis.yaml", "audit: {path: audit.db}\n");
    assert_eq!(score().2[2], 333);
    tree.write("policy.test.yaml", SUITE);
    // It shows two of the eight effects to be held back: (8 + 2) of 24.
    assert_eq!(score().2[2], 416);
    tree.write(
        ".github/workflows/ci.yml",
        "on: [pull_request]\njobs:\n  gate:\n    steps:\n      - run: aegis gate\n",
    );
    let (_, all, parts) = score();
    assert_eq!(parts[2], 750);
    assert!(all > bare);
    // The same tree seen from inside a git repository.
    tree.write(".git/HEAD", "ref: refs/heads/main\n");
    assert_eq!(score().1, all);
    tree.write(
        "aegis.yaml",
        "audit: {path: audit.db}\nscore: {root: src}\n",
    );
    assert!(score().1 < all, "CI is looked for in `root`");
}

#[test]
fn a_missing_policy_is_said_and_counts_as_zero() {
    let tree = Tree::new(&[("app.py", GOVERNED)]);
    let run = tree.aegis("score");
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(
        run.err
            .starts_with("note: no policy is named, so its part of the score is 0"),
        "{}",
        run.err
    );
    assert!(
        run.out.starts_with("Governance Score: 50/100\n"),
        "{}",
        run.out
    );
    assert!(
        run.out.contains("Policy coverage: no policy"),
        "{}",
        run.out
    );
    assert!(run.out.contains("aegis init"), "{}", run.out);
    tree.write("aegis.yaml", "policy: {path: gone.yaml}\n");
    let refused = tree.aegis("score").refused();
    assert!(
        refused.contains("`gone.yaml`, which the settings name, does not exist"),
        "{refused}"
    );
    let refused = tree.aegis("score --policy nowhere.yaml").refused();
    assert!(
        refused.contains("policy `nowhere.yaml` cannot be read"),
        "{refused}"
    );
}

#[test]
fn nothing_to_govern_is_not_a_hundred() {
    let tree = Tree::new(&[("app.py", "print('hello')\n"), ("policy.yaml", POLICY)]);
    let run = tree.aegis("score --policy policy.yaml --fail-under 100");
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(
        run.out
            .starts_with("Governance Score: n/a\nGoverned calls: 0/0 (nothing to govern"),
        "{}",
        run.out
    );
    let json = tree
        .aegis("score --policy policy.yaml --format json")
        .json();
    assert!(json["points"].is_null() && json["scorecard"]["score"].is_null());
    assert_eq!(
        tree.aegis("score badge --format url").ok(),
        "https://img.shields.io/badge/governance-n%2Fa-lightgrey\n"
    );
    let empty = Tree::new(&[("README.md", "")]);
    for line in ["score", "score badge", "score --format json"] {
        let run = empty.aegis(line);
        assert_eq!((run.code, run.out.as_str()), (3, ""), "{}", run.all());
        assert!(run.err.contains("nothing was analysed"), "{}", run.err);
    }
}

#[test]
fn suppressing_changes_nothing() {
    let tree = Tree::new(&[("app.py", CALL), ("b.py", GOVERNED)]);
    let score = |line: &str| numbers(&tree.aegis(line).json());
    let open = score("score --format json");
    tree.write(
        "app.py",
        CALL.replace("]))", "]))  # aegis: ignore[AEG101] known"),
    );
    assert_eq!(score("score --format json"), open);
    let text = tree.aegis("score").out;
    assert!(
        text.contains("Suppressed: 1 finding, which count all the same"),
        "{text}"
    );
    tree.write("aegis.yaml", "scan: {ignore: [AEG101]}\n");
    assert_eq!(score("score --format json"), open);
}

#[test]
fn a_score_can_fail() {
    let tree = Tree::new(&[
        ("app.py", CALL),
        ("b.py", GOVERNED),
        ("policy.yaml", POLICY),
    ]);
    let run = tree.aegis("score --policy policy.yaml --fail-under 80 -o json=score.json");
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(
        run.err.starts_with("failed: the Governance Score is "),
        "{}",
        run.err
    );
    assert!(tree.read("score.json").contains("\"aegis/score\""));
    tree.write(
        "aegis.yaml",
        "score: {fail_under: 99.9}\npolicy: {path: policy.yaml}\n",
    );
    assert_eq!(tree.aegis("score -q").code, 1);
    assert_eq!(tree.aegis("score --fail-under 1").code, 0, "flags win");
    assert_eq!(
        tree.run("score", &[("AEGIS_SCORE_FAIL_UNDER", "1")], "")
            .code,
        0
    );
    let refused = tree.aegis("score --fail-under 101").refused();
    assert!(refused.contains("`101` is not a score"), "{refused}");
    tree.write("aegis.yaml", "");
    tree.write("odd.py", ODD);
    let run = tree.aegis("score --policy policy.yaml --strict");
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(
        run.out
            .contains("Not fully analysed: 1 file, such as odd.py"),
        "{}",
        run.out
    );
}

#[test]
fn a_badge_is_drawn_without_scanning() {
    let tree = Tree::new(&[]);
    let svg = tree.aegis("score badge --score 84.9").ok();
    assert!(
        svg.starts_with("<svg ") && svg.ends_with("</svg>\n"),
        "{svg}"
    );
    assert!(
        svg.contains("role=\"img\" aria-label=\"governance: 84/100\""),
        "{svg}"
    );
    assert!(svg.contains("<title>governance: 84/100</title>"), "{svg}");
    tree.aegis("score badge --score 84.9 -o badge.svg").ok();
    assert_eq!(tree.read("badge.svg"), svg);
    let json = tree.aegis("score badge --score n/a --format json").json();
    assert_eq!(json["message"], "n/a");
    assert_eq!(json["color"], "lightgrey");
    insta::assert_snapshot!(tree.aegis("score badge --score 100 --format markdown").ok(), @"![governance: 100/100](https://img.shields.io/badge/governance-100%2F100-brightgreen)");
    let refused = tree.aegis("score badge --score best").refused();
    assert!(refused.contains("`best` is not a score"), "{refused}");
    let refused = tree.aegis("score badge src --score 3").refused();
    assert!(refused.contains("cannot be used with"), "{refused}");
}
