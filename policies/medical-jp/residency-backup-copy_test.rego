package sekisho_policies.residency_backup_copy_test

import data.sekisho_policies.residency_backup_copy as policy

defaults := {"allowedRegions": ["ap-northeast-1", "ap-northeast-3"], "allowedAccounts": []}

osaka := "arn:aws:backup:ap-northeast-3:123456789012:backup-vault:dr"

virginia := "arn:aws:backup:us-east-1:123456789012:backup-vault:dr"

plan(rules) := {
	"resourceType": "AWS::Backup::BackupPlan",
	"awsAccountId": "123456789012",
	"configuration": {"BackupPlan": {"BackupPlanRule": rules}},
}

point(configuration) := {
	"resourceType": "AWS::Backup::RecoveryPoint",
	"awsAccountId": "123456789012",
	"configuration": configuration,
}

messages(item) := {reason.msg |
	some reason in policy.deny with input as item with data.parameters as defaults
}

test_one_rule_without_its_list if {
	messages(plan({"CopyActions": {"DestinationBackupVaultArn": virginia}})) == {sprintf("copies to %s, outside the allowed regions", [virginia])}
}

test_rules_without_copies if {
	every rule in [{}, {"CopyActions": null}, {"CopyActions": []}] {
		messages(plan([rule])) == set()
	}
}

test_an_original_has_no_source if {
	every source in [null, ""] {
		messages(point({"BackupVaultArn": osaka, "SourceBackupVaultArn": source})) == set()
	}
	messages(point({"BackupVaultArn": osaka})) == set()
}

test_vaults_that_cannot_be_read if {
	every arn in [null, "dr", 1, "arn:aws:backup::123456789012:backup-vault:dr", "arn:aws:backup:ap-northeast-3::backup-vault:dr"] {
		messages(plan([{"CopyActions": [{"DestinationBackupVaultArn": arn}]}])) == {sprintf("copies to %v: the vault's region and account cannot be told", [arn])}
	}
}

test_source_of_another_account if {
	source := "arn:aws:backup:ap-northeast-1:210987654321:backup-vault:emr"
	messages(point({"BackupVaultArn": osaka, "SourceBackupVaultArn": source})) == {sprintf("was copied from %s, of an account that is not allowed", [source])}
}

# Whatever is missing of a plan, and a plan's fields in a recovery point.
test_nothing_recorded if {
	every item in [plan(null), plan([]), {"resourceType": "AWS::Backup::BackupPlan", "configuration": null}] {
		messages(item) == {"the rules of the backup plan are not recorded"}
	}
	messages({"resourceType": "AWS::Backup::RecoveryPoint", "configuration": null}) == {"lies in null: the vault's region and account cannot be told"}
}
