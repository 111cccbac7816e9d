//! `sekisho test --mutate`: each policy is changed in small ways, and its fixtures and Rego tests must notice.
//!
//! In: the policies and their tests, all passing. Out: how many of the changes were noticed, and those that were not.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::evaluate::rego_test::{self, RegoTestResult};
use sekisho_engine::policy::mutate::{self, Mutant};
use sekisho_engine::policy::{Policy, PolicySet};
use serde::Serialize;

use super::test::{Status, judge};
use crate::Exit;
use crate::fixture::{self, Case};
use crate::output::mutate_report;

/// What came of the mutants of one policy.
#[derive(Debug, Default, Serialize)]
pub struct PolicyMutants {
    /// `custom.id`.
    pub policy: String,
    /// Its file.
    pub file: String,
    /// Changes that a test noticed.
    pub killed: usize,
    /// Changes that no policy can have: they are refused when they are loaded.
    pub refused: usize,
    /// Changes that no test noticed.
    pub survivors: Vec<Survivor>,
}

/// A change that no test noticed.
#[derive(Debug, Serialize)]
pub struct Survivor {
    /// In the policy's file, from 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// What was changed.
    pub what: String,
}

/// Mutates each of `policies`; exit code 1 where fewer than `threshold` percent are noticed.
///
/// # Errors
/// What is wrong with the fixtures.
pub fn run(
    set: &PolicySet,
    policies: &[Arc<Policy>],
    fixtures: &Path,
    threshold: u8,
    json: bool,
) -> Result<Exit, Vec<Diagnostic>> {
    let (cases, problems) = fixture::find(fixtures);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut of_policy: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    for case in &cases {
        of_policy.entry(&case.policy_id).or_default().push(case);
    }
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut found = Vec::new();
        while let Some(policy) = policies.get(next.fetch_add(1, Ordering::Relaxed)) {
            let cases = of_policy.get(policy.id()).map(Vec::as_slice).unwrap_or_default();
            found.push(of(set, policy, cases));
        }
        found
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let found: Vec<Result<PolicyMutants, Diagnostic>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).flatten().collect()
    });
    let (mut mutants, mut problems) = (Vec::new(), Vec::new());
    for result in found {
        match result {
            Ok(result) => mutants.push(result),
            Err(problem) => problems.push(problem),
        }
    }
    if mutants.len() + problems.len() < policies.len() {
        problems.push(Diagnostic::new("--mutate", "a policy's mutants died with their thread"));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    mutants.sort_by(|a, b| a.policy.cmp(&b.policy));
    let (killed, survived) = totals(&mutants);
    mutate_report::print(&mutants, threshold, json);
    let good = killed * 100 >= usize::from(threshold) * (killed + survived);
    Ok(if good { Exit::Success } else { Exit::Violations })
}

/// How many were killed, and how many survived.
pub fn totals(mutants: &[PolicyMutants]) -> (usize, usize) {
    let killed = mutants.iter().map(|policy| policy.killed).sum();
    (killed, mutants.iter().map(|policy| policy.survivors.len()).sum())
}

/// The mutants of one policy, each loaded from a folder of its own with the library and the policy's test.
fn of(set: &PolicySet, policy: &Arc<Policy>, cases: &[&Case]) -> Result<PolicyMutants, Diagnostic> {
    let problem =
        |error: std::io::Error| Diagnostic::new("--mutate", format!("no temporary folder: {error}"));
    let folder = tempfile::tempdir().map_err(problem)?;
    let library = folder.path().join("lib");
    fs::create_dir(&library).map_err(problem)?;
    for module in set.libraries() {
        let name = module.file.file_name().unwrap_or_default();
        fs::write(library.join(name), module.source.as_bytes()).map_err(problem)?;
    }
    if let Some(test) = &policy.test_file {
        let name = test.file_name().unwrap_or_default();
        fs::copy(test, folder.path().join(name)).map_err(problem)?;
    }
    let file = folder.path().join(policy.file.file_name().unwrap_or_default());
    let mut found = PolicyMutants {
        policy: policy.id().to_owned(),
        file: policy.file.display().to_string(),
        ..PolicyMutants::default()
    };
    fs::write(&file, policy.source.as_bytes()).map_err(problem)?;
    if notices(folder.path(), policy.id(), cases) != Some(false) {
        let message = "its tests do not pass as it is";
        return Err(Diagnostic::new(found.file, message).help("run sekisho test first"));
    }
    for Mutant { what, line, column, text } in mutate::mutants(&policy.source) {
        fs::write(&file, text).map_err(problem)?;
        match notices(folder.path(), policy.id(), cases) {
            None => found.refused += 1,
            Some(true) => found.killed += 1,
            Some(false) => found.survivors.push(Survivor { line, column, what }),
        }
    }
    Ok(found)
}

/// Whether a test of the policy fails; `None` where the policy cannot be loaded.
fn notices(folder: &Path, id: &str, cases: &[&Case]) -> Option<bool> {
    let set = PolicySet::load(folder);
    let policy = set.get(id)?;
    if cases.iter().any(|case| judge(case, policy) != Status::Passed) {
        return Some(true);
    }
    let (tests, problems) = rego_test::run(&set, &[id.to_owned()], None);
    let failed = tests.iter().any(|test| matches!(test.result, RegoTestResult::Failed(_)));
    Some(failed || !problems.is_empty())
}
