//! What a field that is absent means: `custom.on_missing`.
//!
//! In Rego a condition on an absent field silently does not hold, and a `deny` that hangs on it becomes a pass. Here the paths
//! that `deny` reads without a default are looked up in the item before the pass is believed. Absence decides only what would
//! otherwise be COMPLIANT: a policy that denies for another reason still denies.

use std::collections::BTreeMap;

use super::Policy;
use super::paths::{Read, Step, written};
use crate::item::ACCOUNT_TYPE;
use crate::item::tree::Tree;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the absence of a field means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnMissing {
    /// It is as it should be.
    Allow,
    /// The policy has nothing to say of such an item.
    NotApplicable,
    /// It is a violation.
    Deny,
    /// The item cannot be judged.
    Error,
}

/// `custom.on_missing`: one word for every field, or one a field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OnMissingRules {
    /// Nothing is said.
    #[default]
    Unsaid,
    /// For every field.
    Whole(OnMissing),
    /// By path (`configuration.endpoint.port`, `[_]` for an element), and what lies below it; `default` is for the others.
    Paths(BTreeMap<String, OnMissing>),
}

impl OnMissingRules {
    /// What the absence of `path` means; the longest path that is said counts.
    pub fn meaning(&self, path: &str) -> Option<OnMissing> {
        match self {
            Self::Unsaid => None,
            Self::Whole(meaning) => Some(*meaning),
            Self::Paths(paths) => {
                let said = paths.iter().filter(|(said, _)| is_within(path, said) || is_within(said, path));
                let longest = said.max_by_key(|(said, _)| said.len());
                longest.map(|(_, meaning)| *meaning).or_else(|| paths.get(DEFAULT).copied())
            }
        }
    }
}

/// The key of [`OnMissingRules::Paths`] for the paths that are not named.
pub const DEFAULT: &str = "default";

/// Whether `path` is `above`, or below it.
fn is_within(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The parts of an item in which a field may be absent.
const PARTS: [&str; 3] = ["configuration", "supplementaryConfiguration", "tags"];

/// A field that a `deny` of the policy reads and that an item does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent {
    /// `configuration.endpoint.port`, up to the first name that is not there.
    pub path: String,
    /// Line and column of the policy where it is read, both from 1.
    pub place: (usize, usize),
    /// What the policy says that means.
    pub means: Option<OnMissing>,
}

/// The fields that `deny` reads without a default and that `item`, of that type, does not have, each once.
pub fn absent(policy: &Policy, item: &Tree<'_>, resource_type: &str) -> Vec<Absent> {
    if resource_type == ACCOUNT_TYPE {
        return Vec::new();
    }
    let mut found: Vec<Absent> = Vec::new();
    for (read, place) in bare_reads(policy, Some(resource_type)) {
        let Some(length) = missing(item, &read.path, 0).filter(|length| *length > read.decided) else {
            continue;
        };
        let path = written(&read.path[..length]);
        if !found.iter().any(|known| known.path == path) {
            found.push(Absent { means: policy.metadata.on_missing.meaning(&path), path, place });
        }
    }
    found
}

/// The paths that `deny` reads without a default, with the place of each.
fn bare_reads<'a>(
    policy: &'a Policy,
    resource_type: Option<&'a str>,
) -> impl Iterator<Item = (&'a Read, (usize, usize))> {
    let of_type = move |types: &[String]| {
        types.is_empty() || resource_type.is_none_or(|name| types.iter().any(|of| of == name))
    };
    policy.reads.iter().filter(move |read| read.bare && of_type(&read.types)).filter_map(|read| {
        let Some(Step::Name(part, _)) = read.path.first() else { return None };
        let place = read.place()?;
        (read.path.len() > 1 && PARTS.contains(&part.as_str())).then_some((read, place))
    })
}

/// The paths that `deny` reads without a default and of whose absence METADATA says nothing, each once, with its place.
pub fn undecided(policy: &Policy) -> Vec<(String, (usize, usize))> {
    let mut found: Vec<(String, (usize, usize))> = Vec::new();
    for (read, place) in bare_reads(policy, None) {
        let path = written(&read.path);
        if policy.metadata.on_missing.meaning(&path).is_none()
            && !found.iter().any(|(known, _)| *known == path)
        {
            found.push((path, place));
        }
    }
    // What is read below a path stands for the path too.
    let all: Vec<String> = found.iter().map(|(path, _)| path.clone()).collect();
    found.retain(|(path, _)| !all.iter().any(|other| other != path && is_within(other, path)));
    found
}

/// How many steps of `path` lead to the first name that is not in `value`; none if all are there.
fn missing(value: &Tree<'_>, path: &[Step], taken: usize) -> Option<usize> {
    let step = path.get(taken)?;
    match (step, value) {
        (Step::Name(name, _), value) => match value.field(name) {
            Some(value) => missing(value, path, taken + 1),
            None => Some(taken + 1),
        },
        (Step::Any, Tree::List(items)) => items.iter().find_map(|item| missing(item, path, taken + 1)),
        (Step::Any, Tree::Object(fields)) => {
            fields.iter().find_map(|(_, value)| missing(value, path, taken + 1))
        }
        // A scalar has no elements: what follows is never read.
        (Step::Any, _) => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::policy::mask::Mask;
    use serde_json::json;

    #[test]
    fn the_longest_path_that_is_said_counts() {
        let rules: OnMissingRules = serde_json::from_value(json!({
            "default": "error", "configuration.a": "deny", "configuration.a.b": "allow", "configuration.ports[_].to": "not_applicable",
        }))
        .unwrap();
        for (path, means) in [
            ("configuration.a", OnMissing::Allow),
            ("configuration.a.b.c", OnMissing::Allow),
            ("configuration.a.c", OnMissing::Deny),
            ("configuration.ab", OnMissing::Error),
            ("configuration.ports[_].to", OnMissing::NotApplicable),
            ("configuration.ports", OnMissing::NotApplicable),
        ] {
            assert_eq!(rules.meaning(path), Some(means), "{path}");
        }
    }

    #[test]
    fn the_first_name_that_is_not_there_is_found() {
        let item =
            json!({"configuration": {"a": {"b": null}, "ports": [{"to": 1}, {}], "none": [], "text": "x"}});
        let find = |names: &[&str]| {
            let path: Vec<Step> = names
                .iter()
                .map(|name| if *name == "_" { Step::Any } else { Step::Name((*name).to_owned(), (1, 1)) })
                .collect();
            missing(&Tree::of(&item, &Mask::All), &path, 0).map(|length| written(&path[..length]))
        };
        assert_eq!(find(&["configuration", "a", "b"]), None, "null is there");
        assert_eq!(find(&["configuration", "a", "c", "d"]).unwrap(), "configuration.a.c");
        assert_eq!(find(&["configuration", "ports", "_", "to"]).unwrap(), "configuration.ports[_].to");
        assert_eq!(find(&["configuration", "none", "_", "to"]), None, "no element is read");
        assert_eq!(find(&["configuration", "text", "_", "to"]), None);
        assert_eq!(find(&["configuration", "a", "b", "c"]).unwrap(), "configuration.a.b.c");
    }
}
