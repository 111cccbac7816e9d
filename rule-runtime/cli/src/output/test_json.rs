//! `sekisho test --format json`: one document with a summary and every test.

use serde_json::json;

use crate::commands::test::{Status, TestRun};

/// Prints the run.
pub fn print(run: &TestRun) {
    let document = json!({
        "summary": {
            "passed": run.count(|status| *status == Status::Passed),
            "failed": run.count(|status| matches!(status, Status::Failed(_))),
            "errors": run.count(|status| matches!(status, Status::Error(_))),
            "skipped": run.count(|status| *status == Status::Skipped),
        },
        "tests": run.results,
        "problems": run.problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "untested": run.untested,
    });
    anstream::println!("{document:#}");
}
