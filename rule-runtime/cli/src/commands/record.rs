//! `sekisho record`: real configuration items out of an account's AWS Config, scrubbed, as fixtures or plain files.
//!
//! It only reads, with the user's own credentials. Either all files are written or none.

mod expect;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use sekisho_aws::lookup::{Lookup, LookupError};
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::item::{ConfigurationItem, ItemStatus};
use sekisho_engine::policy::Policy;
use sekisho_engine::verdict::ResourceKey;
use serde_json::Value;

use crate::Exit;
use crate::given::{self, Pair, PolicyFolder};
use crate::output::{self, record_report};
use crate::record::field;
use crate::record::files::{self, NewFile};
use crate::record::scrub::Scrubber;
use crate::record::secrets::Secrets;
use crate::record::table::Replaced;
use crate::record::{ordered, words};
use crate::replay::config_endpoint::is_known_type;

/// Record real items of AWS Config, scrubbed, as fixtures of a policy or as files for scan
///
/// Account ids, names, ARNs, addresses and the like are replaced, the same by the same within a file. What still looks like
/// a secret is refused, and then nothing is written. Uses the AWS credentials and the region of the environment; they need
/// config:GetResourceConfigHistory, and config:SelectResourceConfig without --id. Profiles with SSO or `credential_process`
/// are not read: eval "$(aws configure export-credentials --format env)" makes their keys known.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    sekisho record --type AWS::EC2::SecurityGroup --id sg-0a1b2c3d4e5f67890 --policy no-open-admin-ports --name open\n  \
    sekisho record --type AWS::S3::Bucket --limit 5 --output recorded && sekisho scan recorded\n  \
    sekisho record --query \"SELECT resourceId, resourceType WHERE resourceType = 'AWS::IAM::Role'\" --output roles\n  \
    sekisho record --type AWS::Lambda::Function --id mailer --output f --redact configuration.environment.variables.TOKEN")]
