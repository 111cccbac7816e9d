//! What one invocation leaves in the log: one line an evaluation, with all its reasons, because the annotation may
//! have had to be cut.

use sekisho_engine::evaluate::Outcome;
use sekisho_engine::event::RuleEvent;
use sekisho_engine::item::ConfigurationItem;
use sekisho_engine::verdict::Verdict;

/// One line a verdict, and one a policy that failed.
pub fn outcome(event: &RuleEvent, outcome: &Outcome, duration_ms: f64) {
    for Verdict { policy_id, resource, compliance, reasons, .. } in &outcome.verdicts {
        tracing::info!(
            rule = event.rule_name,
            account = event.account_id,
            policy = policy_id,
            resource_type = resource.resource_type,
            resource_id = resource.resource_id,
            verdict = compliance.as_str(),
            reasons = serde_json::to_string(reasons).unwrap_or_default(),
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
