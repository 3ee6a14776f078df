//! How large the engine of a pattern can become, without building it.
//!
//! The bound follows the way the engine's compiler lays out states, in either direction of search,
//! and counts nothing as shared. A test holds it against what the compiler really uses.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Repetition};

/// The most that one state takes while it is built, with its transitions.
const STATE_BYTES: usize = 64;

/// States around every pattern: the unanchored prefix, the group of the whole, the match.
const AROUND: usize = 16;

/// At most this many bytes.
pub(super) fn most_bytes(hir: &Hir) -> usize {
    states(hir)
        .saturating_add(AROUND)
        .saturating_mul(STATE_BYTES)
}

/// Nesting is bounded by the parser, so recursion is.
fn states(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len() + 1,
        HirKind::Class(Class::Bytes(class)) => class.ranges().len() + 1,
        HirKind::Class(Class::Unicode(class)) => class_states(class),
        HirKind::Repetition(repetition) => repeated(repetition),
        HirKind::Capture(capture) => states(&capture.sub).saturating_add(2),
        HirKind::Concat(parts) => sum(parts.iter().map(states)),
        HirKind::Alternation(parts) => sum(parts.iter().map(|part| states(part).saturating_add(1))),
    }
}

fn sum(counts: impl Iterator<Item = usize>) -> usize {
    counts.fold(2, usize::saturating_add)
}

/// Every copy may need a state to leave by.
fn repeated(repetition: &Repetition) -> usize {
    let copies = repetition.max.unwrap_or(repetition.min).max(1);
    let copies = usize::try_from(copies).unwrap_or(usize::MAX);
    states(&repetition.sub)
        .saturating_add(3)
        .saturating_mul(copies)
        .saturating_add(4)
}

fn class_states(class: &ClassUnicode) -> usize {
    sum(class.ranges().iter().map(range_states))
}

/// A range of characters is cut into sequences of ranges of bytes, one state for each.
fn range_states(range: &ClassUnicodeRange) -> usize {
    let (low, high) = (range.start(), range.end());
    let (shortest, longest) = (low.len_utf8(), high.len_utf8());
    // Characters that differ in their last byte only.
    if shortest == longest && u32::from(low) >> 6 == u32::from(high) >> 6 {
        return longest;
    }
    let sequences = |length: usize| match length {
        1 => 1,
        2 => 3,
        // Surrogates cut these in two.
        3 => 10,
        _ => 7,
    };
    let cuts: usize = (shortest..=longest).map(sequences).sum();
    cuts * longest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex_automata::nfa::thompson::{Compiler, Config, WhichCaptures};

    use super::most_bytes;

    /// Whether the compiler keeps to the bound, in both directions.
    fn within(text: &str) {
        let Ok(hir) = regex_syntax::Parser::new().parse(text) else {
            return;
        };
        let bound = most_bytes(&hir);
        if bound > 8 << 20 {
            return;
        }
        for (reverse, captures) in [
            (false, WhichCaptures::None),
            (false, WhichCaptures::All),
            (true, WhichCaptures::None),
        ] {
            let config = Config::new()
                .reverse(reverse)
                .which_captures(captures)
                .nfa_size_limit(Some(bound));
            let built = Compiler::new().configure(config).build_from_hir(&hir);
            assert!(built.is_ok(), "{text:?} takes more than {bound} bytes");
        }
    }

    #[test]
    fn the_compiler_keeps_to_the_bound() {
        for text in [
            "",
            "a",
            "(?s).",
            ".",
            r"\w",
            r"\W",
            r"\d+",
            r"\p{Greek}",
            r"\P{Greek}",
            "[^a]",
            r"[\w.+-]+@(corp|example)\.com$",
            "(a|b|c|dd|ee)*",
            "(((a)))",
            "a{0}",
            "a{5}",
            "a{2,9}",
            "a{3,}?",
            "(?i)strasse",
            r"\b(a|)\B",
            r"(\w{3}|\d){2,4}",
            "[\u{0}-\u{10ffff}]",
            "[\u{700}-\u{e000}]",
            "[\u{80}-\u{10000}]",
            "(?i)[k-s]",
            "a||b",
            "^$",
            "(a*)*",
            "[a-cx-z0-9]",
            r"\p{L}{3}",
        ] {
            within(text);
        }
    }

    fn pattern() -> impl Strategy<Value = String> {
        let class = (any::<char>(), any::<char>()).prop_map(|(a, b)| {
            let (low, high) = (u32::from(a.min(b)), u32::from(a.max(b)));
            format!(r"[\u{{{low:x}}}-\u{{{high:x}}}]")
        });
        let leaf = prop_oneof![
            prop::sample::select(vec![
                "a",
                "bc",
                "é",
                "日本",
                ".",
                r"\w",
                r"\d",
                r"\s",
                r"\W",
                r"\b",
                "^",
                "$",
                "[a-f0-9]",
                "[^x]",
                r"\p{Greek}",
                "(?i:ks)",
                "",
            ])
            .prop_map(str::to_owned),
            class,
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let bounds =
                prop::sample::select(vec!["*", "+", "?", "{0}", "{3}", "{2,5}", "{2,}", "*?"]);
            prop_oneof![
                prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
                prop::collection::vec(inner.clone(), 1..4)
                    .prop_map(|parts| format!("({})", parts.join("|"))),
                (inner, bounds).prop_map(|(part, bounds)| format!("(?:{part}){bounds}")),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

        #[test]
        fn the_compiler_keeps_to_the_bound_of_any_pattern(text in pattern()) {
            within(&text);
        }
    }
}
