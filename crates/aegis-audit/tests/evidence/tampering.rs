//! What somebody does to a store or a bundle is found, and named.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use aegis_audit::sqlite::{Filter, Reader, checkpoint, rotate};
use aegis_audit::verify::{self, Against, Tampering, Verdict};
use aegis_audit::{AuditError, Checkpoint, PublicKey, Redactor, Signer, Store, bundle};
use proptest::prelude::*;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::samples::{self, decision};

/// A store of 600 events with checkpoints at 302 and 602, and a key.
struct Case {
    dir: TempDir,
    signer: Signer,
    last: Checkpoint,
}

impl Case {
    fn new() -> Self {
        let (dir, store) = samples::store();
        let signer = Signer::generate().unwrap();
        let write = |n: std::ops::Range<u64>| {
            let tickets: Vec<_> = n.map(|n| store.append(decision(n)).unwrap()).collect();
            for ticket in tickets {
                ticket.wait().unwrap();
            }
        };
        write(0..300);
        assert_eq!(store.checkpoint(&signer).unwrap().size, 302);
        write(300..600);
        let last = store.checkpoint(&signer).unwrap();
        assert_eq!(last.size, 602);
        drop(store);
        // Everything into one file, so that it can be copied.
        let db = Connection::open(dir.path().join("audit.db")).unwrap();
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .unwrap();
        Self { dir, signer, last }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("audit.db")
    }

    fn against(&self) -> Against {
        Against {
            key: Some(self.signer.public()),
            checkpoint: None,
        }
    }

    /// Verifies a copy after some SQL.
    fn after(&self, sql: &str) -> Verdict {
        let copy = self.dir.path().join("copy.db");
        fs::copy(self.path(), &copy).unwrap();
        let db = Connection::open(&copy).unwrap();
        db.execute_batch("DROP TRIGGER events_stay; DROP TRIGGER events_as_they_are;")
            .unwrap();
        db.execute_batch(sql).unwrap();
        drop(db);
        verify::store(&Reader::open(&copy).unwrap(), &self.against()).unwrap()
    }

