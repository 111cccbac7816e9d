//! `sekisho record`: the real command, over HTTP against the stand-in of AWS Config.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::Command;

use sekisho::replay::config_endpoint::ConfigEndpoint;
use sekisho_tests::{Output, binary, root, sekisho_in};
use serde_json::{Value, json};

const TYPE: &str = "AWS::EC2::SecurityGroup";
/// None of these may be written or reported.
const ORIGINALS: [&str; 5] = ["333344445555", "sg-0f1e2d3c4b5a69788", "karte-web", "suzuki", "54.239.28.85"];

struct Rig {
    config: ConfigEndpoint,
    folder: tempfile::TempDir,
}

impl Rig {
    async fn new(items: &[Value]) -> Self {
        let config = ConfigEndpoint::start().await.unwrap();
        config.record(items);
        Self { config, folder: tempfile::tempdir().unwrap() }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let output = Command::new(binary("sekisho"))
            .arg("record")
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("SEKISHO_POLICIES", root().join("policies"))
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
            .env("AWS_ENDPOINT_URL_CONFIG_SERVICE", self.config.url())
            .env("AWS_REGION", "ap-northeast-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .output()
            .unwrap();
        Output {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn written(&self) -> Vec<String> {
        let files = walk(self.folder.path());
        files
            .iter()
            .map(|path| path.strip_prefix(self.folder.path().to_str().unwrap()).unwrap()[1..].to_owned())
            .collect()
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.path().join(file)).unwrap()
    }

    /// It failed, said `told`, and wrote nothing.
    fn refuses(&self, arguments: &[&str], told: &[&str]) -> Output {
        let before = self.written();
        let output = self.run(arguments);
        assert_eq!(output.code, 2, "{arguments:?}: {output:?}");
        for text in told {
            assert!(output.stderr.contains(text), "{text}: {}", output.stderr);
        }
        assert_eq!(self.written(), before, "{arguments:?}");
        output
    }
}

fn walk(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path.display().to_string()) }
    }
    files.sort();
    files
}

fn group(id: &str, name: &str, source: &str) -> Value {
    json!({
        "configurationItemVersion": "1.3", "awsAccountId": "333344445555", "awsRegion": "ap-northeast-1",
        "configurationItemCaptureTime": "2026-11-20T04:31:22.118Z", "configurationItemStatus": "OK",
        "configurationStateId": 1_795_149_082_118_i64, "resourceType": TYPE, "resourceId": id, "resourceName": name,
        "availabilityZone": "Not Applicable", "resourceCreationTime": "2024-10-01T00:30:12.000Z",
        "ARN": format!("arn:aws:ec2:ap-northeast-1:333344445555:security-group/{id}"), "tags": {"Owner": "suzuki"},
        "relationships": [{"resourceType": "AWS::EC2::VPC", "resourceId": "vpc-0a9b8c7d6e5f40312", "name": "Is contained in Vpc"}],
        "configuration": {
            "description": "of suzuki", "groupName": name, "groupId": id, "ownerId": "333344445555", "vpcId": "vpc-0a9b8c7d6e5f40312",
            "ipPermissions": [{
                "fromPort": 22, "toPort": 22, "ipProtocol": "tcp", "userIdGroupPairs": [], "prefixListIds": [],
                "ipv6Ranges": [], "ipRanges": [source], "ipv4Ranges": [{"cidrIp": source}]
            }],
            "ipPermissionsEgress": [], "tags": [{"key": "Owner", "value": "suzuki"}]
        },
        "supplementaryConfiguration": {}
    })
}

fn open_group() -> Value {
    group(ORIGINALS[1], ORIGINALS[2], "0.0.0.0/0")
}

