//! The command `sekisho` as a person or a pipeline runs it: results, exit codes, formats, and what it says of bad input.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use sekisho_tests::{Output, root, sekisho, sekisho_in};
use serde_json::{Value, json};

fn table(id: &str, region: &str, pitr: &str) -> Value {
    json!({
        "resourceType": "AWS::DynamoDB::Table", "resourceId": id, "awsAccountId": "123456789012",
        "awsRegion": region, "configurationItemStatus": "OK",
        "configurationItemCaptureTime": "2026-11-23T01:00:00.000Z", "configuration": {"tableName": id},
        "supplementaryConfiguration": {"ContinuousBackupsDescription": {
            "pointInTimeRecoveryDescription": {"pointInTimeRecoveryStatus": pitr}
        }}
    })
}

/// A folder with the project's policies in `policies` and what `files` names.
fn folder(files: &[(&str, String)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let source = root().join("policies");
    for file in [
        "lib/decode.rego",
        "lib/tags.rego",
        "medical-jp/dynamodb-pitr.rego",
        "medical-jp/residency-resource-region.rego",
    ] {
        write(folder.path(), &format!("policies/{file}"), &fs::read_to_string(source.join(file)).unwrap());
    }
    for (name, text) in files {
        write(folder.path(), name, text);
    }
    folder
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn run(folder: &tempfile::TempDir, arguments: &[&str]) -> Output {
    let output = sekisho_in(folder.path(), arguments);
    assert!(!output.stderr.contains("panicked") && !output.stderr.contains("RUST_BACKTRACE"), "{output:?}");
    output
}

#[test]
fn scan_exits_0_when_all_is_compliant_1_on_violations_and_2_on_errors() {
    let good = table("a", "ap-northeast-1", "ENABLED").to_string();
    let bad = table("b", "us-east-1", "DISABLED").to_string();
    let folder = folder(&[("good.json", good), ("bad.json", bad), ("broken.json", "{".into())]);
    let output = run(&folder, &["scan", "good.json"]);
    assert_eq!((output.code, output.stdout.as_str()), (0, ""));
    let output = run(&folder, &["scan", "good.json", "bad.json"]);
    assert_eq!(output.code, 1, "{output:?}");
    let lines: Vec<Vec<&str>> = output.stdout.lines().map(|line| line.split('\t').collect()).collect();
    let seen: Vec<_> = lines.iter().map(|line| (line[0], line[1], line[2], line[3])).collect();
    let resource = "AWS::DynamoDB::Table b";
    assert_eq!(
        seen,
        [
            ("NON_COMPLIANT", "dynamodb-pitr", resource, "us-east-1"),
            ("NON_COMPLIANT", "residency-resource-region", resource, "us-east-1")
        ]
    );
    // The broken file does not hide the others.
    let output = run(&folder, &["scan", "good.json", "bad.json", "broken.json"]);
    assert_eq!((output.code, output.stdout.lines().count()), (2, 2), "{output:?}");
    assert!(
        output.stderr.contains("broken.json:1:1") && output.stderr.contains("2 of 3 files evaluated"),
        "{output:?}"
    );
}

#[test]
fn scan_takes_policies_parameters_and_languages() {
    let folder = folder(&[("t.json", table("t", "eu-west-1", "DISABLED").to_string())]);
    let output = run(&folder, &["scan", "t.json", "--policy", "dynamodb-pitr", "--lang", "ja"]);
    assert!(output.stdout.ends_with("PITRが無効です\n") && output.stdout.lines().count() == 1, "{output:?}");
    let residency =
        ["scan", "t.json", "--policy", "residency-resource-region", "--param", "allowedRegions=eu-west-1"];
    assert_eq!(run(&folder, &residency).code, 0);
    let output = run(&folder, &["scan", "t.json", "--param", "allowedRegionz=eu-west-1"]);
    assert_eq!(output.code, 2);
    assert!(output.stderr.contains("allowedRegionz: is not a parameter"), "{output:?}");
    let output = run(&folder, &["scan", "t.json", "--policy", "no-such"]);
    assert_eq!(output.code, 2);
    assert!(output.stderr.contains("no policy and no pack is called \"no-such\""), "{output:?}");
}

#[test]
fn scan_speaks_json_and_json_lines() {
    let folder = folder(&[("t.json", table("t", "ap-northeast-1", "DISABLED").to_string())]);
    let output = run(&folder, &["scan", "t.json", "--format", "json"]);
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(document["summary"]["nonCompliant"], 1);
    assert_eq!(document["summary"]["files"], 1);
    let verdict = &document["verdicts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|v| v["compliance"] == "NON_COMPLIANT")
        .unwrap();
    let expected = json!({
        "policyId": "dynamodb-pitr", "severity": "high", "resourceType": "AWS::DynamoDB::Table", "resourceId": "t",
        "accountId": "123456789012", "region": "ap-northeast-1", "compliance": "NON_COMPLIANT",
        "reasons": [{"msg": "point-in-time recovery is off", "msg_ja": "PITRが無効です"}],
        "captureTime": "2026-11-23T01:00:00Z", "file": "t.json"
    });
    assert_eq!(**verdict, expected);
    let output = run(&folder, &["scan", "t.json", "--format", "jsonl"]);
    let lines: Vec<Value> = output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert!(lines.contains(&expected));
}

#[test]
fn scan_runs_periodic_policies_where_their_facts_are_given_and_says_where_not() {
    let users = json!([{
        "UserName": "u", "UserId": "AIDAEXAMPLE", "Arn": "arn:aws:iam::123456789012:user/u", "Path": "/",
        "CreateDate": "2024-04-01T00:00:00.000Z", "Tags": {"EmployeeId": "7"},
        "LoginProfile": {"CreateDate": "2024-04-01T00:00:00.000Z"}, "PasswordLastUsed": null, "AccessKeys": []
    }]);
    let folder = folder(&[
        ("t.json", table("t", "ap-northeast-1", "ENABLED").to_string()),
        ("users.json", users.to_string()),
        ("staff.csv", "社員番号,在籍状況,退職日\n7,退職,2026/3/31\n".into()),
        ("broken.csv", "社員番号,在籍状況,退職日\n7,退職,2026/13/1\n".into()),
    ]);
    let retired =
        fs::read_to_string(root().join("policies/medical-jp/iam-retired-user-removed.rego")).unwrap();
    write(folder.path(), "policies/medical-jp/iam-retired-user-removed.rego", &retired);
    let output = run(&folder, &["scan", "t.json"]);
    assert_eq!(output.code, 0);
    assert!(output.stderr.contains("iam-retired-user-removed was not run: it needs --facts"), "{output:?}");
    assert_eq!(run(&folder, &["scan", "t.json", "--policy", "iam-retired-user-removed"]).code, 2);
    let output =
        run(&folder, &["scan", "t.json", "--facts", "roster=staff.csv", "--facts", "iam_users=users.json"]);
    assert_eq!(output.code, 1, "{output:?}");
    assert!(output.stdout.contains("AWS::IAM::User AIDAEXAMPLE"), "{output:?}");
    // A broken row: the account is denied, and the author is told where.
    let output =
        run(&folder, &["scan", "t.json", "--facts", "roster=broken.csv", "--facts", "iam_users=users.json"]);
    assert_eq!(output.code, 2);
    assert!(output.stdout.contains("AWS::::Account 123456789012"), "{output:?}");
    assert!(output.stderr.contains("broken.csv:2") && output.stderr.contains("退職日"), "{output:?}");
}

#[test]
fn scan_lets_those_items_wait_for_which_others_matter() {
    let item = |resource_type: &str, id: &str, configuration: Value, block: Value| {
        json!({
            "resourceType": resource_type, "resourceId": id, "resourceName": id, "awsAccountId": "123456789012",
            "awsRegion": "ap-northeast-1", "configurationItemStatus": "OK", "tags": {}, "relationships": [],
            "configurationItemCaptureTime": "2026-11-23T01:00:00.000Z", "configuration": configuration,
            "supplementaryConfiguration": {"PublicAccessBlockConfiguration": block},
        })
    };
    let block = |acls: bool| json!({"blockPublicAcls": acls, "ignorePublicAcls": true, "blockPublicPolicy": true, "restrictPublicBuckets": true});
    let open = item("AWS::S3::Bucket", "open", json!({}), block(false));
    let shut = item("AWS::S3::Bucket", "shut", json!({}), block(true));
    let account = item("AWS::S3::AccountPublicAccessBlock", "123456789012", block(true), Value::Null);
    let folder = folder(&[
        ("a/buckets.json", json!([open, shut]).to_string()),
        ("b/account.json", account.to_string()),
    ]);
    let policies = root().join("policies").display().to_string();
    let scan = |paths: &[&str]| {
        let options = ["--policies", &policies, "--policy", "no-public-data-store", "--format", "jsonl"];
        let output = run(&folder, &[&["scan"], paths, &options[..]].concat());
        let rows = output.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let told = |row: Value| {
            format!("{} {}", row["resourceId"].as_str().unwrap(), row["compliance"].as_str().unwrap())
        };
        rows.map(told).collect::<Vec<_>>()
    };
    // The bucket that its account's block protects is judged in the end, when that was seen.
    assert_eq!(scan(&["a", "b"]), ["shut COMPLIANT", "123456789012 COMPLIANT", "open COMPLIANT"]);
    assert_eq!(scan(&["a"]), ["shut COMPLIANT", "open NON_COMPLIANT"]);
}

#[test]
fn a_bad_policy_is_named_with_line_and_the_others_judge() {
    let folder = folder(&[("t.json", table("t", "us-east-1", "ENABLED").to_string())]);
    let file = "policies/medical-jp/dynamodb-pitr.rego";
    let good = fs::read_to_string(folder.path().join(file)).unwrap();
    for (text, says) in [
        (good.replace("#   severity: high\n", ""), "custom.severity: is missing"),
        (good.replace("severity: high", "severity: huge"), "custom.severity"),
        (format!("{good}\ndeny contains \"x\" if {{\n"), "expect"),
        (format!("{good}\nloop if loop\n"), "recursion"),
        (good.replace("id: dynamodb-pitr", "id: residency-resource-region"), "custom.id"),
        (good.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n"), "no METADATA"),
    ] {
        write(folder.path(), file, &text);
        let output = run(&folder, &["scan", "t.json"]);
        assert_eq!(output.code, 2, "{says}: {output:?}");
        assert!(
            output.stderr.contains(says) && output.stderr.contains("dynamodb-pitr.rego"),
            "{says}: {output:?}"
        );
        assert!(output.stdout.contains("residency-resource-region"), "{says}: {output:?}");
    }
}

#[test]
fn every_shape_is_found_in_a_folder_and_bad_items_are_named() {
    let item = table("t", "ap-northeast-1", "DISABLED");
    let event = json!({"invokingEvent": json!({
        "configurationItem": item, "messageType": "ConfigurationItemChangeNotification"
    }).to_string()});
    let folder = folder(&[
        ("items/one.json", item.to_string()),
        ("items/list.json", json!([item, item]).to_string()),
        ("items/lines.jsonl", format!("{item}\n{item}\n")),
        ("items/snapshot.json", json!({"fileVersion": "1.0", "configurationItems": [item]}).to_string()),
        ("items/event.json", event.to_string()),
        ("items/README.md", "# items".into()),
        ("items/missing.json", json!({"resourceType": "AWS::S3::Bucket"}).to_string()),
        ("items/other.json", json!({"hello": "world"}).to_string()),
    ]);
    let output = run(&folder, &["scan", "items", "--policy", "dynamodb-pitr"]);
    assert_eq!((output.code, output.stdout.lines().count()), (2, 7), "{output:?}");
    assert!(output.stderr.contains("5 of 7 files evaluated, 7 items"), "{output:?}");
    assert!(
        output.stderr.contains("resourceId: is missing") && output.stderr.contains("items/missing.json"),
        "{output:?}"
    );
    assert!(output.stderr.contains("no configuration item in it"), "{output:?}");
    assert!(output.stderr.contains("1 other file passed over"), "{output:?}");
}

#[test]
fn a_policy_that_fails_on_an_item_is_an_error_and_never_compliant() {
    let folder = folder(&[("t.json", table("t", "ap-northeast-1", "ENABLED").to_string())]);
    let file = "policies/medical-jp/dynamodb-pitr.rego";
    let good = fs::read_to_string(folder.path().join(file)).unwrap();
    write(folder.path(), file, &format!("{good}\ndeny contains \"x\" if to_number(input.resourceId) > 1\n"));
    let output = run(&folder, &["scan", "t.json", "--all"]);
    assert_eq!(output.code, 2);
    assert!(!output.stdout.contains("dynamodb-pitr"), "{output:?}");
    assert!(output.stderr.contains("policy dynamodb-pitr failed on AWS::DynamoDB::Table t"), "{output:?}");
}

fn fixture(compliance: &str, reason: &str) -> String {
    let reasons = if reason.is_empty() { "[]".to_owned() } else { format!("[{reason}]") };
    format!(
        "title: t\nitem: {}\nexpect:\n  compliance: {compliance}\n  reasons: {reasons}\n",
        table("t", "ap-northeast-1", "DISABLED")
    )
}

#[test]
fn test_passes_fails_with_a_difference_and_names_broken_fixtures() {
    let folder = folder(&[(
        "fixtures/dynamodb-pitr/off.yaml",
        fixture("NON_COMPLIANT", "point-in-time recovery is off"),
    )]);
    let output = run(&folder, &["test", "dynamodb-pitr"]);
    assert_eq!(output.code, 0, "{output:?}");
    assert!(output.stdout.contains("1 passed, 0 failed"), "{output:?}");
    write(folder.path(), "fixtures/dynamodb-pitr/wrong.yaml", &fixture("COMPLIANT", ""));
    let output = run(&folder, &["test", "dynamodb-pitr"]);
    assert_eq!(output.code, 1);
    assert!(
        output.stdout.contains("FAIL dynamodb-pitr wrong") && output.stdout.contains("wrong.yaml"),
        "{output:?}"
    );
    assert!(output.stdout.contains("-AWS::DynamoDB::Table t: COMPLIANT"), "{output:?}");
    assert!(output.stdout.contains("+AWS::DynamoDB::Table t: NON_COMPLIANT"), "{output:?}");
    for (text, says) in [
        ("title: t\nitem: {}\nexpect: {}\n", "neither compliance nor error"),
        ("title: t\nexpect: {compliance: MAYBE}\n", "broken.yaml:2"),
        ("title: [\n", "broken.yaml:"),
        ("title: t\nitems: {}\nexpect: {compliance: COMPLIANT}\n", "broken.yaml:2"),
    ] {
        write(folder.path(), "fixtures/dynamodb-pitr/broken.yaml", text);
        let output = run(&folder, &["test", "dynamodb-pitr"]);
        assert_eq!(output.code, 2, "{text}");
        assert!(output.stderr.contains(says), "{text}: {output:?}");
    }
}

#[test]
fn test_writes_json_and_junit() {
    let folder = folder(&[
        ("fixtures/dynamodb-pitr/off.yaml", fixture("NON_COMPLIANT", "point-in-time recovery is off")),
        ("fixtures/dynamodb-pitr/wrong.yaml", fixture("COMPLIANT", "")),
    ]);
    let output = run(&folder, &["test", "dynamodb-pitr", "--format", "json"]);
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(document["summary"], json!({"passed": 1, "failed": 1, "errors": 0, "skipped": 0}));
    let output = run(&folder, &["test", "dynamodb-pitr", "--format", "junit"]);
    assert_eq!(output.code, 1);
    assert!(output.stdout.starts_with("<?xml"), "{output:?}");
    assert!(
        output.stdout.contains("<testsuites name=\"sekisho test\" tests=\"2\" failures=\"1\""),
        "{output:?}"
    );
    assert!(
        output.stdout.contains("<testcase name=\"wrong\" classname=\"fixture.dynamodb-pitr\""),
        "{output:?}"
    );
}

#[test]
fn replay_shows_what_aws_config_has_of_items_and_of_rules() {
    let folder = folder(&[
        ("items/a.json", table("a", "ap-northeast-1", "ENABLED").to_string()),
        ("items/b.json", table("b", "us-east-1", "DISABLED").to_string()),
        (
            "rules.yaml",
            "rules:\n- name: japan\n  parameters: {policy: residency-resource-region, allowedRegions: us-east-1}\n\
             - name: elsewhere\n  parameters: {policy: dynamodb-pitr}\n  resource_types: [AWS::S3::Bucket]\n"
                .into(),
        ),
    ]);
    let output = run(&folder, &["replay", "items"]);
    assert_eq!(output.code, 1, "{output:?}");
    let rows = |output: &Output| -> Vec<String> {
        output.stdout.lines().map(|line| line.split('\t').take(3).collect::<Vec<_>>().join(" ")).collect()
    };
    assert!(
        rows(&output).contains(&"NON_COMPLIANT dynamodb-pitr AWS::DynamoDB::Table b".to_owned()),
        "{output:?}"
    );
    assert!(
        rows(&output).contains(&"COMPLIANT residency-resource-region AWS::DynamoDB::Table a".to_owned()),
        "{output:?}"
    );
    assert!(output.stdout.contains("PITRが無効です / point-in-time recovery is off"), "{output:?}");
    let output = run(&folder, &["replay", "items", "--rule", "rules.yaml"]);
    let mut seen = rows(&output);
    seen.sort();
    assert!(seen.contains(&"COMPLIANT japan AWS::DynamoDB::Table b".to_owned()), "{output:?}");
    assert!(seen.contains(&"NON_COMPLIANT japan AWS::DynamoDB::Table a".to_owned()), "{output:?}");
    assert!(seen.iter().all(|row| !row.contains("elsewhere")), "out of scope: {output:?}");
}

#[test]
fn replay_of_fixtures_compares_and_of_bad_rules_explains() {
    let folder = folder(&[
        ("fixtures/dynamodb-pitr/off.yaml", fixture("NON_COMPLIANT", "point-in-time recovery is off")),
        ("t.json", table("t", "ap-northeast-1", "DISABLED").to_string()),
        ("unknown.yaml", "rules:\n- name: r\n  parameters: {policy: no-such}\n".into()),
        ("refused.yaml", "rules:\n- name: r\n  parameters: {policy: residency-resource-region, allowedRegionz: x}\n  resource_types: [AWS::DynamoDB::Table]\n".into()),
    ]);
    let output = run(&folder, &["replay", "fixtures"]);
    assert_eq!(output.code, 0, "{output:?}");
    assert!(output.stderr.contains("1 of 1 fixtures as expected"), "{output:?}");
    write(folder.path(), "fixtures/dynamodb-pitr/wrong.yaml", &fixture("COMPLIANT", ""));
    let output = run(&folder, &["replay", "fixtures"]);
    assert_eq!(output.code, 1);
    assert!(output.stderr.contains("expected COMPLIANT, AWS Config has NON_COMPLIANT"), "{output:?}");
    let output = run(&folder, &["replay", "t.json", "--rule", "unknown.yaml"]);
    assert_eq!(output.code, 2);
    assert!(output.stderr.contains("rules[0].parameters.policy"), "{output:?}");
    let output = run(&folder, &["replay", "t.json", "--rule", "refused.yaml"]);
    assert_eq!(output.code, 2);
    assert!(output.stderr.contains("allowedRegionz: is not a parameter"), "{output:?}");
    let output = run(&folder, &["replay", "t.json", "--bootstrap", "no/such/binary"]);
    assert_eq!(output.code, 2);
    assert!(output.stderr.contains("cargo build -p sekisho-lambda"), "{output:?}");
}

#[test]
fn no_level_of_logging_shows_an_item_or_a_token() {
    let mut item = table("t", "ap-northeast-1", "ENABLED");
    item["configuration"]["comment"] = "patient-4711".into();
    let folder = folder(&[("t.json", item.to_string())]);
    let output = std::process::Command::new(sekisho_tests::binary("sekisho"))
        .args(["replay", "t.json", "--log"])
        .current_dir(folder.path())
        .env("RUST_LOG", "trace")
        .output()
        .unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(log.contains("\"verdict\":\"COMPLIANT\""), "the log is shown: {log}");
    assert!(log.contains("\"level\":\"TRACE\"") || log.contains("\"level\":\"DEBUG\""), "the level is set");
    for secret in ["patient-4711", "resultToken", "ResultToken", "Signature="] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

/// A function that dies at one event: the Lambda Runtime API in a few lines of Python, `PutEvaluations` never.
const CRASHING: &str = r#"#!/usr/bin/env python3
import os, sys, urllib.request as http
api = "http://%s/2018-06-01/runtime/invocation/" % os.environ["AWS_LAMBDA_RUNTIME_API"]
while True:
    event = http.urlopen(api + "next")
    request_id = event.headers["lambda-runtime-aws-request-id"]
    if "crash" in event.read().decode():
        print("the last line of the log", flush=True)
        sys.exit(3)
    http.urlopen(http.Request(api + request_id + "/response", data=b"null", method="POST"))
"#;

#[test]
#[cfg(unix)]
fn a_function_that_dies_at_one_event_answers_the_others() {
    use std::os::unix::fs::PermissionsExt;
    let items: Vec<Value> = ["a", "crash", "b"].map(|id| table(id, "ap-northeast-1", "ENABLED")).into();
    let folder = folder(&[("items.json", Value::from(items).to_string()), ("function.py", CRASHING.into())]);
    let function = folder.path().join("function.py");
    fs::set_permissions(&function, fs::Permissions::from_mode(0o755)).unwrap();
    let arguments = ["replay", "items.json", "--bootstrap", function.to_str().unwrap(), "--format", "json"];
    let output = run(&folder, &arguments);
    assert_eq!(output.code, 2);
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    let failures: Vec<&Value> =
        document["rules"].as_array().unwrap().iter().map(|rule| &rule["failure"]).collect();
    // Two policies, three items each.
    let failed: Vec<bool> = failures.iter().map(|failure| failure.is_string()).collect();
    assert_eq!(failed, [false, true, false, false, true, false], "{document:#}");
    assert!(failures[1].as_str().unwrap().contains("the last line of the log"), "{document:#}");
}

#[test]
fn help_has_examples() {
    for arguments in [
        &["--help"][..],
        &["test", "--help"],
        &["check", "--help"],
        &["scan", "--help"],
        &["replay", "--help"],
    ] {
        let output = sekisho(arguments);
        assert_eq!(output.code, 0);
        assert!(output.stdout.contains("Examples:") && output.stdout.contains("sekisho "), "{output:?}");
    }
}

/// The engine must build without waiting for the AWS SDK.
#[test]
fn the_engine_depends_on_no_aws_crate() {
    let output = std::process::Command::new(env!("CARGO"))
        .args([
            "tree",
            "--package",
            "sekisho-engine",
            "--edges",
            "all",
            "--prefix",
            "none",
            "--offline",
            "--locked",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && tree.contains("regorus"),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let aws: Vec<&str> =
        tree.lines().filter(|line| line.starts_with("aws-") || line.starts_with("lambda_")).collect();
    assert_eq!(aws, Vec::<&str>::new());
}
