//! `sekisho check` over policies with one mistake each (`fixtures/check`), what it prints, and what it mends.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use sekisho::fixture::{self, Case};
use sekisho_engine::codes::CODES;
use sekisho_tests::{root, sekisho, sekisho_in};
use serde_json::Value;

/// Property lists of eleven types, a few fields each.
const SCHEMA: &str = "fixtures/check/schema";

fn broken() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root().join("fixtures/check"))
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".rego").map(ToOwned::to_owned))
        .collect();
    names.sort();
    names
}

/// Only of `no-fixture` it is asked whether there are fixtures.
fn check(name: &str, format: &str) -> sekisho_tests::Output {
    let policy = format!("fixtures/check/{name}.rego");
    let fixtures = if name == "no-fixture" { SCHEMA } else { "fixtures/check/none" };
    sekisho(&["check", "--policies", &policy, "--fixtures", fixtures, "--schema", SCHEMA, "--format", format])
}

fn problems(output: &sekisho_tests::Output) -> Vec<Value> {
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    document["problems"].as_array().unwrap().clone()
}

#[test]
fn each_broken_policy_gives_exactly_its_diagnostic() {
    let names = broken();
    assert!(names.len() >= 25, "{names:?}");
    for name in names {
        let output = check(&name, "json");
        assert_eq!(output.code, 2, "{name}");
        assert_eq!(problems(&output).len(), 1, "{name}: {}", output.stdout);
        let shown = check(&name, "text").stderr;
        let errors: Vec<&str> = shown.lines().filter(|line| !line.starts_with("note: ")).collect();
        insta::assert_snapshot!(name.as_str(), errors.join("\n"));
    }
}

