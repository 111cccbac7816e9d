//! `sekisho report`: the evidence that an auditor asks for, out of results that are there.
//!
//! In: results of `sekisho scan` or of AWS Config, policies, guidelines, registers. Out: a page, JSON or CSV, on standard
//! output or in a file that is there whole or not at all.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::guideline::{Bilingual, Guideline, Guidelines};
use sekisho_engine::item::load;
use serde_json::Value;

use crate::Exit;
use crate::given::{self, PolicyFolder};
use crate::output::report_labels::{Labels, ReportLanguage};
use crate::output::report_tables::{self, TableKind};
use crate::output::{self, report_csv, report_html, report_json};
use crate::report::attestation::Attestations;
use crate::report::judge::Evidence;
use crate::report::provenance::Provenance;
use crate::report::read::Results;
use crate::report::{Moment, PolicyResult, Report, both, register};

/// Make the evidence for an audit out of results: clause by clause what holds, what does not, what no machine can see
///
/// RESULT is what `sekisho scan --format json` printed, or what the AWS CLI saved of AWS Config
/// (get-compliance-details-by-config-rule, describe-compliance-by-config-rule, describe-config-rules,
/// describe-config-rule-evaluation-status). The answers are はい, いいえ and 対象外; where a result is missing or a policy
/// failed it is 未確認, never はい.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    sekisho scan snapshot.json.gz --format json > results.json\n  \
    sekisho report results.json --output report.html\n  \
    sekisho report results.json --lang en --attestations attestations.yaml --output report.html\n  \
    sekisho report results.json --table checklist --target-date 2027-03-31 --output checklist.csv\n  \
    sekisho scan items/ --format json | sekisho report - --format csv > evidence.csv\n  \
    aws configservice describe-config-rules > rules.json\n  \
    aws configservice get-compliance-details-by-config-rule --config-rule-name sekisho-dynamodb-pitr > pitr.json\n  \
    sekisho report rules.json pitr.json --output report.html\n\n\
    Exit codes: 0 the report was made, whatever it says; 2 error.")]
pub struct ReportArguments {
    /// Results; - is standard input
    #[arg(required = true, value_name = "RESULT")]
    results: Vec<PathBuf>,
    #[command(flatten)]
    folder: PolicyFolder,
    /// Folder of the mapping files; `guidelines` in the policies' folder where it is not given
    #[arg(long, value_name = "FOLDER")]
    guidelines: Option<PathBuf>,
    /// Only this guideline: its short name (framework) or its full name; repeat for more
    #[arg(long = "guideline", value_name = "NAME")]
    names: Vec<String>,
    /// Register of waivers, for owner and approver; `waivers.yaml` in the policies' folder where it is not given
    #[arg(long, value_name = "FILE")]
    waivers: Option<PathBuf>,
    /// Register of attestations
    #[arg(long, value_name = "FILE")]
    attestations: Option<PathBuf>,
    /// Output format; html, or csv for a table, where it is not given
    #[arg(long, value_enum)]
    format: Option<ReportFormat>,
    /// One of the tables that the forms ask for, as CSV or JSON
    #[arg(long, value_enum)]
    table: Option<TableKind>,
    /// Language
    #[arg(long, value_enum, default_value_t = ReportLanguage::Ja)]
    lang: ReportLanguage,
    /// The 目標日 of what is not met
    #[arg(long, value_name = "YYYY-MM-DD")]
    target_date: Option<Date>,
    /// The time of the report (RFC 3339); now where it is not given
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    /// Where to write; standard output where it is not given
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    /// One self-contained page
    Html,
    /// One JSON document
    Json,
    /// A line a clause and policy, for Excel (UTF-8 with BOM)
    Csv,
}

/// Runs the command.
pub fn run(arguments: &ReportArguments) -> Exit {
    let made = check(arguments).and_then(|()| build(arguments)).and_then(|report| {
        let text = print(arguments, &report);
        write(arguments.output.as_deref(), &text).map_err(|problem| vec![problem])
    });
    match made {
        Ok(()) => Exit::Success,
        Err(problems) => {
            output::diagnostic::errors(&problems);
            Exit::Error
        }
    }
}

