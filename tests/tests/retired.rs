//! People who left: the periodic policy over a roster in S3 and the users of IAM, both served by moto, through the real
//! `bootstrap` under AWS's Runtime Interface Emulator.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::process::Command;

use aws_sdk_iam::types::{StatusType, Tag};
use aws_sdk_s3::primitives::ByteStream;
use encoding_rs::SHIFT_JIS;
use sekisho::replay::config_endpoint::ConfigEndpoint;
use sekisho_tests::function::{Answer, Function, scheduled_event};
use sekisho_tests::moto::{ACCOUNT, Moto, REGION};
use sekisho_tests::paging::PagingIam;
use sekisho_tests::{environment, root};
use serde_json::{Value, json};

const BUCKET: &str = "hr-exports";
const KEY: &str = "staff.csv";

struct Rig {
    moto: Moto,
    config: ConfigEndpoint,
    iam: aws_sdk_iam::Client,
    s3: aws_sdk_s3::Client,
}

impl Rig {
    async fn new() -> Self {
        let moto = Moto::start().await;
        let sdk = moto.sdk().await;
        let iam = aws_sdk_iam::Client::new(&sdk);
        let s3 = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true).build();
        let s3 = aws_sdk_s3::Client::from_conf(s3);
        let place = aws_sdk_s3::types::CreateBucketConfiguration::builder()
            .location_constraint(REGION.into())
            .build();
        s3.create_bucket().bucket(BUCKET).create_bucket_configuration(place).send().await.unwrap();
        Self { moto, config: ConfigEndpoint::start().await.unwrap(), iam, s3 }
    }

    async fn roster(&self, bytes: Vec<u8>) {
        self.s3.put_object().bucket(BUCKET).key(KEY).body(ByteStream::from(bytes)).send().await.unwrap();
    }

    /// A user with that employee number; its id.
    async fn user(&self, name: &str, employee: &str, password: bool, key: Option<StatusType>) -> String {
        let tag = Tag::builder().key("EmployeeId").value(employee).build().unwrap();
        let user = self.iam.create_user().user_name(name).tags(tag).send().await.unwrap();
        if password {
            self.iam.create_login_profile().user_name(name).password("Correct-horse-9").send().await.unwrap();
        }
        if let Some(status) = key {
            let key = self.iam.create_access_key().user_name(name).send().await.unwrap();
            let id = key.access_key().unwrap().access_key_id().to_owned();
            self.iam
                .update_access_key()
                .user_name(name)
                .access_key_id(id)
                .status(status)
                .send()
                .await
                .unwrap();
        }
        user.user().unwrap().user_id().to_owned()
    }

    async fn run(&self, environment: &[(&str, &str)]) -> Answer {
        let mut variables = vec![("AWS_ENDPOINT_URL", self.moto.url.as_str())];
        variables.extend(environment);
        let function = Function::start(&self.config, &variables).await;
        let token = self.config.register_rule("retired");
        let parameters =
            json!({"policy": "iam-retired-user-removed", "rosterS3Uri": format!("s3://{BUCKET}/{KEY}")});
        let event = scheduled_event("retired", &token, &parameters, "2026-11-23T01:00:00.000Z");
        function.invoke(&event).await
    }

    /// What AWS Config has: id to compliance and annotation.
    fn stored(&self) -> BTreeMap<String, (String, String)> {
        let stored = self.config.compliance("retired").into_iter();
        stored.map(|e| (e.resource_id, (e.compliance, e.annotation.unwrap_or_default()))).collect()
    }
}

#[tokio::test]
async fn whoever_left_and_can_still_sign_in_is_found_by_a_roster_in_cp932() {
    let rig = Rig::new().await;
    let in_order = rig.user("u1", "000101", true, Some(StatusType::Active)).await;
    let password = rig.user("u2", "000102", true, None).await;
    let key = rig.user("u3", "000103", false, Some(StatusType::Active)).await;
    let disabled = rig.user("u4", "000104", false, Some(StatusType::Inactive)).await;
    let stranger = rig.user("u5", "999999", false, None).await;
    let text = "社員番号,氏名,在籍状況,退職日\r\n000101,髙橋①,在職中,\r\n０００１０２,﨑山,退職済み,令和8年3月31日\r\n\
                000103,山田,退職,R8.9.30\r\n000104,鈴木,退職,2026/3/31\r\n";
    let bytes = SHIFT_JIS.encode(text).0.into_owned();
    assert!(std::str::from_utf8(&bytes).is_err(), "the roster is not UTF-8");
    rig.roster(bytes).await;
    let answer = rig.run(&[]).await;
    assert_eq!(answer.error(), None);
    let stored = rig.stored();
    let compliance = |id: &str| stored.get(id).map(|(compliance, _)| compliance.as_str());
    assert_eq!(compliance(&in_order), Some("COMPLIANT"));
    assert_eq!(compliance(&password), Some("NON_COMPLIANT"));
    assert_eq!(compliance(&key), Some("NON_COMPLIANT"));
    assert_eq!(compliance(&disabled), Some("COMPLIANT"));
    assert_eq!(compliance(&stranger), None);
    assert_eq!(compliance(ACCOUNT), Some("COMPLIANT"));
    assert_eq!(
        stored[&password].1,
        "employee 000102 left on 2026-03-31 and can still sign in: console password"
    );
    assert!(stored[&key].1.contains("1 active access key"), "{stored:?}");
    assert!(!format!("{stored:?}").contains("﨑山"), "no names in annotations");
}

