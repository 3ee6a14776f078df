//! How large the engine of a pattern can become, without building it.
//!
//! The bound follows the way the engine's compiler lays out states. Of a class only the common
//! beginnings of its characters' bytes are counted as shared. It is read off the syntax tree: the sets of characters that `\w`
//! or `\p{L}` stand for have hundreds of ranges, and putting them together for every pattern takes
//! much longer than all the rest of reading it. So the size of such a class is found once and kept.
//! A test holds the bound against what the compiler really uses.

use std::cell::RefCell;

use regex_syntax::ast::{
    Ast, ClassBracketed, ClassSet, ClassSetItem, Flag, Flags, FlagsItemKind, GroupKind, Literal,
    Repetition, RepetitionKind, RepetitionRange, Span,
};
use regex_syntax::hir::{Class, Hir, HirKind};
use regex_syntax::utf8::{Utf8Sequence, Utf8Sequences};
use rustc_hash::FxHashMap;

/// The most that one state takes while it is built, with its transitions.
const STATE_BYTES: usize = 64;

/// States around every pattern: the unanchored prefix, the group of the whole, the match.
const AROUND: usize = 16;

/// What a class takes for each byte of a sequence that it does not share with others: a state, and
/// a transition to it.
///
/// A union takes no more than its parts together, so this may be added up. What lies wholly in the
/// union is cut into as few sequences as there can be; and a beginning that only a part of its
/// characters may follow has a state of its own in one of the parts as well.
const SEQUENCE_BYTE: usize = BEGINNING + TRANSITION;

/// A state while it is built, without its transitions.
const BEGINNING: usize = 32;

const TRANSITION: usize = 8;

/// What a class takes besides: where it starts, and where it ends.
const CLASS_BYTES: usize = 2 * STATE_BYTES;

/// The bytes of the sequences of a class that is a few ranges of ASCII, or all but a few.
const FEW: usize = 48;

/// At most this many classes are remembered.
const REMEMBERED: usize = 256;

/// Sizes of classes by how they are written.
type Sizes = FxHashMap<Box<str>, usize>;

thread_local! {
    /// What classes take, as written and under `(?i)`.
    static CLASSES: RefCell<[Sizes; 2]> = RefCell::default();
}

/// At most this many bytes; `None` if that is not known, because of a property that does not exist
/// or a flag that changes what the rest means.
pub(super) fn most_bytes(text: &str, ast: &Ast) -> Option<usize> {
    let mut flags = Seen::default();
    flags.look_through(ast);
    let pattern = Pattern {
        text,
        any_case: flags.any_case,
    };
    if flags.other {
        return None;
    }
    Some(
        pattern
            .bytes(ast)?
            .saturating_add(AROUND.saturating_mul(STATE_BYTES)),
    )
}

/// The flags set anywhere in a pattern.
#[derive(Default)]
struct Seen {
    any_case: bool,
    /// Bytes instead of characters, or space and comments inside.
    other: bool,
}

impl Seen {
    /// Nesting is bounded by the parser, so recursion is.
    fn look_through(&mut self, ast: &Ast) {
        match ast {
            Ast::Flags(set) => self.look_at(&set.flags),
            Ast::Repetition(repetition) => self.look_through(&repetition.ast),
            Ast::Group(group) => {
                if let GroupKind::NonCapturing(flags) = &group.kind {
                    self.look_at(flags);
                }
                self.look_through(&group.ast);
            }
            Ast::Alternation(all) => all.asts.iter().for_each(|part| self.look_through(part)),
            Ast::Concat(all) => all.asts.iter().for_each(|part| self.look_through(part)),
            _ => {}
        }
    }

    fn look_at(&mut self, flags: &Flags) {
        for item in &flags.items {
            match &item.kind {
                FlagsItemKind::Flag(Flag::CaseInsensitive) => self.any_case = true,
                FlagsItemKind::Flag(Flag::Unicode | Flag::IgnoreWhitespace) => self.other = true,
                FlagsItemKind::Flag(_) | FlagsItemKind::Negation => {}
            }
        }
    }
}

struct Pattern<'a> {
    text: &'a str,
    /// Whether case may be ignored, at least in a part.
    any_case: bool,
}

