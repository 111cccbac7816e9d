package sekisho_policies.backup_plan_coverage_test

import data.sekisho_policies.backup_plan_coverage as policy

table := {
	"resourceType": "AWS::DynamoDB::Table",
	"ARN": "arn:aws:dynamodb:ap-northeast-1:123456789012:table/karte",
	"tags": {"Backup": "daily"},
}

facts(selection, opt_in) := {
	"selection": [{"result": {"BackupSelection": selection}}],
	"settings": {"ResourceTypeOptInPreference": opt_in},
}

messages(item, given) := {reason.msg |
	some reason in policy.deny with input as item
		with data.facts as given
		with data.parameters as {"phiTag": ""}
		with data.inventory as {}
}

none := {"no backup plan covers this resource"}

test_null_lists_are_empty if {
	selection := {"Resources": null, "ListOfTags": null, "NotResources": null, "Conditions": null}
	messages(table, facts(selection, {"DynamoDB": true})) == set()
}

test_fields_of_the_selection_missing if messages(table, facts({}, {"DynamoDB": true})) == set()

test_selection_that_is_none if {
	every value in [null, "karte", []] {
		messages(table, facts(value, {"DynamoDB": true})) == none
	}
}

test_no_facts_at_all if {
	messages(table, {"selection": null, "settings": {}}) == none
}

test_opt_in_has_to_be_true if {
	every value in [false, null, "true"] {
		count(messages(table, facts({}, {"DynamoDB": value}))) == 1
	}
	count(messages(table, facts({}, {"EBS": true}))) == 1
}

test_all_resources_by_star_need_the_opt_in if {
	count(messages(table, facts({"Resources": ["*"]}, {"DynamoDB": false}))) == 1
	count(messages(table, facts({"Resources": ["arn:aws:dynamodb:*:*:*"]}, {"DynamoDB": false}))) == 1
	messages(table, facts({"Resources": ["arn:aws:dynamodb:*:*:table*"]}, {"DynamoDB": false})) == set()
}

test_condition_without_key_or_value_is_not_met if {
	every condition in [{}, {"ConditionKey": "aws:ResourceTag/Backup"}, {"ConditionValue": "daily"}] {
		messages(table, facts({"ListOfTags": [condition]}, {"DynamoDB": true})) == none
		messages(table, facts({"Conditions": {"StringEquals": [condition]}}, {"DynamoDB": true})) == none
	}
}

test_reasons_are_in_both_languages if {
	every given in [facts(null, {}), facts({}, {})] {
		reasons := policy.deny with input as table with data.facts as given with data.parameters as {"phiTag": ""} with data.inventory as {}
		count(reasons) == 1
		every reason in reasons {
			reason.msg_ja != ""
		}
	}
}

test_kind_that_another_pattern_names if {
	selection := {"Resources": ["*", "arn:aws:ec2:*:*:volume/*"]}
	count(messages(table, facts(selection, {"DynamoDB": false}))) == 1
}

test_backup_policy_is_for_file_systems if {
	item := object.union(table, {"configuration": {"BackupPolicy": {"Status": "ENABLED"}}})
	messages(item, {"selection": [], "settings": {}}) == none
}
