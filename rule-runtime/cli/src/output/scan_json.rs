//! `sekisho scan` for machines: one JSON document, or one object a line.

use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::evaluate::EvaluationError;
use sekisho_engine::verdict::{Compliance, Verdict};
use serde_json::{Value, json};

use crate::commands::scan::{Located, Scan};

/// Prints one document.
pub fn print(scan: &Scan) {
    let document = json!({
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
        "verdicts": scan.verdicts.iter().map(verdict).collect::<Vec<_>>(),
        "errors": errors(scan).collect::<Vec<_>>(),
        "notes": scan.notes,
        "evaluation": scan.evaluation,
    });
    anstream::println!("{document:#}");
}

/// Prints a line a verdict, then a line an error.
pub fn print_lines(scan: &Scan) {
    for line in scan.verdicts.iter().map(verdict).chain(errors(scan).map(|error| json!({"error": error}))) {
        anstream::println!("{line}");
    }
}

fn verdict(verdict: &Located<Verdict>) -> Value {
    let mut value = serde_json::to_value(&verdict.found).unwrap_or_default();
    value["file"] = verdict.file.clone().into();
    value
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
