//! Every command says `Examples:` in its help, and every example is run in a folder that has the files it names.
//!
//! What is not on this machine has a stand-in, and nothing is left out:
//! - `aws` is `tests/env/aws_cli.py`: it holds the call against AWS's own model of the API, and answers from a file.
//! - `man` shows the page's source.
//! - the address of the property lists at GitHub is that of a server of the test with the same kind of zip.
//! - AWS, which `sekisho doctor` asks, is moto and the endpoint of `sekisho replay`; `sekisho record` asks the latter.
//! - `--watch` runs until it says that it watches.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use axum::Router;
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;
use sekisho::replay::config_endpoint::ConfigEndpoint;
use sekisho_tests::function::scheduled_event;
use sekisho_tests::moto::{ACCOUNT, Moto};
use sekisho_tests::{Output, Process, binary, environment, help, output, root};
use serde_json::{Value, json};

/// A template as the example of `sekisho scan --cloudformation` deploys it.
const TEMPLATE: &str = "Parameters: {Stage: {Type: String}}
Resources:
  Charts:
    Type: AWS::S3::Bucket
    Properties: {BucketName: !Sub 'charts-${Stage}'}
";

const LISTS: &str = "https://github.com/awslabs/aws-config-resource-schema/archive/refs/heads/master.zip";

/// The examples of a help: lines behind `Examples:`, without the words that explain them.
fn examples(text: &str) -> Vec<String> {
    let (_, rest) = text.split_once("Examples:\n").unwrap_or_default();
    rest.lines()
        .take_while(|line| line.starts_with("  "))
        .map(|line| line.trim_start().split("  ").next().unwrap().to_owned())
        .collect()
}

#[test]
fn every_command_has_examples() {
    let commands = help::commands();
    for path in &commands {
        let text = help::of(path);
        let found = examples(&text);
        assert!(!found.is_empty(), "sekisho {}: {text}", path.join(" "));
        let own = format!("sekisho {}", path.join(" "));
        assert!(found.iter().any(|example| example.contains(own.trim_end())), "{own}: {found:?}");
    }
    let names: Vec<String> = commands.iter().map(|path| path.join(" ")).collect();
    for nested in ["", "new policy", "schema print", "schema update"] {
        assert!(names.iter().any(|name| name == nested), "{names:?}");
    }
}

/// A project with all that the examples name, and what stands in for the rest.
struct Project {
    around: tempfile::TempDir,
    lists: String,
    _server: tokio::runtime::Runtime,
}

fn item(name: &str) -> Value {
    let text = fs::read_to_string(root().join("fixtures").join(name)).unwrap();
    let fixture: Value = serde_saphyr::from_str(&text).unwrap();
    fixture["item"].clone()
}

fn shell(folder: &Path, script: &str) {
    let mut command = Command::new("bash");
    command.args(["--norc", "-euc", script]).current_dir(folder);
    let done = output(command);
    assert_eq!(done.code, 0, "{script}: {done:?}");
}

/// Policies that `sekisho test` runs with all their fixtures, which would take minutes for the whole pack.
const TESTED: [&str; 4] =
    ["dynamodb-pitr", "data-at-rest-encrypted", "rds-backup-retention", "s3-versioning-lock"];

/// Every policy with a fixture a verdict, so that `check` is content.
fn copy_pack(folder: &Path) {
    let copy = format!("cp -r {}/policies .", root().display());
    shell(folder, &copy);
    for entry in fs::read_dir(root().join("fixtures")).unwrap() {
        let from = entry.unwrap().path();
        let to = folder.join("fixtures").join(from.file_name().unwrap());
        fs::create_dir_all(&to).unwrap();
        let mut files: Vec<_> = fs::read_dir(&from).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let mut verdicts = BTreeSet::new();
        for file in files.iter().filter(|file| file.is_file()) {
            let text = fs::read_to_string(file).unwrap_or_default();
            let is_fixture = file.extension().is_some_and(|ending| ending == "yaml");
            let words = text
                .split("compliance: ")
                .skip(1)
                .map(|rest| rest.split(|c: char| !c.is_ascii_uppercase() && c != '_').next());
            let found: Vec<String> = words.flatten().map(ToOwned::to_owned).collect();
            let is_new = found.iter().any(|word| !verdicts.contains(word));
            verdicts.extend(found);
            if !is_fixture || is_new || file.ends_with("disabled.yaml") {
                fs::copy(file, to.join(file.file_name().unwrap())).unwrap();
            }
        }
    }
}

