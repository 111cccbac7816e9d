package sekisho_policies.cloudtrail_log_file_validation_test

import data.sekisho_policies.cloudtrail_log_file_validation

messages(item) := {reason.msg | some reason in cloudtrail_log_file_validation.deny with input as item}

test_on if messages({"configuration": {"logFileValidationEnabled": true}}) == set()

test_off if messages({"configuration": {"logFileValidationEnabled": false}}) == {"log file validation is off"}

test_not_recorded if {
	every item in [{}, {"configuration": null}, {"configuration": {}}, {"configuration": {"logFileValidationEnabled": null}}, {"configuration": {"logFileValidationEnabled": "true"}}] {
		messages(item) == {"log file validation is not recorded"}
	}
}

test_reasons_are_in_both_languages if {
	every value in [false, null] {
		reasons := cloudtrail_log_file_validation.deny with input as {"configuration": {"logFileValidationEnabled": value}}
		every reason in reasons {
			reason.msg_ja != ""
		}
	}
}
