//! Asking a web service of one's own.

use std::time::{Duration, SystemTime};

use aegis_runtime::Pending;
use aegis_runtime::approval::reading;
use aegis_runtime::approval::{Answer, Approver, ApproverError, Request};
use hyper::Method;

use crate::client::{Client, Response, Url};
use crate::people::People;
use crate::signature::{SIGNATURE_HEADER, Secret, Side, SignatureError};

/// Posts a request as JSON to a service that asks somebody.
///
/// The service answers `200` with the answer, or `202` with a `Location` on the same host that is
/// then asked until it answers `200`; `202` and `204` there mean that nobody has answered yet. The
/// answer is a JSON object with `request`, `digest`, `approved` (the boolean `true` or it is a no),
/// `by`, and perhaps `comment`.
#[derive(Debug, Clone)]
pub struct Webhook {
    client: Client,
    url: Url,
    people: People,
    headers: Vec<(String, String)>,
    every: Duration,
    secret: Option<Secret>,
}

impl Webhook {
    /// Posts to this address; the people are those whom the service may name in `by`.
    #[must_use]
    pub fn new(client: Client, url: Url, people: People) -> Self {
        Self {
            client,
            url,
            people,
            headers: Vec::new(),
            every: Duration::from_secs(2),
            secret: None,
        }
    }

    /// Adds a header to every request, such as one that authenticates.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Signs every request with a secret that is shared with the service, and takes only answers that
    /// are signed with it as well, when they are sent.
    #[must_use]
    pub fn secret(mut self, secret: Secret) -> Self {
        self.secret = Some(secret);
        self
    }

    /// How often a pending answer is asked for, unless the service asks for more patience.
    #[must_use]
    pub fn every(mut self, every: Duration) -> Self {
        self.every = every;
        self
    }

    async fn send(
        &self,
        method: Method,
        url: &Url,
        body: Vec<u8>,
    ) -> Result<Response, ApproverError> {
        let own = self.headers.iter();
        let mut headers: Vec<_> = own
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        if !body.is_empty() {
            headers.push(("content-type", "application/json; charset=utf-8"));
        }
        let sign = |secret: &Secret| secret.sign(Side::Request, SystemTime::now(), &body);
        let signature = self.secret.as_ref().map(sign);
        headers.extend(signature.as_deref().map(|value| (SIGNATURE_HEADER, value)));
        let sent = self.client.send(method, url, &headers, body).await;
        sent.map_err(ApproverError::new)
    }

    /// Whether an answer was signed as it must be.
    fn check(&self, response: &Response) -> Result<(), ApproverError> {
        let Some(secret) = &self.secret else {
            return Ok(());
        };
        let said: Vec<_> = response.headers.get_all(SIGNATURE_HEADER).iter().collect();
        let checked = match said.as_slice() {
            [value] => {
                let value = value.to_str().map_err(|_| SignatureError::Malformed);
                let now = SystemTime::now();
                value.and_then(|value| secret.check(Side::Answer, now, value, &response.body))
            }
            other => Err(SignatureError::Headers(other.len())),
        };
        checked.map_err(|why| ApproverError::new(format!("the answer does not count: {why}")))
    }

    async fn run(&self, request: &Request) -> Result<Answer, ApproverError> {
        let body = request.to_json().to_string().into_bytes();
        let mut response = self.send(Method::POST, &self.url, body).await?;
        let mut pending = None;
        loop {
            match (response.status, &pending) {
                (200, _) => {
                    self.check(&response)?;
                    return self.read(&response.text(), request);
                }
                (202, None) => {
                    let location = response.header("location");
                    let url = location.and_then(|location| self.url.elsewhere(location));
                    let missing = "the service took the request and named no place on its own host \
                                   where the answer will be";
                    pending = Some(url.ok_or_else(|| ApproverError::new(missing))?);
                }
                (202 | 204 | 429 | 503, Some(_)) => {}
                (status, _) => {
                    return Err(ApproverError::new(format!("the service answered {status}")));
                }
            }
            tokio::time::sleep(response.retry_after().unwrap_or_default().max(self.every)).await;
            if let Some(url) = &pending {
                response = self.send(Method::GET, url, Vec::new()).await?;
            }
        }
    }

    fn read(&self, body: &str, request: &Request) -> Result<Answer, ApproverError> {
        let read = reading::json(body, request.id(), request.digest());
        let read = read.map_err(|why| ApproverError::new(format!("the answer is none: {why}")))?;
        if !self.people.may(&read.by) {
            let by = aegis_runtime::neutral(&read.by);
            return Err(ApproverError::new(format!(
                "`{by}` is not among those who may approve"
            )));
        }
        let mut answer = request.answer(read.verdict, read.by);
        answer.comment = read.comment;
        Ok(answer)
    }
}

impl Approver for Webhook {
    fn channel(&self) -> &'static str {
        "webhook"
    }

    fn ask<'a>(&'a self, request: &'a Request) -> Pending<'a, Result<Answer, ApproverError>> {
        Box::pin(self.run(request))
    }
}
