//! `sekisho replay`: the main job without AWS. It stands in for AWS Config: events in, the real `bootstrap` over
//! the Lambda Runtime API, `PutEvaluations` at an endpoint that refuses what AWS refuses, a compliance table out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::evaluate;
use sekisho_engine::facts::{RecordedFacts, qualified};
use sekisho_engine::item::load;
use sekisho_engine::item::shape::Found;
use sekisho_engine::item::{ACCOUNT_TYPE, ConfigurationItem};
use sekisho_engine::policy::PolicySet;
use sekisho_engine::rule;
use sekisho_engine::verdict::Language;
use serde_json::{Map, Value};

use crate::Exit;
use crate::fixture::{self, Case};
use crate::given::{FactArguments, GivenFacts, PolicyFolder};
use crate::output::{self, replay_json, replay_table};
use crate::replay::event;
use crate::replay::rules::{self, Rule, RuleTrigger};
use crate::replay::session::{Answer, Session, SessionOptions};
use crate::waivers::{self, GivenWaivers};

/// Run the real Lambda function over fixtures or items, without AWS
///
/// Stands in for AWS Config: makes the event of each item, hands it to the real `bootstrap` over the Lambda Runtime
/// API, takes its `PutEvaluations` at a local endpoint that refuses what AWS refuses, and prints the compliance that
/// AWS Config would show. Fixtures run with their own parameters, facts and time and are compared with what they
/// expect.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    sekisho replay fixtures\n  \
    sekisho replay snapshot.json.gz --rule rules.yaml\n  \
    sekisho replay items/ --facts roster=staff.csv --facts iam_users=users.json\n\n\
    A rule file:\n  \
    rules:\n    \
    - name: data-in-japan\n      \
    parameters: {policy: residency-resource-region, allowedRegions: ap-northeast-1}\n      \
    resource_types: [AWS::S3::Bucket]\n      \
    trigger: change")]
