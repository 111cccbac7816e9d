package sekisho_policies.backup_vault_immutable_test

import data.sekisho_policies.backup_vault_immutable as policy

arn := "arn:aws:backup:ap-northeast-1:123456789012:backup-vault:karte"

vault := {"BackupVaultName": "karte", "BackupVaultArn": arn, "NumberOfRecoveryPoints": 1}

lock := {"Locked": true, "MinRetentionDays": 7}

parameters := {
	"mechanisms": ["compliance", "governance", "air-gapped", "policy"],
	"minDays": 7,
	"allowedRegions": ["ap-northeast-1"],
}

reasons(vaults, statements) := {reason |
	some reason in policy.deny with data.parameters as parameters with data.facts as {
		"now": "2026-11-23T01:00:00.000Z",
		"vaults": [{"region": "ap-northeast-1", "result": {"BackupVaultList": vaults}}],
		"vault_policies": [{"for": {"BackupVaultArn": arn}, "result": {"Policy": json.marshal({"Statement": statements})}}],
	}
}

messages(vaults, statements) := {reason.msg | some reason in reasons(vaults, statements)}

bad := {"recovery points can be deleted in every vault that holds any: karte"}

statement := {"Effect": "Deny", "Principal": "*", "Action": "backup:*", "Resource": "*"}

test_locked if messages([object.union(vault, lock)], []) == set()

test_lock_has_to_be_true if {
	every value in [false, null, "true"] {
		messages([object.union(vault, {"Locked": value, "MinRetentionDays": 7})], []) == bad
	}
}

test_minimum_that_is_no_number_is_none if {
	found := messages([object.union(vault, {"Locked": true, "MinRetentionDays": "7"})], [])
	"vault karte enforces 0 of the required 7 days of retention" in found
}

test_number_of_points if {
	every value in [0, null, "1"] {
		count(messages([object.union(vault, {"NumberOfRecoveryPoints": value})], [])) == 1
		messages([object.union(vault, {"NumberOfRecoveryPoints": value})], []) != bad
	}
}

test_all_vaults_are_named if {
	other := object.union(vault, {"BackupVaultName": "other", "BackupVaultArn": "arn"})
	messages([vault, other], []) == {"recovery points can be deleted in every vault that holds any: karte, other"}
}

test_one_immutable_vault_is_enough_and_others_are_not_named if {
	short := {"BackupVaultName": "short", "NumberOfRecoveryPoints": 1, "Locked": true, "LockDate": "2027-01-01T00:00:00.000Z"}
	empty := object.union(lock, {"BackupVaultName": "empty", "NumberOfRecoveryPoints": 0})
	messages([object.union(vault, lock), short, empty], []) == set()
}

test_policy if {
	messages([vault], [statement]) == set()
	every change in [
		{"Effect": "Allow"},
		{"Principal": "arn:aws:iam::123456789012:root"},
		{"Principal": {"Service": "*"}},
		{"Principal": null},
		{"Action": "backup:Delete*"},
		{"Action": null},
		{"Resource": null},
		{"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}},
	] {
		messages([vault], [object.union(statement, change)]) == bad
	}
}

test_action_names_know_no_case if messages([vault], [object.union(statement, {"Action": "BACKUP:*"})]) == set()

test_not_action_does_not_count if {
	messages([vault], [object.union(object.remove(statement, ["Action"]), {"NotAction": "s3:*"})]) == bad
}

test_empty_condition_is_none if {
	messages([vault], [object.union(statement, {"Condition": {}})]) == set()
	messages([vault], [object.union(statement, {"Condition": null})]) == set()
}

test_no_answers if {
	found := policy.deny with data.parameters as parameters with data.facts as {
		"now": "2026-11-23T01:00:00.000Z",
		"vaults": null,
		"vault_policies": null,
	}
	count(found) == 1
}

test_reasons_are_in_both_languages if {
	short := object.union(vault, {"Locked": true, "LockDate": "2027-01-01T00:00:00.000Z"})
	empty := object.union(lock, {"BackupVaultName": "empty"})
	found := reasons([short, empty], [])
	count(found) == 4
	every reason in found | reasons([], []) {
		reason.msg_ja != ""
	}
}

in_compliance(changes) := {reason.msg |
	some reason in policy.deny with data.parameters as object.union(parameters, {"mechanisms": ["compliance"]})
		with data.facts as {
			"now": "2026-11-23T01:00:00.000Z",
			"vaults": [{"region": "ap-northeast-1", "result": {"BackupVaultList": [object.union(object.union(vault, lock), changes)]}}],
			"vault_policies": [],
		}
}

test_compliance_mode if {
	in_compliance({"LockDate": "2026-11-01T00:00:00.000Z"}) == set()
	in_compliance({"LockDate": null}) == bad
	in_compliance({"LockDate": "2026-11-01T00:00:00.000Z", "Locked": false}) == bad
	in_compliance({"LockDate": "2026-12-01T00:00:00.000Z", "Locked": false}) == bad
	in_compliance({"LockDate": "2026-12-01T00:00:00.000Z"}) == bad | {"vault karte is in compliance mode only from 2026-12-01T00:00:00.000Z on"}
	in_compliance({"LockDate": "2026-11-01T00:00:00.000Z", "MinRetentionDays": 6}) == bad | {"vault karte enforces 6 of the required 7 days of retention"}
}
