//! Forms of English verbs, which the build script adds to the word table.
//!
//! Where spelling depends on stress (`committed`, `edited`) both spellings are given: a word that
//! does not exist does no harm in a table.

fn vowel(byte: u8) -> bool {
    matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u')
}

/// `deletes`, `pushes`, `copies`; of a noun the plural.
pub(crate) fn third(word: &str) -> String {
    if let Some(stem) = word.strip_suffix('y')
        && !stem.bytes().next_back().is_some_and(vowel)
    {
        return format!("{stem}ies");
    }
    if ["s", "x", "z", "ch", "sh"]
        .iter()
        .any(|end| word.ends_with(end))
    {
        return format!("{word}es");
    }
    format!("{word}s")
}

/// The last letter once more, if it is a consonant after a single vowel: `tagg`.
fn doubled(word: &str) -> Option<String> {
    let [.., before, vowel_at, last] = word.as_bytes() else {
        return None;
    };
    (!vowel(*before) && vowel(*vowel_at) && !vowel(*last) && !b"wxy".contains(last))
        .then(|| format!("{word}{}", char::from(*last)))
}

/// `deleted`, `copied`, `tagged`.
pub(crate) fn past(word: &str) -> Vec<String> {
    if word.ends_with('e') {
        return vec![format!("{word}d")];
    }
    if let Some(stem) = word.strip_suffix('y')
        && !stem.bytes().next_back().is_some_and(vowel)
    {
        return vec![format!("{stem}ied")];
    }
    let stems = [Some(word.to_owned()), doubled(word)];
    stems
        .into_iter()
        .flatten()
        .map(|s| format!("{s}ed"))
        .collect()
}

/// `deleting`, `copying`, `tagging`.
pub(crate) fn ing(word: &str) -> Vec<String> {
    let stem = match word.strip_suffix('e') {
        Some(stem) if !word.ends_with("ee") => stem,
        _ => word,
    };
    let stems = [Some(stem.to_owned()), doubled(word)];
    stems
        .into_iter()
        .flatten()
        .map(|s| format!("{s}ing"))
        .collect()
}
