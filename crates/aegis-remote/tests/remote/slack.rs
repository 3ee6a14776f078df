//! Slack as its documentation has it: `chat.postMessage`, `conversations.replies` page by page,
//! `429` with `Retry-After`.

use std::time::Duration;

use aegis_remote::Slack;
use serde_json::{Value, json};

use crate::server::{Call, Reply, Server};
use crate::support::{
    LONG, OFTEN, approved, ask, ask_for, client, code_in, patience, people, refused,
};

const THREAD: &str = "1700000000.000100";

/// Answers of the service: the question is posted, and the thread then holds these replies, two to
/// a page.
fn service(
    mut replies: impl FnMut(&str) -> Vec<Value> + Send + 'static,
) -> impl FnMut(&Call) -> Reply + Send + 'static {
    let mut code = String::new();
    move |call| {
        assert_eq!(call.header("authorization"), Some("Bearer xoxb-1"));
        if call.path == "/chat.postMessage" {
            let text = call.json().pointer("/blocks/0/text").cloned().unwrap();
            assert_eq!(text["type"], "plain_text");
            code = code_in(text["text"].as_str().unwrap());
            return Reply::new(200, json!({ "ok": true, "channel": "C1", "ts": THREAD }));
        }
        assert!(
            call.path.starts_with("/conversations.replies?"),
            "{}",
            call.path
        );
        assert_eq!(call.query("channel").as_deref(), Some("C1"));
        assert_eq!(call.query("ts").as_deref(), Some(THREAD));
        // The first message of a thread is the question.
        let mut all = vec![
            json!({ "type": "message", "user": "B0", "bot_id": "B0", "ts": THREAD,
            "thread_ts": THREAD, "text": format!("approve {code}") }),
        ];
        all.extend(replies(&code));
        let from: usize = call
            .query("cursor")
            .map_or(0, |c| c.trim_end_matches('=').parse().unwrap());
        let page: Vec<_> = all.iter().skip(from).take(2).cloned().collect();
        let more = from + 2 < all.len();
        let next = if more {
            format!("{}=", from + 2)
        } else {
            String::new()
        };
        Reply::new(
            200,
            json!({ "ok": true, "messages": page, "has_more": more,
            "response_metadata": { "next_cursor": next } }),
        )
    }
}

fn says(user: &str, text: impl AsRef<str>) -> Value {
    json!({ "type": "message", "user": user, "ts": "1700000001.000200", "thread_ts": THREAD,
        "text": text.as_ref() })
}

fn slack(server: &Server) -> Slack {
    Slack::new(client(), "xoxb-1", "C1", people())
        .unwrap()
        .api(server.url.clone())
        .every(OFTEN)
}

async fn thread(
    why: &str,
    replies: impl FnMut(&str) -> Vec<Value> + Send + 'static,
) -> (aegis_runtime::Record, u32) {
    let server = Server::start(service(replies)).await;
    ask_for(slack(&server), patience(why)).await
}

#[tokio::test]
async fn a_yes_on_the_last_page_is_found() {
    let talk = |code: &str| {
        let mut all: Vec<_> = (0..7)
            .map(|n| says("U1", format!("thinking {n}")))
            .collect();
        all.push(says("U2", format!("Approve {code}")));
        all
    };
    approved(&thread("said", talk).await, "U2");
}

#[tokio::test]
async fn a_no_on_a_later_page_outweighs_a_yes() {
    let both = |code: &str| {
        let mut all = vec![says("U1", format!("approve {code}"))];
        all.extend((0..5).map(|n| says("U9", format!("{n}"))));
        all.push(says("U2", format!("wait, do not approve {code}")));
        all
    };
    refused(&thread("said", both).await, "U2 said no");
}

#[tokio::test]
async fn what_only_looks_like_a_yes_is_a_no() {
    for text in [
        "do not approve CODE",
        "&gt; approve CODE",
        "~approve CODE~",
        "*approve CODE* not",
        "disapprove CODE",
        "<@U0> approve CODE",
        "approve CODE :no_entry:",
        "deny CODE",
        "no",
    ] {
        let reply = move |code: &str| vec![says("U1", text.replace("CODE", code))];
        refused(&thread("said", reply).await, "U1 said no");
    }
}

#[tokio::test]
async fn what_names_no_request_waits_and_times_out() {
    for text in ["approve", "yes", "ok", "approve 2222222222", ":+1:"] {
        refused(
            &thread("in time", move |_| vec![says("U1", text)]).await,
            "nobody answered in time",
        );
    }
}

#[tokio::test]
async fn strangers_and_programs_do_not_count() {
    let stranger = |code: &str| vec![says("U9", format!("approve {code}"))];
    refused(
        &thread("in time", stranger).await,
        "nobody answered in time",
    );
    let bot = |code: &str| {
        let mut message = says("U1", format!("approve {code}"));
        message["bot_id"] = json!("B7");
        vec![message]
    };
    refused(&thread("in time", bot).await, "nobody answered in time");
    let other_thread = |code: &str| {
        let mut message = says("U1", format!("approve {code}"));
        message["thread_ts"] = json!("1.0");
        vec![message]
    };
    refused(
        &thread("in time", other_thread).await,
        "nobody answered in time",
    );
}

#[tokio::test]
async fn an_edited_or_shared_yes_is_none() {
    for (key, value) in [
        ("edited", json!({ "user": "U1", "ts": "1700000002.000000" })),
        ("attachments", json!([{ "text": "shared" }])),
        ("subtype", json!("me_message")),
    ] {
        let reply = move |code: &str| {
            let mut message = says("U1", format!("approve {code}"));
            message[key] = value.clone();
            vec![message]
        };
        refused(&thread("said", reply).await, "U1 said no");
    }
}

#[tokio::test]
async fn twice_is_once_and_limits_are_kept() {
    let mut limited = 0;
    let mut service = service(|code| vec![says("U1", format!("approve {code}")); 2]);
    let server = Server::start(move |call| {
        limited += 1;
        match limited {
            1 | 3 => Reply::new(429, json!({ "ok": false, "error": "ratelimited" }))
                .header("retry-after", 1),
            _ => service(call),
        }
    })
    .await;
    let before = std::time::Instant::now();
    approved(&ask_for(slack(&server), LONG).await, "U1");
    assert!(before.elapsed() >= Duration::from_secs(2));
    let posts = server
        .calls()
        .iter()
        .filter(|call| call.method == "POST")
        .count();
    assert_eq!(posts, 2, "asked again only because the first was refused");
}

#[tokio::test]
async fn an_error_of_the_service_is_a_no() {
    let server =
        Server::start(|_| Reply::new(200, json!({ "ok": false, "error": "not_in_channel" }))).await;
    refused(
        &ask(slack(&server)).await,
        "Slack answered 200: not_in_channel",
    );
    let gone = Slack::new(client(), "t", "C1", people())
        .unwrap()
        .api("http://127.0.0.1:9".parse().unwrap());
    refused(&ask(gone).await, "cannot be reached");
}
