package sekisho_policies.guardduty_protection_plans_test

import data.sekisho_policies.guardduty_protection_plans

defaults := {
	"allowedRegions": ["ap-northeast-1"],
	"s3": "required", "rds": "auto", "eks": "auto", "lambda": "auto", "malware": "auto", "runtime": "off",
}

listed(region, ids) := {"region": region, "result": {"DetectorIds": ids}}

features(names) := [{"Name": name, "Status": "ENABLED"} | some name in names]

got(region, names) := {"region": region, "for": "d", "result": {"Features": features(names)}}

messages(detector, inventory, changes) := {reason.msg |
	some reason in guardduty_protection_plans.deny with input as {"awsRegion": "ap-northeast-1"}
		with data.facts as {"detectors": [listed("ap-northeast-1", ["d"]), listed("ap-northeast-3", ["d"])], "detector": detector}
		with data.inventory as inventory
		with data.parameters as object.union(defaults, changes)
}

off(name, region) := sprintf("the protection plan %s is off in %s", [name, region])

test_only_s3_is_wanted_where_nothing_is_used if {
	messages([got("ap-northeast-1", ["S3_DATA_EVENTS"])], {}, {}) == set()
	messages([got("ap-northeast-1", [])], {}, {}) == {off("S3_DATA_EVENTS", "ap-northeast-1")}
	messages([got("ap-northeast-1", [])], {}, {"s3": "off"}) == set()
	messages([got("ap-northeast-1", [])], {}, {"s3": "auto"}) == set()
}

test_disabled_is_not_enabled if {
	answer := {"region": "ap-northeast-1", "for": "d", "result": {"Features": [{"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}]}}
	messages([answer], {}, {}) == {off("S3_DATA_EVENTS", "ap-northeast-1")}
}

test_what_is_used_is_wanted if {
	every resource_type, plan in {
		"AWS::RDS::DBInstance": "RDS_LOGIN_EVENTS",
		"AWS::RDS::DBCluster": "RDS_LOGIN_EVENTS",
		"AWS::EKS::Cluster": "EKS_AUDIT_LOGS",
		"AWS::Lambda::Function": "LAMBDA_NETWORK_LOGS",
		"AWS::EC2::Instance": "EBS_MALWARE_PROTECTION",
	} {
		used := {resource_type: {"x": {"awsRegion": "ap-northeast-1"}}}
		messages([got("ap-northeast-1", ["S3_DATA_EVENTS"])], used, {}) == {off(plan, "ap-northeast-1")}
		messages([got("ap-northeast-1", ["S3_DATA_EVENTS", plan])], used, {}) == set()
		messages([got("ap-northeast-1", ["S3_DATA_EVENTS"])], {resource_type: {"x": {}}}, {}) == {off(plan, "ap-northeast-1")}
		messages([got("ap-northeast-1", ["S3_DATA_EVENTS"])], {resource_type: {"x": {"awsRegion": "us-east-1"}}}, {}) == set()
	}
	buckets := {"AWS::S3::Bucket": {"b": {"awsRegion": "ap-northeast-1"}}}
	messages([got("ap-northeast-1", [])], buckets, {"s3": "auto"}) == {off("S3_DATA_EVENTS", "ap-northeast-1")}
}

test_runtime_by_either_name if {
	every resource_type in ["AWS::EC2::Instance", "AWS::EKS::Cluster"] {
		used := {resource_type: {"x": {"awsRegion": "ap-northeast-1"}}}
		changes := {"runtime": "auto", "malware": "off", "eks": "off"}
		messages([got("ap-northeast-1", ["S3_DATA_EVENTS"])], used, changes) == {off("RUNTIME_MONITORING", "ap-northeast-1")}
		every name in ["RUNTIME_MONITORING", "EKS_RUNTIME_MONITORING"] {
			messages([got("ap-northeast-1", ["S3_DATA_EVENTS", name])], used, changes) == set()
		}
	}
	messages([got("ap-northeast-1", ["S3_DATA_EVENTS"])], {}, {"runtime": "required"}) == {off("RUNTIME_MONITORING", "ap-northeast-1")}
}

test_elsewhere_everything_counts_as_used if {
	names := ["S3_DATA_EVENTS", "RDS_LOGIN_EVENTS", "EKS_AUDIT_LOGS", "LAMBDA_NETWORK_LOGS", "EBS_MALWARE_PROTECTION"]
	every missing in names {
		given := [name | some name in names; name != missing]
		messages([got("ap-northeast-3", given)], {}, {"allowedRegions": ["ap-northeast-3"]}) == {off(missing, "ap-northeast-3")}
	}
}

test_no_detector if {
	messages([], {}, {"allowedRegions": ["us-east-1"]}) == {"us-east-1 has no detector of GuardDuty, and so no protection plan"}
}

test_not_read if {
	message := {"the protection plans in ap-northeast-1 cannot be read"}
	every answers in [[], [{"region": "ap-northeast-1", "for": "d", "result": {}}], [got("ap-northeast-3", ["S3_DATA_EVENTS"])], [{"region": "ap-northeast-1", "for": "e", "result": {"Features": []}}]] {
		messages(answers, {}, {}) == message
	}
}

test_reasons_are_in_both_languages if {
	reasons := guardduty_protection_plans.deny with input as {"awsRegion": "ap-northeast-1"}
		with data.facts as {"detectors": [listed("ap-northeast-1", ["d"]), listed("ap-northeast-3", ["d"])], "detector": [got("ap-northeast-1", [])]}
		with data.inventory as {}
		with data.parameters as object.union(defaults, {"allowedRegions": ["ap-northeast-1", "ap-northeast-3", "us-east-1"]})
	count(reasons) == 3
	every reason in reasons {
		reason.msg_ja != ""
	}
}
