//! The function: what is made once at start, and one invocation's outermost part.
//!
//! The way: read the event, find the account's credentials, judge ([`crate::run`]), tell AWS Config, and only then
//! fail for what went wrong, so that a policy that fails does not silence the others.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use lambda_runtime::{Context, LambdaEvent};
use sekisho_aws::accounts::{Accounts, Role};
use sekisho_aws::clients::Clients;
use sekisho_aws::facts::AwsFacts;
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::event::RuleEvent;
use sekisho_engine::policy::load::PolicyFolder;
use sekisho_engine::policy::parameters::{
    EXTERNAL_ID_PARAMETER, OWN_PARAMETERS, POLICY_PARAMETER, ROLE_PARAMETER,
};
use sekisho_engine::policy::{Policy, Selection};
use sekisho_engine::waiver::Waivers;
use serde_json::{Map, Value, json};

use crate::error::InvocationError;
use crate::hook;
use crate::report::Report;
use crate::run::Run;
use crate::settings::Settings;
use crate::waivers::WaiverSource;

/// What is kept of an invocation's time to say what was not done: a tenth of it, and within these.
const LEAST_RESERVE: Duration = Duration::from_millis(500);
const MOST_RESERVE: Duration = Duration::from_secs(10);

/// The role of AWS Config itself, which nobody else can assume.
const SERVICE_LINKED: &str = "/aws-service-role/";

/// The function: policies and clients, made once.
pub struct Function {
    pub(crate) settings: Settings,
    policies: Mutex<PolicyFolder>,
    accounts: Accounts,
    waivers: WaiverSource,
}

impl Function {
    /// Looks which policies there are and makes the clients. A policy is read when the first rule names it; one that cannot
    /// be read fails the invocations of the rules that name it, and no others.
    pub fn new(settings: Settings) -> Self {
        let policies = PolicyFolder::open(&settings.policies);
        let waivers = WaiverSource::new(settings.waivers.as_deref(), policies.set(), &settings.policies);
        Self { accounts: Accounts::default(), settings, policies: Mutex::new(policies), waivers }
    }

    /// Makes what every event needs and none has to wait for before it comes.
    pub async fn prepare(&self) {
        self.accounts.own().await;
    }

    /// Answers one event of AWS Config.
    ///
    /// # Errors
    /// Whatever kept a resource from its verdict, or a verdict from AWS Config.
    pub async fn handle(&self, event: LambdaEvent<Value>) -> Result<Value, InvocationError> {
        let request_id = event.context.request_id.clone();
        let result = self.answer(&event.payload, &event.context).await;
        if let Err(error) = &result {
            tracing::error!(request_id, %error, "the invocation failed");
        }
        result
    }

    /// The agreed exceptions of now.
    ///
    /// # Errors
    /// They cannot be read.
    pub(crate) async fn waivers(&self) -> Result<Waivers, String> {
        self.waivers.get(&self.accounts.own().await.objects, &self.policies).await
    }

    /// Facts of the function's own account.
    pub(crate) async fn own_facts(&self) -> AwsFacts {
        self.accounts.own().await.facts
    }

    async fn answer(&self, payload: &Value, context: &Context) -> Result<Value, InvocationError> {
        let deadline = deadline(context);
        if hook::is_request(payload) {
            return Ok(hook::answer(self, payload, deadline).await);
        }
        let mut event = RuleEvent::parse(payload).map_err(InvocationError::Event)?;
        let own = OwnParameters::take(&mut event.parameters)?;
        let mut report = Report::new(self.settings.doctor);
        let outcome = self.evaluate(&event, &own, context, deadline, &mut report).await;
        if self.settings.doctor {
            return Ok(report.finish(&event, outcome.err()));
        }
        outcome.map(|evaluations| json!({"evaluations": evaluations}))
    }

    async fn evaluate(
        &self,
        event: &RuleEvent,
        own: &OwnParameters,
        context: &Context,
        deadline: Instant,
        report: &mut Report,
    ) -> Result<usize, InvocationError> {
        report.step("event", event.message.message_type());
        let (policies, problems) = self.select(&own.policy)?;
        let names: Vec<_> = policies.iter().map(|policy| policy.id()).collect();
        report.step("policies", &names.join(", "));
        let clients = self.clients(event, own, context, report).await.map_err(InvocationError::Account)?;
        let mut run = Run::new(self, event, clients, policies, problems, deadline, report)?;
        // The register of exceptions is the function's, whatever account the rule is in.
        run.waive(self.waivers().await);
        run.evaluate().await
    }

    /// The policies that `names` stand for; they are read where nobody named them before.
    pub(crate) fn read(&self, names: &str) -> Selection {
        self.reading(|folder| folder.read(names)).set().select(names)
    }

    /// All that may run, and what is wrong with the others.
    pub(crate) fn read_all(&self) -> (Vec<Arc<Policy>>, Vec<String>) {
        let folder = self.reading(PolicyFolder::read_all);
        let set = folder.set();
        (set.policies().cloned().collect(), set.problems().map(ToString::to_string).collect())
    }

