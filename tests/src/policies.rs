//! Small policies that a test writes for itself.

use std::fs;
use std::path::Path;

/// Writes policy `id` into `folder`: `types` as METADATA has them, `custom` more lines of METADATA, `rules` its Rego.
pub fn write(folder: &Path, id: &str, trigger: &str, types: &str, custom: &[&str], rules: &str) {
    let custom: String = custom.iter().map(|line| format!("#   {line}\n")).collect();
    let package = id.replace('-', "_");
    let text = format!(
        "# METADATA\n# title: {id}\n# description: a policy of a test\n# custom:\n#   id: {id}\n#   title_ja: 試験用\n\
         #   severity: high\n#   trigger: {trigger}\n#   resource_types: [{types}]\n#   remediation: none\n{custom}\
         package sekisho_policies.{package}\n\n{rules}\n"
    );
    fs::write(folder.join(format!("{id}.rego")), text).expect("a policy can be written");
}
