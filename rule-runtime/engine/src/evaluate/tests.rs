#![allow(clippy::unwrap_used)]
use super::*;
use crate::policy::PolicySet;
use crate::verdict::Reason;
use std::path::Path;

/// A folder with one policy: METADATA for S3 buckets, then `rules`.
fn folder(policies: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (id, rules) in policies {
        std::fs::write(folder.path().join(format!("{id}.rego")), policy_text(id, rules)).unwrap();
    }
    folder
}

fn policy_text(id: &str, rules: &str) -> String {
    let package = id.replace('-', "_");
    format!(
        "# METADATA\n# title: t\n# description: d\n# custom:\n#   id: {id}\n#   title_ja: 題\n#   severity: high\n\
         #   trigger: both\n#   resource_types: [AWS::S3::Bucket, \"AWS::::Account\"]\n#   remediation: r\n\
         package p.{package}\n\n{rules}\n"
    )
}

fn load(folder: &Path) -> PolicySet {
    let set = PolicySet::load(folder);
    let problems: Vec<_> = set.problems().map(ToString::to_string).collect();
    assert_eq!(problems, Vec::<String>::new());
    set
}

fn evaluator(set: &PolicySet) -> Evaluator {
    let mut evaluator = Evaluator::new().time_limit(Duration::from_millis(300));
    for policy in set.policies() {
        let parameters = policy.metadata.parameters.apply(&Map::new()).unwrap();
        let data = PolicyData { parameters, ..PolicyData::default() };
        evaluator.add(policy, &data).unwrap();
    }
    evaluator
}

#[allow(clippy::needless_pass_by_value, reason = "called with json!")]
fn bucket(configuration: Value) -> ConfigurationItem {
    let item = json!({"resourceType": "AWS::S3::Bucket", "resourceId": "b", "configuration": configuration});
    ConfigurationItem::from_map(item.as_object().unwrap().clone(), "item", "").unwrap()
}

fn judge(rules: &str, configuration: Value) -> Outcome {
    let folder = folder(&[("one", rules)]);
    evaluator(&load(folder.path())).judge(&bucket(configuration), Occasion::Change)
}

fn compliance(rules: &str, configuration: Value) -> Compliance {
    let outcome = judge(rules, configuration);
    assert_eq!(outcome.errors, []);
    outcome.verdicts[0].compliance
}

const DENY_OFF: &str = "deny contains {\"msg\": \"off\", \"msg_ja\": \"無効\"} if input.configuration.on == false\n\
                        not_applicable if input.configuration.skip";

#[test]
fn deny_not_applicable_and_neither() {
    assert_eq!(compliance(DENY_OFF, json!({"on": false})), Compliance::NonCompliant);
    assert_eq!(compliance(DENY_OFF, json!({"on": true})), Compliance::Compliant);
    assert_eq!(compliance(DENY_OFF, json!({"on": false, "skip": true})), Compliance::NotApplicable);
}

#[test]
fn reasons_carry_both_languages() {
    let outcome = judge(DENY_OFF, json!({"on": false}));
    assert_eq!(outcome.verdicts[0].reasons, [Reason { msg: "off".into(), msg_ja: Some("無効".into()) }]);
}

#[test]
fn an_item_that_is_gone_is_not_applicable_without_evaluation() {
    let folder = folder(&[("one", "deny contains \"always\"")]);
    let mut item = bucket(json!({}));
    item.status = ItemStatus::Deleted;
    let outcome = evaluator(&load(folder.path())).judge(&item, Occasion::Change);
    assert_eq!(outcome.verdicts[0].compliance, Compliance::NotApplicable);
}

#[test]
fn every_kind_of_failure_is_an_error_and_never_a_verdict() {
    for (rules, why) in [
        ("deny contains \"x\" if to_number(input.configuration.text) > 1", "could not parse"),
        ("deny contains \"x\" if { some v in input.configuration.null; v }", ""),
        ("deny contains 7", "deny contains a number"),
        ("deny contains {\"message\": \"x\"}", "without msg"),
        ("deny contains \" \"", "msg of a deny message is empty"),
        ("deny contains {\"msg\": \"x\", \"resource\": {\"resourceType\": \"T\"}}", "resourceId"),
        ("deny contains \"x\" if false\nnot_applicable := 3", "not_applicable is a number"),
        ("deny contains \"x\" if false\njudged contains \"b\"", "an element of judged"),
        (
            "deny contains \"x\" if { some i in numbers.range(1, 10000); some j in numbers.range(1, 10000); some k in numbers.range(1, 100); i * j * k < 0 }",
            "time",
        ),
        ("deny contains sprintf(\"%²d\", [1])", "panicked"),
    ] {
        let outcome = judge(rules, json!({"text": "many", "null": null}));
        assert_eq!(outcome.verdicts, [], "{rules}");
        let [error] = &outcome.errors[..] else { panic!("{rules}: {outcome:?}") };
        assert!(error.to_string().contains(why), "{rules}: {error}");
    }
}

