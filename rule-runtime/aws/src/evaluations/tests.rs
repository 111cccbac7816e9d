//! What AWS Config is asked, and what its refusals make of it.
#![allow(clippy::unwrap_used)]
use super::*;
use crate::fake::Fake;
use aws_config::retry::RetryConfig;
use jiff::Timestamp;
use std::sync::{Arc, Mutex};

fn evaluations(count: usize) -> Vec<Evaluation> {
    (0..count)
        .map(|n| Evaluation {
            resource: ResourceKey { resource_type: "AWS::S3::Bucket".into(), resource_id: n.to_string() },
            compliance: Compliance::Compliant,
            annotation: None,
            ordering_timestamp: Timestamp::UNIX_EPOCH,
        })
        .collect()
}

#[test]
fn batches_of_at_most_a_hundred_and_one_for_nothing() {
    let sizes = |count| batches(&evaluations(count)).map(<[_]>::len).collect::<Vec<_>>();
    assert_eq!(sizes(0), [0]);
    assert_eq!(sizes(100), [100]);
    assert_eq!(sizes(251), [100, 100, 51]);
}

#[test]
fn every_field_reaches_the_api() {
    let mut evaluation = evaluations(1).remove(0);
    evaluation.annotation = Some("why".into());
    evaluation.compliance = Compliance::NonCompliant;
    let api = to_api(&evaluation).unwrap();
    assert_eq!(api.compliance_resource_type(), "AWS::S3::Bucket");
    assert_eq!(api.compliance_resource_id(), "0");
    assert_eq!(api.compliance_type(), &ComplianceType::NonCompliant);
    assert_eq!(api.annotation(), Some("why"));
    assert_eq!(api.ordering_timestamp(), &DateTime::from_millis(0));
}

/// What AWS Config says to the n-th call, from 0.
async fn config(answers: impl Fn(usize) -> (u16, String) + Send + 'static) -> (Fake, Evaluations) {
    let mut call = 0;
    let fake = Fake::start(move |_, _| {
        call += 1;
        answers(call - 1)
    })
    .await;
    let evaluations = Evaluations::new(&fake.config);
    (fake, evaluations)
}

fn refusal(code: &str) -> (u16, String) {
    (400, format!("{{\"__type\": \"{code}\", \"message\": \"why\"}}"))
}

fn refused(ids: &[&str]) -> (u16, String) {
    let ids = ids.iter().map(|id| {
        format!(
            "{{\"ComplianceResourceType\": \"AWS::S3::Bucket\", \"ComplianceResourceId\": \"{id}\", \
             \"ComplianceType\": \"COMPLIANT\", \"OrderingTimestamp\": 0}}"
        )
    });
    (200, format!("{{\"FailedEvaluations\": [{}]}}", ids.collect::<Vec<_>>().join(",")))
}

