//! The clients of a function, made once at start from what Lambda's environment says.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_config::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

use crate::evaluations::Evaluations;
use crate::facts::AwsFacts;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long one attempt of a call may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);
/// How often a call is tried in all.
const ATTEMPTS: u32 = 4;

/// What the function talks to.
#[derive(Debug, Clone)]
pub struct Clients {
    /// AWS Config.
    pub evaluations: Evaluations,
    /// S3 and IAM.
    pub facts: AwsFacts,
}

impl Clients {
    /// From the environment: region and credentials of Lambda, `AWS_ENDPOINT_URL*` where they are set.
    pub async fn from_env() -> Self {
        let timeouts =
            TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_attempt_timeout(ATTEMPT_TIMEOUT);
        let config = aws_config::defaults(BehaviorVersion::latest())
            .timeout_config(timeouts.build())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .load()
            .await;
        Self::new(&config)
    }

    /// From a configuration.
    pub fn new(config: &SdkConfig) -> Self {
        Self { evaluations: Evaluations::new(config), facts: AwsFacts::new(config) }
    }
}

/// AWS's error code and message of a failed call, for a person.
pub(crate) fn explain<E>(error: &SdkError<E>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        _ => DisplayErrorContext(error).to_string(),
    }
}
