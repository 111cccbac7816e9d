//! The intrinsic functions of a template, as far as they can be resolved before deployment.
//!
//! In: a value as the template writes it. Out: a [`Field`] in which every function has its value, or why it has none.

use std::cell::Cell;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::field::{Field, Origin, Unknown};

/// How deep functions may lead to each other; conditions may even lead to themselves.
const DEPTH: usize = 64;

/// Where and with what a template is deployed. What is not given is unknown.
#[derive(Debug, Clone, Default)]
pub struct Deployment {
    /// Values of the template's parameters.
    pub parameters: BTreeMap<String, String>,
    /// `AWS::Region`.
    pub region: Option<String>,
    /// `AWS::AccountId`.
    pub account: Option<String>,
    /// Tags of the stack, which CloudFormation gives to every resource.
    pub stack_tags: BTreeMap<String, String>,
}

/// Gives an attribute of a resource, `Ref` among them; none where it is given at creation.
pub type Attribute<'t> = dyn Fn(&Scope<'_>, &str, &str) -> Option<Field> + 't;

/// What functions may name.
pub struct Scope<'t> {
    /// The parameters, with their values.
    pub parameters: BTreeMap<String, Field>,
    /// `Mappings` of the template.
    pub mappings: Map<String, Value>,
    /// `Conditions` of the template.
    pub conditions: Map<String, Value>,
    /// What an attribute of a resource is, as far as its mapping knows; `Ref` is an attribute here.
    pub attribute: &'t Attribute<'t>,
    /// Where it is deployed.
    pub deployment: Deployment,
    depth: Cell<usize>,
}

impl<'t> Scope<'t> {
    /// A scope of `deployment` for a template of these parts.
    pub fn new(
        deployment: Deployment,
        parameters: BTreeMap<String, Field>,
        template: &Map<String, Value>,
        attribute: &'t Attribute<'t>,
    ) -> Self {
        let part = |name: &str| template.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
        let (mappings, conditions) = (part("Mappings"), part("Conditions"));
        Self { parameters, mappings, conditions, attribute, deployment, depth: Cell::new(0) }
    }

    /// `value` with its functions resolved.
    pub fn resolve(&self, value: &Value) -> Field {
        if self.depth.get() >= DEPTH {
            return Field::unknown("functions lead to each other too deeply");
        }
        self.depth.set(self.depth.get() + 1);
        let field = self.resolve_here(value);
        self.depth.set(self.depth.get() - 1);
        field
    }

    fn resolve_here(&self, value: &Value) -> Field {
        match value {
            Value::String(text) if text.contains("{{resolve:") => Field::unknown("a dynamic reference"),
            Value::Array(list) => {
                let elements = list.iter().map(|value| self.resolve(value));
                Field::List(elements.filter(|field| *field != Field::Absent).collect())
            }
            Value::Object(map) => self.object(map),
            scalar => Field::Known(scalar.clone()),
        }
    }

    fn object(&self, map: &Map<String, Value>) -> Field {
        if let Some((name, argument)) = map.iter().next()
            && map.len() == 1
            && let Some(field) = self.function(name, argument)
        {
            return field;
        }
        if let Some(name) = map.keys().find(|name| name.starts_with("Fn::")) {
            return Field::unknown(name.clone());
        }
        let fields = map.iter().map(|(name, value)| (name.clone(), self.resolve(value)));
        Field::Map(fields.collect(), None)
    }

    /// The value of a function; none if there is no function of that name.
    fn function(&self, name: &str, argument: &Value) -> Option<Field> {
        Some(match name {
            "Ref" => argument.as_str().map_or_else(|| Field::unknown("Ref"), |name| self.reference(name)),
            "Fn::GetAtt" => self.get_att(argument),
            "Fn::Sub" => self.sub(argument),
            "Fn::Join" => self.join(argument),
            "Fn::If" => self.choose(argument),
            "Fn::FindInMap" => self.find_in_map(argument),
            "Fn::Select" => self.select(argument),
            "Fn::Split" => self.split(argument),
            "Fn::ImportValue" => {
                Field::Unknown(Unknown { why: name.to_owned(), origin: Origin::Import, domain: Vec::new() })
            }
            name if name.starts_with("Fn::") => Field::unknown(name),
            _ => return None,
        })
    }

