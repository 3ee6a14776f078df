//! Sinks: events that are handed on from a store to somewhere else.
//!
//! A sink is behind the store, never beside it: a thread reads what is in the store and hands it on
//! in order. So a sink never blocks who writes, its queue is the store itself and cannot run over,
//! and what it could not take is handed on later, also after a restart. An event may arrive twice,
//! never not at all; its `event_id` tells.

mod jsonl;
mod webhook;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

pub use jsonl::JsonlSink;
pub use webhook::{Post, WebhookSink};

use crate::error::AuditError;
use crate::sqlite::{Filter, Reader, Record, set_next};

/// Events that are handed on together.
const BATCH: usize = 256;
/// How often the store is looked at.
const PAUSE: Duration = Duration::from_millis(100);
/// The longest wait after a failure.
const MAX_WAIT: Duration = Duration::from_secs(60);
/// The longest wait that the other side may ask for.
const MAX_ASKED: Duration = Duration::from_secs(3600);

/// Why a sink did not take events.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct SinkError {
    why: String,
    after: Option<Duration>,
}

impl SinkError {
    /// An error with its reason: lower case, no full stop.
    pub fn new(why: impl Into<String>) -> Self {
        let why = why.into();
        Self { why, after: None }
    }

    /// How long the other side asks to be left alone. No more than an hour is heard.
    #[must_use]
    pub fn after(mut self, wait: Duration) -> Self {
        self.after = Some(wait.min(MAX_ASKED));
        self
    }

    /// How long nothing should be handed over, if somebody asked for that.
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        self.after
    }
}

/// Takes events.
pub trait Sink: Send + fmt::Debug {
    /// A name by which the store remembers how far it is. Two sinks of a store have two names.
    fn name(&self) -> &str;

    /// The place from which on it wants events; `None` if the store should remember.
    ///
    /// # Errors
    ///
    /// If it cannot tell.
    fn next(&mut self) -> Result<Option<u64>, SinkError> {
        Ok(None)
    }

    /// Takes events, in order. Once this returns they are delivered.
    ///
    /// # Errors
    ///
    /// If they are not; all of them are handed over again later.
    fn deliver(&mut self, events: &[Record]) -> Result<(), SinkError>;
}

/// How a sink is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkState {
    /// The place of the next event it gets.
    pub next: u64,
    /// How many deliveries failed.
    pub failures: u64,
    /// Why the last delivery failed; `None` if it did not.
    pub failing: Option<String>,
}

/// Hands the events of a store on to a sink, until it is dropped.
#[derive(Debug)]
pub struct Follower {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    next: AtomicU64,
    failures: AtomicU64,
    failing: Mutex<Option<String>>,
    stopped: AtomicBool,
    /// Woken to stop.
    gate: Mutex<()>,
    changed: Condvar,
}

impl Follower {
    /// Starts to hand on what is in a store, from where the sink was before.
    ///
    /// # Errors
    ///
    /// If the store cannot be read, or the sink cannot tell where it is.
    pub fn start(path: &Path, mut sink: Box<dyn Sink>) -> Result<Self, AuditError> {
        let reader = Reader::open(path)?;
        let name = sink.name().to_owned();
        let failed = |e: SinkError| AuditError::Storage(format!("sink `{name}`: {e}"));
        let own = sink.next().map_err(failed)?;
        let next = match own {
            Some(next) => next,
            None => reader.sink(&name)?.unwrap_or(0),
        };
        let shared = Arc::new(Shared::default());
        shared.next.store(next, Ordering::Relaxed);
        let work = Work {
            path: path.to_owned(),
            remembers: own.is_none(),
            shared: Arc::clone(&shared),
        };
        let thread = thread::Builder::new()
            .name(format!("aegis-audit-{name}"))
            .spawn(move || work.run(&reader, sink))
            .map_err(|e| AuditError::Storage(e.to_string()))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// How it is doing.
    #[must_use]
    pub fn state(&self) -> SinkState {
        let failing = self.shared.failing.lock();
        SinkState {
            next: self.shared.next.load(Ordering::Acquire),
            failures: self.shared.failures.load(Ordering::Relaxed),
            failing: failing.unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

impl Drop for Follower {
    /// Tries once to hand on what is left, unless the other side asked for patience.
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Release);
        // Whoever has seen that it goes on is waiting by now.
        drop(self.shared.gate.lock());
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // What it could not hand on stays in the store.
            let _ = thread.join();
        }
    }
}

struct Work {
    path: PathBuf,
    /// Whether the store remembers how far the sink is.
    remembers: bool,
    shared: Arc<Shared>,
}

impl Work {
    fn run(&self, reader: &Reader, mut sink: Box<dyn Sink>) {
        let mut backoff = PAUSE;
        loop {
            let last = self.shared.stopped.load(Ordering::Acquire);
            let (wait, asked) = match self.step(reader, sink.as_mut()) {
                Ok(more) => {
                    backoff = PAUSE;
                    if more {
                        continue;
                    }
                    self.note(None);
                    (PAUSE, false)
                }
                Err(error) => {
                    self.shared.failures.fetch_add(1, Ordering::Relaxed);
                    backoff = (backoff * 2).min(MAX_WAIT);
                    self.note(Some(error.to_string()));
                    (error.wait().unwrap_or(backoff), error.wait().is_some())
                }
            };
            if last || !self.pause(wait) && asked {
                return;
            }
        }
    }

    /// Hands on some events; whether there were any.
    fn step(&self, reader: &Reader, sink: &mut dyn Sink) -> Result<bool, SinkError> {
        let failed = |e: AuditError| SinkError::new(e.to_string());
        let next = self.shared.next.load(Ordering::Acquire);
        let filter = Filter {
            after: next.checked_sub(1),
            ..Filter::default()
        };
        let mut events: Vec<Record> = Vec::new();
        let mut take = |record| {
            events.push(record);
            events.len() < BATCH
        };
        reader.walk(&filter, &mut take).map_err(failed)?;
        let Some(last) = events.last() else {
            return Ok(false);
        };
        let after = last.sequence + 1;
        sink.deliver(&events)?;
        if self.remembers {
            set_next(&self.path, sink.name(), after).map_err(failed)?;
        }
        self.shared.next.store(after, Ordering::Release);
        Ok(true)
    }

    fn note(&self, failing: Option<String>) {
        *self
            .shared
            .failing
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = failing;
    }

    /// Waits; `false` if that was cut short because it is to end.
    fn pause(&self, wait: Duration) -> bool {
        let until = Instant::now() + wait;
        let stopped = || self.shared.stopped.load(Ordering::Acquire);
        let gate = self
            .shared
            .gate
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .shared
            .changed
            .wait_timeout_while(gate, wait, |()| !stopped());
        drop(waited);
        Instant::now() >= until
    }
}
