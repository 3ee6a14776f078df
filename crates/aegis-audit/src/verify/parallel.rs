//! One reader, several workers, one collector that sees chunks in the order they were read in.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::{Checker, Facts};
use crate::error::AuditError;

/// Hands a chunk on; says no when nobody takes it any more.
pub(crate) type Send<'a, C> = &'a mut dyn FnMut(C) -> bool;

/// Runs `read` here, `work` in as many threads as there are cores, and the checker in one more.
pub(crate) fn in_order<C: std::marker::Send>(
    mut checker: Checker,
    read: impl FnOnce(Send<'_, C>) -> Result<(), AuditError>,
    work: impl Fn(C) -> Vec<Facts> + Sync,
) -> Result<Checker, AuditError> {
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let (chunks, todo) = sync_channel::<(u64, C)>(2 * workers);
    let (results, done) = sync_channel::<(u64, Vec<Facts>)>(2 * workers);
    let (todo, work) = (Mutex::new(todo), &work);
    thread::scope(|scope| {
        let todo = &todo;
        for _ in 0..workers {
            let results: SyncSender<_> = results.clone();
            scope.spawn(move || {
                loop {
                    let next = todo.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok((number, chunk)) = next else { return };
                    if results.send((number, work(chunk))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(results);
        let collector = scope.spawn(move || {
            let mut early: BTreeMap<u64, Vec<Facts>> = BTreeMap::new();
            let mut next = 0;
            while let Ok((number, facts)) = done.recv() {
                early.insert(number, facts);
                while let Some(facts) = early.remove(&next) {
                    facts.into_iter().for_each(|facts| checker.push(facts));
                    next += 1;
                }
            }
            checker
        });
        let mut number = 0;
        let read = read(&mut |chunk| {
            let sent = chunks.send((number, chunk)).is_ok();
            number += 1;
            sent
        });
        drop(chunks);
        let checker = collector
            .join()
            .map_err(|_| AuditError::Storage("the verification ended early".to_owned()))?;
        read.map(|()| checker)
    })
}
