//! `sekisho check --format sarif`: SARIF 2.1.0, one run, a rule a code, a result a problem.
//!
//! The format: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use sekisho_engine::codes::CODES;
use sekisho_engine::diagnostic::{Diagnostic, Fix, Level};
use serde_json::{Value, json};

use crate::commands::check::CheckRun;

/// Prints the run.
pub fn print(run: &CheckRun) {
    anstream::println!("{:#}", document(run));
}

fn document(run: &CheckRun) -> Value {
    let rules: Vec<Value> = CODES
        .iter()
        .map(|entry| {
            json!({
                "id": entry.code,
                "shortDescription": {"text": entry.title},
                "fullDescription": {"text": entry.why},
                "help": {"text": format!("{}\n\nNot:\n{}\n\nBut:\n{}", entry.why, entry.wrong, entry.right)},
            })
        })
        .collect();
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "sekisho", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": run.problems.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

fn result(problem: &Diagnostic) -> Value {
    let field = problem.field.as_ref().map(|field| format!("{field}: ")).unwrap_or_default();
    let help = problem.help.as_ref().map(|help| format!(". {help}")).unwrap_or_default();
    let level = match problem.level {
        Level::Error => "error",
        Level::Note => "note",
    };
    let mut result = json!({
        "level": level,
        "message": {"text": format!("{field}{}{help}", problem.message)},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": uri(&problem.file)},
        }}],
    });
    if let Some(code) = problem.code {
        result["ruleId"] = code.into();
    }
    if let Some(line) = problem.line {
        let region = &mut result["locations"][0]["physicalLocation"]["region"];
        *region = json!({"startLine": line});
        if let Some(column) = problem.column {
            region["startColumn"] = column.into();
        }
    }
    if let Some(fix) = &problem.fix {
        result["fixes"] = json!([fixed(&problem.file, fix, problem.source_line.as_deref())]);
    }
    result
}

fn fixed(file: &str, fix: &Fix, line: Option<&str>) -> Value {
    // The place may be the quote before the text.
    let first = line.and_then(|line| line.chars().nth(fix.column - 1));
    let start = fix.column + usize::from(matches!(first, Some('"' | '`')));
    json!({
        "description": {"text": format!("{} to {}", fix.from, fix.to)},
        "artifactChanges": [{
            "artifactLocation": {"uri": uri(file)},
            "replacements": [{
                "deletedRegion": {
                    "startLine": fix.line, "startColumn": start, "endColumn": start + fix.from.chars().count()
                },
                "insertedContent": {"text": fix.to},
            }],
        }],
    })
}

/// A path as a relative reference: what a URI does not take is escaped.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.trim_start_matches("./").replace('\\', "/").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_references() {
        assert_eq!(uri("./a b/方針.rego"), "a%20b/%E6%96%B9%E9%87%9D.rego");
    }
}
