//! The rig of the end-to-end tests: where the real parts are, how they start, how they stop.
//!
//! Real: `bootstrap` and `sekisho` as built, AWS's Runtime Interface Emulator, moto for S3, IAM and STS. The one
//! stand-in is AWS Config's endpoint, which is a part of the product ([`sekisho::replay::config_endpoint`]),
//! because no emulator takes `PutEvaluations` as AWS does.
//!
//! `make test` installs what is needed; a test that misses a part fails and says so.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::missing_panics_doc)]

pub mod faults;
pub mod function;
pub mod help;
pub mod many;
pub mod moto;
pub mod paging;
pub mod policies;
pub mod snapshots;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ has a parent")
}

/// A binary of the workspace, as the same build made it.
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let folder = test.ancestors().nth(2).expect("target/<profile>/deps/<test>");
    let path = folder.join(name);
    assert!(path.is_file(), "{} is not built; run `make test`, or cargo build --workspace", path.display());
    path
}

/// A file of the test environment that `make test` makes.
pub fn environment(relative: &str) -> PathBuf {
    let path = root().join(".venv").join(relative);
    assert!(path.exists(), "{} is missing; run `make test`, which installs it", path.display());
    path
}

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("its address").port()
}

/// A child process that does not outlive its test.
pub struct Process(pub Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until `ready` holds; asks often, gives up after `limit`.
pub async fn wait_until<F: Future<Output = bool>>(what: &str, limit: Duration, mut ready: impl FnMut() -> F) {
    let start = Instant::now();
    while !ready().await {
        assert!(start.elapsed() < limit, "{what} is not ready after {limit:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What a command printed.
#[derive(Debug)]
pub struct Output {
    /// Its exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Runs `sekisho` in the root of the repository.
pub fn sekisho(arguments: &[&str]) -> Output {
    sekisho_in(root(), arguments)
}

/// Runs `sekisho` in `folder`.
pub fn sekisho_in(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(binary("sekisho"));
    command.args(arguments).current_dir(folder).env("SEKISHO_CACHE", folder.join("no-cache"));
    output(command)
}

/// Runs a command of the tests' own, without what the user has set for `sekisho`.
pub fn output(mut command: Command) -> Output {
    command.env_remove("SEKISHO_POLICIES").env_remove("SEKISHO_SCHEMA").env_remove("RUST_BACKTRACE");
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Output {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}
