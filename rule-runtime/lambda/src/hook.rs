//! A CloudFormation Lambda Hook: a resource is judged before CloudFormation makes or changes it.
//!
//! In: the request of the hook. Out: its answer, always; whatever keeps a policy from judging is `FAILED`, never
//! `SUCCESS`. Shape of both: CloudFormation Hooks User Guide, "Create Lambda functions to evaluate resources for Lambda
//! Hooks".

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use sekisho_engine::cloudformation::{self, Deployment};
use sekisho_engine::evaluate::{Evaluator, Outcome, PolicyData};
use sekisho_engine::policy::Policy;
use sekisho_engine::rule;
use sekisho_engine::verdict::{Compliance, Reason, Verdict, denied};
use serde_json::{Map, Value, json};

use crate::facts::Facts;
use crate::function::Function;
use crate::run::clock;

/// The longest message that is kept whole wherever it is shown: Cloud Control API cuts there. Source: the same guide.
const LONGEST_MESSAGE: usize = 1024;

/// How long CloudFormation waits is 30 seconds; what is not done by then is told before.
const PATIENCE: Duration = Duration::from_secs(25);

/// What a failure says where the time ran out.
const OUT_OF_TIME: &str = "the time of the hook is up";

/// Whether `payload` is the request of a hook and not an event of AWS Config.
pub fn is_request(payload: &Value) -> bool {
    let is_text = |name: &str| payload.get(name).is_some_and(Value::is_string);
    is_text("hookTypeName")
        && is_text("actionInvocationPoint")
        && payload.get("requestData").is_some_and(Value::is_object)
}

/// What the hook says.
enum Answer {
    Success(String),
    NonCompliant(String),
    InternalFailure(String),
}

/// The answer to `payload`, which is a request.
pub async fn answer(function: &Function, payload: &Value, deadline: Instant) -> Value {
    let answer = judge(function, payload, deadline.min(Instant::now() + PATIENCE)).await;
    let answer = answer.unwrap_or_else(Answer::InternalFailure);
    let (status, code, message) = match answer {
        Answer::Success(message) => ("SUCCESS", None, message),
        Answer::NonCompliant(message) => ("FAILED", Some("NonCompliant"), message),
        Answer::InternalFailure(message) => ("FAILED", Some("InternalFailure"), message),
    };
    let target = payload["requestData"]["targetName"].as_str().unwrap_or_default();
    let logical_id = payload["requestData"]["targetLogicalId"].as_str().unwrap_or_default();
    if code == Some("InternalFailure") {
        tracing::error!(target_name = target, logical_id, message, "the hook could not judge");
    } else {
        tracing::info!(target_name = target, logical_id, status, message, "the hook judged");
    }
    let mut reply = json!({
        "hookStatus": status,
        "message": cut(&message),
        "clientRequestToken": payload.get("clientRequestToken").cloned().unwrap_or_default(),
        "callbackContext": null,
        "callbackDelaySeconds": 0,
    });
    if let Some(code) = code {
        reply["errorCode"] = code.into();
    }
    reply
}

async fn judge(function: &Function, payload: &Value, deadline: Instant) -> Result<Answer, String> {
    if payload["actionInvocationPoint"] == "DELETE_PRE_PROVISION" {
        return Ok(Answer::Success("a deletion is not judged".to_owned()));
    }
    let data = &payload["requestData"];
    let text = |name: &str| data.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let Some(properties) = data.pointer("/targetModel/resourceProperties").filter(|given| given.is_object())
    else {
        let target = text("targetName").unwrap_or("nothing");
        return Err(format!(
            "the hook is for {target}, and only resources are judged here: name RESOURCE alone in its TargetOperations; \
             for a whole template run sekisho scan --cloudformation"
        ));
    };
    // The guide gives the type in both, other texts of AWS RESOURCE in the second.
    let is_type = |name: &&str| name.contains("::");
    let Some(resource_type) =
        text("targetName").filter(is_type).or_else(|| text("targetType").filter(is_type))
    else {
        return Err("the request names no resource type in requestData.targetName".to_owned());
    };
    let policies = select(function, function.settings.hook_policies.as_deref())?;
    let deployment = Deployment {
        account: payload["awsAccountId"].as_str().map(ToOwned::to_owned),
        region: Some(function.settings.region.clone()).filter(|region| !region.is_empty()),
        ..Deployment::default()
    };
    let planned = cloudformation::resource(
        resource_type,
        text("targetLogicalId").unwrap_or(resource_type),
        properties,
        &deployment,
    );
    if let Err(reason) = &planned.known {
        return Ok(Answer::Success(format!("not judged: {}", reason.text(function.settings.language))));
    }
    let Prepared { evaluator, parameters, now } =
        prepare(function, &policies, resource_type, deadline).await?;
    if evaluator.policies().next().is_none() {
        return Ok(Answer::Success(format!("no policy judges changes of {resource_type}")));
    }
    let mut outcome =
        tokio::task::block_in_place(|| cloudformation::judge(&evaluator, &parameters, &planned));
    let waivers = tokio::time::timeout_at(deadline.into(), function.waivers()).await;
    let waivers = waivers.unwrap_or_else(|_| Err(OUT_OF_TIME.to_owned()));
    let waivers = waivers.map_err(|why| format!("the waivers cannot be read: {why}"))?;
    waivers.apply(&mut outcome, &planned.item, now);
    Ok(said(&outcome, function))
}

