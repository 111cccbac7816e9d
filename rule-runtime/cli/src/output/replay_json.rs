//! `sekisho replay --format json`: one document with every rule's evaluations as AWS Config has them.

use serde_json::json;

use super::scan_json::problem;
use crate::commands::replay::Replay;

/// Prints the run.
pub fn print(replay: &Replay) {
    let document = json!({
        "rules": replay.answers,
        "errors": replay.problems.iter().map(problem).collect::<Vec<_>>(),
        "notes": replay.notes,
    });
    anstream::println!("{document:#}");
}
