//! What was recorded and what was replaced in it: never an original unless it is asked for.

use serde_json::json;

use super::{DIM, count};
use crate::commands::record::Recorded;
use crate::record::table::Replaced;

/// How many fields of a kind are named to a reader; JSON names all.
const SHOWN: usize = 3;

/// For reading.
pub fn print(recorded: &[Recorded], with_originals: bool) {
    for recorded in recorded {
        for file in &recorded.files {
            anstream::println!("{}", file.path.display());
        }
        for replaced in &recorded.replaced {
            print_kind(replaced, with_originals);
        }
    }
}

fn print_kind(replaced: &Replaced, with_originals: bool) {
    let values = count(replaced.values, "value");
    let times = count(replaced.times, "place");
    let mut paths = replaced.paths.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if replaced.paths.len() > SHOWN {
        paths.push_str(&format!(" and {}", count(replaced.paths.len() - SHOWN, "more field")));
    }
    anstream::println!("  {:<20} {values:>10} {times:>10}  {DIM}{paths}{DIM:#}", replaced.kind.as_str());
    if with_originals {
        for (original, replacement) in &replaced.originals {
            anstream::println!("    {original} -> {replacement}");
        }
    }
}

/// One document.
pub fn print_json(recorded: &[Recorded]) {
    let all: Vec<_> = recorded
        .iter()
        .map(|recorded| {
            let files: Vec<_> = recorded.files.iter().map(|file| file.path.display().to_string()).collect();
            json!({"files": files, "replaced": recorded.replaced})
        })
        .collect();
    anstream::println!("{:#}", json!({"recorded": all}));
}
