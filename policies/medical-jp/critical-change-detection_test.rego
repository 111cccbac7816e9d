package sekisho_policies.critical_change_detection_test

import data.sekisho_policies.critical_change_detection

group_arn := "arn:aws:logs:ap-northeast-1:123456789012:log-group:CloudTrail/logs:*"

trail := {"Name": "all", "IsMultiRegionTrail": true, "CloudWatchLogsLogGroupArn": group_arn}

filter_of(text) := {"filterName": "f", "filterPattern": text, "logGroupName": "CloudTrail/logs", "metricTransformations": [{"metricName": "M", "metricNamespace": "N", "metricValue": "1"}]}

alarm := {"AlarmName": "a", "ActionsEnabled": true, "AlarmActions": ["arn:aws:sns:t"], "MetricName": "M", "Namespace": "N"}

nothing := {
	"rules": {"Rules": []},
	"targets": [],
	"global_rules": {"Rules": []},
	"global_targets": [],
	"trails": {"trailList": [trail]},
	"metric_filters": {"metricFilters": []},
	"alarms": {"MetricAlarms": [alarm]},
}

messages(kinds, changes) := {reason.msg |
	some reason in critical_change_detection.deny with data.facts as object.union(nothing, changes) with data.parameters as {"events": kinds}
}

filtered(text) := {"metric_filters": {"metricFilters": [filter_of(text)]}}

entry(pattern) := {"Name": "r", "State": "ENABLED", "EventPattern": json.marshal(pattern)}

home(pattern) := {"rules": {"Rules": [entry(pattern)]}, "targets": [{"for": {"Name": "r"}, "result": {"Targets": [{"Id": "1", "Arn": "arn:t"}]}}]}

abroad(pattern) := {"global_rules": {"Rules": [entry(pattern)]}, "global_targets": [{"for": {"Name": "r"}, "result": {"Targets": [{"Id": "1", "Arn": "arn:t"}]}}]}

expected := {
	"root-use": "nothing tells of root-use (root API call, root sign-in)",
	"trail-stop": "nothing tells of trail-stop (DeleteTrail, StopLogging)",
	"iam-policy": "nothing tells of iam-policy (AttachRolePolicy, AttachUserPolicy, CreatePolicyVersion, PutRolePolicy, PutUserPolicy)",
	"kms-disable": "nothing tells of kms-disable (DisableKey, ScheduleKeyDeletion)",
	"sg-change": "nothing tells of sg-change (AuthorizeSecurityGroupIngress)",
	"nacl-change": "nothing tells of nacl-change (CreateNetworkAclEntry, ReplaceNetworkAclEntry)",
	"route-change": "nothing tells of route-change (CreateRoute, ReplaceRoute)",
	"console-fail": "nothing tells of console-fail (failed sign-in, failed sign-in in us-east-1)",
	"backup-delete": "nothing tells of backup-delete (DeleteBackupVault, DeleteRecoveryPoint)",
}

services := {
	"trail-stop": ["cloudtrail", ["StopLogging", "DeleteTrail"]],
	"kms-disable": ["kms", ["DisableKey", "ScheduleKeyDeletion"]],
	"sg-change": ["ec2", ["AuthorizeSecurityGroupIngress"]],
	"nacl-change": ["ec2", ["CreateNetworkAclEntry", "ReplaceNetworkAclEntry"]],
	"route-change": ["ec2", ["CreateRoute", "ReplaceRoute"]],
	"backup-delete": ["backup", ["DeleteRecoveryPoint", "DeleteBackupVault"]],
}

api(service, names) := {"source": [sprintf("aws.%s", [service])], "detail-type": ["AWS API Call via CloudTrail"], "detail": {"eventSource": [sprintf("%s.amazonaws.com", [service])], "eventName": names}}

test_nothing if {
	every kind, message in expected {
		messages([kind], {}) == {message}
	}
	count(messages(object.keys(expected), {})) == 9
}

test_rules_of_the_region if {
	every kind, pair in services {
		messages([kind], home(api(pair[0], pair[1]))) == set()
		messages([kind], abroad(api(pair[0], pair[1]))) == {expected[kind]}
	}
}

test_iam_is_global if {
	pattern := api("iam", [{"prefix": "Put"}, {"prefix": "Attach"}, "CreatePolicyVersion"])
	messages(["iam-policy"], abroad(pattern)) == set()
	messages(["iam-policy"], home(pattern)) == {expected["iam-policy"]}
}

test_root_is_global if {
	pattern := {"detail-type": ["AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail"], "detail": {"userIdentity": {"type": ["Root"]}}}
	messages(["root-use"], abroad(pattern)) == set()
	messages(["root-use"], home(pattern)) == {expected["root-use"]}
	sign_in := {"source": ["aws.signin"], "detail-type": ["AWS Console Sign In via CloudTrail"], "detail": {"eventSource": ["signin.amazonaws.com"], "eventName": ["ConsoleLogin"], "userIdentity": {"type": ["Root"]}}}
	messages(["root-use"], abroad(sign_in)) == {"nothing tells of root-use (root API call)"}
}

