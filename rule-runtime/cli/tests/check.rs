//! `sekisho check` over the real binary: what it finds, where it says it is, and the project's own files.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const GUIDELINE: &str = r#"
framework: test
edition: "6.0"
part: 運用編
title: {ja: 試験の指針, en: Test guideline}
publisher: {ja: 発行者, en: Publisher}
published: 2023-05
source: https://example.jp/guideline
clauses:
  - id: logs
    clause: 17 遵守事項①
    confidence: H
    title: {ja: 記録する, en: Record}
    policies: [first]
    requires: [{policy: first, parameter: minDays, op: gte, value: 7}]
    coverage: partial
    not_checkable: {ja: 中身は見えない, en: The content is not seen}
  - id: attacks
    clause: "18"
    confidence: CH
    title: {ja: 攻撃, en: Attacks}
    policies: [second]
    coverage: full
  - id: training
    clause: "4"
    confidence: CH
    title: {ja: 教育, en: Training}
    attestations: [security-training]
    coverage: attestation
  - id: building
    clause: "12.1"
    confidence: M
    title: {ja: 入退室, en: Entry}
    not_checkable: {ja: AWSの設定に現れない, en: No setting of AWS}
    coverage: none
"#;

const DEMANDS: &str = "
services:
  - id: trail
    title: {ja: 証跡, en: Trail}
    asks: {ja: 有効である, en: It is on}
    policies: [first]
demands:
  - id: people
    title: {ja: 人, en: People}
    asks: {ja: 教育する, en: They are trained}
    attestations: [security-training]
attestations:
  - id: security-training
    title: {ja: 教育を実施した, en: Staff were trained}
";

fn policy(id: &str, clause: &str, confidence: &str) -> String {
    format!(
        "# METADATA\n# title: t\n# description: d\n# custom:\n#   id: {id}\n#   title_ja: あ\n#   severity: high\n\
         #   trigger: change\n#   resource_types: [AWS::S3::Bucket]\n#   remediation: r\n#   guidelines:\n\
         #     - guideline: 試験の指針\n#       edition: \"6.0\"\n#       part: 運用編\n#       clause: {clause}\n\
         #       confidence: {confidence}\n#   parameters:\n#     type: object\n\
         #     properties: {{minDays: {{type: integer, default: 7}}}}\n\
         package sekisho_policies.{id}\n\ndeny contains {{\"msg\": \"x\", \"msg_ja\": \"あ\"}} if data.parameters.minDays < 1\n"
    )
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A folder whose policies and guidelines fit together, with `files` over them.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "policies/first.rego", &policy("first", "17 遵守事項①", "H"));
    write(folder.path(), "policies/second.rego", &policy("second", "\"18\"", "CH"));
    write(folder.path(), "policies/guidelines/test.yaml", GUIDELINE);
    write(folder.path(), "policies/guidelines/demands.yaml", DEMANDS);
    files.iter().for_each(|(name, text)| write(folder.path(), name, text));
    folder
}