    fn bundle(&self) -> String {
        let mut out = Vec::new();
        bundle::export(&Reader::open(self.path()).unwrap(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn selection(&self) -> String {
        let filter = Filter {
            session: Some("s-3".to_owned()),
            ..Filter::default()
        };
        let mut out = Vec::new();
        bundle::select(&mut Reader::open(self.path()).unwrap(), &filter, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn judge(&self, bundle: &[u8]) -> Result<Verdict, AuditError> {
        bundle::verify(&mut Cursor::new(bundle), &self.against())
    }
}

/// The first thing that is wrong.
fn first(verdict: &Verdict) -> (Tampering, Option<u64>) {
    let problem = &verdict.problems[0];
    (problem.kind, problem.sequence)
}

#[test]
fn what_was_not_touched_is_verified() {
    let case = Case::new();
    let verdict = case.after("");
    assert_eq!(verdict.problems, []);
    assert!(verdict.is_verified());
    assert_eq!((verdict.events, verdict.signed), (602, 602));
    for bundle in [case.bundle(), case.selection()] {
        let verdict = case.judge(bundle.as_bytes()).unwrap();
        assert_eq!(verdict.problems, []);
        assert!(verdict.is_verified());
    }
}

#[test]
fn every_kind_of_tampering_is_named() {
    let case = Case::new();
    let deny =
        "UPDATE events SET body = replace(body, '\"blocked\"', '\"allowed\"') WHERE sequence = 7";
    let cases = [
        (deny, Tampering::Edited, 7),
        ("UPDATE events SET outcome = 'allowed' WHERE sequence = 10", Tampering::Edited, 10),
        ("UPDATE events SET time = time + 1 WHERE sequence = 10", Tampering::Edited, 10),
        ("UPDATE events SET session = NULL WHERE sequence = 10", Tampering::Edited, 10),
        ("UPDATE events SET hash = zeroblob(32) WHERE sequence = 10", Tampering::Edited, 10),
        ("UPDATE events SET hash = zeroblob(31) WHERE sequence = 10", Tampering::Edited, 10),
        ("UPDATE events SET body = '{}' WHERE sequence = 10", Tampering::Edited, 10),
        ("DELETE FROM events WHERE sequence = 20", Tampering::Removed, 20),
        ("DELETE FROM events WHERE sequence BETWEEN 20 AND 30", Tampering::Removed, 20),
        ("DELETE FROM events WHERE sequence = 0", Tampering::Removed, 0),
        ("DELETE FROM events WHERE sequence >= 590", Tampering::Truncated, 590),
        (
            "UPDATE events SET sequence = -1 WHERE sequence = 40;
             UPDATE events SET sequence = 40 WHERE sequence = 41;
             UPDATE events SET sequence = 41 WHERE sequence = -1;",
            Tampering::Reordered,
            40,
        ),
        (
            "INSERT INTO events SELECT 602, 'x', time, event_type, session, agent, action, target, risk,
             decision, rule, outcome, hash, body FROM events WHERE sequence = 5",
            Tampering::Reordered,
            602,
        ),
        ("UPDATE tiles SET root = zeroblob(32) WHERE number = 1", Tampering::Damaged, 256),
        ("DELETE FROM tiles WHERE number = 0", Tampering::Damaged, 0),
    ];
    for (sql, kind, place) in cases {
        let verdict = case.after(sql);
        assert!(!verdict.is_intact(), "{sql}");
        assert_eq!(
            first(&verdict),
            (kind, Some(place)),
            "{sql}\n{:#?}",
            verdict.problems
        );
    }
}

#[test]
fn a_store_in_use_is_verified_as_of_one_moment() {
    let (dir, store) = samples::store();
    let path = dir.path().join("audit.db");
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for n in 0..200 {
                store.append(decision(n)).unwrap().wait().unwrap();
            }
        });
        while !writer.is_finished() {
            let reader = Reader::open(&path).unwrap();
            let verdict = verify::store(&reader, &Against::default()).unwrap();
            assert_eq!(verdict.problems, []);
        }
    });
}

#[test]
fn an_event_that_an_index_leaves_out_is_found() {
    let case = Case::new();
    let gone = [
        ("DROP INDEX events_session", "no such index: events_session"),
        (
            // An index that leaves events out, under the name of the one that does not.
            "DROP INDEX events_rule;
             CREATE INDEX events_rule ON events (rule) WHERE rule IS NOT NULL AND sequence <> 5;",
            "index `events_rule`",
        ),
        (
            "DROP INDEX events_outcome;
             PRAGMA writable_schema = ON;
             CREATE INDEX events_outcome ON events (outcome) WHERE outcome <> 'blocked';
             UPDATE sqlite_schema SET sql = 'CREATE INDEX events_outcome ON events (outcome)'
             WHERE name = 'events_outcome';",
            "index `events_outcome` does not hold what the events hold",
        ),
    ];
    for (sql, want) in gone {
        let verdict = case.after(sql);
        assert_eq!(first(&verdict).0, Tampering::Damaged, "{sql}");
        assert!(
            verdict.problems[0].message.contains(want),
            "{:?}",
            verdict.problems
        );
    }
}

/// Removes the last event, the head and whatever else knew of it.
const ROLL_BACK: &str = "
    DELETE FROM events WHERE sequence >= 500;
    DELETE FROM tiles WHERE number >= 1;
    DELETE FROM checkpoints WHERE size > 500;
    UPDATE head SET size = 500, hash = (SELECT hash FROM events WHERE sequence = 499);";

#[test]
fn a_rolled_back_store_is_found_with_a_checkpoint_kept_elsewhere() {
    let case = Case::new();
    // It fits together, and an older state of it was signed: only what was kept elsewhere tells.
    let mut verdict = case.after(ROLL_BACK);
    assert_eq!(verdict.problems, []);
    let copy = Reader::open(case.dir.path().join("copy.db")).unwrap();
    let against = Against {
        checkpoint: Some(case.last.clone()),
        ..case.against()
    };
    verdict = verify::store(&copy, &against).unwrap();
    assert_eq!(first(&verdict).0, Tampering::RolledBack);
    let said = verdict.problems[0].message.as_str();
    assert!(
        said.ends_with("500 are: the store is older than that, or events 500 to 601 were cut off"),
        "{said}"
    );
}

#[test]
fn a_checkpoint_left_in_a_truncated_store_tells() {
    let case = Case::new();
    let verdict = case.after(&ROLL_BACK.replace("DELETE FROM checkpoints WHERE size > 500;", ""));
    assert_eq!(first(&verdict).0, Tampering::RolledBack);
}

/// Rewrites all events from a place on as somebody with the program and without the key can: a
/// store that fits together.
fn rewritten(case: &Case, keep_checkpoints: bool) -> PathBuf {
    let path = case.dir.path().join("forged.db");
    let _ = fs::remove_file(&path);
    let options = aegis_audit::Options::new().unwrap();
    let forged = aegis_audit::SqliteStore::open(&path, options).unwrap();
    for n in 0..601 {
        drop(forged.append(decision(n + 1)).unwrap());
    }
    drop(forged);
    if keep_checkpoints {
        let db = Connection::open(&path).unwrap();
        db.execute("ATTACH ?1 AS old", [case.path().to_str().unwrap()])
            .unwrap();
        db.execute_batch("INSERT INTO checkpoints SELECT * FROM old.checkpoints")
            .unwrap();
    }
    path
}

#[test]
fn a_rewritten_chain_is_found_by_its_signatures() {
    let case = Case::new();
    let path = rewritten(&case, true);
    let verdict = verify::store(&Reader::open(&path).unwrap(), &case.against()).unwrap();
    assert!(!verdict.is_intact());
    // Without checkpoints it fits together, and is not verified.
    let path = rewritten(&case, false);
    let reader = Reader::open(&path).unwrap();
    assert!(
        verify::store(&reader, &Against::default())
            .unwrap()
            .is_intact()
    );
    let verdict = verify::store(&reader, &case.against()).unwrap();
    assert!(!verdict.is_intact());
    assert_eq!(
        verdict.problems[0].message,
        "no checkpoint that is signed by the given key covers any event"
    );
    // Signed by somebody else, it is still not.
    let other = Signer::generate().unwrap();
    checkpoint(&path, &other, &Redactor::new().unwrap()).unwrap();
    assert!(!verify::store(&reader, &case.against()).unwrap().is_intact());
}

#[test]
fn a_forged_store_with_the_old_identity_is_found() {
    // The events before a place are kept, everything after is written anew with right hashes.
    let case = Case::new();
    let path = case.dir.path().join("forged.db");
    fs::copy(case.path(), &path).unwrap();
    let db = Connection::open(&path).unwrap();
    db.execute_batch("DROP TRIGGER events_stay;").unwrap();
    db.execute_batch(ROLL_BACK).unwrap();
    drop(db);
    let forged =
        aegis_audit::SqliteStore::open(&path, aegis_audit::Options::new().unwrap()).unwrap();
    for n in 0..200 {
        drop(forged.append(decision(n)).unwrap());
    }
    drop(forged);
    let against = Against {
        checkpoint: Some(case.last.clone()),
        ..case.against()
    };
    let verdict = verify::store(&Reader::open(&path).unwrap(), &against).unwrap();
    assert_eq!(first(&verdict), (Tampering::Rewritten, Some(302)));
    assert!(
        verdict.problems[0]
            .message
            .starts_with("events 302 to 601 are not the ones")
    );
}

#[test]
fn nothing_is_signed_over_a_change() {
    let case = Case::new();
    let db = Connection::open(case.path()).unwrap();
    db.execute_batch("UPDATE tiles SET root = zeroblob(32) WHERE number = 0")
        .unwrap();
    let error = checkpoint(&case.path(), &case.signer, &Redactor::new().unwrap()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("its first 602 events are not the ones that were signed"),
        "{error}"
    );
}

#[test]
fn proofs_survive_a_change_of_keys() {
    let case = Case::new();
    let redactor = Redactor::new().unwrap();
    let (whole, some) = (case.bundle(), case.selection());
    let new = Signer::generate().unwrap();
    rotate(&case.path(), &case.signer, &new, &redactor).unwrap();
    let key = |signer: &Signer| Against {
        key: Some(signer.public()),
        checkpoint: Some(case.last.clone()),
    };
    // What was exported before still verifies with the old key; what is exported now with both.
    for old in [&whole, &some] {
        assert!(
            bundle::verify(&mut old.as_bytes(), &key(&case.signer))
                .unwrap()
                .is_verified()
        );
    }
    for bundle in [case.bundle(), case.selection()] {
        for signer in [&case.signer, &new] {
            let verdict = bundle::verify(&mut bundle.as_bytes(), &key(signer)).unwrap();
            assert_eq!(verdict.problems, []);
            assert!(verdict.is_verified());
        }
        let stranger = Signer::generate().unwrap();
        assert!(
            !bundle::verify(&mut bundle.as_bytes(), &key(&stranger))
                .unwrap()
                .is_verified()
        );
    }
    for signer in [&case.signer, &new] {
        let verdict = verify::store(&Reader::open(case.path()).unwrap(), &key(signer)).unwrap();
        assert_eq!(verdict.problems, []);
    }
    // The old key signs no more, and no key can be slipped in.
    assert!(checkpoint(&case.path(), &case.signer, &redactor).is_err());
    assert!(
        rotate(
            &case.path(),
            &case.signer,
            &Signer::generate().unwrap(),
            &redactor
        )
        .is_err()
    );
}

#[test]
fn a_denial_cannot_be_turned_into_an_approval_in_a_bundle() {
    let case = Case::new();
    for bundle in [case.bundle(), case.selection()] {
        let forged = bundle.replace("\"blocked\"", "\"allowed\"");
        assert_ne!(forged, bundle);
        let verdict = case.judge(forged.as_bytes()).unwrap();
        assert!(!verdict.is_intact());
        assert_eq!(first(&verdict).0, Tampering::Edited);
        assert!(first(&verdict).1.is_some());
    }
}

#[test]
fn a_key_that_stands_twice_is_no_way_around() {
    let case = Case::new();
    let bundle = case.bundle();
    let twice =
        "\"decision\":{\"approval_required\":false,\"outcome\":\"allowed\",\"outcome\":\"blocked\"";
    let forged = bundle.replacen(
        "\"decision\":{\"approval_required\":false,\"outcome\":\"blocked\"",
        twice,
        1,
    );
    assert_ne!(forged, bundle);
    assert!(!case.judge(forged.as_bytes()).unwrap().is_intact());
}

#[test]
fn an_empty_bundle_proves_nothing() {
    let case = Case::new();
    let bundle = case.bundle();
    let header = bundle.lines().next().unwrap();
    let empty = header.replace("\"events\":602", "\"events\":0");
    let none = empty.replace("\"checkpoints\":2", "\"checkpoints\":0") + "\n";
    let verdict = case.judge(none.as_bytes()).unwrap();
    assert!(!verdict.is_intact() && !verdict.is_verified());
    // Only checkpoints, no events.
    let lines: Vec<&str> = bundle.lines().take(3).collect();
    let only = lines.join("\n").replace("\"events\":602", "\"events\":0") + "\n";
    for complete in [true, false] {
        let only = only.replace("\"complete\":true", &format!("\"complete\":{complete}"));
        assert!(!case.judge(only.as_bytes()).unwrap().is_intact());
    }
    assert!(case.judge(b"").is_err());
    // Events without a checkpoint.
    let bare: String = bundle
        .replace("\"checkpoints\":2", "\"checkpoints\":0")
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("{\"checkpoint\""))
        .collect();
    let verdict = case.judge(bare.as_bytes()).unwrap();
    assert!(!verdict.is_intact() && !verdict.is_verified());
    let without_key = bundle::verify(&mut bundle.as_bytes(), &Against::default()).unwrap_err();
    assert!(
        without_key
            .to_string()
            .contains("without one it proves nothing")
    );
}

