//! One run of the real function: its stand-ins started, each event handed to it, each answer compared.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::facts::RecordedFacts;
use sekisho_engine::verdict::{Compliance, Language};
use serde::Serialize;

use super::bootstrap::{Bootstrap, BootstrapOptions};
use super::config_endpoint::{ConfigEndpoint, StoredEvaluation};
use super::runtime_api::{InvocationOutcome, RuntimeApi};
use crate::commands::replay::Step;
use crate::fixture::{Case, Fixture};

/// How the function is run.
#[derive(Debug)]
pub struct SessionOptions {
    /// The binary, where it is named.
    pub bootstrap: Option<PathBuf>,
    /// The policies' folder.
    pub policies: PathBuf,
    /// The file of the agreed exceptions, where there is one.
    pub waivers: Option<PathBuf>,
    /// The language of annotations.
    pub language: Language,
    /// What one invocation may take.
    pub timeout: Duration,
    /// Whether the function's log is shown.
    pub show_log: bool,
}

/// What came of one event.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The rule.
    pub rule: String,
    /// What AWS Config has of the rule after the event.
    pub evaluations: Vec<StoredEvaluation>,
    /// Why the invocation failed, where it did.
    pub failure: Option<String>,
    /// Whether the event is a fixture's, whose violations are expected.
    pub fixture: bool,
    /// How it differs from what the fixture expects.
    pub unexpected: Option<String>,
}

impl Answer {
    /// A `NON_COMPLIANT` that no fixture expects, or an answer other than the fixture's.
    pub fn is_violation(&self) -> bool {
        let non_compliant =
            |evaluation: &StoredEvaluation| evaluation.compliance == Compliance::NonCompliant.as_str();
        self.unexpected.is_some() || (!self.fixture && self.evaluations.iter().any(non_compliant))
    }
}

/// The function and its stand-ins.
pub struct Session {
    runtime_api: RuntimeApi,
    endpoint: ConfigEndpoint,
    bootstrap: Bootstrap,
    options_of_bootstrap: BootstrapOptions,
    facts_file: PathBuf,
    /// What the function reads as waivers: those of the run, or of a fixture.
    waivers_file: PathBuf,
    waivers: Option<PathBuf>,
    timeout: Duration,
}

impl Session {
    /// Runs every step in order.
    ///
    /// # Errors
    /// The function or a stand-in cannot be started.
    pub fn run(options: &SessionOptions, steps: Vec<Step>) -> Result<Vec<Answer>, Diagnostic> {
        let problem = |what: &str, error: String| Diagnostic::new(what, error);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .worker_threads(2)
            .build()
            .map_err(|error| problem("replay", error.to_string()))?;
        let folder = tempfile::Builder::new()
            .prefix("sekisho-replay-")
            .tempdir()
            .map_err(|error| problem("replay", format!("no temporary folder: {error}")))?;
        runtime.block_on(async {
            let mut session = Self::start(options, folder.path().join("facts.json")).await?;
            let mut answers = Vec::new();
            for step in steps {
                answers.push(session.step(step).await?);
            }
            session.bootstrap.stop().await;
            Ok(answers)
        })
    }

    async fn start(options: &SessionOptions, facts_file: PathBuf) -> Result<Self, Diagnostic> {
        let problem = |error: std::io::Error| {
            Diagnostic::new("replay", format!("a local port cannot be opened: {error}"))
        };
        let runtime_api = RuntimeApi::start().await.map_err(problem)?;
        let endpoint = ConfigEndpoint::start().await.map_err(problem)?;
        let language = match options.language {
            Language::En => "en",
            Language::Ja => "ja",
            Language::Both => "both",
        };
        let waivers_file = facts_file.with_file_name("waivers.yaml");
        let policies = fs::canonicalize(&options.policies).unwrap_or_else(|_| options.policies.clone());
        let environment = vec![
            ("SEKISHO_POLICIES".to_owned(), policies.display().to_string()),
            ("SEKISHO_FACTS_FILE".to_owned(), facts_file.display().to_string()),
            ("SEKISHO_WAIVERS".to_owned(), waivers_file.display().to_string()),
            ("SEKISHO_LANGUAGE".to_owned(), language.to_owned()),
            ("AWS_ENDPOINT_URL_CONFIG_SERVICE".to_owned(), endpoint.url()),
        ];
        let options_of_bootstrap = BootstrapOptions {
            path: options.bootstrap.clone(),
            environment,
            echo_log: options.show_log,
            inherit: false,
        };
        let bootstrap = Bootstrap::spawn(&options_of_bootstrap, &runtime_api)
            .map_err(|error| Diagnostic::new("bootstrap", error.to_string()))?;
        Ok(Self {
            runtime_api,
            endpoint,
            bootstrap,
            options_of_bootstrap,
            facts_file,
            waivers_file,
            waivers: options.waivers.clone(),
            timeout: options.timeout,
        })
    }

