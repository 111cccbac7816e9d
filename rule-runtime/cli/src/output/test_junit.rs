//! `sekisho test --format junit`: `JUnit` XML, a suite a policy.
//!
//! A test is known to Jenkins, GitLab and others by `classname` and `name` together; no two have the same. A dot would be taken
//! for the end of a package's name.

use std::collections::BTreeMap;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use sekisho_engine::diagnostic::Diagnostic;

use crate::commands::test::{Kind, Status, TestResult, TestRun};

/// Prints the run.
pub fn print(run: &TestRun) {
    // A report counts what its suites hold when they are added: they are filled first.
    let mut suites: Vec<TestSuite> = Vec::new();
    let mut names: BTreeMap<(String, String), usize> = BTreeMap::new();
    for result in &run.results {
        let known = suites.iter().position(|suite| suite.name.as_str() == result.suite);
        let at = known.unwrap_or(suites.len());
        if known.is_none() {
            suites.push(TestSuite::new(result.suite.as_str()));
        }
        suites[at].add_test_case(case(result, &mut names));
    }
    if !run.problems.is_empty() {
        suites.push(files(&run.problems));
    }
    let mut report = Report::new("sekisho test");
    report.add_test_suites(suites);
    match report.to_string() {
        // The schema of Jenkins' xUnit plugin knows the count of skipped tests at a suite, not at all of them.
        Ok(text) => {
            anstream::println!("{}", text.replacen(&format!(" skipped=\"{}\"", report.skipped), "", 1));
        }
        Err(error) => anstream::eprintln!("error: the JUnit report could not be written: {error}"),
    }
}

fn files(problems: &[Diagnostic]) -> TestSuite {
    let mut suite = TestSuite::new("files");
    for problem in problems {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(problem.to_string());
        suite.add_test_case(TestCase::new(problem.file.as_str(), status));
    }
    suite
}

fn case(result: &TestResult, names: &mut BTreeMap<(String, String), usize>) -> TestCase {
    let failed = |kind: NonSuccessKind, message: &str| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_message(message.lines().last().unwrap_or_default().to_owned());
        status.set_description(format!("{}\n{message}", result.file));
        status
    };
    let status = match &result.status {
        Status::Passed => TestCaseStatus::success(),
        Status::Skipped => TestCaseStatus::skipped(),
        Status::Failed(difference) => failed(NonSuccessKind::Failure, difference),
        Status::Error(message) => failed(NonSuccessKind::Error, message),
    };
    let kind = match result.kind {
        Kind::Fixture => "fixture",
        Kind::Rego => "rego",
    };
    let class = format!("{kind}.{}", result.suite.replace('.', "_"));
    let number = names.entry((class.clone(), result.name.clone())).or_default();
    *number += 1;
    let name = if *number == 1 { result.name.clone() } else { format!("{} ({number})", result.name) };
    let mut case = TestCase::new(name.as_str(), status);
    case.set_classname(class);
    case.set_time(result.duration);
    case
}
