//! The built-in functions that policies call most, without the copies of their arguments, and with what they made of a text
//! before: a document is asked whether it is one, what it is, and decoded, and a pattern is the same for each item.
//!
//! They say what those of regorus say, or nothing, and regorus is asked.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use regex::{Regex, RegexBuilder};
use regorus::Value;

use super::program::{Test, Texts};
use super::seen::{Made, Seen};
use crate::item::tree::Tree;
use crate::policy::mask::Mask;

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
        Seen::List(path) => down(of, path.iter().map(Made::seen)),
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
        (Test::IsNull, of) => matches!(of, Seen::Value(Value::Null)),
        (Test::IsString, of) => of.text().is_some(),
        (Test::IsNumber, Seen::Read(tree)) => {
            matches!(tree, Tree::Unsigned(_) | Tree::Signed(_) | Tree::Float(_))
        }
        (Test::IsNumber, of) => matches!(of, Seen::Value(Value::Number(_))),
        (Test::IsBoolean, Seen::Read(tree)) => matches!(tree, Tree::Bool(_)),
        (Test::IsBoolean, of) => matches!(of, Seen::Value(Value::Bool(_))),
        (Test::IsArray, Seen::Read(tree)) => matches!(tree, Tree::List(_)),
        (Test::IsArray, of) => matches!(of, Seen::Value(Value::Array(_)) | Seen::List(_)),
        (Test::IsObject, of) => of.is_object(),
        (Test::IsSet, of) => matches!(of, Seen::Value(Value::Set(_))),
    };
    Some(Value::Bool(is))
}

/// `startswith`, `split` and the like; none where regorus is to be asked.
pub(super) fn texts(what: Texts, first: Seen<'_, '_>, second: Seen<'_, '_>) -> Option<Value> {
    if first.is_undefined() || second.is_undefined() {
        return Some(Value::Undefined);
    }
    let (first, second) = (first.text()?, second.text()?);
    Some(match what {
        Texts::StartsWith => first.starts_with(second).into(),
        Texts::EndsWith => first.ends_with(second).into(),
        Texts::Contains => first.contains(second).into(),
        Texts::Split if second.is_empty() => {
            first.chars().map(|one| Value::from(one.to_string())).collect::<Vec<_>>().into()
        }
        Texts::Split => first.split(second).map(Value::from).collect::<Vec<_>>().into(),
    })
}

/// `sprintf` of texts: a format with `%v` and `%s` alone, one for each value; none where it is otherwise.
pub(super) fn formatted<'t>(format: &str, values: &[Made<'t>]) -> Option<Made<'t>> {
    if let ("%v" | "%s", [value]) = (format, values) {
        return value.seen().text().map(|_| value.clone());
    }
    let mut parts = format.split('%');
    let mut text = parts.next()?.to_owned();
    let mut values = values.iter();
    for part in parts {
        let rest = part.strip_prefix(['v', 's'])?;
        text.push_str(values.next()?.seen().text()?);
        text.push_str(rest);
    }
    values.next().is_none().then(|| Made::Value(text.into()))
}

/// `lower`; none where it is an error.
pub(super) fn lower<'t>(of: &Made<'t>) -> Option<Made<'t>> {
    let text = of.seen().text()?;
    let is_lower = text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    Some(if is_lower { of.clone() } else { Made::Value(text.to_lowercase().into()) })
}

/// `urlquery.decode`; none where the text is not one plain part of a query.
pub(super) fn url_decoded(text: &str) -> Option<String> {
    let is_mark = |byte: &u8| matches!(byte, b'#' | b'&' | b'=' | ..=b' ' | 0x7f..);
    // All of it is looked at, many bytes at a time.
    if text.as_bytes().iter().fold(false, |is_any, byte| is_any | is_mark(byte)) {
        return None;
    }
    let spaced = if text.contains('+') { Cow::Owned(text.replace('+', " ")) } else { Cow::Borrowed(text) };
    let decoded = urlencoding::decode_binary(spaced.as_bytes()).into_owned();
    Some(
        String::from_utf8(decoded)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
    )
}

/// Texts in which every `%` begins the escape of a byte, as policies ask for them before they decode a text.
pub(super) const ESCAPED: &str = "^([^%]|%[0-9A-Fa-f]{2})*$";

/// Whether [`ESCAPED`] is found in a text: many bytes at a time, since documents have an escape every few bytes.
pub(super) fn is_escaped(text: &str) -> bool {
    let bytes = text.as_bytes();
    let escapes = |window: &[u8; 3]| {
        (window[0] != b'%') | (window[1].is_ascii_hexdigit() & window[2].is_ascii_hexdigit())
    };
    let last = &bytes[bytes.len().saturating_sub(2)..];
    !last.contains(&b'%')
        && bytes.array_windows().fold(true, |are_all, window: &[u8; 3]| are_all & escapes(window))
}

