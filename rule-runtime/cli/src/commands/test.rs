//! `sekisho test`: the fixtures and the `_test.rego` of every policy.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::evaluate::rego_test::{self, RegoTestResult};
use sekisho_engine::evaluate::{Evaluator, Outcome};
use sekisho_engine::policy::{Policy, PolicySet};
use sekisho_engine::verdict::{Compliance, ResourceKey, Verdict};
use serde::Serialize;
use similar::TextDiff;

use super::mutate;
use crate::Exit;
use crate::fixture::{self, Case, Expectation};
use crate::given::{self, PolicyFolder};
use crate::output::{self, test_json, test_junit, test_pretty};

/// Run the fixtures and the Rego tests of the policies
///
/// A fixture is fixtures/<policy-id>/<case>.yaml: an item and the verdict expected of it. A _test.rego beside a
/// policy runs as under `opa test`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    sekisho test\n  \
    sekisho test dynamodb-pitr\n  \
    sekisho test dynamodb-pitr --mutate\n  \
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
    /// Change each policy in small ways and see whether its tests notice
    #[arg(long)]
    mutate: bool,
    /// How many of the changes must be noticed, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 90, requires = "mutate", value_parser = clap::value_parser!(u8).range(..=100))]
    threshold: u8,
    /// Output format
    #[arg(long, value_enum, default_value_t = TestFormat::Pretty)]
    format: TestFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TestFormat {
    /// For reading
    Pretty,
    /// One JSON document
    Json,
    /// `JUnit` XML, for CI
    Junit,
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
}

impl TestRun {
    /// How many tests ended so.
    pub fn count(&self, matches: impl Fn(&Status) -> bool) -> usize {
        self.results.iter().filter(|result| matches(&result.status)).count()
    }

    fn exit(&self) -> Exit {
        if !self.problems.is_empty() || self.count(|status| matches!(status, Status::Error(_))) > 0 {
            Exit::Error
        } else if self.count(|status| matches!(status, Status::Failed(_))) > 0 {
            Exit::Violations
        } else {
            Exit::Success
        }
    }
}

/// Runs the command.
pub fn run(arguments: &TestArguments) -> Exit {
    let set = arguments.folder.load();
    let (policies, problems) = given::select(&set, &arguments.names);
    if arguments.mutate && problems.is_empty() {
        let json = arguments.format == TestFormat::Json;
        return mutate::run(&set, &policies, &arguments.fixtures, arguments.threshold, json).unwrap_or_else(
            |problems| {
                output::diagnostic::errors(&problems);
                Exit::Error
            },
        );
    }
    let mut run = TestRun { problems, ..TestRun::default() };
    run_fixtures(&mut run, &set, &policies, arguments);
    run_rego(&mut run, &set, &policies, arguments);
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
    }
    run.exit()
}

fn run_fixtures(run: &mut TestRun, set: &PolicySet, policies: &[Arc<Policy>], arguments: &TestArguments) {
    let (cases, problems) = fixture::find(&arguments.fixtures);
    run.problems.extend(problems);
    let mut tested = BTreeSet::new();
    for case in &cases {
        if let Some(policy) = policies.iter().find(|policy| policy.id() == case.policy_id) {
            tested.insert(case.policy_id.as_str());
            let start = Instant::now();
            let status = judge(case, policy);
            run.results.push(TestResult {
                kind: Kind::Fixture,
                suite: case.policy_id.clone(),
                name: case.name.clone(),
                file: case.path.display().to_string(),
                status,
                duration: start.elapsed(),
            });
        } else if arguments.names.is_empty() && set.get(&case.policy_id).is_none() {
            let problem = format!("there is no policy \"{}\" for this fixture", case.policy_id);
            run.problems.push(
                Diagnostic::new(case.path.display().to_string(), problem)
                    .help("a fixture lies in the folder of its policy's id"),
            );
        }
    }
    run.untested =
        policies.iter().map(|p| p.id()).filter(|id| !tested.contains(id)).map(ToOwned::to_owned).collect();
}

fn run_rego(run: &mut TestRun, set: &PolicySet, policies: &[Arc<Policy>], arguments: &TestArguments) {
    let ids: Vec<String> = if arguments.names.is_empty() {
        Vec::new()
    } else {
        policies.iter().map(|policy| policy.id().to_owned()).collect()
    };
    let (tests, problems) = rego_test::run(set, &ids);
    run.problems.extend(problems);
    for test in tests {
        let stem = test.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        run.results.push(TestResult {
            kind: Kind::Rego,
            suite: stem.trim_end_matches("_test").to_owned(),
            name: test.name.rsplit('.').next().unwrap_or(&test.name).to_owned(),
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

/// Evaluates one case and compares.
pub(crate) fn judge(case: &Case, policy: &Arc<Policy>) -> Status {
    let prepared = match case.prepare(policy) {
        Ok(prepared) => prepared,
        Err(problems) => {
            let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
            return expected_error(case, &lines.join("\n")).unwrap_or(Status::Error(lines.join("\n")));
        }
    };
    let mut evaluator = Evaluator::new();
    if let Err(problem) = evaluator.add(policy, &prepared.data) {
        let text = problem.to_string();
        return expected_error(case, &text).unwrap_or(Status::Error(text));
    }
    let mut outcome = evaluator.judge(&prepared.item, prepared.occasion);
    prepared.waivers.apply(&mut outcome, &prepared.item, prepared.data.now);
    if let Some(error) = outcome.errors.first() {
        let text = error.to_string();
        return expected_error(case, &text).unwrap_or(Status::Error(text));
    }
    if let Some(passed) = outcome.undecided.first() {
        let text = passed.problem.to_string();
        return expected_error(case, &text).unwrap_or(Status::Error(text));
    }
    let expected = describe_expected(&case.fixture.expect, &prepared.item.resource);
    let actual = describe_actual(&outcome, &prepared.item.resource, &case.fixture.expect);
    if expected == actual { Status::Passed } else { Status::Failed(difference(&expected, &actual)) }
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
