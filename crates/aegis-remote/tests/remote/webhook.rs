//! Approvals by a service of one's own.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aegis_remote::{SIGNATURE_HEADER, Secret, Side, Webhook};
use serde_json::{Value, json};

use crate::server::{Call, Reply, Server};
use crate::support::{OFTEN, SHORT, approved, ask, ask_for, client, people, refused};

/// The right answer to a request.
fn yes(call: &Call) -> Value {
    let asked = call.json();
    json!({ "request": asked["request"], "digest": asked["digest"], "approved": true, "by": "U1" })
}

fn webhook(server: &Server) -> Webhook {
    Webhook::new(client(), server.url.clone(), people()).every(OFTEN)
}

#[tokio::test]
async fn an_answer_at_once() {
    let server = Server::start(|call| Reply::new(200, yes(call))).await;
    approved(
        &ask(webhook(&server).header("authorization", "Bearer t")).await,
        "U1",
    );
    let call = server.calls().remove(0);
    assert_eq!(call.header("authorization"), Some("Bearer t"));
    assert!(!call.body.contains("sk-live"), "{}", call.body);
    assert_eq!(call.json()["action"]["type"], "delete_user");
}

#[tokio::test]
async fn an_answer_later_at_the_place_it_names() {
    let (mut asked, mut polls) = (None, 0);
    let server = Server::start(move |call| {
        if call.method == "POST" {
            asked = Some(yes(call));
            return Reply::new(202, "").header("location", "/answers/1");
        }
        assert_eq!(call.path, "/answers/1");
        polls += 1;
        match polls {
            1 => Reply::new(204, ""),
            2 => Reply::new(429, ""),
            3 => Reply::new(202, "not yet"),
            _ => Reply::new(200, asked.as_ref().unwrap()),
        }
    })
    .await;
    approved(&ask(webhook(&server)).await, "U1");
    assert_eq!(server.calls().len(), 5);
}

/// What becomes of the right answer, changed.
async fn changed(change: impl Fn(&mut Value) + Send + 'static) -> (aegis_runtime::Record, u32) {
    let server = Server::start(move |call| {
        let mut answer = yes(call);
        change(&mut answer);
        Reply::new(200, answer)
    })
    .await;
    ask(webhook(&server)).await
}

#[tokio::test]
async fn whatever_is_no_boolean_true_is_a_no() {
    for approved in [
        json!(false),
        json!("false"),
        json!("true"),
        json!("yes"),
        json!(1),
        Value::Null,
    ] {
        refused(
            &changed(move |answer| answer["approved"] = approved.clone()).await,
            "U1 said no",
        );
    }
    let missing = changed(|answer| {
        answer.as_object_mut().unwrap().remove("approved");
    });
    refused(&missing.await, "U1 said no");
}

#[tokio::test]
async fn an_answer_to_something_else_or_by_somebody_else_does_not_count() {
    let other = changed(|answer| answer["request"] = json!("0190a6c8-0000-7000-8000-000000000001"));
    refused(&other.await, "it does not name the request");
    let digest = changed(|answer| answer["digest"] = json!("00".repeat(32)));
    refused(&digest.await, "it does not name the action's digest");
    refused(
        &changed(|answer| answer["by"] = json!("U9")).await,
        "`U9` is not among those",
    );
    refused(
        &changed(|answer| answer["status"] = json!("denied")).await,
        "`status` is text",
    );
}

#[tokio::test]
async fn a_service_that_fails_or_leads_elsewhere_is_a_no() {
    for (reply, why) in [
        (Reply::new(500, ""), "the service answered 500"),
        (Reply::new(200, "approve"), "it is not JSON"),
        (Reply::new(202, ""), "no place on its own host"),
        (
            Reply::new(202, "").header("location", "http://127.0.0.1:1/x"),
            "no place on its own host",
        ),
        (
            Reply::new(302, "").header("location", "/x"),
            "the service answered 302",
        ),
    ] {
        let server = Server::start(move |_| reply.clone()).await;
        refused(&ask(webhook(&server)).await, why);
        assert_eq!(server.calls().len(), 1);
    }
    let silent = Server::start(|call| match call.method.as_str() {
        "POST" => Reply::new(202, "").header("location", "/x"),
        _ => Reply::new(204, ""),
    })
    .await;
    refused(
        &ask_for(webhook(&silent), SHORT).await,
        "nobody answered in time",
    );
}

