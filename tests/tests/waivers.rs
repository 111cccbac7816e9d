//! Agreed exceptions work the same in the real `bootstrap` and in `scan`, `test` and `replay`.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use aws_sdk_s3::primitives::ByteStream;
use sekisho::replay::config_endpoint::ConfigEndpoint;
use sekisho_tests::function::{Function, change_event};
use sekisho_tests::moto::{Moto, REGION};
use sekisho_tests::{policies, root, sekisho_in};
use serde_json::{Value, json};

fn waiver(id: &str, approved: &str, expires: &str) -> String {
    format!(
        "- id: {id}\n  policy: never\n  scope: {{account: \"123456789012\", resource_id: b}}\n  reason_ja: 移行中\n  \
         reason_en: being moved\n  risk_owner: 情報システム部長\n  approver: {{name: 安全管理責任者, approved_on: {approved}}}\n  \
         compensating_control: 手動確認\n  expires_on: {expires}\n"
    )
}

/// A policy that denies every bucket, and beside it what is asked for.
fn folder(waivers: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let rules = "deny contains {\"msg\": \"denied\", \"msg_ja\": \"不可\"} if input.resourceId";
    policies::write(folder.path(), "never", "change", "AWS::S3::Bucket", &[], rules);
    fs::write(folder.path().join("waivers.yaml"), waivers).unwrap();
    fs::write(folder.path().join("b.json"), bucket("b").to_string()).unwrap();
    fs::write(folder.path().join("c.json"), bucket("c").to_string()).unwrap();
    folder
}

fn bucket(id: &str) -> Value {
    json!({
        "resourceType": "AWS::S3::Bucket", "resourceId": id, "awsAccountId": "123456789012", "awsRegion": REGION,
        "configurationItemStatus": "OK", "configurationItemCaptureTime": "2026-11-23T01:00:00.000Z", "tags": {},
        "relationships": [], "configuration": {"name": id}, "supplementaryConfiguration": {}
    })
}

/// Far in the past and far in the future of any day on which the test runs.
const HELD: (&str, &str) = ("2026-11-01", "2027-10-31");

async fn annotation(folder: &Path, extra: &[(&str, &str)], id: &str) -> (String, String, Option<String>) {
    let config = ConfigEndpoint::start().await.unwrap();
    let policies = folder.display().to_string();
    let facts = folder.join("facts.json");
    fs::write(&facts, json!({"version": 1, "now": "2026-11-23T01:00:00Z", "facts": {}}).to_string()).unwrap();
    let facts = facts.display().to_string();
    let mut variables = vec![
        ("SEKISHO_POLICIES", policies.as_str()),
        ("SEKISHO_FACTS_FILE", facts.as_str()),
        ("SEKISHO_LANGUAGE", "both"),
    ];
    variables.extend(extra);
    let function = Function::start(&config, &variables).await;
    let token = config.register_rule("r");
    let answer = function.invoke(&change_event("r", &token, &json!({"policy": "never"}), &bucket(id))).await;
    let stored = config.compliance("r").into_iter().next();
    let (compliance, annotation) =
        stored.map(|found| (found.compliance, found.annotation.unwrap_or_default())).unwrap_or_default();
    (compliance, annotation, answer.error().map(ToOwned::to_owned))
}

#[tokio::test]
async fn the_function_says_what_is_waived_and_until_when() {
    let folder = folder(&waiver("W-1", HELD.0, HELD.1));
    let (compliance, text, error) = annotation(folder.path(), &[], "b").await;
    assert_eq!((compliance.as_str(), error), ("NOT_APPLICABLE", None));
    assert_eq!(text, "[例外 W-1 2027-10-31まで / waived W-1 until 2027-10-31] 不可 / denied");
    let (compliance, text, _) = annotation(folder.path(), &[], "c").await;
    assert_eq!((compliance.as_str(), text.as_str()), ("NON_COMPLIANT", "不可 / denied"));
}

#[tokio::test]
async fn an_expired_waiver_counts_no_more_and_the_function_says_so() {
    let folder = folder(&waiver("W-1", "2026-01-01", "2026-11-22"));
    let (compliance, text, error) = annotation(folder.path(), &[], "b").await;
    assert_eq!((compliance.as_str(), error), ("NON_COMPLIANT", None));
    assert_eq!(text, "[例外 W-1 は2026-11-22に失効 / waiver W-1 expired 2026-11-22] 不可 / denied");
}

#[tokio::test]
async fn waivers_come_from_s3_and_where_they_cannot_be_read_nothing_is_waived() {
    let folder = folder("");
    let moto = Moto::start().await;
    let s3 = aws_sdk_s3::config::Builder::from(&moto.sdk().await).force_path_style(true).build();
    let s3 = aws_sdk_s3::Client::from_conf(s3);
    let place =
        aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint(REGION.into()).build();
    s3.create_bucket().bucket("register").create_bucket_configuration(place).send().await.unwrap();
    let environment =
        [("AWS_ENDPOINT_URL", moto.url.as_str()), ("SEKISHO_WAIVERS", "s3://register/waivers.yaml")];
    let (compliance, _, error) = annotation(folder.path(), &environment, "b").await;
    assert_eq!(compliance, "NON_COMPLIANT");
    assert!(
        error.as_ref().unwrap().contains("the waivers cannot be read")
            && error.unwrap().contains("NoSuchKey")
    );
    let body = ByteStream::from(waiver("W-2", HELD.0, HELD.1).into_bytes());
    s3.put_object().bucket("register").key("waivers.yaml").body(body).send().await.unwrap();
    let (compliance, text, error) = annotation(folder.path(), &environment, "b").await;
    assert_eq!((compliance.as_str(), error), ("NOT_APPLICABLE", None));
    assert!(text.contains("W-2"), "{text}");
}

