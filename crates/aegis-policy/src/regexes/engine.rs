//! What searches a text for a pattern.
//!
//! Nobody asks where a match lies, so one automaton that reads forwards is enough. One that reads
//! backwards as well, as engines for every purpose build it, would take twice as much again.

use std::panic::{RefUnwindSafe, UnwindSafe};

use regex_automata::hybrid::dfa::{self, DFA};
use regex_automata::nfa::thompson::pikevm::{self, PikeVM};
use regex_automata::nfa::thompson::{Compiler, Config, NFA, WhichCaptures};
use regex_automata::util::pool::Pool;
use regex_automata::util::prefilter::Prefilter;
use regex_automata::{Input, MatchKind};
use regex_syntax::hir::{Hir, Look};

/// The compiled form of one pattern may take this many bytes.
pub(super) const COMPILED_BYTES: usize = 2 << 20;

/// And its lazily built automaton this many per thread that uses it at the same time.
const CACHE_BYTES: usize = 1 << 20;

/// What a search needs and changes, made when it is first needed.
#[derive(Default)]
struct Scratch {
    fast: Option<dfa::Cache>,
    slow: Option<pikevm::Cache>,
}

type Make = Box<dyn Fn() -> Scratch + Send + Sync + UnwindSafe + RefUnwindSafe>;

/// An engine whose time is linear in the text.
pub(super) struct Engine {
    /// Built while it searches; `None` if its states do not fit into the cache.
    fast: Option<DFA>,
    /// It can search for everything, and takes over where the other one stops: at characters
    /// beyond ASCII, if the pattern asks for the edge of a word.
    slow: PikeVM,
    scratch: Pool<Scratch, Make>,
    bytes: usize,
}

impl Engine {
    /// Builds the engine of a pattern; `None` if it becomes larger than [`COMPILED_BYTES`], which
    /// is all that can go wrong with what has a meaning.
    pub(super) fn new(hir: &Hir) -> Option<Self> {
        let nfa = Compiler::new()
            .configure(config().nfa_size_limit(Some(COMPILED_BYTES)))
            .build_from_hir(hir)
            .ok()?;
        let prefilter = prefilter(hir);
        let bytes = nfa.memory_usage() + prefilter.as_ref().map_or(0, Prefilter::memory_usage);
        Some(Self {
            fast: fast(&nfa, prefilter.clone()),
            slow: PikeVM::builder()
                .configure(PikeVM::config().prefilter(prefilter))
                .build_from_nfa(nfa)
                .ok()?,
            scratch: Pool::new(Box::new(Scratch::default)),
            bytes,
        })
    }

    /// Whether the pattern matches anywhere in the text.
    pub(super) fn is_match(&self, text: &str) -> bool {
        let mut scratch = self.scratch.get();
        let input = Input::new(text).earliest(true);
        if let Some(fast) = &self.fast {
            let cache = scratch.fast.get_or_insert_with(|| fast.create_cache());
            if let Ok(found) = fast.try_search_fwd(cache, &input) {
                return found.is_some();
            }
        }
        let cache = scratch.slow.get_or_insert_with(|| self.slow.create_cache());
        self.slow.is_match(cache, input)
    }

    /// The bytes it takes, without what searches need.
    pub(super) fn memory_usage(&self) -> usize {
        self.bytes
    }
}

/// How the states are laid out.
pub(super) fn config() -> Config {
    Config::new().which_captures(WhichCaptures::None)
}

/// What finds places where a match may start, if the pattern starts with one of a few texts.
fn prefilter(hir: &Hir) -> Option<Prefilter> {
    let anchored = hir.properties().look_set_prefix().contains(Look::Start);
    (!anchored)
        .then(|| Prefilter::from_hir_prefix(MatchKind::LeftmostFirst, hir))
        .flatten()
}

fn fast(nfa: &NFA, prefilter: Option<Prefilter>) -> Option<DFA> {
    let config = DFA::config()
        .prefilter(prefilter)
        .cache_capacity(CACHE_BYTES)
        .unicode_word_boundary(true);
    DFA::builder()
        .configure(config)
        .build_from_nfa(nfa.clone())
        .ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;
    use regex_automata::meta;

    use super::*;

    fn pattern() -> impl Strategy<Value = String> {
        let leaf = select(vec![
            "a",
            "ab",
            "é",
            ".",
            r"\w",
            r"\d",
            r"\s",
            r"\W",
            r"\b",
            r"\B",
            "^",
            "$",
            "[^a]",
            "(?i:k)",
            r"\p{Greek}",
            "",
            r"\b{start}",
            "(?m:^)",
            "(?m:$)",
        ]);
        leaf.prop_map(str::to_owned)
            .prop_recursive(4, 20, 4, |inner| {
                let times = select(vec!["*", "+", "?", "{2}", "{1,3}", "*?"]);
                prop_oneof![
                    prop::collection::vec(inner.clone(), 1..5).prop_map(|parts| parts.concat()),
                    prop::collection::vec(inner.clone(), 1..4)
                        .prop_map(|parts| format!("({})", parts.join("|"))),
                    (inner, times).prop_map(|(part, times)| format!("(?:{part}){times}")),
                ]
            })
    }

    fn text() -> impl Strategy<Value = String> {
        let piece = select(vec![
            "a", "ab", "b", "k", "K", "\u{212a}", "é", "θ", "1", "٣", " ", "\n", "_", "-", "日",
        ]);
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

        #[test]
        fn it_agrees_with_the_library_s_own_engine(
            pattern in pattern(),
            texts in prop::collection::vec(text(), 1..10),
        ) {
            let hir = regex_syntax::parse(&pattern).expect("a pattern");
            let engine = Engine::new(&hir).expect("small");
            let other = meta::Regex::new(&pattern).expect("small");
            for text in texts {
                prop_assert_eq!(engine.is_match(&text), other.is_match(&text), "{} {:?}", pattern, text);
            }
        }
    }

    #[test]
    fn what_does_not_fit_the_cache_is_searched_all_the_same() {
        let hir = regex_syntax::parse(r"^\w{50}$").expect("a pattern");
        let mut engine = Engine::new(&hir).expect("small enough");
        assert!(engine.is_match(&"ü".repeat(50)));
        engine.fast = None;
        assert!(engine.is_match(&"ü".repeat(50)));
        assert!(!engine.is_match(&"ü".repeat(51)));
    }
}
