//! One item in any spelling to the spelling of the rule event.
//!
//! The spellings differ in names (`accountId`, `arn`, `version`), in how times and ids are written, and in
//! whether `configuration` and the values of `supplementaryConfiguration` are JSON or JSON in a string.

use serde_json::{Map, Value};

use super::{ConfigurationItem, ItemStatus, time};
use crate::diagnostic::Diagnostic;
use crate::verdict::ResourceKey;

/// Names of API answers, `rdk sample-ci` and items of version 1.0, and the event's name for each.
const RENAMED: [(&str, &str); 8] = [
    ("accountId", "awsAccountId"),
    ("arn", "ARN"),
    ("version", "configurationItemVersion"),
    ("snapshotVersion", "configurationItemVersion"),
    ("configurationItemMD5Hash", "configurationStateMd5Hash"),
    ("configurationStateID", "configurationStateId"),
    ("availibilityZone", "availabilityZone"),
    ("configurationItemMd5Hash", "configurationStateMd5Hash"),
];

/// Fields that hold a time.
pub(super) const TIMES: [&str; 3] =
    ["configurationItemCaptureTime", "resourceCreationTime", "configurationItemDeliveryTime"];

/// Whether an item of the rule event has another name for a field.
pub(super) fn is_renamed(name: &str) -> bool {
    RENAMED.iter().any(|(from, _)| *from == name)
}

/// Where an item stands, for its errors.
struct Place<'a> {
    file: &'a str,
    path: &'a str,
}

impl Place<'_> {
    fn error(&self, field: &str, message: impl Into<String>) -> Diagnostic {
        let path = if self.path.is_empty() { field.to_owned() } else { format!("{}.{field}", self.path) };
        Diagnostic::new(self.file, message).field(path)
    }
}

/// See [`ConfigurationItem::from_map`].
pub fn normalise(
    mut item: Map<String, Value>,
    file: &str,
    path: &str,
) -> Result<ConfigurationItem, Diagnostic> {
    let place = Place { file, path };
    rename(&mut item);
    let resource = ResourceKey {
        resource_type: required_text(&item, "resourceType", &place)?,
        resource_id: required_text(&item, "resourceId", &place)?,
    };
    for field in TIMES {
        normalise_time(&mut item, field, &place)?;
    }
    normalise_state_id(&mut item);
    decode_configuration(&mut item, &place)?;
    normalise_tags(&mut item, &place)?;
    normalise_relationships(&mut item, &place)?;
    Ok(ConfigurationItem {
        resource,
        account_id: account_id(&mut item, &place)?,
        region: optional_text(&item, "awsRegion", &place)?,
        arn: optional_text(&item, "ARN", &place)?,
        status: status(&item, &place)?,
        capture_time: item.get("configurationItemCaptureTime").and_then(time::parse),
        document: Value::Object(item),
    })
}

fn rename(item: &mut Map<String, Value>) {
    for (from, to) in RENAMED {
        if let Some(value) = item.remove(from)
            && !item.contains_key(to)
        {
            item.insert(to.to_owned(), value);
        }
    }
}

fn required_text(item: &Map<String, Value>, field: &str, place: &Place) -> Result<String, Diagnostic> {
    match item.get(field) {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(text.clone()),
        Some(Value::String(_)) => Err(place.error(field, "is empty; a configuration item needs it")),
        Some(other) => Err(place.error(field, format!("is {}, expected a string", kind(other)))),
        None => Err(place.error(field, "is missing; every configuration item has it").help(
            "check that the file is an item as AWS Config gives it, or select the column in the query",
        )),
    }
}

fn optional_text(
    item: &Map<String, Value>,
    field: &str,
    place: &Place,
) -> Result<Option<String>, Diagnostic> {
    match item.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(place.error(field, format!("is {}, expected a string", kind(other)))),
    }
}

/// An account id that a tool wrote as a number has lost its leading zeros: they are given back.
fn account_id(item: &mut Map<String, Value>, place: &Place) -> Result<Option<String>, Diagnostic> {
    if let Some(Value::Number(number)) = item.get("awsAccountId") {
        let text = format!("{:0>12}", number.to_string());
        item.insert("awsAccountId".into(), Value::String(text));
    }
    optional_text(item, "awsAccountId", place)
}

