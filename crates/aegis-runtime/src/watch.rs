//! Following a policy file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aegis_audit::Event;
use aegis_policy::policy::Policy;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::digest::Digest;
use crate::journal;
use crate::runtime::Runtime;

/// Follows a policy file until it is dropped.
#[derive(Debug)]
pub struct Watch {
    state: watch::Receiver<WatchState>,
    task: JoinHandle<()>,
}

/// What became of the last content of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchState {
    /// Nobody has looked yet.
    Starting,
    /// It is in force; the digest is that of the policy.
    InForce(Digest),
    /// It is not in force, and the policy before it is; the text says why.
    Refused(String),
}

impl Watch {
    pub(crate) fn start(runtime: Runtime, path: PathBuf, every: Duration) -> Self {
        let (sender, state) = watch::channel(WatchState::Starting);
        let task = tokio::spawn(follow(runtime, path, every, sender));
        Self { state, task }
    }

    /// What became of the last content.
    #[must_use]
    pub fn state(&self) -> WatchState {
        self.state.borrow().clone()
    }

    /// Waits until that changes, and says what it is then. `None` if the watch has ended.
    pub async fn changed(&mut self) -> Option<WatchState> {
        self.state.changed().await.ok()?;
        Some(self.state.borrow_and_update().clone())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a look at the file finds: its bytes, or why they cannot be read.
type Look = Result<Vec<u8>, String>;

async fn follow(
    runtime: Runtime,
    path: PathBuf,
    every: Duration,
    state: watch::Sender<WatchState>,
) {
    let (mut before, mut settled): (Option<Look>, Option<Look>) = (None, None);
    loop {
        let look = look(&path).await;
        // A file that is being written may load and lack its last rules. Two looks that find the
        // same find a file that nobody writes.
        let quiet = before.as_ref() == Some(&look);
        if quiet && settled.as_ref() != Some(&look) {
            let now = apply(&runtime, &path, look.clone()).await;
            // A change that could not be recorded is tried again at the next look.
            if !matches!(&now, Err(Unapplied::NotRecorded(_))) {
                settled = Some(look.clone());
            }
            let now = match now {
                Ok(digest) => WatchState::InForce(digest),
                Err(Unapplied::Bad(why) | Unapplied::NotRecorded(why)) => WatchState::Refused(why),
            };
            state.send_replace(now);
        }
        before = Some(look);
        tokio::time::sleep(every).await;
    }
}

async fn look(path: &Path) -> Look {
    let path = path.to_owned();
    let read = tokio::task::spawn_blocking(move || std::fs::read(path)).await;
    match read {
        Ok(read) => read.map_err(|error| format!("it cannot be read: {error}")),
        Err(error) => Err(format!("it cannot be read: {error}")),
    }
}

enum Unapplied {
    Bad(String),
    NotRecorded(String),
}

async fn apply(runtime: &Runtime, path: &Path, look: Look) -> Result<Digest, Unapplied> {
    let name = path.to_string_lossy().into_owned();
    let policy = match look {
        Ok(bytes) => load(name.clone(), bytes).await,
        Err(why) => Err(why),
    };
    match policy {
        Ok(policy) => {
            let updated = runtime.update_policy(policy).await;
            let version = updated.map_err(|error| Unapplied::NotRecorded(error.to_string()))?;
            Ok(version.digest())
        }
        Err(why) => {
            refused(runtime, &name, &why).await;
            Err(Unapplied::Bad(why))
        }
    }
}

async fn load(name: String, bytes: Vec<u8>) -> Result<Policy, String> {
    let load = move || {
        let text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
        Policy::load(&name, &text).map_err(|problems| problems.to_string())
    };
    let loaded = tokio::task::spawn_blocking(load).await;
    loaded.map_err(|error| error.to_string()).flatten()
}

/// Records that a file was refused. If even that fails there is nothing more to do here: the policy
/// in force stays, and every action meets the same failure.
async fn refused(runtime: &Runtime, name: &str, why: &str) {
    let inner = runtime.inner();
    let entry = inner.journal.submit(|| {
        Event::entry(aegis_audit::Outcome::Failed)
            .at(journal::time(inner.clock.now()))
            .policy_digest(journal::hash(inner.version().digest()).to_string())
            .detail("policy_file", name)
            .error(format!(
                "the policy file was refused, and the policy before it stays: {why}"
            ))
    });
    let _ = inner.journal.durable(entry, &inner.hooks).await;
}
