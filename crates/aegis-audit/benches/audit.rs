//! What evidence costs: one durable event beside one bare sync of the disk, many callers at once,
//! and verification.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that fails should say where"
)]

use std::fs::OpenOptions;
use std::hint::black_box;
use std::io::Write;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use aegis_audit::event::{Action, Agent, Decision, DecisionOutcome, Risk};
use aegis_audit::sqlite::{Filter, Reader};
use aegis_audit::verify::{Against, store};
use aegis_audit::{Event, Options, Redactor, SqliteStore, Store};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::json;
use tempfile::TempDir;

fn event(n: u64) -> Event {
    let params =
        json!({ "id": n, "note": "quarterly report", "limit": 100, "fields": ["name", "revenue"] });
    let params = params.as_object().unwrap().clone();
    let decision = Decision::new(
        DecisionOutcome::Allowed,
        Risk::Low,
        format!("rule-{}", n % 100),
    );
    Event::policy_decision(Action::new("db_query", "salesforce", params), decision)
        .session(format!("session-{}", n % 1000))
        .agent(Agent::new(format!("agent-{}", n % 10)))
        .policy_digest("sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
        .duration("evaluate", Duration::from_micros(2))
}

fn open(dir: &TempDir) -> SqliteStore {
    SqliteStore::open(dir.path().join("audit.db"), Options::new().unwrap()).unwrap()
}

/// A folder on the disk that is measured: the temporary folder may be memory.
fn folder() -> TempDir {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

fn filled(events: u64) -> TempDir {
    let dir = folder();
    let store = open(&dir);
    let mut tickets = Vec::new();
    for n in 0..events {
        tickets.push(store.append(event(n)).unwrap());
        if tickets.len() == 4096 {
            tickets.drain(..).for_each(|t| assert!(t.wait().is_ok()));
        }
    }
    tickets.into_iter().for_each(|t| assert!(t.wait().is_ok()));
    dir
}

fn writing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("write");
    group
        .sample_size(20)
        .measurement_time(Duration::from_secs(5));
    let dir = folder();
    let path = dir.path().join("bare");
    let mut bare = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    group.bench_function("bare sync of 4 KiB", |b| {
        b.iter(|| {
            bare.write_all(&[0; 4096]).unwrap();
            bare.sync_data().unwrap();
        });
    });
    let store = open(&dir);
    let mut n = 0;
    group.bench_function("one caller, durable", |b| {
        b.iter(|| {
            n += 1;
            store.record(event(n)).unwrap()
        });
    });
    let store = Arc::new(store);
    group.throughput(Throughput::Elements(64));
    group.bench_function("64 callers, durable", |b| {
        b.iter_custom(|rounds| {
            let start = Instant::now();
            let callers: Vec<_> = (0..64)
                .map(|t| {
                    let store = Arc::clone(&store);
                    thread::spawn(move || {
                        (0..rounds).for_each(|n| {
                            assert!(store.record(event(t * n)).is_ok());
                        });
                    })
                })
                .collect();
            callers.into_iter().for_each(|c| c.join().unwrap());
            start.elapsed()
        });
    });
    group.finish();
    let redactor = Redactor::new().unwrap();
    let params = json!({ "id": 7, "note": "quarterly report", "limit": 100, "token": "abc" });
    let params = params.as_object().unwrap().clone();
    criterion.bench_function("redact parameters", |b| {
        b.iter(|| redactor.params(black_box(&params)));
    });
}

fn reading(criterion: &mut Criterion) {
    let events = 200_000;
    let dir = filled(events);
    let path = dir.path().join("audit.db");
    let mut group = criterion.benchmark_group("read");
    group
        .sample_size(10)
        .throughput(Throughput::Elements(events + 1));
    group.bench_function("verify 200,000 events", |b| {
        b.iter(|| {
            let verdict = store(&Reader::open(&path).unwrap(), &Against::default()).unwrap();
            assert!(verdict.is_intact());
        });
    });
    group.finish();
    let reader = Reader::open(&path).unwrap();
    let by = |session: Option<&str>, rule: Option<&str>| Filter {
        session: session.map(str::to_owned),
        rule: rule.map(str::to_owned),
        ..Filter::default()
    };
    let (session, rule) = (by(Some("session-500"), None), by(None, Some("rule-50")));
    criterion.bench_function("newest 50 of a session", |b| {
        b.iter(|| reader.newest(&session, 50).unwrap());
    });
    criterion.bench_function("newest 50 of a rule", |b| {
        b.iter(|| reader.newest(&rule, 50).unwrap());
    });
}

criterion_group!(benches, writing, reading);
criterion_main!(benches);
