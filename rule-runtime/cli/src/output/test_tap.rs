//! `sekisho test --format tap`: the Test Anything Protocol, version 14.

use crate::commands::test::{Kind, Status, TestRun};

/// Prints the run; what could not be read is a test that failed.
pub fn print(run: &TestRun) {
    anstream::println!("TAP version 14\n1..{}", run.results.len() + run.problems.len());
    let mut number = 0;
    for result in &run.results {
        number += 1;
        let kind = match result.kind {
            Kind::Fixture => "fixture",
            Kind::Rego => "rego",
        };
        let name = escape(&format!("{kind} {} {}", result.suite, result.name));
        match &result.status {
            Status::Passed => anstream::println!("ok {number} - {name}"),
            Status::Skipped => anstream::println!("ok {number} - {name} # SKIP"),
            Status::Failed(text) | Status::Error(text) => {
                anstream::println!("not ok {number} - {name}");
                block(&result.file, text);
            }
        }
    }
    for problem in &run.problems {
        number += 1;
        anstream::println!("not ok {number} - {}", escape(&problem.file));
        block(&problem.file, &problem.to_string());
    }
}

fn block(file: &str, text: &str) {
    anstream::println!(
        "  ---\n  file: \"{}\"\n  message: |",
        file.replace('\\', "\\\\").replace('"', "\\\"")
    );
    text.lines().for_each(|line| anstream::println!("    {line}"));
    anstream::println!("  ...");
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#")
}
