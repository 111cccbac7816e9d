//! An answer of any protocol as JSON in the API's own names, with times as everywhere in Sekisho.

use roxmltree::{Document, Node};
use sekisho_engine::item::time;
use serde_json::{Map, Value};

use super::ApiError;
use super::model::{Operation, Protocol, Service, Shape};

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `x-amzn-errortype`.
    pub error_type: Option<String>,
    /// `x-amz-bucket-region`: where S3 has the bucket, if not where it was asked.
    pub bucket_region: Option<String>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The error that it is, if it is one.
    pub fn error(&self, protocol: Protocol) -> Option<ApiError> {
        let is_json = matches!(protocol, Protocol::Json | Protocol::RestJson);
        let error = if is_json { json_error } else { xml_error };
        (!(200..300).contains(&self.status)).then(|| error(self))
    }
}

/// Reads an answer.
///
/// # Errors
/// The error that it is, or that it cannot be read.
pub fn read(service: &Service, operation: &Operation, answer: &Answer) -> Result<Value, ApiError> {
    if let Some(error) = answer.error(service.protocol) {
        return Err(error);
    }
    let is_xml = !matches!(service.protocol, Protocol::Json | Protocol::RestJson);
    let unreadable = |why: String| ApiError::new("UnreadableAnswer", why);
    if let Some(member) = operation.p.as_deref().filter(|_| is_text(operation)) {
        return Ok(Value::Object(Map::from_iter([(member.to_owned(), answer.body.clone().into())])));
    }
    if !is_xml {
        if answer.body.trim().is_empty() {
            return Ok(Value::Object(Map::new()));
        }
        let value: Value =
            serde_json::from_str(&answer.body).map_err(|error| unreadable(error.to_string()))?;
        let value = match &operation.p {
            Some(member) => Value::Object(Map::from_iter([(member.clone(), value)])),
            None => value,
        };
        return Ok(match &operation.o {
            Some(shape) => from_json(value, shape),
            None => value,
        });
    }
    let Some(shape) = &operation.o else {
        return Ok(Value::Object(Map::new()));
    };
    let document = Document::parse(&answer.body).map_err(|error| unreadable(error.to_string()))?;
    let root = document.root_element();
    let element = match &operation.w {
        Some(wrapper) => root.children().find(|child| child.has_tag_name(wrapper.as_str())).unwrap_or(root),
        None => root,
    };
    Ok(match (&operation.p, shape) {
        (Some(member), Shape::Structure { members }) => {
            let inner = members.get(member).map(|(_, inner)| from_xml(element, inner)).unwrap_or_default();
            Value::Object(Map::from_iter([(member.clone(), inner)]))
        }
        // The body of GetBucketLocation is its one member.
        (None, Shape::Structure { members })
            if members.len() == 1
                && members
                    .values()
                    .all(|(wire, inner)| matches!(inner, Shape::Scalar(_)) && local(element) == *wire) =>
        {
            let one =
                |(name, (_, inner)): (&String, &(String, Shape))| (name.clone(), from_xml(element, inner));
            Value::Object(members.iter().map(one).collect())
        }
        _ => from_xml(element, shape),
    })
}

/// Whether the body is a text by itself, as a bucket's policy is.
fn is_text(operation: &Operation) -> bool {
    match (&operation.o, &operation.p) {
        (Some(Shape::Structure { members }), Some(member)) => {
            matches!(members.get(member), Some((_, Shape::Scalar('s'))))
        }
        _ => false,
    }
}

fn local<'a>(node: Node<'a, '_>) -> &'a str {
    node.tag_name().name()
}

fn formatted(value: &Value) -> Option<Value> {
    time::parse(value).map(|time| time::format(time).into())
}

