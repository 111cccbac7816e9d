//! regorus behind one small interface: policies with their data in, items in, verdicts out, under guards.
//!
//! The guards: a thread with a large stack, a net under panics (the engine is thrown away after one), a time
//! limit, and a cap on the input. An evaluation that meets any of them is an [`EvaluationError`], never a
//! verdict.

mod convert;
pub mod coverage;
pub mod explain;
mod message;
pub mod rego_test;
pub(crate) mod stack;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use regorus::Engine;
use regorus::utils::limits::ExecutionTimerConfig;
use serde_json::{Map, Value, json};

use crate::diagnostic::Diagnostic;
use crate::inventory::Inventory;
use crate::item::{ACCOUNT_TYPE, ConfigurationItem, ItemStatus, time};
use crate::policy::load::rego_problem;
use crate::policy::missing::{self, OnMissing};
use crate::policy::{Policy, Severity};
use crate::verdict::{Compliance, Reason, ResourceKey, Verdict};

/// How long one policy may take over one input.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// How many steps of regorus pass between two looks at the clock.
const TIMER_INTERVAL: NonZeroU32 = NonZeroU32::new(256).unwrap();

/// What a policy reads beside the item.
#[derive(Debug, Clone, Default)]
pub struct PolicyData {
    /// `data.parameters`, as [`crate::policy::parameters::ParameterSchema::apply`] gives it.
    pub parameters: Value,
    /// `data.facts` without `now`.
    pub facts: Map<String, Value>,
    /// `data.facts.now`.
    pub now: Timestamp,
    /// Where `data.inventory` comes from.
    pub inventory: Arc<Inventory>,
}

/// A policy that gave no verdict.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("policy {policy_id} failed on {resource}: {problem}")]
pub struct EvaluationError {
    /// The policy.
    pub policy_id: String,
    /// Its severity.
    pub severity: Severity,
    /// The item that it was to judge.
    pub resource: ResourceKey,
    /// Where in the policy, and why.
    pub problem: Diagnostic,
}

/// What all policies that apply to an item say of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// One a policy, and more where a periodic policy judges many resources.
    pub verdicts: Vec<Verdict>,
    /// One for each policy that failed.
    pub errors: Vec<EvaluationError>,
    /// One for each COMPLIANT that rests on fields that are absent, without METADATA that says what that means.
    pub undecided: Vec<Undecided>,
}

/// A COMPLIANT that rests on fields that are absent.
#[derive(Debug, Clone, PartialEq)]
pub struct Undecided {
    /// The policy.
    pub policy_id: String,
    /// The resource.
    pub resource: ResourceKey,
    /// What is absent: the policy's file, the place where it reads the field, and what to do.
    pub problem: Diagnostic,
}

/// Why an item is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// The resource changed: policies with the trigger `change` judge its item.
    Change,
    /// The schedule: policies with the trigger `periodic` judge the account, or each resource of their types.
    Schedule,
}

/// One policy with its data, ready for items.
#[derive(Clone)]
struct Prepared {
    policy: Arc<Policy>,
    engine: Engine,
    /// Taken when the engine was ruined by a panic.
    pristine: Engine,
}

/// Policies with their data, ready for items.
#[derive(Clone, Default)]
pub struct Evaluator {
    prepared: Vec<Prepared>,
    time_limit: Option<Duration>,
    counts_lines: bool,
}