/// The lists of the tests have a few fields of a type; `check` finds the others in the fixtures, all of them.
fn copy_all(folder: &Path) {
    shell(folder, &format!("cp -r {root}/policies {root}/fixtures .", root = root().display()));
}

/// A few policies, with all that tests them.
fn copy_tested(folder: &Path) {
    let root = root().display();
    shell(folder, &format!("mkdir -p policies/medical-jp fixtures && cp -r {root}/policies/lib policies/"));
    for id in TESTED {
        shell(
            folder,
            &format!(
                "cp {root}/policies/medical-jp/{id}*.rego policies/medical-jp/ && cp -r {root}/fixtures/{id} fixtures/"
            ),
        );
    }
}

impl Project {
    fn new(copy: fn(&Path)) -> Self {
        let around = tempfile::tempdir().unwrap();
        let (server, lists) = serve_lists();
        let project = Self { around, lists, _server: server };
        let folder = project.folder();
        fs::create_dir(&folder).unwrap();
        copy(&folder);
        let around = format!(
            "mkdir -p docs items schemas target ../before ../home/.zfunc \
             ../home/.local/share/bash-completion/completions ../home/.config/fish/completions ../bin \
             && cp -r {root}/policies ../before/ && cp -r {root}/fixtures/check/schema ../aws-config-resource-schema",
            root = root().display()
        );
        shell(&folder, &around);
        project.write_files();
        project.write_stand_ins();
        let git = "git -c init.defaultBranch=main init -q && git add policies \
                   && git -c user.name=a -c user.email=a@example.invalid commit -qm first && git tag v1.2.0";
        shell(&folder, git);
        project
    }

