package sekisho_policies.session_manager_logging_test

import data.sekisho_policies.session_manager_logging

defaults := {
	"allowedRegions": ["ap-northeast-1", "ap-northeast-3"],
	"requireCloudWatch": true,
	"requireS3": false,
	"requireStreaming": true,
	"requireKmsKey": true,
	"maxIdleMinutes": 20,
	"maxSessionMinutes": 0,
	"logBuckets": [],
}

account := {"resourceType": "AWS::::Account", "awsRegion": "ap-northeast-1"}

good := {
	"s3BucketName": "",
	"s3EncryptionEnabled": true,
	"cloudWatchLogGroupName": "/ssm/sessions",
	"cloudWatchEncryptionEnabled": true,
	"cloudWatchStreamingEnabled": true,
	"kmsKeyId": "alias/session",
	"idleSessionTimeout": "20",
	"maxSessionDuration": "",
}

document(settings) := json.marshal({"schemaVersion": "1.0", "sessionType": "Standard_Stream", "inputs": settings})

answer(region, settings) := {"region": region, "result": {"Name": "SSM-SessionManagerRunShell", "Content": document(settings)}}

missing(region) := {"region": region, "error": {"code": "InvalidDocument", "message": "none"}}

no_nodes := [{"region": "ap-northeast-1", "result": {"InstanceInformationList": []}}, {"region": "ap-northeast-3", "result": {"InstanceInformationList": []}}]

osaka_node := [no_nodes[0], {"region": "ap-northeast-3", "result": {"InstanceInformationList": [{"InstanceId": "i-1"}]}}]

messages(preferences, nodes, changes) := {reason.msg |
	some reason in session_manager_logging.deny with input as account
		with data.facts as {"preferences": preferences, "nodes": nodes}
		with data.inventory as {"AWS::S3::Bucket": {
			"session-logs": {"resourceId": "session-logs", "awsRegion": "ap-northeast-1"},
			"session-logs-us": {"resourceId": "session-logs-us", "awsRegion": "us-east-1"},
		}}
		with data.parameters as object.union(defaults, changes)
}

tokyo(settings, changes) := messages([answer("ap-northeast-1", object.union(good, settings)), missing("ap-northeast-3")], no_nodes, changes)

test_good if tokyo({}, {}) == set()

test_no_document if {
	messages([missing("ap-northeast-1"), missing("ap-northeast-3")], no_nodes, {}) == {"Session Manager has no preferences in ap-northeast-1: sessions are not logged"}
}

test_region_with_nodes_is_judged if {
	messages([answer("ap-northeast-1", good), missing("ap-northeast-3")], osaka_node, {}) == {"Session Manager has no preferences in ap-northeast-3: sessions are not logged"}
}

test_region_of_the_account_was_not_asked if {
	messages([answer("ap-northeast-3", good)], osaka_node, {}) == {"the account's region ap-northeast-1 is not among the allowed regions, its preferences were not looked at"}
}

test_unreadable if {
	every content in ["", "schemaVersion: '1.0'", "{}", `{"inputs": null}`, "[1]", `{"inputs": "x"}`] {
		expected := {"the preferences of Session Manager in ap-northeast-1 cannot be read"}
		messages([{"region": "ap-northeast-1", "result": {"Content": content}}], no_nodes, {}) == expected
	}
}

test_logged_nowhere if {
	every name in ["", "  ", null] {
		tokyo({"cloudWatchLogGroupName": name}, {}) == {"sessions are logged nowhere in ap-northeast-1"}
	}
}

test_bucket_only if {
	only := {"cloudWatchLogGroupName": "", "s3BucketName": "session-logs", "cloudWatchStreamingEnabled": false, "cloudWatchEncryptionEnabled": false}
	tokyo(only, {}) == {"sessions are not logged to CloudWatch Logs in ap-northeast-1"}
	tokyo(only, {"requireCloudWatch": false}) == set()
	tokyo(only, {"requireCloudWatch": false, "requireS3": true}) == set()
}