impl Evaluator {
    /// An evaluator without policies.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another time limit than the usual 5 seconds for each evaluation.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = Some(limit);
        self
    }

    /// Counts the lines that evaluations come to, which takes time; for the policies that are added after it.
    #[must_use]
    pub fn counting_lines(mut self) -> Self {
        self.counts_lines = true;
        self
    }

    /// The lines that were come to since the policies were added.
    pub fn coverage(&self) -> coverage::Coverage {
        let mut coverage = coverage::Coverage::default();
        self.prepared.iter().for_each(|prepared| coverage.take(&prepared.engine));
        coverage
    }

    /// Adds `policy` with its `data`.
    ///
    /// # Errors
    /// A fact that the policy declares is not in `data`.
    pub fn add(&mut self, policy: &Arc<Policy>, data: &PolicyData) -> Result<(), Diagnostic> {
        let file = policy.file.display().to_string();
        for (name, provider) in &policy.metadata.facts {
            if !data.facts.contains_key(name) {
                let message = format!("the fact {name} ({}) is needed and was not given", provider.name());
                return Err(Diagnostic::new(&file, message)
                    .field(format!("custom.facts.{name}"))
                    .help(format!("give it with --facts {name}=FILE, or see why it could not be fetched")));
            }
        }
        let mut facts: Map<String, Value> = data
            .facts
            .iter()
            .filter(|(name, _)| policy.metadata.facts.contains_key(*name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        facts.insert("now".into(), time::format(data.now).into());
        let inventory = data.inventory.document(&policy.metadata.inventory).map_err(|name| {
            Diagnostic::new(file, format!("the items of {name} are needed and were not given"))
                .field("custom.inventory")
                .help("give items of that type, or see why they could not be fetched")
        })?;
        let document = json!({"parameters": data.parameters, "facts": facts, "inventory": inventory});
        let mut engine = policy.engine.clone();
        let problem = |message: String| Diagnostic::new(policy.file.display().to_string(), message);
        let document = convert::to_rego(&document).map_err(problem)?;
        engine.add_data(document).map_err(|error| problem(error.to_string()))?;
        engine.set_execution_timer_config(ExecutionTimerConfig {
            limit: self.time_limit.unwrap_or(TIME_LIMIT),
            check_interval: TIMER_INTERVAL,
        });
        engine.set_enable_coverage(self.counts_lines);
        self.prepared.push(Prepared { policy: Arc::clone(policy), pristine: engine.clone(), engine });
        Ok(())
    }

    /// The policies, in the order in which they were added.
    pub fn policies(&self) -> impl Iterator<Item = &Arc<Policy>> {
        self.prepared.iter().map(|prepared| &prepared.policy)
    }

    /// The same with the policies that `keep` says.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&Policy) -> bool) -> Self {
        let prepared = self.prepared.iter().filter(|prepared| keep(&prepared.policy)).cloned().collect();
        Self { prepared, time_limit: self.time_limit, counts_lines: self.counts_lines }
    }

    /// Judges one item.
    pub fn judge(&mut self, item: &ConfigurationItem, occasion: Occasion) -> Outcome {
        let outcome = stack::with_large(|| self.judge_here(item, occasion));
        outcome.unwrap_or_else(|panic| self.all_failed(item, &panic))
    }

    /// Judges many items on `threads` threads; the outcomes stand in the order of the items. `progress` is
    /// told after each how many are done.
    pub fn judge_all(
        &self,
        items: &[&ConfigurationItem],
        occasion: Occasion,
        threads: usize,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Vec<Outcome> {
        let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let worker = || {
            let mut evaluator = self.clone();
            let mut outcomes = Vec::new();
            while let Some((index, item)) = Some(next.fetch_add(1, Ordering::Relaxed))
                .and_then(|index| items.get(index).map(|item| (index, item)))
            {
                outcomes.push((index, evaluator.judge_here(item, occasion)));
                progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            }
            outcomes
        };
        let threads = threads.clamp(1, items.len().max(1));
        let mut slots: Vec<Option<Outcome>> = vec![None; items.len()];
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| stack::with_large(worker))).collect();
            for (index, outcome) in workers.into_iter().filter_map(|w| w.join().ok()?.ok()).flatten() {
                slots[index] = Some(outcome);
            }
        });
        // An item whose worker died has no outcome of its own: it must not vanish.
        slots
            .into_iter()
            .zip(items)
            .map(|(slot, item)| slot.unwrap_or_else(|| self.all_failed(item, "the evaluation died")))
            .collect()
    }

    fn all_failed(&self, item: &ConfigurationItem, why: &str) -> Outcome {
        let errors = self.prepared.iter().map(|prepared| prepared.error(item, why)).collect();
        Outcome { errors, ..Outcome::default() }
    }

    /// The way of an item: the policies that apply, each asked in turn, a failing one beside the others.
    fn judge_here(&mut self, item: &ConfigurationItem, occasion: Occasion) -> Outcome {
        let mut outcome = Outcome::default();
        let mut input = None;
        for prepared in self.prepared.iter_mut().filter(|prepared| prepared.applies(item, occasion)) {
            if item.status != ItemStatus::Live {
                let verdict =
                    prepared.verdict(item, item.resource.clone(), Compliance::NotApplicable, Vec::new());
                outcome.verdicts.push(verdict);
                continue;
            }
            let input = input.get_or_insert_with(|| convert::to_rego(&item.document)).clone();
            match input.and_then(|input| prepared.ask(item, input)) {
                Ok((verdicts, undecided)) => {
                    outcome.verdicts.extend(verdicts);
                    outcome.undecided.extend(undecided);
                }
                Err(message) => outcome.errors.push(prepared.error(item, &message)),
            }
        }
        outcome
    }
}

impl Prepared {
    fn applies(&self, item: &ConfigurationItem, occasion: Occasion) -> bool {
        let metadata = &self.policy.metadata;
        match occasion {
            Occasion::Change => self.policy.judges_change_of(&item.resource.resource_type),
            Occasion::Schedule if item.resource.resource_type == ACCOUNT_TYPE => {
                metadata.judges_the_account()
            }
            Occasion::Schedule => metadata.types_judged_on_schedule().contains(&item.resource.resource_type),
        }
    }

    fn error(&self, item: &ConfigurationItem, message: &str) -> EvaluationError {
        let file = self.policy.file.display().to_string();
        EvaluationError {
            policy_id: self.policy.id().to_owned(),
            severity: self.policy.metadata.severity,
            resource: item.resource.clone(),
            problem: rego_problem(&file, &self.policy.source, message),
        }
    }

