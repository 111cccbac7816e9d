//! `sekisho report` over the real binary: what each clause is said to be, the formats, and what it refuses.
//!
//! How the page looks and works is tested in a browser: `tests/report`.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use sekisho_tests::{Output, root, sekisho_in};
use serde_json::{Value, json};

const NOW: &str = "2026-11-23T01:00:00Z";

const GUIDELINE: &str = r#"
framework: test-guideline
edition: "6.0"
part: 運用編
title: {ja: 安全管理ガイドライン, en: Safety guideline}
publisher: {ja: 発行者, en: Publisher}
published: 2023-05
source: https://example.jp/guideline
clauses:
  - id: backup
    clause: "12.2"
    confidence: H
    title: {ja: バックアップ, en: Backups}
    policies: [dynamodb-pitr]
    coverage: full
  - id: backup-kept
    clause: "12.3"
    confidence: M
    title: {ja: 保持期間, en: Retention}
    policies: [rds-backup-retention]
    requires: [{policy: rds-backup-retention, parameter: minDays, op: gte, value: 7}]
    coverage: partial
    not_checkable: {ja: 復旧手順の訓練, en: Rehearsal of the recovery}
  - id: law
    clause: "7"
    confidence: CH
    title: {ja: 国内法の執行, en: Reach of Japanese law}
    policies: [residency-resource-region]
    coverage: partial
  - id: training
    clause: "4"
    confidence: CH
    title: {ja: 教育, en: Training}
    attestations: [security-training]
    coverage: attestation
  - id: building
    clause: "9"
    confidence: CH
    title: {ja: 入退室, en: Entry to the building}
    not_checkable: {ja: AWSの設定に現れない, en: AWS has no setting of it}
    coverage: none
"#;

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A folder with three of the project's policies, a guideline over them, and `files`.
fn folder(files: &[(&str, String)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in [
        "lib/decode.rego",
        "lib/tags.rego",
        "medical-jp/dynamodb-pitr.rego",
        "medical-jp/rds-backup-retention.rego",
        "medical-jp/residency-resource-region.rego",
    ] {
        let text = fs::read_to_string(root().join("policies").join(file)).unwrap();
        write(folder.path(), &format!("policies/{file}"), &text);
    }
    write(folder.path(), "policies/guidelines/test.yaml", GUIDELINE);
    files.iter().for_each(|(name, text)| write(folder.path(), name, text));
    folder
}

fn run(folder: &tempfile::TempDir, arguments: &[&str]) -> Output {
    let output = sekisho_in(folder.path(), arguments);
    assert!(!output.stderr.contains("panicked"), "{output:?}");
    output
}

fn report(folder: &tempfile::TempDir, arguments: &[&str]) -> String {
    let output = run(folder, &[&["report", "--now", NOW], arguments].concat());
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output:?}");
    output.stdout
}

fn report_json(folder: &tempfile::TempDir, arguments: &[&str]) -> Value {
    serde_json::from_str(&report(folder, &[arguments, &["--format", "json"]].concat())).unwrap()
}

/// Scans `file` and leaves the results in `results.json`.
fn scan(folder: &tempfile::TempDir, arguments: &[&str]) {
    let output = run(folder, &[&["scan", "--format", "json", "--now", NOW], arguments].concat());
    write(folder.path(), "results.json", &output.stdout);
}

fn table(id: &str, pitr: &str) -> Value {
    json!({
        "resourceType": "AWS::DynamoDB::Table", "resourceId": id, "awsAccountId": "123456789012",
        "awsRegion": "ap-northeast-1", "configurationItemStatus": "OK",
        "configurationItemCaptureTime": "2026-11-22T15:30:00.000Z", "configuration": {"tableName": id},
        "supplementaryConfiguration": {"ContinuousBackupsDescription": {
            "pointInTimeRecoveryDescription": {"pointInTimeRecoveryStatus": pitr}
        }}
    })
}

