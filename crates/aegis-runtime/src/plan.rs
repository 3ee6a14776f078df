//! Several actions, decided before any of them runs.

use std::fmt;

use aegis_audit::{Event, Id};
use aegis_policy::model::Approval;
use tokio::task::JoinSet;

use crate::decided::Decided;
use crate::executor::Output;
use crate::flight::Flight;
use crate::guarded;
use crate::journal;
use crate::outcome::{Outcome, Record};
use crate::runtime::Runtime;

/// Actions and what the policy says about each. Shown as a table for people.
#[derive(Debug, Clone)]
pub struct Plan {
    steps: Vec<Decided>,
}

/// How a plan is executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanOptions {
    /// So many actions run at the same time; 0 and 1 run them one after the other.
    pub parallel: usize,
    /// After a failure no further action is started; and none at all if one of them is blocked from
    /// the start. Actions that run already end as they would.
    pub fail_fast: bool,
    /// After a failure what was done is undone, the last first, as far as the executor knows how.
    pub rollback: bool,
}

impl Default for PlanOptions {
    /// One after the other, stopping at the first failure, undoing nothing.
    fn default() -> Self {
        Self {
            parallel: 1,
            fail_fast: true,
            rollback: false,
        }
    }
}

/// What became of a plan.
#[derive(Debug, Clone)]
pub struct PlanRecord {
    steps: Vec<Record>,
    undone: Vec<Undone>,
}

/// What became of undoing a step.
#[derive(Debug, Clone)]
pub struct Undone {
    /// The number of the step, from 0.
    pub step: usize,
    /// The action that should undo it; `None` if the executor knows none.
    pub record: Option<Record>,
}

impl Plan {
    pub(crate) fn new(steps: Vec<Decided>) -> Self {
        Self { steps }
    }

    /// The actions in the order they were given.
    #[must_use]
    pub fn steps(&self) -> &[Decided] {
        &self.steps
    }

    /// How many actions have this approval.
    #[must_use]
    pub fn count(&self, approval: Approval) -> usize {
        self.steps
            .iter()
            .filter(|step| step.approval() == approval)
            .count()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (auto, ask, block) = (
            self.count(Approval::Auto),
            self.count(Approval::Approve),
            self.count(Approval::Block),
        );
        let total = self.steps.len();
        let noun = if total == 1 { "action" } else { "actions" };
        write!(
            f,
            "{total} {noun}: {auto} automatic, {ask} to approve, {block} blocked"
        )?;
        for (number, step) in self.steps.iter().enumerate() {
            let (approval, risk) = (step.approval().as_str(), step.risk().as_str());
            let number = number + 1;
            write!(
                f,
                "\n{number:>4}  {approval:<7}  {risk:<8}  {}",
                step.action()
            )?;
            write!(f, "  ({}", step.decided_by())?;
            match step.reason() {
                Some(reason) => write!(f, ": {})", crate::show::neutral(&reason))?,
                None => f.write_str(")")?,
            }
        }
        Ok(())
    }
}

impl PlanRecord {
    /// What became of each action, in the order of the plan.
    #[must_use]
    pub fn steps(&self) -> &[Record] {
        &self.steps
    }

    /// What was undone, in the order it was tried.
    #[must_use]
    pub fn undone(&self) -> &[Undone] {
        &self.undone
    }

    /// Whether every action is done.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.steps.iter().all(|step| step.outcome().is_done())
    }
}

impl fmt::Display for PlanRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = self
            .steps
            .iter()
            .filter(|step| step.outcome().is_done())
            .count();
        write!(f, "{done} of {} done", self.steps.len())?;
        for (number, step) in self.steps.iter().enumerate() {
            write!(f, "\n{:>4}  {step}", number + 1)?;
        }
        for undone in &self.undone {
            match &undone.record {
                Some(record) => write!(f, "\nundo {}  {record}", undone.step + 1)?,
                None => write!(f, "\nundo {}  nothing is known to undo it", undone.step + 1)?,
            }
        }
        Ok(())
    }
}

