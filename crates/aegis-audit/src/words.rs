//! Closed sets of words that are written in events.

/// Gives an enum its words: `as_str`, `ALL`, `Display`, `FromStr`, and the same words in JSON.
macro_rules! words {
    ($name:ident, $what:literal, { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that stands for it in events.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::words::UnknownWord;

            fn from_str(s: &str) -> Result<Self, Self::Err> {
                let found = Self::ALL.iter().find(|v| v.as_str().eq_ignore_ascii_case(s));
                found.copied().ok_or_else(|| $crate::words::UnknownWord {
                    word: s.to_owned(),
                    what: $what,
                    expected: &[$($word),+],
                })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                let found = Self::ALL.iter().find(|v| v.as_str() == text);
                found.copied().ok_or_else(|| serde::de::Error::unknown_variant(&text, &[$($word),+]))
            }
        }
    };
}

pub(crate) use words;

/// A word that is not one of a closed set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not {what}; expected one of {}", expected.join(", "))]
pub struct UnknownWord {
    /// What was written.
    pub word: String,
    pub(crate) what: &'static str,
    pub(crate) expected: &'static [&'static str],
}
