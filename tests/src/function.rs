//! The function as Lambda runs it: the real `bootstrap` under AWS's Runtime Interface Emulator.

use std::process::{Command, Stdio};
use std::time::Duration;

use sekisho::replay::config_endpoint::ConfigEndpoint;
use serde_json::{Value, json};

use crate::moto::{ACCOUNT, REGION};
use crate::{Process, binary, environment, free_port, root, wait_until};

/// The function behind AWS's emulator of the Lambda runtime.
pub struct Function {
    _process: Process,
    url: String,
}

/// What an invocation gave.
#[derive(Debug)]
pub struct Answer(pub Value);

impl Answer {
    /// The function's error, if it failed.
    pub fn error(&self) -> Option<&str> {
        self.0.get("errorMessage").and_then(Value::as_str)
    }
}

/// The environment that every function of the tests has: no way to a real account.
pub fn environment_variables(config: &ConfigEndpoint, extra: &[(&str, &str)]) -> Vec<(String, String)> {
    let policies = root().join("policies").display().to_string();
    let closed = "http://127.0.0.1:9";
    let config_url = config.url();
    let mut variables: Vec<(String, String)> = [
        ("PATH", std::env::var("PATH").unwrap_or_default().as_str()),
        ("AWS_REGION", REGION),
        // The emulator gives every function the ARN of an account of its own.
        ("SEKISHO_ACCOUNT", ACCOUNT),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_ENDPOINT_URL", closed),
        ("AWS_ENDPOINT_URL_CONFIG_SERVICE", config_url.as_str()),
        ("SEKISHO_POLICIES", policies.as_str()),
        ("SEKISHO_LANGUAGE", "en"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    for (name, value) in extra {
        variables.retain(|(known, _)| known != name);
        variables.push(((*name).to_owned(), (*value).to_owned()));
    }
    variables
}

impl Function {
    /// Starts the emulator with the real binary. `extra` adds to or replaces the environment.
    pub async fn start(config: &ConfigEndpoint, extra: &[(&str, &str)]) -> Self {
        let (invoke, runtime) = (free_port(), free_port());
        let child = Command::new(environment("bin/aws-lambda-rie"))
            .args(["--runtime-interface-emulator-address", &format!("127.0.0.1:{invoke}")])
            .args(["--runtime-api-address", &format!("127.0.0.1:{runtime}")])
            .arg(binary("bootstrap"))
            .env_clear()
            .envs(environment_variables(config, extra))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the emulator starts");
        let process = Process(child);
        wait_until("the Runtime Interface Emulator", Duration::from_secs(30), || async {
            tokio::net::TcpStream::connect(("127.0.0.1", invoke)).await.is_ok()
        })
        .await;
        let url = format!("http://127.0.0.1:{invoke}/2015-03-31/functions/function/invocations");
        Self { _process: process, url }
    }

    /// Invokes it with `body`.
    pub async fn invoke_raw(&self, body: String) -> Answer {
        let client = reqwest::Client::builder().timeout(Duration::from_mins(2)).build().expect("a client");
        let answer = client.post(&self.url).body(body).send().await.expect("the emulator answers");
        let text = answer.text().await.expect("a body");
        Answer(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
    }

    /// Invokes it with `event`.
    pub async fn invoke(&self, event: &Value) -> Answer {
        self.invoke_raw(event.to_string()).await
    }
}

/// The event of a change of `item` for a rule.
pub fn change_event(rule: &str, token: &str, parameters: &Value, item: &Value) -> Value {
    event(
        rule,
        token,
        parameters,
        &json!({
            "configurationItem": item,
            "configurationItemDiff": null,
            "notificationCreationTime": "2026-11-23T01:00:01.000Z",
            "messageType": "ConfigurationItemChangeNotification",
            "recordVersion": "1.3",
        }),
    )
}

/// The event of a schedule.
pub fn scheduled_event(rule: &str, token: &str, parameters: &Value, created: &str) -> Value {
    event(
        rule,
        token,
        parameters,
        &json!({
            "awsAccountId": ACCOUNT,
            "notificationCreationTime": created,
            "messageType": "ScheduledNotification",
            "recordVersion": "1.0",
        }),
    )
}

/// An event of AWS Config around `invoking`.
pub fn event(rule: &str, token: &str, parameters: &Value, invoking: &Value) -> Value {
    json!({
        "version": "1.0",
        "invokingEvent": invoking.to_string(),
        "ruleParameters": parameters.to_string(),
        "resultToken": token,
        "eventLeftScope": false,
        "executionRoleArn": format!("arn:aws:iam::{ACCOUNT}:role/config"),
        "configRuleArn": format!("arn:aws:config:{REGION}:{ACCOUNT}:config-rule/config-rule-1"),
        "configRuleName": rule,
        "configRuleId": "config-rule-1",
        "accountId": ACCOUNT,
    })
}
