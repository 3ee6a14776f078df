//! Asking in a Discord channel.
//!
//! The bot posts a message and reads the messages after it. It needs the permissions to view the
//! channel, send messages and read its history, and the message content intent: without that
//! intent Discord hands out empty texts, which are no yes.

use std::time::Duration;

use aegis_runtime::Pending;
use aegis_runtime::approval::{Answer, Approver, ApproverError, Request};
use hyper::Method;
use serde_json::{Value, json};

use crate::client::{Client, Response, Url, UrlError};
use crate::encode::percent;
use crate::people::{Message, People, SHORT_FAILURES, heard};
use crate::slack::limited;

/// Discord gives at most so many messages at once.
const PAGE: usize = 100;

/// Posts a request to a channel and reads what is written after it. A yes is the message
/// `approve CODE` by somebody who may approve, never edited.
#[derive(Clone)]
pub struct Discord {
    client: Client,
    api: Url,
    token: String,
    channel: String,
    people: People,
    every: Duration,
}

impl Discord {
    /// Asks in a channel (its identifier) with the token of a bot. The people are users, by their
    /// identifiers.
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
            api: "https://discord.com/api/v10".parse()?,
            token: token.into(),
            channel: channel.into(),
            people,
            every: Duration::from_secs(3),
        })
    }

    /// Talks to another address than `https://discord.com/api/v10`.
    #[must_use]
    pub fn api(mut self, api: Url) -> Self {
        self.api = api;
        self
    }

    /// How often the channel is read, unless Discord asks for more patience.
    #[must_use]
    pub fn every(mut self, every: Duration) -> Self {
        self.every = every;
        self
    }

    /// Calls a method, waiting as long as Discord asks to.
    async fn call(&self, method: Method, path: &str, body: &Value) -> Result<Value, ApproverError> {
        let authorization = format!("Bot {}", self.token);
        let headers = [("authorization", authorization.as_str())];
        let url = self
            .api
            .join(&format!("/channels/{}{path}", percent(&self.channel)));
        let mut failures = 0;
        loop {
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
            let value: Value = serde_json::from_slice(&response.body).unwrap_or_default();
            match response.status {
                200..=299 => return Ok(value),
                429 => tokio::time::sleep(pause(&response, &value).max(self.every)).await,
                status => {
                    let said = value
                        .get("message")
                        .and_then(Value::as_str)
                        .unwrap_or_default();
                    let said = aegis_runtime::neutral(said);
                    return Err(ApproverError::new(format!(
                        "Discord answered {status}: {said}"
                    )));
                }
            }
        }
    }

    async fn run(&self, request: &Request) -> Result<Answer, ApproverError> {
        let text = format!("An agent asks for approval.\n```\n{}\n```", fenced(request));
        let message = json!({
            "content": text,
            "allowed_mentions": { "parse": [] },
            "flags": 4,
        });
        let posted = self.call(Method::POST, "/messages", &message).await?;
        let posted = posted
            .get("id")
            .and_then(Value::as_str)
            .and_then(|id| id.parse().ok());
        let missing = || ApproverError::new("Discord did not say where the message is");
        let mut after: u64 = posted.ok_or_else(missing)?;
        loop {
            tokio::time::sleep(self.every).await;
            // Page by page until there is nothing newer; only then is anything judged, so that a
            // no on a later page is not missed.
            let mut messages = Vec::new();
            loop {
                let path = format!("/messages?limit={PAGE}&after={after}");
                let page = self.call(Method::GET, &path, &Value::Null).await?;
                let mut page: Vec<(u64, Value)> = page
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|m| Some((m.get("id")?.as_str()?.parse().ok()?, m.clone())))
                    .collect();
                // The newest first is how Discord gives them.
                page.sort_by_key(|(id, _)| *id);
                let full = page.len() >= PAGE;
                after = page.last().map_or(after, |(id, _)| after.max(*id));
                messages.extend(page.iter().filter_map(|(_, m)| message_of(m)));
                if !full {
                    break;
                }
            }
            if let Some(answer) = heard(messages, &self.people, request) {
                return Ok(answer);
            }
        }
    }
}

/// The request inside a code block: no formatting, no mentions, and nothing that ends the block.
fn fenced(request: &Request) -> String {
    limited(&request.to_string().replace('`', "'"), 1_900)
}

fn pause(response: &Response, body: &Value) -> Duration {
    let seconds = body.get("retry_after").and_then(Value::as_f64);
    let seconds = seconds.filter(|seconds| (0.0..=3_600.0).contains(seconds));
    let asked = seconds.map(Duration::from_secs_f64);
    asked.or_else(|| response.retry_after()).unwrap_or_default()
}

/// A message by a person; `None` for what programs wrote.
fn message_of(message: &Value) -> Option<Message> {
    let author = message.get("author")?;
    let by_program = author.get("bot") == Some(&Value::Bool(true))
        || message.get("webhook_id").is_some_and(|id| !id.is_null());
    if by_program {
        return None;
    }
    let set = |name: &str| message.get(name).is_some_and(|value| !value.is_null());
    let more = |name: &str| {
        let items = message.get(name).and_then(Value::as_array);
        items.is_some_and(|items| !items.is_empty())
    };
    // Messages and replies; everything else is written by Discord itself.
    let usual = matches!(message.get("type").and_then(Value::as_u64), Some(0 | 19));
    Some(Message {
        by: author.get("id")?.as_str()?.to_owned(),
        text: message.get("content")?.as_str()?.to_owned(),
        spoiled: set("edited_timestamp")
            || !usual
            || more("message_snapshots")
            || more("attachments"),
    })
}

impl Approver for Discord {
    fn channel(&self) -> &'static str {
        "discord"
    }

    fn ask<'a>(&'a self, request: &'a Request) -> Pending<'a, Result<Answer, ApproverError>> {
        Box::pin(self.run(request))
    }
}

impl std::fmt::Debug for Discord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Discord")
            .field("api", &self.api.to_string())
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}
