//! Results that stay true: what a rule said of resources that are gone.
//!
//! AWS Config keeps a result until the rule says otherwise, so that after a run over all resources those that were
//! not among them become `NOT_APPLICABLE`.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sekisho_engine::rule;
use sekisho_engine::verdict::ResourceKey;
use tokio::time::timeout_at;

use super::{OUT_OF_TIME, Run};

/// The longest rule name that `GetComplianceDetailsByConfigRule` takes, in characters; a rule's own may be twice as
/// long (those of an organisation are). Source: the API model of AWS Config.
const LONGEST_NAME: usize = 64;

impl Run<'_> {
    /// `NOT_APPLICABLE` for the resources of `types` that have a result and were not among those `told`. Where
    /// anything failed nothing is cleared: what is missing may be there.
    pub(super) async fn clear_stale(
        &mut self,
        types: &BTreeSet<String>,
        told: &BTreeSet<ResourceKey>,
        ordering: Timestamp,
    ) {
        let rule = &self.event.rule_name;
        let policies: Vec<&str> = self.policies.iter().map(|policy| policy.id()).collect();
        for waiver in self.waivers.unmatched(&policies, &self.waived) {
            tracing::warn!(
                rule,
                waiver,
                "a waiver was for nothing in this run; see whether it is still needed"
            );
        }
        if !self.failures.is_empty() || !self.refusals.is_empty() {
            tracing::warn!(rule, "old results are left as they are, because not everything could be judged");
            return;
        }
        let is_test = self.event.result_token == sekisho_engine::event::TEST_TOKEN;
        if rule.is_empty() || is_test {
            return;
        }
        let asked = timeout_at(self.deadline.into(), self.clients.recorded.judged(rule)).await;
        let judged = match asked.unwrap_or_else(|_| Err(OUT_OF_TIME.to_owned())) {
            Ok(judged) => judged,
            Err(why) if rule.chars().count() > LONGEST_NAME => {
                tracing::warn!(
                    rule,
                    why,
                    "the results of a rule whose name is over 64 characters cannot be read: those of resources \
                     that are gone stay"
                );
                return;
            }
            Err(why) => {
                self.failures
                    .push(format!("old results of resources that are gone cannot be cleared: {why}"));
                return;
            }
        };
        // A change policy of the rule says itself when its resource is gone.
        let by_change: BTreeSet<&String> = self
            .policies
            .iter()
            .filter(|policy| policy.metadata.trigger.on_change() && !is_snapshot(&self.event.message))
            .flat_map(|policy| &policy.metadata.resource_types)
            .collect();
        let stale: Vec<_> = judged
            .into_iter()
            .filter(|resource| {
                types.contains(&resource.resource_type)
                    && !by_change.contains(&resource.resource_type)
                    && !told.contains(resource)
            })
            .map(|resource| rule::not_applicable(resource, ordering))
            .collect();
        if !stale.is_empty() {
            tracing::info!(rule, resources = stale.len(), "results of resources that are gone are cleared");
            self.report.step("gone", &format!("{} resources", stale.len()));
            self.tell(stale).await;
        }
    }
}

fn is_snapshot(message: &sekisho_engine::event::Message) -> bool {
    matches!(message, sekisho_engine::event::Message::Snapshot(_))
}
