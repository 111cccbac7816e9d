//! A recorded item as a fixture: what the policy says of it, which must be what it says of the original.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::item::ConfigurationItem;
use sekisho_engine::policy::Policy;
use serde_json::{Map, Value, json};

use crate::commands::test::expectation;
use crate::fixture::{Case, Fixture};
use crate::record::scrub::Scrubber;

/// What a fixture is made with.
pub struct Input<'a> {
    /// Whose fixture it is.
    pub policy: &'a Arc<Policy>,
    /// Where it will be.
    pub path: &'a Path,
    /// Where the policy reads the time.
    pub now: Option<Timestamp>,
    /// As given.
    pub parameters: &'a Map<String, Value>,
}

/// The fixture's text.
///
/// # Errors
/// The policy cannot judge the item, or judges the scrubbed item otherwise than the original.
pub fn fixture(
    input: &Input,
    item: &ConfigurationItem,
    clean: &Value,
    scrubber: &mut Scrubber,
) -> Result<String, Diagnostic> {
    let parameters: Map<String, Value> = input
        .parameters
        .iter()
        .map(|(name, value)| (name.clone(), scrubber.value(value, &format!("parameters.{name}"))))
        .collect();
    let before = judged(input, &item.document, input.parameters)?;
    let expect = judged(input, clean, &parameters)?;
    if compliances(&before) != compliances(&expect) {
        let message = format!(
            "the scrubbed item is {}, the original {}; nothing was written",
            compliances(&expect).join(", "),
            compliances(&before).join(", ")
        );
        let help = "the policy reads what was replaced: leave it with --keep PATH, or give the parameter with --param";
        return Err(Diagnostic::new(input.path.display().to_string(), message).help(help));
    }
    let resource_type = &item.resource.resource_type;
    let compliance = expect["compliance"].as_str().unwrap_or_default();
    let mut fixture = Map::new();
    fixture.insert("title".into(), format!("a recorded {resource_type} that is {compliance}").into());
    let region = item.region.as_deref().unwrap_or("no region");
    let source =
        format!("recorded from AWS Config ({resource_type}, {region}) and scrubbed by sekisho record");
    fixture.insert("source".into(), source.into());
    fixture.insert("item".into(), clean.clone());
    if !parameters.is_empty() {
        fixture.insert("parameters".into(), parameters.into());
    }
    if let Some(now) = input.now {
        fixture.insert("now".into(), now.to_string().into());
    }
    fixture.insert("expect".into(), expect);
    serde_saphyr::to_string(&Value::Object(fixture))
        .map_err(|error| problem(input, format!("cannot be written: {error}")))
}

/// What the policy says of `item`, in the form of a fixture's `expect`.
fn judged(input: &Input, item: &Value, parameters: &Map<String, Value>) -> Result<Value, Diagnostic> {
    let fixture = json!({
        "title": "", "item": item, "parameters": parameters, "expect": {"compliance": "COMPLIANT"},
        "now": input.now.map(|now| now.to_string()),
    });
    let fixture: Fixture =
        serde_json::from_value(fixture).map_err(|error| problem(input, error.to_string()))?;
    let case = Case {
        policy_id: input.policy.id().to_owned(),
        name: "recorded".to_owned(),
        path: input.path.to_owned(),
        fixture,
    };
    expectation(&case, input.policy)
}

fn problem(input: &Input, message: String) -> Diagnostic {
    Diagnostic::new(input.path.display().to_string(), message)
}

/// The verdict of the item and those of other resources, without their words, which have names in them.
fn compliances(expect: &Value) -> Vec<&str> {
    let others = expect["resources"].as_array().into_iter().flatten();
    let all = [expect].into_iter().chain(others);
    all.map(|verdict| verdict["compliance"].as_str().unwrap_or_default()).collect()
}
