//! Bytes and folders to items: gzip, text encodings, one document or many, one file or a folder of them.
//!
//! The shape is detected, never asked for. What a folder holds beside items (a README, YAML) is passed over
//! and counted; a file that looks like JSON, or is named so, and is not, is an error.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde_json::Value;
use walkdir::WalkDir;

use super::shape::{self, Found};
use crate::diagnostic::Diagnostic;

/// The largest text that is read at once, in bytes, unpacked: what a hostile or broken gzip may cost.
pub const MAX_TEXT: u64 = 1 << 30;

/// How many bytes tell whether a file of a folder may hold items.
const SNIFF: usize = 512;

/// The files under `paths`: a file stands for itself, a folder for the files in it that may hold items.
#[derive(Debug, Default)]
pub struct Files {
    /// In the order of the arguments, a folder's sorted by path.
    pub files: Vec<PathBuf>,
    /// Files of folders that are neither JSON nor gzip.
    pub passed_over: Vec<PathBuf>,
    /// Paths that do not exist or cannot be read.
    pub problems: Vec<Diagnostic>,
}

/// Finds the files under `paths`.
pub fn files(paths: &[PathBuf]) -> Files {
    let mut found = Files::default();
    for path in paths {
        if !path.is_dir() {
            // Whether it exists shows when it is read, with the same message for all causes.
            found.files.push(path.clone());
            continue;
        }
        for entry in WalkDir::new(path).sort_by_file_name() {
            match entry {
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) => {
                    if may_hold_items(entry.path()) {
                        found.files.push(entry.into_path());
                    } else {
                        found.passed_over.push(entry.into_path());
                    }
                }
                Err(error) => found.problems.push(Diagnostic::new(
                    error.path().unwrap_or(path).display().to_string(),
                    format!("cannot be read: {error}"),
                )),
            }
        }
    }
    found
}

/// A name that promises JSON, or a content that begins like it. Unreadable files count, so that reading
/// them reports why.
fn may_hold_items(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    if [".json", ".jsonl", ".ndjson", ".gz"].iter().any(|ending| name.ends_with(ending)) {
        return true;
    }
    let mut start = [0; SNIFF];
    let Ok(count) = fs::File::open(path).and_then(|mut file| file.read(&mut start)) else {
        return true;
    };
    let start = &start[..count];
    if start.starts_with(GZIP) {
        return true;
    }
    let text = String::from_utf8_lossy(start.strip_prefix(UTF8_BOM).unwrap_or(start));
    text.trim_start().starts_with(['{', '['])
}

pub(super) const GZIP: &[u8] = &[0x1f, 0x8b];
pub(super) const UTF8_BOM: &[u8] = &[0xef, 0xbb, 0xbf];

/// Reads `path` and finds its items.
pub fn read_file(path: &Path) -> Vec<Found> {
    let name = path.display().to_string();
    match fs::read(path) {
        Ok(bytes) => from_bytes(&name, &bytes),
        Err(error) => vec![Found::Bad(
            Diagnostic::new(name, format!("cannot be read: {error}"))
                .help("check the path and its permissions"),
        )],
    }
}

/// Finds the items in `bytes`, which came from `file`.
pub fn from_bytes(file: &str, bytes: &[u8]) -> Vec<Found> {
    match text(file, bytes) {
        Ok(text) => from_text(file, &text),
        Err(problem) => vec![Found::Bad(problem)],
    }
}

pub(super) fn from_text(file: &str, text: &str) -> Vec<Found> {
    if text.trim().is_empty() {
        let problem = Diagnostic::new(file, "is empty; expected a configuration item in JSON");
        return vec![Found::Bad(problem)];
    }
    let mut found = Vec::new();
    // One document, or several one after the other: JSON lines are the usual case of the latter.
    for document in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        match document {
            Ok(document) => found.extend(shape::find(document, file)),
            // A broken line of JSON lines does not hide the lines after it.
            Err(_) if is_json_lines(text) => return json_lines(file, text),
            Err(error) => {
                found.push(Found::Bad(json_problem(file, text, &error)));
                break;
            }
        }
    }
    found
}

fn is_json_lines(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).skip(1).peekable();
    lines.peek().is_some() && lines.all(|line| line.starts_with('{'))
}

/// Line by line, so that each broken line is reported and the others are read.
fn json_lines(file: &str, text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match serde_json::from_str(line) {
            Ok(document) => found.extend(shape::find(document, file)),
            Err(error) => {
                let mut problem = json_problem(file, line, &error);
                problem.line = Some(index + 1);
                found.push(Found::Bad(problem));
            }
        }
    }
    found
}

