//! Mail over a small SMTP and IMAP server that share a mailbox.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aegis_remote::{Mail, MailError, People, Server};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{LONG, approved, ask_for, client, code_in, patience, refused};

type Mailbox = Arc<Mutex<Vec<(String, String)>>>;

/// What people write back when they get the mail with a code: headers and text.
type Write = fn(&str) -> Vec<(String, String)>;

const PASS: &str = "Authentication-Results: mx.example.org; dmarc=pass header.from=example.com";

fn mail(from: &str, results: &str, text: impl Into<String>) -> (String, String) {
    (
        format!("{results}\r\nFrom: {from}\r\nSubject: Re: [aegis CODE] approval needed\r\n\r\n"),
        text.into(),
    )
}

async fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

async fn line(stream: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    line.trim_end().to_owned()
}

async fn say(stream: &mut BufReader<TcpStream>, text: &str) {
    stream.write_all(text.as_bytes()).await.unwrap();
}

/// Takes one mail and puts the answers into the mailbox.
async fn smtp(
    stream: TcpStream,
    mailbox: Mailbox,
    write: Write,
    recipients: Arc<Mutex<Vec<String>>>,
) {
    let mut stream = BufReader::new(stream);
    say(&mut stream, "220 hello\r\n").await;
    loop {
        let command = line(&mut stream).await;
        let reply = match command.split(' ').next().unwrap() {
            "EHLO" => "250-mx.example.org\r\n250 AUTH PLAIN\r\n",
            "AUTH" if command == "AUTH PLAIN AGFlZ2lzAHNlY3JldA==" => "235 in\r\n",
            "AUTH" => "535 no\r\n",
            "MAIL" | "RCPT" => {
                recipients.lock().unwrap().push(command);
                "250 ok\r\n"
            }
            "DATA" => {
                say(&mut stream, "354 go on\r\n").await;
                let (mut head, mut body, mut inside) = (String::new(), String::new(), false);
                loop {
                    match line(&mut stream).await.as_str() {
                        "." => break,
                        "" => inside = true,
                        text if inside => body.push_str(text),
                        text => head.push_str(&format!("{text}\n")),
                    }
                }
                let code = head
                    .split_once("[aegis ")
                    .unwrap()
                    .1
                    .split(']')
                    .next()
                    .unwrap()
                    .to_owned();
                assert_eq!(code_in(&decode(&body)), code);
                let answers = write(&code);
                let answers = answers
                    .into_iter()
                    .map(|(h, t)| (h.replace("CODE", &code), t));
                mailbox.lock().unwrap().extend(answers);
                "250 taken\r\n"
            }
            "QUIT" => {
                say(&mut stream, "221 bye\r\n").await;
                return;
            }
            other => panic!("{other}"),
        };
        say(&mut stream, reply).await;
    }
}

/// Base64, for the test alone.
fn decode(text: &str) -> String {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: String = text
        .chars()
        .filter_map(|c| letters.find(c))
        .map(|value| format!("{value:06b}"))
        .collect();
    let bytes = bits.as_bytes().chunks_exact(8);
    let bytes =
        bytes.map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap());
    String::from_utf8_lossy(&bytes.collect::<Vec<_>>()).into_owned()
}

async fn imap(stream: TcpStream, mailbox: Mailbox) {
    let mut stream = BufReader::new(stream);
    say(&mut stream, "* OK IMAP4rev1\r\n").await;
    loop {
        let command = line(&mut stream).await;
        let (tag, rest) = command.split_once(' ').unwrap();
        let mails = mailbox.lock().unwrap().clone();
        let reply = match rest.split(' ').next().unwrap() {
            "LOGIN" if rest == r#"LOGIN "aegis" "secret""# => String::new(),
            "LOGIN" => {
                say(&mut stream, &format!("{tag} NO wrong\r\n")).await;
                continue;
            }
            "EXAMINE" => format!("* {} EXISTS\r\n* FLAGS ()\r\n", mails.len()),
            "LOGOUT" => return,
            _ if rest.starts_with("UID SEARCH SUBJECT ") => {
                let code = rest.rsplit(' ').next().unwrap().trim_matches('"');
                let numbers = (1..)
                    .zip(&mails)
                    .filter(|(_, (header, _))| header.contains(code));
                let numbers: String = numbers.map(|(number, _)| format!(" {number}")).collect();
                format!("* SEARCH{numbers}\r\n")
            }
            _ => {
                let number: usize = rest
                    .strip_prefix("UID FETCH ")
                    .unwrap()
                    .split(' ')
                    .next()
                    .unwrap()
                    .parse()
                    .unwrap();
                let (header, text) = &mails[number - 1];
                let text = &text[..text.len().min(65_536)];
                format!(
                    "* {number} FETCH (UID {number} BODY[HEADER] {{{}}}\r\n{header} BODY[TEXT]<0> {{{}}}\r\n{text})\r\n",
                    header.len(),
                    text.len()
                )
            }
        };
        say(&mut stream, &format!("{reply}{tag} OK done\r\n")).await;
    }
}

async fn answered(why: &str, write: Write) -> (aegis_runtime::Record, u32) {
    run(write, "secret", patience(why)).await.0
}

