//! Asking in a Telegram chat.
//!
//! `sendMessage` asks, `getUpdates` reads. Telegram hands every update to one reader only, so all
//! requests of one [`Telegram`] share a reader; two programs must not share a bot, and the bot must
//! have no webhook.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aegis_runtime::Pending;
use aegis_runtime::approval::{Answer, Approver, ApproverError, Request};
use hyper::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::client::{Client, Url, UrlError};
use crate::people::{Message, People, SHORT_FAILURES, heard};
use crate::slack::limited;

/// Telegram holds a question for updates open for so many seconds.
const LONG_POLL: u64 = 20;

/// Sends a request to a chat and reads what is written there. A yes is the message `approve CODE`
/// by somebody who may approve, neither edited nor forwarded. Clones share the reader.
#[derive(Clone)]
pub struct Telegram {
    client: Client,
    api: Url,
    chat: i64,
    people: People,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Whoever holds it reads updates for all; it is the number of the next one.
    next: tokio::sync::Mutex<i64>,
    /// Who waits, by the code of the request.
    waiting: Mutex<BTreeMap<String, UnboundedSender<Vec<Message>>>>,
}

impl Telegram {
    /// Asks in a chat with the token of a bot. The people are users, by their numbers.
    ///
    /// # Errors
    /// A token that does not fit into an address.
    pub fn new(client: Client, token: &str, chat: i64, people: People) -> Result<Self, UrlError> {
        let api: Url = "https://api.telegram.org".parse()?;
        Ok(Self {
            client,
            api: api.join(&format!("/bot{}", secret(token)?)),
            chat,
            people,
            shared: Arc::default(),
        })
    }

    /// Talks to another address than `https://api.telegram.org`.
    ///
    /// # Errors
    /// A token that does not fit into an address.
    pub fn api(mut self, api: &Url, token: &str) -> Result<Self, UrlError> {
        self.api = api.join(&format!("/bot{}", secret(token)?));
        Ok(self)
    }

    /// Calls a method, waiting as long as Telegram asks to.
    async fn call(&self, method: &str, body: &Value) -> Result<Value, ApproverError> {
        let client = self
            .client
            .clone()
            .patience(Duration::from_secs(LONG_POLL + 20));
        let mut failures = 0;
        loop {
            let url = self.api.join(&format!("/{method}"));
            let sent = client.json(Method::POST, &url, &[], body).await;
            let response = match sent {
                Ok(response) => response,
                // Reading again does nothing twice; asking again would.
                Err(_) if method == "getUpdates" && failures < SHORT_FAILURES => {
                    failures += 1;
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    continue;
                }
                Err(error) => return Err(ApproverError::new(error)),
            };
            let mut value: Value = serde_json::from_slice(&response.body).unwrap_or_default();
            if value.get("ok") == Some(&Value::Bool(true)) {
                return Ok(value.get_mut("result").map(Value::take).unwrap_or_default());
            }
            if response.status == 429 {
                let asked = value
                    .pointer("/parameters/retry_after")
                    .and_then(Value::as_u64);
                tokio::time::sleep(Duration::from_secs(asked.unwrap_or(1).clamp(1, 3_600))).await;
                continue;
            }
            let said = value
                .get("description")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let (status, said) = (response.status, aegis_runtime::neutral(said));
            return Err(ApproverError::new(format!(
                "Telegram answered {status}: {said}"
            )));
        }
    }

    async fn run(&self, request: &Request) -> Result<Answer, ApproverError> {
        let (sender, mut messages) = unbounded_channel();
        let _waiting = Waiting::new(&self.shared, request.code(), sender);
        let text = format!("An agent asks for approval.\n\n{request}");
        let message = json!({
            "chat_id": self.chat,
            // Without `parse_mode` nothing an agent sends is formatted.
            "text": limited(&text, 4_000),
            "link_preview_options": { "is_disabled": true },
        });
        self.call("sendMessage", &message).await?;
        loop {
            tokio::select! {
                biased;
                batch = messages.recv() => {
                    let batch = with_the_rest(batch, &mut messages);
                    if let Some(answer) = heard(batch, &self.people, request) {
                        return Ok(answer);
                    }
                }
                next = self.shared.next.lock() => self.read(next).await?,
            }
        }
    }