fn database(days: u32) -> Value {
    json!({
        "resourceType": "AWS::RDS::DBInstance", "resourceId": "db-1", "awsAccountId": "123456789012",
        "awsRegion": "ap-northeast-1", "configurationItemStatus": "OK",
        "configurationItemCaptureTime": "2026-11-22T15:30:00.000Z",
        "configuration": {
            "dBInstanceIdentifier": "karte", "engine": "postgres", "backupRetentionPeriod": days,
            "deletionProtection": true, "multiAZ": true
        }
    })
}

fn clause<'a>(report: &'a Value, id: &str) -> &'a Value {
    let clauses = report["guidelines"][0]["clauses"].as_array().unwrap();
    clauses.iter().find(|clause| clause["id"] == id).unwrap()
}

fn states(report: &Value) -> Vec<(&str, &str)> {
    let clauses = report["guidelines"][0]["clauses"].as_array().unwrap();
    clauses.iter().map(|one| (one["id"].as_str().unwrap(), one["state"].as_str().unwrap())).collect()
}

/// The rows of a CSV, each by the names of the header.
fn rows(csv: &str) -> Vec<Value> {
    let text = csv.strip_prefix('\u{feff}').unwrap();
    assert!(text.lines().count() > 1 && text.matches('\n').count() == text.matches("\r\n").count());
    let mut lines = text.split("\r\n").filter(|line| !line.is_empty()).map(cells);
    let header = lines.next().unwrap();
    lines
        .map(|line| {
            assert_eq!(line.len(), header.len(), "{line:?}");
            Value::Object(header.iter().cloned().zip(line.into_iter().map(Value::from)).collect())
        })
        .collect()
}

/// The cells of one line.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cells.last_mut().unwrap().push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            other => cells.last_mut().unwrap().push(other),
        }
    }
    cells
}

#[test]
fn each_clause_is_what_its_policies_and_attestations_show() {
    let attestations = "items:\n  - {item: security-training, approver: 院長, doneOn: 2026-04-10, \
                        expiresOn: 2027-03-31, evidenceUri: s3://evidence/training.pdf}\n";
    let folder = folder(&[
        ("items.json", json!([table("a", "ENABLED"), database(14)]).to_string()),
        ("attestations.yaml", attestations.into()),
    ]);
    scan(&folder, &["items.json"]);
    let made = report_json(&folder, &["results.json", "--attestations", "attestations.yaml"]);
    let yes = [
        ("backup", "yes"),
        ("backup-kept", "yes"),
        ("law", "yes"),
        ("training", "yes"),
        ("building", "not_checkable"),
    ];
    assert_eq!(states(&made), yes);
    assert_eq!(clause(&made, "law")["label"]["ja"], "7章");
    assert_eq!(clause(&made, "backup")["evaluatedAt"]["japan"], "2026-11-23T10:00:00+09:00");
    // One denial, and the clause is いいえ; without the register nobody knows of the training.
    write(folder.path(), "items.json", &json!([table("a", "ENABLED"), table("b", "DISABLED")]).to_string());
    scan(&folder, &["items.json"]);
    let made = report_json(&folder, &["results.json"]);
    let mixed = [
        ("backup", "no"),
        ("backup-kept", "unknown"),
        ("law", "yes"),
        ("training", "unknown"),
        ("building", "not_checkable"),
    ];
    assert_eq!(states(&made), mixed);
    let row = &made["policies"]["dynamodb-pitr"]["rows"][0];
    assert_eq!((&row["resourceId"], &row["finding"]), (&json!("b"), &json!("NON_COMPLIANT")));
    assert_eq!(row["reasons"][0]["msg_ja"], "PITRが無効です");
}

