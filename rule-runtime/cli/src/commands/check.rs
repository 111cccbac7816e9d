//! `sekisho check`: whether the policies and the guidelines fit together, and what they cover.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::guideline::Guidelines;

use crate::Exit;
use crate::given::PolicyFolder;
use crate::output::{self, check_json, check_text, coverage};

/// Check that policies and guidelines fit together
///
/// Fails on a policy that cannot be loaded, on a clause that names a policy, a parameter or an attestation that does not
/// exist, on a policy that no clause names, on a chapter cited with an item number, and on METADATA that cites a clause
/// otherwise than the guideline's file has it.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 all fits, 2 something does not.\n\n\
                  Examples:\n  \
    sekisho check\n  \
    sekisho check policies/guidelines policies/medical-jp/dynamodb-pitr.rego\n  \
    sekisho check --format json\n  \
    sekisho check --coverage > docs/guideline-coverage.md")]
pub struct CheckArguments {
    /// Files and folders to tell of; everything is read, and all of it told of where none is named
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    folder: PolicyFolder,
    /// Folder of the guidelines; `guidelines` in the policies' folder where it is not given
    #[arg(long, value_name = "PATH")]
    guidelines: Option<PathBuf>,
    /// Print what services, demands and clauses are covered by, as Markdown
    #[arg(long, conflicts_with = "format")]
    coverage: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    format: CheckFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CheckFormat {
    /// For reading
    Text,
    /// One JSON document
    Json,
}

/// What was read, and what is wrong with it.
#[derive(Debug)]
pub struct CheckRun {
    /// How many policies may run.
    pub policies: usize,
    /// How many guidelines, an edition and part each.
    pub guidelines: usize,
    /// How many clauses they have.
    pub clauses: usize,
    /// By file and line.
    pub problems: Vec<Diagnostic>,
}

/// Runs the command.
pub fn run(arguments: &CheckArguments) -> Exit {
    let set = arguments.folder.load();
    let folder = arguments.guidelines.clone().unwrap_or_else(|| arguments.folder.policies.join("guidelines"));
    let guidelines = Guidelines::load(&folder);
    let mut problems: Vec<Diagnostic> = set.problems().cloned().collect();
    problems.extend(guidelines.check(&set));
    // Whoever names the folder means it to hold something; a team may have policies and no guidelines.
    let is_asked_for = arguments.guidelines.is_some() || arguments.coverage;
    if is_asked_for && guidelines.files.is_empty() && guidelines.problems.is_empty() {
        problems.push(
            Diagnostic::new(folder.display().to_string(), "holds no guideline (.yaml)")
                .help("name the folder of the mapping files with --guidelines"),
        );
    }
    only(&arguments.paths, &mut problems);
    problems.sort_by(|a, b| (&a.file, a.line, &a.field).cmp(&(&b.file, b.line, &b.field)));
    let run = CheckRun {
        policies: set.policies().count(),
        guidelines: guidelines.files.len(),
        clauses: guidelines.files.iter().map(|(_, guideline)| guideline.clauses.len()).sum(),
        problems,
    };
    match arguments.format {
        _ if arguments.coverage => {
            output::diagnostic::errors(&run.problems);
            anstream::print!("{}", coverage::markdown(&guidelines));
        }
        CheckFormat::Text => check_text::print(&run),
        CheckFormat::Json => check_json::print(&run),
    }
    if run.problems.is_empty() { Exit::Success } else { Exit::Error }
}

/// Keeps the problems of `paths`, all where there are none; a path that is not there is a problem.
fn only(paths: &[PathBuf], problems: &mut Vec<Diagnostic>) {
    if paths.is_empty() {
        return;
    }
    let mut absent = Vec::new();
    let mut wanted = Vec::new();
    for path in paths {
        match fs::canonicalize(path) {
            Ok(path) => wanted.push(path),
            Err(error) => absent.push(
                Diagnostic::new(path.display().to_string(), format!("cannot be read: {error}"))
                    .help("name a file or a folder of the policies"),
            ),
        }
    }
    problems.retain(|problem| {
        let file = fs::canonicalize(Path::new(&problem.file));
        file.is_ok_and(|file| wanted.iter().any(|wanted| file.starts_with(wanted)))
    });
    problems.extend(absent);
}
