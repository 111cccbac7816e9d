//! One policy with its data: asked about an input, and what its answer means for an item.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value as Rego};
use serde_json::Value;

use super::message::{self, Denial};
use super::{EvaluationError, Occasion, Undecided, convert, stack};
use crate::compiled::{Compiled, Documents};
use crate::diagnostic::Diagnostic;
use crate::item::tree::Tree;
use crate::item::{ACCOUNT_TYPE, ConfigurationItem};
use crate::policy::Policy;
use crate::policy::load::rego_problem;
use crate::policy::mask::{Known, Mask, Masks};
use crate::policy::missing::{self, Absent, OnMissing};
use crate::verdict::{Compliance, Reason, ResourceKey, Verdict};

/// How many steps of regorus pass between two looks at the clock.
const TIMER_INTERVAL: NonZeroU32 = NonZeroU32::new(256).unwrap();

/// One policy with its data, ready for items.
#[derive(Clone)]
pub struct Prepared {
    /// The policy.
    pub policy: Arc<Policy>,
    /// None where it is interpreted only.
    compiled: Option<Compiled>,
    /// With the data; made when it is asked, since a compiled policy hardly ever needs it.
    engine: Option<Engine>,
    data: Rego,
    manner: Manner,
    parameters: Value,
}

/// How a policy is interpreted.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// How long it may take over one input.
    pub time_limit: Duration,
    /// Whether the lines are counted that it comes to.
    pub counts_lines: bool,
    /// Its data has no inventory yet.
    pub awaits: bool,
}

/// What a policy says of an input, before anything of the item comes in that the policy did not read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    awaits: bool,
    not_applicable: bool,
    denials: Vec<Denial>,
    judged: Vec<ResourceKey>,
    absent: Vec<Absent>,
}

impl Answer {
    /// Nothing is said before the inventory is known.
    pub const fn awaits(&self) -> bool {
        self.awaits
    }

    /// Bytes, about.
    pub fn weight(&self) -> usize {
        let denials = self.denials.iter().map(|denial| {
            let Reason { msg, msg_ja } = &denial.reason;
            128 + msg.len() + msg_ja.as_ref().map_or(0, String::len)
        });
        denials.sum::<usize>() + 64 * (self.judged.len() + self.absent.len())
    }
}

/// Verdicts, and what nobody has decided about.
pub type Folded = (Vec<Verdict>, Option<Undecided>);

impl Prepared {
    /// `data` is an object of `parameters`, `facts` and `inventory`.
    ///
    /// # Errors
    /// The message of regorus where it does not take the data, or not together with the policy.
    pub fn new(policy: &Arc<Policy>, data: Rego, manner: Manner, parameters: Value) -> Result<Self, String> {
        let compiled = policy.program().ok().map(|program| Compiled::new(program, data.clone()));
        let mut prepared =
            Self { policy: Arc::clone(policy), compiled, engine: None, data, manner, parameters };
        if (prepared.compiled.is_none() && !manner.awaits) || manner.counts_lines {
            prepared.engine = Some(prepared.fresh()?);
        }
        Ok(prepared)
    }

    /// An engine with the data that has not judged anything yet.
    pub fn fresh(&self) -> Result<Engine, String> {
        let mut engine = self.policy.engine.clone();
        engine.add_data(self.data.clone()).map_err(|error| error.to_string())?;
        engine.set_execution_timer_config(ExecutionTimerConfig {
            limit: self.manner.time_limit,
            check_interval: TIMER_INTERVAL,
        });
        engine.set_enable_coverage(self.manner.counts_lines);
        Ok(engine)
    }

    /// The engine, where it was needed.
    pub const fn engine(&self) -> Option<&Engine> {
        self.engine.as_ref()
    }

    /// What it can read when it judges an item of that type.
    pub fn masks(&self, resource_type: &str) -> Masks {
        self.policy.masks(Known { resource_type, parameters: &self.parameters })
    }

    pub fn applies(&self, resource_type: &str, occasion: Occasion) -> bool {
        let metadata = &self.policy.metadata;
        match occasion {
            Occasion::Change => self.policy.judges_change_of(resource_type),
            Occasion::Schedule if resource_type == ACCOUNT_TYPE => metadata.judges_the_account(),
            Occasion::Schedule => {
                metadata.types_judged_on_schedule().iter().any(|name| name == resource_type)
            }
            Occasion::Any if self.manner.awaits => self.applies(resource_type, Occasion::Schedule),
            Occasion::Any => {
                self.applies(resource_type, Occasion::Change)
                    || self.applies(resource_type, Occasion::Schedule)
            }
        }
    }

    pub fn error(&self, item: &ConfigurationItem, message: &str) -> EvaluationError {
        let file = self.policy.file.display().to_string();
        EvaluationError {
            policy_id: self.policy.id().to_owned(),
            severity: self.policy.metadata.severity,
            resource: item.resource.clone(),
            account_id: item.account_id.clone(),
            region: item.region.clone(),
            capture_time: item.capture_time,
            problem: rego_problem(&file, &self.policy.source, message),
        }
    }

