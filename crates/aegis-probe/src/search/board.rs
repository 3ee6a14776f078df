//! The decisions of a policy about the reference set.
//!
//! Thousands of names meet few different sets of rules. So each name is looked up once, names that
//! meet the same rules and have the same effect are put together, and each group is decided once for
//! each set of rules that speak of a target, in each of the circumstances.

use std::cell::Cell;

use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_policy::decision::Decision;
use aegis_policy::model::{Approval, Atom, Effect};
use aegis_policy::name::canonical;
use aegis_policy::policy::{NameField, Policy};
use rustc_hash::FxHashMap;

use super::reference::{self, Entry};
use super::scenes::{self, Circumstances, SCENES};
use super::vocabulary::TARGETS;

/// How many names of each class of targets are tried.
pub(crate) const TARGET_NAMES: usize = 3;

/// Distinct sets of rules, numbered.
#[derive(Debug, Default)]
struct Sets {
    numbers: FxHashMap<Box<[u64]>, u32>,
    all: Vec<Box<[u64]>>,
}

impl Sets {
    fn number(&mut self, set: &[u64]) -> u32 {
        if let Some(&number) = self.numbers.get(set) {
            return number;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.numbers.insert(set.into(), number);
        self.all.push(set.into());
        number
    }

    fn get(&self, number: u32) -> &[u64] {
        self.all.get(number as usize).map_or(&[], |set| set)
    }
}

/// Names of one effect that meet the same rules.
#[derive(Debug)]
pub(crate) struct Group {
    /// Their effect.
    pub(crate) effect: Effect,
    /// The names.
    pub(crate) members: Vec<&'static Entry>,
    set: u32,
}

/// A name of something worth protecting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    /// Its class, by its number in [`TARGETS`].
    pub(crate) class: usize,
    /// The name.
    pub(crate) name: &'static str,
    /// Which of the sets of rules on targets speak of it.
    set: u32,
}

/// No target at all: its set of rules comes first.
pub(crate) const NO_TARGET: Target = Target {
    class: 0,
    name: "",
    set: 0,
};

/// The decisions about a group and the targets of one set, in each of the circumstances.
pub(crate) type Outcome = [Decision; SCENES];

/// The decisions of a policy about the reference set.
#[derive(Debug)]
pub(crate) struct Board<'p> {
    /// The policy.
    pub(crate) policy: &'p Policy,
    /// The circumstances.
    pub(crate) scenes: [Circumstances; SCENES],
    /// The names.
    pub(crate) groups: Vec<Group>,
    /// The targets, by class.
    pub(crate) targets: Vec<Target>,
    target_sets: Sets,
    /// For each group, one after the other, the outcomes for each set of rules on targets.
    outcomes: Vec<Outcome>,
    /// How many decisions were taken.
    probes: Cell<u64>,
}

impl<'p> Board<'p> {
    /// Decides about the reference set.
    pub(crate) fn new(policy: &'p Policy) -> Self {
        let (groups, kind_sets) = groups(policy);
        let (targets, target_sets) = targets(policy);
        let mut board = Self {
            policy,
            scenes: scenes::all(policy.zone()),
            groups,
            targets,
            target_sets,
            outcomes: Vec::new(),
            probes: Cell::new(0),
        };
        let mut nobody = Vec::new();
        policy.speaking_of(NameField::Agent, "", &mut nobody);
        let conditional = Conditional::new(policy);
        for group in &board.groups {
            let kinds = kind_sets.get(group.set);
            let mut cast = Cast::new(group, &board.scenes);
            for number in 0..u32::try_from(board.target_sets.all.len()).unwrap_or(0) {
                let sets = [kinds, board.target_sets.get(number), &*nobody];
                let name = board.targets.iter().find(|t| t.set == number);
                let name = name.map_or("", |target| target.name);
                let outcome = conditional.outcome(policy, sets, &mut cast, name);
                board.outcomes.push(outcome);
            }
        }
        let names = reference::entries().len();
        board.count(names + board.outcomes.len() * SCENES);
        board
    }

    /// Notes that so many decisions were taken.
    pub(crate) fn count(&self, decisions: usize) {
        self.probes.set(self.probes.get() + decisions as u64);
    }

    /// How many decisions were taken so far.
    pub(crate) fn probes(&self) -> u64 {
        self.probes.get()
    }

    /// What is decided about the names of a group, by its number, and a target.
    pub(crate) fn outcome(&self, group: usize, target: &Target) -> Option<&Outcome> {
        let width = self.target_sets.all.len();
        self.outcomes.get(group * width + target.set as usize)
    }

    /// An action of a name on a target in one of the circumstances.
    pub(crate) fn action(&self, name: &str, target: &str, scene: usize) -> (Action, Moment) {
        let Some(scene) = self.scenes.get(scene) else {
            return (Action::new(name).target(target), Moment::new(0, 0));
        };
        let mut action = Action::new(name).target(target);
        for (name, value) in &scene.params {
            action = action.param(name.as_str(), value.clone());
        }
        (action, scene.at)
    }

