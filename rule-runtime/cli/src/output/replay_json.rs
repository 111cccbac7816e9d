//! `sekisho replay --format json`: one document with every rule's evaluations as AWS Config has them.

use serde_json::{Value, json};

use super::scan_json::problem;
use crate::commands::replay::Replay;

/// The run as one document.
pub fn document(replay: &Replay) -> Value {
    json!({
        "rules": replay.answers,
        "errors": replay.problems.iter().map(problem).collect::<Vec<_>>(),
        "notes": replay.notes,
    })
}

/// Prints the run.
pub fn print(replay: &Replay) {
    anstream::println!("{:#}", document(replay));
}
