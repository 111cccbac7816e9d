package sekisho_policies.cloudtrail_cloudwatch_logs_test

import data.sekisho_policies.cloudtrail_cloudwatch_logs

arn := "arn:aws:cloudtrail:ap-northeast-1:123456789012:trail/audit"

delivering := {
	"trailARN": arn,
	"cloudWatchLogsLogGroupArn": "arn:aws:logs:ap-northeast-1:123456789012:log-group:cloudtrail:*",
	"cloudWatchLogsRoleArn": "arn:aws:iam::123456789012:role/cloudtrail-logs",
}

working := {"IsLogging": true, "LatestCloudWatchLogsDeliveryTime": "2026-11-23T00:56:02.000Z"}

messages(configuration, answers, hours) := {reason.msg |
	some reason in cloudtrail_cloudwatch_logs.deny with input as {"configuration": configuration}
		with data.facts as {"now": "2026-11-23T01:00:00.000Z", "trail_status": answers}
		with data.parameters as {"maxDeliveryHours": hours}
}

of(status) := messages(delivering, [{"for": {"TrailARN": arn}, "result": status}], 24)

test_working if of(working) == set()

test_no_log_group if {
	every value in [null, ""] {
		messages(object.union(delivering, {"cloudWatchLogsLogGroupArn": value}), [], 24) == {"the trail does not deliver to CloudWatch Logs"}
	}
	every configuration in [{}, null] {
		messages(configuration, [{"for": {"TrailARN": arn}, "result": {"LatestCloudWatchLogsDeliveryError": "x"}}], 24) == {"the trail does not deliver to CloudWatch Logs"}
	}
}

# What else is wrong does not matter then.
test_no_log_group_alone if {
	every status in [{}, {"LatestCloudWatchLogsDeliveryError": "x", "LatestCloudWatchLogsDeliveryTime": "2026-01-01T00:00:00.000Z"}] {
		messages({"trailARN": arn}, [{"for": {"TrailARN": arn}, "result": status}], 24) == {"the trail does not deliver to CloudWatch Logs"}
	}
}

test_no_role if {
	every value in [null, ""] {
		configuration := object.union(delivering, {"cloudWatchLogsRoleArn": value})
		messages(configuration, [{"for": {"TrailARN": arn}, "result": working}], 24) == {"the trail has no role for the delivery to CloudWatch Logs"}
	}
}

# Without an ARN nothing is compared with an answer that has none either.
test_status_cannot_be_seen if {
	every answers in [[], null, [{"for": {"TrailARN": "other"}, "result": working}], [{"for": {}, "result": working}], [{"for": {"TrailARN": arn}, "error": {"code": "TrailNotFoundException"}}]] {
		messages(delivering, answers, 24) == {"the trail's status cannot be seen"}
	}
	bare := object.remove(delivering, ["trailARN"])
	messages(bare, [{"for": {}, "result": working}], 24) == {"the trail's status cannot be seen"}
}

test_error if {
	of(object.union(working, {"LatestCloudWatchLogsDeliveryError": "AccessDenied"})) == {"delivery to CloudWatch Logs fails: AccessDenied"}
	of(object.union(working, {"LatestCloudWatchLogsDeliveryError": ""})) == set()
}

test_lag if {
	of({"LatestCloudWatchLogsDeliveryTime": "2026-11-22T01:00:00.000Z"}) == set()
	late := "2026-11-22T00:59:59.999Z"
	of({"LatestCloudWatchLogsDeliveryTime": late}) == {sprintf("nothing was delivered to CloudWatch Logs for over 24 hours (last: %s)", [late])}
	messages(delivering, [{"for": {"TrailARN": arn}, "result": {"LatestCloudWatchLogsDeliveryTime": late}}], 25) == set()
}

test_never_delivered if {
	every status in [{}, {"LatestCloudWatchLogsDeliveryTime": null}, {"StartLoggingTime": "2026-11-20T00:00:00.000Z"}] {
		of(status) == {"nothing was ever delivered to CloudWatch Logs"}
	}
}

test_just_started if {
	of({"StartLoggingTime": "2026-11-22T01:00:00.000Z"}) == set()
	of({"StartLoggingTime": "2026-11-23T00:30:00.000Z"}) == set()
	of({"StartLoggingTime": "2026-11-23T00:30:00.000Z", "LatestCloudWatchLogsDeliveryTime": "2026-10-01T00:00:00.000Z"}) == set()
}

test_reasons_are_in_both_languages if {
	reasons := cloudtrail_cloudwatch_logs.deny with input as {"configuration": object.remove(delivering, ["cloudWatchLogsRoleArn"])}
		with data.facts as {"now": "2026-11-23T01:00:00.000Z", "trail_status": [{"for": {"TrailARN": arn}, "result": {"LatestCloudWatchLogsDeliveryError": "x"}}]}
		with data.parameters as {"maxDeliveryHours": 24}
	count(reasons) == 3
	every reason in reasons {
		reason.msg_ja != ""
	}
}
