//! The real function as a child process, with an environment that cannot reach a real account.
//!
//! In: the binary, and the Runtime API that it asks for events. Out: its log, and how it ended.

use std::collections::VecDeque;
use std::env;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::runtime_api::RuntimeApi;
use crate::fixture::REGION;

/// How many lines of the function's log are kept for the case that it dies.
const KEPT_LINES: usize = 20;

/// How long the end of the log is waited for. It ends with the process, unless a child of the process holds it.
const LOG_END: Duration = Duration::from_secs(1);

/// An address where nobody listens: calls of AWS services that no stand-in takes end here.
const NOBODY: &str = "http://127.0.0.1:9";

/// How the function is started.
#[derive(Debug, Default)]
pub struct BootstrapOptions {
    /// The binary; else `SEKISHO_BOOTSTRAP`, else `bootstrap` beside this command.
    pub path: Option<PathBuf>,
    /// Added to the environment, or replacing what is set here.
    pub environment: Vec<(String, String)>,
    /// Whether its log goes to standard error.
    pub echo_log: bool,
    /// Whether it has the environment of this process, and with it the way to a real account.
    pub inherit: bool,
}

/// Why the function does not start.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// There is no binary.
    #[error("{path} is not there; build it with: cargo build -p sekisho-lambda, or name it with --bootstrap", path = .0.display())]
    Missing(PathBuf),
    /// It cannot be run.
    #[error("{path} cannot be run: {error}", path = .path.display())]
    Spawn {
        /// The binary.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

/// A running function.
pub struct Bootstrap {
    child: Child,
    log: Arc<Mutex<VecDeque<String>>>,
    /// Those who read its log; they end with it.
    readers: Vec<JoinHandle<()>>,
}

impl Bootstrap {
    /// Starts it against `runtime_api`.
    ///
    /// # Errors
    /// There is no binary, or it cannot be run.
    pub fn spawn(options: &BootstrapOptions, runtime_api: &RuntimeApi) -> Result<Self, BootstrapError> {
        let path = find(options.path.clone());
        if !path.is_file() {
            return Err(BootstrapError::Missing(path));
        }
        let mut command = Command::new(&path);
        if options.inherit {
            command.envs(of_lambda(runtime_api));
        } else {
            command.env_clear().envs(environment(runtime_api));
        }
        let mut child = command
            .envs(options.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| BootstrapError::Spawn { path, error })?;
        let log = Arc::new(Mutex::new(VecDeque::new()));
        let mut readers = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            readers.push(tokio::spawn(keep(stdout, Arc::clone(&log), options.echo_log)));
        }
        if let Some(stderr) = child.stderr.take() {
            readers.push(tokio::spawn(keep(stderr, Arc::clone(&log), options.echo_log)));
        }
        Ok(Self { child, log, readers })
    }

    /// Its process, while it lives.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits for the end of the process, and says how it ended and what it logged last.
    pub async fn died(&mut self) -> String {
        let status =
            self.child.wait().await.map_or_else(|error| error.to_string(), |status| status.to_string());
        // The process is gone, but its last lines may still be in the pipe.
        while let Some(reader) = self.readers.last_mut() {
            let _ = timeout(LOG_END, reader).await;
            self.readers.pop();
        }
        let lines = self.log.lock().map(|log| log.iter().cloned().collect::<Vec<_>>()).unwrap_or_default();
        format!("{status}; its log ends with:\n{}", lines.join("\n"))
    }

    /// Ends it.
    pub async fn stop(&mut self) {
        // It may have ended by itself, which is as well.
        let _ = self.child.kill().await;
    }
}

async fn keep(stream: impl AsyncRead + Unpin, log: Arc<Mutex<VecDeque<String>>>, echo: bool) {
    // Not `lines()`: bytes that are no UTF-8 would end the reading, and then the function by a closed pipe.
    let mut lines = BufReader::new(stream).split(b'\n');
    while let Ok(Some(line)) = lines.next_segment().await {
        let line = String::from_utf8_lossy(&line).into_owned();
        if echo {
            anstream::eprintln!("{line}");
        }
        if let Ok(mut log) = log.lock() {
            if log.len() == KEPT_LINES {
                log.pop_front();
            }
            log.push_back(line);
        }
    }
}

fn find(given: Option<PathBuf>) -> PathBuf {
    let from_environment = || env::var_os("SEKISHO_BOOTSTRAP").map(PathBuf::from);
    let beside = || Some(env::current_exe().ok()?.with_file_name("bootstrap"));
    given.or_else(from_environment).or_else(beside).unwrap_or_else(|| PathBuf::from("bootstrap"))
}

/// What Lambda sets, and what keeps the function on this machine: credentials of nobody, no profile, no metadata
/// service, no service at its real address.
fn environment(runtime_api: &RuntimeApi) -> Vec<(&'static str, String)> {
    let mut variables = of_lambda(runtime_api);
    variables.push(("PATH", env::var("PATH").unwrap_or_default()));
    variables.extend(
        [
            ("AWS_REGION", REGION),
            ("AWS_DEFAULT_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", "replay"),
            ("AWS_SECRET_ACCESS_KEY", "replay"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
            ("AWS_ENDPOINT_URL", NOBODY),
        ]
        .map(|(name, value)| (name, value.to_owned())),
    );
    if let Ok(level) = env::var("RUST_LOG") {
        variables.push(("RUST_LOG", level));
    }
    variables
}

/// What the runtime itself reads.
fn of_lambda(runtime_api: &RuntimeApi) -> Vec<(&'static str, String)> {
    let mut variables = vec![("AWS_LAMBDA_RUNTIME_API", runtime_api.address())];
    variables.extend(
        [
            ("AWS_LAMBDA_FUNCTION_NAME", "sekisho-replay"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/sekisho-replay"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "replay"),
        ]
        .map(|(name, value)| (name, value.to_owned())),
    );
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bytes_that_are_no_utf8_do_not_end_the_log() {
        let log = Arc::new(Mutex::new(VecDeque::new()));
        keep(&b"one\n\x91\xde\x90E\ntwo"[..], Arc::clone(&log), false).await;
        let lines: Vec<String> = log.lock().map(|log| log.iter().cloned().collect()).unwrap_or_default();
        assert_eq!((lines[0].as_str(), lines[2].as_str()), ("one", "two"));
    }
}
