//! IAM's pages, which moto does not have: it answers `ListUsers` with all users, whatever is asked.
//!
//! A proxy in front of moto that cuts the list as IAM's API model says: `MaxItems` (100 where it is absent),
//! `IsTruncated`, `Marker`. Everything else passes through unchanged.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Response};

/// IAM's default for `MaxItems`.
const PAGE: usize = 100;

/// The proxy.
pub struct PagingIam {
    /// Its address.
    pub url: String,
    pages: Arc<AtomicUsize>,
}

#[derive(Clone)]
struct Proxy {
    moto: String,
    pages: Arc<AtomicUsize>,
}

impl PagingIam {
    /// In front of the moto at `moto`.
    pub async fn start(moto: &str) -> Self {
        let pages = Arc::new(AtomicUsize::new(0));
        let proxy = Proxy { moto: moto.to_owned(), pages: Arc::clone(&pages) };
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(forward).with_state(proxy);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, pages }
    }

    /// How many pages of users were asked for.
    pub fn pages(&self) -> usize {
        self.pages.load(Ordering::Relaxed)
    }
}

async fn forward(
    State(proxy): State<Proxy>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = String::from_utf8_lossy(&body).into_owned();
    let answer = reqwest::Client::new()
        .request(method, format!("{}{uri}", proxy.moto))
        .headers(headers)
        .body(body)
        .send()
        .await
        .unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    if !status.is_success() || field(&form, "Action") != Some("ListUsers") {
        return (status, text).into_response();
    }
    proxy.pages.fetch_add(1, Ordering::Relaxed);
    let start: usize = field(&form, "Marker").map_or(0, |marker| marker.parse().unwrap());
    (status, page(&text, start)).into_response()
}

fn field<'a>(form: &'a str, name: &str) -> Option<&'a str> {
    form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

fn page(text: &str, start: usize) -> String {
    let (before, rest) = text.split_once("<Users>").unwrap();
    let (users, _) = rest.split_once("</Users>").unwrap();
    let users: Vec<&str> =
        users.split_inclusive("</member>").filter(|user| user.contains("<member>")).collect();
    let end = users.len().min(start + PAGE);
    let marker = if end < users.len() {
        format!("<IsTruncated>true</IsTruncated><Marker>{end}</Marker>")
    } else {
        "<IsTruncated>false</IsTruncated>".to_owned()
    };
    format!(
        "{before}<Users>{}</Users>{marker}</ListUsersResult><ResponseMetadata><RequestId>r</RequestId>\
         </ResponseMetadata></ListUsersResponse>",
        users[start..end].concat()
    )
}
