//! Dead rules and what reaches the defaults.

use aegis_policy::decision::Decider;

use super::generate::{self, Random, Shape};
use crate::Options;
use crate::exact::{Exact, Reach};

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

#[derive(Default, Debug)]
struct Counts {
    rules: usize,
    live: usize,
    dead: usize,
    unknown: usize,
    open: usize,
    closed: usize,
}

fn hold(shape: Shape, seed: u64, policies: u64, rules: usize, tries: usize) -> Counts {
    let mut counts = Counts::default();
    let kinds = generate::words(&['a', 'b', 'c'], super::longest());
    let targets = generate::words(&['a', 'b', 'c'], 2);
    for round in 0..policies {
        let mut random = Random::new(seed * 1_000_003 + round);
        let text = generate::policy(&mut random, shape, rules);
        let policy = generate::load(&text);
        let exact = Exact::new(&policy, &Options::default());
        let reaches: Vec<Reach> = (0..rules).map(|rule| exact.reachable(rule)).collect();
        let default = exact.default_reachable();
        for (rule, reach) in reaches.iter().enumerate() {
            counts.rules += 1;
            match reach {
                Reach::Live(action, at) => {
                    let by = Decider::Rule(u32::try_from(rule).expect("small"));
                    assert_eq!(policy.decide(action, *at).by, by, "{text}{action:?}");
                    counts.live += 1;
                }
                Reach::Dead { .. } => counts.dead += 1,
                Reach::Unknown | Reach::Given(..) => counts.unknown += 1,
            }
        }
        match &default {
            Reach::Live(action, at) => {
                assert_eq!(
                    policy.decide(action, *at).by,
                    Decider::Default,
                    "{text}{action:?}"
                );
                counts.open += 1;
            }
            Reach::Dead { .. } => counts.closed += 1,
            _ => counts.unknown += 1,
        }
        let check = |action: &aegis_policy::action::Action, at| match policy.decide(action, at).by {
            Decider::Rule(rule) => {
                let reach = &reaches[rule as usize];
                assert!(
                    !reach.is_dead(),
                    "seed {seed} round {round}: r{rule} {reach:?}\n{text}{action:?}"
                );
            }
            Decider::Default => assert!(
                !default.is_dead(),
                "seed {seed} round {round}\n{text}{action:?}"
            ),
            Decider::Language => {}
        };
        if shape.rich {
            for _ in 0..tries {
                let names = [
                    random.pick(&["a", "b", "ab", "c"]),
                    random.pick(&["", "a", "ba"]),
                    random.pick(&["", "a"]),
                ];
                let (action, at) = generate::action(&mut random, names.map(|n| *n), true);
                check(&action, at);
            }
            continue;
        }
        for kind in &kinds {
            for target in &targets {
                for agent in super::agents(&mut random) {
                    let (action, at) = generate::action(&mut random, [kind, target, agent], false);
                    check(&action, at);
                }
            }
        }
    }
    counts
}

#[test]
fn dead_rules_never_decide_plain() {
    let counts = hold(PLAIN, 1, 1_500, 5, 0);
    assert_eq!(counts.unknown, 0, "{counts:?}");
    assert!(
        counts.dead * 20 > counts.rules && counts.closed > 20,
        "{counts:?}"
    );
    println!("plain {counts:?}");
}

#[test]
fn dead_rules_never_decide_with_sets_and_question_marks() {
    let counts = hold(ALL, 2, 1_500, 5, 0);
    assert!(counts.unknown * 200 < counts.rules, "{counts:?}");
    assert!(counts.dead * 20 > counts.rules, "{counts:?}");
    println!("all {counts:?}");
}

#[test]
fn dead_rules_never_decide_with_conditions() {
    let counts = hold(RICH, 3, 3_000, 6, 400);
    assert!(counts.unknown * 50 < counts.rules, "{counts:?}");
    assert!(counts.dead * 30 > counts.rules, "{counts:?}");
    println!("rich {counts:?}");
}

/// One rule of a policy by itself.
fn alone(text: &str, rule: usize) -> String {
    let name = format!("name: r{rule},");
    let lines = text.lines().enumerate();
    let kept = lines
        .filter(|(n, line)| *n < 2 || line.contains(&name))
        .map(|(_, line)| line);
    kept.collect::<Vec<_>>().join("\n") + "\n"
}

/// What one rule takes from a later one, against every action that is tried.
#[test]
fn overlaps_are_exact() {
    let (mut live, mut dead, mut unknown) = (0, 0, 0);
    for (shape, seed) in [(PLAIN, 41), (ALL, 42), (RICH, 43)] {
        for round in 0..400 {
            let mut random = Random::new(seed * 1_000_003 + round);
            let text = generate::policy(&mut random, shape, 4);
            let policy = generate::load(&text);
            let exact = Exact::new(&policy, &Options::default());
            for later in 1..4 {
                let other = generate::load(&alone(&text, later));
                for earlier in 0..later {
                    let reach = exact.takes_from(earlier, later);
                    match &reach {
                        Reach::Live(action, at) => {
                            let by = Decider::Rule(u32::try_from(earlier).expect("small"));
                            assert_eq!(policy.decide(action, *at).by, by, "{text}{action:?}");
                            live += 1;
                        }
                        Reach::Dead { .. } => dead += 1,
                        _ => unknown += 1,
                    }
                    if !reach.is_dead() {
                        continue;
                    }
                    for kind in generate::words(&['a', 'b', 'c'], 3) {
                        for target in ["", "a", "b", "ab", "c"] {
                            let agent = *random.pick(&["", "a", "b", "c"]);
                            let (action, at) =
                                generate::action(&mut random, [&kind, target, agent], shape.rich);
                            let by = policy.decide(&action, at).by;
                            let both = by == Decider::Rule(u32::try_from(earlier).expect("small"))
                                && other.decide(&action, at).by == Decider::Rule(0);
                            assert!(
                                !both,
                                "seed {seed} round {round} r{earlier} r{later}\n{text}{action:?}"
                            );
                        }
                    }
                }
            }
        }
    }
    println!("overlaps live {live}, dead {dead}, unknown {unknown}");
    assert!(
        unknown * 50 < live && dead > live / 10,
        "{live} {dead} {unknown}"
    );
}