    fn verdict(
        &self,
        item: &ConfigurationItem,
        resource: ResourceKey,
        compliance: Compliance,
        reasons: Vec<Reason>,
    ) -> Verdict {
        Verdict {
            policy_id: self.policy.id().to_owned(),
            severity: self.policy.metadata.severity,
            resource,
            account_id: item.account_id.clone(),
            region: item.region.clone(),
            compliance,
            reasons,
            capture_time: item.capture_time,
            waiver: None,
        }
    }

    /// Asks the policy; the error is the message of regorus or of a guard.
    fn ask(
        &mut self,
        item: &ConfigurationItem,
        input: regorus::Value,
    ) -> Result<(Vec<Verdict>, Option<Undecided>), String> {
        let package = &self.policy.package;
        let (has_not_applicable, has_judged) = (self.policy.has_not_applicable, self.policy.has_judged);
        let engine = &mut self.engine;
        let asked = stack::catch(|| -> Result<_, String> {
            engine.set_input(input);
            let mut eval =
                |rule: &str| engine.eval_rule(format!("{package}.{rule}")).map_err(|error| error.to_string());
            if has_not_applicable && message::is_true(&eval("not_applicable")?)? {
                return Ok(None);
            }
            let denials = message::denials(&eval("deny")?)?;
            let judged = if has_judged { message::judged(&eval("judged")?)? } else { Vec::new() };
            Ok(Some((denials, judged)))
        });
        let answer = match asked {
            Ok(answer) => answer?,
            Err(panic) => {
                self.engine = self.pristine.clone();
                return Err(format!("the evaluation panicked: {panic}"));
            }
        };
        let own = item.resource.clone();
        let Some((denials, judged)) = answer else {
            return Ok((vec![self.verdict(item, own, Compliance::NotApplicable, Vec::new())], None));
        };
        // The item's own verdict comes first, then those of the resources that the policy named.
        let mut reasons: BTreeMap<ResourceKey, Vec<Reason>> =
            judged.into_iter().map(|resource| (resource, Vec::new())).collect();
        let mut of_item = reasons.remove(&own).unwrap_or_default();
        for denial in denials {
            match denial.resource {
                Some(resource) if resource != own => reasons.entry(resource).or_default().push(denial.reason),
                _ => of_item.push(denial.reason),
            }
        }
        let (compliance, of_item, undecided) = if of_item.is_empty() {
            self.without_denial(item)?
        } else {
            (Compliance::NonCompliant, of_item, None)
        };
        let of_item = (own, compliance, of_item);
        let others = reasons.into_iter().map(|(resource, of)| (resource, compliance_of(&of), of));
        let verdicts = std::iter::once(of_item)
            .chain(others)
            .map(|(resource, compliance, reasons)| self.verdict(item, resource, compliance, reasons));
        Ok((verdicts.collect(), undecided))
    }

    /// What an item is that the policy does not deny, seen what is absent of it; and what nobody has decided.
    fn without_denial(
        &self,
        item: &ConfigurationItem,
    ) -> Result<(Compliance, Vec<Reason>, Option<Undecided>), String> {
        let absent = missing::absent(&self.policy, item);
        let of = |meaning: Option<OnMissing>| -> Vec<Reason> {
            absent.iter().filter(|one| one.means == meaning).map(|one| message::absent(&one.path)).collect()
        };
        if let Some(one) = absent.iter().find(|one| one.means == Some(OnMissing::Error)) {
            let (line, column) = one.place;
            let file = self.policy.file.display();
            // In the form of regorus, which names the place.
            return Err(format!(
                "--> {file}:{line}:{column}\nerror: {} is absent, and on_missing says that is an error",
                one.path
            ));
        }
        let denied = of(Some(OnMissing::Deny));
        if !denied.is_empty() {
            return Ok((Compliance::NonCompliant, denied, None));
        }
        let not_applicable = of(Some(OnMissing::NotApplicable));
        if !not_applicable.is_empty() {
            return Ok((Compliance::NotApplicable, not_applicable, None));
        }
        let unsaid: Vec<_> = absent.iter().filter(|one| one.means.is_none()).collect();
        let undecided = unsaid.first().map(|first| {
            let paths: Vec<&str> = unsaid.iter().map(|one| one.path.as_str()).collect();
            let verb = if paths.len() == 1 { "is" } else { "are" };
            let message = format!("passes because {} {verb} absent", paths.join(", "));
            Undecided {
                policy_id: self.policy.id().to_owned(),
                resource: item.resource.clone(),
                problem: Diagnostic::new(self.policy.file.display().to_string(), message)
                    .code("SK0403")
                    .at(first.place.0, first.place.1)
                    .source(&self.policy.source)
                    .help("say what that means with custom.on_missing, or read it with object.get and a default"),
            }
        });
        Ok((Compliance::Compliant, Vec::new(), undecided))
    }
}

fn compliance_of(reasons: &[Reason]) -> Compliance {
    if reasons.is_empty() { Compliance::Compliant } else { Compliance::NonCompliant }
}

#[cfg(test)]
mod tests;
