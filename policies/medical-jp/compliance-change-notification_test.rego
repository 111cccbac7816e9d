package sekisho_policies.compliance_change_notification_test

import data.sekisho_policies.compliance_change_notification

account := {"resourceType": "AWS::::Account", "awsAccountId": "123456789012", "awsRegion": "ap-northeast-1"}

topic_arn := "arn:aws:sns:ap-northeast-1:123456789012:security"

function_arn := "arn:aws:lambda:ap-northeast-1:123456789012:function:notify"

pattern := json.marshal({"source": ["aws.config"], "detail-type": ["Config Rules Compliance Change"]})

rule_of(text) := {"Name": "findings", "State": "ENABLED", "EventPattern": text}

allow := {"Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish", "Resource": topic_arn}]}

attributes := {"TopicArn": topic_arn, "Policy": json.marshal(allow), "SubscriptionsConfirmed": "1", "SubscriptionsPending": "0"}

messages(rules, targets, changes, parameters) := {reason.msg |
	some reason in compliance_change_notification.deny with input as account
		with data.facts as {
			"rules": {"Rules": rules},
			"targets": [{"for": entry, "result": {"Targets": targets}} | some entry in rules],
			"topics": {"Topics": [{"TopicArn": topic_arn}]},
			"topic_attributes": [{"for": {"TopicArn": topic_arn}, "result": {"Attributes": object.union(attributes, changes)}}],
		}
		with data.parameters as object.union({"requiredSources": ["aws.config"], "notifyTargets": []}, parameters)
}

to_topic := [{"Id": "sns", "Arn": topic_arn}]

unheard := {"no enabled rule passes on the events of aws.config"}

test_arrives if messages([rule_of(pattern)], to_topic, {}, {}) == set()

test_no_rule if {
	messages([], to_topic, {}, {}) == unheard
	messages([object.union(rule_of(pattern), {"State": "DISABLED"})], to_topic, {}, {}) == unheard
	messages([{"Name": "nightly", "State": "ENABLED", "ScheduleExpression": "rate(1 day)"}], to_topic, {}, {}) == unheard
}