#[test]
fn what_failed_was_not_run_or_was_not_read_is_never_yes() {
    let good = json!([table("a", "ENABLED"), database(14)]).to_string();
    let folder = folder(&[("items.json", good), ("broken.json", "{".into())]);
    // A policy that was not run.
    scan(&folder, &["items.json", "--policy", "dynamodb-pitr"]);
    let made = report_json(&folder, &["results.json"]);
    assert_eq!(clause(&made, "backup")["state"], "yes");
    assert_eq!(clause(&made, "law")["state"], "unknown");
    assert_eq!(clause(&made, "law")["why"][0]["ja"], "residency-resource-region: ポリシーが実行されていない");
    // A file that could not be read: it may have held anything.
    scan(&folder, &["items.json", "broken.json"]);
    let made = report_json(&folder, &["results.json"]);
    assert_eq!(clause(&made, "backup")["state"], "unknown");
    assert!(made["incomplete"][0]["ja"].as_str().unwrap().contains("broken.json"), "{made}");
    // A policy that failed for one resource.
    scan(&folder, &["items.json"]);
    let text = fs::read_to_string(folder.path().join("results.json")).unwrap();
    let mut results: Value = serde_json::from_str(&text).unwrap();
    results["errors"] = json!([{
        "file": "p.rego", "message": "took longer than 5 seconds", "policyId": "dynamodb-pitr",
        "resourceType": "AWS::DynamoDB::Table", "resourceId": "z", "itemFile": "items.json"
    }]);
    write(folder.path(), "results.json", &results.to_string());
    let made = report_json(&folder, &["results.json"]);
    assert_eq!(clause(&made, "backup")["state"], "unknown");
    assert_eq!(clause(&made, "law")["state"], "yes");
    assert_eq!(made["policies"]["dynamodb-pitr"]["rows"][0]["finding"], "UNKNOWN");
}

#[test]
fn a_loosened_parameter_shows_nothing_and_neither_does_an_unknown_one() {
    let folder = folder(&[("items.json", json!([table("a", "ENABLED"), database(2)]).to_string())]);
    scan(&folder, &["items.json", "--param", "minDays=1"]);
    let made = report_json(&folder, &["results.json"]);
    assert_eq!(made["policies"]["rds-backup-retention"]["state"], "yes");
    assert_eq!(clause(&made, "backup-kept")["state"], "unknown");
    let why = clause(&made, "backup-kept")["why"][0]["ja"].as_str().unwrap();
    assert!(why.contains("minDaysが1") && why.contains("7以上"), "{why}");
    // Results that do not tell their parameters.
    let text = fs::read_to_string(folder.path().join("results.json")).unwrap();
    let mut results: Value = serde_json::from_str(&text).unwrap();
    results.as_object_mut().unwrap().remove("evaluation");
    write(folder.path(), "results.json", &results.to_string());
    let made = report_json(&folder, &["results.json"]);
    assert_eq!(clause(&made, "backup-kept")["state"], "unknown");
    assert_eq!(clause(&made, "backup")["state"], "yes");
    // Of two runs the looser one counts.
    write(folder.path(), "loose.json", &text);
    scan(&folder, &["items.json", "--param", "minDays=7"]);
    let strict = report_json(&folder, &["results.json"]);
    assert_eq!(clause(&strict, "backup-kept")["state"], "no");
}

/// The clause demands minDays; of the other parameters of its policy the defaults are the measure.
#[test]
fn a_parameter_that_the_clause_demands_nothing_of_counts_by_its_default() {
    let folder = folder(&[("items.json", json!([table("a", "ENABLED"), database(7)]).to_string())]);
    for (parameter, state) in [("requireDeletionProtection=false", "unknown"), ("requireMultiAZ=true", "yes")]
    {
        scan(&folder, &["items.json", "--param", parameter]);
        let made = report_json(&folder, &["results.json"]);
        assert_eq!(clause(&made, "backup-kept")["state"], state, "{parameter}");
    }
    scan(&folder, &["items.json", "--param", "requireDeletionProtection=false"]);
    let matrix = report(&folder, &["results.json", "--table", "checklist"]);
    assert!(matrix.contains("requireDeletionProtectionがfalse(既定値: true)"), "{matrix}");
}

