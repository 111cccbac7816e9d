package sekisho_policies.residency_log_event_egress_test

import data.sekisho_policies.residency_log_event_egress as policy

defaults := {
	"allowedRegions": ["ap-northeast-1", "ap-northeast-3"],
	"allowedAccounts": ["210987654321"],
	"bucketRegions": ["archive=ap-northeast-3", "far=eu-west-1"],
	"allowedHosts": ["*.example.jp"],
}

buckets := {"own_buckets": {"Buckets": [{"Name": "logs", "BucketRegion": "ap-northeast-1"}, {"Name": "abroad", "BucketRegion": "us-east-1"}]}}

judged(kind, configuration) := judged_in("ap-northeast-1", kind, configuration)

judged_in(region, kind, configuration) := {reason.msg |
	some reason in policy.deny with input as {"resourceType": kind, "awsAccountId": "123456789012", "awsRegion": region, "configuration": configuration}
		with data.facts as buckets
		with data.parameters as defaults
}

tokyo := "arn:aws:kinesis:ap-northeast-1:123456789012:stream/s"

virginia := "arn:aws:kinesis:us-east-1:123456789012:stream/s"

abroad := {sprintf("sends to %s, outside the allowed regions", [virginia])}

not_recorded := {"where it sends to is not recorded"}

test_log_destination if {
	judged("AWS::Logs::Destination", {"TargetArn": tokyo}) == set()
	judged("AWS::Logs::Destination", {"TargetArn": virginia}) == abroad
	judged("AWS::Logs::Destination", {}) == {"sends to null, whose region cannot be told"}
	judged("AWS::Logs::Destination", null) == {"sends to null, whose region cannot be told"}
	judged("AWS::Logs::Destination", {"TargetArn": "arn:aws:kinesis::123456789012:stream/s"}) == {"sends to arn:aws:kinesis::123456789012:stream/s, whose region cannot be told"}
}

test_accounts if {
	judged("AWS::Logs::Destination", {"TargetArn": "arn:aws:kinesis:ap-northeast-1:210987654321:stream/s"}) == set()
	strange := "arn:aws:kinesis:ap-northeast-1:999988887777:stream/s"
	judged("AWS::Logs::Destination", {"TargetArn": strange}) == {sprintf("sends to %s, of an account that is not allowed", [strange])}
}

test_rules if {
	judged("AWS::Events::Rule", {"Targets": [{"Arn": tokyo}, {"Arn": virginia}]}) == abroad
	judged("AWS::Events::Rule", {"Targets": [{"Arn": tokyo, "DeadLetterConfig": {"Arn": virginia}}]}) == abroad
	judged("AWS::Events::Rule", {"Targets": [{"Arn": tokyo, "DeadLetterConfig": {"Arn": ""}}]}) == set()
	judged("AWS::Events::Rule", {"Targets": [{}]}) == {"sends to null, whose region cannot be told"}
	judged("AWS::Events::Rule", {"Targets": null}) == set()
	judged("AWS::Events::Rule", {}) == set()
	judged("AWS::Events::Rule", null) == not_recorded
}

test_disabled_rules if {
	policy.not_applicable with input as {"resourceType": "AWS::Events::Rule", "configuration": {"State": "DISABLED"}}
	not policy.not_applicable with input as {"resourceType": "AWS::Events::Rule", "configuration": {"State": "ENABLED"}}
	not policy.not_applicable with input as {"resourceType": "AWS::Events::Endpoint", "configuration": {"State": "DISABLED"}}
}

test_endpoints if {
	bus := "arn:aws:events:us-east-1:123456789012:event-bus/b"
	near := "arn:aws:events:ap-northeast-1:123456789012:event-bus/b"
	judged("AWS::Events::Endpoint", {"EventBuses": [{"EventBusArn": near}, {"EventBusArn": bus}], "RoutingConfig": {"FailoverConfig": {"Secondary": {"Route": "us-east-1"}}}}) == {
		sprintf("sends to %s, outside the allowed regions", [bus]),
		"fails over to us-east-1, outside the allowed regions",
	}
	judged("AWS::Events::Endpoint", {"EventBuses": [{"EventBusArn": near}]}) == set()
	judged("AWS::Events::Endpoint", {"EventBuses": [{"EventBusArn": near}], "RoutingConfig": {"FailoverConfig": {"Secondary": {"Route": "ap-northeast-3"}}}}) == set()
	judged("AWS::Events::Endpoint", {}) == not_recorded
	judged("AWS::Events::Endpoint", {"RoutingConfig": {"FailoverConfig": {"Secondary": {"Route": "ap-northeast-3"}}}}) == not_recorded
}