/// What cannot go together.
fn check(arguments: &ReportArguments) -> Result<(), Vec<Diagnostic>> {
    if arguments.table.is_some() && arguments.format == Some(ReportFormat::Html) {
        let problem = Diagnostic::new("--table", "is printed as CSV or JSON, not as HTML");
        return Err(vec![problem.help("use --format csv, or leave --table out for the page")]);
    }
    if arguments.results.iter().filter(|file| file.as_os_str() == "-").count() > 1 {
        return Err(vec![Diagnostic::new("-", "standard input can be read once").help("give - once")]);
    }
    Ok(())
}

fn print(arguments: &ReportArguments, report: &Report) -> String {
    let labels = Labels::new(arguments.lang);
    let table = arguments.table.map(|kind| report_tables::table(report, kind, &labels));
    match (arguments.format, table) {
        (Some(ReportFormat::Json), Some(table)) => report_json::table(&table, report),
        (Some(ReportFormat::Json), None) => report_json::report(report),
        (_, Some(table)) => report_csv::print(&table),
        (Some(ReportFormat::Csv), None) => report_csv::print(&report_tables::evidence(report, &labels)),
        (Some(ReportFormat::Html) | None, None) => report_html::page(report, &labels),
    }
}

fn build(arguments: &ReportArguments) -> Result<Report, Vec<Diagnostic>> {
    let folder = &arguments.folder.policies;
    let set = arguments.folder.load();
    let mut problems: Vec<Diagnostic> = set.problems().cloned().collect();
    let guidelines = guidelines(arguments, &mut problems);
    let waivers = optional(arguments.waivers.as_ref(), &folder.join("waivers.yaml"), &mut problems);
    let attestations = arguments.attestations.as_ref().and_then(|file| yaml(file, &mut problems));
    let attestations = attestations.map(|register| Attestations::read(&register));
    if attestations.as_ref().is_some_and(Attestations::is_empty) {
        let file = arguments.attestations.clone().unwrap_or_default().display().to_string();
        problems.push(
            Diagnostic::new(file, "holds no attestation")
                .help("list them under items, each with item, approver, doneOn, expiresOn and evidenceUri"),
        );
    }
    let provenance = Provenance::of(folder).map_err(|error| {
        problems.push(Diagnostic::new(folder.display().to_string(), format!("cannot be read: {error}")));
    });
    let results = Results::read(&arguments.results).map_err(|found| problems.extend(found));
    let (Ok(provenance), Ok(mut results)) = (provenance, results) else {
        return Err(problems);
    };
    if !problems.is_empty() {
        return Err(problems);
    }
    results.resolve(&set);
    let waivers = register::waivers(&waivers.unwrap_or_default());
    let policies = set
        .policies()
        .map(|policy| (policy.id().to_owned(), PolicyResult::of(policy, &mut results, &waivers)))
        .collect();
    let created_at = Moment(given::now(arguments.now));
    let today = created_at.japan_date();
    let evidence = Evidence { policies: &policies, attestations: attestations.as_ref(), today };
    let guidelines = guidelines.iter().map(|guideline| evidence.guideline(guideline)).collect();
    let notes = notes(&results, &provenance);
    Ok(Report {
        generator: format!("sekisho {}", env!("CARGO_PKG_VERSION")),
        created_at,
        provenance,
        sources: results.sources,
        target_date: arguments.target_date,
        incomplete: results.incomplete,
        notes,
        guidelines,
        policies,
    })
}

/// What a reader has to know: results that no policy here explains, and results of other policies.
fn notes(results: &Results, provenance: &Provenance) -> Vec<Bilingual> {
    let mut notes = results.notes.clone();
    if results.policies_sha256.iter().any(|hash| *hash != provenance.sha256) {
        notes.push(both(
            "判定に使ったポリシーと、この報告のポリシーが異なる(SHA-256が一致しない)。判定をやり直してください",
            "the results were made with other policies than this report's (their SHA-256 differs); scan again",
        ));
    }
    for policy in results.rows.keys() {
        notes.push(both(
            format!("結果にあるポリシーがフォルダーにないため、集計していない: {policy}"),
            format!("the results have a policy that is not in the folder; it is left out: {policy}"),
        ));
    }
    notes
}

