//! A JSON document of which only what a [`Mask`] keeps is built; the rest is read over.
//!
//! In: JSON, as text or read already. Out: a [`Tree`] that borrows what it can, its bytes as the key of what was said of
//! it, and the value that Rego reads.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::reader::Reader;
use crate::policy::mask::{Mask, are_equal};

/// A document.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree<'a> {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A whole number from 0.
    Unsigned(u64),
    /// A whole number below 0.
    Signed(i64),
    /// Any other number.
    Float(f64),
    /// A text; empty where nothing matters but that it is one.
    Text(Cow<'a, str>),
    /// A list; empty where its elements are not kept.
    List(Vec<Tree<'a>>),
    /// An object: the fields that are kept, in their order. Of two with one name the last counts, as everywhere in JSON.
    Object(Vec<(Cow<'a, str>, Tree<'a>)>),
}

impl<'a> Tree<'a> {
    /// What `mask` keeps of a text.
    pub(super) fn text(text: Cow<'a, str>, mask: &Mask) -> Self {
        Self::Text(if mask.keeps_text() { text } else { Cow::Borrowed("") })
    }

    /// Reads what `mask` keeps of `json`.
    ///
    /// # Errors
    /// `json` is no JSON document.
    pub fn read(json: &'a str, mask: &Mask) -> serde_json::Result<Self> {
        let reader = Reader::new(json);
        match reader.tree(0, mask) {
            Some((tree, at)) if reader.end(at).is_some() => Ok(tree),
            _ => Self::read_by_serde(json, mask),
        }
    }

    /// The same, of whatever JSON there is.
    pub(super) fn read_by_serde(json: &'a str, mask: &Mask) -> serde_json::Result<Self> {
        let mut reader = serde_json::Deserializer::from_str(json);
        let tree = Seed(mask).deserialize(&mut reader)?;
        reader.end()?;
        Ok(tree)
    }

    /// What `mask` keeps of `value`.
    pub fn of(value: &'a Value, mask: &Mask) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(bool) => Self::Bool(*bool),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => Self::Unsigned(number),
                (None, Some(number)) => Self::Signed(number),
                // Every number of serde_json is one of the three.
                (None, None) => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => Self::text(Cow::Borrowed(text), mask),
            Value::Array(list) => Self::List(match mask.element() {
                Some(mask) => list.iter().map(|value| Self::of(value, mask)).collect(),
                None => Vec::new(),
            }),
            Value::Object(fields) => {
                let kept = fields.iter().filter_map(|(name, value)| {
                    Some((Cow::Borrowed(name.as_str()), Self::of(value, mask.field(name)?)))
                });
                Self::Object(kept.collect())
            }
        }
    }

    /// The same, borrowing nothing.
    pub fn into_owned(self) -> Tree<'static> {
        match self {
            Self::Null => Tree::Null,
            Self::Bool(bool) => Tree::Bool(bool),
            Self::Unsigned(number) => Tree::Unsigned(number),
            Self::Signed(number) => Tree::Signed(number),
            Self::Float(number) => Tree::Float(number),
            Self::Text(text) => Tree::Text(Cow::Owned(text.into_owned())),
            Self::List(list) => Tree::List(list.into_iter().map(Tree::into_owned).collect()),
            Self::Object(fields) => {
                let owned = |(name, value): (Cow<'_, str>, Tree<'_>)| {
                    (Cow::Owned(name.into_owned()), value.into_owned())
                };
                Tree::Object(fields.into_iter().map(owned).collect())
            }
        }
    }

    /// The same as a value of `serde_json`.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(bool) => (*bool).into(),
            Self::Unsigned(number) => (*number).into(),
            Self::Signed(number) => (*number).into(),
            Self::Float(number) => (*number).into(),
            Self::Text(text) => text.as_ref().into(),
            Self::List(list) => list.iter().map(Self::to_value).collect(),
            Self::Object(fields) => {
                fields.iter().map(|(name, value)| (name.to_string(), value.to_value())).collect()
            }
        }
    }

    /// The field `name` of an object.
    pub fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(fields) => {
                fields.iter().rev().find(|(field, _)| are_equal(field, name)).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// Appends what `mask` keeps as bytes that are the same for equal parts, and different for different ones.
    pub fn key(&self, mask: &Mask, bytes: &mut Vec<u8>) {
        match self {
            Self::Null => bytes.push(b'n'),
            Self::Bool(bool) => bytes.push(if *bool { b't' } else { b'f' }),
            Self::Unsigned(number) => number_key(b'u', number.to_le_bytes(), bytes),
            Self::Signed(number) => number_key(b'i', number.to_le_bytes(), bytes),
            Self::Float(number) => number_key(b'd', number.to_bits().to_le_bytes(), bytes),
            Self::Text(text) => text_key(if mask.keeps_text() { text } else { "" }, bytes),
            Self::List(list) => {
                bytes.push(b'[');
                if let Some(mask) = mask.element() {
                    list.iter().for_each(|value| value.key(mask, bytes));
                }
                bytes.push(b']');
            }
            Self::Object(fields) => {
                bytes.push(b'{');
                for (name, value) in fields {
                    if let Some(mask) = mask.field(name) {
                        text_key(name, bytes);
                        value.key(mask, bytes);
                    }
                }
                bytes.push(b'}');
            }
        }
    }
}

