//! The words of the language, and what was probably meant by one that is wrong.

use std::fmt::Write as _;

/// The candidate nearest to a wrong word, if one is near enough to be meant: a third of its
/// letters and one more may differ (optimal string alignment distance, letter case aside). Of
/// equally near ones the first.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A text of this length is no slip of a word, and comparing it would take quadratic time.
    if word.len() > 256 {
        return None;
    }
    let word = word.to_lowercase();
    let far = word.chars().count().max(3) / 3 + 1;
    candidates
        .into_iter()
        .map(|c| (strsim::osa_distance(&word, &c.to_lowercase()), c))
        .filter(|(distance, c)| *distance <= far && *distance < c.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, c)| c)
}

/// A word that is not one of those expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not {what}; {}", shortened(word), advice(*.nearest, expected))]
pub struct UnknownWord {
    /// What was written.
    pub word: String,
    /// What was asked for, with its article, such as `an effect`.
    pub what: &'static str,
    /// The words there are, in their order.
    pub expected: &'static [&'static str],
    /// The one that was probably meant.
    pub nearest: Option<&'static str>,
}

impl UnknownWord {
    /// `word` is none of `expected`, which are `what`.
    pub fn new(word: &str, what: &'static str, expected: &'static [&'static str]) -> Self {
        Self {
            word: word.to_owned(),
            what,
            expected,
            nearest: nearest(word, expected.iter().copied()),
        }
    }

    /// `did you mean `read`?`, or else which words there are.
    pub fn help(&self) -> String {
        advice(self.nearest, self.expected)
    }
}

fn advice(nearest: Option<&str>, expected: &[&str]) -> String {
    nearest.map_or_else(
        || format!("expected {}", either(expected)),
        |n| format!("did you mean `{n}`?"),
    )
}

/// `a, b or c`.
pub fn either(items: &[&str]) -> String {
    match items {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// At most 80 characters of what a user wrote, so that an error stays readable.
fn shortened(word: &str) -> String {
    let mut out: String = word.chars().take(80).collect();
    if out.len() < word.len() {
        // Writing to a `String` cannot fail.
        let _ = write!(out, "...");
    }
    out
}

/// `as_str`, `ALL`, `Display` and `FromStr` of an enum whose variants are words.
macro_rules! words {
    ($type:ident, $what:literal, { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $type {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// Their words, in the order of [`ALL`](Self::ALL).
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word as policies and reports write it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }

        impl std::str::FromStr for $type {
            type Err = crate::words::UnknownWord;

            /// Reads the word exactly as it is written: lower case, nothing around it.
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                match s {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(crate::words::UnknownWord::new(s, $what, Self::WORDS)),
                }
            }
        }
    };
}
pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Approval, Effect, EffectSource, Risk};

    #[test]
    fn every_word_reads_back() {
        for effect in Effect::ALL {
            assert_eq!(effect.as_str().parse(), Ok(*effect));
        }
        for risk in Risk::ALL {
            assert_eq!(risk.as_str().parse(), Ok(*risk));
        }
        for approval in Approval::ALL {
            assert_eq!(approval.as_str().parse(), Ok(*approval));
        }
        for source in EffectSource::ALL {
            assert_eq!(source.as_str().parse(), Ok(*source));
        }
    }

    #[test]
    fn a_wrong_word_gets_the_nearest_right_one() {
        let said = |r: Result<Effect, UnknownWord>| r.unwrap_err().to_string();
        assert_eq!(
            said("raed".parse()),
            "`raed` is not an effect; did you mean `read`?"
        );
        assert_eq!(
            said("Delete".parse()),
            "`Delete` is not an effect; did you mean `delete`?"
        );
        assert_eq!(
            said("banana".parse()),
            "`banana` is not an effect; expected read, write, delete, execute, send, pay, deploy, \
             privilege or exfiltrate"
        );
        assert_eq!(
            "aproved".parse::<Approval>().unwrap_err().nearest,
            Some("approve")
        );
        assert_eq!("".parse::<Risk>().unwrap_err().nearest, None);
    }

    #[test]
    fn a_very_long_word_is_shortened_and_not_compared() {
        let e = "x".repeat(1 << 20).parse::<Risk>().unwrap_err();
        assert_eq!(e.nearest, None);
        assert!(e.to_string().len() < 200);
    }

    #[test]
    fn words_pad_in_tables() {
        assert_eq!(format!("{:<6}|", Effect::Pay), "pay   |");
    }
}
