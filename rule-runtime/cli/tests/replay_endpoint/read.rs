//! The calls that read: what comes back, in which spelling, and what is refused.

use aws_sdk_config::error::ProvideErrorMetadata;
use aws_sdk_config::primitives::DateTime;
use aws_sdk_config::types::{ChronologicalOrder, ComplianceType, ResourceKey, ResourceType};
use serde_json::{Value, json};

use super::rig::{RULE, Rig, TIME, TYPE, broken, empty, evaluation_at, missing, too_long};

const HISTORY: &str = "StarlingDoveService.GetResourceConfigHistory";
const BATCH: &str = "StarlingDoveService.BatchGetResourceConfig";
const SELECT: &str = "StarlingDoveService.SelectResourceConfig";
const DETAILS: &str = "StarlingDoveService.GetComplianceDetailsByConfigRule";

/// A table as the rule event spells it, captured so many seconds after [`TIME`].
fn table(id: &str, region: &str, seconds: i64) -> Value {
    json!({
        "configurationItemVersion": "1.3", "awsAccountId": "123456789012", "awsRegion": region,
        "configurationItemCaptureTime": format!("2026-11-23T01:00:{seconds:02}.250Z"),
        "configurationItemStatus": "OK", "configurationStateId": 1_795_395_600_250_i64 + seconds,
        "resourceType": TYPE, "resourceId": id, "resourceName": id, "availabilityZone": null,
        "ARN": format!("arn:aws:dynamodb:{region}:123456789012:table/{id}"),
        "resourceCreationTime": "2026-01-01T00:00:00.000Z",
        "configuration": {"tableName": id, "seconds": seconds}, "tags": {"Env": "prod"},
        "relationships": [{"resourceId": "k", "resourceType": "AWS::KMS::Key", "name": "is encrypted by"}],
        "supplementaryConfiguration": {
            "Tags": [{"key": "Env", "value": "prod"}], "Policy": "{\"a\":1}",
            "ContinuousBackupsDescription": {"continuousBackupsStatus": "ENABLED"}
        }
    })
}

fn deleted(id: &str, seconds: i64) -> Value {
    let mut item = table(id, "ap-northeast-1", seconds);
    item["configurationItemStatus"] = "ResourceDeleted".into();
    item["configuration"] = Value::Null;
    item
}

fn key(id: &str) -> ResourceKey {
    ResourceKey::builder().resource_type(ResourceType::from(TYPE)).resource_id(id).build().unwrap()
}

