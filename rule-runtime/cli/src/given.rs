//! What the user gives on the command line: the policies' folder, parameters, facts, the time.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use clap::Args;
use jiff::Timestamp;
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::facts::FactProvider;
use sekisho_engine::facts::roster::{self, RosterOptions};
use sekisho_engine::item::load::{self, json_problem};
use sekisho_engine::policy::{Policy, PolicySet};
use serde_json::{Map, Value};

/// Where the policies are.
#[derive(Debug, Clone, Args)]
pub struct PolicyFolder {
    /// Folder of the policies, or one policy file
    #[arg(long, value_name = "PATH", default_value = "policies", env = "SEKISHO_POLICIES")]
    pub policies: PathBuf,
}

impl PolicyFolder {
    /// Loads the policies.
    pub fn load(&self) -> PolicySet {
        PolicySet::load(&self.policies)
    }
}

/// `name=value`.
#[derive(Debug, Clone)]
pub struct Pair {
    /// Before the first `=`.
    pub name: String,
    /// Behind it.
    pub value: String,
}

impl std::str::FromStr for Pair {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() => {
                Ok(Self { name: name.trim().to_owned(), value: value.to_owned() })
            }
            _ => Err("expected name=value".to_owned()),
        }
    }
}

/// Parameters as AWS Config would deliver them: strings.
pub fn parameters(pairs: &[Pair]) -> Map<String, Value> {
    pairs.iter().map(|pair| (pair.name.clone(), Value::from(pair.value.clone()))).collect()
}

/// Facts by name, each with the file that it comes from.
pub type FactFiles = BTreeMap<String, PathBuf>;

/// `--facts name=file`.
pub fn fact_files(pairs: &[Pair]) -> FactFiles {
    pairs.iter().map(|pair| (pair.name.clone(), PathBuf::from(&pair.value))).collect()
}

/// The parameters that a policy's facts would be fetched by are filled with the file that stands in.
pub fn fill_uris(policy: &Policy, files: &FactFiles, parameters: &mut Map<String, Value>) {
    for (name, provider) in &policy.metadata.facts {
        let stand_in = |file: &PathBuf| match provider {
            FactProvider::Roster { uri_parameter } | FactProvider::S3Object { uri_parameter, .. } => {
                Some((uri_parameter, format!("s3://local/{}", file.display())))
            }
            FactProvider::SsmParameter { name_parameter } => {
                Some((name_parameter, file.display().to_string()))
            }
            _ => None,
        };
        if let Some((parameter, text)) = files.get(name).and_then(stand_in) {
            parameters.entry(parameter.clone()).or_insert_with(|| text.into());
        }
    }
}

/// A fact and the rows of it that could not be read.
#[derive(Debug)]
pub struct Fact {
    /// `data.facts.<name>`.
    pub value: Value,
    /// What the user should mend in the file; the policy sees it as well.
    pub problems: Vec<Diagnostic>,
}

/// Reads the fact of `provider` from `file` as the function would read it from AWS. `last_modified` is that
/// of the file where it is not given.
///
/// # Errors
/// The file cannot be read or is not of the provider's form.
pub fn read_fact(
    provider: &FactProvider,
    file: &Path,
    parameters: &Value,
    last_modified: Option<Timestamp>,
) -> Result<Fact, Diagnostic> {
    let name = file.display().to_string();
    let bytes = fs::read(file).map_err(|error| {
        Diagnostic::new(&name, format!("cannot be read: {error}")).help("check the path after --facts name=")
    })?;
    match provider {
        FactProvider::Roster { .. } => {
            let options = RosterOptions::from_parameters(parameters)
                .map_err(|error| Diagnostic::new(&name, error.to_string()))?;
            let modified = last_modified.or_else(|| modified(file));
            let roster = roster::parse(&name, modified, &bytes, &options);
            let problems = roster
                .errors
                .iter()
                .map(|error| {
                    Diagnostic::new(&name, error.msg.clone())
                        .at(error.line.unwrap_or(0), 0)
                        .field(error.column.clone().unwrap_or_default())
                        .help("mend the row in the export")
                })
                .collect();
            let value = serde_json::to_value(&roster)
                .map_err(|error| Diagnostic::new(&name, format!("cannot be used: {error}")))?;
            Ok(Fact { value, problems })
        }
        FactProvider::S3Object { format, .. } => {
            let modified = last_modified.or_else(|| modified(file));
            let value = sekisho_engine::facts::object::parse(&name, modified, &bytes, *format)?;
            Ok(Fact { value, problems: Vec::new() })
        }
        FactProvider::IamCredentialReport {} if is_csv(file) => {
            let text = load::text(&name, &bytes)?;
            let generated = last_modified.or_else(|| modified(file)).unwrap_or(Timestamp::UNIX_EPOCH);
            let value = sekisho_engine::facts::object::credential_report(&text, generated)?;
            Ok(Fact { value, problems: Vec::new() })
        }
        // As AWS answered it.
        _ => {
            let text = load::text(&name, &bytes)?;
            let value = serde_json::from_str(&text).map_err(|error| json_problem(&name, &text, &error))?;
            Ok(Fact { value, problems: Vec::new() })
        }
    }
}

fn is_csv(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"))
}

fn modified(file: &Path) -> Option<Timestamp> {
    fs::metadata(file).and_then(|metadata| metadata.modified()).ok().and_then(timestamp)
}

fn timestamp(time: SystemTime) -> Option<Timestamp> {
    Timestamp::try_from(time).ok()
}

/// `--now`, or the clock.
pub fn now(given: Option<Timestamp>) -> Timestamp {
    given.or_else(|| timestamp(SystemTime::now())).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The policies that `names` stand for, all where it is empty; problems of those that may not run.
pub fn select(set: &PolicySet, names: &[String]) -> (Vec<Arc<Policy>>, Vec<Diagnostic>) {
    let mut problems: Vec<Diagnostic> = set.problems().cloned().collect();
    if names.is_empty() {
        return (set.policies().cloned().collect(), problems);
    }
    let selection = set.select(&names.join(","));
    for problem in &selection.problems {
        use sekisho_engine::policy::SelectError;
        // The problems of broken policies are in the list already, with their places.
        if !matches!(problem, SelectError::Broken { .. }) {
            problems.push(Diagnostic::new("--policy", problem.to_string()));
        }
    }
    (selection.policies, problems)
}
