//! A function that judges many made-up resources, with faults between it and AWS Config.

use std::collections::BTreeMap;
use std::time::Duration;

use sekisho::replay::bootstrap::{Bootstrap, BootstrapOptions};
use sekisho::replay::config_endpoint::ConfigEndpoint;
use sekisho::replay::runtime_api::{InvocationOutcome, RuntimeApi};
use serde_json::json;

use crate::faults::{Fault, Faults};
use crate::function::{environment_variables, scheduled_event};
use crate::{binary, policies};

/// The function, AWS Config's stand-in, and faults between them.
pub struct Rig {
    /// AWS Config.
    pub config: ConfigEndpoint,
    /// What stands between.
    pub faults: Faults,
    api: RuntimeApi,
    bootstrap: Bootstrap,
    token: String,
    _folder: tempfile::TempDir,
}

impl Rig {
    /// A periodic policy that judges so many buckets, every odd one `NON_COMPLIANT`, and the account.
    pub async fn new(resources: usize, script: impl Fn(usize) -> Fault + Send + Sync + 'static) -> Self {
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

    /// One scheduled invocation of the rule `r`, with so much time.
    pub async fn run(&mut self, limit: Duration) -> InvocationOutcome {
        let event = scheduled_event("r", &self.token, &json!({"policy": "many"}), "2026-11-23T01:00:00.000Z");
        self.api.invoke(event, limit, &mut self.bootstrap).await
    }

    /// What AWS Config has, by resource id.
    pub fn compliance(&self) -> BTreeMap<String, String> {
        self.config.compliance("r").into_iter().map(|e| (e.resource_id, e.compliance)).collect()
    }
}

/// What AWS Config should have.
pub fn expected(resources: usize) -> BTreeMap<String, String> {
    let bucket =
        |n: usize| (format!("b{n}"), if n % 2 == 1 { "NON_COMPLIANT" } else { "COMPLIANT" }.to_owned());
    (1..=resources).map(bucket).chain([("123456789012".to_owned(), "COMPLIANT".to_owned())]).collect()
}
