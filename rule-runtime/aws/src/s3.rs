//! Objects of S3: a small one, whole.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;
use std::{env, fmt};

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectError;
use jiff::Timestamp;
use tokio::sync::Mutex;

use crate::clients::{chain, explain, is_denied};
use crate::snapshots::ObjectReader;

/// The largest object that is read, in bytes. A roster has some 100 bytes a person, so that this is room
/// for 300,000 people; a file beyond is not a roster, and would fill the function's memory.
const MAX_OBJECT: usize = 32 << 20;

/// `s3://bucket/key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectUri {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
}

impl fmt::Display for ObjectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

impl FromStr for ObjectUri {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // An ARN of an access point has slashes of its own; its alias is a bucket name like any other.
        let named = |bucket: &str| {
            !bucket.is_empty()
                && bucket.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
        };
        match text.strip_prefix("s3://").and_then(|rest| rest.split_once('/')) {
            Some((bucket, key)) if named(bucket) && !key.is_empty() => {
                Ok(Self { bucket: bucket.to_owned(), key: key.to_owned() })
            }
            _ => Err(format!("is \"{text}\", expected s3://bucket/key")),
        }
    }
}

/// An object.
#[derive(Debug, PartialEq, Eq)]
pub struct Object {
    /// Its content.
    pub bytes: Vec<u8>,
    /// When it was last written.
    pub last_modified: Option<Timestamp>,
}

/// An object and its `ETag`.
type Tagged = (String, Arc<Object>);

/// Reads objects, and keeps them as long as they do not change.
#[derive(Debug, Clone)]
pub struct Objects {
    client: Client,
    /// By their address.
    known: Arc<Mutex<HashMap<String, Tagged>>>,
}

impl Objects {
    /// With the region and credentials of `config`. Local emulators have no host name a bucket: where an
    /// endpoint is set, the bucket goes into the path.
    pub fn new(config: &SdkConfig) -> Self {
        let local =
            ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"].iter().any(|name| env::var_os(name).is_some())
                || config.endpoint_url().is_some();
        let client = Client::from_conf(Builder::from(config).force_path_style(local).build());
        Self { client, known: Arc::default() }
    }

    /// Begins to read the object at `uri`, of any size, for another thread.
    ///
    /// # Errors
    /// As for [`Objects::get`].
    pub async fn stream(&self, uri: &ObjectUri) -> Result<ObjectReader, String> {
        let answer = self.client.get_object().bucket(&uri.bucket).key(&uri.key).send().await;
        let answer = answer.map_err(|error| problem(uri, &error))?;
        Ok(ObjectReader::new(answer.body, uri.to_string()))
    }

    /// Reads the object at `uri`.
    ///
    /// # Errors
    /// In words: the call, the object, AWS's code and message, what to do.
    pub async fn get(&self, uri: &ObjectUri) -> Result<Arc<Object>, String> {
        let name = uri.to_string();
        let known = self.known.lock().await.get(&name).cloned();
        let tag = known.as_ref().map(|(tag, _)| tag.clone());
        let asked = self.client.get_object().bucket(&uri.bucket).key(&uri.key).set_if_none_match(tag);
        let answer = match (asked.send().await, known) {
            // 304 has no code of its own.
            (Err(error), Some((_, object))) if is_unchanged(&error) => return Ok(object),
            (answer, _) => answer.map_err(|error| problem(uri, &error))?,
        };
        let tag = answer.e_tag().map(ToOwned::to_owned);
        let last_modified = answer
            .last_modified()
            .and_then(|time| time.to_millis().ok())
            .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok());
        // What is announced need not be what comes: the bytes are counted.
        let mut bytes = Vec::new();
        let mut body = answer.body;
        while let Some(part) =
            body.try_next().await.map_err(|error| format!("s3:GetObject {uri}: {}", chain(&error)))?
        {
            if bytes.len() + part.len() > MAX_OBJECT {
                return Err(too_large(uri));
            }
            bytes.extend_from_slice(&part);
        }
        let object = Arc::new(Object { bytes, last_modified });
        if let Some(tag) = tag {
            self.known.lock().await.insert(name, (tag, Arc::clone(&object)));
        }
        Ok(object)
    }
}

