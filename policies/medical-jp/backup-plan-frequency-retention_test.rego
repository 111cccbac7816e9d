package sekisho_policies.backup_plan_frequency_retention_test

import data.sekisho_policies.backup_plan_frequency_retention as policy

defaults := {
	"maxIntervalHours": 24,
	"minGenerations": 3,
	"minRetentionDays": 35,
	"minLocations": 2,
	"locationBy": "region",
	"phiTag": "",
}

osaka := {"DestinationBackupVaultArn": "arn:aws:backup:ap-northeast-3:123456789012:backup-vault:copies"}

daily := {"RuleName": "daily", "TargetBackupVault": "karte", "Lifecycle": {"DeleteAfterDays": 35}, "CopyActions": [osaka]}

plan(plan_rules) := {
	"awsAccountId": "123456789012",
	"awsRegion": "ap-northeast-1",
	"configuration": {"BackupPlan": {"BackupPlanRule": plan_rules}},
}

messages(item, parameters) := {reason.msg |
	some reason in policy.deny with input as item with data.parameters as object.union(defaults, parameters)
}

test_daily if messages(plan([daily]), {}) == set()

test_plan_as_text if {
	messages({
		"awsAccountId": "123456789012",
		"awsRegion": "ap-northeast-1",
		"configuration": {"BackupPlan": json.marshal({"BackupPlanRule": [daily]})},
	}, {}) == set()
}

test_no_rules if {
	every item in [plan([]), plan(null), plan("daily"), {}, {"configuration": null}, {"configuration": {"BackupPlan": null}}] {
		messages(item, {}) == {"the plan has no rules"}
	}
}

test_empty_schedule_is_the_default if {
	every text in ["", null] {
		messages(plan([object.union(daily, {"ScheduleExpression": text})]), {}) == set()
	}
}

test_interval_is_rounded_up if {
	once := object.union(daily, {"ScheduleExpression": "cron(10 0,23 * * ? *)"})
	"backups are up to 23 hours apart (at most 22 allowed)" in messages(plan([once]), {"maxIntervalHours": 22})
	thrice := object.union(daily, {"ScheduleExpression": "cron(0,20,50 * * * ? *)"})
	messages(plan([thrice]), {"maxIntervalHours": 1}) == set()
	weekly := object.union(daily, {"ScheduleExpression": "cron(0 5 ? * SUN *)", "CopyActions": []})
	messages(plan([weekly]), {"maxIntervalHours": 168, "minLocations": 1}) == set()
	messages(plan([weekly]), {"maxIntervalHours": 167, "minLocations": 1}) == {"backups are up to 168 hours apart (at most 167 allowed)"}
	uneven := object.union(daily, {"ScheduleExpression": "cron(30 8-17 * * ? *)"})
	"backups are up to 15 hours apart (at most 1 allowed)" in messages(plan([uneven]), {"maxIntervalHours": 1})
	ragged := object.union(daily, {"ScheduleExpression": "cron(0/40 8-17 * * ? *)"})
	"backups are up to 15 hours apart (at most 14 allowed)" in messages(plan([ragged]), {"maxIntervalHours": 14})
}

test_the_most_frequent_rule_is_named if {
	weekly := object.union(daily, {"ScheduleExpression": "cron(0 5 ? * SUN *)"})
	monthly := object.union(daily, {"ScheduleExpression": "cron(0 5 1 * ? *)"})
	messages(plan([weekly, monthly]), {}) == {"backups are up to 168 hours apart (at most 24 allowed)"}
}

test_generations_at_the_limit if {
	three := object.union(daily, {"Lifecycle": {"DeleteAfterDays": 3}, "CopyActions": []})
	not "3 generations are kept of the required 3" in messages(plan([three]), {})
	"3 generations are kept of the required 4" in messages(plan([three]), {"minGenerations": 4})
	years := object.union(daily, {"Lifecycle": {"DeleteAfterDays": 1500}, "CopyActions": []})
	"1500 generations are kept of the required 1501" in messages(plan([years]), {"minGenerations": 1501})
}

test_the_rule_with_the_most_generations_counts if {
	two := object.union(daily, {"Lifecycle": {"DeleteAfterDays": 2}, "CopyActions": []})
	messages(plan([two, daily]), {}) == set()
}

test_retention_at_the_limit if {
	kept := object.union(daily, {"CopyActions": []})
	messages(plan([kept]), {"minLocations": 1}) == set()
	messages(plan([kept]), {"minLocations": 1, "minRetentionDays": 36}) == {"backups are kept 35 of the required 36 days"}
}

test_negative_retention_is_none if {
	kept := object.union(daily, {"Lifecycle": {"DeleteAfterDays": -1}, "CopyActions": []})
	"backups are kept 0 of the required 35 days" in messages(plan([kept]), {})
}

test_copy_without_lifecycle_is_kept_for_good if {
	short := object.union(daily, {"Lifecycle": {"DeleteAfterDays": 1}})
	messages(plan([short]), {"minRetentionDays": 36500}) == set()
}

test_vault_that_cannot_be_read_is_no_other_location if {
	every arn in ["", "karte", "arn:aws:backup:ap-northeast-3:123456789012", null] {
		lost := object.union(daily, {"CopyActions": [{"DestinationBackupVaultArn": arn}]})
		messages(plan([lost]), {}) == {"backups lie in 1 of the required 2 locations"}
	}
	messages(plan([object.union(daily, {"CopyActions": [{}]})]), {}) == {"backups lie in 1 of the required 2 locations"}
}

test_two_copies_in_one_place_are_one if {
	twice := object.union(daily, {"CopyActions": [osaka, osaka]})
	messages(plan([twice]), {"minLocations": 3}) == {"backups lie in 2 of the required 3 locations"}
}

test_unnamed_rule if {
	broken := {"ScheduleExpression": "rate(1 day)", "CopyActions": [osaka]}
	"the schedule of rule (no name) cannot be read: rate(1 day)" in messages(plan([broken]), {})
}

test_reasons_are_in_both_languages if {
	item := plan([object.union(daily, {"ScheduleExpression": "rate(1 day)", "Lifecycle": {"DeleteAfterDays": 1}, "CopyActions": []})])
	reasons := policy.deny with input as item with data.parameters as defaults
	count(reasons) == 3
	every reason in reasons {
		reason.msg_ja != ""
	}
}
