//! Where facts come from, as `custom.facts.<name>` of a policy's METADATA declares it, and what is refused there.
//!
//! In: the declaration. Out: a [`FactProvider`], checked: an API call only reads, and never hands out a secret.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Where a fact comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "provider", rename_all = "kebab-case", rename_all_fields = "snake_case", deny_unknown_fields)]
pub enum FactProvider {
    /// A staff roster in S3.
    Roster {
        /// The parameter that holds `s3://bucket/key`.
        uri_parameter: String,
    },
    /// The account's IAM users with console password, access keys and their last use.
    IamUsers {},
    /// The account's credential report: the root user and every IAM user.
    IamCredentialReport {},
    /// An object in S3.
    S3Object {
        /// The parameter that holds `s3://bucket/key`.
        uri_parameter: String,
        /// How it is read; by the key's ending where it is not said.
        #[serde(default)]
        format: Option<ObjectFormat>,
    },
    /// A parameter of SSM Parameter Store, decrypted.
    SsmParameter {
        /// The parameter of the policy that holds the name in Parameter Store.
        name_parameter: String,
    },
    /// Answers of one read-only operation of an AWS API.
    AwsApi(Box<AwsApiCall>),
}

/// How an object in S3 is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ObjectFormat {
    /// Rows by the names in the first line.
    Csv,
    /// One document.
    Json,
    /// One document.
    Yaml,
    /// The text as it is.
    Text,
}

/// One operation of an AWS API, all pages of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwsApiCall {
    /// As the AWS CLI calls the service: `logs`, `cloudtrail`, `cognito-idp`.
    pub service: String,
    /// The operation as the API names it: `DescribeLogGroups`.
    pub action: String,
    /// The request, in the API's own names.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// The region that is asked; the function's where it is not said.
    #[serde(default)]
    pub region: Option<String>,
    /// Ask in each of these regions.
    #[serde(default)]
    pub regions: Option<Regions>,
    /// Ask once for each element of another fact.
    #[serde(default)]
    pub for_each: Option<ForEach>,
    /// Error codes that are an answer: the policy sees them as `error`.
    #[serde(default)]
    pub tolerate: Vec<String>,
}

/// The regions that a call is made in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Regions {
    /// Every region that is enabled in the account.
    Enabled,
    /// Those that a parameter of the policy lists.
    Parameter(String),
}

/// A call for each element of another fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForEach {
    /// The other fact of the same policy: one of `aws-api`.
    pub fact: String,
    /// Where its answers hold the elements: names with dots between, `trailList`. Lists on the way are walked through.
    pub items: String,
    /// Request parameter to the element's field (names with dots between), or `.` for the element itself. `..` and
    /// `..field` are of the element that the other fact was asked for; `[path]` is a list of the one.
    pub parameters: BTreeMap<String, String>,
}

/// How the names of operations that only read begin.
const READING: [&str; 4] = ["Get", "List", "Describe", "BatchGet"];

/// Operations that read and hand out what must stay secret, or make it.
const SECRET: [&str; 17] = [
    "BatchGetSecretValue",
    "DescribeUserPoolClient",
    "GetAuthorizationToken",
    "GetAuthorizationTokens",
    "GetClusterCredentials",
    "GetClusterCredentialsWithIAM",
    "GetCredentials",
    "GetCredentialsForIdentity",
    "GetFederationToken",
    "GetId",
    "GetOpenIdToken",
    "GetOpenIdTokenForDeveloperIdentity",
    "GetPasswordData",
    "GetRandomPassword",
    "GetRoleCredentials",
    "GetSecretValue",
    "GetSessionToken",
];