#[test]
fn a_policy_that_panicked_works_again_for_the_next_item() {
    let rules = "deny contains sprintf(input.configuration.format, [1])";
    let folder = folder(&[("one", rules)]);
    let mut evaluator = evaluator(&load(folder.path()));
    let bad = evaluator.judge(&bucket(json!({"format": "%²d"})), Occasion::Change);
    assert_eq!((bad.verdicts.len(), bad.errors.len()), (0, 1), "{bad:?}");
    let good = evaluator.judge(&bucket(json!({"format": "%d"})), Occasion::Change);
    assert_eq!(good.verdicts[0].compliance, Compliance::NonCompliant);
}

#[test]
fn a_failing_policy_does_not_stop_the_others() {
    let folder = folder(&[
        ("bad", "deny contains \"x\" if to_number(input.configuration.text) > 1"),
        ("good", "deny contains \"found\""),
    ]);
    let outcome = evaluator(&load(folder.path())).judge(&bucket(json!({"text": "many"})), Occasion::Change);
    assert_eq!(outcome.errors[0].policy_id, "bad");
    assert_eq!(outcome.verdicts[0].policy_id, "good");
    assert_eq!(outcome.verdicts[0].compliance, Compliance::NonCompliant);
}

#[test]
fn a_periodic_policy_judges_the_account_and_the_resources_that_it_names() {
    let rules = "user(id) := {\"resourceType\": \"AWS::IAM::User\", \"resourceId\": id}\n\
                 judged contains user(id) if some id in [\"a\", \"b\"]\n\
                 deny contains {\"msg\": \"left\", \"resource\": user(\"b\")}\n\
                 deny contains {\"msg\": \"left\", \"resource\": user(\"c\")}";
    let folder = folder(&[("one", rules)]);
    let account = ConfigurationItem::account("123456789012", "ap-northeast-1", Timestamp::UNIX_EPOCH);
    let outcome = evaluator(&load(folder.path())).judge(&account, Occasion::Schedule);
    let seen: Vec<_> =
        outcome.verdicts.iter().map(|v| (v.resource.resource_id.as_str(), v.compliance)).collect();
    assert_eq!(
        seen,
        [
            ("123456789012", Compliance::Compliant),
            ("a", Compliance::Compliant),
            ("b", Compliance::NonCompliant),
            ("c", Compliance::NonCompliant),
        ]
    );
}

