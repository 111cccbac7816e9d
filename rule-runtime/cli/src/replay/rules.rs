//! The rules of a replay: from a file, or one a policy.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::item::ACCOUNT_TYPE;
use sekisho_engine::policy::parameters::POLICY_PARAMETER;
use sekisho_engine::policy::{Policy, PolicySet};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The longest name of a rule (AWS Config API, `ConfigRuleName`).
const MAX_NAME: usize = 128;
/// The longest `InputParameters`, in characters (AWS Config API).
const MAX_PARAMETERS: usize = 1024;
/// The most resource types of a scope (AWS Config API, `ComplianceResourceTypes`).
const MAX_TYPES: usize = 100;

/// When a rule is invoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleTrigger {
    /// When a resource in its scope changes.
    Change,
    /// On a schedule.
    Periodic,
    /// Either.
    Both,
}

/// A rule as AWS Config would have it.
#[derive(Debug, Clone)]
pub struct Rule {
    /// `ConfigRuleName`.
    pub name: String,
    /// `InputParameters`, `policy` among them.
    pub parameters: Map<String, Value>,
    /// `Scope.ComplianceResourceTypes`.
    pub resource_types: Vec<String>,
    /// The message types of its source.
    pub trigger: RuleTrigger,
    /// What `policy` stands for.
    pub policies: Vec<Arc<Policy>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    rules: Vec<RuleEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleEntry {
    name: String,
    parameters: Map<String, Value>,
    #[serde(default)]
    resource_types: Vec<String>,
    #[serde(default)]
    trigger: Option<RuleTrigger>,
}

/// One rule for each policy, in scope of the types that it judges.
pub fn one_a_policy(set: &PolicySet) -> Vec<Rule> {
    set.policies()
        .map(|policy| {
            let mut parameters = Map::new();
            parameters.insert(POLICY_PARAMETER.into(), policy.id().into());
            let policies = vec![Arc::clone(policy)];
            Rule {
                name: policy.id().to_owned(),
                parameters,
                resource_types: resource_types(&policies),
                trigger: trigger(&policies),
                policies,
            }
        })
        .collect()
}

/// Reads a rule file.
///
/// # Errors
/// It cannot be read, or a rule of it is one that AWS Config would refuse.
pub fn read(file: &Path, set: &PolicySet) -> Result<Vec<Rule>, Vec<Diagnostic>> {
    let name = file.display().to_string();
    let text = fs::read_to_string(file).map_err(|error| {
        vec![Diagnostic::new(&name, format!("cannot be read: {error}")).help("check the path after --rule")]
    })?;
    let parsed: RuleFile = serde_saphyr::from_str(&text).map_err(|error| {
        let (line, column) = error.location().map_or((0, 0), |at| (at.line(), at.column()));
        let message = error.without_snippet().to_string();
        let problem = Diagnostic::new(&name, message.lines().next().unwrap_or_default().to_owned())
            .at(usize::try_from(line).unwrap_or(0), usize::try_from(column).unwrap_or(0))
            .source(&text)
            .help("sekisho replay --help shows a rule file");
        vec![problem]
    })?;
    let (mut rules, mut problems) = (Vec::new(), Vec::new());
    for (index, entry) in parsed.rules.into_iter().enumerate() {
        match rule(entry, set) {
            Ok(rule) => rules.push(rule),
            Err(found) => problems.extend(found.into_iter().map(|(field, message)| {
                Diagnostic::new(&name, message).field(format!("rules[{index}].{field}"))
            })),
        }
    }
    if problems.is_empty() { Ok(rules) } else { Err(problems) }
}

fn rule(entry: RuleEntry, set: &PolicySet) -> Result<Rule, Vec<(String, String)>> {
    let mut problems = Vec::new();
    let mut problem = |field: &str, message: String| problems.push((field.to_owned(), message));
    if entry.name.trim().is_empty() || entry.name.chars().count() > MAX_NAME {
        problem("name", format!("must have 1 to {MAX_NAME} characters"));
    }
    if Value::Object(entry.parameters.clone()).to_string().chars().count() > MAX_PARAMETERS {
        problem(
            "parameters",
            format!("is longer than the {MAX_PARAMETERS} characters that AWS Config takes"),
        );
    }
    if entry.resource_types.len() > MAX_TYPES {
        problem("resource_types", format!("has more than the {MAX_TYPES} types that AWS Config takes"));
    }
    let names = entry.parameters.get(POLICY_PARAMETER).and_then(Value::as_str).unwrap_or_default();
    let selection = set.select(names);
    for broken in &selection.problems {
        problem(&format!("parameters.{POLICY_PARAMETER}"), broken.to_string());
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let resource_types = if entry.resource_types.is_empty() {
        resource_types(&selection.policies)
    } else {
        entry.resource_types
    };
    Ok(Rule {
        name: entry.name,
        parameters: entry.parameters,
        resource_types,
        trigger: entry.trigger.unwrap_or_else(|| trigger(&selection.policies)),
        policies: selection.policies,
    })
}

fn resource_types(policies: &[Arc<Policy>]) -> Vec<String> {
    let mut types: Vec<String> = policies
        .iter()
        .filter(|policy| policy.metadata.trigger.on_change())
        .flat_map(|policy| policy.metadata.resource_types.clone())
        .filter(|name| name != ACCOUNT_TYPE)
        .collect();
    types.sort();
    types.dedup();
    types
}

fn trigger(policies: &[Arc<Policy>]) -> RuleTrigger {
    let change = policies.iter().any(|policy| policy.metadata.trigger.on_change());
    let schedule = policies.iter().any(|policy| policy.metadata.trigger.on_schedule());
    match (change, schedule) {
        (true, true) => RuleTrigger::Both,
        (false, true) => RuleTrigger::Periodic,
        _ => RuleTrigger::Change,
    }
}
