//! `sekisho scan`: every applicable policy over every item found.

mod progress;
mod stream;
mod waiting;
pub mod whole;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::evaluate::{EvaluationError, Evaluator, PolicyData};
use sekisho_engine::inventory::Inventory;
use sekisho_engine::item::{ConfigurationItem, load};
use sekisho_engine::policy::Policy;
use sekisho_engine::rule;
use sekisho_engine::verdict::{Language, Verdict};
use serde::Serialize;
use serde_json::Value;

use super::scan_cloudformation::CloudFormationArguments;
use crate::Exit;
use crate::given::{self, FactArguments, GivenFacts, Pair, PolicyFolder};
use crate::output::scan_rows::{RowFormat, Rows, Standard, Writer};
use crate::output::{self, scan_json, scan_table};
use crate::report::provenance;
use crate::waivers::{self, GivenWaivers};

/// The region of the account item where no item names one.
const DEFAULT_REGION: &str = "ap-northeast-1";

/// Judge configuration items: every policy that applies over every item found
///
/// With --cloudformation, PATH is a template, whose resources are judged before they are deployed. Otherwise
/// PATH is a file or a folder: items, lists, JSON lines, API answers, SNS envelopes, Lambda events, snapshots,
/// gzipped or not. The shape is detected.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    sekisho scan snapshot.json.gz\n  \
    sekisho scan items/ --policy medical-jp --param allowedRegions=ap-northeast-1\n  \
    aws configservice get-resource-config-history --resource-type AWS::S3::Bucket --resource-id b > b.json\n  \
    sekisho scan b.json --format json\n  \
    sekisho scan account.json --facts roster=staff.csv --facts iam_users=users.json\n  \
    sekisho scan --cloudformation template.yaml --cfn-parameter Stage=prod --region ap-northeast-1")]
pub struct ScanArguments {
    /// Files and folders with configuration items, or templates
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    template: CloudFormationArguments,
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
    /// Threads that judge; all cores where it is not given
    #[arg(long, value_name = "N")]
    threads: Option<std::num::NonZero<usize>>,
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

/// Something and the file that its item came from.
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
    /// How many verdicts of each compliance type.
    pub compliance: [usize; 3],
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
    fn sort_policies(&mut self) {
        self.evaluation.policies.sort_by(|a, b| a.id.cmp(&b.id));
    }

