//! `sekisho test`: the fixtures and the `_test.rego` of every policy.

mod judge;
mod update;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::evaluate::coverage::{Coverage, PolicyCoverage};
use sekisho_engine::evaluate::rego_test::{self, RegoTestResult};
use sekisho_engine::policy::{Policy, PolicySet};
use serde::Serialize;

pub(crate) use judge::{expectation, judge};

use super::mutate;
use crate::fixture::{self, Case};
use crate::given::{self, PolicyFolder};
use crate::output::{self, test_coverage, test_json, test_junit, test_pretty, test_tap};
use crate::{Exit, watch};

/// Run the fixtures and the Rego tests of the policies
///
/// A fixture is fixtures/<policy-id>/<case>.yaml: an item and the verdict expected of it. A _test.rego beside a
/// policy runs as under `opa test`.
#[expect(clippy::struct_excessive_bools, reason = "each a switch of the command line")]
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    sekisho test\n  \
    sekisho test dynamodb-pitr\n  \
    sekisho test --filter encrypted\n  \
    sekisho test --coverage --threshold 90\n  \
    sekisho test dynamodb-pitr --mutate\n  \
    sekisho test dynamodb-pitr --watch\n  \
    sekisho test --format junit > junit.xml")]
pub struct TestArguments {
    /// Policies or packs to test; all where none is named
    #[arg(value_name = "POLICY")]
    names: Vec<String>,
    #[command(flatten)]
    folder: PolicyFolder,
    /// Folder of the fixtures
    #[arg(long, value_name = "PATH", default_value = "fixtures")]
    fixtures: PathBuf,
    /// Run only the tests whose name (<policy> <case>) contains TEXT
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Count the lines and rules of each policy that its tests come to
    #[arg(long)]
    coverage: bool,
    /// Accept what came out: show the difference and write it into the fixtures that do not expect it
    #[arg(long)]
    update: bool,
    /// Run again whenever a policy or a fixture is saved
    #[arg(long)]
    watch: bool,
    /// Change each policy in small ways and see whether its tests notice
    #[arg(long, conflicts_with_all = ["coverage", "update", "filter", "watch"])]
    mutate: bool,
    /// With --mutate, how many of the changes must be noticed (90 where it is not given); with --coverage, how many lines of
    /// each policy must be covered; in percent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(..=100))]
    threshold: Option<u8>,
    /// Output format
    #[arg(long, value_enum, default_value_t = TestFormat::Pretty)]
    format: TestFormat,
}

/// How many mutants must be noticed, in percent, where nothing else is said.
const MUTANTS_NOTICED: u8 = 90;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TestFormat {
    /// For reading
    Pretty,
    /// One JSON document
    Json,
    /// `JUnit` XML, for CI
    Junit,
    /// Test Anything Protocol
    Tap,
}

/// What kind of test it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A YAML case.
    Fixture,
    /// A rule of a `_test.rego`.
    Rego,
}

/// What came of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "status", content = "message")]
pub enum Status {
    /// As expected.
    Passed,
    /// Not as expected: the difference.
    Failed(String),
    /// `todo_test_*`.
    Skipped,
    /// It could not be run.
    Error(String),
}

/// One test that was run.
#[derive(Debug, Clone, Serialize)]
pub struct TestResult {
    /// Fixture or Rego.
    pub kind: Kind,
    /// The policy, or the file of a library test.
    pub suite: String,
    /// The case, or the rule.
    pub name: String,
    /// The file to open.
    pub file: String,
    /// What came of it.
    #[serde(flatten)]
    pub status: Status,
    /// How long it took.
    #[serde(skip)]
    pub duration: Duration,
}

/// All tests of a run.
#[derive(Debug, Default)]
pub struct TestRun {
    /// In the order of their suites.
    pub results: Vec<TestResult>,
    /// Files that could not be read.
    pub problems: Vec<Diagnostic>,
    /// Policies without a fixture.
    pub untested: Vec<String>,
    /// With `--coverage`: by policy.
    pub coverage: BTreeMap<String, PolicyCoverage>,
    /// The lines of each policy that must be covered, in percent.
    pub threshold: u8,
    /// Fixtures whose expectation was rewritten.
    pub updated: usize,
    /// How many policies were tested.
    pub policies: usize,
    /// How long all of it took.
    pub duration: Duration,
}

