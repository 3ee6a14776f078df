//! The order of the sources, and properties of all names.

mod names;

use proptest::prelude::*;

use super::*;
use crate::model::Effect::{
    Delete, Deploy, Execute, Exfiltrate, Pay, Privilege, Read, Send, Write,
};

const HINTS: [Option<bool>; 3] = [None, Some(false), Some(true)];

fn source(
    name: &str,
    stated: Option<Effect>,
    read_only: Option<bool>,
    destructive: Option<bool>,
) -> (Option<Effect>, EffectSource) {
    let hints = Hints {
        read_only,
        destructive,
    };
    let found = find(name, stated, hints);
    (found.effect, found.source)
}

#[test]
fn the_order_of_sources() {
    use EffectSource::{Caller, Catalogue, Hints, Name, Nothing};
    assert_eq!(
        source("delete_file", Some(Read), Some(false), Some(true)),
        (Some(Read), Caller)
    );
    // Published, though its words say nothing.
    assert_eq!(
        source("wikipedia", None, None, None),
        (Some(Read), Catalogue)
    );
    assert_eq!(
        source("Memorize", None, None, None),
        (Some(Write), Catalogue)
    );
    assert_eq!(
        source("create_frobnicator", None, None, None),
        (Some(Write), Name)
    );
    assert_eq!(source("frobnicator", None, None, None), (None, Nothing));
    assert_eq!(
        source("frobnicator", None, Some(false), None),
        (Some(Write), Hints)
    );
    assert_eq!(
        source("frobnicator", None, None, Some(true)),
        (Some(Delete), Hints)
    );
    assert_eq!(
        source("get_frobnicator", None, Some(false), None),
        (Some(Write), Hints)
    );
    assert_eq!(
        source("create_frobnicator", None, Some(false), Some(true)),
        (Some(Delete), Hints)
    );
    // Nothing to raise: the name keeps its say.
    assert_eq!(
        source("create_frobnicator", None, Some(false), Some(false)),
        (Some(Write), Name)
    );
    assert_eq!(
        source("send_frobnicator", None, Some(false), Some(true)),
        (Some(Send), Name)
    );
    // A server that praises itself is not believed.
    assert_eq!(
        source("frobnicator", None, Some(true), Some(false)),
        (None, Nothing)
    );
    assert_eq!(
        source("delete_frobnicator", None, Some(true), Some(false)),
        (Some(Delete), Name)
    );
    assert_eq!(
        source("get_frobnicator", None, Some(true), Some(true)),
        (Some(Delete), Hints)
    );
}

#[test]
fn the_catalogue_knows_a_name_in_every_spelling() {
    for name in [
        "salesforce_dml_records",
        "Salesforce-DML-Records",
        "SALESFORCE DML RECORDS",
        "salesforceDmlRecords",
        "mcp__sf__salesforce_dml_records",
    ] {
        assert_eq!(
            source(name, None, None, None),
            (Some(Execute), EffectSource::Catalogue),
            "{name}"
        );
    }
    // Two servers publish `build`: the worse effect counts. A prefix that says more counts as well.
    assert_eq!(
        source("delete:wikipedia", None, None, None),
        (Some(Delete), EffectSource::Name)
    );
}

#[test]
fn harm_ranks_as_the_tables_were_built() {
    let mut ranked: Vec<Effect> = Effect::ALL.to_vec();
    ranked.sort_by(|a, b| {
        if a == b {
            std::cmp::Ordering::Equal
        } else if worse(*a, *b) == *a {
            std::cmp::Ordering::Greater
        } else {
            std::cmp::Ordering::Less
        }
    });
    assert_eq!(
        ranked,
        [
            Read, Write, Send, Deploy, Execute, Exfiltrate, Privilege, Pay, Delete
        ]
    );
}

fn a_name() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "get", "list", "delete", "create", "update", "send", "run", "user", "issue", "payment",
        "and", "by", "mcp", "github", "status", "frob", "v2", "of", "manage", "deleted",
    ]);
    prop::collection::vec(word, 0..7).prop_map(|words| words.join("_"))
}

proptest! {
    #[test]
    fn nothing_panics(name in any::<String>(), r in 0usize..3, d in 0usize..3) {
        let _ = source(&name, None, HINTS[r], HINTS[d]);
    }

    #[test]
    fn hints_never_lower(name in prop_oneof![a_name(), "[ -~]{0,40}"], r in 0usize..3, d in 0usize..3) {
        let plain = find(&name, None, Hints::default());
        let hinted = find(&name, None, Hints { read_only: HINTS[r], destructive: HINTS[d] });
        match (plain.effect, hinted.effect) {
            (Some(a), Some(b)) => prop_assert_eq!(worse(a, b), b),
            (None, Some(b)) => prop_assert_ne!(b, Read),
            (Some(_), None) => prop_assert!(false, "a hint made it unknown"),
            (None, None) => {}
        }
        if hinted != plain {
            prop_assert_eq!(hinted.source, EffectSource::Hints);
        }
    }

    #[test]
    fn what_is_stated_wins(name in any::<String>(), e in 0usize..9, r in 0usize..3) {
        let effect = Effect::ALL[e];
        let found = source(&name, Some(effect), HINTS[r], Some(true));
        prop_assert_eq!(found, (Some(effect), EffectSource::Caller));
    }

    #[test]
    fn case_makes_no_difference(name in prop_oneof![a_name(), "[ -~]{0,40}"]) {
        let plain = find(&name, None, Hints::default());
        prop_assert_eq!(find(&name.to_uppercase(), None, Hints::default()), plain);
        prop_assert_eq!(find(&name.to_lowercase(), None, Hints::default()), plain);
    }

    #[test]
    fn separators_make_no_difference(name in a_name(), with in prop::sample::select(vec!["-", " ", "--", "~", "+"])) {
        let plain = find(&name, None, Hints::default());
        prop_assert_eq!(find(&name.replace('_', with), None, Hints::default()), plain);
    }

    #[test]
    fn another_deed_never_makes_it_milder(name in a_name()) {
        if let Some(effect) = by_words(&name) {
            let more = by_words(&format!("{name}_and_delete"));
            prop_assert_eq!(more, Some(worse(effect, Delete)));
        }
    }
}
