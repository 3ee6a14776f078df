//! Audit events posted to a web service.

use std::time::SystemTime;

use aegis_audit::sink::{Post, SinkError};
use aegis_runtime::neutral;
use hyper::Method;
use tokio::runtime::{Builder, Handle};

use crate::client::{Client, Response, Url};
use crate::signature::{SIGNATURE_HEADER, Secret, Side};

/// So much of what the other side says about a failure is repeated.
const LONGEST_WORD: usize = 200;

/// Posts events of an audit store to a web service, for a
/// [`WebhookSink`](aegis_audit::sink::WebhookSink): JSON lines, one event each, in order.
///
/// Any answer from `200` to `299` means that the service has them. On everything else they stay in
/// the store and are sent again, later if the service says so in `Retry-After`. The service may get
/// an event twice, when an answer was lost; `event_id` tells.
///
/// It waits for the answer where it is called, so it must not be called by an async task; a
/// [`Follower`](aegis_audit::sink::Follower) has a thread of its own for it.
#[derive(Debug, Clone)]
pub struct HttpPost {
    client: Client,
    url: Url,
    headers: Vec<(String, String)>,
    secret: Option<Secret>,
}

impl HttpPost {
    /// Posts to this address.
    #[must_use]
    pub fn new(client: Client, url: Url) -> Self {
        Self {
            client,
            url,
            headers: Vec::new(),
            secret: None,
        }
    }

    /// Adds a header to every request, such as one that authenticates.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Signs every request with a secret that is shared with the service.
    #[must_use]
    pub fn secret(mut self, secret: Secret) -> Self {
        self.secret = Some(secret);
        self
    }

    async fn send(&self, content_type: &str, body: &str) -> Result<Response, SinkError> {
        let sign = |secret: &Secret| secret.sign(Side::Request, SystemTime::now(), body.as_bytes());
        let signature = self.secret.as_ref().map(sign);
        let mut headers = vec![("content-type", content_type)];
        let own = self.headers.iter();
        headers.extend(own.map(|(name, value)| (name.as_str(), value.as_str())));
        headers.extend(signature.as_deref().map(|value| (SIGNATURE_HEADER, value)));
        let body = body.as_bytes().to_vec();
        let sent = self.client.send(Method::POST, &self.url, &headers, body);
        sent.await.map_err(|why| SinkError::new(why.to_string()))
    }

    /// Whether the other side has the events.
    fn judge(&self, response: &Response, bytes: usize) -> Result<(), SinkError> {
        let status = response.status;
        let why = match status {
            200..=299 => return Ok(()),
            300..=399 => "redirects are not followed; give the address that it leads to".to_owned(),
            413 => format!("{bytes} bytes are too many for it"),
            408 | 425 | 429 | 500..=599 => "it gets the events again".to_owned(),
            _ => "it refuses the events, which stay in the store".to_owned(),
        };
        let mut why = format!("{} answered {status}: {why}", self.url);
        let text = neutral(response.text().trim());
        if !text.is_empty() {
            let said: String = text.chars().take(LONGEST_WORD).collect();
            let more = if said.len() < text.len() { "..." } else { "" };
            why += &format!("; it says: {said}{more}");
        }
        let error = SinkError::new(why);
        Err(match response.retry_after() {
            Some(wait) => error.after(wait),
            None => error,
        })
    }
}

impl Post for HttpPost {
    fn post(&mut self, content_type: &str, body: &str) -> Result<(), SinkError> {
        if Handle::try_current().is_ok() {
            let why = "an async task must not wait for a post; a follower calls it from its thread";
            return Err(SinkError::new(why));
        }
        // It lives as long as one request: dropped anywhere else it would wait for threads.
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime =
            runtime.map_err(|why| SinkError::new(format!("nothing can be sent: {why}")))?;
        let response = runtime.block_on(self.send(content_type, body));
        // A name that is still being looked up is nobody's business any more.
        runtime.shutdown_background();
        self.judge(&response?, body.len())
    }
}
