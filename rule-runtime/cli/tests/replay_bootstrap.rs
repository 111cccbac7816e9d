//! The function as a child process: what it gets, what is kept of it, how its end is told.
//!
//! Small programs that every Unix has play the function.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sekisho::replay::bootstrap::{Bootstrap, BootstrapError, BootstrapOptions};
use sekisho::replay::runtime_api::{InvocationOutcome, RuntimeApi};
use serde_json::json;

const LONG: Duration = Duration::from_mins(1);

fn options(path: impl AsRef<Path>, environment: &[(&str, &str)]) -> BootstrapOptions {
    BootstrapOptions {
        path: Some(path.as_ref().to_owned()),
        environment: environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        echo_log: false,
        inherit: false,
    }
}

/// Runs `env`, which prints its environment and ends, and gives what it printed.
async fn environment_of_the_function(given: &[(&str, &str)]) -> BTreeMap<String, String> {
    let api = RuntimeApi::start().await.unwrap();
    let mut bootstrap = Bootstrap::spawn(&options("/usr/bin/env", given), &api).unwrap();
    let ended = bootstrap.died().await;
    let (status, log) = ended.split_once('\n').expect("a status, then the log");
    assert_eq!(status, "exit status: 0; its log ends with:");
    let variables: BTreeMap<String, String> =
        log.lines().filter_map(|line| line.split_once('=')).map(|(n, v)| (n.into(), v.into())).collect();
    assert_eq!(variables["AWS_LAMBDA_RUNTIME_API"], api.address());
    variables
}

#[tokio::test]
async fn the_function_has_lambdas_environment_and_nothing_of_ours() {
    let variables =
        environment_of_the_function(&[("AWS_ENDPOINT_URL_CONFIG_SERVICE", "http://127.0.0.1:1")]).await;
    // Cargo sets this for tests; it stands for all that a person's shell may hold: profiles, proxies, tokens.
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    // The one variable that may pass from outside, see below.
    let names: Vec<&str> = variables.keys().map(String::as_str).filter(|name| *name != "RUST_LOG").collect();
    assert_eq!(
        names,
        [
            "AWS_ACCESS_KEY_ID",
            "AWS_CONFIG_FILE",
            "AWS_DEFAULT_REGION",
            "AWS_EC2_METADATA_DISABLED",
            "AWS_ENDPOINT_URL",
            "AWS_ENDPOINT_URL_CONFIG_SERVICE",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            "AWS_LAMBDA_FUNCTION_NAME",
            "AWS_LAMBDA_FUNCTION_VERSION",
            "AWS_LAMBDA_LOG_GROUP_NAME",
            "AWS_LAMBDA_LOG_STREAM_NAME",
            "AWS_LAMBDA_RUNTIME_API",
            "AWS_REGION",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SHARED_CREDENTIALS_FILE",
            "PATH",
        ]
    );
    assert_eq!(variables["AWS_ACCESS_KEY_ID"], "replay");
    assert_eq!(variables["AWS_SHARED_CREDENTIALS_FILE"], "/dev/null");
    assert_eq!(variables["AWS_ENDPOINT_URL_CONFIG_SERVICE"], "http://127.0.0.1:1");
}

#[tokio::test]
async fn what_is_given_replaces_what_is_set() {
    let variables = environment_of_the_function(&[("AWS_REGION", "ap-northeast-3")]).await;
    assert_eq!(variables["AWS_REGION"], "ap-northeast-3");
}

#[tokio::test]
async fn a_function_that_dies_ends_the_invocation_with_its_status_and_last_lines() {
    let api = RuntimeApi::start().await.unwrap();
    let lines = [("LINE_ONE", "1"), ("LINE_TWO", "2")];
    let mut bootstrap = Bootstrap::spawn(&options("/usr/bin/env", &lines), &api).unwrap();
    let outcome = api.invoke(json!({}), LONG, &mut bootstrap).await;
    let InvocationOutcome::Died(why) = outcome else { panic!("{outcome}") };
    assert!(why.starts_with("exit status: 0; its log ends with:\n"), "{why}");
    assert!(why.contains("\nLINE_ONE=1") && why.contains("\nLINE_TWO=2"), "{why}");

    let api = RuntimeApi::start().await.unwrap();
    let mut bootstrap = Bootstrap::spawn(&options("/bin/false", &[]), &api).unwrap();
    let outcome = api.invoke(json!({}), LONG, &mut bootstrap).await;
    assert_eq!(outcome, InvocationOutcome::Died("exit status: 1; its log ends with:\n".into()));
}

#[tokio::test]
async fn the_end_of_a_long_log_is_kept() {
    let api = RuntimeApi::start().await.unwrap();
    let many: Vec<(String, String)> = (0..300).map(|n| (format!("LINE_{n}"), n.to_string())).collect();
    let options = BootstrapOptions {
        path: Some("/usr/bin/env".into()),
        environment: many,
        echo_log: false,
        inherit: false,
    };
    let mut bootstrap = Bootstrap::spawn(&options, &api).unwrap();
    let why = bootstrap.died().await;
    assert_eq!(why.lines().count(), 1 + 20, "{why}");
}

#[tokio::test]
async fn a_missing_binary_says_how_to_build_it() {
    let api = RuntimeApi::start().await.unwrap();
    let missing = PathBuf::from("/no/such/bootstrap");
    let error = Bootstrap::spawn(&options(&missing, &[]), &api).err().expect("no binary");
    assert!(matches!(&error, BootstrapError::Missing(path) if *path == missing));
    let text = error.to_string();
    assert!(text.contains("/no/such/bootstrap") && text.contains("cargo build -p sekisho-lambda"), "{text}");
}

#[tokio::test]
async fn a_file_that_cannot_be_run_is_named() {
    let api = RuntimeApi::start().await.unwrap();
    let error = Bootstrap::spawn(&options("/etc/passwd", &[]), &api).err().expect("not a program");
    assert!(matches!(error, BootstrapError::Spawn { .. }));
    assert!(error.to_string().contains("/etc/passwd cannot be run"), "{error}");
}
