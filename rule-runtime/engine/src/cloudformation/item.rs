//! A resource of a template to the configuration item that AWS Config would record of it, as far as that is known.
//!
//! In: a [`TypeMapping`], the resource's properties and the other resources of the template. Out: a [`Field`] in the shape of
//! an item, in which what the mapping does not say is unknown.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::field::{Field, Origin, Unknown};
use super::intrinsic::{Scope, text_of};
use super::mapping::{Attribute, FieldRule, Kind, Related, TypeMapping};

/// Why a field of an item is unknown that no rule of a mapping names.
const AT_CREATION: &str = "it is given at creation";
const NOT_MAPPED: &str = "the mapping of the resource type does not say it";

/// Another resource of the template.
pub struct Neighbour {
    /// Its type.
    pub resource_type: String,
    /// Whether it is certain that it is deployed.
    pub certain: bool,
    /// Its properties.
    pub properties: Field,
}

/// A resource, and what is around it.
pub struct Subject<'a> {
    /// How its type is mapped.
    pub mapping: &'a TypeMapping,
    /// Its logical id; absent where it does not come with its template.
    pub logical_id: Option<&'a str>,
    /// Its properties.
    pub properties: &'a Field,
    /// The other resources; absent where it does not come with its template.
    pub neighbours: Option<&'a [Neighbour]>,
}

/// The item of `subject`.
pub fn item(subject: &Subject<'_>, scope: &Scope<'_>) -> Field {
    let Subject { mapping, properties, .. } = subject;
    let mut item = Field::Map(BTreeMap::new(), Some(AT_CREATION.to_owned()));
    let mut put = |path: &str, field: Field| item.put(path, field, Some(NOT_MAPPED));
    put("configurationItemVersion", Field::text("1.3"));
    put("configurationItemStatus", Field::text("OK"));
    put("resourceType", Field::text(&mapping.resource_type));
    put("awsAccountId", scope.reference("AWS::AccountId"));
    put("awsRegion", if mapping.global { Field::text("global") } else { scope.reference("AWS::Region") });
    let name = physical_name(mapping, properties);
    put("resourceName", name.clone());
    if mapping.id_is_name {
        put("resourceId", name);
    }
    put("ARN", arn(mapping, properties, scope));
    if let Some(property) = &mapping.tags {
        put("tags", tags(&properties.at(property), &scope.deployment.stack_tags));
    }
    // Both are objects in every item, whatever is known of them.
    for part in ["configuration", "supplementaryConfiguration"] {
        put(part, Field::Map(BTreeMap::new(), Some(NOT_MAPPED.to_owned())));
    }
    for path in &mapping.absent {
        put(path, Field::Absent);
    }
    for rule in &mapping.fields {
        put(&rule.to, field(rule, properties, subject));
    }
    item
}

/// The value of an attribute of a resource; none where it is given at creation.
pub fn attribute(mapping: &TypeMapping, name: &str, properties: &Field, scope: &Scope<'_>) -> Option<Field> {
    let field = match mapping.attributes.get(name)? {
        Attribute::Name => physical_name(mapping, properties),
        Attribute::Arn => arn(mapping, properties, scope),
    };
    matches!(field, Field::Known(_)).then_some(field)
}

fn physical_name(mapping: &TypeMapping, properties: &Field) -> Field {
    let Some(property) = &mapping.name else { return Field::unknown(AT_CREATION) };
    match properties.at(property) {
        Field::Absent => Field::unknown(format!("the name is given at creation; {property} would say it")),
        name => text(&name),
    }
}

fn arn(mapping: &TypeMapping, properties: &Field, scope: &Scope<'_>) -> Field {
    let Some(arn) = &mapping.arn else { return Field::unknown(AT_CREATION) };
    let name = physical_name(mapping, properties);
    scope.substitute(arn, &BTreeMap::from([("name".to_owned(), name)]))
}

/// Tags as a map, from a list of `Key` and `Value` or a map; the resource's own go before those of the stack.
fn tags(given: &Field, of_stack: &BTreeMap<String, String>) -> Field {
    let mut tags: BTreeMap<String, Field> =
        of_stack.iter().map(|(name, value)| (name.clone(), Field::text(value))).collect();
    match given {
        Field::Absent => {}
        Field::Map(map, None) => tags.extend(map.iter().map(|(name, value)| (name.clone(), text(value)))),
        Field::List(list) => {
            for tag in list {
                let Ok(name) = text_of(&tag.at("Key")) else {
                    return Field::unknown("the name of a tag is not known");
                };
                tags.insert(name, text(&tag.at("Value")));
            }
        }
        Field::Unknown(unknown) => return Field::unknown(unknown.why.clone()),
        _ => return Field::unknown("the tags are neither a list nor an object"),
    }
    Field::Map(tags, None)
}

