//! A file of JSON lines: one event a line, synced after each batch.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Sink, SinkError};
use crate::sqlite::Record;

/// No event is longer than this.
const MAX_LINE: u64 = 4 << 20;

/// Appends events to a file. How far it is, the file itself says.
#[derive(Debug)]
pub struct JsonlSink {
    path: PathBuf,
    file: File,
}

impl JsonlSink {
    /// Opens the file, or makes one that only its owner can read.
    ///
    /// # Errors
    ///
    /// If it cannot be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, SinkError> {
        let path = path.as_ref().to_owned();
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options
            .open(&path)
            .map_err(|e| SinkError::new(format!("`{}` cannot be opened: {e}", path.display())))?;
        Ok(Self { path, file })
    }

    fn failed(&self, why: impl std::fmt::Display) -> SinkError {
        SinkError::new(format!("`{}`: {why}", self.path.display()))
    }

    /// The end of the file, from the start of its last lines on.
    fn tail(&mut self) -> std::io::Result<Vec<u8>> {
        let length = self.file.metadata()?.len();
        let start = length.saturating_sub(2 * MAX_LINE);
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(start))?;
        self.file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Sink for JsonlSink {
    fn name(&self) -> &'static str {
        "jsonl"
    }

    /// After the last whole line. What a crash left of a line is cut off.
    fn next(&mut self) -> Result<Option<u64>, SinkError> {
        let bytes = self.tail().map_err(|e| self.failed(e))?;
        let end = bytes
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(0, |at| at + 1);
        let torn = (bytes.len() - end) as u64;
        if torn > 0 {
            let length = self.file.metadata().map_err(|e| self.failed(e))?.len();
            self.file
                .set_len(length - torn)
                .map_err(|e| self.failed(e))?;
        }
        let whole = bytes.get(..end.saturating_sub(1)).unwrap_or_default();
        if whole.is_empty() {
            return Ok(Some(0));
        }
        let last = whole.rsplit(|b| *b == b'\n').next().unwrap_or_default();
        let last: Option<Value> = serde_json::from_slice(last).ok();
        let last = last
            .as_ref()
            .and_then(|e| e.pointer("/evidence/sequence_number")?.as_u64());
        let wrong = || self.failed("its last line is no event of this store");
        last.map(|last| Some(last + 1)).ok_or_else(wrong)
    }

    fn deliver(&mut self, events: &[Record]) -> Result<(), SinkError> {
        let mut text = String::new();
        for event in events {
            text.push_str(&event.event());
            text.push('\n');
        }
        let before = self.file.metadata().map_err(|e| self.failed(e))?.len();
        let written = self
            .file
            .write_all(text.as_bytes())
            .and_then(|()| self.file.sync_data());
        written.map_err(|e| {
            // All of it comes again: half a batch must not stay. If this fails too, the line that
            // was cut is found when the file is opened again.
            let _ = self.file.set_len(before);
            self.failed(e)
        })
    }
}
