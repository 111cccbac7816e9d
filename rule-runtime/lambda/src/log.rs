//! What one invocation leaves in the log: one line an evaluation, with all reasons of all policies, because the
//! annotation may have had to be cut.

use std::collections::BTreeMap;

use sekisho_engine::evaluate::Outcome;
use sekisho_engine::event::RuleEvent;
use sekisho_engine::item::ConfigurationItem;
use sekisho_engine::verdict::{Compliance, ResourceKey, Verdict, denied};
use serde_json::{Value, json};

/// One line a resource, and one a policy that failed.
pub fn outcome(event: &RuleEvent, outcome: &Outcome, duration_ms: f64) {
    let mut by_resource: BTreeMap<&ResourceKey, Vec<&Verdict>> = BTreeMap::new();
    for verdict in &outcome.verdicts {
        by_resource.entry(&verdict.resource).or_default().push(verdict);
    }
    for (resource, verdicts) in by_resource {
        let worst =
            verdicts.iter().map(|verdict| verdict.compliance).max().unwrap_or(Compliance::NotApplicable);
        let denied = denied(&verdicts);
        let names: Vec<&str> = denied.iter().map(|verdict| verdict.policy_id.as_str()).collect();
        let reasons: Value = denied.iter().map(|verdict| reasons(verdict)).collect();
        let reasons = reasons.to_string();
        tracing::info!(
            rule = event.rule_name,
            account = event.account_id,
            resource_type = resource.resource_type,
            resource_id = resource.resource_id,
            verdict = worst.as_str(),
            policies = verdicts.len(),
            denied = names.join(","),
            reasons,
            duration_ms,
            "evaluated"
        );
    }
    for error in &outcome.errors {
        tracing::error!(
            rule = event.rule_name,
            account = event.account_id,
            policy = error.policy_id,
            resource_type = error.resource.resource_type,
            resource_id = error.resource.resource_id,
            error = %error.problem,
            duration_ms,
            "a policy failed"
        );
    }
    for passed in &outcome.undecided {
        tracing::warn!(
            rule = event.rule_name,
            account = event.account_id,
            policy = passed.policy_id,
            resource_type = passed.resource.resource_type,
            resource_id = passed.resource.resource_id,
            problem = %passed.problem,
            "a field is absent, and the policy does not say what that means"
        );
    }
}

fn reasons(verdict: &Verdict) -> Value {
    let mut line = json!({
        "policy": verdict.policy_id, "severity": verdict.severity, "verdict": verdict.compliance,
        "reasons": verdict.reasons,
    });
    if let Some(waiver) = &verdict.waiver {
        line["waiver"] = json!(waiver);
    }
    line
}

/// A resource that no policy was asked about.
pub fn not_applicable(event: &RuleEvent, item: &ConfigurationItem, why: &str) {
    tracing::info!(
        rule = event.rule_name,
        account = event.account_id,
        resource_type = item.resource.resource_type,
        resource_id = item.resource.resource_id,
        verdict = "NOT_APPLICABLE",
        why,
        "not evaluated"
    );
}
