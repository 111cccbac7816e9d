//! The fuzz targets on the stable compiler: over the corpus as it is, and over so many small changes of it, always
//! the same ones.
#![allow(clippy::unwrap_used)]

#[path = "../../../fuzz/targets.rs"]
mod targets;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// How many changed inputs each target gets.
const CHANGED: usize = 4_000;

fn run(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
    let mut corpus: Vec<Vec<u8>> =
        fs::read_dir(&folder).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
    corpus.sort();
    assert!(!corpus.is_empty(), "{} is empty", folder.display());
    let mut state = 0x5eed_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below.max(1) as u64).unwrap()
    };
    let mut inputs = corpus.clone();
    for _ in 0..CHANGED {
        let mut input = corpus[random(corpus.len())].clone();
        for _ in 0..=random(4) {
            let at = random(input.len());
            match random(4) {
                _ if input.is_empty() => input.push(b'{'),
                0 => input[at] = u8::try_from(random(256)).unwrap(),
                1 => drop(input.drain(at..(at + random(16)).min(input.len()))),
                2 => {
                    let other = &corpus[random(corpus.len())];
                    let from = random(other.len());
                    let part = other[from..(from + random(32)).min(other.len())].to_vec();
                    input.splice(at..at, part);
                }
                _ => input.insert(at, b"\"{}[]:,\\#\n-0 "[random(13)]),
            }
        }
        inputs.push(input);
    }
    for input in inputs {
        let lived = catch_unwind(AssertUnwindSafe(|| target(&input)));
        assert!(lived.is_ok(), "{name} does not bear {:?}", String::from_utf8_lossy(&input));
    }
}

#[test]
fn events() {
    run("event", targets::event);
}

#[test]
fn items() {
    run("item", targets::item);
}

#[test]
fn metadata() {
    run("metadata", targets::metadata);
}

#[test]
fn rosters() {
    run("roster", targets::roster);
}
