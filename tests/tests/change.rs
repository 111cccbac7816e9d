//! Changes of resources through the real `bootstrap` under AWS's Runtime Interface Emulator, to the endpoint that
//! refuses what AWS refuses.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use sekisho::replay::config_endpoint::{ConfigEndpoint, StoredEvaluation};
use sekisho_tests::function::{Answer, Function, change_event, scheduled_event};
use sekisho_tests::root;
use serde_json::{Value, json};

fn table(region: &str, pitr: &str) -> Value {
    json!({
        "resourceType": "AWS::DynamoDB::Table", "resourceId": "patients", "resourceName": "patients",
        "ARN": format!("arn:aws:dynamodb:{region}:123456789012:table/patients"),
        "awsAccountId": "123456789012", "awsRegion": region, "configurationItemStatus": "OK",
        "configurationItemCaptureTime": "2026-11-23T01:00:00.000Z", "tags": {}, "relationships": [],
        "configuration": {"tableName": "patients", "tableStatus": "ACTIVE"},
        "supplementaryConfiguration": {"ContinuousBackupsDescription": {
            "continuousBackupsStatus": "ENABLED",
            "pointInTimeRecoveryDescription": {"pointInTimeRecoveryStatus": pitr}
        }}
    })
}

/// A function, the endpoint, and what AWS Config has after an event of rule `r`.
struct Rig {
    config: ConfigEndpoint,
    function: Function,
    token: String,
}

impl Rig {
    async fn new() -> Self {
        Self::with(&[]).await
    }

    async fn with(environment: &[(&str, &str)]) -> Self {
        let config = ConfigEndpoint::start().await.unwrap();
        let function = Function::start(&config, environment).await;
        let token = config.register_rule("r");
        Self { config, function, token }
    }

    async fn change(&self, parameters: Value, item: &Value) -> Answer {
        self.function.invoke(&change_event("r", &self.token, &parameters, item)).await
    }

    fn stored(&self) -> Vec<StoredEvaluation> {
        self.config.compliance("r")
    }

    fn compliance(&self) -> Vec<String> {
        self.stored().into_iter().map(|evaluation| evaluation.compliance).collect()
    }
}

fn policy(id: &str) -> Value {
    json!({"policy": id})
}

#[tokio::test]
async fn a_compliant_and_a_non_compliant_change_reach_aws_config_with_reason_and_time() {
    let rig = Rig::new().await;
    assert_eq!(rig.change(policy("dynamodb-pitr"), &table("ap-northeast-1", "ENABLED")).await.error(), None);
    assert_eq!(rig.compliance(), ["COMPLIANT"]);
    assert_eq!(rig.stored()[0].annotation, None);
    let answer = rig.change(policy("dynamodb-pitr"), &table("ap-northeast-1", "DISABLED")).await;
    assert_eq!(answer.0, json!({"evaluations": 1}));
    let stored = rig.stored();
    assert_eq!(stored[0].compliance, "NON_COMPLIANT");
    assert_eq!(stored[0].annotation.as_deref(), Some("point-in-time recovery is off"));
    assert_eq!(
        (stored[0].resource_type.as_str(), stored[0].resource_id.as_str()),
        ("AWS::DynamoDB::Table", "patients")
    );
    // 2026-11-23T01:00:00Z, the capture time of the item.
    assert!((stored[0].ordering_timestamp - 1_795_395_600.0).abs() < 0.001, "{stored:?}");
}

#[tokio::test]
async fn parameters_arrive_as_strings_and_are_restored() {
    let rig = Rig::new().await;
    let parameters =
        json!({"policy": "residency-resource-region", "allowedRegions": "eu-west-1,eu-central-1"});
    rig.change(parameters, &table("eu-west-1", "ENABLED")).await;
    assert_eq!(rig.compliance(), ["COMPLIANT"]);
    rig.change(policy("residency-resource-region"), &table("eu-west-1", "ENABLED")).await;
    assert_eq!(rig.compliance(), ["NON_COMPLIANT"]);
}

