//! Test results as JUnit XML, in the dialect that CI systems agree on.

use std::fmt::Write;

use super::show::{Failure, failures};
use super::{Ran, Tested};

/// Some readers want a time (Surefire's schema, CircleCI). A case takes microseconds, and a measured
/// time would make two equal runs differ.
const TIME: &str = "0.000";

/// One `testsuite` for each suite, one `testcase` for each case.
pub(super) fn render(tested: &[Tested]) -> String {
    let (tests, failed) = tested
        .iter()
        .fold((0, 0), |(n, f), t| (n + t.cases(), f + t.failed()));
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let _ = writeln!(
        out,
        "<testsuites name=\"aegis test\" tests=\"{tests}\" failures=\"{failed}\" errors=\"0\" time=\"{TIME}\">"
    );
    for t in tested {
        for ran in &t.suites {
            suite(&mut out, t, ran);
        }
    }
    out + "</testsuites>\n"
}

fn suite(out: &mut String, tested: &Tested, ran: &Ran) {
    let failures = failures(tested, ran);
    let _ = writeln!(
        out,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"0\" time=\"{TIME}\">",
        xml(&ran.path),
        ran.results.outcomes.len(),
        failures.len()
    );
    for (case, outcome) in ran.suite.cases.iter().zip(&ran.results.outcomes) {
        let _ = write!(
            out,
            "    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{}\" time=\"{TIME}\"",
            xml(&outcome.name),
            xml(&tested.path),
            xml(&ran.path),
            case.span.start().line
        );
        match failures.iter().find(|f| f.case == outcome.case) {
            None => out.push_str("/>\n"),
            Some(failure) => {
                let _ = writeln!(
                    out,
                    ">\n      <failure message=\"{}\" type=\"case-failed\">{}</failure>\n    </testcase>",
                    xml(&failure.message),
                    xml(&body(failure))
                );
            }
        }
    }
    out.push_str("  </testsuite>\n");
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

/// Text that may stand in an attribute or an element; what XML cannot hold becomes `\u{fffd}`.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\r' => out.push_str("&#13;"),
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {
                out.push(char::REPLACEMENT_CHARACTER);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_is_markup() {
        assert_eq!(xml("a<b>&\"\u{1b}\n"), "a&lt;b&gt;&amp;&quot;\u{fffd}&#10;");
    }
}
