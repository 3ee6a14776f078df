//! Test results as JUnit XML.

use aegis_report::junit::{Case, Outcome, Suite, Trouble, document};

use super::show::{Failure, failures};
use super::{Ran, Tested};

/// One `testsuite` for each suite, one `testcase` for each case.
pub(super) fn render(tested: &[Tested]) -> String {
    let suites: Vec<Suite> = tested
        .iter()
        .flat_map(|tested| tested.suites.iter().map(|ran| suite(tested, ran)))
        .collect();
    document("aegis test", &suites)
}

fn suite(tested: &Tested, ran: &Ran) -> Suite {
    let failures = failures(tested, ran);
    let cases = ran.suite.cases.iter().zip(&ran.results.outcomes);
    let cases = cases.map(|(case, outcome)| {
        let failure = failures.iter().find(|f| f.case == outcome.case);
        Case {
            name: outcome.name.to_string(),
            class: tested.path.clone(),
            place: Some((ran.path.clone(), case.span.start().line)),
            outcome: failure.map_or(Outcome::Passed, |failure| Outcome::Failed(trouble(failure))),
        }
    });
    Suite {
        name: ran.path.clone(),
        cases: cases.collect(),
    }
}

fn trouble(failure: &Failure) -> Trouble {
    Trouble {
        kind: "case-failed".to_owned(),
        message: failure.message.clone(),
        body: body(failure),
    }
}

/// Everything that is known about a failure, a line each.
fn body(failure: &Failure) -> String {
    let labels = std::iter::once(&failure.primary).chain(&failure.related);
    let places = labels.map(|label| format!("{}: {}", label.span.locator(), label.text));
    let expected = std::iter::once(failure.expected.clone());
    let notes = failure.notes.iter().cloned();
    let help = failure.help.iter().map(|help| format!("help: {help}"));
    expected
        .chain(places)
        .chain(notes)
        .chain(help)
        .collect::<Vec<_>>()
        .join("\n")
}
