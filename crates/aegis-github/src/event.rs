//! From an event to the kind of a run: what is compared with what, and what the token may do.
//!
//! The payload is data of others: ids of commits are checked before they reach a command line, and
//! the number of a pull request before it reaches an address.

use serde_json::Value;

use crate::runner::{Runner, is_sha, is_zero};

/// Refs of the merge queue.
const QUEUE: &str = "refs/heads/gh-readonly-queue/";
const DEPENDABOT: &str = "dependabot[bot]";

/// A payload that cannot be used, or a run that is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventError {
    /// A key is missing or not what it should be.
    #[error("event `{event}` has no usable `{key}`; expected {expected}, found {found}")]
    Key {
        /// The event.
        event: String,
        /// Dotted path of the key.
        key: &'static str,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// Code of a pull request is checked out in a run that may write and has secrets.
    #[error(
        "refusing to run: `pull_request_target` runs with a token that may write and with secrets, and what is checked out ({head}) is not the base branch; use `pull_request`, or say `allow-pull-request-head: true` if nothing of the pull request is ever executed in this job"
    )]
    HeadInTarget {
        /// The commit that is checked out.
        head: String,
    },
}

/// What started a run, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `pull_request`: with the code of the pull request and a token without power over it.
    PullRequest,
    /// `pull_request_target`: with the rights of the base branch.
    PullRequestTarget,
    /// `merge_group`, or any run on a ref of the merge queue.
    MergeGroup,
    /// `push`.
    Push,
    /// `schedule`, `workflow_dispatch` and `repository_dispatch`.
    Schedule,
    /// Anything else.
    Other,
}

impl Kind {
    /// The word used in output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PullRequest => "pull_request",
            Self::PullRequestTarget => "pull_request_target",
            Self::MergeGroup => "merge_group",
            Self::Push => "push",
            Self::Schedule => "schedule",
            Self::Other => "other",
        }
    }
}

/// A pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// Its number.
    pub number: u64,
    /// The newest commit of its branch.
    pub head: String,
    /// The commit of the base branch when the event happened.
    pub base: String,
    /// Whether the branch is in another repository.
    pub fork: bool,
}

/// What the run is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// A commit.
    Commit(String),
    /// A branch of the same repository, for what has no earlier state of its own.
    Branch(String),
    /// Nothing, for this reason.
    None(&'static str),
}

/// The commit that is checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its id.
    pub sha: String,
    /// Its parents, those beyond a shallow clone too.
    pub parents: Vec<String>,
}

impl Head {
    /// From its id and what `git cat-file commit` prints about it; `None` if that is no commit.
    #[must_use]
    pub fn parse(sha: &str, commit: &str) -> Option<Self> {
        let header = commit.lines().take_while(|line| !line.is_empty());
        let parents = header.filter_map(|line| line.strip_prefix("parent "));
        is_sha(sha).then(|| Self {
            sha: sha.to_owned(),
            parents: parents.filter(|p| is_sha(p)).map(str::to_owned).collect(),
        })
    }
}

/// A run: what it is about and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// What started it.
    pub kind: Kind,
    /// The pull request, if it is about one.
    pub pull: Option<Pull>,
    /// What it is compared with.
    pub base: Base,
    /// Why the token can only read, if that is known beforehand.
    pub read_only: Option<&'static str>,
    /// The commit that checks and statuses belong to.
    pub commit: String,
    /// The commit and the ref that code scanning files results under.
    pub scanned: (String, String),
}

