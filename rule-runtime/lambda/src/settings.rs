//! What the environment sets: where the policies are, the language of annotations, facts from a file.

use std::env;
use std::path::PathBuf;

use sekisho_engine::verdict::Language;

/// The function's settings.
#[derive(Debug)]
pub struct Settings {
    /// `SEKISHO_POLICIES`; else `policies` in `LAMBDA_TASK_ROOT`; else `policies` beside the binary.
    pub policies: PathBuf,
    /// `SEKISHO_LANGUAGE`: `en`, `ja` or `both` (default).
    pub language: Language,
    /// `SEKISHO_FACTS_FILE`: recorded facts that are used instead of AWS, read anew at each invocation. For
    /// replay on a laptop; a deployed function leaves it unset.
    pub facts_file: Option<PathBuf>,
    /// `SEKISHO_WAIVERS`: a file, or `s3://bucket/key`; else `waivers.yaml` in the policies' folder, if it is there.
    pub waivers: Option<String>,
    /// `SEKISHO_DOCTOR`, set to anything: nothing is told to AWS Config, and the answer is a report of what was found.
    pub doctor: bool,
    /// `SEKISHO_HOOK_POLICIES`: the policies and packs that a CloudFormation Lambda Hook asks, with commas; else all.
    pub hook_policies: Option<String>,
    /// `SEKISHO_HOOK_PARAMETERS`: their rule parameters, a JSON object.
    pub hook_parameters: Option<String>,
    /// `SEKISHO_ACCOUNT`: the account of the function, where the ARN that it is invoked by does not tell it (local
    /// emulators of Lambda give an ARN of their own).
    pub account: Option<String>,
    /// `AWS_REGION`, which Lambda sets.
    pub region: String,
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// A variable holds what it must not.
    pub fn from_env() -> Result<Self, String> {
        let given = |name: &str| env::var(name).ok().filter(|value| !value.trim().is_empty());
        let language = given("SEKISHO_LANGUAGE").map_or(Ok(Language::default()), |text| {
            text.parse().map_err(|error| format!("SEKISHO_LANGUAGE: {error}"))
        })?;
        let root = given("LAMBDA_TASK_ROOT").map(PathBuf::from).or_else(beside_the_binary);
        let policies = given("SEKISHO_POLICIES")
            .map_or_else(|| root.unwrap_or_default().join("policies"), PathBuf::from);
        Ok(Self {
            policies,
            language,
            facts_file: given("SEKISHO_FACTS_FILE").map(PathBuf::from),
            waivers: given("SEKISHO_WAIVERS"),
            doctor: given("SEKISHO_DOCTOR").is_some(),
            hook_policies: given("SEKISHO_HOOK_POLICIES"),
            hook_parameters: given("SEKISHO_HOOK_PARAMETERS"),
            account: given("SEKISHO_ACCOUNT"),
            region: given("AWS_REGION").unwrap_or_default(),
        })
    }
}

fn beside_the_binary() -> Option<PathBuf> {
    env::current_exe().ok()?.parent().map(ToOwned::to_owned)
}
