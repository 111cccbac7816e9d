//! Faults between a client and a server, at the socket: answers that are errors, cut off, late or slow.
//!
//! In: HTTP/1.1 requests, and a script that says what happens to each. Out: the server's answer, or what the fault
//! makes of it. What "after" means: the server has taken the request, and the client does not learn it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What happens to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    Pass,
    /// This status with this AWS error code; the server never sees the request.
    Error(u16, &'static str),
    /// The connection is closed before the server sees the request.
    CutBefore,
    /// The server answers, and the connection is closed in the middle of its answer.
    CutAfter,
    /// The server answers, and its answer waits so long.
    Late(Duration),
    /// The server answers, byte by byte, with a pause between them.
    Drip(Duration),
}

/// A proxy with faults.
pub struct Faults {
    address: SocketAddr,
    requests: Arc<AtomicUsize>,
    server: JoinHandle<()>,
}

impl Drop for Faults {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Faults {
    /// Stands in front of `upstream` (`http://host:port`); `script` says what happens to the n-th request, from 0.
    pub async fn start(upstream: &str, script: impl Fn(usize) -> Fault + Send + Sync + 'static) -> Self {
        let upstream = upstream.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let requests = Arc::new(AtomicUsize::new(0));
        let (count, script) = (Arc::clone(&requests), Arc::new(script));
        let server = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (upstream, count, script) = (upstream.clone(), Arc::clone(&count), Arc::clone(&script));
                tokio::spawn(async move {
                    // A client that goes away is the point of the matter.
                    let _ = Box::pin(serve(client, &upstream, &count, &*script)).await;
                });
            }
        });
        Self { address, requests, server }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many requests came.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }
}

async fn serve(
    mut client: TcpStream,
    upstream: &str,
    count: &AtomicUsize,
    script: &(impl Fn(usize) -> Fault + Sync),
) -> std::io::Result<()> {
    while let Some(request) = Box::pin(message(&mut client)).await? {
        let fault = script(count.fetch_add(1, Ordering::Relaxed));
        match fault {
            Fault::Error(status, code) => {
                let body = format!("{{\"__type\":\"{code}\",\"message\":\"a fault of the test\"}}");
                let answer = format!(
                    "HTTP/1.1 {status} Fault\r\nContent-Type: application/x-amz-json-1.1\r\n\
                     x-amzn-ErrorType: {code}\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                client.write_all(answer.as_bytes()).await?;
                continue;
            }
            Fault::CutBefore => return Ok(()),
            _ => {}
        }
        let mut server = TcpStream::connect(upstream).await?;
        server.write_all(&request).await?;
        let Some(answer) = Box::pin(message(&mut server)).await? else {
            return Ok(());
        };
        match fault {
            Fault::CutAfter => {
                client.write_all(&answer[..answer.len() / 2]).await?;
                return Ok(());
            }
            Fault::Late(delay) => {
                tokio::time::sleep(delay).await;
                client.write_all(&answer).await?;
            }
            Fault::Drip(pause) => {
                for byte in answer {
                    client.write_all(&[byte]).await?;
                    client.flush().await?;
                    tokio::time::sleep(pause).await;
                }
            }
            _ => client.write_all(&answer).await?,
        }
    }
    Ok(())
}

/// One request or answer with its body; `None` where the other side is done.
async fn message(stream: &mut TcpStream) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let mut part = [0; 16 << 10];
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
                .unwrap_or(0usize);
            if bytes.len() >= end + 4 + length {
                return Ok(Some(bytes));
            }
        }
        match stream.read(&mut part).await? {
            0 => return Ok(None),
            count => bytes.extend_from_slice(&part[..count]),
        }
    }
}