/// What `rule` makes of `source`: the properties of a resource, or an element of a list.
fn field(rule: &FieldRule, source: &Field, subject: &Subject<'_>) -> Field {
    if let Some(condition) = &rule.only_if {
        match source.at(&condition.property) {
            Field::Absent => return Field::Absent,
            _ if condition.values.iter().any(|value| value == "?") => {}
            given => match text_of(&given) {
                Ok(text) if condition.values.iter().any(|value| value.eq_ignore_ascii_case(&text)) => {}
                Ok(_) => return Field::Absent,
                Err(unknown) => return open(rule, unknown.why),
            },
        }
    }
    if let Some(value) = &rule.value {
        return Field::of(value);
    }
    let Some(from) = &rule.from else { return open(rule, NOT_MAPPED) };
    let related = match related(&rule.related, subject) {
        Ok(related) => related,
        Err(why) => return open(rule, why),
    };
    if let Some(rule_of) = rule.related.iter().find(|related| !related.append) {
        return match &related[..] {
            [one] => convert(rule, one.at(from)),
            [] => open(rule, format!("the template has no {} of it, and another may", rule_of.resource_type)),
            _ => open(rule, format!("the template has more than one {} of it", rule_of.resource_type)),
        };
    }
    let given = if from == "." { source.clone() } else { source.at(from) };
    let field = match given {
        Field::Absent if related.is_empty() => return missing(rule, source),
        Field::Absent => Field::List(related),
        Field::List(mut list) => {
            list.extend(related);
            Field::List(list)
        }
        other => other,
    };
    if !rule.element.is_empty() {
        return Field::List(vec![object(&rule.element, rule.complete, source, subject)]);
    }
    if !rule.fields.is_empty() {
        return match field {
            Field::Map(..) => object(&rule.fields, rule.complete, &field, subject),
            Field::Unknown(unknown) => open(rule, unknown.why),
            _ => open(rule, "is no object"),
        };
    }
    if rule.each.is_empty() {
        return convert(rule, field);
    }
    match field {
        Field::List(list) => {
            let elements = list.iter().map(|element| object(&rule.each, rule.complete, element, subject));
            Field::List(merged(elements, &rule.merge))
        }
        Field::Unknown(unknown) => open(rule, unknown.why),
        _ => open(rule, "is no list"),
    }
}

/// The elements, with those joined that have the same in all of `keys`.
fn merged(elements: impl Iterator<Item = Field>, keys: &[String]) -> Vec<Field> {
    let mut list: Vec<Field> = Vec::new();
    for element in elements {
        let same = |other: &&mut Field| {
            let is_same = |key: &String| {
                let value = element.at(key);
                !matches!(value, Field::Unknown(_)) && value == other.at(key)
            };
            !keys.is_empty() && keys.iter().all(is_same)
        };
        match (list.iter_mut().find(same), element) {
            (Some(Field::Map(into, _)), Field::Map(from, _)) => {
                for (name, field) in from {
                    match (into.get_mut(&name), field) {
                        (Some(Field::List(into)), Field::List(from)) => into.extend(from),
                        (Some(known), field) if *known != field => {
                            *known = Field::unknown("one of several rules of the same ports is not known");
                        }
                        (Some(_), _) => {}
                        (None, field) => {
                            into.insert(name, field);
                        }
                    }
                }
            }
            (_, element) => list.push(element),
        }
    }
    list
}

fn object(rules: &[FieldRule], complete: bool, source: &Field, subject: &Subject<'_>) -> Field {
    if let Field::Unknown(unknown) = source
        && !rules.iter().any(|rule| rule.from.as_deref() == Some("."))
    {
        return Field::unknown(unknown.why.clone());
    }
    let rest = (!complete).then_some(NOT_MAPPED);
    let mut object = Field::Map(BTreeMap::new(), rest.map(ToOwned::to_owned));
    for rule in rules {
        object.put(&rule.to, field(rule, source, subject), rest);
    }
    object
}

/// What an absent property means.
fn missing(rule: &FieldRule, source: &Field) -> Field {
    if let Some(other) = rule.unless.iter().find(|property| source.at(property) != Field::Absent) {
        return open(
            rule,
            format!("{} is absent, and {other} is there", rule.from.as_deref().unwrap_or_default()),
        );
    }
    match &rule.default {
        Some(value) => Field::of(value),
        None if rule.absent => Field::Absent,
        None => open(
            rule,
            format!(
                "{} is absent, and what that means is not known",
                rule.from.as_deref().unwrap_or_default()
            ),
        ),
    }
}

/// An unknown value of a rule, with the values that it may have.
fn open(rule: &FieldRule, why: impl Into<String>) -> Field {
    let mut domain = rule.domain.clone();
    if domain.is_empty() && rule.kind == Kind::Boolean && rule.from.is_some() {
        domain = if rule.values.is_empty() {
            vec![true.into(), false.into()]
        } else {
            rule.values.values().cloned().collect()
        };
    }
    Field::Unknown(Unknown { why: why.into(), origin: Origin::Other, domain })
}

