//! Where the facts of an invocation come from: AWS, or a recorded file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use sekisho_aws::facts::AwsFacts;
use sekisho_engine::facts::{self, RecordedFacts};
use sekisho_engine::policy::Policy;
use serde_json::{Map, Value};

/// Fetches facts for the policies of one invocation, each distinct fact once.
pub struct Facts {
    aws: AwsFacts,
    recorded: Option<RecordedFacts>,
    /// By provider and the parameters that it is fetched by.
    fetched: BTreeMap<String, Result<Value, String>>,
}

impl Facts {
    /// Facts from AWS, or from `file` where one is set.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn new(aws: AwsFacts, file: Option<&Path>) -> Result<Self, String> {
        let recorded = file.map(|file| {
            let name = file.display().to_string();
            let bytes = fs::read(file).map_err(|error| format!("{name}: cannot be read: {error}"))?;
            tracing::warn!(file = name, "facts come from a file and not from AWS");
            RecordedFacts::parse(&name, &bytes).map_err(|error| error.to_string())
        });
        Ok(Self { aws, recorded: recorded.transpose()?, fetched: BTreeMap::new() })
    }

    /// The time that the recorded facts were made for.
    pub fn now(&self) -> Option<Timestamp> {
        self.recorded.as_ref().and_then(|recorded| recorded.now)
    }

    /// The facts that `policy` declares.
    ///
    /// # Errors
    /// The first that cannot be had, with its name.
    pub async fn of(
        &mut self,
        policy: &Arc<Policy>,
        parameters: &Value,
    ) -> Result<Map<String, Value>, String> {
        let mut found = Map::new();
        for name in policy.metadata.facts.keys() {
            let value = if let Some(recorded) = &self.recorded {
                let missing = || format!("the fact {name} is not in the facts file");
                recorded.get(policy.id(), name).cloned().ok_or_else(missing)
            } else {
                let key = format!("{:?} {parameters}", facts::chain(name, &policy.metadata.facts));
                if !self.fetched.contains_key(&key) {
                    let fetched = self.aws.fetch(name, &policy.metadata.facts, parameters).await;
                    self.fetched.insert(key.clone(), fetched.map_err(|error| error.to_string()));
                }
                self.fetched.get(&key).cloned().unwrap_or_else(|| Err("was not fetched".into()))
            };
            found.insert(name.clone(), value.map_err(|error| format!("policy {}: {error}", policy.id()))?);
        }
        Ok(found)
    }
}
