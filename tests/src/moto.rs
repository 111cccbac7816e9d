//! moto: S3, IAM and STS on this machine, over HTTP.

use std::process::{Command, Stdio};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_iam::config::Credentials;

use crate::{Process, environment, free_port, wait_until};

/// The account of moto's default credentials.
pub const ACCOUNT: &str = "123456789012";
/// Where everything is.
pub const REGION: &str = "ap-northeast-1";

/// A running moto with nothing in it.
pub struct Moto {
    _process: Process,
    /// Its address.
    pub url: String,
}

impl Moto {
    /// Starts one and waits until it answers.
    pub async fn start() -> Self {
        let port = free_port();
        let child = Command::new(environment("bin/moto_server"))
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("moto_server starts");
        let url = format!("http://127.0.0.1:{port}");
        let moto = Self { _process: Process(child), url };
        let ready = format!("{}/moto-api/data.json", moto.url);
        wait_until("moto", Duration::from_mins(1), || async {
            reqwest::get(&ready).await.is_ok_and(|answer| answer.status().is_success())
        })
        .await;
        moto
    }

    /// An SDK configuration whose every call goes to moto.
    pub async fn sdk(&self) -> SdkConfig {
        self.sdk_as(Credentials::new("test", "test", None, None, "test")).await
    }

    /// The same with other credentials.
    pub async fn sdk_as(&self, credentials: Credentials) -> SdkConfig {
        aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(&self.url)
            .credentials_provider(credentials)
            .load()
            .await
    }

    /// From the next call on, identities may do only what their policies allow.
    pub async fn enforce(&self) {
        self.reset_auth("0").await;
    }

    /// Back to: everybody may do everything.
    pub async fn do_not_enforce(&self) {
        self.reset_auth("inf").await;
    }

    async fn reset_auth(&self, after: &str) {
        let answer = reqwest::Client::new()
            .post(format!("{}/moto-api/reset-auth", self.url))
            .body(after.to_owned())
            .send()
            .await
            .expect("moto answers");
        assert!(answer.status().is_success(), "{answer:?}");
    }
}
