//! One policy with all that it found.
//!
//! In: the rows and runs of [`Results`], the policy's METADATA, the register of waivers. Out: a [`PolicyResult`]. Where
//! something is missing its state is 未確認; a denial is いいえ whatever else is missing.

use std::collections::BTreeMap;

use sekisho_engine::guideline::Bilingual;
use sekisho_engine::policy::Policy;
use serde_json::Value;

use super::read::Results;
use super::{Counts, Finding, Moment, PolicyResult, Row, State, Waiver, both};

impl PolicyResult {
    /// Takes what `results` have of `policy`.
    pub fn of(policy: &Policy, results: &mut Results, waivers: &BTreeMap<String, Waiver>) -> Self {
        let id = policy.id().to_owned();
        let runs = results.runs.get(&id).cloned().unwrap_or_default();
        let mut rows = newest(results.rows.remove(&id).unwrap_or_default());
        for waiver in rows.iter_mut().filter_map(|row| row.waiver.as_mut()) {
            if let Some(register) = waivers.get(&waiver.id) {
                waiver.fill(register);
            }
        }
        rows.sort_by(|a, b| order(a).cmp(&order(b)));
        let counts = count(&rows);
        let mut why = results.failures.get(&id).cloned().unwrap_or_default();
        if runs.is_empty() && rows.is_empty() {
            why.push(both("ポリシーが実行されていない", "the policy was not run"));
        } else if rows.is_empty() {
            why.push(both("判定結果がない", "there is no result"));
        }
        if counts.unknown > 0 {
            why.push(both(
                format!("判定できなかったリソースが{}件ある", counts.unknown),
                format!("resources that could not be judged: {}", counts.unknown),
            ));
        }
        why.extend(results.incomplete.iter().cloned());
        let state = state(counts, &why);
        let metadata = &policy.metadata;
        let remediation = &metadata.remediation;
        Self {
            title: both(&metadata.title_ja, &metadata.title),
            severity: metadata.severity,
            remediation: both(metadata.remediation_ja.as_ref().unwrap_or(remediation), remediation),
            residency: id.starts_with("residency-"),
            parameters: runs.iter().map(|run| run.parameters.clone().unwrap_or(Value::Null)).collect(),
            defaults: metadata
                .parameters
                .defaults()
                .map(|(name, value)| (name.to_owned(), value.clone()))
                .collect(),
            evaluated_at: runs.iter().filter_map(|run| run.at).min(),
            state,
            why: if state == State::Unknown { why } else { Vec::new() },
            counts,
            rows,
            id,
        }
    }
}

fn state(counts: Counts, why: &[Bilingual]) -> State {
    if counts.non_compliant > 0 {
        State::No
    } else if !why.is_empty() {
        State::Unknown
    } else if counts.compliant > 0 {
        State::Yes
    } else {
        // All of them not concerned, or under an exception that holds.
        State::NotApplicable
    }
}

fn count(rows: &[Row]) -> Counts {
    let mut counts = Counts::default();
    for row in rows {
        let counted = match row.finding {
            Finding::Unknown => &mut counts.unknown,
            _ if row.is_waived() => &mut counts.waived,
            Finding::NonCompliant => &mut counts.non_compliant,
            Finding::Compliant => &mut counts.compliant,
            Finding::NotApplicable => &mut counts.not_applicable,
        };
        *counted += 1;
    }
    counts
}

/// The worst first, then by account and name.
fn order(row: &Row) -> (std::cmp::Reverse<Finding>, &Option<String>, &Option<String>, &str, &str) {
    (std::cmp::Reverse(row.finding), &row.account_id, &row.region, &row.resource_type, &row.resource_id)
}

/// One row a resource: the newest, of those of one time the worst. Where account or region are not known two rows of one
/// name may be two resources, and both stay; a row without a time cannot be older than another, and stays too.
fn newest(rows: Vec<Row>) -> Vec<Row> {
    type Key = (String, String, String, String);
    let mut kept: Vec<Row> = Vec::with_capacity(rows.len());
    let mut places: BTreeMap<Key, usize> = BTreeMap::new();
    for row in rows {
        let (Some(account), Some(region), Some(at)) = (&row.account_id, &row.region, row.captured_at) else {
            kept.push(row);
            continue;
        };
        let key = (account.clone(), region.clone(), row.resource_type.clone(), row.resource_id.clone());
        match places.get(&key) {
            None => {
                places.insert(key, kept.len());
                kept.push(row);
            }
            Some(&place) => {
                let rank = |row: &Row, at: Option<Moment>| (at, !row.is_waived(), row.finding);
                if rank(&row, Some(at)) > rank(&kept[place], kept[place].captured_at) {
                    kept[place] = row;
                }
            }
        }
    }
    kept
}