/// Codes of guidelines have tests of their own, a note is no error, and the rest cannot be had with one file of text.
#[test]
fn every_code_of_a_policy_has_its_broken_policy() {
    let elsewhere = ["SK0106", "SK0215", "SK0216", "SK0506", "SK0701", "SK0702"];
    let found: BTreeSet<String> = broken()
        .iter()
        .flat_map(|name| problems(&check(name, "json")))
        .map(|problem| problem["code"].as_str().unwrap().to_owned())
        .collect();
    let expected: BTreeSet<String> = CODES
        .iter()
        .map(|entry| entry.code.to_owned())
        .filter(|code| !elsewhere.contains(&code.as_str()))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn the_projects_own_pack_is_clean() {
    let output = sekisho(&["check"]);
    assert_eq!((output.code, output.stdout.starts_with("ok: ")), (0, true), "{}", output.stderr);
}

/// A field that each type has, its parts, and a field that only another type has.
const FIELDS: [(&str, &str, &str); 10] = [
    ("AWS::RDS::DBInstance", "publiclyAccessible", "globalWriteForwardingStatus"),
    ("AWS::RDS::DBCluster", "storageEncrypted", "publiclyAccessible"),
    ("AWS::KMS::Key", "KeyManager", "RotationEnabled"),
    ("AWS::S3::Bucket", "creationDate", "publiclyAccessible"),
    ("AWS::DynamoDB::Table", "tableStatus", "logFileValidationEnabled"),
    ("AWS::EC2::Instance", "publicIpAddress", "backupRetentionPeriod"),
    ("AWS::EC2::SecurityGroup", "ipPermissions", "publicIpAddress"),
    ("AWS::CloudTrail::Trail", "isMultiRegionTrail", "RotationEnabled"),
    ("AWS::EFS::FileSystem", "PerformanceMode", "storageEncrypted"),
    ("AWS::Lambda::Function", "functionName", "publicIpAddress"),
];

fn policy(id: &str, resource_type: &str, condition: &str) -> String {
    format!(
        "# METADATA\n# title: Example\n# description: Example.\n# scope: package\n# custom:\n#   id: {id}\n#   title_ja: 例\n\
         #   severity: high\n#   trigger: change\n#   resource_types:\n#     - {resource_type}\n#   on_missing: allow\n#   remediation: Mend it\n\
         package sekisho_policies.{}\n\n\
         deny contains {{\"msg\": \"bad\", \"msg_ja\": \"不適合です\"}} if {{\n\t{condition}\n}}\n",
        id.replace('-', "_")
    )
}

fn get(field: &str) -> String {
    format!("object.get(input, [\"configuration\", \"{field}\"], null) == null")
}

fn other_case(field: &str) -> String {
    let (first, rest) = field.split_at(1);
    let turned = if first == first.to_uppercase() { first.to_lowercase() } else { first.to_uppercase() };
    turned + rest
}

/// Without its fourth character.
fn misspelt(field: &str) -> String {
    field.chars().enumerate().filter(|(at, _)| *at != 3).map(|(_, character)| character).collect()
}

/// A policy with one condition, and what is said of it.
struct Wrong {
    id: String,
    resource_type: String,
    condition: String,
    /// The code, the wrong name and what is said to do instead; nothing of a policy that is right.
    said: Option<(&'static str, String, String)>,
}

impl Wrong {
    fn text(&self) -> String {
        policy(&self.id, &self.resource_type, &self.condition)
    }

    /// Code, line, column and suggestion; the place is that of the name in the text.
    fn expected(&self) -> Option<(String, &'static str, usize, usize, String)> {
        let (code, name, suggestion) = self.said.clone()?;
        let text = self.text();
        let rules = text.lines().enumerate().filter(|(_, text)| !text.starts_with('#'));
        let place = rules.into_iter().find_map(|(line, text)| Some((line + 1, text.find(&name)? + 1)));
        let (line, column) = place.unwrap();
        Some((format!("policies/{}.rego", self.id), code, line, column, suggestion))
    }
}

/// Exactly what is expected of all of `policies`, by `knowledge`.
fn assert_said(policies: &[Wrong], knowledge: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    for wrong in policies {
        write(folder.path(), &format!("policies/{}.rego", wrong.id), &wrong.text());
    }
    let output = sekisho_in(folder.path(), &[&["check", "--format", "json"], knowledge].concat());
    let number = |problem: &Value, field: &str| usize::try_from(problem[field].as_u64().unwrap()).unwrap();
    // Whether there are fixtures is not what is asked.
    let problems: Vec<Value> =
        problems(&output).into_iter().filter(|problem| text(problem, "code") != "SK0402").collect();
    let expected: Vec<_> = policies.iter().filter_map(Wrong::expected).collect();
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    for (file, code, line, column, suggestion) in expected {
        let own: Vec<&Value> = problems.iter().filter(|problem| text(problem, "file") == file).collect();
        assert_eq!(own.len(), 1, "{file}: {own:#?}");
        let place = (number(own[0], "line"), number(own[0], "column"));
        assert_eq!((text(own[0], "code").as_str(), place), (code, (line, column)), "{file}: {own:#?}");
        let to = own[0]["fix"]["to"].as_str().map(ToOwned::to_owned);
        let told = to.unwrap_or_else(|| text(own[0], "message") + "; " + &text(own[0], "help"));
        assert!(
            told == suggestion || own[0]["fix"].is_null() && told.contains(&suggestion),
            "{file}: {told}"
        );
    }
}

#[test]
fn wrong_fields_are_found_for_ten_types() {
    let mut policies = Vec::new();
    for (index, (resource_type, field, other)) in FIELDS.iter().enumerate() {
        let mut add = |name: &str, condition: String, said: Option<(&'static str, String, &str)>| {
            policies.push(Wrong {
                id: format!("{name}-{index}"),
                resource_type: (*resource_type).to_owned(),
                condition,
                said: said.map(|(code, wrong, suggestion)| (code, wrong, suggestion.to_owned())),
            });
        };
        let wrong = misspelt(field);
        let spelling = || Some(("SK0501", misspelt(field), *field));
        add("right", get(field), None);
        add("misspelt", get(&wrong), spelling());
        add("reference", format!("input.configuration.{wrong} == 1"), spelling());
        add("bound", format!("c := input.configuration\n\tc.{wrong} == 1"), spelling());
        add("case", get(&other_case(field)), Some(("SK0502", other_case(field), field)));
        let foreign = format!("and not of {resource_type}");
        add("other", get(other), Some(("SK0504", (*other).to_owned(), &foreign)));
        let part = format!("object.get(input, [\"configuraton\", \"{field}\"], null) == null");
        add("part", part, Some(("SK0211", "configuraton".to_owned(), "configuration")));
        let map = "object.get(input, [\"tags\", NAME], \"\")";
        add("tags", "input.tags[_].Key == \"Env\"".to_owned(), Some(("SK0505", "Key".to_owned(), map)));
    }
    let types: BTreeSet<&str> = FIELDS.iter().map(|(name, ..)| *name).collect();
    assert!(types.len() >= 10);
    let schema = root().join(SCHEMA);
    assert_said(&policies, &["--schema", schema.to_str().unwrap(), "--fixtures", "none"]);
}

/// The same for every type that the project's fixtures show, without any list.
#[test]
fn wrong_fields_are_found_by_the_projects_fixtures() {
    let (cases, unreadable) = fixture::find(&root().join("fixtures"));
    assert!(unreadable.is_empty(), "{unreadable:?}");
    let mut types: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for item in cases.iter().flat_map(Case::items) {
        let fields =
            item.document["configuration"].as_object().into_iter().flatten().map(|(name, _)| name.clone());
        types.entry(item.resource.resource_type.clone()).or_default().extend(fields);
    }
    // The longest is far from every other, so that one letter less means it alone.
    let longest = |fields: &BTreeSet<String>| fields.iter().max_by_key(|name| name.len()).cloned();
    let fields = types.into_iter().filter_map(|(name, fields)| Some((name, longest(&fields)?)));
    let fields: Vec<(String, String)> = fields.filter(|(_, field)| field.len() >= 8).collect();
    assert!(fields.len() >= 20, "{fields:?}");
    let mut policies = Vec::new();
    for (index, (resource_type, field)) in fields.into_iter().enumerate() {
        for (name, condition, said) in [
            ("right", get(&field), None),
            ("misspelt", get(&misspelt(&field)), Some(("SK0501", misspelt(&field), field.clone()))),
            ("case", get(&other_case(&field)), Some(("SK0502", other_case(&field), field.clone()))),
        ] {
            let (id, resource_type) = (format!("{name}-{index}"), resource_type.clone());
            policies.push(Wrong { id, resource_type, condition, said });
        }
    }
    let fixtures = root().join("fixtures");
    assert_said(&policies, &["--fixtures", fixtures.to_str().unwrap()]);
}

fn text(problem: &Value, field: &str) -> String {
    problem[field].as_str().unwrap_or_default().to_owned()
}

/// What fixtures show of a type counts as much as a list.
#[test]
fn fixtures_show_fields() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "policies/p.rego", &policy("p", "AWS::SQS::Queue", &get("KmsMasterKeyID")));
    let fixture = |field: &str, expected: &str| {
        format!(
            "title: t\nitem: {{resourceType: AWS::SQS::Queue, resourceId: q, awsAccountId: '123456789012', \
             configurationItemStatus: OK, configurationItemCaptureTime: '2026-11-20T04:31:22.118Z', \
             configuration: {{{field}: x}}}}\nexpect: {{compliance: {expected}}}\n"
        )
    };
    write(folder.path(), "fixtures/p/a.yaml", &fixture("KmsMasterKeyId", "COMPLIANT"));
    write(folder.path(), "fixtures/p/b.yaml", &fixture("KmsMasterKeyId", "NON_COMPLIANT"));
    let output = sekisho_in(folder.path(), &["check", "--format", "json"]);
    let found = problems(&output);
    assert_eq!(found.len(), 1, "{}", output.stdout);
    assert_eq!(text(&found[0], "code"), "SK0502");
    // One fixture need not have every field: what is merely not there is no problem.
    write(folder.path(), "policies/p.rego", &policy("p", "AWS::SQS::Queue", &get("RedrivePolicy")));
    assert_eq!(sekisho_in(folder.path(), &["check"]).code, 0);
    // A type that nothing shows is said to be unknown.
    write(folder.path(), "policies/p.rego", &policy("p", "AWS::SNS::Topic", &get("RedrivePolicy")));
    let output = sekisho_in(folder.path(), &["check", "--format", "json"]);
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((output.code, text(&document["notes"][0], "code").as_str()), (0, "SK0506"));
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn certain_mistakes_are_mended_and_others_stay() {
    let folder = tempfile::tempdir().unwrap();
    let schema = root().join(SCHEMA);
    let arguments = ["check", "--fix", "--schema", schema.to_str().unwrap()];
    let wrong = format!("{}\n\tinput.configuration.engne == \"x\"", get("PubliclyAccessible"));
    write(folder.path(), "policies/a.rego", &policy("a", "AWS::RDS::DBInstance", &wrong));
    let foreign = policy("b", "AWS::RDS::DBInstance", &get("globalWriteForwardingStatus"));
    write(folder.path(), "policies/b.rego", &foreign);
    let output = sekisho_in(folder.path(), &arguments);
    assert_eq!(output.code, 2, "{}", output.stderr);
    assert!(
        output.stderr.contains("mended: 2 places") && output.stdout.starts_with("1 problem"),
        "{output:?}"
    );
    let right = format!("{}\n\tinput.configuration.engine == \"x\"", get("publiclyAccessible"));
    let mended = fs::read_to_string(folder.path().join("policies/a.rego")).unwrap();
    assert_eq!(mended, policy("a", "AWS::RDS::DBInstance", &right));
    assert_eq!(fs::read_to_string(folder.path().join("policies/b.rego")).unwrap(), foreign);
}

/// What OASIS published.
fn sarif_schema() -> jsonschema::Validator {
    // The published pattern of a language has a bracket too many, which no strict reader of patterns takes.
    let schema = fs::read_to_string(root().join("tests/schemas/sarif-2.1.0.json")).unwrap();
    let schema = schema.replace("{2}]?$", "{2}?$");
    jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap()
}

#[test]
fn sarif_is_valid_for_every_code_and_for_none() {
    let schema = sarif_schema();
    let clean = sekisho(&["check", "--format", "sarif"]);
    assert_eq!(clean.code, 0, "{}", clean.stderr);
    let broken = broken().into_iter().map(|name| (check(&name, "sarif"), name));
    for (output, name) in broken.chain([(clean, "the project's own".to_owned())]) {
        let document: Value = serde_json::from_str(&output.stdout).unwrap();
        let wrong: Vec<String> = schema.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:?}");
    }
}

