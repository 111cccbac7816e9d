//! regorus behind one small interface: policies with their data in, items in, verdicts out, under guards.
//!
//! The guards: a thread with a large stack, a net under panics (the engine is thrown away after one), a time
//! limit, and a cap on the input. An evaluation that meets any of them is an [`EvaluationError`], never a
//! verdict.

pub(crate) mod convert;
pub mod coverage;
pub mod explain;
pub(crate) mod memory;
mod message;
mod prepared;
pub mod rego_test;
pub mod stack;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use regorus::Value as Rego;
use serde_json::{Map, Value, json};

use crate::compiled::Documents;
use crate::diagnostic::Diagnostic;
use crate::inventory::{Inventory, NoInventory};
use crate::item::raw::RawItem;
use crate::item::tree::Tree;
use crate::item::{ConfigurationItem, ItemStatus, time};
use crate::policy::mask::Mask;
use crate::policy::{Policy, Severity};
use crate::verdict::{Compliance, ResourceKey, Verdict};
use memory::Memory;
use prepared::{Answer, Manner, Prepared};

/// How long one policy may take over one input.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// What regorus says of an evaluation that took longer; another of the same would.
const TIME_IS_UP: &str = "execution exceeded time limit";

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
    /// 12 digits, where the item says it.
    pub account_id: Option<String>,
    /// The item's region.
    pub region: Option<String>,
    /// When AWS Config recorded the item.
    pub capture_time: Option<Timestamp>,
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
    /// The policies that must know other items before they judge this one.
    pub awaiting: Vec<Awaiting>,
}

/// A policy that must know other items before it judges one.
#[derive(Debug, Clone, PartialEq)]
pub struct Awaiting {
    /// The policy.
    pub policy_id: String,
    /// What it can read of the item.
    pub mask: Arc<Mask>,
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
    /// Either: a resource is looked at because somebody wants to know all that is said of it.
    Any,
}

/// What is judged: an item, or the text of one of which nothing is read yet but its head.
#[derive(Clone, Copy)]
enum Subject<'a> {
    Item(&'a ConfigurationItem),
    Raw(&'a RawItem<'a>),
    /// A head, and what was kept of the item.
    Kept(&'a ConfigurationItem, &'a Tree<'a>),
}

impl<'a> Subject<'a> {
    const fn head(self) -> &'a ConfigurationItem {
        match self {
            Self::Item(item) | Self::Kept(item, _) => item,
            Self::Raw(raw) => &raw.head,
        }
    }

    /// What stands for all that `mask` keeps.
    fn key(self, mask: &Mask) -> Option<&'a [u8]> {
        match self {
            Self::Raw(raw) => raw.key(mask).map(str::as_bytes),
            Self::Item(_) | Self::Kept(..) => None,
        }
    }

    /// Whether it was read to be judged by what reads `mask`.
    fn is_for(self, mask: &Mask) -> bool {
        matches!(self, Self::Raw(raw) if raw.is_for(mask))
    }

    /// Whether `tree`, which is what is kept of it, can be handed to a policy.
    fn is_light(self, tree: &Tree<'_>) -> bool {
        matches!(self, Self::Raw(raw) if convert::is_short(raw.json().len())) || convert::is_light(tree)
    }

    fn tree(self, mask: &Mask) -> Result<Cow<'a, Tree<'a>>, String> {
        match self {
            Self::Item(item) => Ok(Cow::Owned(Tree::of(&item.document, mask))),
            Self::Kept(_, tree) => Ok(Cow::Borrowed(tree)),
            Self::Raw(raw) => match raw.built(mask) {
                Some(tree) => Ok(Cow::Borrowed(tree)),
                None => raw
                    .tree(mask)
                    .map(Cow::Owned)
                    .map_err(|error| format!("the item cannot be read: {error}")),
            },
        }
    }
}

/// Which policies judge the items of a type.
#[derive(Debug, Default)]
struct Plan {
    policies: Vec<Planned>,
    /// What they can read, all together.
    mask: Arc<Mask>,
    /// What stands for all of them and the type in the memory.
    place: usize,
}

