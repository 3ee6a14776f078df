//! How long it takes, and that hostile policies end.

use std::fmt::Write as _;
use std::time::Instant;

use super::generate::{Random, load};
use crate::exact::{Exact, Reach, analyse, compare};
use crate::{Found, Input, Options};

/// Many rules as the measured prototype had them: a third block, one in five has conditions.
fn many(rules: usize) -> String {
    let verbs = [
        "get", "list", "create", "update", "delete", "send", "deploy", "run", "pay", "grant",
        "export", "read",
    ];
    let nouns = [
        "user", "order", "invoice", "file", "table", "bucket", "secret", "host", "ticket", "page",
        "key", "role",
    ];
    let mut random = Random::new(1);
    let mut out = String::from("defaults: { approval: approve }\nrules:\n");
    for n in 0..rules {
        let (verb, noun) = (random.pick(&verbs), random.pick(&nouns));
        let kind = match random.below(8) {
            0 => format!("*{noun}{n}*"),
            1 => format!("{verb}_*_{n}"),
            2 => format!("*_{noun}_{}", n % 97),
            3 => format!("{verb}_{noun}_{n}"),
            _ => format!("{verb}_{noun}{}_*", n % 211),
        };
        let target = match random.below(4) {
            0 => ", target: 'prod*'".to_owned(),
            1 => format!(", target: '*-{}'", n % 31),
            _ => String::new(),
        };
        let approval = ["auto", "approve", "block"][random.below(3)];
        let conditions = match random.below(10) {
            0 => format!(
                ", conditions: {{ param_gt: {{ amount: {} }} }}",
                random.below(20) * 50
            ),
            1 => ", conditions: { param_eq: { env: production } }".to_owned(),
            _ => String::new(),
        };
        let _ = writeln!(
            out,
            "  - {{ name: r{n}, match: {{ type: '{kind}'{target} }}, approval: {approval}{conditions} }}"
        );
    }
    out
}

#[test]
fn thousands_of_rules() {
    let all: &[usize] = if cfg!(debug_assertions) {
        &[20, 1_000]
    } else {
        &[20, 1_000, 10_000]
    };
    for &rules in all {
        let text = many(rules);
        let start = Instant::now();
        let policy = load(&text);
        let loaded = start.elapsed();
        let start = Instant::now();
        let exact = Exact::new(&policy, &Options::default());
        let built = start.elapsed();
        let reaches = exact.reaches();
        let reached = start.elapsed();
        let same: usize = (0..rules)
            .filter(|r| exact.removal(*r) == crate::exact::Removal::Same)
            .count();
        let removed = start.elapsed();
        let mut found = Found::default();
        let start = Instant::now();
        analyse(
            &Input {
                policy: &policy,
                tools: &[],
            },
            &Options::default(),
            &mut found,
        );
        let all = start.elapsed();
        let dead = reaches.iter().filter(|r| r.is_dead()).count();
        let start = Instant::now();
        let other = load(
            &text
                .replace("r7,", "other,")
                .replace("approval: block, conditions", "approval: auto, conditions"),
        );
        let other_loaded = start.elapsed();
        let changes = compare(&policy, &other, &Options::default());
        println!(
            "speed {rules}: load {loaded:?}, built {built:?}, reach {reached:?}, removal {removed:?}, all {all:?}, dead {dead}, same {same}, suspects {}, compare {:?} {} {}",
            found.suspects.len(),
            start.elapsed() - other_loaded,
            changes.regions.len(),
            changes.complete
        );
    }
}

#[test]
fn hostile_policies_end() {
    let stars = "*a".repeat(300);
    let sets = "[!a][!b]?*".repeat(8);
    let long = "a".repeat(60_000);
    let mut many_counting = String::new();
    for n in 0..80 {
        let _ = writeln!(
            many_counting,
            "  - {{ name: q{n}, match: {{ type: '{}*{}' }}, approval: block }}",
            "?".repeat(n % 9 + 1),
            "[!ab]".repeat(n % 5)
        );
    }
    let mut conditional = String::new();
    for n in 0..200 {
        let _ = writeln!(
            conditional,
            "  - {{ name: c{n}, match: {{ type: '*' }}, conditions: {{ param_gt: {{ p{n}: {n} }}, param_lt: {{ q{n}: 3 }}, param_matches: {{ s: 'x{n}.*y' }} }}, approval: block }}"
        );
    }
    let mut heavy = String::new();
    for n in 0..8 {
        let _ = writeln!(
            heavy,
            "  - {{ name: h{n}, match: {{ type: run }}, conditions: {{ param_matches: {{ s: '(\\w{{1,5}}[a-f{n}]{{3,9}}){{2}}$' }} }}, approval: block }}"
        );
    }
    let policies = [
        format!("  - {{ name: a, match: {{ type: '{stars}b' }}, approval: auto }}\n  - {{ name: b, match: {{ type: '{stars}*c' }}, approval: block }}\n"),
        format!("  - {{ name: a, match: {{ type: '{sets}' }}, approval: auto }}\n  - {{ name: b, match: {{ type: '{sets}x' }}, approval: block }}\n"),
        format!("  - {{ name: a, match: {{ type: '*{long}*' }}, approval: auto }}\n  - {{ name: b, match: {{ type: '{long}*{long}' }}, approval: block }}\n  - {{ name: c, match: {{ type: '{long}' }}, approval: block }}\n").replace(&format!("{long}*{long}"), &format!("b*{long}")),
        many_counting,
        conditional,
        heavy,
    ];
    for (n, rules) in policies.iter().enumerate() {
        let policy = load(&format!("defaults: {{ approval: auto }}\nrules:\n{rules}"));
        let start = Instant::now();
        let mut found = Found::default();
        analyse(
            &Input {
                policy: &policy,
                tools: &[],
            },
            &Options::default(),
            &mut found,
        );
        let took = start.elapsed();
        // One finding for each kind of question, with how many of them were asked.
        let asked = found.suspects.iter().filter(|s| s.rule.id == "AEG214");
        let unknown: usize = asked.map(|s| s.affected.0).sum();
        println!(
            "speed hostile {n}: {took:?}, unknown {unknown}, suspects {}",
            found.suspects.len()
        );
        assert!(took.as_secs() < 60, "{n}: {took:?}");
        // The question may be too much; it is never quietly left out.
        let exact = Exact::new(&policy, &Options::default());
        let open = exact
            .reaches()
            .iter()
            .filter(|r| **r == Reach::Unknown)
            .count();
        assert!(unknown >= open);
    }
}
