//! The Lambda function of an AWS Config rule: binary `bootstrap`.
//!
//! Start: it is looked what policies there are, and AWS clients are made while the first event is waited for. Each invocation: [`function`] reads the event, and
//! [`run`] finds the items, asks the policies and tells AWS Config; the request of a CloudFormation Lambda Hook is answered by
//! [`hook`]. Whatever goes wrong is an [`error::InvocationError`], so that Lambda tries
//! again and AWS Config shows the rule in error.

mod error;
mod facts;
mod function;
mod hook;
mod log;
mod logging;
mod report;
mod run;
mod settings;
mod waivers;

use std::process::ExitCode;
use std::sync::Arc;

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

use crate::function::Function;
use crate::settings::Settings;

#[tokio::main]
async fn main() -> ExitCode {
    logging::init();
    let function = match Settings::from_env() {
        Ok(settings) => Arc::new(Function::new(settings)),
        Err(problem) => {
            tracing::error!(error = %problem, "the settings cannot be used");
            return ExitCode::FAILURE;
        }
    };
    // Beside the first poll, which does not wait for it.
    let early = Arc::clone(&function);
    tokio::spawn(async move { early.prepare().await });
    let handler = service_fn(move |event: LambdaEvent<Value>| {
        let function = Arc::clone(&function);
        async move { Box::pin(function.handle(event)).await }
    });
    match Box::pin(lambda_runtime::run(handler)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the Lambda Runtime API cannot be reached");
            ExitCode::FAILURE
        }
    }
}
