//! The fields that resource types have, and whether what a policy reads is among them (`SK05`).
//!
//! In: property lists of `awslabs/aws-config-resource-schema` (one JSON object a type, from dotted paths to types) and items
//! of the project's own fixtures. Out: a problem for each path that none of a policy's types has. The lists lack arrays, maps and
//! whole types; what fixtures show counts as much. Where only fixtures know a type, a path is reported only with a better
//! spelling at hand: a fixture need not have every field.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::Context;
use crate::diagnostic::{Diagnostic, Fix};
use crate::item::ACCOUNT_TYPE;
use crate::policy::Policy;
use crate::policy::paths::{ReadPath, Step};
use crate::policy::references::{ITEM_FIELDS, item_fields};

/// The parts of an item whose fields depend on its type.
const PARTS: [&str; 2] = ["configuration", "supplementaryConfiguration"];

/// How many unknown types a note names.
const SHOWN: usize = 5;

/// How far apart two spellings may be to be taken for each other.
const NEAR: usize = 2;

/// What is known of a field: the names below it; none means that nothing is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Node {
    below: BTreeMap<String, Node>,
    /// Whether an item has a list here, whose elements' names are then those below.
    is_list: bool,
}

/// What is known of a resource type.
#[derive(Debug, Clone, Default)]
struct TypeFields {
    root: Node,
    /// Whether a property list says it, and not fixtures alone.
    listed: bool,
}

/// The fields of resource types.
#[derive(Debug, Clone, Default)]
pub struct Schemas {
    types: BTreeMap<String, TypeFields>,
}

impl Schemas {
    /// Takes in a property list: `{"configuration.engine": "string", …}`.
    pub fn add_list(&mut self, resource_type: &str, list: &Map<String, Value>) {
        let known = self.types.entry(resource_type.to_owned()).or_default();
        known.listed = true;
        for path in list.keys() {
            path.split('.')
                .fold(&mut known.root, |node, name| node.below.entry(name.to_owned()).or_default());
        }
    }

    /// Takes in an item: what it has, its type has.
    pub fn add_item(&mut self, resource_type: &str, item: &Value) {
        let known = self.types.entry(resource_type.to_owned()).or_default();
        for part in PARTS {
            if let Some(value) = item.get(part) {
                known.root.below.entry(part.to_owned()).or_default().take_in(value);
            }
        }
    }

    /// How many types are known.
    pub fn len(&self) -> usize {
        self.types.len()
    }

    /// Whether no type is known.
    pub fn is_empty(&self) -> bool {
        self.types.is_empty()
    }
}

impl Node {
    fn take_in(&mut self, value: &Value) {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| {
                self.below.entry(name.clone()).or_default().take_in(value);
            }),
            Value::Array(items) => {
                self.is_list = true;
                items.iter().for_each(|item| self.take_in(item));
            }
            _ => {}
        }
    }
}

/// What a type says of a path.
enum Answer<'a> {
    Known,
    CannotTell,
    /// The step that is not there, and the nodes that it was looked for in.
    Unknown(usize, Vec<&'a Node>),
}

impl TypeFields {
    fn look_up(&self, path: &ReadPath) -> Answer<'_> {
        let mut nodes = vec![&self.root];
        for (index, step) in path.iter().enumerate() {
            nodes = match step {
                // An element of a list has the list's own node, a value of a map the node of its name. The property lists
                // do not tell one from the other.
                Step::Any => nodes
                    .iter()
                    .flat_map(|node| {
                        let values = if node.is_list { None } else { Some(node.below.values()) };
                        [*node].into_iter().chain(values.into_iter().flatten())
                    })
                    .collect(),
                Step::Name(name, _) => {
                    let next: Vec<&Node> = nodes.iter().filter_map(|node| node.below.get(name)).collect();
                    if next.is_empty() {
                        if nodes.iter().any(|node| node.below.is_empty()) {
                            return Answer::CannotTell;
                        }
                        return Answer::Unknown(index, nodes);
                    }
                    next
                }
            };
        }
        Answer::Known
    }
}

