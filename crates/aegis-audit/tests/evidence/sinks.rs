//! Sinks get everything, in order, whatever happens to them.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use aegis_audit::event::{Action, Decision, DecisionOutcome, Risk};
use aegis_audit::sink::{Follower, JsonlSink, Post, Sink, SinkError, WebhookSink};
use aegis_audit::sqlite::{Filter, Reader};
use aegis_audit::{Event, Store};
use serde_json::Value;

use crate::samples::{self, decision};

fn wait(follower: &Follower, next: u64) {
    let end = Instant::now() + Duration::from_secs(60);
    while follower.state().next < next {
        assert!(Instant::now() < end, "{:?}", follower.state());
        thread::sleep(Duration::from_millis(10));
    }
}

fn places(text: &str) -> Vec<u64> {
    let place = |line: &str| {
        let event: Value = serde_json::from_str(line).unwrap();
        event["evidence"]["sequence_number"].as_u64().unwrap()
    };
    text.lines().map(place).collect()
}

fn jsonl(path: &Path) -> Box<JsonlSink> {
    Box::new(JsonlSink::open(path).unwrap())
}

#[test]
fn a_file_of_lines_goes_on_where_it_was() {
    let (dir, store) = samples::store();
    let path = dir.path().join("events.jsonl");
    let write = |n: u64| {
        for n in 0..n {
            store.record(decision(n)).unwrap();
        }
    };
    write(20);
    let follower = Follower::start(store.path(), jsonl(&path)).unwrap();
    wait(&follower, 21);
    drop(follower);
    write(5);
    // A crash in the middle of a line.
    let mut text = fs::read_to_string(&path).unwrap();
    text += "{\"evidence\":{\"sequ";
    fs::write(&path, text).unwrap();
    let follower = Follower::start(store.path(), jsonl(&path)).unwrap();
    write(300);
    wait(&follower, 326);
    drop(follower);
    assert_eq!(
        places(&fs::read_to_string(&path).unwrap()),
        (0..326).collect::<Vec<_>>()
    );
}

#[test]
fn a_file_of_something_else_is_refused() {
    let (dir, store) = samples::store();
    let path = dir.path().join("events.jsonl");
    fs::write(&path, "{}\n").unwrap();
    let error = Follower::start(store.path(), jsonl(&path))
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with("its last line is no event of this store"),
        "{error}"
    );
}

/// Posts over a socket as HTTP/1.1 says.
#[derive(Debug)]
struct Plain(std::net::SocketAddr);

impl Post for Plain {
    fn post(&mut self, content_type: &str, body: &str) -> Result<(), SinkError> {
        let failed = |e: std::io::Error| SinkError::new(e.to_string());
        let mut stream = TcpStream::connect(self.0).map_err(failed)?;
        let length = body.len();
        let head = format!(
            "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        );
        stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(body.as_bytes()))
            .map_err(failed)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map_err(failed)?;
        match answer.starts_with("HTTP/1.1 2") {
            true => Ok(()),
            false => Err(SinkError::new(
                answer.lines().next().unwrap_or("no answer").to_owned(),
            )),
        }
    }
}

/// A server that refuses every other request, and hands out the bodies of those it took.
fn server() -> (std::net::SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (bodies, taken) = channel();
    thread::spawn(move || {
        for (n, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            let body = loop {
                let read = stream.read(&mut buffer).unwrap();
                request.extend_from_slice(&buffer[..read]);
                let Some(at) = request.windows(4).position(|w| w == b"\r\n\r\n") else {
                    continue;
                };
                let head = String::from_utf8_lossy(&request[..at]).into_owned();
                let length = head.split_once("content-length: ").unwrap().1;
                let length: usize = length.split('\r').next().unwrap().parse().unwrap();
                if request.len() == at + 4 + length {
                    break String::from_utf8(request.split_off(at + 4)).unwrap();
                }
            };
            let refused = n % 2 == 0;
            let status = if refused { "503 Busy" } else { "204 Taken" };
            write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").unwrap();
            if !refused && bodies.send(body).is_err() {
                return;
            }
        }
    });
    (address, taken)
}