#[test]
fn many_items_on_many_threads_keep_their_order() {
    let folder = folder(&[(
        "one",
        "deny contains sprintf(\"n %d\", [input.configuration.n]) if input.configuration.n % 2 == 0",
    )]);
    let items: Vec<_> = (0..200).map(|n| bucket(json!({"n": n}))).collect();
    let references: Vec<_> = items.iter().collect();
    let count = AtomicUsize::new(0);
    let outcomes = evaluator(&load(folder.path())).judge_all(&references, Occasion::Change, 4, &|_| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    assert_eq!(count.into_inner(), 200);
    for (n, outcome) in outcomes.iter().enumerate() {
        let expected: Vec<String> = if n % 2 == 0 { vec![format!("n {n}")] } else { vec![] };
        let reasons: Vec<String> = outcome.verdicts[0].reasons.iter().map(|r| r.msg.clone()).collect();
        assert_eq!(reasons, expected);
    }
}

#[test]
fn what_would_kill_stall_or_lie_is_refused_at_load_with_its_line() {
    let deep = format!("x := {}1{}", "[".repeat(31), "]".repeat(31));
    let sum = format!("x := {}", vec!["1"; 400].join(" +\n\t"));
    let links: Vec<String> = (0..300).map(|n| format!("r{n} if r{}", n + 1)).collect();
    let chain = format!("{}\nr300 := true", links.join("\n"));
    for (rules, line, what) in [
        ("f(x) := f(x - 1)", 12, "recursion"),
        ("a if b\nb if a", 12, "recursion: data.p.one.a -> data.p.one.b -> data.p.one.a"),
        (deep.as_str(), 12, "nest more than 20"),
        (sum.as_str(), 12, "more than 256 deep"),
        (chain.as_str(), 12, "in a chain"),
        ("x if http.send({})", 12, "http.send is refused"),
        ("x := time.now_ns()", 12, "time.now_ns is refused"),
        ("x := numbers.range(1, 1000000000)", 12, "numbers.range is taken with numbers only"),
        ("x := numbers.range(1, input.n)", 12, "numbers.range is taken with numbers only"),
        ("x := numbers.range_step(0, 10, 0)", 12, "numbers.range_step is taken with numbers only"),
        ("x := net.cidr_expand(\"10.0.0.0/4\")", 12, "net.cidr_expand is refused"),
        ("x := graph.reachable_paths({}, {})", 12, "graph.reachable_paths is refused"),
        ("x := sprintf(\"%2000000000d\", [1])", 12, "wider than 999"),
        ("x := sprintf(\"%s %099999999999999999999999d\", [1, 2])", 12, "wider than 999"),
        ("x := io.jwt.decode(\"a\")", 12, "function io.jwt.decode is unknown"),
        ("x := count(1, 2, 3)", 12, "count takes 1 arguments"),
        ("x if input.confguration", 12, "input.confguration is no field"),
        ("x if data.parameters.dayz", 12, "data.parameters.dayz is not declared"),
        ("x if data.facts.rooster", 12, "data.facts.rooster is not declared"),
        ("x if data.somewhere.x", 12, "data.somewhere.x is not there"),
        ("x if { y > 1 }", 12, "y"),
        ("x if {", 13, "expect"),
        ("deny := \"x\"", 12, "deny must be written as"),
        ("not_applicable contains 1", 12, "not_applicable must be written as"),
    ] {
        let rules = format!("{rules}\ndeny contains \"d\" if false");
        let folder = folder(&[("one", &rules)]);
        let set = PolicySet::load(folder.path());
        let problems: Vec<_> = set.problems().collect();
        assert!(set.policies().next().is_none(), "{rules}");
        let Some(problem) = problems.iter().find(|p| p.message.contains(what)) else {
            panic!("{rules}: {problems:?}")
        };
        assert!(problem.line.is_some_and(|at| at >= line), "{rules}: {problem}");
    }
}

#[test]
fn metadata_that_lacks_or_breaks_a_field_names_line_and_field() {
    let good = policy_text("one", "deny contains \"d\" if false");
    for (from, to, line, field) in [
        ("#   severity: high\n", "", 1, "custom.severity"),
        ("severity: high", "severity: huge", 7, "custom.severity"),
        ("trigger: both", "trigger: daily", 8, "custom.trigger"),
        ("#   id: one", "#   id: One!", 5, "custom.id"),
        (
            "resource_types: [AWS::S3::Bucket, \"AWS::::Account\"]",
            "resource_types: []",
            9,
            "custom.resource_types",
        ),
        ("resource_types: [AWS::S3::Bucket, ", "resource_types: [S3Bucket, ", 9, "custom.resource_types[0]"),
        ("remediation: r", "remediation: ''", 10, "custom.remediation"),
        ("remediation: r", "remediation: r\n#   paramaters: {}", 11, "custom.paramaters"),
        ("# title: t", "# scope: rule\n# title: t", 2, "scope"),
        ("remediation: r", "remediation: r\n#   facts: {a: {provider: oracle}}", 11, "custom.facts"),
        (
            "remediation: r",
            "remediation: r\n#   parameters: {type: object, properties: {a: {type: integer}}}",
            11,
            "custom.parameters.properties.a",
        ),
    ] {
        assert!(good.contains(from), "{from}");
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("one.rego"), good.replace(from, to)).unwrap();
        let set = PolicySet::load(folder.path());
        let problems: Vec<_> = set.problems().cloned().collect();
        let found = problems.iter().find(|p| p.field.as_deref() == Some(field));
        let Some(problem) = found else { panic!("{to}: {problems:?}") };
        assert_eq!(problem.line, Some(line), "{to}: {problem}");
    }
}

#[test]
fn broken_yaml_in_metadata_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let text = policy_text("one", "deny contains \"d\"").replace("# title: t", "# title: [t");
    std::fs::write(folder.path().join("one.rego"), text).unwrap();
    let set = PolicySet::load(folder.path());
    let problem = set.problems().next().unwrap();
    assert!(problem.line.is_some() && problem.message.starts_with("METADATA: "), "{problem}");
}

