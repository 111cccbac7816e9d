//! `sekisho doctor`: the steps of an invocation with the caller's credentials, telling AWS Config nothing.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::process::Command;

use sekisho::replay::config_endpoint::ConfigEndpoint;
use sekisho_tests::function::scheduled_event;
use sekisho_tests::moto::{ACCOUNT, Moto};
use sekisho_tests::{Output, binary, policies, sekisho_in};
use serde_json::{Value, json};

struct Rig {
    moto: Moto,
    config: ConfigEndpoint,
    folder: tempfile::TempDir,
}

impl Rig {
    async fn new() -> Self {
        let rig = Self {
            moto: Moto::start().await,
            config: ConfigEndpoint::start().await.unwrap(),
            folder: tempfile::tempdir().unwrap(),
        };
        policies::write(
            rig.folder.path(),
            "users",
            "periodic",
            "AWS::::Account",
            &["facts: {iam_users: {provider: iam-users}}"],
            "deny contains sprintf(\"user %s\", [user.UserName]) if some user in data.facts.iam_users",
        );
        rig
    }

    fn run(&self, event: &Value, more: &[&str]) -> Output {
        fs::write(self.folder.path().join("event.json"), event.to_string()).unwrap();
        let mut command = Command::new(binary("sekisho"));
        command
            .args(["doctor", "--rule-event", "event.json", "--policies", "."])
            .args(more)
            .current_dir(self.folder.path())
            .env_remove("SEKISHO_POLICIES")
            .env("AWS_ENDPOINT_URL", &self.moto.url)
            .env("AWS_ENDPOINT_URL_CONFIG_SERVICE", self.config.url())
            .env("AWS_REGION", "ap-northeast-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_EC2_METADATA_DISABLED", "true");
        let output = command.output().unwrap();
        Output {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

fn event() -> Value {
    scheduled_event("r", "token", &json!({"policy": "users"}), "2026-11-23T01:00:00.000Z")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_is_shown_and_aws_config_is_told_nothing() {
    let rig = Rig::new().await;
    let iam = aws_sdk_iam::Client::new(&rig.moto.sdk().await);
    iam.create_user().user_name("suzuki").send().await.unwrap();
    let output = rig.run(&event(), &["--record-facts", "facts.json"]);
    assert_eq!(output.code, 0, "{output:?}");
    for line in [
        "event      ScheduledNotification".to_owned(),
        "policies   users".to_owned(),
        format!("account    {ACCOUNT}"),
        "facts      iam_users".to_owned(),
        format!("NON_COMPLIANT\tAWS::::Account\t{ACCOUNT}\tuser suzuki"),
    ] {
        assert!(output.stdout.contains(&line), "{line}: {}", output.stdout);
    }
    assert!(output.stderr.contains("would be told 1 evaluation"), "{}", output.stderr);
    assert_eq!(rig.config.requests(), []);
    // What was recorded repeats the run without AWS.
    let facts: Value =
        serde_json::from_str(&fs::read_to_string(rig.folder.path().join("facts.json")).unwrap()).unwrap();
    assert_eq!(facts["facts"]["iam_users"][0]["UserName"], "suzuki");
    assert_eq!(facts["version"], 1);
    let account = json!({
        "resourceType": "AWS::::Account", "resourceId": ACCOUNT, "awsAccountId": ACCOUNT,
        "awsRegion": "ap-northeast-1", "configurationItemStatus": "OK",
        "configurationItemCaptureTime": "2026-11-23T01:00:00.000Z", "configuration": {},
    });
    fs::write(rig.folder.path().join("account.json"), account.to_string()).unwrap();
    for command in ["scan", "replay"] {
        let given = [command, "account.json", "--policies", ".", "--facts-file", "facts.json"];
        let again = sekisho_in(rig.folder.path(), &given);
        assert_eq!(again.code, 1, "{again:?}");
        assert!(again.stdout.contains("user suzuki"), "{again:?}");
        let without = sekisho_in(rig.folder.path(), &given[..4]);
        assert!(without.stderr.contains("it needs --facts iam_users=FILE"), "{without:?}");
        fs::write(rig.folder.path().join("old.json"), "{\"version\": 0}").unwrap();
        let old = sekisho_in(rig.folder.path(), &[&given[..5], &["old.json"]].concat());
        assert_eq!(old.code, 2);
        assert!(old.stderr.contains("version: is 0, this version reads 1"), "{old:?}");
    }
}

/// Two policies call different things by one name.
#[tokio::test(flavor = "multi_thread")]
async fn a_fact_that_two_policies_mean_differently_is_recorded_and_given_for_each() {
    let rig = Rig::new().await;
    policies::write(
        rig.folder.path(),
        "keys",
        "periodic",
        "AWS::::Account",
        &["facts: {iam_users: {provider: aws-api, service: iam, action: ListUsers}}"],
        "deny contains sprintf(\"%d keys\", [count(data.facts.iam_users.Users)])",
    );
    let iam = aws_sdk_iam::Client::new(&rig.moto.sdk().await);
    iam.create_user().user_name("suzuki").send().await.unwrap();
    let event = scheduled_event("r", "token", &json!({"policy": "users,keys"}), "2026-11-23T01:00:00.000Z");
    let output = rig.run(&event, &["--record-facts", "facts.json"]);
    assert_eq!(output.code, 0, "{output:?}");
    let facts: Value =
        serde_json::from_str(&fs::read_to_string(rig.folder.path().join("facts.json")).unwrap()).unwrap();
    let names: Vec<_> = facts["facts"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["keys/iam_users", "users/iam_users"]);
    let table = json!({
        "resourceType": "AWS::SNS::Topic", "resourceId": "t", "awsAccountId": ACCOUNT,
        "awsRegion": "ap-northeast-1", "configurationItemStatus": "OK",
        "configurationItemCaptureTime": "2026-11-23T01:00:00.000Z", "configuration": {},
    });
    fs::write(rig.folder.path().join("topic.json"), table.to_string()).unwrap();
    for command in ["scan", "replay"] {
        let given = [command, "topic.json", "--policies", ".", "--facts-file", "facts.json"];
        let again = sekisho_in(rig.folder.path(), &given);
        assert!(again.stdout.contains("user suzuki") && again.stdout.contains("1 keys"), "{again:?}");
        for policy in ["users", "keys"] {
            let file = rig.folder.path().join(format!("{policy}.json"));
            fs::write(file, facts["facts"][format!("{policy}/iam_users")].to_string()).unwrap();
        }
        let each = ["--facts", "users/iam_users=users.json", "--facts", "keys/iam_users=keys.json"];
        let each = sekisho_in(rig.folder.path(), &[&given[..4], &each].concat());
        assert!(each.stdout.contains("user suzuki") && each.stdout.contains("1 keys"), "{each:?}");
        let one = [&given[..4], &["--facts", "iam_users=facts.json"]].concat();
        let one = sekisho_in(rig.folder.path(), &one);
        assert_eq!(one.code, 2);
        let help = "say --facts keys/iam_users=FILE --facts users/iam_users=FILE";
        assert!(one.stderr.contains(help), "{one:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_shown_with_what_to_do() {
    let rig = Rig::new().await;
    let mut elsewhere = event();
    elsewhere["executionRoleArn"] =
        "arn:aws:iam::123456789012:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig".into();
    let output = rig.run(&elsewhere, &["--function-account", "210987654321"]);
    assert_eq!(output.code, 2);
    assert!(output.stderr.contains("name it in the rule parameter executionRoleName"), "{}", output.stderr);
    let output = rig.run(&json!({"hello": 1}), &[]);
    assert_eq!(output.code, 2);
    assert!(output.stderr.contains("invokingEvent: is missing"), "{}", output.stderr);
    assert!(output.stderr.contains("event.json"), "{}", output.stderr);
    let output = sekisho_in(rig.folder.path(), &["doctor", "--rule-event", "nowhere.json"]);
    assert_eq!(output.code, 2);
    assert!(output.stderr.contains("nowhere.json"), "{}", output.stderr);
}
