//! `_test.rego` files, run as `opa test` would: every rule `test_*` must be true, `todo_test_*` is skipped.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use regorus::{Engine, Value};

use super::coverage::Coverage;
use super::stack;
use crate::diagnostic::Diagnostic;
use crate::policy::PolicySet;
use crate::policy::load::rego_problem;

/// One test rule.
#[derive(Debug, Clone, PartialEq)]
pub struct RegoTest {
    /// Its file.
    pub file: PathBuf,
    /// `data.sekisho_policies.x_test.test_y`.
    pub name: String,
    /// What came of it.
    pub result: RegoTestResult,
}

/// What came of a test.
#[derive(Debug, Clone, PartialEq)]
pub enum RegoTestResult {
    /// It was true.
    Passed,
    /// It was not: with line and column of the rule, and what it was.
    Failed(Diagnostic),
    /// `todo_test_*`.
    Skipped,
}

/// Runs the tests of every policy in `ids` (all where it is empty) and, with all, of the library.
///
/// `coverage` is told the lines that they come to.
///
/// # Errors
/// A test file that cannot be read or parsed, beside the results of the others.
pub fn run(
    set: &PolicySet,
    ids: &[String],
    coverage: Option<&mut Coverage>,
) -> (Vec<RegoTest>, Vec<Diagnostic>) {
    let (files, mut problems) = match stack::with_large(|| files(set, ids)) {
        Ok(found) => found,
        Err(panic) => return (Vec::new(), vec![died(&panic)]),
    };
    let (next, counts) = (AtomicUsize::new(0), coverage.is_some());
    let worker = || {
        let (mut found, mut lines) = (Vec::new(), Coverage::default());
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some((engine, file)) = files.get(index) else { break };
            found.push((index, run_file(engine.clone(), file, counts.then_some(&mut lines))));
        }
        (found, lines)
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (mut found, mut all_lines) = (Vec::new(), Coverage::default());
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| stack::with_large(worker))).collect();
        for worker in workers {
            match worker.join().unwrap_or_else(|_| Err("panic".to_owned())) {
                Ok((of_worker, lines)) => {
                    found.extend(of_worker);
                    all_lines.merge(lines);
                }
                Err(panic) => problems.push(died(&panic)),
            }
        }
    });
    if let Some(coverage) = coverage {
        coverage.merge(all_lines);
    }
    found.sort_by_key(|(index, _)| *index);
    let mut tests = Vec::new();
    for (_, result) in found {
        match result {
            Ok(results) => tests.extend(results),
            Err(problem) => problems.push(*problem),
        }
    }
    (tests, problems)
}

fn died(panic: &str) -> Diagnostic {
    Diagnostic::new("_test.rego", format!("the tests died: {panic}"))
}

/// The test files, each with the engine of what it tests, and what is wrong with the library.
fn files(set: &PolicySet, ids: &[String]) -> (Vec<(Engine, PathBuf)>, Vec<Diagnostic>) {
    let mut base = Engine::new();
    let mut problems = Vec::new();
    for library in set.libraries() {
        let added = base.add_policy(library.file.display().to_string(), library.source.to_string());
        if let Err(error) = added {
            problems.push(rego_problem(
                &library.file.display().to_string(),
                &library.source,
                &error.to_string(),
            ));
        }
    }
    let of_policies = set
        .policies()
        .filter(|policy| ids.is_empty() || ids.iter().any(|id| id == policy.id()))
        .filter_map(|policy| Some((policy.engine.clone(), policy.test_file.clone()?)));
    let of_library = set
        .libraries()
        .iter()
        .filter(|_| ids.is_empty())
        .filter_map(|library| Some((base.clone(), library.test_file.clone()?)));
    (of_library.chain(of_policies).collect(), problems)
}

fn run_file(
    mut engine: Engine,
    file: &Path,
    coverage: Option<&mut Coverage>,
) -> Result<Vec<RegoTest>, Box<Diagnostic>> {
    let name = file.display().to_string();
    let text = fs::read_to_string(file)
        .map_err(|error| Diagnostic::new(&name, format!("cannot be read: {error}")))?;
    // As in OPA's runner, a builtin error makes the test undefined, and so it fails.
    engine.set_strict_builtin_errors(false);
    let package = engine
        .add_policy(name.clone(), text.clone())
        .map_err(|error| rego_problem(&name, &text, &error.to_string()))?;
    let rules = test_rules(&mut engine);
    if rules.is_empty() {
        let problem = Diagnostic::new(&name, "has no rule that begins with test_");
        return Err(Box::new(problem.help("name the tests test_<what holds>")));
    }
    engine.set_enable_coverage(coverage.is_some());
    let mut results = Vec::new();
    for (rule, line, column) in rules {
        let full = format!("{package}.{rule}");
        let result = if rule.starts_with("todo_") {
            RegoTestResult::Skipped
        } else {
            let failed = |message: String| {
                let problem = Diagnostic::new(&name, message).at(line, column).source(&text);
                RegoTestResult::Failed(problem.field(rule.clone()))
            };
            match stack::catch(|| engine.eval_rule(full.clone())) {
                Ok(Ok(Value::Bool(true))) => RegoTestResult::Passed,
                Ok(Ok(Value::Undefined)) => failed("is undefined, expected true".into()),
                Ok(Ok(other)) => failed(format!("is {other}, expected true")),
                Ok(Err(error)) => RegoTestResult::Failed(rego_problem(&name, &text, &error.to_string())),
                Err(panic) => failed(format!("panicked: {panic}")),
            }
        };
        results.push(RegoTest { file: file.to_owned(), name: full, result });
    }
    if let Some(coverage) = coverage {
        coverage.take(&engine);
    }
    Ok(results)
}

/// The test rules of the module added last, each once, with its place.
fn test_rules(engine: &mut Engine) -> Vec<(String, usize, usize)> {
    let mut rules: Vec<(String, usize, usize)> = Vec::new();
    let Some(module) = engine.get_modules().last() else {
        return rules;
    };
    for rule in crate::policy::rule_places(module) {
        let is_test = rule.0.starts_with("test_") || rule.0.starts_with("todo_test_");
        if is_test && !rules.iter().any(|known| known.0 == rule.0) {
            rules.push(rule);
        }
    }
    rules
}