#[test]
fn a_policy_whose_file_is_named_otherwise_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("other.rego"), policy_text("one", "deny contains \"d\"")).unwrap();
    let set = PolicySet::load(folder.path());
    let problem = set.problems().next().unwrap();
    assert!(problem.message.contains("custom.id is \"one\" and the file is other.rego"), "{problem}");
    assert!(set.get("one").is_none());
}

#[test]
fn two_policies_with_one_id_are_both_refused_and_name_each_other() {
    let folder = folder(&[("one", "deny contains \"d\""), ("two", "deny contains \"d\"")]);
    let pack = folder.path().join("pack");
    std::fs::create_dir(&pack).unwrap();
    std::fs::write(pack.join("one.rego"), policy_text("one", "deny contains \"d\"")).unwrap();
    let set = PolicySet::load(folder.path());
    let problems: Vec<_> = set.problems().map(ToString::to_string).collect();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems.iter().all(|p| p.contains("pack/one.rego") && p.contains("custom.id")), "{problems:?}");
    // What is left out need not be fit for use.
    assert!(set.select("two,one,!one").problems.is_empty());
    assert!(matches!(&set.select("two,!three").problems[..], [crate::policy::SelectError::Unknown { .. }]));
    assert!(matches!(&set.select("one").problems[..], [crate::policy::SelectError::Broken { .. }]));
}

#[test]
fn a_name_that_is_no_policy_lists_what_there_is() {
    let folder = folder(&[("one", "deny contains \"d\"")]);
    let selection = load(folder.path()).select("two");
    assert!(selection.problems[0].to_string().contains("there are the policies one"), "{selection:?}");
}

#[test]
fn an_error_quotes_what_the_item_has_and_not_what_was_read_of_it() {
    let rules = "deny contains {\"msg\": \"x\", \"msg_ja\": \"x\"} if {\n\
                 \tsome one in input.configuration.list\n\tobject.get(one, \"a\", null) == 1\n}";
    for one in [json!("karte"), json!([{"b": 1}])] {
        let folder = folder(&[("one", rules)]);
        let mut evaluator = evaluator(&load(folder.path()));
        let item = bucket(json!({"list": [one]}));
        let quoted = format!("Got `{one}` instead");
        let outcome = evaluator.judge(&item, Occasion::Change);
        assert!(outcome.errors[0].problem.message.contains(&quoted), "{outcome:?}");
        assert_eq!(outcome, evaluator.reading_whole().judge(&item, Occasion::Change));
    }
}

#[test]
fn what_takes_too_long_is_known_by_what_regorus_says() {
    let rules = "deny contains {\"msg\": \"x\", \"msg_ja\": \"x\"} if {\n\tsome a in numbers.range(1, 10000)\n\
                 \tsome b in numbers.range(1, 10000)\n\ta + b == input.configuration.sum\n}";
    let outcome = judge(rules, json!({"sum": -1}));
    assert!(outcome.errors[0].problem.message.contains(super::TIME_IS_UP), "{outcome:?}");
}

#[test]
fn a_fact_that_is_not_given_is_an_error() {
    let folder = folder(&[("one", "deny contains \"d\" if count(data.facts.users) > 0")]);
    let file = folder.path().join("one.rego");
    let text = std::fs::read_to_string(&file).unwrap();
    let text =
        text.replace("#   remediation: r", "#   remediation: r\n#   facts: {users: {provider: iam-users}}");
    std::fs::write(&file, text).unwrap();
    let set = load(folder.path());
    let data = PolicyData { parameters: json!({}), ..PolicyData::default() };
    let problem = Evaluator::new().add(set.get("one").unwrap(), &data).unwrap_err();
    assert_eq!(problem.field.as_deref(), Some("custom.facts.users"));
}

#[test]
fn rego_tests_pass_fail_and_skip_as_under_opa() {
    let folder = folder(&[("one", DENY_OFF)]);
    std::fs::write(
        folder.path().join("one_test.rego"),
        "package p.one_test\n\nimport data.p.one\n\n\
         test_off if count(one.deny) == 1 with input as {\"configuration\": {\"on\": false}}\n\n\
         test_wrong if count(one.deny) == 1 with input as {\"configuration\": {\"on\": true}}\n\n\
         todo_test_later if false\n",
    )
    .unwrap();
    let (tests, problems) = rego_test::run(&load(folder.path()), &[], None);
    assert_eq!(problems, []);
    let seen: Vec<_> = tests
        .iter()
        .map(|test| {
            let word = match &test.result {
                rego_test::RegoTestResult::Passed => "passed".to_owned(),
                rego_test::RegoTestResult::Failed(problem) => format!("failed at {:?}", problem.line),
                rego_test::RegoTestResult::Skipped => "skipped".to_owned(),
            };
            (test.name.rsplit('.').next().unwrap().to_owned(), word)
        })
        .collect();
    let expected =
        [("test_off", "passed"), ("test_wrong", "failed at Some(7)"), ("todo_test_later", "skipped")];
    assert_eq!(seen, expected.map(|(name, word)| (name.to_owned(), word.to_owned())));
}

