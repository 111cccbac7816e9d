//! Files of any size through the policies: batch by batch, on all cores, in memory that does not grow with the files.
//!
//! In: files. Out: rows in the order of the items, and what is counted. Policies that look at more than one item judge those for
//! which no other matters as they come. The rest wait until all items were seen: of them, and of the items that are looked
//! up, is kept what those policies can read.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::evaluate::{Awaiting, EvaluationError, Evaluator, Occasion, Outcome};
use sekisho_engine::inventory::{Entry, Inventory};
use sekisho_engine::item::cutter::{Batch, Content, Cutter};
use sekisho_engine::item::shape::Found;
use sekisho_engine::item::tree::Tree;
use sekisho_engine::item::{ACCOUNT_TYPE, ConfigurationItem, ItemStatus};
use sekisho_engine::ordered;
use sekisho_engine::policy::mask::{Known, Mask, Parts};
use sekisho_engine::verdict::Compliance;
use sekisho_engine::waiver::Waivers;

use super::progress::{Counted, Progress};
use super::waiting::{self, Waiting};
use super::{Located, ReadyPolicy, Scan, note_region};
use crate::output::scan_rows::{Rows, Writer};

/// What policies that wait can read, by resource type.
#[derive(Debug, Default)]
pub struct Kept {
    /// Of the items that they look up.
    looked_up: HashMap<String, Mask>,
}

impl Kept {
    /// Of `policies`, which look at more than one item.
    pub fn of(policies: &[ReadyPolicy]) -> Self {
        let mut kept = Self::default();
        for ready in policies {
            let metadata = &ready.policy.metadata;
            let judged = metadata.types_judged_on_schedule();
            for resource_type in judged.iter().map(String::as_str).chain([ACCOUNT_TYPE]) {
                let known = Known { resource_type, parameters: &ready.parameters };
                let masks = ready.policy.masks(known);
                for name in &metadata.inventory {
                    let mask = kept.looked_up.entry(name.clone()).or_default();
                    each_item(&masks.inventory, name).for_each(|items| mask.join(items));
                }
            }
        }
        kept.looked_up.values_mut().for_each(Mask::settle);
        kept
    }
}

/// What is read of the items of a type in `data.inventory`, whichever item it is.
fn each_item<'a>(inventory: &'a Mask, name: &str) -> impl Iterator<Item = &'a Mask> {
    let (whole, parts) = match inventory.field(name) {
        None => (None, None),
        Some(Mask::All) => (Some(&Mask::All), None),
        Some(Mask::Parts(Parts { names, each, .. })) => {
            (each.as_deref(), Some(names.iter().map(|(_, mask)| mask)))
        }
    };
    whole.into_iter().chain(parts.into_iter().flatten())
}

/// What is needed after the last item.
#[derive(Debug, Default)]
pub struct Seen {
    /// Accounts that were given as items.
    pub accounts: Vec<ConfigurationItem>,
    /// Accounts of the items, with the region of the first.
    pub regions: BTreeMap<String, String>,
    /// Items of the types that policies look up: what they can read.
    pub looked_up: Inventory,
    /// Items that wait for those.
    pub waiting: Waiting,
    /// Waivers that were used.
    pub waived: Vec<String>,
    /// A COMPLIANT that rests on absent fields, by what is absent.
    pub undecided: BTreeMap<String, usize>,
}

/// Everything that does not change during a scan.
pub struct Judge<'a> {
    /// All policies; those that look at more than one item await the others.
    pub evaluator: &'a Evaluator,
    /// What the others can read.
    pub kept: &'a Kept,
    /// Agreed exceptions.
    pub waivers: &'a Waivers,
    /// The time of the evaluation.
    pub now: Timestamp,
    /// How rows are written.
    pub writer: Writer,
    /// How many threads.
    pub threads: usize,
}

/// What one batch came to.
#[derive(Default)]
struct Batched {
    rows: Rows,
    compliance: [usize; 3],
    errors: Vec<Located<EvaluationError>>,
    problems: Vec<Diagnostic>,
    notes: Vec<String>,
    items: usize,
    without_policy: usize,
    accounts: Vec<ConfigurationItem>,
    regions: BTreeMap<String, String>,
    looked_up: Vec<Entry>,
    /// As [`waiting::write`] writes them.
    waiting: Vec<u8>,
    waived: Vec<String>,
    undecided: BTreeMap<String, usize>,
    file_ends: bool,
}

