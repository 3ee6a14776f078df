//! Approvals by a service of one's own.

use aegis_remote::Webhook;
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
