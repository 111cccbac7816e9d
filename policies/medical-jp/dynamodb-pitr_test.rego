package sekisho_policies.dynamodb_pitr_test

import data.sekisho_policies.dynamodb_pitr

table(status) := {
	"resourceType": "AWS::DynamoDB::Table",
	"configuration": {"tableName": "karte", "tableStatus": "ACTIVE"},
	"supplementaryConfiguration": {"ContinuousBackupsDescription": {
		"continuousBackupsStatus": "ENABLED",
		"pointInTimeRecoveryDescription": {"pointInTimeRecoveryStatus": status},
	}},
}

messages(item) := {reason.msg | some reason in dynamodb_pitr.deny with input as item}

test_enabled_is_compliant if messages(table("ENABLED")) == set()

test_disabled_is_denied if messages(table("DISABLED")) == {"point-in-time recovery is off"}

test_unknown_state_is_denied if {
	messages(table("ENABLING")) == {"point-in-time recovery is in an unknown state: ENABLING"}
}

# Continuous backups are always on; they are not point-in-time recovery.
test_continuous_backups_alone_are_not_enough if {
	item := {"supplementaryConfiguration": {"ContinuousBackupsDescription": {"continuousBackupsStatus": "ENABLED"}}}
	messages(item) == {"point-in-time recovery is not recorded"}
}

test_missing_fields_are_denied if {
	every item in [{}, {"supplementaryConfiguration": {}}, {"supplementaryConfiguration": null}, table(null)] {
		messages(item) == {"point-in-time recovery is not recorded"}
	}
}

test_reasons_are_in_both_languages if {
	every status in ["DISABLED", "ENABLING", null] {
		reasons := dynamodb_pitr.deny with input as table(status)
		every reason in reasons {
			reason.msg_ja != ""
		}
	}
}