test_failed_sign_in_in_both_regions if {
	every pattern in [
		{"source": ["aws.signin"], "detail": {"eventName": ["ConsoleLogin"], "responseElements": {"ConsoleLogin": ["Failure"]}}},
		{"detail-type": ["AWS Console Sign In via CloudTrail"], "detail": {"errorMessage": ["Failed authentication"], "userIdentity": {"type": ["IAMUser"]}}},
	] {
		messages(["console-fail"], object.union(home(pattern), abroad(pattern))) == set()
		messages(["console-fail"], home(pattern)) == {"nothing tells of console-fail (failed sign-in in us-east-1)"}
		messages(["console-fail"], abroad(pattern)) == {"nothing tells of console-fail (failed sign-in)"}
	}
}

test_one_of_two_names if {
	messages(["trail-stop"], home(api("cloudtrail", ["StopLogging"]))) == {"nothing tells of trail-stop (DeleteTrail)"}
}

test_rules_that_do_not_work if {
	pattern := api("cloudtrail", ["StopLogging", "DeleteTrail"])
	every changes in [
		{"rules": {"Rules": [object.union(entry(pattern), {"State": "DISABLED"})]}},
		{"targets": [{"for": {"Name": "r"}, "result": {"Targets": []}}]},
		{"targets": [{"for": {"Name": "other"}, "result": {"Targets": [{"Id": "1"}]}}]},
		{"targets": [{"for": {"Name": "r"}, "error": {"code": "ResourceNotFoundException"}}]},
	] {
		messages(["trail-stop"], object.union(home(pattern), changes)) == {expected["trail-stop"]}
	}
	messages(["trail-stop"], object.union(home(pattern), {"rules": {"Rules": [object.union(entry(pattern), {"State": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"})]}})) == set()
}

test_global_region_closed if {
	messages(["iam-policy"], {"global_rules": {"error": {"code": "AccessDeniedException"}}}) == {expected["iam-policy"]}
}

test_metric_filters if {
	every kind, text in {
		"root-use": `{ $.userIdentity.type = "Root" && $.eventType != "AwsServiceEvent" }`,
		"trail-stop": "{ ($.eventName = CreateTrail) || ($.eventName = DeleteTrail) || ($.eventName = StopLogging) }",
		"kms-disable": `{($.eventName=DisableKey)||($.eventName="ScheduleKeyDeletion")}`,
		"sg-change": "{ $.eventName = AuthorizeSecurityGroupIngress }",
		"console-fail": `{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }`,
	} {
		messages([kind], filtered(text)) == set()
	}
	messages(["console-fail"], filtered(`{ $.responseElements.ConsoleLogin = "Failure" && $.eventName = "ConsoleLogin" }`)) == set()
}

test_metric_filters_that_find_something_else if {
	every text in ["{ $.eventName != StopLogging }", "{ $.eventName = StopLoggingNow }", "StopLogging", ""] {
		messages(["trail-stop"], filtered(text)) == {expected["trail-stop"]}
	}
	messages(["console-fail"], filtered("{ $.eventName = ConsoleLogin }")) == {expected["console-fail"]}
	messages(["root-use"], filtered(`{ $.userIdentity.type != "Root" }`)) == {expected["root-use"]}
}

test_filters_that_do_not_work if {
	text := "{ $.eventName = AuthorizeSecurityGroupIngress }"
	every changes in [
		{"alarms": {"MetricAlarms": []}},
		{"alarms": {"MetricAlarms": [object.remove(alarm, ["ActionsEnabled"])]}},
		{"trails": {"trailList": [object.remove(trail, ["IsMultiRegionTrail"])]}},
		{"alarms": {"MetricAlarms": [object.union(alarm, {"ActionsEnabled": false})]}},
		{"alarms": {"MetricAlarms": [object.union(alarm, {"AlarmActions": []})]}},
		{"alarms": {"MetricAlarms": [object.union(alarm, {"MetricName": "other"})]}},
		{"alarms": {"MetricAlarms": [object.union(alarm, {"Namespace": "other"})]}},
		{"trails": {"trailList": [object.union(trail, {"IsMultiRegionTrail": false})]}},
		{"trails": {"trailList": [object.union(trail, {"CloudWatchLogsLogGroupArn": ""})]}},
		{"trails": {"trailList": [{"Name": "all", "IsMultiRegionTrail": true}]}},
		{"metric_filters": {"metricFilters": [object.union(filter_of(text), {"logGroupName": "other"})]}},
		{"metric_filters": {"metricFilters": [{"filterPattern": text, "logGroupName": "CloudTrail/logs"}]}},
	] {
		messages(["sg-change"], object.union(filtered(text), changes)) == {expected["sg-change"]}
	}
	messages(["sg-change"], object.union(filtered(text), {"trails": {"trailList": [object.union(trail, {"CloudWatchLogsLogGroupArn": trim_suffix(group_arn, ":*")})]}})) == set()
}

test_both_ways_together if {
	messages(["trail-stop"], object.union(home(api("cloudtrail", ["StopLogging"])), filtered("{ $.eventName = DeleteTrail }"))) == set()
}