fn status(item: &Map<String, Value>, place: &Place) -> Result<ItemStatus, Diagnostic> {
    let Some(text) = optional_text(item, "configurationItemStatus", place)? else {
        return Ok(ItemStatus::Live);
    };
    match text.as_str() {
        "OK" | "Ok" | "ResourceDiscovered" | "Discovered" => Ok(ItemStatus::Live),
        "ResourceDeleted" | "ResourceDeletedNotRecorded" | "Deleted" => Ok(ItemStatus::Deleted),
        "ResourceNotRecorded" => Ok(ItemStatus::NotRecorded),
        other => Err(place.error(
            "configurationItemStatus",
            format!(
                "is \"{other}\", expected OK, ResourceDiscovered, ResourceNotRecorded, ResourceDeleted or \
                 ResourceDeletedNotRecorded"
            ),
        )),
    }
}

fn normalise_time(item: &mut Map<String, Value>, field: &str, place: &Place) -> Result<(), Diagnostic> {
    let Some(value) = item.get_mut(field) else {
        return Ok(());
    };
    if value.is_null() {
        return Ok(());
    }
    let Some(parsed) = time::parse(value) else {
        let message = format!("is {value}, expected ISO 8601 with a time zone or seconds since 1970");
        return Err(place.error(field, message));
    };
    *value = Value::String(time::format(parsed));
    Ok(())
}

/// API answers write the number as text; items of version 1.0 have a UUID, which stays text.
fn normalise_state_id(item: &mut Map<String, Value>) {
    if let Some(value) = item.get_mut("configurationStateId")
        && let Some(number) = value.as_str().and_then(|text| text.parse::<u64>().ok())
    {
        *value = number.into();
    }
}

/// API answers have `configuration` as JSON in a string, and then every value of
/// `supplementaryConfiguration` too; both are decoded one level. Where `configuration` is no string the
/// values are as the event has them, and a string among them (an S3 ACL) is one in the event as well.
fn decode_configuration(item: &mut Map<String, Value>, place: &Place) -> Result<(), Diagnostic> {
    let encoded = matches!(item.get("configuration"), Some(Value::String(_)));
    if encoded && let Some(value) = item.get_mut("configuration") {
        decode_one_level(value);
    }
    match item.entry("supplementaryConfiguration").or_insert(Value::Null) {
        supplementary @ Value::Null => *supplementary = Value::Object(Map::new()),
        Value::Object(values) => {
            if encoded {
                values.values_mut().for_each(decode_one_level);
            }
        }
        other => {
            let message = format!("is {}, expected an object", kind(other));
            return Err(place.error("supplementaryConfiguration", message));
        }
    }
    Ok(())
}

/// Text that is no JSON stays as it is.
fn decode_one_level(value: &mut Value) {
    if let Value::String(text) = value
        && let Ok(decoded) = serde_json::from_str(text)
    {
        *value = decoded;
    }
}

/// `SelectResourceConfig` has tags as a list of `{key, value, tag}`; the event has a map.
fn normalise_tags(item: &mut Map<String, Value>, place: &Place) -> Result<(), Diagnostic> {
    let tags = item.entry("tags").or_insert(Value::Null);
    let normalised = match tags.take() {
        Value::Null => Map::new(),
        Value::Object(map) => map,
        Value::Array(list) => {
            let mut map = Map::new();
            for (index, tag) in list.iter().enumerate() {
                let Some(key) = tag.get("key").and_then(Value::as_str) else {
                    return Err(place.error(&format!("tags[{index}].key"), "is missing; expected a string"));
                };
                map.insert(key.to_owned(), tag.get("value").cloned().unwrap_or(Value::Null));
            }
            map
        }
        other => {
            return Err(place.error("tags", format!("is {}, expected an object or a list", kind(&other))));
        }
    };
    *tags = Value::Object(normalised);
    Ok(())
}

fn normalise_relationships(item: &mut Map<String, Value>, place: &Place) -> Result<(), Diagnostic> {
    match item.entry("relationships").or_insert(Value::Null) {
        relationships @ Value::Null => *relationships = Value::Array(Vec::new()),
        Value::Array(list) => {
            for relationship in list.iter_mut().filter_map(Value::as_object_mut) {
                if let Some(name) = relationship.remove("relationshipName")
                    && !relationship.contains_key("name")
                {
                    relationship.insert("name".into(), name);
                }
            }
        }
        other => {
            return Err(place.error("relationships", format!("is {}, expected a list", kind(other))));
        }
    }
    Ok(())
}

