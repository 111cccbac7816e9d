//! The account's IAM users with what they can sign in with, as the policy contract has them.
//!
//! ListUsers, then for each user GetLoginProfile, ListAccessKeys, GetAccessKeyLastUsed and ListUserTags: a credential
//! report would be one call, and up to four hours old.

use aws_config::SdkConfig;
use aws_sdk_iam::Client;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::primitives::DateTime;
use aws_sdk_iam::types::{AccessKeyMetadata, User};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use sekisho_engine::item::time;
use serde_json::{Map, Value, json};

use crate::clients::explain;

/// Users that are looked at side by side. IAM throttles an account, not a caller.
const CONCURRENCY: usize = 8;

/// IAM's code for what is not there.
const NO_SUCH_ENTITY: &str = "NoSuchEntity";

/// Reads IAM.
#[derive(Debug, Clone)]
pub struct Iam {
    client: Client,
}

impl Iam {
    /// With the credentials of `config`.
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// Every user of the account, in IAM's order.
    ///
    /// # Errors
    /// In words: the call, the user, AWS's code and message, the permission to add.
    pub async fn users(&self) -> Result<Vec<Value>, String> {
        let mut pages = self.client.list_users().into_paginator().items().send();
        let mut users = Vec::new();
        while let Some(user) = pages.next().await {
            users.push(user.map_err(|error| problem("ListUsers", None, &error))?);
        }
        let details: Vec<Option<Value>> =
            stream::iter(users.iter().map(|user| self.user(user))).buffered(CONCURRENCY).try_collect().await?;
        Ok(details.into_iter().flatten().collect())
    }

    /// `None` for a user that was deleted meanwhile.
    async fn user(&self, user: &User) -> Result<Option<Value>, String> {
        let name = user.user_name();
        let Some(keys) = self.access_keys(name).await? else { return Ok(None) };
        let (login_profile, tags) = futures::try_join!(self.login_profile(name), self.tags(name))?;
        Ok(Some(json!({
            "UserName": name,
            "UserId": user.user_id(),
            "Arn": user.arn(),
            "Path": user.path(),
            "CreateDate": date(Some(user.create_date())),
            "Tags": tags,
            "LoginProfile": login_profile,
            "PasswordLastUsed": date(user.password_last_used()),
            "AccessKeys": keys,
        })))
    }

    async fn login_profile(&self, user: &str) -> Result<Value, String> {
        match self.client.get_login_profile().user_name(user).send().await {
            Ok(answer) => {
                let created = answer.login_profile().map(aws_sdk_iam::types::LoginProfile::create_date);
                Ok(json!({"CreateDate": date(created)}))
            }
            Err(error) if error.code() == Some(NO_SUCH_ENTITY) => Ok(Value::Null),
            Err(error) => Err(problem("GetLoginProfile", Some(user), &error)),
        }
    }

    async fn access_keys(&self, user: &str) -> Result<Option<Vec<Value>>, String> {
        let mut pages = self.client.list_access_keys().user_name(user).into_paginator().items().send();
        let mut keys = Vec::new();
        while let Some(key) = pages.next().await {
            match key {
                Ok(key) => keys.push(self.access_key(user, &key).await?),
                Err(error) if error.code() == Some(NO_SUCH_ENTITY) => return Ok(None),
                Err(error) => return Err(problem("ListAccessKeys", Some(user), &error)),
            }
        }
        Ok(Some(keys))
    }

    async fn access_key(&self, user: &str, key: &AccessKeyMetadata) -> Result<Value, String> {
        let id = key.access_key_id().unwrap_or_default();
        let answer = self.client.get_access_key_last_used().access_key_id(id).send().await;
        let answer = answer.map_err(|error| problem("GetAccessKeyLastUsed", Some(user), &error))?;
        let last_used = answer.access_key_last_used().and_then(|used| used.last_used_date());
        Ok(json!({
            "AccessKeyId": id,
            "Status": key.status().map(aws_sdk_iam::types::StatusType::as_str),
            "CreateDate": date(key.create_date()),
            "LastUsedDate": date(last_used),
        }))
    }

    async fn tags(&self, user: &str) -> Result<Map<String, Value>, String> {
        let mut pages = self.client.list_user_tags().user_name(user).into_paginator().items().send();
        let mut tags = Map::new();
        while let Some(tag) = pages.next().await {
            let tag = tag.map_err(|error| problem("ListUserTags", Some(user), &error))?;
            tags.insert(tag.key().to_owned(), tag.value().into());
        }
        Ok(tags)
    }
}

fn problem<E>(call: &str, user: Option<&str>, error: &SdkError<E>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let of = user.map(|user| format!(" of {user}")).unwrap_or_default();
    let next = match error.code() {
        Some("AccessDenied" | "AccessDeniedException") => format!("; add iam:{call} to the function's role"),
        _ => String::new(),
    };
    format!("iam:{call}{of}: {}{next}", explain(error))
}

/// A time as the item's are spelled, or null.
fn date(time: Option<&DateTime>) -> Value {
    time.and_then(|time| time.to_millis().ok())
        .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok())
        .map_or(Value::Null, |time| time::format(time).into())
}
