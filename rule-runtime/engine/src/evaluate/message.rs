//! What the rules of the contract evaluate to, read strictly: what is not of the form is an error, because a
//! denial that nobody understands must not pass as none.

use regorus::Value;

use crate::item::ConfigurationItem;
use crate::verdict::{Reason, ResourceKey};

/// One element of `deny`.
#[derive(Debug, Clone, PartialEq)]
pub struct Denial {
    /// Why.
    pub reason: Reason,
    /// About what; the item itself where it is absent.
    pub resource: Option<ResourceKey>,
}

/// Why a field that is absent decided.
pub fn absent(path: &str) -> Reason {
    Reason { msg: format!("{path} is absent"), msg_ja: Some(format!("{path}がありません")) }
}

/// `{resourceId}` and the like in a message stand for what the item says: a policy that names them so need not read them, and
/// says the same of many items.
pub fn filled(reason: &Reason, item: &ConfigurationItem) -> Reason {
    let fill = |text: &str| fill(text, item).unwrap_or_else(|| text.to_owned());
    Reason { msg: fill(&reason.msg), msg_ja: reason.msg_ja.as_deref().map(fill) }
}

fn fill(text: &str, item: &ConfigurationItem) -> Option<String> {
    text.contains('{').then(|| {
        let names = [
            ("{resourceId}", Some(item.resource.resource_id.as_str())),
            ("{resourceType}", Some(item.resource.resource_type.as_str())),
            ("{ARN}", item.arn.as_deref()),
            ("{awsAccountId}", item.account_id.as_deref()),
            ("{awsRegion}", item.region.as_deref()),
        ];
        let mut filled = String::with_capacity(text.len() + 32);
        let mut rest = text;
        // From left to right, so that what stands in an id is left alone.
        while let Some(at) = rest.find('{') {
            filled.push_str(&rest[..at]);
            rest = &rest[at..];
            let known = names.iter().find(|(name, value)| value.is_some() && rest.starts_with(name));
            let (taken, value) = known.map_or(("{", "{"), |(name, value)| (name, value.unwrap_or_default()));
            filled.push_str(value);
            rest = &rest[taken.len()..];
        }
        filled + rest
    })
}

/// `not_applicable`: true, false or undefined.
pub fn is_true(value: &Value) -> Result<bool, String> {
    match value {
        Value::Undefined => Ok(false),
        Value::Bool(value) => Ok(*value),
        other => Err(format!("not_applicable is {}, expected true or false", kind(other))),
    }
}

/// `deny`: a set of texts and of objects with `msg`.
pub fn denials(value: &Value) -> Result<Vec<Denial>, String> {
    let set = value.as_set().map_err(|_| format!("deny is {}, expected a set", kind(value)))?;
    set.iter().map(denial).collect()
}

fn denial(value: &Value) -> Result<Denial, String> {
    if let Value::String(text) = value {
        return Ok(Denial { reason: Reason { msg: non_empty(text, "msg")?, msg_ja: None }, resource: None });
    }
    if value.as_object().is_err() {
        return Err(format!("deny contains {}, expected a text or an object with msg", kind(value)));
    }
    let msg = match &value["msg"] {
        Value::String(text) => non_empty(text, "msg")?,
        Value::Undefined => return Err("deny contains an object without msg".into()),
        other => {
            return Err(format!("msg of a deny object is {}, expected a text", kind(other)));
        }
    };
    let msg_ja = match &value["msg_ja"] {
        Value::String(text) => Some(non_empty(text, "msg_ja")?),
        Value::Undefined => None,
        other => {
            return Err(format!("msg_ja of a deny object is {}, expected a text", kind(other)));
        }
    };
    let resource = match &value["resource"] {
        Value::Undefined => None,
        resource => Some(resource_key(resource, "resource of a deny object")?),
    };
    Ok(Denial { reason: Reason { msg, msg_ja }, resource })
}

/// `judged`: a set of `{"resourceType", "resourceId"}`.
pub fn judged(value: &Value) -> Result<Vec<ResourceKey>, String> {
    let set = value.as_set().map_err(|_| format!("judged is {}, expected a set", kind(value)))?;
    set.iter().map(|value| resource_key(value, "an element of judged")).collect()
}

fn resource_key(value: &Value, what: &str) -> Result<ResourceKey, String> {
    let field = |name: &str| match value.as_object().map(|_| &value[name]) {
        Ok(Value::String(text)) if !text.trim().is_empty() => Ok(text.to_string()),
        _ => Err(format!("{what} has no {name}; expected {{\"resourceType\": …, \"resourceId\": …}}")),
    };
    Ok(ResourceKey { resource_type: field("resourceType")?, resource_id: field("resourceId")? })
}

fn non_empty(text: &str, name: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err(format!("{name} of a deny message is empty"));
    }
    Ok(text.to_owned())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Set(_) => "a set",
        Value::Object(_) => "an object",
        Value::Undefined => "undefined",
    }
}
