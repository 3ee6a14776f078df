//! The rules that policies are measured with, the same for Aegis and for its peers.
//!
//! Rule `i` blocks what has its verb on its target: `verb{i}_*` on `prod{i}*`, and for every fourth
//! rule the two words may stand anywhere: `*verb{i}_*` on `*prod{i}*`.

use std::fmt::Write as _;

/// One rule: a pattern on the type and one on the target.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    /// The literal of the type pattern.
    pub(crate) verb: String,
    /// The literal of the target pattern.
    pub(crate) target: String,
    /// Whether the literals may stand anywhere, or only in front.
    pub(crate) anywhere: bool,
}

impl Spec {
    /// The pattern on the type.
    pub(crate) fn kind_glob(&self) -> String {
        self.glob(&self.verb)
    }

    /// The pattern on the target.
    pub(crate) fn target_glob(&self) -> String {
        self.glob(&self.target)
    }

    fn glob(&self, literal: &str) -> String {
        if self.anywhere {
            format!("*{literal}*")
        } else {
            format!("{literal}*")
        }
    }
}

/// So many rules.
pub(crate) fn specs(count: usize) -> Vec<Spec> {
    let spec = |i: usize| Spec {
        verb: format!("verb{i}_"),
        target: format!("prod{i}"),
        anywhere: i % 4 == 3,
    };
    (0..count).map(spec).collect()
}

/// The rule that should match, by a name: `first`, `middle`, `last`, or none for `none`.
pub(crate) const PLACES: [&str; 4] = ["first", "middle", "last", "none"];

/// A type and a target that only the rule at a place matches, of so many.
pub(crate) fn names(place: &str, count: usize) -> (String, String) {
    let i = match place {
        "first" => 0,
        "middle" => count / 2,
        "last" => count - 1,
        _ => return ("read_customer".to_owned(), "staging-db".to_owned()),
    };
    (format!("verb{i}_customer"), format!("prod{i}-db"))
}

/// What rules have beside their patterns, `N` being the number of the rule: as people write them.
pub(crate) const SHAPES: [(&str, &str); 5] = [
    ("with a name and a reason", ""),
    (
        "with lists",
        "      agent: [\"bot-N\", \"*-worker-N\", \"team-N-??\"]\n",
    ),
    (
        "with conditions",
        "    conditions:\n      time_after: \"08:00\"\n      time_before: \"18:00\"\n      \
         weekdays: [1, 2, 3, 4, 5]\n      param_gt: { count: N }\n      \
         param_eq: { region: eu, \"account.id\": \"aN\" }\n      param_present: [to]\n",
    ),
    (
        "with a regular expression of its own",
        "    conditions:\n      param_matches: { note: \"(?i)\\\\bdrop\\\\s+table_N\\\\b\" }\n",
    ),
    (
        "with a regular expression of its own, of Unicode classes",
        "    conditions:\n      param_matches: { to: \"^[\\\\w.+-]+@\\\\w+-N\\\\.(\\\\p{L}|\\\\d)+$\" }\n",
    ),
];

/// A policy of so many rules on several lines each.
pub(crate) fn written_out(count: usize, keys: &str) -> String {
    let mut text = String::from("version: \"1\"\nrules:\n");
    for (i, spec) in specs(count).iter().enumerate() {
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            text,
            "  - name: rule_{i}\n    match:\n      type: [\"{}\", \"get_{i}_*\"]\n      \
             target: \"{}\"\n{}    risk_level: high\n    approval: block\n    \
             reason: \"Rule {i} says that this is not done here.\"",
            spec.kind_glob(),
            spec.target_glob(),
            keys.replace('N', &i.to_string()),
        );
    }
    text
}
