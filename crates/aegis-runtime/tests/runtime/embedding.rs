//! What it takes to embed the runtime: the examples run.

use std::process::Command;

/// What each example must have said.
const EXAMPLES: [(&str, &[&str]); 0] = [];

#[test]
fn the_examples_run_and_say_what_they_should() {
    for (name, said) in EXAMPLES {
        let args = ["run", "--quiet", "--offline", "-p", "aegis-runtime", "--example", name];
        let output = Command::new(env!("CARGO")).args(args).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {error}");
        for part in said {
            assert!(text.contains(part), "{name}: {part} in {text}");
        }
    }
}
