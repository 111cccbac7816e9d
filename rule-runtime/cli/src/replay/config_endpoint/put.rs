//! `PutEvaluations` at AWS Config's stand-in: what is taken, what comes back, what is refused.
//!
//! In: the body of a call, and what the endpoint knows. Out: AWS's answer or error; what was taken is stored.

use serde_json::{Value, json};

use super::validate::{self, Accepted, Request};
use super::{ConfigError, RecordedRequest, Rules};

/// The order of the checks is AWS's as far as it shows: form, then limits, then the token, then the rule.
pub(super) fn put_evaluations(
    rules: &mut Rules,
    body: &[u8],
    seen: &mut RecordedRequest,
) -> Result<Value, ConfigError> {
    let request: Result<Request, _> = validate::parse(body);
    if let Ok(request) = &request {
        seen.evaluations = request.evaluations.as_ref().map_or(0, Vec::len);
        seen.test_mode = request.test_mode.unwrap_or(false);
    }
    let every = rules.throttle_every > 0 && (rules.requests.len() + 1).is_multiple_of(rules.throttle_every);
    if rules.throttle > 0 || every {
        rules.throttle = rules.throttle.saturating_sub(1);
        return Err(ConfigError::new("ThrottlingException", "Rate exceeded".into()));
    }
    let request = request?;
    let token = validate::required("resultToken", request.result_token)?;
    let accepted = validate::evaluations(request.evaluations.unwrap_or_default())?;
    // The model: in test mode the token need not be valid, but must not be null.
    if seen.test_mode {
        return Ok(json!({"FailedEvaluations": []}));
    }
    let Some(rule) = rules.tokens.get(&token).cloned() else {
        let message = "The specified ResultToken is invalid".to_owned();
        return Err(ConfigError::new("InvalidResultTokenException", message));
    };
    if rules.deleted.contains(&rule) {
        let message = format!("The ConfigRule '{rule}' provided in the request is invalid.");
        return Err(ConfigError::new("NoSuchConfigRuleException", message));
    }
    if let Some(refused) = accepted.iter().find(|evaluation| rules.invalid.contains(&evaluation.resource_id))
    {
        let message = format!("the endpoint was told to refuse {}", refused.resource_id);
        return Err(ConfigError::new("InvalidParameterValueException", message));
    }
    let mut failed = Vec::new();
    for evaluation in accepted {
        if fails(rules, &evaluation.resource_id) {
            failed.push(evaluation.to_json());
        } else {
            store(rules, &rule, evaluation);
        }
    }
    seen.failed = failed.len();
    Ok(json!({"FailedEvaluations": failed}))
}

fn fails(rules: &mut Rules, resource_id: &str) -> bool {
    match rules.failing.get_mut(resource_id) {
        None | Some(Some(0)) => false,
        Some(None) => true,
        Some(Some(times)) => {
            *times -= 1;
            true
        }
    }
}

/// An evaluation older than the stored one is dropped. AWS documents that results are ordered by this time; that
/// older ones are ignored is presumed.
fn store(rules: &mut Rules, rule: &str, evaluation: Accepted) {
    let stored = rules.stored.entry(rule.to_owned()).or_default();
    let key = (evaluation.resource_type.clone(), evaluation.resource_id.clone());
    let older =
        stored.get(&key).is_some_and(|known| known.ordering_timestamp > evaluation.ordering_timestamp);
    if !older {
        stored.insert(key, evaluation);
    }
}