/// Documents that are remembered at once: those of one item, of which some have many.
const DOCUMENTS: usize = 32;

/// Patterns that are remembered.
const PATTERNS: usize = 256;

/// Bytes of a compiled pattern, as regorus allows.
const PATTERN_LIMIT: usize = 100 << 10;

/// What the texts of one input are as JSON, for all policies that judge it.
#[derive(Debug, Default)]
pub struct Documents<'t> {
    documents: [OnceCell<Document<'t>>; DOCUMENTS],
    /// Texts that were made of others, as parts of an input.
    texts: [OnceCell<Tree<'t>>; DOCUMENTS],
}

/// What a text is as JSON.
#[derive(Debug)]
struct Document<'t> {
    /// Where the text is, and how long. Nobody else is there as long as it is kept.
    place: (usize, usize),
    _text: Option<Arc<str>>,
    value: Option<Decoded<'t>>,
}

#[derive(Debug)]
enum Decoded<'t> {
    Tree(Tree<'t>),
    Value(Value),
}

impl<'t> Documents<'t> {
    /// The text, where it stays as long as the input: what is read of it borrows from it then.
    pub(super) fn text(&'t self, text: String) -> Made<'t> {
        let Some(free) = self.texts.iter().find(|cell| cell.get().is_none()) else {
            return Made::Value(text.into());
        };
        Made::Read(free.get_or_init(|| Tree::Text(Cow::Owned(text))))
    }

    /// The value of a text of JSON; none where it is none.
    pub(super) fn decoded(&'t self, text: &Made<'t>) -> Option<Made<'t>> {
        let of = text.seen().text()?;
        let place = (of.as_ptr().addr(), of.len());
        for cell in &self.documents {
            let known = cell.get_or_init(|| {
                let kept =
                    if let Made::Value(Value::String(text)) = text { Some(Arc::clone(text)) } else { None };
                Document { place, _text: kept, value: decode(text) }
            });
            if known.place == place {
                return match known.value.as_ref()? {
                    Decoded::Tree(tree) => Some(Made::Read(tree)),
                    Decoded::Value(value) => Some(Made::Value(value.clone())),
                };
            }
        }
        // More than is remembered.
        Value::from_json_str(of).ok().map(Made::Value)
    }
}

/// A tree where all numbers in it are such that it says the same as regorus.
fn decode<'t>(text: &Made<'t>) -> Option<Decoded<'t>> {
    let tree = match text {
        Made::Read(Tree::Text(text)) => Tree::read(text, &Mask::All),
        text => Tree::read(text.seen().text()?, &Mask::All).map(Tree::into_owned),
    };
    match tree {
        Ok(tree) if !has_float(&tree) => Some(Decoded::Tree(tree)),
        _ => Value::from_json_str(text.seen().text()?).ok().map(Decoded::Value),
    }
}

fn has_float(tree: &Tree<'_>) -> bool {
    match tree {
        Tree::Float(_) => true,
        Tree::List(list) => list.iter().any(has_float),
        Tree::Object(fields) => fields.iter().any(|(_, value)| has_float(value)),
        _ => false,
    }
}

/// Patterns, compiled.
#[derive(Debug, Clone, Default)]
pub(super) struct Patterns(HashMap<Arc<str>, Option<Regex>, RandomState>);