impl FactProvider {
    /// The name in METADATA.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Roster { .. } => "roster",
            Self::IamUsers {} => "iam-users",
            Self::IamCredentialReport {} => "iam-credential-report",
            Self::S3Object { .. } => "s3-object",
            Self::SsmParameter { .. } => "ssm-parameter",
            Self::AwsApi(_) => "aws-api",
        }
    }

    /// The policy's parameters that the fact is fetched by.
    pub fn parameter(&self) -> Option<&str> {
        match self {
            Self::Roster { uri_parameter } | Self::S3Object { uri_parameter, .. } => Some(uri_parameter),
            Self::SsmParameter { name_parameter } => Some(name_parameter),
            Self::AwsApi(call) => match &call.regions {
                Some(Regions::Parameter(name)) => Some(name),
                _ => None,
            },
            Self::IamUsers {} | Self::IamCredentialReport {} => None,
        }
    }
}

/// What is wrong with a policy's facts: the fact's name and the message. `has_parameter` says whether the policy
/// declares a parameter.
pub fn problems(
    facts: &BTreeMap<String, FactProvider>,
    has_parameter: &dyn Fn(&str) -> bool,
) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, provider) in facts {
        let mut problem = |message: String| found.push((name.clone(), message));
        if name == "now" {
            problem("is Sekisho's own: the time of the evaluation".to_owned());
        }
        if let Some(parameter) = provider.parameter()
            && !has_parameter(parameter)
        {
            problem(format!("is fetched by the parameter {parameter}, which the policy does not declare"));
        }
        if let FactProvider::AwsApi(call) = provider {
            call.problems(facts).into_iter().for_each(&mut problem);
            if is_circular(name, facts) {
                problem("is fetched for each element of itself".to_owned());
            }
        }
    }
    found
}

impl AwsApiCall {
    fn problems(&self, facts: &BTreeMap<String, FactProvider>) -> Vec<String> {
        let mut problems = Vec::new();
        let Self { service, action, .. } = self;
        if service.is_empty()
            || !service.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        {
            problems.push(format!(
                "names the service \"{service}\", expected its name in the AWS CLI, such as logs"
            ));
        }
        let reads = READING.iter().any(|verb| {
            action.strip_prefix(verb).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
        });
        if !reads || !action.chars().all(|c| c.is_ascii_alphanumeric()) {
            problems.push(format!(
                "calls {service}:{action}; a policy may call only operations that begin with Get, List, Describe or BatchGet"
            ));
        }
        let parameter_store = service == "ssm" && action.starts_with("GetParameter");
        if parameter_store || SECRET.contains(&action.as_str()) || (service == "s3" && action == "GetObject")
        {
            let instead =
                if parameter_store { "use the provider ssm-parameter" } else { "no policy needs it" };
            problems.push(format!("calls {service}:{action}, which hands out a secret; {instead}"));
        }
        if self.region.is_some() && self.regions.is_some() {
            problems.push("has both region and regions, expected one of them".to_owned());
        }
        if let Some(each) = &self.for_each {
            match facts.get(&each.fact) {
                Some(FactProvider::AwsApi(_)) => {}
                Some(other) => problems.push(format!(
                    "is fetched for each element of {}, whose provider is {}, expected aws-api",
                    each.fact,
                    other.name()
                )),
                None => {
                    problems
                        .push(format!("is fetched for each element of {}, which is not declared", each.fact));
                }
            }
            if self.regions.is_some() || self.region.is_some() {
                problems
                    .push("has for_each and a region: it is asked where its element was found".to_owned());
            }
            let nested = matches!(facts.get(&each.fact), Some(FactProvider::AwsApi(other)) if other.for_each.is_some());
            if !nested && each.parameters.values().any(|path| path.trim_start_matches('[').starts_with(".."))
            {
                problems.push(format!(
                    "names the element above with .., and {} is not asked for each element of a fact",
                    each.fact
                ));
            }
            if each.parameters.is_empty() {
                problems
                    .push("has for_each without parameters, so that every call would be the same".to_owned());
            }
        }
        problems
    }
}

/// What the fact `name` is: its provider, that of the fact whose elements it is asked for, and so on.
pub fn chain<'f>(name: &str, facts: &'f BTreeMap<String, FactProvider>) -> Vec<&'f FactProvider> {
    let mut chain = Vec::new();
    let mut next = facts.get(name);
    // METADATA with a circle is refused.
    while let Some(provider) = next.filter(|_| chain.len() < facts.len()) {
        chain.push(provider);
        next = match provider {
            FactProvider::AwsApi(call) => call.for_each.as_ref().and_then(|each| facts.get(&each.fact)),
            _ => None,
        };
    }
    chain
}

