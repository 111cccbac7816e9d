//! `sekisho impact`: what a change of the policies flips.
//!
//! In: two versions of the policies (folders, or revisions of the repository) and items. Out: each verdict that differs,
//! with its direction. Both versions judge the same items with the same parameters, facts and time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::inventory::Inventory;
use sekisho_engine::item::ConfigurationItem;
use sekisho_engine::policy::PolicySet;
use sekisho_engine::verdict::{Compliance, Language, Reason, ResourceKey};
use serde::Serialize;
use tempfile::TempDir;

use super::scan::{self, Given, Scan, whole};
use crate::Exit;
use crate::given::{self, FactArguments, GivenFacts, Pair};
use crate::output::{self, impact_report};

/// Show what a change of the policies flips: both versions judge the same items
///
/// A version is a folder, or a revision of the git repository (a branch, a tag, a commit), whose policies are taken from
/// the folder that --policies names.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 nothing got worse, 1 a resource got worse, 2 error.\n\nExamples:\n  \
    sekisho impact --from main snapshot.json.gz\n  \
    sekisho impact --from v1.2.0 --to HEAD items/ --policy medical-jp\n  \
    sekisho impact --from ../before/policies --to policies items/ --format markdown > comment.md")]
pub struct ImpactArguments {
    /// Files and folders with configuration items
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The policies before the change: a folder or a revision
    #[arg(long, value_name = "REV|DIR")]
    from: String,
    /// The policies after it; the folder of --policies where it is not given
    #[arg(long, value_name = "REV|DIR")]
    to: Option<String>,
    /// Folder of the policies, in the repository too
    #[arg(long, value_name = "PATH", default_value = "policies", env = "SEKISHO_POLICIES")]
    policies: PathBuf,
    /// A policy's id or a pack's name; repeat for more; all where none is given
    #[arg(long = "policy", value_name = "NAME")]
    names: Vec<String>,
    /// A rule parameter; repeat for more
    #[arg(long = "param", value_name = "NAME=VALUE")]
    parameters: Vec<Pair>,
    #[command(flatten)]
    facts: FactArguments,
    /// The time of the evaluation (RFC 3339); now where it is not given
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    /// Output format
    #[arg(long, value_enum, default_value_t = ImpactFormat::Table)]
    format: ImpactFormat,
    /// Language of the reasons: en, ja or both
    #[arg(long, value_name = "LANGUAGE", default_value = "both")]
    lang: Language,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ImpactFormat {
    /// A table on a terminal, lines with tabs in a pipe
    Table,
    /// One JSON document
    Json,
    /// For the comment of a pull request
    Markdown,
}

/// What a policy says of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Said {
    /// There is no such policy, or it does not judge that.
    Nothing,
    /// `NOT_APPLICABLE`.
    NotApplicable,
    /// `COMPLIANT`.
    Compliant,
    /// `NON_COMPLIANT`.
    NonCompliant,
    /// The policy failed.
    Error,
}

impl From<Compliance> for Said {
    fn from(compliance: Compliance) -> Self {
        match compliance {
            Compliance::NotApplicable => Self::NotApplicable,
            Compliance::Compliant => Self::Compliant,
            Compliance::NonCompliant => Self::NonCompliant,
        }
    }
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nothing => "-",
            Self::NotApplicable => "NOT_APPLICABLE",
            Self::Compliant => "COMPLIANT",
            Self::NonCompliant => "NON_COMPLIANT",
            Self::Error => "ERROR",
        })
    }
}

/// Which way a verdict went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// It is `NON_COMPLIANT` or an error now.
    Worse,
    /// It was `NON_COMPLIANT` or an error and is `COMPLIANT`.
    Better,
    /// It was judged and is not any more.
    Unjudged,
    /// It was not judged and is `COMPLIANT`.
    Judged,
}

impl Direction {
    /// Of a verdict that differs; nothing where only its reasons do, or where neither version judged.
    fn of(from: Said, to: Said) -> Option<Self> {
        let is_judged = |said| said > Said::NotApplicable;
        match (from, to) {
            _ if from == to => None,
            (_, Said::NonCompliant | Said::Error) => Some(Self::Worse),
            (Said::NonCompliant | Said::Error, Said::Compliant) => Some(Self::Better),
            (_, Said::Compliant) => Some(Self::Judged),
            _ => is_judged(from).then_some(Self::Unjudged),
        }
    }
}