#[tokio::test]
async fn a_resource_that_is_gone_left_the_scope_or_is_not_judged_is_not_applicable() {
    let rig = Rig::new().await;
    for status in ["ResourceDeleted", "ResourceDeletedNotRecorded", "ResourceNotRecorded"] {
        rig.change(policy("dynamodb-pitr"), &table("ap-northeast-1", "DISABLED")).await;
        assert_eq!(rig.compliance(), ["NON_COMPLIANT"]);
        let mut gone = table("ap-northeast-1", "DISABLED");
        gone["configurationItemStatus"] = status.into();
        gone["configuration"] = Value::Null;
        assert_eq!(rig.change(policy("dynamodb-pitr"), &gone).await.error(), None);
        assert_eq!(rig.compliance(), ["NOT_APPLICABLE"], "{status}");
    }
    rig.change(policy("dynamodb-pitr"), &table("ap-northeast-1", "DISABLED")).await;
    let mut left =
        change_event("r", &rig.token, &policy("dynamodb-pitr"), &table("ap-northeast-1", "DISABLED"));
    left["eventLeftScope"] = true.into();
    rig.function.invoke(&left).await;
    assert_eq!(rig.compliance(), ["NOT_APPLICABLE"]);
    rig.change(policy("s3-versioning-lock"), &table("ap-northeast-1", "DISABLED")).await;
    assert_eq!(rig.compliance(), ["NOT_APPLICABLE"]);
}

#[tokio::test]
async fn a_pack_gives_one_evaluation_that_names_the_policies_most_severe_first() {
    let rig = Rig::new().await;
    let parameters = json!({"policy": "dynamodb-pitr,residency-resource-region"});
    rig.change(parameters, &table("us-east-1", "DISABLED")).await;
    let stored = rig.stored();
    assert_eq!(stored.len(), 1);
    let annotation = stored[0].annotation.clone().unwrap();
    let at = |text: &str| annotation.find(text).unwrap_or_else(|| panic!("{annotation}"));
    assert!(at("[residency-resource-region]") < at("[dynamodb-pitr]"), "critical before high: {annotation}");
}

#[tokio::test]
async fn an_evaluation_that_aws_config_refuses_is_sent_again_and_then_named() {
    let rig = Rig::new().await;
    rig.config.fail_evaluation("patients", Some(1));
    assert_eq!(rig.change(policy("dynamodb-pitr"), &table("ap-northeast-1", "ENABLED")).await.error(), None);
    assert_eq!(rig.compliance(), ["COMPLIANT"]);
    assert_eq!(rig.config.requests().len(), 2);
    rig.config.fail_evaluation("patients", None);
    let answer = rig.change(policy("dynamodb-pitr"), &table("ap-northeast-1", "ENABLED")).await;
    let error = answer.error().unwrap();
    assert!(error.contains("AWS::DynamoDB::Table patients"), "{error}");
    assert_eq!(rig.config.requests().len(), 4, "once more and not for ever");
}

#[tokio::test]
async fn a_throttled_report_is_tried_again_and_an_invalid_token_is_not() {
    let rig = Rig::new().await;
    rig.config.throttle(2);
    assert_eq!(rig.change(policy("dynamodb-pitr"), &table("ap-northeast-1", "ENABLED")).await.error(), None);
    assert_eq!(rig.compliance(), ["COMPLIANT"]);
    let before = rig.config.requests().len();
    let event = change_event(
        "r",
        "no-token-of-this-rule",
        &policy("dynamodb-pitr"),
        &table("ap-northeast-1", "ENABLED"),
    );
    let answer = rig.function.invoke(&event).await;
    assert!(answer.error().unwrap().contains("InvalidResultTokenException"), "{answer:?}");
    assert!(!answer.error().unwrap().contains("no-token-of-this-rule"), "the token is not repeated");
    assert_eq!(rig.config.requests().len(), before + 1);
}

