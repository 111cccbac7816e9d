//! The way of an item, from its bytes to its verdicts: the one place where the benchmarks call the engine.
//!
//! Whoever changes the engine's interface changes this file and nothing else of `bench/`.

use std::path::Path;
use std::sync::Arc;

use sekisho_engine::evaluate::{Evaluator, Occasion, Outcome, PolicyData, stack};
use sekisho_engine::inventory::Inventory;
use sekisho_engine::policy::{Policy, PolicySet};
use sekisho_engine::rule;
use sekisho_engine::verdict::Compliance;
use serde_json::Map;

/// The policies of a folder that need nothing beside the item, as `sekisho scan` runs them without facts.
///
/// # Errors
/// A policy is refused, or the folder holds none.
pub fn load(folder: &Path) -> Result<Vec<Arc<Policy>>, String> {
    let set = PolicySet::load(folder);
    if let Some(problem) = set.problems().next() {
        return Err(problem.to_string());
    }
    let policies: Vec<_> =
        set.policies().filter(|policy| policy.metadata.facts.is_empty()).cloned().collect();
    if policies.is_empty() {
        return Err(format!("{} holds no policy", folder.display()));
    }
    Ok(policies)
}

/// The policies with their parameters' defaults, ready for items.
///
/// # Errors
/// A policy cannot be prepared without parameters.
pub fn prepare(policies: &[Arc<Policy>]) -> Result<Evaluator, String> {
    let parameters = rule::parameters(policies, None, &Map::new(), "bench")
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))?;
    let mut evaluator = Evaluator::new();
    // Policies that look at other items find none.
    let inventory = Arc::new(Inventory::complete(std::iter::empty()));
    for policy in policies {
        let parameters = parameters.get(policy.id()).cloned().unwrap_or_default();
        let data = PolicyData { parameters, inventory: Arc::clone(&inventory), ..PolicyData::default() };
        evaluator.add(policy, &data).map_err(|problem| problem.to_string())?;
    }
    Ok(evaluator)
}

/// Judges each line, which is one item, and hands its outcome to `sink`, on one thread.
///
/// # Errors
/// A line is no item.
pub fn judge(
    evaluator: &Evaluator,
    lines: &[&[u8]],
    sink: &mut (dyn FnMut(Outcome) + Send),
) -> Result<(), String> {
    let mut evaluator = evaluator.clone();
    let judged = stack::with_large(|| {
        for line in lines {
            let text = simdutf8::compat::from_utf8(line).map_err(|error| error.to_string())?;
            let item = evaluator
                .read(text, Occasion::Change)
                .ok_or("a line is no item in the spelling of the rule event")?;
            sink(evaluator.judge_raw(&item, Occasion::Change));
        }
        Ok(())
    });
    judged?
}

/// What an item is, in a letter: the worst of its verdicts, `E` where a policy failed, `-` where none applies.
pub fn letter(outcome: &Outcome) -> char {
    if !outcome.errors.is_empty() {
        return 'E';
    }
    match outcome.verdicts.iter().map(|verdict| verdict.compliance).max() {
        None => '-',
        Some(Compliance::NonCompliant) => 'N',
        Some(Compliance::Compliant) => 'C',
        Some(_) => 'A',
    }
}
