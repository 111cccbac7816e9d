package sekisho_policies.log_group_retention_test

import data.sekisho_policies.log_group_retention

defaults := {
	"allowedRegions": ["ap-northeast-1"],
	"auditPattern": "(?i)(cloudtrail|vpc|flow|session|audit|/rds/)",
	"auditRetentionDays": 1827,
	"minRetentionDays": 365,
	"exemptPattern": "",
	"requiredGroups": [],
}

facts(groups) := {"log_groups": [{"region": "ap-northeast-1", "result": {"logGroups": groups}}]}

messages(groups, changes) := {reason.msg |
	some reason in log_group_retention.deny with data.facts as facts(groups) with data.parameters as object.union(defaults, changes)
}

skipped(groups, changes) if {
	log_group_retention.not_applicable with data.facts as facts(groups) with data.parameters as object.union(defaults, changes)
}

group(name, days) := {"logGroupName": name, "retentionInDays": days, "logGroupClass": "STANDARD"}

test_long_enough if messages([group("app", 365), group("cloudtrail", 1827), {"logGroupName": "audit"}], {}) == set()

test_too_short if {
	messages([group("app", 364)], {}) == {"the log group app (ap-northeast-1) keeps logs 364 of the required 365 days"}
	messages([group("CloudTrail/main", 1826)], {}) == {"the log group CloudTrail/main (ap-northeast-1) keeps logs 1826 of the required 1827 days"}
}

test_default_pattern if {
	every name in ["/aws/vpc/x", "flow-logs", "/ssm/sessions", "eks-audit", "/aws/rds/instance/karte/audit"] {
		count(messages([group(name, 365)], {})) == 1
	}
	messages([group("medical-records", 365)], {}) == set()
}

test_others_not_judged if {
	messages([group("app", 1)], {"minRetentionDays": 0}) == set()
	count(messages([group("audit", 1)], {"minRetentionDays": 0})) == 1
}

test_exempt if {
	messages([group("dev-audit", 1)], {"exemptPattern": "^dev-"}) == set()
	count(messages([group("audit", 1)], {"exemptPattern": "^dev-"})) == 1
}

test_delivery_class if messages([object.union(group("audit", 2), {"logGroupClass": "DELIVERY"})], {}) == set()

test_class_missing_counts if count(messages([{"logGroupName": "audit", "retentionInDays": 2}], {})) == 1

test_without_name if count(messages([{"retentionInDays": 2}], {})) == 1

test_required_group if {
	messages([], {"requiredGroups": ["audit"]}) == {"the log group audit does not exist"}
	messages([group("audit", 1827)], {"requiredGroups": ["audit"]}) == set()
}

test_nothing_to_judge if {
	skipped([], {})
	skipped(null, {})
	not skipped([], {"requiredGroups": ["audit"]})
	not skipped([group("app", 1)], {})
}
