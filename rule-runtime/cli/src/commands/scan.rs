//! `sekisho scan`: every applicable policy over every item found.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::evaluate::{EvaluationError, Evaluator, Occasion, PolicyData};
use sekisho_engine::inventory::Inventory;
use sekisho_engine::item::shape::Found;
use sekisho_engine::item::{ACCOUNT_TYPE, ConfigurationItem, load};
use sekisho_engine::policy::{Policy, Trigger};
use sekisho_engine::rule;
use sekisho_engine::verdict::{Compliance, Language, Verdict};
use serde::Serialize;
use serde_json::Value;

use crate::Exit;
use crate::given::{self, FactArguments, GivenFacts, Pair, PolicyFolder};
use crate::output::{self, scan_json, scan_table};
use crate::report::provenance;
use crate::waivers::{self, GivenWaivers};

/// How long a scan takes before it shows a progress bar.
const PATIENCE: Duration = Duration::from_millis(700);

/// The region of the account item where no item names one.
const DEFAULT_REGION: &str = "ap-northeast-1";

/// Judge configuration items: every policy that applies over every item found
///
/// PATH is a file or a folder: items, lists, JSON lines, API answers, SNS envelopes, Lambda events, snapshots,
/// gzipped or not. The shape is detected.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    sekisho scan snapshot.json.gz\n  \
    sekisho scan items/ --policy medical-jp --param allowedRegions=ap-northeast-1\n  \
    aws configservice get-resource-config-history --resource-type AWS::S3::Bucket --resource-id b > b.json\n  \
    sekisho scan b.json --format json\n  \
    sekisho scan account.json --facts roster=staff.csv --facts iam_users=users.json")]
pub struct ScanArguments {
    /// Files and folders with configuration items
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    folder: PolicyFolder,
    /// A policy's id or a pack's name; repeat for more; all where none is given
    #[arg(long = "policy", value_name = "NAME")]
    names: Vec<String>,
    /// A rule parameter; repeat for more
    #[arg(long = "param", value_name = "NAME=VALUE")]
    parameters: Vec<Pair>,
    #[command(flatten)]
    facts: FactArguments,
    /// Agreed exceptions (YAML); else waivers.yaml in the policies' folder
    #[arg(long, value_name = "FILE")]
    waivers: Option<PathBuf>,
    /// The time of the evaluation (RFC 3339); now where it is not given
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    /// Output format
    #[arg(long, value_enum, default_value_t = ScanFormat::Table)]
    format: ScanFormat,
    /// Language of the reasons in the table: en, ja or both
    #[arg(long, value_name = "LANGUAGE", default_value = "both")]
    lang: Language,
    /// Show compliant resources in the table too
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ScanFormat {
    /// A table on a terminal, lines with tabs in a pipe
    Table,
    /// One JSON document
    Json,
    /// One JSON object a line, one line a verdict or an error
    Jsonl,
}

/// A verdict and the file that its item came from.
#[derive(Debug)]
pub struct Located<T> {
    /// The file; `(account)` for a periodic policy.
    pub file: String,
    /// What was found.
    pub found: T,
}

/// All that a scan found.
#[derive(Debug, Default)]
pub struct Scan {
    /// One a policy and resource.
    pub verdicts: Vec<Located<Verdict>>,
    /// Policies that failed on an item.
    pub errors: Vec<Located<EvaluationError>>,
    /// What could not be read.
    pub problems: Vec<Diagnostic>,
    /// Files without a problem.
    pub files_good: usize,
    /// Files that were read.
    pub files: usize,
    /// Items that were found.
    pub items: usize,
    /// Items that no policy applies to.
    pub without_policy: usize,
    /// What is worth a word and is no problem.
    pub notes: Vec<String>,
    /// How the verdicts were made.
    pub evaluation: ScanEvaluation,
}

/// With what a scan judged, for whoever reads its verdicts later.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScanEvaluation {
    /// The policies' time, `data.facts.now`.
    pub evaluated_at: Timestamp,
    /// Over the policies' files; absent where they cannot be read.
    pub policies_sha256: Option<String>,
    /// The policies that ran. One that is missing here has judged nothing.
    pub policies: Vec<ScanPolicy>,
}

/// A policy that ran.
#[derive(Debug, Serialize)]
pub struct ScanPolicy {
    /// `custom.id`.
    pub id: String,
    /// With the policy's defaults filled in.
    pub parameters: Value,
}

impl Scan {
    /// How many verdicts there are of each compliance type.
    pub fn count(&self, compliance: Compliance) -> usize {
        self.verdicts.iter().filter(|verdict| verdict.found.compliance == compliance).count()
    }

    fn exit(&self) -> Exit {
        if !self.problems.is_empty() || !self.errors.is_empty() {
            Exit::Error
        } else if self.count(Compliance::NonCompliant) > 0 {
            Exit::Violations
        } else {
            Exit::Success
        }
    }
}