impl Serialize for Tree<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(bool) => serializer.serialize_bool(*bool),
            Self::Unsigned(number) => serializer.serialize_u64(*number),
            Self::Signed(number) => serializer.serialize_i64(*number),
            Self::Float(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(list) => serializer.collect_seq(list),
            Self::Object(fields) => serializer.collect_map(fields.iter().map(|(name, value)| (name, value))),
        }
    }
}

fn number_key(kind: u8, number: [u8; 8], bytes: &mut Vec<u8>) {
    bytes.push(kind);
    bytes.extend_from_slice(&number);
}

fn text_key(text: &str, bytes: &mut Vec<u8>) {
    number_key(b's', (text.len() as u64).to_le_bytes(), bytes);
    bytes.extend_from_slice(text.as_bytes());
}

/// Builds what the mask keeps.
struct Seed<'m>(&'m Mask);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Tree<'de>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Tree<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Tree<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Tree<'de>, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E: Error>(self, bool: bool) -> Result<Tree<'de>, E> {
        Ok(Tree::Bool(bool))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Tree<'de>, E> {
        Ok(Tree::Unsigned(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Tree<'de>, E> {
        Ok(u64::try_from(number).map_or(Tree::Signed(number), Tree::Unsigned))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Tree<'de>, E> {
        Ok(Tree::Float(number))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Tree<'de>, E> {
        Ok(Tree::text(Cow::Borrowed(text), self.0))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Tree<'de>, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Tree<'de>, E> {
        Ok(Tree::text(Cow::Owned(text), self.0))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Tree<'de>, A::Error> {
        let mut list = Vec::new();
        match self.0.element() {
            Some(mask) => {
                while let Some(value) = elements.next_element_seed(Seed(mask))? {
                    list.push(value);
                }
            }
            None => while elements.next_element::<IgnoredAny>()?.is_some() {},
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some(name) = map.next_key_seed(Name)? {
            match self.0.field(&name) {
                Some(mask) => fields.push((name, map.next_value_seed(Seed(mask))?)),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Tree::Object(fields))
    }
}

/// The name of a field, borrowed where it has no escapes.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::policy::mask::Parts;

    const TEXT: &str = r#"{"a": {"b": [{"c": 1, "d": "x"}, 2, {"c": -1.5}], "e": [1, 2]}, "f": null, "g": {"h": true}, "i\n": 1}"#;

    fn names(fields: &[(&str, Mask)]) -> Mask {
        let names = fields.iter().map(|(name, mask)| ((*name).to_owned(), mask.clone())).collect();
        Mask::Parts(Parts { names, ..Parts::default() })
    }

    fn each(mask: Mask) -> Mask {
        Mask::Parts(Parts { each: Some(Box::new(mask)), ..Parts::default() })
    }

    fn mask() -> Mask {
        let list = each(names(&[("c", Mask::All)]));
        names(&[
            ("a", names(&[("b", list), ("e", Mask::default())])),
            ("g", Mask::default()),
            ("f", Mask::All),
        ])
    }

    #[test]
    fn what_is_kept_is_the_same_of_a_text_and_of_a_value() {
        let value: Value = serde_json::from_str(TEXT).unwrap();
        for mask in [mask(), Mask::All, Mask::default(), each(Mask::All)] {
            assert_eq!(Tree::read(TEXT, &mask).unwrap(), Tree::of(&value, &mask));
        }
        let kept = format!("{:?}", Tree::read(TEXT, &mask()).unwrap());
        assert!(kept.contains("Float(-1.5)") && kept.contains("Unsigned(2)"), "{kept}");
        assert!(!kept.contains("\"d\"") && !kept.contains("\"h\""), "{kept}");
    }

    #[test]
    fn keys_differ_where_what_is_kept_differs_and_nowhere_else() {
        let key = |text: &str| {
            let mut bytes = Vec::new();
            Tree::read(text, &Mask::All).unwrap().key(&mask(), &mut bytes);
            bytes
        };
        assert_eq!(key(TEXT), key(&TEXT.replace("\"x\"", "\"y\"").replace("true", "false")));
        for (from, to) in [("-1.5", "-1.25"), ("null", "0"), ("{\"h\": true}", "[]"), (" 2,", " \"2\",")] {
            assert_ne!(key(TEXT), key(&TEXT.replace(from, to)), "{from}");
        }
    }

    #[test]
    fn what_is_not_kept_is_checked_all_the_same() {
        assert!(Tree::read(&TEXT.replace("\"x\"", "\"x"), &mask()).is_err());
        assert!(Tree::read(&TEXT.replace("[1, 2]", "[1 2]"), &mask()).is_err());
        assert!(Tree::read(&format!("{TEXT} x"), &mask()).is_err());
    }

    #[test]
    fn of_a_text_of_which_nothing_is_kept_only_its_being_one_is() {
        let mask = Mask::Parts(Parts {
            names: [("a".to_owned(), Mask::default())].into_iter().collect(),
            ..Parts::default()
        });
        let key = |tree: &Tree<'_>| {
            let mut bytes = Vec::new();
            tree.key(&mask, &mut bytes);
            bytes
        };
        let whole = |text| Tree::read(text, &Mask::All).unwrap();
        let (one, other, none) = (r#"{"a": "b"}"#, r#"{"a": "c"}"#, r#"{"a": null}"#);
        assert_eq!(key(&whole(one)), key(&whole(other)));
        assert_ne!(key(&whole(one)), key(&whole(none)));
        for text in [one, other, none] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(Tree::of(&value, &mask), Tree::read(text, &mask).unwrap(), "{text}");
        }
    }
}