#[command(group(clap::ArgGroup::new("which").required(true).multiple(true).args(["resource_type", "query"])))]
#[command(group(clap::ArgGroup::new("target").required(true).args(["policy", "output"])))]
pub struct RecordArguments {
    /// The resource type; alone, the newest items of --limit resources of it
    #[arg(long = "type", value_name = "TYPE")]
    resource_type: Option<String>,
    /// The id of one resource of that type
    #[arg(long, value_name = "ID", requires = "resource_type", conflicts_with = "query")]
    id: Option<String>,
    /// An AWS Config advanced query that selects resourceId and resourceType; each item is then fetched in full
    #[arg(long, value_name = "SQL", conflicts_with = "resource_type")]
    query: Option<String>,
    /// The most items
    #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    /// Write fixtures of this policy, with the verdict that it gives
    #[arg(long, value_name = "ID")]
    policy: Option<String>,
    /// Write plain items to this folder, for `sekisho scan`
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Name of the file; several are numbered
    #[arg(long, value_name = "NAME", default_value = "recorded")]
    name: String,
    /// Write over files that are there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    folder: PolicyFolder,
    /// Folder of the fixtures
    #[arg(long, value_name = "PATH", default_value = "fixtures")]
    fixtures: PathBuf,
    /// A rule parameter for --policy; it is scrubbed and written as well; repeat for more
    #[arg(long = "param", value_name = "NAME=VALUE", requires = "policy")]
    parameters: Vec<Pair>,
    /// The time of the evaluation (RFC 3339), for policies that read the time; now where it is not given
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    /// Drop a field (`configuration.userData`, `tags.*`, `configuration.list[0].key`); repeat for more
    #[arg(long, value_name = "PATH")]
    redact: Vec<String>,
    /// Leave a field, and its texts wherever they stand, as they are; repeat for more
    #[arg(long, value_name = "PATH")]
    keep: Vec<String>,
    /// Show in the report what was replaced, too
    #[arg(long)]
    show_originals: bool,
    /// AWS profile; else `AWS_PROFILE`
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// AWS region; else `AWS_REGION`, else the profile's
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Output format of the report
    #[arg(long, value_enum, default_value_t = RecordFormat::Text)]
    format: RecordFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RecordFormat {
    /// For reading
    Text,
    /// One JSON document
    Json,
}

/// One file of a recording and what was replaced in it.
#[derive(Debug)]
pub struct Recorded {
    /// The files; several share what was replaced where `scan` is to see how they belong together.
    pub files: Vec<NewFile>,
    /// What was replaced.
    pub replaced: Vec<Replaced>,
}

/// Runs the command.
pub fn run(arguments: &RecordArguments) -> Exit {
    match record(arguments) {
        Ok((recorded, more)) => {
            match arguments.format {
                RecordFormat::Text => record_report::print(&recorded, arguments.show_originals),
                RecordFormat::Json => record_report::print_json(&recorded),
            }
            if more {
                anstream::eprintln!("note: there are more items than --limit {}", arguments.limit);
            }
            anstream::eprintln!(
                "note: look at the files before others do; what has no form of its own is not found"
            );
            Exit::Success
        }
        Err(problems) => {
            output::diagnostic::errors(&problems);
            Exit::Error
        }
    }
}

fn record(arguments: &RecordArguments) -> Result<(Vec<Recorded>, bool), Vec<Diagnostic>> {
    check(arguments).map_err(|problem| vec![problem])?;
    let policy = arguments.policy.as_deref().map(|id| policy(arguments, id)).transpose()?;
    let (mut items, more) = fetch(arguments).map_err(|problem| vec![problem])?;
    redact(&mut items, &arguments.redact).map_err(|problem| vec![problem])?;
    // By type and id, so that the order in which AWS answers changes nothing.
    items.sort_by(|one, other| one.resource.cmp(&other.resource));
    let recorded = match (&policy, &arguments.output) {
        (Some(policy), _) => fixtures(arguments, policy, &items)?,
        (None, Some(folder)) => vec![plain(arguments, folder, &items)?],
        (None, None) => return Err(vec![Diagnostic::new("record", "needs --policy or --output")]),
    };
    let files: Vec<NewFile> = recorded.iter().flat_map(|recorded| recorded.files.clone()).collect();
    files::write_all(&files, arguments.force).map_err(|problem| vec![problem])?;
    Ok((recorded, more))
}

fn check(arguments: &RecordArguments) -> Result<(), Diagnostic> {
    if let Some(name) = arguments.resource_type.as_deref().filter(|name| !is_known_type(name)) {
        let problem = Diagnostic::new("--type", format!("AWS Config has no resource type \"{name}\""));
        return Err(problem.help("write it as AWS Config does: AWS::S3::Bucket"));
    }
    let plain = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    if arguments.name.is_empty() || arguments.name.starts_with('.') || !arguments.name.chars().all(plain) {
        let problem = Diagnostic::new("--name", format!("is \"{}\", expected a file's name", arguments.name));
        return Err(problem.help("letters, digits, - and _, without folder and ending"));
    }
    Ok(())
}

/// The policy, where an item alone is enough for it.
fn policy(arguments: &RecordArguments, id: &str) -> Result<Arc<Policy>, Vec<Diagnostic>> {
    let set = arguments.folder.load();
    let Some(policy) = set.get(id) else {
        let (_, mut problems) = given::select(&set, &[id.to_owned()]);
        if problems.is_empty() {
            problems.push(Diagnostic::new("--policy", format!("\"{id}\" is a pack, expected one policy")));
        }
        return Err(problems);
    };
    let metadata = &policy.metadata;
    let needs =
        [(!metadata.facts.is_empty(), "facts"), (!metadata.inventory.is_empty(), "other items (inventory)")];
    if let Some((_, what)) = needs.iter().find(|(needs, _)| *needs) {
        let message = format!("policy {id} needs {what}, which are not recorded");
        let help = "record the item with --output, and write the fixture around it";
        return Err(vec![Diagnostic::new("--policy", message).help(help)]);
    }
    if let Some(name) = &arguments.resource_type
        && !metadata.resource_types.contains(name)
    {
        let types = metadata.resource_types.join(", ");
        return Err(vec![Diagnostic::new("--type", format!("policy {id} judges {types}, not {name}"))]);
    }
    Ok(Arc::clone(policy))
}

/// The items as AWS Config has them, and whether there are more.
fn fetch(arguments: &RecordArguments) -> Result<(Vec<ConfigurationItem>, bool), Diagnostic> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Diagnostic::new("record", error.to_string()))?;
    let told = |error: LookupError| Diagnostic::new("AWS Config", error.message).help(error.help);
    runtime.block_on(async {
        let lookup =
            Lookup::new(arguments.profile.as_deref(), arguments.region.as_deref()).await.map_err(told)?;
        let (keys, more) = match (&arguments.resource_type, &arguments.id, &arguments.query) {
            (Some(resource_type), Some(id), _) => {
                let key = ResourceKey { resource_type: resource_type.clone(), resource_id: id.clone() };
                (vec![key], false)
            }
            (Some(resource_type), None, _) => {
                let query = format!("SELECT resourceId, resourceType WHERE resourceType = '{resource_type}'");
                lookup.select(&query, arguments.limit.into()).await.map_err(told)?
            }
            (None, _, query) => {
                let query = query.as_deref().unwrap_or_default();
                lookup.select(query, arguments.limit.into()).await.map_err(told)?
            }
        };
        if keys.is_empty() {
            let problem = Diagnostic::new("AWS Config", "the query finds no resource; nothing was written");
            return Err(problem.help("check the type, the region and the query"));
        }
        let mut items = Vec::with_capacity(keys.len());
        for key in &keys {
            let item = lookup.item(key).await.map_err(told)?.ok_or_else(|| {
                Diagnostic::new(
                    "AWS Config",
                    format!("{key} is unknown or was never recorded; nothing was written"),
                )
                .help("check the type and the id, and --region; AWS Config must record the type")
            })?;
            if item.status != ItemStatus::Live {
                let message = format!("{key} is deleted or not recorded; nothing was written");
                return Err(Diagnostic::new("AWS Config", message).help("record a resource that is there"));
            }
            items.push(item);
        }
        Ok((items, more))
    })
}

