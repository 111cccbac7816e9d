//! `sekisho test` for reading: failures with their difference, then one line that counts.

use super::{BAD, DIM, GOOD, WARN, count, policies};
use crate::commands::test::{Status, TestRun};

/// Prints the run.
pub fn print(run: &TestRun) {
    for result in &run.results {
        let title = format!("{} {}", result.suite, result.name);
        match &result.status {
            Status::Passed => {}
            Status::Skipped => anstream::println!("{WARN}SKIP{WARN:#} {title}"),
            Status::Failed(difference) => {
                anstream::println!("{BAD}FAIL{BAD:#} {title}\n     {}", result.file);
                print_difference(difference);
            }
            Status::Error(message) => {
                anstream::println!("{BAD}ERROR{BAD:#} {title}\n     {}", result.file);
                message.lines().for_each(|line| anstream::println!("     {line}"));
            }
        }
    }
    for id in &run.untested {
        anstream::eprintln!("{WARN}warning{WARN:#}: policy {id} has no fixture");
    }
    let passed = run.count(|status| *status == Status::Passed);
    let failed = run.count(|status| matches!(status, Status::Failed(_)));
    let errors = run.count(|status| matches!(status, Status::Error(_)));
    let skipped = run.count(|status| *status == Status::Skipped);
    let style = if failed + errors > 0 { BAD } else { GOOD };
    let files = if run.problems.is_empty() {
        String::new()
    } else {
        format!(", {} with files", count(run.problems.len(), "problem"))
    };
    if run.updated > 0 {
        anstream::println!("{} updated; look at them before you commit", count(run.updated, "fixture"));
    }
    anstream::println!(
        "{style}{passed} passed, {failed} failed{style:#}, {errors} could not run, {skipped} skipped{files} ({}, {:.1} s)",
        policies(run.policies),
        run.duration.as_secs_f64(),
    );
}

fn print_difference(difference: &str) {
    for line in difference.lines() {
        let style = match line.chars().next() {
            Some('-') => BAD,
            Some('+') => GOOD,
            _ => DIM,
        };
        anstream::println!("     {style}{line}{style:#}");
    }
}
