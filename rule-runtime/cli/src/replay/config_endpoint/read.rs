//! What can be read at AWS Config's stand-in: the history of items, batches, advanced queries, results of a rule.
//!
//! In: items in the spelling of the rule event. Out: the API's own spellings, which differ from it and from each
//! other: JSON in strings, seconds since 1970, ids as text. Source: the API model (botocore `config/2014-11-12`).

use std::collections::{BTreeMap, BTreeSet};

use sekisho_engine::item::time;
use serde_json::{Map, Value, json};

use super::{ConfigError, Rules};

/// Every version of every resource, by type and id.
pub(super) type Items = BTreeMap<(String, String), Vec<Value>>;

/// The longest page, in items, of every read call.
const PAGE: usize = 100;
/// The longest rule name that its results can be asked by.
const RULE_NAME: usize = 64;
/// The longest expression of an advanced query.
const EXPRESSION: usize = 4096;

/// Keeps `item` beside the other versions of its resource.
pub(super) fn record(items: &mut Items, item: &Value) {
    let key = (text(item, "resourceType").to_owned(), text(item, "resourceId").to_owned());
    let versions = items.entry(key).or_default();
    versions.push(item.clone());
    versions.sort_by_key(seconds_of);
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn milliseconds(value: &Value) -> Option<i64> {
    time::parse(value).map(|time| time.as_millisecond())
}

fn seconds_of(item: &Value) -> i64 {
    item.get("configurationItemCaptureTime").and_then(milliseconds).unwrap_or(0)
}

fn required<'a>(request: &'a Value, field: &str) -> Result<&'a str, ConfigError> {
    match text(request, field) {
        "" => Err(ConfigError::validation(field, "Member must not be null")),
        text => Ok(text),
    }
}

/// `limit` of a request, whatever its spelling; 0 and absent are the default.
fn limit(request: &Value, field: &str, default: usize) -> Result<usize, ConfigError> {
    match request.get(field).and_then(Value::as_u64) {
        None | Some(0) => Ok(default),
        Some(limit) => match usize::try_from(limit) {
            Ok(limit) if limit <= PAGE => Ok(limit),
            _ => Err(ConfigError::validation(field, "Member must have value less than or equal to 100")),
        },
    }
}

/// A page of `all` and the token of the next.
fn page<T>(
    all: Vec<T>,
    request: &Value,
    token: &str,
    limit: usize,
) -> Result<(Vec<T>, Option<String>), ConfigError> {
    let start = match text(request, token) {
        "" => 0,
        token => token.strip_prefix("from-").and_then(|number| number.parse().ok()).ok_or_else(|| {
            ConfigError::new("InvalidNextTokenException", "The nextToken provided is invalid".into())
        })?,
    };
    let next = (start + limit < all.len()).then(|| format!("from-{}", start + limit));
    Ok((all.into_iter().skip(start).take(limit).collect(), next))
}

pub(super) fn get_resource_config_history(items: &Items, request: &Value) -> Result<Value, ConfigError> {
    let key = (required(request, "resourceType")?.to_owned(), required(request, "resourceId")?.to_owned());
    let limit = limit(request, "limit", 10)?;
    let Some(versions) = items.get(&key) else {
        let message =
            format!("Resource {} of resourceType:{} is unknown or has not been discovered", key.1, key.0);
        return Err(ConfigError::new("ResourceNotDiscoveredException", message));
    };
    let time = |field: &str| request.get(field).and_then(milliseconds);
    let (later, earlier) = (time("laterTime"), time("earlierTime"));
    let mut found: Vec<&Value> = versions
        .iter()
        .filter(|item| later.is_none_or(|later| seconds_of(item) <= later))
        .filter(|item| earlier.is_none_or(|earlier| seconds_of(item) >= earlier))
        .collect();
    if text(request, "chronologicalOrder") != "Forward" {
        found.reverse();
    }
    let (found, next) = page(found, request, "nextToken", limit)?;
    let found: Vec<Value> = found.into_iter().map(|item| api_item(item, true)).collect();
    Ok(with_token(json!({"configurationItems": found}), "nextToken", next))
}

