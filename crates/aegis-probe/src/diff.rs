//! What a change of a policy opens and what it closes.
//!
//! The comparison is about what is decided, not about what is written: for every pair of deciders
//! that the two versions bring to bear on the same action there is one region, with a short action
//! that shows it. Beside it stands what was written differently.

use std::collections::BTreeMap;

use aegis_diag::Witness;
use aegis_policy::decision::{Decider, Decision};
use aegis_policy::model::{Checked, Rule};
use aegis_policy::policy::Policy;
use serde::Serialize;

use crate::Options;
use crate::assemble;
use crate::compare::{Change, compare};
use crate::replay::Recorded;

pub use crate::replay::{Recorded as RecordedAction, ReplayError, read as read_replay};

/// Which way a decision goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// What was asked or blocked is less so now.
    Looser,
    /// What ran or was asked is less so now.
    Stricter,
    /// The same happens, at another risk.
    Risk,
}

impl Direction {
    /// The word used in output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Looser => "looser",
            Self::Stricter => "stricter",
            Self::Risk => "risk",
        }
    }
}

/// Actions that are decided differently, by the same pair of rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Region {
    /// Which way it goes.
    pub direction: Direction,
    /// What was decided before.
    pub old: Side,
    /// What is decided now.
    pub new: Side,
    /// The shortest action found, with the answer of the new policy.
    pub witness: Witness,
    /// The command that shows the answer of the old policy.
    pub reproduce_old: String,
}

/// One side of a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side {
    /// `auto`, `approve` or `block`.
    pub approval: &'static str,
    /// The risk.
    pub risk: &'static str,
    /// The rule that decides; `None` for the defaults.
    pub rule: Option<String>,
    /// The line of that rule.
    pub line: Option<u32>,
}

/// What was written differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Written {
    /// The rule; `defaults` and `timezone` for those.
    pub name: String,
    /// What became of it.
    pub change: Edited,
}

/// What became of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Edited {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It has another name and says the same.
    Renamed {
        /// The name it had.
        from: String,
    },
    /// It says something else.
    Modified {
        /// The parts that differ.
        parts: Vec<&'static str>,
    },
    /// It stands elsewhere among the rules that were there before.
    Moved {
        /// Its 1-based place before.
        from: usize,
        /// Its 1-based place now.
        to: usize,
    },
}

/// Recorded actions that are decided differently.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Replayed {
    /// How many there are.
    pub actions: usize,
    /// How many are decided more weakly.
    pub looser: usize,
    /// How many are decided more strictly.
    pub stricter: usize,
    /// The first of each kind of change, at most ten.
    pub examples: Vec<Region>,
}

/// The difference of two policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyDiff {
    /// What is decided differently: looser first.
    pub regions: Vec<Region>,
    /// What could not be compared. If there is nothing, `regions` is everything.
    pub unknown: Vec<String>,
    /// Whether `regions` has everything that is decided more weakly, whatever else is unknown.
    pub looser_are_known: bool,
    /// What is written differently.
    pub written: Vec<Written>,
    /// What recorded actions say, if there are any.
    pub replay: Option<Replayed>,
}

impl PolicyDiff {
    /// Whether some action is decided more weakly.
    #[must_use]
    pub fn is_looser(&self) -> bool {
        let replayed = self.replay.as_ref().is_some_and(|replay| replay.looser > 0);
        replayed || self.count(Direction::Looser) > 0
    }

    /// How many regions go one way.
    #[must_use]
    pub fn count(&self, direction: Direction) -> usize {
        self.regions
            .iter()
            .filter(|r| r.direction == direction)
            .count()
    }

    /// Whether it is proved that no decision changes.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.regions.is_empty() && self.unknown.is_empty()
    }
}

/// Compares two policies.
#[must_use]
pub fn diff(
    old: &Policy,
    new: &Policy,
    replay: Option<&[Recorded]>,
    options: &Options,
) -> PolicyDiff {
    let comparison = compare(old, new, options);
    let mut regions: BTreeMap<Key, Region> = BTreeMap::new();
    for change in &comparison.changes {
        add(&mut regions, old, new, change);
    }
    let mut regions: Vec<Region> = regions.into_values().collect();
    regions.sort_by_key(|a| a.direction);
    PolicyDiff {
        regions,
        unknown: comparison.unknown,
        looser_are_known: comparison.weaker_are_known,
        written: written(old.checked(), new.checked()),
        replay: replay.map(|actions| replayed(old, new, actions)),
    }
}

/// What makes two changes one region.
type Key = (Direction, Decider, Decider, &'static str, &'static str);