#[tokio::test]
async fn a_rule_that_is_gone_succeeds_quietly_and_testmode_stores_nothing() {
    let rig = Rig::new().await;
    let event = change_event("r", "TESTMODE", &policy("dynamodb-pitr"), &table("ap-northeast-1", "DISABLED"));
    assert_eq!(rig.function.invoke(&event).await.error(), None);
    assert_eq!(rig.stored(), []);
    assert!(rig.config.requests()[0].test_mode);
    rig.config.delete_rule("r");
    assert_eq!(rig.change(policy("dynamodb-pitr"), &table("ap-northeast-1", "ENABLED")).await.error(), None);
}

fn write_policy(folder: &Path, id: &str, rules: &str) {
    let text = format!(
        "# METADATA\n# title: t\n# description: d\n# custom:\n#   id: {id}\n#   title_ja: 題\n#   severity: high\n\
         #   trigger: change\n#   resource_types: [AWS::DynamoDB::Table]\n#   remediation: r\n\
         package test.{id}\n\n{rules}\n"
    );
    std::fs::write(folder.join(format!("{id}.rego")), text).unwrap();
}

#[tokio::test]
async fn a_policy_that_fails_beside_one_that_works_never_becomes_compliant() {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("pack");
    std::fs::create_dir(&pack).unwrap();
    write_policy(&pack, "fails", "deny contains \"x\" if to_number(input.resourceId) > 1");
    write_policy(&pack, "denies", "deny contains \"denied\" if input.awsRegion == \"us-east-1\"");
    let rig = Rig::with(&[("SEKISHO_POLICIES", folder.path().to_str().unwrap())]).await;
    // The one that works denies: that is told, and the failure as well.
    let answer = rig.change(policy("pack"), &table("us-east-1", "ENABLED")).await;
    assert!(answer.error().unwrap().contains("policy fails failed on"), "{answer:?}");
    assert_eq!(answer.0["errorType"], "Sekisho.Policy");
    assert_eq!(rig.compliance(), ["NON_COMPLIANT"]);
    assert_eq!(rig.stored()[0].annotation.as_deref(), Some("[denies] denied"));
    // It passes: nothing may be told, because the other might have denied.
    rig.config.delete_rule("r");
    let token = rig.config.register_rule("r2");
    let event = change_event("r2", &token, &policy("pack"), &table("ap-northeast-1", "ENABLED"));
    assert!(rig.function.invoke(&event).await.error().is_some());
    assert_eq!(rig.config.compliance("r2"), []);
    // Alone it reports as ever.
    let event = change_event("r2", &token, &policy("denies"), &table("ap-northeast-1", "ENABLED"));
    assert_eq!(rig.function.invoke(&event).await.error(), None);
    assert_eq!(rig.config.compliance("r2")[0].compliance, "COMPLIANT");
}

