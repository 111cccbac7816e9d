//! One item that is not read yet beyond what every item has: its type decides whether there is anything to read.
//!
//! In: the text of one item. Out: a [`RawItem`], where the text is spelled as the rule event spells it; whatever is spelled
//! otherwise, or is wrong, goes the long way of [`super::normalise`], which says what is wrong.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::normalise::{TIMES, is_renamed};
use super::tree::{Name, Tree};
use super::{ConfigurationItem, ItemStatus, time};
use crate::policy::mask::Mask;
use crate::verdict::ResourceKey;

/// An item as text, cut into its fields.
#[derive(Debug)]
pub struct RawItem<'a> {
    /// What every item says of itself; its document is null.
    pub head: ConfigurationItem,
    fields: Fields<'a>,
}

impl<'a> RawItem<'a> {
    /// Cuts `json` into fields and reads those that every item has.
    ///
    /// None where the text is not a JSON object in the spelling of the rule event.
    pub fn cut(json: &'a str) -> Option<Self> {
        let fields: Fields<'a> = serde_json::from_str(json).ok()?;
        let head = head(&fields)?;
        Some(Self { head, fields })
    }

    /// The input of a policy, as far as `mask` keeps it.
    ///
    /// # Errors
    /// A field is nested deeper than JSON is read.
    pub fn tree(&self, mask: &Mask) -> serde_json::Result<Tree<'a>> {
        let mut kept = Vec::new();
        for (name, raw) in &self.fields.0 {
            let Some(mask) = mask.field(name) else { continue };
            let value = match Tree::read(raw.get(), mask)? {
                Tree::Null if name == "relationships" => Tree::List(Vec::new()),
                Tree::Null if OBJECTS.contains(&&**name) => Tree::Object(Vec::new()),
                Tree::Text(text) if TIMES.contains(&&**name) => Tree::Text(normal_time(text)),
                Tree::Text(text) if name == "configurationStateId" => {
                    text.parse().map_or(Tree::Text(text), Tree::Unsigned)
                }
                other => other,
            };
            kept.push((name.clone(), value));
        }
        // An item always has these three.
        for (name, empty) in [
            ("supplementaryConfiguration", Tree::Object(Vec::new())),
            ("tags", Tree::Object(Vec::new())),
            ("relationships", Tree::List(Vec::new())),
        ] {
            if mask.field(name).is_some() && !kept.iter().any(|(field, _)| field == name) {
                kept.push((Cow::Borrowed(name), empty));
            }
        }
        Ok(Tree::Object(kept))
    }
}

/// Fields that are objects and may be null.
const OBJECTS: [&str; 2] = ["supplementaryConfiguration", "tags"];

fn parsed_time(text: &str) -> Option<Timestamp> {
    time::parse(&Value::String(text.to_owned()))
}

fn normal_time(text: Cow<'_, str>) -> Cow<'_, str> {
    match parsed_time(&text).map(time::format) {
        Some(normal) if normal != text => Cow::Owned(normal),
        _ => text,
    }
}

/// None where the long way has to be gone.
fn head(fields: &Fields<'_>) -> Option<ConfigurationItem> {
    let mut resource = ResourceKey { resource_type: String::new(), resource_id: String::new() };
    let (mut account_id, mut region, mut arn) = (None, None, None);
    let (mut status, mut capture_time) = (ItemStatus::Live, None);
    for (name, raw) in &fields.0 {
        let json = raw.get();
        match &**name {
            "resourceType" => resource.resource_type = text(json)??.into_owned(),
            "resourceId" => resource.resource_id = text(json)??.into_owned(),
            "awsAccountId" => account_id = text(json)?,
            "awsRegion" => region = text(json)?,
            "ARN" => arn = text(json)?,
            "configurationItemStatus" => {
                status = match text(json)?.as_deref() {
                    None | Some("OK" | "ResourceDiscovered") => ItemStatus::Live,
                    Some("ResourceDeleted" | "ResourceDeletedNotRecorded") => ItemStatus::Deleted,
                    Some("ResourceNotRecorded") => ItemStatus::NotRecorded,
                    Some(_) => return None,
                };
            }
            "configurationItemCaptureTime" => {
                if let Some(text) = text(json)? {
                    capture_time = Some(parsed_time(&text)?);
                }
            }
            "resourceCreationTime" | "configurationItemDeliveryTime" => {
                if let Some(text) = text(json)? {
                    parsed_time(&text)?;
                }
            }
            // As text it holds JSON, and so do the values beside it.
            "configuration" if json.starts_with('"') => return None,
            "supplementaryConfiguration" | "tags" if !json.starts_with(['{', 'n']) => return None,
            "relationships" if !json.starts_with(['[', 'n']) || json.contains("relationshipName") => {
                return None;
            }
            _ if is_renamed(name) || super::shape::WRAPPERS.contains(&&**name) => {
                return None;
            }
            _ => {}
        }
    }
    let is_said = |text: &str| !text.trim().is_empty();
    (is_said(&resource.resource_type) && is_said(&resource.resource_id)).then(|| ConfigurationItem {
        resource,
        account_id: account_id.map(Cow::into_owned),
        region: region.map(Cow::into_owned),
        arn: arn.map(Cow::into_owned),
        status,
        capture_time,
        document: Value::Null,
    })
}

/// A text or null; none where it is something else.
#[expect(clippy::option_option, reason = "neither of the two is an error to tell of here")]
fn text(json: &str) -> Option<Option<Cow<'_, str>>> {
    if json == "null" {
        return Some(None);
    }
    if let Some(inner) = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'))
        && !inner.contains('\\')
    {
        return Some(Some(Cow::Borrowed(inner)));
    }
    serde_json::from_str::<String>(json).ok().map(|text| Some(Cow::Owned(text)))
}

