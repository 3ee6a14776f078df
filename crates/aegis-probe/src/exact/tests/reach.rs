//! Dead rules and what reaches the defaults.

use aegis_policy::decision::Decider;

use super::generate::{self, Random, Shape};
use crate::Options;
use crate::exact::{Exact, Reach};

const PLAIN: Shape = Shape { tokens: generate::PLAIN, longest: 4, conditional: 3, rich: false };
const ALL: Shape = Shape { tokens: generate::ALL, longest: 3, conditional: 3, rich: false };
const RICH: Shape = Shape { tokens: &["a", "*", "b"], longest: 2, conditional: 2, rich: true };

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
    let kinds = generate::words(&['a', 'b', 'c'], 4);
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
                assert_eq!(policy.decide(action, *at).by, Decider::Default, "{text}{action:?}");
                counts.open += 1;
            }
            Reach::Dead { .. } => counts.closed += 1,
            _ => counts.unknown += 1,
        }
        let check = |action: &aegis_policy::action::Action, at| {
            match policy.decide(action, at).by {
                Decider::Rule(rule) => {
                    let reach = &reaches[rule as usize];
                    assert!(!reach.is_dead(), "seed {seed} round {round}: r{rule} {reach:?}\n{text}{action:?}");
                }
                Decider::Default => assert!(!default.is_dead(), "seed {seed} round {round}\n{text}{action:?}"),
                Decider::Language => {}
            }
        };
        if shape.rich {
            for _ in 0..tries {
                let names = [random.pick(&["a", "b", "ab", "c"]), random.pick(&["", "a", "ba"]), random.pick(&["", "a"])];
                let (action, at) = generate::action(&mut random, names.map(|n| *n), true);
                check(&action, at);
            }
            continue;
        }
        for kind in &kinds {
            for target in &targets {
                for agent in ["", "a", "b", "c", "ab"] {
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
    let counts = hold(PLAIN, 1, super::share(1_500), 5, 0);
    assert_eq!(counts.unknown, 0, "{counts:?}");
    assert!(counts.dead * 20 > counts.rules && counts.closed > 20, "{counts:?}");
    println!("plain {counts:?}");
}

#[test]
fn dead_rules_never_decide_with_sets_and_question_marks() {
    let counts = hold(ALL, 2, super::share(1_500), 5, 0);
    assert!(counts.unknown * 200 < counts.rules, "{counts:?}");
    assert!(counts.dead * 20 > counts.rules, "{counts:?}");
    println!("all {counts:?}");
}

#[test]
fn dead_rules_never_decide_with_conditions() {
    let counts = hold(RICH, 3, super::share(3_000), 6, 400);
    assert!(counts.unknown * 50 < counts.rules, "{counts:?}");
    assert!(counts.dead * 30 > counts.rules, "{counts:?}");
    println!("rich {counts:?}");
}
