//! Where items come from when the event does not bring them: the history, advanced queries, a snapshot.

use std::collections::BTreeSet;
use std::sync::Arc;

use sekisho_aws::recorded::Parts;
use sekisho_aws::s3::ObjectUri;
use sekisho_engine::evaluate::{Evaluator, Occasion};
use sekisho_engine::event::SnapshotDelivery;
use sekisho_engine::inventory::Inventory;
use sekisho_engine::item::stream::{self, Stopped};
use sekisho_engine::item::{ConfigurationItem, ItemStatus};
use sekisho_engine::policy::Policy;
use sekisho_engine::verdict::ResourceKey;
use tokio::sync::mpsc;
use tokio::time::timeout_at;

use super::{NAMED, OUT_OF_TIME, Run, types_judged};
use crate::error::InvocationError;

/// How many items of a snapshot are judged together. Three such groups are in memory at a time.
const GROUP: usize = 500;

/// What a snapshot's reader hands over.
type Group = Vec<Result<ConfigurationItem, String>>;

impl Run<'_> {
    /// A change whose item was too large for the message.
    pub(super) async fn oversized(&mut self, summary: &ConfigurationItem) -> Result<(), InvocationError> {
        let ordering = summary.capture_time.unwrap_or(self.now);
        if self.event.left_scope || summary.status != ItemStatus::Live {
            // What it was like does not matter any more.
            return self.change(summary).await;
        }
        let fetched = timeout_at(self.deadline.into(), self.item_of(summary)).await;
        let fetched = fetched.unwrap_or_else(|_| Err(OUT_OF_TIME.to_owned()));
        match fetched.map_err(InvocationError::Items)? {
            Some(mut item) => {
                // The result is about the change that was told, whatever the item says of itself.
                item.capture_time = Some(item.capture_time.map_or(ordering, |time| time.max(ordering)));
                self.change(&item).await
            }
            None => {
                self.not_applicable(summary, ordering, "AWS Config does not know the resource any more").await
            }
        }
    }

    /// The item that `summary` is of.
    async fn item_of(&self, summary: &ConfigurationItem) -> Result<Option<ConfigurationItem>, String> {
        let recorded = &self.clients.recorded;
        let item = recorded.item(&summary.resource, summary.capture_time).await?;
        let state =
            |item: &ConfigurationItem| item.document.get("configurationStateId").map(ToString::to_string);
        let same = |item: &ConfigurationItem| {
            item.capture_time == summary.capture_time || state(item) == state(summary)
        };
        if item.as_ref().is_some_and(same) {
            return Ok(item);
        }
        tracing::warn!(
            rule = self.event.rule_name,
            resource_type = summary.resource.resource_type,
            resource_id = summary.resource.resource_id,
            "the history does not have the state of the oversized notification; the newest item is judged"
        );
        recorded.item(&summary.resource, None).await
    }

    /// All items of a type, with the parts that `policies` read.
    pub(super) async fn items_of<'p>(
        &mut self,
        resource_type: &str,
        policies: impl Iterator<Item = &'p Arc<Policy>>,
    ) -> Result<Vec<ConfigurationItem>, String> {
        let parts = policies.fold(Parts::default(), |parts, policy| Parts {
            supplementary_configuration: parts.supplementary_configuration
                || policy.source.contains("supplementaryConfiguration"),
            relationships: parts.relationships || policy.source.contains("relationships"),
        });
        let fetched =
            timeout_at(self.deadline.into(), self.clients.recorded.items(resource_type, parts)).await;
        let items = fetched.unwrap_or_else(|_| Err(OUT_OF_TIME.to_owned()))?;
        self.report.step("items", &format!("{} of {resource_type}", items.len()));
        self.report.items(items.iter().map(|item| &item.document));
        Ok(items)
    }

    /// The items that the rule's periodic policies look up. A type that cannot be had is missing, which is an error
    /// of the policies that declare it.
    pub(super) async fn inventory(&mut self) -> Inventory {
        let mut inventory = Inventory::default();
        let policies: Vec<Arc<Policy>> =
            self.policies.iter().filter(|policy| !policy.metadata.inventory.is_empty()).cloned().collect();
        for name in types_judged(policies.iter(), |policy| &policy.metadata.inventory) {
            let readers = policies.iter().filter(|policy| policy.metadata.inventory.contains(&name));
            match self.items_of(&name, readers).await {
                Ok(items) => inventory.add_type(&name, &items),
                Err(why) => {
                    tracing::error!(rule = self.event.rule_name, resource_type = name, why, "no inventory");
                    self.inventory_problems.insert(name, why);
                }
            }
        }
        inventory
    }

    /// Every item of a snapshot, in groups, so that memory does not grow with it.
    pub(super) async fn snapshot(&mut self, delivery: &SnapshotDelivery) -> Result<(), InvocationError> {
        let ordering = delivery.created.unwrap_or(self.now);
        let judges = |policy: &Policy| policy.metadata.trigger.on_change();
        let evaluator = self.evaluator(Occasion::Change, &judges, &Arc::default()).await?;
        let types = types_judged(self.policies.iter().filter(|policy| judges(policy)), |policy| {
            &policy.metadata.resource_types
        });
        let uri = ObjectUri { bucket: delivery.bucket.clone(), key: delivery.key.clone() };
        let reader = self.clients.objects.stream(&uri).await.map_err(InvocationError::Items)?;
        let (groups, mut received) = mpsc::channel::<Group>(1);
        let (name, wanted) = (uri.to_string(), types.clone());
        let reading = tokio::task::spawn_blocking(move || {
            let mut group = Group::new();
            let read = stream::items(reader, &name, &mut |item| {
                match item {
                    Ok(item) if !wanted.contains(&item.resource.resource_type) => return Ok(()),
                    Ok(item) => group.push(Ok(item)),
                    Err(problem) => group.push(Err(problem.to_string())),
                }
                if group.len() == GROUP {
                    groups.blocking_send(std::mem::take(&mut group)).map_err(|_| Stopped)?;
                }
                Ok(())
            });
            // What was read before a file broke off was judged all the same.
            let _ = groups.blocking_send(group);
            read
        });
        let mut told = BTreeSet::new();
        while let Some(group) = received.recv().await {
            if std::time::Instant::now() >= self.deadline {
                self.failures.push(format!("{uri}: {OUT_OF_TIME}; {} resources were judged", told.len()));
                break;
            }
            self.group(&evaluator, group, ordering, &mut told).await;
        }
        drop(received);
        match reading.await {
            Ok(Ok(items)) => {
                tracing::info!(rule = self.event.rule_name, items, judged = told.len(), "snapshot read");
                self.report.step("snapshot", &format!("{items} items, {} judged", told.len()));
            }
            Ok(Err(problem)) => self.failures.push(problem.to_string()),
            Err(panic) => self.failures.push(format!("{uri}: the reading died: {panic}")),
        }
        if told.is_empty() && self.failures.is_empty() {
            self.tell(Vec::new()).await;
        }
        self.clear_stale(&types, &told, ordering).await;
        Ok(())
    }

    async fn group(
        &mut self,
        evaluator: &Evaluator,
        group: Group,
        ordering: jiff::Timestamp,
        told: &mut BTreeSet<ResourceKey>,
    ) {
        let mut items = Vec::with_capacity(group.len());
        for item in group {
            match item {
                Ok(item) => items.push(item),
                Err(problem) => {
                    tracing::error!(rule = self.event.rule_name, problem, "an item cannot be read");
                    self.bad_items += 1;
                    if self.bad_items <= NAMED {
                        self.failures.push(problem);
                    }
                }
            }
        }
        let items: Vec<_> = items.iter().collect();
        let evaluations = self.judge(evaluator, &items, Occasion::Change, ordering);
        told.extend(evaluations.iter().map(|evaluation| evaluation.resource.clone()));
        if !evaluations.is_empty() {
            self.tell(evaluations).await;
        }
    }
}
