//! Redundant rules and the comparison of policies.

use aegis_policy::policy::Policy;

use super::generate::{self, Random, Shape};
use crate::Options;
use crate::exact::{Exact, Removal, compare};

const PLAIN: Shape = Shape {
    tokens: generate::PLAIN,
    longest: 4,
    conditional: 3,
    rich: false,
};
const ALL: Shape = Shape {
    tokens: generate::ALL,
    longest: 3,
    conditional: 3,
    rich: false,
};
const RICH: Shape = Shape {
    tokens: &["a", "*", "b"],
    longest: 2,
    conditional: 2,
    rich: true,
};
const FOREIGN: Shape = Shape {
    tokens: &["a", "ö", "*", "[aö]", "?"],
    longest: 3,
    conditional: 4,
    rich: false,
};

/// Calls `differs` with each action that two policies decide differently.
fn differences(
    old: &Policy,
    new: &Policy,
    random: &mut Random,
    shape: Shape,
    tries: usize,
) -> Option<String> {
    let letters: &[char] = if shape.tokens.contains(&"ö") {
        &['a', 'ö', 'ж']
    } else {
        &['a', 'b', 'c']
    };
    let kinds = generate::words(letters, super::longest());
    let targets = generate::words(letters, 2);
    let differ = |action: &aegis_policy::action::Action, at| {
        let (a, b) = (old.decide(action, at), new.decide(action, at));
        ((a.approval, a.risk) != (b.approval, b.risk)).then(|| format!("{action:?} {a:?} {b:?}"))
    };
    if shape.rich {
        for _ in 0..tries {
            let names = [
                random.pick(&["a", "b", "ab", "c"]),
                random.pick(&["", "a", "ba"]),
                random.pick(&["", "a"]),
            ];
            let (action, at) = generate::action(random, names.map(|n| *n), true);
            if let Some(found) = differ(&action, at) {
                return Some(found);
            }
        }
        return None;
    }
    for kind in &kinds {
        for target in &targets {
            for agent in super::agents(random) {
                let (action, at) = generate::action(random, [kind, target, agent], false);
                if let Some(found) = differ(&action, at) {
                    return Some(found);
                }
            }
        }
    }
    None
}

fn without(text: &str, rule: usize) -> String {
    let name = format!("name: r{rule},");
    let lines: Vec<&str> = text.lines().filter(|line| !line.contains(&name)).collect();
    if lines.len() == 2 {
        return format!("{}\nrules: []\n", lines[0]);
    }
    lines.join("\n") + "\n"
}

#[derive(Debug, Default)]
struct Counts {
    asked: usize,
    same: usize,
    different: usize,
    /// Called different, and the actions tried do not show it.
    unconfirmed: usize,
    unknown: usize,
}

fn removal(shape: Shape, seed: u64, policies: u64, rules: usize, tries: usize) -> Counts {
    let mut counts = Counts::default();
    for round in 0..policies {
        let mut random = Random::new(seed * 1_000_003 + round);
        let text = generate::policy(&mut random, shape, rules);
        let policy = generate::load(&text);
        let exact = Exact::new(&policy, &Options::default());
        for rule in 0..rules {
            counts.asked += 1;
            let removal = exact.removal(rule);
            let other = generate::load(&without(&text, rule));
            let shown = differences(&policy, &other, &mut random, shape, tries);
            match removal {
                Removal::Same => {
                    counts.same += 1;
                    assert_eq!(shown, None, "seed {seed} round {round} r{rule}\n{text}");
                }
                Removal::Different => {
                    counts.different += 1;
                    counts.unconfirmed += usize::from(shown.is_none());
                    let changes = compare(&policy, &other, &Options::default());
                    assert!(
                        !changes.regions.is_empty() || !changes.complete,
                        "seed {seed} round {round} r{rule}\n{text}"
                    );
                }
                Removal::Unknown => counts.unknown += 1,
            }
        }
    }
    counts
}

#[test]
fn redundant_rules_change_nothing_plain() {
    let counts = removal(PLAIN, 21, 700, 5, 0);
    println!("removal plain {counts:?}");
    assert!(
        counts.unknown == 0 && counts.same * 10 > counts.asked,
        "{counts:?}"
    );
}

