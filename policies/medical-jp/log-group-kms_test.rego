package sekisho_policies.log_group_kms_test

import data.sekisho_policies.log_group_kms

defaults := {"allowedRegions": ["ap-northeast-1"], "auditPattern": "(?i)(cloudtrail|audit)", "exemptPattern": ""}

facts(groups) := {"log_groups": [{"region": "ap-northeast-1", "result": {"logGroups": groups}}]}

messages(groups, changes) := {reason.msg |
	some reason in log_group_kms.deny with data.facts as facts(groups) with data.parameters as object.union(defaults, changes)
}

skipped(groups, changes) if {
	log_group_kms.not_applicable with data.facts as facts(groups) with data.parameters as object.union(defaults, changes)
}

plain(name) := {"logGroupName": name}

test_encrypted if messages([{"logGroupName": "audit", "kmsKeyId": "arn:aws:kms:k"}, plain("app")], {}) == set()

test_plain if {
	messages([plain("CloudTrail/main")], {}) == {"the log group CloudTrail/main (ap-northeast-1) has no KMS key"}
	every key in ["", null] {
		count(messages([{"logGroupName": "audit", "kmsKeyId": key}], {})) == 1
	}
}

test_exempt if {
	messages([plain("dev-audit"), plain("audit")], {"exemptPattern": "^dev-"}) == {"the log group audit (ap-northeast-1) has no KMS key"}
}

test_nothing_to_judge if {
	every groups in [[], null, [plain("app")]] {
		skipped(groups, {})
	}
	skipped([plain("audit")], {"exemptPattern": "audit"})
	not skipped([plain("audit")], {})
}