    async fn step(&mut self, step: Step) -> Result<Answer, Diagnostic> {
        self.write_facts(&step.facts)?;
        self.write_waivers(step.case.as_ref())?;
        self.endpoint.forget_all();
        self.endpoint.record(&step.recorded);
        let token = self.endpoint.register_rule(&step.rule);
        let event = step.occasion.lambda_event(&step.rule, &step.parameters, &token);
        let outcome = self.runtime_api.invoke(event, self.timeout, &mut self.bootstrap).await;
        if matches!(
            outcome,
            InvocationOutcome::Died(_)
                | InvocationOutcome::TimedOut(_)
                | InvocationOutcome::InitFailed { .. }
        ) {
            self.restart().await?;
        }
        let failure = match outcome {
            InvocationOutcome::Success(_) => None,
            failed => Some(failed.to_string()),
        };
        let mut answer = Answer {
            evaluations: self.endpoint.compliance(&step.rule),
            rule: step.rule,
            failure,
            fixture: step.case.is_some(),
            unexpected: None,
        };
        if let Some(case) = &step.case {
            answer.unexpected = compare(&case.fixture, &answer);
        }
        Ok(answer)
    }

    /// A new function behind a new Runtime API, as Lambda makes after a crash or a timeout: the event that broke
    /// one does not take the next ones with it.
    async fn restart(&mut self) -> Result<(), Diagnostic> {
        self.bootstrap.stop().await;
        self.runtime_api = RuntimeApi::start()
            .await
            .map_err(|error| Diagnostic::new("replay", format!("a local port cannot be opened: {error}")))?;
        self.bootstrap = Bootstrap::spawn(&self.options_of_bootstrap, &self.runtime_api)
            .map_err(|error| Diagnostic::new("bootstrap", error.to_string()))?;
        Ok(())
    }

    /// A fixture has its own waivers, or none.
    fn write_waivers(&self, fixture: Option<&Case>) -> Result<(), Diagnostic> {
        let problem = |file: &PathBuf, error: std::io::Error| {
            Diagnostic::new(file.display().to_string(), error.to_string())
        };
        let text = match (fixture, &self.waivers) {
            // A JSON text is YAML.
            (Some(case), _) => {
                case.fixture.waivers.as_ref().map(|own| own.to_string().into_bytes()).unwrap_or_default()
            }
            (None, Some(file)) => fs::read(file).map_err(|error| problem(file, error))?,
            (None, None) => Vec::new(),
        };
        fs::write(&self.waivers_file, text).map_err(|error| problem(&self.waivers_file, error))
    }

    fn write_facts(&self, facts: &RecordedFacts) -> Result<(), Diagnostic> {
        let text = serde_json::to_vec(facts).map_err(|error| error.to_string());
        text.and_then(|text| fs::write(&self.facts_file, text).map_err(|error| error.to_string()))
            .map_err(|error| Diagnostic::new(self.facts_file.display().to_string(), error))
    }
}

/// How AWS Config's result differs from the fixture's. Reasons are compared by `sekisho test`; here the
/// annotation holds them in its own form.
fn compare(fixture: &Fixture, answer: &Answer) -> Option<String> {
    let expect = &fixture.expect;
    if let Some(error) = &expect.error {
        return match &answer.failure {
            Some(failure) if failure.contains(error) => None,
            Some(failure) => {
                Some(format!("expected an error with \"{error}\", the function said: {failure}"))
            }
            None => Some(format!("expected an error with \"{error}\", the function succeeded")),
        };
    }
    if let Some(failure) = &answer.failure {
        return Some(format!("the function failed: {failure}"));
    }
    let named = |evaluation: &&StoredEvaluation| {
        expect.resources.iter().any(|resource| {
            resource.resource_type == evaluation.resource_type
                && resource.resource_id == evaluation.resource_id
        })
    };
    let mut own: Vec<_> = answer.evaluations.iter().filter(|evaluation| !named(evaluation)).collect();
    // A schedule judges the items of the inventory too, where the policy is for their type.
    let is_own = |evaluation: &StoredEvaluation| {
        fixture.own() == Some((&evaluation.resource_type, &evaluation.resource_id))
    };
    if own.iter().any(|evaluation| is_own(evaluation)) {
        own.retain(|evaluation| is_own(evaluation));
    }
    let expected = expect.compliance.map(Compliance::as_str).unwrap_or_default();
    match own[..] {
        [own] if own.compliance == expected => {}
        [own] => return Some(format!("expected {expected}, AWS Config has {}", own.compliance)),
        _ => {
            return Some(format!(
                "expected one evaluation beside the resources named, AWS Config has {}",
                own.len()
            ));
        }
    }
    expect.resources.iter().find_map(|resource| {
        let found = answer.evaluations.iter().find(|evaluation| {
            evaluation.resource_type == resource.resource_type
                && evaluation.resource_id == resource.resource_id
        });
        let has = found.map_or("nothing", |evaluation| evaluation.compliance.as_str());
        (has != resource.compliance.as_str()).then(|| {
            format!("expected {} for {}, AWS Config has {has}", resource.compliance, resource.resource_id)
        })
    })
}