/// A verdict that differs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Flip {
    /// Which way.
    pub direction: Direction,
    /// The policy.
    pub policy_id: String,
    /// 12 digits, where the item says it.
    pub account_id: Option<String>,
    /// The item's region.
    pub region: Option<String>,
    /// The resource.
    #[serde(flatten)]
    pub resource: ResourceKey,
    /// Before.
    pub from: Said,
    /// After.
    pub to: Said,
    /// Why it is what it is now; where it is well now, why it was not.
    pub reasons: Vec<Reason>,
}

/// All that the comparison found.
#[derive(Debug, Default)]
pub struct Impact {
    /// Sorted by direction, policy and resource.
    pub flips: Vec<Flip>,
    /// Items that were judged.
    pub items: usize,
    /// Verdicts that both versions agree on.
    pub same: usize,
    /// What could not be read.
    pub problems: Vec<Diagnostic>,
    /// What is worth a word.
    pub notes: Vec<String>,
}

impl Impact {
    /// How many verdicts went that way.
    pub fn count(&self, direction: Direction) -> usize {
        self.flips.iter().filter(|flip| flip.direction == direction).count()
    }

    fn exit(&self) -> Exit {
        if !self.problems.is_empty() {
            Exit::Error
        } else if self.count(Direction::Worse) > 0 {
            Exit::Violations
        } else {
            Exit::Success
        }
    }
}

/// Policy, account, region, resource and the item's time: an item may be there several times.
type Key = (String, Option<String>, Option<String>, ResourceKey, Option<Timestamp>);

/// Runs the command.
pub fn run(arguments: &ImpactArguments) -> Exit {
    let mut impact = Impact::default();
    if let Err(problem) = compare(arguments, &mut impact) {
        impact.problems.push(problem);
    }
    output::diagnostic::errors(&impact.problems);
    if impact.problems.is_empty() {
        match arguments.format {
            ImpactFormat::Table => {
                impact_report::print(&impact, arguments.lang);
                impact_report::print_totals(&impact);
            }
            ImpactFormat::Json => impact_report::print_json(&impact),
            ImpactFormat::Markdown => impact_report::print_markdown(&impact, arguments.lang),
        }
        impact_report::print_summary(&impact);
    }
    impact.exit()
}

fn compare(arguments: &ImpactArguments, impact: &mut Impact) -> Result<(), Diagnostic> {
    let from = Version::of(&arguments.from, &arguments.policies, "--from")?;
    let to = match &arguments.to {
        Some(to) => Version::of(to, &arguments.policies, "--to")?,
        None => Version { folder: arguments.policies.clone(), _extracted: None },
    };
    let (items, problems) = whole::read(&arguments.paths);
    impact.items = items.len();
    impact.problems.extend(problems);
    let facts = GivenFacts::read(&arguments.facts)?;
    let now = given::now(arguments.now.or_else(|| facts.now()));
    let given = Given { names: &[], parameters: &arguments.parameters, facts: &facts, now };
    let mut before = judged(&from.folder, arguments, &given, &items, impact);
    let after = judged(&to.folder, arguments, &given, &items, impact);
    for (key, (to, reasons)) in after {
        let (from, old_reasons) = before.remove(&key).unwrap_or((Said::Nothing, Vec::new()));
        impact.add(key, from, to, if reasons.is_empty() { old_reasons } else { reasons });
    }
    for (key, (from, reasons)) in before {
        impact.add(key, from, Said::Nothing, reasons);
    }
    impact.flips.sort_by(|a, b| {
        let place = |flip: &Flip| (flip.direction, flip.policy_id.clone(), flip.resource.clone());
        place(a).cmp(&place(b))
    });
    Ok(())
}

impl Impact {
    fn add(&mut self, key: Key, from: Said, to: Said, reasons: Vec<Reason>) {
        let (policy_id, account_id, region, resource, _) = key;
        let Some(direction) = Direction::of(from, to) else {
            self.same += usize::from(from == to);
            return;
        };
        self.flips.push(Flip { direction, policy_id, account_id, region, resource, from, to, reasons });
    }
}

