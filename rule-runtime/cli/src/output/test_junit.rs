//! `sekisho test --format junit`: JUnit XML, a suite a policy.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::commands::test::{Kind, Status, TestResult, TestRun};

/// Prints the run.
pub fn print(run: &TestRun) {
    let mut report = Report::new("sekisho test");
    for result in &run.results {
        let case = case(result);
        if let Some(suite) = report.test_suites.iter_mut().find(|suite| suite.name.as_str() == result.suite) {
            suite.add_test_case(case);
        } else {
            let mut suite = TestSuite::new(result.suite.as_str());
            suite.add_test_case(case);
            report.add_test_suite(suite);
        }
    }
    if !run.problems.is_empty() {
        let mut suite = TestSuite::new("files");
        for problem in &run.problems {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(problem.to_string());
            suite.add_test_case(TestCase::new(problem.file.as_str(), status));
        }
        report.add_test_suite(suite);
    }
    match report.to_string() {
        Ok(text) => anstream::println!("{text}"),
        Err(error) => anstream::eprintln!("error: the JUnit report could not be written: {error}"),
    }
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
