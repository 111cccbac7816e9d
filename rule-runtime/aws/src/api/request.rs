//! A request as its service's protocol writes it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::model::{Operation, Protocol, Service, Shape};

/// What stays as it is in a URI (RFC 3986, unreserved).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The same in a path that may have several parts.
const PATH: &AsciiSet = &PLAIN.remove(b'/');

/// A request without host and signature.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: String,
    /// What stands before the service's own host.
    pub host_prefix: String,
    /// Path and query.
    pub uri: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// What is sent.
    pub body: String,
}

/// The request of `action` with `parameters`.
pub fn build(
    service: &Service,
    action: &str,
    operation: &Operation,
    parameters: &Map<String, Value>,
) -> Result<Request, String> {
    let mut request = match service.protocol {
        Protocol::Json => Ok(Request {
            method: "POST".into(),
            host_prefix: String::new(),
            uri: "/".into(),
            headers: vec![
                ("content-type".into(), format!("application/x-amz-json-{}", service.json)),
                ("x-amz-target".into(), format!("{}.{action}", service.target)),
            ],
            body: Value::Object(parameters.clone()).to_string(),
        }),
        Protocol::RestJson | Protocol::RestXml => rest(service, operation, parameters),
        Protocol::Query | Protocol::Ec2 => form(service, action, operation, parameters),
    }?;
    if let Some(prefix) = &operation.h {
        request.host_prefix = host_prefix(prefix, parameters)?;
    }
    Ok(request)
}

/// `{AccountId}.` with the parameter of that name, which has to be a part of a host's name.
fn host_prefix(prefix: &str, parameters: &Map<String, Value>) -> Result<String, String> {
    let Some((before, rest)) = prefix.split_once('{') else {
        return Ok(prefix.to_owned());
    };
    let (name, after) = rest.split_once('}').unwrap_or((rest, ""));
    let value = parameters.get(name).and_then(text).ok_or_else(|| format!("needs the parameter {name}"))?;
    if value.is_empty() || !value.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return Err(format!("parameter {name} is \"{value}\", expected letters, digits and hyphens"));
    }
    Ok(format!("{before}{value}{after}"))
}

/// A value of a body with the names that it has on the wire.
fn on_the_wire(value: &Value, shape: &Shape) -> Value {
    match (shape, value) {
        (Shape::Structure { members }, Value::Object(map)) => {
            let named = |(name, value): (&String, &Value)| match members.get(name) {
                Some((wire, shape)) => (wire.clone(), on_the_wire(value, shape)),
                None => (name.clone(), value.clone()),
            };
            Value::Object(map.iter().map(named).collect())
        }
        (Shape::List { element, .. }, Value::Array(list)) => {
            list.iter().map(|value| on_the_wire(value, element)).collect()
        }
        (Shape::Map { value: shape, .. }, Value::Object(map)) => {
            Value::Object(map.iter().map(|(name, value)| (name.clone(), on_the_wire(value, shape))).collect())
        }
        _ => value.clone(),
    }
}

fn rest(
    service: &Service,
    operation: &Operation,
    parameters: &Map<String, Value>,
) -> Result<Request, String> {
    let (path, fixed) = operation.u.split_once('?').unwrap_or((&operation.u, ""));
    let mut path = path.to_owned();
    let mut query: Vec<String> = if fixed.is_empty() { Vec::new() } else { vec![fixed.to_owned()] };
    let (mut headers, mut body) = (Vec::new(), Map::new());
    for (name, value) in parameters {
        let Some((place, wire)) = operation.r#in.get(name) else {
            return Err(format!("has no parameter {name}"));
        };
        match place {
            'u' => {
                let text = text(value).ok_or_else(|| format!("parameter {name} is no text"))?;
                let whole = format!("{{{wire}+}}");
                let part = format!("{{{wire}}}");
                path = path
                    .replace(&whole, &utf8_percent_encode(&text, PATH).to_string())
                    .replace(&part, &utf8_percent_encode(&text, PLAIN).to_string());
            }
            'q' => {
                let list = value.as_array().map_or_else(|| vec![value], |list| list.iter().collect());
                for one in list {
                    let text = text(one).ok_or_else(|| format!("parameter {name} is no text"))?;
                    query.push(format!("{}={}", encode(wire), encode(&text)));
                }
            }
            'h' => {
                let list = value.as_array().map_or_else(|| vec![value], |list| list.iter().collect());
                let texts: Option<Vec<String>> = list.into_iter().map(text).collect();
                let texts = texts.ok_or_else(|| format!("parameter {name} is no text"))?;
                headers.push((wire.to_lowercase(), texts.join(",")));
            }
            _ => {
                let renamed = operation.b.get(name).map(|shape| on_the_wire(value, shape));
                body.insert(wire.clone(), renamed.unwrap_or_else(|| value.clone()));
            }
        }
    }
    if let Some(open) = path.find('{') {
        let missing = path[open + 1..].split(['}', '+']).next().unwrap_or_default();
        return Err(format!("needs the parameter {missing}"));
    }
    // A few operations read the body of a GET.
    let has_body = service.protocol == Protocol::RestJson
        && (!body.is_empty() || !matches!(operation.m.as_str(), "GET" | "HEAD"));
    if has_body {
        headers.push(("content-type".into(), "application/json".into()));
    }
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    Ok(Request {
        method: operation.m.clone(),
        host_prefix: String::new(),
        uri: format!("{path}{query}"),
        headers,
        body: if has_body { Value::Object(body).to_string() } else { String::new() },
    })
}

fn form(
    service: &Service,
    action: &str,
    operation: &Operation,
    parameters: &Map<String, Value>,
) -> Result<Request, String> {
    let mut fields =
        vec![("Action".to_owned(), action.to_owned()), ("Version".to_owned(), service.version.clone())];
    for (name, value) in parameters {
        let Some((wire, shape)) = operation.q.get(name) else {
            return Err(format!("has no parameter {name}"));
        };
        write(wire, value, shape, &mut fields)?;
    }
    let body: Vec<_> =
        fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    Ok(Request {
        method: "POST".into(),
        host_prefix: String::new(),
        uri: "/".into(),
        headers: vec![("content-type".into(), "application/x-www-form-urlencoded; charset=utf-8".into())],
        body: body.join("&"),
    })
}

fn write(name: &str, value: &Value, shape: &Shape, fields: &mut Vec<(String, String)>) -> Result<(), String> {
    match (shape, value) {
        (Shape::Structure { members }, Value::Object(map)) => {
            for (member, value) in map {
                let (wire, shape) =
                    members.get(member).ok_or_else(|| format!("has no parameter {name}.{member}"))?;
                write(&format!("{name}.{wire}"), value, shape, fields)?;
            }
            Ok(())
        }
        (Shape::List { element, name: of_element, flat }, Value::Array(list)) => {
            let infix =
                if *flat == 1 || of_element.is_empty() { String::new() } else { format!(".{of_element}") };
            for (index, value) in list.iter().enumerate() {
                write(&format!("{name}{infix}.{}", index + 1), value, element, fields)?;
            }
            Ok(())
        }
        _ => {
            let text = text(value).ok_or_else(|| format!("parameter {name} has another form"))?;
            fields.push((name.to_owned(), text));
            Ok(())
        }
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}
