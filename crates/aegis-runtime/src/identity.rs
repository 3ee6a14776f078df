//! Who agents are, and what they may hand on to other agents.
//!
//! Capabilities only ever restrict: the policy still decides about every action.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use aegis_policy::clock::Moment;
use aegis_policy::glob::{Glob, GlobError};
use aegis_policy::name::Name;

/// Delegations are refused beyond this depth unless the directory is told otherwise.
const DEPTH: usize = 4;

/// The agents that a runtime knows. Shared between threads; changes hold from the next action on.
#[derive(Debug)]
pub struct Directory {
    agents: RwLock<BTreeMap<Box<str>, Agent>>,
    depth: usize,
}

#[derive(Debug)]
struct Agent {
    /// As it was written.
    name: Box<str>,
    parent: Option<Box<str>>,
    capabilities: Vec<Glob>,
    expires: Option<Moment>,
    revoked: bool,
}

/// Why an agent may not do something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotPermitted {
    /// Nobody registered it.
    #[error("agent `{0}` is not registered")]
    Unknown(String),
    /// It, or an agent on whose behalf it acts, was revoked.
    #[error("agent `{0}` was revoked")]
    Revoked(String),
    /// It, or an agent on whose behalf it acts, was registered for a time that is over.
    #[error("the registration of agent `{0}` has expired")]
    Expired(String),
    /// It, or an agent on whose behalf it acts, lacks the capability.
    #[error("agent `{agent}` has no capability for `{action}`")]
    Lacks {
        /// The agent that lacks it.
        agent: String,
        /// The action type.
        action: String,
    },
}

/// Why an agent was not registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// There is one of that name, perhaps revoked: a name is given once.
    #[error("agent `{0}` is registered already")]
    Exists(String),
    /// An agent needs a name.
    #[error("an agent needs a name")]
    NoName,
    /// The one that delegates may not act itself.
    #[error(transparent)]
    Parent(#[from] NotPermitted),
    /// The chain would become too long.
    #[error("`{agent}` would be delegate number {depth}, and at most {most} are allowed")]
    TooDeep {
        /// Who would be added.
        agent: String,
        /// At which depth.
        depth: usize,
        /// The deepest that is allowed.
        most: usize,
    },
    /// A capability is no pattern.
    #[error("capability `{pattern}`: {}", error.message)]
    Pattern {
        /// What was given.
        pattern: String,
        /// What is wrong with it.
        error: GlobError,
    },
}

impl Default for Directory {
    fn default() -> Self {
        Self::new()
    }
}

impl Directory {
    /// Nobody.
    #[must_use]
    pub fn new() -> Self {
        Self {
            agents: RwLock::default(),
            depth: DEPTH,
        }
    }

    /// Sets how many delegations may follow each other; 0 allows none.
    #[must_use]
    pub fn depth(mut self, depth: usize) -> Self {
        self.depth = depth;
        self
    }

    /// Registers an agent that acts for itself. Capabilities are patterns of action types.
    ///
    /// # Errors
    /// A name that is taken or empty, and a capability that is no pattern.
    pub fn register(
        &self,
        agent: &str,
        capabilities: &[&str],
        expires: Option<Moment>,
    ) -> Result<(), DirectoryError> {
        self.add(agent, None, capabilities, expires)
    }

    /// Registers an agent that acts on behalf of another. It can do what its own capabilities and
    /// those of every agent above it allow, and only as long as all of them may act.
    ///
    /// # Errors
    /// As [`register`](Self::register); also if the other may not act at `now`, or the chain becomes too long.
    pub fn delegate(
        &self,
        from: &str,
        to: &str,
        capabilities: &[&str],
        expires: Option<Moment>,
        now: Moment,
    ) -> Result<(), DirectoryError> {
        let from = Name::new(from);
        let depth = {
            let agents = self.agents.read().unwrap_or_else(PoisonError::into_inner);
            chain(&agents, &from, now)?.len()
        };
        if depth > self.depth {
            return Err(DirectoryError::TooDeep {
                agent: to.to_owned(),
                depth,
                most: self.depth,
            });
        }
        self.add(to, Some(from.canonical()), capabilities, expires)
    }

    fn add(
        &self,
        agent: &str,
        parent: Option<&str>,
        capabilities: &[&str],
        expires: Option<Moment>,
    ) -> Result<(), DirectoryError> {
        let name = Name::new(agent);
        if name.canonical().is_empty() {
            return Err(DirectoryError::NoName);
        }
        let mut globs = Vec::with_capacity(capabilities.len());
        for pattern in capabilities {
            globs.push(
                Glob::parse(pattern).map_err(|error| DirectoryError::Pattern {
                    pattern: (*pattern).to_owned(),
                    error,
                })?,
            );
        }
        let mut agents = self.agents.write().unwrap_or_else(PoisonError::into_inner);
        if agents.contains_key(name.canonical()) {
            return Err(DirectoryError::Exists(agent.to_owned()));
        }
        agents.insert(
            name.canonical().into(),
            Agent {
                name: agent.into(),
                parent: parent.map(Into::into),
                capabilities: globs,
                expires,
                revoked: false,
            },
        );
        Ok(())
    }

    /// Revokes an agent and with it all that act on its behalf, for good; `false` if there is none.
    pub fn revoke(&self, agent: &str) -> bool {
        let mut agents = self.agents.write().unwrap_or_else(PoisonError::into_inner);
        match agents.get_mut(Name::new(agent).canonical()) {
            Some(agent) => {
                agent.revoked = true;
                true
            }
            None => false,
        }
    }

