//! Random actions, made from the policy, the reference set and the program's own tools.
//!
//! It looks for what the other searches did not think of, and holds the parts of Aegis against each
//! other: a rule that is proved never to decide must not be seen deciding, an explanation must name
//! who decided, and another spelling of a name must not be decided more weakly. A hit is shrunk to
//! the smallest action. The seed is given, so the same policy gets the same actions.

use std::cell::RefCell;
use std::collections::BTreeSet;

use aegis_diag::{Certainty, Severity};
use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::{Decider, Decision};
use aegis_policy::glob::Glob;
use aegis_policy::model::{Approval, Atom, Test};
use aegis_policy::name::canonical;
use aegis_policy::value::Value;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use super::coverage::{is_meant, restrict};
use super::reference::{self, Form};
use super::rules::{self, speaks_of_all};
use super::vocabulary::{self, PREFIXES, SEPARATORS, SUFFIXES};
use super::words::Shape;
use super::{Search, say, scenes, setting};
use crate::rules::{MISSING_COVERAGE, SHADOWED_RULE};
use crate::suspect::{Subject, Suspect};

/// How many different hits are shrunk and reported.
const HITS: usize = 4;

/// Names of one kind that are drawn from.
const POOL: usize = 512;

/// What an action is made of.
#[derive(Debug, Clone)]
struct Draft {
    name: String,
    target: String,
    agent: String,
    params: Vec<(String, Value)>,
    /// A half-hour of the week.
    half_hour: u32,
}

/// What names are made up from.
const VERBS: &[&str] = &[
    "delete", "run", "refund", "grant", "send", "export", "deploy", "get", "create",
];
const OBJECTS: &[&str] = &["record", "user", "file"];

/// Why a random action is worth reporting.
enum Hit {
    /// A bug of Aegis, in words.
    Bug(String),
    /// Something dangerous runs unattended that nothing else found.
    Runs(Decider),
}

/// Tries random actions. `suspects` is what all other analyses found.
pub(crate) fn run(
    search: &Search<'_>,
    suspects: &[Suspect],
    bugs: &mut Vec<String>,
) -> Vec<Suspect> {
    let mut explained: BTreeSet<Decider> = suspects
        .iter()
        .chain(&search.found)
        .map(|s| s.decider)
        .collect();
    let dead = dead(suspects);
    let strategy = strategy(search);
    let mut found = Vec::new();
    let mut left = search.options.fuzz_cases;
    while left > 0 && found.len() + bugs.len() < HITS {
        let tried = RefCell::new(0_usize);
        let check = |draft: Draft| {
            *tried.borrow_mut() += 1;
            match check(search, &dead, &explained, &draft) {
                Some(_) => Err(TestCaseError::fail("hit")),
                None => Ok(()),
            }
        };
        let seed = search.options.seed.wrapping_add(found.len() as u64);
        let result = runner(left, seed).run(&strategy, check);
        let Err(TestError::Fail(_, draft)) = result else {
            break;
        };
        match self::check(search, &dead, &explained, &draft) {
            Some(Hit::Bug(bug)) => {
                bugs.push(bug);
                break;
            }
            Some(Hit::Runs(by)) => {
                explained.insert(by);
                found.push(suspect(search, by, &draft));
            }
            None => break,
        }
        left = left.saturating_sub(*tried.borrow());
    }
    found
}

/// Rules that are proved never to decide.
fn dead(suspects: &[Suspect]) -> BTreeSet<usize> {
    // A rule whose conditions never hold may still decide where they cannot be told.
    let proved = suspects
        .iter()
        .filter(|s| s.certainty == Certainty::Proved && *s.rule == SHADOWED_RULE);
    let numbers = proved.filter_map(|s| match s.subject {
        Subject::Rule(number) => Some(number),
        _ => None,
    });
    numbers.collect()
}

fn runner(cases: usize, seed: u64) -> TestRunner {
    let config = Config {
        cases: u32::try_from(cases).unwrap_or(u32::MAX),
        failure_persistence: None,
        max_shrink_iters: 512,
        ..Config::default()
    };
    // Its last byte keeps the state of this generator from being zero.
    let mut bytes = [0; 16];
    if let Some(last) = bytes.last_mut() {
        *last = 1;
    }
    for (byte, from) in bytes.iter_mut().zip(seed.to_le_bytes()) {
        *byte = from;
    }
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::XorShift, &bytes))
}