    /// What the engine decides.
    pub(crate) fn decide(&self, action: &Action, at: Moment) -> Decision {
        self.count(1);
        self.policy.decide(action, at)
    }

    /// Reading tools of the catalogue that run unattended with no target and no parameters, and
    /// how many there are.
    pub(crate) fn reads(&self) -> (Vec<&'static str>, usize) {
        let (mut automatic, mut all) = (Vec::new(), 0);
        for (at, group) in self.groups.iter().enumerate() {
            if group.effect != Effect::Read {
                continue;
            }
            let names = group
                .members
                .iter()
                .filter(|e| e.form == reference::Form::Real);
            all += names.clone().count();
            let outcome = self.outcome(at, &NO_TARGET);
            if outcome.is_some_and(|o| o[scenes::BARE].approval == Approval::Auto) {
                automatic.extend(names.map(|e| e.name));
            }
        }
        (automatic, all)
    }
}

fn groups(policy: &Policy) -> (Vec<Group>, Sets) {
    let mut sets = Sets::default();
    let mut numbers: FxHashMap<(u32, Effect), usize> = FxHashMap::default();
    let mut groups: Vec<Group> = Vec::new();
    let mut speaking = Vec::new();
    for entry in reference::entries() {
        policy.speaking_of(NameField::Type, &canonical(entry.name), &mut speaking);
        let set = sets.number(&speaking);
        let next = groups.len();
        let at = *numbers.entry((set, entry.effect)).or_insert(next);
        if at == next {
            groups.push(Group {
                effect: entry.effect,
                members: Vec::new(),
                set,
            });
        }
        if let Some(group) = groups.get_mut(at) {
            group.members.push(entry);
        }
    }
    (groups, sets)
}

fn targets(policy: &Policy) -> (Vec<Target>, Sets) {
    let mut sets = Sets::default();
    let mut speaking = Vec::new();
    policy.speaking_of(NameField::Target, "", &mut speaking);
    sets.number(&speaking);
    let mut targets = Vec::new();
    for (class, of) in TARGETS.iter().enumerate() {
        for name in of.names.iter().take(TARGET_NAMES) {
            policy.speaking_of(NameField::Target, &canonical(name), &mut speaking);
            let set = sets.number(&speaking);
            targets.push(Target { class, name, set });
        }
    }
    (targets, sets)
}

/// The actions that stand for a group, one for each of the circumstances, made when needed.
struct Cast<'a> {
    name: &'static str,
    scenes: &'a [Circumstances; SCENES],
    actions: [Option<Action>; SCENES],
}

impl<'a> Cast<'a> {
    fn new(group: &Group, scenes: &'a [Circumstances; SCENES]) -> Self {
        Self {
            name: group.members.first().map_or("", |entry| entry.name),
            scenes,
            actions: Default::default(),
        }
    }

    fn action(&mut self, scene: usize) -> &Action {
        let slot = &mut self.actions[scene % SCENES];
        slot.get_or_insert_with(|| {
            let mut action = Action::new(self.name);
            if let Some(scene) = self.scenes.get(scene) {
                for (name, value) in &scene.params {
                    action = action.param(name.as_str(), value.clone());
                }
            }
            action
        })
    }
}

/// Which rules depend on the circumstances.
struct Conditional {
    rules: Vec<u64>,
    /// Whether statements in words are asked, which may look at the target.
    words: bool,
}

impl Conditional {
    fn new(policy: &Policy) -> Self {
        let all = policy.checked().rules();
        let mut rules = vec![0; all.len().div_ceil(64)];
        let mut words = false;
        for (number, rule) in all.iter().enumerate() {
            if !rule.conditions.is_empty()
                && let Some(word) = rules.get_mut(number / 64)
            {
                *word |= 1 << (number % 64);
            }
            words |= rule
                .conditions
                .iter()
                .any(|c| matches!(c.atom, Atom::Semantic(_)));
        }
        Self { rules, words }
    }

    fn outcome(
        &self,
        policy: &Policy,
        sets: [&[u64]; 3],
        cast: &mut Cast<'_>,
        target: &'static str,
    ) -> Outcome {
        let at = |cast: &Cast<'_>, scene: usize| {
            let scene = cast.scenes.get(scene);
            scene.map_or(Moment::new(0, 0), |s| s.at)
        };
        let mut decide = |scene: usize| {
            let moment = at(cast, scene);
            if self.words {
                let action = cast.action(scene).clone().target(target);
                policy.decide_among(sets, &action, moment)
            } else {
                policy.decide_among(sets, cast.action(scene), moment)
            }
        };
        let first = decide(scenes::BARE);
        let [kinds, targets, agents] = sets;
        let mut depends = self.rules.iter().zip(kinds).zip(targets).zip(agents);
        if depends.all(|(((c, k), t), a)| c & k & t & a == 0) {
            return [first; SCENES];
        }
        [first, decide(1), decide(2), decide(3)]
    }
}