/// What the policies of `folder` say of each item.
fn judged(
    folder: &Path,
    arguments: &ImpactArguments,
    given: &Given<'_>,
    items: &[ConfigurationItem],
    impact: &mut Impact,
) -> BTreeMap<Key, (Said, Vec<Reason>)> {
    let set = PolicySet::load(folder);
    // A name that one of the versions does not have is what the change is about, as long as the other has it.
    let names: Vec<_> = arguments.names.iter().filter(|name| set.select(name).problems.is_empty()).collect();
    let (policies, problems) = if arguments.names.is_empty() || !names.is_empty() {
        given::select(&set, &names.into_iter().cloned().collect::<Vec<_>>())
    } else {
        impact.notes.push(format!("{} has no policy {}", folder.display(), arguments.names.join(", ")));
        (Vec::new(), Vec::new())
    };
    impact.problems.extend(problems);
    let inventory = Arc::new(Inventory::complete(items));
    let mut scan = Scan::default();
    let ready = scan::ready(given, &policies, &mut scan);
    let evaluator = scan::evaluator(&ready, given.now, &inventory, &mut scan);
    let judged = whole::judge(&evaluator, items, given.now);
    impact.problems.append(&mut scan.problems);
    for note in scan.notes {
        if !impact.notes.contains(&note) {
            impact.notes.push(note);
        }
    }
    let verdicts = judged.verdicts.into_iter().map(|found| {
        let key = (found.policy_id, found.account_id, found.region, found.resource, found.capture_time);
        (key, (Said::from(found.compliance), found.reasons))
    });
    let mut said: BTreeMap<Key, _> = verdicts.collect();
    for found in judged.errors {
        let key = (found.policy_id, found.account_id, found.region, found.resource, found.capture_time);
        let reason = Reason { msg: found.problem.to_string(), msg_ja: None };
        said.insert(key, (Said::Error, vec![reason]));
    }
    said
}

/// One version of the policies.
struct Version {
    folder: PathBuf,
    _extracted: Option<TempDir>,
}

impl Version {
    /// A folder that is there, else a revision.
    fn of(name: &str, policies: &Path, flag: &str) -> Result<Self, Diagnostic> {
        if Path::new(name).exists() {
            return Ok(Self { folder: name.into(), _extracted: None });
        }
        let problem = |message: String| {
            Diagnostic::new(flag, message)
                .help("give a folder, or a branch, tag or commit of the repository that you stand in")
        };
        let revision = format!("{name}^{{commit}}");
        git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &revision])
            .map_err(|_| problem(format!("\"{name}\" is neither a folder nor a revision")))?;
        let place = format!("{name}:./{}", policies.display());
        let missing = |_| problem(format!("revision {name} has no {}", policies.display()));
        let extracted = tempfile::tempdir().map_err(|error| problem(error.to_string()))?;
        let write = |place: &Path, text: &[u8]| {
            let folder = place.parent().map_or(Ok(()), std::fs::create_dir_all);
            folder.and_then(|()| std::fs::write(place, text)).map_err(|error| problem(error.to_string()))
        };
        if git(&["cat-file", "-t", &place]).map_err(missing)?.starts_with(b"blob") {
            let file = extracted.path().join(policies.file_name().unwrap_or_default());
            write(&file, &git(&["cat-file", "blob", &place]).map_err(&problem)?)?;
            return Ok(Self { folder: file, _extracted: Some(extracted) });
        }
        // Names below the folder: none leads out of it.
        let listed = git(&["ls-tree", "-r", "-z", "--name-only", &place]).map_err(&problem)?;
        for file in String::from_utf8_lossy(&listed).split_terminator('\0') {
            let text = git(&["cat-file", "blob", &format!("{place}/{file}")]).map_err(&problem)?;
            write(&extracted.path().join(file), &text)?;
        }
        Ok(Self { folder: extracted.path().to_owned(), _extracted: Some(extracted) })
    }
}

/// What git prints.
fn git(arguments: &[&str]) -> Result<Vec<u8>, String> {
    let output = Command::new("git")
        .args(arguments)
        .output()
        .map_err(|error| format!("git cannot be run: {error}"))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("git {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_has_a_direction() {
        use Said::{Compliant, Error, NonCompliant, NotApplicable, Nothing};
        for (from, to, expected) in [
            (Compliant, NonCompliant, Some(Direction::Worse)),
            (Nothing, NonCompliant, Some(Direction::Worse)),
            (NonCompliant, Error, Some(Direction::Worse)),
            (Compliant, Error, Some(Direction::Worse)),
            (NonCompliant, Compliant, Some(Direction::Better)),
            (Error, Compliant, Some(Direction::Better)),
            (NonCompliant, NotApplicable, Some(Direction::Unjudged)),
            (Compliant, Nothing, Some(Direction::Unjudged)),
            (NotApplicable, Compliant, Some(Direction::Judged)),
            (NotApplicable, Nothing, None),
            (NonCompliant, NonCompliant, None),
        ] {
            assert_eq!(Direction::of(from, to), expected, "{from} to {to}");
        }
    }
}