#[tokio::test]
async fn two_hundred_and_fifty_users_come_in_pages_and_go_out_in_batches() {
    let rig = Rig::new().await;
    let mut roster = "employee_id,status,retired_on\n".to_owned();
    let mut left = 0;
    for n in 0..250 {
        let gone = n % 10 == 0;
        left += usize::from(gone);
        rig.user(&format!("user{n:03}"), &format!("{n:06}"), gone, None).await;
        let state = if gone { "left,2026-03-31" } else { "active," };
        roster.extend([format!("{n:06},{state}\n")]);
    }
    rig.roster(roster.into_bytes()).await;
    let pages = PagingIam::start(&rig.moto.url).await;
    let answer = rig.run(&[("AWS_ENDPOINT_URL_IAM", pages.url.as_str())]).await;
    assert_eq!(answer.0, json!({"evaluations": 251}));
    assert_eq!(pages.pages(), 3);
    let sizes: Vec<usize> = rig.config.requests().iter().map(|request| request.evaluations).collect();
    assert_eq!(sizes, [100, 100, 51]);
    let stored = rig.stored();
    assert_eq!(stored.len(), 251);
    assert_eq!(stored.values().filter(|(compliance, _)| compliance == "NON_COMPLIANT").count(), left);
}

#[tokio::test]
async fn a_roster_that_cannot_be_trusted_is_a_finding_about_the_account() {
    let rig = Rig::new().await;
    let user = rig.user("u1", "1", true, None).await;
    for (roster, says) in [
        ("employee_id,status,retired_on\n1,active,\n2,left,2026/13/1\n", "line 3"),
        ("", "empty"),
        ("name,status\nx,active\n", "no column"),
    ] {
        rig.roster(roster.as_bytes().to_vec()).await;
        assert_eq!(rig.run(&[]).await.error(), None);
        let stored = rig.stored();
        assert_eq!(stored[ACCOUNT].0, "NON_COMPLIANT", "{roster}");
        assert!(stored[ACCOUNT].1.contains(says), "{roster}: {stored:?}");
        assert_ne!(
            stored.get(&user).map(|(compliance, _)| compliance.as_str()),
            Some("COMPLIANT"),
            "{roster}"
        );
    }
}

#[tokio::test]
async fn a_roster_that_is_not_there_is_an_error_that_says_what_to_do() {
    let rig = Rig::new().await;
    let answer = rig.run(&[]).await;
    let error = answer.error().unwrap();
    assert!(error.contains("the fact roster cannot be had") && error.contains("NoSuchKey"), "{error}");
    assert!(error.contains("put the roster there"), "{error}");
    assert!(rig.stored().is_empty(), "an account that could not be judged is not compliant");
}

/// The statements of the template's role as a deployment has them. moto compares resources for S3 only and knows
/// `*` elsewhere: what stands there is checked by the tests of the template.
fn role_statements() -> Vec<Value> {
    let output = Command::new(environment("bin/python"))
        .arg(root().join("tests/template/expand.py"))
        .args(["--resolved", "--name", &format!("RosterBucket={BUCKET}")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let template: Value = serde_json::from_slice(&output.stdout).unwrap();
    let policies = template["Resources"]["Role"]["Properties"]["Policies"].as_array().unwrap().clone();
    let statements =
        policies.iter().flat_map(|p| p["PolicyDocument"]["Statement"].as_array().unwrap().clone());
    statements
        .map(|mut statement| {
            if !statement["Resource"].to_string().contains("arn:aws:s3:") {
                statement["Resource"] = "*".into();
            }
            statement
        })
        .collect()
}

#[tokio::test]
async fn the_role_of_the_template_is_enough_and_every_part_of_it_is_needed() {
    let rig = Rig::new().await;
    let left = rig.user("u2", "2", true, Some(StatusType::Active)).await;
    rig.roster(b"employee_id,status,retired_on\n2,left,2026-03-31\n".to_vec()).await;
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]});
    rig.iam
        .create_role()
        .role_name("sekisho")
        .assume_role_policy_document(trust.to_string())
        .send()
        .await
        .unwrap();
    let sts = aws_sdk_sts::Client::new(&rig.moto.sdk().await);
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/sekisho");
    let assumed = sts.assume_role().role_arn(arn).role_session_name("test").send().await.unwrap();
    let credentials = assumed.credentials().unwrap().clone();
    let environment = [
        ("AWS_ACCESS_KEY_ID", credentials.access_key_id()),
        ("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key()),
        ("AWS_SESSION_TOKEN", credentials.session_token()),
    ];
    let statements = role_statements();
    let run_with = async |statements: Vec<&Value>| {
        let document = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        rig.moto.do_not_enforce().await;
        rig.iam
            .put_role_policy()
            .role_name("sekisho")
            .policy_name("p")
            .policy_document(document)
            .send()
            .await
            .unwrap();
        rig.moto.enforce().await;
        rig.run(&environment).await
    };
    assert_eq!(run_with(statements.iter().collect()).await.error(), None);
    assert_eq!(rig.stored()[&left].0, "NON_COMPLIANT");
    for (sid, permission) in
        [("ReadRoster", "s3:GetObject"), ("ListUsers", "iam:ListUsers"), ("ReadUsers", "iam:ListAccessKeys")]
    {
        let without: Vec<&Value> = statements.iter().filter(|statement| statement["Sid"] != sid).collect();
        assert_eq!(without.len(), statements.len() - 1, "{sid}");
        let answer = run_with(without).await;
        let error = answer.error().unwrap_or_else(|| panic!("{sid} is not needed: {answer:?}"));
        assert!(error.contains("AccessDenied") && error.contains(permission), "{sid}: {error}");
    }
}
