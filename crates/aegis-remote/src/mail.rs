//! Asking by mail: SMTP to ask, IMAP to read the answers.
//!
//! Anybody can write any sender into a mail. So an answer counts only if the server of the mailbox
//! says in its `Authentication-Results` that the sender's domain vouches for it (`dmarc=pass`),
//! and if it holds the code, which only those who were asked have seen.

mod imap;
mod message;
mod smtp;
mod wire;

use std::time::Duration;

use aegis_runtime::Pending;
use aegis_runtime::approval::reading;
use aegis_runtime::approval::{Answer, Approver, ApproverError, Request, Verdict};

use crate::client::Client;
use crate::people::{People, SHORT_FAILURES};

/// A server for mail and the account there.
#[derive(Clone)]
pub struct Server {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) security: Security,
    pub(crate) user: String,
    pub(crate) password: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Security {
    /// TLS from the first byte.
    Tls,
    /// TLS after a greeting.
    StartTls,
    /// None; to this machine only.
    None,
}

impl Server {
    /// A server that talks TLS from the first byte: usually port 465 for SMTP, 993 for IMAP.
    #[must_use]
    pub fn tls(
        host: impl Into<String>,
        port: u16,
        user: impl Into<String>,
        password: impl Into<String>,
    ) -> Self {
        Self {
            host: host.into(),
            port,
            security: Security::Tls,
            user: user.into(),
            password: password.into(),
        }
    }

    /// An SMTP server that turns to TLS after its greeting: usually port 587.
    #[must_use]
    pub fn start_tls(
        host: impl Into<String>,
        port: u16,
        user: impl Into<String>,
        password: impl Into<String>,
    ) -> Self {
        Self {
            security: Security::StartTls,
            ..Self::tls(host, port, user, password)
        }
    }

    /// A server on this machine, without encryption.
    #[must_use]
    pub fn local(port: u16, user: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            security: Security::None,
            ..Self::tls("127.0.0.1", port, user, password)
        }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("security", &self.security)
            .finish_non_exhaustive()
    }
}

/// Why mail cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// Not an address that this client sends to.
    #[error("`{0}` is not a mail address")]
    Address(String),
    /// The server that checks senders has no name.
    #[error("name the server that checks senders, as it calls itself in `Authentication-Results`")]
    NoAuthority,
}

/// Mails a request to all who may approve, and reads the answers from a mailbox.
#[derive(Debug, Clone)]
pub struct Mail {
    client: Client,
    smtp: Server,
    imap: Server,
    from: String,
    people: People,
    authority: String,
    every: Duration,
}

impl Mail {
    /// Asks from an address whose mailbox is read by IMAP (`INBOX`). The people are mail addresses.
    /// `authority` is how the mailbox's own server calls itself in `Authentication-Results`.
    ///
    /// # Errors
    /// An address that is none, and an empty authority.
    pub fn new(
        client: Client,
        smtp: Server,
        imap: Server,
        from: &str,
        people: &People,
        authority: &str,
    ) -> Result<Self, MailError> {
        let checked = |address: &str| match message::is_address(address) {
            true => Ok(address.to_lowercase()),
            false => Err(MailError::Address(address.to_owned())),
        };
        let addresses: Result<Vec<_>, _> = people.iter().map(checked).collect();
        let addresses = addresses?;
        if authority.trim().is_empty() {
            return Err(MailError::NoAuthority);
        }
        Ok(Self {
            client,
            smtp,
            imap,
            from: checked(from)?,
            // There is somebody, since `people` had somebody.
            people: People::new(addresses).map_err(|_| MailError::Address(String::new()))?,
            authority: authority.trim().to_lowercase(),
            every: Duration::from_secs(15),
        })
    }

    /// How often the mailbox is read.
    #[must_use]
    pub fn every(mut self, every: Duration) -> Self {
        self.every = every;
        self
    }

    async fn run(&self, request: &Request) -> Result<Answer, ApproverError> {
        let text = message::question(request, &self.from, &self.people);
        smtp::send(&self.client, &self.smtp, &self.from, &self.people, &text)
            .await
            .map_err(|why| ApproverError::new(format!("the mail was not sent: {why}")))?;
        let mut failures = 0;
        loop {
            tokio::time::sleep(self.every).await;
            match imap::search(&self.client, &self.imap, request.code()).await {
                Ok(mails) => {
                    failures = 0;
                    if let Some(answer) = self.judge(&mails, request) {
                        return Ok(answer);
                    }
                }
                Err(why) if failures >= SHORT_FAILURES => {
                    return Err(ApproverError::new(format!(
                        "the mailbox cannot be read: {why}"
                    )));
                }
                Err(_) => failures += 1,
            }
        }
    }

    /// What those who may approve wrote. One no outweighs every yes.
    fn judge(&self, mails: &[imap::Fetched], request: &Request) -> Option<Answer> {
        let mut yes = None;
        for mail in mails {
            let Some(by) = message::sender(&mail.header, &self.authority) else {
                continue;
            };
            if !self.people.may(&by) || message::is_automatic(&mail.header) {
                continue;
            }
            let said = match message::plain_text(&mail.header, &mail.body) {
                Some(text) if !mail.cut => reading::mail(&text, request.code(), &self.from),
                _ => Verdict::No,
            };
            if said == Verdict::No {
                return Some(request.answer(Verdict::No, by));
            }
            yes.get_or_insert_with(|| request.answer(Verdict::Yes, by));
        }
        yes
    }
}

impl Approver for Mail {
    fn channel(&self) -> &'static str {
        "mail"
    }

    fn ask<'a>(&'a self, request: &'a Request) -> Pending<'a, Result<Answer, ApproverError>> {
        Box::pin(self.run(request))
    }
}
