//! The event that AWS Config sends to a rule's Lambda function, read strictly where a verdict depends on it and
//! leniently elsewhere: emulators and hand-made events leave fields out.
//!
//! Source: AWS Config Developer Guide, "Example Events for AWS Config Rules".

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::diagnostic::Diagnostic;
use crate::item::{ConfigurationItem, kind, time};

/// What the event is called in messages.
const EVENT: &str = "event";

/// The token with which the AWS Config Rules Development Kit asks for a test run.
pub const TEST_TOKEN: &str = "TESTMODE";

/// One invocation of a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleEvent {
    /// Why the rule was invoked.
    pub message: Message,
    /// `ruleParameters`, empty where it is absent or `""`.
    pub parameters: Map<String, Value>,
    /// Opaque; it authorises `PutEvaluations` and is never logged.
    pub result_token: String,
    /// The resource left the rule's scope.
    pub left_scope: bool,
    /// `configRuleName`; empty where a hand-made event has none.
    pub rule_name: String,
    /// The account that owns the rule.
    pub account_id: Option<String>,
    /// The region of the rule, from `configRuleArn`.
    pub region: Option<String>,
    /// `executionRoleArn`: the role of the account's recorder.
    pub execution_role_arn: Option<String>,
}

/// `invokingEvent`, by its `messageType`.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// A resource changed.
    Change(Box<ConfigurationItem>),
    /// A resource changed, and its item is too large for the message: what came is the item without its
    /// configuration. It has a capture time.
    Oversized(Box<ConfigurationItem>),
    /// The schedule of a periodic rule.
    Scheduled {
        /// The account to judge.
        account_id: String,
        /// `notificationCreationTime`; absent in hand-made events.
        created: Option<Timestamp>,
    },
    /// A snapshot of the configuration was delivered.
    Snapshot(SnapshotDelivery),
}

/// Where a snapshot lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotDelivery {
    /// `s3Bucket`.
    pub bucket: String,
    /// `s3ObjectKey`.
    pub key: String,
    /// `configSnapshotId`; empty where it is absent.
    pub id: String,
    /// `notificationCreationTime`; absent in hand-made events.
    pub created: Option<Timestamp>,
}

impl Message {
    /// The name in `messageType`.
    pub const fn message_type(&self) -> &'static str {
        match self {
            Self::Change(_) => "ConfigurationItemChangeNotification",
            Self::Oversized(_) => "OversizedConfigurationItemChangeNotification",
            Self::Scheduled { .. } => "ScheduledNotification",
            Self::Snapshot(_) => "ConfigurationSnapshotDeliveryCompleted",
        }
    }
}

impl RuleEvent {
    /// Reads the event.
    ///
    /// # Errors
    /// A field that a verdict depends on is missing or malformed, or the message type is not handled.
    pub fn parse(event: &Value) -> Result<Self, Diagnostic> {
        let Some(object) = event.as_object() else {
            return Err(problem("", format!("is {}, expected the event of an AWS Config rule", kind(event))));
        };
        let invoking = json_object(object, "invokingEvent")?.ok_or_else(|| {
            problem("invokingEvent", "is missing")
                .help("this function answers AWS Config; see docs/policy-contract.md")
        })?;
        let account_id = text(object, "accountId")?;
        let arn = text(object, "configRuleArn")?;
        Ok(Self {
            message: message(&invoking, account_id.as_deref())?,
            parameters: json_object(object, "ruleParameters")?.unwrap_or_default(),
            result_token: text(object, "resultToken")?.filter(|token| !token.is_empty()).ok_or_else(
                || problem("resultToken", "is missing; without it AWS Config takes no evaluation"),
            )?,
            left_scope: left_scope(object)?,
            rule_name: text(object, "configRuleName")?.unwrap_or_default(),
            account_id,
            region: arn
                .and_then(|arn| arn.split(':').nth(3).map(ToOwned::to_owned))
                .filter(|r| !r.is_empty()),
            execution_role_arn: text(object, "executionRoleArn")?.filter(|arn| !arn.is_empty()),
        })
    }
}

fn problem(field: &str, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(EVENT, message).field(field)
}

fn text(object: &Map<String, Value>, field: &str) -> Result<Option<String>, Diagnostic> {
    match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(problem(field, format!("is {}, expected a string", kind(other)))),
    }
}

