//! Verdicts on a resource before it is deployed.
//!
//! In: policies and a [`Planned`] resource. Out: an [`Outcome`]. A policy whose verdict depends on what is not known gives
//! `NOT_APPLICABLE` with the reason, unless its verdict is the same whatever the unknown values are.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::Planned;
use super::field::{Field, Gap};
use crate::evaluate::{Evaluator, Occasion, Outcome};
use crate::item::ConfigurationItem;
use crate::policy::Policy;
use crate::policy::mask::Known;
use crate::verdict::{Compliance, Reason, Verdict};

/// How many combinations of unknown values are tried.
const CASES: usize = 16;

/// How many unknown fields a verdict names.
const NAMED: usize = 3;

/// The verdicts of the policies of `evaluator` that judge changes. `parameters` are those of each policy by its id.
pub fn judge(evaluator: &Evaluator, parameters: &BTreeMap<String, Value>, planned: &Planned) -> Outcome {
    let resource_type = &planned.item.resource.resource_type;
    let policies: Vec<Arc<Policy>> =
        evaluator.policies().filter(|policy| policy.judges_change_of(resource_type)).cloned().collect();
    let mut outcome = Outcome::default();
    for policy in policies {
        let field = match &planned.known {
            Ok(field) => field,
            Err(why) => {
                outcome.verdicts.push(verdict(
                    &policy,
                    &planned.item,
                    Compliance::NotApplicable,
                    vec![why.clone()],
                ));
                continue;
            }
        };
        let known = Known { resource_type, parameters: parameters.get(policy.id()).unwrap_or(&Value::Null) };
        let gaps = field.gaps(&policy.masks(known).input);
        let mut one = evaluator.filtered(|other| other.id() == policy.id());
        let of_policy = if gaps.is_empty() {
            one.judge(&planned.item, Occasion::Change)
        } else {
            let verdict = whatever_it_is(&mut one, &planned.item, field, &gaps).unwrap_or_else(|| {
                verdict(&policy, &planned.item, Compliance::NotApplicable, reasons(&gaps))
            });
            Outcome { verdicts: vec![verdict], ..Outcome::default() }
        };
        outcome.verdicts.extend(of_policy.verdicts);
        outcome.errors.extend(of_policy.errors);
        outcome.undecided.extend(of_policy.undecided);
    }
    outcome
}

/// The verdict that holds for all values that the unknown fields may have.
fn whatever_it_is(
    evaluator: &mut Evaluator,
    item: &ConfigurationItem,
    field: &Field,
    gaps: &[Gap],
) -> Option<Verdict> {
    let number = gaps.iter().try_fold(1usize, |number, gap| number.checked_mul(gap.domain.len()))?;
    if !(1..=CASES).contains(&number) {
        return None;
    }
    let mut common: Option<Verdict> = None;
    for mut case in 0..number {
        let mut filled = field.clone();
        for gap in gaps {
            filled.fill(&gap.path, &gap.domain[case % gap.domain.len()]);
            case /= gap.domain.len();
        }
        let item = ConfigurationItem { document: filled.value()?, ..item.clone() };
        let outcome = evaluator.judge(&item, Occasion::Change);
        let ([one], [], []) = (&outcome.verdicts[..], &outcome.errors[..], &outcome.undecided[..]) else {
            return None;
        };
        common = Some(match common {
            None => one.clone(),
            Some(mut common) if common.compliance == one.compliance => {
                let shared = common.reasons.iter().filter(|reason| one.reasons.contains(reason)).cloned();
                let shared: Vec<_> = shared.collect();
                // Each case may be denied for another reason; then any of them says why.
                if !shared.is_empty() || one.compliance != Compliance::NonCompliant {
                    common.reasons = shared;
                }
                common
            }
            Some(_) => return None,
        });
    }
    common
}

fn reasons(gaps: &[Gap]) -> Vec<Reason> {
    let mut paths: Vec<&str> = Vec::new();
    let mut reasons = Vec::new();
    for gap in gaps {
        if reasons.len() < NAMED && !paths.contains(&gap.path.as_str()) {
            paths.push(&gap.path);
            let Gap { path, why, .. } = gap;
            reasons.push(Reason {
                msg: format!("{path} is not known before deployment: {why}"),
                msg_ja: Some(format!("{path}はデプロイ前には分かりません: {why}")),
            });
        }
    }
    reasons
}

fn verdict(
    policy: &Policy,
    item: &ConfigurationItem,
    compliance: Compliance,
    reasons: Vec<Reason>,
) -> Verdict {
    Verdict {
        policy_id: policy.id().to_owned(),
        severity: policy.metadata.severity,
        resource: item.resource.clone(),
        account_id: item.account_id.clone(),
        region: item.region.clone(),
        compliance,
        reasons,
        capture_time: None,
        waiver: None,
    }
}
