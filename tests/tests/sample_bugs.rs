//! The bugs of published samples, one test each, named after the sample: what widely copied rules get wrong, the real
//! `bootstrap` gets right.
#![allow(clippy::unwrap_used)]

use std::process::Command;

use sekisho::replay::config_endpoint::ConfigEndpoint;
use sekisho_tests::function::{Function, event};
use sekisho_tests::moto::REGION;
use sekisho_tests::{environment, policies, root};
use serde_json::{Value, json};

fn table(pitr: &str, at: &str, state: u64) -> Value {
    json!({
        "resourceType": "AWS::DynamoDB::Table", "resourceId": "patients", "resourceName": "patients",
        "ARN": format!("arn:aws:dynamodb:{REGION}:123456789012:table/patients"),
        "awsAccountId": "123456789012", "awsRegion": REGION, "configurationItemStatus": "OK",
        "configurationItemVersion": "1.3", "configurationStateId": state, "configurationItemCaptureTime": at,
        "tags": {}, "relationships": [], "configuration": {"tableName": "patients", "tableStatus": "ACTIVE"},
        "supplementaryConfiguration": {"ContinuousBackupsDescription": {
            "continuousBackupsStatus": "ENABLED",
            "pointInTimeRecoveryDescription": {"pointInTimeRecoveryStatus": pitr}
        }}
    })
}

/// The message as the developer guide prints it: a summary and the type, nothing else.
fn oversized(item: &Value) -> Value {
    let summary: serde_json::Map<String, Value> = item
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| {
            !["configuration", "supplementaryConfiguration", "tags", "relationships"].contains(&name.as_str())
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    json!({"configurationItemSummary": summary, "messageType": "OversizedConfigurationItemChangeNotification"})
}

struct Rig {
    config: ConfigEndpoint,
    function: Function,
}

impl Rig {
    async fn new(recorded: &[Value]) -> Self {
        let config = ConfigEndpoint::start().await.unwrap();
        config.record(recorded);
        let function = Function::start(&config, &[]).await;
        Self { config, function }
    }

    async fn send(&self, invoking: &Value) -> Vec<(String, f64)> {
        let token = self.config.register_rule("r");
        let answer =
            self.function.invoke(&event("r", &token, &json!({"policy": "dynamodb-pitr"}), invoking)).await;
        assert_eq!(answer.error(), None);
        self.config.compliance("r").into_iter().map(|e| (e.compliance, e.ordering_timestamp)).collect()
    }
}

const THEN: &str = "2026-11-23T01:00:00.000Z";
/// The same, in seconds since 1970.
const THEN_SECONDS: f64 = 1_795_395_600.0;

/// The guide's handler reads `configurationItem` of the event for its report, which an oversized event does not have:
/// it fails on every one of them.
#[tokio::test]
async fn the_developer_guide_reports_no_oversized_change() {
    let item = table("DISABLED", THEN, 1);
    let told = Rig::new(std::slice::from_ref(&item)).await.send(&oversized(&item)).await;
    assert_eq!(told, [("NON_COMPLIANT".to_owned(), THEN_SECONDS)]);
}

/// rdklib reads `notificationCreationTime` and `recordVersion`, which AWS's own documented event lacks, and takes the
/// newest item instead of the one of the event's time.
#[tokio::test]
async fn rdklib_takes_the_newest_item_for_an_oversized_change() {
    let then = table("DISABLED", THEN, 1);
    let later = table("ENABLED", "2026-11-23T05:00:00.000Z", 2);
    let message = oversized(&then);
    assert!(message.get("notificationCreationTime").is_none() && message.get("recordVersion").is_none());
    let told = Rig::new(&[then, later]).await.send(&message).await;
    assert_eq!(told, [("NON_COMPLIANT".to_owned(), THEN_SECONDS)]);
}

/// Cloud Custodian's rules read `configurationItem` of every event, and fail where there is none.
#[tokio::test]
async fn cloud_custodian_fails_where_there_is_no_item() {
    let item = table("ENABLED", THEN, 1);
    let rig = Rig::new(std::slice::from_ref(&item)).await;
    assert_eq!(rig.send(&oversized(&item)).await, [("COMPLIANT".to_owned(), THEN_SECONDS)]);
    let mut deleted = item.clone();
    deleted["configurationItemStatus"] = "ResourceDeleted".into();
    deleted["configurationItemCaptureTime"] = "2026-11-23T02:00:00.000Z".into();
    assert_eq!(rig.send(&oversized(&deleted)).await[0].0, "NOT_APPLICABLE");
}

/// AWS's sample of OPA in a rule subscribes to changes only, so that an oversized resource is never judged.
#[test]
fn aws_samples_opa_does_not_subscribe_to_oversized_changes() {
    let output = Command::new(environment("bin/python"))
        .arg(root().join("tests/template/expand.py"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let template: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rules: Vec<&Value> = template["Resources"]
        .as_object()
        .unwrap()
        .values()
        .filter(|resource| resource["Type"] == "AWS::Config::ConfigRule")
        .collect();
    let mut of_changes = 0;
    for rule in rules {
        let details = rule["Properties"]["Source"]["SourceDetails"].as_array().unwrap();
        let has = |name: &str| details.iter().any(|detail| detail["MessageType"] == name);
        if has("ConfigurationItemChangeNotification") {
            of_changes += 1;
            assert!(has("OversizedConfigurationItemChangeNotification"), "{rule}");
        }
    }
    assert!(of_changes > 0);
}

/// Rules that put the summary in place of the item read an absent configuration and judge by it.
#[tokio::test]
async fn a_summary_is_never_judged_in_place_of_the_item() {
    let folder = tempfile::tempdir().unwrap();
    // A policy that passes what it cannot see: the summary would be COMPLIANT.
    policies::write(
        folder.path(),
        "careless",
        "change",
        "AWS::DynamoDB::Table",
        &[],
        "deny contains \"off\" if input.supplementaryConfiguration.ContinuousBackupsDescription.pointInTimeRecoveryDescription.pointInTimeRecoveryStatus == \"DISABLED\"",
    );
    let item = table("DISABLED", THEN, 1);
    let config = ConfigEndpoint::start().await.unwrap();
    config.record(std::slice::from_ref(&item));
    let policies = folder.path().display().to_string();
    let function = Function::start(&config, &[("SEKISHO_POLICIES", policies.as_str())]).await;
    let token = config.register_rule("r");
    let event = event("r", &token, &json!({"policy": "careless"}), &oversized(&item));
    assert_eq!(function.invoke(&event).await.error(), None);
    assert_eq!(config.compliance("r")[0].compliance, "NON_COMPLIANT");
    // And where the item cannot be had, there is no verdict at all.
    config.refuse("GetResourceConfigHistory", "AccessDeniedException");
    let mut later = item.clone();
    later["configurationItemCaptureTime"] = "2026-11-23T03:00:00.000Z".into();
    later["resourceId"] = "other".into();
    let event =
        sekisho_tests::function::event("r", &token, &json!({"policy": "careless"}), &oversized(&later));
    let answer = function.invoke(&event).await;
    assert!(answer.error().unwrap().contains("config:GetResourceConfigHistory"), "{answer:?}");
    assert!(config.compliance("r").iter().all(|evaluation| evaluation.resource_id != "other"));
}
