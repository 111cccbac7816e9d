//! One fixture: evaluated, and what came of it held against what it expects.

use std::fmt::Write as _;
use std::sync::Arc;

use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::evaluate::coverage::Coverage;
use sekisho_engine::evaluate::{Evaluator, Outcome};
use sekisho_engine::policy::Policy;
use sekisho_engine::verdict::{Compliance, ResourceKey, Verdict};
use serde_json::{Value, json};
use similar::TextDiff;

use super::Status;
use crate::fixture::{Case, Expectation, Prepared};

/// Evaluates one case and compares.
pub fn judge(case: &Case, policy: &Arc<Policy>) -> Status {
    let (result, _) = evaluate(case, policy, false);
    match result {
        Ok((outcome, own)) => compare(case, &outcome, &own),
        Err(text) => expected_error(case, &text).unwrap_or(Status::Error(text)),
    }
}

/// The same, with the lines of the policy that it came to.
pub fn judge_counting(case: &Case, policy: &Arc<Policy>) -> (Status, Coverage) {
    let (result, coverage) = evaluate(case, policy, true);
    let status = match result {
        Ok((outcome, own)) => compare(case, &outcome, &own),
        Err(text) => expected_error(case, &text).unwrap_or(Status::Error(text)),
    };
    (status, coverage)
}

/// What a case comes to: the outcome and the item's own key, or why there is none.
fn evaluate(
    case: &Case,
    policy: &Arc<Policy>,
    counts: bool,
) -> (Result<(Outcome, ResourceKey), String>, Coverage) {
    let prepared = match case.prepare(policy) {
        Ok(prepared) => prepared,
        Err(problems) => {
            let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
            return (Err(lines.join("\n")), Coverage::default());
        }
    };
    let evaluator = if counts { Evaluator::new().counting_lines() } else { Evaluator::new() };
    let (mut outcome, coverage) = match outcome_of(evaluator, policy, &prepared) {
        Ok(judged) => judged,
        Err(problem) => return (Err(problem), Coverage::default()),
    };
    if !counts && policy.program().is_ok() {
        // Both ways to judge, at each test of a policy: what differs would differ in the account.
        let interpreted = outcome_of(Evaluator::new().reading_whole(), policy, &prepared);
        if interpreted.as_ref().map(|(outcome, _)| outcome) != Ok(&outcome) {
            return (Err(differing(&outcome, &interpreted.map(|(outcome, _)| outcome))), coverage);
        }
    }
    prepared.waivers.apply(&mut outcome, &prepared.item, prepared.data.now);
    let problem = outcome.errors.first().map(ToString::to_string);
    let problem = problem.or_else(|| outcome.undecided.first().map(|passed| passed.problem.to_string()));
    (problem.map_or(Ok((outcome, prepared.item.resource)), Err), coverage)
}

fn outcome_of(
    mut evaluator: Evaluator,
    policy: &Arc<Policy>,
    prepared: &Prepared,
) -> Result<(Outcome, Coverage), String> {
    evaluator.add(policy, &prepared.data).map_err(|problem| problem.to_string())?;
    let outcome = evaluator.judge(&prepared.item, prepared.occasion);
    Ok((outcome, evaluator.coverage()))
}

fn differing(compiled: &Outcome, interpreted: &Result<Outcome, String>) -> String {
    format!(
        "compiled, the policy says another thing than interpreted, which is a fault of Sekisho; please report it\n\
         compiled:    {compiled:?}\ninterpreted: {interpreted:?}"
    )
}

fn compare(case: &Case, outcome: &Outcome, own: &ResourceKey) -> Status {
    let expected = describe_expected(&case.fixture.expect, own);
    let actual = describe_actual(outcome, own, &case.fixture.expect);
    if expected == actual { Status::Passed } else { Status::Failed(difference(&expected, &actual)) }
}

