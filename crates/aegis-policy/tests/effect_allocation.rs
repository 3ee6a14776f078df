//! Finding an effect allocates nothing, whatever the name. A test binary of its own, since it
//! counts what the whole thread allocates.

use aegis_policy::action::Hints;
use aegis_policy::effect;
use aegis_policy::model::Effect;

#[test]
fn nothing_is_allocated() {
    let long = "delete_and_".repeat(1000);
    let names = [
        "create_issue",
        "mcp__github__create_issue",
        "s3:DeleteObject",
        "listKeyspacesOrCreateThemIfTheyAreMissing",
        "Arxiv Paper Fetcher and Downloader",
        "",
        "удалить файл",
        "frobnicator",
        long.as_str(),
    ];
    let counted = allocation_counter::measure(|| {
        for name in names {
            for stated in [None, Some(Effect::Send)] {
                let hints = Hints {
                    read_only: Some(false),
                    destructive: Some(true),
                };
                std::hint::black_box(effect::find(name, stated, hints));
                std::hint::black_box(effect::find(name, stated, Hints::default()));
            }
            std::hint::black_box(effect::by_words(name));
        }
    });
    assert_eq!(counted.count_total, 0, "{counted:?}");
}
