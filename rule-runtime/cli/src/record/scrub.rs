//! Items without what is someone's own: the same original is the same replacement everywhere in a file.
//!
//! In: items of one file, and the words that policies know. Out: the items scrubbed, and what was replaced of each kind. No
//! clock, no chance, no other file: the same items give the same text.
//!
//! Two walks: the first finds the names, which have no form of their own; the second replaces.

use std::collections::BTreeSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sekisho_engine::diagnostic::Diagnostic;
use serde_json::{Map, Number, Value};

use super::position::{self, Position};
use super::table::{self, Kind, Replaced};
use super::text::{Texts, is_distinctive};

/// Values of tags that say nothing of anyone.
const PLAIN: [&str; 12] =
    ["true", "false", "yes", "no", "on", "off", "enabled", "disabled", "none", "dev", "test", "prod"];
/// As IAM encodes its documents.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'*');

/// Scrubs the items of one file.
#[derive(Debug, Clone)]
pub struct Scrubber {
    texts: Texts,
    words: BTreeSet<String>,
    kept: BTreeSet<String>,
}

impl Scrubber {
    /// `words` are values of tags that policies ask for: they stay.
    ///
    /// # Errors
    /// A pattern does not compile.
    pub fn new(words: BTreeSet<String>) -> Result<Self, Diagnostic> {
        Ok(Self { texts: Texts::new()?, words, kept: BTreeSet::new() })
    }

    /// Leaves `texts` as they are wherever they stand as a whole.
    pub fn keep(&mut self, texts: Vec<String>) {
        self.texts.aws_names.extend(texts.iter().cloned());
        self.kept.extend(texts);
    }

    /// Scrubs `items`, all of one file, and makes their names known.
    ///
    /// # Errors
    /// There are too many names.
    pub fn scrub(&mut self, items: &[Value]) -> Result<Vec<Value>, Diagnostic> {
        for item in items {
            self.find_aws_names(item);
        }
        let mut names = BTreeSet::new();
        let mut draft = self.clone();
        for (at, item) in items.iter().enumerate() {
            draft.whole(item, &root(items.len(), at));
        }
        names.extend(draft.texts.table.originals(Kind::Name).filter(|name| is_distinctive(name)));
        self.texts.look_for(&names)?;
        Ok(items.iter().enumerate().map(|(at, item)| self.whole(item, &root(items.len(), at))).collect())
    }

    /// Another value of the same file: the parameters of a fixture.
    pub fn value(&mut self, value: &Value, path: &str) -> Value {
        let mut walk = Walk { path: path.to_owned(), ancestors: Vec::new() };
        self.walk(value, Position::Parameter, &mut walk)
    }

    /// What was replaced.
    pub fn report(&self, with_originals: bool) -> Vec<Replaced> {
        self.texts.table.report(with_originals)
    }

    /// The account first, so that it is the first of the replacements whatever the order of an item's fields.
    fn whole(&mut self, item: &Value, root: &str) -> Value {
        let mut walk = Walk { path: root.to_owned(), ancestors: Vec::new() };
        if let Some(account) = item.get("awsAccountId").and_then(Value::as_str) {
            self.texts.table.replacement(Kind::AccountId, account, table::account);
        }
        self.walk(item, Position::Any, &mut walk)
    }