/// Exit code, standard output, standard error.
fn check(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .current_dir(folder)
        .env_remove("SEKISHO_POLICIES")
        .env("NO_COLOR", "1")
        .arg("check")
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn problems(folder: &Path, arguments: &[&str]) -> (i32, Vec<Value>) {
    let (code, stdout, stderr) = check(folder, &[&["--format", "json"], arguments].concat());
    assert_eq!(stderr, "");
    let document: Value = serde_json::from_str(&stdout).unwrap();
    (code, document["problems"].as_array().unwrap().clone())
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

#[test]
fn what_fits_is_summed_up() {
    let folder = folder(&[]);
    let (code, stdout, stderr) = check(folder.path(), &[]);
    assert_eq!((code, stdout.as_str()), (0, "ok: 2 policies, 1 guideline, 4 clauses\n"), "{stderr}");
    assert!(stderr.starts_with("note: fixtures: there is no such folder: "), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}

/// Each file that does not fit, with the one problem that comes of it.
#[test]
fn what_does_not_fit_is_named_with_file_line_and_next_step() {
    let guideline = "policies/guidelines/test.yaml";
    let demands = "policies/guidelines/demands.yaml";
    let first = "policies/first.rego";
    let with = |from: &str, to: &str| {
        assert!(GUIDELINE.contains(from), "{from}");
        GUIDELINE.replace(from, to)
    };
    let cases = [
        (guideline, with("[first]", "[first, third]"), 10, "clauses.logs.policies", "no such policy"),
        (guideline, with("\"18\"", "\"18①\""), 18, "clauses.attacks.clause", "a chapter is a number"),
        (guideline, with("minDays", "days"), 10, "clauses.logs.requires", "which first does not have"),
        (guideline, with("value: 7", "value: 8"), 10, "clauses.logs.requires", "not met by the default"),
        (
            guideline,
            with("[security-training]", "[training]"),
            24,
            "clauses.training.attestations",
            "\"training\"",
        ),
        (demands, DEMANDS.replace("[first]", "[third]"), 3, "trail.policies", "no such policy"),
        (
            demands,
            DEMANDS.replace("    policies: [first]\n", ""),
            3,
            "trail.not_covered",
            "nothing answers the row",
        ),
        (first, policy("first", "17 遵守事項②", "H"), 15, "custom.guidelines[0].clause", "has no clause"),
        (first, policy("first", "17 遵守事項①", "M"), 15, "custom.guidelines[0].confidence", "is M"),
        (first, policy("first", "17①", "CH"), 15, "custom.guidelines[0].clause", "has no item number"),
        (first, policy("first", "\"18\"", "CH"), 15, "custom.guidelines[0].clause", "does not name first"),
        (
            first,
            policy("first", "17 遵守事項①", "H").replace("edition: \"6.0\"", "edition: \"9.0\""),
            15,
            "custom.guidelines[0].guideline",
            "no guideline file",
        ),
    ];
    for (file, text, line, field, message) in cases {
        let folder = folder(&[(file, &text)]);
        let (code, found) = problems(folder.path(), &[]);
        let found: Vec<&Value> = found.iter().filter(|problem| problem["file"] == file).collect();
        assert_eq!((code, found.len()), (2, 1), "{message}: {found:#?}");
        let problem = found[0];
        assert_eq!((&problem["line"], &problem["field"]), (&line.into(), &field.into()), "{problem:#}");
        assert!(problem["message"].as_str().unwrap().contains(message), "{problem:#}");
        assert!(!problem["help"].as_str().unwrap_or_default().is_empty(), "{problem:#}");
    }
}

#[test]
fn a_policy_that_maps_to_nothing_is_a_problem() {
    let third = policy("third", "x", "H").replace("#   guidelines:\n", "");
    let third: String = third
        .lines()
        .filter(|line| !line.contains("#     - g") && !line.contains("#       "))
        .fold(String::new(), |text, line| text + line + "\n");
    let folder = folder(&[("policies/third.rego", &third)]);
    let (code, found) = problems(folder.path(), &[]);
    assert_eq!((code, found.len()), (2, 1), "{found:#?}");
    assert_eq!(found[0]["file"], "policies/third.rego");
    assert_eq!(found[0]["message"], "maps to no clause of any guideline");
}

#[test]
fn a_policy_that_cannot_be_loaded_is_told_of_once() {
    let folder = folder(&[("policies/first.rego", "package wrong\n")]);
    let (code, found) = problems(folder.path(), &[]);
    assert_eq!(code, 2);
    assert!(found.iter().all(|problem| problem["file"] == "policies/first.rego"), "{found:#?}");
    assert!(!found.is_empty());
}

#[test]
fn text_shows_the_problem_on_standard_error() {
    let folder =
        folder(&[("policies/guidelines/test.yaml", &GUIDELINE.replace("[first]", "[first, third]"))]);
    let (code, stdout, stderr) = check(folder.path(), &[]);
    assert_eq!((code, stdout.as_str()), (2, "1 problem: 2 policies, 1 guideline, 4 clauses\n"));
    for part in ["policies/guidelines/test.yaml:10", "no such policy", "help: mend the name"] {
        assert!(stderr.contains(part), "{part}: {stderr}");
    }
}

#[test]
fn a_file_that_is_not_of_the_form_is_named_with_its_line() {
    let folder =
        folder(&[("policies/guidelines/test.yaml", &GUIDELINE.replace("coverage: full", "covers: full"))]);
    let (code, found) = problems(folder.path(), &["policies/guidelines/test.yaml"]);
    assert_eq!((code, found.len(), &found[0]["line"]), (2, 1, &23.into()), "{found:#?}");
}

#[test]
fn paths_choose_what_is_told_of() {
    let folder = folder(&[
        ("policies/guidelines/test.yaml", &GUIDELINE.replace("[second]", "[second, third]")),
        ("policies/first.rego", &policy("first", "17 遵守事項①", "M")),
    ]);
    let files = |arguments: &[&str]| {
        let (code, found) = problems(folder.path(), arguments);
        let files: Vec<String> = found.iter().map(|one| one["file"].as_str().unwrap().to_owned()).collect();
        (code, files.join(" "))
    };
    assert_eq!(files(&[]), (2, "policies/first.rego policies/guidelines/test.yaml".into()));
    assert_eq!(files(&["policies/first.rego"]), (2, "policies/first.rego".into()));
    assert_eq!(files(&["./policies/guidelines"]), (2, "policies/guidelines/test.yaml".into()));
    assert_eq!(files(&["policies/second.rego"]), (0, String::new()));
    let (code, found) = problems(folder.path(), &["policies/absent.rego"]);
    assert!(code == 2 && found[0]["message"].as_str().unwrap().contains("cannot be read"), "{found:#?}");
}

#[test]
fn a_folder_of_guidelines_that_is_named_holds_some() {
    let folder = folder(&[("other/none.txt", "")]);
    let (code, found) = problems(folder.path(), &["--guidelines", "other"]);
    assert!(code == 2 && found[0]["message"] == "holds no guideline (.yaml)", "{found:#?}");
    fs::remove_dir_all(folder.path().join("policies/guidelines")).unwrap();
    let (code, stdout, _) = check(folder.path(), &[]);
    assert_eq!((code, stdout.as_str()), (0, "ok: 2 policies, 0 guidelines, 0 clauses\n"));
}

#[test]
fn coverage_has_a_row_for_each_service_demand_and_clause() {
    let folder = folder(&[]);
    let (code, stdout, stderr) = check(folder.path(), &["--coverage"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    for row in [
        "| 証跡<br>Trail | 有効である<br>It is on | `first` |  | test 6.0 運用編: 17 遵守事項① (H) |  |",
        "| 人<br>People | 教育する<br>They are trained |  | `security-training` | test 6.0 運用編: 4章 (CH) |  |",
        "| test 6.0 運用編 | 試験の指針<br>Test guideline | 4 | 1 | 1 | 1 | 1 |",
        "| 17 遵守事項① | H | 記録する<br>Record | partial | `first` | 中身は見えない<br>The content is not seen |",
        "| 18章 | CH | 攻撃<br>Attacks | full | `second` |  |",
        "| 4章 | CH | 教育<br>Training | attested | attested: `security-training` |  |",
        "| 12.1 | M | 入退室<br>Entry | none |  | AWSの設定に現れない<br>No setting of AWS |",
        "| `security-training` | 教育を実施した<br>Staff were trained |",
    ] {
        assert!(stdout.lines().any(|line| line == row), "{row}\n{stdout}");
    }
}

#[test]
fn the_project_fits_together() {
    let (code, stdout, stderr) = check(root(), &[]);
    assert_eq!(code, 0, "{stderr}{stdout}");
}

#[test]
fn the_coverage_document_is_fresh() {
    let (_, stdout, _) = check(root(), &["--coverage"]);
    let file = fs::read_to_string(root().join("docs/guideline-coverage.md")).unwrap();
    assert!(
        file == stdout,
        "docs/guideline-coverage.md is not what policies/guidelines say; run `make coverage`"
    );
}

#[test]
fn the_projects_guidelines_are_complete() {
    let (_, stdout, _) = check(root(), &["--coverage"]);
    for service in [
        "CloudTrail",
        "VPC Flow Logs",
        "GuardDuty",
        "AWS Config",
        "Parameter Store",
        "Session Manager",
        "CloudWatch Logs",
        "EventBridge",
    ] {
        assert!(stdout.lines().any(|line| line.starts_with("| ") && line.contains(service)), "{service}");
    }
    for guideline in
        ["mhlw-cybersecurity-checklist", "mhlw-safety 6.0", "mhlw-safety 7.0", "mic-meti-provider 1.1"]
    {
        assert!(stdout.contains(&format!("### {guideline}")), "{guideline}");
    }
    // Numbers of these are not certain: there is no file.
    for framework in ["ismap", "fisc"] {
        assert!(!stdout.to_lowercase().contains(&format!("### {framework}")), "{framework}");
    }
    // Edition 7.0 was not read: nothing of it is surer than M.
    let edition = stdout.split("### ").find(|part| part.starts_with("mhlw-safety 7.0")).unwrap();
    assert!(!edition.contains("| H |"), "{edition}");
}