    fn reading(&self, read: impl FnOnce(&mut PolicyFolder)) -> MutexGuard<'_, PolicyFolder> {
        let start = Instant::now();
        // Who panicked with the lock has read some policies and not others: those are read again.
        let mut folder = self.policies.lock().unwrap_or_else(PoisonError::into_inner);
        let before = folder.set().known();
        read(&mut folder);
        let after = folder.set().known();
        if after > before {
            for problem in folder.set().problems() {
                tracing::error!(%problem, "a policy cannot be used");
            }
            tracing::info!(
                policies = after - before,
                folder = %self.settings.policies.display(),
                duration_ms = milliseconds(start),
                "policies loaded"
            );
        }
        folder
    }

    /// The policies that the rule names, and why others that it names cannot be used.
    fn select(&self, names: &str) -> Result<(Vec<Arc<Policy>>, Vec<String>), InvocationError> {
        let selection = self.read(names);
        let problems: Vec<String> = selection.problems.iter().map(ToString::to_string).collect();
        if selection.policies.is_empty() {
            let problems = problems
                .into_iter()
                .map(|problem| Diagnostic::new("ruleParameters", problem).field(POLICY_PARAMETER));
            return Err(InvocationError::Parameters(problems.collect()));
        }
        Ok((selection.policies, problems))
    }

    /// Clients for the account that the rule belongs to.
    async fn clients(
        &self,
        event: &RuleEvent,
        own: &OwnParameters,
        context: &Context,
        report: &mut Report,
    ) -> Result<Clients, String> {
        let function: Vec<&str> = context.invoked_function_arn.split(':').collect();
        let (partition, function_account) = match function[..] {
            [_, partition, "lambda", _, account, ..] => (partition, Some(account)),
            _ => ("aws", None),
        };
        let function_account = self.settings.account.as_deref().or(function_account);
        let rule_account = event.account_id.as_deref();
        let elsewhere =
            rule_account.is_some() && function_account.is_some() && rule_account != function_account;
        if !elsewhere && own.role.is_none() {
            report.step("account", rule_account.unwrap_or("the function's own"));
            return Ok(self.accounts.own().await);
        }
        let arn = match (&own.role, rule_account, &event.execution_role_arn) {
            (Some(role), Some(account), _) => {
                format!("arn:{partition}:iam::{account}:role/{}", role.trim_start_matches('/'))
            }
            (None, Some(account), Some(arn)) if arn.contains(SERVICE_LINKED) => {
                return Err(format!(
                    "the rule is in account {account}, and its executionRoleArn is {arn}, which only AWS Config \
                     can assume; make a role in {account} that trusts the function's role, and name it in the \
                     rule parameter {ROLE_PARAMETER}"
                ));
            }
            (None, _, Some(arn)) => arn.clone(),
            (None, ..) => {
                return Err(format!(
                    "the rule is in account {}, and its event has no executionRoleArn; name a role of that \
                     account in the rule parameter {ROLE_PARAMETER}",
                    rule_account.unwrap_or_default()
                ));
            }
            (Some(role), None, _) => {
                return Err(format!(
                    "{ROLE_PARAMETER} is {role}, but the event has no accountId, so that the account is unknown"
                ));
            }
        };
        let region = event.region.as_deref().unwrap_or(&self.settings.region);
        report.step("account", &format!("{} through {arn}", rule_account.unwrap_or_default()));
        let role = Role { arn, external_id: own.external_id.clone() };
        self.accounts.of(&role, region, &event.rule_name).await
    }
}

/// The rule's parameters that are Sekisho's own and reach no policy.
struct OwnParameters {
    policy: String,
    role: Option<String>,
    external_id: Option<String>,
}

impl OwnParameters {
    /// Takes them out of `parameters`.
    fn take(parameters: &mut Map<String, Value>) -> Result<Self, InvocationError> {
        let [policy, role, external_id] = OWN_PARAMETERS.map(|name| match parameters.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
            Some(_) => Err(Diagnostic::new("ruleParameters", "is no text").field(name)),
        });
        let wrong = |problem| InvocationError::Parameters(vec![problem]);
        debug_assert_eq!(OWN_PARAMETERS, [POLICY_PARAMETER, ROLE_PARAMETER, EXTERNAL_ID_PARAMETER]);
        Ok(Self {
            policy: policy.map_err(wrong)?.unwrap_or_default(),
            role: role.map_err(wrong)?,
            external_id: external_id.map_err(wrong)?,
        })
    }
}

/// When the work has to end, so that there is time to say what was left.
fn deadline(context: &Context) -> Instant {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let left = Duration::from_millis(context.deadline).saturating_sub(now);
    let reserve = (left / 10).clamp(LEAST_RESERVE, MOST_RESERVE);
    Instant::now() + left.saturating_sub(reserve)
}

pub(crate) fn milliseconds(start: Instant) -> f64 {
    (start.elapsed().as_secs_f64() * 1_000_000.0).round() / 1000.0
}
