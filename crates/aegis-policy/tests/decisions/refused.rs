//! `fixtures/decisions/refused/`: policies that must not load, and what is warned about.

use std::fmt::Write as _;

use aegis_policy::policy::Policy;
use aegis_policy::problem::Problem;
use serde::Deserialize;

use super::{files, folder, read};

/// A folder that lost its cases must not pass.
const REFUSED: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    policy: String,
    errors: Option<Errors>,
    #[serde(default)]
    warnings: Vec<Place>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Errors {
    Any(String),
    These(Vec<Place>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    line: Option<u32>,
    about: String,
}

/// Whether it is refused, and the errors or else the warnings.
fn problems(text: &str) -> (bool, Vec<Problem>) {
    match Policy::load("policy.yaml", text) {
        Ok(policy) => (false, policy.checked().warnings().to_vec()),
        Err(e) => (true, e.0),
    }
}

/// Whether a problem is at this place: on the line, and about the text.
fn fits(problem: &Problem, place: &Place) -> bool {
    let span = &problem.primary.span;
    let line = span.start().line;
    let mut said = format!(
        "{} {} {}",
        problem.message,
        problem.primary.text,
        span.text()
    );
    said.push_str(problem.help.as_deref().unwrap_or_default());
    for label in &problem.related {
        said.push_str(label.span.text());
    }
    place.line.is_none_or(|l| l == line) && said.contains(&place.about)
}

#[test]
fn policies_are_refused_as_laid_down() {
    let (mut count, mut wrong) = (0, String::new());
    for (file, text) in files(&folder().join("refused")) {
        let cases: Vec<Case> = read::<Vec<Case>>(&file, &text).remove(0);
        for case in cases {
            count += 1;
            if let Err(why) = run(&case) {
                let _ = writeln!(wrong, "{file}: {}: {why}", case.name);
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(count >= REFUSED, "only {count} cases");
}

fn run(case: &Case) -> Result<(), String> {
    let (refused, found) = problems(&case.policy);
    let shown = |all: &[Problem]| all.iter().map(|p| format!("\n    {p}")).collect::<String>();
    match &case.errors {
        None if refused => return Err(format!("should load: {}", shown(&found))),
        None => {}
        Some(_) if !refused => return Err(format!("should be refused;{}", shown(&found))),
        Some(Errors::Any(word)) if word == "any" => {}
        Some(Errors::Any(word)) => return Err(format!("`errors: {word}` is not known")),
        Some(Errors::These(want)) => {
            let errors: Vec<Problem> = found.iter().filter(|p| p.is_error()).cloned().collect();
            if errors.len() != want.len() {
                return Err(format!("expected {} errors:{}", want.len(), shown(&errors)));
            }
            for place in want {
                if !errors.iter().any(|p| fits(p, place)) {
                    return Err(format!(
                        "no error on line {:?} about `{}`:{}",
                        place.line,
                        place.about,
                        shown(&errors)
                    ));
                }
            }
        }
    }
    for place in &case.warnings {
        if !found.iter().any(|p| fits(p, place)) {
            return Err(format!(
                "no warning on line {:?} about `{}`:{}",
                place.line,
                place.about,
                shown(&found)
            ));
        }
    }
    Ok(())
}