impl Rig {
    async fn call(&self, target: &str, body: Value) -> Value {
        let (status, _, answer) = self.post(target, body.to_string()).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    async fn refusal(&self, target: &str, body: Value) -> (String, String) {
        let (status, header, answer) = self.post(target, body.to_string()).await;
        assert_eq!(status, 400, "{answer}");
        let name = answer["__type"].as_str().unwrap().to_owned();
        assert_eq!(header.as_deref(), Some(name.as_str()));
        (name, answer["message"].as_str().unwrap().to_owned())
    }

    /// The ids of a query's rows.
    async fn select(&self, condition: &str) -> Vec<String> {
        let expression = format!("SELECT resourceId WHERE {condition}");
        let answer = self.call(SELECT, json!({"Expression": expression})).await;
        let row = |row: &Value| serde_json::from_str::<Value>(row.as_str().unwrap()).unwrap();
        let id = |text: &Value| row(text)["resourceId"].as_str().unwrap().to_owned();
        answer["Results"].as_array().unwrap().iter().map(id).collect()
    }
}

#[tokio::test]
async fn an_item_of_the_history_is_in_the_apis_spelling() {
    let rig = Rig::start().await;
    rig.endpoint.record(&[table("t", "ap-northeast-1", 0)]);
    let answer = rig.call(HISTORY, json!({"resourceType": TYPE, "resourceId": "t"})).await;
    let expected = json!({
        "version": "1.3", "accountId": "123456789012", "awsRegion": "ap-northeast-1",
        "configurationItemCaptureTime": 1_795_395_600.25, "configurationItemStatus": "OK",
        "configurationStateId": "1795395600250", "resourceType": TYPE, "resourceId": "t", "resourceName": "t",
        "arn": "arn:aws:dynamodb:ap-northeast-1:123456789012:table/t", "resourceCreationTime": 1_767_225_600.0,
        "configuration": "{\"tableName\":\"t\",\"seconds\":0}", "tags": {"Env": "prod"}, "relatedEvents": [],
        "relationships": [
            {"resourceId": "k", "resourceType": "AWS::KMS::Key", "relationshipName": "is encrypted by"}
        ],
        "supplementaryConfiguration": {
            "Tags": "[{\"key\":\"Env\",\"value\":\"prod\"}]", "Policy": "{\"a\":1}",
            "ContinuousBackupsDescription": "{\"continuousBackupsStatus\":\"ENABLED\"}"
        }
    });
    let found = &answer["configurationItems"][0];
    let configuration =
        |item: &Value| -> Value { serde_json::from_str(item["configuration"].as_str().unwrap()).unwrap() };
    assert_eq!(configuration(found), configuration(&expected));
    let mut found = found.clone();
    found["configuration"] = expected["configuration"].clone();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_deleted_resource_has_the_text_null_for_a_configuration() {
    let rig = Rig::start().await;
    rig.endpoint.record(&[deleted("t", 5), table("t", "ap-northeast-1", 0)]);
    let answer = rig.call(HISTORY, json!({"resourceType": TYPE, "resourceId": "t"})).await;
    assert_eq!(answer["configurationItems"][0]["configurationItemStatus"], "ResourceDeleted");
    assert_eq!(answer["configurationItems"][0]["configuration"], "null");
    assert_eq!(answer["configurationItems"].as_array().unwrap().len(), 2);
}

/// The AWS SDK, which reads the wire format by the model.
#[tokio::test]
async fn the_history_has_an_order_a_range_of_times_and_pages() {
    let rig = Rig::start().await;
    let items: Vec<Value> = [30, 10, 20].map(|second| table("t", "ap-northeast-1", second)).into();
    rig.endpoint.record(&items);
    let history =
        || rig.client.get_resource_config_history().resource_type(ResourceType::from(TYPE)).resource_id("t");
    let seconds =
        |answer: aws_sdk_config::operation::get_resource_config_history::GetResourceConfigHistoryOutput| {
            let time = |item: &aws_sdk_config::types::ConfigurationItem| {
                item.configuration_item_capture_time().unwrap().secs() - TIME
            };
            (answer.configuration_items().iter().map(time).collect::<Vec<_>>(), answer.next_token)
        };
    assert_eq!(seconds(history().send().await.unwrap()), (vec![30, 20, 10], None));
    let forward = history().chronological_order(ChronologicalOrder::Forward);
    assert_eq!(seconds(forward.send().await.unwrap()).0, [10, 20, 30]);
    // The item of that very time counts.
    let at = |second: i64| DateTime::from_millis((TIME + second) * 1000 + 250);
    assert_eq!(seconds(history().later_time(at(20)).limit(1).send().await.unwrap()).0, [20]);
    assert_eq!(seconds(history().earlier_time(at(20)).send().await.unwrap()).0, [30, 20]);
    let (first, token) = seconds(history().limit(2).send().await.unwrap());
    assert_eq!(first, [30, 20]);
    assert_eq!(seconds(history().limit(2).set_next_token(token).send().await.unwrap()), (vec![10], None));
}

#[tokio::test]
async fn a_history_may_begin_with_empty_pages() {
    let rig = Rig::start().await;
    rig.endpoint.record(&[table("t", "ap-northeast-1", 0)]);
    rig.endpoint.begin_histories_with_empty_pages(2);
    let mut body = json!({"resourceType": TYPE, "resourceId": "t"});
    for _ in 0..2 {
        let answer = rig.call(HISTORY, body.clone()).await;
        assert_eq!(answer["configurationItems"], json!([]));
        body["nextToken"] = answer["nextToken"].clone();
    }
    let answer = rig.call(HISTORY, body).await;
    assert_eq!(answer["configurationItems"].as_array().unwrap().len(), 1);
    assert!(answer.get("nextToken").is_none(), "{answer}");
}

#[tokio::test]
async fn what_was_never_seen_is_not_discovered() {
    let rig = Rig::start().await;
    let (name, message) = rig.refusal(HISTORY, json!({"resourceType": TYPE, "resourceId": "t"})).await;
    assert_eq!(name, "ResourceNotDiscoveredException");
    assert!(message.contains("Resource t of resourceType:AWS::DynamoDB::Table"), "{message}");
}

#[tokio::test]
async fn a_history_that_is_asked_for_wrongly_is_refused_before_it_is_looked_for() {
    let rig = Rig::start().await;
    let asked = |member: &str, value: Value| {
        let mut body = json!({"resourceType": TYPE, "resourceId": "t"});
        body[member] = value;
        rig.refusal(HISTORY, body)
    };
    assert_eq!(asked("resourceId", Value::Null).await, missing("resourceId"));
    assert_eq!(asked("resourceId", "".into()).await, empty("resourceId"));
    assert_eq!(asked("resourceId", "x".repeat(769).into()).await, too_long("resourceId", 768));
    let most = broken("limit", "Member must have value less than or equal to 100");
    assert_eq!(asked("limit", 101.into()).await, most);
    let least = broken("limit", "Member must have value greater than or equal to 0");
    assert_eq!(asked("limit", (-1).into()).await, least);
    let order = broken("chronologicalOrder", "Member must satisfy enum value set: [Reverse, Forward]");
    assert_eq!(asked("chronologicalOrder", "Backward".into()).await, order);
    assert!(asked("resourceType", "AWS::No::Such".into()).await.1.contains("'resourceType' failed"));
    assert_eq!(asked("limit", "1".into()).await.0, "SerializationException");
    assert_eq!(asked("laterTime", "2026-11-23".into()).await.0, "SerializationException");
    rig.endpoint.record(&[table("t", "ap-northeast-1", 0)]);
    assert_eq!(asked("nextToken", "made up".into()).await.0, "InvalidNextTokenException");
    let range = json!({"resourceType": TYPE, "resourceId": "t", "earlierTime": TIME, "laterTime": TIME - 1});
    assert_eq!(rig.refusal(HISTORY, range).await.0, "InvalidTimeRangeException");
    let zero = rig.call(HISTORY, json!({"resourceType": TYPE, "resourceId": "t", "limit": 0})).await;
    assert_eq!(zero["configurationItems"].as_array().unwrap().len(), 1, "0 is the default");
}

#[tokio::test]
async fn a_batch_has_the_newest_items_without_tags_and_relationships() {
    let rig = Rig::start().await;
    rig.endpoint.record(&[table("t", "ap-northeast-1", 9), table("t", "ap-northeast-1", 0)]);
    rig.endpoint.record(&[table("gone", "ap-northeast-1", 0), deleted("gone", 1)]);
    let keys = ["t", "gone", "unknown"].map(|id| json!({"resourceType": TYPE, "resourceId": id}));
    let answer = rig.call(BATCH, json!({"resourceKeys": keys})).await;
    let [found] = answer["baseConfigurationItems"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    assert_eq!(found["configurationItemCaptureTime"], json!(1_795_395_609.25));
    let has = |name: &str| found.get(name).is_some();
    assert!(!has("tags") && !has("relationships") && !has("relatedEvents"), "{found}");
    let supplementary = found["supplementaryConfiguration"].as_object().unwrap();
    assert!(!supplementary.contains_key("Tags") && supplementary["Policy"].is_string(), "{found}");
    assert_eq!(answer["unprocessedResourceKeys"], json!([]));
}

#[tokio::test]
async fn keys_that_are_left_unprocessed_come_back() {
    let rig = Rig::start().await;
    rig.endpoint.record(&[table("t", "ap-northeast-1", 0), table("u", "ap-northeast-1", 0)]);
    rig.endpoint.leave_unprocessed("u", 1);
    let batch =
        |ids: Vec<ResourceKey>| rig.client.batch_get_resource_config().set_resource_keys(Some(ids)).send();
    let answer = batch(vec![key("t"), key("u")]).await.unwrap();
    assert_eq!(answer.base_configuration_items().len(), 1);
    assert_eq!(answer.unprocessed_resource_keys(), [key("u")]);
    let answer = batch(vec![key("u")]).await.unwrap();
    assert_eq!((answer.base_configuration_items().len(), answer.unprocessed_resource_keys().len()), (1, 0));
}

#[tokio::test]
async fn a_batch_has_one_to_a_hundred_keys() {
    let rig = Rig::start().await;
    let keys =
        |count: usize| json!({"resourceKeys": vec![json!({"resourceType": TYPE, "resourceId": "t"}); count]});
    assert_eq!(rig.refusal(BATCH, json!({})).await, missing("resourceKeys"));
    assert_eq!(rig.refusal(BATCH, keys(0)).await, empty("resourceKeys"));
    rig.call(BATCH, keys(100)).await;
    assert_eq!(rig.refusal(BATCH, keys(101)).await, too_long("resourceKeys", 100));
    let second = json!({"resourceKeys": [
        {"resourceType": TYPE, "resourceId": "t"}, {"resourceType": TYPE}
    ]});
    assert_eq!(rig.refusal(BATCH, second).await, missing("resourceKeys.2.member.resourceId"));
}

#[tokio::test]
async fn a_row_of_a_query_has_the_selected_columns_in_the_spelling_of_queries() {
    let rig = Rig::start().await;
    rig.endpoint.record(&[table("t", "ap-northeast-1", 0)]);
    let expression = "SELECT resourceId, accountId, arn, tags, configuration, relationships, configurationStateId, \
                      configurationItemCaptureTime WHERE resourceType = 'AWS::DynamoDB::Table'";
    let answer = rig.call(SELECT, json!({"Expression": expression})).await;
    let row: Value = serde_json::from_str(answer["Results"][0].as_str().unwrap()).unwrap();
    assert_eq!(
        row,
        json!({
            "resourceId": "t", "accountId": "123456789012",
            "arn": "arn:aws:dynamodb:ap-northeast-1:123456789012:table/t",
            "tags": [{"key": "Env", "value": "prod", "tag": "Env=prod"}],
            "configuration": {"tableName": "t", "seconds": 0},
            "relationships": [{"resourceId": "k", "resourceType": "AWS::KMS::Key"}],
            "configurationStateId": "1795395600250",
            "configurationItemCaptureTime": "2026-11-23T01:00:00.250Z"
        })
    );
    assert_eq!(answer["QueryInfo"]["SelectFields"][1], json!({"Name": "accountId"}));
}

#[tokio::test]
async fn a_query_is_for_types_regions_and_accounts_and_skips_what_is_deleted() {
    let rig = Rig::start().await;
    rig.endpoint.record(&[table("a", "ap-northeast-1", 0), table("b", "us-east-1", 0)]);
    rig.endpoint.record(&[table("c", "us-east-1", 0), deleted("c", 1)]);
    let mut queue = table("q", "us-east-1", 0);
    queue["resourceType"] = "AWS::SQS::Queue".into();
    rig.endpoint.record(&[queue]);
    let of = "resourceType = 'AWS::DynamoDB::Table'";
    assert_eq!(rig.select(of).await, ["a", "b"]);
    assert_eq!(rig.select(&format!("{of} AND awsRegion = 'us-east-1'")).await, ["b"]);
    assert_eq!(rig.select(&format!("accountId='123456789012' and {of}")).await, ["a", "b"]);
    assert!(rig.select(&format!("{of} AND accountId = '210987654321'")).await.is_empty());
    let both = "resourceType IN ('AWS::DynamoDB::Table', 'AWS::SQS::Queue') AND awsRegion IN ('us-east-1')";
    assert_eq!(rig.select(both).await, ["b", "q"]);
}

#[tokio::test]
async fn a_query_that_is_not_understood_is_never_answered() {
    let rig = Rig::start().await;
    for expression in [
        "resourceId",
        "SELECT resourceId",
        "SELECTresourceId WHERE resourceType = 'T'",
        "SELECT * WHERE resourceType = 'T'",
        "SELECT COUNT(*) WHERE resourceType = 'T'",
        "SELECT configuration.tableName WHERE resourceType = 'T'",
        "SELECT resourceId WHERE awsRegion = 'us-east-1'",
        "SELECT resourceId WHERE resourceType = T",
        "SELECT resourceId WHERE resourceType LIKE 'T%'",
        "SELECT resourceId WHERE resourceType = 'T' OR resourceType = 'U'",
        "SELECT resourceId WHERE resourceType = 'T' AND",
        "SELECT resourceId WHERE resourceType = 'T' AND resourceName = 'n'",
        "SELECT resourceId WHERE resourceType = 'T' ORDER BY resourceId",
        "SELECT resourceId WHERE resourceType IN 'T'",
        "SELECT resourceId WHERE resourceType IN ()",
    ] {
        let (name, message) = rig.refusal(SELECT, json!({"Expression": expression})).await;
        assert_eq!(name, "InvalidExpressionException", "{expression}");
        assert!(message.ends_with(expression), "{message}");
    }
    assert_eq!(rig.refusal(SELECT, json!({})).await, missing("expression"));
    let long = json!({"Expression": "x".repeat(4097)});
    assert_eq!(rig.refusal(SELECT, long).await, too_long("expression", 4096));
    let of = "SELECT resourceId WHERE resourceType = 'AWS::DynamoDB::Table'";
    let most = broken("limit", "Member must have value less than or equal to 100");
    assert_eq!(rig.refusal(SELECT, json!({"Expression": of, "Limit": 101})).await, most);
    let token = json!({"Expression": of, "NextToken": "made up"});
    assert_eq!(rig.refusal(SELECT, token).await.0, "InvalidNextTokenException");
}

/// Every page of a paginator once, and in all every row once.
#[tokio::test]
async fn a_query_pages_by_25_or_as_asked() {
    let rig = Rig::start().await;
    let items: Vec<Value> = (0..53).map(|n| table(&format!("t{n:02}"), "us-east-1", 0)).collect();
    rig.endpoint.record(&items);
    for (limit, sizes) in [(0, vec![25, 25, 3]), (10, vec![10, 10, 10, 10, 10, 3]), (53, vec![53])] {
        let expression = "SELECT resourceId WHERE resourceType = 'AWS::DynamoDB::Table'";
        let mut pages =
            rig.client.select_resource_config().expression(expression).limit(limit).into_paginator().send();
        let mut rows: Vec<Vec<String>> = Vec::new();
        while let Some(page) = pages.next().await {
            rows.push(page.unwrap().results().to_vec());
        }
        assert_eq!(rows.iter().map(Vec::len).collect::<Vec<_>>(), sizes);
        let all: std::collections::BTreeSet<String> = rows.concat().into_iter().collect();
        assert_eq!(all.len(), 53);
    }
}

#[tokio::test]
async fn the_results_of_a_rule_are_by_compliance_type_and_in_pages() {
    let rig = Rig::start().await;
    let types = [ComplianceType::Compliant, ComplianceType::NonCompliant, ComplianceType::NotApplicable];
    let mut evaluations: Vec<_> =
        (0..12).map(|n| evaluation_at(TIME, &format!("t{n:02}"), types[n % 3].clone())).collect();
    evaluations[1].annotation = Some("why".into());
    rig.put(evaluations).await.unwrap();
    let details = || rig.client.get_compliance_details_by_config_rule().config_rule_name(RULE);
    let answer = details().send().await.unwrap();
    assert_eq!(answer.evaluation_results().len(), 10);
    let rest = details().set_next_token(answer.next_token).send().await.unwrap();
    assert_eq!((rest.evaluation_results().len(), rest.next_token()), (2, None));
    let failed = details().compliance_types(ComplianceType::NonCompliant).send().await.unwrap();
    assert_eq!(failed.evaluation_results().len(), 4);
    let first = &failed.evaluation_results()[0];
    assert_eq!(
        (first.annotation(), first.compliance_type()),
        (Some("why"), Some(&ComplianceType::NonCompliant))
    );
    let id = first.evaluation_result_identifier().unwrap();
    assert_eq!(id.ordering_timestamp(), Some(&DateTime::from_secs(TIME)));
    let qualifier = id.evaluation_result_qualifier().unwrap();
    assert_eq!((qualifier.resource_type(), qualifier.resource_id()), (Some(TYPE), Some("t01")));
}

#[tokio::test]
async fn results_cannot_be_asked_by_a_long_name_and_are_gone_with_the_rule() {
    let rig = Rig::start().await;
    for (length, code) in [(64, "NoSuchConfigRuleException"), (65, "ValidationException")] {
        rig.endpoint.register_rule(&"r".repeat(65));
        let answer = rig
            .client
            .get_compliance_details_by_config_rule()
            .config_rule_name("r".repeat(length))
            .send()
            .await
            .unwrap_err();
        assert_eq!(answer.code(), Some(code));
    }
    rig.call(DETAILS, json!({"ConfigRuleName": RULE})).await;
    rig.endpoint.delete_rule(RULE);
    let gone = rig.refusal(DETAILS, json!({"ConfigRuleName": RULE})).await;
    assert_eq!(gone.0, "NoSuchConfigRuleException");
    let asked = |types: Value| json!({"ConfigRuleName": RULE, "ComplianceTypes": types});
    let four = asked(json!(["COMPLIANT", "COMPLIANT", "COMPLIANT", "COMPLIANT"]));
    assert_eq!(rig.refusal(DETAILS, four).await, too_long("complianceTypes", 3));
    assert_eq!(rig.refusal(DETAILS, asked(json!(["MAYBE"]))).await.0, "ValidationException");
    assert_eq!(rig.refusal(DETAILS, asked("COMPLIANT".into())).await.0, "SerializationException");
}

#[tokio::test]
async fn an_evaluation_that_is_refused_takes_its_call_with_it() {
    let rig = Rig::start().await;
    rig.endpoint.refuse_evaluation("bad");
    let put = |ids: &[&str]| {
        rig.put(ids.iter().map(|id| evaluation_at(TIME, id, ComplianceType::Compliant)).collect())
    };
    let error = put(&["good", "bad"]).await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidParameterValueException"));
    assert!(rig.stored().is_empty());
    put(&["good"]).await.unwrap();
    assert_eq!(rig.stored().len(), 1);
}
