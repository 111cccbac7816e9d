//! What is refused: each limit from both sides, each error by AWS's name.

use aws_sdk_config::types::ComplianceType;
use serde_json::{Value, json};

use crate::rig::{
    PUT, RULE, Rig, TIME, annotated, broken, empty, error, evaluation, evaluation_at, missing, too_long,
    typed,
};

#[tokio::test]
async fn a_hundred_evaluations_are_taken_and_a_hundred_and_one_are_not() {
    let rig = Rig::start().await;
    let many = |count: usize| (0..count).map(|n| evaluation(&format!("t{n:03}"))).collect();
    assert_eq!(error(rig.put(many(101)).await), too_long("evaluations", 100));
    assert!(rig.stored().is_empty());
    rig.put(many(100)).await.unwrap();
    assert_eq!(rig.stored().len(), 100);
}

#[tokio::test]
async fn an_annotation_has_one_to_256_utf16_units() {
    let rig = Rig::start().await;
    let path = "evaluations.1.member.annotation";
    for long in ["x".repeat(257), "あ".repeat(257), "😀".repeat(128) + "x"] {
        assert_eq!(error(rig.put(vec![annotated(long)]).await), too_long(path, 256));
    }
    assert_eq!(error(rig.put(vec![annotated(String::new())]).await), empty(path));
    // One that is too long loses the whole call, as in AWS.
    let both = vec![evaluation("good"), annotated("x".repeat(257))];
    assert_eq!(error(rig.put(both).await), too_long("evaluations.2.member.annotation", 256));
    assert!(rig.stored().is_empty());
    for short in ["x".repeat(256), "あ".repeat(256), "😀".repeat(128)] {
        rig.put(vec![annotated(short.clone())]).await.unwrap();
        assert_eq!(rig.stored()[0].annotation.as_ref(), Some(&short));
    }
}

#[tokio::test]
async fn insufficient_data_is_refused_though_the_sdk_has_it() {
    let rig = Rig::start().await;
    let insufficient = evaluation_at(TIME, "t", ComplianceType::InsufficientData);
    let (name, message) = error(rig.put(vec![insufficient]).await);
    assert_eq!(name, "InvalidParameterValueException");
    assert!(message.contains("INSUFFICIENT_DATA"), "{message}");
    assert!(rig.stored().is_empty());
}

#[tokio::test]
async fn a_compliance_type_that_is_none_is_refused() {
    let rig = Rig::start().await;
    let values = "COMPLIANT, NON_COMPLIANT, NOT_APPLICABLE, INSUFFICIENT_DATA";
    let constraint = format!("Member must satisfy enum value set: [{values}]");
    let expected = broken("evaluations.1.member.complianceType", &constraint);
    for made_up in ["MAYBE", "compliant", "", &"X".repeat(300)] {
        assert_eq!(rig.refused_with("ComplianceType", Some(made_up.into())).await, expected);
    }
    rig.put(vec![evaluation_at(TIME, "t", ComplianceType::NotApplicable)]).await.unwrap();
    assert_eq!(rig.table()[0].1, "NOT_APPLICABLE");
}

#[tokio::test]
async fn the_resource_type_is_one_that_config_knows_or_a_custom_one() {
    let rig = Rig::start().await;
    let unknown = [
        "AWS::Account",
        "AWS::No::Such",
        "AWS::::Bucket",
        "Table",
        "A::::B",
        "aws::S3::Bucket",
        "A::B::C::D",
    ];
    for name in unknown {
        let (error, message) = error(rig.put(vec![typed(name)]).await);
        assert_eq!(error, "InvalidParameterValueException", "{name}");
        assert!(message.contains(name) && message.contains("Permitted values"), "{message}");
    }
    for known in ["AWS::::Account", "AWS::S3::Bucket", "AWS::IAM::User", "Acme::Server::Rack"] {
        rig.put(vec![typed(known)]).await.unwrap();
    }
    assert_eq!(rig.stored().len(), 4);
}

