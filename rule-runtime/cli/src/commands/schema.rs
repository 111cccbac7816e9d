//! `sekisho schema`: the forms of the project's files for editors, and the cache of the resource types' property lists.
//!
//! In: the Rust types that read the files; a zip or a checkout of the property lists. Out: JSON Schemas; the cache, whole or
//! as it was.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use schemars::{JsonSchema, Schema};
use sekisho_engine::demands::Demands;
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::guideline::Guideline;
use sekisho_engine::policy::MetadataForm;
use sekisho_engine::waiver::Waiver;

use crate::fixture::Fixture;
use crate::output::{self, count};
use crate::schema_files::{self, Lists};
use crate::{Exit, whole_file};

/// Print the form of a file for editors, or fetch the property lists of the resource types
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    sekisho schema print fixture\n  \
    sekisho schema update ../aws-config-resource-schema")]
pub struct SchemaArguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Print(PrintArguments),
    Update(UpdateArguments),
}

/// Print the JSON Schema of a kind of file, so that editors complete and check it
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    sekisho schema print fixture\n  \
    sekisho schema print waivers > schemas/waivers.schema.json\n  \
    sekisho schema print --all\n  \
    sekisho schema print --all target/schemas")]
struct PrintArguments {
    /// The kind of file
    #[arg(value_enum, required_unless_present = "all")]
    kind: Option<Kind>,
    /// Write the schema of every kind into FOLDER, as <kind>.schema.json; schemas where no folder is named
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, default_missing_value = "schemas", conflicts_with = "kind")]
    all: Option<PathBuf>,
}

/// Fetch the property lists of awslabs/aws-config-resource-schema, so that `check` knows the fields of each type
///
/// They are kept in the cache of the user (`SEKISHO_CACHE` names another folder) and used where --schema is not given.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    sekisho schema update https://github.com/awslabs/aws-config-resource-schema/archive/refs/heads/master.zip\n  \
    sekisho schema update ../aws-config-resource-schema\n  \
    sekisho schema update aws-config-resource-schema.zip")]
struct UpdateArguments {
    /// A checkout, a zip of one, or the http(s) address of a zip
    #[arg(value_name = "URL|PATH")]
    source: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// fixtures/<policy-id>/<case>.yaml
    Fixture,
    /// waivers.yaml
    Waivers,
    /// The METADATA block of a policy, as YAML
    Metadata,
    /// policies/guidelines/*.yaml
    Guideline,
    /// policies/guidelines/demands.yaml
    Demands,
}

impl Kind {
    fn schema(self) -> Schema {
        let (mut schema, title) = match self {
            Self::Fixture => (of::<Fixture>(), "A fixture"),
            Self::Waivers => (of::<Vec<Waiver>>(), "Agreed exceptions (waivers.yaml)"),
            Self::Metadata => (of::<MetadataForm>(), "The METADATA of a policy"),
            Self::Guideline => (of::<Guideline>(), "A guideline"),
            Self::Demands => {
                (of::<Demands>(), "Rows of the coverage document, and attestations (demands.yaml)")
            }
        };
        schema.insert("title".to_owned(), title.into());
        schema
    }

    fn text(self) -> String {
        // A schema is a JSON document.
        serde_json::to_string_pretty(&self.schema()).unwrap_or_default() + "\n"
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Fixture => "fixture",
            Self::Waivers => "waivers",
            Self::Metadata => "metadata",
            Self::Guideline => "guideline",
            Self::Demands => "demands",
        }
    }
}

fn of<T: JsonSchema>() -> Schema {
    schemars::schema_for!(T)
}

/// Runs the command.
pub fn run(arguments: &SchemaArguments) -> Exit {
    let done = match &arguments.what {
        What::Print(arguments) => print(arguments),
        What::Update(arguments) => update(arguments),
    };
    match done {
        Ok(()) => Exit::Success,
        Err(problems) => {
            output::diagnostic::errors(&problems);
            Exit::Error
        }
    }
}

fn print(arguments: &PrintArguments) -> Result<(), Vec<Diagnostic>> {
    if let Some(kind) = arguments.kind {
        anstream::print!("{}", kind.text());
    }
    let Some(folder) = &arguments.all else { return Ok(()) };
    let problem = |path: &Path, error: std::io::Error| {
        vec![
            Diagnostic::new(path.display().to_string(), format!("cannot be written: {error}"))
                .help("name another folder"),
        ]
    };
    fs::create_dir_all(folder).map_err(|error| problem(folder, error))?;
    for kind in Kind::value_variants() {
        let path = folder.join(format!("{}.schema.json", kind.name()));
        whole_file::replace(&path, &kind.text()).map_err(|error| problem(&path, error))?;
        anstream::println!("{}", path.display());
    }
    Ok(())
}

fn update(arguments: &UpdateArguments) -> Result<(), Vec<Diagnostic>> {
    let source = &arguments.source;
    let mut lists = Lists::new();
    let problems = if source.starts_with("http://") || source.starts_with("https://") {
        let bytes = schema_files::download(source).map_err(|problem| vec![problem])?;
        schema_files::read_zip(source, std::io::Cursor::new(bytes), &mut lists)
    } else {
        schema_files::read_lists(Path::new(source), &mut lists)
    };
    // A cache of a part would call fields unknown that are not.
    if !problems.is_empty() {
        return Err(problems);
    }
    let path = schema_files::cache().map_err(|problem| vec![problem])?;
    let types: BTreeMap<_, _> = lists.iter().collect();
    let text = serde_json::to_string(&types).unwrap_or_default();
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).and_then(|()| whole_file::replace(&path, &text)).map_err(|error| {
        vec![
            Diagnostic::new(path.display().to_string(), format!("cannot be written: {error}"))
                .help("name another folder with SEKISHO_CACHE"),
        ]
    })?;
    anstream::println!("{}: {}", path.display(), count(lists.len(), "resource type"));
    Ok(())
}
