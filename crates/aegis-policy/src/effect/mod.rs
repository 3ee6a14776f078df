//! What an action does to the world, as far as its name tells.
//!
//! In this order: what the caller states; what the published catalogue says of a tool of this name;
//! what the words of the name say. The tool's own hints raise what was found and never lower it:
//! they come from the server that is being governed. Where nothing is known the effect is unknown,
//! which no effect rule makes automatic.

mod classify;
mod endings;
mod hash;
mod tables;
mod tokens;

use crate::action::Hints;
use crate::model::{Effect, EffectFound, EffectSource};

pub(crate) use classify::worse;

/// The effect of the action type `name`, and how it is known.
///
/// `name` may be the canonical or any other spelling; case makes no difference. Nothing is
/// allocated.
///
/// - `stated` wins: the caller knows its own tool.
/// - `read_only: false` raises reading and unknown to writing; `destructive: true` raises reading,
///   writing and unknown to deleting. `read_only: true` changes nothing, not even unknown to
///   reading: a server could say it of everything.
#[must_use]
pub fn find(name: &str, stated: Option<Effect>, hints: Hints) -> EffectFound {
    if let Some(effect) = stated {
        return EffectFound {
            effect: Some(effect),
            source: EffectSource::Caller,
        };
    }
    hinted(published_or_named(name), hints)
}

/// The effect the words of a name say, without the catalogue.
#[must_use]
pub fn by_words(name: &str) -> Option<Effect> {
    words_of(&tokens::Letters::of(name))
}

fn words_of(letters: &tokens::Letters) -> Option<Effect> {
    let words = letters.words();
    let (prefix, own) = words.halves();
    let effect = if prefix.is_empty() {
        classify::effect(own)?
    } else {
        classify::qualified(classify::effect(words.list()), prefix, own)?
    };
    // A verb that no table knows may hide among foreign letters or beyond the limit.
    let unsure = letters.foreign || letters.cut_short || words.cut_short;
    (effect != Effect::Read || !unsure).then_some(effect)
}

fn published_or_named(name: &str) -> EffectFound {
    let letters = tokens::Letters::of(name);
    if !letters.cut_short
        && let Some(effect) = letters.published()
    {
        return known(Some(effect), EffectSource::Catalogue);
    }
    let named = words_of(&letters);
    if !letters.cut_short
        && let Some(effect) = letters.published_without_prefix()
    {
        // `delete:list` is no `list`: the prefix may say more than where the tool is from.
        return match named {
            Some(other) if worse(effect, other) != effect => known(named, EffectSource::Name),
            _ => known(Some(effect), EffectSource::Catalogue),
        };
    }
    match named {
        Some(_) => known(named, EffectSource::Name),
        None => known(None, EffectSource::Nothing),
    }
}

const fn known(effect: Option<Effect>, source: EffectSource) -> EffectFound {
    EffectFound { effect, source }
}

fn hinted(found: EffectFound, hints: Hints) -> EffectFound {
    let destructive = hints.destructive == Some(true);
    let writes = hints.read_only == Some(false);
    match found.effect {
        None | Some(Effect::Read | Effect::Write) if destructive => {
            known(Some(Effect::Delete), EffectSource::Hints)
        }
        None | Some(Effect::Read) if writes => known(Some(Effect::Write), EffectSource::Hints),
        _ => found,
    }
}

#[cfg(test)]
mod tests;
