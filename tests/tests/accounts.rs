//! A rule in one account, the function in another: the role in between, by moto's STS, through the real `bootstrap`.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use aws_sdk_iam::config::Credentials;
use sekisho::replay::config_endpoint::ConfigEndpoint;
use sekisho_tests::function::{Answer, Function, scheduled_event};
use sekisho_tests::moto::{ACCOUNT, Moto};
use sekisho_tests::policies;
use serde_json::{Value, json};

/// The account of the rule; moto keeps accounts apart.
const MEMBER: &str = "210987654321";

struct Rig {
    moto: Moto,
    config: ConfigEndpoint,
    folder: tempfile::TempDir,
}

/// Judges the users that the account has.
fn users(folder: &Path) {
    policies::write(
        folder,
        "users",
        "periodic",
        "AWS::::Account, AWS::IAM::User",
        &["facts: {iam_users: {provider: iam-users}}"],
        r#"judged contains {"resourceType": "AWS::IAM::User", "resourceId": user.UserName} if some user in data.facts.iam_users

deny contains "no user" if count(data.facts.iam_users) == 0"#,
    );
}

impl Rig {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        users(folder.path());
        Self { moto: Moto::start().await, config: ConfigEndpoint::start().await.unwrap(), folder }
    }

    /// A user in the member account.
    async fn member_user(&self, name: &str) {
        let sts = aws_sdk_sts::Client::new(&self.moto.sdk().await);
        let role = format!("arn:aws:iam::{MEMBER}:role/anything");
        let answer = sts.assume_role().role_arn(role).role_session_name("test").send().await.unwrap();
        let given = answer.credentials.unwrap();
        let credentials = Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            Some(given.session_token),
            None,
            "test",
        );
        let iam = aws_sdk_iam::Client::new(&self.moto.sdk_as(credentials).await);
        iam.create_user().user_name(name).send().await.unwrap();
    }

    async fn run(&self, change: impl Fn(&mut Value), environment: &[(&str, &str)]) -> Answer {
        let policies = self.folder.path().display().to_string();
        let mut variables =
            vec![("AWS_ENDPOINT_URL", self.moto.url.as_str()), ("SEKISHO_POLICIES", policies.as_str())];
        variables.extend(environment);
        let function = Function::start(&self.config, &variables).await;
        let token = self.config.register_rule("r");
        let mut event = scheduled_event("r", &token, &json!({"policy": "users"}), "2026-11-23T01:00:00.000Z");
        event["accountId"] = MEMBER.into();
        event["executionRoleArn"] = format!("arn:aws:iam::{MEMBER}:role/config/recorder").into();
        event["invokingEvent"] = json!({
            "awsAccountId": MEMBER, "notificationCreationTime": "2026-11-23T01:00:00.000Z",
            "messageType": "ScheduledNotification", "recordVersion": "1.0"
        })
        .to_string()
        .into();
        change(&mut event);
        function.invoke(&event).await
    }

    fn judged(&self) -> Vec<String> {
        let mut ids: Vec<_> = self.config.compliance("r").into_iter().map(|e| e.resource_id).collect();
        ids.sort();
        ids
    }
}

#[tokio::test]
async fn the_role_of_the_event_is_assumed_where_the_rule_is_in_another_account() {
    let rig = Rig::new().await;
    rig.member_user("member-user").await;
    assert_eq!(rig.run(|_| {}, &[]).await.error(), None);
    assert_eq!(rig.judged(), [MEMBER, "member-user"]);
    let own = aws_sdk_iam::Client::new(&rig.moto.sdk().await);
    assert!(own.list_users().send().await.unwrap().users().is_empty(), "the accounts are apart");
}

#[tokio::test]
async fn the_role_of_the_parameters_comes_before_that_of_the_event() {
    let rig = Rig::new().await;
    rig.member_user("member-user").await;
    let named = |event: &mut Value| {
        event["executionRoleArn"] = Value::Null;
        event["ruleParameters"] =
            json!({"policy": "users", "executionRoleName": "audit/sekisho", "executionRoleExternalId": "x-1"})
                .to_string()
                .into();
    };
    assert_eq!(rig.run(named, &[]).await.error(), None);
    assert_eq!(rig.judged(), [MEMBER, "member-user"]);
}

#[tokio::test]
async fn a_rule_in_the_functions_own_account_assumes_nothing() {
    let rig = Rig::new().await;
    let own = |event: &mut Value| {
        event["accountId"] = ACCOUNT.into();
        event["executionRoleArn"] = format!(
            "arn:aws:iam::{ACCOUNT}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
        )
        .into();
    };
    assert_eq!(rig.run(own, &[]).await.error(), None);
    assert_eq!(rig.config.compliance("r")[0].annotation.as_deref(), Some("no user"));
}

#[tokio::test]
async fn the_service_linked_role_of_aws_config_is_never_assumed() {
    let rig = Rig::new().await;
    let linked =
        format!("arn:aws:iam::{MEMBER}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig");
    let answer = rig.run(|event| event["executionRoleArn"] = linked.clone().into(), &[]).await;
    let error = answer.error().unwrap();
    assert!(error.contains(&linked) && error.contains("rule parameter executionRoleName"), "{error}");
    assert_eq!(answer.0["errorType"], "Sekisho.Account");
    assert_eq!(rig.judged(), Vec::<String>::new());
}

#[tokio::test]
async fn a_role_that_may_not_be_assumed_says_which_lines_are_missing() {
    let rig = Rig::new().await;
    // A user that may do nothing.
    let iam = aws_sdk_iam::Client::new(&rig.moto.sdk().await);
    iam.create_user().user_name("nobody").send().await.unwrap();
    let key = iam.create_access_key().user_name("nobody").send().await.unwrap().access_key.unwrap();
    rig.moto.enforce().await;
    let answer = rig
        .run(
            |_| {},
            &[("AWS_ACCESS_KEY_ID", key.access_key_id()), ("AWS_SECRET_ACCESS_KEY", key.secret_access_key())],
        )
        .await;
    let error = answer.error().unwrap();
    for part in [
        "sts:AssumeRole arn:aws:iam::210987654321:role/config/recorder: AccessDenied",
        "The trust policy of arn:aws:iam::210987654321:role/config/recorder: {\"Effect\": \"Allow\"",
        "\"Resource\": \"arn:aws:iam::210987654321:role/config/recorder\"",
        "STS says the same where the role does not exist",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
}
