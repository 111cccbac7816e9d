//! `sekisho eval`: one policy, one item, and why.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::evaluate::explain::Explanation;
use sekisho_engine::evaluate::{Evaluator, Occasion, PolicyData};
use sekisho_engine::inventory::Inventory;
use sekisho_engine::item::{ACCOUNT_TYPE, ConfigurationItem, load, shape::Found};
use sekisho_engine::policy::Policy;
use sekisho_engine::rule;
use sekisho_engine::verdict::{Compliance, Language};

use crate::fixture;
use crate::given::{self, FactArguments, GivenFacts, Pair, PolicyFolder};
use crate::output::{self, eval_report};
use crate::{Exit, watch};

/// Judge one item with one policy, and say why
///
/// FILE is a fixture (YAML), which brings parameters and facts along, or an item in any form in which AWS Config delivers it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    sekisho eval dynamodb-pitr fixtures/dynamodb-pitr/disabled.yaml\n  \
    sekisho eval dynamodb-pitr fixtures/dynamodb-pitr/disabled.yaml --explain\n  \
    sekisho eval dynamodb-pitr fixtures/dynamodb-pitr/disabled.yaml --explain --watch\n  \
    sekisho eval dynamodb-pitr snapshot.json.gz --resource-id patients --explain")]
pub struct EvalArguments {
    /// The policy's id
    #[arg(value_name = "POLICY")]
    id: String,
    /// A fixture, or a file with an item
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    folder: PolicyFolder,
    /// Show each rule with what it came to and what it read, the fields that are absent, and the lines that were not reached
    #[arg(long)]
    explain: bool,
    /// Judge again whenever the policy or the file is saved
    #[arg(long)]
    watch: bool,
    /// Which item, where the file holds several
    #[arg(long, value_name = "ID")]
    resource_id: Option<String>,
    /// A rule parameter; repeat for more
    #[arg(long = "param", value_name = "NAME=VALUE")]
    parameters: Vec<Pair>,
    #[command(flatten)]
    facts: FactArguments,
    /// The time of the evaluation (RFC 3339); now where it is not given
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    /// Output format
    #[arg(long, value_enum, default_value_t = EvalFormat::Pretty)]
    format: EvalFormat,
    /// Language of the reasons: en, ja or both
    #[arg(long, value_name = "LANGUAGE", default_value = "both")]
    lang: Language,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EvalFormat {
    /// For reading
    Pretty,
    /// One JSON document
    Json,
}

/// Runs the command.
pub fn run(arguments: &EvalArguments) -> Exit {
    if !arguments.watch {
        return run_once(arguments);
    }
    let paths = [arguments.folder.policies.clone(), arguments.file.clone()];
    let ended = watch::run(&paths, || {
        run_once(arguments);
    });
    ended.map_or_else(
        |problem| {
            output::diagnostic::error(&problem);
            Exit::Error
        },
        |()| Exit::Success,
    )
}

fn run_once(arguments: &EvalArguments) -> Exit {
    let evaluated = policy(arguments).and_then(|policy| {
        let input = input(arguments, &policy)?;
        let mut evaluator = Evaluator::new();
        if arguments.explain {
            evaluator = evaluator.counting_lines();
        }
        evaluator.add(&policy, &input.data).map_err(|problem| vec![problem])?;
        let mut explanation = if arguments.explain {
            evaluator.explain(&input.item, input.occasion)
        } else {
            Explanation { outcome: evaluator.judge(&input.item, input.occasion), ..Explanation::default() }
        };
        input.waivers.apply(&mut explanation.outcome, &input.item, input.data.now);
        Ok((policy, input, explanation))
    });
    let (policy, input, explanation) = match evaluated {
        Ok(evaluated) => evaluated,
        Err(problems) => {
            output::diagnostic::errors(&problems);
            return Exit::Error;
        }
    };
    match arguments.format {
        EvalFormat::Pretty => {
            eval_report::print(&policy, &input.item, &explanation, arguments.lang, arguments.explain);
        }
        EvalFormat::Json => eval_report::print_json(&explanation),
    }
    exit(&explanation)
}

fn exit(explanation: &Explanation) -> Exit {
    let outcome = &explanation.outcome;
    if !outcome.errors.is_empty() || outcome.verdicts.is_empty() {
        Exit::Error
    } else if outcome.verdicts.iter().any(|verdict| verdict.compliance == Compliance::NonCompliant) {
        Exit::Violations
    } else {
        Exit::Success
    }
}

fn policy(arguments: &EvalArguments) -> Result<Arc<Policy>, Vec<Diagnostic>> {
    let set = arguments.folder.load();
    if let Some(policy) = set.get(&arguments.id) {
        return Ok(Arc::clone(policy));
    }
    let (_, problems) = given::select(&set, std::slice::from_ref(&arguments.id));
    if problems.is_empty() {
        let problem =
            Diagnostic::new("POLICY", format!("\"{}\" is a pack, expected one policy", arguments.id));
        return Err(vec![problem.help("name one of its policies; sekisho scan judges with many")]);
    }
    Err(problems)
}

/// What a policy is asked about, and what it reads beside it.
fn input(arguments: &EvalArguments, policy: &Arc<Policy>) -> Result<fixture::Prepared, Vec<Diagnostic>> {
    if fixture::is_fixture(&arguments.file) {
        return of_fixture(arguments, policy);
    }
    let item =
        item(&arguments.file, arguments.resource_id.as_deref(), policy).map_err(|problem| vec![problem])?;
    let is_account = item.resource.resource_type == ACCOUNT_TYPE;
    let facts = GivenFacts::read(&arguments.facts).map_err(|problem| vec![problem])?;
    let now = given::now(arguments.now.or_else(|| facts.now()));
    let missing = facts.missing(policy);
    if !missing.is_empty() {
        let message = format!("policy {} needs {}", policy.id(), missing.join(" "));
        return Err(vec![
            Diagnostic::new("--facts", message).help("sekisho doctor --record-facts fetches facts"),
        ]);
    }
    let mut given = given::parameters(&arguments.parameters);
    facts.fill(policy, &mut given);
    let mut parameters = rule::parameters(&[Arc::clone(policy)], None, &given, "--param")?;
    let parameters = parameters.remove(policy.id()).unwrap_or_default();
    let mut problems = Vec::new();
    let Some(facts) = facts.of(policy, &parameters, &mut problems) else { return Err(problems) };
    output::diagnostic::errors(&problems);
    let recorded = vec![item.clone()];
    let inventory = Arc::new(Inventory::complete(&recorded));
    let scheduled = is_account || !policy.metadata.trigger.on_change();
    Ok(fixture::Prepared {
        item,
        occasion: if scheduled { Occasion::Schedule } else { Occasion::Change },
        data: PolicyData { parameters, facts, now, inventory },
        recorded,
        waivers: sekisho_engine::waiver::Waivers::default(),
    })
}

fn of_fixture(arguments: &EvalArguments, policy: &Arc<Policy>) -> Result<fixture::Prepared, Vec<Diagnostic>> {
    let (cases, problems) = fixture::find(&arguments.file);
    let case = match cases.into_iter().next() {
        Some(mut case) if problems.is_empty() => {
            case.fixture.parameters.extend(given::parameters(&arguments.parameters));
            case
        }
        _ => return Err(problems),
    };
    let mut prepared = case.prepare(policy)?;
    if let Some(now) = arguments.now {
        prepared.data.now = now;
    }
    Ok(prepared)
}

/// The item of `file` that `id` means; without it the only one, or the only one of a type that the policy judges.
fn item(file: &Path, id: Option<&str>, policy: &Policy) -> Result<ConfigurationItem, Diagnostic> {
    let name = file.display().to_string();
    let mut items = Vec::new();
    for found in load::read_file(file) {
        match found {
            Found::Item(item) => items.push(*item),
            Found::Bad(problem) => return Err(problem),
            Found::NoItem(what) => {
                return Err(Diagnostic::new(name, format!("is a {what}, which carries no item")));
            }
        }
    }
    if items.len() > 1 {
        items.retain(|item| match id {
            Some(id) => item.resource.resource_id == id,
            None => policy.metadata.resource_types.contains(&item.resource.resource_type),
        });
    }
    match <[ConfigurationItem; 1]>::try_from(items) {
        Ok([item]) => Ok(item),
        Err(items) if items.is_empty() => {
            let what = id.map_or_else(
                || format!("no item of {}", policy.metadata.resource_types.join(" or ")),
                |id| format!("no item with the id {id}"),
            );
            Err(Diagnostic::new(name, format!("holds {what}")).help("check the file, or name another item"))
        }
        Err(items) => {
            let ids: Vec<&str> =
                items.iter().take(5).map(|item| item.resource.resource_id.as_str()).collect();
            let message = format!("holds {} such items, expected one", items.len());
            Err(Diagnostic::new(name, message)
                .help(format!("say which with --resource-id: {}", ids.join(", "))))
        }
    }
}
