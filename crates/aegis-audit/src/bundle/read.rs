//! Verifying bundles, with nothing but the file and the public key.

use std::collections::BTreeMap;
use std::io::{BufRead, Read};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Consistency, FORMAT, Header, RotationLine};
use crate::canonical;
use crate::chain;
use crate::checkpoint::{Checkpoint, Trust};
use crate::error::AuditError;
use crate::hash::{Algorithm, Hash};
use crate::merkle;
use crate::verify::{
    Against, Checked, Checker, Checkpoints, Facts, Problems, Sums, Tampering, Verdict, in_order,
};

/// A longer line is no line of a bundle: events are at most a mebibyte before they are written.
const MAX_LINE: u64 = 16 << 20;
/// Events that are hashed together.
const LINES: usize = 512;

/// Verifies a bundle. Without a key nothing in it is proved, so there has to be one.
///
/// # Errors
///
/// If there is no key, the bundle cannot be read, or its first lines are not those of a bundle.
/// What can be read and is wrong is in the verdict.
pub fn verify(input: &mut dyn BufRead, against: &Against) -> Result<Verdict, AuditError> {
    let Some(key) = against.key else {
        let why =
            "a bundle is verified with the public key of its store; without one it proves nothing";
        return Err(AuditError::Event(why.to_owned()));
    };
    let mut lines = Lines { input, number: 0 };
    let header: Header = lines.parse("the header of a bundle")?;
    if header.format != FORMAT {
        let why = format!(
            "its format is `{}`; this release knows `{FORMAT}`",
            header.format
        );
        return Err(lines.wrong(&why));
    }
    let mut list = Vec::new();
    for _ in 0..header.checkpoints {
        let line: Map<String, Value> = lines.parse("a checkpoint")?;
        let checkpoint = line.get("checkpoint").filter(|_| line.len() == 1);
        let text = checkpoint.map(canonical::to_string).unwrap_or_default();
        list.push(Checkpoint::parse(&text).map_err(|e| lines.wrong(&e.to_string()))?);
    }
    let mut checkpoints = Checkpoints::new(list, against.checkpoint.clone());
    let mut checked = if header.complete {
        complete(&mut lines, &header, &checkpoints)?
    } else {
        selection(&mut lines, &header, &checkpoints, against)?
    };
    if checked.events == 0 {
        let message = "there is no event in it".to_owned();
        checked.problems.add(Tampering::Removed, None, message);
    }
    if checked.events != header.events {
        let message = format!(
            "it was made with {} events and has {}",
            header.events, checked.events
        );
        checked.problems.add(Tampering::Removed, None, message);
    }
    let events = checked.events;
    checkpoints.judge(header.store, Some(key), &mut checked);
    let covered = checkpoints.good.as_ref().map_or(0, |c| c.size);
    if header.complete && checkpoints.good.is_some() && covered < events {
        let message = format!(
            "events {covered} to {} are in it and covered by no checkpoint",
            events - 1
        );
        checked
            .problems
            .add(Tampering::Inserted, Some(covered), message);
    }
    let mut verdict = checked.verdict(header.store, checkpoints.good);
    if !header.complete && verdict.checkpoint.is_some() {
        verdict.signed = events;
    }
    Ok(verdict)
}

/// Every event from the first on: the chain and the tree are made again.
fn complete(
    lines: &mut Lines<'_>,
    header: &Header,
    checkpoints: &Checkpoints,
) -> Result<Checked, AuditError> {
    let sizes = checkpoints.list.iter().map(|c| c.size).collect();
    let checker = Checker::new(header.algorithm, sizes, false);
    let algorithm = header.algorithm;
    let checker = in_order(
        checker,
        |send| {
            let mut at = 0_u64;
            let mut chunk: (u64, Vec<String>) = (0, Vec::new());
            while let Some(line) = lines.next()? {
                chunk.1.push(line);
                at += 1;
                if chunk.1.len() == LINES && !send(std::mem::replace(&mut chunk, (at, Vec::new())))
                {
                    return Ok(());
                }
            }
            if !chunk.1.is_empty() {
                send(chunk);
            }
            Ok(())
        },
        |(first, chunk): (u64, Vec<String>)| {
            let places = first..;
            places
                .zip(&chunk)
                .map(|(at, line)| fact(at, line, algorithm))
                .collect()
        },
    )?;
    let mut checked = checker.finish();
    if (header.rotations, header.links) != (0, 0) {
        let message = "it is complete and counts parts that only selections have".to_owned();
        checked.problems.add(Tampering::Edited, None, message);
    }
    if checked.store.is_some_and(|store| store != header.store) {
        let message = "the first event names another store than the header".to_owned();
        checked.problems.add(Tampering::Edited, Some(0), message);
    }
    Ok(checked)
}

