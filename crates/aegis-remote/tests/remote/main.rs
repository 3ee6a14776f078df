//! What goes over a network, against servers on this machine that behave as the services document.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod discord;
mod events;
mod http;
mod mail;
mod server;
mod slack;
mod support;
mod telegram;
mod tls;
mod webhook;