fn function(variables: &Value) -> Value {
    json!({
        "configurationItemVersion": "1.3", "awsAccountId": "333344445555", "awsRegion": "ap-northeast-1",
        "configurationItemCaptureTime": "2026-11-20T04:31:22.118Z", "configurationItemStatus": "OK",
        "configurationStateId": 1_795_149_082_118_i64, "resourceType": "AWS::Lambda::Function", "resourceId": "mailer",
        "resourceName": "mailer", "ARN": "arn:aws:lambda:ap-northeast-1:333344445555:function:mailer", "tags": {},
        "relationships": [], "configuration": {"functionName": "mailer", "environment": {"variables": variables}},
        "supplementaryConfiguration": {}
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_becomes_a_fixture_that_passes() {
    let rig = Rig::new(&[open_group()]).await;
    // The history of what did not change lately begins with empty pages.
    rig.config.begin_histories_with_empty_pages(2);
    let given = ["--type", TYPE, "--id", ORIGINALS[1], "--policy", "no-open-admin-ports", "--name", "open"];
    let output = rig.run(&given);
    assert_eq!(output.code, 0, "{output:?}");
    assert_eq!(rig.written(), ["fixtures/no-open-admin-ports/open.yaml"]);
    let text = rig.read("fixtures/no-open-admin-ports/open.yaml");
    for expected in [
        "title: a recorded AWS::EC2::SecurityGroup that is NON_COMPLIANT",
        "awsAccountId: \"123456789012\"",
        "compliance: NON_COMPLIANT",
        "0.0.0.0/0",
        "resourceId: sg-00000000000000001",
        "arn:aws:ec2:ap-northeast-1:123456789012:security-group/sg-00000000000000001",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    for original in ORIGINALS {
        assert!(
            !text.contains(original) && !output.stdout.contains(original),
            "{original}: {text}{output:?}"
        );
    }
    for kind in ["account id", "item.awsAccountId", "resource id", "name", "tag value", "item.tags.Owner"] {
        assert!(output.stdout.contains(kind), "{kind}: {}", output.stdout);
    }
    let policies = root().join("policies").display().to_string();
    let tested = sekisho_in(
        rig.folder.path(),
        &["test", "--policies", &policies, "--filter", "no-open-admin-ports open"],
    );
    assert_eq!(tested.code, 0, "{tested:?}");
    // The same again is the same text, and nothing is written over unless it is asked for.
    rig.refuses(&given, &["is there already; nothing was written", "--force"]);
    let again = rig.run(&[&given[..], &["--force"]].concat());
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(rig.read("fixtures/no-open-admin-ports/open.yaml"), text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_paged_and_its_items_belong_together() {
    let id = |number: u32| format!("sg-0f1e2d3c4b5a{number:05}");
    let mut groups: Vec<Value> =
        (0..120).map(|number| group(&id(number), &format!("karte-{number:03}"), "54.239.28.85/32")).collect();
    groups.push(function(&json!({})));
    let rig = Rig::new(&groups).await;
    let query = format!("SELECT resourceId, resourceType WHERE resourceType = '{TYPE}'");
    let output = rig.run(&["--query", &query, "--output", "all", "--limit", "110", "--format", "json"]);
    assert_eq!(output.code, 0, "{output:?}");
    assert_eq!(
        (rig.config.calls("SelectResourceConfig"), rig.config.calls("GetResourceConfigHistory")),
        (2, 110)
    );
    assert!(output.stderr.contains("there are more items than --limit 110"), "{}", output.stderr);
    assert_eq!(rig.written().len(), 110);
    let item: Value = serde_json::from_str(&rig.read("all/recorded-001.json")).unwrap();
    let other: Value = serde_json::from_str(&rig.read("all/recorded-110.json")).unwrap();
    assert_eq!(item["configuration"]["vpcId"], other["configuration"]["vpcId"]);
    assert_ne!(item["resourceId"], other["resourceId"]);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let ids = report["recorded"][0]["replaced"]
        .as_array()
        .unwrap()
        .iter()
        .find(|kind| kind["kind"] == "resource-id")
        .unwrap();
    assert_eq!(ids["values"], 111, "110 groups and their VPC");
    assert!(ids.get("originals").is_none());
    let policies = root().join("policies").display().to_string();
    let scanned =
        sekisho_in(rig.folder.path(), &["scan", "all", "--policies", &policies, "--format", "json"]);
    assert!(scanned.code == 0 && scanned.stdout.contains("\"items\": 110,"), "{scanned:?}");
    // The type alone is a query too, of twenty.
    let few = rig.run(&["--type", TYPE, "--output", "few"]);
    assert_eq!(few.code, 0, "{few:?}");
    assert_eq!(rig.written().len(), 130);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_aws_refuses_is_told_with_what_is_missing() {
    let rig = Rig::new(&[open_group()]).await;
    let id = ["--type", TYPE, "--id", "sg-0123456789abcdef0", "--output", "o"];
    rig.refuses(&id, &["is unknown or was never recorded", "--region"]);
    rig.refuses(
        &["--type", "AWS::EC2::SecurityGrup", "--output", "o"],
        &["no resource type \"AWS::EC2::SecurityGrup\""],
    );
    rig.refuses(
        &["--query", "SELECT COUNT(*)", "--output", "o"],
        &["InvalidExpressionException", "mend the query"],
    );
    rig.refuses(
        &["--query", &format!("SELECT resourceName WHERE resourceType = '{TYPE}'"), "--output", "o"],
        &["have no resourceId and resourceType"],
    );
    rig.refuses(&["--type", "AWS::S3::Bucket", "--output", "o"], &["finds no resource"]);
    rig.refuses(
        &["--type", "AWS::S3::Bucket", "--policy", "no-open-admin-ports"],
        &["judges AWS::EC2::SecurityGroup"],
    );
    rig.refuses(
        &["--type", TYPE, "--policy", "iam-user-in-roster"],
        &["needs facts, which are not recorded"],
    );
    rig.refuses(&["--type", TYPE, "--policy", "no-open-admin-port"], &["no-open-admin-port"]);
    rig.refuses(&["--type", TYPE, "--output", "o", "--name", "../x"], &["expected a file's name"]);
    rig.config.refuse("SelectResourceConfig", "AccessDeniedException");
    rig.refuses(
        &["--type", TYPE, "--output", "o"],
        &["these credentials need the permission config:SelectResourceConfig"],
    );
    rig.config.refuse("GetResourceConfigHistory", "AccessDeniedException");
    rig.refuses(&id, &["need the permission config:GetResourceConfigHistory"]);
    rig.config.refuse("GetResourceConfigHistory", "NoAvailableConfigurationRecorderException");
    rig.refuses(&id, &["AWS Config records nothing in this account and region"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_refused_until_its_field_is_dropped() {
    let variables = json!({"STAGE": "x", "DB_PASSWORD": "hunter2hunter2", "TABLE": "patients-2026"});
    let rig = Rig::new(&[function(&variables), open_group()]).await;
    let given = ["--type", "AWS::Lambda::Function", "--id", "mailer", "--output", "o"];
    let field = "configuration.environment.variables.DB_PASSWORD";
    let refused = rig.refuses(&given, &[field, "a password or a token, by the field's name", "--redact"]);
    assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
    rig.refuses(
        &[&given[..], &["--redact", "configuration.nothing"]].concat(),
        &["no item has the field configuration.nothing"],
    );
    let output = rig.run(&[&given[..], &["--redact", field, "--show-originals"]].concat());
    assert_eq!(output.code, 0, "{output:?}");
    let text = rig.read("o/recorded.json");
    assert!(
        !text.contains("DB_PASSWORD")
            && !text.contains("patients-2026")
            && text.contains("\"TABLE\": \"variable-"),
        "{text}"
    );
    assert!(output.stdout.contains("patients-2026 -> variable-"), "{}", output.stdout);
    // One item with a secret keeps the others from being written.
    let mut key = group("sg-0aaaabbbbccccddd1", "other", "10.0.0.0/8");
    key["configuration"]["motd"] = "-----BEGIN RSA PRIVATE KEY-----".into();
    rig.config.record(&[key]);
    rig.refuses(&["--type", TYPE, "--output", "p"], &["a private key", "configuration.motd"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fixture_never_says_something_else_than_the_account_showed() {
    let document = json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}).to_string();
    let item = json!({
        "configurationItemVersion": "1.3", "awsAccountId": "333344445555", "awsRegion": "global",
        "configurationItemCaptureTime": "2026-11-20T04:31:22.118Z", "configurationItemStatus": "OK",
        "configurationStateId": 1_795_149_082_118_i64, "resourceType": "AWS::IAM::Policy",
        "resourceId": "ANPAQWERTYUIOPASDFGHJ", "resourceName": "break-glass", "tags": {}, "relationships": [],
        "ARN": "arn:aws:iam::333344445555:policy/break-glass", "supplementaryConfiguration": {},
        "configuration": {
            "policyName": "break-glass", "arn": "arn:aws:iam::333344445555:policy/break-glass", "defaultVersionId": "v1",
            "policyVersionList": [{"versionId": "v1", "isDefaultVersion": true, "document": document}]
        }
    });
    let rig = Rig::new(&[item]).await;
    let given = [
        &["--type", "AWS::IAM::Policy", "--id", "ANPAQWERTYUIOPASDFGHJ", "--policy", "iam-no-wildcard-admin"]
            [..],
        &["--param", "approvedAdminPrincipals=arn:aws:iam::*:policy/break-*"],
    ]
    .concat();
    rig.refuses(&given, &["the scrubbed item is NON_COMPLIANT, the original NOT_APPLICABLE", "--keep PATH"]);
    rig.refuses(&[&given[..], &["--keep", "configuration.nothing"]].concat(), &["no item has a text at"]);
    let kept = rig.run(&[&given[..], &["--keep", "configuration.policyName"]].concat());
    assert_eq!(kept.code, 0, "{kept:?}");
    let text = rig.read("fixtures/iam-no-wildcard-admin/recorded.yaml");
    assert!(text.contains("arn:aws:iam::123456789012:policy/break-glass"), "{text}");
    assert!(text.contains("compliance: NOT_APPLICABLE") && !text.contains("333344445555"), "{text}");
    let policies = root().join("policies").display().to_string();
    let tested = sekisho_in(
        rig.folder.path(),
        &["test", "iam-no-wildcard-admin", "--policies", &policies, "--filter", "recorded"],
    );
    assert_eq!(tested.code, 0, "{tested:?}");
}