fn add(regions: &mut BTreeMap<Key, Region>, old: &Policy, new: &Policy, change: &Change) {
    let Some(direction) = direction(change.old, change.new) else {
        return;
    };
    let key = (
        direction,
        change.old.by,
        change.new.by,
        change.old.approval.as_str(),
        change.new.approval.as_str(),
    );
    let region = region(old, new, change, direction);
    let length = |r: &Region| (r.witness.action.len(), r.witness.action.clone());
    match regions.get_mut(&key) {
        Some(known) if length(&region) < length(known) => *known = region,
        Some(_) => {}
        None => {
            regions.insert(key, region);
        }
    }
}

fn direction(old: Decision, new: Decision) -> Option<Direction> {
    match new.approval.cmp(&old.approval) {
        std::cmp::Ordering::Less => Some(Direction::Looser),
        std::cmp::Ordering::Greater => Some(Direction::Stricter),
        std::cmp::Ordering::Equal => (old.risk != new.risk).then_some(Direction::Risk),
    }
}

fn region(old: &Policy, new: &Policy, change: &Change, direction: Direction) -> Region {
    Region {
        direction,
        old: Side::new(old, change.old),
        new: Side::new(new, change.new),
        witness: assemble::witness(new, &change.action, change.at),
        reproduce_old: assemble::reproduce(old, &change.action, change.at),
    }
}

impl Side {
    fn new(policy: &Policy, decision: Decision) -> Self {
        let rule = match decision.by {
            Decider::Rule(number) => policy.rule(number),
            _ => None,
        };
        let place = rule.and_then(assemble::head).map(|span| span.start().line);
        Self {
            approval: decision.approval.as_str(),
            risk: decision.risk.as_str(),
            rule: rule.map(|rule| rule.name.value.to_string()),
            line: place,
        }
    }
}

fn replayed(old: &Policy, new: &Policy, actions: &[Recorded]) -> Replayed {
    const EXAMPLES: usize = 10;
    let mut replayed = Replayed {
        actions: actions.len(),
        ..Replayed::default()
    };
    let mut kinds = BTreeMap::new();
    for recorded in actions {
        let change = Change {
            action: recorded.action.clone(),
            at: recorded.at,
            old: old.decide(&recorded.action, recorded.at),
            new: new.decide(&recorded.action, recorded.at),
        };
        match direction(change.old, change.new) {
            Some(Direction::Looser) => replayed.looser += 1,
            Some(Direction::Stricter) => replayed.stricter += 1,
            _ => continue,
        }
        add(&mut kinds, old, new, &change);
    }
    replayed.examples = kinds.into_values().take(EXAMPLES).collect();
    replayed
}

/// What is written differently, in the order of the new policy, then what is gone.
fn written(old: &Checked, new: &Checked) -> Vec<Written> {
    let mut out = Vec::new();
    let mut defaults = Vec::new();
    if old.defaults().approval.value != new.defaults().approval.value {
        defaults.push("approval");
    }
    if old.defaults().risk.value != new.defaults().risk.value {
        defaults.push("risk_level");
    }
    let mut modified = |name: &str, parts: Vec<&'static str>| {
        if !parts.is_empty() {
            let change = Edited::Modified { parts };
            out.push(Written {
                name: name.to_owned(),
                change,
            });
        }
    };
    modified("defaults", defaults);
    let zone = if old.timezone() == new.timezone() {
        Vec::new()
    } else {
        vec!["name"]
    };
    modified("timezone", zone);
    let places = |checked: &Checked| -> BTreeMap<String, usize> {
        let rules = checked.rules().iter().enumerate();
        rules
            .map(|(i, rule)| (rule.name.value.to_string(), i))
            .collect()
    };
    let (before, after) = (places(old), places(new));
    let renamed = renames(old, new, &before, &after);
    let stayed = stayed(new, &before, &renamed);
    for (to, rule) in new.rules().iter().enumerate() {
        let name = rule.name.value.to_string();
        let from = before
            .get(&name)
            .copied()
            .or_else(|| renamed.get(&to).copied());
        let Some((from, was)) = from.and_then(|i| Some((i, old.rules().get(i)?))) else {
            out.push(Written {
                name,
                change: Edited::Added,
            });
            continue;
        };
        if was.name.value != rule.name.value {
            let from = was.name.value.to_string();
            let change = Edited::Renamed { from };
            out.push(Written {
                name: name.clone(),
                change,
            });
        }
        let parts = parts(was, rule);
        if !parts.is_empty() {
            let change = Edited::Modified { parts };
            out.push(Written {
                name: name.clone(),
                change,
            });
        }
        if !stayed.contains(&to) {
            let change = Edited::Moved {
                from: from + 1,
                to: to + 1,
            };
            out.push(Written { name, change });
        }
    }
    let taken: Vec<usize> = renamed.values().copied().collect();
    for (i, rule) in old.rules().iter().enumerate() {
        if !after.contains_key(&*rule.name.value) && !taken.contains(&i) {
            let name = rule.name.value.to_string();
            out.push(Written {
                name,
                change: Edited::Removed,
            });
        }
    }
    out
}

