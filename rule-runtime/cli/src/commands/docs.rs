//! `sekisho docs`: a page a policy, in both languages, and the book around them.
//!
//! In: the policies, their fixtures and the guidelines. Out: the sources of an `mdBook`: `book.toml` and `src/`. What is written
//! follows from the files alone, so that a stale page can be told.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::guideline::Guidelines;
use sekisho_engine::policy::PolicySet;

use crate::Exit;
use crate::fixture::{self, Case};
use crate::given::PolicyFolder;
use crate::output::policy_page::{self, PageLanguage};
use crate::output::{self, count};
use crate::whole_file;

/// Write a page a policy from METADATA, fixtures and guidelines
///
/// The pages are the sources of an mdBook, in English and Japanese; `mdbook build docs/book` makes a site of them.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    sekisho docs\n  \
    sekisho docs --check        fails where a page is stale, for CI\n  \
    sekisho docs --output target/book")]
pub struct DocsArguments {
    #[command(flatten)]
    folder: PolicyFolder,
    /// Folder of the fixtures
    #[arg(long, value_name = "PATH", default_value = "fixtures")]
    fixtures: PathBuf,
    /// Folder of the guidelines; guidelines in the policies' folder where it is not given
    #[arg(long, value_name = "PATH")]
    guidelines: Option<PathBuf>,
    /// Folder of the book
    #[arg(long, value_name = "PATH", default_value = "docs/book")]
    output: PathBuf,
    /// Write nothing; name the pages that are not as they would be written
    #[arg(long)]
    check: bool,
}

/// Pages beside the policies', from the folder that the book's folder is in.
const PAGES: [(&str, &str); 7] = [
    ("tutorial", "A policy in five minutes"),
    ("policy-contract", "The policy contract"),
    ("authors", "In editors, hooks and pull requests"),
    ("record", "Recording real items"),
    ("attestations", "Attestations"),
    ("operations", "Operations"),
    ("report", "The report"),
];

/// Runs the command.
pub fn run(arguments: &DocsArguments) -> Exit {
    let set = arguments.folder.load();
    let (cases, mut problems) = fixture::find(&arguments.fixtures);
    problems.extend(set.problems().cloned());
    let guidelines =
        arguments.guidelines.clone().unwrap_or_else(|| arguments.folder.policies.join("guidelines"));
    let guidelines = if guidelines.is_dir() { Guidelines::load(&guidelines) } else { Guidelines::default() };
    problems.extend(guidelines.problems.iter().cloned());
    if set.policies().next().is_none() && problems.is_empty() {
        let folder = arguments.folder.policies.display().to_string();
        problems.push(Diagnostic::new(folder, "holds no policy").help("name another folder with --policies"));
    }
    if !problems.is_empty() {
        output::diagnostic::errors(&problems);
        return Exit::Error;
    }
    let pages = pages(&arguments.output, &set, &cases, &guidelines);
    let superfluous = superfluous(&arguments.output, &pages);
    let stale: Vec<&PathBuf> = pages
        .iter()
        .filter(|(path, text)| !fs::read_to_string(path).is_ok_and(|old| old == **text))
        .map(|(path, _)| path)
        .chain(&superfluous)
        .collect();
    if arguments.check {
        stale.iter().for_each(|path| anstream::println!("{}", path.display()));
        if stale.is_empty() {
            anstream::eprintln!("ok: {}", count(pages.len(), "page"));
            return Exit::Success;
        }
        anstream::eprintln!("{} not as they would be written; run sekisho docs", count(stale.len(), "page"));
        return Exit::Violations;
    }
    if let Err(problem) = write(&pages, &superfluous) {
        output::diagnostic::error(&problem);
        return Exit::Error;
    }
    anstream::eprintln!(
        "{} in {}, {} changed; mdbook build {} makes a site of them",
        count(pages.len(), "page"),
        arguments.output.display(),
        stale.len(),
        arguments.output.display()
    );
    Exit::Success
}

/// Every file of the book with its text.
fn pages(
    output: &Path,
    set: &PolicySet,
    cases: &[Case],
    guidelines: &Guidelines,
) -> BTreeMap<PathBuf, String> {
    let source = output.join("src");
    let mut pages = BTreeMap::new();
    let beside = output.parent().unwrap_or(Path::new(""));
    let mut summary = String::from("# Summary\n\n[Sekisho](README.md)\n\n");
    for (name, title) in PAGES {
        if beside.join(format!("{name}.md")).is_file() {
            summary.push_str(&format!("- [{title}]({name}.md)\n"));
            let include = format!("{{{{#include ../../{name}.md}}}}\n");
            pages.insert(source.join(format!("{name}.md")), include);
        }
    }
    let of_policies = guidelines.of_policies();
    for language in [PageLanguage::English, PageLanguage::Japanese] {
        let folder = language.folder();
        summary.push_str(&format!("\n# {}\n\n", language.heading()));
        summary.push_str(&format!("- [{}]({folder}/index.md)\n", language.index()));
        for policy in set.policies() {
            let own: Vec<&Case> = cases.iter().filter(|case| case.policy_id == policy.id()).collect();
            let clauses = of_policies.get(policy.id()).map(Vec::as_slice).unwrap_or_default();
            let text = policy_page::page(language, policy, &own, clauses);
            pages.insert(source.join(folder).join(format!("{}.md", policy.id())), text);
            summary.push_str(&format!("  - [{}]({folder}/{}.md)\n", language.title(policy), policy.id()));
        }
        let index = policy_page::index(language, set.policies().map(|policy| &**policy));
        pages.insert(source.join(folder).join("index.md"), index);
    }
    pages.insert(source.join("SUMMARY.md"), summary);
    let has_tutorial = pages.contains_key(&source.join("tutorial.md"));
    pages.insert(source.join("README.md"), policy_page::welcome(set.policies().count(), has_tutorial));
    pages.insert(output.join("book.toml"), policy_page::BOOK.to_owned());
    pages
}

/// Pages of policies that are no more.
fn superfluous(output: &Path, pages: &BTreeMap<PathBuf, String>) -> BTreeSet<PathBuf> {
    let folders = [PageLanguage::English, PageLanguage::Japanese]
        .map(|language| output.join("src").join(language.folder()));
    folders
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "md") && !pages.contains_key(path))
        .collect()
}

fn write(pages: &BTreeMap<PathBuf, String>, superfluous: &BTreeSet<PathBuf>) -> Result<(), Diagnostic> {
    let problem = |path: &Path, error: std::io::Error| {
        Diagnostic::new(path.display().to_string(), format!("cannot be written: {error}"))
            .help("check the rights of the folder that --output names")
    };
    for (path, text) in pages {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| problem(folder, error))?;
        }
        if !fs::read_to_string(path).is_ok_and(|old| old == *text) {
            whole_file::replace(path, text).map_err(|error| problem(path, error))?;
        }
    }
    for path in superfluous {
        fs::remove_file(path).map_err(|error| problem(path, error))?;
    }
    Ok(())
}
