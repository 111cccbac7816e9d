//! `sekisho scan` for machines: what stands around and behind the rows of one JSON document, or of one object a line.

use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::evaluate::EvaluationError;
use sekisho_engine::verdict::Compliance;
use serde_json::{Value, json};

use crate::commands::scan::{Located, Scan};

/// What stands before the rows of a document.
pub const BEGIN: &str = "{\n  \"verdicts\": [";

/// What stands behind them.
pub fn end(scan: &Scan) -> String {
    let rest = json!({
        "errors": errors(scan).collect::<Vec<_>>(),
        "notes": scan.notes,
        "evaluation": scan.evaluation,
        "summary": {
            "files": scan.files,
            "filesWithoutProblem": scan.files_good,
            "items": scan.items,
            "itemsWithoutPolicy": scan.without_policy,
            "nonCompliant": scan.count(Compliance::NonCompliant),
            "compliant": scan.count(Compliance::Compliant),
            "notApplicable": scan.count(Compliance::NotApplicable),
            "errors": scan.errors.len() + scan.problems.len(),
        },
    });
    let rest = format!("{rest:#}");
    format!("\n  ],{}\n", rest.trim_start_matches('{'))
}

/// A line an error.
pub fn error_lines(scan: &Scan) -> String {
    errors(scan).map(|error| format!("{}\n", json!({"error": error}))).collect()
}

fn errors(scan: &Scan) -> impl Iterator<Item = Value> + '_ {
    let problems = scan.problems.iter().map(problem);
    problems.chain(scan.errors.iter().map(evaluation_error))
}

/// A diagnostic as an object; fields that it does not have are absent.
pub fn problem(problem: &Diagnostic) -> Value {
    let mut value = json!({"file": problem.file, "message": problem.message});
    let fields = [
        ("line", problem.line.map(Value::from)),
        ("column", problem.column.map(Value::from)),
        ("field", problem.field.clone().map(Value::from)),
        ("help", problem.help.clone().map(Value::from)),
    ];
    for (name, field) in fields {
        if let Some(field) = field {
            value[name] = field;
        }
    }
    value
}

fn evaluation_error(error: &Located<EvaluationError>) -> Value {
    let mut value = problem(&error.found.problem);
    value["policyId"] = error.found.policy_id.clone().into();
    value["resourceType"] = error.found.resource.resource_type.clone().into();
    value["resourceId"] = error.found.resource.resource_id.clone().into();
    value["itemFile"] = error.file.clone().into();
    value
}
