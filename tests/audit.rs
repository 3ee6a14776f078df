//! `aegis audit`, `aegis stats` and `aegis diff --replay` on stores that were written here.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use aegis_audit::event::{Action, Agent, Decision, DecisionOutcome, Risk};
use aegis_audit::{Event, Options, Outcome, SqliteStore, Store, Time};
use serde_json::json;

use crate::harness::{POLICY, Tree};

/// Decisions about some actions, at noon of a day. The first event, that the store was made, is of
/// the day of the test.
fn store(tree: &Tree) -> SqliteStore {
    let store = SqliteStore::open(tree.path("aegis_audit.db"), Options::new().unwrap()).unwrap();
    let noon: Time = "2026-03-02T12:00:00Z".parse().unwrap();
    let decide = |kind: &str, target: &str, outcome, risk, rule: &str| {
        let params = json!({ "count": 150, "password": "hunter2" });
        let action = Action::new(kind, target, params.as_object().unwrap().clone());
        Event::policy_decision(action, Decision::new(outcome, risk, rule))
            .session("s-1")
            .agent(Agent::new("clerk"))
            .at(noon)
    };
    let events = [
        decide(
            "read_file",
            "notes.md",
            DecisionOutcome::Allowed,
            Risk::Low,
            "reads",
        ),
        decide(
            "delete_user",
            "crm",
            DecisionOutcome::Blocked,
            Risk::Critical,
            "no_deletes",
        ),
        decide(
            "bulk_update",
            "=cmd()",
            DecisionOutcome::Escalated,
            Risk::High,
            "bulk",
        )
        .session("s-2"),
        decide(
            "x\u{1b}[2J\u{202e}",
            "a\nb",
            DecisionOutcome::Blocked,
            Risk::Medium,
            "",
        )
        .session("s-2"),
        Event::entry(Outcome::Succeeded).session("s-1").at(noon),
    ];
    for event in events {
        store.record(event).unwrap();
    }
    store
}

fn tree() -> Tree {
    let tree = Tree::new(&[]);
    drop(store(&tree));
    tree
}

#[test]
fn events_are_shown_in_a_table() {
    let tree = tree();
    insta::assert_snapshot!(tree.aegis("audit --since 2026-03-02 --until 2026-03-03").ok(), @r"
    ID  Session  Action       Target    Risk      Decision   Result
     1  s-1      read_file    notes.md  low       allowed    allowed
     2  s-1      delete_user  crm       critical  blocked    blocked
     3  s-2      bulk_update  =cmd()    high      escalated  escalated
     4  s-2      x␛[2J�       a␊b       medium    blocked    blocked
     5  s-1      audit_entry  -         -         -          succeeded
    ");
}

#[test]
fn filters_are_and_ed() {
    let tree = tree();
    let ids = |line: &str| {
        let run = tree.aegis(&format!("audit --format json {line}"));
        let events = run.json()["events"].as_array().unwrap().clone();
        let id = |e: &serde_json::Value| e["evidence"]["sequence_number"].as_u64().unwrap();
        events.iter().map(id).collect::<Vec<_>>()
    };
    assert_eq!(ids("--session s-1 --outcome blocked"), [2]);
    assert_eq!(ids("--risk high"), [3]);
    assert_eq!(ids("--type read_file --agent clerk"), [1]);
    assert_eq!(ids("--event audit_entry --until 2026-03-03"), [5]);
    assert_eq!(ids("--limit 2 --session s-1"), [2, 5]);
    assert_eq!(ids("--rule no_deletes"), [2]);
    let run = tree.aegis("audit --session nobody");
    assert_eq!(
        (run.code, run.out.as_str(), run.err.as_str()),
        (0, "", "no event fits\n")
    );
    let refused = tree.aegis("audit --outcome deneid").refused();
    assert!(
        refused.contains("a similar value exists: 'denied'"),
        "{refused}"
    );
    assert!(
        tree.aegis("audit --since yesterday")
            .refused()
            .contains("`yesterday` is not a time")
    );
    assert!(
        tree.aegis("audit --db nowhere.db")
            .refused()
            .contains("there is no audit store `nowhere.db`")
    );
}

#[test]
fn other_formats() {
    let tree = tree();
    let lines = tree.aegis("audit --format jsonl --session s-2").ok();
    let events: Vec<serde_json::Value> = lines
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0]["action"]["params"]["password"], "[redacted:key]");
    assert_eq!(
        events[0]["metadata"]["redacted"],
        json!(["/action/params/password"])
    );
    let csv = tree.aegis("audit --format csv --risk high").ok();
    let row = csv.lines().nth(1).unwrap();
    assert!(row.starts_with("3,"), "{csv}");
    assert!(
        row.ends_with(",s-2,clerk,bulk_update,\"'=cmd()\",high,escalated,bulk,escalated"),
        "{csv}"
    );
}

