//! `sekisho check`: what is wrong with policies, fixtures and guidelines before anything runs, and what they cover.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use sekisho_engine::diagnostic::{Diagnostic, Level};
use sekisho_engine::guideline::Guidelines;
use sekisho_engine::lint::{self, schema::Schemas};
use sekisho_engine::policy::{Policy, PolicySet};
use sekisho_engine::verdict::Compliance;

use crate::Exit;
use crate::fix;
use crate::fixture::{self, Case};
use crate::given::PolicyFolder;
use crate::output::{self, check_github, check_json, check_sarif, check_text, coverage};
use crate::schema_files;

/// Find what is wrong with policies before they run
///
/// Policies that cannot be loaded; constructs on which OPA gives another answer; messages without Japanese; verdicts without
/// a fixture; fields that the judged resource types do not have; clauses and METADATA that do not fit together. Each problem
/// has a code that `sekisho explain` explains.
///
/// Fields are looked up in the items of the fixtures and in the property lists of awslabs/aws-config-resource-schema, if
/// --schema names a checkout of it.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 all fits, 2 something does not.\n\n\
                  Examples:\n  \
    sekisho check\n  \
    sekisho check policies/guidelines policies/medical-jp/dynamodb-pitr.rego\n  \
    sekisho check --schema ../aws-config-resource-schema\n  \
    sekisho check --fix\n  \
    sekisho check --format sarif > check.sarif\n  \
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
    /// Folder of the fixtures: the fields that their items have, and the verdicts that they expect
    #[arg(long, value_name = "PATH", default_value = "fixtures")]
    fixtures: PathBuf,
    /// Checkout or zip of awslabs/aws-config-resource-schema, or a folder with its property lists; else what `sekisho schema
    /// update` fetched
    #[arg(long, value_name = "PATH", env = "SEKISHO_SCHEMA")]
    schema: Option<PathBuf>,
    /// Mend what can be mended for certain, and check again
    #[arg(long)]
    fix: bool,
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
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
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
    /// By file and line; errors and notes.
    pub problems: Vec<Diagnostic>,
}

impl CheckRun {
    /// What has to be mended.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.problems.iter().filter(|problem| problem.level == Level::Error)
    }

    /// What could not be checked.
    pub fn notes(&self) -> impl Iterator<Item = &Diagnostic> {
        self.problems.iter().filter(|problem| problem.level == Level::Note)
    }
}

/// Runs the command.
pub fn run(arguments: &CheckArguments) -> Exit {
    let (mut run, mut guidelines) = check(arguments);
    if arguments.fix {
        let mended = fix::apply(&run.problems);
        for problem in &mended.problems {
            output::diagnostic::error(problem);
        }
        anstream::eprintln!("mended: {}", output::count(mended.fixes, "place"));
        if mended.fixes > 0 {
            (run, guidelines) = check(arguments);
        }
    }
    match arguments.format {
        _ if arguments.coverage => {
            output::diagnostic::errors(run.errors());
            anstream::print!("{}", coverage::markdown(&guidelines));
        }
        CheckFormat::Text => check_text::print(&run),
        CheckFormat::Json => check_json::print(&run),
        CheckFormat::Sarif => check_sarif::print(&run),
        CheckFormat::Github => check_github::print(&run),
    }
    if run.errors().next().is_none() { Exit::Success } else { Exit::Error }
}

fn check(arguments: &CheckArguments) -> (CheckRun, Guidelines) {
    let set = arguments.folder.load();
    let folder = arguments.guidelines.clone().unwrap_or_else(|| arguments.folder.policies.join("guidelines"));
    let guidelines = Guidelines::load(&folder);
    let mut problems: Vec<Diagnostic> = set.problems().cloned().collect();
    problems.extend(guidelines.check(&set).into_iter().map(|problem| match problem.code {
        Some(_) => problem,
        None if Path::new(&problem.file).extension().is_some_and(|ending| ending == "rego") => {
            problem.code("SK0702")
        }
        None => problem.code("SK0701"),
    }));
    // Whoever names the folder means it to hold something; a team may have policies and no guidelines.
    let is_asked_for = arguments.guidelines.is_some() || arguments.coverage;
    if is_asked_for && guidelines.files.is_empty() && guidelines.problems.is_empty() {
        problems.push(
            Diagnostic::new(folder.display().to_string(), "holds no guideline (.yaml)")
                .code("SK0701")
                .help("name the folder of the mapping files with --guidelines"),
        );
    }
    problems.extend(of_policies(arguments, &set));
    only(&arguments.paths, &mut problems);
    problems
        .sort_by(|a, b| (&a.file, a.line, a.column, &a.field).cmp(&(&b.file, b.line, b.column, &b.field)));
    let run = CheckRun {
        policies: set.policies().count(),
        guidelines: guidelines.files.len(),
        clauses: guidelines.files.iter().map(|(_, guideline)| guideline.clauses.len()).sum(),
        problems,
    };
    (run, guidelines)
}

/// What the policies that load have wrong all the same.
fn of_policies(arguments: &CheckArguments, set: &PolicySet) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut schemas = Schemas::default();
    problems.extend(schema_files::read(arguments.schema.as_deref(), &mut schemas));
    let has_fixtures = arguments.fixtures.is_dir();
    let cases = if has_fixtures {
        let (cases, unreadable) = fixture::find(&arguments.fixtures);
        problems.extend(unreadable);
        cases
    } else {
        let name = arguments.fixtures.display().to_string();
        let note =
            Diagnostic::new(name, "there is no such folder: whether verdicts have fixtures was not checked");
        problems.push(note.note().help("name the folder of the fixtures with --fixtures"));
        Vec::new()
    };
    for item in cases.iter().flat_map(Case::items) {
        schemas.add_item(&item.resource.resource_type, &item.document);
    }
    for policy in set.policies() {
        problems.extend(lint::lint(policy, &schemas));
        if has_fixtures {
            problems.extend(verdict_without_fixture(policy, &cases, &arguments.fixtures));
        }
    }
    problems
}

fn verdict_without_fixture(policy: &Arc<Policy>, cases: &[Case], folder: &Path) -> Option<Diagnostic> {
    let expected: BTreeSet<&str> = cases
        .iter()
        .filter(|case| case.policy_id == policy.id())
        .flat_map(|case| case.fixture.verdicts())
        .map(Compliance::as_str)
        .collect();
    let mut wanted = vec![Compliance::Compliant, Compliance::NonCompliant];
    if policy.has_not_applicable {
        wanted.push(Compliance::NotApplicable);
    }
    let missing: Vec<&str> =
        wanted.into_iter().map(Compliance::as_str).filter(|verdict| !expected.contains(verdict)).collect();
    if missing.is_empty() {
        return None;
    }
    let message = format!("no fixture expects {}", missing.join(" or "));
    let help = format!("write {}/{}/CASE.yaml", folder.display(), policy.id());
    Some(Diagnostic::new(policy.file.display().to_string(), message).code("SK0402").at(1, 1).help(help))
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