#[tokio::test]
async fn a_policy_that_cannot_be_loaded_fails_its_own_rules_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    write_policy(folder.path(), "broken", "deny contains \"x\" if {");
    write_policy(folder.path(), "good", "deny contains \"found\"");
    let rig = Rig::with(&[("SEKISHO_POLICIES", folder.path().to_str().unwrap())]).await;
    let answer = rig.change(policy("broken"), &table("ap-northeast-1", "ENABLED")).await;
    let error = answer.error().unwrap();
    assert!(error.contains("broken.rego:14:1") && error.contains("cannot be used"), "{error}");
    assert_eq!(rig.change(policy("good"), &table("ap-northeast-1", "ENABLED")).await.error(), None);
    assert_eq!(rig.compliance(), ["NON_COMPLIANT"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_rule_or_an_event_is_said() {
    let rig = Rig::new().await;
    let item = table("ap-northeast-1", "ENABLED");
    for (parameters, says) in [
        (json!({}), "no policy is named"),
        (policy("no-such-policy"), "no policy and no pack is called \"no-such-policy\""),
        (
            json!({"policy": "rds-backup-retention", "minDays": "many"}),
            "minDays: is \"many\", expected integer",
        ),
        (json!({"policy": "rds-backup-retention", "minDayz": "7"}), "minDayz: is not a parameter"),
    ] {
        let answer = rig.change(parameters.clone(), &item).await;
        let error = answer.error().unwrap_or_else(|| panic!("{parameters}: {answer:?}"));
        assert!(error.contains(says), "{parameters}: {error}");
        assert_eq!(answer.0["errorType"], "Sekisho.RuleParameters");
    }
    let event = change_event("r", &rig.token, &policy("dynamodb-pitr"), &item);
    let broken = |field: &str, value: Value| {
        let mut event = event.clone();
        event[field] = value;
        event.to_string()
    };
    let unknown = json!({"messageType": "ComplianceChangeNotification"});
    for (body, says) in [
        (json!({"hello": 1}).to_string(), "invokingEvent: is missing"),
        (json!([1]).to_string(), "expected the event of an AWS Config rule"),
        (broken("invokingEvent", "{".into()), "not JSON"),
        (
            broken("invokingEvent", unknown.to_string().into()),
            "messageType: is \"ComplianceChangeNotification\", expected ConfigurationItemChangeNotification",
        ),
        (broken("resultToken", Value::Null), "resultToken"),
        (broken("ruleParameters", "[]".into()), "ruleParameters"),
    ] {
        let answer = rig.function.invoke_raw(body.clone()).await;
        let error = answer.error().unwrap_or_else(|| panic!("{body}: {answer:?}"));
        assert!(error.contains(says), "{body}: {error}");
    }
    assert!(rig.function.invoke_raw("not json".into()).await.error().is_some());
    assert_eq!(rig.config.requests(), [], "nothing was told");
    // The function lives on.
    assert_eq!(rig.change(policy("dynamodb-pitr"), &item).await.error(), None);
}

#[tokio::test]
async fn a_pack_triggered_by_changes_is_not_asked_for_what_its_periodic_policies_require() {
    // Of the pack only these, so that the schedule asks AWS for nothing else.
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("medical-jp");
    let libraries = folder.path().join("lib");
    std::fs::create_dir(&pack).unwrap();
    std::fs::create_dir(&libraries).unwrap();
    let policies = root().join("policies");
    for file in ["residency-resource-region.rego", "iam-retired-user-removed.rego"] {
        std::fs::copy(policies.join("medical-jp").join(file), pack.join(file)).unwrap();
    }
    for file in std::fs::read_dir(policies.join("lib")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), libraries.join(file.file_name())).unwrap();
    }
    let rig = Rig::with(&[("SEKISHO_POLICIES", folder.path().to_str().unwrap())]).await;
    let answer = rig.change(policy("medical-jp"), &table("us-east-1", "ENABLED")).await;
    assert_eq!(answer.error(), None);
    assert_eq!(rig.compliance(), ["NON_COMPLIANT"]);
    let scheduled = scheduled_event("r", &rig.token, &policy("medical-jp"), "2026-11-23T01:00:00.000Z");
    let answer = rig.function.invoke(&scheduled).await;
    assert!(answer.error().unwrap().contains("rosterS3Uri: is missing"), "{answer:?}");
}

#[tokio::test]
async fn a_schedule_for_a_policy_of_changes_says_so() {
    let rig = Rig::new().await;
    let scheduled = scheduled_event("r", &rig.token, &policy("dynamodb-pitr"), "2026-11-23T01:00:00.000Z");
    let answer = rig.function.invoke(&scheduled).await;
    assert!(answer.error().unwrap().contains("no policy that judges on a schedule"), "{answer:?}");
    assert_eq!(rig.config.requests(), []);
}

#[tokio::test]
async fn a_long_list_of_reasons_is_cut_to_what_aws_config_takes() {
    let folder = tempfile::tempdir().unwrap();
    write_policy(
        folder.path(),
        "wordy",
        "deny contains sprintf(\"reason number %d, 長い理由\", [n]) if some n in numbers.range(1, 60)",
    );
    let rig = Rig::with(&[("SEKISHO_POLICIES", folder.path().to_str().unwrap())]).await;
    assert_eq!(rig.change(policy("wordy"), &table("ap-northeast-1", "ENABLED")).await.error(), None);
    let annotation = rig.stored()[0].annotation.clone().unwrap();
    assert!(annotation.encode_utf16().count() <= 256 && annotation.contains("… (+"), "{annotation}");
}
