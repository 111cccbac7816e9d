//! The built-in functions that policies call most, without the copies of their arguments, and with what they made of a text
//! before: a document is asked whether it is one, what it is, and decoded, and a pattern is the same for each item.
//!
//! They say what those of regorus say, or nothing, and regorus is asked.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use regex::{Regex, RegexBuilder};
use regorus::Value;

use super::program::Test;
use super::seen::Seen;
use crate::item::tree::Tree;

/// `object.get`; none where it is an error, or not known here.
pub(super) fn get<'s, 't>(
    of: Seen<'s, 't>,
    path: Seen<'_, '_>,
    default: Seen<'s, 't>,
) -> Option<Seen<'s, 't>> {
    if !of.is_object() || path.is_undefined() || default.is_undefined() {
        return None;
    }
    let found = match path {
        Seen::Value(Value::Array(path)) => down(of, path.iter().map(Seen::Value)),
        Seen::Read(Tree::List(path)) => down(of, path.iter().map(Seen::Read)),
        key => of.at(key),
    };
    Some(if found.is_undefined() { default } else { found })
}

fn down<'s, 't, 'k>(of: Seen<'s, 't>, mut path: impl Iterator<Item = Seen<'k, 'k>>) -> Seen<'s, 't> {
    let step = |of: Seen<'s, 't>, key| {
        let found = of.at(key);
        if found.is_undefined() { Err(found) } else { Ok(found) }
    };
    path.try_fold(of, step).unwrap_or_else(|nothing| nothing)
}

/// `count`, `is_string` and the like; none where it is an error.
pub(super) fn test(test: Test, of: Seen<'_, '_>) -> Option<Value> {
    let is = match (test, of) {
        _ if of.is_undefined() => return Some(Value::Undefined),
        (Test::Count, of) => {
            let units = || of.text().map(|text| text.encode_utf16().count());
            return of.length().or_else(units).map(Value::from);
        }
        (Test::IsNull, Seen::Read(tree)) => matches!(tree, Tree::Null),
        (Test::IsNull, Seen::Value(value)) => matches!(value, Value::Null),
        (Test::IsString, of) => of.text().is_some(),
        (Test::IsNumber, Seen::Read(tree)) => {
            matches!(tree, Tree::Unsigned(_) | Tree::Signed(_) | Tree::Float(_))
        }
        (Test::IsNumber, Seen::Value(value)) => matches!(value, Value::Number(_)),
        (Test::IsBoolean, Seen::Read(tree)) => matches!(tree, Tree::Bool(_)),
        (Test::IsBoolean, Seen::Value(value)) => matches!(value, Value::Bool(_)),
        (Test::IsArray, Seen::Read(tree)) => matches!(tree, Tree::List(_)),
        (Test::IsArray, Seen::Value(value)) => matches!(value, Value::Array(_)),
        (Test::IsObject, of) => of.is_object(),
        (Test::IsSet, Seen::Read(_)) => false,
        (Test::IsSet, Seen::Value(value)) => matches!(value, Value::Set(_)),
    };
    Some(Value::Bool(is))
}

/// Documents that are remembered at once: those of one item, of which some have many.
const DOCUMENTS: usize = 16;

/// Patterns that are remembered.
const PATTERNS: usize = 256;

/// Bytes of a compiled pattern, as regorus allows.
const PATTERN_LIMIT: usize = 100 << 10;

/// What was made of texts.
#[derive(Debug, Clone, Default)]
pub(super) struct Texts {
    /// Of this input, by the address of the text; none for what is no JSON.
    documents: Vec<Document>,
    next: usize,
    patterns: HashMap<Arc<str>, Option<Regex>, RandomState>,
}

/// What a text is as JSON.
#[derive(Debug, Clone)]
struct Document {
    /// Where the text is, and how long. Nobody else is there as long as it is kept.
    place: (usize, usize),
    _text: Option<Arc<str>>,
    value: Option<Value>,
}

impl Texts {
    /// To be called before the next input: the texts of the last one are gone.
    pub fn forget_documents(&mut self) {
        self.documents.clear();
        self.next = 0;
    }

    /// The value of a text of JSON, which is `kept` or a part of the input.
    pub fn document(&mut self, text: &str, kept: Option<&Arc<str>>) -> Option<&Value> {
        let place = (text.as_ptr().addr(), text.len());
        let known = self.documents.iter().position(|known| known.place == place);
        let known = known.unwrap_or_else(|| {
            let made = Document { place, _text: kept.cloned(), value: Value::from_json_str(text).ok() };
            let next = self.next;
            self.next = (self.next + 1) % DOCUMENTS;
            match self.documents.get_mut(next) {
                Some(document) => *document = made,
                None => self.documents.push(made),
            }
            next
        });
        self.documents.get(known)?.value.as_ref()
    }

    /// A compiled pattern.
    pub fn pattern(&mut self, pattern: &str) -> Option<&Regex> {
        if !self.patterns.contains_key(pattern) {
            if self.patterns.len() >= PATTERNS {
                self.patterns.clear();
            }
            let made = RegexBuilder::new(pattern).size_limit(PATTERN_LIMIT).build().ok();
            self.patterns.insert(pattern.into(), made);
        }
        self.patterns.get(pattern)?.as_ref()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn many_documents_are_each_themselves() {
        let mut texts = Texts::default();
        let given: Vec<Arc<str>> = (0..50).map(|number| format!("[{number}]").into()).collect();
        for _ in 0..2 {
            for (number, text) in given.iter().enumerate() {
                assert_eq!(texts.document(text, Some(text)).unwrap()[0], Value::from(number));
                assert_eq!(texts.document(text, Some(text)).unwrap()[0], Value::from(number));
            }
        }
        assert!(texts.documents.len() <= DOCUMENTS);
        assert_eq!(texts.document("[1", None), None);
    }

    #[test]
    fn many_patterns_are_each_themselves_and_few_are_kept() {
        let mut texts = Texts::default();
        for number in 0..1000 {
            let pattern = format!("^{number}$");
            assert!(texts.pattern(&pattern).unwrap().is_match(&number.to_string()));
            assert!(!texts.pattern(&pattern).unwrap().is_match("x"));
        }
        assert!(texts.patterns.len() <= PATTERNS);
        assert!(texts.pattern("(").is_none());
    }
}
