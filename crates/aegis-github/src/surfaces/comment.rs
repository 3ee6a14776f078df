//! One comment on the pull request, found by a hidden marker and changed in place.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Done, SurfaceError};
use crate::api::{Again, ApiError, Client};
use crate::event::{Pull, Run};
use crate::limits::{COMMENT_CHARS, Unit, cut_markdown};
use crate::runner::Runner;

const PERMISSION: &str = "pull-requests: write";
/// Attempts to post: before each the list is read again, since a post that failed may have been
/// done all the same.
const ATTEMPTS: usize = 3;

/// When there is a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum When {
    /// If there is news, or an earlier comment to bring up to date.
    #[default]
    Changes,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What distinguishes the comment of this gate from those of other gates on the same pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// A key of letters, digits, `.`, `_` and `-`.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        // `--` and `>` would end the HTML comment.
        if text.is_empty() || text.len() > 80 || !text.chars().all(plain) || text.contains("--") {
            return Err(format!(
                "`{text}` is not a key; expected up to 80 letters, digits, `.`, `_` and single `-`"
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The first line of the comment, which GitHub does not show.
    #[must_use]
    pub fn marker(&self) -> String {
        format!("<!-- aegis:report:{} -->", self.0)
    }
}

#[derive(Debug, Deserialize)]
struct Comment {
    id: u64,
    #[serde(default)]
    body: Option<String>,
    user: Option<User>,
}

#[derive(Debug, Deserialize)]
struct User {
    login: String,
    #[serde(rename = "type", default)]
    kind: String,
}

/// The comment to be made.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// When there is one.
    pub when: When,
    /// Which one it is.
    pub key: &'a Key,
    /// What it says, without the marker.
    pub markdown: &'a str,
    /// Whether that is news.
    pub news: bool,
}

/// Posts the comment, or changes the one that is there.
///
/// # Errors
///
/// If the API says no.
pub fn show(
    wanted: &Wanted<'_>,
    run: &Run,
    runner: &Runner,
    client: &mut Client,
) -> Result<Done, SurfaceError> {
    let Some(pull) = &run.pull else {
        return Ok(Done::Skipped(
            "there is no pull request to comment on".to_owned(),
        ));
    };
    upsert(wanted, pull, runner, client).map_err(|error| SurfaceError::Api(error, PERMISSION))
}

fn upsert(
    wanted: &Wanted<'_>,
    pull: &Pull,
    runner: &Runner,
    client: &mut Client,
) -> Result<Done, ApiError> {
    let repository = runner.repository.path();
    let list = format!("{repository}/issues/{}/comments", pull.number);
    let (body, cut) = body(wanted, runner);
    let mut attempt = 1;
    loop {
        let posted = match find(&list, wanted.key, client)? {
            Some((_, there)) if there == body => return Ok(Done::Shown(cut)),
            Some((id, _)) => {
                let path = format!("{repository}/issues/comments/{id}");
                client.write::<Value>("PATCH", &path, &json!({ "body": body }), Again::Safe)
            }
            None if wanted.when == When::Changes && !wanted.news => {
                return Ok(Done::Skipped(
                    "nothing changed, so there is no comment".to_owned(),
                ));
            }
            None => client.write("POST", &list, &json!({ "body": body }), Again::IfRefused),
        };
        let passing = matches!(
            &posted,
            Err(ApiError::Network { .. } | ApiError::Refused { status: 500.., .. })
        );
        if passing && attempt < ATTEMPTS && client.rest(std::time::Duration::from_secs(1)) {
            attempt += 1;
            continue;
        }
        return posted.map(|_| Done::Shown(cut));
    }
}

fn body(wanted: &Wanted<'_>, runner: &Runner) -> (String, Option<String>) {
    let marker = wanted.key.marker() + "\n";
    let most = COMMENT_CHARS - Unit::Utf16.of(&marker);
    let rest = match runner.run_url() {
        Some(url) => format!("The full report is in the [summary of the run]({url})."),
        None => "The full report is in the summary of the run.".to_owned(),
    };
    let text = cut_markdown(wanted.markdown, most, Unit::Utf16, &rest);
    let cut = (text.len() < wanted.markdown.len())
        .then(|| format!("the comment was cut to {COMMENT_CHARS} characters"));
    (marker + &text, cut)
}

/// The comment that begins with the marker and is ours: anyone can write the marker, so its author
/// must be a bot or whoever the token belongs to.
fn find(list: &str, key: &Key, client: &mut Client) -> Result<Option<(u64, String)>, ApiError> {
    let marker = key.marker();
    let mut doubtful: Vec<(String, u64, String)> = Vec::new();
    let ours = client.find(list, |comment: Comment| {
        let body = comment.body.filter(|body| first_line(body) == marker)?;
        let user = comment.user?;
        if user.kind == "Bot" {
            return Some((comment.id, normal(&body)));
        }
        doubtful.push((user.login, comment.id, normal(&body)));
        None
    })?;
    if ours.is_some() || doubtful.is_empty() {
        return Ok(ours);
    }
    // The token of an app has no user, and then no comment of a person is ours.
    let me = match client.get::<User>("/user") {
        Ok(user) => user.login,
        Err(ApiError::Refused {
            status: 401 | 403 | 404,
            ..
        }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let mine = doubtful.into_iter().find(|(login, ..)| *login == me);
    Ok(mine.map(|(_, id, body)| (id, body)))
}

fn first_line(body: &str) -> &str {
    body.lines().next().unwrap_or("").trim_end()
}

/// GitHub may hand back line endings of its own.
fn normal(body: &str) -> String {
    body.replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::tests::runner;

    #[test]
    fn a_key_cannot_end_the_marker() {
        assert_eq!(
            Key::parse("desk_1.a-b").unwrap().marker(),
            "<!-- aegis:report:desk_1.a-b -->"
        );
        for bad in ["", "a--b", "-->", "a b", "é"] {
            assert!(Key::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_body_is_never_over_the_limit() {
        let key = Key::parse("aegis").unwrap();
        let markdown = "A line with 😀 in it.\n".repeat(5_000);
        let wanted = Wanted {
            when: When::Always,
            key: &key,
            markdown: &markdown,
            news: true,
        };
        let (body, cut) = body(&wanted, &runner("pull_request", Value::Null));
        assert!(Unit::Utf16.of(&body) <= COMMENT_CHARS);
        assert!(
            cut.is_some() && body.contains("/octo/desk/actions/runs/42"),
            "{cut:?}"
        );
        assert_eq!(first_line(&body), key.marker());
    }
}
