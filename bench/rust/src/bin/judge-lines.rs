//! Sekisho as a contender: `judge-lines POLICIES ITEMS`.
//!
//! In: a folder of policies and a file with an item a line. The first items are judged by an evaluator that is thrown
//! away, to warm caches and branch predictors up; then every item goes once from its bytes to its verdicts, on one thread,
//! with a fresh evaluator, so that nothing is remembered of an earlier pass. Out: one JSON object, as every contender prints it.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use sekisho_bench::way;
use serde_json::{Value, json};

/// The allocator of the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many items warm up.
const WARM: usize = 200;

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
    let [policies, file] = arguments else { return Err("usage: judge-lines POLICIES ITEMS".into()) };
    let bytes = fs::read(file).map_err(|error| format!("{file}: {error}"))?;
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    let policies = way::load(Path::new(policies))?;
    way::judge(&way::prepare(&policies)?, &lines[..WARM.min(lines.len())], &mut |_| {})?;
    let evaluator = way::prepare(&policies)?;
    let mut verdicts = String::with_capacity(lines.len());
    let start = Instant::now();
    way::judge(&evaluator, &lines, &mut |outcome| verdicts.push(way::letter(&outcome)))?;
    let nanoseconds = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    Ok(json!({"items": lines.len(), "bytes": bytes.len(), "nanoseconds": nanoseconds, "verdicts": verdicts}))
}
