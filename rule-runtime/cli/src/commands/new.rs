//! `sekisho new policy`: a policy with its tests and fixtures, all passing, to begin with.
//!
//! In: an id and a resource type. Out: four files, or none. The item of the fixtures is one that the project's own fixtures have
//! of the type, else one made of the type's property list, else a bare one.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use aws_sdk_config::types::ResourceType;
use clap::{Args, Subcommand};
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::verdict::Compliance;
use serde_json::{Map, Value, json};

use crate::Exit;
use crate::fixture::{self, Case};
use crate::given::PolicyFolder;
use crate::output;
use crate::replay::config_endpoint::is_known_type;
use crate::schema_files;

/// Begin something
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  sekisho new policy queue-has-owner --type AWS::SQS::Queue")]
pub struct NewArguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Policy(PolicyArguments),
}

/// Begin a policy: METADATA, a Rego test and two fixtures, all passing
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    sekisho new policy queue-has-owner --type AWS::SQS::Queue\n  \
    sekisho new policy bucket-has-owner --type AWS::S3::Bucket --pack medical-jp\n  \
    sekisho new policy table-has-owner --type AWS::DynamoDB::Table --schema ../aws-config-resource-schema")]
struct PolicyArguments {
    /// The policy's id: words of a-z and 0-9 with - between
    #[arg(value_name = "ID")]
    id: String,
    /// The resource type that it judges, as AWS Config calls it
    #[arg(long = "type", value_name = "TYPE")]
    resource_type: String,
    /// Folder within the policies' folder
    #[arg(long, value_name = "NAME")]
    pack: Option<String>,
    #[command(flatten)]
    folder: PolicyFolder,
    /// Folder of the fixtures
    #[arg(long, value_name = "PATH", default_value = "fixtures")]
    fixtures: PathBuf,
    /// Checkout of awslabs/aws-config-resource-schema, for an item of a type that no fixture has
    #[arg(long, value_name = "PATH", env = "SEKISHO_SCHEMA")]
    schema: Option<PathBuf>,
}

/// Runs the command.
pub fn run(arguments: &NewArguments) -> Exit {
    let What::Policy(arguments) = &arguments.what;
    match policy(arguments) {
        Ok(()) => Exit::Success,
        Err(problem) => {
            output::diagnostic::error(&problem);
            Exit::Error
        }
    }
}

fn policy(arguments: &PolicyArguments) -> Result<(), Diagnostic> {
    check_id(&arguments.id)?;
    check_type(&arguments.resource_type)?;
    let (item, source) = item(arguments)?;
    let id = &arguments.id;
    let mut folder = arguments.folder.policies.clone();
    folder.extend(&arguments.pack);
    let fill = |template: &str| {
        let thing = arguments.resource_type.split_once("::").map_or("", |(_, rest)| rest);
        template
            .replace("{{id}}", id)
            .replace("{{package}}", &id.replace('-', "_"))
            .replace("{{type}}", &arguments.resource_type)
            .replace("{{thing}}", &thing.replace("::", " "))
    };
    let cases = arguments.fixtures.join(id);
    let files = [
        (folder.join(format!("{id}.rego")), fill(include_str!("../../assets/new/policy.rego"))),
        (folder.join(format!("{id}_test.rego")), fill(include_str!("../../assets/new/policy_test.rego"))),
        (cases.join("with-owner.yaml"), case("the tag Owner is there", &source, &item, true)?),
        (cases.join("without-owner.yaml"), case("the tag Owner is missing", &source, &item, false)?),
    ];
    write_all(&files)?;
    for (path, _) in &files {
        anstream::println!("{}", path.display());
    }
    next_steps(arguments);
    Ok(())
}

fn next_steps(arguments: &PolicyArguments) {
    let id = &arguments.id;
    let mut flags = String::new();
    if arguments.folder.policies != Path::new("policies") {
        flags = format!(" --policies {}", arguments.folder.policies.display());
    }
    if arguments.fixtures != Path::new("fixtures") {
        flags.push_str(&format!(" --fixtures {}", arguments.fixtures.display()));
    }
    anstream::eprintln!(
        "\nNext:\n  \
         1. sekisho test {id}{flags}: passes as it is\n  \
         2. write your own condition for the tag's, and fixtures that show it\n  \
         3. sekisho check{flags}: names what is misspelt or missing\n  \
         4. sekisho test {id} --mutate{flags}: names what no test notices"
    );
}

fn check_id(id: &str) -> Result<(), Diagnostic> {
    let is_word =
        |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if id.len() <= 64 && id.split('-').all(is_word) {
        return Ok(());
    }
    let expected = "expected words of a-z and 0-9 with - between, 64 characters at most";
    Err(Diagnostic::new("ID", format!("is \"{id}\", {expected}")).help("for example bucket-has-owner"))
}

fn check_type(name: &str) -> Result<(), Diagnostic> {
    if is_known_type(name) {
        return Ok(());
    }
    let near = ResourceType::values()
        .iter()
        .map(|known| (strsim::osa_distance(&known.to_lowercase(), &name.to_lowercase()), *known))
        .min();
    let meant = near.filter(|(distance, _)| *distance <= 4);
    let meant = meant.map(|(_, known)| format!(": did you mean {known}?")).unwrap_or_default();
    let message = format!("AWS Config has no resource type \"{name}\"{meant}");
    Err(Diagnostic::new("--type", message).help(
        "docs.aws.amazon.com/config/latest/developerguide/resource-config-reference.html lists the types",
    ))
}