test_state_with_management_events if {
	messages([object.union(rule_of(pattern), {"State": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"})], to_topic, {}, {}) == set()
}

test_patterns if {
	every passing in [
		{"source": ["aws.config"]},
		{"source": ["aws.config"], "account": ["123456789012"], "region": ["ap-northeast-1"]},
		{"source": ["aws.config"], "detail": {"newEvaluationResult": {"complianceType": ["NON_COMPLIANT"]}}},
		{"source": ["aws.config"], "detail": {"messageType": ["ComplianceChangeNotification"]}},
	] {
		messages([rule_of(json.marshal(passing))], to_topic, {}, {}) == set()
	}
	every narrow in [
		{"source": ["aws.health"]},
		{"source": ["aws.config"], "detail-type": ["Config Configuration Item Change"]},
		{"source": ["aws.config"], "detail": {"configRuleName": ["one-rule"]}},
		{"source": ["aws.config"], "detail": {"newEvaluationResult": {"complianceType": ["COMPLIANT"]}}},
		{"source": ["aws.config"], "account": ["999999999999"]},
		{"source": ["aws.config"], "region": ["us-east-1"]},
	] {
		messages([rule_of(json.marshal(narrow))], to_topic, {}, {}) == unheard
	}
}

test_guardduty_and_health if {
	every source, passing in {
		"aws.guardduty": {"source": ["aws.guardduty"], "detail-type": ["GuardDuty Finding"], "detail": {"severity": [{"numeric": [">=", 8]}]}},
		"aws.health": {"source": ["aws.health"], "detail-type": ["AWS Health Event"], "detail": {"eventTypeCategory": ["issue"]}},
		"my.app": {"source": ["my.app"]},
	} {
		messages([rule_of(json.marshal(passing))], to_topic, {}, {"requiredSources": [source]}) == set()
	}
	every source, narrow in {
		"aws.guardduty": {"source": ["aws.guardduty"], "detail": {"severity": [{"numeric": [">", 8]}]}},
		"aws.health": {"source": ["aws.health"], "detail": {"service": ["EC2"]}},
	} {
		count(messages([rule_of(json.marshal(narrow))], to_topic, {}, {"requiredSources": [source]})) == 1
	}
}

test_no_target if {
	messages([rule_of(pattern)], [], {}, {}) == {"aws.config: the rule findings has no target"}
}

test_targets_not_answered if {
	found := {reason.msg |
		some reason in compliance_change_notification.deny with input as account
			with data.facts as {
				"rules": {"Rules": [rule_of(pattern)]},
				"targets": [{"for": rule_of(pattern), "error": {"code": "ResourceNotFoundException"}}],
				"topic_attributes": [],
			}
			with data.parameters as {"requiredSources": ["aws.config"], "notifyTargets": []}
	}
	found == {"aws.config: the rule findings has no target"}
}

test_other_target if {
	expected := {sprintf("aws.config: %s is not known to notify (notifyTargets) (rule findings)", [function_arn])}
	messages([rule_of(pattern)], [{"Arn": function_arn}], {}, {}) == expected
	messages([rule_of(pattern)], [{"Arn": function_arn}], {}, {"notifyTargets": [function_arn]}) == set()
	messages([rule_of(pattern)], [{"Arn": function_arn}, to_topic[0]], {}, {}) == set()
	messages([rule_of(pattern)], [{"Id": "x"}], {}, {}) == {"aws.config: a target without ARN is not known to notify (notifyTargets) (rule findings)"}
}

test_subscriptions if {
	expected := {sprintf("aws.config: %s has no confirmed subscription (rule findings)", [topic_arn])}
	messages([rule_of(pattern)], to_topic, {"SubscriptionsConfirmed": "0", "SubscriptionsPending": "1"}, {}) == expected
	messages([rule_of(pattern)], to_topic, {"SubscriptionsConfirmed": ""}, {}) == expected
	messages([rule_of(pattern)], to_topic, {"SubscriptionsConfirmed": "20"}, {}) == set()
	messages([rule_of(pattern)], to_topic, {"SubscriptionsConfirmed": "0"}, {"notifyTargets": [topic_arn]}) == set()
}

test_key if {
	expected := {sprintf("aws.config: %s is encrypted with alias/aws/sns, which EventBridge cannot use (rule findings)", [topic_arn])}
	every key in ["alias/aws/sns", "arn:aws:kms:ap-northeast-1:123456789012:alias/aws/sns"] {
		messages([rule_of(pattern)], to_topic, {"KmsMasterKeyId": key}, {}) == expected
	}
	messages([rule_of(pattern)], to_topic, {"KmsMasterKeyId": "alias/topics"}, {}) == set()
}

with_policy(statement) := {"Policy": json.marshal({"Statement": [statement]})}

test_topic_policy if {
	every statement in [
		{"Effect": "Allow", "Principal": "*", "Action": "SNS:Publish"},
		{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["sns:Subscribe", "sns:*"]},
		{"Effect": "Allow", "Principal": {"Service": ["events.amazonaws.com", "s3.amazonaws.com"]}, "Action": "*", "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}},
	] {
		messages([rule_of(pattern)], to_topic, with_policy(statement), {}) == set()
	}
	expected := {sprintf("aws.config: the policy of %s does not let EventBridge publish (rule findings)", [topic_arn])}
	every statement in [
		{"Effect": "Deny", "Principal": "*", "Action": "SNS:Publish"},
		{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "SNS:Publish", "Condition": {"StringEquals": {"AWS:SourceOwner": "123456789012"}}},
		{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sns:Publish"},
		{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Subscribe"},
	] {
		messages([rule_of(pattern)], to_topic, with_policy(statement), {}) == expected
		messages([rule_of(pattern)], [{"Arn": topic_arn, "RoleArn": "arn:aws:iam::123456789012:role/r"}], with_policy(statement), {}) == set()
		messages([rule_of(pattern)], [{"Arn": topic_arn, "RoleArn": ""}], with_policy(statement), {}) == expected
	}
	messages([rule_of(pattern)], to_topic, {"Policy": ""}, {}) == expected
}

test_one_rule_that_arrives_is_enough if {
	second := {"Name": "second", "State": "ENABLED", "EventPattern": pattern}
	found := {reason.msg |
		some reason in compliance_change_notification.deny with input as account
			with data.facts as {
				"rules": {"Rules": [rule_of(pattern), second]},
				"targets": [{"for": rule_of(pattern), "result": {"Targets": []}}, {"for": second, "result": {"Targets": [{"Arn": function_arn}]}}],
				"topic_attributes": [],
			}
			with data.parameters as {"requiredSources": ["aws.config"], "notifyTargets": [function_arn]}
	}
	found == set()
}

test_each_source_for_itself if {
	messages([rule_of(pattern)], to_topic, {}, {"requiredSources": ["aws.config", "aws.health"]}) == {"no enabled rule passes on the events of aws.health"}
}

test_topic_that_is_gone if {
	found := {reason.msg |
		some reason in compliance_change_notification.deny with input as account
			with data.facts as {
				"rules": {"Rules": [rule_of(pattern)]},
				"targets": [{"for": rule_of(pattern), "result": {"Targets": to_topic}}],
				"topic_attributes": [{"for": {"TopicArn": topic_arn}, "error": {"code": "NotFound"}}],
			}
			with data.parameters as {"requiredSources": ["aws.config"], "notifyTargets": []}
	}
	found == {sprintf("aws.config: %s is not known to notify (notifyTargets) (rule findings)", [topic_arn])}
}
