//! From a region to an action in it that a person can read, decided by the engine.

use aegis_policy::action::Action;
use aegis_policy::clock::{Moment, Zone};
use aegis_policy::model::Truth;
use aegis_policy::semantic::Keywords;
use aegis_policy::value::Value;

use super::boxes::{Bits, Box};
use super::cells::Sample;
use super::space::{NOON, Space, Stand, WEEK, wall};
use super::world::{Variable, World, effect_at};
use super::zones::MONDAY;

/// Combinations of cells that are tried before a region is left without a witness.
const MOST_TRIED: usize = 96;

/// The moment at which a clock in a zone shows a second of the week. Weeks in which the clocks
/// change are passed over.
pub(super) fn moment(zone: &Zone, second: u32) -> Moment {
    let week = i64::from(WEEK);
    for n in 0..40 {
        let monday = Moment::new(MONDAY + n * week, 0);
        let shown = zone.wall(monday);
        let local = i64::from(shown.weekday - 1) * 86_400 + i64::from(shown.second);
        let at = MONDAY + n * week + (i64::from(second) - local).rem_euclid(week);
        let at = Moment::new(at, 0);
        if zone.wall(at) == wall(second) {
            return at;
        }
    }
    Moment::new(MONDAY, 0)
}

/// Ways to read a name in which the filler stands for anything, the best first.
fn renderings(field: usize, name: &str, filler: char) -> Vec<String> {
    let whole = name.chars().all(|c| c == filler);
    let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    match (field, whole) {
        (0, true) => return list(&["do_something", "other", "tool", "x"]),
        (1, true) => return list(&["", "main", "other", "x"]),
        (2, true) => return list(&["", "bot", "other", "x"]),
        _ => {}
    }
    let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let inner = name.trim_matches(filler);
    let (front, back) = (name.starts_with(filler), name.ends_with(filler));
    let fronts: &[&str] = match (front, letter(inner.chars().next())) {
        (false, _) => &[""],
        (true, true) => &["", "my_", "x"],
        (true, false) => &["my", "", "x"],
    };
    let backs: &[&str] = match (back, letter(inner.chars().next_back())) {
        (false, _) => &[""],
        (true, true) => &["_item", "", "-1", "x"],
        (true, false) => &["item", "file", "1", "", "x"],
    };
    let mut out = Vec::new();
    for middle in ["_", "x", ""] {
        let inner = inner.replace(filler, middle);
        for front in fronts {
            out.extend(backs.iter().map(|back| format!("{front}{inner}{back}")));
        }
        if inner == name {
            break;
        }
    }
    out
}

/// A step of a path.
enum Step {
    Key(String),
    Any,
}

/// The steps of a path as written.
fn steps(path: &str) -> Vec<Step> {
    let mut out = Vec::new();
    let mut key = String::new();
    let mut any = false;
    let mut end = |key: &mut String, any: &mut bool| {
        let key = std::mem::take(key);
        out.push(if std::mem::take(any) {
            Step::Any
        } else {
            Step::Key(key)
        });
    };
    let mut chars = path.chars();
    while let Some(c) = chars.next() {
        match c {
            '.' => end(&mut key, &mut any),
            '*' => any = true,
            '\\' => key.extend(chars.next()),
            c => key.push(c),
        }
    }
    end(&mut key, &mut any);
    out
}

/// The value at the end of a path, wrapped in what the rest of the path needs.
fn wrapped(steps: &[Step], mut values: Vec<Value>) -> Value {
    for (at, step) in steps.iter().enumerate().rev() {
        let first = !steps.iter().take(at).any(|step| matches!(step, Step::Any));
        values = match step {
            Step::Key(key) => {
                let wrap = |value| Value::Object(vec![(key.clone(), value)]);
                values.into_iter().map(wrap).collect()
            }
            Step::Any if first => vec![Value::List(values)],
            Step::Any => values
                .into_iter()
                .map(|value| Value::List(vec![value]))
                .collect(),
        };
    }
    values.into_iter().next().unwrap_or(Value::Null)
}

/// Puts a value into parameters that other paths may have filled in part.
fn put(into: &mut Value, value: Value) {
    match (into, value) {
        (Value::Object(have), Value::Object(new)) => {
            for (key, value) in new {
                match have.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, old)) => put(old, value),
                    None => have.push((key, value)),
                }
            }
        }
        (Value::List(have), Value::List(new)) => {
            let mut new = new.into_iter();
            for old in have.iter_mut() {
                if let Some(value) = new.next() {
                    put(old, value);
                }
            }
            have.extend(new);
        }
        (into, value) => *into = value,
    }
}

/// Sets what lies at a path.
pub(super) fn set(action: Action, path: &str, values: Vec<Value>) -> Action {
    let steps = steps(path);
    let Some((first, rest)) = steps.split_first() else {
        return action;
    };
    match first {
        Step::Key(key) => {
            let old = action.params().iter().find(|(known, _)| known == key);
            let mut value = old.map_or(Value::Object(Vec::new()), |(_, old)| old.clone());
            put(&mut value, wrapped(rest, values));
            action.param(key.clone(), value)
        }
        Step::Any => values
            .into_iter()
            .enumerate()
            .fold(action, |action, (i, value)| {
                action.param(format!("p{}", i + 1), wrapped(rest, vec![value]))
            }),
    }
}