impl Pattern<'_> {
    fn bytes(&self, ast: &Ast) -> Option<usize> {
        Some(match ast {
            Ast::Empty(_) | Ast::Flags(_) | Ast::Assertion(_) => STATE_BYTES,
            Ast::Literal(literal) if self.any_case => {
                CLASS_BYTES + SEQUENCE_BYTE * spellings(literal.c)
            }
            Ast::Literal(literal) => (literal.c.len_utf8() + 1) * STATE_BYTES,
            Ast::Dot(_) => CLASS_BYTES + SEQUENCE_BYTE * FEW,
            Ast::ClassUnicode(class) => CLASS_BYTES.saturating_add(self.class(&class.span)?),
            Ast::ClassPerl(class) => CLASS_BYTES.saturating_add(self.class(&class.span)?),
            Ast::ClassBracketed(class) => CLASS_BYTES.saturating_add(self.bracketed(class)?),
            Ast::Repetition(repetition) => self.repeated(repetition)?,
            Ast::Group(group) => self.bytes(&group.ast)?.saturating_add(2 * STATE_BYTES),
            Ast::Concat(all) => self.sum(&all.asts)?,
            Ast::Alternation(all) => self
                .sum(&all.asts)?
                .saturating_add(all.asts.len().saturating_mul(STATE_BYTES)),
        })
    }

    fn sum(&self, parts: &[Ast]) -> Option<usize> {
        parts.iter().try_fold(2 * STATE_BYTES, |sum, part| {
            Some(sum.saturating_add(self.bytes(part)?))
        })
    }

    /// Every copy may need a state to leave by.
    fn repeated(&self, repetition: &Repetition) -> Option<usize> {
        let copies = match &repetition.op.kind {
            RepetitionKind::Range(
                RepetitionRange::Exactly(most)
                | RepetitionRange::AtLeast(most)
                | RepetitionRange::Bounded(_, most),
            ) => (*most).max(1),
            _ => 1,
        };
        let copies = usize::try_from(copies).unwrap_or(usize::MAX);
        let each = self.bytes(&repetition.ast)?;
        Some(
            each.saturating_add(3 * STATE_BYTES)
                .saturating_mul(copies)
                .saturating_add(4 * STATE_BYTES),
        )
    }

    fn bracketed(&self, class: &ClassBracketed) -> Option<usize> {
        match &class.kind {
            ClassSet::Item(item) if !class.negated => match self.item(item) {
                Some(bytes) => Some(bytes),
                None => self.class(&class.span),
            },
            // What is left of other sets has as many ranges as they, but other ones.
            _ => self.class(&class.span),
        }
    }

    /// What a part of a union adds; `None` if that takes looking at the whole.
    fn item(&self, item: &ClassSetItem) -> Option<usize> {
        Some(match item {
            ClassSetItem::Empty(_) => 0,
            ClassSetItem::Literal(Literal { c, .. }) => SEQUENCE_BYTE * spellings(*c),
            ClassSetItem::Range(range) if range.start.c.is_ascii() && range.end.c.is_ascii() => {
                SEQUENCE_BYTE * FEW
            }
            ClassSetItem::Range(_) => return None,
            ClassSetItem::Ascii(_) => SEQUENCE_BYTE * FEW,
            ClassSetItem::Unicode(class) => self.class(&class.span)?,
            ClassSetItem::Perl(class) => self.class(&class.span)?,
            ClassSetItem::Bracketed(class) => self.bracketed(class)?,
            ClassSetItem::Union(union) => union.items.iter().try_fold(0, |sum: usize, item| {
                Some(sum.saturating_add(self.item(item)?))
            })?,
        })
    }

    /// What the class written there takes for its sequences.
    fn class(&self, span: &Span) -> Option<usize> {
        let text = self.text.get(span.start.offset..span.end.offset)?;
        let plain = remembered(text, false)?;
        if self.any_case {
            return Some(plain.max(remembered(text, true)?));
        }
        Some(plain)
    }
}

/// The bytes of a character in all its cases, of which no character has more than four.
fn spellings(c: char) -> usize {
    match c {
        // The Kelvin sign and the long s.
        'k' | 'K' | 's' | 'S' => 2 + 3,
        _ if c.is_ascii() => 2,
        _ => 4 * 4,
    }
}

fn remembered(text: &str, any_case: bool) -> Option<usize> {
    CLASSES.with_borrow_mut(|sizes| {
        let sizes = &mut sizes[usize::from(any_case)];
        if let Some(bytes) = sizes.get(text) {
            return Some(*bytes);
        }
        let bytes = exact(text, any_case)?;
        if sizes.len() == REMEMBERED {
            sizes.clear();
        }
        sizes.insert(text.into(), bytes);
        Some(bytes)
    })
}

