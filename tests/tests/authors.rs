//! Where authors are: the hook of pre-commit, the action of GitHub, the settings of VS Code. What they run is run here, in a
//! project of an author, with the `sekisho` of this build.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use sekisho_tests::{Output, binary, output, root, sekisho_in};
use serde_json::Value;

fn yaml(name: &str) -> Value {
    serde_saphyr::from_str(&fs::read_to_string(root().join(name)).unwrap()).unwrap()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("{field} of {value}"))
}

/// A new policy with its tests, in a folder below `folder`.
fn project(folder: &Path) -> PathBuf {
    let project = folder.join("project");
    fs::create_dir_all(&project).unwrap();
    let made = sekisho_in(&project, &["new", "policy", "queue-has-owner", "--type", "AWS::SQS::Queue"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    project
}

fn change(project: &Path, from: &str, to: &str) {
    let path = project.join("policies/queue-has-owner.rego");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from} in {text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

fn bash(script: &str, folder: &Path, programs: &Path) -> Command {
    let mut command = Command::new("bash");
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    command.args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script]);
    command.current_dir(folder).env("PATH", path).env("SEKISHO_CACHE", folder.join("no-cache"));
    command
}

fn built() -> PathBuf {
    binary("sekisho").parent().unwrap().to_owned()
}

#[test]
fn the_hooks_pass_on_a_sound_project_and_stop_a_commit_of_a_broken_one() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let hooks = hooks.as_array().unwrap();
    let ids: Vec<&str> = hooks.iter().map(|hook| text(hook, "id")).collect();
    assert_eq!(ids, ["sekisho-check", "sekisho-test"]);
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path());
    let run = |hook: &Value| output(bash(text(hook, "entry"), &project, &built())).code;
    for hook in hooks {
        assert!(["name", "description"].iter().all(|field| !text(hook, field).is_empty()));
        assert_eq!((text(hook, "language"), &hook["pass_filenames"]), ("system", &Value::Bool(false)));
        assert_eq!(text(hook, "files"), "^(policies|fixtures)/");
        assert_eq!(run(hook), 0, "{hook}");
    }
    change(&project, "\"msg\": \"the tag Owner is missing\"", "\"msg\": \"no owner\"");
    assert_eq!((run(&hooks[0]), run(&hooks[1])), (0, 1), "the tests expect another text");
    change(&project, "severity: low", "severity: lwo");
    assert_eq!((run(&hooks[0]), run(&hooks[1])), (2, 2));
}

/// The pages of an author name hooks that are there.
#[test]
fn the_hooks_of_the_page_are_those_of_the_file() {
    let page = fs::read_to_string(root().join("docs/authors.md")).unwrap();
    let (_, config) = page.split_once("```yaml\nrepos:").unwrap();
    let named: Vec<&str> = config
        .split("```")
        .next()
        .unwrap()
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- id: "))
        .collect();
    let hooks = yaml(".pre-commit-hooks.yaml");
    let ids: Vec<&str> = hooks.as_array().unwrap().iter().map(|hook| text(hook, "id")).collect();
    assert_eq!(named, ids);
}

/// The steps of `action.yml` that run a script, as a runner of GitHub runs them.
struct Runner {
    folder: tempfile::TempDir,
    action: Value,
    inputs: BTreeMap<String, String>,
}