/// A policy that judges the items of a type.
#[derive(Debug)]
struct Planned {
    /// Its place in [`Evaluator::prepared`].
    index: usize,
    /// What stands for it and the type in the memory.
    place: usize,
    /// What it can read.
    mask: Arc<Mask>,
}

/// Policies with their data, ready for items.
#[derive(Clone, Default)]
pub struct Evaluator {
    prepared: Vec<Prepared>,
    time_limit: Option<Duration>,
    counts_lines: bool,
    reads_whole: bool,
    /// Made when the first item of a type comes.
    plans: HashMap<String, [Option<Arc<Plan>>; 3]>,
    /// How many places of the memories are taken.
    places: usize,
    /// What was said by one policy of what it can read.
    answers: Memory<Answer>,
    /// What was said by all that apply, of what they can read together.
    all_answers: Memory<[Arc<Answer>]>,
    /// The bytes of the last question.
    key: Vec<u8>,
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

    /// Builds items whole, remembers nothing and interprets every policy: what an evaluator without this must never differ from.
    #[must_use]
    pub fn reading_whole(mut self) -> Self {
        self.reads_whole = true;
        self.plans.clear();
        self
    }

    /// The lines that were come to since the policies were added.
    pub fn coverage(&self) -> coverage::Coverage {
        let mut coverage = coverage::Coverage::default();
        self.prepared.iter().filter_map(Prepared::engine).for_each(|engine| coverage.take(engine));
        coverage
    }

    /// Adds `policy` with its `data`.
    ///
    /// # Errors
    /// A fact that the policy declares is not in `data`.
    pub fn add(&mut self, policy: &Arc<Policy>, data: &PolicyData) -> Result<(), Diagnostic> {
        let inventory = data.inventory.document(&policy.metadata.inventory).map_err(|problem| {
            let diagnostic = Diagnostic::new(policy.file.display().to_string(), problem.to_string());
            match problem {
                NoInventory::Unfit(_) => diagnostic,
                NoInventory::NotGiven(_) => diagnostic
                    .field("custom.inventory")
                    .help("give items of that type, or see why they could not be fetched"),
            }
        })?;
        self.put(policy, data, Some(inventory))
    }

    /// Adds `policy` with its `data`, of which the inventory is not known yet. Of the items for which it matters, and of those
    /// alone, the policy is [`awaiting`](Outcome::awaiting) it; the others it judges as it does on a schedule.
    ///
    /// # Errors
    /// A fact that the policy declares is not in `data`.
    pub fn add_awaiting(&mut self, policy: &Arc<Policy>, data: &PolicyData) -> Result<(), Diagnostic> {
        self.put(policy, data, None)
    }

    fn put(
        &mut self,
        policy: &Arc<Policy>,
        data: &PolicyData,
        inventory: Option<(Rego, usize)>,
    ) -> Result<(), Diagnostic> {
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
        let awaits = inventory.is_none();
        let document = json!({"parameters": data.parameters, "facts": facts});
        let problem = |message: String| Diagnostic::new(file.clone(), message);
        let mut budget = convert::Budget::default();
        let mut document = budget.convert(&Tree::of(&document, &Mask::All), &Mask::All).map_err(problem)?;
        if let Some((inventory, weight)) = inventory {
            let name = "inventory";
            budget.spend(name.len() + weight).map_err(problem)?;
            let fields = document.as_object_mut().map_err(|error| problem(error.to_string()))?;
            fields.insert(name.into(), inventory);
        }
        let manner = Manner {
            time_limit: self.time_limit.unwrap_or(TIME_LIMIT),
            counts_lines: self.counts_lines,
            awaits,
        };
        let prepared = Prepared::new(policy, document, manner, data.parameters.clone()).map_err(problem)?;
        self.prepared.push(prepared);
        self.plans.clear();
        (self.answers, self.all_answers) = (Memory::default(), Memory::default());
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
        Self {
            prepared,
            time_limit: self.time_limit,
            counts_lines: self.counts_lines,
            reads_whole: self.reads_whole,
            ..Self::default()
        }
    }

