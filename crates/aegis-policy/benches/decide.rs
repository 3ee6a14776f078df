//! How long a decision takes: `cargo bench -p aegis-policy`. `scripts/bench-policy.sh` measures the
//! same rules in other engines.

mod rules;

use std::fmt::Write as _;
use std::hint::black_box;

use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::policy::Policy;
use criterion::Criterion;

use rules::{PLACES, SHAPES, names, specs, written_out};

const COUNTS: [usize; 4] = [10, 100, 1_000, 10_000];

/// What each rule asks of the parameters, where it asks.
const PARAMETERS: &str = r#"{ param_gt: { count: 100 }, param_matches: { note: "(?i)urgent" } }"#;

/// And of the clock.
const CLOCK: &str = r#"{ time_after: "08:00", time_before: "18:00", weekdays: [1, 2, 3, 4, 5] }"#;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    decide(&mut criterion, "decide", "", &COUNTS);
    decide(&mut criterion, "decide, parameters", PARAMETERS, &COUNTS);
    decide(&mut criterion, "decide, clock", CLOCK, &[1_000]);
    construct(&mut criterion);
    load(&mut criterion);
    criterion.final_summary();
}

/// A policy of so many rules, in few enough bytes that 10,000 fit.
fn text(count: usize, conditions: &str) -> String {
    let mut text = String::from("defaults: { risk_level: low, approval: auto }\nrules:\n");
    for (i, spec) in specs(count).iter().enumerate() {
        let conditions = match (conditions, i) {
            ("", _) => String::new(),
            (conditions, 0) => format!(", conditions: &c {conditions}"),
            _ => ", conditions: *c".to_owned(),
        };
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            text,
            "- {{ match: {{ type: \"{}\", target: \"{}\" }}{conditions}, approval: block }}",
            spec.kind_glob(),
            spec.target_glob(),
        );
    }
    text
}

#[expect(
    clippy::panic,
    reason = "without its policy there is nothing to measure"
)]
fn policy(count: usize, conditions: &str) -> Policy {
    match Policy::load("bench.yaml", &text(count, conditions)) {
        Ok(policy) => policy,
        Err(problems) => panic!("{problems}"),
    }
}

fn action(place: &str, count: usize) -> Action {
    let (kind, target) = names(place, count);
    Action::new(&kind)
        .target(&target)
        .agent("crm-bot")
        .param("count", 150_i64)
        .param("note", "this one is urgent, please do it today")
}

fn decide(criterion: &mut Criterion, group: &str, conditions: &str, counts: &[usize]) {
    let at = Moment::new(1_767_614_400, 0);
    let mut group = criterion.benchmark_group(group);
    for &count in counts {
        let policy = policy(count, conditions);
        for place in PLACES {
            let action = action(place, count);
            let allocations = allocation_counter::measure(|| {
                // The first decision of a thread makes its space.
                black_box(policy.decide(&action, at));
            });
            let again = allocation_counter::measure(|| {
                black_box(policy.decide(&action, at));
            });
            assert_eq!(
                again.count_total, 0,
                "first {allocations:?}, then {again:?}"
            );
            group.bench_function(format!("{count} rules, {place}"), |b| {
                b.iter(|| policy.decide(black_box(&action), at));
            });
        }
    }
    group.finish();
}

/// What a caller pays before: canonical names and the effect.
fn construct(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("action");
    group.bench_function("new", |b| {
        b.iter(|| Action::new(black_box("delete_customer_record")).target(black_box("prod-db")));
    });
    group.bench_function("from JSON", |b| {
        let json = action("last", 1_000).to_json();
        b.iter(|| Action::from_json(black_box(&json)));
    });
    group.finish();
}

fn load(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("load and compile");
    group.sample_size(20);
    let mut measure = |name: &str, text: &str| {
        assert!(Policy::load("bench.yaml", text).is_ok(), "{name}");
        group.bench_function(name, |b| {
            b.iter(|| Policy::load("bench.yaml", black_box(text)));
        });
    };
    for count in [100, 1_000] {
        measure(&format!("{count} rules"), &text(count, ""));
    }
    for (name, keys) in SHAPES {
        measure(&format!("1000 rules, {name}"), &written_out(1_000, keys));
    }
    group.finish();
}