/// A policy that denies where `on` is false, with `said` for `custom.on_missing`.
fn judge_missing(said: &str, rules: &str, configuration: Value) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let text = policy_text("one", rules).replace("#   remediation", &format!("{said}#   remediation"));
    std::fs::write(folder.path().join("one.rego"), text).unwrap();
    evaluator(&load(folder.path())).judge(&bucket(configuration), Occasion::Change)
}

const OFF: &str = "deny contains \"off\" if input.configuration.on == false\n\
                   deny contains \"old\" if object.get(input, [\"configuration\", \"old\"], false)";

#[test]
fn what_absence_means_decides_what_would_pass() {
    let of = |said: &str, configuration: Value| {
        let mut outcome = judge_missing(said, OFF, configuration);
        assert_eq!(outcome.errors, []);
        let verdict = outcome.verdicts.remove(0);
        let reasons: Vec<String> = verdict.reasons.into_iter().map(|reason| reason.msg).collect();
        (verdict.compliance, reasons.join("; "), outcome.undecided.len())
    };
    let absent = || "configuration.on is absent".to_owned();
    assert_eq!(of("", json!({"on": true})), (Compliance::Compliant, String::new(), 0));
    assert_eq!(of("", json!({})), (Compliance::Compliant, String::new(), 1));
    assert_eq!(of("", json!({"old": true})), (Compliance::NonCompliant, "old".into(), 0), "it does not pass");
    assert_eq!(of("#   on_missing: deny\n", json!({})), (Compliance::NonCompliant, absent(), 0));
    assert_eq!(
        of("#   on_missing: deny\n", json!({"old": true})),
        (Compliance::NonCompliant, "old".into(), 0)
    );
    assert_eq!(of("#   on_missing: not_applicable\n", json!({})), (Compliance::NotApplicable, absent(), 0));
    assert_eq!(of("#   on_missing: allow\n", json!({})), (Compliance::Compliant, String::new(), 0));
    let one = "#   on_missing: {default: error, configuration.on: deny}\n";
    assert_eq!(of(one, json!({})), (Compliance::NonCompliant, absent(), 0));
    let outcome = judge_missing("#   on_missing: error\n", OFF, json!({}));
    assert_eq!(outcome.verdicts, []);
    let problem = &outcome.errors[0].problem;
    assert_eq!(problem.message, "configuration.on is absent, and on_missing says that is an error");
    assert!(problem.line.is_some() && problem.column == Some(44), "{problem:?}");
    assert!(problem.source_line.as_deref().is_some_and(|line| line.starts_with("deny contains \"off\"")));
}

#[test]
fn a_field_that_is_decided_about_is_not_missed() {
    for rules in [
        "deny contains \"off\" if not input.configuration.on",
        "deny contains \"off\" if object.get(input, [\"configuration\", \"on\"], true) == false",
        "is_on if input.configuration.on\ndeny contains \"off\" if not is_on",
        "deny contains \"off\" if {\n\tinput.resourceType == \"AWS::SQS::Queue\"\n\tinput.configuration.on == false\n}",
        "not_applicable if input.configuration.skip\ndeny contains \"never\" if false",
        "deny contains \"off\" if {\n\tsome one in object.get(input.configuration, \"list\", [])\n\tone.on == false\n}",
    ] {
        assert_eq!(judge_missing("", rules, json!({})).undecided, [], "{rules}");
    }
    for (rules, absent) in [
        ("is_off if input.configuration.on == false\ndeny contains \"off\" if is_off", "configuration.on"),
        ("off(on) if on == false\ndeny contains \"off\" if off(input.configuration.on)", "configuration.on"),
        (
            "deny contains \"off\" if {\n\tsome one in input.configuration.list\n\tone.on == false\n}",
            "configuration.list",
        ),
        ("deny contains \"off\" if input.tags.Env == \"dev\"", "tags.Env"),
    ] {
        let undecided = judge_missing("", rules, json!({})).undecided;
        assert_eq!(undecided[0].problem.message, format!("passes because {absent} is absent"), "{rules}");
    }
}
