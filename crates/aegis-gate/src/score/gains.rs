//! What would raise the score at the least cost. Every gain is the score with that thing done, minus
//! the score as it is.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use aegis_diag::{CallSite, ScoreGain, Scorecard, Tenths, Verdict};
use aegis_policy::model::Effect;
use aegis_report::words;

use super::coverage::halves;
use super::{Inputs, PolicyFacts, Share, critical, runs_freely, shares, total, weight};
use crate::evidence::{Evidence, Seen, Tests};

/// How many ways are named.
const MOST: usize = 3;
/// What an edit costs; a case of a test suite costs half of it.
const EDIT: u32 = 2;
/// How the governor begins that one call of is enough for everything behind it.
const ONE_CALL: &str = "call `aegis.auto_instrument()`";

/// What a policy and its tests would be after changes that were tried on copies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Better {
    /// The policy with all safe fixes, and how many these are.
    pub(crate) mended: Option<(PolicyFacts, u32)>,
    /// The policy and tests that a program without policy would begin with.
    pub(crate) starter: Option<(PolicyFacts, Tests)>,
    /// The tests with a generated suite.
    pub(crate) generated: Option<Tests>,
    /// The dangerous effects that a case could show to be held back, but none does.
    pub(crate) showable: Vec<Effect>,
}

/// A way to raise the score.
struct Way {
    gain: Tenths,
    cost: u32,
    action: String,
    help: Option<String>,
}

impl Way {
    /// Most points for the cost first, then most points, then by what it says.
    fn order(&self, other: &Self) -> Ordering {
        let rate = |a: &Self, b: &Self| u32::from(a.gain) * b.cost;
        rate(other, self)
            .cmp(&rate(self, other))
            .then_with(|| other.gain.cmp(&self.gain))
            .then_with(|| self.action.cmp(&other.action))
    }
}

/// What the score is computed from, to be changed in one place.
#[derive(Clone, Copy)]
struct Numbers {
    coverage: Share,
    robustness: Tenths,
    evidence: Share,
    critical: usize,
}

impl Numbers {
    fn score(&self) -> Tenths {
        let shares = [
            self.coverage.tenths(),
            self.robustness,
            self.evidence.tenths(),
        ];
        total(shares, self.critical)
    }

    /// With these call sites governed.
    fn governed(self, sites: &[&CallSite]) -> Self {
        let more: u64 = sites
            .iter()
            .map(|site| {
                let missing = u64::from(2 - halves(site.verdict));
                u64::from(weight(site)) * Share::UNIT * missing * (Share::UNIT / 2)
            })
            .sum();
        let coverage = Share {
            got: self.coverage.got + more,
            ..self.coverage
        };
        let closed = sites.iter().filter(|site| runs_freely(site)).count();
        Self {
            coverage,
            critical: self.critical.saturating_sub(closed),
            ..self
        }
    }

    /// With another policy.
    fn policy(self, before: Option<&PolicyFacts>, after: &PolicyFacts) -> Self {
        let of_code = self.critical - before.map_or(0, |p| p.critical.len()).min(self.critical);
        Self {
            robustness: after.robustness,
            critical: of_code + after.critical.len(),
            ..self
        }
    }

    /// With other evidence.
    fn evidence(self, evidence: &Evidence) -> Self {
        Self {
            evidence: Share::of(&evidence.inputs()),
            ..self
        }
    }
}

/// The cheapest ways to raise the score, best first; none if there is no score.
pub(crate) fn gains(inputs: &Inputs<'_>, card: &Scorecard, better: &Better) -> Vec<ScoreGain> {
    let Some(score) = card.score else {
        return Vec::new();
    };
    let [_, robustness, _] = shares(&card.parts);
    let share = |at: usize| card.parts.get(at).map_or(&[][..], |part| &part.inputs);
    let now = Numbers {
        coverage: Share::of(share(0)),
        robustness,
        evidence: Share::of(share(2)),
        critical: critical(inputs).len(),
    };
    let mut ways = Vec::new();
    let mut add = |then: Numbers, cost: u32, action: String, help: Option<String>| {
        let gain = then.score().saturating_sub(score);
        if gain > 0 && cost > 0 {
            ways.push(Way {
                gain,
                cost,
                action,
                help,
            });
        }
    };
    for group in groups(&inputs.scan.sites) {
        let (cost, action, help) = governing(&group);
        add(now.governed(&group), cost, action, help);
    }
    of_critical(inputs, &now, better, &mut add);
    of_policy(inputs, &now, better, &mut add);
    of_evidence(inputs, &now, better, &mut add);
    ways.sort_by(Way::order);
    let gains = ways.into_iter().take(MOST).map(|way| ScoreGain {
        gain: way.gain,
        action: way.action,
        help: way.help,
    });
    gains.collect()
}

/// Call sites that are not governed, by file and what would govern them. What one call governs is
/// taken together over all files.
fn groups(sites: &[CallSite]) -> Vec<Vec<&CallSite>> {
    let mut groups: BTreeMap<(&str, &str), Vec<&CallSite>> = BTreeMap::new();
    for site in sites.iter().filter(|s| s.verdict != Verdict::Governed) {
        let file = match site.remedy.starts_with(ONE_CALL) {
            true => "",
            false => site.span.file.path.as_str(),
        };
        groups.entry((&site.remedy, file)).or_default().push(site);
    }
    groups.into_values().collect()
}