fn made(search: &Search<'_>, draft: &Draft) -> (Action, Moment) {
    let action = Action::new(&draft.name)
        .target(&draft.target)
        .agent(&draft.agent);
    let action = setting::with_params(action, &draft.params);
    let day = u8::try_from(draft.half_hour / 48 % 7 + 1).unwrap_or(1);
    let at = scenes::moment(search.input.policy.zone(), day, draft.half_hour % 48 * 1800);
    (action, at)
}

fn check(
    search: &Search<'_>,
    dead: &BTreeSet<usize>,
    explained: &BTreeSet<Decider>,
    draft: &Draft,
) -> Option<Hit> {
    let (action, at) = made(search, draft);
    let decision = search.board.decide(&action, at);
    if let Decider::Rule(number) = decision.by
        && dead.contains(&(number as usize))
    {
        return Some(Hit::Bug(format!(
            "rule {} was proved never to decide, and decides {} at {at}",
            number + 1,
            action.to_json()
        )));
    }
    // These are dearer, and a sample of the cases shows as much.
    if draft.half_hour.is_multiple_of(168)
        && let Some(bug) = disagreement(search, &action, at, decision)
    {
        return Some(Hit::Bug(bug));
    }
    let open = !explained.contains(&decision.by) && is_open(search, &action, decision);
    open.then_some(Hit::Runs(decision.by))
}

/// Where two parts of the engine say different things about an action.
fn disagreement(
    search: &Search<'_>,
    action: &Action,
    at: Moment,
    decision: Decision,
) -> Option<String> {
    let policy = search.input.policy;
    let told = policy.explain(action, at).decision;
    if told != decision {
        return Some(format!(
            "{} is decided and explained differently",
            action.to_json()
        ));
    }
    let wide = action.kind_name().original().to_uppercase();
    let other = Action::new(&wide)
        .target(&action.target_name().original().to_uppercase())
        .agent(action.agent_name().original());
    let other = setting::with_params(other, action.params());
    let spelled = policy.decide(&other, at);
    let same = other.kind_name().canonical() == action.kind_name().canonical()
        && other.target_name().canonical() == action.target_name().canonical();
    // Statements in words are about the spelling too.
    let words = policy
        .checked()
        .rules()
        .iter()
        .flat_map(|rule| &rule.conditions);
    let words = words
        .into_iter()
        .any(|c| matches!(c.atom, Atom::Semantic(_)));
    if same && !words && spelled.approval != decision.approval {
        return Some(format!(
            "{} depends on upper and lower case",
            action.to_json()
        ));
    }
    None
}

/// Whether an action does harm unattended by a rule without limits, or by the default, and nobody
/// meant it.
fn is_open(search: &Search<'_>, action: &Action, decision: Decision) -> bool {
    let Some(effect) = decision.effect.effect else {
        return false;
    };
    if decision.approval != Approval::Auto || !vocabulary::is_critical(effect) {
        return false;
    }
    let Decider::Rule(number) = decision.by else {
        return true;
    };
    let Some(rule) = search.rules.get(number as usize) else {
        return false;
    };
    let unlimited = speaks_of_all(rule.targets.as_deref())
        && speaks_of_all(rule.agents.as_deref())
        && rule.rule.conditions.is_empty();
    let name = action.kind_name().original();
    let key = canonical(name);
    // A verb that may be a noun is no evidence, and a pattern that says a verb is looked at by
    // others: `list_delete` is a name nobody has.
    let certain = Shape::of_name(&key)
        .verb
        .is_some_and(|(_, verb)| verb.only && verb.effect == effect);
    let globs = rule.kinds.iter().flatten().flat_map(Glob::alternatives);
    let mut shapes = globs.filter(|a| a.matches(&key)).map(Shape::of);
    let silent = shapes.all(|shape| shape.verb.is_none() && shape.objects().is_empty());
    unlimited && certain && silent && !is_meant(rule, name, effect)
}

fn suspect(search: &Search<'_>, by: Decider, draft: &Draft) -> Suspect {
    let (action, at) = made(search, draft);
    let effect = action.effect_found().effect;
    let (subject, who, before) = match by {
        Decider::Rule(number) => {
            let number = number as usize;
            let name = search.rules.get(number).map_or("", |rule| rule.name());
            (
                Subject::Rule(number),
                format!("rule `{name}`"),
                Some(number),
            )
        }
        _ => (Subject::Defaults, "the default".to_owned(), None),
    };
    let effects: Vec<_> = effect.into_iter().collect();
    Suspect {
        rule: &MISSING_COVERAGE,
        subject,
        decider: by,
        operator: "fuzz",
        severity: Severity::Medium,
        certainty: Certainty::Heuristic,
        assumes: vec!["there is such a tool, now or later".to_owned()],
        message: format!(
            "{who} makes automatic what {}: `{action}`",
            say::all_doing(&effects)
        ),
        expected: Some("a person is asked".to_owned()),
        affected: (1, vec![action.to_string()]),
        witnesses: vec![(action, at)],
        ideas: vec![restrict(&effects, before)],
    }
}

