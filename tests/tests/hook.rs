//! A CloudFormation Lambda Hook through the real `bootstrap` under AWS's Runtime Interface Emulator.
#![allow(clippy::unwrap_used)]

use std::fs;

use sekisho::replay::config_endpoint::ConfigEndpoint;
use sekisho_tests::function::Function;
use sekisho_tests::root;
use serde_json::{Value, json};

/// A request of a hook, in the shape of the CloudFormation Hooks User Guide.
fn request(point: &str, resource_type: &str, properties: &Value) -> Value {
    json!({
        "clientRequestToken": "token-1",
        "awsAccountId": "123456789012",
        "stackId": "arn:aws:cloudformation:ap-northeast-1:123456789012:stack/karte/1",
        "changeSetId": "",
        "hookTypeName": "Example::Sekisho::Hook",
        "hookTypeVersion": "00000001",
        "hookModel": {"LambdaFunction": "arn:aws:lambda:ap-northeast-1:123456789012:function:sekisho"},
        "actionInvocationPoint": point,
        "requestData": {
            "targetName": resource_type,
            "targetType": resource_type,
            "targetLogicalId": "Patients",
            "targetModel": {"resourceProperties": properties, "previousResourceProperties": null},
        },
        "requestContext": {"invocation": 1, "callbackContext": null},
    })
}

fn create(resource_type: &str, properties: &Value) -> Value {
    request("CREATE_PRE_PROVISION", resource_type, properties)
}

struct Rig {
    config: ConfigEndpoint,
    function: Function,
}

impl Rig {
    async fn with(environment: &[(&str, &str)]) -> Self {
        let config = ConfigEndpoint::start().await.unwrap();
        let function = Function::start(&config, environment).await;
        Self { config, function }
    }

    async fn ask(&self, request: &Value) -> (String, String, String) {
        let answer = self.function.invoke(request).await;
        assert_eq!(answer.error(), None);
        let answer = answer.0;
        assert_eq!(answer["clientRequestToken"], "token-1", "{answer}");
        assert!(self.config.requests().is_empty(), "a hook tells AWS Config nothing");
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        (text("hookStatus"), text("errorCode"), text("message"))
    }
}

const TABLE: &str = "AWS::DynamoDB::Table";

#[tokio::test]
async fn a_violation_fails_the_hook_with_the_reason_and_all_else_lets_it_pass() {
    let rig = Rig::with(&[("SEKISHO_HOOK_POLICIES", "dynamodb-pitr,residency-resource-region")]).await;
    let off = rig.ask(&create(TABLE, &json!({"TableName": "patients"}))).await;
    let said = "[dynamodb-pitr] point-in-time recovery is off";
    assert_eq!(off, ("FAILED".into(), "NonCompliant".into(), said.into()));
    let on = json!({"TableName": "patients", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}});
    for point in ["CREATE_PRE_PROVISION", "UPDATE_PRE_PROVISION"] {
        let answer = rig.ask(&request(point, TABLE, &on)).await;
        assert_eq!(answer, ("SUCCESS".into(), String::new(), "2 of 2 policies: COMPLIANT".into()));
    }
    let gone = rig.ask(&request("DELETE_PRE_PROVISION", TABLE, &json!({}))).await;
    assert_eq!(gone.0, "SUCCESS", "{gone:?}");
    let unmapped = rig.ask(&create("AWS::SQS::Queue", &json!({}))).await;
    assert_eq!(unmapped.0, "SUCCESS", "{unmapped:?}");
    assert!(unmapped.2.contains("the mapping of AWS::SQS::Queue is not known"), "{unmapped:?}");
}