#[test]
fn waivers_stand_with_owner_and_expiry_and_an_expired_one_does_not_hold() {
    let folder =
        folder(&[("items.json", json!([table("a", "ENABLED"), table("b", "DISABLED")]).to_string())]);
    scan(&folder, &["items.json"]);
    let text = fs::read_to_string(folder.path().join("results.json")).unwrap();
    write(
        folder.path(),
        "policies/waivers.yaml",
        "- {id: W-1, policy: dynamodb-pitr, risk_owner: 情報システム部長, approver: {name: 院長, approved_on: 2026-11-20}}\n",
    );
    let waived = |expired: bool, compliance: &str| {
        let mut results: Value = serde_json::from_str(&text).unwrap();
        for verdict in results["verdicts"].as_array_mut().unwrap() {
            if verdict["resourceId"] == "b" && verdict["policyId"] == "dynamodb-pitr" {
                verdict["compliance"] = compliance.into();
                verdict["waiver"] = json!({"id": "W-1", "expires_on": "2027-03-31", "expired": expired});
            }
        }
        write(folder.path(), "results.json", &results.to_string());
        report_json(&folder, &["results.json"])
    };
    let made = waived(false, "NOT_APPLICABLE");
    assert_eq!(clause(&made, "backup")["state"], "yes");
    assert_eq!(clause(&made, "backup")["counts"]["waived"], 1);
    assert_eq!(made["policies"]["dynamodb-pitr"]["counts"]["compliant"], 1);
    let checklist = rows(&report(&folder, &["results.json", "--table", "checklist"]));
    let text = checklist[0]["例外(番号・期限・責任者・承認者)"].as_str().unwrap();
    assert_eq!(text, "W-1 (期限 2027-03-31、責任者 情報システム部長、承認者 院長)");
    assert_eq!(checklist[0]["備考"], "承認済みの例外あり");
    let made = waived(true, "NON_COMPLIANT");
    assert_eq!(clause(&made, "backup")["state"], "no");
    let matrix = rows(&report(&folder, &["results.json", "--table", "matrix"]));
    assert_eq!(matrix[0]["判定"], "要対応(例外の期限切れ)");
    assert_eq!(matrix[0]["例外の責任者"], "情報システム部長");
}

#[test]
fn the_newest_result_of_a_resource_counts() {
    let at = |id: &str, pitr: &str, time: &str| {
        let mut item = table(id, pitr);
        item["configurationItemCaptureTime"] = time.into();
        item
    };
    let items = json!([
        at("a", "ENABLED", "2026-11-20T00:00:00.000Z"),
        at("a", "DISABLED", "2026-11-21T00:00:00.000Z"),
        at("a", "ENABLED", "2026-11-19T00:00:00.000Z"),
    ]);
    let folder = folder(&[("items.json", items.to_string())]);
    scan(&folder, &["items.json"]);
    let made = report_json(&folder, &["results.json"]);
    let rows = made["policies"]["dynamodb-pitr"]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["finding"], "NON_COMPLIANT");
}

#[test]
fn the_tables_have_their_forms_columns_times_revision_and_hash() {
    let folder = folder(&[("items.json", json!([table("b", "DISABLED"), database(14)]).to_string())]);
    scan(&folder, &["items.json"]);
    for (kind, columns) in [
        ("checklist", &["確認結果", "確認日", "目標日", "備考"][..]),
        ("mds-sds", &["項目", "回答", "備考"]),
        ("disclosure", &["要求事項", "対応状況", "自動では確認できない事項"]),
        ("matrix", &["条項", "ポリシー", "リソースID", "理由"]),
    ] {
        let table = rows(&report(&folder, &["results.json", "--table", kind, "--target-date", "2027-03-31"]));
        for column in columns {
            assert!(table[0].get(column).is_some(), "{kind}: {column}: {}", table[0]);
        }
        for row in &table {
            assert_eq!(row["作成日時(日本時間)"], "2026-11-23T10:00:00+09:00", "{kind}");
            assert_eq!(row["作成日時(UTC)"], "2026-11-23T01:00:00Z");
            assert_eq!(row["ポリシーのSHA-256"].as_str().unwrap().len(), 64);
            assert_eq!(row["ポリシーのリビジョン"], "");
            assert!(!row.to_string().contains("準拠"), "{row}");
        }
    }
    let checklist =
        rows(&report(&folder, &["results.json", "--table", "checklist", "--target-date", "2027-03-31"]));
    let answers: Vec<_> = checklist.iter().map(|row| row["確認結果"].as_str().unwrap()).collect();
    assert_eq!(answers, ["いいえ", "はい", "はい", "", ""]);
    let targets: Vec<_> = checklist.iter().map(|row| row["目標日"].as_str().unwrap()).collect();
    assert_eq!(targets, ["2027-03-31", "", "", "", ""]);
    assert_eq!(checklist[0]["確認日"], "2026-11-23");
    assert!(checklist[2]["備考"].as_str().unwrap().contains("国内法の執行が及ぶことの確認ではない"));
    assert!(checklist[3]["備考"].as_str().unwrap().starts_with("未確認のため"), "{}", checklist[3]);
    // The same in English, as JSON.
    let text = report(&folder, &["results.json", "--table", "checklist", "--format", "json", "--lang", "en"]);
    let table: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(table["rows"][0]["result"], "no");
    assert_eq!(table["rows"][2]["clause"], "chapter 7");
    assert_eq!(table["provenance"]["sha256"].as_str().unwrap().len(), 64);
}