/// Runs the command.
pub fn run(arguments: &ScanArguments) -> Exit {
    let mut scan = Scan::default();
    let set = arguments.folder.load();
    let (policies, problems) = given::select(&set, &arguments.names);
    scan.problems.extend(problems);
    if policies.is_empty() && scan.problems.is_empty() {
        let folder = arguments.folder.policies.display().to_string();
        scan.problems
            .push(Diagnostic::new(folder, "holds no policy").help("name another folder with --policies"));
    }
    let items = read(&arguments.paths, &mut scan);
    // What is scanned is all that there is, for policies that look at more than one item.
    let inventory = Arc::new(Inventory::complete(items.iter().map(|item| &item.found)));
    let facts = GivenFacts::read(&arguments.facts).unwrap_or_else(|problem| {
        scan.problems.push(problem);
        GivenFacts::default()
    });
    let now = given::now(arguments.now.or_else(|| facts.now()));
    let given = Given { names: &arguments.names, parameters: &arguments.parameters, facts: &facts, now };
    let evaluator = evaluator(&given, &policies, &inventory, &mut scan);
    scan.evaluation.policies_sha256 = provenance::hash(&arguments.folder.policies).ok().map(|(hash, _)| hash);
    let file = waivers::file(arguments.waivers.as_deref(), &arguments.folder.policies);
    let (mut waivers, problems) = GivenWaivers::read(file.as_deref(), &set);
    scan.problems.extend(problems);
    judge(&evaluator, &items, now, Some(&mut waivers), &mut scan);
    let judged: Vec<&str> = evaluator.policies().map(|policy| policy.id()).collect();
    scan.notes.extend(waivers.notes(&judged));
    output::diagnostic::errors(&scan.problems);
    match arguments.format {
        ScanFormat::Table => scan_table::print(&scan, arguments.lang, arguments.all),
        ScanFormat::Json => scan_json::print(&scan),
        ScanFormat::Jsonl => scan_json::print_lines(&scan),
    }
    scan_table::print_summary(&scan);
    scan.exit()
}

/// What the user gives beside policies and items.
pub(super) struct Given<'a> {
    /// Policies asked for by name.
    pub names: &'a [String],
    /// Rule parameters.
    pub parameters: &'a [Pair],
    /// Facts.
    pub facts: &'a GivenFacts,
    /// `data.facts.now`.
    pub now: Timestamp,
}

/// The policies with their parameters and facts. A policy whose facts were not given cannot judge: that is
/// noted, and an error where the policy was asked for by name.
pub(super) fn evaluator(
    given: &Given<'_>,
    policies: &[Arc<Policy>],
    inventory: &Arc<Inventory>,
    scan: &mut Scan,
) -> Evaluator {
    let (facts, now) = (given.facts, given.now);
    scan.evaluation.evaluated_at = now;
    let mut evaluator = Evaluator::new();
    let problems = facts.problems(policies);
    if !problems.is_empty() {
        scan.problems.extend(problems);
        return evaluator;
    }
    let (ready, waiting): (Vec<_>, Vec<_>) =
        policies.iter().cloned().partition(|policy| facts.missing(policy).is_empty());
    for policy in waiting {
        let flags = facts.missing(&policy).join(" ");
        let message = format!("policy {} was not run: it needs {flags}", policy.id());
        if given.names.iter().any(|name| name == policy.id()) {
            scan.problems.push(Diagnostic::new("--facts", message));
        } else {
            scan.notes.push(message);
        }
    }
    let mut parameters = given::parameters(given.parameters);
    ready.iter().for_each(|policy| facts.fill(policy, &mut parameters));
    let applied = match rule::parameters(&ready, None, &parameters, "--param") {
        Ok(applied) => applied,
        Err(problems) => {
            scan.problems.extend(problems);
            return evaluator;
        }
    };
    for policy in &ready {
        let parameters = applied.get(policy.id()).cloned().unwrap_or_default();
        match facts.of(policy, &parameters, &mut scan.problems) {
            Some(facts) => {
                let ran = ScanPolicy { id: policy.id().to_owned(), parameters: parameters.clone() };
                let data = PolicyData { parameters, facts, now, inventory: Arc::clone(inventory) };
                match evaluator.add(policy, &data) {
                    Ok(()) => scan.evaluation.policies.push(ran),
                    Err(problem) => scan.problems.push(problem),
                }
            }
            None => {
                scan.notes.push(format!("policy {} was not run: its facts could not be read", policy.id()));
            }
        }
    }
    evaluator
}

/// Reads every file; what is no item is a problem or a note.
pub(super) fn read(paths: &[PathBuf], scan: &mut Scan) -> Vec<Located<ConfigurationItem>> {
    let files = load::files(paths);
    scan.problems.extend(files.problems);
    if !files.passed_over.is_empty() {
        let passed_over = output::count(files.passed_over.len(), "other file");
        scan.notes.push(format!("{passed_over} passed over: neither JSON nor gzip"));
    }
    if files.files.is_empty() && scan.problems.is_empty() {
        let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        scan.problems.push(Diagnostic::new(paths.join(", "), "holds no file with configuration items"));
    }
    let mut items = Vec::new();
    for path in &files.files {
        let file = path.display().to_string();
        let before = scan.problems.len();
        for found in load::read_file(path) {
            match found {
                Found::Item(item) => items.push(Located { file: file.clone(), found: *item }),
                Found::NoItem(name) => scan.notes.push(format!("{file}: a {name}, which carries no item")),
                Found::Bad(problem) => scan.problems.push(problem),
            }
        }
        scan.files += 1;
        scan.files_good += usize::from(scan.problems.len() == before);
    }
    scan.items = items.len();
    items
}