    /// What `Ref` gives for a parameter, a pseudo parameter or a resource.
    pub fn reference(&self, name: &str) -> Field {
        let given = |value: &Option<String>| {
            value.as_ref().map_or_else(|| Field::unknown(format!("{name} is not given")), Field::text)
        };
        let region = self.deployment.region.as_deref();
        let by_region = |china: &str, other: &str| match region {
            Some(region) => Field::text(if region.starts_with("cn-") { china } else { other }),
            None => Field::unknown("AWS::Region is not given"),
        };
        match name {
            "AWS::NoValue" => Field::Absent,
            "AWS::Region" => given(&self.deployment.region),
            "AWS::AccountId" => given(&self.deployment.account),
            "AWS::Partition" if region.is_some_and(|region| region.starts_with("us-gov-")) => {
                Field::text("aws-us-gov")
            }
            "AWS::Partition" => by_region("aws-cn", "aws"),
            "AWS::URLSuffix" => by_region("amazonaws.com.cn", "amazonaws.com"),
            name if name.starts_with("AWS::") => Field::unknown(name),
            name => match self.parameters.get(name) {
                Some(parameter) => parameter.clone(),
                None => self.attribute_of(name, "Ref"),
            },
        }
    }

    fn attribute_of(&self, resource: &str, attribute: &str) -> Field {
        (self.attribute)(self, resource, attribute).unwrap_or_else(|| {
            Field::Unknown(Unknown {
                why: format!("{attribute} of {resource} is given at creation"),
                origin: Origin::Resource(resource.to_owned()),
                domain: Vec::new(),
            })
        })
    }

    fn get_att(&self, argument: &Value) -> Field {
        let parts = match argument {
            Value::String(text) => text.split_once('.'),
            Value::Array(list) => match &list[..] {
                [Value::String(resource), Value::String(attribute)] => {
                    Some((resource.as_str(), attribute.as_str()))
                }
                _ => None,
            },
            _ => None,
        };
        parts.map_or_else(
            || Field::unknown("Fn::GetAtt"),
            |(resource, attribute)| self.attribute_of(resource, attribute),
        )
    }

    fn sub(&self, argument: &Value) -> Field {
        let (text, own) = match argument {
            Value::String(text) => (text, None),
            Value::Array(list) => match &list[..] {
                [Value::String(text), Value::Object(own)] => (text, Some(own)),
                _ => return Field::unknown("Fn::Sub"),
            },
            _ => return Field::unknown("Fn::Sub"),
        };
        let own =
            own.map(|own| own.iter().map(|(name, value)| (name.clone(), self.resolve(value))).collect());
        self.substitute(text, &own.unwrap_or_default())
    }

