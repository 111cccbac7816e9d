//! Which policies: a SHA-256 over their files, and their revision where the folder is in git.
//!
//! In: the policies' folder. Out: [`Provenance`]. The hash is the one that
//! `find . -name '*.rego' … | LC_ALL=C sort | xargs sha256sum | sha256sum` gives in the folder (docs/report.md), so that an
//! auditor can make it without Sekisho.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Serialize;
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

/// Which policies a result was made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Provenance {
    /// The commit; `+changes` behind it where the folder differs from it. Absent where it is not in git.
    pub revision: Option<String>,
    /// Over the policies, their library and the guidelines; tests are left out.
    pub sha256: String,
    /// How many files that is.
    pub files: usize,
}

impl Provenance {
    /// Looks at `folder`, or one policy file.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn of(folder: &Path) -> std::io::Result<Self> {
        let (sha256, files) = hash(folder)?;
        Ok(Self { revision: revision(folder), sha256, files })
    }
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The hash over the files of `folder`, and how many they are.
///
/// # Errors
/// A file cannot be read.
pub fn hash(folder: &Path) -> std::io::Result<(String, usize)> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).follow_links(true) {
        let entry = entry?;
        let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        let name = if relative.as_os_str().is_empty() { entry.file_name().as_ref() } else { relative };
        if entry.file_type().is_file() && counts(name) {
            files.push((name.to_string_lossy().replace('\\', "/"), entry.path().to_owned()));
        }
    }
    files.sort();
    let mut list = String::new();
    for (name, path) in &files {
        let _ = writeln!(list, "{}  ./{name}", sha256(&fs::read(path)?));
    }
    Ok((sha256(list.as_bytes()), files.len()))
}

/// Policies and library, and the guidelines; neither tests nor registers.
fn counts(name: &Path) -> bool {
    let text = name.to_string_lossy();
    match name.extension().and_then(|ending| ending.to_str()) {
        Some("rego") => !text.ends_with("_test.rego"),
        Some("yaml" | "yml") => name.starts_with("guidelines"),
        _ => false,
    }
}

fn revision(folder: &Path) -> Option<String> {
    let at = if folder.is_dir() { folder } else { folder.parent()? };
    let at = if at.as_os_str().is_empty() { Path::new(".") } else { at };
    let git = |arguments: &[&str]| {
        let output =
            Command::new("git").arg("-C").arg(at).args(arguments).stderr(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    // A folder that git ignores, or that merely lies somewhere below a repository, has no revision there.
    git(&["ls-files", "--", "."]).filter(|files| !files.is_empty())?;
    let commit = git(&["rev-parse", "HEAD"])?;
    let changes = git(&["status", "--porcelain", "--", "."])?;
    Some(if changes.is_empty() { commit } else { format!("{commit}+changes") })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_hash_is_that_of_sha256sum_and_leaves_tests_and_registers_out() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("pack/b.rego", "b");
        write("a.rego", "a");
        write("guidelines/g.yaml", "g");
        let list = format!(
            "{}  ./a.rego\n{}  ./guidelines/g.yaml\n{}  ./pack/b.rego\n",
            sha256(b"a"),
            sha256(b"g"),
            sha256(b"b")
        );
        assert_eq!(sha256(b"a"), "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb");
        let expected = (sha256(list.as_bytes()), 3);
        assert_eq!(hash(folder.path()).unwrap(), expected);
        write("pack/b_test.rego", "t");
        write("waivers.yaml", "w");
        assert_eq!(hash(folder.path()).unwrap(), expected);
        write("pack/b.rego", "c");
        assert_ne!(hash(folder.path()).unwrap(), expected);
    }

    #[test]
    fn a_folder_outside_git_has_no_revision() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.rego"), "a").unwrap();
        assert_eq!(Provenance::of(folder.path()).unwrap().revision, None);
    }
}
