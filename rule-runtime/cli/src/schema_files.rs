//! Property lists of resource types, as `awslabs/aws-config-resource-schema` publishes them.
//!
//! In: a folder or a zip, searched to its bottom for `TYPE.properties.json`, or the cache that `sekisho schema update` filled.
//! Out: the lists, in [`Schemas`].

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use etcetera::BaseStrategy as _;
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::lint::schema::Schemas;
use serde_json::{Map, Value};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use walkdir::WalkDir;

const ENDING: &str = ".properties.json";

/// Property lists by resource type.
pub type Lists = BTreeMap<String, List>;
/// Dotted paths and their types.
type List = Map<String, Value>;

/// Bytes of the largest zip that is fetched: the published one has some 2 MB.
const MAX_DOWNLOAD: u64 = 256 << 20;
/// Bytes of the largest list in a zip, unpacked: the published ones have some 100 KB.
const MAX_LIST: u64 = 16 << 20;
/// How long a download may take.
const MAX_TIME: Duration = Duration::from_mins(5);

/// The file of the cache.
///
/// # Errors
/// The user has no folder for caches.
pub fn cache() -> Result<PathBuf, Diagnostic> {
    let folder = std::env::var_os("SEKISHO_CACHE")
        .map(PathBuf::from)
        .or_else(|| Some(etcetera::choose_base_strategy().ok()?.cache_dir().join("sekisho")))
        .ok_or_else(|| Diagnostic::new("SEKISHO_CACHE", "is not set, and there is no folder for caches"))?;
    Ok(folder.join("resource-schema.json"))
}

/// Takes the lists of `given`, else those of the cache if there is one, into `schemas`; what cannot be read is told.
pub fn read(given: Option<&Path>, schemas: &mut Schemas) -> Vec<Diagnostic> {
    let mut lists = Lists::new();
    let problems = read_given(given, &mut lists);
    for (resource_type, list) in &lists {
        schemas.add_list(resource_type, list);
    }
    problems
}

/// The same as lists.
pub fn read_given(given: Option<&Path>, lists: &mut Lists) -> Vec<Diagnostic> {
    match given {
        Some(path) => read_lists(path, lists),
        None => read_cache(lists),
    }
}

fn read_cache(lists: &mut Lists) -> Vec<Diagnostic> {
    let Some(path) = cache().ok().filter(|path| path.is_file()) else { return Vec::new() };
    let read = fs::read(&path).map_err(|error| error.to_string());
    match read.and_then(|bytes| serde_json::from_slice::<Lists>(&bytes).map_err(|error| error.to_string())) {
        Ok(cached) => {
            lists.extend(cached);
            Vec::new()
        }
        Err(error) => {
            let problem = Diagnostic::new(path.display().to_string(), format!("cannot be read: {error}"));
            vec![problem.help("sekisho schema update writes it anew")]
        }
    }
}

/// The bytes at `url`.
///
/// # Errors
/// They cannot be fetched.
pub fn download(url: &str) -> Result<Vec<u8>, Diagnostic> {
    let agent = ureq::Agent::config_builder().tls_config(tls()).timeout_global(Some(MAX_TIME)).build();
    let fetched = ureq::Agent::new_with_config(agent)
        .get(url)
        .call()
        .and_then(|mut answer| answer.body_mut().with_config().limit(MAX_DOWNLOAD).read_to_vec());
    fetched.map_err(|error| {
        Diagnostic::new(url, format!("cannot be fetched: {error}"))
            .help("check the address, or fetch it otherwise and name the file")
    })
}

/// The cryptography of the SDK crates and the certificates of the system, so that a company's own proxy is trusted too.
fn tls() -> TlsConfig {
    let system = rustls_native_certs::load_native_certs().certs;
    let roots: Vec<_> =
        system.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
    TlsConfig::builder()
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .build()
}

/// Takes the lists of a zip into `lists`; what cannot be read is told.
pub fn read_zip(name: &str, zip: impl Read + Seek, lists: &mut Lists) -> Vec<Diagnostic> {
    let path = Path::new(name);
    let mut archive = match zip::ZipArchive::new(zip) {
        Ok(archive) => archive,
        Err(error) => return vec![unusable(path, &format!("is no zip: {error}"))],
    };
    let (mut problems, mut files) = (Vec::new(), 0);
    for index in 0..archive.len() {
        let read = archive.by_index(index).map_err(|error| format!("cannot be read: {error}"));
        match read.and_then(|mut file| list_in(&mut file)) {
            Ok(None) => {}
            Ok(Some((resource_type, list))) => {
                files += 1;
                lists.insert(resource_type, list);
            }
            Err(message) => problems.push(unusable(path, &message)),
        }
    }
    if files == 0 && problems.is_empty() {
        problems.push(unusable(path, &format!("holds no property list (TYPE{ENDING})")));
    }
    problems
}

/// The list that a file of a zip is, with its type; nothing where it is none.
fn list_in<R: Read>(file: &mut zip::read::ZipFile<'_, R>) -> Result<Option<(String, List)>, String> {
    let inner = file.name().map_err(|_| "holds a file whose name is no text".to_owned())?.into_owned();
    let Some(resource_type) = inner.rsplit('/').next().and_then(|name| name.strip_suffix(ENDING)) else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    file.take(MAX_LIST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("{inner}: cannot be read: {error}"))?;
    if bytes.len() as u64 > MAX_LIST {
        return Err(format!("{inner}: has more than {MAX_LIST} bytes"));
    }
    let list = parse(&bytes).map_err(|message| format!("{inner}: {message}"))?;
    Ok(Some((resource_type.to_owned(), list)))
}

fn parse(bytes: &[u8]) -> Result<List, String> {
    let expected = "expected an object from dotted paths to types";
    serde_json::from_slice(bytes).map_err(|error| format!("is no property list: {error}; {expected}"))
}

/// Takes the lists under `folder`, or of the zip that it is, into `lists`; what cannot be read is told.
pub fn read_lists(folder: &Path, lists: &mut Lists) -> Vec<Diagnostic> {
    if folder.is_file() {
        return match fs::File::open(folder) {
            Ok(file) => read_zip(&folder.display().to_string(), file, lists),
            Err(error) => vec![unusable(folder, &format!("cannot be read: {error}"))],
        };
    }
    let mut problems = Vec::new();
    let mut files = 0;
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                problems.push(unusable(folder, &format!("cannot be read: {error}")));
                continue;
            }
        };
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(resource_type) = name.strip_suffix(ENDING) else { continue };
        files += 1;
        let read = fs::read(entry.path()).map_err(|error| format!("cannot be read: {error}"));
        match read.and_then(|bytes| parse(&bytes)) {
            Ok(list) => {
                lists.insert(resource_type.to_owned(), list);
            }
            Err(message) => problems.push(unusable(entry.path(), &message)),
        }
    }
    if files == 0 && problems.is_empty() {
        problems.push(unusable(folder, &format!("holds no property list (TYPE{ENDING})")));
    }
    problems
}

fn unusable(path: &Path, message: &str) -> Diagnostic {
    Diagnostic::new(path.display().to_string(), message)
        .help("name a checkout or a zip of github.com/awslabs/aws-config-resource-schema")
}
