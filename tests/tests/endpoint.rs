//! The AWS Config endpoint of replay refuses what AWS refuses, with AWS's own error names, over real HTTP.
#![allow(clippy::unwrap_used)]

use sekisho::replay::config_endpoint::ConfigEndpoint;
use serde_json::{Value, json};

fn evaluation(id: &str) -> Value {
    json!({
        "ComplianceResourceType": "AWS::S3::Bucket", "ComplianceResourceId": id, "ComplianceType": "COMPLIANT",
        "OrderingTimestamp": 1_763_859_600.0
    })
}

fn with(field: &str, value: Value) -> Value {
    let mut evaluation = evaluation("b");
    evaluation[field] = value;
    evaluation
}

fn without(field: &str) -> Value {
    let mut evaluation = evaluation("b");
    evaluation.as_object_mut().unwrap().remove(field);
    evaluation
}

/// AWS's name of the error, or the answer.
async fn send(endpoint: &ConfigEndpoint, target: &str, body: String) -> Result<Value, (String, String)> {
    let answer = reqwest::Client::new()
        .post(endpoint.url())
        .header("x-amz-target", format!("StarlingDoveService.{target}"))
        .header("content-type", "application/x-amz-json-1.1")
        .body(body)
        .send()
        .await
        .unwrap();
    let status = answer.status().as_u16();
    let header = answer.headers().get("x-amzn-errortype").map(|value| value.to_str().unwrap().to_owned());
    let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    match header {
        None => {
            assert_eq!(status, 200, "{body}");
            Ok(body)
        }
        Some(name) => {
            assert_eq!((status, body["__type"].as_str()), (400, Some(name.as_str())), "{body}");
            Err((name, body["message"].as_str().unwrap().to_owned()))
        }
    }
}

async fn put(
    endpoint: &ConfigEndpoint,
    token: &str,
    evaluations: &[Value],
) -> Result<Value, (String, String)> {
    let body = json!({"ResultToken": token, "Evaluations": evaluations}).to_string();
    send(endpoint, "PutEvaluations", body).await
}

#[tokio::test]
async fn what_aws_refuses_is_refused_with_its_name_and_nothing_is_stored() {
    let endpoint = ConfigEndpoint::start().await.unwrap();
    let token = endpoint.register_rule("r");
    let many: Vec<Value> = (0..101).map(|n| evaluation(&n.to_string())).collect();
    let emoji = "😀".repeat(129);
    for (evaluations, name, says) in [
        (many, "ValidationException", "length less than or equal to 100"),
        (
            vec![with("Annotation", "x".repeat(257).into())],
            "ValidationException",
            "length less than or equal to 256",
        ),
        (vec![with("Annotation", emoji.into())], "ValidationException", "length less than or equal to 256"),
        (vec![with("Annotation", "".into())], "ValidationException", "length greater than or equal to 1"),
        (
            vec![with("ComplianceType", "INSUFFICIENT_DATA".into())],
            "InvalidParameterValueException",
            "INSUFFICIENT_DATA",
        ),
        (vec![with("ComplianceType", "MAYBE".into())], "ValidationException", "enum value set"),
        (
            vec![with("ComplianceResourceType", "AWS::No::Such".into())],
            "InvalidParameterValueException",
            "AWS::No::Such",
        ),
        (
            vec![with("ComplianceResourceType", "AWS::Account".into())],
            "InvalidParameterValueException",
            "AWS::Account",
        ),
        (vec![with("ComplianceResourceId", "x".repeat(769).into())], "ValidationException", "768"),
        (vec![without("OrderingTimestamp")], "ValidationException", "orderingTimestamp"),
        (vec![without("ComplianceResourceId")], "ValidationException", "complianceResourceId"),
        (vec![with("OrderingTimestamp", "now".into())], "SerializationException", ""),
        // One bad evaluation takes the whole call with it.
        (
            vec![evaluation("good"), with("Annotation", "x".repeat(257).into())],
            "ValidationException",
            "evaluations.2.",
        ),
    ] {
        let (error, message) = put(&endpoint, &token, &evaluations).await.unwrap_err();
        assert_eq!(error, name, "{message}");
        assert!(message.contains(says), "{message}");
    }
    assert_eq!(endpoint.compliance("r"), []);
}

