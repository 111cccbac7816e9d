//! Logs: JSON lines on standard output, which Lambda sends to `CloudWatch` Logs.
//!
//! Never in them: result tokens, credentials, configuration items. `RUST_LOG` sets the level.

use std::env;

use tracing_subscriber::EnvFilter;

/// What is logged where `RUST_LOG` does not say. The SDK's own lines are for debugging it.
const DEFAULT_LEVELS: &str = "info,aws_config=warn,aws_smithy_runtime=warn,aws_sdk_config=warn,aws_sdk_iam=warn,aws_sdk_s3=warn,lambda_runtime=warn";

/// Crates whose `debug` and `trace` lines hold whole events and requests, result tokens among them: whatever
/// `RUST_LOG` says, they stay at these levels.
const CAPPED: [&str; 3] =
    ["aws_smithy_runtime=info", "lambda_runtime=info", "lambda_runtime_api_client=info"];

/// Begins to log. A panic is one line too, without backtrace.
pub fn init() {
    let capped = env::var_os("RUST_LOG").is_some();
    let mut filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_LEVELS));
    if capped {
        for directive in CAPPED.iter().filter_map(|directive| directive.parse().ok()) {
            filter = filter.add_directive(directive);
        }
    }
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
