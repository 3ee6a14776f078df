//! Asking in a Slack channel.
//!
//! `chat.postMessage` asks, `conversations.replies` reads the thread. The bot needs the scopes
//! `chat:write` and, for the kind of channel, `channels:history` or `groups:history`.

use std::time::Duration;

use aegis_runtime::Pending;
use aegis_runtime::approval::{Answer, Approver, ApproverError, Request};
use hyper::Method;
use serde_json::{Value, json};

use crate::client::{Client, Response, Url, UrlError};
use crate::encode::percent;
use crate::people::{Message, People, SHORT_FAILURES, heard};

/// A thread with more pages than this is not read on.
const MOST_PAGES: usize = 50;

/// Posts a request to a channel and reads the thread under it. A yes is the reply `approve CODE` by
/// somebody who may approve, never edited.
#[derive(Clone)]
pub struct Slack {
    client: Client,
    api: Url,
    token: String,
    channel: String,
    people: People,
    every: Duration,
}

impl Slack {
    /// Asks in a channel (its identifier, such as `C0123456789`) with the token of a bot. The
    /// people are members, such as `U0123456789`.
    ///
    /// # Errors
    /// Never for the built-in address.
    pub fn new(
        client: Client,
        token: impl Into<String>,
        channel: impl Into<String>,
        people: People,
    ) -> Result<Self, UrlError> {
        Ok(Self {
            client,
            api: "https://slack.com/api".parse()?,
            token: token.into(),
            channel: channel.into(),
            people,
            every: Duration::from_secs(3),
        })
    }

    /// Talks to another address than `https://slack.com/api`.
    #[must_use]
    pub fn api(mut self, api: Url) -> Self {
        self.api = api;
        self
    }

    /// How often the thread is read, unless Slack asks for more patience.
    #[must_use]
    pub fn every(mut self, every: Duration) -> Self {
        self.every = every;
        self
    }

    /// Calls a method, waiting as long as Slack asks to.
    async fn call(&self, method: Method, path: &str, body: &Value) -> Result<Value, ApproverError> {
        let authorization = format!("Bearer {}", self.token);
        let headers = [("authorization", authorization.as_str())];
        let mut failures = 0;
        loop {
            let url = self.api.join(path);
            let sent = self.client.json(method.clone(), &url, &headers, body).await;
            let response = match sent {
                Ok(response) => response,
                // Reading again does nothing twice; asking again would.
                Err(_) if method == Method::GET && failures < SHORT_FAILURES => {
                    failures += 1;
                    tokio::time::sleep(self.every).await;
                    continue;
                }
                Err(error) => return Err(ApproverError::new(error)),
            };
            if response.status != 429 {
                return read(&response);
            }
            tokio::time::sleep(response.retry_after().unwrap_or_default().max(self.every)).await;
        }
    }

    async fn run(&self, request: &Request) -> Result<Answer, ApproverError> {
        let text = request.to_string();
        let posted = self
            .call(
                Method::POST,
                "/chat.postMessage",
                &json!({
                    "channel": self.channel,
                    "text": "An agent asks for approval.",
                    // Plain text: nothing an agent sends is formatted, linked or mentions anybody.
                    "blocks": [
                        { "type": "section", "text": {
                            "type": "plain_text", "emoji": false, "text": limited(&text, 3_000) } },
                    ],
                    "unfurl_links": false,
                    "unfurl_media": false,
                }),
            )
            .await?;
        let missing = || ApproverError::new("Slack did not say where the message is");
        let field = |name: &str| posted.get(name).and_then(Value::as_str).map(str::to_owned);
        let (channel, thread) = (
            field("channel").ok_or_else(missing)?,
            field("ts").ok_or_else(missing)?,
        );
        loop {
            tokio::time::sleep(self.every).await;
            let replies = self.replies(&channel, &thread).await?;
            if let Some(answer) = heard(replies, &self.people, request) {
                return Ok(answer);
            }
        }
    }

    /// All replies of a thread, page by page.
    async fn replies(&self, channel: &str, thread: &str) -> Result<Vec<Message>, ApproverError> {
        let (channel, ts) = (percent(channel), percent(thread));
        let first = format!("/conversations.replies?channel={channel}&ts={ts}&limit=200");
        let (mut replies, mut path) = (Vec::new(), first.clone());
        for _ in 0..MOST_PAGES {
            let page = self.call(Method::GET, &path, &Value::Null).await?;
            let messages = page.get("messages").and_then(Value::as_array);
            replies.extend(
                messages
                    .into_iter()
                    .flatten()
                    .filter_map(|m| message(m, thread)),
            );
            let cursor = page
                .pointer("/response_metadata/next_cursor")
                .and_then(Value::as_str);
            match cursor.filter(|cursor| !cursor.is_empty()) {
                Some(cursor) => path = format!("{first}&cursor={}", percent(cursor)),
                None => return Ok(replies),
            }
        }
        Err(ApproverError::new("the thread is too long to be read"))
    }
}

/// A reply by a person; `None` for the question itself, and for what programs wrote.
fn message(message: &Value, thread: &str) -> Option<Message> {
    let text = |name: &str| message.get(name).and_then(Value::as_str);
    let by_program = message.get("bot_id").is_some_and(|id| !id.is_null());
    if by_program || text("ts") == Some(thread) || text("thread_ts") != Some(thread) {
        return None;
    }
    let usual = matches!(text("subtype"), None | Some("thread_broadcast"));
    let more = |name: &str| {
        let items = message.get(name).and_then(Value::as_array);
        items.is_some_and(|items| !items.is_empty())
    };
    Some(Message {
        by: text("user")?.to_owned(),
        text: text("text")?.to_owned(),
        spoiled: message.get("edited").is_some() || !usual || more("attachments") || more("files"),
    })
}

fn read(response: &Response) -> Result<Value, ApproverError> {
    let value: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    if value.get("ok") == Some(&Value::Bool(true)) {
        return Ok(value);
    }
    let error = value
        .get("error")
        .and_then(Value::as_str)
        .unwrap_or("no reason given");
    let (status, error) = (response.status, aegis_runtime::neutral(error));
    Err(ApproverError::new(format!(
        "Slack answered {status}: {error}"
    )))
}

/// A text of at most so many characters. Its end, which says how to answer, is kept.
pub(crate) fn limited(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let gap = "\n[...]\n";
    let tail = most / 3;
    let head = most.saturating_sub(tail + gap.len());
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(count.saturating_sub(tail)).collect();
    format!("{start}{gap}{end}")
}

impl Approver for Slack {
    fn channel(&self) -> &'static str {
        "slack"
    }

    fn ask<'a>(&'a self, request: &'a Request) -> Pending<'a, Result<Answer, ApproverError>> {
        Box::pin(self.run(request))
    }
}

impl std::fmt::Debug for Slack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slack")
            .field("api", &self.api.to_string())
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}
