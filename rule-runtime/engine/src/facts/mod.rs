//! Facts: knowledge that no configuration item carries, declared by policies and handed to them as data.
//!
//! In: what METADATA declares ([`FactProvider`]), the bytes of a roster ([`roster`]), a file of recorded facts
//! ([`RecordedFacts`]). Out: the values under `data.facts`. Fetching is not done here: the engine has no network.

pub mod object;
mod provider;
pub mod roster;

pub use provider::{AwsApiCall, FactProvider, ForEach, ObjectFormat, Regions, chain, problems};

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::diagnostic::Diagnostic;
use crate::item::load::json_problem;

/// Why a fact cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FactError {
    /// A parameter that the fact is read by is malformed.
    #[error("parameter {parameter} {message}")]
    Parameter {
        /// Its name.
        parameter: String,
        /// What was found and expected.
        message: String,
    },
    /// A file of facts is malformed.
    #[error("{0}")]
    File(Diagnostic),
}

/// The version of the facts file that this version reads and writes.
const VERSION: u32 = 1;

/// A facts file: it makes a run repeatable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedFacts {
    /// 1.
    pub version: u32,
    /// `data.facts.now` of the run.
    #[serde(default)]
    pub now: Option<Timestamp>,
    /// By name; `policy-id/name` where policies of one run mean different things by the name.
    #[serde(default)]
    pub facts: BTreeMap<String, Value>,
}

/// How a fact of one policy is called where another means something else by its name.
pub fn qualified(policy_id: &str, name: &str) -> String {
    format!("{policy_id}/{name}")
}

impl RecordedFacts {
    /// The fact that a policy calls `name`.
    pub fn get(&self, policy_id: &str, name: &str) -> Option<&Value> {
        self.facts.get(&qualified(policy_id, name)).or_else(|| self.facts.get(name))
    }

    /// Reads a facts file; `name` is for the error.
    ///
    /// # Errors
    /// It is not UTF-8, not JSON of that form, or of another version.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, FactError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text =
            std::str::from_utf8(bytes).map_err(|error| FactError::File(no_text(name, bytes, &error)))?;
        let recorded: Self =
            serde_json::from_str(text).map_err(|error| FactError::File(json_problem(name, text, &error)))?;
        if recorded.version != VERSION {
            let message = format!("is {}, this version reads {VERSION}", recorded.version);
            return Err(FactError::File(
                Diagnostic::new(name, message).field("version").help("record the facts again"),
            ));
        }
        Ok(recorded)
    }
}

/// Where `bytes` stop being UTF-8.
fn no_text(name: &str, bytes: &[u8], error: &std::str::Utf8Error) -> Diagnostic {
    let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    Diagnostic::new(name, "is not UTF-8").at(line, column).help("save the file as UTF-8")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_facts_file_of_another_version_is_refused() {
        let good = br#"{"version": 1, "now": "2026-11-23T01:00:00Z", "facts": {"a": [1]}}"#;
        assert_eq!(RecordedFacts::parse("f", good).unwrap().facts["a"], json!([1]));
        let error = RecordedFacts::parse("f.json", br#"{"version": 2}"#).unwrap_err().to_string();
        assert!(error.starts_with("f.json: version: is 2"), "{error}");
        let error = RecordedFacts::parse("f.json", b"{\n\"version\": }").unwrap_err().to_string();
        assert!(error.starts_with("f.json:2:12: is not valid JSON"), "{error}");
        let marked = [b"\xef\xbb\xbf", &good[..]].concat();
        assert_eq!(RecordedFacts::parse("f", &marked), RecordedFacts::parse("f", good));
    }

    #[test]
    fn a_facts_file_that_is_no_utf_8_is_refused_at_its_place() {
        let error = RecordedFacts::parse("f.json", b"{\"version\": 1,\n\"facts\": {\"a\": \"\x91\xde\"}}")
            .unwrap_err();
        assert!(error.to_string().starts_with("f.json:2:17: is not UTF-8"), "{error}");
    }
}