    fn exit(&self) -> Exit {
        if !self.problems.is_empty() || !self.errors.is_empty() {
            Exit::Error
        } else if self.count(sekisho_engine::verdict::Compliance::NonCompliant) > 0 {
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
    let template = &arguments.template;
    let policies = template.policies(policies, &arguments.names, &mut scan);
    let files = if template.is_given() { Vec::new() } else { files(&arguments.paths, &mut scan) };
    let facts = GivenFacts::read(&arguments.facts).unwrap_or_else(|problem| {
        scan.problems.push(problem);
        GivenFacts::default()
    });
    let now = given::now(arguments.now.or_else(|| facts.now()));
    let given = Given { names: &arguments.names, parameters: &arguments.parameters, facts: &facts, now };
    let ready = ready(&given, &policies, &mut scan);
    scan.evaluation.policies_sha256 = provenance::hash(&arguments.folder.policies).ok().map(|(hash, _)| hash);
    let file = waivers::file(arguments.waivers.as_deref(), &arguments.folder.policies);
    let (mut waivers, problems) = GivenWaivers::read(file.as_deref(), &set);
    scan.problems.extend(problems);
    let mut output = Output::new(arguments);
    if template.is_given() {
        let evaluator = evaluator(&ready, now, &Arc::default(), &mut scan);
        let (writer, mut rows) = (output.writer, Rows::default());
        let mut row = |place: &str, verdict: &Verdict| writer.row(place, verdict, &mut rows);
        template.judge(&arguments.paths, &evaluator, now, &mut waivers, &mut scan, &mut row);
        output.write(rows);
        let judged: Vec<&str> = ready.iter().map(|ready| ready.policy.id()).collect();
        scan.notes.extend(waivers.notes(&judged));
    } else {
        judge(&ready, &files, &mut waivers, now, &mut output, &mut scan);
    }
    output::diagnostic::errors(&scan.problems);
    output.finish(&mut scan);
    scan_table::print_summary(&scan);
    scan.exit()
}

/// The files under `paths`; what was passed over is a note.
fn files(paths: &[PathBuf], scan: &mut Scan) -> Vec<PathBuf> {
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
    files.files
}

/// The way of all items, each judged as it comes; what is scanned is all that there is for the policies that look at more than
/// one, which judge in the end where that matters.
fn judge(
    ready: &[ReadyPolicy],
    files: &[PathBuf],
    waivers: &mut GivenWaivers,
    now: Timestamp,
    output: &mut Output,
    scan: &mut Scan,
) {
    let (one, many): (Vec<_>, Vec<_>) =
        ready.iter().cloned().partition(|ready| ready.policy.metadata.inventory.is_empty());
    let empty = Arc::default();
    let evaluator = evaluator(&one, now, &empty, scan);
    let mut early = evaluator.clone();
    for ready in &many {
        // One that has no part in it says so when the inventory is there.
        let _ = early.add_awaiting(&ready.policy, &ready.data(now, &empty));
    }
    let kept = stream::Kept::of(&many);
    let judge = stream::Judge {
        evaluator: &early,
        kept: &kept,
        waivers: waivers.waivers(),
        now,
        writer: output.writer,
        threads: output.threads,
    };
    let mut seen = stream::run(&judge, files, scan, &mut |rows| output.write(rows));
    let mut late = evaluator;
    add(&mut late, &many, now, &Arc::new(std::mem::take(&mut seen.looked_up)), scan);
    let mut waiting = std::mem::take(&mut seen.waiting);
    let accounts = account_items(std::mem::take(&mut seen.accounts), &seen.regions, now);
    let mut write = |rows| output.write(rows);
    judge.rest(&late, &mut waiting, &accounts, scan, &mut seen, &mut write);
    scan.sort_policies();
    let judged: Vec<&str> = ready.iter().map(|ready| ready.policy.id()).collect();
    waivers.used(std::mem::take(&mut seen.waived));
    scan.notes.extend(waivers.notes(&judged));
    let undecided = std::mem::take(&mut seen.undecided).into_iter();
    scan.notes
        .extend(undecided.map(|(problem, items)| format!("{}: {problem}", output::count(items, "item"))));
}

/// Where rows go.
struct Output {
    format: ScanFormat,
    writer: Writer,
    threads: usize,
    cells: Vec<[String; 5]>,
    standard: Standard,
}

impl Output {
    fn new(arguments: &ScanArguments) -> Self {
        use std::io::IsTerminal as _;
        let format = match arguments.format {
            ScanFormat::Json => RowFormat::JsonElement,
            ScanFormat::Jsonl => RowFormat::JsonLine,
            ScanFormat::Table if std::io::stdout().is_terminal() => RowFormat::Cells,
            ScanFormat::Table => RowFormat::Tabs,
        };
        let writer = Writer { format, language: arguments.lang, all: arguments.all };
        let threads = given::threads(arguments.threads);
        let mut standard = Standard::default();
        if arguments.format == ScanFormat::Json {
            standard.begin(scan_json::BEGIN);
        }
        Self { format: arguments.format, writer, threads, cells: Vec::new(), standard }
    }

    fn write(&mut self, rows: Rows) {
        self.cells.extend(rows.cells);
        self.standard.write(&rows.bytes);
    }

    fn finish(mut self, scan: &mut Scan) {
        match self.format {
            ScanFormat::Table => {
                scan_table::print(std::mem::take(&mut self.cells));
                scan_table::print_errors(scan);
            }
            ScanFormat::Json => self.standard.write(scan_json::end(scan).as_bytes()),
            ScanFormat::Jsonl => self.standard.write(scan_json::error_lines(scan).as_bytes()),
        }
        if let Err(error) = self.standard.finish() {
            let problem = Diagnostic::new("standard output", format!("cannot be written: {error}"));
            output::diagnostic::error(&problem);
            scan.problems.push(problem);
        }
    }
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

/// A policy with what it is given.
#[derive(Debug, Clone)]
pub(super) struct ReadyPolicy {
    /// The policy.
    pub policy: Arc<Policy>,
    /// With its defaults filled in.
    pub parameters: Value,
    /// Its facts.
    pub facts: serde_json::Map<String, Value>,
}

impl ReadyPolicy {
    fn data(&self, now: Timestamp, inventory: &Arc<Inventory>) -> PolicyData {
        PolicyData {
            parameters: self.parameters.clone(),
            facts: self.facts.clone(),
            now,
            inventory: Arc::clone(inventory),
        }
    }
}

/// The policies with their parameters and facts. A policy whose facts were not given cannot judge: that is
/// noted, and an error where the policy was asked for by name.
pub(super) fn ready(given: &Given<'_>, policies: &[Arc<Policy>], scan: &mut Scan) -> Vec<ReadyPolicy> {
    let facts = given.facts;
    scan.evaluation.evaluated_at = given.now;
    let problems = facts.problems(policies);
    if !problems.is_empty() {
        scan.problems.extend(problems);
        return Vec::new();
    }
    let (able, waiting): (Vec<_>, Vec<_>) =
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
    able.iter().for_each(|policy| facts.fill(policy, &mut parameters));
    let applied = match rule::parameters(&able, None, &parameters, "--param") {
        Ok(applied) => applied,
        Err(problems) => {
            scan.problems.extend(problems);
            return Vec::new();
        }
    };
    let mut ready = Vec::new();
    for policy in able {
        let parameters = applied.get(policy.id()).cloned().unwrap_or_default();
        match facts.of(&policy, &parameters, &mut scan.problems) {
            Some(facts) => ready.push(ReadyPolicy { policy, parameters, facts }),
            None => {
                scan.notes.push(format!("policy {} was not run: its facts could not be read", policy.id()));
            }
        }
    }
    ready
}

/// An evaluator of `ready`; who has no part in it is a problem.
pub(super) fn evaluator(
    ready: &[ReadyPolicy],
    now: Timestamp,
    inventory: &Arc<Inventory>,
    scan: &mut Scan,
) -> Evaluator {
    let mut evaluator = Evaluator::new();
    add(&mut evaluator, ready, now, inventory, scan);
    evaluator
}

/// Adds `ready`; who has no part in it is a problem.
fn add(
    evaluator: &mut Evaluator,
    ready: &[ReadyPolicy],
    now: Timestamp,
    inventory: &Arc<Inventory>,
    scan: &mut Scan,
) {
    for ready in ready {
        let ran = ScanPolicy { id: ready.policy.id().to_owned(), parameters: ready.parameters.clone() };
        match evaluator.add(&ready.policy, &ready.data(now, inventory)) {
            Ok(()) => scan.evaluation.policies.push(ran),
            Err(problem) => scan.problems.push(problem),
        }
    }
}

/// Notes the region of an account's first item.
fn note_region(regions: &mut BTreeMap<String, String>, item: &ConfigurationItem) {
    if let Some(account) = &item.account_id
        && !regions.contains_key(account)
    {
        let region = item.region.as_deref().filter(|region| *region != "global").unwrap_or(DEFAULT_REGION);
        regions.insert(account.clone(), region.to_owned());
    }
}

/// Periodic policies judge accounts: those given as items, else each account that the items belong to.
fn account_items(
    given: Vec<ConfigurationItem>,
    regions: &BTreeMap<String, String>,
    now: Timestamp,
) -> Vec<ConfigurationItem> {
    if !given.is_empty() {
        return given;
    }
    regions.iter().map(|(account, region)| ConfigurationItem::account(account, region, now)).collect()
}