#[tokio::test]
async fn the_longest_and_the_most_that_aws_takes_are_taken() {
    let endpoint = ConfigEndpoint::start().await.unwrap();
    let token = endpoint.register_rule("r");
    let mut many: Vec<Value> = (0..99).map(|n| evaluation(&n.to_string())).collect();
    many.push(with("Annotation", "あ".repeat(256).into()));
    put(&endpoint, &token, &many).await.unwrap();
    assert_eq!(endpoint.compliance("r").len(), 100);
    for resource_type in ["AWS::::Account", "MyNamespace::Testing::WordPress"] {
        put(&endpoint, &token, &[with("ComplianceResourceType", resource_type.into())]).await.unwrap();
    }
    put(&endpoint, &token, &[]).await.unwrap();
}

#[tokio::test]
async fn tokens_rules_and_calls_that_aws_does_not_know() {
    let endpoint = ConfigEndpoint::start().await.unwrap();
    let token = endpoint.register_rule("r");
    let name = |answer: Result<Value, (String, String)>| answer.unwrap_err().0;
    assert_eq!(name(put(&endpoint, "wrong", &[evaluation("b")]).await), "InvalidResultTokenException");
    let no_token = json!({"Evaluations": []}).to_string();
    assert_eq!(name(send(&endpoint, "PutEvaluations", no_token).await), "ValidationException");
    assert_eq!(name(send(&endpoint, "PutEvaluations", "{".into()).await), "SerializationException");
    assert_eq!(name(send(&endpoint, "DescribeConfigRules", "{}".into()).await), "UnknownOperationException");
    endpoint.throttle(1);
    assert_eq!(name(put(&endpoint, &token, &[]).await), "ThrottlingException");
    put(&endpoint, &token, &[evaluation("b")]).await.unwrap();
    endpoint.delete_rule("r");
    assert_eq!(name(put(&endpoint, &token, &[evaluation("b")]).await), "NoSuchConfigRuleException");
}

#[tokio::test]
async fn test_mode_stores_nothing_and_an_older_evaluation_changes_nothing() {
    let endpoint = ConfigEndpoint::start().await.unwrap();
    let token = endpoint.register_rule("r");
    let test = json!({"ResultToken": "TESTMODE", "TestMode": true, "Evaluations": [evaluation("b")]});
    send(&endpoint, "PutEvaluations", test.to_string()).await.unwrap();
    assert_eq!(endpoint.compliance("r"), []);
    put(&endpoint, &token, &[evaluation("b")]).await.unwrap();
    let mut older = with("ComplianceType", "NON_COMPLIANT".into());
    older["OrderingTimestamp"] = json!(1_763_859_599.0);
    put(&endpoint, &token, &[older.clone()]).await.unwrap();
    assert_eq!(endpoint.compliance("r")[0].compliance, "COMPLIANT");
    older["OrderingTimestamp"] = json!(1_763_859_601.0);
    put(&endpoint, &token, &[older]).await.unwrap();
    assert_eq!(endpoint.compliance("r")[0].compliance, "NON_COMPLIANT");
}

#[tokio::test]
async fn evaluations_can_be_made_to_fail_so_many_times() {
    let endpoint = ConfigEndpoint::start().await.unwrap();
    let token = endpoint.register_rule("r");
    endpoint.fail_evaluation("bad", Some(1));
    let failed = put(&endpoint, &token, &[evaluation("good"), evaluation("bad")]).await.unwrap();
    assert_eq!(failed["FailedEvaluations"], json!([evaluation("bad")]));
    assert_eq!(endpoint.compliance("r").len(), 1);
    let again = put(&endpoint, &token, &[evaluation("bad")]).await.unwrap();
    assert_eq!(again["FailedEvaluations"], json!([]));
    assert_eq!(endpoint.compliance("r").len(), 2);
}
