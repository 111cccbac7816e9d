//! Whatever happens in whatever order, AWS Config ends with the state that the last event of each resource implies: a
//! property, over the real `bootstrap`, with faults at the socket.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use sekisho::replay::bootstrap::{Bootstrap, BootstrapOptions};
use sekisho::replay::config_endpoint::ConfigEndpoint;
use sekisho::replay::runtime_api::{InvocationOutcome, RuntimeApi};
use sekisho_tests::binary;
use sekisho_tests::faults::{Fault, Faults};
use sekisho_tests::function::{change_event, environment_variables};
use serde_json::{Value, json};

/// How many sequences are tried.
const CASES: u32 = 48;
const RESOURCES: usize = 3;

/// What happens next.
#[derive(Debug, Clone)]
enum Happening {
    /// A resource changes.
    Change { resource: usize, compliant: bool },
    /// It is deleted.
    Delete(usize),
    /// It leaves the rule's scope.
    Leave(usize),
    /// An event of the past arrives once more, so many back.
    Again(usize),
    /// The next calls meet a fault.
    Fault(u8),
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let resource = 0..RESOURCES;
    let one = prop_oneof![
        4 => (resource.clone(), any::<bool>()).prop_map(|(resource, compliant)| Happening::Change { resource, compliant }),
        1 => resource.clone().prop_map(Happening::Delete),
        1 => resource.prop_map(Happening::Leave),
        2 => (0usize..6).prop_map(Happening::Again),
        2 => (0u8..5).prop_map(Happening::Fault),
    ];
    proptest::collection::vec(one, 1..14)
}

struct Rig {
    config: ConfigEndpoint,
    api: RuntimeApi,
    bootstrap: Bootstrap,
    /// What the next requests meet, the last first.
    next: Arc<Mutex<Vec<Fault>>>,
    _faults: Faults,
}

impl Rig {
    async fn new() -> Self {
        let config = ConfigEndpoint::start().await.unwrap();
        let next: Arc<Mutex<Vec<Fault>>> = Arc::default();
        let script = Arc::clone(&next);
        let faults =
            Faults::start(&config.url(), move |_| script.lock().unwrap().pop().unwrap_or(Fault::Pass)).await;
        let api = RuntimeApi::start().await.unwrap();
        let url = faults.url();
        let options = BootstrapOptions {
            path: Some(binary("bootstrap")),
            environment: environment_variables(&config, &[("AWS_ENDPOINT_URL_CONFIG_SERVICE", url.as_str())]),
            echo_log: false,
            inherit: false,
        };
        let bootstrap = Bootstrap::spawn(&options, &api).unwrap();
        Self { config, api, bootstrap, next, _faults: faults }
    }

    /// Delivers as Lambda does: an invocation that fails is tried again twice.
    async fn deliver(&mut self, event: &Value) -> bool {
        for _ in 0..3 {
            let outcome = self.api.invoke(event.clone(), Duration::from_mins(1), &mut self.bootstrap).await;
            if matches!(outcome, InvocationOutcome::Success(_)) {
                return true;
            }
        }
        false
    }
}

fn event(rule: &str, token: &str, resource: usize, second: usize, what: &Happening) -> (Value, &'static str) {
    let status = if matches!(what, Happening::Delete(_)) { "ResourceDeleted" } else { "OK" };
    let compliant = matches!(what, Happening::Change { compliant: true, .. });
    let pitr = if compliant { "ENABLED" } else { "DISABLED" };
    let item = json!({
        "resourceType": "AWS::DynamoDB::Table", "resourceId": format!("t{resource}"),
        "awsAccountId": "123456789012", "awsRegion": "ap-northeast-1", "configurationItemStatus": status,
        "configurationItemCaptureTime": format!("2026-11-23T01:{:02}:{:02}.000Z", second / 60, second % 60),
        "configuration": {"tableName": "t", "tableStatus": "ACTIVE"}, "tags": {}, "relationships": [],
        "supplementaryConfiguration": {"ContinuousBackupsDescription": {
            "continuousBackupsStatus": "ENABLED",
            "pointInTimeRecoveryDescription": {"pointInTimeRecoveryStatus": pitr}
        }}
    });
    let mut event = change_event(rule, token, &json!({"policy": "dynamodb-pitr"}), &item);
    event["eventLeftScope"] = matches!(what, Happening::Leave(_)).into();
    let expected = match what {
        Happening::Change { compliant: true, .. } => "COMPLIANT",
        Happening::Change { .. } => "NON_COMPLIANT",
        _ => "NOT_APPLICABLE",
    };
    (event, expected)
}

async fn run(rig: &mut Rig, rule: &str, happenings: &[Happening]) -> Result<(), TestCaseError> {
    let token = rig.config.register_rule(rule);
    let mut past: Vec<Value> = Vec::new();
    let mut should: BTreeMap<String, &str> = BTreeMap::new();
    for (second, what) in happenings.iter().enumerate() {
        match what {
            Happening::Fault(kind) => {
                let fault = match kind {
                    0 => Fault::Error(400, "ThrottlingException"),
                    1 => Fault::Error(500, "InternalFailure"),
                    2 => Fault::CutBefore,
                    3 => Fault::CutAfter,
                    _ => Fault::Error(400, "ExpiredTokenException"),
                };
                *rig.next.lock().unwrap() = vec![fault];
            }
            Happening::Again(back) => {
                if let Some(event) = past.iter().rev().nth(*back).cloned() {
                    prop_assert!(rig.deliver(&event).await, "an event that came again is lost");
                }
            }
            Happening::Change { resource, .. } | Happening::Delete(resource) | Happening::Leave(resource) => {
                let (event, expected) = event(rule, &token, *resource, second, what);
                should.insert(format!("t{resource}"), expected);
                prop_assert!(rig.deliver(&event).await, "an event is lost");
                past.push(event);
            }
        }
    }
    let stored = rig.config.compliance(rule);
    let is: BTreeMap<String, &str> =
        stored.iter().map(|found| (found.resource_id.clone(), found.compliance.as_str())).collect();
    prop_assert_eq!(is, should);
    Ok(())
}

#[test]
fn any_sequence_ends_in_what_the_last_event_of_each_resource_implies() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let rig = Mutex::new(runtime.block_on(Rig::new()));
    let number = std::sync::atomic::AtomicUsize::new(0);
    // The same sequences every time; a failing one is shrunk and printed.
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let rng = proptest::test_runner::TestRng::deterministic_rng(config.rng_algorithm);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let result = runner.run(&happenings(), |happenings| {
        let rule = format!("r{}", number.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        runtime.block_on(run(&mut rig.lock().unwrap(), &rule, &happenings))
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
