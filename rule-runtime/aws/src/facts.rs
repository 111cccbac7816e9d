//! Facts from AWS: each provider's value as the policy contract has it, or an error that says what to do.

use aws_config::SdkConfig;
use sekisho_engine::facts::FactProvider;
use sekisho_engine::facts::roster::{self, RosterOptions};
use serde_json::Value;

use crate::iam::Iam;
use crate::s3::{ObjectUri, Objects};

/// Fetches facts.
#[derive(Debug, Clone)]
pub struct AwsFacts {
    objects: Objects,
    iam: Iam,
}

/// A fact that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the fact {fact} cannot be had: {why}")]
pub struct FetchError {
    /// Its name.
    pub fact: String,
    /// Which call on what failed, with AWS's code and message, and what to do.
    pub why: String,
}

impl AwsFacts {
    /// With the region and credentials of `config`.
    pub fn new(config: &SdkConfig) -> Self {
        Self { objects: Objects::new(config), iam: Iam::new(config) }
    }

    /// The value of the fact `name`.
    ///
    /// # Errors
    /// A parameter is missing or malformed, or AWS refused.
    pub async fn fetch(
        &self,
        name: &str,
        provider: &FactProvider,
        parameters: &Value,
    ) -> Result<Value, FetchError> {
        let fetched = match provider {
            FactProvider::Roster { uri_parameter } => self.roster(uri_parameter, parameters).await,
            FactProvider::IamUsers {} => self.iam.users().await.map(Value::Array),
            other => Err(format!("the provider {} is not there in this version", other.name())),
        };
        fetched.map_err(|why| FetchError { fact: name.to_owned(), why })
    }

    async fn roster(&self, uri_parameter: &str, parameters: &Value) -> Result<Value, String> {
        let given = parameters
            .get(uri_parameter)
            .and_then(Value::as_str)
            .ok_or_else(|| format!("parameter {uri_parameter} is not set, expected s3://bucket/key"))?;
        let uri: ObjectUri = given.parse().map_err(|error| format!("parameter {uri_parameter} {error}"))?;
        let options = RosterOptions::from_parameters(parameters).map_err(|error| error.to_string())?;
        let object = self.objects.get(&uri).await?;
        let roster = roster::parse(given, object.last_modified, &object.bytes, &options);
        serde_json::to_value(roster).map_err(|error| error.to_string())
    }
}
