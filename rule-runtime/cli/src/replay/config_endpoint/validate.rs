//! What AWS Config refuses in PutEvaluations, with its own error names.
//!
//! Source of the limits: the API model of AWS Config (botocore `config/2014-11-12`): `Evaluations` 0 to 100,
//! `StringWithCharLimit256` 1 to 256, `BaseResourceId` 1 to 768, the enum `ComplianceType`. That
//! INSUFFICIENT_DATA is in the enum and refused, and that an unknown resource type is refused, is documented with
//! the operation. The model counts characters and does not say how: UTF-16 code units are counted, as the strictest
//! reading.

use aws_sdk_config::types::ResourceType;
use serde_json::Value;

use super::ConfigError;

/// The most evaluations of a call.
const MAX_EVALUATIONS: usize = 100;
/// The longest annotation and the longest resource type.
const MAX_TEXT: usize = 256;
/// The longest resource id.
const MAX_ID: usize = 768;

/// An evaluation that AWS would take.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// `ComplianceResourceType`.
    pub resource_type: String,
    /// `ComplianceResourceId`.
    pub resource_id: String,
    /// `ComplianceType`.
    pub compliance: String,
    /// `Annotation`.
    pub annotation: Option<String>,
    /// `OrderingTimestamp`, in seconds since 1970.
    pub ordering_timestamp: f64,
}

/// Checks the list of evaluations of a call.
pub fn evaluations(request: &Value) -> Result<Vec<Accepted>, ConfigError> {
    let list = match request.get("Evaluations") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(ConfigError::serialization("Evaluations is not a list")),
    };
    if list.len() > MAX_EVALUATIONS {
        return Err(ConfigError::validation(
            "evaluations",
            &format!("Member must have length less than or equal to {MAX_EVALUATIONS}"),
        ));
    }
    list.iter().enumerate().map(|(index, evaluation)| one(index + 1, evaluation)).collect()
}

fn one(number: usize, evaluation: &Value) -> Result<Accepted, ConfigError> {
    let path = |member: &str| format!("evaluations.{number}.member.{member}");
    let required = |name: &str, member: &str, longest: usize| {
        let text = text(evaluation, name)?;
        let text = text.ok_or_else(|| ConfigError::validation(&path(member), "Member must not be null"))?;
        length(&path(member), &text, longest)?;
        Ok(text)
    };
    let resource_type = required("ComplianceResourceType", "complianceResourceType", MAX_TEXT)?;
    let resource_id = required("ComplianceResourceId", "complianceResourceId", MAX_ID)?;
    let compliance = required("ComplianceType", "complianceType", MAX_TEXT)?;
    let annotation = text(evaluation, "Annotation")?;
    if let Some(annotation) = &annotation {
        length(&path("annotation"), annotation, MAX_TEXT)?;
    }
    let ordering_timestamp = match evaluation.get("OrderingTimestamp") {
        None | Some(Value::Null) => {
            return Err(ConfigError::validation(&path("orderingTimestamp"), "Member must not be null"));
        }
        Some(time) => time.as_f64().ok_or_else(|| ConfigError::serialization("OrderingTimestamp is not a number"))?,
    };
    compliance_type(&path("complianceType"), &compliance)?;
    known_type(&resource_type)?;
    Ok(Accepted { resource_type, resource_id, compliance, annotation, ordering_timestamp })
}

fn text(evaluation: &Value, name: &str) -> Result<Option<String>, ConfigError> {
    match evaluation.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(ConfigError::serialization(&format!("{name} is not a string"))),
    }
}

fn length(path: &str, text: &str, longest: usize) -> Result<(), ConfigError> {
    let units = text.encode_utf16().count();
    if units == 0 {
        return Err(ConfigError::validation(path, "Member must have length greater than or equal to 1"));
    }
    if units > longest {
        let constraint = format!("Member must have length less than or equal to {longest}");
        return Err(ConfigError::validation(path, &constraint));
    }
    Ok(())
}

fn compliance_type(path: &str, compliance: &str) -> Result<(), ConfigError> {
    match compliance {
        "COMPLIANT" | "NON_COMPLIANT" | "NOT_APPLICABLE" => Ok(()),
        "INSUFFICIENT_DATA" => Err(ConfigError::new(
            "InvalidParameterValueException",
            "INSUFFICIENT_DATA cannot be specified as the compliance type of an evaluation".into(),
        )),
        _ => Err(ConfigError::validation(
            path,
            "Member must satisfy enum value set: [COMPLIANT, NON_COMPLIANT, NOT_APPLICABLE, INSUFFICIENT_DATA]",
        )),
    }
}

/// A type that AWS Config knows, the account, or a custom resource's.
fn known_type(name: &str) -> Result<(), ConfigError> {
    let custom = !name.starts_with("AWS::") && name.split("::").count() == 3;
    if name == "AWS::::Account" || custom || ResourceType::values().contains(&name) {
        return Ok(());
    }
    Err(ConfigError::new(
        "InvalidParameterValueException",
        format!(
            "The compliance resource type {name} is not valid. Permitted values are AWS::::Account and the \
             resource types that AWS Config supports"
        ),
    ))
}