fn redact(items: &mut [ConfigurationItem], paths: &[String]) -> Result<(), Diagnostic> {
    for path in paths {
        let mut found = false;
        for item in items.iter_mut() {
            found |= field::drop(&mut item.document, path);
        }
        if !found {
            let problem =
                Diagnostic::new("--redact", format!("no item has the field {path}; nothing was written"));
            return Err(problem.help("write the path as the refusal or the report does"));
        }
    }
    Ok(())
}

/// Items of one file, scrubbed by `scrubber` and looked through for secrets.
fn scrub(
    arguments: &RecordArguments,
    scrubber: &mut Scrubber,
    items: &[ConfigurationItem],
) -> Result<Vec<Value>, Vec<Diagnostic>> {
    let mut originals: Vec<Value> = items.iter().map(|item| ordered(&item.document)).collect();
    for path in &arguments.keep {
        let kept: Vec<String> = originals.iter_mut().flat_map(|item| field::texts(item, path)).collect();
        if kept.is_empty() {
            let problem =
                Diagnostic::new("--keep", format!("no item has a text at {path}; nothing was written"));
            return Err(vec![problem.help("write the path as the report does")]);
        }
        scrubber.keep(kept);
    }
    let clean = scrubber.scrub(&originals).map_err(|problem| vec![problem])?;
    let secrets = Secrets::new().map_err(|problem| vec![problem])?;
    let mut problems = Vec::new();
    for ((item, original), clean) in items.iter().zip(&originals).zip(&clean) {
        for finding in secrets.find(original, clean) {
            let message = format!("looks like {}; nothing was written", finding.what);
            let help = format!("look at it, and drop it with --redact '{}'", finding.path);
            problems.push(Diagnostic::new(item.resource.to_string(), message).field(finding.path).help(help));
        }
    }
    if problems.is_empty() { Ok(clean) } else { Err(problems) }
}

/// Plain items: one file each, and one table of replacements, so that what belongs together still does.
fn plain(
    arguments: &RecordArguments,
    folder: &std::path::Path,
    items: &[ConfigurationItem],
) -> Result<Recorded, Vec<Diagnostic>> {
    let mut scrubber = Scrubber::new(BTreeSet::new()).map_err(|problem| vec![problem])?;
    let clean = scrub(arguments, &mut scrubber, items)?;
    let files = clean.iter().enumerate().map(|(at, item)| NewFile {
        path: files::path(folder, &arguments.name, at + 1, clean.len(), "json"),
        text: format!("{item:#}\n"),
    });
    Ok(Recorded { files: files.collect(), replaced: scrubber.report(arguments.show_originals) })
}

/// Fixtures: each a file by itself, whatever else is recorded.
fn fixtures(
    arguments: &RecordArguments,
    policy: &Arc<Policy>,
    items: &[ConfigurationItem],
) -> Result<Vec<Recorded>, Vec<Diagnostic>> {
    let folder = arguments.fixtures.join(policy.id());
    let parameters = given::parameters(&arguments.parameters);
    let now = policy.source.contains("data.facts.now").then(|| given::now(arguments.now));
    let mut recorded = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let mut scrubber = Scrubber::new(words::of(policy, &parameters)).map_err(|problem| vec![problem])?;
        let clean = scrub(arguments, &mut scrubber, std::slice::from_ref(item))?;
        let path = files::path(&folder, &arguments.name, at + 1, items.len(), "yaml");
        let case = expect::Input { policy, path: &path, now, parameters: &parameters };
        for clean in clean {
            let text =
                expect::fixture(&case, item, &clean, &mut scrubber).map_err(|problem| vec![problem])?;
            let replaced = scrubber.report(arguments.show_originals);
            recorded.push(Recorded { files: vec![NewFile { path: path.clone(), text }], replaced });
        }
    }
    Ok(recorded)
}