/// The guidelines that were asked for.
fn guidelines(arguments: &ReportArguments, problems: &mut Vec<Diagnostic>) -> Vec<Guideline> {
    let folder = arguments.guidelines.clone().unwrap_or_else(|| arguments.folder.policies.join("guidelines"));
    let loaded = Guidelines::load(&folder);
    problems.extend(loaded.problems.iter().cloned());
    let name = folder.display().to_string();
    if loaded.files.is_empty() && loaded.problems.is_empty() {
        let problem = Diagnostic::new(name, "holds no guideline (.yaml)");
        problems.push(problem.help("name the folder of the mapping files with --guidelines"));
        return Vec::new();
    }
    let all: Vec<_> = loaded.files.into_iter().map(|(_, guideline)| guideline).collect();
    for wanted in &arguments.names {
        if !all.iter().any(|guideline| guideline.framework == *wanted || guideline.name() == *wanted) {
            let known: Vec<_> = all.iter().map(Guideline::name).collect();
            problems.push(
                Diagnostic::new("--guideline", format!("no guideline is called \"{wanted}\""))
                    .help(format!("there are: {}", known.join(", "))),
            );
        }
    }
    let names = &arguments.names;
    let asked = |guideline: &Guideline| {
        names.is_empty() || names.contains(&guideline.framework) || names.contains(&guideline.name())
    };
    all.into_iter().filter(asked).collect()
}

/// The YAML of `given`, else of `default` where it is there.
fn optional(given: Option<&PathBuf>, default: &Path, problems: &mut Vec<Diagnostic>) -> Option<Value> {
    match given {
        Some(file) => yaml(file, problems),
        None if default.is_file() => yaml(default, problems),
        None => None,
    }
}

fn yaml(file: &Path, problems: &mut Vec<Diagnostic>) -> Option<Value> {
    let name = file.display().to_string();
    let read = fs::read(file)
        .map_err(|error| Diagnostic::new(&name, format!("cannot be read: {error}")).help("check the path"))
        .and_then(|bytes| load::text(&name, &bytes))
        .and_then(|text| {
            serde_saphyr::from_str(&text).map_err(|error| {
                let (line, column) = error.location().map_or((0, 0), |at| (at.line(), at.column()));
                let message = error.without_snippet().to_string();
                Diagnostic::new(
                    &name,
                    format!("is not valid YAML: {}", message.lines().next().unwrap_or_default()),
                )
                .at(usize::try_from(line).unwrap_or(0), usize::try_from(column).unwrap_or(0))
                .source(&text)
            })
        });
    read.map_err(|problem| problems.push(problem)).ok()
}

/// Writes all of `text`, or nothing: beside the file first, then in its place.
fn write(file: Option<&Path>, text: &str) -> Result<(), Diagnostic> {
    let Some(file) = file else {
        let written = std::io::stdout().lock().write_all(text.as_bytes());
        return match written {
            // Whoever reads has seen enough.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            written => written
                .map_err(|error| Diagnostic::new("standard output", format!("cannot be written: {error}"))),
        };
    };
    let name = file.display().to_string();
    let problem = |error: std::io::Error| {
        Diagnostic::new(&name, format!("cannot be written: {error}"))
            .help("name a file in a folder that is there and may be written to")
    };
    if file.exists() && !file.is_file() {
        // A device or a pipe is written to and not replaced; a folder says so.
        return fs::OpenOptions::new()
            .write(true)
            .open(file)
            .and_then(|mut open| open.write_all(text.as_bytes()))
            .map_err(problem);
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut whole = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any new file, less what the umask takes; a temporary file is its owner's alone otherwise.
        whole.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut whole = whole.tempfile_in(folder).map_err(problem)?;
    whole.write_all(text.as_bytes()).map_err(problem)?;
    whole.as_file().sync_all().map_err(problem)?;
    whole.persist(file).map_err(|error| problem(error.error))?;
    Ok(())
}