#[tokio::test]
async fn the_form_of_the_whole_call_is_checked_before_what_it_says() {
    let rig = Rig::start().await;
    let long = too_long("evaluations.2.member.annotation", 256);
    let insufficient = evaluation_at(TIME, "t", ComplianceType::InsufficientData);
    for first in [insufficient.clone(), typed("AWS::No::Such")] {
        assert_eq!(error(rig.put(vec![first, annotated("x".repeat(257))]).await), long);
    }
    let mut both = insufficient;
    both.annotation = Some("x".repeat(257));
    assert_eq!(error(rig.put(vec![both]).await), too_long("evaluations.1.member.annotation", 256));
}

#[tokio::test]
async fn members_that_are_missing_or_too_long_are_named() {
    let rig = Rig::start().await;
    let path = |member: &str| format!("evaluations.1.member.{member}");
    for (member, named) in [
        ("ComplianceResourceType", "complianceResourceType"),
        ("ComplianceResourceId", "complianceResourceId"),
        ("ComplianceType", "complianceType"),
        ("OrderingTimestamp", "orderingTimestamp"),
    ] {
        assert_eq!(rig.refused_with(member, None).await, missing(&path(named)));
        assert_eq!(rig.refused_with(member, Some(Value::Null)).await, missing(&path(named)));
    }
    let long_type = rig.refused_with("ComplianceResourceType", Some("x".repeat(257).into())).await;
    assert_eq!(long_type, too_long(&path("complianceResourceType"), 256));
    let no_type = rig.refused_with("ComplianceResourceType", Some("".into())).await;
    assert_eq!(no_type, empty(&path("complianceResourceType")));
    let long_id = rig.refused_with("ComplianceResourceId", Some("x".repeat(769).into())).await;
    assert_eq!(long_id, too_long(&path("complianceResourceId"), 768));
    let no_id = rig.refused_with("ComplianceResourceId", Some("".into())).await;
    assert_eq!(no_id, empty(&path("complianceResourceId")));
    rig.put(vec![evaluation(&"x".repeat(768))]).await.unwrap();
    assert_eq!(rig.stored().len(), 1);
}

#[tokio::test]
async fn a_token_that_was_not_given_out_is_invalid() {
    let rig = Rig::start().await;
    for wrong in ["wrong", "", "TESTMODE"] {
        let (name, _) = error(rig.put_as(wrong, false, vec![evaluation("t")]).await);
        assert_eq!(name, "InvalidResultTokenException");
    }
    assert_eq!(rig.refused(&json!({"Evaluations": []})).await, missing("resultToken"));
    assert_eq!(rig.refused(&json!({"ResultToken": null, "TestMode": true})).await, missing("resultToken"));
}

#[tokio::test]
async fn a_deleted_rule_is_said_to_be_gone() {
    let rig = Rig::start().await;
    rig.put(vec![evaluation("t")]).await.unwrap();
    rig.endpoint.delete_rule(RULE);
    let (name, message) = error(rig.put(vec![evaluation("t")]).await);
    assert_eq!(name, "NoSuchConfigRuleException");
    assert!(message.contains(RULE), "{message}");
    assert!(rig.stored().is_empty());
}

#[tokio::test]
async fn what_is_no_call_of_the_api_is_refused() {
    let rig = Rig::start().await;
    let token = rig.token.as_str();
    let wrong_types = [
        json!({"ResultToken": 1}),
        json!({"ResultToken": token, "TestMode": "true"}),
        json!({"ResultToken": token, "Evaluations": {}}),
        json!({"ResultToken": token, "Evaluations": ["COMPLIANT"]}),
        json!({"ResultToken": token, "Evaluations": [{"OrderingTimestamp": "2026-11-23T01:00:00Z"}]}),
        json!({"ResultToken": token, "Evaluations": [{"Annotation": ["a"]}]}),
        json!([null, token, null]),
        Value::Null,
    ];
    for body in wrong_types.iter().map(Value::to_string).chain(["{".into(), String::new()]) {
        let (status, header, answer) = rig.post(PUT, body.clone()).await;
        assert_eq!((status, header.as_deref()), (400, Some("SerializationException")), "{body}: {answer}");
    }
    for target in ["StarlingDoveService.DeleteConfigRule", "Other.PutEvaluations", ""] {
        let (status, header, answer) = rig.post(target, json!({}).to_string()).await;
        assert_eq!((status, header.as_deref()), (400, Some("UnknownOperationException")), "{answer}");
    }
}
