//! Objects of S3: a small one, whole.

use std::env;
use std::str::FromStr;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::error::ProvideErrorMetadata;
use jiff::Timestamp;

use crate::clients::explain;

/// The largest object that is read, in bytes: a roster of a million people has some 100 MiB, one of a hospital a
/// few hundred KiB.
const MAX_OBJECT: i64 = 32 << 20;

/// `s3://bucket/key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectUri {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
}

impl FromStr for ObjectUri {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("s3://").and_then(|rest| rest.split_once('/')) {
            Some((bucket, key)) if !bucket.is_empty() && !key.is_empty() => {
                Ok(Self { bucket: bucket.to_owned(), key: key.to_owned() })
            }
            _ => Err(format!("is \"{text}\", expected s3://bucket/key")),
        }
    }
}

/// An object.
#[derive(Debug)]
pub struct Object {
    /// Its content.
    pub bytes: Vec<u8>,
    /// When it was last written.
    pub last_modified: Option<Timestamp>,
}

/// Reads objects.
#[derive(Debug, Clone)]
pub struct Objects {
    client: Client,
}

impl Objects {
    /// With the region and credentials of `config`. Local emulators have no host name a bucket: where an endpoint
    /// is set, the bucket goes into the path.
    pub fn new(config: &SdkConfig) -> Self {
        let local = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"].iter().any(|name| env::var_os(name).is_some())
            || config.endpoint_url().is_some();
        Self { client: Client::from_conf(Builder::from(config).force_path_style(local).build()) }
    }

    /// Reads the object at `uri`.
    ///
    /// # Errors
    /// In words: the call, the object, AWS's code and message, what to do.
    pub async fn get(&self, uri: &ObjectUri) -> Result<Object, String> {
        let name = format!("s3://{}/{}", uri.bucket, uri.key);
        let answer = self.client.get_object().bucket(&uri.bucket).key(&uri.key).send().await.map_err(|error| {
            let next = match error.code() {
                Some("AccessDenied") => "; add s3:GetObject on it to the function's role, and see the bucket's policy",
                Some("NoSuchKey") => "; put the roster there, or set the rule's parameter to where it is",
                Some("NoSuchBucket") => "; set the rule's parameter to the bucket of the roster",
                _ => "",
            };
            format!("s3:GetObject {name}: {}{next}", explain(&error))
        })?;
        if answer.content_length().is_some_and(|length| length > MAX_OBJECT) {
            return Err(format!("{name} is larger than {} MiB", MAX_OBJECT >> 20));
        }
        let last_modified = answer
            .last_modified()
            .and_then(|time| time.to_millis().ok())
            .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok());
        let body = answer.body.collect().await.map_err(|error| format!("s3:GetObject {name}: {error}"))?;
        Ok(Object { bytes: body.into_bytes().into(), last_modified })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris() {
        let uri: Result<ObjectUri, _> = "s3://hr/staff/2026.csv".parse();
        assert_eq!(uri, Ok(ObjectUri { bucket: "hr".into(), key: "staff/2026.csv".into() }));
        for text in ["", "hr/staff.csv", "s3://hr", "s3:///key", "s3://hr/", "https://hr/staff.csv"] {
            assert!(text.parse::<ObjectUri>().is_err(), "{text}");
        }
    }
}
