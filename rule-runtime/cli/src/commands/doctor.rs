//! `sekisho doctor`: the steps of one invocation, with the user's own AWS credentials, telling AWS Config nothing.
//!
//! It runs the real function on this machine, so that what it finds is what the function would find: the event, the
//! policies, the role of the rule's account, the facts, the items, the verdicts.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::event::RuleEvent;
use sekisho_engine::facts::RecordedFacts;
use sekisho_engine::item::load;
use serde_json::Value;

use crate::Exit;
use crate::given::PolicyFolder;
use crate::output::{self, doctor_report};
use crate::replay::bootstrap::{Bootstrap, BootstrapOptions};
use crate::replay::runtime_api::{InvocationOutcome, RuntimeApi};

/// Run the steps of a rule's invocation against AWS and report what they find; AWS Config is told nothing
///
/// Uses the AWS credentials and the region of the environment, as the AWS CLI does. The event is one of a rule: from
/// the function's queue of failed events, or written by hand.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    sekisho doctor --rule-event event.json\n  \
    sekisho doctor --rule-event event.json --function-account 210987654321\n  \
    sekisho doctor --rule-event event.json --record-facts facts.json && sekisho scan items/ --facts-file facts.json")]
pub struct DoctorArguments {
    /// The event of a rule, as AWS Config sends it (JSON)
    #[arg(long, value_name = "FILE")]
    rule_event: PathBuf,
    #[command(flatten)]
    folder: PolicyFolder,
    /// The account of the function; where the rule is in another one, a role there is assumed
    #[arg(long, value_name = "ACCOUNT")]
    function_account: Option<String>,
    /// Write the facts that were fetched to a file, for scan and replay
    #[arg(long, value_name = "FILE")]
    record_facts: Option<PathBuf>,
    /// The Lambda function's binary; else `SEKISHO_BOOTSTRAP`, else beside this command
    #[arg(long, value_name = "FILE")]
    bootstrap: Option<PathBuf>,
    /// How long it may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    timeout: u64,
    /// Output format
    #[arg(long, value_enum, default_value_t = DoctorFormat::Text)]
    format: DoctorFormat,
    /// Show the function's log on standard error
    #[arg(long)]
    log: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DoctorFormat {
    /// A line a step
    Text,
    /// What the function found, one JSON document
    Json,
}

/// Runs the command.
pub fn run(arguments: &DoctorArguments) -> Exit {
    match examine(arguments) {
        Ok(report) => {
            match arguments.format {
                DoctorFormat::Text => doctor_report::print(&report),
                DoctorFormat::Json => anstream::println!("{report:#}"),
            }
            if report["failure"].is_null() { Exit::Success } else { Exit::Error }
        }
        Err(problem) => {
            output::diagnostic::errors(&[problem]);
            Exit::Error
        }
    }
}

fn examine(arguments: &DoctorArguments) -> Result<Value, Diagnostic> {
    let name = arguments.rule_event.display().to_string();
    let bytes = fs::read(&arguments.rule_event)
        .map_err(|error| Diagnostic::new(&name, format!("cannot be read: {error}")))?;
    let text = load::text(&name, &bytes)?;
    let event: Value =
        serde_json::from_str(&text).map_err(|error| load::json_problem(&name, &text, &error))?;
    let parsed = RuleEvent::parse(&event).map_err(|mut problem| {
        problem.file.clone_from(&name);
        problem
    })?;
    let account = arguments.function_account.clone().or(parsed.account_id).unwrap_or_default();
    let policies =
        fs::canonicalize(&arguments.folder.policies).unwrap_or_else(|_| arguments.folder.policies.clone());
    let options = BootstrapOptions {
        path: arguments.bootstrap.clone(),
        environment: vec![
            ("SEKISHO_DOCTOR".to_owned(), "1".to_owned()),
            ("SEKISHO_ACCOUNT".to_owned(), account),
            ("SEKISHO_POLICIES".to_owned(), policies.display().to_string()),
        ],
        echo_log: arguments.log,
        inherit: true,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Diagnostic::new("doctor", error.to_string()))?;
    let limit = Duration::from_secs(arguments.timeout);
    let outcome = runtime.block_on(async {
        let api = RuntimeApi::start()
            .await
            .map_err(|error| Diagnostic::new("doctor", format!("a local port cannot be opened: {error}")))?;
        let mut bootstrap = Bootstrap::spawn(&options, &api)
            .map_err(|error| Diagnostic::new("bootstrap", error.to_string()))?;
        let outcome = api.invoke(event, limit, &mut bootstrap).await;
        bootstrap.stop().await;
        Ok(outcome)
    })?;
    let report = match outcome {
        InvocationOutcome::Success(report) => report,
        failed => return Err(Diagnostic::new(name, failed.to_string())),
    };
    if let Some(file) = &arguments.record_facts {
        record(file, &report)?;
    }
    Ok(report)
}

/// Writes the facts of `report` where none were lost on the way.
fn record(file: &PathBuf, report: &Value) -> Result<(), Diagnostic> {
    let name = file.display().to_string();
    let problem = |error: String| Diagnostic::new(&name, error);
    let facts =
        serde_json::from_value(report["facts"].clone()).map_err(|error| problem(error.to_string()))?;
    let now = Timestamp::try_from(std::time::SystemTime::now()).ok();
    let recorded = RecordedFacts { version: 1, now, facts };
    let text = serde_json::to_string_pretty(&recorded).map_err(|error| problem(error.to_string()))?;
    fs::write(file, text + "\n").map_err(|error| problem(format!("cannot be written: {error}")))
}