/// New rules that say what a rule that is gone said: new place -> old place.
fn renames(
    old: &Checked,
    new: &Checked,
    before: &BTreeMap<String, usize>,
    after: &BTreeMap<String, usize>,
) -> BTreeMap<usize, usize> {
    let mut out = BTreeMap::new();
    let gone: Vec<(usize, &Rule)> = old
        .rules()
        .iter()
        .enumerate()
        .filter(|(_, rule)| !after.contains_key(&*rule.name.value))
        .collect();
    let mut free: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, rule) in gone.into_iter().rev() {
        free.entry(body(rule)).or_default().push(i);
    }
    for (i, rule) in new.rules().iter().enumerate() {
        if !before.contains_key(&*rule.name.value)
            && let Some(from) = free.get_mut(&body(rule)).and_then(Vec::pop)
        {
            out.insert(i, from);
        }
    }
    out
}

/// The rules that kept their place relative to each other: a longest run of rising old places.
fn stayed(
    new: &Checked,
    before: &BTreeMap<String, usize>,
    renamed: &BTreeMap<usize, usize>,
) -> std::collections::BTreeSet<usize> {
    let places: Vec<(usize, usize)> = new
        .rules()
        .iter()
        .enumerate()
        .filter_map(|(to, rule)| {
            let from = before.get(&*rule.name.value).or_else(|| renamed.get(&to));
            Some((to, *from?))
        })
        .collect();
    // Patience sorting: for each length the run that ends lowest.
    let mut ends: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = vec![None; places.len()];
    for (i, (_, from)) in places.iter().enumerate() {
        let at = |e: &usize| places.get(*e).map_or(0, |p| p.1);
        let length = ends.partition_point(|e| at(e) < *from);
        if let Some(slot) = previous.get_mut(i) {
            *slot = length.checked_sub(1).and_then(|l| ends.get(l).copied());
        }
        match ends.get_mut(length) {
            Some(end) => *end = i,
            None => ends.push(i),
        }
    }
    let mut out = std::collections::BTreeSet::new();
    let mut next = ends.last().copied();
    while let Some(i) = next {
        out.extend(places.get(i).map(|p| p.0));
        next = previous.get(i).copied().flatten();
    }
    out
}

/// The parts in which two rules differ.
fn parts(a: &Rule, b: &Rule) -> Vec<&'static str> {
    let mut parts = Vec::new();
    let mut differ = |name: &'static str, same: bool| {
        if !same {
            parts.push(name);
        }
    };
    let (m, n) = (&a.matches, &b.matches);
    differ("match.type", texts(&m.kind) == texts(&n.kind));
    differ("match.target", texts(&m.target) == texts(&n.target));
    differ("match.agent", texts(&m.agent) == texts(&n.agent));
    differ("match.effect", effects(a) == effects(b));
    differ("conditions", conditions(a) == conditions(b));
    differ("risk_level", a.risk.value == b.risk.value);
    differ("approval", a.approval.value == b.approval.value);
    let reason = |r: &Rule| r.reason.as_ref().map(|r| r.value.to_string());
    differ("reason", reason(a) == reason(b));
    parts
}

type Texts = Option<Vec<String>>;

fn texts(list: &Option<Vec<aegis_policy::model::Located<Box<str>>>>) -> Texts {
    list.as_ref()
        .map(|list| list.iter().map(|l| l.value.to_string()).collect())
}

fn effects(rule: &Rule) -> Texts {
    let list = rule.matches.effect.as_ref()?;
    Some(list.iter().map(|l| l.value.to_string()).collect())
}

fn conditions(rule: &Rule) -> Vec<String> {
    rule.conditions
        .iter()
        .map(|c| format!("{:?}", c.atom))
        .collect()
}

/// What a rule says, whatever it is called.
fn body(rule: &Rule) -> String {
    format!(
        "{:?} {:?} {:?} {:?} {:?} {} {}",
        texts(&rule.matches.kind),
        texts(&rule.matches.target),
        texts(&rule.matches.agent),
        effects(rule),
        conditions(rule),
        rule.risk.value,
        rule.approval.value
    )
}