/// Judges the items of `files`; rows go to `write` as they come.
pub fn run(
    judge: &Judge<'_>,
    files: &[PathBuf],
    scan: &mut Scan,
    write: &mut (dyn FnMut(Rows) + Send),
) -> Seen {
    let mut seen = Seen { looked_up: Inventory::complete([]), ..Seen::default() };
    let read = Arc::new(AtomicU64::new(0));
    let progress = Progress::new(files);
    let mut source = Source { files: files.iter(), cutter: None, read: Arc::clone(&read) };
    // The problems of a file come with its batches, in their order.
    let mut file_is_good = true;
    let done = |result: Result<Batched, String>| {
        let result = result.unwrap_or_else(|panic| Batched::failed(&panic));
        file_is_good &= result.problems.is_empty();
        if result.file_ends {
            scan.files += 1;
            scan.files_good += usize::from(std::mem::replace(&mut file_is_good, true));
        }
        write(scan.take(result, &mut seen));
        progress.show(read.load(Ordering::Relaxed), scan.items);
    };
    let work = |evaluator: &mut Evaluator, job: Job| match job {
        Job::Batch(batch) => judge.batch(evaluator, &batch),
        Job::Unreadable(problem) => {
            Batched { problems: vec![problem], file_ends: true, ..Batched::default() }
        }
    };
    let ended = ordered::run(judge.threads, || judge.evaluator.clone(), || source.next(), work, done);
    progress.finish();
    if let Err(problem) = ended {
        scan.problems.push(Diagnostic::new("scan", format!("could not be done: {problem}")));
    }
    seen
}

impl Batched {
    /// A batch whose items could not be judged.
    fn failed(panic: &str) -> Self {
        let problem = Diagnostic::new("scan", format!("some items could not be judged: {panic}"));
        Self { problems: vec![problem], ..Self::default() }
    }
}

enum Job {
    Batch(Batch),
    Unreadable(Diagnostic),
}

/// The batches of all files.
struct Source<'a> {
    files: std::slice::Iter<'a, PathBuf>,
    cutter: Option<Cutter>,
    read: Arc<AtomicU64>,
}

impl Source<'_> {
    fn next(&mut self) -> Option<Job> {
        loop {
            if let Some(batch) = self.cutter.as_mut().and_then(Cutter::next_batch) {
                return Some(Job::Batch(batch));
            }
            let path = self.files.next()?;
            let name = path.display().to_string();
            let opened = File::open(path)
                .map_err(|error| {
                    Diagnostic::new(&name, format!("cannot be read: {error}"))
                        .help("check the path and its permissions")
                })
                .and_then(|file| Cutter::new(&name, Counted { inner: file, read: Arc::clone(&self.read) }));
            match opened {
                Ok(cutter) => self.cutter = Some(cutter),
                Err(problem) => return Some(Job::Unreadable(problem)),
            }
        }
    }
}

/// What is judged once all items were seen.
enum Late<'a> {
    /// For [`waiting::items`].
    Items(Result<String, Diagnostic>),
    Account(&'a ConfigurationItem),
}

