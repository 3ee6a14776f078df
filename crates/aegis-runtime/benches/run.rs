//! What the runtime adds to an executor: `cargo bench -p aegis-runtime`.
//!
//! `scripts/bench-runtime.sh` measures the same action in agent-aegis.

#![expect(clippy::expect_used, reason = "a bench that cannot be set up ends")]

use std::io::Write as _;
use std::time::{Duration, Instant};

use aegis_audit::sqlite::{Options, SqliteStore};
use aegis_policy::action::Action;
use aegis_policy::policy::Policy;
use aegis_runtime::{Decided, ExecError, Executor, Output, Pending, Runtime, WriteAhead};
use criterion::{Criterion, Throughput};

const POLICY: &str = r#"
version: 1
rules:
  - { name: no_deletes, match: { type: "delete*" }, risk_level: critical, approval: block }
  - { name: reading, match: { type: "read*" }, risk_level: low, approval: auto }
"#;

/// Does nothing, so that what is measured is everything around it.
struct Nothing;

impl Executor for Nothing {
    fn execute<'a>(&'a self, _: &'a Decided) -> Pending<'a, Result<Output, ExecError>> {
        Box::pin(std::future::ready(Ok(Output::nothing())))
    }
}

fn action(kind: &str) -> Action {
    Action::new(kind)
        .target("crm")
        .agent("assistant")
        .session("s1")
        .param("id", 42)
        .param("fields", "name,mail")
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .enable_time()
        .build()
        .expect("a runtime of tokio");
    without_audit(&mut criterion, &tokio);
    with_audit(&mut criterion, &tokio);
    criterion.final_summary();
}

fn builder() -> aegis_runtime::Builder {
    let policy = Policy::load("policy.yaml", POLICY).expect("a policy");
    Runtime::builder().policy(policy).executor(Nothing)
}

fn without_audit(criterion: &mut Criterion, tokio: &tokio::runtime::Runtime) {
    let runtime = builder().without_audit().build().expect("a runtime");
    let mut group = criterion.benchmark_group("without audit");
    group.bench_function("making the action", |b| b.iter(|| action("read_contact")));
    for (name, kind) in [
        ("run_one, automatic", "read_contact"),
        ("run_one, blocked", "delete_contact"),
    ] {
        group.bench_function(name, |b| {
            b.iter_custom(|times| {
                tokio.block_on(async {
                    let start = Instant::now();
                    for _ in 0..times {
                        std::hint::black_box(runtime.run_one(action(kind)).await);
                    }
                    start.elapsed()
                })
            });
        });
    }
    group.finish();
}

fn with_audit(criterion: &mut Criterion, tokio: &tokio::runtime::Runtime) {
    let folder = tempfile::tempdir_in(".").expect("a folder");
    let mut group = criterion.benchmark_group("durable audit");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(5));
    let mut file = std::fs::File::create(folder.path().join("bare")).expect("a file");
    group.bench_function("the disk alone: 1 KiB and fsync", |b| {
        b.iter(|| {
            file.write_all(&[b'x'; 1_024]).expect("room on the disk");
            file.sync_data().expect("a disk");
        });
    });
    for (name, write_ahead) in [
        ("run_one, decision first", WriteAhead::Always),
        ("run_one, read with its decision", WriteAhead::UnlessRead),
    ] {
        let path = folder.path().join(format!("{write_ahead:?}.db"));
        let store = SqliteStore::open(path, Options::new().expect("options")).expect("a store");
        let runtime = builder()
            .audit(store)
            .write_ahead(write_ahead)
            .build()
            .expect("a runtime");
        group.throughput(Throughput::Elements(1));
        group.bench_function(name, |b| {
            b.iter_custom(|times| tokio.block_on(callers(&runtime, 1, times)));
        });
        group.throughput(Throughput::Elements(64));
        group.bench_function(format!("{name}, 64 callers"), |b| {
            b.iter_custom(|times| tokio.block_on(callers(&runtime, 64, times)));
        });
    }
    group.finish();
}

/// The time in which every one of so many callers ran an action so many times.
async fn callers(runtime: &Runtime, callers: u64, times: u64) -> Duration {
    let start = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let runtime = runtime.clone();
            tokio::spawn(async move {
                for _ in 0..times {
                    let record = runtime.run_one(action("read_contact")).await;
                    assert!(record.outcome().is_done(), "{record}");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a caller");
    }
    start.elapsed()
}
