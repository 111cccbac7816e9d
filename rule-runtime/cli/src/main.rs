//! The command `sekisho`: arguments in, exit code out. What it does is in the library beside it.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    sekisho::run(sekisho::Arguments::parse())
}