/// What a line says of the event at a place.
fn fact(at: u64, line: &str, algorithm: Algorithm) -> Facts {
    let read = event(line, algorithm);
    let nothing = algorithm.hash(&[]);
    let mut facts = Facts {
        at,
        number: None,
        previous: None,
        noted: nothing,
        hash: nothing,
        flaw: None,
        rotation: None,
        store: None,
        sums: Sums::default(),
    };
    match read {
        Ok(event) if event.proof.is_none() => {
            facts.number = event.number();
            facts.previous = event.previous(algorithm);
            (facts.hash, facts.noted) = (event.hash, event.noted);
            facts.rotation = event.detail("rotation");
            facts.store = event.detail("store");
        }
        Ok(_) => facts.flaw = Some("it has a proof, which is for selections".to_owned()),
        Err(why) => facts.flaw = Some(why),
    }
    facts
}

/// An event of a bundle.
struct Event {
    event: Value,
    /// The hash of what it says.
    hash: Hash,
    /// The hash it has.
    noted: Hash,
    proof: Option<Vec<Hash>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventLine {
    event: Map<String, Value>,
    proof: Option<Vec<Hash>>,
}

fn event(line: &str, algorithm: Algorithm) -> Result<Event, String> {
    let value: Value = serde_json::from_str(line).map_err(|_| "it is no JSON".to_owned())?;
    // A key that stands twice, or anything else that two readers may read differently.
    if canonical::to_string(&value) != line {
        return Err("its line is not written canonically".to_owned());
    }
    let line: EventLine =
        serde_json::from_value(value).map_err(|e| format!("it is no event: {e}"))?;
    let (body, noted) = chain::without_hash(line.event.clone(), algorithm)
        .ok_or_else(|| format!("it has no {algorithm} hash"))?;
    Ok(Event {
        event: line.event.into(),
        hash: algorithm.hash(&[body.as_bytes()]),
        noted,
        proof: line.proof,
    })
}

impl Event {
    fn number(&self) -> Option<u64> {
        self.event.pointer("/evidence/sequence_number")?.as_u64()
    }

    fn previous(&self, algorithm: Algorithm) -> Option<Option<Hash>> {
        let pointer = match algorithm {
            Algorithm::Sha256 => "/evidence/previous_hash",
            Algorithm::Sha3 => "/metadata/chain/previous_hash",
        };
        match self.event.pointer(pointer)? {
            Value::Null => Some(None),
            value => value.as_str()?.parse().ok().map(Some),
        }
    }

    /// What an event of the store itself says in its details.
    fn detail<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let outcome = self.event.pointer("/metadata/outcome")?.as_str()?;
        if !matches!(outcome, "store_created" | "key_added" | "key_rotated") {
            return None;
        }
        let value = self.event.pointer("/metadata/details")?.get(key)?;
        serde_json::from_value(value.clone()).ok()
    }
}

/// Some events, each with its path to the root of the last checkpoint.
fn selection(
    lines: &mut Lines<'_>,
    header: &Header,
    checkpoints: &Checkpoints,
    against: &Against,
) -> Result<Checked, AuditError> {
    let mut problems = Problems::default();
    let (mut rotations, mut links) = (Vec::new(), BTreeMap::new());
    let mut events = Vec::new();
    let mut last: Option<u64> = None;
    while let Some(line) = lines.next()? {
        let value: Map<String, Value> =
            serde_json::from_str(&line).map_err(|e| lines.wrong(&e.to_string()))?;
        if value.contains_key("event") {
            match event(&line, header.algorithm) {
                Ok(event) => events.push(event),
                Err(why) => problems.add(
                    Tampering::Edited,
                    None,
                    format!("line {}: {why}", lines.number),
                ),
            }
            continue;
        }
        if canonical::to_string(&value.clone().into()) != line {
            return Err(lines.wrong("it is not written canonically"));
        }
        if let Some(link) = value.get("consistency").filter(|_| value.len() == 1) {
            let link: Consistency =
                serde_json::from_value(link.clone()).map_err(|e| lines.wrong(&e.to_string()))?;
            if links.insert((link.from, link.to), link.path).is_some() {
                let message = format!(
                    "line {}: the proof from {} to {} events stands twice",
                    lines.number, link.from, link.to
                );
                problems.add(Tampering::Inserted, None, message);
            }
        } else {
            let line: RotationLine =
                serde_json::from_value(value.into()).map_err(|e| lines.wrong(&e.to_string()))?;
            rotations.push((line.at, line.rotation));
        }
    }
    if (rotations.len() as u64, links.len() as u64) != (header.rotations, header.links) {
        let message = "changes of keys or proofs between checkpoints are missing".to_owned();
        problems.add(Tampering::Removed, None, message);
    }
    let root = base(header, checkpoints, against, &rotations);
    for event in &events {
        let place = event.number();
        if last.is_some() && place <= last {
            let message = "an event stands twice or after a later one".to_owned();
            problems.add(Tampering::Reordered, place, message);
        }
        last = place.or(last);
        let Some(root) = root else { continue };
        if let Some(message) = unproved(event, place, root) {
            problems.add(Tampering::Edited, place, message);
        }
    }
    let roots = connected(checkpoints, &links, root, &mut problems);
    Ok(Checked {
        events: events.len() as u64,
        head: None,
        store: None,
        roots,
        tiles: Vec::new(),
        sums: Sums::default(),
        rotations,
        problems,
    })
}

