//! `sekisho test` over the real binary: filters, coverage, accepting what came out, watching, and what other programs read.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use sekisho_tests::{Process, binary, environment, root, sekisho, sekisho_in};
use serde_json::Value;

/// A policy with two fixtures and a Rego test, as `sekisho new policy` makes it.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let made = sekisho_in(folder.path(), &["new", "policy", "queue-has-owner", "--type", "AWS::SQS::Queue"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    folder
}

fn change(folder: &Path, file: &str, from: &str, to: &str) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from} in {text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn a_filter_chooses_tests_by_name() {
    let folder = folder();
    let summary = |arguments: &[&str]| {
        let output = sekisho_in(folder.path(), &[&["test"], arguments].concat());
        (output.code, output.stdout.split(',').next().unwrap().to_owned())
    };
    assert_eq!(summary(&[]), (0, "4 passed".to_owned()));
    assert_eq!(summary(&["--filter", "without"]), (0, "2 passed".to_owned()));
    assert_eq!(summary(&["--filter", "queue-has-owner with-owner"]), (0, "1 passed".to_owned()));
    assert_eq!(summary(&["--filter", "nothing"]).0, 2, "no test is not all tests passed");
}

#[test]
fn coverage_names_the_lines_and_rules_that_no_test_comes_to() {
    let folder = folder();
    let policy = "policies/queue-has-owner.rego";
    let covered = sekisho_in(folder.path(), &["test", "--coverage", "--threshold", "100"]);
    assert_eq!(covered.code, 0, "{}", covered.stdout);
    assert!(covered.stdout.contains("coverage 100 %"), "{}", covered.stdout);
    let text = fs::read_to_string(folder.path().join(policy)).unwrap();
    let line = text.lines().count() + 2;
    let more = "\nunasked(name) if {\n\tname == \"never\"\n}\n\ndeny contains {\"msg\": \"x\", \"msg_ja\": \"あ\"} if {\n\towner == \"nobody\"\n\tunasked(owner)\n}\n";
    fs::write(folder.path().join(policy), text + more).unwrap();
    let output = sekisho_in(folder.path(), &["test", "--coverage"]);
    assert_eq!(output.code, 0, "no threshold, no failure: {}", output.stdout);
    let told = format!("rules never reached: unasked (line {line})");
    assert!(output.stdout.contains(&told), "{told}: {}", output.stdout);
    assert!(
        output.stdout.contains(&format!("lines {}, {}, {}", line + 1, line + 4, line + 6)),
        "{}",
        output.stdout
    );
    let output = sekisho_in(folder.path(), &["test", "--coverage", "--threshold", "100", "--format", "json"]);
    assert_eq!(output.code, 1);
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    let coverage = &document["coverage"]["policies"]["queue-has-owner"];
    assert_eq!(coverage["rulesMissed"][0]["name"], "unasked");
    assert!(coverage["percent"].as_u64().unwrap() < 100);
    assert_eq!(sekisho_in(folder.path(), &["test", "--threshold", "100"]).code, 2, "of what?");
}

#[test]
fn what_came_out_is_accepted_after_the_difference_was_shown() {
    let folder = folder();
    let fixture = "fixtures/queue-has-owner/without-owner.yaml";
    change(
        folder.path(),
        "policies/queue-has-owner.rego",
        "\"msg\": \"the tag Owner is missing\"",
        "\"msg\": \"no owner\"",
    );
    change(folder.path(), "policies/queue-has-owner_test.rego", "the tag Owner is missing", "no owner");
    let text = fs::read_to_string(folder.path().join(fixture)).unwrap();
    fs::write(folder.path().join(fixture), format!("# a word of mine\n{text}")).unwrap();
    let failed = sekisho_in(folder.path(), &["test"]);
    assert_eq!(failed.code, 1, "{}", failed.stdout);
    let updated = sekisho_in(folder.path(), &["test", "--update"]);
    assert!(updated.stdout.contains("-  - the tag Owner is missing"), "{}", updated.stdout);
    assert!(updated.stdout.contains("+  - no owner"), "{}", updated.stdout);
    assert!(updated.stdout.contains("1 fixture updated"), "{}", updated.stdout);
    let now = fs::read_to_string(folder.path().join(fixture)).unwrap();
    assert_eq!(
        now,
        format!("# a word of mine\n{}", text.replace("- the tag Owner is missing", "- no owner"))
    );
    assert_eq!(sekisho_in(folder.path(), &["test"]).code, 0);
}

#[test]
fn an_error_is_never_accepted() {
    let folder = folder();
    change(
        folder.path(),
        "policies/queue-has-owner.rego",
        "owner == \"\"",
        "owner == \"\"\n\tto_number(owner) > 0",
    );
    let fixture = folder.path().join("fixtures/queue-has-owner/without-owner.yaml");
    let before = fs::read_to_string(&fixture).unwrap();
    let output = sekisho_in(folder.path(), &["test", "--update"]);
    assert_eq!(output.code, 2, "{}", output.stdout);
    assert_eq!(fs::read_to_string(&fixture).unwrap(), before);
}

#[test]
fn watching_runs_again_when_a_policy_is_saved() {
    let folder = folder();
    let mut child = Command::new(binary("sekisho"))
        .args(["test", "--watch"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (sender, lines) = mpsc::channel();
    for stream in [
        Box::new(child.stdout.take().unwrap()) as Box<dyn std::io::Read + Send>,
        Box::new(child.stderr.take().unwrap()),
    ] {
        let sender = sender.clone();
        std::thread::spawn(move || {
            BufReader::new(stream).lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
        });
    }
    let _child = Process(child);
    let wait_for = |what: &str| loop {
        let line = lines.recv_timeout(Duration::from_secs(30)).unwrap_or_else(|_| panic!("{what}"));
        if line.contains(what) {
            break;
        }
    };
    wait_for("4 passed, 0 failed");
    wait_for("watching policies, fixtures");
    change(folder.path(), "policies/queue-has-owner.rego", "\"the tag Owner is missing\"", "\"no owner\"");
    wait_for("2 passed, 2 failed");
    wait_for("watching policies, fixtures");
    change(folder.path(), "policies/queue-has-owner.rego", "\"no owner\"", "\"the tag Owner is missing\"");
    wait_for("4 passed, 0 failed");
}

/// The names of the cases, with what holds them: `classname` and `name`.
fn cases(junit: &str) -> Vec<(String, String)> {
    let document = roxmltree::Document::parse(junit).unwrap();
    let attribute =
        |node: &roxmltree::Node<'_, '_>, name: &str| node.attribute(name).unwrap_or_default().to_owned();
    let cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
    cases.map(|case| (attribute(&case, "classname"), attribute(&case, "name"))).collect()
}

#[test]
fn junit_is_valid_and_its_names_are_unique() {
    let mut reports = vec![sekisho(&["test", "--format", "junit"]).stdout];
    let folder = folder();
    change(folder.path(), "policies/queue-has-owner.rego", "\"the tag Owner is missing\"", "\"no owner\"");
    fs::write(folder.path().join("fixtures/queue-has-owner/bad.yaml"), "title: [").unwrap();
    fs::copy(
        folder.path().join("fixtures/queue-has-owner/with-owner.yaml"),
        folder.path().join("fixtures/queue-has-owner/with-owner.yml"),
    )
    .unwrap();
    let failing = sekisho_in(folder.path(), &["test", "--format", "junit"]);
    assert_eq!(failing.code, 2);
    reports.push(failing.stdout);
    for report in &reports {
        let found = cases(report);
        assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len(), "each name once");
        assert!(
            found.iter().all(|(class, _)| class.matches('.').count() <= 1),
            "a dot ends a package's name"
        );
        let file = folder.path().join("report.xml");
        fs::write(&file, report).unwrap();
        let checked = Command::new(environment("bin/python"))
            .args([root().join("tests/schemas/check_junit.py"), environment("lib/junit/junit-10.xsd"), file])
            .output()
            .unwrap();
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    }
    assert!(cases(&reports[0]).len() > 1_500);
    assert!(cases(&reports[1]).contains(&("fixture.queue-has-owner".into(), "with-owner (2)".into())));
}

#[test]
fn tap_counts_every_test() {
    let folder = folder();
    change(folder.path(), "policies/queue-has-owner.rego", DENY_HEAD, "\"no owner # 1\"");
    let output = sekisho_in(folder.path(), &["test", "--format", "tap"]);
    assert_eq!(output.code, 1);
    let lines: Vec<&str> = output.stdout.lines().collect();
    assert_eq!(lines[..2], ["TAP version 14", "1..4"]);
    let results: Vec<&str> = lines.iter().copied().filter(|line| line.contains("ok ")).collect();
    assert_eq!(
        results,
        [
            "ok 1 - fixture queue-has-owner with-owner",
            "not ok 2 - fixture queue-has-owner without-owner",
            "ok 3 - rego queue-has-owner test_with_an_owner",
            "not ok 4 - rego queue-has-owner test_without_an_owner",
        ]
    );
    assert_eq!(lines.iter().filter(|line| **line == "  ---").count(), 2);
}

const DENY_HEAD: &str = "\"the tag Owner is missing\"";
