//! One action on its way: evaluate, approve, execute, verify, audit.
//!
//! A flight knows at any time what has been recorded and what may have happened, so that it can be
//! dropped anywhere and still leaves a true record.

use std::time::Duration;

use aegis_audit::event;
use aegis_audit::{AuditError, Event, Id};
use aegis_policy::model::{Approval, Effect};

use crate::approval::{self, Denial, Request, Yes};
use crate::builder::WriteAhead;
use crate::clock::after;
use crate::decided::Decided;
use crate::ends::{end_word, refusal_event, response};
use crate::executor::{Failure, Output, Verified};
use crate::guarded;
use crate::hooks::{tell, tell2};
use crate::identity::NotPermitted;
use crate::journal::{self, Entry, Journal};
use crate::limits::Reservation;
use crate::outcome::{Outcome, Record, Stage};
use crate::random;
use crate::runtime::Inner;

/// One action on its way.
pub(crate) struct Flight<'a> {
    inner: &'a Inner,
    decided: Decided,
    id: Option<Id>,
    stage: Stage,
    since: Duration,
    durations: Vec<(Stage, Duration)>,
    attempts: u32,
    approved_by: Option<String>,
    reservation: Option<Reservation>,
    /// Events that need not be durable before the action runs, but before its end is told.
    owed: Vec<Entry>,
    /// Something was recorded and the end was not: a drop has to say so.
    open: bool,
}

impl<'a> Flight<'a> {
    pub(crate) fn new(inner: &'a Inner, decided: Decided) -> Self {
        Self {
            inner,
            decided,
            id: None,
            stage: Stage::Evaluate,
            since: inner.clock.elapsed(),
            durations: Vec::new(),
            attempts: 0,
            approved_by: None,
            reservation: None,
            owed: Vec::new(),
            open: false,
        }
    }

    /// The identifier that ties the events together.
    fn id(&mut self) -> Id {
        *self.id.get_or_insert_with(Id::new)
    }

    /// The whole way.
    pub(crate) async fn fly(mut self) -> Record {
        let outcome = match self.stages().await {
            Ok(outcome) | Err(outcome) => outcome,
        };
        self.land(outcome).await
    }

    async fn stages(&mut self) -> Result<Outcome, Outcome> {
        self.evaluate().await?;
        if self.decided.approval() == Approval::Approve {
            self.approve().await?;
        }
        let output = self.execute().await?;
        self.verify(output).await
    }

    fn enter(&mut self, stage: Stage) {
        let now = self.inner.clock.elapsed();
        self.durations
            .push((self.stage, now.saturating_sub(self.since)));
        self.stage = stage;
        self.since = now;
    }

    /// Hands an event to the store.
    fn submit(&mut self, make: impl FnOnce(&Decided, Id) -> Event) -> Entry {
        if !self.inner.journal.keeps() {
            return Journal::nowhere();
        }
        let id = self.id();
        let decided = &self.decided;
        self.inner.journal.submit(|| make(decided, id))
    }

    async fn durable(&self, entries: impl IntoIterator<Item = Entry>) -> Result<(), AuditError> {
        for entry in entries {
            self.inner.journal.durable(entry, &self.inner.hooks).await?;
        }
        Ok(())
    }

    /// Identity, policy, limits; and the record of what they said.
    async fn evaluate(&mut self) -> Result<(), Outcome> {
        let refusal = self.admit().err();
        tell(&self.inner.hooks.decision, &self.decided);
        let now = journal::time(self.inner.clock.now());
        let mut entries = vec![self.submit(|decided, id| {
            let event = journal::decision_event(decided, id);
            match &refusal {
                Some(Outcome::NotPermitted(why)) => event
                    .outcome(aegis_audit::Outcome::Blocked)
                    .error(why.to_string()),
                _ => event,
            }
        })];
        if let Some(refusal) = refusal {
            if let Some(event) = refusal_event(&refusal) {
                let about = |decided: &Decided, id| journal::about_event(event, decided, id);
                entries.push(self.submit(|decided, id| about(decided, id).at(now)));
            }
            return match self.durable(entries).await {
                Ok(()) => Err(refusal),
                Err(error) => Err(Outcome::NotRecorded(error)),
            };
        }
        self.open = true;
        match self.decided.approval() {
            // Made durable together with the question.
            Approval::Approve => self.owed = entries,
            _ if self.may_owe() => self.owed = entries,
            _ => self
                .durable(entries)
                .await
                .map_err(|error| self.unrecorded(error))?,
        }
        Ok(())
    }

    fn may_owe(&self) -> bool {
        self.inner.write_ahead == WriteAhead::UnlessRead
            && self.decided.decision().effect.effect == Some(Effect::Read)
    }

    /// The action does not run, since its record failed.
    fn unrecorded(&mut self, error: AuditError) -> Outcome {
        self.open = false;
        Outcome::NotRecorded(error)
    }

