//! `sekisho eval`: one policy and one item, and why it says what it says.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use sekisho_tests::{sekisho, sekisho_in};
use serde_json::{Value, json};

const POLICY: &str = r#"# METADATA
# title: t
# description: d
# custom:
#   id: ports
#   title_ja: 題
#   severity: high
#   trigger: change
#   resource_types: [AWS::EC2::SecurityGroup]
#   remediation: r
#   parameters:
#     type: object
#     properties:
#       port: {type: integer, default: 22}
package sekisho_policies.ports

wanted := data.parameters.port

owner := object.get(input, ["tags", "Owner"], "")

deny contains {"msg": "open", "msg_ja": "公開"} if {
	some rule in input.configuration.ports
	rule.from == wanted
}

deny contains {
	"msg": "shared",
	"msg_ja": "共有",
} if {
	input.configuration.shared == true
}
"#;

fn folder(configuration: &Value) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("policies")).unwrap();
    fs::write(folder.path().join("policies/ports.rego"), POLICY).unwrap();
    let item = |id: &str| {
        json!({
            "resourceType": "AWS::EC2::SecurityGroup", "resourceId": id, "awsAccountId": "111111111111",
            "awsRegion": "ap-northeast-1", "configurationItemStatus": "OK",
            "configurationItemCaptureTime": "2026-11-23T01:00:00.000Z", "configuration": configuration,
        })
    };
    fs::write(folder.path().join("item.json"), item("sg-1").to_string()).unwrap();
    fs::write(folder.path().join("items.json"), json!([item("sg-1"), item("sg-2")]).to_string()).unwrap();
    folder
}

fn explain(folder: &Path, more: &[&str]) -> (i32, Value) {
    let arguments = [&["eval", "ports", "item.json", "--explain", "--format", "json"], more].concat();
    let output = sekisho_in(folder, &arguments);
    (output.code, serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output:?}")))
}

#[test]
fn each_rule_is_shown_with_what_it_read() {
    let folder = folder(&json!({"ports": [{"from": 22}, {"to": 1}]}));
    let (code, document) = explain(folder.path(), &[]);
    assert_eq!(code, 1);
    assert_eq!(document["verdicts"][0]["compliance"], "NON_COMPLIANT");
    let rules = document["rules"].as_array().unwrap();
    let find = |name: &str, line: u64| {
        rules
            .iter()
            .find(|rule| rule["name"] == name && rule["line"] == line)
            .unwrap_or_else(|| panic!("{rules:#?}"))
    };
    assert_eq!(find("wanted", 17)["value"], 22);
    let seen = |rule: &Value| {
        let reads = rule["reads"].as_array().unwrap().iter();
        reads
            .map(|seen| (seen["path"].as_str().unwrap().to_owned(), seen["value"].clone()))
            .collect::<Vec<_>>()
    };
    let fired = find("deny", 21);
    assert_eq!(fired["held"], true);
    assert!(seen(fired).contains(&("configuration.ports[0].from".into(), json!(22))), "{fired}");
    assert!(seen(fired).contains(&("configuration.ports[1].from".into(), Value::Null)), "{fired}");
    let other = find("deny", 26);
    assert_eq!(other["held"], false, "its head was not reached: {other}");
    assert_eq!(seen(other), [("configuration.shared".into(), Value::Null)]);
    let owner = find("owner", 19);
    assert_eq!(owner["reads"][0]["hasDefault"], true);
    assert_eq!(owner["value"], "");
}

#[test]
fn the_silent_pass_is_told_of() {
    let folder = folder(&json!({}));
    let output = sekisho_in(folder.path(), &["eval", "ports", "item.json", "--explain"]);
    assert_eq!(output.code, 0, "{output:?}");
    assert!(
        output.stderr.contains("passes because configuration.ports, configuration.shared are absent"),
        "{}",
        output.stderr
    );
    assert!(
        output.stdout.contains("configuration.shared  line 30  read without a default"),
        "{}",
        output.stdout
    );
    assert!(output.stdout.contains("tags.Owner  line 19  the default counts"), "{}", output.stdout);
    assert!(output.stdout.contains("not reached: 17, 19, 21, 23, 26-28"), "{}", output.stdout);
}

#[test]
fn parameters_and_items_are_chosen() {
    let folder = folder(&json!({"ports": [{"from": 22}], "shared": false}));
    assert_eq!(explain(folder.path(), &["--param", "port=23"]).0, 0);
    let of_many = ["eval", "ports", "items.json"];
    let output = sekisho_in(folder.path(), &of_many);
    assert_eq!(output.code, 2);
    assert!(
        output.stderr.contains("holds 2 such items") && output.stderr.contains("sg-1, sg-2"),
        "{}",
        output.stderr
    );
    let output = sekisho_in(folder.path(), &[&of_many[..], &["--resource-id", "sg-2"]].concat());
    assert_eq!(output.code, 1);
    assert!(
        output.stdout.starts_with("NON_COMPLIANT  ports  AWS::EC2::SecurityGroup sg-2"),
        "{}",
        output.stdout
    );
    for (arguments, told) in [
        (&["eval", "port", "item.json"][..], "no policy and no pack is called \"port\""),
        (&["eval", "ports", "absent.json"], "cannot be read"),
        (&["eval", "ports", "items.json", "--resource-id", "sg-3"], "no item with the id sg-3"),
    ] {
        let output = sekisho_in(folder.path(), arguments);
        assert_eq!(output.code, 2, "{output:?}");
        assert!(output.stderr.contains(told), "{}", output.stderr);
    }
}

#[test]
fn a_fixture_brings_parameters_and_facts_along() {
    let output = sekisho(&["eval", "dynamodb-pitr", "fixtures/dynamodb-pitr/disabled.yaml"]);
    assert_eq!(output.code, 1, "{output:?}");
    assert!(output.stdout.contains("PITRが無効です / point-in-time recovery is off"), "{}", output.stdout);
    assert!(!output.stdout.contains("Rules"), "only where it is asked for");
    let output = sekisho(&["eval", "s3-versioning-lock", "fixtures/dynamodb-pitr/disabled.yaml"]);
    assert_eq!(output.code, 2);
    assert!(output.stderr.contains("does not judge AWS::DynamoDB::Table"), "{}", output.stderr);
}
