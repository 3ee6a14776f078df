//! Words a user may write, and what was probably meant by one that is wrong.

/// The candidate nearest to a wrong word, if one is near enough to be meant.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let word = word.to_lowercase();
    let far = word.chars().count().max(3) / 3 + 1;
    candidates
        .into_iter()
        .map(|c| (strsim::damerau_levenshtein(&word, &c.to_lowercase()), c))
        .filter(|(distance, _)| *distance <= far)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, c)| c)
}

/// `did you mean `x`?`, or else what to do.
pub(crate) fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    or_else: &str,
) -> String {
    nearest(word, candidates).map_or_else(|| or_else.to_owned(), |c| format!("did you mean `{c}`?"))
}

/// `a, b or c`.
pub(crate) fn either<S: AsRef<str>>(items: &[S]) -> String {
    let quoted: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// `1 file`, `2 files`.
pub(crate) fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_forgiven_and_another_word_is_not() {
        let known = ["ungoverned-tool", "AEG101", "exclude"];
        assert_eq!(nearest("exlude", known), Some("exclude"));
        assert_eq!(nearest("aeg110", known), Some("AEG101"));
        assert_eq!(nearest("ungoverned-tols", known), Some("ungoverned-tool"));
        assert_eq!(nearest("banana", known), None);
        assert_eq!(
            did_you_mean("banana", known, "look them up"),
            "look them up"
        );
    }

    #[test]
    fn lists_end_with_or() {
        assert_eq!(either(&["a", "b", "c"]), "a, b or c");
        assert_eq!(either(&["a"]), "a");
        assert_eq!(either::<&str>(&[]), "");
    }
}
