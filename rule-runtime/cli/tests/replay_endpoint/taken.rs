//! What is taken, what is stored of it, and how the endpoint fails when told to.

use std::time::Duration;

use aws_sdk_config::config::retry::RetryConfig;
use aws_sdk_config::primitives::DateTime;
use aws_sdk_config::types::ComplianceType;
use sekisho::replay::config_endpoint::StoredEvaluation;
use serde_json::json;

use crate::rig::{PUT, RULE, Rig, TIME, TYPE, annotated, client, error, evaluation, evaluation_at};

#[tokio::test]
async fn what_is_taken_is_stored_by_resource() {
    let rig = Rig::start().await;
    let mut denied = evaluation_at(TIME, "b", ComplianceType::NonCompliant);
    denied.annotation = Some("PITRが無効です".into());
    let failed = rig.put(vec![denied, evaluation("a")]).await.unwrap();
    assert!(failed.is_empty());
    let compliant = StoredEvaluation {
        resource_type: TYPE.into(),
        resource_id: "a".into(),
        compliance: "COMPLIANT".into(),
        annotation: None,
        ordering_timestamp: 1_795_395_600.0,
    };
    let denied = StoredEvaluation {
        resource_id: "b".into(),
        compliance: "NON_COMPLIANT".into(),
        annotation: Some("PITRが無効です".into()),
        ..compliant.clone()
    };
    assert_eq!(rig.stored(), [compliant, denied]);
}

#[tokio::test]
async fn an_empty_list_is_taken() {
    let rig = Rig::start().await;
    assert!(rig.put(Vec::new()).await.unwrap().is_empty());
    let (status, _, answer) = rig.post(PUT, json!({"ResultToken": rig.token}).to_string()).await;
    assert_eq!((status, answer), (200, json!({"FailedEvaluations": []})));
}

#[tokio::test]
async fn test_mode_takes_any_token_checks_the_rest_and_stores_nothing() {
    let rig = Rig::start().await;
    assert!(rig.put_as("TESTMODE", true, vec![evaluation("t")]).await.unwrap().is_empty());
    assert!(rig.put_as(&rig.token, true, vec![evaluation("t")]).await.unwrap().is_empty());
    let long = rig.put_as("TESTMODE", true, vec![annotated("x".repeat(257))]).await;
    assert_eq!(error(long).0, "ValidationException");
    assert!(rig.stored().is_empty());
    let test_modes: Vec<bool> = rig.endpoint.requests().iter().map(|request| request.test_mode).collect();
    assert_eq!(test_modes, [true, true, true]);
}

#[tokio::test]
async fn an_older_result_does_not_replace_a_newer_one() {
    let rig = Rig::start().await;
    let mut seen = Vec::new();
    for (seconds, compliance) in [
        (TIME, ComplianceType::NonCompliant),
        (TIME - 1, ComplianceType::Compliant),
        (TIME, ComplianceType::NotApplicable),
        (TIME + 1, ComplianceType::Compliant),
    ] {
        rig.put(vec![evaluation_at(seconds, "t", compliance)]).await.unwrap();
        seen.push(rig.table()[0].1.clone());
    }
    assert_eq!(seen, ["NON_COMPLIANT", "NON_COMPLIANT", "NOT_APPLICABLE", "COMPLIANT"]);
}

#[tokio::test]
async fn milliseconds_decide_which_result_is_older() {
    let rig = Rig::start().await;
    let at = |millis: i64, compliance| {
        let mut evaluation = evaluation_at(TIME, "t", compliance);
        evaluation.ordering_timestamp = DateTime::from_millis(TIME * 1000 + millis);
        evaluation
    };
    rig.put(vec![at(2, ComplianceType::NonCompliant)]).await.unwrap();
    rig.put(vec![at(1, ComplianceType::Compliant)]).await.unwrap();
    assert_eq!(rig.table()[0].1, "NON_COMPLIANT");
}

#[tokio::test]
async fn failed_evaluations_come_back_as_they_were_sent_and_the_others_are_stored() {
    let rig = Rig::start().await;
    rig.endpoint.fail_evaluation("once", Some(1));
    rig.endpoint.fail_evaluation("always", None);
    let mut once = evaluation_at(TIME, "once", ComplianceType::NonCompliant);
    once.annotation = Some("a reason".into());
    let all = vec![once.clone(), evaluation("good"), evaluation("always")];
    assert_eq!(rig.put(all).await.unwrap(), [once.clone(), evaluation("always")]);
    assert_eq!(rig.table(), [("good".to_owned(), "COMPLIANT".to_owned())]);
    assert_eq!(rig.put(vec![once, evaluation("always")]).await.unwrap(), [evaluation("always")]);
    assert_eq!(rig.table().len(), 2);
    let failed: Vec<usize> = rig.endpoint.requests().iter().map(|request| request.failed).collect();
    assert_eq!(failed, [2, 1]);
}

#[tokio::test]
async fn throttling_is_what_the_sdk_tries_again() {
    let rig = Rig::start().await;
    rig.endpoint.throttle(1);
    assert_eq!(error(rig.put(vec![evaluation("t")]).await).0, "ThrottlingException");
    rig.endpoint.throttle(1);
    let patient =
        client(&rig.endpoint, RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)));
    patient.put_evaluations().result_token(&rig.token).evaluations(evaluation("t")).send().await.unwrap();
    assert_eq!(rig.stored().len(), 1);
    let requests = rig.endpoint.requests();
    let names: Vec<_> =
        requests.iter().map(|request| request.error.as_ref().map(|error| error.name)).collect();
    assert_eq!(names, [Some("ThrottlingException"), Some("ThrottlingException"), None]);
}

#[tokio::test]
async fn every_call_is_remembered() {
    let rig = Rig::start().await;
    rig.put(vec![evaluation("a"), evaluation("b")]).await.unwrap();
    assert!(rig.put((0..101).map(|n| evaluation(&n.to_string())).collect()).await.is_err());
    let requests = rig.endpoint.requests();
    let seen: Vec<_> = requests.iter().map(|request| (request.evaluations, request.test_mode)).collect();
    assert_eq!(seen, [(2, false), (101, false)]);
    assert_eq!(requests[0].error, None);
    assert_eq!(requests[1].error.as_ref().unwrap().name, "ValidationException");
}

#[tokio::test]
async fn a_rules_tokens_are_its_own_and_all_stay_valid() {
    let rig = Rig::start().await;
    let (second, other) = (rig.endpoint.register_rule(RULE), rig.endpoint.register_rule("other"));
    assert!(rig.token != second && second != other);
    for (token, id) in [(&second, "a"), (&rig.token, "b"), (&other, "c")] {
        rig.put_as(token, false, vec![evaluation(id)]).await.unwrap();
    }
    assert_eq!(rig.stored().len(), 2);
    assert_eq!(rig.endpoint.compliance("other").len(), 1);
}
