//! The files of a recording: all of them, or none.

use std::fs;
use std::path::{Path, PathBuf};

use sekisho_engine::diagnostic::Diagnostic;

use crate::whole_file;

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Where.
    pub path: PathBuf,
    /// What.
    pub text: String,
}

/// Where the `number`-th of `count` files goes, from 1.
pub fn path(folder: &Path, name: &str, number: usize, count: usize, ending: &str) -> PathBuf {
    let width = count.to_string().len();
    let number = if count == 1 { String::new() } else { format!("-{number:0width$}") };
    folder.join(format!("{name}{number}.{ending}"))
}

/// Writes `files`, none of which may be there unless `over` says so.
///
/// # Errors
/// One is there, or cannot be written; then those that were new are removed again, and those that were there are as
/// they were.
pub fn write_all(files: &[NewFile], over: bool) -> Result<(), Diagnostic> {
    if let Some(file) = files.iter().find(|file| !over && file.path.exists()) {
        let problem =
            Diagnostic::new(file.path.display().to_string(), "is there already; nothing was written");
        return Err(problem.help("choose another name with --name, or write over it with --force"));
    }
    let mut undo: Vec<(&Path, Option<String>)> = Vec::new();
    for file in files {
        let before = fs::read_to_string(&file.path).ok();
        if let Err(error) = write(file) {
            for (path, text) in undo {
                // What cannot be put back is told by the error below, which names the file that failed.
                let _ = text.map_or_else(|| fs::remove_file(path), |text| whole_file::replace(path, &text));
            }
            let message = format!("cannot be written: {error}; nothing was written");
            return Err(
                Diagnostic::new(file.path.display().to_string(), message).help("check the folder's rights")
            );
        }
        undo.push((&file.path, before));
    }
    Ok(())
}

fn write(file: &NewFile) -> std::io::Result<()> {
    if let Some(folder) = file.path.parent() {
        fs::create_dir_all(folder)?;
    }
    whole_file::replace(&file.path, &file.text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn all_or_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| NewFile { path: folder.path().join(name), text: "new".into() };
        fs::write(folder.path().join("b"), "old").unwrap();
        let refused = write_all(&[file("a"), file("b")], false).unwrap_err();
        assert!(refused.message.contains("is there already"), "{refused}");
        assert!(!folder.path().join("a").exists());
        // A folder cannot be made where a file is.
        let failed = write_all(&[file("a"), file("b"), file("b/c")], true).unwrap_err();
        assert!(failed.message.contains("nothing was written"), "{failed}");
        assert!(!folder.path().join("a").exists());
        assert_eq!(fs::read_to_string(folder.path().join("b")).unwrap(), "old");
        write_all(&[file("a"), file("b")], true).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("b")).unwrap(), "new");
    }

    #[test]
    fn numbers_are_as_wide_as_the_last() {
        assert_eq!(path(Path::new("f"), "n", 1, 1, "yaml"), Path::new("f/n.yaml"));
        assert_eq!(path(Path::new("f"), "n", 3, 12, "json"), Path::new("f/n-03.json"));
    }
}