/// The item of the fixtures, and where it is from.
fn item(arguments: &PolicyArguments) -> Result<(Map<String, Value>, String), Diagnostic> {
    let resource_type = arguments.resource_type.as_str();
    if arguments.fixtures.is_dir() {
        let (cases, _) = fixture::find(&arguments.fixtures);
        let expects = |case: &&Case| case.fixture.expect.compliance == Some(Compliance::Compliant);
        let own = |case: &Case| case.fixture.own().is_some_and(|(name, _)| name == resource_type);
        let items = cases.iter().filter(expects).filter(|case| own(case)).flat_map(Case::items);
        let found = items.into_iter().find(|item| item.resource.resource_type == resource_type);
        if let Some(Value::Object(item)) = found.map(|item| item.document) {
            return Ok((item, format!("an item of {resource_type} of this project's fixtures")));
        }
    }
    let mut lists = schema_files::Lists::default();
    if let Some(problem) =
        schema_files::read_given(arguments.schema.as_deref(), &mut lists).into_iter().next()
    {
        return Err(problem);
    }
    let (configuration, supplementary, source) = match lists.get(resource_type) {
        Some(list) => (
            skeleton(list, "configuration."),
            skeleton(list, "supplementaryConfiguration."),
            format!("made of the property list of {resource_type} (awslabs/aws-config-resource-schema)"),
        ),
        None => (
            json!({}),
            json!({}),
            format!(
                "no property list of {resource_type} was given: fill in configuration as AWS Config delivers it"
            ),
        ),
    };
    let id = "example-1";
    let item = json!({
        "configurationItemVersion": "1.3",
        "configurationItemCaptureTime": "2026-11-20T04:31:22.118Z",
        "configurationStateId": 1_795_149_082_118_u64,
        "configurationItemStatus": "OK",
        "awsAccountId": fixture::ACCOUNT,
        "resourceType": resource_type,
        "resourceId": id,
        "resourceName": id,
        "ARN": Value::Null,
        "awsRegion": fixture::REGION,
        "availabilityZone": "Not Applicable",
        "resourceCreationTime": "2024-10-01T00:30:12.000Z",
        "tags": {},
        "relatedEvents": [],
        "relationships": [],
        "configuration": configuration,
        "supplementaryConfiguration": supplementary,
    });
    match item {
        Value::Object(item) => Ok((item, source)),
        _ => Ok((Map::new(), source)),
    }
}

/// The fields of a property list, with a value each that its type can have.
fn skeleton(list: &Map<String, Value>, part: &str) -> Value {
    let mut root = Map::new();
    for (path, kind) in list.iter().filter_map(|(path, kind)| Some((path.strip_prefix(part)?, kind))) {
        let value = match kind.as_str().unwrap_or_default() {
            "boolean" => false.into(),
            "integer" | "long" => 1.into(),
            "double" | "float" => 1.0.into(),
            "date" => "2026-11-20T04:31:22.118Z".into(),
            _ => "example".into(),
        };
        insert(&mut root, &path.split('.').collect::<Vec<_>>(), value);
    }
    Value::Object(root)
}

fn insert(map: &mut Map<String, Value>, path: &[&str], value: Value) {
    match path {
        [] => {}
        [last] => {
            map.entry(*last).or_insert(value);
        }
        [first, rest @ ..] => {
            let below = map.entry(*first).or_insert_with(|| json!({}));
            if !below.is_object() {
                *below = json!({});
            }
            if let Some(below) = below.as_object_mut() {
                insert(below, rest, value);
            }
        }
    }
}

/// A fixture's text.
fn case(title: &str, source: &str, item: &Map<String, Value>, has_owner: bool) -> Result<String, Diagnostic> {
    let mut item = item.clone();
    let tags = item.entry("tags").or_insert_with(|| json!({}));
    if !tags.is_object() {
        *tags = json!({});
    }
    if let Some(tags) = tags.as_object_mut() {
        tags.remove("Owner");
        if has_owner {
            tags.insert("Owner".to_owned(), "platform".into());
        }
    }
    let expect = if has_owner {
        json!({"compliance": "COMPLIANT"})
    } else {
        json!({
            "compliance": "NON_COMPLIANT",
            "reasons": ["the tag Owner is missing"],
            "reasons_ja": ["Ownerタグがありません"],
        })
    };
    serde_saphyr::to_string(&json!({"title": title, "source": source, "item": item, "expect": expect}))
        .map_err(|error| Diagnostic::new("fixture", format!("cannot be written: {error}")))
}

/// Writes all of `files`, none of which may be there, or none.
fn write_all(files: &[(PathBuf, String)]) -> Result<(), Diagnostic> {
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        let problem = Diagnostic::new(path.display().to_string(), "is there already; nothing was written");
        return Err(problem.help("choose another id, or remove the file"));
    }
    for (index, (path, text)) in files.iter().enumerate() {
        if let Err(error) = write_new(path, text) {
            for (written, _) in &files[..=index] {
                // What was never written cannot be removed, and need not be.
                let _ = fs::remove_file(written);
            }
            let message = format!("cannot be written: {error}; nothing was written");
            return Err(
                Diagnostic::new(path.display().to_string(), message).help("check the folder's rights")
            );
        }
    }
    Ok(())
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::File::create_new(path)?.write_all(text.as_bytes())
}
