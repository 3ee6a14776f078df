//! One chain, whatever the number of writers; a clear answer when writing fails.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;
use std::thread;

use aegis_audit::sqlite::{By, Filter, Reader};
use aegis_audit::{Algorithm, AuditError, Event, Hash, Options, Outcome, SqliteStore, Store};
use serde_json::Value;
use tempfile::TempDir;

use crate::samples::{self, decision};

/// Follows the chain by hand: sequence without gaps, every link the hash of the event before.
pub(crate) fn chain(reader: &Reader) -> Vec<Hash> {
    let mut hashes: Vec<Hash> = Vec::new();
    reader
        .walk(&Filter::default(), &mut |record| {
            assert_eq!(record.sequence, hashes.len() as u64);
            assert_eq!(
                Algorithm::Sha256.hash(&[record.body.as_bytes()]),
                record.hash
            );
            let event: Value = serde_json::from_str(&record.body).unwrap();
            let previous = hashes.last().map(ToString::to_string);
            assert_eq!(
                event["evidence"]["previous_hash"].as_str(),
                previous.as_deref()
            );
            assert_eq!(event["evidence"]["sequence_number"], record.sequence);
            hashes.push(record.hash);
            true
        })
        .unwrap();
    hashes
}

#[test]
fn a_receipt_names_the_event() {
    let (dir, store) = samples::store();
    let receipt = store.record(decision(1)).unwrap();
    assert_eq!(receipt.sequence, 1);
    let reader = Reader::open(dir.path().join("audit.db")).unwrap();
    let record = reader.find(&receipt.event_id.to_string()).unwrap().unwrap();
    assert_eq!((record.sequence, record.hash), (1, receipt.hash));
    assert_eq!(chain(&reader).len(), 2);
}

#[test]
fn many_threads_and_stores_write_one_chain() {
    let (dir, first) = samples::store();
    let stores: Vec<_> = std::iter::once(first)
        .chain((0..2).map(|_| samples::open(&dir)))
        .collect();
    let stores: Vec<_> = stores.into_iter().map(Arc::new).collect();
    // Four hundred writers forked the chain elsewhere.
    let writers: Vec<_> = (0..400)
        .map(|n| {
            let store = Arc::clone(&stores[n % 3]);
            thread::spawn(move || store.record(decision(n as u64)).unwrap())
        })
        .collect();
    let receipts: Vec<_> = writers.into_iter().map(|w| w.join().unwrap()).collect();
    let places: BTreeSet<u64> = receipts.iter().map(|r| r.sequence).collect();
    assert_eq!(places, (1..=400).collect());
    let reader = stores[0].reader().unwrap();
    let hashes = chain(&reader);
    for receipt in &receipts {
        assert_eq!(hashes[receipt.sequence as usize], receipt.hash);
    }
    assert_eq!(reader.size().unwrap(), 401);
    let mut tree = aegis_audit::merkle::Tree::new(Algorithm::Sha256);
    hashes.iter().for_each(|hash| tree.push(hash));
    assert_eq!(reader.tree(401).unwrap().root(), tree.root());
}

#[test]
fn everything_handed_over_is_written_before_the_store_closes() {
    let (dir, store) = samples::store();
    let tickets: Vec<_> = (0..1000)
        .map(|n| store.append(decision(n)).unwrap())
        .collect();
    drop(store);
    for ticket in tickets {
        ticket.wait().unwrap();
    }
    assert_eq!(chain(&samples::open(&dir).reader().unwrap()).len(), 1001);
}

#[test]
fn events_are_found_by_what_is_in_them() {
    let (_dir, store) = samples::store();
    for n in 0..60 {
        store.append(decision(n)).unwrap().wait().unwrap();
    }
    let reader = store.reader().unwrap();
    let filter = Filter {
        session: Some("s-1".to_owned()),
        outcome: Some("blocked".to_owned()),
        ..Filter::default()
    };
    let found: Vec<u64> = reader
        .newest(&filter, 3)
        .unwrap()
        .iter()
        .map(|r| r.sequence)
        .collect();
    // The nth decision is event n + 1: those with n % 5 = 1 and n % 3 = 0.
    assert_eq!(found, [52, 37, 22]);
    let by_rule = reader.count(&Filter::default(), By::Rule).unwrap();
    assert_eq!(by_rule.len(), 8);
    assert_eq!(by_rule.iter().map(|(_, n)| n).sum::<u64>(), 61);
    assert_eq!(reader.count(&filter, By::Day).unwrap().len(), 1);
}

