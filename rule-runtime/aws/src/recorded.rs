//! What AWS Config has recorded and judged: items from the history and from advanced queries, and the results that
//! a rule has.
//!
//! Source of the calls, limits and errors: the API model of AWS Config (botocore `config/2014-11-12`).

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_config::Client;
use aws_sdk_config::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_config::operation::get_resource_config_history::GetResourceConfigHistoryError;
use aws_sdk_config::primitives::DateTime;
use aws_sdk_config::types::{ComplianceType, ResourceKey as ApiKey, ResourceType};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use sekisho_engine::item::ConfigurationItem;
use sekisho_engine::verdict::ResourceKey;
use serde_json::{Map, Value};

use crate::clients::{explain, is_denied};

/// The most rows of a page, and keys of one `BatchGetResourceConfig`.
const PAGE: usize = 100;
/// The same, as the API takes it.
const PAGE_LIMIT: i32 = 100;
/// How many items are looked up at once where each takes a call.
const CONCURRENT: usize = 8;
/// How often keys that AWS Config did not process are sent again.
const BATCH_TRIES: usize = 3;

/// The fields that all API items share, in the API's spelling.
macro_rules! base_map {
    ($item:expr) => {{
        let item = $item;
        let mut map = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                map.insert(name.to_owned(), value);
            }
        };
        put("version", item.version.map(Value::from));
        put("accountId", item.account_id.map(Value::from));
        put("configurationItemCaptureTime", item.configuration_item_capture_time.as_ref().map(seconds));
        put("configurationItemStatus", item.configuration_item_status.map(|status| status.as_str().into()));
        put("configurationStateId", item.configuration_state_id.map(Value::from));
        put("arn", item.arn.map(Value::from));
        put("resourceType", item.resource_type.map(|name| name.as_str().into()));
        put("resourceId", item.resource_id.map(Value::from));
        put("resourceName", item.resource_name.map(Value::from));
        put("awsRegion", item.aws_region.map(Value::from));
        put("availabilityZone", item.availability_zone.map(Value::from));
        put("resourceCreationTime", item.resource_creation_time.as_ref().map(seconds));
        put("configuration", item.configuration.map(Value::from));
        put("supplementaryConfiguration", item.supplementary_configuration.map(texts));
        map
    }};
}
/// What an advanced query is asked for: all that it has of an item.
const COLUMNS: &str = "resourceId, resourceType, resourceName, arn, accountId, awsRegion, availabilityZone, \
                       configurationItemCaptureTime, configurationItemStatus, configurationStateId, \
                       resourceCreationTime, version, tags, relationships, configuration, \
                       supplementaryConfiguration";

/// The parts of an item that an advanced query does not have in full, and that cost calls of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Parts {
    /// `supplementaryConfiguration`, from `BatchGetResourceConfig`, a call for 100 items.
    pub supplementary_configuration: bool,
    /// `relationships` with their names, from `GetResourceConfigHistory`, a call an item.
    pub relationships: bool,
}

/// Reads what AWS Config has of an account and region.
#[derive(Debug, Clone)]
pub struct Recorded {
    client: Client,
}

impl Recorded {
    /// With the region and credentials of `config`.
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// The item of a resource as it was at a time, or the newest; `None` where AWS Config never saw it.
    ///
    /// # Errors
    /// In words: the call, AWS's code and message, what to do.
    pub async fn item(
        &self,
        resource: &ResourceKey,
        at: Option<Timestamp>,
    ) -> Result<Option<ConfigurationItem>, String> {
        match newest(&self.client, resource, at).await {
            Ok(item) => Ok(item),
            Err(Newest::Call(error)) => {
                Err(problem("GetResourceConfigHistory", &resource.to_string(), &error))
            }
            Err(Newest::Item(message)) => Err(message),
        }
    }

