//! Faults between the real `bootstrap` and AWS Config, at the socket. For each: what AWS Config has afterwards is what it
//! should have, and the invocation fails exactly where something was lost.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sekisho::replay::bootstrap::{Bootstrap, BootstrapOptions};
use sekisho::replay::config_endpoint::ConfigEndpoint;
use sekisho::replay::runtime_api::{InvocationOutcome, RuntimeApi};
use sekisho_tests::faults::{Fault, Faults};
use sekisho_tests::function::{environment_variables, scheduled_event};
use sekisho_tests::{binary, policies};
use serde_json::json;

/// More than two batches, with the account.
const RESOURCES: usize = 250;
const LONG: Duration = Duration::from_mins(2);

struct Rig {
    config: ConfigEndpoint,
    faults: Faults,
    api: RuntimeApi,
    bootstrap: Bootstrap,
    token: String,
    _folder: tempfile::TempDir,
}

impl Rig {
    async fn new(resources: usize, script: impl Fn(usize) -> Fault + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        policies::write(
            folder.path(),
            "many",
            "periodic",
            "AWS::::Account, AWS::S3::Bucket",
            &[],
            &format!(
                r#"judged contains {{"resourceType": "AWS::S3::Bucket", "resourceId": sprintf("b%d", [n])}} if some n in numbers.range(1, {resources})

deny contains {{"msg": "odd", "resource": {{"resourceType": "AWS::S3::Bucket", "resourceId": sprintf("b%d", [n])}}}} if {{
	some n in numbers.range(1, {resources})
	n % 2 == 1
}}"#
            ),
        );
        let config = ConfigEndpoint::start().await.unwrap();
        let faults = Faults::start(&config.url(), script).await;
        let api = RuntimeApi::start().await.unwrap();
        let policies = folder.path().display().to_string();
        let url = faults.url();
        let options = BootstrapOptions {
            path: Some(binary("bootstrap")),
            environment: environment_variables(
                &config,
                &[("SEKISHO_POLICIES", policies.as_str()), ("AWS_ENDPOINT_URL_CONFIG_SERVICE", url.as_str())],
            ),
            echo_log: false,
            inherit: false,
        };
        let bootstrap = Bootstrap::spawn(&options, &api).unwrap();
        let token = config.register_rule("r");
        Self { config, faults, api, bootstrap, token, _folder: folder }
    }

    async fn run(&mut self, limit: Duration) -> InvocationOutcome {
        let event = scheduled_event("r", &self.token, &json!({"policy": "many"}), "2026-11-23T01:00:00.000Z");
        self.api.invoke(event, limit, &mut self.bootstrap).await
    }

    fn compliance(&self) -> BTreeMap<String, String> {
        self.config.compliance("r").into_iter().map(|e| (e.resource_id, e.compliance)).collect()
    }
}

/// What AWS Config should have.
fn expected(resources: usize) -> BTreeMap<String, String> {
    let bucket =
        |n: usize| (format!("b{n}"), if n % 2 == 1 { "NON_COMPLIANT" } else { "COMPLIANT" }.to_owned());
    (1..=resources).map(bucket).chain([("123456789012".to_owned(), "COMPLIANT".to_owned())]).collect()
}

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

/// 10,000 evaluations, every third call throttled, one evaluation in a hundred refused.
#[tokio::test]
async fn ten_thousand_evaluations_are_all_accounted_for() {
    const MANY: usize = 9_999;
    let mut rig = Rig::new(MANY, |_| Fault::Pass).await;
    rig.config.throttle_every(3);
    let refused: Vec<String> = (1..=MANY).filter(|n| n % 100 == 0).map(|n| format!("b{n}")).collect();
    refused.iter().for_each(|id| rig.config.fail_evaluation(id, None));
    let outcome = rig.run(Duration::from_mins(10)).await;
    let InvocationOutcome::Failed { error_message, .. } = &outcome else { panic!("{outcome}") };
    assert!(error_message.contains(&format!("did not take {} of 10000", refused.len())), "{error_message}");
    let named = |id: &String| {
        error_message.contains(&format!("AWS::S3::Bucket {id},")) || error_message.ends_with(id)
    };
    let unnamed: Vec<_> = refused.iter().filter(|id| !named(id)).collect();
    assert!(unnamed.is_empty(), "{unnamed:?}: {error_message}");
    let mut should = expected(MANY);
    refused.iter().for_each(|id| drop(should.remove(id)));
    assert_eq!(rig.compliance(), should);
    assert_eq!(rig.compliance().len() + refused.len(), 10_000);
    // Each was taken once: what was throttled or refused was not taken.
    let taken: usize = rig
        .config
        .requests()
        .iter()
        .filter(|request| request.error.is_none())
        .map(|request| request.evaluations - request.failed)
        .sum();
    assert_eq!(taken + refused.len(), 10_000);
    assert!(rig.config.requests().iter().any(|request| request.error.is_some()), "there was throttling");
}