impl Judge<'_> {
    fn batch(&self, evaluator: &mut Evaluator, batch: &Batch) -> Batched {
        let mut result = Batched { file_ends: batch.is_last(), ..Batched::default() };
        let tags = tags_only();
        let read = |evaluator: &mut Evaluator, text| evaluator.read(text, Occasion::Any);
        batch.each(evaluator, read, |evaluator, content| match content {
            Content::Found(Found::Bad(problem)) => result.problems.push(problem),
            Content::Found(Found::NoItem(name)) => {
                result.notes.push(format!("{}: a {name}, which carries no item", batch.file()));
            }
            Content::Found(Found::Item(item)) => {
                let tree = |mask: &Mask| Ok(Tree::of(&item.document, mask));
                let mut judged = || evaluator.judge_built(&item, Occasion::Any);
                self.item(&item, &tree, &mut judged, batch, &mut result);
            }
            Content::Raw(mut raw) => {
                // A waiver may ask for tags.
                let tags = (!self.waivers.is_empty()).then(|| raw.tree(&tags).map(|tree| tree.to_value()));
                if let Some(Ok(tags)) = tags {
                    raw.head.document = tags;
                }
                let tree = |mask: &Mask| raw.tree(mask);
                let mut judged = || evaluator.judge_raw(&raw, Occasion::Any);
                self.item(&raw.head, &tree, &mut judged, batch, &mut result);
            }
        });
        result
    }

    fn item<'t>(
        &self,
        head: &ConfigurationItem,
        tree: &dyn Fn(&Mask) -> serde_json::Result<Tree<'t>>,
        judged: &mut dyn FnMut() -> Outcome,
        batch: &Batch,
        result: &mut Batched,
    ) {
        result.items += 1;
        if head.resource.resource_type == ACCOUNT_TYPE {
            match tree(&Mask::All) {
                Ok(tree) => {
                    result.accounts.push(ConfigurationItem { document: tree.to_value(), ..head.clone() });
                }
                Err(error) => result.problems.push(unreadable(head, batch.file(), &error)),
            }
            return;
        }
        note_region(&mut result.regions, head);
        let mut outcome = judged();
        let awaiting = std::mem::take(&mut outcome.awaiting);
        let is_judged = !outcome.verdicts.is_empty() || !outcome.errors.is_empty() || !awaiting.is_empty();
        result.without_policy += usize::from(!is_judged);
        self.keep(head, tree, &awaiting, batch, result);
        self.add(outcome, head, batch.file(), result);
    }

    /// Keeps what policies can read of it in the end: those that look it up, and those that judge it then.
    fn keep<'t>(
        &self,
        head: &ConfigurationItem,
        tree: &dyn Fn(&Mask) -> serde_json::Result<Tree<'t>>,
        awaiting: &[Awaiting],
        batch: &Batch,
        result: &mut Batched,
    ) {
        let resource_type = head.resource.resource_type.as_str();
        if head.status == ItemStatus::Live
            && let Some(mask) = self.kept.looked_up.get(resource_type)
        {
            match tree(mask).and_then(|tree| Entry::new(head.resource.clone(), &tree)) {
                Ok(entry) => result.looked_up.push(entry),
                Err(error) => result.problems.push(unreadable(head, batch.file(), &error)),
            }
        }
        for Awaiting { policy_id, mask } in awaiting {
            let written = tree(mask)
                .and_then(|tree| waiting::write(&mut result.waiting, batch.file(), policy_id, head, &tree));
            if let Err(error) = written {
                result.problems.push(unreadable(head, batch.file(), &error));
            }
        }
    }

    fn add(&self, mut outcome: Outcome, head: &ConfigurationItem, file: &str, result: &mut Batched) {
        if !self.waivers.is_empty() {
            result.waived.extend(self.waivers.apply(&mut outcome, head, self.now));
        }
        for passed in &outcome.undecided {
            *result.undecided.entry(passed.problem.to_string()).or_default() += 1;
        }
        for verdict in &outcome.verdicts {
            result.compliance[verdict.compliance as usize] += 1;
            self.writer.row(file, verdict, &mut result.rows);
        }
        let located = |found| Located { file: file.to_string(), found };
        result.errors.extend(outcome.errors.into_iter().map(located));
    }

    /// The second round: items that waited, and accounts, with an evaluator of all policies that knows the inventory.
    pub fn rest(
        &self,
        evaluator: &Evaluator,
        waiting: &mut Waiting,
        accounts: &[ConfigurationItem],
        scan: &mut Scan,
        seen: &mut Seen,
        write: &mut (dyn FnMut(Rows) + Send),
    ) {
        scan.problems.extend(waiting.rewind().err());
        let mut accounts = accounts.iter();
        let mut next = || {
            let chunk = waiting.next_chunk().map(Late::Items);
            chunk.or_else(|| accounts.next().map(Late::Account))
        };
        let work = |evaluator: &mut Evaluator, late: Late<'_>| {
            let mut result = Batched::default();
            match late {
                Late::Items(Ok(chunk)) => self.waited(evaluator, &chunk, &mut result),
                Late::Items(Err(problem)) => result.problems.push(problem),
                Late::Account(account) => {
                    let outcome = evaluator.judge_built(account, Occasion::Schedule);
                    self.add(outcome, account, "(account)", &mut result);
                }
            }
            result
        };
        let done = |result: Result<Batched, String>| {
            let result = result.unwrap_or_else(|panic| Batched::failed(&panic));
            write(scan.take(result, seen));
        };
        let ended = ordered::run(self.threads, || evaluator.clone(), &mut next, work, done);
        if let Err(problem) = ended {
            scan.problems.push(Diagnostic::new("scan", format!("could not be done: {problem}")));
        }
    }

    /// Judges items that waited.
    fn waited(&self, evaluator: &mut Evaluator, chunk: &str, result: &mut Batched) {
        for item in waiting::items(chunk) {
            let judged = item.and_then(|item| {
                let tree = Tree::read(item.document.get(), &Mask::All)?;
                let head = item.head();
                Ok((evaluator.judge_kept(&head, &tree, &item.policy), head, item.file))
            });
            match judged {
                Ok((outcome, head, file)) => self.add(outcome, &head, &file, result),
                Err(error) => {
                    let message = format!("an item that waited cannot be read: {error}");
                    result.problems.push(Diagnostic::new("scan", message));
                }
            }
        }
    }
}

impl Scan {
    /// Adds what a batch came to; gives back its rows.
    fn take(&mut self, result: Batched, seen: &mut Seen) -> Rows {
        for (sum, count) in self.compliance.iter_mut().zip(result.compliance) {
            *sum += count;
        }
        self.errors.extend(result.errors);
        self.problems.extend(result.problems);
        self.notes.extend(result.notes);
        self.items += result.items;
        self.without_policy += result.without_policy;
        seen.accounts.extend(result.accounts);
        for (account, region) in result.regions {
            seen.regions.entry(account).or_insert(region);
        }
        result.looked_up.into_iter().for_each(|entry| seen.looked_up.put(entry));
        self.problems.extend(seen.waiting.add(&result.waiting).err());
        seen.waived.extend(result.waived);
        for (problem, items) in result.undecided {
            *seen.undecided.entry(problem).or_default() += items;
        }
        result.rows
    }

    /// How many verdicts there are of each compliance type.
    pub fn count(&self, compliance: Compliance) -> usize {
        self.compliance[compliance as usize]
    }
}

fn tags_only() -> Mask {
    let names = [("tags".to_owned(), Mask::All)].into_iter().collect();
    Mask::Parts(Parts { names, ..Parts::default() })
}

fn unreadable(head: &ConfigurationItem, file: &str, error: &serde_json::Error) -> Diagnostic {
    Diagnostic::new(file, format!("{} cannot be read: {error}", head.resource))
}