    /// `text` with `${name}` replaced, first from `own`.
    pub fn substitute(&self, text: &str, own: &BTreeMap<String, Field>) -> Field {
        let mut result = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            result.push_str(&rest[..start]);
            let Some(end) = rest[start..].find('}') else { break };
            let name = rest[start + 2..start + end].trim();
            rest = &rest[start + end + 1..];
            if let Some(literal) = name.strip_prefix('!') {
                result.push_str("${");
                result.push_str(literal);
                result.push('}');
                continue;
            }
            let field = match own.get(name) {
                Some(field) => field.clone(),
                None if name.starts_with("AWS::") => self.reference(name),
                None => match name.split_once('.') {
                    Some((resource, attribute)) => self.attribute_of(resource, attribute),
                    None => self.reference(name),
                },
            };
            match text_of(&field) {
                Ok(text) => result.push_str(&text),
                Err(unknown) => return Field::Unknown(Unknown { origin: Origin::Other, ..unknown }),
            }
        }
        result.push_str(rest);
        if result.contains("{{resolve:") {
            Field::unknown("a dynamic reference")
        } else {
            Field::text(result)
        }
    }

    fn join(&self, argument: &Value) -> Field {
        let Some([separator, list]) = argument.as_array().map(Vec::as_slice) else {
            return Field::unknown("Fn::Join");
        };
        match (text_of(&self.resolve(separator)), self.resolve(list)) {
            (Ok(separator), Field::List(list)) => {
                let texts: Result<Vec<String>, Unknown> = list.iter().map(text_of).collect();
                match texts {
                    Ok(texts) => Field::text(texts.join(&separator)),
                    Err(unknown) => Field::Unknown(Unknown { origin: Origin::Other, ..unknown }),
                }
            }
            (_, Field::Unknown(unknown)) | (Err(unknown), _) => Field::unknown(unknown.why),
            _ => Field::unknown("Fn::Join"),
        }
    }

    fn choose(&self, argument: &Value) -> Field {
        let Some([Value::String(condition), yes, no]) = argument.as_array().map(Vec::as_slice) else {
            return Field::unknown("Fn::If");
        };
        match self.condition(condition) {
            Ok(holds) => self.resolve(if holds { yes } else { no }),
            Err(why) => {
                let (yes, no) = (self.resolve(yes), self.resolve(no));
                if yes == no {
                    return yes;
                }
                let domain = match (&yes, &no) {
                    (Field::Known(yes), Field::Known(no)) => vec![yes.clone(), no.clone()],
                    _ => Vec::new(),
                };
                let why = format!("the condition {condition} is not known: {why}");
                Field::Unknown(Unknown { why, origin: Origin::Other, domain })
            }
        }
    }

    fn find_in_map(&self, argument: &Value) -> Field {
        let Some([map, first, second, rest @ ..]) = argument.as_array().map(Vec::as_slice) else {
            return Field::unknown("Fn::FindInMap");
        };
        let name = |value: &Value| text_of(&self.resolve(value));
        let (map, first, second) = match (name(map), name(first), name(second)) {
            (Ok(map), Ok(first), Ok(second)) => (map, first, second),
            (Err(unknown), ..) | (_, Err(unknown), _) | (.., Err(unknown)) => {
                return Field::unknown(unknown.why);
            }
        };
        let found = self.mappings.get(&map).and_then(|map| map.get(&first)).and_then(|map| map.get(&second));
        match (found, rest.first().and_then(|options| options.get("DefaultValue"))) {
            (Some(value), _) | (None, Some(value)) => self.resolve(value),
            (None, None) => Field::unknown(format!("the mapping {map} has no {first}.{second}")),
        }
    }

    fn select(&self, argument: &Value) -> Field {
        let Some([index, list]) = argument.as_array().map(Vec::as_slice) else {
            return Field::unknown("Fn::Select");
        };
        let index = text_of(&self.resolve(index)).ok().and_then(|text| text.parse::<usize>().ok());
        match (index, self.resolve(list)) {
            (_, Field::Unknown(unknown)) => Field::unknown(unknown.why),
            (Some(index), Field::List(list)) => {
                list.get(index).cloned().unwrap_or_else(|| Field::unknown("Fn::Select finds nothing"))
            }
            _ => Field::unknown("Fn::Select"),
        }
    }

    fn split(&self, argument: &Value) -> Field {
        let Some([separator, text]) = argument.as_array().map(Vec::as_slice) else {
            return Field::unknown("Fn::Split");
        };
        match (text_of(&self.resolve(separator)), text_of(&self.resolve(text))) {
            (Ok(separator), Ok(text)) if !separator.is_empty() => {
                Field::List(text.split(separator.as_str()).map(Field::text).collect())
            }
            (Err(unknown), _) | (_, Err(unknown)) => Field::unknown(unknown.why),
            _ => Field::unknown("Fn::Split"),
        }
    }

    /// Whether the condition of that name holds.
    ///
    /// # Errors
    /// Why that is not known.
    pub fn condition(&self, name: &str) -> Result<bool, String> {
        if self.depth.get() >= DEPTH {
            return Err("conditions lead to each other".to_owned());
        }
        let value =
            self.conditions.get(name).ok_or_else(|| format!("the template has no condition {name}"))?;
        self.depth.set(self.depth.get() + 1);
        let holds = self.holds(value);
        self.depth.set(self.depth.get() - 1);
        holds
    }

    fn holds(&self, value: &Value) -> Result<bool, String> {
        let single = value.as_object().filter(|map| map.len() == 1).and_then(|map| map.iter().next());
        let Some((name, argument)) = single else { return Err("it is no function".to_owned()) };
        let parts = argument.as_array().map(Vec::as_slice).unwrap_or_default();
        match (name.as_str(), parts) {
            ("Condition", _) => match argument.as_str() {
                Some(name) => self.condition(name),
                None => Err("it names no condition".to_owned()),
            },
            ("Fn::Not", [inner]) => self.holds(inner).map(|holds| !holds),
            // One part may decide, whatever the others are.
            ("Fn::And", parts) => self.all(parts, false),
            ("Fn::Or", parts) => self.all(parts, true),
            ("Fn::Equals", [left, right]) => {
                match (text_of(&self.resolve(left)), text_of(&self.resolve(right))) {
                    (Ok(left), Ok(right)) => Ok(left == right),
                    (Err(unknown), _) | (_, Err(unknown)) => Err(unknown.why),
                }
            }
            (name, _) => Err(format!("{name} is no condition function")),
        }
    }

    fn all(&self, parts: &[Value], decides: bool) -> Result<bool, String> {
        let results: Vec<_> = parts.iter().map(|part| self.holds(part)).collect();
        if results.contains(&Ok(decides)) {
            return Ok(decides);
        }
        results.into_iter().find(Result::is_err).unwrap_or(Ok(!decides))
    }
}