#[test]
fn names_from_outside_are_neither_markup_nor_formulas() {
    let evil = "</script><script>document.title='x'</script>";
    let mut formula = table("=HYPERLINK(\"http://example.jp\")", "DISABLED");
    formula["resourceName"] = "x".into();
    let folder = folder(&[("items.json", json!([table(evil, "DISABLED"), formula]).to_string())]);
    scan(&folder, &["items.json"]);
    let page = report(&folder, &["results.json"]);
    assert!(!page.contains("document.title='x'</script>") && !page.contains("<script>document"), "markup");
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(page.contains("\\u003c/script\\u003e"));
    let matrix = rows(&report(&folder, &["results.json", "--table", "matrix"]));
    let ids: Vec<_> = matrix.iter().map(|row| row["リソースID"].as_str().unwrap()).collect();
    assert!(ids.contains(&"'=HYPERLINK(\"http://example.jp\")") && ids.contains(&evil), "{ids:?}");
}

#[test]
fn the_page_reaches_nothing_outside_and_claims_no_conformance() {
    let folder = folder(&[("items.json", json!([table("a", "ENABLED")]).to_string())]);
    scan(&folder, &["items.json"]);
    for (lang, word) in [("ja", "はい"), ("en", "yes")] {
        let page = report(&folder, &["results.json", "--lang", lang]);
        assert!(page.contains(&format!("<html lang=\"{lang}\">")) && page.contains(word));
        assert!(page.contains("default-src 'none'") && !page.contains("準拠"));
        for part in [" src=", "<link", "@import", "url("] {
            assert!(!page.contains(part), "{part}");
        }
    }
}