/// Looks up `paths` for each resource type of `policy`.
pub(super) fn check(context: &Context<'_>, policy: &Policy, schemas: &Schemas) -> Vec<Diagnostic> {
    let paths: Vec<&ReadPath> = policy.reads.iter().map(|read| &read.path).collect();
    let mut found: Vec<Diagnostic> =
        paths.iter().filter_map(|path| item_field(context, path).or_else(|| tags(context, path))).collect();
    let types: Vec<&str> = policy.metadata.resource_types.iter().map(String::as_str).collect();
    let types: Vec<&str> = types.into_iter().filter(|name| *name != ACCOUNT_TYPE).collect();
    let below_type = |path: &&ReadPath| match path.first() {
        Some(Step::Name(name, _)) => path.len() > 1 && PARTS.contains(&name.as_str()),
        _ => false,
    };
    let paths: Vec<&ReadPath> = paths.into_iter().filter(below_type).collect();
    for path in &paths {
        found.extend(unknown(context, path, &types, schemas));
    }
    let unknown_types: Vec<&str> =
        types.iter().filter(|name| !schemas.types.contains_key(**name)).copied().collect();
    if !paths.is_empty() && !unknown_types.is_empty() {
        let more = unknown_types.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let shown = unknown_types.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
        let message = format!("the fields of {shown}{more} are not known: no path was looked up for them");
        found.push(Diagnostic::new(&context.file, message).code("SK0506").note().help(
            "fetch property lists with sekisho schema update, or write a fixture with an item of that type",
        ));
    }
    found
}

/// A reference to a field that no item has is refused at load; this is one behind `object.get`, whose default would count.
fn item_field(context: &Context<'_>, path: &ReadPath) -> Option<Diagnostic> {
    let Some(Step::Name(name, at)) = path.first() else { return None };
    if ITEM_FIELDS.contains(&name.as_str()) {
        return None;
    }
    let message = format!("input.{name} is no field of a configuration item");
    let Some(near) = nearest(name, &ITEM_FIELDS.into_iter().collect()) else {
        return Some(context.problem("SK0211", *at, message, &item_fields()));
    };
    let message = format!("{message}: did you mean {near}?");
    let fix = Fix { line: at.0, column: at.1, from: name.clone(), to: near.to_owned() };
    Some(context.problem("SK0211", *at, message, "mend the spelling").fix(fix))
}

fn tags(context: &Context<'_>, path: &ReadPath) -> Option<Diagnostic> {
    match &path[..] {
        [Step::Name(tags, _), Step::Any | Step::Name(..), Step::Name(field, at), ..] if tags == "tags" => {
            let message = format!("tags has no {field}: it is a map of names to values");
            Some(context.problem("SK0505", *at, message, "read object.get(input, [\"tags\", NAME], \"\")"))
        }
        _ => None,
    }
}

fn unknown(context: &Context<'_>, path: &ReadPath, types: &[&str], schemas: &Schemas) -> Option<Diagnostic> {
    let mut misses: Vec<(&str, &TypeFields, usize, Vec<&Node>)> = Vec::new();
    for name in types {
        let Some(fields) = schemas.types.get(*name) else { continue };
        match fields.look_up(path) {
            Answer::Known | Answer::CannotTell => return None,
            Answer::Unknown(index, nodes) => misses.push((name, fields, index, nodes)),
        }
    }
    // The deepest miss is that of the type that the author has in mind.
    let deepest = misses.iter().map(|(_, _, index, _)| *index).max()?;
    misses.retain(|(_, _, index, _)| *index == deepest);
    let Some(Step::Name(name, at)) = path.get(deepest) else { return None };
    let siblings: BTreeSet<&str> = misses
        .iter()
        .flat_map(|(_, _, _, nodes)| nodes.iter().flat_map(|node| node.below.keys().map(String::as_str)))
        .collect();
    let whole = written(&path[..=deepest]);
    let type_names = misses.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(", ");
    let miss = Miss { context, name, at: *at, whole: &whole, types: &type_names };
    if let Some(problem) = miss.spelled_otherwise(&siblings) {
        return Some(problem);
    }
    if let Some(problem) =
        miss.in_the_other_part(path, deepest, &misses.iter().map(|miss| miss.1).collect::<Vec<_>>())
    {
        return Some(problem);
    }
    if let Some(near) = nearest(name, &siblings) {
        let message = format!("{whole} is no field of {type_names}: did you mean {near}?");
        return Some(miss.problem("SK0501", message, "mend the spelling").fix(miss.to(near)));
    }
    let all_known = misses.len() == types.len() && misses.iter().all(|(_, fields, ..)| fields.listed);
    if !all_known {
        return None;
    }
    let other = schemas.types.iter().find(|(other, fields)| {
        !types.contains(&other.as_str())
            && matches!(fields.look_up(&path[..=deepest].to_vec()), Answer::Known)
    });
    if let Some((other, _)) = other {
        let message = format!("{whole} is a field of {other}, and not of {type_names}");
        return Some(miss.problem(
            "SK0504",
            message,
            "read what the judged type has, or judge the other one",
        ));
    }
    let mut some: Vec<&str> = siblings.iter().copied().take(8).collect();
    if siblings.len() > some.len() {
        some.push("…");
    }
    let message = format!("{whole} is no field of {type_names}; neither the schema nor a fixture has it");
    let help =
        format!("beside it are {}; if AWS delivers it, write a fixture that shows it", some.join(", "));
    Some(miss.problem("SK0501", message, &help))
}

