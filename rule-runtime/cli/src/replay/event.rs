//! The events that AWS Config sends to a rule's function.
//!
//! In: an item or a schedule, and the rule. Out: the Lambda event with the fields and the encoding that the AWS
//! Config Developer Guide documents ("Example Events for AWS Config Rules").

use jiff::Timestamp;
use sekisho_engine::item::{ACCOUNT_TYPE, ConfigurationItem, time};
use serde_json::{Map, Value, json};

use crate::fixture::{ACCOUNT, REGION};

/// What happens.
#[derive(Debug, Clone)]
pub enum Occasion {
    /// A resource changed.
    Change(Box<ConfigurationItem>),
    /// The schedule of a periodic rule.
    Schedule {
        /// The account.
        account_id: String,
        /// When the notification was made.
        created: Timestamp,
    },
}

impl Occasion {
    /// A change of `item`; the schedule where the item is the account. An item without capture time, which AWS
    /// Config always has, gets `now`.
    pub fn of(mut item: ConfigurationItem, now: Timestamp) -> Self {
        if item.resource.resource_type == ACCOUNT_TYPE {
            return Self::Schedule {
                account_id: item.resource.resource_id,
                created: item.capture_time.unwrap_or(now),
            };
        }
        if item.capture_time.is_none() {
            item.capture_time = Some(now);
            item.document["configurationItemCaptureTime"] = time::format(now).into();
        }
        Self::Change(Box::new(item))
    }

    /// The schedule of the account that `item` belongs to.
    pub fn schedule_for(item: &ConfigurationItem, now: Timestamp) -> Self {
        let account_id = match &item.account_id {
            _ if item.resource.resource_type == ACCOUNT_TYPE => item.resource.resource_id.clone(),
            Some(account) => account.clone(),
            None => ACCOUNT.to_owned(),
        };
        Self::Schedule { account_id, created: item.capture_time.unwrap_or(now) }
    }

    fn account_id(&self) -> &str {
        match self {
            Self::Change(item) => item.account_id.as_deref().unwrap_or(ACCOUNT),
            Self::Schedule { account_id, .. } => account_id,
        }
    }

    fn region(&self) -> &str {
        match self {
            Self::Change(item) => {
                item.region.as_deref().filter(|region| *region != "global").unwrap_or(REGION)
            }
            Self::Schedule { .. } => REGION,
        }
    }

    fn invoking_event(&self) -> Value {
        match self {
            Self::Change(item) => json!({
                "configurationItemDiff": null,
                "configurationItem": item.document,
                "notificationCreationTime": item.document["configurationItemCaptureTime"],
                "messageType": "ConfigurationItemChangeNotification",
                "recordVersion": "1.3",
            }),
            Self::Schedule { account_id, created } => json!({
                "awsAccountId": account_id,
                "notificationCreationTime": time::format(*created),
                "messageType": "ScheduledNotification",
                "recordVersion": "1.0",
            }),
        }
    }

    /// The Lambda event for the rule called `rule`.
    pub fn lambda_event(&self, rule: &str, parameters: &Map<String, Value>, result_token: &str) -> Value {
        let (account, region) = (self.account_id(), self.region());
        let service_role = "role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig";
        json!({
            "version": "1.0",
            "invokingEvent": self.invoking_event().to_string(),
            "ruleParameters": Value::Object(parameters.clone()).to_string(),
            "resultToken": result_token,
            "eventLeftScope": false,
            "executionRoleArn": format!("arn:aws:iam::{account}:{service_role}"),
            "configRuleArn": format!("arn:aws:config:{region}:{account}:config-rule/config-rule-replay"),
            "configRuleName": rule,
            "configRuleId": "config-rule-replay",
            "accountId": account,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use sekisho_engine::event::{Message, RuleEvent};

    #[test]
    fn the_function_reads_back_what_went_in() {
        let item = json!({"resourceType": "AWS::S3::Bucket", "resourceId": "b", "awsRegion": "eu-west-1"});
        let item = ConfigurationItem::from_map(item.as_object().unwrap().clone(), "f", "").unwrap();
        let now: Timestamp = "2026-11-23T01:00:00Z".parse().unwrap();
        let parameters = json!({"policy": "p"}).as_object().unwrap().clone();
        let event = Occasion::of(item, now).lambda_event("r", &parameters, "t");
        let read = RuleEvent::parse(&event).unwrap();
        assert!(matches!(&read.message, Message::Change(item) if item.capture_time == Some(now)));
        assert_eq!((read.rule_name.as_str(), read.region.as_deref()), ("r", Some("eu-west-1")));
        assert_eq!(read.parameters, parameters);
    }
}