impl Run {
    /// What the event says. `head` is the commit that is checked out, if there is one.
    ///
    /// # Errors
    ///
    /// If the payload lacks what the kind of event must have.
    pub fn read(runner: &Runner, head: Option<&Head>) -> Result<Self, EventError> {
        let payload = Payload {
            name: &runner.event_name,
            event: &runner.event,
        };
        let kind = kind(runner);
        let pull = match kind {
            Kind::PullRequest | Kind::PullRequestTarget => Some(payload.pull(runner)?),
            _ => None,
        };
        let base = match (&pull, kind) {
            (Some(pull), _) => Base::Commit(base_of_pull(pull, head)),
            (None, Kind::MergeGroup) => payload.base_of_queue()?,
            (None, Kind::Push) => payload.base_of_push(runner)?,
            (None, Kind::Schedule) => Base::None("a run that no change started is judged as it is"),
            (None, _) => Base::None("this event has no earlier state to compare with"),
        };
        let read_only = pull.as_ref().and_then(|pull| read_only(kind, pull, runner));
        let commit = match &pull {
            Some(pull) => pull.head.clone(),
            None => runner.sha.clone(),
        };
        let scanned = scanned(runner, pull.as_ref(), head);
        Ok(Self {
            kind,
            pull,
            base,
            read_only,
            commit,
            scanned,
        })
    }

    /// Refuses `pull_request_target` with anything but the base branch checked out. A commit that
    /// cannot be told counts as foreign.
    ///
    /// # Errors
    ///
    /// If the run is refused.
    pub fn check_head(&self, runner: &Runner, head: Option<&Head>) -> Result<(), EventError> {
        if self.kind != Kind::PullRequestTarget || self.is_base(runner, head) {
            return Ok(());
        }
        let head = head
            .map_or("no commit that git knows", |head| &head.sha)
            .to_owned();
        Err(EventError::HeadInTarget { head })
    }

    /// Whether the commit of the base branch is checked out.
    #[must_use]
    pub fn is_base(&self, runner: &Runner, head: Option<&Head>) -> bool {
        let base = self.pull.as_ref().map(|pull| &pull.base);
        head.is_some_and(|head| head.sha == runner.sha || Some(&head.sha) == base)
    }
}

fn kind(runner: &Runner) -> Kind {
    match runner.event_name.as_str() {
        // A push is paired with a merge group and must be treated alike.
        _ if runner.git_ref.starts_with(QUEUE) => Kind::MergeGroup,
        "merge_group" => Kind::MergeGroup,
        "pull_request" => Kind::PullRequest,
        "pull_request_target" => Kind::PullRequestTarget,
        "push" => Kind::Push,
        "schedule" | "workflow_dispatch" | "repository_dispatch" => Kind::Schedule,
        _ => Kind::Other,
    }
}

/// If the merge of the pull request is checked out, its first parent is what it was merged with;
/// the event may know an older state of the base branch.
fn base_of_pull(pull: &Pull, head: Option<&Head>) -> String {
    let merge = head.map(|head| head.parents.as_slice());
    match merge {
        Some([base, merged]) if *merged == pull.head => base.clone(),
        _ => pull.base.clone(),
    }
}

fn read_only(kind: Kind, pull: &Pull, runner: &Runner) -> Option<&'static str> {
    if kind == Kind::PullRequestTarget {
        return None;
    }
    if pull.fork {
        return Some(
            "the pull request comes from a fork, whose runs get a token that can only read",
        );
    }
    let opener = &runner.event["pull_request"]["user"]["login"];
    let dependabot = runner.actor == DEPENDABOT || opener == DEPENDABOT;
    dependabot.then_some("runs of Dependabot get a token that can only read")
}

/// Results belong to what was scanned: the merge commit that the runner names, or another commit
/// of the pull request if that is checked out.
fn scanned(runner: &Runner, pull: Option<&Pull>, head: Option<&Head>) -> (String, String) {
    let checked_out = head.map_or(&runner.sha, |head| &head.sha);
    match pull {
        Some(pull) if *checked_out == pull.head && *checked_out != runner.sha => {
            (pull.head.clone(), format!("refs/pull/{}/head", pull.number))
        }
        _ => (checked_out.clone(), runner.git_ref.clone()),
    }
}

/// A payload, with reads that say what is wrong.
struct Payload<'a> {
    name: &'a str,
    event: &'a Value,
}