impl Runner {
    fn new() -> Self {
        let action = yaml("action.yml");
        assert_eq!(action["runs"]["using"], "composite");
        let defaults = action["inputs"].as_object().unwrap().iter();
        let inputs =
            defaults.map(|(name, input)| (name.clone(), text(input, "default").to_owned())).collect();
        let runner = Self { folder: tempfile::tempdir().unwrap(), action, inputs };
        fs::create_dir_all(runner.path("stand-ins")).unwrap();
        runner
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `cargo install` takes minutes: this one holds its arguments against the sources, and installs what is built.
    fn stand_in_cargo(&self) {
        let cargo = format!(
            "#!/bin/bash\nset -eu\n[ \"$1 $2 $3\" = 'install --locked --path' ] && [ \"$5\" = --root ]\n\
             grep -q '^name = \"sekisho\"' \"$4/Cargo.toml\"\n[ -f rust-toolchain.toml ]\n\
             mkdir -p \"$6/bin\"\ncp '{}' \"$6/bin/\"\n",
            binary("sekisho").display()
        );
        let path = self.path("stand-ins/cargo");
        fs::write(&path, cargo).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A text of the action with its expressions filled in.
    fn filled(&self, text: &str) -> String {
        self.inputs.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("${{{{ inputs.{name} }}}}"), value)
        })
    }

    fn run(&self, step: &Value, project: &Path) -> Output {
        assert_eq!(text(step, "shell"), "bash");
        let folder = project.join(self.filled(step["working-directory"].as_str().unwrap_or(".")));
        let mut command = bash(text(step, "run"), &folder, &self.path("stand-ins"));
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            let value = self.filled(value.as_str().unwrap());
            assert!(!value.contains("${{"), "{value}");
            command.env(name, value);
        }
        command.env("GITHUB_ACTION_PATH", root()).env("RUNNER_TEMP", self.path("temp"));
        command.env("GITHUB_OUTPUT", self.path("output")).env("RUNNER_OS", "Linux").env("RUNNER_ARCH", "X64");
        output(command)
    }

    fn steps(&self) -> Vec<Value> {
        let steps = self.action["runs"]["steps"].as_array().unwrap();
        // What is no script is the one step that keeps the build.
        let uses: Vec<&str> = steps.iter().filter_map(|step| step["uses"].as_str()).collect();
        assert_eq!(uses, ["actions/cache@v4"]);
        steps.iter().filter(|step| step.get("run").is_some()).cloned().collect()
    }
}

#[test]
fn the_action_installs_checks_and_tests() {
    let mut runner = Runner::new();
    runner.inputs.insert("working-directory".to_owned(), "rules".to_owned());
    runner.inputs.insert("junit".to_owned(), "out.xml".to_owned());
    runner.stand_in_cargo();
    let repository = runner.path("repository");
    let project = project(&repository.join("rules"));
    for entry in fs::read_dir(&project).unwrap() {
        let from = entry.unwrap().path();
        fs::rename(&from, repository.join("rules").join(from.file_name().unwrap())).unwrap();
    }
    let rules = repository.join("rules");
    let steps = runner.steps();
    assert_eq!(steps.len(), 3, "key, install, sekisho");
    for step in &steps {
        let done = runner.run(step, &repository);
        assert_eq!(done.code, 0, "{step}: {done:?}");
    }
    let outputs = fs::read_to_string(runner.path("output")).unwrap();
    let key = outputs.lines().find_map(|line| line.strip_prefix("key=sekisho-Linux-X64-")).unwrap();
    assert!(key.len() == 64 && outputs.contains("junit=out.xml"), "{outputs}");
    let report = fs::read_to_string(rules.join("out.xml")).unwrap();
    assert_eq!(roxmltree::Document::parse(&report).unwrap().root_element().attribute("tests"), Some("4"));
    // A test that fails, then a mistake too: both are told, the worse code is that of the job.
    change(&rules, "\"msg\": \"the tag Owner is missing\"", "\"msg\": \"no owner\"");
    assert_eq!(runner.run(&steps[2], &repository).code, 1);
    change(&rules, "[\"tags\", \"Owner\"]", "[\"awsRegoin\"]");
    let both = runner.run(&steps[2], &repository);
    assert_eq!(both.code, 2, "{both:?}");
    assert!(both.stdout.contains("::error file=policies/queue-has-owner.rego,line=18,"), "{both:?}");
    assert!(
        fs::read_to_string(rules.join("out.xml")).unwrap().contains("<failure"),
        "the tests ran all the same"
    );
}

