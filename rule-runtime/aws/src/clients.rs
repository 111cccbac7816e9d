//! The clients of a function, made once at start from what Lambda's environment says.

use std::error::Error;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_sdk_config::error::{ProvideErrorMetadata, SdkError};

use crate::evaluations::Evaluations;
use crate::facts::AwsFacts;
use crate::recorded::Recorded;
use crate::s3::Objects;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long one attempt of a call may take.
pub(crate) const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);
/// How often a call is tried in all.
const ATTEMPTS: u32 = 6;

/// What the function talks to.
#[derive(Debug, Clone)]
pub struct Clients {
    /// AWS Config.
    pub evaluations: Evaluations,
    /// Items and results of AWS Config.
    pub recorded: Recorded,
    /// Objects of S3.
    pub objects: Objects,
    /// What policies need to know.
    pub facts: AwsFacts,
}

impl Clients {
    /// From the environment: region and credentials of Lambda, `AWS_ENDPOINT_URL*` where they are set.
    pub(crate) async fn config_from_env() -> SdkConfig {
        with_limits(aws_config::defaults(BehaviorVersion::latest())).load().await
    }

    /// From a configuration.
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            evaluations: Evaluations::new(config),
            recorded: Recorded::new(config),
            objects: Objects::new(config),
            facts: AwsFacts::new(config),
        }
    }
}

/// With the timeouts and retries of every client.
pub(crate) fn with_limits(loader: ConfigLoader) -> ConfigLoader {
    let timeouts =
        TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_attempt_timeout(ATTEMPT_TIMEOUT);
    loader
        .timeout_config(timeouts.build())
        // Not the adaptive mode: after three throttled calls it lets one through every half minute (measured),
        // and a function has a deadline.
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
}

/// AWS's error code and message of a failed call, for a person. Where AWS did not answer, or not in its own
/// form: the HTTP status, and what the SDK says from the outside in.
pub(crate) fn explain<E>(error: &SdkError<E>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        _ if is_denied(error) => "AccessDenied".to_owned(),
        _ => {
            let status = error.raw_response().map(|answer| format!("HTTP {}: ", answer.status()));
            format!("{}{}", status.unwrap_or_default(), chain(error))
        }
    }
}

/// An error and its causes, from the outside in, each said once.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        let text = cause.to_string();
        // Wrappers often repeat the text of what they wrap.
        if parts.last().is_none_or(|last| !last.ends_with(&text)) {
            parts.push(text);
        }
        next = cause.source();
    }
    parts.join(": ")
}

/// Whether AWS refused for lack of a permission: by its code, or by the status where the body does not say.
pub(crate) fn is_denied<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    match error.code() {
        Some(code) => matches!(code, "AccessDenied" | "AccessDeniedException"),
        None => error.raw_response().is_some_and(|response| response.status().as_u16() == 403),
    }
}