/// What the case would have to expect, as the fixture's `expect`.
///
/// # Errors
/// Why there is no verdict to expect.
pub fn expectation(case: &Case, policy: &Arc<Policy>) -> Result<Value, Diagnostic> {
    let problem = |message: String| Diagnostic::new(case.path.display().to_string(), message);
    let (outcome, own) = evaluate(case, policy, false).0.map_err(problem)?;
    let mut expect = None;
    let mut resources = Vec::new();
    for verdict in &outcome.verdicts {
        let mut value = json!({"compliance": verdict.compliance});
        let mut reasons: Vec<&str> = verdict.reasons.iter().map(|reason| reason.msg.as_str()).collect();
        let mut japanese = japanese(verdict);
        reasons.sort_unstable();
        japanese.sort();
        if !reasons.is_empty() {
            value["reasons"] = json!(reasons);
        }
        if !japanese.is_empty() {
            value["reasons_ja"] = json!(japanese);
        }
        if verdict.resource == own {
            if let Some(waiver) = &verdict.waiver {
                value["waiver"] = waiver.id.as_str().into();
            }
            expect = Some(value);
        } else {
            let mut named = json!({
                "resourceType": verdict.resource.resource_type, "resourceId": verdict.resource.resource_id,
            });
            if let (Some(named), Value::Object(value)) = (named.as_object_mut(), value) {
                named.extend(value);
            }
            resources.push(named);
        }
    }
    let mut expect = expect.ok_or_else(|| problem("the policy does not judge this item".into()))?;
    if !resources.is_empty() {
        expect["resources"] = resources.into();
    }
    Ok(expect)
}

fn expected_error(case: &Case, text: &str) -> Option<Status> {
    let expected = case.fixture.expect.error.as_ref()?;
    Some(if text.contains(expected) {
        Status::Passed
    } else {
        Status::Failed(difference(&format!("error: {expected}\n"), &format!("error: {text}\n")))
    })
}

fn difference(expected: &str, actual: &str) -> String {
    TextDiff::from_lines(expected, actual)
        .unified_diff()
        .context_radius(20)
        .header("expected", "actual")
        .to_string()
}

/// The expectation as text, in the same form as [`describe_actual`].
fn describe_expected(expect: &Expectation, own: &ResourceKey) -> String {
    let Some(compliance) = expect.compliance else {
        return format!("error: {}\n", expect.error.as_deref().unwrap_or_default());
    };
    let mut text = String::new();
    describe(&mut text, own, compliance, &expect.reasons, expect.reasons_ja.as_deref());
    describe_waiver(&mut text, expect.waiver.as_deref());
    let mut resources: Vec<_> = expect.resources.iter().collect();
    resources.sort_by_key(|resource| (&resource.resource_type, &resource.resource_id));
    for resource in resources {
        let key = ResourceKey {
            resource_type: resource.resource_type.clone(),
            resource_id: resource.resource_id.clone(),
        };
        describe(&mut text, &key, resource.compliance, &resource.reasons, resource.reasons_ja.as_deref());
    }
    text
}

fn describe_actual(outcome: &Outcome, own: &ResourceKey, expect: &Expectation) -> String {
    let mut text = String::new();
    if outcome.verdicts.is_empty() {
        text.push_str("no verdict: the policy does not judge this resource type on this occasion\n");
    }
    for verdict in &outcome.verdicts {
        let expected_resource = expect.resources.iter().find(|resource| {
            resource.resource_type == verdict.resource.resource_type
                && resource.resource_id == verdict.resource.resource_id
        });
        let with_japanese = if verdict.resource == *own {
            expect.reasons_ja.is_some()
        } else {
            expected_resource.is_some_and(|resource| resource.reasons_ja.is_some())
        };
        let reasons: Vec<String> = verdict.reasons.iter().map(|reason| reason.msg.clone()).collect();
        let japanese = with_japanese.then(|| japanese(verdict));
        describe(&mut text, &verdict.resource, verdict.compliance, &reasons, japanese.as_deref());
        if verdict.resource == *own {
            describe_waiver(&mut text, verdict.waiver.as_ref().map(|waiver| waiver.id.as_str()));
        }
    }
    text
}

fn describe_waiver(text: &mut String, id: Option<&str>) {
    if let Some(id) = id {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  waiver: {id}");
    }
}

fn japanese(verdict: &Verdict) -> Vec<String> {
    verdict.reasons.iter().filter_map(|reason| reason.msg_ja.clone()).collect()
}

fn describe(
    text: &mut String,
    resource: &ResourceKey,
    compliance: Compliance,
    reasons: &[String],
    japanese: Option<&[String]>,
) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{resource}: {compliance}");
    for (name, list) in [("reasons", Some(reasons)), ("reasons_ja", japanese)] {
        let mut list: Vec<_> = list.unwrap_or_default().iter().collect();
        list.sort();
        if !list.is_empty() {
            let _ = writeln!(text, "  {name}:");
        }
        for reason in list {
            let _ = writeln!(text, "  - {reason}");
        }
    }
}