/// A name that is not there.
struct Miss<'a> {
    context: &'a Context<'a>,
    name: &'a str,
    at: (usize, usize),
    /// The path down to the name.
    whole: &'a str,
    types: &'a str,
}

impl Miss<'_> {
    fn problem(&self, code: &'static str, message: String, help: &str) -> Diagnostic {
        self.context.problem(code, self.at, message, help)
    }

    fn to(&self, name: &str) -> Fix {
        Fix { line: self.at.0, column: self.at.1, from: self.name.to_owned(), to: name.to_owned() }
    }

    fn spelled_otherwise(&self, siblings: &BTreeSet<&str>) -> Option<Diagnostic> {
        let right = siblings.iter().find(|sibling| sibling.eq_ignore_ascii_case(self.name))?;
        let pascal =
            siblings.iter().filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase())).count();
        let style = if pascal * 2 > siblings.len() { "PascalCase" } else { "camelCase" };
        let message = format!("{} is {right} in {}, which is recorded in {style}", self.whole, self.types);
        Some(self.problem("SK0502", message, "write it as AWS Config does").fix(self.to(right)))
    }

    /// `configuration.X` that is `supplementaryConfiguration.X`, and the other way round.
    fn in_the_other_part(
        &self,
        path: &ReadPath,
        deepest: usize,
        types: &[&TypeFields],
    ) -> Option<Diagnostic> {
        let Some(Step::Name(part, at)) = path.first() else { return None };
        let other = PARTS.iter().find(|name| *name != part)?;
        if deepest != 1 {
            return None;
        }
        let is_there = types.iter().any(|fields| {
            fields.root.below.get(*other).is_some_and(|node| node.below.keys().any(|name| name == self.name))
        });
        if !is_there {
            return None;
        }
        let message = format!("{} is in {other}", self.name);
        let fix = Fix { line: at.0, column: at.1, from: part.clone(), to: (*other).to_owned() };
        Some(self.problem("SK0503", message, &format!("read {other}.{}", self.name)).fix(fix))
    }
}

/// The one name that is nearest, where there is one near enough.
fn nearest<'a>(name: &str, siblings: &BTreeSet<&'a str>) -> Option<&'a str> {
    let allowed = NEAR.min(name.chars().count() / 3);
    let mut near: Vec<(usize, &str)> = siblings
        .iter()
        .map(|sibling| (strsim::osa_distance(name, sibling), *sibling))
        .filter(|(distance, _)| *distance <= allowed)
        .collect();
    near.sort_unstable();
    match near[..] {
        [] => None,
        [(_, only)] => Some(only),
        [first, second, ..] => (first.0 < second.0).then_some(first.1),
    }
}

fn written(path: &[Step]) -> String {
    path.iter().fold(String::new(), |text, step| match step {
        Step::Name(name, _) if text.is_empty() => name.clone(),
        Step::Name(name, _) => format!("{text}.{name}"),
        Step::Any => format!("{text}[_]"),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn path(names: &[&str]) -> ReadPath {
        names
            .iter()
            .map(|name| if *name == "_" { Step::Any } else { Step::Name((*name).to_owned(), (1, 1)) })
            .collect()
    }

    #[test]
    fn lists_and_items_say_what_a_type_has() {
        let mut schemas = Schemas::default();
        let list = json!({"configuration.a.b": "string", "configuration.leaf": "string"});
        schemas.add_list("T", list.as_object().unwrap());
        schemas.add_item("T", &json!({"configuration": {"list": [{"x": 1}], "map": {"any": {"y": 1}}}}));
        let known = |names: &[&str]| match schemas.types["T"].look_up(&path(names)) {
            Answer::Known => "known",
            Answer::CannotTell => "cannot tell",
            Answer::Unknown(..) => "unknown",
        };
        for names in [
            &["configuration", "a", "b"][..],
            &["configuration", "list", "_", "x"],
            &["configuration", "map", "_", "y"],
        ] {
            assert_eq!(known(names), "known", "{names:?}");
        }
        assert_eq!(known(&["configuration", "leaf", "deeper"]), "cannot tell");
        assert_eq!(known(&["configuration", "c"]), "unknown");
        assert_eq!(known(&["configuration", "list", "_", "z"]), "unknown");
    }

    #[test]
    fn near_spellings() {
        let siblings = BTreeSet::from(["publiclyAccessible", "port", "engine"]);
        assert_eq!(nearest("publiclyAccesible", &siblings), Some("publiclyAccessible"));
        assert_eq!(nearest("part", &siblings), Some("port"));
        assert_eq!(nearest("xyz", &siblings), None);
        assert_eq!(nearest("ab", &BTreeSet::from(["ac"])), None, "too short to be sure");
        assert_eq!(
            nearest("colour", &BTreeSet::from(["colours", "colou"])),
            None,
            "two as near as each other"
        );
    }
}
