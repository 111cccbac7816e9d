//! `sekisho schema print`: the forms are fresh, fit the project's own files, and refuse what the commands refuse.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use sekisho_tests::{Output, policies, root, sekisho, sekisho_in};
use serde_json::{Value, json};

const KINDS: [&str; 5] = ["fixture", "waivers", "metadata", "guideline", "demands"];

fn committed(kind: &str) -> Value {
    let path = root().join(format!("schemas/{kind}.schema.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn form(kind: &str) -> jsonschema::Validator {
    let schema = committed(kind);
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

fn files_below(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut folders = vec![root().join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_str().unwrap().ends_with(ending) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The YAML of the block that stands above `package`.
fn metadata_of(policy: &str) -> Option<Value> {
    let (_, block) = policy.split_once("# METADATA\n")?;
    let lines = block.lines().take_while(|line| line.starts_with('#'));
    let text: String = lines
        .map(|line| line.trim_start_matches('#').strip_prefix(' ').unwrap_or("").to_owned() + "\n")
        .collect();
    Some(yaml(&text))
}

#[test]
fn the_committed_schemas_are_fresh() {
    let folder = tempfile::tempdir().unwrap();
    let written = sekisho_in(folder.path(), &["schema", "print", "--all"]);
    assert_eq!(written.code, 0, "{}", written.stderr);
    let names: Vec<String> = KINDS.iter().map(|kind| format!("schemas/{kind}.schema.json")).collect();
    assert_eq!(written.stdout.lines().collect::<Vec<_>>(), names);
    for (kind, name) in KINDS.iter().zip(names) {
        let now = fs::read_to_string(folder.path().join(&name)).unwrap();
        assert_eq!(sekisho(&["schema", "print", kind]).stdout, now);
        let old = fs::read_to_string(root().join(&name)).unwrap();
        assert_eq!(old, now, "run sekisho schema print --all");
    }
    let there: BTreeSet<String> = files_below("schemas", "")
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(there.len(), KINDS.len(), "{there:?}");
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let output = sekisho_in(folder.path(), &["schema", "print", "--all", "file"]);
    assert_eq!((output.code, output.stdout.as_str()), (2, ""));
    assert!(
        output.stderr.contains("cannot be written") && output.stderr.contains("--> file"),
        "{}",
        output.stderr
    );
    assert_eq!(sekisho_in(folder.path(), &["schema", "print"]).code, 2, "of what?");
}

fn assert_valid(form: &jsonschema::Validator, document: &Value, name: &str) {
    let wrong: Vec<String> =
        form.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{name}: {wrong:#?}");
}

#[test]
fn the_projects_own_files_are_valid() {
    let fixtures = form("fixture");
    let paths = files_below("fixtures", ".yaml");
    assert!(paths.len() > 900);
    for path in paths {
        let document = yaml(&fs::read_to_string(&path).unwrap());
        assert_valid(&fixtures, &document, &path.display().to_string());
    }
    assert_valid(&form("waivers"), &some_waivers(), "the waivers of the policy contract");
    let (guidelines, demands) = (form("guideline"), form("demands"));
    for path in files_below("policies/guidelines", ".yaml") {
        let document = yaml(&fs::read_to_string(&path).unwrap());
        let is_demands = path.ends_with("demands.yaml");
        assert_valid(if is_demands { &demands } else { &guidelines }, &document, &path.display().to_string());
    }
    let metadata = form("metadata");
    let mut policies = 0;
    for path in files_below("policies", ".rego") {
        if let Some(document) = metadata_of(&fs::read_to_string(&path).unwrap()) {
            // Tests and the library carry OPA's annotations without Sekisho's.
            if document.get("custom").is_some() {
                assert_valid(&metadata, &document, &path.display().to_string());
                policies += 1;
            }
        }
    }
    assert!(policies >= 62, "{policies}");
}

/// A document with the value at `pointer` changed; a pointer that ends in nothing that is there adds it.
fn changed(document: &Value, pointer: &str, value: Value) -> Value {
    let mut document = document.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap();
    match value {
        Value::Null => drop(parent.as_object_mut().unwrap().remove(name).unwrap()),
        value => drop(parent.as_object_mut().unwrap().insert(name.to_owned(), value)),
    }
    document
}

/// The project has no waivers of its own; the contract's page shows a file.
fn some_waivers() -> Value {
    let page = fs::read_to_string(root().join("docs/policy-contract.md")).unwrap();
    let blocks = page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    yaml(blocks.into_iter().find(|block| block.contains("compensating_control:")).unwrap())
}

fn read(path: &str) -> Value {
    yaml(&fs::read_to_string(root().join(path)).unwrap())
}

/// What the form refuses, the command refuses too: an editor and `sekisho` say the same.
#[test]
fn broken_files_are_refused_by_the_form_and_by_the_command() {
    let fixture = read("fixtures/dynamodb-pitr/disabled.yaml");
    let metadata =
        metadata_of(&fs::read_to_string(root().join("policies/medical-jp/dynamodb-pitr.rego")).unwrap())
            .unwrap();
    let guideline = read("policies/guidelines/mhlw-safety-7.0-operations.yaml");
    let demands = read("policies/guidelines/demands.yaml");
    let waivers = some_waivers();
    // No value takes the field away.
    let cases: [(&str, &Value, &str, Value); 25] = [
        ("fixture", &fixture, "/expect", Value::Null),
        ("fixture", &fixture, "/title", Value::Null),
        ("fixture", &fixture, "/items", json!([])),
        ("fixture", &fixture, "/expect/compliance", json!("COMPLAINT")),
        ("fixture", &fixture, "/expect/compliance", Value::Null),
        ("fixture", &fixture, "/expect/reasons", json!("one")),
        ("fixture", &fixture, "/now", json!("yesterday")),
        ("fixture", &fixture, "/parameters", json!([])),
        ("waivers", &waivers, "/0/approver", Value::Null),
        ("waivers", &waivers, "/0/expires_on", json!("next year")),
        ("waivers", &waivers, "/0/until", json!("2027-01-01")),
        ("waivers", &waivers, "/0/result_while_active", json!("NON_COMPLIANT")),
        ("metadata", &metadata, "/custom", Value::Null),
        ("metadata", &metadata, "/titel", json!("x")),
        ("metadata", &metadata, "/scope", json!("rule")),
        ("metadata", &metadata, "/custom/severity", json!("hihg")),
        ("metadata", &metadata, "/custom/trigger", json!("daily")),
        ("metadata", &metadata, "/custom/resource_types", json!([])),
        ("metadata", &metadata, "/custom/id", json!("Dynamodb_PITR")),
        ("metadata", &metadata, "/custom/remedy", json!("x")),
        ("metadata", &metadata, "/custom/facts", json!({"users": {"provider": "iam-userz"}})),
        ("guideline", &guideline, "/clauses/0/confidence", json!("X")),
        ("guideline", &guideline, "/clauses/0/covrage", json!("full")),
        ("guideline", &guideline, "/framework", Value::Null),
        ("demands", &demands, "/services/0/title", json!("x")),
    ];
    for (kind, document, pointer, value) in cases {
        let broken = if pointer.starts_with("/0/") {
            // `changed` walks objects; the first of a list is one.
            Value::Array(vec![changed(&document[0], &pointer[2..], value)])
        } else {
            changed(document, pointer, value)
        };
        let form = form(kind);
        assert!(form.is_valid(document), "{kind}: whole");
        assert!(!form.is_valid(&broken), "{kind} {pointer}: the form takes it");
        let told = told_of(kind, &broken);
        assert_eq!(told.code, 2, "{kind} {pointer}: the command takes it: {told:?}");
    }
}

/// What a command says that reads such a file.
fn told_of(kind: &str, document: &Value) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    // JSON is YAML.
    let text = document.to_string();
    let run = |arguments: &[&str]| sekisho_in(folder.path(), arguments);
    match kind {
        "fixture" => {
            fs::create_dir(folder.path().join("policies")).unwrap();
            policies::write(
                &folder.path().join("policies"),
                "some-policy",
                "change",
                "AWS::DynamoDB::Table",
                &[],
                "deny := set()",
            );
            write("fixtures/some-policy/case.yaml", text);
            run(&["test"])
        }
        "waivers" => {
            write("waivers.yaml", text);
            let all = root().join("policies");
            write("item.json", read("fixtures/dynamodb-pitr/disabled.yaml")["item"].to_string());
            run(&[
                "scan",
                "item.json",
                "--policies",
                all.to_str().unwrap(),
                "--policy",
                "dynamodb-pitr",
                "--waivers",
                "waivers.yaml",
            ])
        }
        "metadata" => {
            let block = serde_saphyr::to_string(document).unwrap();
            let block: String = block.lines().map(|line| format!("# {line}\n")).collect();
            let rules = "package sekisho_policies.dynamodb_pitr\n\ndeny contains \"x\" if input.resourceId == \"x\"\n";
            write("policies/dynamodb-pitr.rego", format!("# METADATA\n{block}{rules}"));
            run(&["test"])
        }
        _ => {
            let file = if kind == "demands" { "demands.yaml" } else { "guideline.yaml" };
            write(&format!("guidelines/{file}"), text);
            let all = root().join("policies");
            run(&["check", "--policies", all.to_str().unwrap(), "--guidelines", "guidelines"])
        }
    }
}

/// The form of METADATA is written beside its reader: what the form has, the reader knows.
#[test]
fn every_field_of_the_form_of_metadata_is_one_that_is_read() {
    let schema = committed("metadata");
    let names = |schema: &Value| -> Vec<String> {
        schema["properties"].as_object().unwrap().keys().cloned().collect()
    };
    let custom =
        schema["properties"]["custom"]["$ref"].as_str().unwrap().strip_prefix('#').unwrap().to_owned();
    let custom = schema.pointer(&custom).unwrap();
    let unknown = |prefix: &str, name: &str| {
        let mut document = json!({"title": "t", "custom": {"id": "dynamodb-pitr"}});
        let field = if prefix.is_empty() { &mut document } else { &mut document["custom"] };
        field[name] = json!({"odd": [1]});
        let told = told_of("metadata", &document);
        told.stderr.contains("is not a field of METADATA") || told.stderr.contains("unknown field")
    };
    for name in names(&schema).iter().filter(|name| *name != "custom") {
        assert!(!unknown("", name), "{name}");
    }
    for name in names(custom) {
        assert!(!unknown("custom", &name), "custom.{name}");
    }
    assert!(unknown("", "nothing") && unknown("custom", "nothing"), "the test tells one from the other");
}
