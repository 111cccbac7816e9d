//! The floor as a contender: `json-floor lines FILE` and `json-floor snapshot THREADS FILE`.
//!
//! `lines` validates each line of a file that is in memory, as `judge-lines` judges it. `snapshot` unpacks and validates
//! a gzipped snapshot, reading it from the disk as `sekisho scan` does. Out: one JSON object.

use std::fs::{self, File};
use std::process::ExitCode;
use std::time::Instant;

use sekisho_bench::floor;
use serde_json::{Value, json};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(result) => {
            println!("{result}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &[String]) -> Result<Value, String> {
    match arguments {
        [mode, file] if mode == "lines" => lines(file),
        [mode, threads, file] if mode == "snapshot" => {
            let threads =
                threads.parse().map_err(|_| format!("THREADS is \"{threads}\", expected 1 or 2"))?;
            let failed = |error: std::io::Error| format!("{file}: {error}");
            let start = Instant::now();
            let items = floor::snapshot(File::open(file).map_err(failed)?, threads).map_err(failed)?;
            Ok(json!({"items": items, "nanoseconds": nanoseconds(start)}))
        }
        _ => Err("usage: json-floor lines FILE | json-floor snapshot THREADS FILE".into()),
    }
}

fn lines(file: &str) -> Result<Value, String> {
    let bytes = fs::read(file).map_err(|error| format!("{file}: {error}"))?;
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    let valid = |line: &&[u8]| floor::validate(line).map_err(|error| format!("{file}: {error}"));
    lines.iter().take(200).try_for_each(valid)?;
    let start = Instant::now();
    lines.iter().try_for_each(valid)?;
    Ok(
        json!({"items": lines.len(), "bytes": bytes.len(), "nanoseconds": nanoseconds(start), "verdicts": null}),
    )
}

fn nanoseconds(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
