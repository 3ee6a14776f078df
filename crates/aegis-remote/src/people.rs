//! Who may approve, and what they said.

use std::collections::BTreeSet;

use aegis_runtime::approval::reading::{self, Reading};
use aegis_runtime::approval::{Answer, Request, Verdict};

/// While an answer is awaited, reading may fail so many times in a row before it is given up.
pub(crate) const SHORT_FAILURES: u32 = 5;

/// The people who may approve, by the identifiers that a channel has for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct People(BTreeSet<String>);

/// A channel without anybody who may approve is a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "name at least one person who may approve, by the identifier that the channel has for them"
)]
pub struct NobodyAllowed;

impl People {
    /// These and nobody else.
    ///
    /// # Errors
    /// If there is nobody, or an empty identifier.
    pub fn new<I: Into<String>>(
        people: impl IntoIterator<Item = I>,
    ) -> Result<Self, NobodyAllowed> {
        let people: BTreeSet<String> = people.into_iter().map(Into::into).collect();
        if people.is_empty() || people.iter().any(|person| person.trim().is_empty()) {
            return Err(NobodyAllowed);
        }
        Ok(Self(people))
    }

    /// All of them, sorted.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether a person may approve.
    #[must_use]
    pub fn may(&self, person: &str) -> bool {
        self.0.contains(person)
    }
}

/// A message in a channel.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// Who wrote it, as the channel knows them.
    pub(crate) by: String,
    pub(crate) text: String,
    /// Edited, forwarded, or otherwise perhaps not what its writer meant to say now: never a yes.
    pub(crate) spoiled: bool,
}

/// What people who may approve said about a request, if anything. One no outweighs every yes.
pub(crate) fn heard(
    messages: impl IntoIterator<Item = Message>,
    people: &People,
    request: &Request,
) -> Option<Answer> {
    let mut yes = None;
    for message in messages {
        if !people.may(&message.by) {
            continue;
        }
        match (
            reading::text(&message.text, request.code()),
            message.spoiled,
        ) {
            (Reading::Other, _) => {}
            (Reading::Yes, false) => {
                yes.get_or_insert_with(|| request.answer(Verdict::Yes, message.by));
            }
            (Reading::Yes, true) | (Reading::No, _) => {
                return Some(request.answer(Verdict::No, message.by));
            }
        }
    }
    yes
}