#[test]
fn tail_shows_what_comes() {
    let tree = Tree::new(&[]);
    let store = store(&tree);
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("aegis"))
        .args(["audit", "--tail", "--limit", "1", "--format", "jsonl"])
        .env_clear()
        .current_dir(tree.path(""))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || lines.next().unwrap().unwrap();
    assert!(next().contains("succeeded"));
    store
        .record(Event::entry(Outcome::Panicked).session("late"))
        .unwrap();
    assert!(next().contains("\"session_id\":\"late\""));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_store_is_signed_verified_and_exported() {
    let tree = tree();
    let run = tree.aegis("audit verify");
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(
        run.out
            .starts_with("aegis_audit.db: 6 events, intact\n  not proved: "),
        "{}",
        run.out
    );

    let public = tree.aegis("audit keygen key").ok();
    assert!(public.starts_with("aegis-audit-public:"));
    assert_eq!(tree.read("key.pub"), public);
    assert!(
        tree.aegis("audit keygen key")
            .refused()
            .contains("`key.pub` is there already")
    );
    assert!(
        tree.aegis("audit checkpoint")
            .refused()
            .contains("there is no signing key")
    );
    // Nothing is signed yet, and that is said.
    let run = tree.aegis("audit verify --key key.pub");
    assert_eq!(run.code, 1, "{}", run.all());

    let checkpoint = tree.aegis("audit checkpoint --key-file key").ok();
    tree.write("checkpoint.json", &checkpoint);
    let run = tree.aegis("audit verify --key key.pub --from checkpoint.json --format json");
    assert_eq!(run.code, 0, "{}", run.all());
    assert_eq!(
        (
            run.json()["verified"].as_bool(),
            run.json()["signed"].as_u64()
        ),
        (Some(true), Some(7))
    );

    tree.aegis("audit export -o all.jsonl").ok();
    tree.aegis("audit export --session s-2 -o some.jsonl").ok();
    tree.aegis("audit prove 2 -o one.jsonl").ok();
    let elsewhere = Tree::new(&[]);
    for name in ["all.jsonl", "some.jsonl", "one.jsonl"] {
        elsewhere.write(name, tree.read(name));
        let run = elsewhere.words(&["audit", "verify", name, "--key", public.trim()]);
        assert_eq!(run.code, 0, "{}", run.all());
        assert!(run.out.contains("intact"), "{}", run.out);
        let forged = tree.read(name).replace("\"blocked\"", "\"allowed\"");
        elsewhere.write(name, forged);
        let run = elsewhere.words(&["audit", "verify", name, "--key", public.trim()]);
        assert_eq!(run.code, 1, "{}", run.all());
        assert!(run.out.contains("edited: event "), "{}", run.out);
    }
    assert!(
        tree.aegis("audit prove 99")
            .refused()
            .contains("there is no event `99`")
    );
    assert!(
        elsewhere
            .aegis("audit verify one.jsonl")
            .refused()
            .contains("it proves nothing")
    );

    // The key from the environment, and its replacement.
    tree.aegis("audit keygen next").ok();
    let key = tree.read("key");
    let env = [("AEGIS_AUDIT_KEY", key.as_str())];
    let run = tree.run("audit rotate --new-key-file next", &env, "");
    assert_eq!(run.code, 0, "{}", run.all());
    for key in ["key.pub", "next.pub"] {
        let run = tree.aegis(&format!("audit verify --key {key} --from checkpoint.json"));
        assert_eq!(run.code, 0, "{}", run.all());
    }
    let run = tree.run("audit checkpoint", &env, "");
    assert!(
        run.refused()
            .contains("a change of keys is recorded by `rotate`")
    );
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let tree = tree();
    tree.aegis("audit keygen key").ok();
    fs::set_permissions(tree.path("key"), fs::Permissions::from_mode(0o644)).unwrap();
    let refused = tree.aegis("audit checkpoint --key-file key").refused();
    assert!(
        refused.contains("others may use it (mode 644); run `chmod 600` on it"),
        "{refused}"
    );
}