impl TestRun {
    /// How many tests ended so.
    pub fn count(&self, matches: impl Fn(&Status) -> bool) -> usize {
        self.results.iter().filter(|result| matches(&result.status)).count()
    }

    /// Lines with an expression, and those that no test came to.
    pub fn lines(&self) -> (usize, usize) {
        let of = |count: fn(&PolicyCoverage) -> usize| self.coverage.values().map(count).sum();
        (of(|policy| policy.lines.len()), of(|policy| policy.lines_missed.len()))
    }

    /// Rules, and those that no test came to.
    pub fn rules(&self) -> (usize, usize) {
        let of = |count: fn(&PolicyCoverage) -> usize| self.coverage.values().map(count).sum();
        (of(|policy| policy.rules), of(|policy| policy.rules_missed.len()))
    }

    /// The lines that tests came to, in percent, rounded down.
    pub fn percent(&self) -> usize {
        let (lines, missed) = self.lines();
        ((lines - missed) * 100).checked_div(lines).unwrap_or(100)
    }

    /// Whether enough of every policy is covered.
    pub fn is_covered(&self) -> bool {
        self.coverage.values().all(|policy| policy.percent() >= usize::from(self.threshold))
    }

    fn exit(&self) -> Exit {
        if !self.problems.is_empty() || self.count(|status| matches!(status, Status::Error(_))) > 0 {
            Exit::Error
        } else if self.count(|status| matches!(status, Status::Failed(_))) > 0 || !self.is_covered() {
            Exit::Violations
        } else {
            Exit::Success
        }
    }
}

/// Runs the command.
pub fn run(arguments: &TestArguments) -> Exit {
    if arguments.threshold.is_some() && !arguments.mutate && !arguments.coverage {
        let problem = Diagnostic::new("--threshold", "is for --coverage or --mutate, and neither is given");
        output::diagnostic::error(&problem.help("add one of them"));
        return Exit::Error;
    }
    if !arguments.watch {
        return run_once(arguments);
    }
    let paths = [arguments.folder.policies.clone(), arguments.fixtures.clone()];
    match watch::run(&paths, || {
        run_once(arguments);
    }) {
        Ok(()) => Exit::Success,
        Err(problem) => {
            output::diagnostic::error(&problem);
            Exit::Error
        }
    }
}

fn run_once(arguments: &TestArguments) -> Exit {
    let start = Instant::now();
    let set = arguments.folder.load();
    let (policies, problems) = given::select(&set, &arguments.names);
    if arguments.mutate && problems.is_empty() {
        let json = arguments.format == TestFormat::Json;
        let threshold = arguments.threshold.unwrap_or(MUTANTS_NOTICED);
        return mutate::run(&set, &policies, &arguments.fixtures, threshold, json).unwrap_or_else(
            |problems| {
                output::diagnostic::errors(&problems);
                Exit::Error
            },
        );
    }
    let threshold = arguments.threshold.unwrap_or(0);
    let mut run = TestRun { problems, threshold, policies: policies.len(), ..TestRun::default() };
    let mut coverage = arguments.coverage.then(Coverage::default);
    run_fixtures(&mut run, &set, &policies, arguments, coverage.as_mut());
    run_rego(&mut run, &set, &policies, arguments, coverage.as_mut());
    if let Some(coverage) = coverage {
        let of = |policy: &Arc<Policy>| {
            // What was never evaluated at all has no lines that count; one that stands for it is missed.
            let nothing =
                PolicyCoverage { lines: [1].into(), lines_missed: [1].into(), ..PolicyCoverage::default() };
            (policy.id().to_owned(), coverage.of(policy).unwrap_or(nothing))
        };
        run.coverage = policies.iter().map(of).collect();
    }
    run.duration = start.elapsed();
    if run.results.is_empty() && run.problems.is_empty() {
        run.problems.push(
            Diagnostic::new(arguments.fixtures.display().to_string(), "no tests found")
                .help("write fixtures/<policy-id>/<case>.yaml; docs/policy-contract.md shows one"),
        );
    }
    output::diagnostic::errors(&run.problems);
    match arguments.format {
        TestFormat::Pretty => test_pretty::print(&run),
        TestFormat::Json => test_json::print(&run),
        TestFormat::Junit => test_junit::print(&run),
        TestFormat::Tap => test_tap::print(&run),
    }
    if arguments.coverage && arguments.format == TestFormat::Pretty {
        test_coverage::print(&run);
    }
    run.exit()
}