fn left_scope(object: &Map<String, Value>) -> Result<bool, Diagnostic> {
    match object.get("eventLeftScope") {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(left)) => Ok(*left),
        Some(other) => Err(problem("eventLeftScope", format!("is {}, expected a boolean", kind(other)))),
    }
}

/// A JSON object in a string, as AWS Config sends it, or the object itself as people write it. `""` is
/// absent.
fn json_object(object: &Map<String, Value>, field: &str) -> Result<Option<Map<String, Value>>, Diagnostic> {
    let value = match object.get(field) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
        Some(Value::String(text)) => serde_json::from_str(text).map_err(|error| {
            problem(field, format!("is a string that is not JSON: {error} of the string"))
        })?,
        Some(other) => other.clone(),
    };
    match value {
        Value::Object(object) => Ok(Some(object)),
        other => Err(problem(field, format!("holds {}, expected an object", kind(&other)))),
    }
}

fn message(invoking: &Map<String, Value>, rule_account: Option<&str>) -> Result<Message, Diagnostic> {
    let within = |field: &str| format!("invokingEvent.{field}");
    let message_type = match invoking.get("messageType") {
        Some(Value::String(name)) => name.as_str(),
        _ => {
            return Err(problem(&within("messageType"), "is missing; expected the type of the message"));
        }
    };
    match message_type {
        "ConfigurationItemChangeNotification" => Ok(Message::Change(item(invoking, "configurationItem")?)),
        "OversizedConfigurationItemChangeNotification" => {
            Ok(Message::Oversized(item(invoking, "configurationItemSummary")?))
        }
        "ScheduledNotification" => {
            let account_id = match invoking.get("awsAccountId") {
                Some(Value::String(account)) => Some(account.as_str()),
                _ => rule_account,
            };
            let account_id = account_id.ok_or_else(|| {
                problem(&within("awsAccountId"), "is missing; expected the account to judge")
            })?;
            let created = invoking.get("notificationCreationTime").and_then(time::parse);
            Ok(Message::Scheduled { account_id: account_id.to_owned(), created })
        }
        "ConfigurationSnapshotDeliveryCompleted" => {
            let required = |field: &str| {
                let value = text(invoking, field)?.filter(|value| !value.is_empty());
                value.ok_or_else(|| problem(&within(field), "is missing; it says where the snapshot lies"))
            };
            Ok(Message::Snapshot(SnapshotDelivery {
                bucket: required("s3Bucket")?,
                key: required("s3ObjectKey")?,
                id: text(invoking, "configSnapshotId")?.unwrap_or_default(),
                created: invoking.get("notificationCreationTime").and_then(time::parse),
            }))
        }
        other => Err(problem(
            &within("messageType"),
            format!(
                "is \"{other}\", expected ConfigurationItemChangeNotification, \
                 OversizedConfigurationItemChangeNotification, ScheduledNotification or \
                 ConfigurationSnapshotDeliveryCompleted"
            ),
        )
        .help("AWS Config sends a rule no other message; see what invoked the function")),
    }
}

