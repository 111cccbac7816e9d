//! What AWS Config refuses in a call, above all in `PutEvaluations`, with its own error names.
//!
//! In: the body of a call. Out: evaluations that AWS would take, or the error that it answers with.
//!
//! Source of the limits: the API model of AWS Config (botocore `config/2014-11-12`): `Evaluations` 0 to 100,
//! `StringWithCharLimit256` 1 to 256, `BaseResourceId` 1 to 768, the enum `ComplianceType`, `ResultToken` required.
//! That `INSUFFICIENT_DATA` is in the enum and refused is documented with `Evaluation`; that an unknown resource
//! type is refused is known from reports of it. The model counts characters and does not say how: UTF-16 code units
//! are counted, as the strictest reading. AWS lists all broken constraints of a call in one message; this names the
//! first.

use aws_sdk_config::types::ResourceType;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::ConfigError;

/// The most evaluations of a call.
const MAX_EVALUATIONS: usize = 100;
/// The longest annotation and the longest resource type.
const MAX_TEXT: usize = 256;
/// The longest resource id.
pub const MAX_ID: usize = 768;
/// Of the enum `ComplianceType` the one that the service does not take here.
const INSUFFICIENT_DATA: &str = "INSUFFICIENT_DATA";
/// The enum `ComplianceType`, in the model's order.
pub const COMPLIANCE_TYPES: [&str; 4] = ["COMPLIANT", "NON_COMPLIANT", "NOT_APPLICABLE", INSUFFICIENT_DATA];

/// The members of a call, of the right types but otherwise as they came. Members that the API does not have are
/// ignored, as AWS does.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    /// `Evaluations`; none is like an empty list.
    pub evaluations: Option<Vec<Sent>>,
    /// `ResultToken`.
    pub result_token: Option<String>,
    /// `TestMode`.
    pub test_mode: Option<bool>,
}

/// Reads the body of a call; anything but a JSON object with members of the right types is a
/// `SerializationException`.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ConfigError> {
    let wrong = |error: &dyn std::fmt::Display| ConfigError::new("SerializationException", error.to_string());
    let value: Value = serde_json::from_slice(body).map_err(|error| wrong(&error))?;
    if !value.is_object() {
        return Err(wrong(&"the body is not a JSON object"));
    }
    serde_json::from_value(value).map_err(|error| wrong(&error))
}

/// An evaluation as it was sent.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Sent {
    compliance_resource_type: Option<String>,
    compliance_resource_id: Option<String>,
    compliance_type: Option<String>,
    annotation: Option<String>,
    ordering_timestamp: Option<f64>,
}

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

impl Accepted {
    /// The evaluation as `FailedEvaluations` carries it.
    pub fn to_json(&self) -> Value {
        let mut value = json!({
            "ComplianceResourceType": self.resource_type,
            "ComplianceResourceId": self.resource_id,
            "ComplianceType": self.compliance,
            "OrderingTimestamp": self.ordering_timestamp,
        });
        if let Some(annotation) = &self.annotation {
            value["Annotation"] = annotation.as_str().into();
        }
        value
    }
}

/// Checks the list of evaluations of a call: the constraints of the model over the whole list, and then what the
/// service itself refuses. AWS checks the model before a call reaches the service, so a constraint broken by the last
/// evaluation comes before a resource type that the first has wrong.
pub fn evaluations(list: Vec<Sent>) -> Result<Vec<Accepted>, ConfigError> {
    if list.len() > MAX_EVALUATIONS {
        return Err(ConfigError::validation("evaluations", &at_most(MAX_EVALUATIONS)));
    }
    let accepted: Vec<_> = list
        .into_iter()
        .enumerate()
        .map(|(index, sent)| well_formed(index + 1, sent))
        .collect::<Result<_, _>>()?;
    for evaluation in &accepted {
        supported(&evaluation.compliance)?;
        known_type(&evaluation.resource_type)?;
    }
    Ok(accepted)
}

fn well_formed(number: usize, sent: Sent) -> Result<Accepted, ConfigError> {
    let path = |member: &str| format!("evaluations.{number}.member.{member}");
    let resource_type = required(&path("complianceResourceType"), sent.compliance_resource_type)?;
    length(&path("complianceResourceType"), &resource_type, MAX_TEXT)?;
    let resource_id = required(&path("complianceResourceId"), sent.compliance_resource_id)?;
    length(&path("complianceResourceId"), &resource_id, MAX_ID)?;
    let compliance = required(&path("complianceType"), sent.compliance_type)?;
    if !COMPLIANCE_TYPES.contains(&compliance.as_str()) {
        let values = COMPLIANCE_TYPES.join(", ");
        let constraint = format!("Member must satisfy enum value set: [{values}]");
        return Err(ConfigError::validation(&path("complianceType"), &constraint));
    }
    if let Some(annotation) = &sent.annotation {
        length(&path("annotation"), annotation, MAX_TEXT)?;
    }
    let ordering_timestamp = required(&path("orderingTimestamp"), sent.ordering_timestamp)?;
    Ok(Accepted { resource_type, resource_id, compliance, annotation: sent.annotation, ordering_timestamp })
}

/// The member, or AWS's error for one that is missing or null.
pub fn required<T>(path: &str, member: Option<T>) -> Result<T, ConfigError> {
    member.ok_or_else(|| ConfigError::validation(path, "Member must not be null"))
}

fn at_most(longest: usize) -> String {
    format!("Member must have length less than or equal to {longest}")
}

/// A text of 1 to `longest` units.
pub fn length(path: &str, text: &str, longest: usize) -> Result<(), ConfigError> {
    let units = text.encode_utf16().count();
    if units == 0 {
        return Err(ConfigError::validation(path, "Member must have length greater than or equal to 1"));
    }
    if units > longest {
        return Err(ConfigError::validation(path, &at_most(longest)));
    }
    Ok(())
}

/// The enum of the model has one value more than `PutEvaluations` takes.
fn supported(compliance: &str) -> Result<(), ConfigError> {
    if compliance == INSUFFICIENT_DATA {
        return Err(ConfigError::new(
            "InvalidParameterValueException",
            format!("{INSUFFICIENT_DATA} cannot be specified as the compliance type of an evaluation"),
        ));
    }
    Ok(())
}

/// A type that AWS Config records, or the type of a custom resource (`Provider::Service::Resource`).
/// AWS's types are those of the SDK, which has the enum of the same model; its newest types may be missing.
pub fn is_known_type(name: &str) -> bool {
    let custom = || {
        let parts: Vec<&str> = name.split("::").collect();
        let named = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric());
        parts.len() == 3 && parts.iter().all(named) && !parts[0].eq_ignore_ascii_case("AWS")
    };
    ResourceType::values().contains(&name) || custom()
}

fn known_type(name: &str) -> Result<(), ConfigError> {
    if name == "AWS::::Account" || is_known_type(name) {
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