test_api_destinations if {
	judged("AWS::Events::ApiDestination", {"InvocationEndpoint": "https://hooks.example.jp/x"}) == set()
	judged("AWS::Events::ApiDestination", {"InvocationEndpoint": "https://Hooks.Example.jp:8443/x"}) == set()
	judged("AWS::Events::ApiDestination", {"InvocationEndpoint": "https://hooks.slack.com/x"}) == {"sends to hooks.slack.com, which is not an allowed host"}
	judged("AWS::Events::ApiDestination", {"InvocationEndpoint": "https://a.execute-api.us-east-1.amazonaws.com/p"}) == {"sends to a.execute-api.us-east-1.amazonaws.com in us-east-1, outside the allowed regions"}
	judged("AWS::Events::ApiDestination", {"InvocationEndpoint": "https://a.execute-api.ap-northeast-1.amazonaws.com/p"}) == set()
	judged("AWS::Events::ApiDestination", {}) == not_recorded
}

test_flow_logs if {
	group := {"logDestinationType": "cloud-watch-logs", "logGroupName": "g"}
	judged("AWS::EC2::FlowLog", group) == set()
	judged("AWS::EC2::FlowLog", object.union(group, {"logDestination": ""})) == set()
	judged_in("us-east-1", "AWS::EC2::FlowLog", group) == {"sends to log group g in us-east-1, outside the allowed regions"}
	judged_in("us-east-1", "AWS::EC2::FlowLog", object.union(group, {"logDestination": tokyo})) == set()
	judged("AWS::EC2::FlowLog", object.union(group, {"logDestination": virginia})) == abroad
	every changed in [{"logDestinationType": "s3"}, {"logGroupName": ""}, {"logGroupName": null}] {
		judged("AWS::EC2::FlowLog", object.union(group, changed)) == {"sends to null, whose region cannot be told"}
	}
	judged("AWS::EC2::FlowLog", {"logDestination": "arn:aws:s3:::abroad/AWSLogs"}) == {"sends to bucket abroad in us-east-1, outside the allowed regions"}
	judged("AWS::EC2::FlowLog", {"logDestination": "arn:aws:s3:::logs/AWSLogs"}) == set()
}

test_trails if {
	judged("AWS::CloudTrail::Trail", {"s3BucketName": "logs", "cloudWatchLogsLogGroupArn": "", "snsTopicARN": null}) == set()
	judged("AWS::CloudTrail::Trail", {"s3BucketName": "archive"}) == set()
	judged("AWS::CloudTrail::Trail", {"s3BucketName": "far"}) == {"sends to bucket far in eu-west-1, outside the allowed regions"}
	judged("AWS::CloudTrail::Trail", {"s3BucketName": "strange"}) == {"sends to bucket strange, which is neither the account's own nor named in bucketRegions"}
	every field in ["cloudWatchLogsLogGroupArn", "snsTopicARN"] {
		judged("AWS::CloudTrail::Trail", {"s3BucketName": "logs", field: virginia}) == abroad
	}
	judged("AWS::CloudTrail::Trail", {}) == not_recorded
	judged("AWS::CloudTrail::Trail", {"s3BucketName": ""}) == not_recorded
}

stream(configuration) := judged("AWS::KinesisFirehose::DeliveryStream", object.union({"DeliveryStreamName": "s"}, configuration))

test_delivery_streams if {
	stream({"ExtendedS3DestinationConfiguration": {"BucketARN": "arn:aws:s3:::logs"}}) == set()
	stream({"ExtendedS3DestinationConfiguration": {"BucketARN": "arn:aws:s3:::logs", "S3BackupConfiguration": {"BucketARN": "arn:aws:s3:::abroad"}}}) == {"sends to bucket abroad in us-east-1, outside the allowed regions"}
	stream({"AmazonopensearchserviceDestinationConfiguration": {"DomainARN": "arn:aws:es:us-east-1:123456789012:domain/d"}}) == {"sends to arn:aws:es:us-east-1:123456789012:domain/d, outside the allowed regions"}
	every field in ["Url", "HECEndpoint", "ClusterEndpoint", "CollectionEndpoint", "AccountUrl"] {
		stream({"D": {field: "https://intake.example.com/v1"}}) == {"sends to intake.example.com, which is not an allowed host"}
		stream({"D": {"E": {field: "https://intake.example.jp/v1"}}}) == set()
		stream({"D": {field: ""}}) == not_recorded
	}
	stream({"RedshiftDestinationConfiguration": {"ClusterJDBCURL": "jdbc:redshift://w.abc.us-east-1.redshift.amazonaws.com:5439/db"}}) == {"sends to w.abc.us-east-1.redshift.amazonaws.com in us-east-1, outside the allowed regions"}
	stream({"IcebergDestinationConfiguration": {"CatalogConfiguration": {"WarehouseLocation": "s3://abroad/tables"}}}) == {"sends to bucket abroad in us-east-1, outside the allowed regions"}
	stream({"Url": "https://x.example.com", "KinesisStreamSourceConfiguration": {"KinesisStreamARN": virginia}}) == not_recorded
	judged("AWS::KinesisFirehose::DeliveryStream", null) == not_recorded
}