/// A scalar as the text that CloudFormation makes of it.
///
/// # Errors
/// It is unknown, or no scalar.
pub fn text_of(field: &Field) -> Result<String, Unknown> {
    match field {
        Field::Known(Value::String(text)) => Ok(text.clone()),
        Field::Known(value @ (Value::Bool(_) | Value::Number(_))) => Ok(value.to_string()),
        Field::Unknown(unknown) => Err(unknown.clone()),
        _ => Err(Unknown { why: "is no text".into(), origin: Origin::Other, domain: Vec::new() }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn resolve(value: &Value) -> Field {
        let template = json!({
            "Mappings": {"Zones": {"ap-northeast-1": {"name": "tokyo"}}},
            "Conditions": {
                "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
                "IsOpen": {"Fn::Equals": [{"Ref": "NotGiven"}, "x"]},
                "Both": {"Fn::And": [{"Condition": "IsOpen"}, {"Fn::Not": [{"Condition": "IsProd"}]}]},
                "Loop": {"Condition": "Loop"},
            },
        });
        let parameters = BTreeMap::from([
            ("Stage".to_owned(), Field::text("prod")),
            ("List".to_owned(), Field::List(vec![Field::text("a"), Field::text("b")])),
            ("NotGiven".to_owned(), Field::unknown("the parameter NotGiven has no value")),
        ]);
        let deployment = Deployment { region: Some("ap-northeast-1".into()), ..Deployment::default() };
        let attribute = |_: &Scope<'_>, resource: &str, attribute: &str| {
            ((resource, attribute) == ("Named", "Ref")).then(|| Field::text("named"))
        };
        Scope::new(deployment, parameters, template.as_object().unwrap(), &attribute).resolve(value)
    }

    #[test]
    fn what_is_known_is_resolved() {
        let cases = [
            (json!({"Ref": "Stage"}), json!("prod")),
            (json!({"Ref": "Named"}), json!("named")),
            (json!({"Ref": "AWS::Partition"}), json!("aws")),
            (json!({"Fn::Sub": "${Stage}-${AWS::Region}-${!Raw}"}), json!("prod-ap-northeast-1-${Raw}")),
            (json!({"Fn::Sub": ["${X}.${Named}", {"X": {"Ref": "Stage"}}]}), json!("prod.named")),
            (json!({"Fn::Join": ["-", ["a", {"Ref": "Stage"}, 1]]}), json!("a-prod-1")),
            (json!({"Fn::Join": [",", {"Ref": "List"}]}), json!("a,b")),
            (json!({"Fn::Select": ["1", {"Fn::Split": ["/", "a/b"]}]}), json!("b")),
            (json!({"Fn::FindInMap": ["Zones", {"Ref": "AWS::Region"}, "name"]}), json!("tokyo")),
            (json!({"Fn::If": ["IsProd", 1, 2]}), json!(1)),
            (json!({"Fn::If": ["Both", 1, 2]}), json!(2)),
            (json!({"Fn::If": ["IsOpen", 3, 3]}), json!(3)),
            (
                json!({"a": {"Fn::If": ["IsProd", {"Ref": "AWS::NoValue"}, 2]}, "b": [{"Ref": "AWS::NoValue"}]}),
                json!({"b": []}),
            ),
            (
                json!({"Condition": {"Bool": {"aws:SecureTransport": "false"}}}),
                json!({"Condition": {"Bool": {"aws:SecureTransport": "false"}}}),
            ),
        ];
        for (value, expected) in cases {
            assert_eq!(resolve(&value).whole().unwrap().unwrap(), expected, "{value}");
        }
    }

    #[test]
    fn what_is_not_known_says_why() {
        let cases = [
            (json!({"Fn::ImportValue": "x"}), "Fn::ImportValue"),
            (json!({"Fn::Sub": "${Key.Arn}"}), "Arn of Key is given at creation"),
            (json!({"Ref": "AWS::AccountId"}), "AWS::AccountId is not given"),
            (json!({"Ref": "NotGiven"}), "the parameter NotGiven has no value"),
            (
                json!({"Fn::If": ["IsOpen", 1, 2]}),
                "the condition IsOpen is not known: the parameter NotGiven has no value",
            ),
            (
                json!({"Fn::If": ["Loop", 1, 2]}),
                "the condition Loop is not known: conditions lead to each other",
            ),
            (json!({"Fn::Transform": {"Name": "AWS::Include"}, "a": 1}), "Fn::Transform"),
            (json!("{{resolve:ssm:name}}"), "a dynamic reference"),
            (
                json!({"Fn::FindInMap": ["Zones", "us-east-1", "name"]}),
                "the mapping Zones has no us-east-1.name",
            ),
            (json!({"Fn::Select": [3, ["a"]]}), "Fn::Select finds nothing"),
            (json!({"Fn::GetAZs": ""}), "Fn::GetAZs"),
        ];
        for (value, why) in cases {
            assert_eq!(resolve(&value).whole().unwrap_err().why, why, "{value}");
        }
        let Field::Unknown(unknown) = resolve(&json!({"Fn::If": ["IsOpen", true, false]})) else { panic!() };
        assert_eq!(unknown.domain, [json!(true), json!(false)]);
    }
}
