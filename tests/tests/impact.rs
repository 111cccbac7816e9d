//! `sekisho impact`: what a change of the policies flips, exactly.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use sekisho_tests::{policies, sekisho_in};
use serde_json::{Value, json};

/// A queue keeps messages so many days; the policy wants `least`.
fn write_policy(folder: &Path, id: &str, least: usize) {
    fs::create_dir_all(folder).unwrap();
    policies::write(
        folder,
        id,
        "change",
        "AWS::SQS::Queue",
        &[],
        &format!(
            "deny contains sprintf(\"keeps %d days\", [input.configuration.days]) if input.configuration.days < {least}"
        ),
    );
}

fn write_items(folder: &Path, count: usize) {
    let item = |n: usize| {
        json!({
            "resourceType": "AWS::SQS::Queue", "resourceId": format!("q{n}"), "awsRegion": "ap-northeast-1",
            "awsAccountId": if n.is_multiple_of(2) { "111111111111" } else { "222222222222" },
            "configurationItemStatus": "OK", "configurationItemCaptureTime": "2026-11-23T01:00:00.000Z",
            "configuration": {"days": n % 100},
        })
    };
    let items: Vec<_> = (0..count).map(item).collect();
    fs::write(folder.join("items.json"), json!(items).to_string()).unwrap();
}

fn flips(stdout: &str) -> BTreeSet<(String, String)> {
    let document: Value = serde_json::from_str(stdout).unwrap();
    let text = |flip: &Value, name: &str| flip[name].as_str().unwrap().to_owned();
    let flips = document["flips"].as_array().unwrap();
    let found: BTreeSet<_> = flips.iter().map(|f| (text(f, "direction"), text(f, "resourceId"))).collect();
    assert_eq!(found.len(), flips.len(), "each once");
    found
}

#[test]
fn a_constant_moved_over_ten_thousand_items_lists_exactly_the_flipped_ones() {
    const ITEMS: usize = 10_000;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write_policy(&path.join("before"), "kept", 30);
    write_policy(&path.join("policies"), "kept", 33);
    write_items(path, ITEMS);
    let of = |direction: &str| -> BTreeSet<_> {
        let flipped = (0..ITEMS).filter(|n| (30..33).contains(&(n % 100)));
        flipped.map(|n| (direction.to_owned(), format!("q{n}"))).collect()
    };
    let output = sekisho_in(path, &["impact", "--from", "before", "items.json", "--format", "json"]);
    assert_eq!(output.code, 1, "{}", output.stderr);
    assert_eq!(flips(&output.stdout), of("worse"));
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(document["summary"]["same"], ITEMS - 300);
    assert_eq!(
        document["totals"][0]["worse"].as_u64().unwrap() + document["totals"][1]["worse"].as_u64().unwrap(),
        300
    );
    // A table's reader gets the sums beside it: q31 and so on belong to the second account, q30 and q32 to the first.
    let table = sekisho_in(path, &["impact", "--from", "before", "items.json"]);
    let sums: Vec<&str> = table.stderr.lines().filter(|line| line.starts_with("kept  ")).collect();
    assert_eq!(sums, ["kept  111111111111: 200 worse", "kept  222222222222: 100 worse"]);
    let back = ["impact", "--from", "policies", "--to", "before", "items.json", "--format", "json"];
    let back = sekisho_in(path, &back);
    assert_eq!(back.code, 0, "{}", back.stderr);
    assert_eq!(flips(&back.stdout), of("better"));
    let none = sekisho_in(path, &["impact", "--from", "policies", "items.json"]);
    assert_eq!((none.code, none.stdout.as_str()), (0, ""));
    assert!(
        none.stderr
            .contains("10000 items: 0 worse, 0 better, 0 no longer judged, 0 newly judged, 10000 the same")
    );
}

fn git(folder: &Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=a test", "-c", "user.email=test@example.invalid"];
    let done = Command::new("git").args(identity).args(arguments).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{done:?}");
}

