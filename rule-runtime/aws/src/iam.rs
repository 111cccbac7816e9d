//! The account's IAM users with what they can sign in with, as the policy contract has them.
//!
//! `ListUsers`, then for each user `GetLoginProfile`, `ListAccessKeys`, `GetAccessKeyLastUsed` and
//! `ListUserTags`: a credential report would be one call, and up to four hours old. What is deleted while
//! the list is read is left out.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_iam::Client;
use aws_sdk_iam::config::Builder;
use aws_sdk_iam::config::retry::RetryConfig;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::primitives::DateTime;
use aws_sdk_iam::types::{AccessKeyMetadata, ReportStateType, User};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use sekisho_engine::facts::object;
use sekisho_engine::item::time;
use serde_json::{Map, Value, json};

use crate::clients::{explain, is_denied};

/// Users that are looked at side by side, each with one call at a time. IAM throttles an account, not a
/// caller.
const CONCURRENCY: usize = 8;

/// How often a call is tried in all, with growing pauses: thousands of users are more calls than IAM takes
/// at once, and one call that fails is all users unknown.
const ATTEMPTS: u32 = 8;

/// How often it is asked whether the report is complete, and the first pause, which grows: some half a minute.
const REPORT_ATTEMPTS: u32 = 10;
const REPORT_PAUSE: Duration = Duration::from_millis(500);

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
        let retries = config.retry_config().cloned().unwrap_or_else(RetryConfig::standard);
        Self {
            client: Client::from_conf(
                Builder::from(config).retry_config(retries.with_max_attempts(ATTEMPTS)).build(),
            ),
        }
    }

    /// The credential report, made anew where it is older than IAM allows.
    ///
    /// # Errors
    /// In words: the call, AWS's code and message, the permission to add.
    pub async fn credential_report(&self) -> Result<Value, String> {
        for attempt in 0..REPORT_ATTEMPTS {
            let made = self.client.generate_credential_report().send().await;
            let made = made.map_err(|error| problem("GenerateCredentialReport", None, &error))?;
            if made.state() == Some(&ReportStateType::Complete) {
                let report = self.client.get_credential_report().send().await;
                let report = report.map_err(|error| problem("GetCredentialReport", None, &error))?;
                let text = report.content().map(|bytes| String::from_utf8_lossy(bytes.as_ref()).into_owned());
                let generated = report.generated_time().and_then(|time| time.to_millis().ok());
                let generated = generated.and_then(|time| Timestamp::from_millisecond(time).ok());
                let (Some(text), Some(generated)) = (text, generated) else {
                    return Err("iam:GetCredentialReport: AWS answered without a report".to_owned());
                };
                return object::credential_report(&text, generated).map_err(|problem| problem.to_string());
            }
            tokio::time::sleep(REPORT_PAUSE * (attempt + 1)).await;
        }
        Err("iam:GenerateCredentialReport: the report is not complete yet; evaluate the rule again"
            .to_owned())
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
        let details: Vec<Option<Value>> = stream::iter(users.iter().map(|user| self.user(user)))
            .buffered(CONCURRENCY)
            .try_collect()
            .await?;
        Ok(details.into_iter().flatten().collect())
    }

    /// `None` for a user that was deleted meanwhile.
    async fn user(&self, user: &User) -> Result<Option<Value>, String> {
        let name = user.user_name();
        let Some(keys) = self.access_keys(name).await? else {
            return Ok(None);
        };
        let login_profile = self.login_profile(name).await?;
        let Some(tags) = self.tags(name).await? else {
            return Ok(None);
        };
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

    /// Null if there is none, or no such user.
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

    /// `None` if there is no such user.
    async fn access_keys(&self, user: &str) -> Result<Option<Vec<Value>>, String> {
        let mut pages = self.client.list_access_keys().user_name(user).into_paginator().items().send();
        let mut keys = Vec::new();
        while let Some(key) = pages.next().await {
            match key {
                Ok(key) => keys.extend(self.access_key(user, &key).await?),
                Err(error) if error.code() == Some(NO_SUCH_ENTITY) => return Ok(None),
                Err(error) => return Err(problem("ListAccessKeys", Some(user), &error)),
            }
        }
        Ok(Some(keys))
    }

    /// `None` if there is no such key.
    async fn access_key(&self, user: &str, key: &AccessKeyMetadata) -> Result<Option<Value>, String> {
        let id = key.access_key_id().unwrap_or_default();
        let answer = match self.client.get_access_key_last_used().access_key_id(id).send().await {
            Ok(answer) => answer,
            Err(error) if error.code() == Some(NO_SUCH_ENTITY) => return Ok(None),
            Err(error) => return Err(problem("GetAccessKeyLastUsed", Some(user), &error)),
        };
        let last_used = answer.access_key_last_used().and_then(|used| used.last_used_date());
        Ok(Some(json!({
            "AccessKeyId": id,
            "Status": key.status().map(aws_sdk_iam::types::StatusType::as_str),
            "CreateDate": date(key.create_date()),
            "LastUsedDate": date(last_used),
        })))
    }

    /// `None` if there is no such user.
    async fn tags(&self, user: &str) -> Result<Option<Map<String, Value>>, String> {
        let mut pages = self.client.list_user_tags().user_name(user).into_paginator().items().send();
        let mut tags = Map::new();
        while let Some(tag) = pages.next().await {
            match tag {
                Ok(tag) => tags.insert(tag.key().to_owned(), tag.value().into()),
                Err(error) if error.code() == Some(NO_SUCH_ENTITY) => return Ok(None),
                Err(error) => return Err(problem("ListUserTags", Some(user), &error)),
            };
        }
        Ok(Some(tags))
    }
}