#[test]
fn sha3_on_request_and_for_good() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("a.db");
    let mut options = Options::new().unwrap();
    options.algorithm = Some(Algorithm::Sha3);
    let store = SqliteStore::open(&path, options.clone()).unwrap();
    let receipt = store.record(decision(1)).unwrap();
    assert_eq!(receipt.hash.algorithm(), Algorithm::Sha3);
    drop(store);
    options.algorithm = Some(Algorithm::Sha256);
    let error = SqliteStore::open(&path, options.clone())
        .unwrap_err()
        .to_string();
    assert!(error.contains("it uses sha3-256, not sha256"), "{error}");
    options.algorithm = None;
    let store = SqliteStore::open(&path, options).unwrap();
    assert_eq!(
        store.record(decision(2)).unwrap().hash.algorithm(),
        Algorithm::Sha3
    );
}

#[test]
fn what_is_no_store_is_refused() {
    let dir = TempDir::new().unwrap();
    let open = |name: &str| {
        SqliteStore::open(dir.path().join(name), Options::new().unwrap())
            .unwrap_err()
            .to_string()
    };
    fs::write(
        dir.path().join("text"),
        "not a database, just some text".repeat(100),
    )
    .unwrap();
    assert!(open("text").contains("damaged"), "{}", open("text"));
    let other = rusqlite::Connection::open(dir.path().join("other")).unwrap();
    other.execute_batch("CREATE TABLE t (x)").unwrap();
    assert!(
        open("other").contains("a database of something else"),
        "{}",
        open("other")
    );
    assert!(open("").contains("it is a folder"));
    assert!(open("no/such/folder").contains("cannot be opened"));
    let error = Reader::open(dir.path().join("none"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("does not exist"), "{error}");
}

#[test]
fn a_newer_store_is_refused() {
    let (dir, store) = samples::store();
    drop(store);
    let db = rusqlite::Connection::open(dir.path().join("audit.db")).unwrap();
    db.execute_batch("PRAGMA user_version = 2").unwrap();
    let error =
        SqliteStore::open(dir.path().join("audit.db"), Options::new().unwrap()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("version 2; this release knows 1"),
        "{error}"
    );
}

#[test]
fn a_full_disk_is_an_error_and_nothing_is_lost() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("audit.db");
    let store = SqliteStore::open(&path, Options::new().unwrap()).unwrap();
    store.record(decision(1)).unwrap();
    let receipts = fill(store, &path);
    let reader = Reader::open(&path).unwrap();
    let hashes = chain(&reader);
    // Everything that was acknowledged is there, and nothing else.
    assert_eq!(hashes.len() as u64, receipts + 2);
}

/// Writes until SQLite says that the disk is full; how many events were acknowledged.
fn fill(store: SqliteStore, path: &std::path::Path) -> u64 {
    // A limit on the size of files gives the errors of a full disk; it is for the whole process, so
    // it is set in one of its own.
    drop(store);
    let me = std::env::current_exe().unwrap();
    let script = format!(
        "ulimit -f 400; trap '' XFSZ; exec '{}' --exact store::child_that_fills --nocapture",
        me.display()
    );
    let output = std::process::Command::new("sh")
        .args(["-c", &script])
        .env("AEGIS_TEST_STORE", path)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|l| l.split("written: ").nth(1));
    line.unwrap_or_else(|| panic!("{text}\n{}", String::from_utf8_lossy(&output.stderr)))
        .trim()
        .parse()
        .unwrap()
}

/// Runs in a process of its own, for the test above.
#[test]
fn child_that_fills() {
    let Some(path) = std::env::var_os("AEGIS_TEST_STORE") else {
        return;
    };
    let store = SqliteStore::open(path, Options::new().unwrap()).unwrap();
    let mut written = 0;
    let error = loop {
        match store.record(decision(written)) {
            Ok(_) => written += 1,
            Err(error) => break error,
        }
        assert!(written < 100_000);
    };
    assert!(
        matches!(error, AuditError::Full | AuditError::Storage(_)),
        "{error}"
    );
    assert!(store.is_failing());
    // It stays an error; nothing that is not on disk is acknowledged.
    assert!(store.record(decision(0)).is_err());
    println!("written: {written}");
}

