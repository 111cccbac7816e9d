//! Why a policy says of an item what it says: what each rule came to, what it read of the item, and what was not there.

use std::collections::BTreeMap;

use regorus::Value as Rego;
use serde::Serialize;
use serde_json::Value;

use super::coverage::PolicyCoverage;
use super::{Evaluator, Occasion, Outcome, Prepared, convert, stack};
use crate::item::{ConfigurationItem, ItemStatus};
use crate::policy::paths::{Read, Step, written};
use crate::policy::rule_values;

/// How many elements of a list or map are shown for one read.
const SHOWN: usize = 5;

/// Why a policy says what it says.
#[derive(Debug, Clone, Default)]
pub struct Explanation {
    /// What it says.
    pub outcome: Outcome,
    /// Its rules without arguments, in the order of the file, one a place.
    pub rules: Vec<RuleValue>,
    /// What was evaluated of it; absent where the item is not evaluated at all.
    pub coverage: Option<PolicyCoverage>,
}

/// A rule and what it came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleValue {
    /// Its name. Several rules may have one; the value is that of all of them.
    pub name: String,
    /// Of the policy's file, from 1.
    pub line: u32,
    /// Whether this place of it held; not known (true) where its head and its conditions share a line.
    pub held: bool,
    /// `None` where it is undefined.
    pub value: Option<Value>,
    /// Why it could not be evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What it read of the item, as far as its text says it and an evaluation came to the line.
    pub reads: Vec<Seen>,
}

/// A field that was read.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// `configuration.ports[0].to`; up to the first name that is not there where it is absent.
    pub path: String,
    /// Of the policy's file, from 1.
    pub line: u32,
    /// What stood there; `None` where the field is absent.
    pub value: Option<Value>,
    /// Whether the policy gives a default for it.
    pub has_default: bool,
}

impl Evaluator {
    /// Judges `item` with the first policy, and says why; add it to an evaluator that counts lines.
    pub fn explain(&mut self, item: &ConfigurationItem, occasion: Occasion) -> Explanation {
        let outcome = self.judge(item, occasion);
        let explained = stack::with_large(|| {
            let prepared = self.prepared.first_mut()?;
            if item.status != ItemStatus::Live || !prepared.applies(&item.resource.resource_type, occasion) {
                return None;
            }
            let mut coverage = super::coverage::Coverage::default();
            prepared.engine().iter().for_each(|engine| coverage.take(engine));
            let coverage = coverage.of(&prepared.policy);
            let rules = prepared.rules(item);
            Some((rules, coverage))
        });
        let (rules, coverage) = explained.ok().flatten().unwrap_or_default();
        Explanation { outcome, rules, coverage }
    }
}

impl Prepared {
    /// Every rule is asked, also those that the verdict did not need.
    fn rules(&self, item: &ConfigurationItem) -> Vec<RuleValue> {
        let Ok(input) = convert::document(&item.document) else { return Vec::new() };
        let Ok(mut engine) = self.fresh() else { return Vec::new() };
        engine.set_input(input);
        engine.set_enable_coverage(true);
        let places = engine.get_modules().last().map(|module| rule_values(module)).unwrap_or_default();
        let mut values: BTreeMap<String, Result<Option<Value>, String>> = BTreeMap::new();
        for (name, ..) in places.iter().filter(|(_, _, is_value)| *is_value) {
            if !values.contains_key(name) {
                let rule = format!("{}.{name}", self.policy.package);
                let value = match stack::catch(|| engine.eval_rule(rule)) {
                    Ok(Ok(Rego::Undefined)) => Ok(None),
                    Ok(Ok(value)) => json(&value).map(Some),
                    Ok(Err(error)) => Err(error.to_string()),
                    Err(panic) => Err(panic),
                };
                values.insert(name.clone(), value);
            }
        }
        let mut coverage = super::coverage::Coverage::default();
        coverage.take(&engine);
        let coverage = coverage.of(&self.policy);
        let missed =
            |line: u32| coverage.as_ref().is_some_and(|coverage| coverage.lines_missed.contains(&line));
        let ends: Vec<u32> = places.iter().skip(1).map(|(_, line, _)| *line).chain([u32::MAX]).collect();
        let mut rules = Vec::new();
        for ((name, line, _), end) in places.iter().zip(ends) {
            let reached = |read: &&Read| {
                let at = read.place().map_or(0, |(line, _)| u32::try_from(line).unwrap_or(0));
                (*line..end).contains(&at) && !missed(at)
            };
            let mut reads: Vec<Seen> = Vec::new();
            for read in self.policy.reads.iter().filter(reached) {
                for seen in see(read, &item.document) {
                    if !reads.iter().any(|known| known.path == seen.path) {
                        reads.push(seen);
                    }
                }
            }
            // What leads to a longer path says nothing of its own.
            let all: Vec<String> = reads.iter().map(|seen| seen.path.clone()).collect();
            reads.retain(|seen| {
                !all.iter().any(|other| {
                    other.strip_prefix(&seen.path).is_some_and(|rest| rest.starts_with(['.', '[']))
                })
            });
            // A function has no value of its own: it is here for what it read.
            let (value, error) = match values.get(name) {
                Some(Ok(value)) => (value.clone(), None),
                Some(Err(error)) => (None, Some(error.clone())),
                None if reads.is_empty() => continue,
                None => (None, None),
            };
            let held = !missed(*line);
            rules.push(RuleValue { name: name.clone(), line: *line, held, value, error, reads });
        }
        rules
    }
}

fn json(value: &Rego) -> Result<Value, String> {
    let text = value.to_json_str().map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

/// What `read` finds in `document`: a field a path, or where it ends.
fn see(read: &Read, document: &Value) -> Vec<Seen> {
    let line = read.place().map_or(0, |(line, _)| u32::try_from(line).unwrap_or(0));
    let mut found = Vec::new();
    let mut open: Vec<(String, &Value, usize)> = vec![(String::new(), document, 0)];
    while let Some((path, value, taken)) = open.pop() {
        let Some(step) = read.path.get(taken) else {
            found.push(Seen { path, line, value: Some(value.clone()), has_default: read.decided > 0 });
            continue;
        };
        match (step, value) {
            (Step::Name(name, _), value) => {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match value.get(name) {
                    Some(value) => open.push((path, value, taken + 1)),
                    None => found.push(Seen { path, line, value: None, has_default: taken < read.decided }),
                }
            }
            (Step::Any, Value::Array(items)) => {
                let items = items.iter().enumerate().take(SHOWN).rev();
                open.extend(items.map(|(index, item)| (format!("{path}[{index}]"), item, taken + 1)));
            }
            (Step::Any, Value::Object(fields)) => {
                let fields: Vec<_> = fields.iter().take(SHOWN).collect();
                let fields = fields.into_iter().rev();
                open.extend(fields.map(|(name, item)| (format!("{path}[\"{name}\"]"), item, taken + 1)));
            }
            (Step::Any, _) => {}
        }
    }
    if found.is_empty() {
        // A list without elements: the list itself is what was seen.
        let upto = read.path.iter().position(|step| *step == Step::Any).unwrap_or(read.path.len());
        let mut names = read.path[..upto].iter().filter_map(|step| match step {
            Step::Name(name, _) => Some(name.as_str()),
            Step::Any => None,
        });
        let value = names.try_fold(document, |value, name| value.get(name));
        if let Some(value) = value.filter(|_| upto > 0) {
            let path = written(&read.path[..upto]);
            found.push(Seen { path, line, value: Some(value.clone()), has_default: read.decided > 0 });
        }
    }
    found
}