impl World<'_> {
    /// Actions in a region, the most natural first, for the engine to decide about.
    pub(super) fn actions<'a>(
        &'a self,
        policy: usize,
        names: [&'a str; 3],
        space: &'a Space,
        region: &Box,
    ) -> impl Iterator<Item = (Action, Moment)> + 'a {
        let shown = space.shown(region);
        let mut choices: Vec<Vec<usize>> = shown.iter().map(|bits| bits.iter().collect()).collect();
        // A parameter that need not be there is left out.
        for (axis, cells) in space.axes.iter().zip(choices.iter_mut().skip(1)) {
            let missing =
                |cell: &usize| axis.table.stands.get(*cell) == Some(&Stand::Param(Sample::Missing));
            cells.sort_by_key(|cell| !missing(cell));
        }
        let effects = shown.first().copied().unwrap_or_default();
        let total = choices
            .iter()
            .skip(1)
            .map(Vec::len)
            .fold(1_usize, usize::saturating_mul);
        // Making an action and deciding about it is dear beside cutting regions.
        let cost = 16 + space.axes.len();
        let tries =
            (0..total.min(MOST_TRIED)).take_while(move |_| self.steps.spend(cost).is_some());
        tries.flat_map(move |n| {
            // The first variables change fastest.
            let mut left = n;
            let cells: Vec<usize> = choices
                .iter()
                .skip(1)
                .filter_map(|cells| {
                    let at = left % cells.len().max(1);
                    left /= cells.len().max(1);
                    cells.get(at).copied()
                })
                .collect();
            self.build(policy, names, space, effects, &cells)
        })
    }

    /// The actions with these cells: as it is if that gives an effect that will do, else with an
    /// effect stated.
    fn build(
        &self,
        policy: usize,
        [kind, target, agent]: [&str; 3],
        space: &Space,
        effects: Bits,
        cells: &[usize],
    ) -> Vec<(Action, Moment)> {
        let mut action = Action::new(kind).target(target).agent(agent);
        let zone = self.policies.get(policy).map(|p| p.zone());
        let (mut second, mut fixed) = (NOON, None);
        for (axis, cell) in space.axes.iter().zip(cells) {
            let stand = axis.table.stands.get(*cell);
            match (self.variables.get(axis.variable), stand) {
                (Some(Variable::Clock), Some(Stand::Second(at))) => second = *at,
                (Some(Variable::Clock), Some(Stand::Moment(at))) => {
                    fixed = Some(Moment::new(*at, 0));
                }
                (Some(Variable::Param(path, _)), Some(Stand::Param(sample))) => {
                    action = match sample {
                        Sample::Value(value) => set(action, path, vec![value.clone()]),
                        Sample::Many(values) => set(action, path, values.clone()),
                        Sample::Missing | Sample::Unknown => action,
                    };
                }
                (Some(Variable::Statement(text)), Some(Stand::Says(Truth::True)))
                    if Keywords::reads(text) =>
                {
                    let words = text.split_once(' ').map_or("", |(_, rest)| rest);
                    action = action.param("text", words);
                }
                _ => {}
            }
        }
        let Some(zone) = zone else {
            return Vec::new();
        };
        let at = fixed.unwrap_or_else(|| moment(zone, second));
        let found = action
            .effect_found()
            .effect
            .map_or(9, |effect| effect as usize);
        if effects.has(found) {
            return vec![(action, at)];
        }
        let stated = effects.iter().filter_map(effect_at);
        stated
            .take(2)
            .map(|effect| (action.clone().effect(effect), at))
            .collect()
    }

    /// Names that read better than instances do and that are decided alike: `same` says whether.
    pub(super) fn readable(
        &self,
        names: &[String; 3],
        same: &mut dyn FnMut(&[String; 3]) -> bool,
    ) -> [String; 3] {
        let mut best = names.clone();
        for field in 0..3 {
            let filler = self.names.get(field).and_then(|n| n.alphabet.filler);
            let (Some(name), Some(filler)) = (names.get(field), filler) else {
                continue;
            };
            if !name.contains(filler) {
                continue;
            }
            for text in renderings(field, name, filler) {
                let mut tried = best.clone();
                if let Some(slot) = tried.get_mut(field) {
                    slot.clone_from(&text);
                }
                let is_name =
                    aegis_policy::name::canonical(&text) == text && (field > 0 || !text.is_empty());
                if is_name && same(&tried) {
                    best = tried;
                    break;
                }
            }
        }
        best
    }
}

impl super::Exact<'_> {
    /// The statements whose truth a region depends on beyond what the evaluator at hand says; `None`
    /// if it does not depend on any.
    pub(super) fn assumed(
        &self,
        space: &Space,
        region: &Box,
        action: &Action,
    ) -> Option<Vec<String>> {
        let mut out = Vec::new();
        for (axis, bits) in space.axes.iter().zip(region.iter().skip(1)) {
            let Some(Variable::Statement(text)) = self.world.variables.get(axis.variable) else {
                continue;
            };
            let said = self.policy.evaluator().holds(text, action);
            let says = |stand: &Stand| *stand == Stand::Says(said);
            let at = axis.table.stands.iter().position(says);
            if !at.is_some_and(|at| bits.has(at)) {
                let holds = bits.has(0);
                out.push(match holds {
                    true => format!("the statement \"{text}\" holds"),
                    false => format!("the statement \"{text}\" does not hold"),
                });
            }
        }
        (!out.is_empty()).then_some(out)
    }
}