#[tokio::test]
async fn an_empty_list_is_one_empty_call_and_testmode_is_told() {
    let (fake, config) = config(|_| (200, "{}".into())).await;
    assert_eq!(config.put("TESTMODE", &[]).await.unwrap(), PutReport::default());
    assert_eq!(fake.asked(), [r#"{"Evaluations":[],"ResultToken":"TESTMODE","TestMode":true}"#]);
    config.put("token", &evaluations(1)).await.unwrap();
    assert!(fake.asked()[1].contains(r#""TestMode":false"#), "{:?}", fake.asked());
}

#[tokio::test]
async fn what_is_refused_goes_out_once_more_and_alone() {
    let (fake, config) = config(|call| if call == 0 { refused(&["7"]) } else { (200, "{}".into()) }).await;
    let report = config.put("token", &evaluations(100)).await.unwrap();
    assert_eq!(report, PutReport { accepted: 100, rule_gone: false });
    assert_eq!(fake.asked().len(), 2);
    assert_eq!(fake.asked()[1].matches("ComplianceResourceId").count(), 1);
}

#[tokio::test]
async fn what_is_refused_again_is_named_and_the_other_batches_still_go_out() {
    let (fake, config) =
        config(|call| if call < 2 { refused(&["7", "8"]) } else { (200, "{}".into()) }).await;
    let error = config.put("token", &evaluations(101)).await.unwrap_err();
    assert_eq!(fake.asked().len(), 3);
    assert_eq!(
        error.to_string(),
        "AWS Config did not take 2 of 101 evaluations: in FailedEvaluations after a second try: \
         AWS::S3::Bucket 7, AWS::S3::Bucket 8"
    );
}

#[tokio::test]
async fn a_second_try_that_fails_says_why() {
    let (_fake, config) =
        config(|call| if call == 0 { refused(&["7"]) } else { refusal("ValidationException") }).await;
    let error = config.put("token", &evaluations(10)).await.unwrap_err().to_string();
    assert!(error.contains("1 of 10") && error.contains("AWS::S3::Bucket 7"), "{error}");
    assert!(error.contains("ValidationException: why"), "{error}");
}

/// Half of a batch is of a type that AWS Config does not know: the types are told apart with the first division.
#[tokio::test]
async fn an_unknown_type_does_not_cost_a_search_for_each_of_its_resources() {
    let fake = Fake::start(move |_, body: &str| {
        if body.contains("AWS::Made::Up") {
            refusal("InvalidParameterValueException")
        } else {
            (200, "{}".into())
        }
    })
    .await;
    let mut mixed = evaluations(100);
    for evaluation in mixed.iter_mut().step_by(2) {
        evaluation.resource.resource_type = "AWS::Made::Up".into();
    }
    let error = Evaluations::new(&fake.config).put("token", &mixed).await.unwrap_err();
    assert_eq!(error.missing(), 50);
    assert!(error.invalid.iter().all(|(resource, _)| resource.resource_type == "AWS::Made::Up"));
    let taken: Vec<_> = fake.asked().into_iter().filter(|body| !body.contains("AWS::Made::Up")).collect();
    assert_eq!(taken.len(), 1, "what is known goes out in one call");
    assert_eq!(taken[0].matches("ComplianceResourceId").count(), 50);
}

#[test]
fn a_division_keeps_types_together_and_loses_nobody() {
    for (types, expected) in [
        ("aaaa", [2, 2]),
        ("a", [0, 1]),
        ("ab", [1, 1]),
        ("abbb", [1, 3]),
        ("aaab", [3, 1]),
        ("abbbbc", [1, 5]),
        ("aabcab", [3, 3]),
    ] {
        let all: Vec<Evaluation> = types
            .chars()
            .zip(evaluations(types.len()))
            .map(|(kind, mut evaluation)| {
                evaluation.resource.resource_type = kind.into();
                evaluation
            })
            .collect();
        let [last, first] = divide(all.iter().collect()).map(|part| part.evaluations);
        assert_eq!([first.len(), last.len()], expected, "{types}");
        let mut ids: Vec<_> = first.iter().chain(&last).map(|e| e.resource.resource_id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), types.len(), "{types}");
    }
}

/// AWS Config refuses every call that has one of `bad`, as it does for a made-up resource type.
async fn refuses(bad: &'static [&'static str]) -> (Fake, Evaluations) {
    let fake = Fake::start(move |_, body: &str| {
        let has = |id: &&str| body.contains(&format!("\"ComplianceResourceId\":\"{id}\""));
        if bad.iter().any(has) { refusal("InvalidParameterValueException") } else { (200, "{}".into()) }
    })
    .await;
    let evaluations = Evaluations::new(&fake.config);
    (fake, evaluations)
}

#[tokio::test]
async fn an_evaluation_that_is_refused_does_not_take_the_others_of_its_batch_with_it() {
    let (fake, config) = refuses(&["7", "142"]).await;
    let error = config.put("token", &evaluations(250)).await.unwrap_err();
    let names: Vec<_> = error.invalid.iter().map(|(resource, _)| resource.resource_id.as_str()).collect();
    assert_eq!(names, ["7", "142"]);
    assert_eq!((error.missing(), error.lost), (2, 0));
    assert!(
        error.to_string().contains("AWS::S3::Bucket 7, AWS::S3::Bucket 142: config:PutEvaluations: Inv"),
        "{error}"
    );
    let asked = fake.asked();
    let arrived = (0..250).filter(|n| {
        let id = format!("\"ComplianceResourceId\":\"{n}\"");
        asked.iter().any(|body| {
            body.contains(&id)
                && !["7", "142"]
                    .iter()
                    .any(|bad| body.contains(&format!("\"ComplianceResourceId\":\"{bad}\"")))
        })
    });
    assert_eq!(arrived.count(), 248);
    assert!(asked.len() < 26, "{}", asked.len());
}

#[tokio::test]
async fn a_batch_of_which_all_is_refused_costs_a_bounded_number_of_calls() {
    let (fake, config) = config(|_| refusal("ValidationException")).await;
    let error = config.put("token", &evaluations(100)).await.unwrap_err();
    assert_eq!(error.missing(), 100);
    assert!(fake.asked().len() <= 2 * MOST_DIVISIONS + 1, "{}", fake.asked().len());
}

#[tokio::test]
async fn what_was_not_sent_before_the_deadline_is_counted() {
    let (fake, config) = config(|_| (200, "{}".into())).await;
    let error = config.put_within("token", &evaluations(250), Some(Instant::now())).await.unwrap_err();
    assert_eq!((error.left, fake.asked().len()), (250, 0));
    assert!(error.to_string().contains("250 were not sent"), "{error}");
    // A call takes longer than this.
    let soon = Some(Instant::now() + LEAST_TIME / 2);
    let error = config.put_within("token", &evaluations(250), soon).await.unwrap_err();
    assert_eq!((error.left, fake.asked().len()), (250, 0));
    let later = Some(Instant::now() + Duration::from_mins(1));
    assert_eq!(config.put_within("token", &evaluations(250), later).await.unwrap().accepted, 250);
}

#[tokio::test]
async fn an_invalid_token_or_a_role_without_permission_ends_it_and_the_token_is_not_repeated() {
    for (code, next) in
        [("InvalidResultTokenException", "evaluate the rule again"), ("AccessDeniedException", "add")]
    {
        let (fake, config) = config(move |_| refusal(code)).await;
        let error = config.put("the-token", &evaluations(250)).await.unwrap_err();
        assert_eq!((fake.asked().len(), error.lost), (1, 250));
        let text = format!("{error} {error:?}");
        assert!(text.contains(code) && text.contains(next) && !text.contains("the-token"), "{text}");
    }
}

#[tokio::test]
async fn a_rule_that_is_gone_is_no_error() {
    let (fake, config) = config(|_| refusal("NoSuchConfigRuleException")).await;
    let report = config.put("token", &evaluations(250)).await.unwrap();
    assert_eq!(report, PutReport { accepted: 0, rule_gone: true });
    assert_eq!(fake.asked().len(), 1);
}

/// A server that takes a call and does not answer: whether AWS Config has it nobody knows.
#[tokio::test]
async fn what_was_sent_and_not_answered_is_not_said_to_be_unsent() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let (fake, _) = config(|_| (200, "{}".into())).await;
    let retries =
        RetryConfig::standard().with_max_attempts(10).with_initial_backoff(Duration::from_millis(1));
    let config = fake.config.to_builder().endpoint_url(url).retry_config(retries).build();
    let config = Evaluations::new(&config);
    let deadline = Some(Instant::now() + LEAST_TIME * 3);
    let error = config.put_within("token", &evaluations(250), deadline).await.unwrap_err();
    assert_eq!((error.unanswered, error.left), (100, 150), "{error:?}");
    assert!(error.to_string().contains("100 were sent and not answered before"), "{error}");
}

/// More throttled calls than the SDK's own quota of retries has room for, among them many that are then refused.
#[tokio::test]
async fn ten_thousand_through_throttling_and_refusals_are_all_accounted_for() {
    let bad = |id: usize| id % 100 == 37;
    let mut call = 0;
    let taken = Arc::new(Mutex::new(Vec::new()));
    let store = Arc::clone(&taken);
    let fake = Fake::start(move |_, body: &str| {
        call += 1;
        if call % 3 == 0 {
            return refusal("ThrottlingException");
        }
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        let id = |one: &serde_json::Value| one["ComplianceResourceId"].as_str().unwrap().parse().unwrap();
        let ids: Vec<usize> = body["Evaluations"].as_array().unwrap().iter().map(id).collect();
        if ids.iter().copied().any(bad) {
            return refusal("InvalidParameterValueException");
        }
        store.lock().unwrap().extend(ids);
        (200, "{}".into())
    })
    .await;
    let retries = RetryConfig::standard().with_max_attempts(6).with_initial_backoff(Duration::from_millis(1));
    let config = Evaluations::new(&fake.config.to_builder().retry_config(retries).build());
    let error = config.put("token", &evaluations(10_000)).await.unwrap_err();
    let named: Vec<usize> =
        error.invalid.iter().map(|(resource, _)| resource.resource_id.parse().unwrap()).collect();
    assert!(named.len() == 100 && named.iter().copied().all(bad), "{error}");
    assert_eq!(error.missing(), 100);
    let mut taken = taken.lock().unwrap().clone();
    taken.sort_unstable();
    assert_eq!(taken, (0..10_000).filter(|id| !bad(*id)).collect::<Vec<_>>(), "each once");
}