fn is_unchanged(error: &SdkError<GetObjectError>) -> bool {
    error.raw_response().is_some_and(|answer| answer.status().as_u16() == 304)
}

fn too_large(uri: &ObjectUri) -> String {
    format!(
        "{uri} is larger than {} MiB; give a roster with only the columns that are read",
        MAX_OBJECT >> 20
    )
}

fn problem(uri: &ObjectUri, error: &SdkError<GetObjectError>) -> String {
    let next = match error.code() {
        // Source: GetObject in the S3 API reference: a missing key is a 404 only for who may list.
        _ if is_denied(error) => {
            "; see that the object is there (S3 says AccessDenied for a missing one too, unless the role has \
             s3:ListBucket), that the function's role has s3:GetObject on it, and that neither the policy of \
             the bucket nor that of its KMS key is in the way"
        }
        Some("NoSuchKey") => "; put the roster there, or set the rule's parameter to where it is",
        Some("NoSuchBucket") => "; set the rule's parameter to the bucket of the roster",
        Some("PermanentRedirect" | "AuthorizationHeaderMalformed") => {
            "; the bucket is in another region than the function: move the roster to one beside the function"
        }
        _ => "",
    };
    format!("s3:GetObject {uri}: {}{next}", explain(error))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::fake::Fake;

    #[test]
    fn uris() {
        let uri: Result<ObjectUri, _> = "s3://hr/staff/2026.csv".parse();
        assert_eq!(uri, Ok(ObjectUri { bucket: "hr".into(), key: "staff/2026.csv".into() }));
        for text in [
            "",
            "hr/staff.csv",
            "s3://hr",
            "s3:///key",
            "s3://hr/",
            "https://hr/staff.csv",
            "s3://人事/a.csv",
        ] {
            assert!(text.parse::<ObjectUri>().is_err(), "{text}");
        }
    }

    async fn get(status: u16, body: String) -> Result<Arc<Object>, String> {
        let fake = Fake::start(move |path, _| {
            assert_eq!(path, "/hr.example.jp/staff%202026.csv");
            (status, body.clone())
        })
        .await;
        let uri = ObjectUri { bucket: "hr.example.jp".into(), key: "staff 2026.csv".into() };
        Objects::new(&fake.config).get(&uri).await
    }

    #[tokio::test]
    async fn an_object_is_read_whole_and_one_too_large_is_refused() {
        assert_eq!(get(200, "a,b\n".into()).await.map(|object| object.bytes.clone()), Ok(b"a,b\n".to_vec()));
        assert_eq!(get(200, " ".repeat(MAX_OBJECT)).await.map(|object| object.bytes.len()), Ok(MAX_OBJECT));
        let error = get(200, " ".repeat(MAX_OBJECT + 1)).await.map(|object| object.bytes.len());
        assert!(
            error.is_err_and(|error| error.contains("hr.example.jp/staff 2026.csv is larger than 32 MiB"))
        );
    }

    #[tokio::test]
    async fn a_refusal_names_the_object_and_what_to_do() {
        for (status, code, next) in [
            (403, "AccessDenied", "s3:GetObject on it"),
            (404, "NoSuchKey", "put the roster there"),
            (404, "NoSuchBucket", "set the rule's parameter"),
            (301, "PermanentRedirect", "another region"),
        ] {
            let body = format!("<Error><Code>{code}</Code><Message>why</Message></Error>");
            let error = get(status, body).await.map(|_| ()).unwrap_err();
            let start = format!("s3:GetObject s3://hr.example.jp/staff 2026.csv: {code}: why; ");
            assert!(error.starts_with(&start) && error.contains(next), "{error}");
        }
        let error = get(502, "<html>".into()).await.map(|_| ()).unwrap_err();
        assert!(error.contains("HTTP 502: ") && error.len() < 300, "{error}");
    }
}