impl Payload<'_> {
    fn pull(&self, runner: &Runner) -> Result<Pull, EventError> {
        let number = &self.event["pull_request"]["number"];
        let number = number
            .as_u64()
            .filter(|n| *n > 0)
            .ok_or_else(|| self.error("pull_request.number", "a positive number", number))?;
        let pull = &self.event["pull_request"];
        // The repository of the branch is null once the fork was deleted.
        let from = pull["head"]["repo"]["full_name"].as_str();
        let here = format!("{}/{}", runner.repository.owner, runner.repository.name);
        Ok(Pull {
            number,
            head: self.sha("pull_request.head.sha", &pull["head"]["sha"])?,
            base: self.sha("pull_request.base.sha", &pull["base"]["sha"])?,
            fork: !from.is_some_and(|from| from.eq_ignore_ascii_case(&here)),
        })
    }

    fn base_of_queue(&self) -> Result<Base, EventError> {
        if self.name != "merge_group" {
            return self.sha("before", &self.event["before"]).map(|before| {
                match is_zero(&before) {
                    true => Base::None(
                        "the first push to a ref of the merge queue has no earlier state",
                    ),
                    false => Base::Commit(before),
                }
            });
        }
        let base = &self.event["merge_group"]["base_sha"];
        self.sha("merge_group.base_sha", base).map(Base::Commit)
    }

    fn base_of_push(&self, runner: &Runner) -> Result<Base, EventError> {
        let before = self.sha("before", &self.event["before"])?;
        if !is_zero(&before) {
            return Ok(Base::Commit(before));
        }
        let Some(branch) = runner.git_ref.strip_prefix("refs/heads/") else {
            return Ok(Base::None("a new tag has no earlier state"));
        };
        match self.event["repository"]["default_branch"].as_str() {
            Some(default) if default != branch && is_branch(default) => {
                Ok(Base::Branch(default.to_owned()))
            }
            _ => Ok(Base::None("the branch is new and has no earlier state")),
        }
    }

    fn sha(&self, key: &'static str, value: &Value) -> Result<String, EventError> {
        let sha = value.as_str().filter(|sha| is_sha(sha));
        sha.map(str::to_owned)
            .ok_or_else(|| self.error(key, "the full id of a commit", value))
    }

    fn error(&self, key: &'static str, expected: &'static str, found: &Value) -> EventError {
        let found = match found {
            Value::Null => "nothing".to_owned(),
            other => format!("`{}`", aegis_report::clean::short(&other.to_string(), 60)),
        };
        EventError::Key {
            event: self.name.to_owned(),
            key,
            expected,
            found,
        }
    }
}

