//! `sekisho new policy`: what it writes passes as it is, and it writes all or nothing.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::Command;

use sekisho_tests::{environment, root, sekisho_in};

const FILES: [&str; 4] = [
    "policies/queue-has-owner.rego",
    "policies/queue-has-owner_test.rego",
    "fixtures/queue-has-owner/with-owner.yaml",
    "fixtures/queue-has-owner/without-owner.yaml",
];

fn new_policy(folder: &Path, more: &[&str]) -> sekisho_tests::Output {
    sekisho_in(folder, &[&["new", "policy", "queue-has-owner", "--type", "AWS::SQS::Queue"], more].concat())
}

#[test]
fn a_new_policy_passes_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let made = new_policy(folder.path(), &[]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert_eq!(made.stdout.lines().collect::<Vec<_>>(), FILES);
    assert!(made.stderr.contains("sekisho test queue-has-owner"), "{}", made.stderr);
    for arguments in [&["test"][..], &["test", "queue-has-owner", "--mutate"]] {
        let output = sekisho_in(folder.path(), arguments);
        assert_eq!(output.code, 0, "{arguments:?}: {}{}", output.stdout, output.stderr);
    }
    let checked = sekisho_in(folder.path(), &["check"]);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    let tested = Command::new(environment("bin/python"))
        .arg(root().join("tests/oracle/opa_oracle.py"))
        .arg("--library")
        .arg(environment("lib/opa/libopa.so"))
        .args(["test", "policies"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8(tested.stdout).unwrap();
    assert!(tested.status.success() && text.contains("2 pass, 0 fail"), "{text}");
}

#[test]
fn the_item_is_one_of_the_projects_own_where_it_has_one() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = root().join("fixtures/s3-versioning-lock");
    let copy = folder.path().join("fixtures/s3-versioning-lock");
    fs::create_dir_all(&copy).unwrap();
    for entry in fs::read_dir(fixtures).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, copy.join(path.file_name().unwrap())).unwrap();
    }
    let made = sekisho_in(folder.path(), &["new", "policy", "bucket-has-owner", "--type", "AWS::S3::Bucket"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let text = fs::read_to_string(folder.path().join("fixtures/bucket-has-owner/with-owner.yaml")).unwrap();
    assert!(
        text.contains("supplementaryConfiguration") && text.contains("BucketVersioningConfiguration"),
        "{text}"
    );
}

#[test]
fn the_item_is_made_of_the_property_list_where_one_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let schema = root().join("fixtures/check/schema");
    let list = fs::read_dir(&schema).unwrap().next().unwrap().unwrap().path();
    let resource_type = list.file_name().unwrap().to_str().unwrap().split('.').next().unwrap().to_owned();
    let schema = schema.to_str().unwrap();
    let made = sekisho_in(
        folder.path(),
        &["new", "policy", "has-owner", "--type", &resource_type, "--schema", schema],
    );
    assert_eq!(made.code, 0, "{}", made.stderr);
    let text = fs::read_to_string(folder.path().join("fixtures/has-owner/with-owner.yaml")).unwrap();
    assert!(text.contains("made of the property list"), "{text}");
    assert_eq!(sekisho_in(folder.path(), &["test"]).code, 0);
}

#[test]
fn nothing_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("policies")).unwrap();
    fs::write(folder.path().join(FILES[1]), "mine").unwrap();
    let made = new_policy(folder.path(), &[]);
    assert_eq!(made.code, 2);
    assert!(made.stderr.contains("is there already; nothing was written"), "{}", made.stderr);
    assert_eq!(fs::read_to_string(folder.path().join(FILES[1])).unwrap(), "mine");
    for file in [FILES[0], FILES[2], FILES[3]] {
        assert!(!folder.path().join(file).exists(), "{file}");
    }
}

#[test]
fn what_cannot_be_is_refused() {
    for (id, resource_type, told) in [
        ("Queue_Owner", "AWS::SQS::Queue", "expected words of a-z and 0-9"),
        ("queue--owner", "AWS::SQS::Queue", "expected words of a-z and 0-9"),
        ("queue-owner", "AWS::SQS::Queu", "did you mean AWS::SQS::Queue?"),
        ("queue-owner", "aws::s3::bucket", "did you mean AWS::S3::Bucket?"),
        ("queue-owner", "queue", "AWS Config has no resource type \"queue\""),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let made = sekisho_in(folder.path(), &["new", "policy", id, "--type", resource_type]);
        assert_eq!(made.code, 2, "{id} {resource_type}");
        assert!(made.stderr.contains(told), "{}", made.stderr);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