fn exact(text: &str, any_case: bool) -> Option<usize> {
    let mut parser = regex_syntax::ParserBuilder::new()
        .nest_limit(super::NESTING)
        .case_insensitive(any_case)
        .build();
    let hir: Hir = parser.parse(text).ok()?;
    let class = match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => class,
        HirKind::Class(Class::Bytes(class)) => return Some(class.ranges().len() * SEQUENCE_BYTE),
        HirKind::Literal(literal) => return Some(literal.0.len() * SEQUENCE_BYTE),
        _ => return Some(0),
    };
    let mut bytes = 0;
    let mut before = None;
    for range in class.ranges() {
        for sequence in Utf8Sequences::new(range.start(), range.end()) {
            let own = sequence.len() - before.as_ref().map_or(0, |b| common(b, &sequence));
            bytes += own * TRANSITION + (own - 1) * BEGINNING;
            before = Some(sequence);
        }
    }
    Some(bytes)
}

/// How many bytes two sequences have in common at their beginnings, which is never all.
fn common(a: &Utf8Sequence, b: &Utf8Sequence) -> usize {
    let same = a
        .as_slice()
        .iter()
        .zip(b.as_slice())
        .take_while(|(a, b)| a == b);
    same.count().min(b.len() - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex_automata::nfa::thompson::Compiler;

    use super::{exact, most_bytes};
    use crate::regexes::{self, engine};

    /// Whether the compiler keeps to the bound.
    fn within(text: &str) {
        let Ok(hir) = regex_syntax::Parser::new().parse(text) else {
            return;
        };
        let ast = regexes::parser()
            .parse(text)
            .expect("what has a meaning has a syntax");
        let Some(bound) = most_bytes(text, &ast) else {
            return;
        };
        if bound > 8 << 20 {
            return;
        }
        let config = engine::config().nfa_size_limit(Some(bound));
        let built = Compiler::new().configure(config).build_from_hir(&hir);
        assert!(built.is_ok(), "{text:?} takes more than {bound} bytes");
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
            r"[^\w]",
            r"[\w--\d]",
            r"[\p{L}&&[^a-z]]",
            r"[^\p{Lu}\s]",
            "[[:^alpha:]é]",
            r"(?i)[\w.+-]+@\w+",
            r"(?i)\p{Lu}\P{Ll}",
            "(?i)[a-zá-ž]",
            "(?i)kelvin θσ",
            "(?iR).",
            "(?U)a+",
        ] {
            within(text);
        }
    }

    /// Patterns as people write them are not built when they are loaded.
    #[test]
    fn what_is_usual_is_small() {
        for text in [
            r"^[\w.+-]+@\w+-7\.(\p{L}|\d)+$",
            r"(?i)^\s*(drop|truncate|delete)\s+(table|database)\s+\w+\s*;?$",
            r"^\p{Lu}\w*( \p{Lu}\w*){1,3}$",
            r"^\d{3}-\d{2}-\d{4}$",
            r"^[^\s@]+@[^\s@]+\.[^\s@]{2,}$",
            r"\b(\d[ -]*?){13,16}\b",
        ] {
            let ast = regexes::parser().parse(text).expect(text);
            let bytes = most_bytes(text, &ast).expect(text);
            assert!(bytes <= engine::COMPILED_BYTES / 10, "{text} takes {bytes}");
        }
    }

    /// What the library says of these classes, and the bound relies on.
    #[test]
    fn shorthands_mean_the_same_in_any_case() {
        for text in [r"\w", r"\W", r"\d", r"\D", r"\s", r"\S"] {
            let class = |flags: &str| regex_syntax::parse(&format!("{flags}[{text}]")).ok();
            assert_eq!(class(""), class("(?i)"), "{text}");
            assert_eq!(exact(text, false), exact(text, true), "{text}");
        }
    }

    #[test]
    fn what_is_not_known_has_no_bound() {
        for text in [
            r"\p{Nope}",
            r"[\p{Nope}]",
            r"(?-u:\w)",
            "(?x)[a b]",
            r"a{2}\pQ",
        ] {
            let ast = regexes::parser().parse(text).expect(text);
            assert_eq!(most_bytes(text, &ast), None, "{text}");
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
                r"[\wé.]",
                r"[\d--2]",
                r"[^\p{Lu}x]",
                "(?i:θß)",
                r"(?i:[\sà-ü])",
                "[[:^punct:]]",
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
