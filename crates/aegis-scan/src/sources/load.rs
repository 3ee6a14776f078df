//! The bytes of a file, up to a limit.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use aegis_diag::SkipReason;

/// Reads a file that must not be larger than `cap` bytes, however it changes meanwhile.
pub(super) fn load(path: &Path, cap: u64) -> Result<Vec<u8>, SkipReason> {
    let mut file = File::open(path).map_err(|e| io(&e))?;
    let meta = file.metadata().map_err(|e| io(&e))?;
    if !meta.is_file() {
        return Err(SkipReason::Io("not a regular file".into()));
    }
    if meta.len() > cap {
        return Err(SkipReason::TooLarge(cap));
    }
    // One byte more than expected shows the end of the file without growing the buffer.
    let mut buffer = vec![0; usize::try_from(meta.len()).unwrap_or(usize::MAX - 1) + 1];
    let mut filled = 0;
    while let Some(room) = buffer.get_mut(filled..) {
        match file.read(room) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) if e.kind() == ErrorKind::Interrupted => continue,
            Err(e) => return Err(io(&e)),
        }
        if filled as u64 > cap {
            return Err(SkipReason::TooLarge(cap));
        }
        if filled == buffer.len() {
            buffer.resize(filled.saturating_mul(2).max(8192), 0);
        }
    }
    buffer.truncate(filled);
    Ok(buffer)
}

/// An error of the operating system as a reason.
pub(super) fn io(e: &std::io::Error) -> SkipReason {
    SkipReason::Io(e.to_string())
}