/// The step that keeps the build has the folder that the install step fills, under the key of the sources.
#[test]
fn the_action_keeps_its_build() {
    let runner = Runner::new();
    let steps = runner.action["runs"]["steps"].as_array().unwrap();
    let cache = steps.iter().find(|step| step.get("uses").is_some()).unwrap();
    assert_eq!(text(&cache["with"], "path"), "${{ runner.temp }}/sekisho");
    assert_eq!(text(&cache["with"], "key"), "${{ steps.key.outputs.key }}");
    let install = steps
        .iter()
        .find(|step| step["run"].as_str().is_some_and(|run| run.contains("cargo install")))
        .unwrap();
    assert_eq!(text(install, "if"), "steps.cache.outputs.cache-hit != 'true'");
    assert!(text(install, "run").contains("--root \"$RUNNER_TEMP/sekisho\""));
    assert!(root().join("rule-runtime/cli/Cargo.toml").is_file());
}

/// Whether a glob of `yaml.schemas` means the file; `*` is anything within a folder.
fn means(glob: &str, path: &str) -> bool {
    let Some(glob) = glob.strip_prefix('/') else { return path.rsplit('/').next() == Some(glob) };
    let (globs, parts): (Vec<_>, Vec<_>) = (glob.split('/').collect(), path.split('/').collect());
    globs.len() == parts.len()
        && globs.iter().zip(parts).all(|(glob, part)| match glob.split_once('*') {
            Some((before, after)) => part.starts_with(before) && part.ends_with(after),
            None => *glob == part,
        })
}

#[test]
fn vs_code_knows_the_schema_of_every_file() {
    let read = |name: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(root().join(name)).unwrap()).unwrap()
    };
    let recommended = read(".vscode/extensions.json");
    for extension in ["tsandall.opa", "redhat.vscode-yaml"] {
        assert!(recommended["recommendations"].as_array().unwrap().contains(&extension.into()));
    }
    let settings = read(".vscode/settings.json");
    assert_eq!(settings["opa.roots"][0], "${workspaceFolder}/policies");
    let mut globs = Vec::new();
    for (schema, names) in settings["yaml.schemas"].as_object().unwrap() {
        assert!(root().join(schema).is_file(), "{schema}");
        let names = names.as_array().cloned().unwrap_or_else(|| vec![names.clone()]);
        globs.extend(names.into_iter().map(|name| (name.as_str().unwrap().to_owned(), schema.clone())));
    }
    let schema_of = |path: &str| -> Option<String> {
        // The first line of a file goes before the settings.
        let text = fs::read_to_string(root().join(path)).unwrap_or_default();
        let own = text.lines().next().and_then(|line| line.strip_prefix("# yaml-language-server: $schema="));
        if let Some(own) = own {
            let schema = root().join(path).parent().unwrap().join(own).canonicalize().unwrap();
            return Some(schema.file_name().unwrap().to_str().unwrap().to_owned());
        }
        let mut found = globs.iter().filter(|(glob, _)| means(glob, path)).map(|(_, schema)| schema);
        let first = found.next().map(|schema| schema.rsplit('/').next().unwrap().to_owned());
        assert!(found.next().is_none(), "{path} has one");
        first
    };
    let expect = |path: &str, schema: &str| assert_eq!(schema_of(path).as_deref(), Some(schema), "{path}");
    expect("waivers.yaml", "waivers.schema.json");
    expect("policies/waivers.yaml", "waivers.schema.json");
    expect("policies/guidelines/demands.yaml", "demands.schema.json");
    for (folder, schema) in
        [("policies/guidelines", "guideline.schema.json"), ("fixtures/dynamodb-pitr", "fixture.schema.json")]
    {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let file = entry.unwrap().path();
            let name = file.file_name().unwrap().to_str().unwrap();
            if file.extension().is_some_and(|ending| ending == "yaml") && name != "demands.yaml" {
                expect(&format!("{folder}/{name}"), schema);
            }
        }
    }
    assert_eq!(schema_of("template.yaml"), None);
}
