//! Requests and answers of every protocol.
#![allow(clippy::unwrap_used)]

use serde_json::{Map, Value, json};

use super::answer::{Answer, read};
use super::request::{Request, build};
use super::*;
use crate::fake::Fake;

#[allow(clippy::needless_pass_by_value)]
fn parameters(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn request(service: &str, action: &str, with: Value) -> Result<Request, String> {
    let (service, found) = operation(service, action)?;
    build(service, action, found, &parameters(with))
}

fn answer(service: &str, action: &str, status: u16, body: &str) -> Result<Value, ApiError> {
    let (service, found) = operation(service, action).unwrap();
    read(service, found, &Answer { status, error_type: None, bucket_region: None, body: body.to_owned() })
}

#[test]
fn each_protocol_writes_its_requests() {
    let json = request("logs", "DescribeLogGroups", json!({"limit": 50})).unwrap();
    assert_eq!((json.uri.as_str(), json.body.as_str()), ("/", "{\"limit\":50}"));
    assert!(json.headers.contains(&("x-amz-target".into(), "Logs_20140328.DescribeLogGroups".into())));
    let rest = request("backup", "DescribeBackupVault", json!({"BackupVaultName": "a b/c"})).unwrap();
    assert_eq!((rest.method.as_str(), rest.uri.as_str()), ("GET", "/backup-vaults/a%20b%2Fc"));
    let query = request("guardduty", "ListDetectors", json!({"MaxResults": 5})).unwrap();
    assert_eq!(query.uri, "/detector?maxResults=5");
    let s3 = request("s3", "GetBucketReplication", json!({"Bucket": "b"})).unwrap();
    assert_eq!(s3.uri, "/b?replication");
    let form = request("rds", "DescribeDBParameters", json!({"DBParameterGroupName": "g"})).unwrap();
    assert_eq!(form.body, "Action=DescribeDBParameters&Version=2014-10-31&DBParameterGroupName=g");
    let list = json!({"SnapshotIds": ["s1", "s2"], "Filters": [{"Name": "n", "Values": ["v"]}]});
    let ec2 = request("ec2", "DescribeSnapshots", list).unwrap();
    assert!(
        ec2.body.contains("SnapshotId.1=s1&SnapshotId.2=s2&Filter.1.Name=n&Filter.1.Value.1=v"),
        "{}",
        ec2.body
    );
}

#[test]
fn what_a_request_lacks_or_has_too_much_is_named() {
    assert_eq!(request("s3", "GetBucketPolicy", json!({})).unwrap_err(), "needs the parameter Bucket");
    assert_eq!(
        request("s3", "GetBucketPolicy", json!({"Bukket": "b"})).unwrap_err(),
        "has no parameter Bukket"
    );
    assert!(request("rds", "DescribeDBParameters", json!({"x": 1})).unwrap_err().contains('x'));
    assert!(knows("log", "DescribeLogGroups").unwrap_err().contains("there are accessanalyzer"));
    assert!(knows("logs", "DescribeLogGroup").unwrap_err().contains("DescribeLogGroups"));
    assert!(knows("logs", "PutRetentionPolicy").is_err());
    assert_eq!(permission("efs", "DescribeFileSystems").unwrap(), "elasticfilesystem:DescribeFileSystems");
    assert_eq!(permission("s3", "ListBuckets").unwrap(), "s3:ListAllMyBuckets");
}

#[test]
fn each_protocol_reads_its_answers() {
    let status = answer(
        "cloudtrail",
        "GetTrailStatus",
        200,
        "{\"IsLogging\":true,\"LatestDeliveryTime\":1795395600.5}",
    );
    assert_eq!(status.unwrap(), json!({"IsLogging": true, "LatestDeliveryTime": "2026-11-23T01:00:00.500Z"}));
    // The wire has names of its own.
    assert_eq!(
        answer("guardduty", "ListDetectors", 200, "{\"detectorIds\":[\"d\"]}").unwrap(),
        json!({"DetectorIds": ["d"]})
    );
    let regions = "<DescribeRegionsResponse xmlns=\"x\"><requestId>r</requestId><regionInfo><item>\
        <regionName>ap-northeast-1</regionName><regionEndpoint>e</regionEndpoint></item></regionInfo></DescribeRegionsResponse>";
    let found = answer("ec2", "DescribeRegions", 200, regions).unwrap();
    assert_eq!(found, json!({"Regions": [{"Endpoint": "e", "RegionName": "ap-northeast-1"}]}));
    let summary = "<GetAccountSummaryResponse><GetAccountSummaryResult><SummaryMap><entry><key>AccountMFAEnabled</key>\
        <value>1</value></entry></SummaryMap></GetAccountSummaryResult></GetAccountSummaryResponse>";
    assert_eq!(
        answer("iam", "GetAccountSummary", 200, summary).unwrap(),
        json!({"SummaryMap": {"AccountMFAEnabled": 1}})
    );
    let place = "<LocationConstraint xmlns=\"x\">ap-northeast-3</LocationConstraint>";
    assert_eq!(
        answer("s3", "GetBucketLocation", 200, place).unwrap(),
        json!({"LocationConstraint": "ap-northeast-3"})
    );
    assert_eq!(answer("s3", "GetBucketPolicy", 200, "{\"a\":1}").unwrap(), json!({"Policy": "{\"a\":1}"}));
}

#[test]
fn errors_have_code_and_message() {
    let json = answer(
        "ssm",
        "GetDocument",
        400,
        "{\"__type\":\"com.amazonaws.ssm#InvalidDocument\",\"message\":\"m\"}",
    );
    assert_eq!(json.unwrap_err(), ApiError::new("InvalidDocument", "m"));
    let xml = "<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>m</Message></Error></ErrorResponse>";
    assert_eq!(
        answer("iam", "GetAccountPasswordPolicy", 404, xml).unwrap_err(),
        ApiError::new("NoSuchEntity", "m")
    );
    assert_eq!(answer("iam", "GetAccountPasswordPolicy", 404, "").unwrap_err().code, "HTTP 404");
}

#[tokio::test]
async fn pages_are_joined_and_their_tokens_forgotten() {
    let fake = Fake::start(|_, body: &str| {
        let page = if body.contains("nextToken") {
            json!({"logGroups": [{"logGroupName": "b", "creationTime": 1}]})
        } else {
            json!({"logGroups": [{"logGroupName": "a"}], "nextToken": "t"})
        };
        (200, page.to_string())
    })
    .await;
    let found = Api::new(&fake.config).call("logs", "DescribeLogGroups", &Map::new(), None).await.unwrap();
    assert_eq!(found["logGroups"][1]["logGroupName"], "b");
    assert_eq!((found["logGroups"].as_array().unwrap().len(), found.get("nextToken")), (2, None));
}

#[tokio::test]
async fn throttling_is_tried_again_and_a_denial_is_not() {
    let mut calls = 0;
    let fake = Fake::start(move |_, _| {
        calls += 1;
        if calls < 3 {
            (400, json!({"__type": "ThrottlingException"}).to_string())
        } else {
            (200, "{}".into())
        }
    })
    .await;
    assert_eq!(
        Api::new(&fake.config).call("logs", "DescribeLogGroups", &Map::new(), None).await,
        Ok(json!({}))
    );
    let fake =
        Fake::start(|_, _| (400, json!({"__type": "AccessDeniedException", "Message": "no"}).to_string()))
            .await;
    let error =
        Api::new(&fake.config).call("logs", "DescribeLogGroups", &Map::new(), None).await.unwrap_err();
    assert!(error.is_denied());
    assert_eq!(fake.asked().len(), 1);
}

#[test]
fn fields_of_a_body_have_the_names_of_the_wire() {
    let criteria = json!({"Criterion": {"service.archived": {"Equals": ["false"]}, "severity": {"GreaterThanOrEqual": 4}}});
    let request =
        request("guardduty", "ListFindings", json!({"DetectorId": "d", "FindingCriteria": criteria}))
            .unwrap();
    assert_eq!((request.method.as_str(), request.uri.as_str()), ("POST", "/detector/d/findings"));
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let expected = json!({"service.archived": {"equals": ["false"]}, "severity": {"greaterThanOrEqual": 4}});
    assert_eq!(body, json!({"findingCriteria": {"criterion": expected}}));
}

#[test]
fn what_stands_before_the_host_is_a_name() {
    let ask = |account: &str| request("s3control", "GetPublicAccessBlock", json!({"AccountId": account}));
    assert_eq!(ask("123456789012").unwrap().host_prefix, "123456789012.");
    for bad in ["", "evil.example/", "a.b"] {
        assert!(ask(bad).is_err(), "{bad}");
    }
}

/// An answer that says "more" and not where, or the same place twice, is not handed out as if it were whole.
#[tokio::test]
async fn a_part_never_passes_for_the_whole() {
    for (service, action, page, why) in [
        ("logs", "DescribeLogGroups", json!({"logGroups": [], "nextToken": "again"}), "its pages do not end"),
        (
            "kinesis",
            "ListStreams",
            json!({"StreamNames": [], "HasMoreStreams": true}),
            "it says that there is more",
        ),
    ] {
        let fake = crate::fake::Fake::start(move |_, _| (200, page.to_string())).await;
        let error = Api::new(&fake.config).call(service, action, &Map::new(), None).await.unwrap_err();
        assert_eq!(error.code, "IncompleteAnswer");
        assert!(error.to_string().contains(why), "{error}");
    }
}
