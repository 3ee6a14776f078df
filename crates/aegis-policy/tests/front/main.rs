//! The front end: what people see when a policy is wrong, and what reading, writing, building,
//! merging and testing policies keeps.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod builder;
mod conflicts;
mod layers;
mod merge;
mod properties;
mod refused;
mod round_trip;
mod schema;
mod suite;
mod warned;
mod yaml;

use aegis_policy::check::check;
use aegis_policy::document::{parse, source};
use aegis_policy::model::Checked;
use aegis_policy::problem::{Problem, Problems};

/// Text -> checked policy.
fn read(text: &str) -> Result<Checked, Problems> {
    read_bytes(text.as_bytes())
}

fn read_bytes(bytes: &[u8]) -> Result<Checked, Problems> {
    check(parse(source("p.yaml", bytes)?)?)
}

/// A policy that must be well formed.
#[track_caller]
fn checked(text: &str) -> Checked {
    read(text).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

/// What people see of a problem: place, code, underlined text, other places, message and help.
fn seen(problem: &Problem) -> String {
    let place = problem.primary.span.start();
    let mut out = format!(
        "{}:{} {} `{}`",
        place.line,
        place.column,
        problem.code,
        problem.primary.span.text()
    );
    for other in &problem.related {
        out += &format!(" + `{}` ({})", other.span.text(), other.text);
    }
    out += &format!(": {}", problem.message);
    if let Some(help) = &problem.help {
        out += &format!("; {help}");
    }
    out
}

/// The text is refused with exactly these problems.
#[track_caller]
fn refused(text: &str, want: &[&str]) {
    let problems = match read(text) {
        Ok(_) => panic!("not refused:\n{text}"),
        Err(problems) => problems.0,
    };
    let have: Vec<String> = problems.iter().map(seen).collect();
    assert_eq!(have, want, "{text}");
    for problem in &problems {
        style(&problem.message);
        style(&problem.primary.text);
    }
}

/// The text is accepted with exactly these warnings.
#[track_caller]
fn warned(text: &str, want: &[&str]) {
    let policy = checked(text);
    let have: Vec<String> = policy.warnings().iter().map(seen).collect();
    assert_eq!(have, want, "{text}");
}

/// Messages are phrases: no capital at the start, no full stop at the end.
#[track_caller]
fn style(message: &str) {
    assert!(
        !message.starts_with(|c: char| c.is_uppercase()),
        "{message}"
    );
    assert!(!message.ends_with('.'), "{message}");
}
