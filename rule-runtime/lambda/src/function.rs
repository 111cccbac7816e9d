//! One invocation: event in, evaluations out.
//!
//! The way: read the event, select the policies that the rule names, restore and check its parameters, fetch the
//! facts, let the engine judge, tell AWS Config, and only then fail for what went wrong, so that a policy that
//! fails does not silence the others.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use jiff::Timestamp;
use lambda_runtime::LambdaEvent;
use sekisho_aws::clients::Clients;
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::evaluate::{Evaluator, Occasion, Outcome, PolicyData};
use sekisho_engine::event::{Message, RuleEvent};
use sekisho_engine::item::{ConfigurationItem, ItemStatus};
use sekisho_engine::policy::parameters::POLICY_PARAMETER;
use sekisho_engine::policy::{Policy, PolicySet};
use sekisho_engine::rule;
use sekisho_engine::verdict::{Evaluation, Verdict};
use serde_json::{Value, json};

use crate::error::InvocationError;
use crate::facts::Facts;
use crate::settings::Settings;

/// The function: policies and clients, made once.
pub struct Function {
    settings: Settings,
    policies: PolicySet,
    clients: Clients,
}

/// The evaluations of one invocation, and what kept policies from judging.
#[derive(Default)]
struct Judged {
    evaluations: Vec<Evaluation>,
    failures: Vec<String>,
}

impl Function {
    /// Loads the policies and makes the clients. A policy that cannot be loaded fails the invocations of the
    /// rules that name it, and no others.
    pub async fn new(settings: Settings) -> Self {
        let start = Instant::now();
        let policies = PolicySet::load(&settings.policies);
        for problem in policies.problems() {
            tracing::error!(%problem, "a policy cannot be used");
        }
        tracing::info!(
            policies = policies.policies().count(),
            folder = %settings.policies.display(),
            duration_ms = milliseconds(start),
            "policies loaded"
        );
        Self { clients: Clients::from_env().await, settings, policies }
    }

    /// Answers one event of AWS Config.
    pub async fn handle(&self, event: LambdaEvent<Value>) -> Result<Value, InvocationError> {
        let request_id = event.context.request_id;
        let result = self.answer(&event.payload).await;
        if let Err(error) = &result {
            tracing::error!(request_id, %error, "the invocation failed");
        }
        result
    }

    async fn answer(&self, event: &Value) -> Result<Value, InvocationError> {
        let event = RuleEvent::parse(event).map_err(InvocationError::Event)?;
        let judged = self.judge(&event).await?;
        let sent = judged.evaluations.len();
        // Where policies failed and nothing can be told, an empty report would look like success.
        if judged.failures.is_empty() || sent > 0 {
            self.clients
                .evaluations
                .put(&event.result_token, &judged.evaluations)
                .await
                .map_err(|error| InvocationError::Report(error.to_string()))?;
        }
        if judged.failures.is_empty() {
            Ok(json!({"evaluations": sent}))
        } else {
            Err(InvocationError::Policies(judged.failures))
        }
    }

