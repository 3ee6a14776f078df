//! Nouns and adjectives made of verbs, known by their endings. The build script leaves verbs it finds
//! in such words alone, and so does the library, so both compile this file.

/// Endings that make a noun or an adjective of a verb: an `assignment` assigns nothing.
const ENDINGS: [&[u8]; 22] = [
    b"ment", b"ments", b"able", b"ible", b"ion", b"ions", b"ation", b"ations", b"ance", b"ances",
    b"ence", b"ers", b"ors", b"age", b"ages", b"ure", b"ive", b"ives", b"ity", b"ness", b"ing",
    b"ings",
];

/// Whether these letters after a verb make another kind of word of it.
pub(crate) fn is_ending(rest: &[u8]) -> bool {
    ENDINGS.contains(&rest)
}