/// What a JSON value is, with its article, for messages.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn read(value: &Value) -> Result<ConfigurationItem, Diagnostic> {
        normalise(value.as_object().unwrap().clone(), "item.json", "")
    }

    #[test]
    fn an_item_of_the_history_api_reads_like_the_event() {
        let item = read(&json!({
            "version": "1.3", "accountId": "123456789012", "arn": "arn:aws:s3:::b",
            "configurationItemCaptureTime": 1_614_641_951.442, "configurationItemStatus": "OK",
            "configurationStateId": "1614641951442", "configurationItemMD5Hash": "",
            "resourceType": "AWS::S3::Bucket", "resourceId": "b", "awsRegion": "ap-northeast-1",
            "relationships": [{"resourceType": "T", "resourceId": "i", "relationshipName": "Is attached to "}],
            "configuration": "{\"name\":\"b\"}",
            "supplementaryConfiguration": {
                "AccessControlList": "\"{\\\"grantList\\\":[]}\"",
                "IsRequesterPaysEnabled": "false"
            },
        }))
        .unwrap();
        let expected = json!({
            "configurationItemVersion": "1.3", "awsAccountId": "123456789012", "ARN": "arn:aws:s3:::b",
            "configurationItemCaptureTime": "2021-03-01T23:39:11.442Z", "configurationItemStatus": "OK",
            "configurationStateId": 1_614_641_951_442_u64, "configurationStateMd5Hash": "",
            "resourceType": "AWS::S3::Bucket", "resourceId": "b", "awsRegion": "ap-northeast-1",
            "relationships": [{"resourceType": "T", "resourceId": "i", "name": "Is attached to "}],
            "configuration": {"name": "b"}, "tags": {},
            "supplementaryConfiguration": {
                "AccessControlList": "{\"grantList\":[]}", "IsRequesterPaysEnabled": false
            },
        });
        assert_eq!(item.document, expected);
    }

    #[test]
    fn a_string_that_the_event_keeps_is_kept() {
        let acl = "{\"grantList\":[]}";
        let item = read(&json!({
            "resourceType": "AWS::S3::Bucket", "resourceId": "b", "configuration": {"name": "b"},
            "supplementaryConfiguration": {"AccessControlList": acl}
        }))
        .unwrap();
        assert_eq!(item.document["supplementaryConfiguration"]["AccessControlList"], acl);
    }

    #[test]
    fn a_deleted_item_has_null_and_not_its_text() {
        let item = read(&json!({
            "resourceType": "T", "resourceId": "i", "configuration": "null",
            "configurationItemStatus": "ResourceDeleted"
        }))
        .unwrap();
        assert_eq!(item.document["configuration"], Value::Null);
        assert_eq!(item.status, ItemStatus::Deleted);
    }

    #[test]
    fn tags_of_an_advanced_query_become_a_map() {
        let item = read(&json!({
            "resourceType": "T", "resourceId": "i",
            "tags": [{"key": "DataClass", "value": "PHI", "tag": "DataClass=PHI"}]
        }))
        .unwrap();
        assert_eq!(item.document["tags"], json!({"DataClass": "PHI"}));
    }

    #[test]
    fn an_item_of_version_1_0_reads_like_the_event() {
        let item = read(&json!({
            "resourceType": "AWS::EC2::Volume", "resourceId": "vol-1", "accountId": 12_345_678_910_u64,
            "configurationStateID": "3e660fdf-4e34-4f32-afeb-0ace5bf3d63a", "availibilityZone": "us-west-2b"
        }))
        .unwrap();
        assert_eq!(item.account_id.as_deref(), Some("012345678910"));
        assert_eq!(item.document["availabilityZone"], "us-west-2b");
        assert_eq!(item.document["configurationStateId"], "3e660fdf-4e34-4f32-afeb-0ace5bf3d63a");
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for (value, field) in [
            (json!({"resourceType": "T"}), "resourceId"),
            (json!({"resourceId": "i"}), "resourceType"),
            (json!({"resourceType": 1, "resourceId": "i"}), "resourceType"),
            (json!({"resourceType": "T", "resourceId": "i", "tags": "x"}), "tags"),
            (json!({"resourceType": "T", "resourceId": "i", "tags": [{"Key": "x"}]}), "tags[0].key"),
            (json!({"resourceType": "T", "resourceId": "i", "relationships": {}}), "relationships"),
            (json!({"resourceType": "T", "resourceId": "i", "awsRegion": 1}), "awsRegion"),
            (
                json!({"resourceType": "T", "resourceId": "i", "configurationItemStatus": "Gone"}),
                "configurationItemStatus",
            ),
            (
                json!({"resourceType": "T", "resourceId": "i", "configurationItemCaptureTime": "now"}),
                "configurationItemCaptureTime",
            ),
        ] {
            assert_eq!(read(&value).unwrap_err().field.as_deref(), Some(field), "{value}");
        }
    }
}