fn problem<E>(call: &str, user: Option<&str>, error: &SdkError<E>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let of = user.map(|user| format!(" of {user}")).unwrap_or_default();
    let next =
        if is_denied(error) { format!("; add iam:{call} to the function's role") } else { String::new() };
    format!("iam:{call}{of}: {}{next}", explain(error))
}

/// A time as the item's are spelled, or null.
fn date(time: Option<&DateTime>) -> Value {
    time.and_then(|time| time.to_millis().ok())
        .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok())
        .map_or(Value::Null, |time| time::format(time).into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::fake::Fake;

    /// The value of `name` in a form.
    fn field<'a>(form: &'a str, name: &str) -> Option<&'a str> {
        form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }

    fn answer(action: &str, result: &str) -> (u16, String) {
        (200, format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>"))
    }

    fn refusal(status: u16, code: &str) -> (u16, String) {
        (
            status,
            format!(
                "<ErrorResponse><Error><Code>{code}</Code><Message>why</Message></Error></ErrorResponse>"
            ),
        )
    }

    const DATE: &str = "<CreateDate>2024-04-01T00:00:00Z</CreateDate>";

    fn user(name: &str) -> String {
        format!(
            "<member><Path>/</Path><UserName>{name}</UserName><UserId>AIDA{name}</UserId>\
             <Arn>arn:aws:iam::123456789012:user/{name}</Arn>{DATE}</member>"
        )
    }

    /// An account in which everybody has a password, a key and a tag.
    fn account(form: &str) -> (u16, String) {
        let action = field(form, "Action").unwrap();
        let name = field(form, "UserName").unwrap_or_default();
        answer(
            action,
            &match (action, field(form, "Marker")) {
                ("ListUsers", None) => {
                    format!("<Users>{}</Users><IsTruncated>true</IsTruncated><Marker>2</Marker>", user("zoe"))
                }
                ("ListUsers", _) => format!("<Users>{}{}</Users>", user("bob"), user("ann")),
                ("GetLoginProfile", _) => {
                    format!("<LoginProfile><UserName>{name}</UserName>{DATE}</LoginProfile>")
                }
                ("ListAccessKeys", _) => format!(
                    "<AccessKeyMetadata><member><AccessKeyId>AKIA{name}</AccessKeyId>\
                     <Status>Active</Status>{DATE}</member></AccessKeyMetadata>"
                ),
                ("GetAccessKeyLastUsed", _) => {
                    "<AccessKeyLastUsed><LastUsedDate>2026-10-01T09:12:00Z</LastUsedDate>\
                 <ServiceName>s3</ServiceName><Region>ap-northeast-1</Region></AccessKeyLastUsed>"
                        .into()
                }
                ("ListUserTags", _) => {
                    "<Tags><member><Key>EmployeeId</Key><Value>001</Value></member></Tags>".into()
                }
                (other, _) => panic!("{other}"),
            },
        )
    }

    /// Reads that account with other answers where `other` has one.
    async fn users(
        mut other: impl FnMut(&str, &str) -> Option<(u16, String)> + Send + 'static,
    ) -> Result<Vec<Value>, String> {
        let fake = Fake::start(move |_, form| {
            let who = field(form, "UserName").or(field(form, "AccessKeyId")).unwrap_or_default();
            other(field(form, "Action").unwrap(), who).unwrap_or_else(|| account(form))
        })
        .await;
        Iam::new(&fake.config).users().await
    }

    fn names(users: &[Value]) -> Vec<&str> {
        users.iter().filter_map(|user| user["UserName"].as_str()).collect()
    }

    #[tokio::test]
    async fn all_pages_in_order_with_every_field_of_the_contract() {
        let users = users(|_, _| None).await.unwrap();
        assert_eq!(names(&users), ["zoe", "bob", "ann"]);
        let expected = json!({
            "UserName": "zoe", "UserId": "AIDAzoe", "Arn": "arn:aws:iam::123456789012:user/zoe", "Path": "/",
            "CreateDate": "2024-04-01T00:00:00.000Z", "Tags": {"EmployeeId": "001"},
            "LoginProfile": {"CreateDate": "2024-04-01T00:00:00.000Z"}, "PasswordLastUsed": null,
            "AccessKeys": [{
                "AccessKeyId": "AKIAzoe", "Status": "Active", "CreateDate": "2024-04-01T00:00:00.000Z",
                "LastUsedDate": "2026-10-01T09:12:00.000Z",
            }],
        });
        assert_eq!(users[0], expected);
    }

    #[tokio::test]
    async fn what_is_deleted_meanwhile_is_left_out() {
        for gone_at in ["ListAccessKeys", "ListUserTags"] {
            let users = users(move |action, who| {
                (action == gone_at && who == "bob").then(|| refusal(404, "NoSuchEntity"))
            });
            assert_eq!(names(&users.await.unwrap()), ["zoe", "ann"], "{gone_at}");
        }
        let users = users(|action, who| {
            let gone = (action == "GetAccessKeyLastUsed" && who == "AKIAbob")
                || (action == "GetLoginProfile" && who == "ann");
            gone.then(|| refusal(404, "NoSuchEntity"))
        });
        let users = users.await.unwrap();
        assert_eq!(users[1]["AccessKeys"], json!([]));
        assert_eq!(users[2]["LoginProfile"], Value::Null);
    }

    #[tokio::test]
    async fn a_refusal_is_never_an_empty_list_and_names_call_user_and_permission() {
        for action in
            ["ListUsers", "GetLoginProfile", "ListAccessKeys", "GetAccessKeyLastUsed", "ListUserTags"]
        {
            let error = users(move |asked, _| (asked == action).then(|| refusal(403, "AccessDenied")));
            let error = error.await.unwrap_err();
            let of = if action == "ListUsers" { "" } else { " of zoe" };
            assert_eq!(
                error,
                format!("iam:{action}{of}: AccessDenied: why; add iam:{action} to the function's role")
            );
        }
    }

    #[tokio::test]
    async fn a_403_in_a_form_that_is_not_aws_s_own_is_a_refusal_too() {
        let error = users(|asked, _| (asked == "ListUserTags").then(|| (403, String::new())));
        let expected = "iam:ListUserTags of zoe: AccessDenied; add iam:ListUserTags to the function's role";
        assert_eq!(error.await.unwrap_err(), expected);
    }

    #[tokio::test]
    async fn throttling_is_waited_out() {
        let mut left = 7;
        let users = users(move |action, who| {
            (action == "ListUserTags" && who == "zoe" && left > 0).then(|| {
                left -= 1;
                refusal(400, "Throttling")
            })
        });
        assert_eq!(users.await.unwrap().len(), 3);
    }
}
