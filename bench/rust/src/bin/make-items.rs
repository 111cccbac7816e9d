//! Makes items for the benchmarks: `make-items KIND TYPES COUNT SEED FILE`.
//!
//! KIND is `repeating` or `distinct`, TYPES `all`, `security-groups` or `buckets`. FILE is a gzipped snapshot where it
//! ends in `.gz`, else an item a line. Says in JSON how many bytes of JSON it holds.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::Path;
use std::process::ExitCode;

use sekisho_bench::items::{Items, Kind, Selection, write_lines, write_snapshot};
use serde_json::json;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &[String]) -> Result<(), String> {
    let [kind, types, count, seed, file] = arguments else {
        return Err("usage: make-items repeating|distinct all|security-groups|buckets COUNT SEED FILE".into());
    };
    let kind = match kind.as_str() {
        "repeating" => Kind::Repeating,
        "distinct" => Kind::Distinct,
        other => return Err(format!("KIND is \"{other}\", expected repeating or distinct")),
    };
    let selection = match types.as_str() {
        "all" => Selection::All,
        "security-groups" => Selection::SecurityGroups,
        "buckets" => Selection::Buckets,
        other => return Err(format!("TYPES is \"{other}\", expected all, security-groups or buckets")),
    };
    let count = count.parse().map_err(|_| format!("COUNT is \"{count}\", expected a number of items"))?;
    let seed = seed.parse().map_err(|_| format!("SEED is \"{seed}\", expected a number"))?;
    let items = Items::new(kind, selection, seed);
    // A file that was cut off must not look like one that is whole.
    let unfinished = format!("{file}.part");
    let packed = Path::new(file).extension().is_some_and(|ending| ending == "gz");
    let write = || {
        let out = BufWriter::with_capacity(1 << 20, File::create(&unfinished)?);
        let bytes = if packed { write_snapshot(items, count, out) } else { write_lines(items, count, out) }?;
        fs::rename(&unfinished, file)?;
        Ok::<_, std::io::Error>(bytes)
    };
    let bytes = write().map_err(|error| format!("{file}: {error}"))?;
    println!("{}", json!({"items": count, "bytes": bytes}));
    Ok(())
}
