//! Resources of a CloudFormation template, judged by the same policies before they are deployed.
//!
//! In: a template ([`Template::parse`]) and where it is deployed ([`Deployment`]); or one resource with its properties as a
//! hook delivers it ([`resource`]). Out: [`Planned`] resources, each with the configuration item that AWS Config would
//! record of it, as far as that is known, and [`judge`] for their verdicts.
//!
//! [`document`] reads the text, [`intrinsic`] resolves functions, [`mapping`] holds how a type's properties become its item,
//! [`item`] applies that, and [`field`] tells what of it a policy needs and nobody knows. Such a policy is
//! `NOT_APPLICABLE`, never `COMPLIANT`.

mod document;
pub mod field;
pub mod intrinsic;
mod item;
mod judge;
pub mod mapping;
mod parameters;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

pub use intrinsic::Deployment;
pub use judge::judge;

use crate::diagnostic::Diagnostic;
use crate::item::{ConfigurationItem, ItemStatus};
use crate::verdict::{Reason, ResourceKey};
use field::Field;
use intrinsic::Scope;
use item::{Neighbour, Subject};

/// Macros that change only resources of types that are not mapped.
const HARMLESS_MACROS: [&str; 2] = ["AWS::Serverless-2016-10-31", "AWS::LanguageExtensions"];

/// A template.
#[derive(Debug)]
pub struct Template {
    file: String,
    content: Map<String, Value>,
    resources: Vec<Resource>,
}

/// One entry of `Resources`.
#[derive(Debug)]
struct Resource {
    logical_id: String,
    kind: String,
    condition: Option<String>,
    properties: Value,
    line: Option<usize>,
}

/// A resource that is not deployed yet.
#[derive(Debug)]
pub struct Planned {
    /// Its item, as far as it is known; `resourceId` is its logical id.
    pub item: ConfigurationItem,
    /// The same with what is not known; or why nothing of it is.
    pub known: Result<Field, Reason>,
    /// Its line in the template.
    pub line: Option<usize>,
}

/// The resources of a template.
#[derive(Debug, Default)]
pub struct Plan {
    /// Those that are deployed, or may be.
    pub resources: Vec<Planned>,
    /// The types that have no mapping, with the number of their resources.
    pub unmapped: BTreeMap<String, usize>,
    /// Resources whose condition does not hold.
    pub left_out: usize,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// It cannot be read, or is no template.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let document = document::read(file, text).map_err(|problem| vec![problem])?;
        let problem = |message: &str| Diagnostic::new(file, message);
        let Value::Object(content) = document.value else {
            return Err(vec![problem("is no template: expected an object with Resources")]);
        };
        let Some(Value::Object(entries)) = content.get("Resources") else {
            return Err(vec![
                problem("is missing or no object")
                    .field("Resources")
                    .help("check that the file is a template"),
            ]);
        };
        let mut problems = Vec::new();
        let mut resources = Vec::new();
        for (logical_id, entry) in entries {
            let line = document.lines.get(logical_id).copied();
            match resource_of(logical_id, entry, line) {
                Ok(resource) => resources.push(resource),
                Err((field, message, help)) => problems.push(
                    Diagnostic::new(file, message)
                        .at(line.unwrap_or(0), 0)
                        .source(text)
                        .field(format!("Resources.{logical_id}{field}"))
                        .help(help),
                ),
            }
        }
        let template = Self { file: file.to_owned(), content, resources };
        if problems.is_empty() { Ok(template) } else { Err(problems) }
    }

    /// The names of its parameters.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.content
            .get("Parameters")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str())
    }

    /// Its resources as they would be deployed.
    ///
    /// # Errors
    /// A parameter has a value that the template does not allow.
    pub fn plan(&self, deployment: &Deployment) -> Result<Plan, Vec<Diagnostic>> {
        let parameters = parameters::values(&self.file, &self.content, &deployment.parameters)?;
        let attribute = |scope: &Scope<'_>, name: &str, attribute: &str| {
            let resource = self.resources.iter().find(|resource| resource.logical_id == name)?;
            let mapping = mapping::of(&resource.kind)?;
            item::attribute(mapping, attribute, &scope.resolve(&resource.properties), scope)
        };
        let scope = Scope::new(deployment.clone(), parameters, &self.content, &attribute);
        let unknown_macro = self.unknown_macro();
        let deployed: Vec<(&Resource, Result<bool, String>)> = self
            .resources
            .iter()
            .map(|resource| {
                (resource, resource.condition.as_ref().map_or(Ok(true), |name| scope.condition(name)))
            })
            .collect();
        let neighbours: Vec<Neighbour> = deployed
            .iter()
            .filter(|(_, deployed)| *deployed != Ok(false))
            .map(|(resource, deployed)| Neighbour {
                resource_type: resource.kind.clone(),
                certain: deployed.is_ok(),
                properties: properties(&scope.resolve(&resource.properties)),
            })
            .collect();
        let mut plan = Plan::default();
        for (resource, deployed) in deployed {
            let known = match (deployed, &unknown_macro) {
                (Ok(false), _) => {
                    plan.left_out += 1;
                    continue;
                }
                (_, Some(name)) => Err(reason(
                    format!("the macro {name} may change the resource before deployment"),
                    format!("マクロ{name}がデプロイ前にリソースを変更する可能性があります"),
                )),
                (Err(why), None) => Err(reason(
                    format!("whether the resource is deployed is not known: {why}"),
                    format!("リソースがデプロイされるかどうかが分かりません: {why}"),
                )),
                (Ok(true), None) => {
                    let properties = properties(&scope.resolve(&resource.properties));
                    known_of(
                        &resource.kind,
                        Some(&resource.logical_id),
                        &properties,
                        Some(&neighbours),
                        &scope,
                    )
                }
            };
            if mapping::of(&resource.kind).is_none() {
                *plan.unmapped.entry(resource.kind.clone()).or_default() += 1;
            }
            let item = item_of(&resource.kind, &resource.logical_id, known.as_ref().ok(), deployment);
            plan.resources.push(Planned { item, known, line: resource.line });
        }
        Ok(plan)
    }

    fn unknown_macro(&self) -> Option<String> {
        if self.content.contains_key("Fn::Transform") {
            return Some("Fn::Transform".to_owned());
        }
        let names: Vec<&Value> = match self.content.get("Transform")? {
            Value::Array(list) => list.iter().collect(),
            one => vec![one],
        };
        let name = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        names.into_iter().map(name).find(|name| !HARMLESS_MACROS.contains(&name.as_str()))
    }
}

