//! `sekisho doctor` for reading: a line a step, the evaluations that AWS Config would be told, what failed.

use serde_json::Value;

use super::{BAD, GOOD, count};

/// Prints the report of the function.
pub fn print(report: &Value) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for step in report["steps"].as_array().into_iter().flatten() {
        let name = text(&step["step"]);
        if step["failed"].is_null() {
            anstream::println!("{GOOD}ok{GOOD:#}      {name:<10} {}", text(&step["found"]));
        } else {
            anstream::println!("{BAD}failed{BAD:#}  {name:<10} {}", text(&step["failed"]));
        }
    }
    let evaluations: Vec<&Value> = report["evaluations"].as_array().into_iter().flatten().collect();
    for evaluation in &evaluations {
        let fields = ["compliance", "resourceType", "resourceId", "annotation"];
        let line: Vec<String> = fields.iter().map(|field| text(&evaluation[*field])).collect();
        anstream::println!("{}", line.join("\t"));
    }
    anstream::eprintln!("AWS Config would be told {}", count(evaluations.len(), "evaluation"));
    if let Some(failure) = report["failure"].as_str() {
        anstream::eprintln!("{BAD}error{BAD:#}: {failure}");
    }
}