#[test]
fn a_damaged_store_fails_the_check() {
    let tree = tree();
    let path = tree.path("aegis_audit.db");
    let mut bytes = fs::read(&path).unwrap();
    let blocked = b"\"outcome\":\"blocked\"";
    let at = bytes
        .windows(blocked.len())
        .position(|w| w == blocked)
        .unwrap();
    bytes[at + 11..at + 18].copy_from_slice(b"allowed");
    fs::write(&path, bytes).unwrap();
    let run = tree.aegis("audit verify");
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(run.out.contains("edited: event "), "{}", run.out);
    assert_eq!(run.err, "failed: 1 problem with the evidence\n");
    // A file that is none.
    tree.write("text", "hello");
    assert!(
        tree.aegis("audit verify text")
            .refused()
            .contains("it is neither a store nor a bundle")
    );
}

#[test]
fn events_are_counted() {
    let tree = tree();
    insta::assert_snapshot!(tree.aegis("stats --since 2026-03-02 --until 2026-03-03").ok(), @r"
    outcome    events  share
    blocked         2  40.0%
    allowed         1  20.0%
    escalated       1  20.0%
    succeeded       1  20.0%

    rule        events  share
    (no rule)        1  20.0%
    (defaults)       1  20.0%
    bulk             1  20.0%
    no_deletes       1  20.0%
    reads            1  20.0%

    agent       events  share
    clerk            4  80.0%
    (no agent)       1  20.0%

    day         events   share
    2026-03-02       5  100.0%
    ");
    let run = tree.aegis("stats --by type --session s-1 --format json");
    assert_eq!(run.json()["counts"][0]["different"], 3);
}

#[test]
fn a_change_of_policy_is_tried_on_what_was_recorded() {
    let tree = tree();
    tree.write("old.yaml", POLICY);
    tree.write(
        "new.yaml",
        POLICY.replace("approval: block", "approval: approve"),
    );
    let run = tree.aegis("diff old.yaml new.yaml --replay aegis_audit.db --format json");
    assert_eq!(run.code, 0, "{}", run.all());
    let text = run.out;
    assert!(text.contains("\"replay\""), "{text}");
}

/// What a terminal is shown that gets `keys` after the first picture.
#[cfg(target_os = "linux")]
fn on_a_terminal(tree: &Tree, line: &str, keys: &str) -> (i32, String) {
    let program = env!("CARGO_BIN_EXE_aegis");
    let mut script = std::process::Command::new("script")
        .args([
            "-qec",
            &format!("stty cols 120 rows 30; {program} {line}"),
            "/dev/null",
        ])
        .current_dir(tree.path(""))
        .env("TERM", "xterm-256color")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut typed = script.stdin.take().unwrap();
    let mut screen = script.stdout.take().unwrap();
    let mut seen = Vec::new();
    let mut part = [0; 4096];
    // The last line of the picture.
    while !String::from_utf8_lossy(&seen).contains("quit") {
        let n = screen.read(&mut part).unwrap();
        assert_ne!(n, 0, "{}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&part[..n]);
    }
    typed.write_all(keys.as_bytes()).unwrap();
    typed.flush().unwrap();
    screen.read_to_end(&mut seen).unwrap();
    let code = script.wait().unwrap().code().unwrap();
    (code, String::from_utf8_lossy(&seen).into_owned())
}

#[cfg(target_os = "linux")]
#[test]
fn the_monitor_shows_events_on_a_terminal_and_leaves_it_as_it_was() {
    let tree = Tree::new(&[]);
    drop(store(&tree));
    for keys in ["q", "\u{3}"] {
        let (code, screen) = on_a_terminal(&tree, "monitor --outcome blocked", keys);
        assert_eq!(code, 0, "{screen}");
        for part in ["Outcomes", "Rules", "delete_user", "no_deletes"] {
            assert!(screen.contains(part), "{part}: {screen}");
        }
        assert!(!screen.contains("read_file"), "{screen}");
        // What an agent chose as a name does not clear the screen.
        assert!(!screen.contains("x\u{1b}[2J"), "{screen}");
        let left = screen.rfind("\u{1b}[?1049l");
        assert!(left > screen.rfind("\u{1b}[?1049h"), "{screen:?}");
    }
}

#[test]
fn the_monitor_needs_a_terminal_and_a_store() {
    let tree = Tree::new(&[]);
    insta::assert_snapshot!(tree.aegis("monitor").refused(), @"error: there is no audit store `aegis_audit.db`; name one with `--db`");
    drop(store(&tree));
    insta::assert_snapshot!(tree.aegis("monitor").refused(), @"error: `aegis monitor` needs a terminal; `aegis audit --tail` writes anywhere");
}

/// A store that is not where it is looked for without settings.
fn elsewhere(settings: &str) -> Tree {
    let tree = tree();
    tree.write("aegis.yaml", settings);
    fs::create_dir_all(tree.path("evidence")).unwrap();
    fs::create_dir_all(tree.path("deep/down")).unwrap();
    fs::rename(tree.path("aegis_audit.db"), tree.path("evidence/agents.db")).unwrap();
    tree
}

#[test]
fn the_settings_say_where_the_store_is() {
    let tree = elsewhere("audit: {path: evidence/agents.db}\n");
    let run = tree.aegis("audit --session s-2 --format json");
    assert_eq!(run.json()["events"].as_array().unwrap().len(), 2);
    assert_eq!(tree.aegis("stats --by rule --format json").code, 0);
    let monitor = tree.aegis("monitor").refused();
    assert!(monitor.contains("needs a terminal"), "{monitor}");
    let verified = tree.aegis("audit verify").ok();
    assert!(
        verified.starts_with("evidence/agents.db: 6 events, intact"),
        "{verified}"
    );
    tree.aegis("audit keygen key").ok();
    tree.aegis("audit checkpoint --key-file key").ok();
    tree.aegis("audit prove 2 -o one.jsonl").ok();
    // From a folder further down the same store is meant.
    let output = tree
        .command()
        .current_dir(tree.path("deep/down"))
        .args(["audit", "--format", "csv"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");

    // Without the settings, it is looked for where it was.
    let none = "there is no audit store `aegis_audit.db`; name one with `--db`";
    for line in ["audit", "stats", "monitor"] {
        let refused = tree.aegis(&format!("{line} --no-config")).refused();
        assert!(refused.contains(none), "{refused}");
    }
    tree.write("other.yaml", "audit: {path: nowhere.db}\n");
    let refused = tree.aegis("stats --config other.yaml").refused();
    assert!(
        refused.contains(
            "there is no audit store `nowhere.db`, which `other.yaml` names; name one with `--db`"
        ),
        "{refused}"
    );
    let env = [("AEGIS_CONFIG", "other.yaml")];
    assert!(tree.run("stats", &env, "").refused().contains("other.yaml"));
}

#[test]
fn a_flag_and_a_variable_win_over_the_settings() {
    let tree = elsewhere("audit: {path: nowhere.db}\n");
    tree.aegis("stats --db evidence/agents.db").ok();
    let env = [("AEGIS_AUDIT_DB", "evidence/agents.db")];
    assert_eq!(tree.run("stats", &env, "").code, 0);
    let run = tree.run("stats --db none.db", &env, "");
    assert!(run.refused().contains("there is no audit store `none.db`"));
    // What is not needed is not read.
    tree.write("aegis.yaml", "audit: {pth: x}\n");
    tree.aegis("audit --db evidence/agents.db").ok();
}

#[test]
fn a_mistake_in_the_settings_has_its_place() {
    let tree = elsewhere("audit:\n  path: [x]\n");
    for line in ["audit", "audit verify", "stats", "monitor"] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(tree.aegis(line).refused(), @"
            error: expected a word or text
             --> aegis.yaml:2:9
              |
            2 |   path: [x]
              |         ^^
            ");
        }
    }
    tree.write("aegis.yaml", "audit:\n  pth: evidence/agents.db\n");
    insta::assert_snapshot!(tree.aegis("stats").refused(), @"
    error: key `pth` is not known here
     --> aegis.yaml:2:3
      |
    2 |   pth: evidence/agents.db
      |   ^^^
      |
      = help: did you mean `path`?
    ");
    let run = tree.aegis("validate aegis.yaml");
    assert_eq!(run.code, 2, "{}", run.all());
    assert!(run.all().contains("aegis.yaml:2:3"), "{}", run.all());
}

#[test]
fn the_score_counts_a_trail_that_the_settings_name() {
    let tree = Tree::new(&[("app.py", crate::harness::CALL)]);
    let trail = |settings: &str| {
        tree.write("aegis.yaml", settings);
        let run = tree.aegis("score --format json");
        let text = run.json()["scorecard"].to_string();
        assert!(text.contains("configured"), "{text}");
        !text.contains("not configured: aegis.yaml")
    };
    assert!(trail("audit: {path: evidence/agents.db}\n"));
    assert!(trail("audit: {enabled: true}\n"));
    assert!(!trail(
        "audit: {enabled: false, path: evidence/agents.db}\n"
    ));
    assert!(!trail("audit: {}\n"));
    tree.write("aegis.yaml", "audit: {pth: evidence/agents.db}\n");
    assert!(
        tree.aegis("score")
            .refused()
            .contains("did you mean `path`?")
    );
}