/// The checkpoint that all proofs lead to: the last one, if the trusted key vouches for it.
fn base<'c>(
    header: &Header,
    checkpoints: &'c Checkpoints,
    against: &Against,
    rotations: &[(u64, crate::checkpoint::Rotation)],
) -> Option<&'c Checkpoint> {
    let trust = Trust::new(against.key?, rotations);
    // What was kept elsewhere stands last in the list and is no part of the bundle.
    let own = usize::try_from(header.checkpoints).ok()?;
    let last = checkpoints
        .list
        .iter()
        .take(own)
        .max_by_key(|c| (c.size, c.time))?;
    let good = last.store == header.store
        && last.algorithm == header.algorithm
        && trust.objection(last).is_none();
    good.then_some(last)
}

/// Why an event is not proved.
fn unproved(event: &Event, place: Option<u64>, checkpoint: &Checkpoint) -> Option<String> {
    let Some(place) = place else {
        return Some("an event does not say where it stands".to_owned());
    };
    if event.hash != event.noted {
        return Some(format!("event {place} is not what its hash is of"));
    }
    let Some(proof) = &event.proof else {
        return Some(format!("event {place} has no proof"));
    };
    let root = merkle::root_of_path(&event.hash, place, checkpoint.size, proof);
    (root != Some(checkpoint.root))
        .then(|| format!("the proof of event {place} does not lead to what was signed"))
}

/// The checkpoints that the last one provably continues, as if their roots had been computed.
fn connected(
    checkpoints: &Checkpoints,
    links: &BTreeMap<(u64, u64), Vec<Hash>>,
    base: Option<&Checkpoint>,
    problems: &mut Problems,
) -> BTreeMap<u64, (Hash, Hash)> {
    let mut roots = BTreeMap::new();
    let Some(base) = base else { return roots };
    roots.insert(base.size, (base.root, base.head));
    let mut list: Vec<&Checkpoint> = checkpoints.list.iter().collect();
    list.sort_by_key(|c| std::cmp::Reverse(c.size));
    let mut next = base;
    for checkpoint in list {
        if roots.contains_key(&checkpoint.size) || checkpoint.size > base.size {
            continue;
        }
        let path = links.get(&(checkpoint.size, next.size));
        let (old, new) = ((checkpoint.size, &checkpoint.root), (next.size, &next.root));
        if path.is_some_and(|path| merkle::is_consistent(old, new, path)) {
            roots.insert(checkpoint.size, (checkpoint.root, checkpoint.head));
            next = checkpoint;
        } else {
            let message = format!(
                "that the {} events of a checkpoint are the first of the {} of a later one is not proved",
                checkpoint.size, next.size
            );
            problems.add(Tampering::Rewritten, None, message);
        }
    }
    roots
}

/// Lines with their numbers.
struct Lines<'i> {
    input: &'i mut dyn BufRead,
    number: u64,
}

impl Lines<'_> {
    /// The next line without its end; `None` after the last.
    fn next(&mut self) -> Result<Option<String>, AuditError> {
        let mut line = Vec::new();
        let mut limited = (&mut *self.input).take(MAX_LINE);
        let read = limited.read_until(b'\n', &mut line);
        let read =
            read.map_err(|e| AuditError::Storage(format!("the bundle cannot be read: {e}")))?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if line.pop() != Some(b'\n') {
            return Err(
                self.wrong("it does not end; the bundle was cut off, or the line is too long")
            );
        }
        let text = String::from_utf8(line).map_err(|_| self.wrong("it is not UTF-8 text"))?;
        Ok(Some(text))
    }

    fn parse<T: DeserializeOwned>(&mut self, what: &str) -> Result<T, AuditError> {
        let line = self.next()?;
        let line = line.ok_or_else(|| self.wrong(&format!("it ends; expected {what}")))?;
        let value: Value =
            serde_json::from_str(&line).map_err(|_| self.wrong(&format!("expected {what}")))?;
        if canonical::to_string(&value) != line {
            return Err(self.wrong("it is not written canonically"));
        }
        serde_json::from_value(value).map_err(|e| self.wrong(&format!("expected {what}: {e}")))
    }

    fn wrong(&self, why: &str) -> AuditError {
        AuditError::Corrupt(format!("line {} of the bundle: {why}", self.number))
    }
}
