//! The policy on both sides.

use super::*;

#[test]
fn a_policy_that_is_gone_or_missing_never_passes() {
    let repo = Repo::new(&FILES);
    repo.git(&["rm", "-q", "policy.yaml"]);
    let run = repo.gate(MAIN);
    insta::assert_snapshot!(check(&run, 1, "policy"), @"FAIL policy         there must be a policy: `policy.yaml` does not exist, and the base has it");
    assert!(check(&run, 1, "policy-looser").starts_with("FAIL"));
    assert!(
        run.out.contains(
            "was blocked by rule `no_deletes`, now runs unattended: there is no policy any more"
        ),
        "{}",
        run.all()
    );
    let run = repo.gate("--base main");
    insta::assert_snapshot!(check(&run, 1, "policy"), @"FAIL policy         there must be a policy: none is named; use `--policy FILE`, or `aegis init` to write one");
    let run = repo.gate("--no-base --policy other.yaml");
    insta::assert_snapshot!(check(&run, 1, "policy"), @"FAIL policy    there must be a policy: `other.yaml` does not exist");
}

#[test]
fn another_order_of_rules_can_be_looser() {
    let text = "version: \"1\"\nrules:\n  - name: keep\n    match: { type: \"delete*\" }\n    risk_level: high\n    approval: block\n  - name: drafts\n    match: { type: \"*_draft\" }\n    risk_level: low\n    approval: auto\n";
    let (head, rest) = text.split_once("  - name: keep").unwrap();
    let (keep, drafts) = rest.split_once("  - name: drafts").unwrap();
    let turned = format!("{head}  - name: drafts{drafts}  - name: keep{keep}");
    let repo = Repo::new(&[("desk.py", ASK), ("policy.yaml", text)]);
    repo.git(&["switch", "-q", "-c", "change"]);
    repo.tree.write("policy.yaml", turned);
    repo.commit("another order");
    let run = repo.gate(MAIN);
    insta::assert_snapshot!(check(&run, 1, "policy-looser"), @"FAIL policy-looser  the policy may not let through what it held up: it does in 1 case");
    let looser: Vec<&str> = run
        .out
        .lines()
        .skip_while(|l| !l.starts_with("The policy is"))
        .take(3)
        .collect();
    insta::assert_snapshot!(looser.join("\n"), @"
    The policy is looser in 1 case
      looser `delete__draft` was blocked by rule `keep`, now runs unattended by rule `drafts` (policy.yaml:3)
        see: aegis simulate policy.yaml --type delete__draft --at 2026-01-07T12:00:00Z
    ");
    // The command that is shown shows it.
    let command = looser[2].trim().strip_prefix("see: aegis ").unwrap();
    let words: Vec<&str> = command
        .split(' ')
        .map(|word| word.trim_matches('\''))
        .collect();
    let shown = repo.tree.words(&words).ok();
    assert!(shown.contains("auto"), "{shown}");
    let run = repo.gate(&format!(
        "{MAIN} --policy-looser warn --max-drop 100 --fail-on-new none"
    ));
    assert!(check(&run, 0, "policy-looser").ends_with("(`--policy-looser warn`)"));
}

#[test]
fn a_policy_with_another_name_is_compared_with_what_it_was() {
    let repo = Repo::new(&FILES);
    repo.git(&["mv", "policy.yaml", "rules.yaml"]);
    repo.tree.write(
        "rules.yaml",
        POLICY.replace("approval: block", "approval: auto"),
    );
    let run = repo.gate("--policy rules.yaml --base main --max-drop 100 --fail-on-new none");
    assert!(check(&run, 1, "policy-looser").starts_with("FAIL"));
    // One that is new has nothing to be looser than.
    repo.tree.write("fresh.yaml", POLICY);
    let run = repo.gate("--policy fresh.yaml --base main --max-drop 100 --fail-on-new none");
    assert!(check(&run, 0, "policy-looser").starts_with("ok"));
    assert!(
        run.out.contains("The policy is stricter in"),
        "{}",
        run.all()
    );
}

#[test]
fn settings_that_name_another_policy_are_no_way_round() {
    let named = |name: &str| format!("policy: {{ path: {name} }}\ngate: {{ base: main }}\n");
    let loose = POLICY.replace("approval: block", "approval: auto");
    let repo = Repo::new(&[
        ("desk.py", ASK),
        ("strict.yaml", POLICY),
        ("loose.yaml", &loose),
        ("aegis.yaml", &named("strict.yaml")),
    ]);
    assert!(check(&repo.gate(""), 0, "policy-looser").starts_with("ok"));
    repo.tree.write("aegis.yaml", named("loose.yaml"));
    let run = repo.gate("--max-drop 100 --fail-on-new none");
    assert!(
        check(&run, 1, "policy-looser").starts_with("FAIL"),
        "{}",
        run.all()
    );
    assert!(
        run.err.contains("note: `aegis.yaml` is changed"),
        "{}",
        run.all()
    );
}

#[test]
fn what_cannot_be_told_about_the_policy_fails() {
    let repo = Repo::new(&[("desk.py", ASK), ("policy.yaml", "rules: [\n")]);
    repo.tree.write("policy.yaml", POLICY);
    let run = repo.gate(MAIN);
    insta::assert_snapshot!(check(&run, 1, "policy-looser"), @"FAIL policy-looser  the policy may not let through what it held up: that cannot be told: `policy.yaml` at main (0518649) is no policy (1 error)");
    insta::assert_snapshot!(check(&run, 1, "max-drop"), @"FAIL max-drop       the score may not drop: what it was cannot be told: `policy.yaml` at main (0518649) is no policy (1 error)");
    // A policy that no commit can ever tell of.
    let repo = Repo::new(&[("desk.py", ASK), (".gitignore", "policy.yaml\n")]);
    repo.tree.write("policy.yaml", POLICY);
    let run = repo.gate(MAIN);
    insta::assert_snapshot!(check(&run, 1, "policy-looser"), @"FAIL policy-looser  the policy may not let through what it held up: that cannot be told: `policy.yaml` is not under version control");
}

#[test]
fn a_link_that_leads_to_another_policy_is_no_same_policy() {
    let repo = Repo::new(&[
        ("desk.py", ASK),
        ("strict.yaml", POLICY),
        ("loose.yaml", "rules: []\n"),
    ]);
    let link = repo.tree.path("policy.yaml");
    std::os::unix::fs::symlink("strict.yaml", &link).unwrap();
    repo.commit("link");
    assert!(check(&repo.gate(MAIN), 0, "policy-looser").starts_with("ok"));
    std::fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink("loose.yaml", &link).unwrap();
    let run = repo.gate(MAIN);
    insta::assert_snapshot!(check(&run, 1, "policy-looser"), @"FAIL policy-looser  the policy may not let through what it held up: that cannot be told: `policy.yaml` is, or was, a symbolic link, and that changed");
}
