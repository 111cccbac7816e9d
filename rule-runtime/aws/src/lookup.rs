//! What a person asks AWS Config for with their own credentials: the ids that a query finds, the newest item of each.
//!
//! In: a profile, a region, a query or a resource. Out: items in the spelling of the rule event, or a [`LookupError`]
//! that says what to do next. The function has other needs (deadlines, roles of other accounts): see
//! [`crate::recorded`].

use std::error::Error;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_config::Client;
use aws_sdk_config::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use sekisho_engine::item::ConfigurationItem;
use sekisho_engine::verdict::ResourceKey;
use serde_json::{Map, Value};

use crate::clients::{self, explain, is_denied};
use crate::recorded::{self, Newest};

/// The most rows of a page (`Limit` of the API's model).
const PAGE: usize = 100;

/// What went wrong at AWS, for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct LookupError {
    /// The call, AWS's code and message.
    pub message: String,
    /// What to do next.
    pub help: String,
}

/// Reads AWS Config as the user.
#[derive(Debug, Clone)]
pub struct Lookup {
    client: Client,
}

impl Lookup {
    /// With the credentials and the region that the AWS CLI would take, as far as they are compiled in: the
    /// environment, profiles with keys or a role, web identity, containers, instances. Not SSO, not
    /// `credential_process`.
    ///
    /// # Errors
    /// No region is known.
    pub async fn new(profile: Option<&str>, region: Option<&str>) -> Result<Self, LookupError> {
        let mut loader = clients::with_limits(aws_config::defaults(BehaviorVersion::latest()));
        if let Some(profile) = profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = region {
            loader = loader.region(Region::new(region.to_owned()));
        }
        let config = loader.load().await;
        if config.region().is_none() {
            return Err(LookupError {
                message: "no region is known".to_owned(),
                help: "give --region, set AWS_REGION, or set region in the profile".to_owned(),
            });
        }
        Ok(Self { client: Client::new(&config) })
    }

    /// The resources that `expression` finds, at most `limit`, each once, and whether there are more.
    ///
    /// # Errors
    /// The call failed, or a row has no `resourceId` and `resourceType`.
    pub async fn select(
        &self,
        expression: &str,
        limit: usize,
    ) -> Result<(Vec<ResourceKey>, bool), LookupError> {
        let (mut found, mut token) = (Vec::new(), None);
        loop {
            let call = self.client.select_resource_config().expression(expression);
            // One more than is wanted tells whether there are more.
            let page = i32::try_from(PAGE.min(limit + 1 - found.len())).unwrap_or(1);
            let sent = call.limit(page).set_next_token(token).send().await;
            let answer = sent.map_err(|error| problem("SelectResourceConfig", "", &error))?;
            for row in answer.results() {
                let key = key(row)?;
                if !found.contains(&key) {
                    found.push(key);
                }
            }
            token = answer.next_token.filter(|token| !token.is_empty());
            if found.len() > limit || token.is_none() {
                let more = found.len() > limit;
                found.truncate(limit);
                return Ok((found, more));
            }
        }
    }

    /// The newest item of a resource; `None` where AWS Config never saw it.
    ///
    /// # Errors
    /// The call failed, or the item cannot be read.
    pub async fn item(&self, resource: &ResourceKey) -> Result<Option<ConfigurationItem>, LookupError> {
        let call = "GetResourceConfigHistory";
        match recorded::newest(&self.client, resource, None).await {
            Ok(item) => Ok(item),
            Err(Newest::Call(error)) => Err(problem(call, &format!(" {resource}"), &error)),
            Err(Newest::Item(message)) => {
                Err(LookupError { message, help: "report this item's shape to the project".to_owned() })
            }
        }
    }
}

fn key(row: &str) -> Result<ResourceKey, LookupError> {
    let row: Map<String, Value> = serde_json::from_str(row).unwrap_or_default();
    let text = |name: &str| row.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    match text("resourceType").zip(text("resourceId")) {
        Some((resource_type, resource_id)) => Ok(ResourceKey { resource_type, resource_id }),
        None => Err(LookupError {
            message: "the query's rows have no resourceId and resourceType".to_owned(),
            help: "select both columns, and count nothing: SELECT resourceId, resourceType WHERE …"
                .to_owned(),
        }),
    }
}

