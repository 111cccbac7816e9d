//! The command line of Sekisho: `sekisho test`, `check`, `scan`, `replay`, `report` and `doctor`.
//!
//! In [`commands`] one file a subcommand, in [`output`] one file an output format. [`fixture`] reads the files
//! that policy authors write, [`given`] what they give on the command line, [`record`] makes fixtures of real
//! items, and [`replay`] stands in for AWS.

pub mod commands;
pub mod fix;
pub mod fixture;
pub mod given;
pub mod output;
pub mod record;
pub mod replay;
pub mod report;
pub mod schema_files;
pub mod waivers;
pub mod watch;
pub mod whole_file;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Exit codes, as linters have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All compliant, all tests passed.
    Success = 0,
    /// A violation was found, a test failed.
    Violations = 1,
    /// Something could not be read, evaluated or reported.
    Error = 2,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Policy as code for AWS Config: Rego policies over configuration items.
#[derive(Debug, Parser)]
#[command(
    version,
    propagate_version = true,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 all compliant, 1 violations found, 2 error.\n\n\
                  Examples:\n  \
                  sekisho test                              run the fixtures and the Rego tests\n  \
                  sekisho check                             whether policies and guidelines fit together\n  \
                  sekisho scan snapshot.json.gz             judge every item of a snapshot\n  \
                  sekisho replay fixtures                   run the real Lambda function without AWS"
)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    New(commands::new::NewArguments),
    Test(commands::test::TestArguments),
    Eval(commands::eval::EvalArguments),
    Check(commands::check::CheckArguments),
    Explain(commands::explain::ExplainArguments),
    Scan(commands::scan::ScanArguments),
    Record(commands::record::RecordArguments),
    Impact(commands::impact::ImpactArguments),
    Replay(commands::replay::ReplayArguments),
    Report(commands::report::ReportArguments),
    Docs(commands::docs::DocsArguments),
    Doctor(commands::doctor::DoctorArguments),
    Schema(commands::schema::SchemaArguments),
    Completions(commands::shell::CompletionsArguments),
    Man(commands::shell::ManArguments),
}

/// Runs the command.
pub fn run(arguments: Arguments) -> ExitCode {
    let exit = match arguments.command {
        Command::New(arguments) => commands::new::run(&arguments),
        Command::Test(arguments) => commands::test::run(&arguments),
        Command::Eval(arguments) => commands::eval::run(&arguments),
        Command::Check(arguments) => commands::check::run(&arguments),
        Command::Explain(arguments) => commands::explain::run(&arguments),
        Command::Scan(arguments) => commands::scan::run(&arguments),
        Command::Record(arguments) => commands::record::run(&arguments),
        Command::Impact(arguments) => commands::impact::run(&arguments),
        Command::Replay(arguments) => commands::replay::run(&arguments),
        Command::Report(arguments) => commands::report::run(&arguments),
        Command::Docs(arguments) => commands::docs::run(&arguments),
        Command::Doctor(arguments) => commands::doctor::run(&arguments),
        Command::Schema(arguments) => commands::schema::run(&arguments),
        Command::Completions(arguments) => commands::shell::completions(&arguments),
        Command::Man(arguments) => commands::shell::man(&arguments),
    };
    exit.into()
}
