//! Random policies over a small alphabet, and the actions that try them.

use std::fmt::Write as _;

use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::model::Effect;
use aegis_policy::policy::Policy;
use aegis_policy::value::{Number, Value};

/// A small generator: every run tries the same.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next()).expect("64 bits") % n
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    pub(super) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// How a policy is made.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// Tokens of patterns.
    pub(super) tokens: &'static [&'static str],
    /// At most this many in one.
    pub(super) longest: usize,
    /// One rule in so many has conditions; 0 for none.
    pub(super) conditional: usize,
    /// Whether parameters, the clock and effects are looked at, or one flag only.
    pub(super) rich: bool,
}

pub(super) const PLAIN: &[&str] = &["a", "b", "*", "*", "ab"];
pub(super) const ALL: &[&str] = &["a", "b", "*", "?", "[ab]", "[!a]", "{a,ab}", "*"];

pub(super) fn glob(random: &mut Random, shape: Shape) -> String {
    let n = 1 + random.below(shape.longest);
    (0..n).map(|_| *random.pick(shape.tokens)).collect()
}

fn globs(random: &mut Random, shape: Shape) -> String {
    let n = if random.one_in(4) { 2 } else { 1 };
    let list: Vec<String> = (0..n)
        .map(|_| format!("'{}'", glob(random, shape)))
        .collect();
    format!("[{}]", list.join(", "))
}

fn conditions(random: &mut Random, shape: Shape) -> String {
    if !shape.rich {
        let list = [
            "param_present: f",
            "param_missing: f",
            "param_eq: {g: 1}",
            "param_eq: {g: 2}",
        ];
        return (*random.pick(&list)).to_owned();
    }
    const ONE: &[&str] = &[
        "param_gt: {n: 1}",
        "param_gt: {n: 2}",
        "param_gte: {n: 1}",
        "param_lt: {n: 1}",
        "param_lt: {n: 2}",
        "param_lte: {n: 2}",
        "param_eq: {n: 1}",
        "param_eq: {n: x}",
        "param_eq: {n: true}",
        "param_eq: {n: null}",
        "param_eq: {n: '1'}",
        "param_present: n",
        "param_missing: n",
        "param_contains: {s: x}",
        "param_contains: {s: yx}",
        "param_contains: {s: [x, y]}",
        "param_eq: {s: x}",
        "param_eq: {s: yx}",
        "param_matches: {s: '^x'}",
        "param_matches: {s: 'y$'}",
        "param_matches: {s: '^[xy]+$'}",
        "param_matches: {s: '(?i)X'}",
        "param_contains: {'l.*': x}",
        "param_eq: {'l.*': 1}",
        "param_present: s",
        "time_after: '08:00'",
        "time_before: '18:00'",
        "weekdays: [1, 2, 3]",
        "weekdays: [6, 7]",
    ];
    let (a, b) = (*random.pick(ONE), *random.pick(ONE));
    let key = |s: &str| s.split(':').next().unwrap_or_default().to_owned();
    if random.one_in(3) && key(a) != key(b) {
        format!("{a}, {b}")
    } else {
        a.to_owned()
    }
}

/// The text of a random policy.
pub(super) fn policy(random: &mut Random, shape: Shape, rules: usize) -> String {
    let approvals = ["auto", "approve", "block"];
    let risks = ["low", "high"];
    let mut out = format!(
        "defaults: {{ approval: {}, risk_level: {} }}\nrules:\n",
        random.pick(&approvals),
        random.pick(&risks)
    );
    for n in 0..rules {
        let mut matches = format!("type: {}", globs(random, shape));
        if random.one_in(3) {
            let _ = write!(matches, ", target: {}", globs(random, shape));
        }
        if random.one_in(6) {
            let _ = write!(
                matches,
                ", agent: {}",
                globs(
                    random,
                    Shape {
                        longest: 2,
                        ..shape
                    }
                )
            );
        }
        if shape.rich && random.one_in(5) {
            let effects = ["read", "[read, write]", "delete"];
            let _ = write!(matches, ", effect: {}", random.pick(&effects));
        }
        let _ = write!(
            out,
            "  - {{ name: r{n}, match: {{ {matches} }}, approval: {}, risk_level: {}",
            random.pick(&approvals),
            random.pick(&risks)
        );
        if shape.conditional > 0 && random.one_in(shape.conditional) {
            let _ = write!(out, ", conditions: {{ {} }}", conditions(random, shape));
        }
        out.push_str(" }\n");
    }
    out
}

pub(super) fn load(text: &str) -> Policy {
    Policy::load("p.yaml", text).unwrap_or_else(|problems| panic!("{text}\n{problems}"))
}

/// All words of these letters up to a length.
pub(super) fn words(letters: &[char], longest: usize) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut from = 0;
    for _ in 0..longest {
        let to = out.len();
        for i in from..to {
            for c in letters {
                out.push(format!("{}{c}", out[i]));
            }
        }
        from = to;
    }
    out
}

/// Values that a parameter is tried with.
pub(super) fn values(random: &mut Random) -> Option<Value> {
    let text = |random: &mut Random| -> String {
        let n = random.below(4);
        (0..n)
            .map(|_| *random.pick(&["x", "y", "X", "1", "2", ".", " ", "z"]))
            .collect()
    };
    let scalar = |random: &mut Random| -> Value {
        match random.below(8) {
            0 => Value::Null,
            1 => Value::Bool(random.one_in(2)),
            2 | 3 => {
                let all = [
                    "0",
                    "1",
                    "2",
                    "1.5",
                    "3",
                    "-1",
                    "NaN",
                    "Infinity",
                    "-Infinity",
                    "1e400",
                    "1.0",
                ];
                Value::Number(
                    Number::parse({
                        let t: &&str = random.pick(&all);
                        t
                    })
                    .expect("number"),
                )
            }
            4 => Value::Text(
                (*random.pick(&["1", "2", "1.5", "0", " 1", "+2", "01", "9"])).to_owned(),
            ),
            _ => Value::Text(text(random)),
        }
    };
    match random.below(12) {
        0 | 1 => None,
        2 => Some(Value::List(
            (0..random.below(4)).map(|_| scalar(random)).collect(),
        )),
        3 => {
            let keys = ["x", "y", "yx", "z", "sku"];
            let mut entries: Vec<(String, Value)> = Vec::new();
            for _ in 0..random.below(3) {
                let key = (*random.pick(&keys)).to_owned();
                if entries.iter().all(|(k, _)| *k != key) {
                    entries.push((key, scalar(random)));
                }
            }
            Some(Value::Object(entries))
        }
        _ => Some(scalar(random)),
    }
}

/// A random action on names.
pub(super) fn action(random: &mut Random, names: [&str; 3], rich: bool) -> (Action, Moment) {
    let mut action = Action::new(names[0]).target(names[1]).agent(names[2]);
    let at = 1_767_571_200 + i64::try_from(random.below(7 * 24)).expect("small") * 3_600;
    if rich {
        for key in ["n", "s", "l"] {
            if let Some(value) = values(random) {
                action = action.param(key, value);
            }
        }
        if random.one_in(2) {
            action = action.effect(*random.pick(Effect::ALL));
        }
    } else {
        if random.one_in(2) {
            action = action.param("f", 1_i64);
        }
        if !random.one_in(3) {
            action = action.param("g", i64::try_from(random.below(3)).expect("small"));
        }
    }
    (action, Moment::new(at, 0))
}
