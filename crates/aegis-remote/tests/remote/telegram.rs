//! Telegram as its documentation has it: every update once, confirmed by `offset`.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aegis_remote::Telegram;
use serde_json::{Value, json};

use crate::server::{Call, Reply, Server};
use crate::support::{LONG, approved, ask, ask_for, client, code_in, patience, people, refused};

const TOKEN: &str = "42:abc_DEF-1";
const CHAT: i64 = -1001;

/// For every question these updates come, each once.
fn service(
    updates: impl Fn(&str) -> Vec<Value> + Send + 'static,
) -> impl FnMut(&Call) -> Reply + Send + 'static {
    let mut all: Vec<Value> = Vec::new();
    move |call| {
        let path = call.path.strip_prefix("/bot42:abc_DEF-1/").unwrap();
        let sent = call.json();
        if path == "sendMessage" {
            assert_eq!(
                (sent["chat_id"].as_i64(), sent.get("parse_mode")),
                (Some(CHAT), None)
            );
            for mut update in updates(&code_in(sent["text"].as_str().unwrap())) {
                update["update_id"] = json!(500 + all.len());
                all.push(update);
            }
            return Reply::new(200, json!({ "ok": true, "result": { "message_id": 1 } }));
        }
        assert_eq!(path, "getUpdates");
        let offset = sent["offset"].as_i64().unwrap();
        let new: Vec<_> = all
            .iter()
            .filter(|u| u["update_id"].as_i64().unwrap() >= offset)
            .take(2)
            .collect();
        if new.is_empty() {
            // The long poll of a test is short.
            std::thread::sleep(Duration::from_millis(5));
        }
        Reply::new(200, json!({ "ok": true, "result": new }))
    }
}

fn says(user: i64, text: impl AsRef<str>) -> Value {
    json!({ "message": { "message_id": 2, "from": { "id": user, "is_bot": false },
        "chat": { "id": CHAT }, "text": text.as_ref() } })
}

async fn start(updates: impl Fn(&str) -> Vec<Value> + Send + 'static) -> (Server, Telegram) {
    let server = Server::start(service(updates)).await;
    let telegram = Telegram::new(client(), TOKEN, CHAT, people()).unwrap();
    let telegram = telegram.api(&server.url, TOKEN).unwrap();
    (server, telegram)
}

async fn chat(
    why: &str,
    updates: impl Fn(&str) -> Vec<Value> + Send + 'static,
) -> (aegis_runtime::Record, u32) {
    let (_server, telegram) = start(updates).await;
    ask_for(telegram, patience(why)).await
}

#[tokio::test]
async fn a_yes_among_other_talk_is_found() {
    let talk = |code: &str| {
        vec![
            says(1001, "what is this"),
            says(9, "approve"),
            says(1002, "yes"),
            says(1002, format!("yes {code}")),
        ]
    };
    approved(&chat("said", talk).await, "1002");
}

#[tokio::test]
async fn what_is_edited_forwarded_or_by_others_does_not_count() {
    refused(
        &chat("in time", |code| vec![says(9, format!("approve {code}"))]).await,
        "in time",
    );
    refused(
        &chat("said", |code| {
            vec![says(1001, format!("do not approve {code}"))]
        })
        .await,
        "1001 said no",
    );
    let edited = |code: &str| {
        let mut update = says(1001, format!("approve {code}"));
        let message = update["message"].take();
        update = json!({ "edited_message": message });
        vec![update]
    };
    refused(&chat("said", edited).await, "1001 said no");
    for (key, value, why) in [
        ("edit_date", json!(1), "1001 said no"),
        ("forward_origin", json!({ "type": "user" }), "1001 said no"),
        ("via_bot", json!({ "id": 5 }), "1001 said no"),
        ("sender_chat", json!({ "id": CHAT }), "in time"),
        ("chat", json!({ "id": 1001 }), "in time"),
        ("from", json!({ "id": 1001, "is_bot": true }), "in time"),
        ("from", json!({ "id": 1001 }), "in time"),
    ] {
        let update = move |code: &str| {
            let mut update = says(1001, format!("approve {code}"));
            update["message"][key] = value.clone();
            vec![update]
        };
        refused(&chat(why, update).await, why);
    }
}

#[tokio::test]
async fn requests_at_the_same_time_share_a_reader() {
    let codes: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let seen = Arc::clone(&codes);
    // The answer to each question comes after the next question, mixed.
    let (server, telegram) = start(move |code| {
        let mut seen = seen.lock().unwrap();
        seen.insert(code.to_owned());
        match seen.len() {
            3 => seen
                .iter()
                .map(|code| says(1001, format!("approve {code}")))
                .collect(),
            _ => Vec::new(),
        }
    })
    .await;
    let (a, b, c) = tokio::join!(
        ask_for(telegram.clone(), LONG),
        ask_for(telegram.clone(), LONG),
        ask_for(telegram, LONG)
    );
    for result in [a, b, c] {
        approved(&result, "1001");
    }
    // Every update was confirmed: the reader moved on.
    let last = server
        .calls()
        .iter()
        .rev()
        .find(|call| call.path.ends_with("getUpdates"))
        .cloned();
    assert!(
        last.unwrap().json()["offset"].as_i64().unwrap() >= 500 || codes.lock().unwrap().len() == 3
    );
}

#[tokio::test]
async fn errors_are_a_no_and_the_token_stays_secret() {
    let server = Server::start(|_| {
        Reply::new(
            409,
            json!({ "ok": false, "error_code": 409, "description": "Conflict: webhook is active" }),
        )
    })
    .await;
    let telegram = Telegram::new(client(), TOKEN, CHAT, people()).unwrap();
    let result = ask(telegram.clone().api(&server.url, TOKEN).unwrap()).await;
    refused(
        &result,
        "Telegram answered 409: Conflict: webhook is active",
    );
    let gone = telegram
        .api(&"http://127.0.0.1:9".parse().unwrap(), TOKEN)
        .unwrap();
    assert!(!format!("{gone:?}").contains("abc_DEF"));
    let result = ask(gone).await;
    refused(&result, "cannot be reached");
    assert!(!result.0.to_string().contains("abc_DEF"));
    for token in ["", "a/b", "a b", "../x"] {
        assert!(
            Telegram::new(client(), token, CHAT, people()).is_err(),
            "{token}"
        );
    }
}