/// The item, or what there is of it, in `field` of the message.
fn item(invoking: &Map<String, Value>, field: &str) -> Result<Box<ConfigurationItem>, Diagnostic> {
    let path = format!("invokingEvent.{field}");
    let Some(Value::Object(item)) = invoking.get(field) else {
        return Err(problem(&path, "is missing; the message is about it"));
    };
    let item = ConfigurationItem::from_map(item.clone(), EVENT, &path)?;
    if item.capture_time.is_none() {
        let field = format!("{path}.configurationItemCaptureTime");
        return Err(problem(&field, "is missing; evaluations are ordered by it"));
    }
    Ok(Box::new(item))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn change() -> Value {
        json!({
            "invokingEvent": json!({
                "configurationItem": {
                    "configurationItemCaptureTime": "2016-02-17T01:36:34.043Z",
                    "resourceType": "AWS::EC2::Instance", "resourceId": "i-00000000"
                },
                "messageType": "ConfigurationItemChangeNotification"
            }).to_string(),
            "ruleParameters": "{\"policy\":\"p\"}", "resultToken": "token", "eventLeftScope": true,
            "configRuleArn": "arn:aws:config:us-east-2:123456789012:config-rule/config-rule-0123456",
            "configRuleName": "r", "accountId": "123456789012", "version": "1.0"
        })
    }

    #[test]
    fn a_change_as_aws_documents_it() {
        let event = RuleEvent::parse(&change()).unwrap();
        assert!(matches!(&event.message, Message::Change(item) if item.resource.resource_id == "i-00000000"));
        assert!(event.left_scope);
        assert_eq!(event.parameters["policy"], "p");
        assert_eq!(event.region.as_deref(), Some("us-east-2"));
    }

    #[test]
    fn a_schedule_with_little_around_it() {
        let event = RuleEvent::parse(&json!({
            "invokingEvent": "{\"messageType\":\"ScheduledNotification\"}",
            "ruleParameters": "", "resultToken": "t", "accountId": "123456789012"
        }))
        .unwrap();
        let expected = Message::Scheduled { account_id: "123456789012".into(), created: None };
        assert_eq!(event.message, expected);
        assert!(event.parameters.is_empty() && !event.left_scope);
    }

    /// As the developer guide has it: summary and message type, and nothing around them.
    #[test]
    fn an_oversized_change_as_aws_documents_it() {
        let mut event = change();
        event["invokingEvent"] = json!({
            "configurationItemSummary": {
                "changeType": "UPDATE", "configurationItemVersion": "1.2",
                "configurationItemCaptureTime": "2016-10-06T16:46:16.261Z",
                "configurationStateId": 0, "awsAccountId": "123456789012", "configurationItemStatus": "OK",
                "resourceType": "AWS::EC2::Instance", "resourceId": "i-00000000", "resourceName": null,
                "ARN": "arn:aws:ec2:us-west-2:123456789012:instance/i-00000000", "awsRegion": "us-west-2",
                "availabilityZone": "us-west-2a", "configurationStateMd5Hash": "8f1ee69b287895a0f8bc5753eca68e96",
                "resourceCreationTime": "2016-10-06T16:46:10.489Z"
            },
            "messageType": "OversizedConfigurationItemChangeNotification"
        })
        .to_string()
        .into();
        let event = RuleEvent::parse(&event).unwrap();
        let Message::Oversized(item) = &event.message else { panic!("{event:?}") };
        assert_eq!(item.resource.resource_id, "i-00000000");
        assert_eq!(time::format(item.capture_time.unwrap()), "2016-10-06T16:46:16.261Z");
    }

    #[test]
    fn a_snapshot_as_it_is_delivered() {
        let mut event = change();
        event["invokingEvent"] = json!({
            "configSnapshotId": "s1", "s3ObjectKey": "AWSLogs/1/Config/r/2026/1/2/ConfigSnapshot/s1.json.gz",
            "s3Bucket": "b", "notificationCreationTime": "2026-11-23T01:00:00.000Z",
            "messageType": "ConfigurationSnapshotDeliveryCompleted", "recordVersion": "1.1"
        });
        let event = RuleEvent::parse(&event).unwrap();
        let Message::Snapshot(delivery) = &event.message else { panic!("{event:?}") };
        assert_eq!((delivery.bucket.as_str(), delivery.id.as_str()), ("b", "s1"));
        assert!(delivery.created.is_some());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let without = |field: &str| {
            let mut event = change();
            event.as_object_mut().unwrap().remove(field);
            event
        };
        let with = |field: &str, value: Value| {
            let mut event = change();
            event[field] = value;
            event
        };
        for (event, field) in [
            (json!([]), ""),
            (without("invokingEvent"), "invokingEvent"),
            (without("resultToken"), "resultToken"),
            (with("invokingEvent", json!("{")), "invokingEvent"),
            (with("invokingEvent", json!("{}")), "invokingEvent.messageType"),
            (with("ruleParameters", json!("[1]")), "ruleParameters"),
            (with("eventLeftScope", json!("no")), "eventLeftScope"),
            (with("invokingEvent", json!({"messageType": "Other"})), "invokingEvent.messageType"),
            (
                with("invokingEvent", json!({"messageType": "ConfigurationItemChangeNotification"})),
                "invokingEvent.configurationItem",
            ),
            (
                with("invokingEvent", json!({"messageType": "OversizedConfigurationItemChangeNotification"})),
                "invokingEvent.configurationItemSummary",
            ),
            (
                with("invokingEvent", json!({"messageType": "ConfigurationSnapshotDeliveryCompleted"})),
                "invokingEvent.s3Bucket",
            ),
        ] {
            let problem = RuleEvent::parse(&event).unwrap_err();
            assert_eq!(problem.field.unwrap_or_default(), field, "{event}");
        }
    }
}
