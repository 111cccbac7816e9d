//! `sekisho scan --cloudformation`: resources of templates, judged by the same policies before they are deployed.
//!
//! In: templates, and where they are deployed. Out: verdicts, problems and notes of a [`Scan`]. What is not known before
//! deployment is `NOT_APPLICABLE` with the reason, never `COMPLIANT`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;
use sekisho_engine::cloudformation::{self, Deployment, Plan, Template};
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::evaluate::Evaluator;
use sekisho_engine::item::load;
use sekisho_engine::policy::Policy;
use sekisho_engine::verdict::{Compliance, Verdict};

use super::scan::{Located, Scan};
use crate::given::Pair;
use crate::output;
use crate::waivers::GivenWaivers;

/// The templates, and where they are deployed.
#[derive(Debug, Args)]
pub struct CloudFormationArguments {
    /// The paths are CloudFormation templates (YAML or JSON)
    #[arg(long)]
    cloudformation: bool,
    /// A parameter of the templates; else its default; repeat for more
    #[arg(long = "cfn-parameter", value_name = "NAME=VALUE", requires = "cloudformation")]
    template_parameters: Vec<Pair>,
    /// A tag of the stack, which its resources get too; repeat for more
    #[arg(long = "stack-tag", value_name = "NAME=VALUE", requires = "cloudformation")]
    stack_tags: Vec<Pair>,
    /// The region that the templates are deployed to
    #[arg(long, value_name = "REGION", requires = "cloudformation")]
    region: Option<String>,
    /// The account that they are deployed to
    #[arg(long, value_name = "ACCOUNT", requires = "cloudformation")]
    account: Option<String>,
}

impl CloudFormationArguments {
    /// Whether templates are scanned.
    pub const fn is_given(&self) -> bool {
        self.cloudformation
    }

    /// Those of `policies` that judge templates: those that judge changes. Others that were asked for by name are noted.
    pub(super) fn policies(
        &self,
        policies: Vec<Arc<Policy>>,
        names: &[String],
        scan: &mut Scan,
    ) -> Vec<Arc<Policy>> {
        if !self.cloudformation {
            return policies;
        }
        let (judging, others): (Vec<_>, Vec<_>) =
            policies.into_iter().partition(|policy| policy.metadata.trigger.on_change());
        for policy in others.iter().filter(|policy| names.iter().any(|name| name == policy.id())) {
            scan.notes.push(format!("policy {} judges on a schedule, and no templates", policy.id()));
        }
        judging
    }

    /// Judges the templates; each verdict goes to `row`, with its place.
    pub(super) fn judge(
        &self,
        paths: &[PathBuf],
        evaluator: &Evaluator,
        now: Timestamp,
        waivers: &mut GivenWaivers,
        scan: &mut Scan,
        row: &mut dyn FnMut(&str, &Verdict),
    ) {
        let templates: Vec<(String, Template)> =
            paths.iter().filter_map(|path| Some((path.display().to_string(), read(path, scan)?))).collect();
        let deployment = self.deployment();
        if templates.len() == paths.len() {
            self.check_parameters(&templates, scan);
        }
        let parameters: BTreeMap<_, _> =
            scan.evaluation.policies.iter().map(|ran| (ran.id.clone(), ran.parameters.clone())).collect();
        let mut all = Plan::default();
        let mut open = 0;
        for (file, template) in &templates {
            let plan = match template.plan(&deployment) {
                Ok(plan) => plan,
                Err(problems) => {
                    scan.problems.extend(problems);
                    continue;
                }
            };
            scan.files_good += 1;
            scan.items += plan.resources.len();
            all.left_out += plan.left_out;
            for (name, number) in plan.unmapped {
                *all.unmapped.entry(name).or_default() += number;
            }
            for planned in &plan.resources {
                let mut outcome = cloudformation::judge(evaluator, &parameters, planned);
                let not_known = |compliance: Compliance| compliance == Compliance::NotApplicable;
                open += outcome
                    .verdicts
                    .iter()
                    .filter(|verdict| not_known(verdict.compliance) && !verdict.reasons.is_empty())
                    .count();
                waivers.apply(&mut outcome, &planned.item, now);
                let place = planned.line.map_or_else(|| file.clone(), |line| format!("{file}:{line}"));
                scan.without_policy += usize::from(outcome.verdicts.is_empty() && outcome.errors.is_empty());
                let undecided = outcome.undecided.iter().map(|passed| format!("{place}: {}", passed.problem));
                scan.notes.extend(undecided);
                for verdict in &outcome.verdicts {
                    scan.compliance[verdict.compliance as usize] += 1;
                    row(&place, verdict);
                }
                let errors = outcome.errors.into_iter();
                scan.errors.extend(errors.map(|found| Located { file: place.clone(), found }));
            }
        }
        note(&all, open, scan);
    }

    fn deployment(&self) -> Deployment {
        let pairs =
            |pairs: &[Pair]| pairs.iter().map(|pair| (pair.name.clone(), pair.value.clone())).collect();
        Deployment {
            parameters: pairs(&self.template_parameters),
            region: self.region.clone(),
            account: self.account.clone(),
            stack_tags: pairs(&self.stack_tags),
        }
    }

    fn check_parameters(&self, templates: &[(String, Template)], scan: &mut Scan) {
        let known: BTreeSet<&str> =
            templates.iter().flat_map(|(_, template)| template.parameters()).collect();
        for pair in self.template_parameters.iter().filter(|pair| !known.contains(pair.name.as_str())) {
            let listed = if known.is_empty() {
                "there are none".to_owned()
            } else {
                format!("there are {}", known.iter().copied().collect::<Vec<_>>().join(", "))
            };
            scan.problems.push(
                Diagnostic::new("--cfn-parameter", format!("no template has a parameter {}", pair.name))
                    .help(listed),
            );
        }
    }
}

fn read(path: &Path, scan: &mut Scan) -> Option<Template> {
    let file = path.display().to_string();
    scan.files += 1;
    let text = fs::read(path)
        .map_err(|error| {
            Diagnostic::new(&file, format!("cannot be read: {error}")).help("name the files of the templates")
        })
        .and_then(|bytes| load::text(&file, &bytes));
    let template = text.map_err(|problem| vec![problem]).and_then(|text| Template::parse(&file, &text));
    template.map_err(|problems| scan.problems.extend(problems)).ok()
}

fn note(plan: &Plan, open: usize, scan: &mut Scan) {
    for (name, number) in &plan.unmapped {
        let resources = output::count(*number, "resource");
        let why = if name.starts_with("AWS::Serverless::") {
            "a macro makes other resources of it: give the processed template"
        } else {
            "its mapping is not known, so that it is judged only when it is deployed"
        };
        scan.notes.push(format!("{resources} of {name}: {why}"));
    }
    if plan.left_out > 0 {
        let resources = output::count(plan.left_out, "resource");
        scan.notes.push(format!("{resources} not deployed: the condition does not hold"));
    }
    if open > 0 {
        let verdicts = output::count(open, "verdict");
        scan.notes.push(format!(
            "{verdicts} NOT_APPLICABLE because of what is not known before deployment; --all shows the reasons"
        ));
    }
}