    /// On whose behalf an agent acts, the one who answers for all first and the agent itself last,
    /// if all of them may do this.
    ///
    /// # Errors
    /// The first reason, from the top of the chain, why it may not.
    pub fn permits(
        &self,
        agent: &Name,
        kind: &Name,
        now: Moment,
    ) -> Result<Vec<Box<str>>, NotPermitted> {
        let agents = self.agents.read().unwrap_or_else(PoisonError::into_inner);
        let chain = chain(&agents, agent, now)?;
        for link in &chain {
            if !link.capabilities.iter().any(|glob| grants(glob, kind)) {
                return Err(NotPermitted::Lacks {
                    agent: link.name.to_string(),
                    action: kind.original().to_owned(),
                });
            }
        }
        Ok(chain.iter().map(|link| link.name.clone()).collect())
    }
}

/// A name with characters beyond ASCII is granted only by a pattern that spells them, as in a policy.
fn grants(glob: &Glob, kind: &Name) -> bool {
    match kind.is_foreign() {
        true => glob.matches_spelled(kind.canonical()),
        false => glob.matches(kind.canonical()),
    }
}

/// From the top to the agent; all of them may act.
fn chain<'a>(
    agents: &'a BTreeMap<Box<str>, Agent>,
    agent: &Name,
    now: Moment,
) -> Result<Vec<&'a Agent>, NotPermitted> {
    let unknown = || NotPermitted::Unknown(agent.original().to_owned());
    let mut links = vec![agents.get(agent.canonical()).ok_or_else(unknown)?];
    // Parents are registered before their delegates, so the way up ends.
    while let Some(parent) = links.last().and_then(|link| link.parent.as_ref()) {
        links.push(agents.get(parent).ok_or_else(unknown)?);
    }
    links.reverse();
    for link in &links {
        if link.revoked {
            return Err(NotPermitted::Revoked(link.name.to_string()));
        }
        if link.expires.is_some_and(|expires| expires <= now) {
            return Err(NotPermitted::Expired(link.name.to_string()));
        }
    }
    Ok(links)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000;

    fn now() -> Moment {
        Moment::new(NOW, 0)
    }

    fn may(directory: &Directory, agent: &str, kind: &str) -> Result<String, String> {
        directory
            .permits(&Name::new(agent), &Name::new(kind), now())
            .map(|chain| chain.join(" > "))
            .map_err(|error| error.to_string())
    }

    fn family() -> Directory {
        let directory = Directory::new();
        directory
            .register("lead", &["read_*", "send_mail"], None)
            .expect("a name");
        directory
            .delegate(
                "lead",
                "helper",
                &["*_mail", "delete_*", "read_file"],
                None,
                now(),
            )
            .expect("a delegate");
        directory
            .delegate("helper", "intern", &["*"], None, now())
            .expect("a delegate");
        directory
    }

    #[test]
    fn a_delegate_can_do_what_all_above_may() {
        let directory = family();
        assert_eq!(may(&directory, "lead", "read_db"), Ok("lead".into()));
        assert_eq!(
            may(&directory, "INTERN", "Send_Mail"),
            Ok("lead > helper > intern".into())
        );
        let lacks = |agent, kind, who| {
            let refused = format!("agent `{who}` has no capability for `{kind}`");
            assert_eq!(may(&directory, agent, kind), Err(refused));
        };
        lacks("helper", "read_db", "helper");
        lacks("helper", "delete_db", "lead");
        lacks("intern", "read_db", "helper");
        assert_eq!(
            may(&directory, "", "x"),
            Err("agent `` is not registered".into())
        );
    }

    #[test]
    fn revoking_a_parent_revokes_all_below_for_good() {
        let directory = family();
        assert!(directory.revoke("Lead") && !directory.revoke("nobody"));
        assert_eq!(
            may(&directory, "intern", "read_file"),
            Err("agent `lead` was revoked".into())
        );
        assert_eq!(
            directory.register("lead", &["*"], None),
            Err(DirectoryError::Exists("lead".into()))
        );
        assert!(matches!(
            directory.delegate("intern", "new", &["*"], None, now()),
            Err(DirectoryError::Parent(NotPermitted::Revoked(_)))
        ));
    }

    #[test]
    fn time_and_depth_end_a_delegation() {
        let directory = Directory::new().depth(1);
        let soon = Some(Moment::new(NOW + 1, 0));
        directory.register("a", &["*"], soon).expect("a name");
        directory
            .delegate("a", "b", &["*"], None, now())
            .expect("a delegate");
        assert_eq!(
            directory
                .delegate("b", "c", &["*"], None, now())
                .map_err(|e| e.to_string()),
            Err("`c` would be delegate number 2, and at most 1 are allowed".into())
        );
        assert!(may(&directory, "b", "x").is_ok());
        let later = Moment::new(NOW + 1, 0);
        let expired = directory.permits(&Name::new("b"), &Name::new("x"), later);
        assert_eq!(expired, Err(NotPermitted::Expired("a".into())));
    }

    #[test]
    fn a_look_alike_type_is_not_granted_by_a_wildcard() {
        let directory = Directory::new();
        directory
            .register("a", &["r*", "lösche_*"], None)
            .expect("a name");
        assert!(may(&directory, "a", "read").is_ok());
        assert!(may(&directory, "a", "r\u{435}ad").is_err());
        assert!(may(&directory, "a", "lösche_alles").is_ok());
    }
}
