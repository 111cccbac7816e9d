//! The parameters of a rule: strings from AWS Config become what the policy's schema says, defaults are filled
//! in, and the result is validated.

use serde_json::{Map, Value};

use crate::item::kind;

/// The parameter that names the policies; Sekisho's own.
pub const POLICY_PARAMETER: &str = "policy";

/// The parameter that names the role to assume in the rule's account, with its path.
pub const ROLE_PARAMETER: &str = "executionRoleName";

/// The parameter with the external id of that role's trust policy.
pub const EXTERNAL_ID_PARAMETER: &str = "executionRoleExternalId";

/// The parameters that are Sekisho's own; no policy has one of these.
pub const OWN_PARAMETERS: [&str; 3] = [POLICY_PARAMETER, ROLE_PARAMETER, EXTERNAL_ID_PARAMETER];

/// The JSON Schema under `custom.parameters`.
#[derive(Debug, Clone, Default)]
pub struct ParameterSchema {
    properties: Map<String, Value>,
    required: Vec<String>,
    schema: Value,
}

/// What is wrong with one parameter: its name, and the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterProblem {
    /// The parameter; empty where the problem is not of one.
    pub parameter: String,
    /// What was found and expected.
    pub message: String,
}

impl ParameterSchema {
    /// Reads a schema. The error is the field within the schema, and the message.
    ///
    /// # Errors
    /// It is no JSON Schema of an object, or a property has neither a default nor is required, or a default
    /// does not fit its own schema.
    pub fn new(schema: Value) -> Result<Self, (String, String)> {
        let top = |message: String| (String::new(), message);
        let Some(object) = schema.as_object() else {
            return Err(top(format!("is {}, expected an object", kind(&schema))));
        };
        if object.get("type").and_then(Value::as_str) != Some("object") {
            return Err(("type".into(), "must be \"object\"".into()));
        }
        jsonschema::validator_for(&schema).map_err(|error| top(format!("is no JSON Schema: {error}")))?;
        let properties = match object.get("properties") {
            None => Map::new(),
            Some(Value::Object(properties)) => properties.clone(),
            Some(other) => {
                return Err(("properties".into(), format!("is {}, expected an object", kind(other))));
            }
        };
        let required: Vec<String> = object
            .get("required")
            .and_then(Value::as_array)
            .map(|names| names.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect())
            .unwrap_or_default();
        for name in &required {
            if !properties.contains_key(name) {
                return Err(("required".into(), format!("names \"{name}\", which is no property")));
            }
        }
        for (name, property) in &properties {
            check_property(name, property, required.contains(name))
                .map_err(|message| (format!("properties.{name}"), message))?;
        }
        let mut schema = schema;
        schema["additionalProperties"] = Value::Bool(false);
        Ok(Self { properties, required, schema })
    }

