//! How the properties of a resource type become the fields of its configuration item: data, one file a type.
//!
//! In: `mappings/*.yaml`, embedded. Out: [`TypeMapping`]s. What a mapping does not say of an item is unknown, so that a type
//! can be mapped field by field.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

/// The files. `mod.rs` tells what is tested of them.
const FILES: [&str; 9] = [
    include_str!("mappings/backup-plan.yaml"),
    include_str!("mappings/cloudtrail-trail.yaml"),
    include_str!("mappings/dynamodb-table.yaml"),
    include_str!("mappings/ec2-security-group.yaml"),
    include_str!("mappings/elbv2-listener.yaml"),
    include_str!("mappings/iam-role.yaml"),
    include_str!("mappings/kms-key.yaml"),
    include_str!("mappings/rds.yaml"),
    include_str!("mappings/s3-bucket.yaml"),
];

/// How a resource type becomes an item.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeMapping {
    /// `AWS::S3::Bucket`.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// Where the mapping was taken from.
    pub source: String,
    /// Whether its items are recorded with the region `global`.
    #[serde(default)]
    pub global: bool,
    /// The property that holds the physical name.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether `resourceId` is that name.
    #[serde(default)]
    pub id_is_name: bool,
    /// Its ARN, with `${name}` and pseudo parameters.
    #[serde(default)]
    pub arn: Option<String>,
    /// What `Ref` and attributes of `Fn::GetAtt` give.
    #[serde(default)]
    pub attributes: BTreeMap<String, Attribute>,
    /// The property that holds the tags.
    #[serde(default)]
    pub tags: Option<String>,
    /// Fields that no item of the type has.
    #[serde(default)]
    pub absent: Vec<String>,
    /// The fields.
    pub fields: Vec<FieldRule>,
}

/// What an attribute is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Attribute {
    /// The physical name.
    Name,
    /// The ARN.
    Arn,
}

/// How one field of the item is made.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FieldRule {
    /// The field, with dots between the names.
    pub to: String,
    /// The property, with dots between the names; `.` is the element itself. Without it, and without `value`, the field is unknown.
    pub from: Option<String>,
    /// What it always is.
    #[serde(deserialize_with = "some")]
    pub value: Option<Value>,
    /// What the service takes where the property is absent; `source` says where that is documented.
    #[serde(deserialize_with = "some")]
    pub default: Option<Value>,
    /// Where the default is documented.
    pub source: Option<String>,
    /// Whether the item lacks the field where the property is absent.
    pub absent: bool,
    /// Properties in whose presence an absent one means neither the default nor absence.
    pub unless: Vec<String>,
    /// The item has the field only if a property has one of some values.
    pub only_if: Option<OnlyIf>,
    /// What kind of value it is.
    #[serde(rename = "as")]
    pub kind: Kind,
    /// Fields, however deep, that are integers, though a template may write them as texts.
    pub integers: Vec<String>,
    /// Values of the property, as text, and those of the field.
    pub values: BTreeMap<String, Value>,
    /// All values that it may have.
    pub domain: Vec<Value>,
    /// The value stands in a list.
    pub wrap: bool,
    /// The value stands in a list, in an object that is made of the same source.
    pub element: Vec<FieldRule>,
    /// Whether the objects that this makes have no other fields than those that the rules, or the template, name.
    pub complete: bool,
    /// How the object is made of the property, which is one.
    pub fields: Vec<FieldRule>,
    /// Elements that have the same in these fields become one, whose lists are joined.
    pub merge: Vec<String>,
    /// How an element of the list is made.
    pub each: Vec<FieldRule>,
    /// Resources that say the rest, or all, of it.
    pub related: Vec<Related>,
}

/// A condition on a property.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnlyIf {
    /// Which.
    pub property: String,
    /// Its values, as text; `?` is any.
    #[serde(rename = "in")]
    pub values: Vec<String>,
}

/// What kind of value a field has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// As the template has it.
    #[default]
    Any,
    /// A boolean, which a template may write as text.
    Boolean,
    /// An integer, which a template may write as text.
    Integer,
    /// A text.
    Text,
    /// A text that the service keeps in lower case.
    Lower,
    /// The last part of a text with slashes.
    Last,
    /// A policy document, whose numbers and booleans are texts.
    Document,
    /// The same, as JSON in a text.
    Json,
}

/// Resources of another type that belong to one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Related {
    /// Their type.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// Their property that names the one that they belong to.
    pub by: String,
    /// Whether each is one more element of the list; else there is at most one, and it is the field's source.
    #[serde(default)]
    pub append: bool,
}

/// `null` is a value here.
fn some<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

static MAPPINGS: LazyLock<BTreeMap<String, TypeMapping>> = LazyLock::new(|| {
    // A test holds that each can be read; one that could not would leave its types unknown.
    let mappings = FILES.iter().filter_map(|text| read(text).ok()).flatten();
    mappings.map(|mapping| (mapping.resource_type.clone(), mapping)).collect()
});

fn read(text: &str) -> Result<Vec<TypeMapping>, serde_saphyr::Error> {
    serde_saphyr::from_str(text)
}

/// The mapping of a type, if it is known.
pub fn of(resource_type: &str) -> Option<&'static TypeMapping> {
    MAPPINGS.get(resource_type)
}

/// All mappings, by type.
pub fn all() -> impl Iterator<Item = &'static TypeMapping> {
    MAPPINGS.values()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn collect<'a>(of: &'a [FieldRule], into: &mut Vec<&'a FieldRule>) {
        for rule in of {
            into.push(rule);
            collect(&rule.fields, into);
            collect(&rule.element, into);
            collect(&rule.each, into);
        }
    }

    #[test]
    fn every_file_can_be_read_and_every_default_says_its_source() {
        for text in FILES {
            for mapping in read(text).unwrap() {
                let name = &mapping.resource_type;
                assert!(!mapping.source.is_empty(), "{name}");
                assert!(of(name).is_some(), "{name}");
                let mut rules = Vec::new();
                collect(&mapping.fields, &mut rules);
                for rule in rules {
                    assert!(!rule.to.is_empty(), "{name}");
                    assert!(
                        rule.default.is_none() || rule.source.is_some(),
                        "{name}: {} has a default without source",
                        rule.to
                    );
                }
            }
        }
    }
}