pub struct ReplayArguments {
    /// Fixtures (YAML), and files and folders with configuration items
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    folder: PolicyFolder,
    /// Rules with parameters, scope and trigger (YAML); without it, one rule a policy
    #[arg(long, value_name = "FILE")]
    rule: Option<PathBuf>,
    #[command(flatten)]
    facts: FactArguments,
    /// Agreed exceptions (YAML); else waivers.yaml in the policies' folder
    #[arg(long, value_name = "FILE")]
    waivers: Option<PathBuf>,
    /// The time of the evaluation (RFC 3339); now where it is not given
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    /// The Lambda function's binary; else `SEKISHO_BOOTSTRAP`, else beside this command
    #[arg(long, value_name = "FILE")]
    bootstrap: Option<PathBuf>,
    /// How long one invocation may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    timeout: u64,
    /// Language of the annotations: en, ja or both
    #[arg(long, value_name = "LANGUAGE", default_value = "both")]
    lang: Language,
    /// Output format
    #[arg(long, value_enum, default_value_t = ReplayFormat::Table)]
    format: ReplayFormat,
    /// Write the JSON document to a file as well, for `sekisho report`
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Show the function's log on standard error
    #[arg(long)]
    log: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReplayFormat {
    /// A table on a terminal, lines with tabs in a pipe
    Table,
    /// One JSON document
    Json,
}

/// One event for the function, and what is expected of it.
pub struct Step {
    /// The rule that it is for.
    pub rule: String,
    /// What happens: an item's change, or the schedule.
    pub occasion: event::Occasion,
    /// `ruleParameters`.
    pub parameters: Map<String, Value>,
    /// What the function knows beside AWS.
    pub facts: RecordedFacts,
    /// What AWS Config has recorded, where the function may ask for it.
    pub recorded: Vec<Value>,
    /// The fixture, where it is one.
    pub case: Option<Case>,
}

/// All that a replay found.
#[derive(Default)]
pub struct Replay {
    /// In the order of the events.
    pub answers: Vec<Answer>,
    /// What could not be read or run.
    pub problems: Vec<Diagnostic>,
    /// What is worth a word.
    pub notes: Vec<String>,
}

impl Replay {
    fn exit(&self) -> Exit {
        // A fixture may expect that the function fails; else a failure is an error and no violation.
        let failed =
            |answer: &Answer| answer.failure.is_some() && (!answer.fixture || answer.unexpected.is_some());
        if !self.problems.is_empty() || self.answers.iter().any(failed) {
            Exit::Error
        } else if self.answers.iter().any(Answer::is_violation) {
            Exit::Violations
        } else {
            Exit::Success
        }
    }
}

/// Runs the command.
pub fn run(arguments: &ReplayArguments) -> Exit {
    let mut replay = Replay::default();
    let set = arguments.folder.load();
    replay.problems.extend(set.problems().cloned());
    let steps = steps(arguments, &set, &mut replay);
    if steps.is_empty() && replay.problems.is_empty() {
        let message = "nothing to replay: no fixture, and no item that a rule is for";
        replay.problems.push(Diagnostic::new("PATH", message).help("see sekisho replay --help"));
    }
    let file = waivers::file(arguments.waivers.as_deref(), &arguments.folder.policies);
    let (_, problems) = GivenWaivers::read(file.as_deref(), &set);
    replay.problems.extend(problems);
    if !steps.is_empty() {
        let options = SessionOptions {
            waivers: file,
            bootstrap: arguments.bootstrap.clone(),
            policies: arguments.folder.policies.clone(),
            language: arguments.lang,
            timeout: Duration::from_secs(arguments.timeout),
            show_log: arguments.log,
        };
        match Session::run(&options, steps) {
            Ok(answers) => replay.answers = answers,
            Err(problem) => replay.problems.push(problem),
        }
    }
    if let Some(Err(problem)) = arguments.save.as_deref().map(|file| save(file, &replay)) {
        replay.problems.push(problem);
    }
    output::diagnostic::errors(&replay.problems);
    match arguments.format {
        ReplayFormat::Table => replay_table::print(&replay),
        ReplayFormat::Json => replay_json::print(&replay),
    }
    replay.exit()
}

fn save(file: &Path, replay: &Replay) -> Result<(), Diagnostic> {
    let text = format!("{:#}\n", replay_json::document(replay));
    fs::write(file, text).map_err(|error| {
        Diagnostic::new(file.display().to_string(), format!("cannot be written: {error}"))
            .help("name a file in a folder that is there and may be written to")
    })
}

fn steps(arguments: &ReplayArguments, set: &PolicySet, replay: &mut Replay) -> Vec<Step> {
    let mut steps = Vec::new();
    let (mut item_paths, mut found_fixtures) = (Vec::new(), false);
    for path in &arguments.paths {
        if path.is_dir() || fixture::is_fixture(path) {
            let (cases, problems) = fixture::find(path);
            replay.problems.extend(problems);
            found_fixtures |= !cases.is_empty();
            steps.extend(cases.into_iter().filter_map(|case| fixture_step(case, set, replay)));
        }
        if !fixture::is_fixture(path) {
            item_paths.push(path.clone());
        }
    }
    let files = load::files(&item_paths);
    replay.problems.extend(files.problems);
    // Beside fixtures a folder holds the items and facts that they name: those are theirs.
    let named: Vec<PathBuf> = files.files.into_iter().filter(|_| !found_fixtures).collect();
    let items = items(&named, replay);
    if items.is_empty() && found_fixtures {
        return steps;
    }
    let rules = match &arguments.rule {
        Some(file) => rules::read(file, set),
        None => Ok(rules::one_a_policy(set)),
    };
    let facts = match GivenFacts::read(&arguments.facts) {
        Ok(facts) => facts,
        Err(problem) => {
            replay.problems.push(problem);
            return steps;
        }
    };
    match rules {
        Ok(rules) => {
            let policies: Vec<_> = rules.iter().flat_map(|rule| rule.policies.iter().cloned()).collect();
            replay.problems.extend(facts.problems(&policies));
            for rule in &rules {
                steps.extend(rule_steps(arguments, &facts, rule, &items, replay));
            }
        }
        Err(problems) => replay.problems.extend(problems),
    }
    steps
}

fn items(files: &[PathBuf], replay: &mut Replay) -> Vec<ConfigurationItem> {
    let mut items = Vec::new();
    for path in files {
        for found in load::read_file(path) {
            match found {
                Found::Item(item) => items.push(*item),
                Found::NoItem(name) => {
                    replay.notes.push(format!("{}: a {name}, which carries no item", path.display()));
                }
                Found::Bad(problem) => replay.problems.push(problem),
            }
        }
    }
    items
}

/// A fixture as an event of a rule of its own.
fn fixture_step(case: Case, set: &PolicySet, replay: &mut Replay) -> Option<Step> {
    let Some(policy) = set.get(&case.policy_id) else {
        let message = format!("there is no policy \"{}\" for this fixture", case.policy_id);
        replay.problems.push(
            Diagnostic::new(case.path.display().to_string(), message)
                .help("a fixture lies in the folder of its policy's id"),
        );
        return None;
    };
    let prepared = match case.prepare(policy) {
        Ok(prepared) => prepared,
        Err(problems) => {
            replay.problems.extend(problems);
            return None;
        }
    };
    let mut parameters = case.fixture.parameters.clone();
    parameters.insert("policy".into(), policy.id().into());
    let now = prepared.data.now;
    let facts =
        RecordedFacts { version: 1, now: Some(now), facts: prepared.data.facts.into_iter().collect() };
    let mut recorded: Vec<Value> = prepared.recorded.into_iter().map(|item| item.document).collect();
    let occasion = if prepared.occasion == evaluate::Occasion::Schedule {
        if prepared.item.resource.resource_type != ACCOUNT_TYPE {
            recorded.push(prepared.item.document.clone());
        }
        event::Occasion::schedule_for(&prepared.item, now)
    } else {
        event::Occasion::of(prepared.item, now)
    };
    Some(Step {
        rule: format!("{}/{}", case.policy_id, case.name),
        occasion,
        parameters,
        facts,
        recorded,
        case: Some(case),
    })
}

/// The events that AWS Config would send for `rule`.
fn rule_steps(
    arguments: &ReplayArguments,
    given: &GivenFacts,
    rule: &Rule,
    items: &[ConfigurationItem],
    replay: &mut Replay,
) -> Vec<Step> {
    let now = crate::given::now(arguments.now.or_else(|| given.now()));
    let mut parameters = rule.parameters.clone();
    rule.policies.iter().for_each(|policy| given.fill(policy, &mut parameters));
    let facts = match facts_of(rule, &parameters, given, now, replay) {
        Ok(facts) => facts,
        Err(missing) => {
            replay.notes.push(format!("rule {} was not run: it needs {missing}", rule.name));
            return Vec::new();
        }
    };
    let step = |occasion, recorded| Step {
        rule: rule.name.clone(),
        occasion,
        parameters: parameters.clone(),
        facts: facts.clone(),
        recorded,
        case: None,
    };
    let mut steps = Vec::new();
    if rule.trigger != RuleTrigger::Periodic {
        let in_scope = items.iter().filter(|item| {
            item.resource.resource_type != ACCOUNT_TYPE
                && rule.resource_types.contains(&item.resource.resource_type)
        });
        steps.extend(in_scope.map(|item| step(event::Occasion::of(item.clone(), now), Vec::new())));
    }
    if rule.trigger != RuleTrigger::Change {
        let mut accounts: BTreeSet<&str> = BTreeSet::new();
        accounts.extend(items.iter().filter_map(|item| item.account_id.as_deref()));
        if accounts.is_empty() {
            accounts.insert(fixture::ACCOUNT);
        }
        let scheduled =
            |account: &str| event::Occasion::Schedule { account_id: account.to_owned(), created: now };
        let of_account = |account: &str| {
            let own = items.iter().filter(|item| item.account_id.as_deref().is_none_or(|id| id == account));
            own.map(|item| item.document.clone()).collect()
        };
        steps.extend(accounts.iter().map(|account| step(scheduled(account), of_account(account))));
    }
    steps
}

/// The facts of the rule's policies; the error names the flags that would give the missing ones.
fn facts_of(
    rule: &Rule,
    parameters: &Map<String, Value>,
    facts: &GivenFacts,
    now: Timestamp,
    replay: &mut Replay,
) -> Result<RecordedFacts, String> {
    let mut recorded = RecordedFacts { version: 1, now: Some(now), facts: BTreeMap::default() };
    let mut missing = Vec::new();
    // Parameters that do not fit are for the function to refuse: that is what is replayed.
    let applied = rule::parameters(&rule.policies, None, parameters, "parameters").unwrap_or_default();
    for policy in &rule.policies {
        let parameters = applied.get(policy.id()).cloned().unwrap_or_default();
        let flags = facts.missing(policy);
        if !flags.is_empty() {
            missing.extend(flags);
        } else if let Some(of_policy) = facts.of(policy, &parameters, &mut replay.problems) {
            let named = of_policy.into_iter().map(|(name, value)| (qualified(policy.id(), &name), value));
            recorded.facts.extend(named);
        } else {
            missing.push(format!("facts of {} that can be read", policy.id()));
        }
    }
    if missing.is_empty() { Ok(recorded) } else { Err(missing.join(" ")) }
}
