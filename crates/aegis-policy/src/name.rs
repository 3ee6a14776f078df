//! Canonical names: one spelling for all the ways to write a name that people and systems take for
//! the same.
//!
//! Types, targets, agents and the patterns for them are compared in this form: Unicode
//! normalisation form KC, without control, format and default-ignorable characters, trimmed, with
//! full default case folding (no locale). The steps are repeated until nothing changes, so the form
//! is a fixed point. What cannot be folded away, such as a Cyrillic letter in a Latin word, is
//! reported by [`Name::is_foreign`] and [`Name::is_deceptive`].

use std::borrow::Cow;

use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;
use unicode_security::mixed_script::AugmentedScriptSet;

/// Control (Cc), format (Cf) and default-ignorable characters of Unicode 16, as sorted ranges.
/// A test holds them against the tables of the regex engine.
const IGNORABLE: &[(char, char)] = &[
    ('\u{0}', '\u{1f}'),
    ('\u{7f}', '\u{9f}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// More rounds than any text needs: folding and composing settle in two or three.
const ROUNDS: usize = 8;

/// A name as written and as compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Name {
    /// The spelling of the caller, where it differs from the canonical one.
    original: Option<Box<str>>,
    canonical: Box<str>,
    deceptive: bool,
}

impl Name {
    /// The name written as `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let canonical = canonical(text);
        let original = (canonical != text).then(|| Box::from(text));
        let deceptive = is_deceptive(&canonical);
        Self {
            original,
            canonical: canonical.into(),
            deceptive,
        }
    }

    /// The spelling of the caller, for people and for the audit.
    #[must_use]
    pub fn original(&self) -> &str {
        self.original.as_deref().unwrap_or(&self.canonical)
    }

    /// The spelling that patterns are held against.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// Whether the canonical spelling still has characters beyond ASCII.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        !self.canonical.is_ascii()
    }

    /// Whether the name can be taken for another: it looks like an ASCII name and is not, or mixes
    /// scripts beyond what UTS 39 calls highly restrictive.
    #[must_use]
    pub fn is_deceptive(&self) -> bool {
        self.deceptive
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// Whether a character is removed from names: control, format, or ignorable by default.
#[must_use]
pub fn is_ignorable(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    IGNORABLE
        .binary_search_by(|&(low, high)| {
            if high < c {
                std::cmp::Ordering::Less
            } else if low > c {
                std::cmp::Ordering::Greater
            } else {
                std::cmp::Ordering::Equal
            }
        })
        .is_ok()
}

/// The canonical spelling of a text; borrowed if the text has it already.
#[must_use]
pub fn canonical(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return canonical_ascii(text);
    }
    let mut now = round(text);
    for _ in 1..ROUNDS {
        let next = round(&now);
        if next == now {
            break;
        }
        now = next;
    }
    if now == text {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(now)
    }
}

fn canonical_ascii(text: &str) -> Cow<'_, str> {
    // Most names are as they should be: one look at all bytes at once shows it.
    let odd = |b: u8| b.is_ascii_control() | b.is_ascii_uppercase();
    let ends = [text.bytes().next(), text.bytes().next_back()];
    if !text.bytes().fold(false, |any, b| any | odd(b)) && !ends.contains(&Some(b' ')) {
        return Cow::Borrowed(text);
    }
    if text.bytes().any(|b| b.is_ascii_control()) {
        let kept: String = text.chars().filter(|c| !c.is_ascii_control()).collect();
        return Cow::Owned(kept.trim_matches(' ').to_ascii_lowercase());
    }
    let trimmed = text.trim_matches(' ');
    if trimmed.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(trimmed.to_ascii_lowercase())
    } else {
        Cow::Borrowed(trimmed)
    }
}

/// One round: remove, normalise, remove what that brought in, trim, fold.
fn round(text: &str) -> String {
    let kept = |c: &char| !is_ignorable(*c);
    let normal: String = text.chars().filter(kept).nfkc().filter(kept).collect();
    normal.trim().chars().flat_map(fold).collect()
}

/// Full default case folding of one character.
///
/// Letters younger than the folding table (Unicode 16) take their simple lower case. Upper-case
/// Cherokee is left out of that, because its folding goes to upper case.
fn fold(c: char) -> impl Iterator<Item = char> {
    let younger = if c.is_ascii() || matches!(c, '\u{13a0}'..='\u{13f5}') {
        None
    } else {
        let mut folded = std::iter::once(c).default_case_fold();
        let mut lower = c.to_lowercase();
        match (folded.next(), lower.next(), lower.next()) {
            (Some(f), Some(l), None) if f == c && l != c => Some(l),
            _ => None,
        }
    };
    std::iter::once(younger.unwrap_or(c)).default_case_fold()
}

/// Whether a canonical name can be taken for another.
fn is_deceptive(canonical: &str) -> bool {
    !canonical.is_ascii() && (looks_ascii(canonical) || mixes_scripts(canonical))
}

/// Whether the UTS 39 skeleton of the name, which is what a reader sees, is all ASCII.
fn looks_ascii(canonical: &str) -> bool {
    unicode_security::skeleton(canonical).all(|c| c.is_ascii())
}