pub(crate) async fn execute(runtime: &Runtime, plan: Plan, options: PlanOptions) -> PlanRecord {
    let inner = runtime.inner();
    let steps: Vec<Decided> = plan
        .steps
        .iter()
        .map(|step| inner.decide_again(step))
        .collect();
    let hopeless = options.fail_fast && steps.iter().any(|s| s.approval() == Approval::Block);
    let mut work = Work {
        runtime,
        records: steps.iter().map(|_| None).collect(),
        finished: Vec::new(),
        failed: false,
    };
    let runs = |step: &Decided| !hopeless || step.approval() == Approval::Block;
    let mut running = JoinSet::new();
    for (number, step) in steps.iter().enumerate() {
        if !runs(step) {
            continue;
        }
        while running.len() >= options.parallel.max(1) {
            work.finish(running.join_next().await);
        }
        if work.failed && options.fail_fast && !hopeless {
            break;
        }
        let (runtime, step) = (runtime.clone(), step.clone());
        running.spawn(async move {
            let decided = runtime.inner().decide_again(&step);
            (number, Flight::new(runtime.inner(), decided).fly().await)
        });
    }
    while !running.is_empty() {
        work.finish(running.join_next().await);
    }
    let undone = if work.failed && options.rollback {
        work.undo().await
    } else {
        Vec::new()
    };
    let mut records = Vec::with_capacity(steps.len());
    for (record, step) in work.records.into_iter().zip(steps) {
        records.push(match record {
            Some(record) => record,
            None => skip(runtime, step).await,
        });
    }
    PlanRecord {
        steps: records,
        undone,
    }
}

struct Work<'a> {
    runtime: &'a Runtime,
    records: Vec<Option<Record>>,
    /// Steps that did something, in the order they ended.
    finished: Vec<(usize, Decided, Output)>,
    failed: bool,
}

impl Work<'_> {
    fn finish(&mut self, ended: Option<Result<(usize, Record), tokio::task::JoinError>>) {
        // A task ends badly only if the program ends: executors that panic are caught.
        let Some(Ok((number, record))) = ended else {
            self.failed = true;
            return;
        };
        self.failed |= !record.outcome().is_done();
        if let Some(output) = record.outcome().output() {
            let step = (number, record.decided().clone(), output.clone());
            self.finished.push(step);
        }
        if let Some(place) = self.records.get_mut(number) {
            *place = Some(record);
        }
    }

    /// Undoes what was done, the last first.
    async fn undo(&mut self) -> Vec<Undone> {
        let mut undone = Vec::new();
        let finished = std::mem::take(&mut self.finished);
        for (step, decided, output) in finished.into_iter().rev() {
            let executor = &self.runtime.inner().executor;
            let undo = guarded::call(|| executor.undo(&decided, &output))
                .ok()
                .flatten();
            let record = match undo {
                Some(action) => {
                    let original = decided.action();
                    let action = match action.agent_name().original() {
                        "" => action.agent(original.agent_name().original()),
                        _ => action,
                    };
                    let action = match (action.session_id(), original.session_id()) {
                        (None, Some(session)) => action.session(session),
                        _ => action,
                    };
                    Some(self.runtime.run_one(action).await)
                }
                None => None,
            };
            self.note(&decided, record.as_ref()).await;
            undone.push(Undone { step, record });
        }
        undone
    }

    async fn note(&self, decided: &Decided, record: Option<&Record>) {
        let inner = self.runtime.inner();
        let entry = inner.journal.submit(|| {
            let (word, by) = match record {
                Some(record) if record.outcome().is_done() => {
                    (aegis_audit::Outcome::RolledBack, record.to_string())
                }
                Some(record) => (aegis_audit::Outcome::RollbackFailed, record.to_string()),
                None => {
                    let nothing = "nothing is known to undo it".to_owned();
                    (aegis_audit::Outcome::RollbackFailed, nothing)
                }
            };
            let event = Event::entry(word)
                .at(journal::time(inner.clock.now()))
                .detail("undo", by);
            journal::about_event(event, decided, Id::new())
        });
        // The undoing itself is recorded already; this only ties it to what it undid.
        let _ = inner.journal.durable(entry, &inner.hooks).await;
    }
}

async fn skip(runtime: &Runtime, decided: Decided) -> Record {
    let inner = runtime.inner();
    let entry = inner.journal.submit(|| {
        let event = Event::entry(aegis_audit::Outcome::Cancelled)
            .at(journal::time(inner.clock.now()))
            .error("skipped: another action of its plan failed or is blocked");
        journal::about_event(event, &decided, Id::new())
    });
    let outcome = match inner.journal.durable(entry, &inner.hooks).await {
        Ok(()) => Outcome::Skipped,
        Err(error) => Outcome::NotRecorded(error),
    };
    Record {
        decided,
        outcome,
        approved_by: None,
        attempts: 0,
        durations: Vec::new(),
    }
}