    /// Whether the action may go on, and room for it in all limits.
    fn admit(&mut self) -> Result<(), Outcome> {
        let chain = self.permits().map_err(Outcome::NotPermitted)?;
        self.decided = self.decided.clone().on_behalf(chain);
        if self.decided.approval() == Approval::Block {
            return Err(Outcome::Blocked);
        }
        let inner = self.inner;
        let handles = guarded::call(|| inner.executor.handles(self.decided.action()));
        if handles != Ok(true) {
            return Err(Outcome::NoExecutor);
        }
        let now = inner.clock.elapsed();
        let agent = self.decided.action().agent_name();
        if let Some(loops) = &inner.loops {
            loops.note(&self.decided, now).map_err(Outcome::Looping)?;
        }
        if inner.budgets.concern(agent) {
            let price = inner.price.as_ref();
            let price = price.and_then(|price| {
                guarded::call(|| price(self.decided.action()))
                    .ok()
                    .flatten()
            });
            let reserved = inner.budgets.reserve(agent, price, now);
            self.reservation = Some(reserved.map_err(Outcome::OverBudget)?);
        }
        if let Err(limited) = inner.rates.take(agent, now) {
            self.release();
            return Err(Outcome::RateLimited(limited));
        }
        Ok(())
    }

    fn permits(&self) -> Result<Vec<Box<str>>, NotPermitted> {
        let Some(directory) = &self.inner.directory else {
            return Ok(Vec::new());
        };
        let action = self.decided.action();
        directory.permits(
            action.agent_name(),
            action.kind_name(),
            self.inner.clock.now(),
        )
    }

    fn release(&mut self) {
        if let Some(reservation) = self.reservation.take() {
            reservation.release();
        }
    }

    /// Asks a person, and decides again: while they thought, the policy, the time or the agent's
    /// standing may have changed.
    async fn approve(&mut self) -> Result<(), Outcome> {
        self.enter(Stage::Approve);
        let (request, asked) = self.request();
        let question = asked.clone();
        let mut entries = std::mem::take(&mut self.owed);
        entries.push(self.submit(|decided, id| {
            journal::about_event(
                Event::approval_request(event::Action::default(), question),
                decided,
                id,
            )
        }));
        if let Err(error) = self.durable(entries).await {
            return Err(self.unrecorded(error));
        }
        let answer = match (&self.inner.approver, request.code.as_str()) {
            (None, _) => Err(Denial::NobodyToAsk),
            (_, "") => Err(Denial::DoesNotCount(
                "the system gives no random numbers".into(),
            )),
            (Some(approver), _) => approval::ask(&**approver, &request, &*self.inner.clock).await,
        };
        tell2(&self.inner.hooks.approval, &request, &answer);
        let response = response(asked, &answer, journal::time(self.inner.clock.now()));
        let channel = answer.as_ref().ok().map(|yes| yes.channel.clone());
        let entry = self.submit(|decided, id| {
            let event = journal::about_event(Event::approval_response(response), decided, id);
            match channel {
                Some(channel) => event.detail("channel", channel),
                None => event,
            }
        });
        if let Err(error) = self.durable([entry]).await {
            return Err(self.unrecorded(error));
        }
        match answer {
            Ok(yes) => self.approved(yes).await,
            Err(denial) => Err(Outcome::Denied(denial)),
        }
    }

    fn request(&mut self) -> (Request, event::Approval) {
        let (id, asked) = (Id::new(), self.inner.clock.now());
        let patience = self.inner.timeouts.approve;
        let request = Request {
            id,
            code: random::code().unwrap_or_default(),
            params: self.inner.journal.redacted(self.decided.action()),
            decided: self.decided.clone(),
            asked,
            deadline: after(asked, patience),
            patience,
        };
        let mut approval = event::Approval::request(id);
        approval.requested_at = journal::time(asked);
        approval.timeout_seconds = Some(patience.as_secs());
        (request, approval)
    }

    async fn approved(&mut self, yes: Yes) -> Result<(), Outcome> {
        let again = self.inner.decide_again(&self.decided);
        let changed = again.version().digest() != self.decided.version().digest()
            || again.decision() != self.decided.decision();
        self.decided = again;
        let permitted = self.permits();
        if changed || permitted.is_err() {
            let why = permitted.as_ref().err().map(ToString::to_string);
            let entry = self.submit(|decided, id| {
                let event = journal::decision_event(decided, id).detail("decided", "again");
                match why {
                    Some(why) => event.outcome(aegis_audit::Outcome::Blocked).error(why),
                    None => event,
                }
            });
            if let Err(error) = self.durable([entry]).await {
                return Err(self.unrecorded(error));
            }
        }
        if let Err(why) = permitted {
            return Err(Outcome::NotPermitted(why));
        }
        if self.decided.approval() == Approval::Block {
            return Err(Outcome::Blocked);
        }
        if yes.digest != self.decided.digest() {
            let why = "it names another action".to_owned();
            return Err(Outcome::Denied(Denial::DoesNotCount(why)));
        }
        self.approved_by = Some(yes.by);
        Ok(())
    }

