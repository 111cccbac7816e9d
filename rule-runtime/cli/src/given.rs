//! What the user gives on the command line: the policies' folder, parameters, facts, the time.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use clap::Args;
use jiff::Timestamp;
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::facts::roster::{self, RosterOptions};
use sekisho_engine::facts::{self, FactError, FactProvider, RecordedFacts};
use sekisho_engine::item::load::{self, json_problem};
use sekisho_engine::policy::{Policy, PolicySet};
use sekisho_engine::rule;
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

/// `--facts` and `--facts-file`.
#[derive(Debug, Clone, Args)]
pub struct FactArguments {
    /// A fact from a file, for policies that need to know more than the item; repeat for more
    #[arg(long, value_name = "NAME=FILE")]
    facts: Vec<Pair>,
    /// All facts from a file that `sekisho doctor --record-facts` wrote, with their time
    #[arg(long, value_name = "FILE")]
    facts_file: Option<PathBuf>,
}

/// Where facts come from without AWS. A file of its own goes before the recorded ones, and `policy-id/name` before
/// `name`.
#[derive(Debug, Default)]
pub struct GivenFacts {
    files: BTreeMap<String, PathBuf>,
    recorded: Option<(PathBuf, RecordedFacts)>,
}

impl GivenFacts {
    /// Reads the recorded facts.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn read(arguments: &FactArguments) -> Result<Self, Diagnostic> {
        let files = arguments.facts.iter().map(|pair| (pair.name.clone(), PathBuf::from(&pair.value)));
        let recorded = arguments.facts_file.as_ref().map(|file| {
            let name = file.display().to_string();
            let bytes = fs::read(file).map_err(|error| {
                Diagnostic::new(&name, format!("cannot be read: {error}"))
                    .help("check the path after --facts-file")
            })?;
            match RecordedFacts::parse(&name, &bytes) {
                Ok(recorded) => Ok((file.clone(), recorded)),
                Err(FactError::File(problem)) => Err(problem),
                Err(error) => Err(Diagnostic::new(&name, error.to_string())),
            }
        });
        Ok(Self { files: files.collect(), recorded: recorded.transpose()? })
    }

    /// The time of the recorded facts.
    pub fn now(&self) -> Option<Timestamp> {
        self.recorded.as_ref().and_then(|(_, recorded)| recorded.now)
    }

    /// Names after `--facts` that none of `policies` has, and those by which they do not mean the same.
    pub fn problems(&self, policies: &[Arc<Policy>]) -> Vec<Diagnostic> {
        let known = |given: &str| {
            let (policy, name) = given.split_once('/').map_or((None, given), |(id, name)| (Some(id), name));
            let named = policies.iter().filter(|one| policy.is_none_or(|id| one.id() == id));
            named.into_iter().any(|policy| policy.metadata.facts.contains_key(name))
        };
        let ambiguous = rule::ambiguous_facts(policies);
        let problem = |name: &String| {
            if !known(name) {
                let message = format!("no policy needs a fact called \"{name}\"");
                return Some(Diagnostic::new("--facts", message).help("check its name"));
            }
            let ids = ambiguous.get(name)?;
            let message = format!("\"{name}\" is not the same fact for the policies {}", ids.join(", "));
            let flags: Vec<_> =
                ids.iter().map(|id| format!("--facts {}=FILE", facts::qualified(id, name))).collect();
            Some(Diagnostic::new("--facts", message).help(format!("say {}", flags.join(" "))))
        };
        self.files.keys().filter_map(problem).collect()
    }

    fn file(&self, policy: &Policy, name: &str) -> Option<&PathBuf> {
        self.files.get(&facts::qualified(policy.id(), name)).or_else(|| self.files.get(name))
    }

    fn recorded(&self, policy: &Policy, name: &str) -> Option<(&PathBuf, &Value)> {
        let (file, recorded) = self.recorded.as_ref()?;
        Some((file, recorded.get(policy.id(), name)?))
    }

    /// The flags that would give what `policy` needs and has not.
    pub fn missing(&self, policy: &Policy) -> Vec<String> {
        let names = policy.metadata.facts.keys();
        names
            .filter(|name| self.file(policy, name).is_none() && self.recorded(policy, name).is_none())
            .map(|name| format!("--facts {name}=FILE"))
            .collect()
    }

    /// The parameters that a policy's facts would be fetched by are filled with the file that stands in.
    pub fn fill(&self, policy: &Policy, parameters: &mut Map<String, Value>) {
        for (name, provider) in &policy.metadata.facts {
            let file = self.file(policy, name).or_else(|| self.recorded(policy, name).map(|(file, _)| file));
            let Some(file) = file else { continue };
            let (parameter, text) = match provider {
                FactProvider::Roster { uri_parameter } | FactProvider::S3Object { uri_parameter, .. } => {
                    (uri_parameter, format!("s3://local/{}", file.display()))
                }
                FactProvider::SsmParameter { name_parameter } => (name_parameter, file.display().to_string()),
                _ => continue,
            };
            parameters.entry(parameter.clone()).or_insert_with(|| text.into());
        }
    }

    /// What `policy` declares; the rows that could not be read go to `problems`. `None` where something is missing or
    /// cannot be read, which `problems` says.
    pub fn of(
        &self,
        policy: &Policy,
        parameters: &Value,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Map<String, Value>> {
        let mut found = Map::new();
        for (name, provider) in &policy.metadata.facts {
            if let Some(file) = self.file(policy, name) {
                match read_fact(provider, file, parameters, None) {
                    Ok(fact) => {
                        problems.extend(fact.problems);
                        found.insert(name.clone(), fact.value);
                    }
                    Err(problem) => {
                        problems.push(problem);
                        return None;
                    }
                }
            } else {
                found.insert(name.clone(), self.recorded(policy, name)?.1.clone());
            }
        }
        Some(found)
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

/// The threads that judge: those given, else one a core.
pub fn threads(given: Option<std::num::NonZero<usize>>) -> usize {
    given.or_else(|| std::thread::available_parallelism().ok()).map_or(1, std::num::NonZero::get)
}
