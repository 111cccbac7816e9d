//! Faults between the real `bootstrap` and AWS Config, at the socket. For each: what AWS Config has afterwards is what it
//! should have, and the invocation fails exactly where something was lost.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use sekisho::replay::runtime_api::InvocationOutcome;
use sekisho_tests::faults::Fault;
use sekisho_tests::many::{Rig, expected};
use serde_json::json;

/// More than two batches, with the account.
const RESOURCES: usize = 250;
const LONG: Duration = Duration::from_mins(2);

/// The faults of the first requests are overcome within one invocation.
async fn overcome(script: impl Fn(usize) -> Fault + Send + Sync + 'static) {
    let mut rig = Rig::new(RESOURCES, script).await;
    let outcome = rig.run(LONG).await;
    assert_eq!(outcome, InvocationOutcome::Success(json!({"evaluations": RESOURCES + 1})));
    assert_eq!(rig.compliance(), expected(RESOURCES));
    assert!(rig.faults.requests() > 3, "there were faults");
}

#[tokio::test]
async fn a_burst_of_throttling_is_overcome() {
    overcome(|n| if n < 3 { Fault::Error(400, "ThrottlingException") } else { Fault::Pass }).await;
    overcome(|n| if n == 1 { Fault::Error(429, "TooManyRequestsException") } else { Fault::Pass }).await;
}

#[tokio::test]
async fn a_burst_of_server_errors_is_overcome() {
    overcome(|n| if (1..4).contains(&n) { Fault::Error(500, "InternalFailure") } else { Fault::Pass }).await;
}

#[tokio::test]
async fn a_connection_that_is_cut_before_or_in_the_middle_of_the_answer_is_overcome() {
    overcome(|n| if n == 0 { Fault::CutBefore } else { Fault::Pass }).await;
    // The first copy arrived, and the second changes nothing.
    overcome(|n| if n == 1 { Fault::CutAfter } else { Fault::Pass }).await;
}

#[tokio::test]
async fn an_answer_that_drips_is_waited_for() {
    let drip = Fault::Drip(Duration::from_millis(2));
    let mut rig = Rig::new(RESOURCES, move |n| if n == 0 { drip.clone() } else { Fault::Pass }).await;
    assert!(matches!(rig.run(LONG).await, InvocationOutcome::Success(_)));
    assert_eq!(rig.compliance(), expected(RESOURCES));
}

/// So slow that the whole answer would take longer than the function has.
#[tokio::test]
async fn an_answer_that_drips_for_ever_is_given_up_and_asked_for_again() {
    let drip = Fault::Drip(Duration::from_millis(250));
    let mut rig = Rig::new(RESOURCES, move |n| if n == 0 { drip.clone() } else { Fault::Pass }).await;
    assert!(matches!(rig.run(Duration::from_secs(9)).await, InvocationOutcome::Success(_)));
    assert_eq!(rig.compliance(), expected(RESOURCES));
    assert!(rig.faults.requests() > 3);
}

#[tokio::test]
async fn an_invocation_that_comes_twice_changes_nothing() {
    let mut rig = Rig::new(RESOURCES, |_| Fault::Pass).await;
    let first = rig.run(LONG).await;
    let stored = rig.config.compliance("r");
    assert_eq!(rig.run(LONG).await, first);
    assert_eq!(rig.config.compliance("r"), stored);
    assert_eq!(stored.len(), RESOURCES + 1);
}

#[tokio::test]
async fn an_answer_after_the_clients_patience_is_asked_for_again() {
    // With nine seconds in all, no attempt is given more than a third of what is left.
    let late = Fault::Late(Duration::from_secs(5));
    let mut rig = Rig::new(RESOURCES, move |n| if n == 0 { late.clone() } else { Fault::Pass }).await;
    assert!(matches!(rig.run(Duration::from_secs(9)).await, InvocationOutcome::Success(_)));
    assert_eq!(rig.compliance(), expected(RESOURCES));
    assert!(rig.faults.requests() > 4);
}

#[tokio::test]
async fn an_expired_credential_is_an_error_and_the_next_delivery_mends_it() {
    let mut rig =
        Rig::new(RESOURCES, |n| if n < 1 { Fault::Error(400, "ExpiredTokenException") } else { Fault::Pass })
            .await;
    let outcome = rig.run(LONG).await;
    assert!(outcome.to_string().contains("ExpiredTokenException"), "{outcome}");
    assert!(rig.compliance().len() < RESOURCES + 1);
    assert!(matches!(rig.run(LONG).await, InvocationOutcome::Success(_)));
    assert_eq!(rig.compliance(), expected(RESOURCES));
}

/// Two seconds, and an AWS Config that does not answer: the function says what is left before Lambda ends it.
#[tokio::test]
async fn a_deadline_of_two_seconds_is_met_with_what_was_left() {
    let late = Fault::Late(Duration::from_mins(1));
    let mut rig = Rig::new(RESOURCES, move |n| if n >= 1 { late.clone() } else { Fault::Pass }).await;
    let start = Instant::now();
    let outcome = rig.run(Duration::from_secs(2)).await;
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    let InvocationOutcome::Failed { error_type, error_message } = &outcome else { panic!("{outcome}") };
    assert_eq!(error_type, "Sekisho.PutEvaluations");
    assert!(error_message.contains("of 251 evaluations"), "{error_message}");
    assert!(error_message.contains("were not sent, because the function's time is up"), "{error_message}");
    assert!(rig.compliance().len() >= 100, "the first batch arrived");
}
