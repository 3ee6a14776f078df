//! Submodules: the commit of the base names another commit, of a repository inside this one.

use std::path::Path;

use super::changes::{self, Record};
use super::git::Git;
use super::{Base, BaseError};

/// What differs in a submodule. If what it was cannot be read, all of it counts as new.
pub(super) fn read(record: &Record, folder: &Path, base: &mut Base) -> Result<(), BaseError> {
    let shown = folder.strip_prefix(&base.top).unwrap_or(folder);
    let shown = shown.display().to_string();
    if record.new_mode != "160000" {
        base.remarks.push(format!(
            "submodule `{shown}` is gone; what was in it is not compared"
        ));
        return Ok(());
    }
    if !folder.join(".git").exists() {
        base.remarks.push(format!(
            "submodule `{shown}` changed and is not checked out, so it is not judged; `git submodule update --init` fetches it"
        ));
        return Ok(());
    }
    let git = Git::at(folder);
    if record.old_mode == "160000" && git.commit(&record.old_id)?.is_some() {
        return changes::below(&git, folder, &record.old_id, base);
    }
    if record.old_mode == "160000" {
        base.remarks.push(format!(
            "submodule `{shown}` lacks the commit it was at, so all of it counts as new; fetch its whole history"
        ));
    }
    changes::hide(folder, base);
    Ok(())
}
