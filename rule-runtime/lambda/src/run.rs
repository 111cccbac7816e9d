//! One invocation of a rule: items in, by each kind of message, and evaluations out.
//!
//! In: the event, the rule's policies, and clients of the rule's account. Out: what AWS Config was told, or an error
//! with all that kept policies from judging and evaluations from arriving.

mod items;
mod stale;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use jiff::Timestamp;
use sekisho_aws::clients::Clients;
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::evaluate::{Evaluator, Occasion, Outcome, PolicyData};
use sekisho_engine::event::{Message, RuleEvent};
use sekisho_engine::facts;
use sekisho_engine::inventory::Inventory;
use sekisho_engine::item::{ACCOUNT_TYPE, ConfigurationItem, ItemStatus};
use sekisho_engine::policy::Policy;
use sekisho_engine::policy::parameters::POLICY_PARAMETER;
use sekisho_engine::rule;
use sekisho_engine::verdict::{Compliance, Evaluation, ResourceKey};
use sekisho_engine::waiver::Waivers;
use serde_json::Value;

use crate::error::InvocationError;
use crate::facts::Facts;
use crate::function::Function;
use crate::log;
use crate::report::Report;

/// How many problems of one kind are named in an error; the log has all.
const NAMED: usize = 20;

/// One invocation.
pub struct Run<'a> {
    function: &'a Function,
    event: &'a RuleEvent,
    clients: Clients,
    policies: Vec<Arc<Policy>>,
    facts: Facts,
    now: Timestamp,
    deadline: Instant,
    report: &'a mut Report,
    /// Why policies could not judge.
    failures: Vec<String>,
    /// Policies that gave no verdicts, or not all: their resources' other verdicts may be too good.
    failed: Vec<Arc<Policy>>,
    /// The rule names policies that cannot be used, and that might judge anything.
    unusable: bool,
    /// Why the items of a type could not be had.
    inventory_problems: BTreeMap<String, String>,
    /// How many items could not be read.
    bad_items: usize,
    /// How often policies failed on items.
    errors: usize,
    /// Agreed exceptions, and those that were used.
    waivers: Waivers,
    waived: BTreeSet<String>,
    /// Why evaluations did not arrive.
    refusals: Vec<String>,
    /// How many evaluations went out.
    told: usize,
}

impl<'a> Run<'a> {
    /// A run of `policies`; `problems` are those of policies that the rule names and that cannot be used.
    ///
    /// # Errors
    /// The facts file cannot be read.
    pub fn new(
        function: &'a Function,
        event: &'a RuleEvent,
        clients: Clients,
        policies: Vec<Arc<Policy>>,
        problems: Vec<String>,
        deadline: Instant,
        report: &'a mut Report,
    ) -> Result<Self, InvocationError> {
        let facts = Facts::new(clients.facts.clone(), function.settings.facts_file.as_deref())
            .map_err(|error| InvocationError::Policies(vec![error]))?;
        let now = facts.now().unwrap_or_else(clock);
        Ok(Self {
            function,
            event,
            clients,
            policies,
            facts,
            now,
            deadline,
            report,
            unusable: !problems.is_empty(),
            failures: problems,
            failed: Vec::new(),
            inventory_problems: BTreeMap::new(),
            bad_items: 0,
            errors: 0,
            waivers: Waivers::default(),
            waived: BTreeSet::new(),
            refusals: Vec::new(),
            told: 0,
        })
    }

    /// Takes the waivers into account; where they cannot be read, what they waive counts, and the invocation fails.
    pub fn waive(&mut self, waivers: Result<Waivers, String>) {
        match waivers {
            Ok(waivers) => self.waivers = waivers,
            Err(why) => self.failures.push(format!("the waivers cannot be read: {why}")),
        }
    }

    /// Judges, tells AWS Config, and says how many evaluations it was told.
    ///
    /// # Errors
    /// Whatever kept a resource from its verdict, or a verdict from AWS Config.
    pub async fn evaluate(mut self) -> Result<usize, InvocationError> {
        match &self.event.message {
            Message::Change(item) => self.change(item).await?,
            Message::Oversized(summary) => self.oversized(summary).await?,
            Message::Scheduled { account_id, created } => self.schedule(account_id, *created).await?,
            Message::Snapshot(delivery) => self.snapshot(delivery).await?,
        }
        for (count, what) in
            [(self.errors, "failures of policies"), (self.bad_items, "items that cannot be read")]
        {
            if count > NAMED {
                self.failures.push(format!("and {} more {what}; the log has them all", count - NAMED));
            }
        }
        self.failures.iter().for_each(|failure| self.report.failed("policies", failure));
        match (self.failures.is_empty(), self.refusals.is_empty()) {
            (true, true) => Ok(self.told),
            (_, false) => Err(InvocationError::Report(self.refusals, self.failures)),
            (false, true) => Err(InvocationError::Policies(self.failures)),
        }
    }

