//! The account that a rule belongs to: the function's own, or another one through a role there.
//!
//! In: the role to assume. Out: clients with its credentials, kept until shortly before they expire; or an error
//! that says whose policy lacks which line.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use aws_config::{Region, SdkConfig};
use aws_sdk_config::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::Client;
use aws_sdk_sts::config::Credentials;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use tokio::sync::{Mutex, OnceCell};

use crate::clients::{Clients, explain, is_denied};

/// How long before their end credentials are renewed: longer than the longest run of a function.
const MARGIN: Duration = Duration::from_mins(16);
/// The longest session name, in characters (`AssumeRole`, `roleSessionNameType`).
const SESSION_NAME: usize = 64;

/// A role in the account of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// `sts:ExternalId`, where its trust policy asks for one.
    pub external_id: Option<String>,
}

/// The clients of each account that the function serves, made when somebody asks for them: what they need of TLS takes most of
/// the time in which the function starts.
#[derive(Debug, Default)]
pub struct Accounts {
    own: OnceCell<Own>,
    assumed: Mutex<HashMap<(Role, String), Assumed>>,
}

#[derive(Debug)]
struct Own {
    config: SdkConfig,
    clients: Clients,
}

#[derive(Debug)]
struct Assumed {
    clients: Clients,
    until: SystemTime,
}

impl Accounts {
    async fn made(&self) -> &Own {
        let make = || async {
            let config = Clients::config_from_env().await;
            Own { clients: Clients::new(&config), config }
        };
        self.own.get_or_init(make).await
    }

    /// Clients with the function's own credentials, from what the environment says.
    pub async fn own(&self) -> Clients {
        self.made().await.clients.clone()
    }

    /// Clients with the credentials of `role`, for `region`. `rule_name` names the session, so that `CloudTrail` of the
    /// other account shows which rule it was for.
    ///
    /// # Errors
    /// The role cannot be assumed; the text says what to change.
    pub async fn of(&self, role: &Role, region: &str, rule_name: &str) -> Result<Clients, String> {
        let key = (role.clone(), region.to_owned());
        let mut assumed = self.assumed.lock().await;
        if let Some(known) = assumed.get(&key)
            && known.until > SystemTime::now()
        {
            return Ok(known.clients.clone());
        }
        let credentials = self.assume(role, rule_name).await?;
        let until = credentials.expiry().and_then(|expiry| expiry.checked_sub(MARGIN));
        let config = self
            .made()
            .await
            .config
            .to_builder()
            .credentials_provider(aws_sdk_sts::config::SharedCredentialsProvider::new(credentials))
            .region(Region::new(region.to_owned()))
            .build();
        let clients = Clients::new(&config);
        let until = until.unwrap_or(SystemTime::UNIX_EPOCH);
        assumed.insert(key, Assumed { clients: clients.clone(), until });
        Ok(clients)
    }

    async fn assume(&self, role: &Role, rule_name: &str) -> Result<Credentials, String> {
        let client = Client::new(&self.made().await.config);
        let sent = client
            .assume_role()
            .role_arn(&role.arn)
            .role_session_name(session_name(rule_name))
            .set_external_id(role.external_id.clone())
            .send()
            .await;
        let answer = match sent {
            Ok(answer) => answer,
            Err(error) => return Err(self.explain_refusal(&client, role, &error).await),
        };
        let Some(credentials) = answer.credentials else {
            return Err(format!("sts:AssumeRole {}: AWS answered without credentials", role.arn));
        };
        let expiry = SystemTime::try_from(credentials.expiration).ok();
        Ok(Credentials::new(
            credentials.access_key_id,
            credentials.secret_access_key,
            Some(credentials.session_token),
            expiry,
            "sts:AssumeRole",
        ))
    }

    async fn explain_refusal(
        &self,
        client: &Client,
        role: &Role,
        error: &SdkError<AssumeRoleError>,
    ) -> String {
        let why = format!("sts:AssumeRole {}: {}", role.arn, explain(error));
        if !is_denied(error) {
            return match error.code() {
                Some("ValidationError") => {
                    format!("{why}; see the spelling of executionRoleName, with its path")
                }
                Some("RegionDisabledException") => {
                    format!("{why}; activate STS for this region in that account")
                }
                _ => why,
            };
        }
        let caller = client.get_caller_identity().send().await.ok().and_then(|identity| identity.arn);
        let function = caller.as_deref().map_or_else(|| "the function's role".to_owned(), role_of_session);
        let external_id = role.external_id.as_ref().map_or_else(String::new, |id| {
            format!(", \"Condition\": {{\"StringEquals\": {{\"sts:ExternalId\": \"{id}\"}}}}")
        });
        format!(
            "{why}; two policies have to allow it. The trust policy of {arn}: {{\"Effect\": \"Allow\", \
             \"Principal\": {{\"AWS\": \"{function}\"}}, \"Action\": \"sts:AssumeRole\"{external_id}}}. The \
             policy of {function}: {{\"Effect\": \"Allow\", \"Action\": \"sts:AssumeRole\", \"Resource\": \
             \"{arn}\"}}. STS says the same where the role does not exist",
            arn = role.arn
        )
    }
}

/// `arn:aws:sts::1:assumed-role/NAME/SESSION` to `arn:aws:iam::1:role/NAME`, as a trust policy names it. The path of
/// the role is not in the session's ARN.
fn role_of_session(caller: &str) -> String {
    let parts: Vec<&str> = caller.splitn(6, ':').collect();
    match parts[..] {
        [_, partition, "sts", _, account, resource] => match resource.split('/').nth(1) {
            Some(name) => format!("arn:{partition}:iam::{account}:role/{name}"),
            None => caller.to_owned(),
        },
        _ => caller.to_owned(),
    }
}

/// `sekisho-RULE`, of the characters that STS takes.
fn session_name(rule: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    let name = format!("sekisho-{rule}");
    name.chars().map(|c| if fits(c) { c } else { '-' }).take(SESSION_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_role_of_a_session_is_what_a_trust_policy_names() {
        let session = "arn:aws:sts::123456789012:assumed-role/sekisho-Role-1/sekisho";
        assert_eq!(role_of_session(session), "arn:aws:iam::123456789012:role/sekisho-Role-1");
        let user = "arn:aws:iam::123456789012:user/suzuki";
        assert_eq!(role_of_session(user), user);
    }

    #[test]
    fn a_session_is_named_after_its_rule() {
        assert_eq!(session_name("sekisho-rds 1/x"), "sekisho-sekisho-rds-1-x");
        assert_eq!(session_name(&"r".repeat(128)).len(), 64);
    }
}