test_nothing_is_said_once if {
	tokyo({"cloudWatchLogGroupName": ""}, {"requireS3": true}) == {"sessions are logged nowhere in ap-northeast-1"}
}

test_bucket_required if tokyo({}, {"requireS3": true}) == {"sessions are not logged to S3 in ap-northeast-1"}

test_encryption_flags if {
	every value in [false, null, "false"] {
		tokyo({"cloudWatchEncryptionEnabled": value}, {}) == {"the log group /ssm/sessions in ap-northeast-1 may be unencrypted (cloudWatchEncryptionEnabled is off)"}
		tokyo({"s3BucketName": "session-logs", "s3EncryptionEnabled": value}, {}) == {"the bucket session-logs in ap-northeast-1 may be unencrypted (s3EncryptionEnabled is off)"}
	}
	tokyo({"s3EncryptionEnabled": false}, {}) == set()
	tokyo({"s3BucketName": "session-logs"}, {"requireS3": true}) == set()
}

test_flags_as_text if tokyo({"cloudWatchEncryptionEnabled": "true", "cloudWatchStreamingEnabled": "true"}, {}) == set()

test_streaming if {
	tokyo({"cloudWatchStreamingEnabled": false}, {"requireStreaming": false}) == set()
	count(tokyo({"cloudWatchStreamingEnabled": false}, {})) == 1
}

test_bucket_abroad if tokyo({"s3BucketName": "session-logs-us"}, {}) == {"the bucket session-logs-us lies in us-east-1"}

test_bucket_of_another_account if {
	tokyo({"s3BucketName": "central"}, {}) == {"where the bucket central lies is unknown: it is not recorded in this account and not in logBuckets"}
	tokyo({"s3BucketName": "central"}, {"logBuckets": ["central"]}) == set()
}

test_named_bucket_abroad_stays_abroad if {
	count(tokyo({"s3BucketName": "session-logs-us"}, {"logBuckets": ["session-logs-us"]})) == 1
}

test_key if {
	tokyo({"kmsKeyId": ""}, {}) == {"sessions are not encrypted with a KMS key in ap-northeast-1"}
	tokyo({"kmsKeyId": null}, {"requireKmsKey": false}) == set()
}

test_idle if {
	tokyo({"idleSessionTimeout": "21"}, {}) == {"idle sessions end after 21 of the allowed 20 minutes in ap-northeast-1"}
	tokyo({"idleSessionTimeout": "19"}, {}) == set()
	tokyo({"idleSessionTimeout": 60}, {}) == {"idle sessions end after 60 of the allowed 20 minutes in ap-northeast-1"}
	tokyo({"idleSessionTimeout": "soon"}, {}) == {"the idle timeout in ap-northeast-1 cannot be read"}
}

test_idle_by_default if {
	every value in ["", null] {
		tokyo({"idleSessionTimeout": value}, {}) == set()
		tokyo({"idleSessionTimeout": value}, {"maxIdleMinutes": 19}) == {"idle sessions end after 20 of the allowed 19 minutes in ap-northeast-1"}
	}
}

test_duration if {
	tokyo({"maxSessionDuration": "61"}, {"maxSessionMinutes": 60}) == {"sessions may last 61 of the allowed 60 minutes in ap-northeast-1"}
	tokyo({"maxSessionDuration": "60"}, {"maxSessionMinutes": 60}) == set()
	tokyo({"maxSessionDuration": ""}, {"maxSessionMinutes": 1}) == {"sessions have no maximum duration in ap-northeast-1"}
	tokyo({"maxSessionDuration": "2"}, {"maxSessionMinutes": 1}) == {"sessions may last 2 of the allowed 1 minutes in ap-northeast-1"}
	tokyo({"maxSessionDuration": "1440"}, {}) == set()
}