fn problem<E>(call: &str, what: &str, error: &SdkError<E>) -> LookupError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let code = error.code().unwrap_or_default();
    let mut message = format!("config:{call}{what}: {}", explain(error));
    let help = match code {
        _ if is_denied(error) => format!("these credentials need the permission config:{call}"),
        "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidSignatureException" => "renew the credentials: AWS does not take these".to_owned(),
        "NoAvailableConfigurationRecorderException" | "NoSuchConfigurationRecorderException" => {
            "AWS Config records nothing in this account and region; check --profile and --region".to_owned()
        }
        "ThrottlingException" | "Throttling" | "TooManyRequestsException" | "RequestLimitExceeded" => {
            "AWS Config has too many calls to answer; wait a minute, or ask for fewer items with --limit"
                .to_owned()
        }
        "InvalidExpressionException" => "mend the query; it is an AWS Config advanced query".to_owned(),
        "ValidationException" => "check the resource type and the id".to_owned(),
        _ => {
            if let Some(told) = without_credentials(error) {
                message = format!("config:{call}{what}: no AWS credentials were found: {told}");
                CREDENTIALS.to_owned()
            } else {
                "check the network and the region".to_owned()
            }
        }
    };
    LookupError { message, help }
}

/// What is not compiled in, and the way round it.
const CREDENTIALS: &str = "set AWS_PROFILE or --profile to a profile with keys or a role; for SSO and credential_process: \
                           eval \"$(aws configure export-credentials --format env)\"";

/// What the SDK says where a call could not be signed.
fn without_credentials<E>(error: &SdkError<E>) -> Option<String>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    if !matches!(error, SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_)) {
        return None;
    }
    let whole = DisplayErrorContext(error).to_string();
    let said = clients::chain(error);
    whole.to_ascii_lowercase().contains("credential").then_some(said)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use aws_config::retry::RetryConfig;
    use aws_credential_types::provider::ProvideCredentials;
    use aws_credential_types::provider::error::CredentialsError;
    use aws_credential_types::provider::future::ProvideCredentials as ProvideCredentialsFuture;
    use serde_json::json;

    use super::*;
    use crate::fake::Fake;

    const TYPE: &str = "AWS::S3::Bucket";

    /// Who has no credentials.
    #[derive(Debug)]
    struct Nobody;

    impl ProvideCredentials for Nobody {
        fn provide_credentials<'a>(&'a self) -> ProvideCredentialsFuture<'a>
        where
            Self: 'a,
        {
            ProvideCredentialsFuture::ready(Err(CredentialsError::not_loaded("nobody")))
        }
    }

    fn bucket() -> ResourceKey {
        ResourceKey { resource_type: TYPE.into(), resource_id: "b".into() }
    }

    fn error(code: &str) -> (u16, String) {
        (400, json!({"__type": code, "message": "m"}).to_string())
    }

    async fn told(code: &'static str) -> LookupError {
        let fake = Fake::start(move |_, _| error(code)).await;
        Lookup { client: Client::new(&fake.config) }.item(&bucket()).await.unwrap_err()
    }

    #[tokio::test]
    async fn each_refusal_says_what_to_do() {
        for (code, help) in [
            ("AccessDeniedException", "need the permission config:GetResourceConfigHistory"),
            ("ThrottlingException", "wait a minute"),
            ("NoAvailableConfigurationRecorderException", "records nothing"),
            ("NoSuchConfigurationRecorderException", "records nothing"),
            ("ExpiredTokenException", "renew the credentials"),
            ("ValidationException", "check the resource type"),
        ] {
            let error = told(code).await;
            assert!(error.message.contains(code) && error.help.contains(help), "{error:?}");
        }
    }

    #[tokio::test]
    async fn without_credentials_it_says_which_are_read() {
        let client = aws_sdk_config::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("ap-northeast-1"))
            .endpoint_url("http://127.0.0.1:9")
            .retry_config(RetryConfig::disabled())
            .credentials_provider(Nobody)
            .build();
        let error = Lookup { client: Client::from_conf(client) }.item(&bucket()).await.unwrap_err();
        assert!(error.message.contains("no AWS credentials") && error.help.contains("SSO"), "{error:?}");
    }

    #[tokio::test]
    async fn a_query_is_asked_for_one_more_than_is_wanted() {
        let row = |id: usize| json!({"resourceId": format!("b{id}"), "resourceType": TYPE}).to_string();
        let rows: Vec<_> = (0..3).map(row).collect();
        let answer = json!({"Results": [rows[0], rows[0], rows[1], rows[2]], "NextToken": ""}).to_string();
        let fake = Fake::start(move |_, _| (200, answer.clone())).await;
        let lookup = Lookup { client: Client::new(&fake.config) };
        let (found, more) = lookup.select("SELECT resourceId, resourceType", 2).await.unwrap();
        assert_eq!((found.len(), more), (2, true));
        assert!(fake.asked()[0].contains("\"Limit\":3"), "{:?}", fake.asked());
        let (found, more) = lookup.select("SELECT resourceId, resourceType", 3).await.unwrap();
        assert_eq!((found.len(), more), (3, false));
    }
}