/// The fields of an object, in their order, a name once: of two the last counts.
#[derive(Debug)]
struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a configuration item, an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields: Self::Value = Vec::with_capacity(24);
                while let Some(name) = map.next_key_seed(Name)? {
                    let value = map.next_value()?;
                    match fields.iter_mut().find(|(known, _)| *known == name) {
                        Some(known) => known.1 = value,
                        None => fields.push((name, value)),
                    }
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(Collect).map(Self)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ITEM: &str = r#"{
        "relationships": [{"resourceType": "T", "resourceId": "i", "name": "Is in"}],
        "configuration": {"a": {"b": 1, "c": "\u65e5"}, "d": [1]}, "tags": null,
        "configurationItemVersion": "1.3", "configurationItemCaptureTime": "2026-11-23T01:00:00Z",
        "configurationStateId": "1795395600000", "awsAccountId": "123456789012",
        "configurationItemStatus": "ResourceDiscovered", "resourceType": "A::B::C", "resourceId": "x\"y",
        "resourceName": "n", "ARN": "arn:aws:x", "awsRegion": "ap-northeast-1", "resourceCreationTime": null
    }"#;

    fn long(text: &str) -> ConfigurationItem {
        let map = serde_json::from_str(text).unwrap();
        ConfigurationItem::from_map(map, "f", "").unwrap()
    }

    #[test]
    fn both_ways_come_to_the_same_item() {
        let raw = RawItem::cut(ITEM).unwrap();
        let long = long(ITEM);
        assert_eq!(raw.head, ConfigurationItem { document: Value::Null, ..long.clone() });
        let rego = |tree: &Tree| crate::evaluate::convert::to_rego(tree, &Mask::All).unwrap();
        assert_eq!(rego(&raw.tree(&Mask::All).unwrap()), rego(&Tree::of(&long.document, &Mask::All)));
    }

    #[test]
    fn what_is_spelled_otherwise_or_wrong_goes_the_long_way() {
        for (from, to) in [
            ("\"awsAccountId\"", "\"accountId\""),
            ("{\"a\": {\"b\": 1, \"c\": \"\\u65e5\"}, \"d\": [1]}", "\"{}\""),
            ("\"name\": \"Is in\"", "\"relationshipName\": \"Is in\""),
            ("\"tags\": null", "\"tags\": [{\"key\": \"a\"}]"),
            ("\"ResourceDiscovered\"", "\"Gone\""),
            ("2026-11-23T01:00:00Z", "yesterday"),
            ("\"A::B::C\"", "\" \""),
            ("\"123456789012\"", "1"),
            ("\"resourceId\": \"x", "\"id\": \"x"),
            ("\"d\": [1]", "\"d\": [1 2]"),
        ] {
            let changed = ITEM.replacen(from, to, 1);
            assert_ne!(changed, ITEM, "{from}");
            assert!(RawItem::cut(&changed).is_none(), "{to}");
        }
    }

    #[test]
    fn of_two_fields_with_one_name_the_last_counts() {
        let twice = ITEM.replacen('{', "{\"awsRegion\": \"eu-west-1\", \"configuration\": {\"z\": 1},", 1);
        let raw = RawItem::cut(&twice).unwrap();
        assert_eq!(raw.head.region.as_deref(), Some("ap-northeast-1"));
        assert_eq!(raw.tree(&Mask::All).unwrap().field("configuration").unwrap().field("z"), None);
    }
}