    /// The names of the parameters.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.properties.keys().map(String::as_str)
    }

    /// Whether the policy has a parameter of that name.
    pub fn has(&self, name: &str) -> bool {
        self.properties.contains_key(name)
    }

    /// The schema of a parameter.
    pub fn property(&self, name: &str) -> Option<&Value> {
        self.properties.get(name)
    }

    /// The default of each parameter that has one.
    pub fn defaults(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.properties.iter().filter_map(|(name, property)| Some((name.as_str(), property.get("default")?)))
    }

    /// The names that have to be given.
    pub fn required(&self) -> &[String] {
        &self.required
    }

    /// `data.parameters`: the given values of this schema's properties, typed, with defaults, validated.
    /// Names that the schema does not have are left to the caller, which knows the rule's other policies.
    ///
    /// # Errors
    /// Every parameter that does not fit.
    pub fn apply(&self, given: &Map<String, Value>) -> Result<Value, Vec<ParameterProblem>> {
        let mut problems = Vec::new();
        let mut values = Map::new();
        for (name, property) in &self.properties {
            match given.get(name) {
                Some(value) => match restore(value, property) {
                    Ok(value) => {
                        values.insert(name.clone(), value);
                    }
                    Err(message) => problems.push(ParameterProblem { parameter: name.clone(), message }),
                },
                None => {
                    if let Some(default) = property.get("default") {
                        values.insert(name.clone(), default.clone());
                    } else {
                        let message = format!("is missing; expected {}", describe(property));
                        problems.push(ParameterProblem { parameter: name.clone(), message });
                    }
                }
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let values = Value::Object(values);
        if self.schema.is_null() {
            return Ok(values);
        }
        match jsonschema::validator_for(&self.schema) {
            Ok(validator) => {
                let problems: Vec<_> = validator
                    .iter_errors(&values)
                    .map(|error| {
                        let path = error.instance_path().as_str().trim_start_matches('/').to_owned();
                        ParameterProblem { parameter: path.replace('/', "."), message: error.to_string() }
                    })
                    .collect();
                if problems.is_empty() { Ok(values) } else { Err(problems) }
            }
            Err(error) => {
                Err(vec![ParameterProblem { parameter: String::new(), message: format!("schema: {error}") }])
            }
        }
    }
}

fn check_property(name: &str, property: &Value, required: bool) -> Result<(), String> {
    if name == POLICY_PARAMETER {
        return Err("is Sekisho's own parameter; choose another name".into());
    }
    if property.get("type").is_none() {
        return Err("has no type".into());
    }
    match property.get("default") {
        None if required => Ok(()),
        None => Err("has no default and is not required; give it one or list it under required".into()),
        Some(default) => {
            jsonschema::validate(property, default).map_err(|error| format!("default does not fit: {error}"))
        }
    }
}

/// The types that a property allows.
fn types(property: &Value) -> Vec<&str> {
    match property.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn describe(property: &Value) -> String {
    let types = types(property).join(" or ");
    match property.get("description").and_then(Value::as_str) {
        Some(description) => format!("{types}: {description}"),
        None => types,
    }
}

/// AWS Config delivers parameters as strings: the value that the string stands for under this property. A
/// value of any other JSON type is left to the schema.
fn restore(value: &Value, property: &Value) -> Result<Value, String> {
    let Value::String(text) = value else {
        return Ok(value.clone());
    };
    let text = text.trim();
    let types = types(property);
    if types.contains(&"string") {
        return Ok(value.clone());
    }
    for name in &types {
        let restored = match *name {
            "integer" => text.parse::<i64>().ok().map(Value::from),
            "number" => text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from),
            "boolean" => match text.to_ascii_lowercase().as_str() {
                "true" => Some(Value::Bool(true)),
                "false" => Some(Value::Bool(false)),
                _ => None,
            },
            "array" => restore_list(text, property.get("items")),
            "object" => serde_json::from_str(text).ok().filter(Value::is_object),
            _ => None,
        };
        if let Some(restored) = restored {
            return Ok(restored);
        }
    }
    Err(format!("is \"{text}\", expected {}", describe(property)))
}

/// A JSON text, or values with commas between.
fn restore_list(text: &str, items: Option<&Value>) -> Option<Value> {
    if text.starts_with('[') {
        return serde_json::from_str(text).ok().filter(Value::is_array);
    }
    let any = Value::Object(Map::new());
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| match items.unwrap_or(&any) {
            items if items.get("type").is_some() => restore(&Value::from(part), items).ok(),
            _ => Some(Value::from(part)),
        })
        .collect::<Option<Vec<_>>>()
        .map(Value::Array)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn schema() -> ParameterSchema {
        ParameterSchema::new(json!({
            "type": "object",
            "properties": {
                "regions": {"type": "array", "items": {"type": "string"}, "default": ["ap-northeast-1"]},
                "days": {"type": "integer", "minimum": 1, "default": 7, "description": "days to keep"},
                "strict": {"type": "boolean", "default": false},
                "columns": {"type": "object", "default": {}},
                "uri": {"type": "string"}
            },
            "required": ["uri"]
        }))
        .unwrap()
    }

    fn apply(given: &Value) -> Result<Value, Vec<ParameterProblem>> {
        schema().apply(given.as_object().unwrap())
    }

    #[test]
    fn strings_become_what_the_schema_says_and_defaults_are_filled_in() {
        let given =
            json!({"uri": "7", "regions": "a, b", "days": "35", "strict": "True", "columns": "{\"a\":1}"});
        let expected =
            json!({"regions": ["a", "b"], "days": 35, "strict": true, "columns": {"a": 1}, "uri": "7"});
        assert_eq!(apply(&given).unwrap(), expected);
        let defaults =
            json!({"regions": ["ap-northeast-1"], "days": 7, "strict": false, "columns": {}, "uri": "u"});
        assert_eq!(apply(&json!({"uri": "u"})).unwrap(), defaults);
        assert_eq!(apply(&json!({"uri": "u", "regions": "[\"x\"]"})).unwrap()["regions"], json!(["x"]));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (given, parameter) in [
            (json!({}), "uri"),
            (json!({"uri": "u", "days": "many"}), "days"),
            (json!({"uri": "u", "days": "0"}), "days"),
            (json!({"uri": "u", "days": 1.5}), "days"),
            (json!({"uri": "u", "strict": "yes"}), "strict"),
            (json!({"uri": "u", "regions": [1]}), "regions.0"),
            (json!({"uri": "u", "columns": "[]"}), "columns"),
        ] {
            assert_eq!(apply(&given).unwrap_err()[0].parameter, parameter, "{given}");
        }
    }

    #[test]
    fn a_schema_that_could_not_work_is_refused() {
        for (schema, field) in [
            (json!([]), ""),
            (json!({"type": "array"}), "type"),
            (json!({"type": "object", "properties": {"a": {"type": "integer"}}}), "properties.a"),
            (
                json!({"type": "object", "properties": {"a": {"type": "integer", "default": "x"}}}),
                "properties.a",
            ),
            (json!({"type": "object", "properties": {"a": {"default": 1}}}), "properties.a"),
            (json!({"type": "object", "properties": {"policy": {"type": "string"}}}), "properties.policy"),
            (json!({"type": "object", "required": ["b"]}), "required"),
            (json!({"type": "object", "properties": {"a": {"type": "nonsense", "default": 1}}}), ""),
        ] {
            assert_eq!(ParameterSchema::new(schema.clone()).unwrap_err().0, field, "{schema}");
        }
    }
}