#[tokio::test]
async fn what_a_hook_cannot_know_is_said_and_stops_nothing() {
    let rig = Rig::with(&[("SEKISHO_HOOK_POLICIES", "s3-deny-insecure-transport,s3-versioning-lock")]).await;
    let properties = json!({"BucketName": "karte", "VersioningConfiguration": {"Status": "Enabled"}});
    let (status, code, message) = rig.ask(&create("AWS::S3::Bucket", &properties)).await;
    assert_eq!((status.as_str(), code.as_str()), ("SUCCESS", ""));
    assert!(message.starts_with("1 of 2 policies: COMPLIANT; [s3-deny-insecure-transport] "), "{message}");
    assert!(message.contains("policyText is not known before deployment"), "{message}");
}

#[tokio::test]
async fn parameters_of_the_hook_reach_the_policies_and_a_long_message_is_cut() {
    let parameters = json!({"ports": "22,3306", "minPrefixV4": "24"}).to_string();
    let rig = Rig::with(&[
        ("SEKISHO_HOOK_POLICIES", "no-open-admin-ports"),
        ("SEKISHO_HOOK_PARAMETERS", &parameters),
    ])
    .await;
    let rule = |number: usize| json!({"IpProtocol": "-1", "CidrIp": format!("198.{number}.0.0/17")});
    let (status, code, message) =
        rig.ask(&create("AWS::EC2::SecurityGroup", &json!({"SecurityGroupIngress": [rule(1)]}))).await;
    assert_eq!((status.as_str(), code.as_str()), ("FAILED", "NonCompliant"));
    assert_eq!(message, "[no-open-admin-ports] all traffic is open to 198.1.0.0/17 (22, 3306)");
    let many: Vec<Value> = (0..60).map(rule).collect();
    let (_, _, message) =
        rig.ask(&create("AWS::EC2::SecurityGroup", &json!({"SecurityGroupIngress": many}))).await;
    assert!(message.chars().count() <= 1024, "{message}");
    assert!(message.ends_with(" more)") && message.contains(" (+"), "{message}");
}

#[tokio::test]
async fn what_keeps_a_policy_from_judging_is_never_success() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["lib/decode.rego", "medical-jp/dynamodb-pitr.rego"] {
        let to = folder.path().join(file);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(root().join("policies").join(file), to).unwrap();
    }
    let policy = fs::read_to_string(root().join("policies/medical-jp/dynamodb-pitr.rego")).unwrap();
    let failing = policy
        .replace("id: dynamodb-pitr", "id: fails")
        .replace("package sekisho_policies.dynamodb_pitr", "package sekisho_policies.fails")
        .replace("\tstatus == null\n", "\tto_number(status) > 0\n");
    fs::write(folder.path().join("medical-jp/fails.rego"), failing).unwrap();
    let policies = folder.path().display().to_string();
    let on = json!({"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}});
    let rig = Rig::with(&[("SEKISHO_POLICIES", &policies)]).await;
    let (status, code, message) = rig.ask(&create(TABLE, &on)).await;
    assert_eq!((status.as_str(), code.as_str()), ("FAILED", "InternalFailure"), "{message}");
    assert!(message.contains("policy fails failed"), "{message}");
    // What is denied is a violation all the same.
    let (status, code, message) = rig.ask(&create(TABLE, &json!({}))).await;
    assert_eq!((status.as_str(), code.as_str()), ("FAILED", "NonCompliant"), "{message}");

    let unknown = Rig::with(&[("SEKISHO_HOOK_POLICIES", "dynamodb-pitr,nope")]).await;
    let (status, code, message) = unknown.ask(&create(TABLE, &on)).await;
    assert_eq!((status.as_str(), code.as_str()), ("FAILED", "InternalFailure"), "{message}");
    assert!(message.contains("\"nope\""), "{message}");

    let mut stack = create("STACK", &json!({}));
    stack["requestData"] = json!({
        "targetName": "STACK", "targetType": "STACK", "targetLogicalId": "karte", "payload": "https://example.com/t",
    });
    let (status, code, message) = unknown.ask(&stack).await;
    assert_eq!((status.as_str(), code.as_str()), ("FAILED", "InternalFailure"), "{message}");
    assert!(message.contains("name RESOURCE alone in its TargetOperations"), "{message}");
}
