//! Advanced queries at AWS Config's stand-in: as much of their SQL as a list of the resources of a type needs.
//!
//! In: the body of a `SelectResourceConfig`. Out: rows as JSON in strings, with the selected columns only. What it
//! does not understand it refuses, so that no query is answered with something else than it asked for.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::ConfigError;
use super::read::{Items, is_there, limit, page, text, with_token};
use super::validate::{self, length, required};

/// The longest expression.
const EXPRESSION: usize = 4096;
/// The page where none is asked for.
const DEFAULT_PAGE: usize = 25;
/// The columns that the stand-in has; `configuration` and its like whole.
const COLUMNS: [&str; 16] = [
    "accountId",
    "arn",
    "availabilityZone",
    "awsRegion",
    "configuration",
    "configurationItemCaptureTime",
    "configurationItemStatus",
    "configurationStateId",
    "relationships",
    "resourceCreationTime",
    "resourceId",
    "resourceName",
    "resourceType",
    "supplementaryConfiguration",
    "tags",
    "version",
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SelectRequest {
    expression: Option<String>,
    limit: Option<i64>,
    next_token: Option<String>,
}

pub(super) fn select_resource_config(items: &Items, body: &[u8]) -> Result<Value, ConfigError> {
    let request: SelectRequest = validate::parse(body)?;
    let expression = required("expression", request.expression)?;
    length("expression", &expression, EXPRESSION)?;
    let limit = limit(request.limit, DEFAULT_PAGE)?;
    let query = Query::parse(&expression).ok_or_else(|| {
        let message = format!(
            "the stand-in understands SELECT <columns> WHERE resourceType = '<type>' [AND awsRegion = '…'] \
             [AND accountId = '…'], and IN ('…', '…') for =, not: {expression}"
        );
        ConfigError::new("InvalidExpressionException", message)
    })?;
    let rows = items
        .values()
        .filter_map(|versions| versions.last())
        .filter(|item| is_there(item) && query.takes(item))
        .collect();
    let (rows, next) = page(rows, request.next_token.as_deref(), limit)?;
    let rows: Vec<String> = rows.into_iter().map(|item| row(item, &query.columns).to_string()).collect();
    let fields: Vec<Value> = query.columns.iter().map(|name| json!({"Name": name})).collect();
    let answer = json!({"Results": rows, "QueryInfo": {"SelectFields": fields}});
    Ok(with_token(answer, "NextToken", next))
}

/// A query that was understood.
struct Query {
    columns: Vec<String>,
    /// A field of the item and the values that it may have; all hold.
    conditions: Vec<(&'static str, Vec<String>)>,
}

impl Query {
    fn parse(expression: &str) -> Option<Self> {
        let rest = after_keyword(expression.trim(), "SELECT")?;
        let (columns, conditions) = split_at_keyword(rest, "WHERE")?;
        let columns: Vec<String> = columns.split(',').map(|name| name.trim().to_owned()).collect();
        let mut query = Self { columns, conditions: Vec::new() };
        let mut rest = Some(conditions);
        while let Some(text) = rest {
            let (condition, others) = match split_at_keyword(text, "AND") {
                Some((condition, others)) => (condition, Some(others)),
                None => (text, None),
            };
            query.conditions.push(condition_of(condition.trim())?);
            rest = others;
        }
        let columns_are_known = query.columns.iter().all(|name| COLUMNS.contains(&name.as_str()));
        let has_type = query.conditions.iter().any(|(field, _)| *field == "resourceType");
        (columns_are_known && has_type).then_some(query)
    }

    fn takes(&self, item: &Value) -> bool {
        self.conditions.iter().all(|(field, values)| values.iter().any(|value| value == text(item, field)))
    }
}

/// What follows `keyword` at the start, in any case.
fn after_keyword<'a>(text: &'a str, keyword: &str) -> Option<&'a str> {
    let (first, rest) = text.split_at_checked(keyword.len())?;
    (first.eq_ignore_ascii_case(keyword) && rest.starts_with(char::is_whitespace)).then_some(rest)
}

/// What comes before and after the first `keyword` that stands alone outside of quotes.
fn split_at_keyword<'a>(text: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let mut quoted = false;
    for (at, letter) in text.char_indices() {
        quoted ^= letter == '\'';
        if !quoted
            && letter.is_whitespace()
            && let Some(after) = after_keyword(&text[at + letter.len_utf8()..], keyword)
        {
            return Some((&text[..at], after));
        }
    }
    None
}

/// `field = 'value'` or `field IN ('value', 'value')`, with the field as items spell it.
fn condition_of(condition: &str) -> Option<(&'static str, Vec<String>)> {
    let end = condition.find(|letter: char| !letter.is_ascii_alphanumeric())?;
    let field = match &condition[..end] {
        "resourceType" => "resourceType",
        "awsRegion" => "awsRegion",
        "accountId" => "awsAccountId",
        _ => return None,
    };
    let rest = condition[end..].trim_start();
    let values = if let Some(value) = rest.strip_prefix('=') {
        vec![quoted(value)?]
    } else {
        let list = rest.split_at_checked(2).filter(|(word, _)| word.eq_ignore_ascii_case("IN"))?.1;
        let list = list.trim().strip_prefix('(')?.strip_suffix(')')?;
        list.split(',').map(quoted).collect::<Option<_>>()?
    };
    Some((field, values))
}

fn quoted(text: &str) -> Option<String> {
    let inner = text.trim().strip_prefix('\'')?.strip_suffix('\'')?;
    (!inner.contains('\'')).then(|| inner.to_owned())
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
