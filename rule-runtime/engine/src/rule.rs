//! A rule: policies with parameters, what they say of one item, and what AWS Config is told of it.
//!
//! In: the rule's parameters and an [`Outcome`]. Out: each policy's `data.parameters`, and one
//! [`Evaluation`] a resource.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::diagnostic::Diagnostic;
use crate::evaluate::{Occasion, Outcome};
use crate::facts::{self, FactProvider};
use crate::policy::Policy;
use crate::policy::parameters::{POLICY_PARAMETER, ParameterProblem};
use crate::verdict::{Compliance, Evaluation, Language, ResourceKey, Verdict};

/// `data.parameters` of each of `policies` that judges on `occasion` (all, where it is `None`), by id. `source`
/// names where `given` came from (`ruleParameters`, a file, `--param`).
///
/// A rule over a pack may be triggered by changes only: what its periodic policies require is then not asked for.
///
/// # Errors
/// Every parameter that a policy's schema refuses, and every one that none of the policies has.
pub fn parameters(
    policies: &[Arc<Policy>],
    occasion: Option<Occasion>,
    given: &Map<String, Value>,
    source: &str,
) -> Result<BTreeMap<String, Value>, Vec<Diagnostic>> {
    let each = parameters_of_each(policies, occasion, given, source)?;
    let (mut applied, mut problems) = (BTreeMap::new(), Vec::new());
    for (id, result) in each {
        match result {
            Ok(values) => {
                applied.insert(id, values);
            }
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(applied) } else { Err(problems) }
}

/// The names by which `policies` do not all mean the same fact, each with the policies that have it.
pub fn ambiguous_facts(policies: &[Arc<Policy>]) -> BTreeMap<String, Vec<String>> {
    let mut known: BTreeMap<&str, Vec<(&Policy, Vec<&FactProvider>)>> = BTreeMap::new();
    for policy in policies {
        for name in policy.metadata.facts.keys() {
            let meaning = facts::chain(name, &policy.metadata.facts);
            known.entry(name).or_default().push((policy, meaning));
        }
    }
    let ids =
        |declared: Vec<(&Policy, _)>| declared.iter().map(|(policy, _)| policy.id().to_owned()).collect();
    known
        .into_iter()
        .filter(|(_, declared)| declared.windows(2).any(|pair| pair[0].1 != pair[1].1))
        .map(|(name, declared)| (name.to_owned(), ids(declared)))
        .collect()
}

/// What a policy is given, or what is wrong with it.
pub type Applied = Result<Value, Vec<Diagnostic>>;

/// The same, with the problems of each policy by its id: what one of a pack requires and does not get keeps the
/// others from nothing.
///
/// # Errors
/// Every parameter that none of the policies has.
pub fn parameters_of_each(
    policies: &[Arc<Policy>],
    occasion: Option<Occasion>,
    given: &Map<String, Value>,
    source: &str,
) -> Result<BTreeMap<String, Applied>, Vec<Diagnostic>> {
    let problems = unknown_parameters(policies, given, source);
    if !problems.is_empty() {
        return Err(problems);
    }
    let judges =
        |policy: &&Arc<Policy>| occasion.is_none_or(|occasion| policy.metadata.trigger.is_on(occasion));
    let each = policies.iter().filter(judges).map(|policy| {
        let applied = policy.metadata.parameters.apply(given).map_err(|found| {
            let diagnostic = |problem: ParameterProblem| {
                Diagnostic::new(source, problem.message)
                    .field(problem.parameter)
                    .help(format!("see the parameters of policy {}", policy.id()))
            };
            found.into_iter().map(diagnostic).collect()
        });
        (policy.id().to_owned(), applied)
    });
    Ok(each.collect())
}

fn unknown_parameters(policies: &[Arc<Policy>], given: &Map<String, Value>, source: &str) -> Vec<Diagnostic> {
    let mut known: Vec<&str> =
        policies.iter().flat_map(|policy| policy.metadata.parameters.names()).collect();
    known.sort_unstable();
    known.dedup();
    let listed = if known.is_empty() { "it has none".to_owned() } else { known.join(", ") };
    given
        .keys()
        .filter(|name| *name != POLICY_PARAMETER && !known.contains(&name.as_str()))
        .map(|name| {
            Diagnostic::new(source, "is not a parameter of the rule's policies")
                .field(name.clone())
                .help(format!("the parameters are: {listed}"))
        })
        .collect()
}

/// What AWS Config is told after an item or the account was judged: one evaluation a resource, the worst of
/// its policies.
///
/// `complete` says whether all policies of the rule could judge. Where one could not, only `NON_COMPLIANT` is
/// told: it might have denied what the others passed, and a COMPLIANT of theirs would be a false one.
/// `policies` is how many the rule has; more than one are named in the annotation.
pub fn evaluations(
    outcome: &Outcome,
    complete: bool,
    policies: usize,
    ordering_timestamp: Timestamp,
    language: Language,
) -> Vec<Evaluation> {
    let mut by_resource: BTreeMap<&ResourceKey, Vec<&Verdict>> = BTreeMap::new();
    for verdict in &outcome.verdicts {
        by_resource.entry(&verdict.resource).or_default().push(verdict);
    }
    by_resource
        .into_iter()
        .map(|(resource, verdicts)| {
            Evaluation::fold(&verdicts, resource.clone(), ordering_timestamp, language, policies > 1)
        })
        .filter(|evaluation| complete || evaluation.compliance == Compliance::NonCompliant)
        .collect()
}

/// `NOT_APPLICABLE` for a resource that the rule does not judge: deleted, out of scope, of another type.
pub fn not_applicable(resource: ResourceKey, ordering_timestamp: Timestamp) -> Evaluation {
    Evaluation { resource, compliance: Compliance::NotApplicable, annotation: None, ordering_timestamp }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::policy::Severity;

    fn outcome(compliances: &[(&str, Compliance)]) -> Outcome {
        let verdict = |(policy, compliance): &(&str, Compliance)| Verdict {
            policy_id: (*policy).to_owned(),
            severity: Severity::High,
            resource: ResourceKey { resource_type: "AWS::S3::Bucket".into(), resource_id: "b".into() },
            account_id: None,
            region: None,
            compliance: *compliance,
            reasons: vec![crate::verdict::Reason { msg: "why".into(), msg_ja: None }],
            capture_time: None,
            waiver: None,
        };
        Outcome { verdicts: compliances.iter().map(verdict).collect(), ..Outcome::default() }
    }

    fn told(outcome: &Outcome, complete: bool) -> Vec<Compliance> {
        evaluations(outcome, complete, 2, Timestamp::UNIX_EPOCH, Language::En)
            .iter()
            .map(|e| e.compliance)
            .collect()
    }

    #[test]
    fn one_evaluation_a_resource_the_worst_of_its_policies() {
        let outcome = outcome(&[("a", Compliance::Compliant), ("b", Compliance::NonCompliant)]);
        assert_eq!(told(&outcome, true), [Compliance::NonCompliant]);
    }

    #[test]
    fn where_a_policy_failed_no_compliant_is_told() {
        let passed = outcome(&[("a", Compliance::Compliant)]);
        assert_eq!(told(&passed, true), [Compliance::Compliant]);
        assert_eq!(told(&passed, false), []);
        let denied = outcome(&[("a", Compliance::NonCompliant)]);
        assert_eq!(told(&denied, false), [Compliance::NonCompliant]);
    }
}