#[test]
fn results_of_aws_config_are_read() {
    let detail = |id: &str, compliance: &str| {
        json!({
            "EvaluationResultIdentifier": {
                "EvaluationResultQualifier": {
                    "ConfigRuleName": "sekisho-dynamodb-pitr", "ResourceType": "AWS::DynamoDB::Table",
                    "ResourceId": id
                },
                "OrderingTimestamp": "2026-11-22T10:00:00.123000+09:00"
            },
            "ComplianceType": compliance, "ResultRecordedTime": "2026-11-22T11:00:00+09:00",
            "Annotation": "PITRが無効です / point-in-time recovery is off"
        })
    };
    let rules = json!({"ConfigRules": [{
        "ConfigRuleName": "sekisho-dynamodb-pitr",
        "ConfigRuleArn": "arn:aws:config:ap-northeast-1:123456789012:config-rule/config-rule-abc",
        "InputParameters": "{\"policy\":\"dynamodb-pitr\"}"
    }]});
    let good = json!({"EvaluationResults": [detail("a", "COMPLIANT")]});
    let bad = json!({"EvaluationResults": [detail("a", "COMPLIANT"), detail("b", "NON_COMPLIANT")]});
    let cut = json!({"EvaluationResults": [detail("a", "COMPLIANT")], "NextToken": "more"});
    let summary = |compliance: &str| {
        json!({"ComplianceByConfigRules": [
            {"ConfigRuleName": "sekisho-dynamodb-pitr", "Compliance": {"ComplianceType": compliance}},
            {"ConfigRuleName": "someone-elses", "Compliance": {"ComplianceType": "COMPLIANT"}}
        ]})
    };
    let failed = json!({"ConfigRulesEvaluationStatus": [{
        "ConfigRuleName": "sekisho-dynamodb-pitr", "LastErrorCode": "INTERNAL_ERROR",
        "LastSuccessfulEvaluationTime": 1_763_000_000.5, "LastFailedEvaluationTime": 1_763_000_100
    }]});
    let folder = folder(&[
        ("rules.json", rules.to_string()),
        ("good.json", good.to_string()),
        ("bad.json", bad.to_string()),
        ("cut.json", cut.to_string()),
        ("no.json", summary("NON_COMPLIANT").to_string()),
        ("yes.json", summary("COMPLIANT").to_string()),
        ("none.json", summary("INSUFFICIENT_DATA").to_string()),
        ("failed.json", failed.to_string()),
    ]);
    for (files, state) in [
        (&["rules.json", "good.json"][..], "yes"),
        (&["good.json"], "yes"),
        (&["rules.json", "bad.json"], "no"),
        (&["rules.json", "cut.json"], "unknown"),
        // The rule says that something is wrong, and what was saved does not show it.
        (&["rules.json", "good.json", "no.json"], "no"),
        (&["yes.json"], "yes"),
        (&["none.json"], "unknown"),
        (&["rules.json", "good.json", "failed.json"], "unknown"),
        (&["rules.json"], "unknown"),
    ] {
        let made = report_json(&folder, files);
        assert_eq!(clause(&made, "backup")["state"], state, "{files:?}");
    }
    let made = report_json(&folder, &["rules.json", "bad.json", "no.json"]);
    let row = &made["policies"]["dynamodb-pitr"]["rows"][0];
    assert_eq!((&row["accountId"], &row["region"]), (&json!("123456789012"), &json!("ap-northeast-1")));
    assert_eq!(row["reasons"][0]["msg"], "PITRが無効です / point-in-time recovery is off");
    assert_eq!(made["policies"]["dynamodb-pitr"]["rows"].as_array().unwrap().len(), 2);
    assert_eq!(clause(&made, "backup")["evaluatedAt"]["utc"], "2026-11-22T02:00:00Z");
    assert!(made["notes"].to_string().contains("someone-elses"), "{}", made["notes"]);
}

#[test]
fn one_result_of_a_rule_with_many_policies_is_not_more_than_it_says() {
    let rules = json!({"ConfigRules": [{
        "ConfigRuleName": "pack", "InputParameters": "{\"policy\":\"medical-jp\"}"
    }]});
    let details = json!({"EvaluationResults": [{
        "EvaluationResultIdentifier": {"EvaluationResultQualifier": {
            "ConfigRuleName": "pack", "ResourceType": "AWS::DynamoDB::Table", "ResourceId": "b"
        }},
        "ComplianceType": "NON_COMPLIANT", "Annotation": "[dynamodb-pitr] point-in-time recovery is off"
    }]});
    let folder = folder(&[("rules.json", rules.to_string()), ("details.json", details.to_string())]);
    let made = report_json(&folder, &["rules.json", "details.json"]);
    assert_eq!(clause(&made, "backup")["state"], "no");
    assert_eq!(clause(&made, "law")["state"], "unknown");
    // A database is no matter of the table's rule.
    assert_eq!(made["policies"]["rds-backup-retention"]["rows"], json!([]));
}

#[test]
fn results_of_replay_are_read_and_called_that() {
    let rule = |name: &str, compliance: &str, failure: Value| {
        json!({"rule": name, "failure": failure, "fixture": true, "unexpected": null, "evaluations": [{
            "resourceType": "AWS::DynamoDB::Table", "resourceId": "a", "compliance": compliance,
            "annotation": null, "orderingTimestamp": 1_795_395_600.25
        }]})
    };
    let folder = folder(&[]);
    for (rules, state) in [
        (json!([rule("dynamodb-pitr/on", "COMPLIANT", Value::Null)]), "yes"),
        (json!([rule("dynamodb-pitr", "NON_COMPLIANT", Value::Null)]), "no"),
        (json!([rule("dynamodb-pitr/on", "COMPLIANT", "it died".into())]), "unknown"),
    ] {
        write(folder.path(), "replay.json", &json!({"rules": rules, "errors": [], "notes": []}).to_string());
        let made = report_json(&folder, &["replay.json"]);
        assert_eq!(clause(&made, "backup")["state"], state);
        assert!(made["notes"].to_string().contains("AWS上の環境を確認した結果ではない"));
    }
}

