//! What it takes to embed the runtime: the examples run.

use std::process::Command;

/// What each example must have said.
const EXAMPLES: [(&str, &[&str]); 5] = [
    (
        "first_steps",
        &[
            "read_file notes.txt: done\n",
            "drop_table users: blocked by the policy\n",
            "send_mail all@example.org: not approved: there is nobody to ask\n",
        ],
    ),
    (
        "asking_a_person",
        &[
            "delete_file draft.txt: done, approved by anna@example.org\n",
            "delete_file ledger.xlsx: not approved: anna@example.org said no\n",
            "delete_file nobody answers: not approved: nobody answered in time\n",
        ],
    ),
    (
        "plan_and_undo",
        &[
            "4 actions: 4 automatic, 0 to approve, 0 blocked\n",
            "2 of 4 done\n",
            "   3  book_seat Cleo: failed: all seats are taken\n",
            "   4  book_seat Dana: skipped after a failure\n",
            "undo 2  cancel_seat Ben: done and verified\nundo 1  cancel_seat Anna: done and verified\n",
        ],
    ),
    (
        "limits_and_agents",
        &[
            "ask_model: done\nask_model: done\nask_model: over budget: 0.0000025 would go beyond",
            "send_mail: not permitted: agent `planner` has no capability for `send_mail`\n",
            "read_mail: done\nused: 0.01\n",
            "ask_model: not permitted: agent `planner` was revoked\n",
        ],
    ),
    (
        "programs_and_reload",
        &[
            "say: done: $(whoami) is one argument\n",
            "say: failed: parameter `text` is `--help`",
            "say: blocked by the policy\nSome(Refused(",
            "did you mean `rules`?",
        ],
    ),
];

#[test]
fn the_examples_run_and_say_what_they_should() {
    for (name, said) in EXAMPLES {
        let args = [
            "run",
            "--quiet",
            "--offline",
            "-p",
            "aegis-runtime",
            "--example",
            name,
        ];
        let output = Command::new(env!("CARGO")).args(args).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {error}");
        for part in said {
            assert!(text.contains(part), "{name}: {part} in {text}");
        }
    }
}
