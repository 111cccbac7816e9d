//! Property lists of resource types, as `awslabs/aws-config-resource-schema` publishes them.
//!
//! In: a folder, searched to its bottom for `TYPE.properties.json`. Out: the lists, in [`Schemas`].

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::lint::schema::Schemas;
use serde_json::{Map, Value};
use walkdir::WalkDir;

const ENDING: &str = ".properties.json";

/// Property lists by resource type.
pub type Lists = BTreeMap<String, Map<String, Value>>;

/// Takes the lists under `folder` into `schemas`; what cannot be read is told.
pub fn read(folder: &Path, schemas: &mut Schemas) -> Vec<Diagnostic> {
    let mut lists = Lists::new();
    let problems = read_lists(folder, &mut lists);
    for (resource_type, list) in &lists {
        schemas.add_list(resource_type, list);
    }
    problems
}

/// Takes the lists under `folder` into `lists`; what cannot be read is told.
pub fn read_lists(folder: &Path, lists: &mut Lists) -> Vec<Diagnostic> {
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
        let list = read.and_then(|bytes| {
            let expected = "expected an object from dotted paths to types";
            serde_json::from_slice(&bytes)
                .map_err(|error| format!("is no property list: {error}; {expected}"))
        });
        match list {
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
        .help("name a checkout of github.com/awslabs/aws-config-resource-schema with --schema")
}
