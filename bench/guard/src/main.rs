//! cfn-guard as a contender: `guard-lines RULES ITEMS`.
//!
//! In: a file of Guard rules and a file with an item a line. Each item goes from its bytes to a verdict through the
//! library's one public way, `run_checks`, which reads the rules anew each time; how long that takes by itself is
//! measured beside it, with an item that is empty. Out: one JSON object, as every contender prints it (see
//! `bench/contenders/__init__.py`), with `overheadNanoseconds`.

use std::process::ExitCode;
use std::time::Instant;
use std::{env, fs};

use cfn_guard::{ValidateInput, run_checks};
use serde_json::{Value, json};

/// How many items warm caches and branch predictors up.
const WARM: usize = 200;

fn main() -> ExitCode {
    match run() {
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

fn run() -> Result<Value, String> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [rules, items] = &arguments[..] else { return Err("usage: guard-lines RULES ITEMS".into()) };
    let read = |file: &String| fs::read_to_string(file).map_err(|error| format!("{file}: {error}"));
    let (rules, items) = (read(rules)?, read(items)?);
    let lines: Vec<&str> = items.lines().collect();
    for line in lines.iter().take(WARM) {
        check(line, &rules)?;
    }
    let mut verdicts = String::with_capacity(lines.len());
    let mut answers = Vec::with_capacity(lines.len());
    let start = Instant::now();
    for line in &lines {
        answers.push(check(line, &rules)?);
    }
    let nanoseconds = start.elapsed().as_nanos();
    for answer in &answers {
        verdicts.push(verdict(answer)?);
    }
    let start = Instant::now();
    for _ in 0..WARM {
        check("{}", &rules)?;
    }
    let overhead = start.elapsed().as_nanos() / WARM as u128;
    Ok(json!({
        "items": lines.len(), "nanoseconds": u64::try_from(nanoseconds).unwrap_or(u64::MAX), "verdicts": verdicts,
        "overheadNanoseconds": u64::try_from(overhead).unwrap_or(u64::MAX),
    }))
}

fn check(item: &str, rules: &str) -> Result<String, String> {
    let data = ValidateInput { content: item, file_name: "item.json" };
    let rules = ValidateInput { content: rules, file_name: "rules.guard" };
    run_checks(data, rules, false).map_err(|error| error.to_string())
}

/// N where a rule failed, else C: a rule without anything to look at (a group without such permissions) is skipped.
///
/// Version 3.2.1 hands out only what is still in its buffer, so that a report longer than that has lost its beginning;
/// only a rule that failed has one so long.
fn verdict(answer: &str) -> Result<char, String> {
    let Ok(answer) = serde_json::from_str::<Value>(answer) else {
        return if answer.starts_with("{\"name\"") { Err(format!("is not JSON: {answer}")) } else { Ok('N') };
    };
    match answer["status"].as_str() {
        Some("PASS" | "SKIP") => Ok('C'),
        Some("FAIL") => Ok('N'),
        _ => Err(format!("has no status: {answer}")),
    }
}