    /// A change of one resource.
    async fn change(&mut self, item: &ConfigurationItem) -> Result<(), InvocationError> {
        let ordering = item.capture_time.unwrap_or(self.now);
        if self.event.left_scope || item.status != ItemStatus::Live {
            return self
                .not_applicable(item, ordering, "the resource is gone or left the rule's scope")
                .await;
        }
        let resource_type = item.resource.resource_type.clone();
        let judges = |policy: &Policy| policy.judges_change_of(&resource_type);
        let evaluator = self.evaluator(Occasion::Change, &judges, &Arc::default()).await?;
        if evaluator.policies().next().is_some() || !self.failures.is_empty() {
            let evaluations = self.judge(&evaluator, &[item], Occasion::Change, ordering);
            self.tell(evaluations).await;
            return Ok(());
        }
        self.not_applicable(item, ordering, "no policy of the rule judges this resource type").await
    }

    async fn not_applicable(
        &mut self,
        item: &ConfigurationItem,
        ordering: Timestamp,
        why: &str,
    ) -> Result<(), InvocationError> {
        log::not_applicable(self.event, item, why);
        self.tell(vec![rule::not_applicable(item.resource.clone(), ordering)]).await;
        Ok(())
    }

    /// The account, and each resource that a periodic policy judges.
    async fn schedule(
        &mut self,
        account_id: &str,
        created: Option<Timestamp>,
    ) -> Result<(), InvocationError> {
        let ordering = created.unwrap_or(self.now);
        let judges = |policy: &Policy| policy.metadata.trigger.on_schedule();
        if self.failures.is_empty() && !self.policies.iter().any(|policy| judges(policy)) {
            let problem = Diagnostic::new("ruleParameters", "names no policy that judges on a schedule")
                .field(POLICY_PARAMETER)
                .help("set the rule's trigger to configuration changes, or name a periodic policy");
            return Err(InvocationError::Parameters(vec![problem]));
        }
        let inventory = Arc::new(self.inventory().await);
        let evaluator = self.evaluator(Occasion::Schedule, &judges, &inventory).await?;
        let mut evaluations = Vec::new();
        if evaluator.policies().any(|policy| policy.metadata.judges_the_account()) {
            let region = self.event.region.as_deref().unwrap_or(&self.function.settings.region);
            let account = ConfigurationItem::account(account_id, region, ordering);
            evaluations.extend(self.judge(&evaluator, &[&account], Occasion::Schedule, ordering));
        }
        for name in types_judged(evaluator.policies(), |policy| policy.metadata.types_judged_on_schedule()) {
            match self.items_of(&name, evaluator.policies()).await {
                Ok(items) => {
                    let items: Vec<_> = items.iter().collect();
                    evaluations.extend(self.judge(&evaluator, &items, Occasion::Schedule, ordering));
                }
                Err(why) => self.failures.push(format!("the items of {name} cannot be had: {why}")),
            }
        }
        let told: BTreeSet<ResourceKey> =
            evaluations.iter().map(|evaluation| evaluation.resource.clone()).collect();
        self.tell(evaluations).await;
        let scheduled: Vec<_> = self.policies.iter().filter(|policy| judges(policy)).cloned().collect();
        let types = types_judged(scheduled.iter(), |policy| &policy.metadata.resource_types);
        self.clear_stale(&types, &told, ordering).await;
        Ok(())
    }

    /// The rule's policies that `judges` says, with parameters and facts; what keeps one from judging is a failure.
    async fn evaluator(
        &mut self,
        occasion: Occasion,
        judges: &(dyn Fn(&Policy) -> bool + Sync),
        inventory: &Arc<Inventory>,
    ) -> Result<Evaluator, InvocationError> {
        let mut parameters = rule::parameters_of_each(
            &self.policies,
            Some(occasion),
            &self.event.parameters,
            "ruleParameters",
        )
        .map_err(InvocationError::Parameters)?;
        if !parameters.is_empty() && parameters.values().all(Result::is_err) {
            let problems = parameters.into_values().filter_map(Result::err).flatten().collect();
            return Err(InvocationError::Parameters(problems));
        }
        let mut evaluator = Evaluator::new();
        let ambiguous = rule::ambiguous_facts(&self.policies);
        let policies: Vec<_> = self.policies.iter().filter(|policy| judges(policy)).cloned().collect();
        for policy in policies {
            let parameters = match parameters.remove(policy.id()).unwrap_or_else(|| Ok(Value::Null)) {
                Ok(parameters) => parameters,
                Err(problems) => {
                    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
                    self.fail(&policy, format!("policy {}: {}", policy.id(), problems.join("; ")));
                    continue;
                }
            };
            let facts =
                tokio::time::timeout_at(self.deadline.into(), self.facts.of(&policy, &parameters)).await;
            let facts = facts.unwrap_or_else(|_| Err(format!("policy {}: {OUT_OF_TIME}", policy.id())));
            match facts {
                Ok(facts) => {
                    for (name, value) in &facts {
                        let name = if ambiguous.contains_key(name) {
                            &facts::qualified(policy.id(), name)
                        } else {
                            name
                        };
                        self.report.fact(name, value);
                    }
                    let data =
                        PolicyData { parameters, facts, now: self.now, inventory: Arc::clone(inventory) };
                    if let Err(problem) = evaluator.add(&policy, &data) {
                        let why = policy
                            .metadata
                            .inventory
                            .iter()
                            .find_map(|name| self.inventory_problems.get(name));
                        let why = why.map_or_else(String::new, |why| format!("; {why}"));
                        self.fail(&policy, format!("{problem}{why}"));
                    }
                }
                Err(error) => self.fail(&policy, error),
            }
        }
        let facts: Vec<_> =
            evaluator.policies().flat_map(|policy| policy.metadata.facts.keys().cloned()).collect();
        self.report.step("facts", &facts.join(", "));
        Ok(evaluator)
    }

