//! Events sent to a program elsewhere, as batches of JSON lines.

use std::fmt;

use super::{Sink, SinkError};
use crate::sqlite::Record;

/// A body is not longer than this, unless one event alone is.
const MAX_BODY: usize = 1 << 20;

/// Sends a body somewhere. This crate speaks no HTTP: `HttpPost` of `aegis-remote` does, and who
/// embeds it may have a client already, with its proxies and certificates.
pub trait Post: Send + fmt::Debug {
    /// Sends a body with a content type; the other side has it once this returns.
    ///
    /// # Errors
    ///
    /// If it does not, or says that it cannot take it. It is sent again later.
    fn post(&mut self, content_type: &str, body: &str) -> Result<(), SinkError>;
}

/// Sends events by a [`Post`], at most about a megabyte at once. The store remembers how far it is.
#[derive(Debug)]
pub struct WebhookSink {
    name: String,
    post: Box<dyn Post>,
    /// The last event that the other side has. A batch that failed in the middle is handed over
    /// again as a whole; what was taken of it is not sent twice, or a side that takes one body a
    /// minute would get the same one for ever.
    taken: Option<u64>,
}

impl WebhookSink {
    /// A sink; its name is what the store remembers it by.
    #[must_use]
    pub fn new(name: impl Into<String>, post: Box<dyn Post>) -> Self {
        Self {
            name: name.into(),
            post,
            taken: None,
        }
    }

    fn send(&mut self, body: &mut String, last: u64) -> Result<(), SinkError> {
        self.post.post("application/x-ndjson", body)?;
        self.taken = Some(last);
        body.clear();
        Ok(())
    }
}

impl Sink for WebhookSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn deliver(&mut self, events: &[Record]) -> Result<(), SinkError> {
        let mut body = String::new();
        let mut last = None;
        for event in events {
            if self.taken.is_some_and(|taken| event.sequence <= taken) {
                continue;
            }
            let line = event.event() + "\n";
            if let Some(last) = last.filter(|_| body.len() + line.len() > MAX_BODY) {
                self.send(&mut body, last)?;
            }
            body.push_str(&line);
            last = Some(event.sequence);
        }
        match last {
            Some(last) => self.send(&mut body, last),
            None => Ok(()),
        }
    }
}
