//! A snapshot as large as an organisation's, through the real `bootstrap`: `large-snapshot COUNT`.
//!
//! Makes it, puts it into moto's S3, invokes the release build once as Lambda would, counts what arrived at AWS
//! Config's stand-in, and reads the function's peak memory from the kernel. Exit code 1 where an evaluation is missing
//! or wrong, or the memory went over the limit.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs::{self, File};
use std::io::BufWriter;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use aws_sdk_s3::primitives::ByteStream;
use sekisho::replay::bootstrap::{Bootstrap, BootstrapOptions};
use sekisho::replay::config_endpoint::ConfigEndpoint;
use sekisho::replay::runtime_api::RuntimeApi;
use sekisho_tests::function::{environment_variables, event};
use sekisho_tests::moto::{Moto, REGION};
use sekisho_tests::{root, snapshots};
use serde_json::json;

/// What the function may take, in MiB.
const LIMIT: u64 = 512;
const KEY: &str = "AWSLogs/123456789012/Config/ap-northeast-1/2026/11/23/ConfigSnapshot/made-up.json.gz";

#[tokio::main]
async fn main() -> ExitCode {
    let count: usize = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(300_000);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("snapshot.json.gz");
    let bytes = snapshots::write(count, BufWriter::new(File::create(&file).unwrap())).unwrap();
    println!(
        "snapshot    {count} items, {bytes} bytes of JSON, {} gzipped",
        fs::metadata(&file).unwrap().len()
    );
    let moto = Moto::start().await;
    let s3 = aws_sdk_s3::config::Builder::from(&moto.sdk().await).force_path_style(true).build();
    let s3 = aws_sdk_s3::Client::from_conf(s3);
    let place =
        aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint(REGION.into()).build();
    s3.create_bucket().bucket("config").create_bucket_configuration(place).send().await.unwrap();
    let body = ByteStream::from_path(&file).await.unwrap();
    s3.put_object().bucket("config").key(KEY).body(body).send().await.unwrap();

    let config = ConfigEndpoint::start().await.unwrap();
    let api = RuntimeApi::start().await.unwrap();
    let options = BootstrapOptions {
        path: Some(root().join("target/release/bootstrap")),
        environment: environment_variables(
            &config,
            &[("AWS_ENDPOINT_URL", moto.url.as_str()), ("RUST_LOG", "warn")],
        ),
        echo_log: false,
        inherit: false,
    };
    let mut bootstrap = Bootstrap::spawn(&options, &api).unwrap();
    let token = config.register_rule("r");
    let delivery = json!({
        "configSnapshotId": "made-up", "s3ObjectKey": KEY, "s3Bucket": "config",
        "notificationCreationTime": "2026-11-23T01:00:00.000Z",
        "messageType": "ConfigurationSnapshotDeliveryCompleted", "recordVersion": "1.1"
    });
    let start = Instant::now();
    let event = event("r", &token, &json!({"policy": "dynamodb-pitr"}), &delivery);
    let outcome = api.invoke(event, Duration::from_mins(15), &mut bootstrap).await;
    let seconds = start.elapsed().as_secs();
    let peak = peak_memory(bootstrap.id().expect("it lives"));
    bootstrap.stop().await;

    let stored = config.compliance("r");
    let wrong = stored
        .iter()
        .filter(|evaluation| {
            let number = evaluation.resource_id.trim_start_matches("table-").parse().unwrap_or(usize::MAX);
            let expected = if snapshots::is_denied(number) { "NON_COMPLIANT" } else { "COMPLIANT" };
            evaluation.compliance != expected
        })
        .count();
    let expected = (0..count).filter(|number| snapshots::is_judged(*number)).count();
    println!("invocation  {outcome}, {seconds} s");
    println!(
        "evaluations {} of {expected} arrived, {wrong} wrong, in {} calls",
        stored.len(),
        config.requests().len()
    );
    println!("memory      {peak} MiB at most, limit {LIMIT} MiB");
    if stored.len() == expected && wrong == 0 && peak < LIMIT { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// `VmHWM` of a process, in MiB.
fn peak_memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("Linux says it");
    let kibibytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kibibytes / 1024
}