#[test]
fn scan_shows_what_is_waived_and_reports_what_is_wrong() {
    let good = folder(&format!(
        "{}{}",
        waiver("W-1", HELD.0, HELD.1),
        waiver("W-9", HELD.0, HELD.1).replace("resource_id: b", "resource_id: z")
    ));
    let arguments = ["scan", ".", "--policies", ".", "--now", "2026-11-23T01:00:00Z", "--lang", "en"];
    let output = sekisho_in(good.path(), &arguments);
    assert_eq!(output.code, 1, "the other bucket counts: {output:?}");
    assert!(output.stdout.contains("[waived W-1 until 2027-10-31] denied"), "{}", output.stdout);
    assert!(output.stderr.contains("waiver W-9 was for nothing"), "{}", output.stderr);
    assert!(
        output.stderr.contains("1 NON_COMPLIANT") && output.stderr.contains("1 NOT_APPLICABLE"),
        "{}",
        output.stderr
    );
    let json = sekisho_in(good.path(), &[&arguments[..], &["--format", "json"]].concat());
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    let waived =
        json["verdicts"].as_array().unwrap().iter().find(|verdict| verdict["resourceId"] == "b").unwrap();
    assert_eq!(waived["waiver"]["id"], "W-1");
    assert_eq!(waived["waiver"]["expires_on"], "2027-10-31");
    assert_eq!(waived["reasons"][0]["msg"], "denied");

    let bad = folder(&waiver("W-1", HELD.0, HELD.1).replace("  risk_owner: 情報システム部長\n", ""));
    let output = sekisho_in(bad.path(), &arguments);
    assert_eq!(output.code, 2);
    assert!(
        output.stderr.contains("risk_owner") && output.stderr.contains("waivers.yaml:1"),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains("2 NON_COMPLIANT"), "{}", output.stderr);
}

#[test]
fn a_waiver_by_tag_holds_for_items_that_wait_for_others() {
    let folder = tempfile::tempdir().unwrap();
    let mut tagged = bucket("b");
    tagged["tags"] = json!({"Env": "test", "Team": "x"});
    fs::write(folder.path().join("items.json"), json!([tagged, bucket("c")]).to_string()).unwrap();
    // That policy looks at the account's settings too, which may come behind the bucket.
    let register = waiver("W-1", HELD.0, HELD.1)
        .replace("policy: never", "policy: no-public-data-store")
        .replace("resource_id: b", "tag: Env=test");
    fs::write(folder.path().join("waivers.yaml"), register).unwrap();
    let policies = root().join("policies").display().to_string();
    let arguments = ["scan", "items.json", "--policies", &policies, "--policy", "no-public-data-store"];
    let more = ["--waivers", "waivers.yaml", "--now", "2026-11-23T01:00:00Z", "--format", "json"];
    let output = sekisho_in(folder.path(), &[&arguments[..], &more[..]].concat());
    let json: Value = serde_json::from_str(&output.stdout).unwrap();
    let verdicts = json["verdicts"].as_array().unwrap();
    let of = |id: &str| verdicts.iter().find(|verdict| verdict["resourceId"] == id).unwrap();
    assert_eq!(of("b")["waiver"]["id"], "W-1", "{}", output.stdout);
    assert_eq!(of("c")["compliance"], "NON_COMPLIANT");
    assert!(of("c")["waiver"].is_null());
}

#[test]
fn fixtures_and_replay_know_waivers() {
    let folder = folder("");
    let cases = folder.path().join("fixtures/never");
    fs::create_dir_all(&cases).unwrap();
    let fixture = json!({
        "title": "waived", "item": bucket("b"), "now": "2026-11-23T01:00:00Z",
        "waivers": [{
            "id": "W-1", "policy": "never", "scope": {"resource_id": "b"}, "reason_ja": "移行中", "reason_en": "moved",
            "risk_owner": "部長", "approver": {"name": "責任者", "approved_on": "2026-11-01"},
            "compensating_control": "確認", "expires_on": "2026-12-31"
        }],
        "expect": {"compliance": "NOT_APPLICABLE", "reasons": ["denied"], "waiver": "W-1"}
    });
    fs::write(cases.join("waived.yaml"), fixture.to_string()).unwrap();
    let output = sekisho_in(folder.path(), &["test", "--policies", ".", "--fixtures", "fixtures"]);
    assert_eq!(output.code, 0, "{output:?}");
    let output = sekisho_in(folder.path(), &["replay", "fixtures", "--policies", ".", "--lang", "en"]);
    assert_eq!(output.code, 0, "{output:?}");
    assert!(output.stdout.contains("[waived W-1 until 2026-12-31] denied"), "{}", output.stdout);
    // Items are judged with the waivers of the run.
    fs::write(folder.path().join("w.yaml"), waiver("W-3", HELD.0, HELD.1)).unwrap();
    let items =
        ["replay", "b.json", "--policies", ".", "--waivers", "w.yaml", "--now", "2026-11-23T01:00:00Z"];
    let output = sekisho_in(folder.path(), &items);
    assert!(output.stdout.contains("W-3"), "{output:?}");
    // The test can fail: without its waiver the fixture does not hold.
    let without = fixture.to_string().replace("\"resource_id\":\"b\"", "\"resource_id\":\"c\"");
    fs::write(cases.join("waived.yaml"), without).unwrap();
    assert_eq!(sekisho_in(folder.path(), &["test", "--policies", ".", "--fixtures", "fixtures"]).code, 1);
}
