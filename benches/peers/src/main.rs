//! Times a decision over the same rules in Aegis, Cedar and regorus, one line for each:
//! `engine<TAB>rules<TAB>place<TAB>nanoseconds`, where the place `load` is the time to go from text
//! to a policy that can decide.
//!
//! Each engine gets what it can use best: requests and inputs are built before the clock starts,
//! and of the ways regorus can evaluate, the quicker one counts.

use std::error::Error;
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::model::Approval;
use aegis_policy::policy::Policy;
use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request};

#[path = "../../../crates/aegis-policy/benches/rules.rs"]
mod rules;

use rules::{PLACES, SHAPES, Spec, names, specs, written_out};

type Fallible<T> = Result<T, Box<dyn Error>>;

/// More rules than this take the peers too long.
const COUNTS: [usize; 3] = [10, 100, 1_000];

fn main() -> Fallible<()> {
    let budget = match std::env::args().nth(1).as_deref() {
        Some("--quick") => Duration::from_millis(50),
        _ => Duration::from_millis(1_000),
    };
    for count in COUNTS {
        let specs = specs(count);
        aegis(&specs, budget)?;
        cedar(&specs, budget)?;
        regorus(&specs, budget)?;
    }
    aegis(&specs(10_000), budget)?;
    for (shape, keys) in SHAPES {
        let text = written_out(1_000, keys);
        Policy::load("bench.yaml", &text)?;
        let time = measure(budget, || {
            drop(black_box(Policy::load("bench.yaml", black_box(&text))));
        });
        report("aegis", 1_000, &format!("load {shape}"), time);
    }
    Ok(())
}

/// The median time of one call, from batches that fill the budget.
fn measure(budget: Duration, mut call: impl FnMut()) -> f64 {
    let mut batch = 1_u32;
    loop {
        let start = Instant::now();
        (0..batch).for_each(|_| call());
        if start.elapsed() * 25 > budget {
            break;
        }
        batch *= 2;
    }
    let mut times: Vec<f64> = (0..25)
        .map(|_| {
            let start = Instant::now();
            (0..batch).for_each(|_| call());
            start.elapsed().as_nanos() as f64 / f64::from(batch)
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn report(engine: &str, count: usize, place: &str, nanoseconds: f64) {
    println!("{engine}\t{count}\t{place}\t{nanoseconds:.0}");
}

/// Every engine must say the same before its time counts.
fn expect(engine: &str, place: &str, blocks: bool) -> Fallible<()> {
    if blocks == (place != "none") {
        return Ok(());
    }
    Err(format!("{engine} decides wrongly about `{place}`").into())
}

fn aegis(specs: &[Spec], budget: Duration) -> Fallible<()> {
    let mut text = String::from("defaults: { risk_level: low, approval: auto }\nrules:\n");
    for spec in specs {
        writeln!(
            text,
            "  - match: {{ type: \"{}\", target: \"{}\" }}\n    approval: block",
            spec.kind_glob(),
            spec.target_glob(),
        )?;
    }
    let load = || Policy::load("bench.yaml", &text);
    report("aegis", specs.len(), "load", measure(budget, || drop(black_box(load()))));
    let policy = load()?;
    let at = Moment::new(1_767_614_400, 0);
    for place in PLACES {
        let (kind, target) = names(place, specs.len());
        let action = Action::new(&kind).target(&target);
        expect("aegis", place, policy.decide(&action, at).approval == Approval::Block)?;
        let time = measure(budget, || {
            black_box(policy.decide(black_box(&action), at));
        });
        report("aegis", specs.len(), place, time);
    }
    Ok(())
}

fn cedar(specs: &[Spec], budget: Duration) -> Fallible<()> {
    let mut text = String::from("permit(principal, action, resource);\n");
    for spec in specs {
        writeln!(
            text,
            "forbid(principal, action, resource) when {{ context.type like \"{}\" && context.target like \"{}\" }};",
            spec.kind_glob(),
            spec.target_glob(),
        )?;
    }
    let load = || text.parse::<PolicySet>();
    report("cedar", specs.len(), "load", measure(budget, || drop(black_box(load()))));
    let policies = load()?;
    let entities = Entities::empty();
    let authorizer = Authorizer::new();
    let uid = |text: &str| text.parse::<EntityUid>();
    for place in PLACES {
        let (kind, target) = names(place, specs.len());
        let context = serde_json::json!({ "type": kind, "target": target });
        let request = Request::new(
            uid(r#"Agent::"a""#)?,
            uid(r#"Action::"act""#)?,
            uid(r#"Target::"t""#)?,
            Context::from_json_value(context, None)?,
            None,
        )?;
        let decide = || authorizer.is_authorized(&request, &policies, &entities).decision();
        expect("cedar", place, decide() == Decision::Deny)?;
        let time = measure(budget, || {
            black_box(decide());
        });
        report("cedar", specs.len(), place, time);
    }
    Ok(())
}

fn regorus(specs: &[Spec], budget: Duration) -> Fallible<()> {
    let mut text = String::from("package bench\n\nimport rego.v1\n\ndefault block := false\n");
    for spec in specs {
        let test = if spec.anywhere { "contains" } else { "startswith" };
        writeln!(
            text,
            "block if {{ {test}(input.type, \"{}\"); {test}(input.target, \"{}\") }}",
            spec.verb, spec.target,
        )?;
    }
    let rule = "data.bench.block";
    let load = || -> Fallible<(regorus::Engine, regorus::CompiledPolicy)> {
        let mut engine = regorus::Engine::new();
        engine.add_policy("bench.rego".to_owned(), text.clone())?;
        let compiled = engine.compile_with_entrypoint(&rule.into())?;
        Ok((engine, compiled))
    };
    report("regorus", specs.len(), "load", measure(budget, || drop(black_box(load()))));
    let (mut engine, compiled) = load()?;
    for place in PLACES {
        let (kind, target) = names(place, specs.len());
        let input = serde_json::json!({ "type": kind, "target": target }).to_string();
        let input = regorus::Value::from_json_str(&input)?;
        let yes = regorus::Value::Bool(true);
        expect("regorus", place, compiled.eval_with_input(input.clone())? == yes)?;
        let by_compiled = measure(budget, || {
            drop(black_box(compiled.eval_with_input(input.clone())));
        });
        engine.set_input(input.clone());
        expect("regorus", place, engine.eval_rule(rule.to_owned())? == yes)?;
        let by_engine = measure(budget, || {
            engine.set_input(input.clone());
            drop(black_box(engine.eval_rule(rule.to_owned())));
        });
        report("regorus", specs.len(), place, by_compiled.min(by_engine));
    }
    Ok(())
}