/// `given` as the value of a field.
fn convert(rule: &FieldRule, given: Field) -> Field {
    let scalar = match rule.kind {
        Kind::Any => retyped(rule, given),
        Kind::Document => texts(given),
        Kind::Json => match texts(given).whole() {
            Ok(Some(value)) => Field::text(value.to_string()),
            Ok(None) => Field::unknown("is absent"),
            Err(unknown) => Field::Unknown(unknown),
        },
        kind => match given {
            Field::Unknown(unknown) => {
                let known =
                    unknown.domain.iter().map(|value| value_of(kind, value)).collect::<Option<Vec<_>>>();
                let domain = known.unwrap_or_default();
                if domain.is_empty() {
                    return open(rule, unknown.why);
                }
                return Field::Unknown(Unknown {
                    domain: domain.iter().map(|value| renamed(rule, value)).collect(),
                    ..unknown
                });
            }
            Field::Known(value) => match value_of(kind, &value) {
                Some(value) => Field::Known(renamed(rule, &value)),
                None => return open(rule, format!("{value} is not what is expected")),
            },
            _ => return open(rule, "is no scalar"),
        },
    };
    if rule.wrap { Field::List(vec![scalar]) } else { scalar }
}

fn renamed(rule: &FieldRule, value: &Value) -> Value {
    let name = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    rule.values.get(&name).cloned().unwrap_or_else(|| value.clone())
}

/// A value of a template, where a boolean and a number may be texts, as what it is.
fn value_of(kind: Kind, value: &Value) -> Option<Value> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        _ => return None,
    };
    Some(match kind {
        Kind::Boolean => text.trim().to_ascii_lowercase().parse::<bool>().ok()?.into(),
        Kind::Integer => text.trim().parse::<i64>().ok()?.into(),
        Kind::Lower => text.to_lowercase().into(),
        Kind::Last => text.rsplit('/').next().unwrap_or_default().into(),
        _ => json!(text),
    })
}

fn text(field: &Field) -> Field {
    match text_of(field) {
        Ok(text) => Field::text(text),
        Err(unknown) => Field::Unknown(unknown),
    }
}

/// What the template has, with the fields that are integers as such. The service may add fields to its objects, unless the
/// rule says otherwise.
fn retyped(rule: &FieldRule, field: Field) -> Field {
    match field {
        Field::List(list) => Field::List(list.into_iter().map(|field| retyped(rule, field)).collect()),
        Field::Map(map, _) => {
            let fields = map.into_iter().map(|(name, field)| {
                let field = match field {
                    Field::Known(value) if rule.integers.contains(&name) => value_of(Kind::Integer, &value)
                        .map_or_else(|| Field::unknown(format!("{value} is no integer")), Field::Known),
                    field => retyped(rule, field),
                };
                (name, field)
            });
            Field::Map(fields.collect(), (!rule.complete).then(|| NOT_MAPPED.to_owned()))
        }
        other => other,
    }
}

/// All numbers and booleans in it as texts, as policy documents may have either.
fn texts(field: Field) -> Field {
    match field {
        Field::Known(value @ (Value::Bool(_) | Value::Number(_))) => Field::text(value.to_string()),
        Field::List(list) => Field::List(list.into_iter().map(texts).collect()),
        Field::Map(map, rest) => {
            Field::Map(map.into_iter().map(|(name, field)| (name, texts(field))).collect(), rest)
        }
        other => other,
    }
}

/// The properties of the resources that belong to the subject.
fn related(rules: &[Related], subject: &Subject<'_>) -> Result<Vec<Field>, String> {
    let Some(neighbours) = subject.neighbours else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for rule in rules {
        for neighbour in neighbours.iter().filter(|one| one.resource_type == rule.resource_type) {
            let by = neighbour.properties.at(&rule.by);
            let names = if let Field::List(list) = &by { list.as_slice() } else { std::slice::from_ref(&by) };
            let belongs: Vec<_> = names.iter().map(|name| belongs(name, subject)).collect();
            if belongs.contains(&Some(true)) {
                if !neighbour.certain {
                    return Err(format!("whether a {} of it is deployed is not known", rule.resource_type));
                }
                found.push(neighbour.properties.clone());
            } else if belongs.contains(&None) {
                return Err(format!("whether a {} belongs to it is not known", rule.resource_type));
            }
        }
    }
    Ok(found)
}

/// Whether `name` is that of the subject; none where that is not known.
fn belongs(name: &Field, subject: &Subject<'_>) -> Option<bool> {
    match name {
        Field::Unknown(Unknown { origin: Origin::Resource(resource), .. }) => {
            Some(subject.logical_id == Some(resource.as_str()))
        }
        Field::Unknown(Unknown { origin: Origin::Import, .. }) => Some(false),
        Field::Known(name) => {
            let property = subject.mapping.name.as_ref()?;
            match subject.properties.at(property) {
                Field::Known(own) => Some(own == *name),
                // A name that is given at creation is written nowhere.
                Field::Absent => Some(false),
                _ => None,
            }
        }
        _ => None,
    }
}
