//! A value of which parts may not be known before deployment.
//!
//! In: what a template says, or what a mapping makes of it. Out: the value without what is not known, and the first
//! unknown part of it that a policy's [`Mask`] reaches.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::policy::mask::Mask;

/// A value, as far as it is known.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// A text, number, boolean or null.
    Known(Value),
    /// It is certain that there is nothing.
    Absent,
    /// There may be anything.
    Unknown(Unknown),
    /// A list of as many elements.
    List(Vec<Field>),
    /// The fields of an object. The reason is that for which fields that are not named are unknown; without one there
    /// are no others.
    Map(BTreeMap<String, Field>, Option<String>),
}

/// Why something is not known.
#[derive(Debug, Clone, PartialEq)]
pub struct Unknown {
    /// In words: `Fn::ImportValue`.
    pub why: String,
    /// What it stands for.
    pub origin: Origin,
    /// All values that it may have; empty where that is not known.
    pub domain: Vec<Value>,
}

/// What an unknown value stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// An attribute of the resource of the same template with that logical id.
    Resource(String),
    /// Something of another stack.
    Import,
    /// Anything.
    Other,
}

/// An unknown part that matters.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// `configuration.kmsKeyId`.
    pub path: String,
    /// Why it is not known.
    pub why: String,
    /// All values that it may have; empty where that is not known.
    pub domain: Vec<Value>,
}

impl Field {
    /// An unknown value of any origin.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self::Unknown(Unknown { why: why.into(), origin: Origin::Other, domain: Vec::new() })
    }

    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Known(Value::String(text.into()))
    }

    /// `value`, all of it known.
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Array(list) => Self::List(list.iter().map(Self::of).collect()),
            Value::Object(map) => {
                Self::Map(map.iter().map(|(name, value)| (name.clone(), Self::of(value))).collect(), None)
            }
            scalar => Self::Known(scalar.clone()),
        }
    }

    /// What is known of it.
    pub fn value(&self) -> Option<Value> {
        match self {
            Self::Known(value) => Some(value.clone()),
            Self::Absent | Self::Unknown(_) => None,
            Self::List(list) => Some(list.iter().filter_map(Self::value).collect()),
            Self::Map(map, _) => {
                let fields = map.iter().filter_map(|(name, field)| Some((name.clone(), field.value()?)));
                Some(Value::Object(fields.collect::<Map<_, _>>()))
            }
        }
    }

    /// All of it, if there is something.
    ///
    /// # Errors
    /// Why a part of it is not known.
    pub fn whole(&self) -> Result<Option<Value>, Unknown> {
        match self.gaps(&Mask::All).into_iter().next() {
            None => Ok(self.value()),
            Some(gap) => Err(match self {
                Self::Unknown(unknown) => unknown.clone(),
                _ => Unknown { why: gap.why, origin: Origin::Other, domain: Vec::new() },
            }),
        }
    }

    /// The field at `path` with dots between; what lies below something unknown is so too.
    #[must_use]
    pub fn at(&self, path: &str) -> Self {
        let mut field = self;
        for name in path.split('.') {
            match field {
                Self::Map(map, rest) => match (map.get(name), rest) {
                    (Some(inner), _) => field = inner,
                    (None, Some(why)) => return Self::unknown(why.clone()),
                    (None, None) => return Self::Absent,
                },
                Self::Unknown(unknown) => {
                    return Self::Unknown(Unknown { domain: Vec::new(), ..unknown.clone() });
                }
                _ => return Self::Absent,
            }
        }
        field.clone()
    }

    /// Puts `field` at `path`; objects on the way are made, and `rest` is why their other fields are unknown.
    pub fn put(&mut self, path: &str, field: Self, rest: Option<&str>) {
        let (name, below) = path.split_once('.').map_or((path, None), |(name, below)| (name, Some(below)));
        if !matches!(self, Self::Map(..)) {
            *self = Self::Map(BTreeMap::new(), rest.map(ToOwned::to_owned));
        }
        let Self::Map(map, _) = self else { return };
        match below {
            None => {
                map.insert(name.to_owned(), field);
            }
            Some(below) => map.entry(name.to_owned()).or_insert(Self::Absent).put(below, field, rest),
        }
    }

    /// The unknown parts that `mask` reaches.
    pub fn gaps(&self, mask: &Mask) -> Vec<Gap> {
        let mut gaps = Vec::new();
        self.find(mask, "", &mut gaps);
        gaps
    }

    fn find(&self, mask: &Mask, at: &str, gaps: &mut Vec<Gap>) {
        match self {
            Self::Known(_) | Self::Absent => {}
            Self::Unknown(Unknown { why, domain, .. }) => {
                gaps.push(Gap { path: at.to_owned(), why: why.clone(), domain: domain.clone() });
            }
            Self::List(list) => {
                let Some(mask) = mask.element() else { return };
                for (index, element) in list.iter().enumerate() {
                    element.find(mask, &format!("{at}[{index}]"), gaps);
                }
            }
            Self::Map(map, rest) => {
                for (name, field) in map {
                    if let Some(mask) = mask.field(name) {
                        field.find(mask, &below(at, name), gaps);
                    }
                }
                let Some(why) = rest else { return };
                let unnamed = || Gap { path: at.to_owned(), why: why.clone(), domain: Vec::new() };
                match mask {
                    Mask::All => gaps.push(unnamed()),
                    Mask::Parts(parts) => {
                        let names = parts.names.iter().map(|(name, _)| name);
                        let others = names.filter(|name| !map.contains_key(*name));
                        gaps.extend(others.map(|name| Gap { path: below(at, name), ..unnamed() }));
                        if parts.each.is_some() {
                            gaps.push(unnamed());
                        }
                    }
                }
            }
        }
    }

    /// Puts `value` in the place of the unknown part at `path`, which is one of [`Self::gaps`].
    pub fn fill(&mut self, path: &str, value: &Value) {
        if path.is_empty() {
            *self = Self::of(value);
            return;
        }
        match self {
            Self::Map(map, _) => {
                for (name, field) in map {
                    let Some(rest) = path.strip_prefix(name.as_str()) else { continue };
                    let rest = rest.strip_prefix('.').unwrap_or(rest);
                    if path.len() == name.len() || path[name.len()..].starts_with(['.', '[']) {
                        return field.fill(rest, value);
                    }
                }
            }
            Self::List(list) => {
                let Some((index, rest)) = path.strip_prefix('[').and_then(|path| path.split_once(']')) else {
                    return;
                };
                if let Some(field) = index.parse::<usize>().ok().and_then(|index| list.get_mut(index)) {
                    field.fill(rest.strip_prefix('.').unwrap_or(rest), value);
                }
            }
            _ => {}
        }
    }
}