#[test]
fn a_store_without_a_checkpoint_is_not_exported() {
    let (_dir, store) = samples::store();
    store.record(decision(1)).unwrap();
    let error = bundle::export(&store.reader().unwrap(), &mut Vec::new()).unwrap_err();
    assert!(
        error.to_string().contains("the store has no checkpoint"),
        "{error}"
    );
}

#[test]
fn a_bundle_of_another_store_is_not_verified_by_this_one() {
    let (one, other) = (Case::new(), Case::new());
    assert!(!other.judge(one.bundle().as_bytes()).unwrap().is_intact());
    // Nor are its checkpoints of use here, even if the key is the same.
    let (bundle, foreign) = (one.bundle(), other.bundle());
    let mut lines: Vec<&str> = bundle.lines().collect();
    lines[2] = foreign.lines().nth(2).unwrap();
    let mixed = lines.join("\n") + "\n";
    assert!(!one.judge(mixed.as_bytes()).unwrap().is_intact());
}

/// What a reader of a store can see.
fn seen(path: &Path) -> Option<Vec<(u64, String)>> {
    let reader = Reader::open(path).ok()?;
    let mut all = Vec::new();
    reader
        .walk(&Filter::default(), &mut |record| {
            all.push((record.sequence, format!("{record:?}")));
            true
        })
        .ok()?;
    Some(all)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 48 } else { 1000 }))]

    /// Any byte of the file: either verification fails, or the events read exactly as before.
    #[test]
    fn any_byte_of_a_store(at in any::<prop::sample::Index>(), flip in 1_u8..) {
        thread_local!(static CASE: Case = Case::new());
        CASE.with(|case| {
            let mut bytes = fs::read(case.path()).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            let copy = case.dir.path().join("bent.db");
            fs::write(&copy, bytes).unwrap();
            let good = Reader::open(&copy)
                .and_then(|reader| verify::store(&reader, &case.against()))
                .is_ok_and(|verdict| verdict.is_verified());
            if good {
                prop_assert_eq!(seen(&copy), seen(&case.path()), "byte {}", at);
            }
            Ok(())
        })?;
    }

    #[test]
    fn any_row_of_a_store(row in 0_u64..602, what in 0..4) {
        thread_local!(static CASE: Case = Case::new());
        CASE.with(|case| {
            let other = (row + 1) % 602;
            let sql = match what {
                0 => format!("DELETE FROM events WHERE sequence = {row}"),
                1 => format!("UPDATE events SET body = (SELECT body FROM events WHERE sequence = {other}) WHERE sequence = {row}"),
                2 => format!("UPDATE events SET target = 'elsewhere' WHERE sequence = {row}"),
                _ => format!("UPDATE events SET sequence = -1 WHERE sequence = {row};
                              UPDATE events SET sequence = {row} WHERE sequence = {other};
                              UPDATE events SET sequence = {other} WHERE sequence = -1;"),
            };
            let verdict = case.after(&sql);
            prop_assert!(!verdict.is_intact());
            let named: Vec<_> = verdict.problems.iter().filter_map(|p| p.sequence).collect();
            prop_assert!(named.contains(&row) || named.contains(&other), "{} {:?}", sql, verdict.problems);
            Ok(())
        })?;
    }

    #[test]
    fn any_byte_of_a_bundle(at in any::<prop::sample::Index>(), flip in 1_u8.., whole in any::<bool>()) {
        thread_local!(static CASE: (Case, String, String) = {
            let case = Case::new();
            let bundles = (case.bundle(), case.selection());
            (case, bundles.0, bundles.1)
        });
        CASE.with(|(case, complete, selection)| {
            let mut bytes = if whole { complete } else { selection }.clone().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            let good = case.judge(&bytes).is_ok_and(|verdict| verdict.is_verified());
            prop_assert!(!good, "byte {}", at);
            Ok(())
        })?;
    }

    #[test]
    fn any_line_of_a_bundle(at in any::<prop::sample::Index>(), what in 0..3, whole in any::<bool>()) {
        thread_local!(static CASE: (Case, String, String) = {
            let case = Case::new();
            let bundles = (case.bundle(), case.selection());
            (case, bundles.0, bundles.1)
        });
        CASE.with(|(case, complete, selection)| {
            let bundle = if whole { complete } else { selection };
            let mut lines: Vec<&str> = bundle.split_inclusive('\n').collect();
            let at = at.index(lines.len());
            match what {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, lines[at]),
                _ => {
                    let next = (at + 1) % lines.len();
                    lines.swap(at, next);
                }
            }
            let bent = lines.concat();
            let good = case.judge(bent.as_bytes()).is_ok_and(|verdict| verdict.is_verified());
            // What stands before the events may stand in another order.
            let parts = |text: &str| {
                let (events, mut rest): (Vec<String>, Vec<String>) = text
                    .lines()
                    .map(str::to_owned)
                    .partition(|line| line.starts_with("{\"event\""));
                rest.sort();
                (events, rest)
            };
            let same = parts(&bent) == parts(bundle);
            prop_assert!(!good || same, "line {} ({})", at, what);
            Ok(())
        })?;
    }
}

#[test]
fn no_line_of_a_bundle_may_stand_twice() {
    let case = Case::new();
    for bundle in [case.bundle(), case.selection()] {
        let lines: Vec<&str> = bundle.split_inclusive('\n').collect();
        for at in 0..lines.len() {
            let mut bent = lines.clone();
            bent.insert(at, lines[at]);
            let verdict = case.judge(bent.concat().as_bytes());
            let good = verdict.is_ok_and(|verdict| verdict.is_verified());
            assert!(!good, "line {at}: {}", lines[at]);
        }
    }
}

#[test]
fn a_public_key_is_a_file_or_its_text() {
    let case = Case::new();
    let text = case.signer.public().to_string();
    let path = case.dir.path().join("key.pub");
    fs::write(&path, format!("{text}\n")).unwrap();
    assert_eq!(PublicKey::read(&text).unwrap(), case.signer.public());
    assert_eq!(
        PublicKey::read(path.to_str().unwrap()).unwrap(),
        case.signer.public()
    );
    assert!(PublicKey::read("nowhere").is_err());
}