    pub fn verdict(
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

    /// Asks the policy about what `mask` keeps of `tree`, compiled where it is and `may_run` says so, as of a heavy tree it must
    /// not; the error is the message of regorus or of a guard.
    pub fn ask<'t>(
        &mut self,
        tree: &'t Tree<'t>,
        documents: &'t Documents<'t>,
        mask: &Mask,
        item: &ConfigurationItem,
        may_run: bool,
    ) -> Result<Answer, String> {
        let policy = &self.policy;
        let compiled = self.compiled.as_mut().filter(|_| may_run);
        let answer =
            compiled.and_then(|compiled| compiled.ask(tree, documents, |value| answer(policy, value)));
        let mut answer = match answer {
            Some(answer) => answer,
            None if self.manner.awaits => return Ok(Answer { awaits: true, ..Answer::default() }),
            None => self.interpret(convert::to_rego(tree, mask)?)?,
        };
        if !answer.not_applicable {
            answer.absent = missing::absent(&self.policy, tree, &item.resource.resource_type);
        }
        Ok(answer)
    }

    /// What the policy says of `input`; the error is the message of regorus or of a guard.
    pub fn interpret(&mut self, input: Rego) -> Result<Answer, String> {
        let mut engine = match self.engine.take() {
            Some(engine) => engine,
            None => self.fresh()?,
        };
        let policy = &self.policy;
        let asked = stack::catch(|| {
            engine.set_input(input);
            answer(policy, &mut |rule| {
                let rule = format!("{}.{rule}", policy.package);
                engine.eval_rule(rule).map_err(|error| error.to_string())
            })
        });
        // One that panicked is ruined.
        asked.map_or_else(
            |panic| Err(format!("the evaluation panicked: {panic}")),
            |answer| {
                self.engine = Some(engine);
                answer
            },
        )
    }

    /// What `answer` means for `item`: its own verdict first, then those of the resources that the policy named.
    pub fn fold(&self, answer: &Answer, item: &ConfigurationItem) -> Result<Folded, String> {
        let own = item.resource.clone();
        if answer.not_applicable {
            return Ok((vec![self.verdict(item, own, Compliance::NotApplicable, Vec::new())], None));
        }
        let mut reasons: BTreeMap<&ResourceKey, Vec<Reason>> =
            answer.judged.iter().map(|resource| (resource, Vec::new())).collect();
        let mut of_item = reasons.remove(&own).unwrap_or_default();
        for denial in &answer.denials {
            let reason = message::filled(&denial.reason, item);
            match &denial.resource {
                Some(resource) if *resource != own => reasons.entry(resource).or_default().push(reason),
                _ => of_item.push(reason),
            }
        }
        let (compliance, of_item, undecided) = if of_item.is_empty() {
            self.without_denial(&answer.absent, item)?
        } else {
            (Compliance::NonCompliant, of_item, None)
        };
        let of_item = (own, compliance, of_item);
        let others = reasons.into_iter().map(|(resource, of)| (resource.clone(), compliance_of(&of), of));
        let verdicts = std::iter::once(of_item)
            .chain(others)
            .map(|(resource, compliance, reasons)| self.verdict(item, resource, compliance, reasons));
        Ok((verdicts.collect(), undecided))
    }

    /// What an item is that the policy does not deny, seen what is absent of it; and what nobody has decided.
    fn without_denial(
        &self,
        absent: &[Absent],
        item: &ConfigurationItem,
    ) -> Result<(Compliance, Vec<Reason>, Option<Undecided>), String> {
        let of = |meaning: OnMissing| -> Vec<Reason> {
            let those = absent.iter().filter(|one| one.means == Some(meaning));
            those.map(|one| message::absent(&one.path)).collect()
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
        let denied = of(OnMissing::Deny);
        if !denied.is_empty() {
            return Ok((Compliance::NonCompliant, denied, None));
        }
        let not_applicable = of(OnMissing::NotApplicable);
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

/// What the rules of a policy say, whose values `value` gives.
fn answer(policy: &Policy, value: &mut dyn FnMut(&str) -> Result<Rego, String>) -> Result<Answer, String> {
    if policy.has_not_applicable && message::is_true(&value("not_applicable")?)? {
        return Ok(Answer { not_applicable: true, ..Answer::default() });
    }
    let denials = message::denials(&value("deny")?)?;
    let judged = if policy.has_judged { message::judged(&value("judged")?)? } else { Vec::new() };
    Ok(Answer { denials, judged, ..Answer::default() })
}

fn compliance_of(reasons: &[Reason]) -> Compliance {
    if reasons.is_empty() { Compliance::Compliant } else { Compliance::NonCompliant }
}