/// One resource without its template, with the properties that CloudFormation gives to its type: nothing is left to be
/// resolved, and what other resources add to it is not seen.
pub fn resource(resource_type: &str, logical_id: &str, given: &Value, deployment: &Deployment) -> Planned {
    let attribute = |_: &Scope<'_>, _: &str, _: &str| None;
    let scope = Scope::new(deployment.clone(), BTreeMap::new(), &Map::new(), &attribute);
    // A dynamic reference stays one in what a hook delivers.
    let properties = properties(&scope.resolve(given));
    let known = known_of(resource_type, None, &properties, None, &scope);
    let item = item_of(resource_type, logical_id, known.as_ref().ok(), deployment);
    Planned { item, known, line: None }
}

fn known_of(
    resource_type: &str,
    logical_id: Option<&str>,
    properties: &Field,
    neighbours: Option<&[Neighbour]>,
    scope: &Scope<'_>,
) -> Result<Field, Reason> {
    let Some(mapping) = mapping::of(resource_type) else {
        return Err(reason(
            format!(
                "the mapping of {resource_type} is not known, so that it is judged only when it is deployed"
            ),
            format!("{resource_type}の対応付けがないため、デプロイ後にのみ判定します"),
        ));
    };
    Ok(item::item(&Subject { mapping, logical_id, properties, neighbours }, scope))
}

/// A resource without properties has an empty object of them.
fn properties(field: &Field) -> Field {
    match field {
        Field::Known(Value::Null) | Field::Absent => Field::Map(BTreeMap::new(), None),
        field => field.clone(),
    }
}

fn item_of(
    resource_type: &str,
    id: &str,
    known: Option<&Field>,
    deployment: &Deployment,
) -> ConfigurationItem {
    let document = known.and_then(Field::value).unwrap_or_default();
    let text = |name: &str| document.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    ConfigurationItem {
        resource: ResourceKey { resource_type: resource_type.to_owned(), resource_id: id.to_owned() },
        account_id: deployment.account.clone(),
        region: text("awsRegion").or_else(|| deployment.region.clone()),
        arn: text("ARN"),
        status: ItemStatus::Live,
        capture_time: None::<Timestamp>,
        document,
    }
}

fn reason(msg: String, msg_ja: String) -> Reason {
    Reason { msg, msg_ja: Some(msg_ja) }
}

/// The resource of an entry; or the field that is wrong, how, and what to do.
fn resource_of(
    logical_id: &str,
    entry: &Value,
    line: Option<usize>,
) -> Result<Resource, (&'static str, &'static str, &'static str)> {
    if logical_id.starts_with("Fn::") {
        return Err((
            "",
            "is a loop or a macro, whose resources are not known here",
            "give the template that CloudFormation makes of it: aws cloudformation get-template --template-stage Processed",
        ));
    }
    let Some(entry) = entry.as_object() else {
        return Err(("", "is no object", "write a resource with Type and Properties"));
    };
    let Some(kind) = entry.get("Type").and_then(Value::as_str) else {
        return Err((".Type", "is missing or no text", "name the resource type, such as AWS::S3::Bucket"));
    };
    let condition = match entry.get("Condition") {
        None => None,
        Some(Value::String(name)) => Some(name.clone()),
        Some(_) => return Err((".Condition", "is no text", "name a condition of the template")),
    };
    let properties = match entry.iter().find(|(name, _)| name.starts_with("Fn::")) {
        // A macro that may change any of them.
        Some((name, argument)) => Value::Object(Map::from_iter([(name.clone(), argument.clone())])),
        None => entry.get("Properties").cloned().unwrap_or_default(),
    };
    Ok(Resource { logical_id: logical_id.to_owned(), kind: kind.to_owned(), condition, properties, line })
}
