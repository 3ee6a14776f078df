//! Handing a mail to a server: RFC 5321 with `STARTTLS` and `AUTH PLAIN`.

use super::wire::{PATIENCE, Wire};
use super::{Security, Server};
use crate::client::Client;
use crate::encode::base64;
use crate::people::People;

/// Sends a mail to all of them, or fails.
pub(crate) async fn send(
    client: &Client,
    server: &Server,
    from: &str,
    to: &People,
    text: &str,
) -> Result<(), String> {
    let sending = talk(client, server, from, to, text);
    let sent = tokio::time::timeout(PATIENCE, sending).await;
    sent.unwrap_or_else(|_| Err("the server took too long".to_owned()))
}

async fn talk(
    client: &Client,
    server: &Server,
    from: &str,
    to: &People,
    text: &str,
) -> Result<(), String> {
    let mut wire = Wire::open(client, server).await?;
    expect(&mut wire, 220, "the greeting").await?;
    say(&mut wire, "EHLO localhost", 250).await?;
    if server.security == Security::StartTls {
        say(&mut wire, "STARTTLS", 220).await?;
        wire = wire.encrypt(client, server).await?;
        say(&mut wire, "EHLO localhost", 250).await?;
    }
    if !server.user.is_empty() {
        let secret = base64(format!("\0{}\0{}", server.user, server.password).as_bytes());
        wire.write(format!("AUTH PLAIN {secret}\r\n").as_bytes())
            .await?;
        expect(&mut wire, 235, "the password").await?;
    }
    say(&mut wire, &format!("MAIL FROM:<{from}>"), 250).await?;
    for person in to.iter() {
        say(&mut wire, &format!("RCPT TO:<{person}>"), 250).await?;
    }
    say(&mut wire, "DATA", 354).await?;
    wire.write(text.as_bytes()).await?;
    wire.write(b"\r\n.\r\n").await?;
    expect(&mut wire, 250, "the mail").await?;
    // It is sent; how the goodbye goes does not matter.
    let _ = say(&mut wire, "QUIT", 221).await;
    Ok(())
}

async fn say(wire: &mut Wire, command: &str, want: u16) -> Result<(), String> {
    wire.write(format!("{command}\r\n").as_bytes()).await?;
    expect(wire, want, command).await
}

/// Reads a reply, which may have several lines, and compares its code.
async fn expect(wire: &mut Wire, want: u16, after: &str) -> Result<(), String> {
    for _ in 0..100 {
        let line = wire.line().await?;
        if line.as_bytes().get(3) == Some(&b'-') {
            continue;
        }
        let code = line.get(..3).and_then(|code| code.parse::<u16>().ok());
        if code == Some(want) {
            return Ok(());
        }
        let said = aegis_runtime::neutral(&line.chars().take(200).collect::<String>());
        return Err(format!("after {after} the server said `{said}`"));
    }
    Err("the server's reply has no end".to_owned())
}