async fn run(
    write: Write,
    password: &str,
    patience: Duration,
) -> ((aegis_runtime::Record, u32), Vec<String>) {
    let mailbox: Mailbox = Arc::default();
    let recipients: Arc<Mutex<Vec<String>>> = Arc::default();
    let (smtp_listener, smtp_port) = listen().await;
    let (imap_listener, imap_port) = listen().await;
    let (outbox, asked) = (Arc::clone(&mailbox), Arc::clone(&recipients));
    tokio::spawn(async move {
        loop {
            let (stream, _) = smtp_listener.accept().await.unwrap();
            tokio::spawn(smtp(stream, Arc::clone(&outbox), write, Arc::clone(&asked)));
        }
    });
    tokio::spawn(async move {
        loop {
            let (stream, _) = imap_listener.accept().await.unwrap();
            tokio::spawn(imap(stream, Arc::clone(&mailbox)));
        }
    });
    let people = People::new(["anna@example.com", "Ben@example.com"]).unwrap();
    let mail = Mail::new(
        client(),
        Server::local(smtp_port, "aegis", password),
        Server::local(imap_port, "aegis", password),
        "aegis@example.org",
        &people,
        "mx.example.org",
    );
    let result = ask_for(mail.unwrap().every(Duration::from_millis(10)), patience).await;
    let recipients = recipients.lock().unwrap().clone();
    (result, recipients)
}

#[tokio::test]
async fn a_yes_by_mail_runs_and_everybody_was_asked() {
    let (result, recipients) = run(
        |code| {
            let reply = format!(
                "Approve {code}\r\n\r\nOn Monday <aegis@example.org> wrote:\r\n> approve x\r\n"
            );
            vec![mail("Ben <ben@example.com>", PASS, reply)]
        },
        "secret",
        LONG,
    )
    .await;
    approved(&result, "ben@example.com");
    let all = [
        "MAIL FROM:<aegis@example.org>",
        "RCPT TO:<anna@example.com>",
        "RCPT TO:<ben@example.com>",
    ];
    assert_eq!(recipients, all);
}

#[tokio::test]
async fn what_is_no_yes_is_a_no() {
    let quoted: Write = |code| {
        vec![mail(
            "anna@example.com",
            PASS,
            format!("> approve {code}\r\n"),
        )]
    };
    let not: Write = |code| {
        vec![mail(
            "anna@example.com",
            PASS,
            format!("do not approve {code}\r\n"),
        )]
    };
    let more: Write = |code| {
        vec![mail(
            "anna@example.com",
            PASS,
            format!("approve {code}\r\nno, wait\r\n"),
        )]
    };
    let html: Write = |code| {
        let (header, text) = mail("anna@example.com", PASS, format!("approve {code}"));
        vec![(
            header.replace("Subject", "Content-Type: text/html\r\nSubject"),
            text,
        )]
    };
    let endless: Write = |code| {
        let text = format!("approve {code}\r\n{}no", "\r\n".repeat(40_000));
        vec![mail("anna@example.com", PASS, text)]
    };
    let both: Write = |code| {
        vec![
            mail("ben@example.com", PASS, format!("approve {code}")),
            mail("anna@example.com", PASS, format!("deny {code}")),
        ]
    };
    for write in [quoted, not, more, html, endless, both] {
        refused(&answered("said", write).await, "anna@example.com said no");
    }
}

#[tokio::test]
async fn forged_foreign_and_automatic_mail_does_not_count() {
    let forged: Write = |code| {
        let results = "Authentication-Results: mx.example.org; dmarc=fail";
        vec![mail("anna@example.com", results, format!("approve {code}"))]
    };
    let unchecked: Write = |code| vec![mail("anna@example.com", "X: y", format!("approve {code}"))];
    let stranger: Write = |code| vec![mail("eve@example.com", PASS, format!("approve {code}"))];
    let away: Write = |code| {
        let (header, text) = mail("anna@example.com", PASS, format!("approve {code}"));
        vec![(
            header.replace("Subject", "Auto-Submitted: auto-replied\r\nSubject"),
            text,
        )]
    };
    for write in [forged, unchecked, stranger, away] {
        refused(&answered("in time", write).await, "nobody answered in time");
    }
}

#[tokio::test]
async fn a_wrong_password_or_address_is_said() {
    let (result, _) = run(|_| Vec::new(), "wrong", LONG).await;
    refused(
        &result,
        "the mail was not sent: after the password the server said `535 no`",
    );
    assert!(!result.0.to_string().contains("wrong"));
    let server = || Server::local(1, "u", "hunter2");
    assert!(!format!("{:?}", server()).contains("hunter2"));
    let people = People::new(["a@b\r\nBcc: c@d"]).unwrap();
    let refused = Mail::new(client(), server(), server(), "a@b", &people, "mx");
    assert!(matches!(refused, Err(MailError::Address(_))));
    let people = People::new(["a@b"]).unwrap();
    let refused = Mail::new(client(), server(), server(), "a@b", &people, " ");
    assert!(matches!(refused, Err(MailError::NoAuthority)));
}
