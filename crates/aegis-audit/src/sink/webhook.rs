//! Events sent to a program elsewhere, as batches of JSON lines.

use std::fmt;

use super::{Sink, SinkError};
use crate::sqlite::Record;

/// Sends a body somewhere. This crate speaks no HTTP: who embeds it has a client already, with its
/// proxies and certificates.
pub trait Post: Send + fmt::Debug {
    /// Sends a body with a content type; the other side has it once this returns.
    ///
    /// # Errors
    ///
    /// If it does not, or says that it cannot take it. It is sent again later.
    fn post(&mut self, content_type: &str, body: &str) -> Result<(), SinkError>;
}

/// Sends events by a [`Post`]. The store remembers how far it is.
#[derive(Debug)]
pub struct WebhookSink {
    name: String,
    post: Box<dyn Post>,
}

impl WebhookSink {
    /// A sink; its name is what the store remembers it by.
    #[must_use]
    pub fn new(name: impl Into<String>, post: Box<dyn Post>) -> Self {
        Self {
            name: name.into(),
            post,
        }
    }
}

impl Sink for WebhookSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn deliver(&mut self, events: &[Record]) -> Result<(), SinkError> {
        let lines = events.iter().map(|event| event.event() + "\n");
        self.post
            .post("application/x-ndjson", &lines.collect::<String>())
    }
}