/// Whether a name can be that of a branch and nothing else.
fn is_branch(name: &str) -> bool {
    let odd = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    !name.is_empty() && !name.starts_with(['-', '/']) && !name.contains("..") && !name.contains(odd)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::runner::tests::runner;

    fn sha(c: char) -> String {
        c.to_string().repeat(40)
    }

    fn pull_event(from: &Value) -> Value {
        json!({"pull_request": {
            "number": 7, "user": {"login": "octocat"},
            "head": {"sha": sha('1'), "repo": from}, "base": {"sha": sha('2')},
        }})
    }

    fn ours() -> Value {
        json!({"full_name": "Octo/Desk"})
    }

    #[test]
    fn a_pull_request_is_compared_with_what_it_was_merged_with() {
        let runner = runner("pull_request", pull_event(&ours()));
        let run = Run::read(&runner, None).unwrap();
        assert_eq!(run.base, Base::Commit(sha('2')));
        assert_eq!(
            (run.read_only, run.commit.as_str()),
            (None, sha('1').as_str())
        );
        let merge = format!(
            "tree {}\nparent {}\nparent {}\nauthor a\n\nparent {}\n",
            sha('9'),
            sha('3'),
            sha('1'),
            sha('4')
        );
        let head = Head::parse(&sha('a'), &merge).unwrap();
        assert_eq!(head.parents, [sha('3'), sha('1')]);
        let run = Run::read(&runner, Some(&head)).unwrap();
        assert_eq!(run.base, Base::Commit(sha('3')));
        assert_eq!(run.scanned, (sha('a'), "refs/heads/main".to_owned()));
    }

    #[test]
    fn results_of_the_branch_itself_are_filed_under_its_head() {
        let runner = runner("pull_request", pull_event(&ours()));
        let head = Head::parse(&sha('1'), "").unwrap();
        let run = Run::read(&runner, Some(&head)).unwrap();
        assert_eq!(run.scanned, (sha('1'), "refs/pull/7/head".to_owned()));
    }

    #[test]
    fn forks_and_dependabot_can_only_read() {
        let read_only = |event: &str, from: &Value, actor: &str| {
            let mut runner = runner(event, pull_event(from));
            runner.actor = actor.into();
            Run::read(&runner, None).unwrap().read_only.is_some()
        };
        let theirs = json!({"full_name": "mallory/desk"});
        assert!(read_only("pull_request", &theirs, "mallory"));
        assert!(
            read_only("pull_request", &Value::Null, "mallory"),
            "a deleted fork"
        );
        assert!(read_only("pull_request", &ours(), "dependabot[bot]"));
        assert!(!read_only("pull_request", &ours(), "octocat"));
        assert!(!read_only("pull_request_target", &theirs, "mallory"));
    }

    #[test]
    fn a_target_run_wants_the_base_checked_out() {
        let runner = runner("pull_request_target", pull_event(&ours()));
        let check =
            |head: Option<&Head>| Run::read(&runner, head).unwrap().check_head(&runner, head);
        let at = |c: char| Head::parse(&sha(c), "");
        assert_eq!(check(at('a').as_ref()), Ok(()), "the commit of the run");
        assert_eq!(
            check(at('2').as_ref()),
            Ok(()),
            "the base of the pull request"
        );
        for foreign in [at('1'), at('5'), None] {
            let error = check(foreign.as_ref()).unwrap_err().to_string();
            assert!(error.starts_with("refusing to run"), "{error}");
        }
    }

    #[test]
    fn a_push_is_compared_with_what_was_there() {
        let base = |before: &str, git_ref: &str| {
            let event = json!({"before": before, "repository": {"default_branch": "main"}});
            let mut runner = runner("push", event);
            runner.git_ref = git_ref.into();
            Run::read(&runner, None).unwrap().base
        };
        let zero = sha('0');
        assert_eq!(base(&sha('4'), "refs/heads/main"), Base::Commit(sha('4')));
        assert_eq!(base(&zero, "refs/heads/topic"), Base::Branch("main".into()));
        assert!(matches!(base(&zero, "refs/heads/main"), Base::None(_)));
        assert!(matches!(base(&zero, "refs/tags/v1"), Base::None(_)));
    }

    #[test]
    fn a_merge_queue_is_known_by_its_event_and_by_its_ref() {
        let event = json!({"merge_group": {"base_sha": sha('5')}});
        let run = Run::read(&runner("merge_group", event), None).unwrap();
        assert_eq!(
            (run.kind, run.base),
            (Kind::MergeGroup, Base::Commit(sha('5')))
        );
        let mut paired = runner("push", json!({"before": sha('6')}));
        paired.git_ref = "refs/heads/gh-readonly-queue/main/pr-1-x".into();
        assert_eq!(Run::read(&paired, None).unwrap().kind, Kind::MergeGroup);
    }

    #[test]
    fn a_payload_of_others_is_not_trusted() {
        let message = |name: &str, event: Value| {
            Run::read(&runner(name, event), None)
                .unwrap_err()
                .to_string()
        };
        let mut event = pull_event(&ours());
        event["pull_request"]["number"] = json!("7/../8");
        insta::assert_snapshot!(message("pull_request", event), @"event `pull_request` has no usable `pull_request.number`; expected a positive number, found `\"7/../8\"`");
        let mut event = pull_event(&ours());
        event["pull_request"]["base"]["sha"] = json!("--upload-pack=x");
        insta::assert_snapshot!(message("pull_request", event), @"event `pull_request` has no usable `pull_request.base.sha`; expected the full id of a commit, found `\"--upload-pack=x\"`");
        insta::assert_snapshot!(message("merge_group", json!({})), @"event `merge_group` has no usable `merge_group.base_sha`; expected the full id of a commit, found nothing");
        let event = json!({"before": sha('0'), "repository": {"default_branch": "--x"}});
        let mut odd = runner("push", event);
        odd.git_ref = "refs/heads/topic".into();
        assert!(matches!(Run::read(&odd, None).unwrap().base, Base::None(_)));
    }
}
