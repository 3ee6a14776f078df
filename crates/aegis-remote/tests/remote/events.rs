//! Events of an audit store posted to a web service: all of them, in order, whatever it does.

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use aegis_audit::sink::{Follower, Post, SinkState, WebhookSink};
use aegis_audit::{Event, Options, Outcome, SqliteStore, Store};
use aegis_remote::{HttpPost, SIGNATURE_HEADER, Secret, Side, Url};
use serde_json::Value;
use tempfile::TempDir;

use crate::server::{Call, Reply, Server};
use crate::support::{LONG, client};

/// A store of its own; the first event is that it was made.
fn store() -> (TempDir, SqliteStore) {
    let dir = tempfile::tempdir().unwrap();
    let options = Options::new().unwrap();
    let store = SqliteStore::open(dir.path().join("audit.db"), options).unwrap();
    (dir, store)
}

fn record(store: &SqliteStore, events: u64) {
    for n in 0..events {
        let event = Event::entry(Outcome::Succeeded).session(format!("s-{n}"));
        store.record(event).unwrap();
    }
}

fn follow(store: &SqliteStore, post: HttpPost) -> Follower {
    let sink = WebhookSink::new("siem", Box::new(post));
    Follower::start(store.path(), Box::new(sink)).unwrap()
}

/// Waits for a state.
async fn wait(follower: &Follower, until: impl Fn(&SinkState) -> bool) -> SinkState {
    let end = Instant::now() + LONG;
    loop {
        let state = follower.state();
        if until(&state) {
            return state;
        }
        assert!(Instant::now() < end, "{state:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Why events are not taken, once that is known.
async fn failing(follower: &Follower) -> String {
    let state = wait(follower, |state| state.failing.is_some()).await;
    state.failing.unwrap()
}

fn places(body: &str) -> Vec<u64> {
    let place = |line: &str| {
        let event: Value = serde_json::from_str(line).unwrap();
        event["evidence"]["sequence_number"].as_u64().unwrap()
    };
    body.lines().map(place).collect()
}

/// The places of all events that a server was sent.
fn got(calls: &[Call]) -> Vec<u64> {
    calls.iter().flat_map(|call| places(&call.body)).collect()
}

fn all(until: u64) -> Vec<u64> {
    (0..until).collect()
}

fn post(url: &Url) -> HttpPost {
    HttpPost::new(client(), url.clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_arrive_in_order_signed_and_with_their_headers() {
    let (_dir, store) = store();
    let server = Server::start(|_| Reply::new(204, "")).await;
    let secret = Secret::new("a secret of these tests").unwrap();
    let hook = post(&server.url)
        .header("authorization", "Bearer t")
        .secret(secret.clone());
    let follower = follow(&store, hook.clone());
    record(&store, 600);
    wait(&follower, |state| state.next == 601).await;
    assert_eq!(follower.state().failures, 0);
    drop(follower);
    // The store remembers: nothing comes again.
    record(&store, 1);
    let follower = follow(&store, hook);
    wait(&follower, |state| state.next == 602).await;
    drop(follower);
    assert_eq!(got(&server.calls()), all(602));
    for call in server.calls() {
        assert_eq!(call.method, "POST");
        assert_eq!(call.header("authorization"), Some("Bearer t"));
        assert_eq!(call.header("content-type"), Some("application/x-ndjson"));
        let value = call.header(SIGNATURE_HEADER).unwrap();
        let now = SystemTime::now();
        let checked = secret.check(Side::Request, now, value, call.body.as_bytes());
        assert_eq!(checked, Ok(()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_goes_and_comes_back_misses_nothing() {
    let (_dir, store) = store();
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url: Url = format!("http://127.0.0.1:{port}/events").parse().unwrap();
    let follower = follow(&store, post(&url));
    record(&store, 5);
    let why = failing(&follower).await;
    assert!(why.contains("cannot be reached"), "{why}");
    let mut seen = Vec::new();
    for round in 1..=3 {
        let server = Server::start_at(port, |_| Reply::new(200, "thanks")).await;
        let last = store.record(Event::entry(Outcome::Failed)).unwrap();
        let state = wait(&follower, |state| state.next == last.sequence + 1).await;
        assert!(state.failures >= round);
        wait(&follower, |state| state.failing.is_none()).await;
        seen.extend(got(&server.stop().await));
        record(&store, 3);
        failing(&follower).await;
    }
    drop(follower);
    let server = Server::start_at(port, |_| Reply::new(200, "")).await;
    let follower = follow(&store, post(&url));
    let next = 1 + 5 + 3 * 4;
    wait(&follower, |state| state.next == next).await;
    seen.extend(got(&server.calls()));
    assert_eq!(seen, all(next));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_asks_for_patience_gets_it() {
    for date in [false, true] {
        let (_dir, store) = store();
        let times: Arc<Mutex<Vec<Instant>>> = Arc::default();
        let seen = Arc::clone(&times);
        let server = Server::start(move |_| {
            let mut seen = seen.lock().unwrap();
            seen.push(Instant::now());
            match (seen.len(), date) {
                (1, false) => Reply::new(429, "slow down").header("retry-after", 2),
                (1, true) => Reply::new(503, "").header("retry-after", http_date(3)),
                _ => Reply::new(200, ""),
            }
        })
        .await;
        record(&store, 2);
        let follower = follow(&store, post(&server.url));
        let why = failing(&follower).await;
        let said = "answered 429: it gets the events again; it says: slow down";
        assert!(why.ends_with(said) || date, "{why}");
        wait(&follower, |state| state.next == 3).await;
        let times = times.lock().unwrap();
        // A date has whole seconds.
        assert!(
            times[1] - times[0] >= Duration::from_millis(1_990),
            "{times:?}"
        );
        assert_eq!(times.len(), 2);
    }
}

/// A date as HTTP writes it, so many seconds from now.
fn http_date(seconds: u64) -> String {
    let at = SystemTime::now() + Duration::from_secs(seconds);
    let at = jiff::Timestamp::try_from(at).unwrap();
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_said_and_loses_nothing() {
    for (reply, why) in [
        (
            Reply::new(403, "no\u{1b}[2J\u{202e} such token\n"),
            "answered 403: it refuses the events, which stay in the store; \
             it says: no\\u{1b}[2J\\u{202e} such token",
        ),
        (Reply::new(413, ""), "bytes are too many for it"),
        (
            Reply::new(302, "").header("location", "http://127.0.0.1:1/"),
            "answered 302: redirects are not followed; give the address that it leads to",
        ),
        (Reply::new(500, "x".repeat(5_000)), &"x".repeat(200)),
        (
            Reply::new(200, "x".repeat(5 << 20)),
            "the answer has more than",
        ),
    ] {
        let (_dir, store) = store();
        record(&store, 2);
        let fine = Arc::new(AtomicBool::new(false));
        let is_fine = Arc::clone(&fine);
        let server = Server::start(move |_| match is_fine.load(Ordering::SeqCst) {
            true => Reply::new(202, ""),
            false => reply.clone(),
        })
        .await;
        let follower = follow(&store, post(&server.url));
        let said = failing(&follower).await;
        assert!(said.contains(why), "{said}");
        assert!(said.len() < 400, "{said}");
        assert_eq!(follower.state().next, 0);
        fine.store(true, Ordering::SeqCst);
        wait(&follower, |state| state.next == 3).await;
        drop(follower);
        assert_eq!(places(&server.calls().last().unwrap().body), all(3));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_never_answers_is_not_waited_for() {
    let (_dir, store) = store();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let url: Url = format!("http://127.0.0.1:{port}").parse().unwrap();
    let patient = client().patience(Duration::from_millis(200));
    let follower = follow(&store, HttpPost::new(patient, url));
    let why = failing(&follower).await;
    assert!(why.contains("no answer within 200ms"), "{why}");
}

#[tokio::test]
async fn an_async_task_is_told_not_to_post() {
    let url: Url = "http://127.0.0.1:1".parse().unwrap();
    let error = post(&url).post("text/plain", "x").unwrap_err();
    assert!(error.to_string().contains("an async task"), "{error}");
}
