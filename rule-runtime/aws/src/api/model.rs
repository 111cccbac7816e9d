//! What is known of AWS's services: `models/services.json.gz`, read once.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::OnceLock;

use flate2::read::GzDecoder;
use serde::Deserialize;

/// Made by `models/generate.py`.
const PACKED: &[u8] = include_bytes!("../../models/services.json.gz");

/// All services.
#[derive(Debug, Default, Deserialize)]
pub struct Model {
    /// By their names in the AWS CLI.
    pub services: BTreeMap<String, Service>,
    /// Operation to permission, where IAM spells it otherwise.
    pub actions: BTreeMap<String, String>,
}

/// How a service is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// JSON, with the operation in a header.
    Json,
    /// JSON, with the operation in the URI.
    RestJson,
    /// XML, with the operation in the URI.
    RestXml,
    /// A form in, XML out.
    Query,
    /// The same as EC2 has it.
    Ec2,
}

/// One service.
#[derive(Debug, Deserialize)]
pub struct Service {
    /// `CloudWatch Logs`.
    pub id: String,
    /// The first part of its host name.
    pub prefix: String,
    /// The name that requests are signed for.
    pub sign: String,
    /// The prefix of its permissions.
    pub iam: String,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// `2014-03-28`.
    pub version: String,
    /// The prefix of `X-Amz-Target`.
    #[serde(default)]
    pub target: String,
    /// `1.0` or `1.1`.
    #[serde(default)]
    pub json: String,
    /// Its one host for all regions.
    #[serde(default)]
    pub global: Option<String>,
    /// Its read-only operations.
    pub ops: BTreeMap<String, Operation>,
}

/// One operation.
#[derive(Debug, Deserialize)]
pub struct Operation {
    /// The URI.
    pub u: String,
    /// The method.
    #[serde(default = "post")]
    pub m: String,
    /// Member to its place (uri, query, header, body) and its name there.
    #[serde(default)]
    pub r#in: BTreeMap<String, (char, String)>,
    /// What stands before the host: `{AccountId}.`, with parameters of the request.
    #[serde(default)]
    pub h: Option<String>,
    /// Members of the body whose fields have other names on the wire, and their shapes.
    #[serde(default)]
    pub b: BTreeMap<String, Shape>,
    /// The request's shape, where it is a form.
    #[serde(default)]
    pub q: BTreeMap<String, (String, Shape)>,
    /// The answer's shape.
    #[serde(default)]
    pub o: Option<Shape>,
    /// The member that is the whole body of the answer.
    #[serde(default)]
    pub p: Option<String>,
    /// The element around the answer.
    #[serde(default)]
    pub w: Option<String>,
    /// How pages continue.
    #[serde(default)]
    pub page: Option<Paging>,
}

fn post() -> String {
    "POST".to_owned()
}

/// How pages continue: parameters in, fields out, the lists that are joined, whether there is more.
#[derive(Debug, Deserialize)]
pub struct Paging {
    pub i: Vec<String>,
    pub o: Vec<String>,
    pub k: Vec<String>,
    #[serde(default)]
    pub more: Option<String>,
}

/// The shape of a value.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Shape {
    /// `s` text, `i` integer, `f` float, `b` boolean, `t` time.
    Scalar(char),
    /// Member to its name on the wire (`@name`: an attribute) and its shape.
    Structure {
        #[serde(rename = "S")]
        members: BTreeMap<String, (String, Shape)>,
    },
    /// Its elements' shape and name; flat where there is no element around them.
    List {
        #[serde(rename = "L")]
        element: Box<Shape>,
        #[serde(rename = "n", default)]
        name: String,
        #[serde(rename = "f", default)]
        flat: u8,
    },
    /// Its values' shape, the names of key and value.
    Map {
        #[serde(rename = "M")]
        value: Box<Shape>,
        #[serde(rename = "k", default)]
        key_name: String,
        #[serde(rename = "v", default)]
        value_name: String,
        #[serde(rename = "f", default)]
        flat: u8,
    },
}

impl Model {
    /// The model; read at the first call.
    pub fn get() -> &'static Self {
        static MODEL: OnceLock<Model> = OnceLock::new();
        MODEL.get_or_init(|| {
            let mut text = Vec::new();
            let read = GzDecoder::new(PACKED).read_to_end(&mut text);
            // A test reads it: what is built in cannot be broken where it runs.
            read.ok().and_then(|_| serde_json::from_slice(&text).ok()).unwrap_or_default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_whole() {
        let services = &Model::get().services;
        assert!(services.len() > 50, "{}", services.len());
        for (name, service) in services {
            assert!(!service.ops.is_empty(), "{name}");
            assert_eq!(service.protocol == Protocol::Json, !service.target.is_empty(), "{name}");
        }
    }
}
