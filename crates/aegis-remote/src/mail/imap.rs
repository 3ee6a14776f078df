//! Reading answers from a mailbox: the little of RFC 3501 that takes.

use super::Server;
use super::wire::{PATIENCE, Wire};
use crate::client::Client;

/// Of a mail's text so much is read. Longer ones are no yes.
const MOST_BODY: usize = 64 << 10;

/// A header may have so many bytes.
const MOST_HEADER: usize = 256 << 10;

/// At most so many mails about one request are read.
const MOST_MAILS: usize = 100;

/// A mail.
pub(crate) struct Fetched {
    pub(crate) header: String,
    pub(crate) body: Vec<u8>,
    /// The text goes on, and what it then says is not known.
    pub(crate) cut: bool,
}

/// All mails whose subject holds the code, the oldest first. They stay unread.
pub(crate) async fn search(
    client: &Client,
    server: &Server,
    code: &str,
) -> Result<Vec<Fetched>, String> {
    let found = tokio::time::timeout(PATIENCE, talk(client, server, code)).await;
    found.unwrap_or_else(|_| Err("the server took too long".to_owned()))
}

async fn talk(client: &Client, server: &Server, code: &str) -> Result<Vec<Fetched>, String> {
    let mut wire = Wire::open(client, server).await?;
    let greeting = wire.line().await?;
    if !greeting.starts_with("* OK") {
        return Err(format!(
            "it greeted with `{}`",
            aegis_runtime::neutral(&greeting)
        ));
    }
    let (user, password) = (quoted(&server.user)?, quoted(&server.password)?);
    command(
        &mut wire,
        "a1",
        &format!("LOGIN {user} {password}"),
        "LOGIN",
    )
    .await?;
    command(&mut wire, "a2", "EXAMINE INBOX", "EXAMINE").await?;
    let search = format!("UID SEARCH SUBJECT {}", quoted(code)?);
    let found = command(&mut wire, "a3", &search, "SEARCH").await?;
    let mut numbers: Vec<u32> = found
        .iter()
        .filter_map(|part| part.line.strip_prefix("* SEARCH"))
        .flat_map(|numbers| numbers.split(' ').filter_map(|number| number.parse().ok()))
        .collect();
    numbers.sort_unstable();
    if numbers.len() > MOST_MAILS {
        return Err(format!("more than {MOST_MAILS} mails hold the code"));
    }
    let mut mails = Vec::with_capacity(numbers.len());
    for number in numbers {
        let fetch =
            format!("UID FETCH {number} (BODY.PEEK[HEADER] BODY.PEEK[TEXT]<0.{MOST_BODY}>)");
        let parts = command(&mut wire, "a4", &fetch, "FETCH").await?;
        mails.extend(fetched(parts));
    }
    // They are read; how the goodbye goes does not matter.
    let _ = wire.write(b"a5 LOGOUT\r\n").await;
    Ok(mails)
}

/// A piece of a response: a line, and the literal that it announces.
struct Part {
    line: String,
    literal: Option<Vec<u8>>,
}

/// Says something and reads up to the tagged reply, which must be `OK`.
async fn command(wire: &mut Wire, tag: &str, text: &str, name: &str) -> Result<Vec<Part>, String> {
    wire.write(format!("{tag} {text}\r\n").as_bytes()).await?;
    let mut parts = Vec::new();
    for _ in 0..10_000 {
        let line = wire.line().await?;
        if let Some(reply) = line
            .strip_prefix(tag)
            .and_then(|rest| rest.strip_prefix(' '))
        {
            return match reply.starts_with("OK") {
                true => Ok(parts),
                false => Err(format!(
                    "{name} was answered `{}`",
                    aegis_runtime::neutral(reply)
                )),
            };
        }
        let literal = match announced(&line) {
            Some(count) if count > MOST_HEADER => {
                return Err(format!("a part of a mail has {count} bytes"));
            }
            Some(count) => Some(wire.bytes(count).await?),
            None => None,
        };
        parts.push(Part { line, literal });
    }
    Err("the reply has no end".to_owned())
}

/// The number of bytes that follow a line that ends in `{number}`.
fn announced(line: &str) -> Option<usize> {
    let (_, count) = line.strip_suffix('}')?.rsplit_once('{')?;
    count.parse().ok()
}

fn fetched(parts: Vec<Part>) -> Option<Fetched> {
    let (mut header, mut body) = (None, Vec::new());
    for part in parts {
        let Some(literal) = part.literal else {
            continue;
        };
        if part.line.contains("BODY[HEADER]") {
            header = Some(String::from_utf8_lossy(&literal).into_owned());
        } else if part.line.contains("BODY[TEXT]") {
            body = literal;
        }
    }
    Some(Fetched {
        header: header?,
        cut: body.len() >= MOST_BODY,
        body,
    })
}

/// A quoted string.
fn quoted(text: &str) -> Result<String, String> {
    if !text
        .bytes()
        .all(|byte| byte == b' ' || byte.is_ascii_graphic())
    {
        return Err("user, password and code must be visible ASCII".to_owned());
    }
    Ok(format!(
        "\"{}\"",
        text.replace('\\', "\\\\").replace('"', "\\\"")
    ))
}
