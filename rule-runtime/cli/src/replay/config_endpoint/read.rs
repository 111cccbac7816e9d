//! What can be read at AWS Config's stand-in: the history of items, batches, results of a rule.
//!
//! In: the bodies of calls, and items in the spelling of the rule event. Out: the API's own spellings, which differ
//! from it and from each other: JSON in strings, seconds since 1970, ids as text. Source: the API model (botocore
//! `config/2014-11-12`).

use std::collections::BTreeMap;

use sekisho_engine::item::time;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::validate::{self, COMPLIANCE_TYPES, MAX_ID, is_known_type, length, required};
use super::{ConfigError, Rules};

/// Every version of every resource, by type and id, the oldest first.
pub(super) type Items = BTreeMap<(String, String), Vec<Value>>;

/// The longest page, and the most keys of a batch.
const PAGE: usize = 100;
/// The page of a history and of results where none is asked for.
const DEFAULT_PAGE: usize = 10;
/// The longest rule name that its results can be asked by. A rule may have 128 characters.
const RULE_NAME: usize = 64;
/// The most compliance types that a call may name.
const MOST_COMPLIANCE_TYPES: usize = 3;

/// Keeps `item` beside the other versions of its resource.
pub(super) fn record(items: &mut Items, item: &Value) {
    let key = (text(item, "resourceType").to_owned(), text(item, "resourceId").to_owned());
    let versions = items.entry(key).or_default();
    versions.push(item.clone());
    versions.sort_by_key(captured);
}

pub(super) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// Milliseconds since 1970.
fn milliseconds(value: &Value) -> Option<i64> {
    time::parse(value).map(jiff::Timestamp::as_millisecond)
}

fn captured(item: &Value) -> i64 {
    item.get("configurationItemCaptureTime").and_then(milliseconds).unwrap_or(0)
}

/// Whether the resource was there when the item was captured.
pub(super) fn is_there(item: &Value) -> bool {
    !text(item, "configurationItemStatus").contains("Deleted")
}

/// The limit of a call; 0 and none are the default.
pub(super) fn limit(asked: Option<i64>, default: usize) -> Result<usize, ConfigError> {
    match usize::try_from(asked.unwrap_or(0)) {
        Ok(0) => Ok(default),
        Ok(limit) if limit <= PAGE => Ok(limit),
        Ok(_) => Err(ConfigError::validation("limit", "Member must have value less than or equal to 100")),
        Err(_) => Err(ConfigError::validation("limit", "Member must have value greater than or equal to 0")),
    }
}

/// A page of `all` and the token of the next.
pub(super) fn page<T>(
    all: Vec<T>,
    token: Option<&str>,
    limit: usize,
) -> Result<(Vec<T>, Option<String>), ConfigError> {
    let start: usize = match token {
        None => 0,
        Some(token) => {
            token.strip_prefix("from-").and_then(|number| number.parse().ok()).ok_or_else(|| {
                ConfigError::new("InvalidNextTokenException", "The nextToken provided is invalid".into())
            })?
        }
    };
    let end = start.saturating_add(limit);
    let next = (end < all.len()).then(|| format!("from-{end}"));
    Ok((all.into_iter().skip(start).take(limit).collect(), next))
}