#[test]
fn sarif_names_rule_place_and_fix() {
    let output = check("field-misspelt", "sarif");
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    let schema = sarif_schema();
    let wrong: Vec<String> = schema.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let mut broken = document.clone();
    broken["runs"][0]["results"][0]["level"] = "fatal".into();
    assert!(!schema.is_valid(&broken), "the schema tells right from wrong");
    let run = &document["runs"][0];
    let rules: BTreeSet<&str> = run["tool"]["driver"]["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| rule["id"].as_str().unwrap())
        .collect();
    let result =
        &run["results"].as_array().unwrap().iter().find(|result| result["level"] == "error").unwrap();
    assert!(rules.contains(result["ruleId"].as_str().unwrap()));
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "fixtures/check/field-misspelt.rego");
    // The text between the region's columns is what the fix replaces.
    let change = &result["fixes"][0]["artifactChanges"][0]["replacements"][0];
    let region = &change["deletedRegion"];
    let at = |name: &str| usize::try_from(region[name].as_u64().unwrap()).unwrap() - 1;
    let policy = fs::read_to_string(root().join("fixtures/check/field-misspelt.rego")).unwrap();
    let line = policy.lines().nth(at("startLine")).unwrap();
    assert_eq!(&line[at("startColumn")..at("endColumn")], "publiclyAccesible");
    assert_eq!(change["insertedContent"]["text"], "publiclyAccessible");
}

#[test]
fn github_gets_a_command_a_problem() {
    let output = check("regex-class", "github");
    let line = output.stdout.lines().find(|line| line.starts_with("::error ")).unwrap();
    assert!(line.starts_with("::error file=fixtures/check/regex-class.rego,line=16,col="), "{line}");
    assert!(line.contains("title=SK0303::"), "{line}");
}

#[test]
fn codes_are_explained() {
    let all = sekisho(&["explain"]);
    assert_eq!(all.stdout.lines().count(), CODES.len());
    for entry in CODES {
        let one = sekisho(&["explain", entry.code]);
        assert!(one.code == 0 && one.stdout.contains(entry.title), "{}", entry.code);
    }
    let unknown = sekisho(&["explain", "SK9999"]);
    assert!(unknown.code == 2 && unknown.stderr.contains("there is no code"), "{unknown:?}");
}

/// A policy file in a folder without library: the `lib` at the root of the file system is not one.
#[test]
fn the_systems_lib_is_no_library() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "p.rego", &policy("p", "AWS::SQS::Queue", "input.awsRegion == \"us-east-1\""));
    let output = sekisho_in(folder.path(), &["check", "--policies", "p.rego"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
}