/// The policies that the hook asks: those named, else all.
fn select(function: &Function, names: Option<&str>) -> Result<Vec<Arc<Policy>>, String> {
    let (policies, problems): (Vec<_>, Vec<String>) = match names {
        Some(names) => {
            let selection = function.read(names);
            (selection.policies, selection.problems.iter().map(ToString::to_string).collect())
        }
        None => function.read_all(),
    };
    // One that cannot be used might be the one that denies.
    if problems.is_empty() { Ok(policies) } else { Err(problems.join("; ")) }
}

/// Policies with all that they need.
struct Prepared {
    evaluator: Evaluator,
    /// Of each policy by its id.
    parameters: BTreeMap<String, Value>,
    /// The time of the evaluation.
    now: Timestamp,
}

/// Those of `policies` that judge changes of the type, with parameters and facts.
async fn prepare(
    function: &Function,
    policies: &[Arc<Policy>],
    resource_type: &str,
    deadline: Instant,
) -> Result<Prepared, String> {
    let given = parameters(function.settings.hook_parameters.as_deref())?;
    let joined = |problems: Vec<sekisho_engine::diagnostic::Diagnostic>| {
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    let mut each =
        rule::parameters_of_each(policies, None, &given, "SEKISHO_HOOK_PARAMETERS").map_err(joined)?;
    let mut facts = Facts::new(function.own_facts().await, function.settings.facts_file.as_deref())?;
    let now = facts.now().unwrap_or_else(clock);
    let mut evaluator = Evaluator::new();
    let mut parameters = BTreeMap::new();
    for policy in policies.iter().filter(|policy| policy.judges_change_of(resource_type)) {
        let own = each.remove(policy.id()).unwrap_or_else(|| Ok(Value::Null)).map_err(joined)?;
        let fetched = tokio::time::timeout_at(deadline.into(), facts.of(policy, &own)).await;
        let facts = fetched.map_err(|_| format!("policy {}: {OUT_OF_TIME}", policy.id()))??;
        let data = PolicyData { parameters: own.clone(), facts, now, ..PolicyData::default() };
        evaluator.add(policy, &data).map_err(|problem| problem.to_string())?;
        parameters.insert(policy.id().to_owned(), own);
    }
    Ok(Prepared { evaluator, parameters, now })
}

fn parameters(given: Option<&str>) -> Result<Map<String, Value>, String> {
    let Some(text) = given else { return Ok(Map::new()) };
    serde_json::from_str(text)
        .map_err(|error| format!("SEKISHO_HOOK_PARAMETERS: is no JSON object of rule parameters: {error}"))
}

fn said(outcome: &Outcome, function: &Function) -> Answer {
    let language = function.settings.language;
    // A line a reason, so that a long message leaves out whole reasons.
    let of = |verdict: &Verdict| -> Vec<String> {
        let waiver = verdict.waiver.as_ref().map_or_else(String::new, |waiver| waiver.text(language) + " ");
        let line = |reason: &Reason| format!("[{}] {waiver}{}", verdict.policy_id, reason.text(language));
        verdict.reasons.iter().map(line).collect()
    };
    let verdicts: Vec<&Verdict> = outcome.verdicts.iter().collect();
    let with = |compliance: Compliance| -> Vec<String> {
        let all = denied(&verdicts);
        all.into_iter().filter(|verdict| verdict.compliance == compliance).flat_map(of).collect()
    };
    let errors = outcome.errors.iter().map(ToString::to_string);
    let violations = with(Compliance::NonCompliant);
    if !violations.is_empty() {
        return Answer::NonCompliant(listed(violations.into_iter().chain(errors)));
    }
    if !outcome.errors.is_empty() {
        return Answer::InternalFailure(listed(errors));
    }
    let compliant = verdicts.iter().filter(|verdict| verdict.compliance == Compliance::Compliant).count();
    let counted = format!("{compliant} of {} policies: COMPLIANT", verdicts.len());
    Answer::Success(listed(std::iter::once(counted).chain(with(Compliance::NotApplicable))))
}

/// As many as the message holds, and how many more there are.
fn listed(lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = lines.collect();
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        let more = format!(" (+{} more)", lines.len() - index);
        let separator = if text.is_empty() { "" } else { "; " };
        let length = [&text, separator, line, &more].iter().map(|part| part.chars().count()).sum::<usize>();
        if length > LONGEST_MESSAGE && !text.is_empty() {
            return text + &more;
        }
        text = text + separator + line;
    }
    text
}

/// At most as much as is shown.
fn cut(message: &str) -> String {
    if message.chars().count() <= LONGEST_MESSAGE {
        return message.to_owned();
    }
    message.chars().take(LONGEST_MESSAGE - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_how_much_it_leaves_out() {
        let lines = |number: usize| (0..number).map(|index| format!("{index:0>100}"));
        assert_eq!(listed(lines(2)).chars().count(), 202);
        let text = listed(lines(30));
        assert!(text.chars().count() <= LONGEST_MESSAGE, "{}", text.chars().count());
        let shown = text.matches("; ").count() + 1;
        assert!(text.ends_with(&format!(" (+{} more)", 30 - shown)), "{text}");
        assert_eq!(cut(&"あ".repeat(2000)).chars().count(), LONGEST_MESSAGE);
    }

    #[test]
    fn an_event_of_aws_config_is_no_request() {
        assert!(!is_request(&json!({"invokingEvent": "{}", "ruleParameters": "{}"})));
        assert!(is_request(&json!({
            "hookTypeName": "a::b::c", "actionInvocationPoint": "CREATE_PRE_PROVISION", "requestData": {}
        })));
    }
}
