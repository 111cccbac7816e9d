//! What a text is, by the field that it stands in: a name, a tag's value, a description, or anything.
//!
//! AWS's types spell the same thing in many ways (`tableName`, `DBInstanceIdentifier`, `bucket`), so it goes by the ends of
//! the fields' names. What is not known by its field is still searched for all that is known by its form.

use serde_json::{Map, Value};

/// What the text of a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// AWS's own word: stays as it is.
    Fixed,
    /// A name, or a path of names.
    Name,
    /// An opaque id, where it has a digit.
    Id,
    /// The value of a tag.
    TagValue,
    /// The value of an environment variable.
    Variable,
    /// A description.
    Text,
    /// A checksum.
    Digest,
    /// A version, which looks like an address.
    Version,
    /// The value of a parameter, which may name what is in an item.
    Parameter,
    /// Anything.
    Any,
}

/// Fields that end like names and are AWS's words.
const FIXED: [&str; 22] = [
    "resourcetype",
    "awsregion",
    "regionname",
    "region",
    "availabilityzone",
    "configurationitemstatus",
    "attributename",
    "policytypename",
    "enginename",
    "servicename",
    "eventname",
    "metricname",
    "parametername",
    "typename",
    "platformname",
    "runtime",
    "handler",
    "relationshipname",
    "signaturename",
    "rulesetname",
    "managedrulename",
    "service",
];
/// Fields that hold names and do not end like them.
const NAMES: [&str; 15] = [
    "bucket",
    "alias",
    "sid",
    "databaseuser",
    "owneralias",
    "role",
    "user",
    "group",
    "grouplist",
    "groupnames",
    "policynames",
    "targetoriginid",
    "resourceid",
    "targetbackupvault",
    "id",
];
const TEXTS: [&str; 5] = ["description", "comment", "comments", "note", "displayname"];
/// Fields beside a field of a pair that hold its value.
const VALUES: [&str; 6] = ["value", "Value", "attributeValue", "attributeValues", "parameterValue", "status"];

/// What stands at `key` of `parent`; `ancestors` are the keys above it, the nearest last.
pub fn of(ancestors: &[String], key: &str, parent: &Map<String, Value>) -> Position {
    let lower = key.to_ascii_lowercase();
    let above: Vec<String> = ancestors.iter().map(|key| key.to_ascii_lowercase()).collect();
    let nearest = above.last().map(String::as_str).unwrap_or_default();
    let is_tags = |key: &str| matches!(key, "tags" | "tagset" | "taglist" | "tag");
    if is_tags(nearest) {
        let is_pair = parent.len() <= 3
            && ["key", "Key", "tagKey", "TagKey"].iter().any(|key| parent.contains_key(*key));
        return match (is_pair, lower.as_str()) {
            (true, "value" | "tagvalue") | (false, _) => Position::TagValue,
            (true, _) => Position::Any,
        };
    }
    let in_environment =
        above.iter().any(|key| matches!(key.as_str(), "environment" | "environmentvariables"));
    if in_environment && (lower == "value" || nearest == "variables" || nearest == "environmentvariables") {
        return Position::Variable;
    }
    if FIXED.contains(&lower.as_str()) || (lower == "name" && is_word(nearest, parent)) {
        return Position::Fixed;
    }
    if TEXTS.contains(&lower.as_str()) || lower.ends_with("description") {
        return Position::Text;
    }
    // Whom an identity provider speaks of: `repo:owner/name:ref:…`.
    if lower.ends_with(":sub") {
        return Position::Name;
    }
    if lower.ends_with("version") {
        return Position::Version;
    }
    if ["sha256", "sha1", "md5", "digest", "etag", "fingerprint", "checksum", "md5hash"]
        .iter()
        .any(|end| lower.ends_with(end))
    {
        return Position::Digest;
    }
    if ["name", "names", "identifier", "identifiers", "group", "externalid"]
        .iter()
        .any(|end| lower.ends_with(end))
        || NAMES.contains(&lower.as_str())
    {
        return Position::Name;
    }
    if lower.ends_with("id") || lower.ends_with("ids") { Position::Id } else { Position::Any }
}

/// A `name` that is AWS's: of a relationship, of a setting beside its value, `S3_DATA_EVENTS`.
fn is_word(nearest: &str, parent: &Map<String, Value>) -> bool {
    let name =
        parent.iter().find(|(key, _)| key.eq_ignore_ascii_case("name")).and_then(|(_, value)| value.as_str());
    let is_constant = name.is_some_and(|name| {
        name.contains('_') && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    });
    nearest == "relationships"
        || is_constant
        || VALUES.iter().any(|value| parent.contains_key(*value)) && parent.len() <= 3
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(ancestors: &[&str], key: &str, parent: &Value) -> Position {
        let ancestors: Vec<String> = ancestors.iter().map(|key| (*key).to_owned()).collect();
        of(&ancestors, key, parent.as_object().unwrap_or(&Map::new()))
    }

    #[test]
    fn what_a_field_holds() {
        let none = json!({});
        assert_eq!(at(&["configuration"], "tableName", &none), Position::Name);
        assert_eq!(at(&["configuration"], "DBInstanceIdentifier", &none), Position::Name);
        assert_eq!(at(&["configuration"], "regionName", &none), Position::Fixed);
        assert_eq!(at(&["relationships"], "name", &none), Position::Fixed);
        assert_eq!(at(&["tags"], "Owner", &json!({"Owner": "x"})), Position::TagValue);
        assert_eq!(at(&["Tags"], "key", &json!({"key": "Owner", "value": "x"})), Position::Any);
        assert_eq!(at(&["Tags"], "value", &json!({"key": "Owner", "value": "x"})), Position::TagValue);
        assert_eq!(at(&["environment", "variables"], "TABLE", &none), Position::Variable);
        assert_eq!(
            at(&["settings"], "name", &json!({"name": "containerInsights", "value": "on"})),
            Position::Fixed
        );
        assert_eq!(at(&["configuration"], "engineVersion", &none), Position::Version);
    }
}