#[test]
fn a_webhook_that_fails_loses_nothing_and_stops_nobody() {
    let (_dir, store) = samples::store();
    let (address, taken) = server();
    let hook = || -> Box<dyn Sink> { Box::new(WebhookSink::new("hook", Box::new(Plain(address)))) };
    let follower = Follower::start(store.path(), hook()).unwrap();
    for n in 0..20 {
        store.record(decision(n)).unwrap();
    }
    wait(&follower, 21);
    assert!(follower.state().failures > 0);
    drop(follower);
    // Nobody is there: who writes does not notice, and the sink says so.
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let dead = Follower::start(
        store.path(),
        Box::new(WebhookSink::new("hook", Box::new(Plain(gone)))),
    )
    .unwrap();
    store.record(decision(20)).unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while dead.state().failing.is_none() {
        assert!(Instant::now() < end);
        thread::sleep(Duration::from_millis(10));
    }
    drop(dead);
    // Back again, it goes on where it was.
    let follower = Follower::start(store.path(), hook()).unwrap();
    wait(&follower, 22);
    drop(follower);
    let mut got: Vec<u64> = taken.try_iter().flat_map(|body| places(&body)).collect();
    got.dedup();
    assert_eq!(got, (0..22).collect::<Vec<_>>());
}

/// Takes as many bodies as it is told to.
#[derive(Debug)]
struct Limited {
    left: Arc<AtomicUsize>,
    bodies: Sender<String>,
}

impl Post for Limited {
    fn post(&mut self, _: &str, body: &str) -> Result<(), SinkError> {
        let left = self.left.load(Ordering::SeqCst);
        let left = left.checked_sub(1).ok_or_else(|| SinkError::new("full"))?;
        self.left.store(left, Ordering::SeqCst);
        self.bodies.send(body.to_owned()).unwrap();
        Ok(())
    }
}

#[test]
fn large_events_are_sent_in_several_bodies_and_none_of_them_twice() {
    let (_dir, store) = samples::store();
    for n in 0..8 {
        let params = serde_json::json!({ "text": "x".repeat(300_000 + n) });
        let action = Action::new("write", "x", params.as_object().unwrap().clone());
        let decided = Decision::new(DecisionOutcome::Allowed, Risk::Low, "r");
        store
            .record(Event::policy_decision(action, decided))
            .unwrap();
    }
    let reader = Reader::open(store.path()).unwrap();
    let events = reader.newest(&Filter::default(), 100).unwrap();
    let events: Vec<_> = events.into_iter().rev().collect();
    let left = Arc::new(AtomicUsize::new(0));
    let (bodies, taken) = channel();
    let post = Limited {
        left: Arc::clone(&left),
        bodies,
    };
    let mut sink = WebhookSink::new("hook", Box::new(post));
    let mut tries = 0;
    // It takes one body each time it is asked.
    while sink.deliver(&events).is_err() {
        left.store(1, Ordering::SeqCst);
        tries += 1;
        assert!(tries < 20);
    }
    let bodies: Vec<String> = taken.try_iter().collect();
    assert_eq!(bodies.len(), 3);
    assert!(bodies.iter().all(|body| body.len() <= 1 << 20));
    let got: Vec<u64> = bodies.iter().flat_map(|body| places(body)).collect();
    assert_eq!(got, (0..9).collect::<Vec<_>>());
}

/// Asks for patience.
#[derive(Debug)]
struct Patience(Sender<Instant>);

impl Post for Patience {
    fn post(&mut self, _: &str, _: &str) -> Result<(), SinkError> {
        self.0.send(Instant::now()).unwrap();
        Err(SinkError::new("later").after(Duration::from_secs(600)))
    }
}

#[test]
fn who_asks_for_patience_is_left_alone() {
    let (_dir, store) = samples::store();
    let (calls, called) = channel();
    let sink = WebhookSink::new("hook", Box::new(Patience(calls)));
    let follower = Follower::start(store.path(), Box::new(sink)).unwrap();
    called.recv().unwrap();
    thread::sleep(Duration::from_millis(700));
    let stopping = Instant::now();
    drop(follower);
    assert!(stopping.elapsed() < Duration::from_secs(60));
    assert_eq!(called.try_iter().count(), 0);
}
