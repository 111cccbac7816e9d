//! Items that are all in memory, judged by one set of policies: what `sekisho impact` compares.

use jiff::Timestamp;
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::evaluate::{EvaluationError, Evaluator, Occasion, Outcome};
use sekisho_engine::item::shape::Found;
use sekisho_engine::item::{ACCOUNT_TYPE, ConfigurationItem, load};
use sekisho_engine::verdict::Verdict;
use std::collections::BTreeMap;
use std::path::PathBuf;

use super::account_items;
use crate::given;

/// All that was said of the items.
#[derive(Debug, Default)]
pub struct Judged {
    /// One a policy and resource.
    pub verdicts: Vec<Verdict>,
    /// Policies that failed on an item.
    pub errors: Vec<EvaluationError>,
}

/// Reads every file; what is no item and should be one is a problem.
pub fn read(paths: &[PathBuf]) -> (Vec<ConfigurationItem>, Vec<Diagnostic>) {
    let files = load::files(paths);
    let mut problems = files.problems;
    let mut items = Vec::new();
    for found in files.files.iter().flat_map(|path| load::read_file(path)) {
        match found {
            Found::Item(item) => items.push(*item),
            Found::NoItem(_) => {}
            Found::Bad(problem) => problems.push(problem),
        }
    }
    (items, problems)
}

/// Judges them, and the accounts that they are of.
pub fn judge(evaluator: &Evaluator, items: &[ConfigurationItem], now: Timestamp) -> Judged {
    let (accounts, resources): (Vec<_>, Vec<_>) =
        items.iter().partition(|item| item.resource.resource_type == ACCOUNT_TYPE);
    let threads = given::threads(None);
    let mut judged = Judged::default();
    judged.add(evaluator.judge_all(&resources, Occasion::Any, threads, &|_| {}));
    let mut regions = BTreeMap::new();
    resources.iter().for_each(|item| super::note_region(&mut regions, item));
    let accounts: Vec<_> = accounts.into_iter().cloned().collect();
    let accounts = account_items(accounts, &regions, now);
    let accounts: Vec<_> = accounts.iter().collect();
    judged.add(evaluator.judge_all(&accounts, Occasion::Schedule, threads, &|_| {}));
    judged
}

impl Judged {
    fn add(&mut self, outcomes: Vec<Outcome>) {
        for outcome in outcomes {
            self.verdicts.extend(outcome.verdicts);
            self.errors.extend(outcome.errors);
        }
    }
}