/// What governs a group costs, how it is said, and what to do.
fn governing(group: &[&CallSite]) -> (u32, String, Option<String>) {
    let Some(first) = group.first() else {
        return (0, String::new(), None);
    };
    let place = first.span.locator();
    let name = first.tool.as_ref().and_then(|tool| tool.name.as_deref());
    let what = match (name, first.operation.as_str()) {
        (Some(name), _) => format!("tool `{name}`"),
        (None, "") => format!("`{}`", first.symbol),
        (None, operation) => format!("`{operation}`"),
    };
    let one_call = first.remedy.starts_with(ONE_CALL);
    let action = match group.len() - 1 {
        0 => format!("govern {what} at {place}"),
        more => {
            let more = words::count(more, "more call", "more calls");
            let there = if one_call { "" } else { " in this file" };
            format!("govern {what} at {place} and {more}{there}")
        }
    };
    let edits = if one_call { 1 } else { group.len() };
    let cost = u32::try_from(edits).unwrap_or(u32::MAX / EDIT);
    (cost * EDIT, action, Some(first.remedy.clone()))
}

type Add<'a> = dyn FnMut(Numbers, u32, String, Option<String>) + 'a;

/// Closing everything that holds the score down.
fn of_critical(inputs: &Inputs<'_>, now: &Numbers, better: &Better, add: &mut Add<'_>) {
    let exec: Vec<&CallSite> = inputs
        .scan
        .sites
        .iter()
        .filter(|s| runs_freely(s))
        .collect();
    let of_policy = inputs.policy.is_some_and(|p| !p.critical.is_empty());
    if exec.is_empty() || (exec.len() < 2 && !of_policy) {
        return;
    }
    let mut then = now.governed(&exec);
    let mut cost = EDIT * u32::try_from(exec.len()).unwrap_or(u32::MAX / EDIT);
    let calls = words::count(exec.len(), "call that runs code", "calls that run code");
    let mut action = format!("govern the {calls}");
    if of_policy {
        let Some((mended, fixes)) = &better.mended else {
            return;
        };
        then = then.policy(inputs.policy, mended);
        cost += fixes;
        action += " and apply the fixes of the policy";
    }
    add(
        then,
        cost,
        action,
        Some("aegis probe --fix --diff".to_owned()),
    );
}

fn of_policy(inputs: &Inputs<'_>, now: &Numbers, better: &Better, add: &mut Add<'_>) {
    if let (Some(before), Some((mended, fixes))) = (inputs.policy, &better.mended) {
        let n = words::count(*fixes as usize, "fix", "fixes");
        let help = format!("aegis probe {} --fix --diff", before.path);
        let then = now.policy(Some(before), mended);
        add(
            then,
            *fixes,
            format!("apply {n} to {}", before.path),
            Some(help),
        );
    }
    if let (None, Some((starter, tests))) = (inputs.policy, &better.starter) {
        let evidence = Evidence {
            tests: tests.clone(),
            ..inputs.evidence.clone()
        };
        let then = now.policy(None, starter).evidence(&evidence);
        let action = "write a policy and its tests; the gain is that of the starter";
        add(then, EDIT, action.to_owned(), Some("aegis init".to_owned()));
    }
}

fn of_evidence(inputs: &Inputs<'_>, now: &Numbers, better: &Better, add: &mut Add<'_>) {
    let evidence = inputs.evidence;
    let seen = Seen {
        halves: 2,
        note: String::new(),
    };
    let changed = |change: &dyn Fn(&mut Evidence)| {
        let mut evidence = evidence.clone();
        change(&mut evidence);
        now.evidence(&evidence)
    };
    let then = changed(&|e| e.audit = seen.clone());
    let action = "configure an audit trail: section `audit` of aegis.yaml";
    add(then, EDIT, action.to_owned(), None);
    let then = changed(&|e| e.gate = seen.clone());
    let action = "run `aegis gate` in CI";
    add(then, EDIT, action.to_owned(), None);
    let Some(policy) = inputs.policy else {
        return;
    };
    if let Some(tests) = &better.generated {
        let then = changed(&|e| e.tests = tests.clone());
        let stem = policy
            .path
            .trim_end_matches(".yaml")
            .trim_end_matches(".yml");
        let help = format!("aegis test {} --generate -o {stem}.test.yaml", policy.path);
        add(
            then,
            EDIT / 2,
            "let a test suite be written".to_owned(),
            Some(help),
        );
    }
    if !better.showable.is_empty() {
        let then = changed(&|e| e.tests.held.extend(&better.showable));
        let effects: Vec<&str> = better.showable.iter().map(|e| e.as_str()).collect();
        let action = format!(
            "test that actions that {} are held back: cases that expect `approve` or `block`",
            words::list(&effects, "or")
        );
        let cases = u32::try_from(effects.len()).unwrap_or(1);
        add(then, cases * EDIT / 2, action, None);
    }
}