    /// The last part of `arn:aws:iam::aws:policy/…` is AWS's name wherever it stands.
    fn find_aws_names(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                let arns =
                    self.texts.arns(text).into_iter().filter(|arn| arn.split(':').nth(4) == Some("aws"));
                let names = arns.filter_map(|arn| arn.rsplit(['/', ':']).next().map(ToOwned::to_owned));
                let names: Vec<_> = names.collect();
                self.texts.aws_names.extend(names);
            }
            Value::Array(list) => list.iter().for_each(|value| self.find_aws_names(value)),
            Value::Object(map) => map.values().for_each(|value| self.find_aws_names(value)),
            _ => {}
        }
    }

    fn walk(&mut self, value: &Value, position: Position, walk: &mut Walk) -> Value {
        match value {
            Value::String(text) => Value::String(self.string(text, position, walk)),
            Value::Number(number) => self.number(number, walk),
            Value::Array(list) => {
                let each = |(at, value): (usize, &Value)| {
                    walk.within(&format!("[{at}]"), None, |walk| self.walk(value, position, walk))
                };
                Value::Array(list.iter().enumerate().map(each).collect())
            }
            Value::Object(map) => Value::Object(self.object(map, walk)),
            other => other.clone(),
        }
    }

    fn object(&mut self, map: &Map<String, Value>, walk: &mut Walk) -> Map<String, Value> {
        let mut scrubbed = Map::new();
        for (key, value) in map {
            let position = position::of(&walk.ancestors, key, map);
            let mut new = self.texts.text(key, &walk.path, true);
            // UUIDs that differ in case alone are one; their fields are two.
            while scrubbed.contains_key(&new) {
                new.push('_');
            }
            let value = walk.within(&format!(".{new}"), Some(key), |walk| self.walk(value, position, walk));
            scrubbed.insert(new, value);
        }
        scrubbed
    }

    /// An account that is written as a number.
    fn number(&mut self, number: &Number, walk: &Walk) -> Value {
        let digits = number.to_string();
        let field = walk.ancestors.last().map(|key| key.to_ascii_lowercase()).unwrap_or_default();
        let is_account = number.is_u64()
            && digits.len() <= 12
            && (field.contains("account") || field.contains("owner"))
            && digits.len() >= 10;
        if !is_account {
            return Value::Number(number.clone());
        }
        let text = self.texts.text(&format!("{digits:0>12}"), &walk.path, false);
        text.parse::<u64>().map_or(Value::String(text), Value::from)
    }

    fn string(&mut self, text: &str, position: Position, walk: &mut Walk) -> String {
        if self.kept.contains(text) {
            return text.to_owned();
        }
        if let Some(document) = self.document(text, walk) {
            return document;
        }
        let path = walk.path.as_str();
        match position {
            Position::Fixed => text.to_owned(),
            Position::Name => self.texts.name(text, path),
            // `alias/karte`, `123456789012/search`
            Position::Id if text.contains(['/', ':']) => self.texts.name(text, path),
            Position::Id if is_opaque(text) => {
                self.texts.whole(Kind::ResourceId, text, path, |number| format!("id-{number:08}"))
            }
            Position::TagValue if self.is_plain(text) => text.to_owned(),
            Position::TagValue => {
                self.texts.whole(Kind::TagValue, text, path, |number| format!("value-{number}"))
            }
            Position::Variable => {
                self.texts.whole(Kind::Variable, text, path, |number| format!("variable-{number}"))
            }
            Position::Text => self.texts.whole(Kind::Text, text, path, |number| format!("text-{number}")),
            Position::Digest => {
                let make = |number| table::numbered("d", number, text.len());
                self.texts.whole(Kind::Digest, text, path, make)
            }
            Position::Parameter => self.texts.parameter(text, path),
            Position::Version => self.texts.text(text, path, false),
            Position::Id | Position::Any => self.texts.text(text, path, true),
        }
    }

    fn is_plain(&self, text: &str) -> bool {
        PLAIN.contains(&text.to_ascii_lowercase().as_str())
            || self.words.contains(text)
            || is_small_number(text)
    }

    /// JSON in a text, as AWS has it for policies and lists; also where it is percent-encoded.
    fn document(&mut self, text: &str, walk: &mut Walk) -> Option<String> {
        let trimmed = text.trim_start();
        if trimmed.starts_with("%7B") || trimmed.starts_with("%7b") {
            let decoded = percent_decode_str(text).decode_utf8().ok()?;
            let document: Value = serde_json::from_str(&decoded).ok()?;
            let scrubbed = self.walk(&document, Position::Any, walk);
            return Some(utf8_percent_encode(&scrubbed.to_string(), ENCODED).to_string());
        }
        if !trimmed.starts_with(['{', '[', '"']) {
            return None;
        }
        let document: Value = serde_json::from_str(text).ok()?;
        let scrubbed = self.walk(&document, Position::Any, walk);
        Some(if scrubbed == document { text.to_owned() } else { scrubbed.to_string() })
    }
}

/// Where a walk is.
struct Walk {
    path: String,
    ancestors: Vec<String>,
}

impl Walk {
    fn within<T>(&mut self, step: &str, key: Option<&str>, work: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        self.path.push_str(if self.path.is_empty() { step.trim_start_matches('.') } else { step });
        self.ancestors.extend(key.map(ToOwned::to_owned));
        let done = work(self);
        self.path.truncate(length);
        if key.is_some() {
            self.ancestors.pop();
        }
        done
    }
}

fn root(items: usize, at: usize) -> String {
    if items == 1 { "item".to_owned() } else { format!("items[{at}]") }
}

/// An id that is not a word: it has a digit and no space, and is neither an availability zone's nor a version.
fn is_opaque(text: &str) -> bool {
    let letters = text.chars().all(|c| c.is_ascii_alphanumeric() || "-_/+=.".contains(c));
    let has_digit = text.chars().any(|c| c.is_ascii_digit());
    let is_zone = text.rsplit_once("-az").is_some_and(|(_, number)| number.parse::<u8>().is_ok());
    letters && has_digit && !is_zone && text.len() >= 10
}

fn is_small_number(text: &str) -> bool {
    text.len() <= 4 && !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}