/// A JSON error with its place and the line's text.
pub fn json_problem(file: &str, text: &str, error: &serde_json::Error) -> Diagnostic {
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = error.to_string().replace(&place, "");
    Diagnostic::new(file, format!("is not valid JSON: {message}"))
        .at(error.line(), error.column().max(1))
        .source(text)
        .help("mend the file there, or save it again from AWS")
}

/// Unpacks and decodes: gzip by its magic number; UTF-8, or UTF-16 with a byte order mark as PowerShell's
/// `>` writes it.
///
/// # Errors
/// A broken gzip, too large a text, or bytes that are not in the encoding.
pub fn text(file: &str, bytes: &[u8]) -> Result<String, Diagnostic> {
    let unpacked;
    let bytes = if bytes.starts_with(GZIP) {
        let mut out = Vec::new();
        MultiGzDecoder::new(bytes).take(MAX_TEXT + 1).read_to_end(&mut out).map_err(|error| {
            Diagnostic::new(file, format!("is a broken gzip file: {error}")).help("copy it again")
        })?;
        unpacked = out;
        &unpacked
    } else {
        bytes
    };
    if bytes.len() as u64 > MAX_TEXT {
        let message = format!("is larger than {} MiB unpacked", MAX_TEXT >> 20);
        return Err(Diagnostic::new(file, message).help("split it"));
    }
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        let (text, broken) = encoding.decode_without_bom_handling(&bytes[mark..]);
        if broken {
            let message = format!("begins with a mark of {} and is not in it", encoding.name());
            return Err(Diagnostic::new(file, message).help("save it as UTF-8"));
        }
        return Ok(text.into_owned());
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let before = &bytes[..error.valid_up_to()];
            let line = before.split(|byte| *byte == b'\n').count();
            let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
            Err(Diagnostic::new(file, "is not UTF-8 text").at(line, column).help("save it as UTF-8"))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    const ITEM: &str = r#"{"resourceType": "T", "resourceId": "i"}"#;

    fn items(found: &[Found]) -> usize {
        found.iter().filter(|found| matches!(found, Found::Item(_))).count()
    }

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn one_document_many_lines_gzip_and_marks() {
        let lines = format!("{ITEM}\n{ITEM}\n");
        let utf16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain(ITEM.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(items(&from_bytes("f", ITEM.as_bytes())), 1);
        assert_eq!(items(&from_bytes("f", lines.as_bytes())), 2);
        assert_eq!(items(&from_bytes("f", &gzip(&lines))), 2);
        assert_eq!(items(&from_bytes("f", &[UTF8_BOM, ITEM.as_bytes()].concat())), 1);
        assert_eq!(items(&from_bytes("f", &utf16)), 1);
    }

    #[test]
    fn a_broken_line_is_named_and_the_others_are_read() {
        let found = from_bytes("f", format!("{ITEM}\n{{\"a\": }}\n{ITEM}").as_bytes());
        assert_eq!(items(&found), 2);
        let [_, Found::Bad(problem), _] = &found[..] else { panic!("{found:?}") };
        assert_eq!((problem.line, problem.column), (Some(2), Some(7)));
        assert_eq!(problem.source_line.as_deref(), Some("{\"a\": }"));
    }

    #[test]
    fn broken_json_says_where() {
        let found = from_bytes("f.json", b"{\n  \"a\": 1,\n  \"b\"\n}");
        let [Found::Bad(problem)] = &found[..] else { panic!("{found:?}") };
        assert_eq!(problem.line, Some(4));
        assert!(problem.to_string().starts_with("f.json:4:1: is not valid JSON"), "{problem}");
    }

    #[test]
    fn empty_binary_and_broken_gzip_are_errors() {
        for bytes in [&b""[..], b" \n", b"\xff\x00\x01", &gzip(ITEM)[..12]] {
            let found = from_bytes("f", bytes);
            assert!(matches!(&found[..], [Found::Bad(_)]), "{bytes:?}: {found:?}");
        }
    }

    #[test]
    fn a_folder_gives_what_looks_like_json_and_passes_over_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in
            [("b.json", "not json"), ("a.txt", ITEM), ("README.md", "# items"), ("c.yaml", "a: 1")]
        {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let found = files(&[folder.path().to_owned()]);
        let names = |paths: &[PathBuf]| -> Vec<String> {
            paths.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
        };
        assert_eq!(names(&found.files), ["a.txt", "b.json"]);
        assert_eq!(names(&found.passed_over), ["README.md", "c.yaml"]);
    }

    #[test]
    fn a_path_that_does_not_exist_is_an_error() {
        let found = read_file(Path::new("/nowhere/at/all.json"));
        assert!(matches!(&found[..], [Found::Bad(_)]), "{found:?}");
    }
}
