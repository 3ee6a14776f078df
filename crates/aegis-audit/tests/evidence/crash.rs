//! Processes that die, and processes that write at once. Each test starts this program again as its
//! child. Small in an ordinary run; `AEGIS_CRASH_ROUNDS`, `AEGIS_PROCESSES`, `AEGIS_THREADS` and
//! `AEGIS_EVENTS` make them large.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use aegis_audit::sqlite::{Filter, Reader};
use aegis_audit::verify::{self, Against};
use aegis_audit::{Options, SqliteStore, Store};
use tempfile::TempDir;

use crate::samples::decision;

const STORE: &str = "AEGIS_TEST_STORE";
const ROLE: &str = "AEGIS_TEST_ROLE";

fn number(name: &str, usual: u64) -> u64 {
    let given = std::env::var_os(name).and_then(|v| v.to_str()?.parse().ok());
    given.unwrap_or(usual)
}

fn child(path: &Path, role: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "crash::child_that_writes",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(STORE, path)
        .env(ROLE, role)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Runs in processes of its own: writes events and says of each that is acknowledged which it is.
#[test]
fn child_that_writes() {
    let (Some(path), Some(role)) = (std::env::var_os(STORE), std::env::var_os(ROLE)) else {
        return;
    };
    let store = Arc::new(SqliteStore::open(path, Options::new().unwrap()).unwrap());
    let endless = role == "endless";
    let (threads, events) = match endless {
        true => (8, u64::MAX),
        false => (number("AEGIS_THREADS", 16), number("AEGIS_EVENTS", 10)),
    };
    let writers: Vec<_> = (0..threads)
        .map(|t| {
            let store = Arc::clone(&store);
            thread::spawn(move || {
                for n in 0..events {
                    let receipt = store.record(decision(t * 1000 + n % 1000)).unwrap();
                    let line = format!("ack {} {}\n", receipt.sequence, receipt.hash);
                    // One write, so that lines of threads do not mix.
                    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
                }
            })
        })
        .collect();
    writers.into_iter().for_each(|w| w.join().unwrap());
}

/// What a child said was acknowledged. Its last line may be cut off.
fn acknowledged(output: &str) -> BTreeMap<u64, String> {
    let whole = output.rsplit_once('\n').map_or("", |(lines, _)| lines);
    let acks = whole
        .lines()
        .filter_map(|line| line.split_once("ack ")?.1.split_once(' '));
    acks.map(|(sequence, hash)| (sequence.parse().unwrap(), hash.to_owned()))
        .collect()
}

fn there(path: &Path) -> BTreeMap<u64, String> {
    let mut all = BTreeMap::new();
    let reader = Reader::open(path).unwrap();
    reader
        .walk(&Filter::default(), &mut |record| {
            all.insert(record.sequence, record.hash.to_string());
            true
        })
        .unwrap();
    all
}

fn assert_intact(path: &Path) {
    let verdict = verify::store(&Reader::open(path).unwrap(), &Against::default()).unwrap();
    assert_eq!(verdict.problems, []);
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("audit.db");
    let mut acks: BTreeMap<u64, String> = BTreeMap::new();
    let rounds = number("AEGIS_CRASH_ROUNDS", 3);
    for round in 0..rounds {
        let mut child = child(&path, "endless");
        let mut output = BufReader::new(child.stdout.take().unwrap());
        // The moment differs from round to round and from run to run.
        let clock = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap();
        let pause = u64::from(clock.subsec_nanos()) / 1000 % 150;
        let mut first = String::new();
        while !first.contains("ack ") {
            first.clear();
            assert!(
                output.read_line(&mut first).unwrap() > 0,
                "the child wrote nothing"
            );
        }
        let reader = thread::spawn(move || {
            let mut rest = String::new();
            // A line that was cut inside a character cannot be: there is only ASCII.
            output.read_to_string(&mut rest).unwrap();
            first + &rest
        });
        thread::sleep(Duration::from_millis(pause));
        child.kill().unwrap();
        child.wait().unwrap();
        let new = acknowledged(&reader.join().unwrap());
        assert!(!new.is_empty());
        for (sequence, hash) in new {
            assert_eq!(
                acks.insert(sequence, hash),
                None,
                "event {sequence} was acknowledged twice"
            );
        }
        let events = there(&path);
        let lost: Vec<_> = acks
            .iter()
            .filter(|(s, h)| events.get(s) != Some(h))
            .collect();
        assert!(lost.is_empty(), "round {round}: {lost:?}");
        if round % 20 == 19 || round + 1 == rounds {
            assert_intact(&path);
        }
    }
    println!(
        "{rounds} rounds, {} events acknowledged, all there",
        acks.len()
    );
}

#[test]
fn many_processes_write_one_chain() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("audit.db");
    let (processes, threads) = (number("AEGIS_PROCESSES", 3), number("AEGIS_THREADS", 16));
    let events = number("AEGIS_EVENTS", 10);
    let children: Vec<Child> = (0..processes).map(|_| child(&path, "some")).collect();
    let mut acks = BTreeMap::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stdout)
        );
        let new = acknowledged(&String::from_utf8_lossy(&output.stdout));
        assert_eq!(new.len() as u64, threads * events);
        for (sequence, hash) in new {
            assert_eq!(
                acks.insert(sequence, hash),
                None,
                "two events at place {sequence}"
            );
        }
    }
    let mut events = there(&path);
    events.remove(&0);
    assert_eq!(events, acks);
    assert_intact(&path);
    println!(
        "{processes} processes, {threads} threads each, {} events: one chain",
        acks.len()
    );
}