#[test]
fn redundant_rules_change_nothing_with_sets_and_question_marks() {
    let counts = removal(ALL, 22, 700, 5, 0);
    println!("removal all {counts:?}");
    assert!(
        counts.unknown * 50 < counts.asked && counts.same * 10 > counts.asked,
        "{counts:?}"
    );
}

#[test]
fn redundant_rules_change_nothing_beyond_ascii() {
    let counts = removal(FOREIGN, 23, 500, 4, 0);
    println!("removal foreign {counts:?}");
    assert!(
        counts.unknown * 50 < counts.asked && counts.same * 10 > counts.asked,
        "{counts:?}"
    );
}

#[test]
fn redundant_rules_change_nothing_with_conditions() {
    let counts = removal(RICH, 24, 800, 5, 400);
    println!("removal rich {counts:?}");
    assert!(
        counts.unknown * 20 < counts.asked && counts.same * 20 > counts.asked,
        "{counts:?}"
    );
}

fn edit(text: &str, random: &mut Random, shape: Shape) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let rules = lines.len() - 2;
    let at = 2 + random.below(rules);
    match random.below(5) {
        0 if rules > 1 => {
            lines.remove(at);
        }
        1 => lines[at] = lines[at].replace("auto", "approve"),
        2 => {
            let to = 2 + random.below(rules);
            lines.swap(at, to);
        }
        3 => lines[0] = lines[0].replace("auto", "block").replace("approve", "auto"),
        _ => {
            let other = generate::policy(random, shape, 1);
            let line = other.lines().last().expect("a rule").replace("r0", "new");
            lines.insert(at, line);
        }
    }
    lines.join("\n") + "\n"
}

fn comparison(shape: Shape, seed: u64, policies: u64, rules: usize, tries: usize) -> Counts {
    let mut counts = Counts::default();
    for round in 0..policies {
        let mut random = Random::new(seed * 1_000_003 + round);
        let text = generate::policy(&mut random, shape, rules);
        let other = if random.one_in(4) {
            generate::policy(&mut random, shape, rules)
        } else {
            edit(&text, &mut random, shape)
        };
        let (old, new) = (generate::load(&text), generate::load(&other));
        let changes = compare(&old, &new, &Options::default());
        for region in &changes.regions {
            let (action, at) = &region.witness;
            assert_eq!(old.decide(action, *at), region.old);
            assert_eq!(new.decide(action, *at), region.new);
            assert_ne!(
                (region.old.approval, region.old.risk),
                (region.new.approval, region.new.risk)
            );
        }
        let shown = differences(&old, &new, &mut random, shape, tries);
        counts.asked += rules;
        match (changes.regions.is_empty(), changes.complete) {
            (false, _) => {
                counts.different += 1;
                counts.unconfirmed += usize::from(shown.is_none());
            }
            (true, true) => {
                counts.same += 1;
                assert_eq!(shown, None, "seed {seed} round {round}\n{text}{other}");
            }
            (true, false) => counts.unknown += 1,
        }
        // Every decision that differs lies in a region with the same deciders and outcomes.
        if changes.complete && !shape.rich {
            for kind in generate::words(&['a', 'b'], 3) {
                let (action, at) = generate::action(&mut random, [&kind, "a", ""], false);
                let (a, b) = (old.decide(&action, at), new.decide(&action, at));
                if (a.approval, a.risk) != (b.approval, b.risk) {
                    let region = changes.regions.iter().any(|r| {
                        (r.old.by, r.old.approval, r.new.by, r.new.approval)
                            == (a.by, a.approval, b.by, b.approval)
                    });
                    assert!(
                        region,
                        "seed {seed} round {round} {action:?}\n{text}{other}"
                    );
                }
            }
        }
    }
    counts
}

#[test]
fn comparison_finds_every_change() {
    for (shape, seed, policies, tries) in [
        (PLAIN, 31, 2_000, 0),
        (ALL, 32, 2_000, 0),
        (FOREIGN, 33, 800, 0),
        (RICH, 34, 2_000, 400),
    ] {
        let counts = comparison(shape, seed, policies, 4, tries);
        println!("compare {counts:?}");
        assert!(
            counts.unknown * 100 < counts.asked && counts.same * 50 > counts.asked,
            "{counts:?}"
        );
    }
}
