//! Whether what a policy reads can be there: a misspelt path is undefined in Rego, and a rule that reads it
//! silently never holds.

use super::ast::ModuleFacts;
use super::metadata::Metadata;
use crate::diagnostic::Diagnostic;

/// The fields of a configuration item, as the rule event spells them.
pub(crate) const ITEM_FIELDS: [&str; 23] = [
    "ARN",
    "availabilityZone",
    "awsAccountId",
    "awsRegion",
    "configuration",
    "configurationItemCaptureTime",
    "configurationItemDeliveryTime",
    "configurationItemStatus",
    "configurationItemVersion",
    "configurationStateId",
    "configurationStateMd5Hash",
    "recordingFrequency",
    "relatedEvents",
    "relationships",
    "resourceCreationTime",
    "resourceId",
    "resourceName",
    "resourceType",
    "supplementaryConfiguration",
    "tags",
    // Of SelectResourceConfig and `rdk sample-ci`.
    "accountId",
    "arn",
    "resourceTransitionStatus",
];

/// Checks every static reference of `module` below `input` and `data`. `library` are the packages that may
/// be read beside the policy's own.
pub fn check(
    file: &str,
    module: &ModuleFacts,
    metadata: &Metadata,
    library: &[Vec<String>],
) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let imports = module
        .imports
        .iter()
        .map(|(name, path)| (path, module.import_places.get(name).copied().unwrap_or((1, 1))));
    let references = module
        .rules
        .iter()
        .flat_map(|rule| rule.references.iter().map(|(path, place)| (path, *place)))
        .chain(imports);
    for (path, place) in references {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        let problem = match names[..] {
            ["input", field, ..] if !ITEM_FIELDS.contains(&field) => {
                Some(("SK0211", format!("input.{field} is no field of a configuration item"), item_fields()))
            }
            ["data", "parameters", name, ..] if !metadata.parameters.has(name) => Some((
                "SK0212",
                format!("data.parameters.{name} is not declared"),
                "declare it under custom.parameters.properties".to_owned(),
            )),
            ["data", "facts", name, ..] if name != "now" && !metadata.facts.contains_key(name) => Some((
                "SK0213",
                format!("data.facts.{name} is not declared"),
                "declare it under custom.facts".to_owned(),
            )),
            ["data", "inventory", name, ..] if !metadata.inventory.iter().any(|known| known == name) => {
                Some((
                    "SK0214",
                    format!("data.inventory[\"{name}\"] is not declared"),
                    "declare the type under custom.inventory".to_owned(),
                ))
            }
            ["data", "inventory"] if metadata.inventory.is_empty() => Some((
                "SK0214",
                "data.inventory is empty".to_owned(),
                "declare the types that the policy reads under custom.inventory".to_owned(),
            )),
            ["data", ..] if !known_data(path, module, library) => Some((
                "SK0207",
                format!("{} is not there", names.join(".")),
                "a policy reads data.parameters, data.facts, data.inventory and the library".to_owned(),
            )),
            _ => None,
        };
        if let Some((code, message, help)) = problem {
            let problem = Diagnostic::new(file, message).code(code).at(place.0, place.1).help(help);
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    }
    problems
}

/// What to read instead of a field that no item has.
pub(crate) fn item_fields() -> String {
    format!("the fields are {}", ITEM_FIELDS[..20].join(", "))
}

fn known_data(path: &[String], module: &ModuleFacts, library: &[Vec<String>]) -> bool {
    let documents = ["parameters", "facts", "inventory"];
    path.get(1).is_some_and(|name| documents.contains(&name.as_str()))
        || library.iter().chain([&module.package]).any(|package| path.starts_with(package))
}