/// A resource of a call, checked.
fn resource(
    path: &str,
    resource_type: Option<String>,
    resource_id: Option<String>,
) -> Result<(String, String), ConfigError> {
    let (type_path, id_path) = (format!("{path}resourceType"), format!("{path}resourceId"));
    let resource_type = required(&type_path, resource_type)?;
    if !is_known_type(&resource_type) {
        let constraint = "Member must satisfy enum value set: [the resource types that AWS Config supports]";
        return Err(ConfigError::validation(&type_path, constraint));
    }
    let resource_id = required(&id_path, resource_id)?;
    length(&id_path, &resource_id, MAX_ID)?;
    Ok((resource_type, resource_id))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HistoryRequest {
    resource_type: Option<String>,
    resource_id: Option<String>,
    later_time: Option<f64>,
    earlier_time: Option<f64>,
    chronological_order: Option<String>,
    limit: Option<i64>,
    next_token: Option<String>,
}

pub(super) fn get_resource_config_history(rules: &mut Rules, body: &[u8]) -> Result<Value, ConfigError> {
    let request: HistoryRequest = validate::parse(body)?;
    let key = resource("", request.resource_type, request.resource_id)?;
    let limit = limit(request.limit, DEFAULT_PAGE)?;
    let forward = match request.chronological_order.as_deref() {
        None | Some("Reverse") => false,
        Some("Forward") => true,
        Some(_) => {
            let constraint = "Member must satisfy enum value set: [Reverse, Forward]";
            return Err(ConfigError::validation("chronologicalOrder", constraint));
        }
    };
    let time = |seconds: Option<f64>| milliseconds(&seconds?.into());
    let (later, earlier) = (time(request.later_time), time(request.earlier_time));
    if earlier.zip(later).is_some_and(|(earlier, later)| earlier >= later) {
        let message = "The specified time range is not valid".to_owned();
        return Err(ConfigError::new("InvalidTimeRangeException", message));
    }
    let Some(versions) = rules.items.get(&key) else {
        let message =
            format!("Resource {} of resourceType:{} is unknown or has not been discovered", key.1, key.0);
        return Err(ConfigError::new("ResourceNotDiscoveredException", message));
    };
    // The empty pages have tokens of their own.
    let token = request.next_token.as_deref();
    let empty = token.and_then(|token| token.strip_prefix("empty-")).and_then(|number| number.parse().ok());
    let empty = if token.is_none() { Some(rules.empty_pages) } else { empty };
    let token = match empty {
        Some(0) => None,
        Some(left) => {
            return Ok(json!({"configurationItems": [], "nextToken": format!("empty-{}", left - 1)}));
        }
        None => token,
    };
    let mut found: Vec<&Value> = versions
        .iter()
        .filter(|item| later.is_none_or(|later| captured(item) <= later))
        .filter(|item| earlier.is_none_or(|earlier| captured(item) >= earlier))
        .collect();
    if !forward {
        found.reverse();
    }
    let (found, next) = page(found, token, limit)?;
    let found: Vec<Value> = found.into_iter().map(|item| api_item(item, true)).collect();
    Ok(with_token(json!({"configurationItems": found}), "nextToken", next))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchRequest {
    resource_keys: Option<Vec<Key>>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Key {
    resource_type: Option<String>,
    resource_id: Option<String>,
}

/// Resources that are unknown or deleted are left out of the answer without a word, as the documentation says of
/// the deleted ones.
pub(super) fn batch_get_resource_config(rules: &mut Rules, body: &[u8]) -> Result<Value, ConfigError> {
    let request: BatchRequest = validate::parse(body)?;
    let keys = required("resourceKeys", request.resource_keys)?;
    if keys.is_empty() {
        let constraint = "Member must have length greater than or equal to 1";
        return Err(ConfigError::validation("resourceKeys", constraint));
    }
    if keys.len() > PAGE {
        let constraint = "Member must have length less than or equal to 100";
        return Err(ConfigError::validation("resourceKeys", constraint));
    }
    let keys: Vec<(String, String)> = keys
        .into_iter()
        .enumerate()
        .map(|(index, key)| {
            let path = format!("resourceKeys.{}.member.", index + 1);
            resource(&path, key.resource_type, key.resource_id)
        })
        .collect::<Result<_, _>>()?;
    let (mut found, mut unprocessed) = (Vec::new(), Vec::new());
    for key in keys {
        match rules.unprocessed.get_mut(&key.1) {
            Some(times) if *times > 0 => {
                *times -= 1;
                unprocessed.push(Key { resource_type: Some(key.0), resource_id: Some(key.1) });
            }
            _ => {
                let newest = rules.items.get(&key).and_then(|versions| versions.last());
                found.extend(newest.filter(|item| is_there(item)).map(|item| api_item(item, false)));
            }
        }
    }
    Ok(json!({"baseConfigurationItems": found, "unprocessedResourceKeys": unprocessed}))
}

/// An item as the API gives it; `whole` with what a batch leaves out.
fn api_item(item: &Value, whole: bool) -> Value {
    let mut api = Map::new();
    for (ours, theirs) in [
        ("configurationItemVersion", "version"),
        ("awsAccountId", "accountId"),
        ("configurationItemStatus", "configurationItemStatus"),
        ("ARN", "arn"),
        ("resourceType", "resourceType"),
        ("resourceId", "resourceId"),
        ("resourceName", "resourceName"),
        ("awsRegion", "awsRegion"),
        ("availabilityZone", "availabilityZone"),
    ] {
        if let Some(value) = item.get(ours).filter(|value| !value.is_null()) {
            api.insert(theirs.to_owned(), value.clone());
        }
    }
    for field in ["configurationItemCaptureTime", "resourceCreationTime"] {
        if let Some(time) = item.get(field).and_then(milliseconds) {
            #[allow(clippy::cast_precision_loss)]
            api.insert(field.to_owned(), (time as f64 / 1000.0).into());
        }
    }
    let state = item.get("configurationStateId").map(ToString::to_string).unwrap_or_default();
    api.insert("configurationStateId".into(), state.trim_matches('"').into());
    let configuration = item.get("configuration").unwrap_or(&Value::Null).to_string();
    api.insert("configuration".into(), configuration.into());
    let supplementary = item.get("supplementaryConfiguration").and_then(Value::as_object);
    let encoded = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let supplementary: Map<String, Value> = supplementary
        .into_iter()
        .flatten()
        .filter(|(name, _)| whole || name.as_str() != "Tags")
        .map(|(name, value)| (name.clone(), encoded(value).into()))
        .collect();
    api.insert("supplementaryConfiguration".into(), supplementary.into());
    if whole {
        api.insert("tags".into(), item.get("tags").cloned().unwrap_or_else(|| json!({})));
        let relationships = item.get("relationships").and_then(Value::as_array).cloned().unwrap_or_default();
        let relationships: Vec<Value> = relationships
            .into_iter()
            .map(|mut relationship| {
                if let Some(name) = relationship.as_object_mut().and_then(|map| map.remove("name")) {
                    relationship["relationshipName"] = name;
                }
                relationship
            })
            .collect();
        api.insert("relationships".into(), relationships.into());
        api.insert("relatedEvents".into(), json!([]));
    }
    Value::Object(api)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DetailsRequest {
    config_rule_name: Option<String>,
    compliance_types: Option<Vec<String>>,
    limit: Option<i64>,
    next_token: Option<String>,
}

pub(super) fn get_compliance_details(rules: &Rules, body: &[u8]) -> Result<Value, ConfigError> {
    let request: DetailsRequest = validate::parse(body)?;
    let name = required("configRuleName", request.config_rule_name)?;
    length("configRuleName", &name, RULE_NAME)?;
    let wanted = request.compliance_types.unwrap_or_default();
    if wanted.len() > MOST_COMPLIANCE_TYPES {
        let constraint = "Member must have length less than or equal to 3";
        return Err(ConfigError::validation("complianceTypes", constraint));
    }
    if !wanted.iter().all(|name| COMPLIANCE_TYPES.contains(&name.as_str())) {
        let values = COMPLIANCE_TYPES.join(", ");
        let constraint =
            format!("Member must satisfy constraint: [Member must satisfy enum value set: [{values}]]");
        return Err(ConfigError::validation("complianceTypes", &constraint));
    }
    let limit = limit(request.limit, DEFAULT_PAGE)?;
    let Some(stored) = rules.stored.get(&name) else {
        let message = format!("The ConfigRule '{name}' provided in the request is invalid.");
        return Err(ConfigError::new("NoSuchConfigRuleException", message));
    };
    let results =
        stored.values().filter(|found| wanted.is_empty() || wanted.contains(&found.compliance)).collect();
    let (results, next) = page(results, request.next_token.as_deref(), limit)?;
    let results: Vec<Value> = results
        .into_iter()
        .map(|found| {
            let mut result = json!({
                "EvaluationResultIdentifier": {
                    "EvaluationResultQualifier": {
                        "ConfigRuleName": name, "ResourceType": found.resource_type,
                        "ResourceId": found.resource_id, "EvaluationMode": "DETECTIVE"
                    },
                    "OrderingTimestamp": found.ordering_timestamp
                },
                "ComplianceType": found.compliance
            });
            if let Some(annotation) = &found.annotation {
                result["Annotation"] = annotation.as_str().into();
            }
            result
        })
        .collect();
    Ok(with_token(json!({"EvaluationResults": results}), "NextToken", next))
}

pub(super) fn with_token(mut answer: Value, name: &str, token: Option<String>) -> Value {
    if let Some(token) = token {
        answer[name] = token.into();
    }
    answer
}