fn run_fixtures(
    run: &mut TestRun,
    set: &PolicySet,
    policies: &[Arc<Policy>],
    arguments: &TestArguments,
    coverage: Option<&mut Coverage>,
) {
    let (cases, problems) = fixture::find(&arguments.fixtures);
    run.problems.extend(problems);
    let mut tested = BTreeSet::new();
    let mut judged: Vec<(&Case, &Arc<Policy>)> = Vec::new();
    for case in &cases {
        if let Some(policy) = policies.iter().find(|policy| policy.id() == case.policy_id) {
            tested.insert(case.policy_id.as_str());
            if arguments.wants(&case.policy_id, &case.name) {
                judged.push((case, policy));
            }
        } else if arguments.names.is_empty() && set.get(&case.policy_id).is_none() {
            let problem = format!("there is no policy \"{}\" for this fixture", case.policy_id);
            run.problems.push(
                Diagnostic::new(case.path.display().to_string(), problem)
                    .help("a fixture lies in the folder of its policy's id"),
            );
        }
    }
    for (index, status, duration) in judge_all(&judged, coverage) {
        let (case, policy) = judged[index];
        if arguments.update && matches!(status, Status::Failed(_)) {
            match update::update(case, policy) {
                Ok(()) => run.updated += 1,
                Err(problem) => run.problems.push(problem),
            }
        }
        run.results.push(TestResult {
            kind: Kind::Fixture,
            suite: case.policy_id.clone(),
            name: case.name.clone(),
            file: case.path.display().to_string(),
            status,
            duration,
        });
    }
    run.untested =
        policies.iter().map(|p| p.id()).filter(|id| !tested.contains(id)).map(ToOwned::to_owned).collect();
}

/// Judges on all cores; in the order of the cases.
fn judge_all(
    judged: &[(&Case, &Arc<Policy>)],
    coverage: Option<&mut Coverage>,
) -> Vec<(usize, Status, Duration)> {
    let counts = coverage.is_some();
    let next = AtomicUsize::new(0);
    let worker = || {
        let (mut found, mut lines) = (Vec::new(), Coverage::default());
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some((case, policy)) = judged.get(index) else { break };
            let start = Instant::now();
            let status = if counts {
                let (status, of_case) = judge::judge_counting(case, policy);
                lines.merge(of_case);
                status
            } else {
                judge(case, policy)
            };
            found.push((index, status, start.elapsed()));
        }
        (found, lines)
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (mut found, mut lines) = (Vec::new(), Coverage::default());
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        for (of_worker, covered) in workers.into_iter().filter_map(|worker| worker.join().ok()) {
            found.extend(of_worker);
            lines.merge(covered);
        }
    });
    // A case whose thread died must not vanish.
    let known: BTreeSet<usize> = found.iter().map(|(index, ..)| *index).collect();
    let lost = (0..judged.len()).filter(|index| !known.contains(index));
    found.extend(lost.map(|index| (index, Status::Error("its thread died".into()), Duration::ZERO)));
    found.sort_by_key(|(index, ..)| *index);
    if let Some(coverage) = coverage {
        coverage.merge(lines);
    }
    found
}

fn run_rego(
    run: &mut TestRun,
    set: &PolicySet,
    policies: &[Arc<Policy>],
    arguments: &TestArguments,
    coverage: Option<&mut Coverage>,
) {
    let ids: Vec<String> = if arguments.names.is_empty() {
        Vec::new()
    } else {
        policies.iter().map(|policy| policy.id().to_owned()).collect()
    };
    let (tests, problems) = rego_test::run(set, &ids, coverage);
    run.problems.extend(problems);
    for test in tests {
        let stem = test.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let suite = stem.trim_end_matches("_test");
        let name = test.name.rsplit('.').next().unwrap_or(&test.name);
        if !arguments.wants(suite, name) {
            continue;
        }
        run.results.push(TestResult {
            kind: Kind::Rego,
            suite: suite.to_owned(),
            name: name.to_owned(),
            file: test.file.display().to_string(),
            status: match test.result {
                RegoTestResult::Passed => Status::Passed,
                RegoTestResult::Skipped => Status::Skipped,
                RegoTestResult::Failed(problem) => Status::Failed(problem.to_string()),
            },
            duration: Duration::ZERO,
        });
    }
}

impl TestArguments {
    fn wants(&self, suite: &str, name: &str) -> bool {
        self.filter.as_ref().is_none_or(|text| format!("{suite} {name}").contains(text))
    }
}
