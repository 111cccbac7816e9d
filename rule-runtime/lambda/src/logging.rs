//! Logs: JSON lines on standard output, which Lambda sends to `CloudWatch` Logs.
//!
//! Never in them by default: result tokens, credentials, configuration items. `RUST_LOG` sets the level.

use tracing_subscriber::EnvFilter;

/// The SDK's own lines are for debugging it, and at `debug` they hold requests.
const DEFAULT_LEVELS: &str =
    "info,aws_config=warn,aws_smithy_runtime=warn,aws_sdk_iam=warn,aws_sdk_s3=warn,lambda_runtime=warn";

/// Begins to log. A panic is one line too, without backtrace.
pub fn init() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_LEVELS));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false)
        .with_env_filter(filter)
        .init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a panic was caught");
    }));
}