#[test]
fn other_policies_than_those_of_the_scan_are_named() {
    let folder = folder(&[("items.json", json!([table("a", "ENABLED")]).to_string())]);
    scan(&folder, &["items.json"]);
    assert_eq!(report_json(&folder, &["results.json"])["notes"], json!([]));
    let policy = folder.path().join("policies/medical-jp/dynamodb-pitr.rego");
    fs::write(&policy, fs::read_to_string(&policy).unwrap() + "\n# changed\n").unwrap();
    let notes = report_json(&folder, &["results.json"])["notes"].to_string();
    assert!(notes.contains("SHA-256"), "{notes}");
}

#[test]
fn a_file_is_there_whole_or_stays_as_it_was() {
    let folder = folder(&[
        ("items.json", json!([table("a", "ENABLED")]).to_string()),
        ("report.html", "as it was".into()),
        ("no-result.json", "{\"a\": 1}".into()),
    ]);
    scan(&folder, &["items.json"]);
    let output = run(&folder, &["report", "no-result.json", "--output", "report.html"]);
    assert_eq!((output.code, output.stdout.as_str()), (2, ""));
    assert_eq!(fs::read_to_string(folder.path().join("report.html")).unwrap(), "as it was");
    let output = run(&folder, &["report", "results.json", "--output", "report.html"]);
    assert_eq!((output.code, output.stdout.as_str()), (0, ""), "{output:?}");
    assert!(fs::read_to_string(folder.path().join("report.html")).unwrap().ends_with("</html>\n"));
    let output = run(&folder, &["report", "results.json", "--output", "not/there/report.html"]);
    assert_eq!(output.code, 2);
    assert!(output.stderr.contains("not/there/report.html"), "{output:?}");
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".tmp")), "{left:?}");
}

#[test]
fn what_cannot_be_used_is_named_with_what_to_do() {
    let folder = folder(&[
        ("items.json", json!([table("a", "ENABLED")]).to_string()),
        ("no-result.json", "{\"a\": 1}".into()),
        ("broken.json", "{\"verdicts\": [".into()),
        ("odd.json", json!({"verdicts": [{"policyId": "x"}], "errors": []}).to_string()),
        ("config.json", json!({"EvaluationResults": [{}]}).to_string()),
        ("register.yaml", "items: [".into()),
        ("empty.yaml", "items: []".into()),
    ]);
    scan(&folder, &["items.json"]);
    for (arguments, part) in [
        (&["absent.json"][..], "absent.json"),
        (&["no-result.json"], "sekisho scan --format json"),
        (&["broken.json"], "is not valid JSON"),
        (&["odd.json"], "missing field"),
        (&["config.json"], "EvaluationResults[0]"),
        (&["results.json", "--attestations", "register.yaml"], "is not valid YAML"),
        (&["results.json", "--attestations", "empty.yaml"], "holds no attestation"),
        (&["results.json", "--waivers", "absent.yaml"], "absent.yaml"),
        (&["results.json", "--guideline", "hipaa"], "there are: test-guideline 6.0 運用編"),
        (&["results.json", "--guidelines", "absent"], "holds no guideline"),
        (&["results.json", "--policies", "absent"], "absent"),
        (&["results.json", "--table", "matrix", "--format", "html"], "--table"),
        (&["results.json", "--target-date", "soon"], "--target-date"),
    ] {
        let output = run(&folder, &[&["report"], arguments].concat());
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{arguments:?}: {output:?}");
        assert!(output.stderr.contains(part), "{arguments:?}: {}", output.stderr);
    }
    let help = run(&folder, &["report", "--help"]);
    assert!(help.code == 0 && help.stdout.contains("Examples:") && help.stdout.contains("--table"));
}