    async fn judge(&self, event: &RuleEvent) -> Result<Judged, InvocationError> {
        let now = clock();
        match &event.message {
            Message::Change(item) => {
                let ordering = item.capture_time.unwrap_or(now);
                let gone = event.left_scope || item.status != ItemStatus::Live;
                if gone {
                    log_not_applicable(event, item, "the resource is gone or left the rule's scope");
                    let evaluations = vec![rule::not_applicable(item.resource.clone(), ordering)];
                    return Ok(Judged { evaluations, failures: Vec::new() });
                }
                let resource_type = item.resource.resource_type.clone();
                let applies = |policy: &Arc<Policy>| policy.judges_change_of(&resource_type);
                let mut judged = self.ask(event, item, Occasion::Change, ordering, &applies).await?;
                if judged.evaluations.is_empty() && judged.failures.is_empty() {
                    log_not_applicable(event, item, "no policy of the rule judges this resource type");
                    judged.evaluations.push(rule::not_applicable(item.resource.clone(), ordering));
                }
                Ok(judged)
            }
            Message::Scheduled { account_id, created } => {
                let ordering = created.unwrap_or(now);
                let region = event.region.as_deref().unwrap_or(&self.settings.region);
                let account = ConfigurationItem::account(account_id, region, ordering);
                let applies = |policy: &Arc<Policy>| policy.metadata.trigger.on_schedule();
                let judged = self.ask(event, &account, Occasion::Schedule, ordering, &applies).await?;
                if judged.evaluations.is_empty() && judged.failures.is_empty() {
                    let problem =
                        Diagnostic::new("ruleParameters", "names no policy that judges on a schedule")
                            .field(POLICY_PARAMETER)
                            .help(
                                "set the rule's trigger to configuration changes, or name a periodic policy",
                            );
                    return Err(InvocationError::Parameters(vec![problem]));
                }
                Ok(judged)
            }
        }
    }

    /// Lets the rule's policies judge `item`.
    async fn ask(
        &self,
        event: &RuleEvent,
        item: &ConfigurationItem,
        occasion: Occasion,
        ordering: Timestamp,
        applies: &(dyn Fn(&Arc<Policy>) -> bool + Sync),
    ) -> Result<Judged, InvocationError> {
        let start = Instant::now();
        let (policies, mut failures) = self.select(event)?;
        let parameters = rule::parameters(&policies, Some(occasion), &event.parameters, "ruleParameters")
            .map_err(InvocationError::Parameters)?;
        let mut facts = Facts::new(&self.clients.facts, self.settings.facts_file.as_deref())
            .map_err(|error| InvocationError::Policies(vec![error]))?;
        let now = facts.now().unwrap_or_else(clock);
        let mut evaluator = Evaluator::new();
        for policy in policies.iter().filter(|policy| applies(policy)) {
            let parameters = parameters.get(policy.id()).cloned().unwrap_or_default();
            match facts.of(policy, &parameters).await {
                Ok(facts) => {
                    let added = evaluator
                        .add(policy, &PolicyData { parameters, facts, now, ..PolicyData::default() });
                    failures.extend(added.err().map(|problem| problem.to_string()));
                }
                Err(error) => failures.push(error),
            }
        }
        let outcome = evaluator.judge(item, occasion);
        log_outcome(event, &outcome, milliseconds(start));
        failures.extend(outcome.errors.iter().map(ToString::to_string));
        let complete = failures.is_empty();
        let evaluations =
            rule::evaluations(&outcome, complete, policies.len(), ordering, self.settings.language);
        Ok(Judged { evaluations, failures })
    }

    /// The policies that the rule names, and why others that it names cannot be used.
    fn select(&self, event: &RuleEvent) -> Result<(Vec<Arc<Policy>>, Vec<String>), InvocationError> {
        let names = match event.parameters.get(POLICY_PARAMETER) {
            Some(Value::String(names)) => names.as_str(),
            _ => "",
        };
        let selection = self.policies.select(names);
        let problems: Vec<String> = selection.problems.iter().map(ToString::to_string).collect();
        if selection.policies.is_empty() {
            let problems = problems
                .into_iter()
                .map(|problem| Diagnostic::new("ruleParameters", problem).field(POLICY_PARAMETER));
            return Err(InvocationError::Parameters(problems.collect()));
        }
        Ok((selection.policies, problems))
    }
}

fn clock() -> Timestamp {
    Timestamp::try_from(SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn milliseconds(start: Instant) -> f64 {
    (start.elapsed().as_secs_f64() * 1_000_000.0).round() / 1000.0
}

/// One line a verdict, with all its reasons: the annotation may have had to be cut.
fn log_outcome(event: &RuleEvent, outcome: &Outcome, duration_ms: f64) {
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

fn log_not_applicable(event: &RuleEvent, item: &ConfigurationItem, why: &str) {
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
