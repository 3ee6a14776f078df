//! What the runtime does over a network.
//!
//! [`HttpExecutor`] carries actions out by calling a web service. [`Webhook`], [`Slack`], [`Discord`],
//! [`Telegram`] and [`Mail`] ask people. [`HttpPost`] hands on what is in an audit store. All of them talk HTTP, SMTP and IMAP as they are
//! documented, over one small client, and none of them follows a redirect or talks to another
//! host than it was told.
//!
//! They are apart from `aegis-runtime` so that an agent that needs none of them compiles no TLS.

mod client;
mod discord;
mod encode;
mod events;
mod executor;
mod mail;
mod people;
mod signature;
mod slack;
mod telegram;
mod webhook;

pub use self::client::{Client, ClientError, Method, Url, UrlError};
pub use self::discord::Discord;
pub use self::events::HttpPost;
pub use self::executor::{HttpExecutor, RouteError};
pub use self::mail::{Mail, MailError, Server};
pub use self::people::{NobodyAllowed, People};
pub use self::signature::{SIGNATURE_HEADER, Secret, Side, SignatureError, WeakSecret};
pub use self::slack::Slack;
pub use self::telegram::Telegram;
pub use self::webhook::Webhook;
