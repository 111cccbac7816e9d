//! A file is written whole or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

/// Puts `text` in the place of `path`, with its rights.
///
/// # Errors
/// It cannot be written; the file is as it was.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut whole = tempfile::NamedTempFile::new_in(folder)?;
    whole.write_all(text.as_bytes())?;
    if let Ok(metadata) = fs::metadata(path) {
        fs::set_permissions(whole.path(), metadata.permissions())?;
    }
    whole.persist(path).map_err(|error| error.error)?;
    Ok(())
}
