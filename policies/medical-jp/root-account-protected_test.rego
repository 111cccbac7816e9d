package sekisho_policies.root_account_protected_test

import data.sekisho_policies.root_account_protected as policy

summary := {
	"AccountMFAEnabled": 1,
	"AccountPasswordPresent": 1,
	"AccountAccessKeysPresent": 0,
	"AccountSigningCertificatesPresent": 0,
}

root := {"user": "<root_account>", "password_last_used": "2026-01-05T03:00:00.000Z"}

messages(map, entries) := {reason.msg |
	some reason in policy.deny with data.parameters as {"minIdleDays": 90}
		with data.facts as {"now": "2026-11-23T01:00:00.000Z", "summary": {"SummaryMap": map}, "report": {"users": entries}}
}

test_protected if messages(summary, [root]) == set()

test_values_that_are_no_numbers_are_denied if {
	messages(object.union(summary, {"AccountMFAEnabled": "1"}), [root]) == {"the root user has no MFA device"}
	messages(object.union(summary, {"AccountAccessKeysPresent": null}), [root]) == {"the root user has an access key"}
	messages(object.union(summary, {"AccountSigningCertificatesPresent": "0"}), [root]) == {"the root user has a signing certificate"}
	messages(object.union(summary, {"AccountPasswordPresent": "0", "AccountMFAEnabled": 0}), [root]) == {"the root user has no MFA device"}
}

test_the_last_of_several_uses_counts if {
	used := object.union(root, {"access_key_1_last_used_date": "2026-11-20T16:00:00.000Z", "access_key_2_last_used_date": "2026-11-10T00:00:00.000Z"})
	messages(summary, [used]) == {"the root user was used on 2026-11-21 (90 days without use required)"}
}

test_other_users_do_not_count if {
	other := {"user": "root", "password_last_used": "2026-11-22T03:00:00.000Z"}
	messages(summary, [root, other]) == set()
	messages(summary, [other]) == {"the credential report does not show the root user"}
}

test_no_report if messages(summary, null) == {"the credential report does not show the root user"}

test_day_is_that_of_japan if {
	late := object.union(root, {"password_last_used": "2026-11-20T14:59:59.999999999Z"})
	messages(summary, [late]) == {"the root user was used on 2026-11-20 (90 days without use required)"}
}