#[test]
fn a_version_may_be_a_revision_and_policies_come_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write_policy(&path.join("policies"), "kept", 30);
    write_items(path, 100);
    git(path, &["init", "--quiet", "--initial-branch", "main"]);
    git(path, &["add", "policies"]);
    git(path, &["commit", "--quiet", "--message", "before"]);
    fs::remove_file(path.join("policies/kept.rego")).unwrap();
    write_policy(&path.join("policies"), "other", 1);
    let run = |more: &[&str]| {
        let given = ["impact", "--from", "main", "items.json", "--lang", "en"];
        sekisho_in(path, &[&given[..], more].concat())
    };
    let output = run(&[]);
    assert_eq!(output.code, 1, "{output:?}");
    assert!(
        output
            .stdout
            .contains("worse\tother\tAWS::SQS::Queue q0\t111111111111\t- → NON_COMPLIANT\tkeeps 0 days")
    );
    assert!(
        output.stdout.contains("no longer judged\tkept\tAWS::SQS::Queue q7\t222222222222\tNON_COMPLIANT → -")
    );
    assert!(
        output
            .stderr
            .contains("100 items: 1 worse, 0 better, 100 no longer judged, 99 newly judged, 0 the same")
    );
    let markdown = run(&["--format", "markdown", "--policy", "kept"]);
    assert_eq!(markdown.code, 0, "{markdown:?}");
    assert!(markdown.stdout.contains("| `kept` | 111111111111 | 0 | 0 | 50 | 0 |"), "{}", markdown.stdout);
    assert!(markdown.stdout.contains("… and 50 more"), "{}", markdown.stdout);
    // The folder of the revision is that of a subfolder too.
    fs::create_dir(path.join("sub")).unwrap();
    let below = ["impact", "--from", "HEAD", "../items.json", "--policies", "../policies"];
    assert_eq!(sekisho_in(&path.join("sub"), &below).code, 1);
    for (from, why) in
        [("nowhere", "neither a folder nor a revision"), ("--output=x", "neither a folder nor a revision")]
    {
        let output = sekisho_in(path, &["impact", &format!("--from={from}"), "items.json"]);
        assert_eq!(output.code, 2);
        assert!(output.stderr.contains(why), "{output:?}");
    }
    let output = sekisho_in(path, &["impact", "--from", "main", "items.json", "--policies", "rules"]);
    assert_eq!(output.code, 2);
    assert!(output.stderr.contains("revision main has no rules"), "{output:?}");
}

#[test]
fn a_policy_that_fails_now_is_worse_and_one_that_cannot_be_loaded_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write_policy(&path.join("before"), "kept", 30);
    fs::create_dir(path.join("after")).unwrap();
    let fails = "deny contains \"no\" if to_number(input.resourceId) > 1";
    policies::write(&path.join("after"), "kept", "change", "AWS::SQS::Queue", &[], fails);
    write_items(path, 50);
    let given = ["impact", "--from", "before", "--to", "after", "items.json"];
    let output = sekisho_in(path, &given);
    assert_eq!(output.code, 1, "{output:?}");
    assert!(output.stderr.contains("50 items: 50 worse"), "{output:?}");
    assert!(output.stdout.contains("COMPLIANT → ERROR"), "{output:?}");
    // One name in two accounts, and one recorded twice: each is told of, in its own account.
    let text = fs::read_to_string(path.join("items.json")).unwrap();
    let mut items: Vec<Value> = serde_json::from_str::<Value>(&text).unwrap().as_array().unwrap().clone();
    let (mut elsewhere, mut later) = (items[0].clone(), items[0].clone());
    elsewhere["awsAccountId"] = "333333333333".into();
    later["configurationItemCaptureTime"] = "2026-11-24T01:00:00.000Z".into();
    items = vec![items.remove(0), elsewhere, later];
    fs::write(path.join("items.json"), json!(items).to_string()).unwrap();
    let output = sekisho_in(path, &given);
    assert!(output.stderr.contains("3 items: 3 worse, 0 better, 0 no longer judged"), "{output:?}");
    assert!(output.stderr.contains("kept  111111111111: 2 worse\nkept  333333333333: 1 worse"), "{output:?}");
    fs::write(path.join("after/kept.rego"), "package p\nno").unwrap();
    let output = sekisho_in(path, &given);
    assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{output:?}");
}
