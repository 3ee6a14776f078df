//! Changes that mend findings. Each is made on a copy of the text, the copy is probed again, and
//! only what keeps its promise is shown: the finding is gone, nothing of its kind took its place,
//! and it is said whether anything got weaker and which harmless names are held up.

mod edit;
mod list;
mod mend;
mod sheet;
mod title;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use aegis_diag::{Affected, Edit, Fix, Severity};
use aegis_policy::model::Approval;
use aegis_policy::policy::Policy;

use crate::assemble::Assembled;
use crate::compare::{Change, compare};
use crate::search::board::Board;
use crate::suspect::Idea;
use crate::{Input, Options, Run, rules};

pub use self::mend::{Mended, Mode, mend, unified};
pub(crate) use self::sheet::{Sheet, quoted};

/// How many ideas are tried for one finding.
const IDEAS: usize = 4;
/// How many are tried for a policy that is too much to analyse.
const FEW: usize = 4;
/// How many names a fix shows that it holds up.
const EXAMPLES: usize = 5;

/// Looks for a change that mends each finding.
pub(crate) fn find(input: &Input<'_>, options: &Options, run: &mut Run) {
    if run.findings.iter().all(|a| a.ideas.is_empty()) {
        return;
    }
    let Some(sheet) = Sheet::of(input.policy.checked()) else {
        return;
    };
    // A policy that is too much to analyse is so after every change.
    let too_much = run
        .findings
        .iter()
        .any(|a| a.finding.rule == &rules::UNKNOWN);
    let left = match too_much {
        true => options
            .fix_budget
            .min(FEW * input.policy.checked().rules().len()),
        false => options.fix_budget,
    };
    let mut workshop = Workshop {
        input,
        options,
        sheet: &sheet,
        left,
        harmless: None,
        tried: Vec::new(),
    };
    let found: Vec<Option<Fix>> = run
        .findings
        .iter()
        .map(|assembled| workshop.fix(assembled, run))
        .collect();
    run.probes += workshop
        .tried
        .iter()
        .flat_map(|(_, t)| t)
        .map(|t| t.run.probes)
        .sum::<u64>();
    for (assembled, fix) in run.findings.iter_mut().zip(found) {
        let Some(fix) = fix else { continue };
        assembled.finding.help = Some(help(&fix));
        if let Some(proof) = &mut assembled.finding.proof {
            proof.fix = Some(fix);
        }
    }
}

/// What a fix does, and at what price.
fn help(fix: &Fix) -> String {
    let mut out = fix.title.clone();
    let closes = fix.closes.len();
    let mut said = vec![match closes {
        1 => "closes this finding".to_owned(),
        n => format!("closes {n} findings"),
    }];
    said.push(match fix.restricts.count {
        0 => "holds up no harmless name".to_owned(),
        1 => format!(
            "holds up 1 harmless name: `{}`",
            fix.restricts.examples.join("")
        ),
        n => format!(
            "holds up {n} harmless names, such as `{}`",
            fix.restricts.examples.join("`, `")
        ),
    });
    if !fix.safe {
        said.push("needs a look: `--fix=unsafe` applies it".to_owned());
    }
    out += &format!(" (tried: {})", said.join("; "));
    out
}

/// Where changes are tried.
struct Workshop<'a> {
    input: &'a Input<'a>,
    options: &'a Options,
    sheet: &'a Sheet<'a>,
    /// How many rules may still be probed again.
    left: usize,
    tried: Vec<(Idea, Option<Trial>)>,
    /// See [`harmless`]; of the policy as it is, once something was tried.
    harmless: Option<Vec<&'static str>>,
}

/// A change that was tried.
struct Trial {
    edits: Vec<Edit>,
    run: Run,
    /// Whether it is proved that no decision got weaker.
    nothing_weaker: bool,
    /// See [`harmless`].
    harmless: Vec<&'static str>,
}

