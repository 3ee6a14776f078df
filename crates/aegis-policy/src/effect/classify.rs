//! The effect of a sequence of words.
//!
//! Tools are named verb first (`create_issue`), noun first (`pods_delete`) or with the verb in the
//! middle, after the name of a product (`slack_send_message`). The surest verbs decide; where
//! several are equally sure, the worst of them does, since calling a deed reading is the mistake
//! that costs.

use super::tables::{Role, Use, Word};
use crate::model::Effect;

/// How hard it is to take back: where two effects are possible, the one that ranks higher counts.
const fn harm(effect: Effect) -> u8 {
    match effect {
        Effect::Read => 0,
        Effect::Write => 1,
        Effect::Send => 2,
        Effect::Deploy => 3,
        Effect::Execute => 4,
        Effect::Exfiltrate => 5,
        Effect::Privilege => 6,
        Effect::Pay => 7,
        Effect::Delete => 8,
    }
}

/// The worse of two effects.
pub(crate) const fn worse(a: Effect, b: Effect) -> Effect {
    if harm(a) >= harm(b) { a } else { b }
}

/// The effect these words name, if they name one.
pub(super) fn effect(words: &[Word]) -> Option<Effect> {
    words
        .split(|w| w.role == Role::Join)
        .filter_map(deed)
        .reduce(worse)
}

/// The effect of a name with a prefix before it, such as `s3:DeleteObject`, where `whole` is that of
/// all words together. In `backup:DescribeJob` and `crm.search.createContact` the prefix is a place
/// and must not drown the deed; in `delete:list` it is the deed.
pub(super) fn qualified(whole: Option<Effect>, prefix: &[Word], own: &[Word]) -> Option<Effect> {
    let deed = effect(own);
    let place = !prefix.iter().any(|w| w.restricts(Use::Verb));
    match (whole, deed) {
        (_, Some(_)) if place && own.len() > 1 && own[0].verb.is_some() => deed,
        (Some(a), Some(b)) => Some(worse(a, b)),
        (a, b) => a.or(b),
    }
}

/// The effect of one deed: words without `and` and `or`.
fn deed(words: &[Word]) -> Option<Effect> {
    let words = core(words);
    let (at, effect) = head(words)?;
    Some(raised(effect, at, words))
}

/// The words without those that say nothing at either end, and without the circumstances after the
/// deed (`by_id`, `for_user`).
fn core(words: &[Word]) -> &[Word] {
    let skip = |w: &Word| w.role == Role::Skip;
    let from = words.iter().position(|w| !skip(w)).unwrap_or(words.len());
    let words = &words[from..];
    let mut end = words.len();
    let mut deed = false;
    for (i, word) in words.iter().enumerate() {
        if word.role == Role::Cut && deed {
            end = i;
            break;
        }
        deed |= word.verb.is_some();
    }
    let to = words[..end]
        .iter()
        .rposition(|w| !skip(w))
        .map_or(0, |last| last + 1);
    &words[..to]
}

/// The verb that decides, as its place and its effect.
fn head(words: &[Word]) -> Option<(usize, Effect)> {
    let (first, last) = (words.first()?, words.len() - 1);
    match first.verb {
        Some((effect, Use::Verb)) => Some((0, verb_first(effect, words))),
        Some((effect, Use::Both)) => Some(either_first(effect, words)),
        _ => surest(words, Use::Verb)
            .or_else(|| surest(words, Use::Both))
            .or_else(|| surest(words, Use::Guess))
            .or_else(|| nouns(words, last)),
    }
}

/// `get_user`: the first word decides. Only in `get_delete` and `list_update` is it not what it
/// seems.
fn verb_first(effect: Effect, words: &[Word]) -> Effect {
    match words {
        [first, second] if second.used() >= Some(at_end(*first)) => second
            .verb
            .map_or(effect, |(other, _)| worse(effect, other)),
        _ => effect,
    }
}

/// How sure a verb at the end must be to matter after this one.
fn at_end(word: Word) -> Use {
    match (word.role, word.used()) {
        (Role::Listing, _) => Use::Both,
        (_, used) => used.unwrap_or(Use::Verb),
    }
}

/// `search_users` and `search_create`: the first word decides unless a surer verb follows.
fn either_first(effect: Effect, words: &[Word]) -> (usize, Effect) {
    let last = words.len() - 1;
    match words[last].verb {
        Some((other, Use::Verb)) if last > 0 => return (last, other),
        Some((other, Use::Both)) if last > 0 => return (0, worse(effect, other)),
        _ => {}
    }
    match surest(&words[1..], Use::Verb) {
        Some((at, other)) if harm(other) > harm(effect) => (at + 1, other),
        _ => (0, effect),
    }
}

/// The first verb that is this sure: `github_get_commit_status`. One at the end may be the deed as
/// well (`backup_list`, `board_list_update`), so the worse of the two counts.
fn surest(words: &[Word], sure: Use) -> Option<(usize, Effect)> {
    let verb = |at: usize, fits: &dyn Fn(Use) -> bool| {
        let (effect, used) = words[at].verb?;
        fits(used).then_some((at, effect))
    };
    let first = (0..words.len()).find_map(|at| verb(at, &|used| used == sure))?;
    let end = words.len() - 1;
    let needed = if first.0 + 1 == end {
        at_end(words[first.0])
    } else {
        sure
    };
    let last = verb(end, &|used| used >= needed).unwrap_or(first);
    Some(if harm(last.1) > harm(first.1) {
        last
    } else {
        first
    })
}

/// Words none of which is surely a verb: `git_status` shows a state; `comment` and `email_user` do
/// something.
fn nouns(words: &[Word], last: usize) -> Option<(usize, Effect)> {
    if words[last].role == Role::State {
        return Some((last, Effect::Read));
    }
    let verb = |at: usize, sure: Use| {
        let (effect, used) = words[at].verb?;
        (used >= sure).then_some((at, effect))
    };
    match (verb(0, Use::First), verb(last, Use::Noun)) {
        (Some(a), Some(b)) => Some(if harm(b.1) > harm(a.1) { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// What becomes of an effect by its object: any change to a payment pays and any change to a role
/// changes who may do what; a message is sent and a cluster deployed only by making it.
fn raised(effect: Effect, at: usize, words: &[Word]) -> Effect {
    let counts = |by: Effect| match effect {
        Effect::Write => match by {
            Effect::Pay | Effect::Privilege => true,
            Effect::Send | Effect::Deploy => words[at].makes,
            _ => false,
        },
        Effect::Execute => by == Effect::Pay,
        _ => false,
    };
    words
        .iter()
        .enumerate()
        .filter(|(i, _)| *i != at)
        .filter_map(|(_, w)| w.raises)
        .filter(|by| counts(*by))
        .fold(effect, worse)
}
