//! Items that are judged once all others were seen: kept out of memory until then, in a file that has no name and is gone with
//! the process.
//!
//! In: an item's head and what the policy that will judge it can read. Out: the same, in the same order, a chunk at a time.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Seek, Write};

use jiff::Timestamp;
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::item::tree::Tree;
use sekisho_engine::item::{ConfigurationItem, ItemStatus};
use sekisho_engine::verdict::ResourceKey;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tempfile::SpooledTempFile;

/// Bytes until which they are kept in memory all the same.
const IN_MEMORY: usize = 1 << 20;

/// About how many bytes a chunk has.
const CHUNK: usize = 256 << 10;

/// An item that waits, as it is written.
#[derive(Debug, Serialize, Deserialize)]
pub struct WaitingItem<'a> {
    /// Of the file's name.
    #[serde(borrow)]
    pub file: Cow<'a, str>,
    /// The id of the policy that will judge it.
    #[serde(borrow)]
    pub policy: Cow<'a, str>,
    resource: ResourceKey,
    account_id: Option<String>,
    region: Option<String>,
    arn: Option<String>,
    status: ItemStatus,
    capture_time: Option<Timestamp>,
    tags: Option<Value>,
    /// What the policy can read of it.
    #[serde(borrow)]
    pub document: &'a RawValue,
}

impl WaitingItem<'_> {
    /// The head; its document holds the tags that were kept, or is null.
    pub fn head(&self) -> ConfigurationItem {
        ConfigurationItem {
            resource: self.resource.clone(),
            account_id: self.account_id.clone(),
            region: self.region.clone(),
            arn: self.arn.clone(),
            status: self.status,
            capture_time: self.capture_time,
            document: self.tags.as_ref().map_or(Value::Null, |tags| json!({"tags": tags})),
        }
    }
}

/// Appends an item to `lines`: its head, with the tags in its document, and what the policy can read of it.
///
/// # Errors
/// What is kept is no JSON, which cannot be of what was read as such.
pub fn write(
    lines: &mut Vec<u8>,
    file: &str,
    policy: &str,
    head: &ConfigurationItem,
    kept: &Tree<'_>,
) -> serde_json::Result<()> {
    let document = serde_json::value::to_raw_value(kept)?;
    let item = WaitingItem {
        file: file.into(),
        policy: policy.into(),
        resource: head.resource.clone(),
        account_id: head.account_id.clone(),
        region: head.region.clone(),
        arn: head.arn.clone(),
        status: head.status,
        capture_time: head.capture_time,
        tags: head.document.get("tags").cloned(),
        document: &document,
    };
    serde_json::to_writer(&mut *lines, &item)?;
    lines.push(b'\n');
    Ok(())
}

/// The items of a chunk.
///
/// # Errors
/// A line is not what [`write`] wrote.
pub fn items(chunk: &str) -> impl Iterator<Item = serde_json::Result<WaitingItem<'_>>> {
    chunk.lines().map(serde_json::from_str)
}

/// All items that wait.
#[derive(Debug)]
pub struct Waiting {
    kept: BufReader<SpooledTempFile>,
    /// What went wrong with the file; nothing is written or read after it.
    failed: bool,
}

impl Default for Waiting {
    fn default() -> Self {
        Self { kept: BufReader::with_capacity(CHUNK, SpooledTempFile::new(IN_MEMORY)), failed: false }
    }
}

impl Waiting {
    /// Adds what [`write`] wrote.
    ///
    /// # Errors
    /// There is no room for it; told once.
    pub fn add(&mut self, lines: &[u8]) -> Result<(), Diagnostic> {
        if self.failed || lines.is_empty() {
            return Ok(());
        }
        self.kept.get_mut().write_all(lines).map_err(|error| self.fail(&error))
    }

    /// Goes to the first item.
    ///
    /// # Errors
    /// The file cannot be read; told once.
    pub fn rewind(&mut self) -> Result<(), Diagnostic> {
        if self.failed {
            return Ok(());
        }
        self.kept.rewind().map_err(|error| self.fail(&error))
    }

    /// The next items, for [`items`]; none behind the last.
    pub fn next_chunk(&mut self) -> Option<Result<String, Diagnostic>> {
        if self.failed {
            return None;
        }
        let mut chunk = String::new();
        while chunk.len() < CHUNK {
            match self.kept.read_line(&mut chunk) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => return Some(Err(self.fail(&error))),
            }
        }
        (!chunk.is_empty()).then_some(Ok(chunk))
    }

    fn fail(&mut self, error: &io::Error) -> Diagnostic {
        self.failed = true;
        let folder = std::env::temp_dir().display().to_string();
        let message = format!("items that wait for others cannot be kept there: {error}");
        Diagnostic::new(folder, message)
            .help("make room there, or name another folder for temporary files with TMPDIR")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use sekisho_engine::policy::mask::Mask;

    fn head(id: &str, document: Value) -> ConfigurationItem {
        ConfigurationItem {
            resource: ResourceKey { resource_type: "AWS::A::B".into(), resource_id: id.into() },
            account_id: Some(String::new()),
            region: None,
            arn: Some("arn:x".into()),
            status: ItemStatus::Deleted,
            capture_time: Some("2026-11-23T01:00:00.123456789Z".parse().unwrap()),
            document,
        }
    }

    #[test]
    fn what_waits_comes_out_as_it_was_and_in_its_order() {
        let text = r#"{"a":[1,-2,1.5,null,true],"b":{"c":"\"日\n本\""}}"#;
        let tree = Tree::read(text, &Mask::All).unwrap();
        let mut waiting = Waiting::default();
        let heads: Vec<_> = (0..40_000)
            .map(|number| {
                let tags = if number % 2 == 0 { json!({"tags": {"a": "b"}}) } else { Value::Null };
                head(&format!("日本{number}"), tags)
            })
            .collect();
        for some in heads.chunks(100) {
            let mut lines = Vec::new();
            some.iter().for_each(|head| write(&mut lines, "f\"1", "p", head, &tree).unwrap());
            waiting.add(&lines).unwrap();
        }
        assert!(waiting.kept.get_ref().is_rolled(), "more than is kept in memory");
        waiting.rewind().unwrap();
        let mut seen = Vec::new();
        while let Some(chunk) = waiting.next_chunk() {
            let chunk = chunk.unwrap();
            assert!(chunk.len() < 2 * CHUNK);
            for item in items(&chunk).map(Result::unwrap) {
                assert_eq!((&*item.file, &*item.policy, item.document.get()), ("f\"1", "p", text));
                seen.push(item.head());
            }
        }
        assert!(seen == heads);
        assert!(items("{}").next().unwrap().is_err());
    }

    #[test]
    fn what_cannot_be_kept_is_told_once() {
        let mut waiting = Waiting::default();
        let problem = waiting.fail(&io::Error::other("full"));
        assert!(problem.to_string().contains("cannot be kept there: full"), "{problem}");
        assert!(waiting.add(b"x\n").is_ok() && waiting.rewind().is_ok() && waiting.next_chunk().is_none());
    }
}
