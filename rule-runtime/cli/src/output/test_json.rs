//! `sekisho test --format json`: one document with a summary and every test.

use serde_json::{Map, json};

use crate::commands::test::{Status, TestRun};

/// Prints the run.
pub fn print(run: &TestRun) {
    let mut document = json!({
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
    if !run.coverage.is_empty() {
        let (lines, lines_missed) = run.lines();
        let (rules, rules_missed) = run.rules();
        document["coverage"] = json!({
            "lines": lines, "linesMissed": lines_missed, "rules": rules, "rulesMissed": rules_missed,
            "policies": run.coverage.iter().map(|(id, policy)| (id.clone(), json!({
                "percent": policy.percent(), "lines": policy.lines.len(), "linesMissed": policy.lines_missed,
                "rules": policy.rules,
                "rulesMissed": policy.rules_missed.iter().map(|(name, line)| json!({"name": name, "line": line}))
                    .collect::<Vec<_>>(),
            }))).collect::<Map<_, _>>(),
        });
    }
    anstream::println!("{document:#}");
}
