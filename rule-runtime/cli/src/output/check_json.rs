//! `sekisho check --format json`: one document with the sums and every problem.

use sekisho_engine::diagnostic::Diagnostic;
use serde_json::{Value, json};

use crate::commands::check::CheckRun;

/// Prints the run.
pub fn print(run: &CheckRun) {
    let document = json!({
        "policies": run.policies,
        "guidelines": run.guidelines,
        "clauses": run.clauses,
        "problems": run.errors().map(problem).collect::<Vec<_>>(),
        "notes": run.notes().map(problem).collect::<Vec<_>>(),
    });
    anstream::println!("{document:#}");
}

fn problem(problem: &Diagnostic) -> Value {
    let fix = problem.fix.as_ref();
    let fix = fix.map(|fix| json!({"line": fix.line, "column": fix.column, "from": fix.from, "to": fix.to}));
    json!({
        "code": problem.code,
        "fix": fix,
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "field": problem.field,
        "message": problem.message,
        "help": problem.help,
    })
}