/// Whether the scripts of the name go beyond "highly restrictive": more than one script, other than
/// Latin with the writing systems of Chinese, Japanese or Korean (UTS 39, section 5.2). Unlike for
/// identifiers, punctuation does not matter: targets are paths and addresses.
fn mixes_scripts(canonical: &str) -> bool {
    let latin = AugmentedScriptSet::from('a');
    let mut all = AugmentedScriptSet::default();
    let mut but_latin = AugmentedScriptSet::default();
    for c in canonical.chars() {
        let scripts = AugmentedScriptSet::from(c);
        all.intersect_with(scripts);
        let mut with_latin = scripts;
        with_latin.intersect_with(latin);
        if with_latin.is_empty() {
            but_latin.intersect_with(scripts);
        }
    }
    all.is_empty() && !(but_latin.kore || but_latin.hanb || but_latin.jpan)
}

#[cfg(test)]
mod tests {
    use regex_syntax::hir::{Class, HirKind};

    use super::*;

    #[test]
    fn one_spelling_for_all_variants() {
        for (text, want) in [
            ("", ""),
            ("delete_file", "delete_file"),
            ("Delete_FILE", "delete_file"),
            ("  delete\t", "delete"),
            ("de\u{0}le\nte", "delete"),
            ("de\u{200b}le\u{ad}te\u{feff}", "delete"),
            ("\u{202e}delete\u{2066}", "delete"),
            ("ｄｅｌｅｔｅ", "delete"),
            ("ﬁle", "file"),
            ("\u{a0}delete\u{3000}", "delete"),
            ("Straße", "strasse"),
            ("STRASSE", "strasse"),
            ("STRA\u{1e9e}E", "strasse"),
            ("İ", "i\u{307}"),
            ("I", "i"),
            ("ı", "ı"),
            ("\u{212a}elvin", "kelvin"),
            ("ſend", "send"),
            ("Σίσυφος", "σίσυφοσ"),
            ("e\u{301}", "é"),
            ("delete\u{600}", "delete"),
            ("a\u{e0041}b", "ab"),
            ("x\u{3164}", "x"),
            ("²", "2"),
            ("\u{ab70}", "\u{13a0}"),
            ("\u{200b}", ""),
            ("a \u{200b} ", "a"),
        ] {
            assert_eq!(canonical(text), want, "{text:?}");
        }
    }

    #[test]
    fn a_canonical_name_is_not_copied() {
        assert!(matches!(canonical("read_file"), Cow::Borrowed(_)));
        assert!(matches!(canonical("読む"), Cow::Borrowed(_)));
        let name = Name::new("Read");
        assert_eq!((name.original(), name.canonical()), ("Read", "read"));
        assert_eq!(Name::new("read").original(), "read");
    }

    #[test]
    fn every_character_reaches_a_fixed_point() {
        // The big blocks of uniform letters need no more than samples.
        let uniform = |c: &char| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{20000}'..);
        let some = ('\u{20000}'..=char::MAX).step_by(199);
        for c in ('\u{0}'..=char::MAX)
            .take_while(|&c| c < '\u{20000}')
            .filter(|c| !uniform(c))
            .chain(some)
        {
            for text in [format!("A{c}b"), format!("A\u{345}{c}\u{301}")] {
                let once = canonical(&text).into_owned();
                assert_eq!(canonical(&once), once, "{text:?}");
            }
        }
    }

    #[test]
    fn case_variants_meet() {
        for c in ('\u{80}'..'\u{20000}').filter(|c| c.is_uppercase() || c.is_lowercase()) {
            let upper: String = c.to_uppercase().collect();
            let lower: String = c.to_lowercase().collect();
            // The dotless i is no case variant of i by default folding, though its upper case is I.
            if c != 'ı' {
                assert_eq!(
                    canonical(&upper),
                    canonical(&format!("{c}")),
                    "upper of {c:?}"
                );
            }
            assert_eq!(
                canonical(&lower),
                canonical(&format!("{c}")),
                "lower of {c:?}"
            );
        }
    }

    #[test]
    fn the_ignorable_table_is_complete() {
        let class = r"[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]";
        let hir = regex_syntax::parse(class).expect("a class");
        let HirKind::Class(Class::Unicode(class)) = hir.into_kind() else {
            panic!("not a class");
        };
        let want: Vec<_> = class
            .ranges()
            .iter()
            .map(|r| (r.start(), r.end()))
            .collect();
        assert_eq!(IGNORABLE, want);
    }

    #[test]
    fn deceptive_names_are_seen() {
        for text in [
            "рrod",           // Cyrillic er
            "рауаӏ",          // all Cyrillic, looks like Latin
            "prоd-db",        // Cyrillic o
            "prod\u{2010}db", // a hyphen that is not ours
            "αdmin",          // Greek alpha
            "prod/файлы",     // Latin and Cyrillic
            "datei-Ω",        // Latin and Greek
        ] {
            assert!(Name::new(text).is_deceptive(), "{text}");
        }
        for text in [
            "prod",
            "Büro/Straße",
            "файлы/отчёт 1",
            "データベース",
            "data-データ",
            "한국어 table",
            "中文/file.txt",
            "ﬁle",
            "http://例え.jp/?q=1",
            "café",
            "عربي",
        ] {
            assert!(!Name::new(text).is_deceptive(), "{text}");
        }
        assert!(Name::new("Büro").is_foreign());
        assert!(!Name::new("ＢＵＲＯ").is_foreign());
    }
}
