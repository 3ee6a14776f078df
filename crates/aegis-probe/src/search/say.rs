//! Phrases that several analyses use.

use aegis_policy::model::Effect;

use super::vocabulary;

/// How many names are kept as examples.
pub(crate) const EXAMPLES: usize = 8;

/// How many names are shown in a sentence.
const SHOWN: usize = 3;

/// `deletes, pays or carries data out`.
pub(crate) fn all_doing(effects: &[Effect]) -> String {
    let words: Vec<&str> = effects.iter().map(|e| vocabulary::doing(*e)).collect();
    join(&words, "or")
}

/// `a, b and c`.
pub(crate) fn join(words: &[&str], last: &str) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [init @ .., end] => format!("{} {last} {end}", init.join(", ")),
    }
}

/// What names of the reference set are, one and many of them.
pub(crate) const PUBLISHED: [&str; 2] = ["published tool", "published tools"];

/// `` `a`, `b` and 5 more published tools ``.
pub(crate) fn some((count, examples): &(usize, Vec<String>), [one, many]: [&str; 2]) -> String {
    let quoted = examples
        .iter()
        .map(|name| format!("`{}`", name.escape_debug()));
    first_of(*count, quoted, [one, many])
}

/// The same with the place of each: `` `a` (src/a.py:3) and `b` (tools.json) ``.
pub(crate) fn placed<'a>(
    count: usize,
    examples: impl Iterator<Item = (&'a str, &'a str)>,
    more: [&str; 2],
) -> String {
    let quoted = examples.map(|(name, place)| format!("`{}` ({place})", name.escape_debug()));
    first_of(count, quoted, more)
}

fn first_of(
    count: usize,
    examples: impl Iterator<Item = String>,
    [one, many]: [&str; 2],
) -> String {
    let shown: Vec<String> = examples.take(SHOWN).collect();
    let mut words: Vec<&str> = shown.iter().map(String::as_str).collect();
    let more = count.saturating_sub(words.len());
    let rest = format!("{more} more {}", if more == 1 { one } else { many });
    if more > 0 {
        words.push(&rest);
    }
    join(&words, "and")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_well() {
        let names = |n: usize| {
            (
                n,
                ["a", "b", "c", "d"][..n.min(4)]
                    .iter()
                    .map(|s| (*s).to_owned())
                    .collect(),
            )
        };
        assert_eq!(some(&names(1), ["tool", "tools"]), "`a`");
        assert_eq!(some(&names(3), ["tool", "tools"]), "`a`, `b` and `c`");
        assert_eq!(
            some(&names(4), ["tool", "tools"]),
            "`a`, `b`, `c` and 1 more tool"
        );
        assert_eq!(
            some(&names(9), ["tool", "tools"]),
            "`a`, `b`, `c` and 6 more tools"
        );
        assert_eq!(
            all_doing(&[Effect::Delete, Effect::Pay]),
            "deletes or moves money"
        );
    }
}
