//! The state file: read at the start, replaced as a whole after each change.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::state::State;

/// A missing file is an empty state; an unreadable one is an error, for it may hold payments.
pub(crate) fn read(file: &Path) -> io::Result<State> {
    let text = match fs::read(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(State::default()),
        Err(error) => return Err(error),
    };
    serde_json::from_slice(&text).map_err(|error| {
        let message = format!("{} is not a state file of this stand-in: {error}", file.display());
        io::Error::new(ErrorKind::InvalidData, message)
    })
}

pub(crate) fn text(state: &State) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(state)
}

/// Replaces the file. A failure is told on standard error and the stand-in goes on in memory.
pub(crate) fn write(file: &Path, text: serde_json::Result<Vec<u8>>) {
    if let Err(error) = text.map_err(io::Error::from).and_then(|text| replace(file, &text)) {
        // If standard error is gone as well there is nobody left to tell.
        let _ = writeln!(io::stderr(), "the state file {} was not written: {error}", file.display());
    }
}

/// A rename is atomic, so a kill leaves the old file or the new one. It is not synced to the disk:
/// this survives the end of the process, which is all that a development environment needs.
fn replace(file: &Path, text: &[u8]) -> io::Result<()> {
    let mut name = file.as_os_str().to_owned();
    name.push(".new");
    let new = PathBuf::from(name);
    fs::write(&new, text)?;
    fs::rename(&new, file)
}
