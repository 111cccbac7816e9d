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

/// `object.get`; none where it is an error, or not known here.
pub(super) fn get<'v>(of: &'v Value, path: &Value, default: &'v Value) -> Option<&'v Value> {
    let Value::Object(fields) = of else { return None };
    if matches!(path, Value::Undefined) || matches!(default, Value::Undefined) {
        return None;
    }
    match path {
        Value::Array(path) => {
            let mut value = of;
            for step in path.iter() {
                value = &value[step];
                if matches!(value, Value::Undefined) {
                    return Some(default);
                }
            }
            Some(value)
        }
        key => Some(fields.get(key).unwrap_or(default)),
    }
}

/// `count`, `is_string` and the like; none where it is an error.
pub(super) fn test(test: Test, value: &Value) -> Option<Value> {
    let is = match test {
        _ if matches!(value, Value::Undefined) => return Some(Value::Undefined),
        Test::Count => {
            return Some(Value::from(match value {
                Value::Array(list) => list.len(),
                Value::Set(set) => set.len(),
                Value::Object(fields) => fields.len(),
                Value::String(text) => text.encode_utf16().count(),
                _ => return None,
            }));
        }
        Test::IsNull => matches!(value, Value::Null),
        Test::IsString => matches!(value, Value::String(_)),
        Test::IsNumber => matches!(value, Value::Number(_)),
        Test::IsBoolean => matches!(value, Value::Bool(_)),
        Test::IsArray => matches!(value, Value::Array(_)),
        Test::IsObject => matches!(value, Value::Object(_)),
        Test::IsSet => matches!(value, Value::Set(_)),
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
    /// Of this input; none for what is no JSON. The text is kept, so that no other has its address.
    documents: Vec<(Arc<str>, Option<Value>)>,
    next: usize,
    patterns: HashMap<Arc<str>, Option<Regex>, RandomState>,
}

impl Texts {
    pub fn forget_documents(&mut self) {
        self.documents.clear();
        self.next = 0;
    }

    /// The value of a text of JSON.
    pub fn document(&mut self, text: &Arc<str>) -> Option<&Value> {
        let known = self.documents.iter().position(|(known, _)| Arc::ptr_eq(known, text));
        let place = known.unwrap_or_else(|| {
            let made = (Arc::clone(text), Value::from_json_str(text).ok());
            let place = self.next;
            self.next = (self.next + 1) % DOCUMENTS;
            match self.documents.get_mut(place) {
                Some(document) => *document = made,
                None => self.documents.push(made),
            }
            place
        });
        self.documents.get(place)?.1.as_ref()
    }

    /// A compiled pattern.
    pub fn pattern(&mut self, pattern: &Arc<str>) -> Option<&Regex> {
        if !self.patterns.contains_key(pattern) {
            if self.patterns.len() >= PATTERNS {
                self.patterns.clear();
            }
            let made = RegexBuilder::new(pattern).size_limit(PATTERN_LIMIT).build().ok();
            self.patterns.insert(Arc::clone(pattern), made);
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
                assert_eq!(texts.document(text).unwrap()[0], Value::from(number));
                assert_eq!(texts.document(text).unwrap()[0], Value::from(number));
            }
        }
        assert!(texts.documents.len() <= DOCUMENTS);
        assert_eq!(texts.document(&"[1".into()), None);
    }

    #[test]
    fn many_patterns_are_each_themselves_and_few_are_kept() {
        let mut texts = Texts::default();
        for number in 0..1000 {
            let pattern: Arc<str> = format!("^{number}$").into();
            assert!(texts.pattern(&pattern).unwrap().is_match(&number.to_string()));
            assert!(!texts.pattern(&pattern).unwrap().is_match("x"));
        }
        assert!(texts.patterns.len() <= PATTERNS);
        assert!(texts.pattern(&"(".into()).is_none());
    }
}
