package sekisho_policies.iam_password_policy_mhlw_test

import data.sekisho_policies.iam_password_policy_mhlw as policy

parameters := {
	"minLength": 13,
	"minLengthWithMfa": 8,
	"requireAlphaNumeric": true,
	"reusePrevention": 1,
	"forbidExpiry": false,
}

good := {
	"MinimumPasswordLength": 13,
	"RequireNumbers": true,
	"RequireLowercaseCharacters": true,
	"PasswordReusePrevention": 1,
	"ExpirePasswords": false,
}

entry := {"user": "u1", "password_enabled": true, "mfa_active": false}

messages(settings, entries, changes) := {reason.msg |
	some reason in policy.deny with data.parameters as object.union(parameters, changes)
		with data.facts as {"password_policy": {"PasswordPolicy": settings}, "report": {"users": entries}}
}

test_good if messages(good, [entry], {}) == set()

test_flags_have_to_be_true if {
	every value in [false, null, "true"] {
		messages(object.union(good, {"RequireNumbers": value}), [entry], {}) == {"passwords need not mix letters and digits"}
		messages(object.union(good, {"RequireLowercaseCharacters": value}), [entry], {}) == {"passwords need not mix letters and digits"}
	}
}

test_numbers_have_to_be_numbers if {
	messages(object.union(good, {"MinimumPasswordLength": "13"}), [entry], {}) == {"passwords need 0 characters (at least 13 required)"}
	messages(object.union(good, {"PasswordReusePrevention": "5"}), [entry], {}) == {"0 earlier passwords are refused (at least 1 required)"}
}

test_expiry_that_is_not_said_counts if {
	messages(object.remove(good, ["ExpirePasswords"]), [entry], {"forbidExpiry": true}) == {"passwords expire"}
}

test_root_does_not_count_as_console_user if {
	root := {"user": "<root_account>", "password_enabled": null, "mfa_active": false}
	short := object.union(good, {"MinimumPasswordLength": 8})
	messages(short, [root, object.union(entry, {"mfa_active": true})], {}) == set()
	policy.not_applicable with data.facts as {"report": {"users": [root]}}
}

test_not_applicable_needs_a_report if {
	not policy.not_applicable with data.facts as {"report": {"users": null}}
	not policy.not_applicable with data.facts as {"report": {"users": [entry]}}
}

test_no_policy if {
	found := policy.deny with data.parameters as object.union(parameters, {"forbidExpiry": true})
		with data.facts as {"password_policy": {"error": {"code": "NoSuchEntity"}}, "report": {"users": [entry]}}
	{reason.msg | some reason in found} == {"the account has no password policy"}
}
