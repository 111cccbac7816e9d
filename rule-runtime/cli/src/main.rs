//! The command `sekisho`: arguments in, exit code out. What it does is in the library beside it.

use std::process::ExitCode;

use clap::Parser;

/// A scan takes and gives back memory in small pieces on many threads: see docs/performance.md.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    sekisho::run(sekisho::Arguments::parse())
}
