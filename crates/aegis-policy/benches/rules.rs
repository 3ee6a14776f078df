//! The rules that policies are measured with, the same for Aegis and for its peers.
//!
//! Rule `i` blocks what has its verb on its target: `verb{i}_*` on `prod{i}*`, and for every fourth
//! rule the two words may stand anywhere: `*verb{i}_*` on `*prod{i}*`.

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
