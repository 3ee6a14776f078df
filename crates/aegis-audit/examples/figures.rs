//! The figures of `scripts/bench-audit.sh`: how many durable events a second, how fast they are
//! verified, how fast they are found.
//!
//! `cargo run --release -p aegis-audit --example figures -- FOLDER [EVENTS]`

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program that measures and says what"
)]

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use aegis_audit::event::{Action, Agent, Decision, DecisionOutcome, Risk};
use aegis_audit::sqlite::{Filter, Reader};
use aegis_audit::verify::{Against, store};
use aegis_audit::{Event, Options, SqliteStore, Store};
use serde_json::json;

fn event(n: u64) -> Event {
    let params = json!({ "id": n, "note": "quarterly report", "limit": 100 });
    let params = params.as_object().unwrap().clone();
    let decision = Decision::new(
        DecisionOutcome::Allowed,
        Risk::Low,
        format!("rule-{}", n % 1000),
    );
    Event::policy_decision(Action::new("db_query", "salesforce", params), decision)
        .session(format!("session-{}", n / 200))
        .agent(Agent::new(format!("agent-{}", n % 10)))
        .policy_digest("sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
}

fn say(what: &str, count: u64, took: Duration) {
    let each = took.as_secs_f64() / count as f64;
    println!(
        "{what:<44} {:>12.0} a second {:>12.1} us each",
        1.0 / each,
        each * 1e6
    );
}

fn timed(what: &str, count: u64, run: impl FnOnce()) {
    let start = Instant::now();
    run();
    say(what, count, start.elapsed());
}

fn main() {
    let mut args = std::env::args().skip(1);
    let folder = args.next().unwrap_or_else(|| ".".to_owned());
    let events: u64 = args.next().map_or(1_000_000, |n| n.parse().unwrap());
    let folder = tempfile::TempDir::new_in(folder).unwrap();
    writing(folder.path());
    reading(folder.path(), events);
}

fn writing(folder: &Path) {
    let mut bare = OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join("bare"))
        .unwrap();
    timed("bare sync of 4 KiB", 300, || {
        for _ in 0..300 {
            bare.write_all(&[0; 4096]).unwrap();
            bare.sync_data().unwrap();
        }
    });
    let store = SqliteStore::open(folder.join("few.db"), Options::new().unwrap()).unwrap();
    timed("durable events, one caller", 300, || {
        (0..300).for_each(|n| assert!(store.record(event(n)).is_ok()));
    });
    let store = Arc::new(store);
    for callers in [8_u64, 64, 256] {
        timed(
            &format!("durable events, {callers} callers"),
            callers * 100,
            || {
                let threads: Vec<_> = (0..callers)
                    .map(|t| {
                        let store = Arc::clone(&store);
                        thread::spawn(move || {
                            (0..100).for_each(|n| assert!(store.record(event(t + n)).is_ok()));
                        })
                    })
                    .collect();
                threads.into_iter().for_each(|t| t.join().unwrap());
            },
        );
    }
}

fn reading(folder: &Path, events: u64) {
    let path = folder.join("many.db");
    let writer = SqliteStore::open(&path, Options::new().unwrap()).unwrap();
    timed(
        &format!("durable events, {events} in batches"),
        events,
        || {
            let mut tickets = Vec::new();
            for n in 0..events {
                tickets.push(writer.append(event(n)).unwrap());
                if tickets.len() == 8192 {
                    tickets.drain(..).for_each(|t| assert!(t.wait().is_ok()));
                }
            }
            tickets.into_iter().for_each(|t| assert!(t.wait().is_ok()));
        },
    );
    drop(writer);
    let reader = Reader::open(&path).unwrap();
    let bytes = std::fs::metadata(&path).unwrap().len();
    println!("{events} events take {} MiB", bytes >> 20);
    timed("events verified", events, || {
        assert!(store(&reader, &Against::default()).unwrap().is_intact());
    });
    let find = |what: &str, filter: &Filter| {
        let start = Instant::now();
        let found = reader.newest(filter, 50).unwrap().len();
        println!(
            "{what:<44} {found} found in {:.2} ms",
            start.elapsed().as_secs_f64() * 1e3
        );
        let start = Instant::now();
        let found = reader.newest(filter, 1_000_000).unwrap().len();
        println!(
            "{what:<44} {found} found in {:.2} ms",
            start.elapsed().as_secs_f64() * 1e3
        );
    };
    let session = Filter {
        session: Some(format!("session-{}", events / 400)),
        ..Filter::default()
    };
    let rule = Filter {
        rule: Some("rule-500".to_owned()),
        ..Filter::default()
    };
    find("newest 50, then all, of a session", &session);
    find("newest 50, then all, of a rule of 1,000", &rule);
    let start = Instant::now();
    let root = reader.tree(events).unwrap().root();
    println!(
        "root of all events: {root} in {:.2} ms",
        start.elapsed().as_secs_f64() * 1e3
    );
}