    /// Every item of `resource_type` that is there now.
    ///
    /// # Errors
    /// As above. Half a list is never handed out.
    pub async fn items(&self, resource_type: &str, parts: Parts) -> Result<Vec<ConfigurationItem>, String> {
        let mut items = self.query(resource_type).await?;
        if parts.relationships {
            return stream::iter(items)
                .map(|item| async move { self.item(&item.resource, None).await })
                .buffered(CONCURRENT)
                // What went away since the query is not there now.
                .try_filter_map(|item| async move { Ok(item) })
                .try_collect()
                .await;
        }
        if parts.supplementary_configuration {
            let mut whole = Vec::with_capacity(items.len());
            while !items.is_empty() {
                let rest = items.split_off(items.len().min(PAGE));
                whole.extend(self.filled(items).await?);
                items = rest;
            }
            items = whole;
        }
        Ok(items)
    }

    async fn query(&self, resource_type: &str) -> Result<Vec<ConfigurationItem>, String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == ':';
        if !resource_type.chars().all(plain) {
            return Err(format!("\"{resource_type}\" is not a resource type"));
        }
        let expression = format!("SELECT {COLUMNS} WHERE resourceType = '{resource_type}'");
        let (mut items, mut token) = (Vec::new(), None);
        loop {
            let sent = self
                .client
                .select_resource_config()
                .expression(&expression)
                .limit(PAGE_LIMIT)
                .set_next_token(token)
                .send()
                .await;
            let page = sent.map_err(|error| problem("SelectResourceConfig", resource_type, &error))?;
            for row in page.results() {
                let row: Map<String, Value> = serde_json::from_str(row)
                    .map_err(|error| format!("config:SelectResourceConfig {resource_type}: {error}"))?;
                items.push(item(row, "SelectResourceConfig")?);
            }
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(items);
            }
        }
    }

    /// At most 100 items with their configurations in full.
    async fn filled(&self, items: Vec<ConfigurationItem>) -> Result<Vec<ConfigurationItem>, String> {
        let mut keys = Vec::with_capacity(items.len());
        for item in &items {
            let key = ApiKey::builder()
                .resource_type(ResourceType::from(item.resource.resource_type.as_str()))
                .resource_id(&item.resource.resource_id);
            keys.push(key.build().map_err(|error| error.to_string())?);
        }
        let mut configurations: BTreeMap<String, Value> = BTreeMap::new();
        for _ in 0..BATCH_TRIES {
            let sent = self.client.batch_get_resource_config().set_resource_keys(Some(keys)).send().await;
            let answer = sent.map_err(|error| problem("BatchGetResourceConfig", "", &error))?;
            for base in answer.base_configuration_items.unwrap_or_default() {
                let base = item(base_map!(base), "BatchGetResourceConfig")?;
                configurations.insert(base.resource.resource_id, base.document);
            }
            keys = answer.unprocessed_resource_keys.unwrap_or_default();
            if keys.is_empty() {
                break;
            }
        }
        if let Some(key) = keys.first() {
            let (name, count) = (key.resource_id(), keys.len());
            return Err(format!(
                "config:BatchGetResourceConfig: {count} resources were not processed after {BATCH_TRIES} tries, \
                 among them {name}"
            ));
        }
        let mut whole = Vec::with_capacity(items.len());
        for mut item in items {
            let Some(mut base) = configurations.remove(&item.resource.resource_id) else {
                // Gone since the query, or kept from the batch: the history knows.
                whole.extend(self.item(&item.resource, None).await?);
                continue;
            };
            for part in ["configuration", "supplementaryConfiguration"] {
                item.document[part] = base[part].take();
            }
            whole.push(item);
        }
        Ok(whole)
    }

    /// The resources that a rule has a result for other than `NOT_APPLICABLE`.
    ///
    /// # Errors
    /// As above.
    pub async fn judged(&self, rule_name: &str) -> Result<Vec<ResourceKey>, String> {
        let mut pages = self
            .client
            .get_compliance_details_by_config_rule()
            .config_rule_name(rule_name)
            .compliance_types(ComplianceType::Compliant)
            .compliance_types(ComplianceType::NonCompliant)
            .limit(PAGE_LIMIT)
            .into_paginator()
            .send();
        let mut resources = Vec::new();
        while let Some(page) = pages.next().await {
            let page = match page {
                Ok(page) => page,
                // The rule is being deleted, and its results with it.
                Err(error) if error.code() == Some("NoSuchConfigRuleException") => return Ok(Vec::new()),
                Err(error) => return Err(problem("GetComplianceDetailsByConfigRule", rule_name, &error)),
            };
            for result in page.evaluation_results() {
                let qualifier =
                    result.evaluation_result_identifier().and_then(|id| id.evaluation_result_qualifier());
                if let Some((resource_type, resource_id)) =
                    qualifier.and_then(|qualifier| qualifier.resource_type().zip(qualifier.resource_id()))
                {
                    resources.push(ResourceKey {
                        resource_type: resource_type.to_owned(),
                        resource_id: resource_id.to_owned(),
                    });
                }
            }
        }
        Ok(resources)
    }
}