fn secret(text: &str) -> Secret {
    Secret::new(text).unwrap()
}

const SHARED: &str = "a secret of these tests";

/// What becomes of a right answer that is signed in some way.
async fn signed(
    sign: impl Fn(&str) -> Reply + Send + 'static,
) -> (aegis_runtime::Record, u32, Vec<Call>) {
    let server = Server::start(move |call| {
        let asked = call.header(SIGNATURE_HEADER).unwrap();
        let now = SystemTime::now();
        let body = call.body.as_bytes();
        let checked = secret(SHARED).check(Side::Request, now, asked, body);
        assert_eq!(checked, Ok(()));
        sign(&yes(call).to_string())
    })
    .await;
    let (record, runs) = ask(webhook(&server).secret(secret(SHARED))).await;
    (record, runs, server.calls())
}

/// An answer with the signature of a body by a secret, so many seconds ago.
fn by(shared: &str, side: Side, ago: u64, of: &str, body: &str) -> Reply {
    let at = SystemTime::now() - Duration::from_secs(ago);
    let value = secret(shared).sign(side, at, of.as_bytes());
    Reply::new(200, body).header(SIGNATURE_HEADER, value)
}

#[tokio::test]
async fn a_signed_answer_to_a_signed_request_counts() {
    let (record, runs, calls) = signed(|body| by(SHARED, Side::Answer, 0, body, body)).await;
    approved(&(record, runs), "U1");
    assert_eq!(calls.len(), 1);
    // A request that is changed on its way does not fit its signature any more.
    let call = &calls[0];
    let value = call.header(SIGNATURE_HEADER).unwrap();
    let other = call.body.replace("delete_user", "read_user_");
    let now = SystemTime::now();
    let checked = secret(SHARED).check(Side::Request, now, value, other.as_bytes());
    assert!(checked.is_err());
}

#[tokio::test]
async fn an_answer_that_is_not_signed_as_it_must_be_is_a_no() {
    type Sign = fn(&str) -> Reply;
    let cases: [(Sign, &str); 8] = [
        (|body| Reply::new(200, body), "it has 0 headers"),
        (
            |body| by("another secret of these tests", Side::Answer, 0, body, body),
            "does not fit the secret and the body",
        ),
        (
            |body| by(SHARED, Side::Answer, 400, body, body),
            "its signature is of another time: 400 s away",
        ),
        (
            |body| {
                let other = body.replace("\"U1\"", "\"U2\"");
                by(SHARED, Side::Answer, 0, body, &other)
            },
            "does not fit the secret and the body",
        ),
        // What the runtime signed itself, sent back.
        (
            |body| by(SHARED, Side::Request, 0, body, body),
            "does not fit the secret and the body",
        ),
        (
            |body| {
                let reply = by(SHARED, Side::Answer, 0, body, body);
                reply.header(SIGNATURE_HEADER, "t=1,v1=0")
            },
            "it has 2 headers",
        ),
        (
            |body| Reply::new(200, body).header(SIGNATURE_HEADER, "sha256=00"),
            "is not written as `t=SECONDS,v1=HEX`",
        ),
        // The signature of the answer to another request.
        (
            |body| by(SHARED, Side::Answer, 0, "{}", body),
            "does not fit the secret and the body",
        ),
    ];
    for (sign, why) in cases {
        let (record, runs, _) = signed(sign).await;
        refused(&(record, runs), why);
    }
}

#[tokio::test]
async fn an_answer_that_comes_later_must_be_signed_as_well() {
    for sign in [true, false] {
        let asked: Arc<Mutex<Option<Value>>> = Arc::default();
        let server = Server::start(move |call| {
            let mut asked = asked.lock().unwrap();
            if call.method == "POST" {
                *asked = Some(yes(call));
                return Reply::new(202, "").header("location", "/answers/1");
            }
            assert!(call.header(SIGNATURE_HEADER).is_some());
            let body = asked.as_ref().unwrap().to_string();
            match sign {
                true => by(SHARED, Side::Answer, 0, &body, &body),
                false => Reply::new(200, body),
            }
        })
        .await;
        let result = ask(webhook(&server).secret(secret(SHARED))).await;
        match sign {
            true => approved(&result, "U1"),
            false => refused(&result, "it has 0 headers"),
        }
    }
}