#[test]
fn a_locked_store_is_an_error_in_the_end() {
    let (dir, store) = samples::store();
    let other = rusqlite::Connection::open(dir.path().join("audit.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let ticket = store.append(decision(1)).unwrap();
    thread::sleep(std::time::Duration::from_millis(50));
    other.execute_batch("COMMIT").unwrap();
    // Locked for a while: it waits.
    ticket.wait().unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = store.record(decision(2)).unwrap_err();
    assert!(matches!(error, AuditError::Locked { .. }), "{error}");
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(store.record(decision(3)).unwrap().sequence, 2);
}

#[test]
fn a_store_that_was_replaced_or_rolled_back_takes_nothing_more() {
    let (dir, store) = samples::store();
    let path = dir.path().join("audit.db");
    store.record(decision(1)).unwrap();
    fs::rename(&path, dir.path().join("away.db")).unwrap();
    let error = store.record(decision(2)).unwrap_err().to_string();
    assert!(
        error.contains("replaced or removed while in use"),
        "{error}"
    );
    fs::rename(dir.path().join("away.db"), &path).unwrap();
    store.record(decision(2)).unwrap();

    // Somebody takes the last event back and its traces with it.
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch(
        "DROP TRIGGER events_stay; DELETE FROM events WHERE sequence = 2;
         UPDATE head SET size = 2, hash = (SELECT hash FROM events WHERE sequence = 1);",
    )
    .unwrap();
    let error = store.record(decision(3)).unwrap_err().to_string();
    assert!(
        error.contains("event 2 that was in it is gone or another"),
        "{error}"
    );
}

#[test]
fn a_truncated_store_is_not_written_on() {
    let (dir, store) = samples::store();
    store.record(decision(1)).unwrap();
    drop(store);
    let path = dir.path().join("audit.db");
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch("DROP TRIGGER events_stay; DELETE FROM events WHERE sequence = 1")
        .unwrap();
    drop(db);
    let error = SqliteStore::open(&path, Options::new().unwrap())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("2 events were written and the last one there is number 0"),
        "{error}"
    );
}

#[test]
fn events_cannot_be_changed_by_accident() {
    let (dir, store) = samples::store();
    store.record(decision(1)).unwrap();
    let db = rusqlite::Connection::open(dir.path().join("audit.db")).unwrap();
    for sql in [
        "DELETE FROM events",
        "UPDATE events SET outcome = 'allowed'",
    ] {
        assert!(db.execute_batch(sql).is_err(), "{sql}");
    }
}

#[cfg(unix)]
#[test]
fn only_the_owner_reads_a_new_store() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, store) = samples::store();
    store.record(decision(1)).unwrap();
    for file in fs::read_dir(dir.path()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?}", file.path());
    }
}

#[cfg(unix)]
#[test]
fn a_read_only_store_is_refused_and_can_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, store) = samples::store();
    store.record(decision(1)).unwrap();
    drop(store);
    let path = dir.path().join("audit.db");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    let error = SqliteStore::open(&path, Options::new().unwrap()).unwrap_err();
    assert!(
        matches!(error, AuditError::ReadOnly | AuditError::Open { .. }),
        "{error}"
    );
    assert_eq!(chain(&Reader::open(&path).unwrap()).len(), 2);
}

#[test]
fn a_caller_cannot_choose_identifiers() {
    // Elsewhere a caller that used an identifier twice made the first event vanish. Here there is
    // no way to say one: what looks like one in the details is a detail.
    let (_dir, store) = samples::store();
    let event = || {
        Event::entry(Outcome::Succeeded)
            .detail("event_id", "same")
            .session("same")
    };
    let ids: BTreeSet<_> = (0..3)
        .map(|_| store.record(event()).unwrap().event_id)
        .collect();
    assert_eq!(ids.len(), 3);
    let filter = Filter {
        session: Some("same".to_owned()),
        ..Filter::default()
    };
    assert_eq!(
        store.reader().unwrap().newest(&filter, 10).unwrap().len(),
        3
    );
}
