//! Property lists of resource types, as `awslabs/aws-config-resource-schema` publishes them.
//!
//! In: a folder, searched to its bottom for `TYPE.properties.json`. Out: the lists, in [`Schemas`].

use std::fs;
use std::path::Path;

use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::lint::schema::Schemas;
use serde_json::Value;
use walkdir::WalkDir;

const ENDING: &str = ".properties.json";

/// Takes the lists under `folder` into `schemas`; what cannot be read is told.
pub fn read(folder: &Path, schemas: &mut Schemas) -> Vec<Diagnostic> {
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
            serde_json::from_slice::<Value>(&bytes).map_err(|error| format!("is not valid JSON: {error}"))
        });
        let added = list.and_then(|list| {
            schemas.add_list(resource_type, &list).map_err(|error| format!("is no property list: {error}"))
        });
        if let Err(message) = added {
            problems.push(unusable(entry.path(), &message));
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