/// Times formatted, members by their own names; what the shape does not know stays as it is.
fn from_json(value: Value, shape: &Shape) -> Value {
    match (shape, value) {
        (Shape::Scalar('t'), value) => formatted(&value).unwrap_or(value),
        (Shape::Structure { members }, Value::Object(map)) => {
            let named =
                |(wire, value): (String, Value)| match members.iter().find(|(_, (name, _))| *name == wire) {
                    Some((name, (_, shape))) => (name.clone(), from_json(value, shape)),
                    None => (wire, value),
                };
            Value::Object(map.into_iter().map(named).collect())
        }
        (Shape::List { element, .. }, Value::Array(list)) => {
            list.into_iter().map(|value| from_json(value, element)).collect()
        }
        (Shape::Map { value: shape, .. }, Value::Object(map)) => {
            Value::Object(map.into_iter().map(|(name, value)| (name, from_json(value, shape))).collect())
        }
        (_, value) => value,
    }
}

fn from_xml(node: Node<'_, '_>, shape: &Shape) -> Value {
    match shape {
        Shape::Scalar(kind) => scalar(*kind, node.text().unwrap_or_default()),
        Shape::Structure { members } => {
            let mut map = Map::new();
            for (name, (wire, shape)) in members {
                if let Some(attribute) = wire.strip_prefix('@') {
                    let found = node.attributes().find(|found| found.name() == attribute);
                    map.extend(found.map(|found| (name.clone(), found.value().into())));
                    continue;
                }
                let is_flat = matches!(shape, Shape::List { flat: 1, .. } | Shape::Map { flat: 1, .. });
                let mut found = node.children().filter(|child| local(*child) == wire.as_str());
                let value = if is_flat {
                    let all: Vec<_> = found.collect();
                    (!all.is_empty()).then(|| flat(&all, shape))
                } else {
                    found.next().map(|child| from_xml(child, shape))
                };
                if let Some(value) = value {
                    map.insert(name.clone(), value);
                }
            }
            Value::Object(map)
        }
        Shape::List { .. } | Shape::Map { .. } => {
            let children: Vec<_> = node.children().filter(Node::is_element).collect();
            flat(&children, shape)
        }
    }
}

/// The elements of a list or a map.
fn flat(nodes: &[Node<'_, '_>], shape: &Shape) -> Value {
    match shape {
        Shape::List { element, .. } => nodes.iter().map(|node| from_xml(*node, element)).collect(),
        Shape::Map { value, key_name, value_name, .. } => {
            let entry = |node: &Node<'_, '_>| {
                let child = |name: &str| node.children().find(|child| local(*child) == name);
                let key = child(key_name)?.text().unwrap_or_default().to_owned();
                Some((key, child(value_name).map(|found| from_xml(found, value)).unwrap_or_default()))
            };
            Value::Object(nodes.iter().filter_map(entry).collect())
        }
        _ => Value::Null,
    }
}

fn scalar(kind: char, text: &str) -> Value {
    let trimmed = text.trim();
    match kind {
        'b' => Value::Bool(trimmed == "true"),
        'i' => trimmed.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        'f' => trimmed.parse::<f64>().map_or_else(|_| text.into(), Value::from),
        't' => formatted(&trimmed.into()).unwrap_or_else(|| text.into()),
        _ => text.into(),
    }
}

fn json_error(answer: &Answer) -> ApiError {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let field = |names: &[&str]| {
        names.iter().find_map(|name| body.get(*name)).and_then(Value::as_str).map(ToOwned::to_owned)
    };
    let code = answer.error_type.clone().or_else(|| field(&["__type", "code", "Code"]));
    // `com.amazon#Name:http://…`
    let code = code.map(|code| {
        let code = code.split(':').next().unwrap_or_default();
        code.rsplit('#').next().unwrap_or_default().to_owned()
    });
    ApiError {
        code: code.filter(|code| !code.is_empty()).unwrap_or_else(|| format!("HTTP {}", answer.status)),
        message: field(&["message", "Message", "errorMessage"]).unwrap_or_default(),
    }
}

fn xml_error(answer: &Answer) -> ApiError {
    let document = Document::parse(&answer.body).ok();
    let text = |name: &str| {
        let document = document.as_ref()?;
        let node = document.descendants().find(|node| local(*node) == name)?;
        Some(node.text().unwrap_or_default().to_owned())
    };
    ApiError {
        code: text("Code").unwrap_or_else(|| format!("HTTP {}", answer.status)),
        message: text("Message").unwrap_or_default(),
    }
}
