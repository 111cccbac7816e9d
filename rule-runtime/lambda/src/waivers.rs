//! Where waivers come from: a file beside the policies, or an object in S3.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use sekisho_aws::s3::{ObjectUri, Objects};
use sekisho_engine::policy::PolicySet;
use sekisho_engine::policy::load::PolicyFolder;
use sekisho_engine::waiver::Waivers;

/// The file beside the policies.
const FILE: &str = "waivers.yaml";

/// Where the waivers are.
#[derive(Debug)]
pub enum WaiverSource {
    /// Beside the policies, read at start. An error is one of every invocation: what is waived cannot be known.
    Beside(Result<Waivers, String>),
    /// Read at each invocation.
    File(PathBuf),
    /// Read at each invocation, so that a change needs no deployment.
    Object(ObjectUri),
}

impl WaiverSource {
    /// From `SEKISHO_WAIVERS`, a path or `s3://bucket/key`, or the file in the policies' folder.
    pub fn new(given: Option<&str>, set: &PolicySet, folder: &Path) -> Self {
        match given {
            Some(uri) if uri.starts_with("s3://") => match uri.parse() {
                Ok(uri) => Self::Object(uri),
                Err(why) => Self::Beside(Err(format!("SEKISHO_WAIVERS: {why}"))),
            },
            Some(path) => Self::File(path.into()),
            None => {
                let file = folder.join(FILE);
                Self::Beside(if file.is_file() { read(&file, set) } else { Ok(Waivers::default()) })
            }
        }
    }

    /// The waivers of now.
    ///
    /// # Errors
    /// They cannot be read; what they waive counts.
    pub async fn get(&self, objects: &Objects, policies: &Mutex<PolicyFolder>) -> Result<Waivers, String> {
        // A waiver may be of a policy that no rule has named yet: the folder knows of it.
        let lock = || policies.lock().unwrap_or_else(PoisonError::into_inner);
        match self {
            Self::Beside(waivers) => waivers.clone(),
            Self::File(file) => read(file, lock().set()),
            Self::Object(uri) => {
                let object = objects.get(uri).await?;
                parse(&uri.to_string(), &object.bytes, lock().set())
            }
        }
    }
}

fn read(file: &Path, set: &PolicySet) -> Result<Waivers, String> {
    let name = file.display().to_string();
    let bytes = fs::read(file).map_err(|error| format!("{name}: cannot be read: {error}"))?;
    parse(&name, &bytes, set)
}

fn parse(name: &str, bytes: &[u8], set: &PolicySet) -> Result<Waivers, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| format!("{name}: is not UTF-8"))?;
    let (waivers, mut problems) = Waivers::parse(name, text).map_err(|problem| problem.to_string())?;
    problems.extend(waivers.check_policies(name, set));
    for problem in problems {
        tracing::error!(%problem, "a waiver cannot be used");
    }
    Ok(waivers)
}