pub(super) fn judge(
    evaluator: &Evaluator,
    items: &[Located<ConfigurationItem>],
    now: Timestamp,
    waivers: Option<&mut GivenWaivers>,
    scan: &mut Scan,
) {
    let (accounts, resources): (Vec<_>, Vec<_>) =
        items.iter().partition(|item| item.found.resource.resource_type == ACCOUNT_TYPE);
    let references: Vec<_> = resources.iter().map(|item| &item.found).collect();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let progress = Progress::new(references.len());
    let outcomes = evaluator.judge_all(&references, Occasion::Change, threads, &|done| progress.show(done));
    progress.finish();
    let change = resources.iter().map(|item| (item.file.clone(), &item.found)).zip(outcomes);
    let periodic = periodic_items(now, evaluator, &accounts, &resources);
    let account_items: Vec<_> = periodic.iter().map(|item| &item.found).collect();
    let outcomes = evaluator.judge_all(&account_items, Occasion::Schedule, threads, &|_| {});
    let periodic = periodic.iter().map(|item| (item.file.clone(), &item.found)).zip(outcomes);
    // Policies that a schedule gives resources one by one; those of both triggers have judged them above.
    let scheduled = evaluator.filtered(|policy| policy.metadata.trigger == Trigger::Periodic);
    let outcomes = scheduled.judge_all(&references, Occasion::Schedule, threads, &|_| {});
    let change = change.zip(outcomes).map(|((place, mut outcome), scheduled)| {
        outcome.verdicts.extend(scheduled.verdicts);
        outcome.errors.extend(scheduled.errors);
        outcome.undecided.extend(scheduled.undecided);
        (place, outcome)
    });
    let mut waivers = waivers;
    let mut undecided: BTreeMap<String, usize> = BTreeMap::new();
    for ((file, item), mut outcome) in change.chain(periodic) {
        if let Some(waivers) = &mut waivers {
            waivers.apply(&mut outcome, item, now);
        }
        scan.without_policy += usize::from(outcome.verdicts.is_empty() && outcome.errors.is_empty());
        for passed in &outcome.undecided {
            *undecided.entry(passed.problem.to_string()).or_default() += 1;
        }
        let located = |found| Located { file: file.clone(), found };
        scan.verdicts.extend(outcome.verdicts.into_iter().map(located));
        scan.errors.extend(outcome.errors.into_iter().map(|found| Located { file: file.clone(), found }));
    }
    let notes =
        undecided.into_iter().map(|(problem, items)| format!("{}: {problem}", output::count(items, "item")));
    scan.notes.extend(notes);
}

/// Periodic policies judge accounts: those given as items, else each account that the items belong to.
fn periodic_items(
    now: Timestamp,
    evaluator: &Evaluator,
    accounts: &[&Located<ConfigurationItem>],
    resources: &[&Located<ConfigurationItem>],
) -> Vec<Located<ConfigurationItem>> {
    if !evaluator.policies().any(|policy| policy.metadata.trigger.on_schedule()) {
        return accounts
            .iter()
            .map(|item| Located { file: item.file.clone(), found: item.found.clone() })
            .collect();
    }
    if !accounts.is_empty() {
        return accounts
            .iter()
            .map(|item| Located { file: item.file.clone(), found: item.found.clone() })
            .collect();
    }
    let mut regions: BTreeMap<&str, &str> = BTreeMap::new();
    for item in resources {
        if let Some(account) = item.found.account_id.as_deref() {
            let region = item.found.region.as_deref().filter(|region| *region != "global");
            regions.entry(account).or_insert_with(|| region.unwrap_or(DEFAULT_REGION));
        }
    }
    regions
        .into_iter()
        .map(|(account, region)| Located {
            file: "(account)".to_owned(),
            found: ConfigurationItem::account(account, region, now),
        })
        .collect()
}

/// A progress bar that shows itself only when the scan takes long, and only on a terminal.
struct Progress {
    bar: ProgressBar,
    start: Instant,
    shown: Mutex<bool>,
}

impl Progress {
    fn new(items: usize) -> Self {
        let bar = ProgressBar::with_draw_target(Some(items as u64), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} items {eta} left") {
            bar.set_style(style);
        }
        Self { bar, start: Instant::now(), shown: Mutex::new(false) }
    }

    fn show(&self, done: usize) {
        if !done.is_multiple_of(64) {
            return;
        }
        self.bar.set_position(done as u64);
        if let Ok(mut shown) = self.shown.try_lock()
            && !*shown
            && self.start.elapsed() > PATIENCE
        {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            *shown = true;
        }
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
