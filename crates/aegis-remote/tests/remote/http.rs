//! The executor.

use std::time::Duration;

use aegis_policy::action::Action;
use aegis_policy::value::Value;
use aegis_remote::{HttpExecutor, Method, RouteError};
use aegis_runtime::{Outcome, Record, Retry, Runtime};

use crate::server::{Reply, Server};
use crate::support::{client, policy};

fn executor(server: &Server) -> HttpExecutor {
    HttpExecutor::new(client(), server.url.clone())
        .header("authorization", "Bearer secret")
        .route("get_ticket", Method::GET, "/v1/tickets/{id}")
        .unwrap()
        .route("make_ticket", Method::POST, "/v1/projects/{target}/tickets")
        .unwrap()
        .check("make_ticket", "/v1/tickets/{id}")
        .unwrap()
        .route("drop_ticket", Method::DELETE, "/v1/tickets/{id}")
        .unwrap()
}

async fn run(server: &Server, action: Action) -> Record {
    let runtime = Runtime::builder()
        .policy(policy("auto"))
        .executor(executor(server))
        .retry(Retry::attempts(3).base(Duration::from_millis(1)))
        .without_audit()
        .build()
        .unwrap();
    runtime.run_one(action).await
}

#[tokio::test]
async fn types_become_methods_and_parameters_stay_in_their_place() {
    let server = Server::start(|_| Reply::new(200, r#"{"n": 90071992547409931}"#)).await;
    let action = Action::new("GET_ticket")
        .param("id", "../../admin?x=1#y")
        .param("q", "a&b=c");
    let record = run(&server, action).await;
    let big = Value::from_json(r#"{"n": 90071992547409931}"#).unwrap();
    assert_eq!(record.outcome().output().unwrap().value, Some(big));

    let action = Action::new("make_ticket")
        .target("a/b")
        .param("id", 7)
        .param("title", "\"x\"");
    let record = run(&server, action).await;
    assert!(
        matches!(record.outcome(), Outcome::Done { verified: true, .. }),
        "{record}"
    );

    let calls = server.calls();
    let line = |n: usize| format!("{} {}", calls[n].method, calls[n].path);
    assert_eq!(
        line(0),
        "GET /v1/tickets/..%2F..%2Fadmin%3Fx%3D1%23y?q=a%26b%3Dc"
    );
    assert_eq!(line(1), "POST /v1/projects/a%2Fb/tickets");
    assert_eq!(calls[1].body, r#"{"id":7,"title":"\"x\""}"#);
    assert_eq!(line(2), "GET /v1/tickets/7");
    assert!(
        calls
            .iter()
            .all(|call| call.header("authorization") == Some("Bearer secret"))
    );
}

#[tokio::test]
async fn what_is_no_segment_or_has_no_route_is_not_sent() {
    let server = Server::start(|_| Reply::new(200, "")).await;
    for id in ["..", ".", ""] {
        let record = run(&server, Action::new("get_ticket").param("id", id)).await;
        assert!(record.to_string().contains("no segment"), "{record}");
    }
    let record = run(&server, Action::new("get_ticket")).await;
    assert!(
        record.to_string().contains("parameter `id` is missing"),
        "{record}"
    );
    let record = run(&server, Action::new("other")).await;
    assert!(matches!(record.outcome(), Outcome::NoExecutor));
    assert!(server.calls().is_empty());
}

#[tokio::test]
async fn only_what_did_nothing_is_tried_again() {
    for (status, kind, attempts) in [
        (429, "drop_ticket", 3),
        (503, "drop_ticket", 3),
        (500, "drop_ticket", 1),
        (500, "get_ticket", 3),
        (404, "get_ticket", 1),
        (302, "get_ticket", 1),
    ] {
        let server = Server::start(move |_| {
            Reply::new(status, "no\u{1b}[2J").header("location", "http://127.0.0.1:1/elsewhere")
        })
        .await;
        let record = run(&server, Action::new(kind).param("id", 1)).await;
        let text = format!("failed: the service answered {status}: no\\u{{1b}}[2J");
        assert_eq!(record.outcome().to_string(), text);
        assert_eq!(server.calls().len(), attempts, "{status} {kind}");
    }
}

#[tokio::test]
async fn a_wait_that_the_service_asks_for_is_kept() {
    let mut first = true;
    let server = Server::start(move |_| match std::mem::take(&mut first) {
        true => Reply::new(429, "").header("retry-after", 1),
        false => Reply::new(204, ""),
    })
    .await;
    let before = std::time::Instant::now();
    assert!(
        run(&server, Action::new("drop_ticket").param("id", 1))
            .await
            .outcome()
            .is_done()
    );
    assert!(before.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_service_that_is_not_there_or_answers_too_much_is_a_failure() {
    let gone = Server::start(|_| Reply::new(200, "")).await;
    let nobody = HttpExecutor::new(client(), "http://127.0.0.1:9".parse().unwrap());
    let nobody = nobody.route("get_ticket", Method::GET, "/").unwrap();
    let runtime = Runtime::builder()
        .policy(policy("auto"))
        .executor(nobody)
        .without_audit();
    let record = runtime
        .build()
        .unwrap()
        .run_one(Action::new("get_ticket"))
        .await;
    assert!(
        record
            .to_string()
            .contains("http://127.0.0.1:9 cannot be reached"),
        "{record}"
    );
    drop(gone);
    let server = Server::start(|_| Reply::new(200, "x".repeat((4 << 20) + 1))).await;
    let record = run(&server, Action::new("get_ticket").param("id", 1)).await;
    assert!(
        record.to_string().contains("more than 4194304 bytes"),
        "{record}"
    );
}

#[test]
fn routes_are_checked() {
    let executor = || HttpExecutor::new(client(), "http://127.0.0.1:9".parse().unwrap());
    for path in ["x", "//x", "/x?y", "/x#y", ""] {
        let refused = executor().route("a", Method::GET, path).unwrap_err();
        assert_eq!(refused, RouteError::Path(path.into()));
    }
    for path in ["/{", "/}", "/{}", "/{a", "/a}b{c}"] {
        let refused = executor().route("a", Method::GET, path).unwrap_err();
        assert_eq!(refused, RouteError::Brace(path.into()));
    }
    let twice = executor()
        .route("a", Method::GET, "/")
        .unwrap()
        .route("A", Method::GET, "/");
    assert_eq!(twice.unwrap_err(), RouteError::Twice("A".into()));
    assert_eq!(
        executor().check("a", "/").unwrap_err(),
        RouteError::None("a".into())
    );
}