    async fn execute(&mut self) -> Result<Output, Outcome> {
        self.enter(Stage::Execute);
        let inner = self.inner;
        loop {
            self.attempts = self.attempts.saturating_add(1);
            let running = guarded::wait(|| inner.executor.execute(&self.decided));
            let error = match tokio::time::timeout(inner.timeouts.execute, running).await {
                Err(_) => return Err(Outcome::TimedOut),
                Ok(Err(panic)) => return Err(Outcome::Panicked(panic.0)),
                Ok(Ok(Ok(output))) => return Ok(output),
                Ok(Ok(Err(error))) => error,
            };
            let Some(wait) = inner.retry.wait(self.attempts, &error, random::spread()) else {
                return Err(Outcome::Failed(error));
            };
            tokio::time::sleep(wait).await;
            let again = inner.decide_again(&self.decided);
            let stricter = again.approval() > self.decided.approval();
            if stricter || self.permits().is_err() {
                return Err(Outcome::Failed(error));
            }
            self.decided = again;
        }
    }

    async fn verify(&mut self, output: Output) -> Result<Outcome, Outcome> {
        self.enter(Stage::Verify);
        let inner = self.inner;
        let looking = guarded::wait(|| inner.executor.verify(&self.decided, &output));
        let found = tokio::time::timeout(inner.timeouts.verify, looking).await;
        let unverified = |message: &str| crate::executor::ExecError::uncertain(message);
        Ok(match found {
            Ok(Ok(Ok(Verified::Confirmed))) => Outcome::Done {
                output,
                verified: true,
            },
            Ok(Ok(Ok(Verified::Unchecked))) => Outcome::Done {
                output,
                verified: false,
            },
            Ok(Ok(Ok(Verified::Wrong(difference)))) => Outcome::Wrong { output, difference },
            Ok(Ok(Err(error))) => Outcome::Unverified { output, error },
            Ok(Err(panic)) => {
                let error = unverified(&format!("verification panicked: {}", panic.0));
                Outcome::Unverified { output, error }
            }
            Err(_) => {
                let error = unverified("verification did not end in time");
                Outcome::Unverified { output, error }
            }
        })
    }

    /// Settles what was set aside, records the end, and tells it.
    async fn land(mut self, outcome: Outcome) -> Record {
        self.settle(&outcome);
        let mut outcome = outcome;
        if outcome.ran() {
            self.enter(Stage::Audit);
            tell2(&self.inner.hooks.execute, &self.decided, &outcome);
            let mut entries = std::mem::take(&mut self.owed);
            entries.push(self.end(&outcome));
            // From here on the end is in the hands of the store, even if nobody waits for it.
            self.open = false;
            if let Err(error) = self.durable(entries).await {
                let ended = Box::new(outcome);
                outcome = Outcome::RanUnrecorded { error, ended };
            }
        }
        self.open = false;
        self.enter(Stage::Audit);
        Record {
            decided: self.decided.clone(),
            outcome,
            approved_by: self.approved_by.take(),
            attempts: self.attempts,
            durations: std::mem::take(&mut self.durations),
        }
    }

    fn settle(&mut self, outcome: &Outcome) {
        let Some(reservation) = self.reservation.take() else {
            return;
        };
        let nothing_happened = match outcome {
            Outcome::Failed(error) => error.kind == Failure::Transient,
            outcome => !outcome.ran(),
        };
        if nothing_happened {
            reservation.release();
        } else {
            let cost = outcome.output().and_then(|output| output.cost);
            reservation.spent(cost, self.inner.clock.elapsed());
        }
    }

    fn end(&mut self, outcome: &Outcome) -> Entry {
        let (attempts, durations) = (self.attempts, self.durations.clone());
        let (now, approved_by) = (self.inner.clock.now(), self.approved_by.clone());
        self.submit(|decided, id| {
            let mut event = Event::entry(end_word(outcome)).attempt(attempts);
            for (stage, took) in durations {
                event = event.duration(stage.as_str(), took);
            }
            if let Some(by) = approved_by {
                event = event.detail("approved_by", by);
            }
            if let Some(cost) = outcome.output().and_then(|output| output.cost) {
                event = event.detail("cost", cost.to_string());
            }
            event = match outcome {
                Outcome::Done { verified, .. } => event.detail("verified", *verified),
                other => event.error(other.to_string()),
            };
            journal::about_event(event, decided, id).at(journal::time(now))
        })
    }
}

impl Drop for Flight<'_> {
    /// The caller gave up: the record says so, and money that may be gone counts as spent.
    fn drop(&mut self) {
        if self.stage < Stage::Execute {
            self.release();
        }
        if self.open {
            let (stage, attempts) = (self.stage, self.attempts);
            let now = journal::time(self.inner.clock.now());
            drop(self.submit(|decided, id| {
                let event = Event::entry(aegis_audit::Outcome::Cancelled)
                    .attempt(attempts)
                    .error(format!("the caller gave up at the stage `{stage}`"));
                journal::about_event(event, decided, id).at(now)
            }));
        }
    }
}