    /// Lets the policies judge `items`: one evaluation a resource.
    fn judge(
        &mut self,
        evaluator: &Evaluator,
        items: &[&ConfigurationItem],
        occasion: Occasion,
        ordering: Timestamp,
    ) -> Vec<Evaluation> {
        let start = Instant::now();
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let outcomes = tokio::task::block_in_place(|| evaluator.judge_all(items, occasion, threads, &|_| {}));
        let outcome =
            outcomes.into_iter().zip(items).fold(Outcome::default(), |mut all, (mut outcome, item)| {
                self.waived.extend(self.waivers.apply(&mut outcome, item, self.now));
                all.verdicts.extend(outcome.verdicts);
                all.errors.extend(outcome.errors);
                all.undecided.extend(outcome.undecided);
                all
            });
        log::outcome(self.event, &outcome, crate::function::milliseconds(start));
        // A policy that fails on one resource has judged the others; one that fails on the account has not.
        let mut failed: BTreeSet<&ResourceKey> = BTreeSet::new();
        for error in &outcome.errors {
            failed.insert(&error.resource);
            if error.resource.resource_type == ACCOUNT_TYPE {
                let policy = self.policies.iter().find(|policy| policy.id() == error.policy_id);
                self.failed.extend(policy.cloned());
            }
            self.errors += 1;
            if self.errors <= NAMED {
                self.failures.push(error.to_string());
            }
        }
        let mut evaluations =
            rule::evaluations(&outcome, true, self.policies.len(), ordering, self.function.settings.language);
        // Where a policy could not judge, the others' COMPLIANT might be a false one for the rule.
        evaluations.retain(|evaluation| {
            evaluation.compliance == Compliance::NonCompliant
                || (self.is_judged_by_all(&evaluation.resource.resource_type)
                    && !failed.contains(&evaluation.resource))
        });
        evaluations
    }

    /// Whether every policy that has a word on a type could judge.
    fn is_judged_by_all(&self, resource_type: &str) -> bool {
        let judges =
            |policy: &Arc<Policy>| policy.metadata.resource_types.iter().any(|name| name == resource_type);
        !self.unusable && !self.failed.iter().any(judges)
    }

    fn fail(&mut self, policy: &Arc<Policy>, why: String) {
        self.failed.push(Arc::clone(policy));
        self.failures.push(why);
    }

    /// Tells AWS Config. Where policies failed and nothing can be told, an empty report would look like success.
    async fn tell(&mut self, evaluations: Vec<Evaluation>) {
        self.report.evaluations(&evaluations);
        if self.report.is_wanted() || (evaluations.is_empty() && !self.failures.is_empty()) {
            return;
        }
        let token = &self.event.result_token;
        let put = self.clients.evaluations.put_within(token, &evaluations, Some(self.deadline)).await;
        match put {
            Ok(_) => self.told += evaluations.len(),
            Err(error) => {
                self.told += error.total.saturating_sub(error.missing());
                self.refusals.push(error.to_string());
            }
        }
    }
}

/// What a failure says where the time ran out.
const OUT_OF_TIME: &str = "the function's time is up; give it a longer timeout";

fn types_judged<'p>(
    policies: impl Iterator<Item = &'p Arc<Policy>>,
    types: impl Fn(&'p Policy) -> &'p [String],
) -> BTreeSet<String> {
    policies.flat_map(|policy| types(policy)).cloned().collect()
}

/// The time.
pub(crate) fn clock() -> Timestamp {
    Timestamp::try_from(SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH)
}
