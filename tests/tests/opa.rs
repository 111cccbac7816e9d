//! Real OPA as an oracle: over every fixture the rules of the contract give the same under OPA as under Sekisho.
#![allow(clippy::unwrap_used)]

use std::process::{Command, Stdio};

use sekisho::fixture;
use sekisho_engine::evaluate::{Evaluator, Outcome};
use sekisho_engine::item::time;
use sekisho_engine::policy::PolicySet;
use sekisho_engine::verdict::Compliance;
use sekisho_tests::{environment, root};
use serde_json::{Map, Value, json};

/// One question to OPA: the three rules of a policy over one fixture.
fn job(set: &PolicySet, case: &fixture::Case) -> (Value, Outcome) {
    let policy = set.get(&case.policy_id).unwrap();
    let prepared =
        case.prepare(policy).unwrap_or_else(|problems| panic!("{}: {problems:?}", case.path.display()));
    let mut modules = Map::new();
    for library in set.libraries() {
        modules.insert(library.file.display().to_string(), library.source.to_string().into());
    }
    modules.insert(policy.file.display().to_string(), policy.source.to_string().into());
    let mut facts = prepared.data.facts.clone();
    facts.insert("now".into(), time::format(prepared.data.now).into());
    let (inventory, _) = prepared.data.inventory.document(&policy.metadata.inventory).unwrap();
    // OPA refuses a reference to a rule that is not there. An undefined rule leaves its list empty.
    let package = &policy.package;
    let not_applicable =
        if policy.has_not_applicable { format!("[1 | {package}.not_applicable]") } else { "[]".into() };
    let judged = if policy.has_judged { format!("{package}.judged") } else { "[]".into() };
    let query =
        format!("{{\"deny\": {package}.deny, \"not_applicable\": {not_applicable}, \"judged\": {judged}}}");
    let job = json!({
        "id": case.path.display().to_string(),
        "modules": modules,
        "data": {"parameters": prepared.data.parameters, "facts": facts, "inventory": inventory},
        "input": prepared.item.document,
        "query": query,
    });
    let mut evaluator = Evaluator::new();
    evaluator.add(policy, &prepared.data).unwrap();
    (job, evaluator.judge(&prepared.item, prepared.occasion))
}

fn ask(jobs: &[Value]) -> Vec<Value> {
    use std::io::Write;
    let mut child = Command::new(environment("bin/python"))
        .arg(root().join("tests/oracle/opa_oracle.py"))
        .arg("--library")
        .arg(environment("lib/opa/libopa.so"))
        .args(["eval", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let text = Value::from(jobs.to_vec()).to_string();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// `(resource, msg, msg_ja)` of each denial, sorted.
fn denials_of_opa(value: &Value, own: &str) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut denials: Vec<_> = value
        .as_array()
        .unwrap()
        .iter()
        .map(|denial| {
            if denial.is_string() {
                return (own.to_owned(), text(denial), String::new());
            }
            let resource = &denial["resource"]["resourceId"];
            let resource = if resource.is_null() { own.to_owned() } else { text(resource) };
            (resource, text(&denial["msg"]), text(&denial["msg_ja"]))
        })
        .collect();
    denials.sort();
    denials
}

fn denials_of_ours(outcome: &Outcome) -> Vec<(String, String, String)> {
    let mut denials: Vec<_> = outcome
        .verdicts
        .iter()
        .flat_map(|verdict| {
            verdict.reasons.iter().map(|reason| {
                let japanese = reason.msg_ja.clone().unwrap_or_default();
                (verdict.resource.resource_id.clone(), reason.msg.clone(), japanese)
            })
        })
        .collect();
    denials.sort();
    denials
}

#[test]
fn every_fixture_gives_the_same_under_opa_and_under_sekisho() {
    let set = PolicySet::load(&root().join("policies"));
    assert_eq!(set.problems().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
    let (cases, problems) = fixture::find(&root().join("fixtures"));
    assert_eq!(problems, []);
    assert!(cases.len() >= 5 * 3, "there are {} fixtures", cases.len());
    // An item that is gone is never asked about, so there is nothing to compare.
    let live = |case: &&fixture::Case| {
        let policy = set.get(&case.policy_id).unwrap();
        case.prepare(policy).is_ok_and(|p| p.item.status == sekisho_engine::item::ItemStatus::Live)
    };
    let cases: Vec<_> = cases.iter().filter(live).collect();
    let (jobs, ours): (Vec<_>, Vec<_>) = cases.iter().map(|case| job(&set, case)).unzip();
    let answers = ask(&jobs);
    assert_eq!(answers.len(), cases.len());
    for ((case, ours), opa) in cases.iter().zip(&ours).zip(&answers) {
        let name = case.path.display();
        assert_eq!(ours.errors, [], "{name}");
        let value = &opa["value"];
        assert!(value.is_object(), "{name}: OPA says {opa}");
        let own = &ours.verdicts[0];
        if value["not_applicable"] == json!([1]) {
            assert_eq!(own.compliance, Compliance::NotApplicable, "{name}");
            continue;
        }
        assert_eq!(
            denials_of_ours(ours),
            denials_of_opa(&value["deny"], &own.resource.resource_id),
            "{name}"
        );
        let mut judged: Vec<_> =
            value["judged"].as_array().unwrap().iter().map(|j| j["resourceId"].as_str().unwrap()).collect();
        judged.retain(|id| *id != own.resource.resource_id);
        for id in judged {
            assert!(ours.verdicts.iter().any(|v| v.resource.resource_id == id), "{name}: {id} is not judged");
        }
    }
}
