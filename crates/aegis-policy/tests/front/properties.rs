//! What holds for every text.

use aegis_policy::document::{parse, source};
use aegis_policy::suite::Suite;
use proptest::prelude::*;
use proptest::sample::select;

use crate::{read, read_bytes, seen};

/// Pieces of policies and of YAML, so that many texts get past the parser.
const PIECES: [&str; 64] = [
    "version: ",
    "\"1\"",
    "1",
    "rules:",
    "\n",
    "\n  ",
    "\n    ",
    "\n      ",
    "- ",
    "name: ",
    "match: ",
    "type: ",
    "target: ",
    "effect: ",
    "conditions: ",
    "param_gt: ",
    "param_eq: ",
    "param_matches: ",
    "time_after: ",
    "weekdays: ",
    "risk_level: ",
    "approval: ",
    "reason: ",
    "defaults: ",
    "timezone: ",
    "auto",
    "block",
    "read",
    "high",
    "\"*\"",
    "*",
    "&a ",
    "*a",
    "<<: ",
    "{ ",
    " }",
    "[",
    "]",
    ", ",
    ": ",
    "!t ",
    "!!str ",
    "| ",
    "> ",
    "\n---\n",
    "\n...\n",
    "%YAML 1.2\n",
    "'",
    "\"",
    "\\",
    "22:00",
    "\"22:00\"",
    "ä",
    "\u{200b}",
    "\u{0}",
    "\t",
    "\r",
    "#",
    "? ",
    "a.b",
    "(",
    "{a,b}",
    "~",
    "yes",
];

/// Looks at everything a renderer would.
fn look(text: &[u8]) {
    match read_bytes(text) {
        Ok(policy) => {
            policy.warnings().iter().for_each(|p| drop(seen(p)));
            let yaml = policy.to_yaml();
            if yaml.len() < 100_000 {
                read(&yaml).expect("what is written can be read");
            }
        }
        Err(problems) => {
            assert!(problems.has_errors(), "refused without a reason");
            for problem in &problems.0 {
                assert!(!seen(problem).is_empty() && !problem.to_string().is_empty());
                let span = &problem.primary.span;
                assert!(
                    span.file.text.is_char_boundary(span.range.start),
                    "{problem:?}"
                );
                assert!(
                    span.file.text.is_char_boundary(span.range.end),
                    "{problem:?}"
                );
            }
        }
    }
    if let Ok(file) = source("s.yaml", text) {
        drop(parse(file.clone()));
        drop(Suite::read(file));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        look(&bytes);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,200}") {
        look(text.as_bytes());
    }

    #[test]
    fn no_mixture_of_policy_parts_panics(
        pieces in prop::collection::vec(select(PIECES.to_vec()), 0..40),
    ) {
        look(pieces.concat().as_bytes());
    }

    #[test]
    fn no_damaged_policy_panics(
        at in 0_usize..700,
        cut in 0_usize..20,
        put in prop::collection::vec(select(PIECES.to_vec()), 0..3),
    ) {
        const TEXT: &str = "version: \"1\"\ntimezone: Europe/Berlin\ndefaults: { risk_level: medium, approval: approve }\n\
            rules:\n  - name: read_safe\n    match: &m { type: [\"read*\", 'list*'], target: \"a/**\", effect: [read, write] }\n    \
            conditions:\n      time_after: \"22:00\"\n      time_before: \"06:00\"\n      weekdays: [1, 2]\n      \
            param_gt: { count: 100, a.b: 1.5 }\n      param_contains: { tags: [a, 5, true] }\n      param_matches: { q: '(?i)^x+$' }\n      \
            param_missing: [cc, items.*.x]\n      param_eq: { o: { a: [1, null] } }\n      semantic: \"mentions a\"\n    \
            risk_level: low\n    approval: auto\n    reason: |\n      why\n  - <<: { name: b }\n    match: *m\n    approval: block\n";
        let at = at.min(TEXT.len());
        let end = (at + cut).min(TEXT.len());
        let text = format!("{}{}{}", &TEXT[..at], put.concat(), &TEXT[end..]);
        look(text.as_bytes());
    }
}
