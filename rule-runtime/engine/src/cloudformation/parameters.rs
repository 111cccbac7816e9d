//! The parameters of a template: what is given, else their defaults.
//!
//! In: `Parameters` of the template and the values given. Out: a [`Field`] a parameter, unknown where there is no value.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::field::Field;
use crate::diagnostic::Diagnostic;

/// The parameters of the template `content`.
///
/// # Errors
/// A value is not one that the template allows.
pub fn values(
    file: &str,
    content: &Map<String, Value>,
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Field>, Vec<Diagnostic>> {
    let empty = Map::new();
    let declared = content.get("Parameters").and_then(Value::as_object).unwrap_or(&empty);
    let mut problems = Vec::new();
    let mut values = BTreeMap::new();
    for (name, declaration) in declared {
        let kind = declaration.get("Type").and_then(Value::as_str).unwrap_or("String");
        let default = declaration.get("Default").map(text);
        let value = given.get(name).cloned().or(default);
        let Some(value) = value else {
            values.insert(name.clone(), Field::unknown(format!("the parameter {name} has no value")));
            continue;
        };
        if let Some(Value::Array(allowed)) = declaration.get("AllowedValues")
            && !allowed.iter().any(|one| text(one) == value)
        {
            let allowed: Vec<String> = allowed.iter().map(text).collect();
            problems.push(
                Diagnostic::new(file, format!("\"{value}\" is not among {}", allowed.join(", ")))
                    .field(format!("Parameters.{name}.AllowedValues"))
                    .help("give one of these"),
            );
        }
        let field = if kind.starts_with("AWS::SSM::Parameter::Value") {
            Field::unknown(format!("the parameter {name} is looked up in Parameter Store"))
        } else if kind == "CommaDelimitedList" || kind.starts_with("List<") {
            Field::List(value.split(',').map(|part| Field::text(part.trim())).collect())
        } else {
            Field::text(value)
        };
        values.insert(name.clone(), field);
    }
    if problems.is_empty() { Ok(values) } else { Err(problems) }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}
