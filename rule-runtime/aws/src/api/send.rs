//! Signs a request, sends it, and tries again what may work the next time.

use std::env;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::timeout::TimeoutConfig;

use super::ApiError;
use super::answer::Answer;
use super::model::Service;
use super::request::Request;
use crate::clients::ATTEMPT_TIMEOUT;

/// How often a call is tried.
const ATTEMPTS: u32 = 5;
/// The pause before the second attempt; it doubles with each.
const PAUSE: Duration = Duration::from_millis(200);

/// Codes of errors that may be gone the next time.
const PASSING: [&str; 9] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "SlowDown",
    "ServiceUnavailable",
    "InternalError",
    "RequestTimeout",
];

/// Sends requests with the credentials of a configuration.
#[derive(Debug, Clone)]
pub struct Sender {
    config: SdkConfig,
}

impl Sender {
    pub fn new(config: &SdkConfig) -> Self {
        Self { config: config.clone() }
    }

    /// Sends `request`; the answer may be an error of AWS that does not pass.
    pub async fn send(&self, service: &Service, region: &str, request: &Request) -> Result<Answer, ApiError> {
        let mut attempt = 1;
        let mut region = region.to_owned();
        loop {
            let sent = self.once(service, &region, request).await;
            // S3 says where the bucket is, if not here.
            if let Ok(Answer { status: 300..=499, bucket_region: Some(elsewhere), .. }) = &sent
                && *elsewhere != region
                && attempt < ATTEMPTS
            {
                region.clone_from(elsewhere);
                attempt += 1;
                continue;
            }
            let passes = match &sent {
                Ok(answer) => passes(answer),
                Err(error) => error.code == "RequestFailed",
            };
            if !passes || attempt == ATTEMPTS {
                return sent;
            }
            tokio::time::sleep(PAUSE * 2_u32.pow(attempt - 1)).await;
            attempt += 1;
        }
    }

    async fn once(&self, service: &Service, region: &str, request: &Request) -> Result<Answer, ApiError> {
        let endpoint = self.endpoint(service, region, &request.host_prefix);
        let signing_region = if service.global.is_some() { "us-east-1" } else { region };
        let signed = self.signed(service, signing_region, &endpoint, request).await?;
        let failed = |error: String| ApiError::new("RequestFailed", error);
        let (uri, method, body) = (request.uri.clone(), request.method.clone(), request.body.clone());
        let mut builder = Operation::builder()
            .service_name("sekisho")
            .operation_name("read")
            .behavior_version(aws_config::BehaviorVersion::latest())
            .endpoint_url(&endpoint)
            .no_auth()
            .no_retry()
            .timeout_config(TimeoutConfig::builder().operation_timeout(ATTEMPT_TIMEOUT).build());
        if let Some(client) = self.config.http_client() {
            builder = builder.http_client(client);
        }
        if let Some(sleep) = self.config.sleep_impl() {
            builder = builder.sleep_impl(sleep);
        }
        let operation = builder
            .serializer(move |(): ()| {
                let mut http = HttpRequest::new(SdkBody::from(body.clone()));
                http.set_method(&method)?;
                http.set_uri(uri.clone())?;
                for (name, value) in &signed {
                    http.headers_mut().try_insert(name.clone(), value.clone())?;
                }
                Ok(http)
            })
            .deserializer::<_, std::convert::Infallible>(|response: &HttpResponse| {
                let text = response.body().bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
                Ok(Answer {
                    status: response.status().as_u16(),
                    error_type: response.headers().get("x-amzn-errortype").map(ToOwned::to_owned),
                    bucket_region: response.headers().get("x-amz-bucket-region").map(ToOwned::to_owned),
                    body: text.unwrap_or_default(),
                })
            })
            .build();
        operation.invoke(()).await.map_err(|error| failed(crate::clients::chain(&error)))
    }

    /// The headers of the request with its signature.
    async fn signed(
        &self,
        service: &Service,
        region: &str,
        endpoint: &str,
        request: &Request,
    ) -> Result<Vec<(String, String)>, ApiError> {
        let denied = |why: String| ApiError::new("NoCredentials", why);
        let provider = self.config.credentials_provider().ok_or_else(|| denied("there are none".into()))?;
        let credentials: Credentials =
            provider.provide_credentials().await.map_err(|error| denied(crate::clients::chain(&error)))?;
        let mut settings = SigningSettings::default();
        let mut headers = request.headers.clone();
        if service.sign == "s3" {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        let identity = credentials.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(&service.sign)
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .map_err(|error| denied(error.to_string()))?
            .into();
        let uri = format!("{endpoint}{}", request.uri);
        let pairs = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let signable =
            SignableRequest::new(&request.method, &uri, pairs, SignableBody::Bytes(request.body.as_bytes()))
                .map_err(|error| denied(error.to_string()))?;
        let (instructions, _) =
            sign(signable, &parameters).map_err(|error| denied(error.to_string()))?.into_parts();
        let added: Vec<_> =
            instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        headers.extend(added);
        Ok(headers)
    }

    /// `AWS_ENDPOINT_URL_<SERVICE>` and `AWS_ENDPOINT_URL`, as the SDKs have them; else AWS's own.
    /// Where an endpoint is set, nothing is put before its host: it is an emulator or a VPC endpoint.
    fn endpoint(&self, service: &Service, region: &str, host_prefix: &str) -> String {
        let own = format!("AWS_ENDPOINT_URL_{}", service.id.to_uppercase().replace(' ', "_"));
        let set = [own.as_str(), "AWS_ENDPOINT_URL"].iter().find_map(|name| env::var(name).ok());
        if let Some(url) = set.or_else(|| self.config.endpoint_url().map(ToOwned::to_owned)) {
            return url.trim_end_matches('/').to_owned();
        }
        if let Some(host) = &service.global {
            return format!("https://{host_prefix}{host}");
        }
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        format!("https://{host_prefix}{}.{region}.{suffix}", service.prefix)
    }
}

fn passes(answer: &Answer) -> bool {
    answer.status == 429
        || answer.status >= 500
        || (answer.status == 400 && PASSING.iter().any(|code| answer.body.contains(code)))
}
