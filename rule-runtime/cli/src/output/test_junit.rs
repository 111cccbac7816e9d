//! `sekisho test --format junit`: `JUnit` XML, a suite a policy.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use sekisho_engine::diagnostic::Diagnostic;

use crate::commands::test::{Kind, Status, TestResult, TestRun};

/// Prints the run.
pub fn print(run: &TestRun) {
    // A report counts what its suites hold when they are added: they are filled first.
    let mut suites: Vec<TestSuite> = Vec::new();
    for result in &run.results {
        let known = suites.iter().position(|suite| suite.name.as_str() == result.suite);
        let at = known.unwrap_or(suites.len());
        if known.is_none() {
            suites.push(TestSuite::new(result.suite.as_str()));
        }
        suites[at].add_test_case(case(result));
    }
    if !run.problems.is_empty() {
        suites.push(files(&run.problems));
    }
    let mut report = Report::new("sekisho test");
    report.add_test_suites(suites);
    match report.to_string() {
        Ok(text) => anstream::println!("{text}"),
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

fn case(result: &TestResult) -> TestCase {
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
    let mut case = TestCase::new(result.name.as_str(), status);
    let kind = match result.kind {
        Kind::Fixture => "fixture",
        Kind::Rego => "rego",
    };
    case.set_classname(format!("{kind}.{}", result.suite));
    case.set_time(result.duration);
    case
}