/// Why there is no newest item.
pub(crate) enum Newest {
    /// The call failed.
    Call(Box<SdkError<GetResourceConfigHistoryError>>),
    /// The item cannot be read.
    Item(String),
}

/// The newest item of a resource, or the newest until `at`; `None` where AWS Config never saw it.
///
/// A call of AWS Config looks at seven days, so that the history of what did not change lately begins with empty pages.
pub(crate) async fn newest(
    client: &Client,
    resource: &ResourceKey,
    at: Option<Timestamp>,
) -> Result<Option<ConfigurationItem>, Newest> {
    let mut token = None;
    loop {
        let sent = client
            .get_resource_config_history()
            .resource_type(ResourceType::from(resource.resource_type.as_str()))
            .resource_id(&resource.resource_id)
            .set_later_time(at.map(|at| DateTime::from_millis(at.as_millisecond())))
            .limit(1)
            .set_next_token(token)
            .send()
            .await;
        let answer = match sent {
            Ok(answer) => answer,
            Err(error) if error.code() == Some("ResourceNotDiscoveredException") => return Ok(None),
            Err(error) => return Err(Newest::Call(Box::new(error))),
        };
        if let Some(item) = answer.configuration_items.unwrap_or_default().into_iter().next() {
            return from_history(item).map(Some).map_err(Newest::Item);
        }
        token = answer.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(None);
        }
    }
}

fn seconds(time: &DateTime) -> Value {
    time.as_secs_f64().into()
}

fn texts(map: std::collections::HashMap<String, String>) -> Value {
    let sorted: BTreeMap<String, String> = map.into_iter().collect();
    sorted.into_iter().map(|(name, value)| (name, Value::from(value))).collect::<Map<_, _>>().into()
}

fn from_history(found: aws_sdk_config::types::ConfigurationItem) -> Result<ConfigurationItem, String> {
    let tags = texts(found.tags.clone().unwrap_or_default());
    let relationships = found.relationships().iter().map(|relationship| {
        let mut map = Map::new();
        let resource_type = relationship.resource_type().map(ResourceType::as_str);
        for (name, value) in [
            ("resourceType", resource_type),
            ("resourceId", relationship.resource_id()),
            ("resourceName", relationship.resource_name()),
            ("relationshipName", relationship.relationship_name()),
        ] {
            if let Some(value) = value {
                map.insert(name.to_owned(), value.into());
            }
        }
        Value::Object(map)
    });
    let relationships: Value = relationships.collect::<Vec<_>>().into();
    let related_events: Value = found.related_events().into();
    let mut map = base_map!(found);
    map.insert("tags".into(), tags);
    map.insert("relationships".into(), relationships);
    map.insert("relatedEvents".into(), related_events);
    item(map, "GetResourceConfigHistory")
}

fn item(map: Map<String, Value>, call: &str) -> Result<ConfigurationItem, String> {
    ConfigurationItem::from_map(map, call, "").map_err(|problem| problem.to_string())
}

fn problem<E>(call: &str, what: &str, error: &SdkError<E>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let next = match error.code() {
        _ if is_denied(error) => format!("; add config:{call} to the role that reads the rule's account"),
        Some("NoAvailableConfigurationRecorderException") => "; AWS Config records nothing here".to_owned(),
        _ => String::new(),
    };
    let what = if what.is_empty() { String::new() } else { format!(" {what}") };
    format!("config:{call}{what}: {}{next}", explain(error))
}