pub(super) fn batch_get_resource_config(items: &Items, request: &Value) -> Result<Value, ConfigError> {
    let keys = request.get("resourceKeys").and_then(Value::as_array).cloned().unwrap_or_default();
    if !(1..=PAGE).contains(&keys.len()) {
        let constraint = "Member must have length between 1 and 100";
        return Err(ConfigError::validation("resourceKeys", constraint));
    }
    let newest = |key: &Value| {
        let versions =
            items.get(&(text(key, "resourceType").to_owned(), text(key, "resourceId").to_owned()))?;
        versions.last().map(|item| api_item(item, false))
    };
    let found: Vec<Value> = keys.iter().filter_map(newest).collect();
    Ok(json!({"baseConfigurationItems": found, "unprocessedResourceKeys": []}))
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

pub(super) fn select_resource_config(items: &Items, request: &Value) -> Result<Value, ConfigError> {
    let expression = required(request, "Expression")?;
    if expression.chars().count() > EXPRESSION {
        return Err(ConfigError::validation(
            "expression",
            "Member must have length less than or equal to 4096",
        ));
    }
    let (columns, types) = parse(expression)?;
    let limit = limit(request, "Limit", 25)?;
    let rows: Vec<&Value> = items
        .iter()
        .filter(|((resource_type, _), _)| types.contains(resource_type))
        .filter_map(|(_, versions)| versions.last())
        .filter(|item| !text(item, "configurationItemStatus").contains("Deleted"))
        .collect();
    let (rows, next) = page(rows, request, "NextToken", limit)?;
    let rows: Vec<String> = rows.into_iter().map(|item| row(item, &columns).to_string()).collect();
    let fields: Vec<Value> = columns.iter().map(|name| json!({"Name": name})).collect();
    let answer = json!({"Results": rows, "QueryInfo": {"SelectFields": fields}});
    Ok(with_token(answer, "NextToken", next))
}

/// The columns and the types of `SELECT a, b WHERE resourceType = 'T'` or `IN ('T', 'U')`: the stand-in knows no more.
fn parse(expression: &str) -> Result<(Vec<String>, BTreeSet<String>), ConfigError> {
    let invalid = || {
        let message =
            format!("the stand-in understands SELECT … WHERE resourceType = '…' only, not: {expression}");
        ConfigError::new("InvalidExpressionException", message)
    };
    let rest = expression.trim().strip_prefix("SELECT ").ok_or_else(invalid)?;
    let (columns, condition) = rest.split_once(" WHERE ").ok_or_else(invalid)?;
    let condition = condition.trim().strip_prefix("resourceType").ok_or_else(invalid)?.trim();
    let list = condition
        .strip_prefix('=')
        .or_else(|| condition.strip_prefix("IN")?.trim().strip_prefix('(')?.trim().strip_suffix(')'));
    let types: Option<BTreeSet<String>> = list
        .ok_or_else(invalid)?
        .split(',')
        .map(|name| name.trim().strip_prefix('\'')?.strip_suffix('\'').map(ToOwned::to_owned))
        .collect();
    let columns = columns.split(',').map(|name| name.trim().to_owned()).collect();
    Ok((columns, types.ok_or_else(invalid)?))
}

/// The columns of an item as advanced queries spell them. `supplementaryConfiguration` lacks what is not searchable.
fn row(item: &Value, columns: &[String]) -> Value {
    let mut row = Map::new();
    for column in columns {
        let value = match column.as_str() {
            "arn" => item.get("ARN").cloned(),
            "accountId" => item.get("awsAccountId").cloned(),
            "version" => item.get("configurationItemVersion").cloned(),
            "configurationStateId" => {
                item.get("configurationStateId").map(|id| id.to_string().trim_matches('"').into())
            }
            "tags" => item.get("tags").and_then(Value::as_object).map(|tags| {
                let tag = |(key, value): (&String, &Value)| {
                    json!({"key": key, "value": value, "tag": format!("{key}={}", value.as_str().unwrap_or_default())})
                };
                tags.iter().map(tag).collect::<Vec<_>>().into()
            }),
            "relationships" => item.get("relationships").and_then(Value::as_array).map(|list| {
                let flat = |relationship: &Value| {
                    let mut relationship = relationship.clone();
                    if let Some(map) = relationship.as_object_mut() {
                        map.remove("name");
                    }
                    relationship
                };
                list.iter().map(flat).collect::<Vec<_>>().into()
            }),
            "supplementaryConfiguration" => Some(json!({})),
            other => item.get(other).cloned(),
        };
        if let Some(value) = value {
            row.insert(column.clone(), value);
        }
    }
    Value::Object(row)
}

pub(super) fn get_compliance_details(rules: &Rules, request: &Value) -> Result<Value, ConfigError> {
    let name = required(request, "ConfigRuleName")?;
    if name.chars().count() > RULE_NAME {
        return Err(ConfigError::validation(
            "configRuleName",
            "Member must have length less than or equal to 64",
        ));
    }
    let limit = limit(request, "Limit", 10)?;
    let Some(stored) = rules.stored.get(name) else {
        let message = format!("The ConfigRule '{name}' provided in the request is invalid.");
        return Err(ConfigError::new("NoSuchConfigRuleException", message));
    };
    let wanted: BTreeSet<&str> = request
        .get("ComplianceTypes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let results: Vec<_> = stored
        .values()
        .filter(|found| wanted.is_empty() || wanted.contains(found.compliance.as_str()))
        .collect();
    let (results, next) = page(results, request, "NextToken", limit)?;
    let results: Vec<Value> = results
        .into_iter()
        .map(|found| {
            json!({
                "EvaluationResultIdentifier": {
                    "EvaluationResultQualifier": {
                        "ConfigRuleName": name, "ResourceType": found.resource_type,
                        "ResourceId": found.resource_id, "EvaluationMode": "DETECTIVE"
                    },
                    "OrderingTimestamp": found.ordering_timestamp
                },
                "ComplianceType": found.compliance, "Annotation": found.annotation
            })
        })
        .collect();
    Ok(with_token(json!({"EvaluationResults": results}), "NextToken", next))
}

fn with_token(mut answer: Value, name: &str, token: Option<String>) -> Value {
    if let Some(token) = token {
        answer[name] = token.into();
    }
    answer
}