    /// Judges one item.
    pub fn judge(&mut self, item: &ConfigurationItem, occasion: Occasion) -> Outcome {
        let outcome = stack::with_large(|| self.judge_here(Subject::Item(item), occasion));
        outcome.unwrap_or_else(|panic| self.all_failed(item, &panic))
    }

    /// Reads an item to be judged: as much of it as the policies can read, in one go where it says its type in time.
    ///
    /// None where the text is not a JSON object in the spelling of the rule event.
    pub fn read<'a>(&mut self, json: &'a str, occasion: Occasion) -> Option<RawItem<'a>> {
        let Some(resource_type) = RawItem::seeming_type(json) else { return RawItem::cut(json) };
        let plan = self.plan(resource_type, occasion);
        if self.remembers() && !plan.policies.is_empty() && self.all_answers.is_worth(plan.place) {
            return RawItem::keyed(json, resource_type, &plan.mask, plan.place);
        }
        RawItem::read(json, resource_type, &plan.mask)
    }

    const fn remembers(&self) -> bool {
        !self.reads_whole && !self.counts_lines
    }

    /// Judges an item of which only what the policies can read is built. To be called on a [large stack](stack::with_large).
    pub fn judge_raw(&mut self, item: &RawItem<'_>, occasion: Occasion) -> Outcome {
        self.judge_here(Subject::Raw(item), occasion)
    }

    /// The same of an item that is built already. To be called on a [large stack](stack::with_large).
    pub fn judge_built(&mut self, item: &ConfigurationItem, occasion: Occasion) -> Outcome {
        self.judge_here(Subject::Item(item), occasion)
    }

    /// Lets one policy, which was awaiting the inventory, judge on a schedule an item of which its head and what it can read
    /// were kept. To be called on a [large stack](stack::with_large).
    pub fn judge_kept(&mut self, head: &ConfigurationItem, tree: &Tree<'_>, policy_id: &str) -> Outcome {
        self.judge_with(Subject::Kept(head, tree), Occasion::Schedule, |policy| policy.id() == policy_id)
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
                outcomes.push((index, evaluator.judge_here(Subject::Item(item), occasion)));
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

    /// The policies that judge items of a type.
    fn plan(&mut self, resource_type: &str, occasion: Occasion) -> Arc<Plan> {
        let slot = occasion as usize;
        if let Some(Some(plan)) = self.plans.get(resource_type).map(|plans| &plans[slot]) {
            return Arc::clone(plan);
        }
        let (mut policies, mut all) = (Vec::new(), Mask::default());
        for (index, prepared) in self.prepared.iter().enumerate() {
            if prepared.applies(resource_type, occasion) {
                let mask = if self.reads_whole || self.counts_lines {
                    Mask::All
                } else {
                    prepared.masks(resource_type).input
                };
                all.join(&mask);
                policies.push(Planned { index, place: self.places, mask: Arc::new(mask) });
                self.places += 1;
            }
        }
        all.settle();
        let plan = Arc::new(Plan { policies, mask: Arc::new(all), place: self.places });
        self.places += 1;
        self.plans.entry(resource_type.to_owned()).or_default()[slot] = Some(Arc::clone(&plan));
        plan
    }

    /// The way of an item: the policies that apply, each asked in turn, a failing one beside the others. A policy that has
    /// judged the same before, of what it can read, is not asked again.
    fn judge_here(&mut self, subject: Subject<'_>, occasion: Occasion) -> Outcome {
        self.judge_with(subject, occasion, |_| true)
    }

    fn judge_with(
        &mut self,
        subject: Subject<'_>,
        occasion: Occasion,
        judges: impl Fn(&Policy) -> bool,
    ) -> Outcome {
        let item = subject.head();
        let plan = self.plan(&item.resource.resource_type, occasion);
        let mut outcome = Outcome::default();
        let asked: Vec<&Planned> =
            plan.policies.iter().filter(|planned| judges(&self.prepared[planned.index].policy)).collect();
        if asked.is_empty() {
            return outcome;
        }
        if item.status != ItemStatus::Live {
            let gone = |planned: &Planned| {
                let own = item.resource.clone();
                self.prepared[planned.index].verdict(item, own, Compliance::NotApplicable, Vec::new())
            };
            outcome.verdicts.extend(asked.into_iter().map(gone));
            return outcome;
        }
        let key = subject.key(&plan.mask);
        if let Some(answers) = key.and_then(|key| self.all_answers.get(plan.place, key)) {
            for (planned, answer) in plan.policies.iter().zip(answers.iter()) {
                self.take(planned, Ok(answer), item, &mut outcome);
            }
            return outcome;
        }
        let tree = subject.tree(&plan.mask);
        // Of one policy the bytes of all say as much as its own, and were thought of when the item was read.
        let is_thought_of = plan.policies.len() == 1 && subject.is_for(&plan.mask);
        let remembers = self.remembers() && !is_thought_of;
        let may_run = self.remembers() && tree.as_ref().is_ok_and(|tree| subject.is_light(tree));
        let documents = Documents::default();
        let mut answers = Vec::with_capacity(asked.len());
        for planned in asked {
            let answer = match &tree {
                Ok(tree) => self
                    .answer(planned, (tree, &documents), item, (remembers, may_run))
                    .map_err(|message| self.told_of_whole(planned, subject, message)),
                Err(message) => Err(message.clone()),
            };
            self.take(planned, answer.as_deref().map_err(String::as_str), item, &mut outcome);
            answers.extend(answer);
        }
        if let Some(key) = key
            && answers.len() == plan.policies.len()
        {
            let weight = answers.iter().map(|answer| answer.weight()).sum();
            self.all_answers.put(key, answers.into(), weight);
        }
        outcome
    }

    /// The message of an error as it is about the whole item: an error quotes values, and of what was read of them there may be
    /// parts. That it is an error stays so.
    fn told_of_whole(&mut self, planned: &Planned, subject: Subject<'_>, message: String) -> String {
        if *planned.mask == Mask::All || message.contains(TIME_IS_UP) {
            return message;
        }
        let whole = subject.tree(&Mask::All).and_then(|tree| convert::to_rego(&tree, &Mask::All));
        let asked = whole.map(|input| self.prepared[planned.index].interpret(input));
        asked.ok().and_then(Result::err).unwrap_or(message)
    }

    /// Adds to `outcome` what a policy's answer means for `item`.
    fn take(
        &self,
        planned: &Planned,
        answer: Result<&Answer, &str>,
        item: &ConfigurationItem,
        outcome: &mut Outcome,
    ) {
        let prepared = &self.prepared[planned.index];
        if answer.is_ok_and(Answer::awaits) {
            let policy_id = prepared.policy.id().to_owned();
            outcome.awaiting.push(Awaiting { policy_id, mask: Arc::clone(&planned.mask) });
            return;
        }
        match answer.map_err(ToOwned::to_owned).and_then(|answer| prepared.fold(answer, item)) {
            Ok((verdicts, undecided)) => {
                outcome.verdicts.extend(verdicts);
                outcome.undecided.extend(undecided);
            }
            Err(message) => outcome.errors.push(prepared.error(item, &message)),
        }
    }

    /// What a policy says of `tree`; the error is the message of regorus or of a guard, and is not remembered.
    fn answer<'t>(
        &mut self,
        planned: &Planned,
        (tree, documents): (&'t Tree<'t>, &'t Documents<'t>),
        item: &ConfigurationItem,
        (remembers, may_run): (bool, bool),
    ) -> Result<Arc<Answer>, String> {
        let prepared = &mut self.prepared[planned.index];
        if !remembers || !self.answers.is_worth(planned.place) {
            return prepared.ask(tree, documents, &planned.mask, item, may_run).map(Arc::new);
        }
        self.key.clear();
        self.key.extend_from_slice(&planned.place.to_le_bytes());
        tree.key(&planned.mask, &mut self.key);
        if let Some(answer) = self.answers.get(planned.place, &self.key) {
            return Ok(answer);
        }
        let answer = Arc::new(prepared.ask(tree, documents, &planned.mask, item, may_run)?);
        self.answers.put(&self.key, Arc::clone(&answer), answer.weight());
        Ok(answer)
    }
}

#[cfg(test)]
mod tests;