fn below(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::policy::mask::Parts;
    use serde_json::json;

    fn parts(names: &[(&str, Mask)], each: Option<Mask>) -> Mask {
        let names = names.iter().map(|(name, mask)| ((*name).to_owned(), mask.clone())).collect();
        Mask::Parts(Parts { names, each: each.map(Box::new), ..Parts::default() })
    }

    fn paths(field: &Field, mask: &Mask) -> Vec<String> {
        field.gaps(mask).into_iter().map(|gap| gap.path).collect()
    }

    #[test]
    fn a_gap_is_what_a_mask_reaches_and_nothing_else() {
        let mut item = Field::Map(BTreeMap::new(), Some("given at creation".into()));
        item.put("configuration.a", Field::unknown("x"), Some("not mapped"));
        item.put("configuration.b", Field::of(&json!([{"c": 1}])), Some("not mapped"));
        let reads = |mask| paths(&item, &parts(&[("configuration", mask)], None));
        assert_eq!(reads(parts(&[("a", Mask::All)], None)), ["configuration.a"]);
        assert_eq!(reads(parts(&[("a", parts(&[("x", Mask::All)], None))], None)), ["configuration.a"]);
        assert!(reads(parts(&[("b", Mask::All)], None)).is_empty());
        assert!(reads(parts(&[], None)).is_empty(), "whether it is there, and that it is an object");
        assert_eq!(reads(parts(&[("other", Mask::default())], None)), ["configuration.other"]);
        assert_eq!(reads(parts(&[], Some(Mask::default()))), ["configuration.a", "configuration"]);
        assert_eq!(reads(Mask::All), ["configuration.a", "configuration"]);
        assert_eq!(paths(&item, &parts(&[("ARN", Mask::All)], None)), ["ARN"]);
    }

    #[test]
    fn what_is_certain_to_be_absent_is_no_gap() {
        let mut item = Field::Map(BTreeMap::new(), Some("unknown".into()));
        item.put("configuration.a", Field::Absent, None);
        assert!(paths(&item, &parts(&[("configuration", Mask::All)], None)).is_empty());
        assert_eq!(item.value().unwrap(), json!({"configuration": {}}));
    }

    #[test]
    fn a_gap_can_be_filled() {
        let mut item = Field::of(&json!({"a": {"b": [1, 2]}, "ab": 1}));
        item.put("a.c", Field::unknown("x"), None);
        let Field::Map(map, _) = &mut item else { panic!() };
        let Some(Field::Map(inner, _)) = map.get_mut("a") else { panic!() };
        inner.insert("b".into(), Field::List(vec![Field::Known(json!(1)), Field::unknown("y")]));
        let gaps = paths(&item, &Mask::All);
        assert_eq!(gaps, ["a.b[1]", "a.c"]);
        gaps.iter().for_each(|path| item.fill(path, &json!("v")));
        assert_eq!(item.whole().unwrap().unwrap(), json!({"a": {"b": [1, "v"], "c": "v"}, "ab": 1}));
    }
}
