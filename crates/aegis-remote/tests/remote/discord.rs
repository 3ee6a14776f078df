//! Discord as its documentation has it: messages newest first, `after` for the next page, `429` with
//! `retry_after` in the body.

use aegis_remote::Discord;
use serde_json::{Value, json};

use crate::server::{Call, Reply, Server};
use crate::support::{OFTEN, approved, ask, ask_for, client, code_in, patience, people, refused};

/// Posts get identifier 1000; after it the channel holds these messages.
fn service(
    replies: impl Fn(&str) -> Vec<Value> + Send + 'static,
) -> impl FnMut(&Call) -> Reply + Send + 'static {
    let mut code = String::new();
    move |call| {
        assert_eq!(call.header("authorization"), Some("Bot t"));
        if call.method == "POST" {
            let sent = call.json();
            assert_eq!(sent["allowed_mentions"], json!({ "parse": [] }));
            let text = sent["content"].as_str().unwrap();
            assert_eq!(text.matches("```").count(), 2, "{text}");
            assert!(text.chars().count() <= 2_000);
            code = code_in(text);
            return Reply::new(200, json!({ "id": "1000" }));
        }
        let after: u64 = call.query("after").unwrap().parse().unwrap();
        let limit: usize = call.query("limit").unwrap().parse().unwrap();
        let id = |message: &Value| message["id"].as_str().unwrap().parse::<u64>().unwrap();
        let mut page: Vec<_> = replies(&code)
            .into_iter()
            .filter(|m| id(m) > after)
            .collect();
        page.sort_by_key(id);
        page.truncate(limit);
        page.reverse();
        Reply::new(200, Value::Array(page))
    }
}

fn says(id: u64, user: &str, text: impl AsRef<str>) -> Value {
    json!({ "id": id.to_string(), "type": 0, "author": { "id": user }, "content": text.as_ref(),
        "edited_timestamp": null, "attachments": [] })
}

async fn channel(
    why: &str,
    replies: impl Fn(&str) -> Vec<Value> + Send + 'static,
) -> (aegis_runtime::Record, u32) {
    let server = Server::start(service(replies)).await;
    let discord = Discord::new(client(), "t", "77", people()).unwrap();
    let discord = discord.api(server.url.clone()).every(OFTEN);
    ask_for(discord, patience(why)).await
}

#[tokio::test]
async fn a_yes_behind_two_hundred_messages_is_found() {
    let talk = |code: &str| {
        let mut all: Vec<_> = (0..250).map(|n| says(1_001 + n, "9", "noise")).collect();
        all.push(says(2_000, "1001", format!("approve {code}")));
        all
    };
    approved(&channel("said", talk).await, "1001");
}

#[tokio::test]
async fn a_no_on_a_later_page_outweighs_a_yes() {
    let both = |code: &str| {
        let mut all = vec![says(1_001, "1001", format!("approve {code}"))];
        all.extend((0..150).map(|n| says(1_002 + n, "9", "noise")));
        all.push(says(2_000, "1002", format!("deny {code}")));
        all
    };
    refused(&channel("said", both).await, "1002 said no");
}

#[tokio::test]
async fn what_is_older_edited_forwarded_or_by_others_does_not_count() {
    refused(
        &channel("in time", |code| {
            vec![says(999, "1001", format!("approve {code}"))]
        })
        .await,
        "in time",
    );
    refused(
        &channel("in time", |code| {
            vec![says(1_001, "9", format!("approve {code}"))]
        })
        .await,
        "in time",
    );
    refused(
        &channel("in time", |_| vec![says(1_001, "1001", "")]).await,
        "in time",
    );
    for (key, value, why) in [
        (
            "edited_timestamp",
            json!("2026-01-01T00:00:00Z"),
            "1001 said no",
        ),
        ("message_snapshots", json!([{}]), "1001 said no"),
        ("type", json!(7), "1001 said no"),
        ("webhook_id", json!("5"), "in time"),
        ("author", json!({ "id": "1001", "bot": true }), "in time"),
    ] {
        let reply = move |code: &str| {
            let mut message = says(1_001, "1001", format!("approve {code}"));
            message[key] = value.clone();
            vec![message]
        };
        refused(&channel(why, reply).await, why);
    }
}

#[tokio::test]
async fn limits_are_kept_and_errors_are_a_no() {
    let mut service = service(|code| vec![says(1_001, "1001", format!("yes {code}"))]);
    let mut count = 0;
    let server = Server::start(move |call| {
        count += 1;
        match count {
            1 | 3 => Reply::new(
                429,
                json!({ "message": "rate limited", "retry_after": 0.05, "global": false }),
            ),
            _ => service(call),
        }
    })
    .await;
    let discord = Discord::new(client(), "t", "77", people()).unwrap();
    approved(
        &ask(discord.clone().api(server.url.clone()).every(OFTEN)).await,
        "1001",
    );
    let broken =
        Server::start(|_| Reply::new(403, json!({ "message": "Missing Access", "code": 50001 })))
            .await;
    refused(
        &ask(discord.api(broken.url.clone())).await,
        "Discord answered 403: Missing Access",
    );
}
