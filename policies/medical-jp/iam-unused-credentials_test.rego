package sekisho_policies.iam_unused_credentials_test

import data.sekisho_policies.iam_unused_credentials as policy

user := {"UserId": "AIDA1", "Arn": "arn:1", "CreateDate": "2024-04-01T00:00:00.000Z", "Tags": {}}

entry := {
	"arn": "arn:1",
	"user_creation_time": "2024-04-01T00:00:00.000Z",
	"password_enabled": false,
	"access_key_1_active": false,
	"access_key_2_active": false,
}

reasons(users, entries) := {reason |
	some reason in policy.deny with data.parameters as {"maxIdleDays": 45, "newUserGraceDays": 14, "breakGlassTag": "break-glass=true"}
		with data.facts as {
			"now": "2026-11-23T01:00:00.000Z",
			"iam_users": users,
			"report": {"GeneratedTime": "2026-11-23T00:58:12.000Z", "users": entries},
		}
}

messages(change) := {reason.msg | some reason in reasons([user], [object.union(entry, change)])}

test_nothing_enabled if messages({}) == set()

test_password_of_unknown_state_counts if {
	messages({"password_enabled": null}) == {"the console password was never used since 2024-04-01"}
}

test_key_of_unknown_state_counts if {
	messages({"access_key_2_active": null}) == {"access key 2 was never used since 2024-04-01"}
}

test_idle_key_made_anew_is_in_grace if {
	messages({"access_key_1_active": true, "access_key_1_last_rotated": "2026-11-20T00:00:00.000Z"}) == set()
}

test_users_are_found_by_arn if {
	{reason.msg | some reason in reasons([user], [object.union(entry, {"arn": "arn:2"})])} == {"the credential report does not show this user"}
}

test_reasons_are_in_both_languages if {
	used := object.union(entry, {"password_enabled": true, "password_last_used": "2026-01-01T00:00:00.000Z", "access_key_1_active": true})
	{reason.msg_ja | some reason in reasons([user, object.union(user, {"Arn": "arn:2"})], [used])} == {
		"コンソールパスワードは2026-01-01を最後に326日間使われていません(上限: 45日)",
		"アクセスキー1は2024-04-01から一度も使われていません",
		"認証情報レポートにこのユーザーがありません",
	}
}

at(now, used) := {reason.msg |
	some reason in policy.deny with data.parameters as {"maxIdleDays": 45, "newUserGraceDays": 14, "breakGlassTag": "break-glass=true"}
		with data.facts as {
			"now": now,
			"iam_users": [user],
			"report": {
				"GeneratedTime": "2026-11-23T00:58:12.000Z",
				"users": [object.union(entry, {"password_enabled": true, "password_last_used": used})],
			},
		}
}

test_limit_to_the_nanosecond if {
	at("2026-11-23T01:00:00.000000000Z", "2026-10-09T01:00:00.000Z") == set()
	at("2026-11-23T01:00:00.000000001Z", "2026-10-09T01:00:00.000Z") == {"the console password was last used on 2026-10-09, 45 days ago (at most 45 allowed)"}
}

test_day_is_that_of_japan if {
	at("2026-11-23T01:00:00.000Z", "2026-01-01T14:59:59.999999999Z") == {"the console password was last used on 2026-01-01, 325 days ago (at most 45 allowed)"}
	at("2026-11-23T01:00:00.000Z", "2026-01-01T15:00:00.000Z") == {"the console password was last used on 2026-01-02, 325 days ago (at most 45 allowed)"}
}

test_new_user_in_the_report_is_judged if {
	found := policy.judged with data.parameters as {"maxIdleDays": 45, "newUserGraceDays": 14, "breakGlassTag": "break-glass=true"}
		with data.facts as {
			"now": "2026-11-23T01:00:00.000Z",
			"iam_users": [object.union(user, {"CreateDate": "2026-11-23T00:59:00.000Z"})],
			"report": {"GeneratedTime": "2026-11-23T00:58:12.000Z", "users": [entry]},
		}
	{one.resourceId | some one in found} == {"AIDA1"}
}
