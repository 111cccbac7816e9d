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
    match service.protocol {
        Protocol::Json => Ok(Request {
            method: "POST".into(),
            uri: "/".into(),
            headers: vec![
                ("content-type".into(), format!("application/x-amz-json-{}", service.json)),
                ("x-amz-target".into(), format!("{}.{action}", service.target)),
            ],
            body: Value::Object(parameters.clone()).to_string(),
        }),
        Protocol::RestJson | Protocol::RestXml => rest(service, operation, parameters),
        Protocol::Query | Protocol::Ec2 => form(service, action, operation, parameters),
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
                let text = text(value).ok_or_else(|| format!("parameter {name} is no text"))?;
                headers.push((wire.to_lowercase(), text));
            }
            _ => {
                body.insert(wire.clone(), value.clone());
            }
        }
    }
    if let Some(open) = path.find('{') {
        let missing = path[open + 1..].split(['}', '+']).next().unwrap_or_default();
        return Err(format!("needs the parameter {missing}"));
    }
    let has_body = operation.m != "GET" && operation.m != "HEAD" && service.protocol == Protocol::RestJson;
    if has_body {
        headers.push(("content-type".into(), "application/json".into()));
    }
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    Ok(Request {
        method: operation.m.clone(),
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