    /// Reads updates and hands them to everybody who waits.
    async fn read(&self, mut next: tokio::sync::MutexGuard<'_, i64>) -> Result<(), ApproverError> {
        let question = json!({
            "offset": *next,
            "timeout": LONG_POLL,
            "allowed_updates": ["message", "edited_message"],
        });
        let updates = self.call("getUpdates", &question).await?;
        let updates = updates.as_array().map(Vec::as_slice).unwrap_or_default();
        let batch: Vec<Message> = updates
            .iter()
            .filter_map(|u| message_of(u, self.chat))
            .collect();
        let last = updates
            .iter()
            .filter_map(|update| update.get("update_id")?.as_i64())
            .max();
        if let Some(last) = last {
            *next = last.saturating_add(1);
        }
        let waiting = self
            .shared
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for sender in waiting.values() {
            // Whoever stopped waiting needs nothing any more.
            let _ = sender.send(batch.clone());
        }
        Ok(())
    }
}

/// A token as part of a path: digits, letters and a colon, so nothing has to be encoded.
fn secret(token: &str) -> Result<&str, UrlError> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b':' | b'_' | b'-');
    if !token.is_empty() && token.bytes().all(fits) {
        return Ok(token);
    }
    Err(UrlError {
        text: "the token".to_owned(),
        why: "a token of a bot is digits, a colon, letters, digits, `_` and `-`",
    })
}

fn with_the_rest(
    first: Option<Vec<Message>>,
    messages: &mut UnboundedReceiver<Vec<Message>>,
) -> Vec<Message> {
    let mut all = first.unwrap_or_default();
    while let Ok(more) = messages.try_recv() {
        all.extend(more);
    }
    all
}

struct Waiting<'a>(&'a Shared, String);

impl<'a> Waiting<'a> {
    fn new(shared: &'a Shared, code: &str, sender: UnboundedSender<Vec<Message>>) -> Self {
        let mut waiting = shared
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        waiting.insert(code.to_owned(), sender);
        drop(waiting);
        Self(shared, code.to_owned())
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut waiting = self
            .0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        waiting.remove(&self.1);
    }
}

/// A message by a person in the chat; `None` for everything else.
fn message_of(update: &Value, chat: i64) -> Option<Message> {
    let edited = update.get("edited_message");
    let message = update.get("message").or(edited)?;
    if message.pointer("/chat/id").and_then(Value::as_i64) != Some(chat) {
        return None;
    }
    let from = message.get("from")?;
    let by_program = from.get("is_bot") != Some(&Value::Bool(false));
    // Somebody who writes as a channel or a group is not known by name.
    if by_program || message.get("sender_chat").is_some() {
        return None;
    }
    let spoils = [
        "edit_date",
        "forward_origin",
        "forward_date",
        "via_bot",
        "quote",
        "external_reply",
    ];
    Some(Message {
        by: from.get("id")?.as_i64()?.to_string(),
        text: message.get("text")?.as_str()?.to_owned(),
        spoiled: edited.is_some() || spoils.iter().any(|name| message.get(name).is_some()),
    })
}

impl Approver for Telegram {
    fn channel(&self) -> &'static str {
        "telegram"
    }

    fn ask<'a>(&'a self, request: &'a Request) -> Pending<'a, Result<Answer, ApproverError>> {
        Box::pin(self.run(request))
    }
}

impl std::fmt::Debug for Telegram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Telegram")
            .field("api", &self.api.to_string())
            .field("chat", &self.chat)
            .finish_non_exhaustive()
    }
}