impl Patterns {
    /// A compiled pattern; none where it is none.
    pub fn pattern(&mut self, pattern: &str) -> Option<&Regex> {
        if !self.0.contains_key(pattern) {
            if self.0.len() >= PATTERNS {
                self.0.clear();
            }
            let made = RegexBuilder::new(pattern).size_limit(PATTERN_LIMIT).build().ok();
            self.0.insert(pattern.into(), made);
        }
        self.0.get(pattern)?.as_ref()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn many_documents_are_each_themselves() {
        let given: Vec<Value> = (0..50).map(|number| Value::from(format!("[{number}]"))).collect();
        let documents = Documents::default();
        for _ in 0..2 {
            for (number, text) in given.iter().enumerate() {
                let text = Made::Value(text.clone());
                for _ in 0..2 {
                    let decoded = documents.decoded(&text).unwrap();
                    assert_eq!(decoded.into_value()[0], Value::from(number));
                }
            }
        }
        // Texts that are kept, and those that find no place any more.
        let documents = Documents::default();
        for number in 0..50 {
            let text = documents.text(format!("[{number}]"));
            assert_eq!(matches!(text, Made::Read(_)), number < DOCUMENTS);
            assert_eq!(documents.decoded(&text).unwrap().into_value()[0], Value::from(number));
        }
        assert!(Documents::default().decoded(&Made::Value("[1".into())).is_none());
        assert!(Documents::default().decoded(&Made::Value(Value::Null)).is_none());
    }

    #[test]
    fn numbers_are_what_regorus_reads() {
        for text in [
            "[1.50, 2]",
            "[123456789012345678901234567890]",
            "[-1, 18446744073709551615, 1e3]",
            "{\"a\": 1, \"a\": 2}",
        ] {
            let documents = Documents::default();
            let decoded = documents.decoded(&Made::Value(text.into())).unwrap().into_value();
            assert_eq!(decoded, Value::from_json_str(text).unwrap(), "{text}");
        }
    }

    #[test]
    fn texts_are_formatted_as_regorus_does() {
        let mut engine = regorus::Engine::new();
        let mut made = |format: &str, values: &[&str]| {
            let (format, values) =
                (serde_json::to_string(format).unwrap(), serde_json::to_string(values).unwrap());
            let query = format!("x := sprintf({format}, {values})");
            engine.eval_query(query, false).unwrap().result[0].bindings["x"].clone()
        };
        for (format, values) in [
            ("%v", &["a \"b\"\n\\c"][..]),
            ("%s", &["%v日"]),
            ("", &[]),
            ("no verb", &[]),
            ("日%v%s: %v.", &["", "\u{1}%", "A"]),
        ] {
            let read: Vec<Tree<'_>> = values.iter().map(|text| Tree::Text(Cow::Borrowed(text))).collect();
            let read: Vec<Made<'_>> = read.iter().map(Made::Read).collect();
            let texts: Vec<Made<'_>> = values.iter().map(|text| Made::Value((*text).into())).collect();
            let expected = made(format, values);
            for values in [read, texts] {
                let text = formatted(format, &values).unwrap().into_value();
                assert_eq!(text, expected, "{format}");
            }
        }
        let text = || Made::Value("a".into());
        for (format, values) in [
            ("%v", vec![]),
            ("%v", vec![text(), text()]),
            ("", vec![text()]),
            ("%v %v", vec![text()]),
            ("%v %v", vec![text(), Made::Value(1.into())]),
            ("%v", vec![Made::Value(Value::Null)]),
            ("%d %s", vec![text(), text()]),
            ("%5s %s", vec![text(), text()]),
            ("%%%s", vec![text()]),
            ("%s %", vec![text()]),
        ] {
            assert!(formatted(format, &values).is_none(), "{format}");
        }
    }

    #[test]
    fn what_is_lower_already_stays_what_it_is() {
        for (text, expected) in
            [("a-1:*", "a-1:*"), ("aZ", "az"), ("É", "é"), ("日", "日"), ("İ", "i\u{307}"), ("", "")]
        {
            let tree = Tree::Text(Cow::Borrowed(text));
            assert_eq!(lower(&Made::Read(&tree)).unwrap().into_value(), expected.into());
            assert_eq!(lower(&Made::Value(text.into())).unwrap().into_value(), expected.into());
        }
        let tree = Tree::Text(Cow::Borrowed("a-1"));
        assert!(matches!(lower(&Made::Read(&tree)), Some(Made::Read(_))));
        assert!(lower(&Made::Value(1.into())).is_none());
    }

    #[test]
    fn a_query_is_decoded_as_regorus_does() {
        let mut engine = regorus::Engine::new();
        let mut decoded = |text: &str| {
            let text = serde_json::to_string(text).unwrap();
            engine.eval_query(format!("x := urlquery.decode({text})"), false).unwrap().result[0].bindings["x"]
                .clone()
        };
        for text in [
            "",
            "a",
            "%7B%22a%22%3A%5B%5D%7D",
            "%e6%97%a5+%E6%9C%AC",
            "%",
            "%%41",
            "%4",
            "%zz%41",
            "%FF%41",
            "%26%3D",
            "a'b\"c<d>e`f{g}h|i\\j^k",
            "?a?b/c:d@e",
            "~!*()-_.,;$",
            "%00%0A%23",
            "%2",
            "+%2B",
        ] {
            assert_eq!(url_decoded(text).map(Value::from), Some(decoded(text)), "{text}");
        }
        for text in ["a#b", "a&b", "a=b", "a b", "a\tb", "日"] {
            assert_eq!(url_decoded(text), None, "{text}");
        }
    }

    #[test]
    fn many_patterns_are_each_themselves_and_few_are_kept() {
        let mut patterns = Patterns::default();
        for number in 0..1000 {
            let pattern = format!("^{number}$");
            assert!(patterns.pattern(&pattern).unwrap().is_match(&number.to_string()));
            assert!(!patterns.pattern(&pattern).unwrap().is_match("x"));
        }
        assert!(patterns.0.len() <= PATTERNS);
        assert!(patterns.pattern("(").is_none());
    }
}