fn is_circular(name: &str, facts: &BTreeMap<String, FactProvider>) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = Some(name);
    while let Some(fact) = next {
        if !seen.insert(fact) {
            return true;
        }
        next = match facts.get(fact) {
            Some(FactProvider::AwsApi(call)) => call.for_each.as_ref().map(|each| each.fact.as_str()),
            _ => None,
        };
    }
    false
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> FactProvider {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn providers_as_metadata_spells_them() {
        let roster = read(json!({"provider": "roster", "uri_parameter": "rosterS3Uri"}));
        assert_eq!(roster, FactProvider::Roster { uri_parameter: "rosterS3Uri".into() });
        for (value, name) in [
            (json!({"provider": "iam-users"}), "iam-users"),
            (json!({"provider": "iam-credential-report"}), "iam-credential-report"),
            (json!({"provider": "s3-object", "uri_parameter": "u", "format": "yaml"}), "s3-object"),
            (json!({"provider": "ssm-parameter", "name_parameter": "n"}), "ssm-parameter"),
            (json!({"provider": "aws-api", "service": "logs", "action": "DescribeLogGroups"}), "aws-api"),
        ] {
            assert_eq!(read(value).name(), name);
        }
        for wrong in [
            json!({"provider": "iam-users", "x": 1}),
            json!({"provider": "aws-api", "service": "logs", "action": "DescribeLogGroups", "x": 1}),
            json!({"provider": "aws-api", "service": "logs", "action": "D", "regions": "all"}),
        ] {
            assert!(serde_json::from_value::<FactProvider>(wrong.clone()).is_err(), "{wrong}");
        }
    }

    fn found(facts: Value) -> Vec<String> {
        let facts = serde_json::from_value(facts).unwrap();
        problems(&facts, &|name| name == "known")
            .into_iter()
            .map(|(fact, why)| format!("{fact} {why}"))
            .collect()
    }

    #[test]
    fn calls_that_write_or_hand_out_secrets_are_refused() {
        let call = |service: &str, action: &str| {
            found(json!({"f": {"provider": "aws-api", "service": service, "action": action}})).len()
        };
        for good in ["DescribeLogGroups", "ListUsers", "GetTrailStatus", "BatchGetResourceConfig"] {
            assert_eq!(call("logs", good), 0, "{good}");
        }
        for bad in
            ["PutEvaluations", "DeleteTrail", "Getaway", "Get", "get_x", "GetSecretValue", "GetSessionToken"]
        {
            assert_eq!(call("any", bad), 1, "{bad}");
        }
        assert_eq!(call("ssm", "GetParametersByPath"), 1);
        assert_eq!(call("s3", "GetObject"), 1);
        assert_eq!(call("S3", "ListBuckets"), 1);
    }

    #[test]
    fn what_a_call_refers_to_has_to_be_there() {
        let each = |fact: &str| {
            json!({"provider": "aws-api", "service": "cloudtrail", "action": "GetTrailStatus",
                   "for_each": {"fact": fact, "items": "trailList", "parameters": {"Name": "TrailARN"}}})
        };
        let trails = json!({"provider": "aws-api", "service": "cloudtrail", "action": "DescribeTrails",
                            "regions": "enabled"});
        assert!(found(json!({"trails": trails, "status": each("trails")})).is_empty());
        for (facts, part) in [
            (json!({"status": each("trails")}), "not declared"),
            (json!({"status": each("status")}), "of itself"),
            (json!({"users": {"provider": "iam-users"}, "status": each("users")}), "expected aws-api"),
            (json!({"now": {"provider": "iam-users"}}), "Sekisho's own"),
            (json!({"r": {"provider": "roster", "uri_parameter": "unknown"}}), "does not declare"),
        ] {
            let found = found(facts);
            assert!(found.len() == 1 && found[0].contains(part), "{found:?}");
        }
    }
}