impl Workshop<'_> {
    /// The first safe change that mends a finding; else the first that does.
    fn fix(&mut self, assembled: &Assembled, before: &Run) -> Option<Fix> {
        let mut second = None;
        for idea in assembled.ideas.iter().take(IDEAS) {
            let Some(fix) = self.with(idea, assembled, before) else {
                continue;
            };
            if fix.safe {
                return Some(fix);
            }
            second.get_or_insert(fix);
        }
        second
    }

    fn with(&mut self, idea: &Idea, assembled: &Assembled, before: &Run) -> Option<Fix> {
        let known = self.tried.iter().position(|(known, _)| known == idea);
        let at = match known {
            Some(at) => at,
            None => {
                let trial = self.attempt(idea);
                self.tried.push((idea.clone(), trial));
                self.tried.len() - 1
            }
        };
        let trial = self.tried.get(at)?.1.as_ref()?;
        let had: BTreeSet<&str> = before.fingerprints().collect();
        let has: BTreeSet<&str> = trial.run.fingerprints().collect();
        let own = &assembled.finding;
        if has.contains(own.fingerprint.as_str()) {
            return None;
        }
        // A rule that decides again has faults of its own to show, none of which is new.
        let brings_to_light = trial.nothing_weaker && matches!(idea, Idea::Move { .. });
        let replaced = trial.run.findings.iter().any(|a| {
            let new = &a.finding;
            !had.contains(new.fingerprint.as_str())
                && match brings_to_light {
                    true => new.severity > own.severity,
                    false => new.severity >= own.severity.max(Severity::Low),
                }
        });
        let safe = trial.nothing_weaker && !matches!(idea, Idea::Remove { .. });
        if replaced || trial.run.score.tenths() < before.score.tenths() {
            return None;
        }
        let held = self.held(&trial.harmless);
        Some(Fix {
            title: title::of(self.input.policy, idea),
            edits: trial.edits.clone(),
            safe,
            closes: had.difference(&has).map(|&f| f.to_owned()).collect(),
            restricts: Affected {
                count: held.len(),
                examples: held.iter().take(EXAMPLES).map(|&n| n.to_owned()).collect(),
            },
        })
    }

    /// The harmless names that the policy lets run and the changed one does not.
    fn held(&self, after: &[&'static str]) -> Vec<&'static str> {
        let before = self.harmless.iter().flatten().copied();
        before
            .filter(|name| after.binary_search(name).is_err())
            .collect()
    }

    /// The text is changed, loaded, compared and probed again.
    fn attempt(&mut self, idea: &Idea) -> Option<Trial> {
        let cost = self.input.policy.checked().rules().len().max(20);
        self.left = self.left.checked_sub(cost)?;
        let edits = self.sheet.edits(idea)?;
        let file = self.input.policy.checked().files().first()?;
        let text = sheet::apply(&file.text, &edits)?;
        let policy = Policy::load(&file.path, &text).ok()?;
        if self.harmless.is_none() {
            self.harmless = Some(harmless(self.input.policy));
        }
        let input = Input {
            policy: &policy,
            tools: self.input.tools,
        };
        let options = Options {
            fixes: false,
            fuzz_cases: 0,
            ..self.options.clone()
        };
        Some(Trial {
            edits,
            harmless: harmless(&policy),
            nothing_weaker: only_stricter(self.input.policy, idea)
                || nothing_weaker(self.input.policy, &policy, &options),
            run: crate::run(&input, &options),
        })
    }
}

/// Whether a change cannot make anything weaker, whatever the policy says: a rule that blocks comes
/// to speak of more, or the default gets stricter.
fn only_stricter(policy: &Policy, idea: &Idea) -> bool {
    let blocks = |rule: usize| {
        let rule = policy.checked().rules().get(rule);
        rule.is_some_and(|rule| rule.approval.value == Approval::Block)
    };
    match idea {
        Idea::Widen { rule, .. } => blocks(*rule),
        Idea::Move { rule, before } => before < rule && blocks(*rule),
        Idea::Insert { yaml, .. } => title::approval_of(yaml) == Some(Approval::Block),
        Idea::DefaultApproval(word) => {
            let now = policy.checked().defaults().approval.value;
            word.parse().is_ok_and(|new: Approval| new >= now)
        }
        Idea::Replace { .. } | Idea::Remove { .. } | Idea::Condition { .. } => false,
    }
}

/// The published names that only read and run unattended, sorted.
fn harmless(policy: &Policy) -> Vec<&'static str> {
    let (mut names, _) = Board::new(policy).reads();
    names.sort_unstable();
    names
}

/// Whether it is proved that no action is decided more weakly by the second policy.
fn nothing_weaker(old: &Policy, new: &Policy, options: &Options) -> bool {
    let comparison = compare(old, new, options);
    let weaker = |change: &Change| change.new.approval < change.old.approval;
    comparison.weaker_are_known && !comparison.changes.iter().any(weaker)
}
