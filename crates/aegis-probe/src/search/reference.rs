//! The reference set `probe-ref/1`: names of actions whose effect is known, whatever a policy says
//! of them.
//!
//! The set is a file in the crate, so that a score means the same until the version changes: bare
//! verbs, names of published tools, names with affixes, and names in other dialects. Every effect in
//! it is the one the engine finds for the name, and a test makes the file from the vocabulary and
//! the catalogue and compares.

use std::sync::OnceLock;

use aegis_policy::model::Effect;

/// The version of the set; part of every score.
pub(crate) const VERSION: &str = "probe-ref/1";

static TEXT: &str = include_str!("../../reference/probe-ref-1.tsv");

/// How a name came into the set, which decides how much it weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    /// A verb by itself.
    Verb,
    /// The name of a published tool.
    Real,
    /// A verb with something before or after it.
    Affixed,
    /// A verb and an object, spelled as other programs spell them.
    Dialect,
}

impl Form {
    /// Its weight in quarters.
    pub(crate) fn weight(self) -> u64 {
        match self {
            Self::Verb | Self::Real => 4,
            Self::Affixed => 2,
            Self::Dialect => 1,
        }
    }

    /// Whether the name is as it stands in use, not made up.
    pub(crate) fn is_plain(self) -> bool {
        matches!(self, Self::Verb | Self::Real)
    }
}

/// A name of the set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// As it is published.
    pub(crate) name: &'static str,
    /// What it does.
    pub(crate) effect: Effect,
    /// How it came into the set.
    pub(crate) form: Form,
    /// Whether it reads what should not be read by everybody.
    pub(crate) secret: bool,
}

/// Words in the name of what should not be read by everybody.
const SECRETS: &[&str] = &[
    "secret",
    "credential",
    "passw",
    "token",
    "api_key",
    "apikey",
    "api-key",
    "access_key",
    "private_key",
    "connection_string",
    "kubeconfig",
];

/// Whether a name speaks of what should not be read by everybody.
pub(crate) fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    SECRETS.iter().any(|word| name.contains(word))
}

/// The set, in the order of the file.
pub(crate) fn entries() -> &'static [Entry] {
    static ENTRIES: OnceLock<Vec<Entry>> = OnceLock::new();
    ENTRIES.get_or_init(|| TEXT.lines().filter_map(entry).collect())
}

/// Reads a line: two letters for effect and form, and the name. What else is in the file is for
/// people; a test reads every line.
fn entry(line: &'static str) -> Option<Entry> {
    let (letters, name) = line.split_once('\t')?;
    let [effect, form] = letters.as_bytes() else {
        return None;
    };
    let (_, effect) = EFFECTS.iter().find(|(letter, _)| letter == effect)?;
    let form = match form.to_ascii_lowercase() {
        b'v' => Form::Verb,
        b'r' => Form::Real,
        b'a' => Form::Affixed,
        b'd' => Form::Dialect,
        _ => return None,
    };
    Some(Entry {
        name,
        effect: *effect,
        form,
        secret: letters.ends_with('R') || letters.ends_with('V'),
    })
}

const EFFECTS: [(u8, Effect); 9] = [
    (b'r', Effect::Read),
    (b'w', Effect::Write),
    (b'd', Effect::Delete),
    (b'x', Effect::Execute),
    (b's', Effect::Send),
    (b'p', Effect::Pay),
    (b'o', Effect::Deploy),
    (b'g', Effect::Privilege),
    (b'e', Effect::Exfiltrate),
];

#[cfg(test)]
mod generate;
