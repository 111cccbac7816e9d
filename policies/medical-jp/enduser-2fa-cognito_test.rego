package sekisho_policies.enduser_2fa_cognito_test

import data.sekisho_policies.enduser_2fa_cognito as policy

parameters := {"mfa": "ON", "minLength": 13, "minLengthWithMfa": 8, "deadline": "", "phiTag": ""}

pool := {"Id": "pool-1", "MfaConfiguration": "ON", "Policies": {"PasswordPolicy": {"MinimumLength": 8}}}

reasons(pools, changes) := {reason |
	some reason in policy.deny with data.parameters as object.union(parameters, changes) with data.facts as {
		"now": "2026-11-23T01:00:00.000Z",
		"pool": [{"result": {"UserPool": one}} | some one in pools],
	}
}

messages(pools, changes) := {reason.msg | some reason in reasons(pools, changes)}

test_required if messages([pool], {}) == set()

test_mfa_is_on_and_nothing_else if {
	every value in ["OFF", "OPTIONAL", "on", null] {
		some reason in messages([object.union(pool, {"MfaConfiguration": value})], {"minLength": 8})
		startswith(reason, "MFA is ")
	}
}

test_length_that_is_no_number if {
	every value in ["8", null] {
		messages([object.union(pool, {"Policies": {"PasswordPolicy": {"MinimumLength": value}}})], {}) == {"the length of passwords is not known"}
	}
}

test_no_answers if {
	found := policy.deny with data.parameters as parameters with data.facts as {"now": "2026-11-23T01:00:00.000Z", "pool": null}
	found == set()
}

test_reasons_are_in_both_languages if {
	bad := object.union(pool, {"MfaConfiguration": "OFF"})
	unknown := object.remove(pool, ["Policies"])
	{reason.msg_ja | some reason in reasons([bad, unknown], {"deadline": "2027-03-31"})} == {
		"MFAの設定がOFFです(必要: ON)(期限: 2027-03-31、残り128日)",
		"パスワードの最低桁数が8桁です(必要: 13桁以上)",
		"パスワードの最低桁数を確認できません",
	}
}