/// How random actions are made.
fn strategy(search: &Search<'_>) -> impl Strategy<Value = Draft> + use<> {
    let targets = pool(
        search,
        |rule| rule.targets.as_deref(),
        &["", "prod", "dev", "vault"],
    );
    let agents = pool(search, |rule| rule.agents.as_deref(), &[""]);
    let params = params(search);
    let count = params.len().min(4);
    let values = prop::collection::vec(select(params), 0..=count);
    (
        names(search),
        select(targets),
        select(agents),
        values,
        0_u32..336,
    )
        .prop_map(|(name, target, agent, params, half_hour)| Draft {
            name,
            target,
            agent,
            params,
            half_hour,
        })
}

/// Names that patterns of a field match, after those that are always tried.
fn pool<'s>(
    search: &'s Search<'_>,
    of: impl Fn(&'s super::RuleView<'s>) -> Option<&'s [Glob]>,
    first: &[&str],
) -> Vec<String> {
    let mut names: Vec<String> = first.iter().map(|name| (*name).to_owned()).collect();
    let globs = search.rules.iter().filter_map(of).flatten();
    for alternative in globs.flat_map(Glob::alternatives).take(POOL) {
        let name = rules::shortest(alternative.tokens());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn names(search: &Search<'_>) -> impl Strategy<Value = String> + use<> {
    let globs = search
        .rules
        .iter()
        .flat_map(|rule| rule.kinds.iter().flatten());
    let shapes = globs.flat_map(Glob::alternatives).take(POOL).map(Shape::of);
    let mut own: Vec<String> = search
        .input
        .tools
        .iter()
        .map(|tool| tool.name.clone())
        .collect();
    own.push("delete_record".to_owned());
    for shape in shapes {
        own.push(shape.name(""));
        own.push(shape.name("delete"));
        own.push(shape.name("record"));
    }
    let real = reference::entries().iter().filter(|e| e.form == Form::Real);
    let real: Vec<&'static str> = real.map(|e| e.name).collect();
    let made = (
        select(VERBS),
        select(SEPARATORS),
        select(OBJECTS),
        any::<bool>(),
    );
    let made = made.prop_map(|(verb, between, object, first)| {
        if first {
            format!("{verb}{between}{object}")
        } else {
            format!("{object}{between}{verb}")
        }
    });
    let base = prop_oneof![
        3 => select(own),
        2 => select(real).prop_map(str::to_owned),
        2 => made,
    ];
    let affix = prop::option::weighted(0.2, (any::<bool>(), select(PREFIXES), select(SUFFIXES)));
    (base, affix).prop_map(|(base, affix)| match affix {
        None => base,
        Some((true, prefix, _)) => format!("{prefix}_{base}"),
        Some((false, _, suffix)) => format!("{base}_{suffix}"),
    })
}

/// Parameters that conditions look at, with values on all sides of their bounds.
fn params(search: &Search<'_>) -> Vec<(String, Value)> {
    let mut params = vec![("note".to_owned(), Value::from("x"))];
    let conditions = search.rules.iter().flat_map(|rule| &rule.rule.conditions);
    for condition in conditions.take(POOL) {
        let Atom::Param { path, test } = &condition.atom else {
            continue;
        };
        if path.text.contains(['.', '*', '\\']) {
            continue;
        }
        let mut values = vec![Value::Null, Value::from("all"), Value::from(0_i64)];
        values.extend(match test {
            Test::Eq(value) => vec![value.clone()],
            Test::Gt(n) | Test::Lt(n) | Test::Gte(n) | Test::Lte(n) => {
                vec![
                    Value::Number(n.clone()),
                    Value::from(n.text()),
                    Value::from(1_000_000_000_i64),
                ]
            }
            Test::Contains(needles) => needles.clone(),
            Test::Matches(_) | Test::Present | Test::Missing => vec![Value::from("x y")],
        });
        params.extend(
            values
                .into_iter()
                .map(|value| (path.text.to_string(), value)),
        );
    }
    params
}