    fn folder(&self) -> PathBuf {
        self.around.path().join("project")
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.folder().join(name), content).unwrap();
    }

    fn write_files(&self) {
        let bucket = json!({
            "resourceType": "AWS::S3::Bucket", "resourceId": "b", "awsAccountId": ACCOUNT, "awsRegion": "ap-northeast-1",
            "configurationItemStatus": "OK", "configurationItemCaptureTime": "2026-11-23T01:00:00.000Z",
            "configuration": {"name": "b"}, "supplementaryConfiguration": {}, "tags": {},
        });
        let account = json!({
            "resourceType": "AWS::::Account", "resourceId": ACCOUNT, "awsAccountId": ACCOUNT, "awsRegion": "ap-northeast-1",
            "configurationItemStatus": "OK", "configurationItemCaptureTime": "2026-11-23T01:00:00.000Z", "configuration": {},
        });
        let mut table = item("dynamodb-pitr/disabled.yaml");
        table["resourceId"] = "patients".into();
        let snapshot =
            json!({"fileVersion": "1.0", "configSnapshotId": "1", "configurationItems": [bucket, table]});
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(snapshot.to_string().as_bytes()).unwrap();
        self.write("snapshot.json.gz", gzip.finish().unwrap());
        self.write("items/bucket.json", bucket.to_string());
        self.write("account.json", account.to_string());
        self.write(
            "staff.csv",
            "社員番号,氏名,メールアドレス,在籍区分,退職日\n001234,鈴木,suzuki@example.jp,在籍,\n",
        );
        self.write("users.json", "[]");
        self.write(
            "rules.yaml",
            "rules:\n  - name: data-in-japan\n    parameters: {policy: residency-resource-region, allowedRegions: ap-northeast-1}\n    \
             resource_types: [AWS::S3::Bucket]\n    trigger: change\n",
        );
        self.write(
            "attestations.yaml",
            "items:\n  - {item: security-training, approver: 院長, doneOn: 2026-04-10, expiresOn: 2027-03-31, \
             evidenceUri: s3://evidence/training.pdf}\n",
        );
        self.write("aws-config-resource-schema.zip", zip_of_lists());
        let event =
            scheduled_event("r", "token", &json!({"policy": "iam-user-mfa"}), "2026-11-23T01:00:00.000Z");
        self.write("event.json", event.to_string());
        let answers = json!({
            "GetResourceConfigHistory": {"configurationItems": [bucket]},
            "DescribeConfigRules": {"ConfigRules": [{
                "ConfigRuleName": "sekisho-dynamodb-pitr", "ConfigRuleArn": "arn:aws:config:ap-northeast-1:123456789012:config-rule/r",
                "Source": {"Owner": "CUSTOM_LAMBDA", "SourceIdentifier": "arn:aws:lambda:ap-northeast-1:123456789012:function:sekisho"},
                "InputParameters": "{\"policy\":\"dynamodb-pitr\"}", "ConfigRuleState": "ACTIVE",
            }]},
            "GetComplianceDetailsByConfigRule": {"EvaluationResults": [{
                "EvaluationResultIdentifier": {
                    "EvaluationResultQualifier": {
                        "ConfigRuleName": "sekisho-dynamodb-pitr", "ResourceType": "AWS::DynamoDB::Table", "ResourceId": "patients",
                    },
                    "OrderingTimestamp": "2026-11-23T10:00:00+09:00",
                },
                "ComplianceType": "NON_COMPLIANT", "ResultRecordedTime": "2026-11-23T10:00:05+09:00",
                "ConfigRuleInvokedTime": "2026-11-23T10:00:02+09:00", "Annotation": "PITRが無効です",
            }]},
        });
        self.write("../answers.json", answers.to_string());
    }

    fn write_stand_ins(&self) {
        self.write("template.yaml", TEMPLATE);
        let aws = format!(
            "#!/bin/sh\nexec '{}' '{}' '{}' \"$@\"\n",
            environment("bin/python").display(),
            root().join("tests/env/aws_cli.py").display(),
            self.around.path().join("answers.json").display()
        );
        let man = "#!/bin/sh\n[ \"$1\" = -l ] && exec cat \"$2\"\n";
        for (name, script) in [("aws", aws.as_str()), ("man", man)] {
            let path = self.around.path().join("bin").join(name);
            fs::write(&path, script).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    /// A shell that runs `example` as a user of the project would.
    fn bash(&self, example: &str) -> Command {
        let programs = binary("sekisho").parent().unwrap().to_owned();
        let stand_ins = self.around.path().join("bin");
        let path =
            format!("{}:{}:{}", stand_ins.display(), programs.display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("bash");
        command
            .args(["--norc", "-o", "pipefail", "-c", &example.replace(LISTS, &self.lists)])
            .current_dir(self.folder())
            .env("PATH", path)
            .env("HOME", self.around.path().join("home"))
            .env("SEKISHO_CACHE", self.around.path().join("cache"));
        command
    }

    /// What `example` comes to where AWS Config is at `config`, and all else of AWS at `aws`.
    fn run_against(&self, example: &str, aws: &str, config: &str) -> Output {
        let mut command = self.bash(example);
        command
            .env("AWS_ENDPOINT_URL", aws)
            .env("AWS_ENDPOINT_URL_CONFIG_SERVICE", config)
            .env("AWS_REGION", "ap-northeast-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_EC2_METADATA_DISABLED", "true");
        output(command)
    }

    fn run(&self, example: &str) {
        if example.contains("--watch") {
            return self.watch(example);
        }
        let done = output(self.bash(example));
        // What a scan finds is no fault of the example.
        let judges = ["scan", "eval", "impact", "replay items/", "replay snapshot.json.gz"]
            .iter()
            .any(|name| example.contains(&format!("sekisho {name} ")));
        let expected: &[i32] = if judges { &[0, 1] } else { &[0] };
        assert!(expected.contains(&done.code), "{example}: {done:?}");
        let written = written(example);
        let is_silent = done.stdout.is_empty() && done.stderr.is_empty();
        assert!(!written.is_empty() || !is_silent, "{example}");
        for file in written {
            let file = PathBuf::from(file.replace('~', self.around.path().join("home").to_str().unwrap()));
            let there =
                fs::metadata(self.folder().join(&file)).unwrap_or_else(|error| panic!("{example}: {error}"));
            assert!(there.is_dir() || there.len() > 0, "{example}: {} is empty", file.display());
        }
    }

    fn watch(&self, example: &str) {
        let mut command = self.bash(&format!("exec {example}"));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let told = BufReader::new(child.stderr.take().unwrap());
        let _process = Process(child);
        let watches = told.lines().map_while(Result::ok).any(|line| line.contains("watching "));
        assert!(watches, "{example} ended without watching");
    }
}

/// The files that the example says it writes.
fn written(example: &str) -> Vec<String> {
    let words: Vec<&str> = example.split_whitespace().collect();
    let pairs = words.windows(2).filter(|pair| [">", "--output", "--record-facts"].contains(&pair[0]));
    pairs.map(|pair| pair[1].to_owned()).collect()
}

fn zip_of_lists() -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for entry in fs::read_dir(root().join("fixtures/check/schema")).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("master/{}", path.file_name().unwrap().to_str().unwrap());
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&fs::read(path).unwrap()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn serve_lists() -> (tokio::runtime::Runtime, String) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = Router::new().route("/master.zip", get(|| async { zip_of_lists() }));
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(async move { axum::serve(listener, app).await });
    (runtime, format!("http://{address}/master.zip"))
}

/// Commands whose examples have a test of their own below.
const APART: [&str; 2] = ["doctor", "record"];

#[test]
fn every_example_runs() {
    let mut ran = BTreeSet::new();
    for path in help::commands() {
        if path.first().is_some_and(|name| APART.contains(&name.as_str())) {
            continue;
        }
        // Each command finds the project as it was; its examples follow one another, as they stand there.
        let project = Project::new(match path.first().map(String::as_str) {
            None | Some("test") => copy_tested,
            Some("check") => copy_all,
            _ => copy_pack,
        });
        for example in examples(&help::of(&path)) {
            project.run(&example);
            ran.insert(example);
        }
    }
    assert!(ran.len() >= 50, "{ran:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_doctor_runs() {
    let moto = Moto::start().await;
    let config = ConfigEndpoint::start().await.unwrap();
    let iam = aws_sdk_iam::Client::new(&moto.sdk().await);
    iam.create_user().user_name("suzuki").send().await.unwrap();
    let found = examples(&help::of(&["doctor".to_owned()]));
    assert!(found.len() >= 3, "{found:?}");
    tokio::task::block_in_place(|| {
        let project = Project::new(copy_pack);
        for example in found {
            let done = project.run_against(&example, &moto.url, &config.url());
            let expected: &[i32] = if example.contains("sekisho scan") { &[0, 1] } else { &[0] };
            assert!(expected.contains(&done.code), "{example}: {done:?}");
            assert!(
                done.stdout.contains("user suzuki") || done.stdout.contains(ACCOUNT),
                "{example}: {done:?}"
            );
        }
    });
    assert_eq!(config.requests(), [], "AWS Config is told nothing");
}

/// Items of an account, of the types and ids that the examples of `sekisho record` name.
fn recorded() -> Vec<Value> {
    let item = |resource_type: &str, id: &str, configuration: Value| {
        json!({
            "configurationItemVersion": "1.3", "configurationItemCaptureTime": "2026-11-20T04:31:22.118Z",
            "configurationStateId": 1_795_149_082_118_u64, "configurationItemStatus": "OK", "awsAccountId": ACCOUNT,
            "resourceType": resource_type, "resourceId": id, "resourceName": id,
            "ARN": format!("arn:aws:x:ap-northeast-1:{ACCOUNT}:{id}"), "awsRegion": "ap-northeast-1",
            "availabilityZone": "Regional", "tags": {}, "relatedEvents": [], "relationships": [],
            "configuration": configuration, "supplementaryConfiguration": {},
        })
    };
    let group = json!({"groupId": "sg-0a1b2c3d4e5f67890", "ipPermissions": [], "ipPermissionsEgress": []});
    let mailer =
        json!({"functionName": "mailer", "environment": {"variables": {"TOKEN": "hX7vQ2pLr9TzKw4NbY6s"}}});
    vec![
        item("AWS::EC2::SecurityGroup", "sg-0a1b2c3d4e5f67890", group),
        item("AWS::S3::Bucket", "karte-images", json!({"name": "karte-images"})),
        item("AWS::IAM::Role", "AROA0123456789EXAMPLE", json!({"roleName": "batch", "path": "/"})),
        item("AWS::Lambda::Function", "mailer", mailer),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_record_runs() {
    let config = ConfigEndpoint::start().await.unwrap();
    config.record(&recorded());
    let found = examples(&help::of(&["record".to_owned()]));
    assert!(found.len() >= 4, "{found:?}");
    tokio::task::block_in_place(|| {
        let project = Project::new(copy_pack);
        for example in found {
            let done = project.run_against(&example, "http://127.0.0.1:9", &config.url());
            let expected: &[i32] = if example.contains("sekisho scan") { &[0, 1] } else { &[0] };
            assert!(expected.contains(&done.code), "{example}: {done:?}");
            assert!(
                !done.stdout.contains(ACCOUNT) && !done.stderr.contains("hX7vQ2pLr9TzKw4NbY6s"),
                "{example}: {done:?}"
            );
        }
    });
}
